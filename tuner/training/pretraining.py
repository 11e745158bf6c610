"""Greedy layer-wise pre-training: before the training itself each hidden layer learns to reconstruct its input.

    h_0 = x,  h_i = f_i(h_{i-1});  f_i is trained to minimize the mean of (g(f_i(h_{i-1})) - h_{i-1})^2

with a linear layer g that is thrown away, on the training rows alone and without their target. f_i is the hidden layer
with its batch normalization, activation and penalties, but without dropout and noise. Layers that were taken from
another network are left as they are. The output layer, the optimizer and the trial's epochs begin afterwards as ever.

Source:
    Bengio, Lamblin, Popovici & Larochelle 2007, Greedy Layer-Wise Training of Deep Networks, NIPS 19.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from tuner.data.prepared import FloatArray, Prepared
from tuner.hyperparameters import Hyperparameters
from tuner.hyperparameters.inputs import Inputs
from tuner.hyperparameters.layers import WITH_A_WIDTH, width_name
from tuner.hyperparameters.optimizers import Adam
from tuner.models import build_mlp, build_optimizer
from tuner.models.mlp import activation_name, hidden_name, normalization_name
from tuner.seeds import derive_seed
from tuner.training.batches import VALIDATION_BATCH
from tuner.training.callbacks import RowOrder
from tuner.training.job import DataOrder, Job
from tuner.training.transfer import take_layers
from tuner.training.transfer_file import TransferModel

STEPS_PER_CALL = 16


def prepare_layers(model: keras.Model, job: Job, prepared: Prepared, models: Mapping[str, TransferModel]) -> None:
    """What happens to a model's hidden layers before its first epoch: layers are taken over, others pre-trained.

    Args:
        model: from `build_mlp`; only its weights change.
        job: what it is for; all that is random follows from its seed.
        prepared: the rows; those for validation are not looked at.
        models: whose layers can be taken, by path.
    Raises:
        HyperparameterError: if layers cannot be taken.
    """
    chosen = job.hyperparameters
    take_layers(model, chosen, models)
    if chosen.pretraining is None or not chosen.pretraining.epochs:
        return
    flow = _normalized(model, prepared.x_train)
    taken = 0 if chosen.transfer is None else chosen.transfer.layers
    for index in range(chosen.layers.depth):
        block = _autoencoder(model, chosen, index, flow.shape[1], derive_seed(job.seed, "pretraining", index))
        if index >= taken:
            _train(block, flow, prepared.weights_train, job, index)
            for ours, theirs in _pairs(model, block, index):
                ours.set_weights(theirs.get_weights())
        flow = _outputs(keras.Model(block.input, block.get_layer("output").input), flow)


def _normalized(model: keras.Model, x: FloatArray) -> FloatArray:
    """What the first hidden layer is given: the rows, through the inputs' batch normalization as it starts."""
    names = {layer.name for layer in model.layers}
    return _outputs(model.get_layer(normalization_name(None)), x) if normalization_name(None) in names else x


def _autoencoder(model: keras.Model, chosen: Hyperparameters, index: int, features: int, seed: int) -> keras.Model:
    """One hidden layer of a model, with its present weights, and a linear one that leads back to its input."""
    widths = {"width": chosen.layers.widths[index], **{width_name(layer): None for layer in WITH_A_WIDTH}}
    alone = chosen.model_copy(
        update={
            "layers": chosen.layers.model_copy(update={"depth": 1, "dropout": 0.0, **widths}),
            "inputs": Inputs(),
            "activation_noise": None,
        }
    )
    block = build_mlp(alone, features=features, outputs=features, task="regression", seed=seed)
    for ours, theirs in _pairs(model, block, index):
        theirs.set_weights(ours.get_weights())
    return block


def _pairs(model: keras.Model, block: keras.Model, index: int) -> list[tuple[Any, Any]]:
    """The layers with weights of one hidden layer: in the model, and in its autoencoder."""
    own = {layer.name: layer for layer in block.layers}
    names = [(name(index), name(0)) for name in (hidden_name, normalization_name, activation_name)]
    return [(model.get_layer(ours), own[theirs]) for ours, theirs in names if theirs in own]


def _train(block: keras.Model, flow: FloatArray, weights: FloatArray | None, job: Job, index: int) -> None:
    chosen = job.hyperparameters
    assert chosen.pretraining is not None
    block.compile(
        optimizer=build_optimizer(Adam(learning_rate=chosen.pretraining.learning_rate)),
        loss="mean_squared_error",
        steps_per_execution=STEPS_PER_CALL,
        jit_compile=False,
    )
    block.optimizer.build(block.trainable_variables)
    order = DataOrder(seed=derive_seed(job.seed, "pretraining order", index), stream=0)
    rows = RowOrder(flow, flow, weights, batch_size=chosen.batch_size, order=order)
    block.fit(rows.dataset, epochs=chosen.pretraining.epochs, callbacks=[rows], shuffle=False, verbose=0)


def _outputs(layer: Any, x: FloatArray) -> FloatArray:
    """What a layer or a model makes of rows when it is not trained."""
    # Called directly, since `predict` would trace a program.
    batches = [
        np.asarray(keras.ops.convert_to_numpy(layer(x[start : start + VALIDATION_BATCH], training=False)))
        for start in range(0, len(x), VALIDATION_BATCH)
    ]
    return np.concatenate(batches)
