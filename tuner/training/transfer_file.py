"""The first hidden layers of an exported Keras model, as plain arrays.

The file is read by Keras in a process of its own, `python -m tuner.training.transfer_file`, which has neither a GPU nor
the parent's secrets. Nothing in the file is executed: Keras' safe mode refuses functions that a file brings along, and
a file that names a class of any other package is refused before Keras sees it.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tuner.errors import DataError, one_line
from tuner.training.host import child_environment
from tuner.training.lean import import_less, leave

READ_WITHIN_SECONDS = 300.0

PASSED_OVER = frozenset(
    {
        "InputLayer", "Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax",
        "Dropout", "AlphaDropout", "GaussianDropout", "GaussianNoise", "ActivityRegularization",
    }
)  # fmt: skip
"""Kinds of layers that may stand between hidden layers, and of which nothing is taken."""

ACTIVATIONS = frozenset({"Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax"})

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class TransferLayer:
    """One hidden layer of an exported model.

    Attributes:
        name: what it is called there.
        kernel: float32 [inputs, units].
        bias: float32 [units]; zeros for a layer without.
        place: where its batch normalization stands, seen from its activation; None without one.
        normalization: float32 [4, units]: gamma, beta, moving mean and moving variance; None without one.
    """

    name: str
    kernel: Floats
    bias: Floats
    place: Literal["before", "after"] | None = None
    normalization: Floats | None = None

    @property
    def units(self) -> int:
        """Its width."""
        return int(self.kernel.shape[1])


@dataclass(frozen=True, eq=False)
class TransferModel:
    """What can be taken of an exported model.

    Attributes:
        path: as the study states it.
        content: hexadecimal digest (SHA-256) of the file.
        layers: its hidden layers, from the first one on.
        inputs: batch normalization of its inputs, float32 [4, features] as in `TransferLayer`; None without one.
        stopped_at: why it has no more layers that can be taken, in words.
    """

    path: str
    content: str
    layers: tuple[TransferLayer, ...]
    inputs: Floats | None = None
    stopped_at: str = "its output"


def read_transfer_model(content: bytes, path: str) -> TransferModel:
    """The hidden layers of an exported model.

    Args:
        content: of the `.keras` file.
        path: what to call it.
    Raises:
        DataError: if it is no Keras model, or one that cannot be loaded without code of others.
    """
    with tempfile.TemporaryDirectory(prefix="tuner-") as folder:
        file = Path(folder) / "model.keras"
        file.write_bytes(content)
        environment = child_environment(os.environ, threads=1) | {"CUDA_VISIBLE_DEVICES": "-1"}
        # -P: the working directory may hold files that are named like modules.
        command = [sys.executable, "-P", "-m", "tuner.training.transfer_file", str(file)]
        try:
            done = subprocess.run(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                timeout=READ_WITHIN_SECONDS,
            )
        except subprocess.TimeoutExpired:
            raise DataError(f"{path}: cannot be read in {READ_WITHIN_SECONDS:.0f} seconds") from None
        if done.returncode:
            words = done.stderr.decode(errors="replace").strip().splitlines()
            raise DataError(f"{path}: cannot be loaded as a Keras model: {words[-1] if words else 'no reason given'}")
        arrays = _unpacked(Path(f"{file}.npz").read_bytes())
    about = json.loads(str(arrays["about"]))
    layers = tuple(
        TransferLayer(name, arrays[f"kernel_{n}"], arrays[f"bias_{n}"], place, arrays.get(f"normalization_{n}"))
        for n, (name, place) in enumerate(about["layers"])
    )
    return TransferModel(path, sha256(content).hexdigest(), layers, arrays.get("inputs"), about["stopped_at"])


def _unpacked(content: bytes) -> dict[str, NDArray[Any]]:
    with np.load(io.BytesIO(content), allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def hidden_layers_of(model: Any) -> TransferModel:
    """The hidden layers of a loaded Keras model: its Dense layers but the last, as long as they are one plain chain."""
    import keras

    found: list[dict[str, Any]] = []
    inputs: Floats | None = None
    stopped_at = "its output"
    activated, before = False, None
    for layer in model.layers:
        kind = type(layer).__name__
        why = _foreign(layer, kind, before if not isinstance(model, keras.Sequential) else None)
        if why:
            stopped_at = why
            break
        if isinstance(layer, keras.layers.Dense):
            kernel = np.asarray(layer.kernel, np.float32)
            bias = np.zeros(layer.units, np.float32) if layer.bias is None else np.asarray(layer.bias, np.float32)
            found.append({"name": layer.name, "kernel": kernel, "bias": bias})
            activated = layer.activation is not keras.activations.linear
        elif isinstance(layer, keras.layers.BatchNormalization):
            if found:
                found[-1].setdefault("place", "after" if activated else "before")
                found[-1].setdefault("normalization", _normalization(layer))
            else:
                inputs = _normalization(layer)
        activated |= kind in ACTIVATIONS
        before = layer
    else:
        # The last Dense layer is the output.
        found = found[:-1]
    return TransferModel("", "", tuple(TransferLayer(**each) for each in found), inputs, stopped_at)


def _foreign(layer: Any, kind: str, before: Any) -> str:
    """Why a layer and all after it cannot be taken; empty if they can."""
    if kind not in PASSED_OVER | {"Dense", "BatchNormalization"}:
        return f'the layer "{layer.name}", which is of the kind {kind}'
    sources = [node.operation for each in layer._inbound_nodes for node in each.parent_nodes]
    if before is not None and any(source is not before for source in sources):
        return f'the layer "{layer.name}", at which the network is no single chain of layers'
    return ""


def _normalization(layer: Any) -> Floats:
    size = int(layer.moving_mean.shape[0])
    gamma = np.ones(size) if layer.gamma is None else np.asarray(layer.gamma)
    beta = np.zeros(size) if layer.beta is None else np.asarray(layer.beta)
    return np.stack([gamma, beta, np.asarray(layer.moving_mean), np.asarray(layer.moving_variance)]).astype(np.float32)


def _foreign_modules(config: Any) -> Iterator[str]:
    """The packages beside Keras that a model's configuration names."""
    if isinstance(config, Mapping):
        module = config.get("module")
        if "class_name" in config and module is not None and str(module).partition(".")[0] not in ("keras", "builtins"):
            yield str(module)
        for value in config.values():
            yield from _foreign_modules(value)
    elif isinstance(config, list):
        for value in config:
            yield from _foreign_modules(value)


