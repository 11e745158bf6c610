"""Which arrays a network has, and a program has room for: the layers' weights, and numbers of each unit beside them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tuner.hyperparameters import Hyperparameters
from tuner.lanes.shapes import shapes_of
from tuner.lanes.signature import Signature

NORMALIZED = ("gamma", "beta", "mean", "variance")
"""What batch normalization keeps of each unit: a scale and a shift, which are trained, and the moving statistics."""

FIRST_VALUES = {"gamma": 1.0, "beta": 0.0, "mean": 0.0, "variance": 1.0, "leak": 0.0}
"""What each starts from; `leak` is the slope of a PReLU below 0."""

TRAINED = frozenset({"gamma", "beta", "leak"})
"""Those that the gradient moves; they come before the others."""


@dataclass(frozen=True)
class Arrays:
    """The arrays of a network or of a program: first each layer's weights, then the units' rows, then the inputs'.

    Attributes:
        widths: units of each hidden layer.
        features, outputs: columns of the network's input and output.
        units: the rows that each hidden layer has for numbers of its units, out of `FIRST_VALUES`; empty without.
        inputs: the rows for numbers of the inputs.
    """

    widths: tuple[int, ...]
    features: int
    outputs: int
    units: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()

    @property
    def depth(self) -> int:
        """How many hidden layers there are."""
        return len(self.widths)

    @property
    def weights(self) -> list[tuple[int, int]]:
        """Rows and columns of each layer's weights, the biases included as the last row."""
        kernels = shapes_of(self.widths, features=self.features, outputs=self.outputs)
        return [(rows + 1, columns) for rows, columns in kernels]

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """Rows and columns of every array, in order."""
        units = [(len(self.units), width) for width in self.widths] if self.units else []
        inputs = [(len(self.inputs), self.features)] if self.inputs else []
        return [*self.weights, *units, *inputs]

    @property
    def names(self) -> list[tuple[str, ...]]:
        """The names of each array's rows; none for weights."""
        units = [self.units] * self.depth if self.units else []
        return [()] * (self.depth + 1) + units + ([self.inputs] if self.inputs else [])

    @property
    def segments(self) -> list[list[tuple[int, int]]]:
        """For each array the rows, from and to, that are an array of their own in Keras, and that are trained."""
        weights = [[(0, rows - 1), (rows - 1, rows)] for rows, _ in self.weights]
        others = self.names[self.depth + 1 :]
        return weights + [[(row, row + 1) for row, name in enumerate(names) if name in TRAINED] for names in others]

    @property
    def trained(self) -> int:
        """How many numbers are trained: Keras' count of trainable parameters."""
        return sum(
            (end - begin) * columns
            for (_, columns), rows in zip(self.shapes, self.segments, strict=True)
            for begin, end in rows
        )

    def places_in(self, room: Arrays) -> Iterator[tuple[int, int]]:
        """Where each of these arrays lies in a larger room: its index here, and there.

        Hidden layers that the network does not have come just before the output.
        """
        for index in range(self.depth):
            yield index, index
        yield self.depth, room.depth
        if self.units:
            for index in range(self.depth):
                yield self.depth + 1 + index, room.depth + 1 + index
        if self.inputs:
            yield len(self.shapes) - 1, len(room.shapes) - 1


def arrays_of(chosen: Hyperparameters, *, features: int, outputs: int) -> Arrays:
    """The arrays of one configuration's network."""
    layers = chosen.layers
    return Arrays(
        layers.widths,
        features,
        outputs,
        units=_rows(prelu=layers.activation == "prelu", normalized=chosen.normalization.kind != "none"),
        inputs=NORMALIZED if chosen.inputs.normalization else (),
    )


def arrays_in(signature: Signature) -> Arrays:
    """The arrays of a program's lanes."""
    normalized = not signature.techniques.isdisjoint({"normalization_before", "normalization_after"})
    return Arrays(
        (signature.width,) * signature.depth,
        signature.features,
        signature.outputs,
        units=_rows(prelu="prelu" in signature.activations, normalized=normalized),
        inputs=NORMALIZED if "input_normalization" in signature.techniques else (),
    )


def _rows(*, prelu: bool, normalized: bool) -> tuple[str, ...]:
    return (*(("leak",) if prelu else ()), *(NORMALIZED if normalized else ()))
