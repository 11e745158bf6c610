"""A training that starts from the first hidden layers of another network, which may stay as they are for a while.

What is taken of each layer are the weights and biases of its Dense layer, and gamma, beta, moving mean and moving
variance of its batch normalization if both networks have one at the same place. The same goes for the batch
normalization of the inputs. Activations, their slopes, dropout, noise and penalties are the trial's own.

Source:
    Yosinski et al. 2014, arXiv:1411.1792.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import keras

from tuner.errors import HyperparameterError
from tuner.hyperparameters import Hyperparameters
from tuner.models.mlp import activation_name, hidden_name, normalization_name
from tuner.training.transfer_file import TransferModel


def take_layers(model: keras.Model, chosen: Hyperparameters, models: Mapping[str, TransferModel]) -> None:
    """Put another network's first hidden layers into a model that is about to be trained.

    Args:
        model: from `build_mlp`.
        chosen: its configuration; nothing happens without `transfer`.
        models: by the path that a configuration states.
    Raises:
        HyperparameterError: if there is no such model, or if its layers do not fit.
    """
    stated = chosen.transfer
    if stated is None or not stated.layers:
        return
    source = models.get(stated.model)
    if source is None:
        raise HyperparameterError(f'is "{stated.model}", of which the trainer was given no layers', "transfer.model")
    if len(source.layers) < stated.layers:
        raise HyperparameterError(f"is {stated.layers}, but there are {len(source.layers)}", "transfer.layers")
    inputs = _layer(model, normalization_name(None))
    if inputs is not None and source.inputs is not None:
        inputs.set_weights(list(source.inputs))
    for index, layer in enumerate(source.layers[: stated.layers]):
        own = model.get_layer(hidden_name(index))
        if tuple(own.kernel.shape) != layer.kernel.shape:
            found, needed = (" x ".join(map(str, shape)) for shape in (layer.kernel.shape, own.kernel.shape))
            problem = f'has weights of {found} in its layer "{layer.name}", but {needed} are needed'
            raise HyperparameterError(problem, "transfer.model")
        own.set_weights([layer.kernel, layer.bias])
        if layer.normalization is not None and layer.place == chosen.normalization.kind:
            model.get_layer(normalization_name(index)).set_weights(list(layer.normalization))


class Freezing(keras.callbacks.Callback):  # type: ignore[misc]
    """Lets the layers that were taken be trained from a certain epoch on, and never before.

    While they are frozen they are what Keras calls not trainable: no gradient, momentum, weight decay or penalty
    reaches them, and their batch normalization uses its moving mean and variance and leaves them as they are. Keras
    builds this into the compiled training step, which is therefore built anew where they thaw.
    """

    def __init__(self, model: keras.Model, chosen: Hyperparameters, epoch: int) -> None:
        """Freeze what is to be frozen.

        Args:
            model: compiled, its optimizer built for all weights.
            chosen: its configuration.
            epoch: the next one, counted from 0.
        """
        super().__init__()
        self._frozen_epochs = 0 if chosen.transfer is None else chosen.transfer.frozen_epochs
        self._layers = list(taken_layers(model, chosen)) if epoch < self._frozen_epochs else []
        self._set(trainable=False)

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        if self._layers and epoch >= self._frozen_epochs:
            self._thaw()
            self.model.make_train_function(force=True)
            self.model.make_test_function(force=True)

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        # A finished model is trainable as a whole, as any other.
        self._thaw()

    def _thaw(self) -> None:
        self._set(trainable=True)
        self._layers = []

    def _set(self, *, trainable: bool) -> None:
        for layer in self._layers:
            layer.trainable = trainable


def freezing(model: keras.Model, chosen: Hyperparameters, epoch: int) -> list[Freezing]:
    """The callback that a trial needs; none without layers to be frozen. Arguments as for `Freezing`."""
    stated = chosen.transfer
    return [Freezing(model, chosen, epoch)] if stated is not None and stated.layers and stated.frozen_epochs else []


def taken_layers(model: keras.Model, chosen: Hyperparameters) -> Iterator[keras.layers.Layer]:
    """The layers of a model that start from another network, with their slopes and batch normalization."""
    count = 0 if chosen.transfer is None else chosen.transfer.layers
    names = [normalization_name(None)] if count else []
    for index in range(count):
        names += [hidden_name(index), normalization_name(index), activation_name(index)]
    return (layer for name in names if (layer := _layer(model, name)) is not None)


def _layer(model: keras.Model, name: str) -> Any:
    return next((layer for layer in model.layers if layer.name == name), None)
