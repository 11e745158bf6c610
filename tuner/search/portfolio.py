"""Configurations that are known to be good, each with its source; docs/starting-points.md tells them as a table.

A point states what its source states and leaves the rest to the sampler. A tool's own weight decay is written as the
`l2` that gives the same gradient: Keras adds l2 ||w||^2 to the loss, of which the gradient is 2 l2 w.
"""

from __future__ import annotations

from collections.abc import Mapping

from tuner.space.project import Point

CONSTANT: Point = {
    # A curve of another kind that stays where it is will do where a space has no constant one.
    "schedule": [{"kind": "constant"}, {"kind": "iir", "alpha": 1.0}, {"kind": "exponential", "rate": 1.0}],
}

MOMENTUM: Point = {
    # Where a schedule drives the momentum: a rise that begins at its maximum, if it cannot be constant.
    "momentum": [{"kind": "constant", "initial": 0.9}, {"kind": "rise", "start": 0.9, "maximum": 0.9}],
}

STANDARD: Point = {"preprocessing": {"scaler": "standard"}}

ADAM: Point = {"kind": "adam", "learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999}

SGD: Point = {"kind": "sgd", "learning_rate": 0.01, "momentum": 0.9}

# Settings that a space does not have are passed over.
PORTFOLIO: Mapping[str, Point] = {
    # He et al. 2015 (arXiv:1502.01852), Clevert et al. 2016 (arXiv:1511.07289), Ioffe & Szegedy 2015
    # (arXiv:1502.03167), Kingma & Ba 2015 (arXiv:1412.6980); sizes and share of dropout by common practice.
    "he-elu-adam": {
        **STANDARD,
        **CONSTANT,
        **MOMENTUM,
        "batch_size": 32,
        "layers": {
            "depth": 2,
            "width": 128,
            "activation": "elu",
            "initializer": "he_normal",
            "dropout": 0.2,
            "dropout_kind": "plain",
            "l1": 0.0,
            "l2": 0.0,
        },
        "normalization": {"kind": "before"},
        "optimizer": ADAM,
    },
    # Klambauer et al. 2017 (arXiv:1706.02515): self-normalizing networks; depth, width and rate by common practice.
    "lecun-selu-sgd": {
        **STANDARD,
        **CONSTANT,
        **MOMENTUM,
        "batch_size": 32,
        "layers": {
            "depth": 3,
            "width": 128,
            "activation": "selu",
            "initializer": "lecun_normal",
            "dropout": 0.05,
            "dropout_kind": "alpha",
            "l1": 0.0,
            "l2": 0.0,
        },
        "normalization": {"kind": "none"},
        "optimizer": SGD,
    },
    # The defaults of keras.layers.Dense, Model.fit and keras.optimizers.Adam; two layers of 64 are those of the
    # TensorFlow tutorial "Basic regression: Predict fuel efficiency".
    "keras": {
        **STANDARD,
        **CONSTANT,
        **MOMENTUM,
        "batch_size": 32,
        "layers": {
            "depth": 2,
            "width": 64,
            "activation": "relu",
            "initializer": "glorot_uniform",
            "dropout": 0.0,
            "l1": 0.0,
            "l2": 0.0,
        },
        "normalization": {"kind": "none"},
        "optimizer": ADAM,
    },
    # The defaults of sklearn.neural_network.MLPClassifier, whose alpha of 1e-4 is divided by twice the batch.
    "scikit-learn": {
        **STANDARD,
        **CONSTANT,
        **MOMENTUM,
        "batch_size": 200,
        "layers": {
            "depth": 1,
            "width": 100,
            "activation": "relu",
            "initializer": "glorot_uniform",
            "dropout": 0.0,
            "l1": 0.0,
            "l2": 2.5e-7,
        },
        "normalization": {"kind": "none"},
        "optimizer": {**ADAM, "epsilon": 1e-8},
    },
    # Gorishniy et al. 2021 (arXiv:2106.11959): the MLP and the weight decay of the package rtdl_revisiting_models; the
    # rate is the middle of the range 1e-5 to 1e-2 that they search.
    "rtdl": {
        **CONSTANT,
        **MOMENTUM,
        "batch_size": 256,
        "layers": {
            "depth": 2,
            "width": 384,
            "activation": "relu",
            "dropout": 0.1,
            "dropout_kind": "plain",
            "l1": 0.0,
            "l2": 0.0,
        },
        "normalization": {"kind": "none"},
        "optimizer": [
            {"kind": "adamw", "learning_rate": 3e-4, "weight_decay": 1e-5},
            {**ADAM, "learning_rate": 3e-4},
        ],
    },
    # Bengio 2012 (arXiv:1206.5533): rate and batch; Glorot & Bengio 2010: tanh and its initializer; LeCun et al. 1998,
    # Efficient BackProp: standardized inputs. Momentum and sizes by common practice.
    "tanh-sgd": {
        **STANDARD,
        **CONSTANT,
        **MOMENTUM,
        "batch_size": 32,
        "layers": {
            "depth": 1,
            "width": 64,
            "activation": "tanh",
            "initializer": "glorot_uniform",
            "dropout": 0.0,
            "l1": 0.0,
        },
        "normalization": {"kind": "none"},
        "optimizer": SGD,
    },
    # fast.ai's tabular_learner: 200 units and 100, batch normalization after the activation, Adam with a decoupled
    # decay; at the peak rate of its one cycle.
    "fastai": {
        **STANDARD,
        **CONSTANT,
        "batch_size": 64,
        "layers": {
            "depth": 2,
            "width": 200,
            "activation": "relu",
            "dropout": 0.0,
            "l1": 0.0,
            "l2": 0.0,
        },
        "normalization": {"kind": "after"},
        "optimizer": [{"kind": "adamw", "learning_rate": 1e-3, "weight_decay": 0.01}, ADAM],
    },
    # AutoGluon's tabular network in PyTorch; its weight decay of 1e-6 is twice the l2.
    "autogluon": {
        **CONSTANT,
        **MOMENTUM,
        "batch_size": 512,
        "layers": {
            "depth": 4,
            "width": 128,
            "activation": "relu",
            "dropout": 0.1,
            "dropout_kind": "plain",
            "l1": 0.0,
            "l2": 5e-7,
        },
        "normalization": {"kind": "none"},
        "optimizer": {**ADAM, "learning_rate": 3e-4},
    },
    # Kadra et al. 2021 (arXiv:2106.11189), regularization cocktails: nine layers of 512, AdamW and cosine with warm
    # restarts; which regularizers to mix is what they search, and is left to the sampler.
    "cocktail": {
        **STANDARD,
        **MOMENTUM,
        "batch_size": 128,
        "layers": {"depth": 9, "width": 512, "activation": "relu"},
        "optimizer": [{"kind": "adamw", "learning_rate": 1e-3}, ADAM],
        "schedule": [{"kind": "cosine_restarts", "period": 15, "growth": 2}, {"kind": "cosine"}],
    },
}
"""Every starting point by its name, in the order in which they are tried."""