def _load(path: str) -> TransferModel:
    """Raises Exception, of many kinds, if it is no Keras model, or one that needs code of others."""
    if not zipfile.is_zipfile(path):
        raise DataError("it is no .keras file")
    with zipfile.ZipFile(path) as parts:
        foreign = sorted(set(_foreign_modules(json.loads(parts.read("config.json")))))
    if foreign:
        raise DataError(f"it needs code of {', '.join(foreign)}, and nothing but Keras' own layers is loaded")
    import keras

    return hidden_layers_of(keras.saving.load_model(path, compile=False, safe_mode=True))


def main(path: str) -> int:
    """Write the layers of a `.keras` file beside it, as `.npz`. The exit status is 1, with a reason, if it cannot."""
    try:
        found = _load(path)
    except Exception as error:
        print(one_line(error), file=sys.stderr)
        return 1
    arrays: dict[str, Any] = {} if found.inputs is None else {"inputs": found.inputs}
    for number, layer in enumerate(found.layers):
        arrays |= {f"kernel_{number}": layer.kernel, f"bias_{number}": layer.bias}
        if layer.normalization is not None:
            arrays[f"normalization_{number}"] = layer.normalization
    about = {"layers": [[layer.name, layer.place] for layer in found.layers], "stopped_at": found.stopped_at}
    np.savez(f"{path}.npz", about=np.array(json.dumps(about)), **arrays)
    return 0


if __name__ == "__main__":
    import_less()
    leave(main(sys.argv[1]))
