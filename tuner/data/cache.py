"""Prepared data on disk: read once, and shared by every process of a machine that trains on it.

A folder holds one study's data in every form, as NumPy arrays that are mapped into memory and not copied: processes
that train on the same data share the same pages. It is found by what the data follow from (the files' contents, the
settings, the seed and the libraries' versions), so that nothing in it can be out of date; to delete it costs only time.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

import tuner
from tuner.data.prepared import Prepared
from tuner.data.prepared_data import PreparedData
from tuner.errors import DataError
from tuner.hyperparameters.preprocessing import Preprocessing
from tuner.study.data_settings import DataSettings, files_of

FORMAT = 1
"""Counts up when an older folder can no longer be read."""

UNUSED_SECONDS = 14 * 86400.0
"""After so long without use a folder goes when another one comes."""

ABOUT = "about.json"
ARRAYS = ("x_train", "y_train", "x_validation", "y_validation", "weights_train", "weights_validation")
LIBRARIES = ("numpy", "pandas", "pyarrow", "scikit-learn")
BLOCK = 2**22


@dataclass(frozen=True, eq=False)
class Mapped(Prepared):
    """Prepared rows whose arrays lie in a folder. Where they are sent to another process, it maps them as well.

    Attributes:
        place: the folder.
    """

    place: str = ""

    def __reduce__(self) -> tuple[Any, ...]:
        return mapped, (self.place,)


def mapped(place: str) -> Mapped:
    """The prepared rows that lie in a folder.

    Raises:
        OSError, ValueError, TypeError: if there are none.
    """
    about = json.loads(Path(place, ABOUT).read_text())
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in about.items()}
    for name in ARRAYS:
        file = Path(place, f"{name}.npy")
        if file.exists():
            # Copied on write, which nobody does: TensorFlow takes only what it could write to without a copy.
            values[name] = np.load(file, mmap_mode="c", allow_pickle=False)
    return Mapped(**values, place=place)


def cached(
    settings: DataSettings,
    *,
    seed: int,
    root: Path,
    forms: Mapping[str, Preprocessing],
    folder: Path | None,
    make: Callable[[], PreparedData],
) -> PreparedData:
    """Prepared data from a folder; where there is none of them, they are made and put there.

    Args:
        settings, seed, root, forms: what the data follow from, as for `prepare`.
        folder: where the folders are; None to keep nothing.
        make: prepares the data.
    """
    key = None if folder is None else _key(settings, seed, root, forms)
    if folder is None or key is None:
        return make()
    place = folder / key
    found = _found(place)
    if found is not None:
        with suppress(OSError):
            os.utime(place)  # `tuner clean` goes by it
        return found
    data = make()
    # Whatever is there is damaged.
    shutil.rmtree(place, ignore_errors=True)
    with suppress(OSError):
        _tidy(folder)
        _store(data, place)
    return _found(place) or data


def _tidy(folder: Path) -> None:
    """Remove what has not been used for long: a table that changes every night would leave a folder each."""
    for place in folder.glob("*/"):
        with suppress(OSError):
            if time.time() - place.stat().st_mtime > UNUSED_SECONDS:
                shutil.rmtree(place, ignore_errors=True)


def _found(place: Path) -> PreparedData | None:
    """What lies in a folder; None if there is none, or if it is damaged."""
    with suppress(OSError, ValueError, KeyError, TypeError, EOFError, DataError):
        return _load(place)
    return None


def _key(settings: DataSettings, seed: int, root: Path, forms: Mapping[str, Preprocessing]) -> str | None:
    """What the data follow from, as the name of a folder; None if they cannot be read."""
    paths = [root / path for path in (*_paths(settings), *_lists(settings))]
    try:
        digest = blake2b(digest_size=16)
        about = {
            "format": FORMAT,
            "versions": [tuner.__version__, *(version(library) for library in LIBRARIES)],
            "settings": settings.model_dump(mode="json", exclude={"on_data_change"}),
            "seed": seed,
            "forms": {key: form.model_dump(mode="json") for key, form in forms.items()},
        }
        digest.update(json.dumps(about, sort_keys=True).encode())
        for path in paths:
            with path.open("rb") as file:
                while block := file.read(BLOCK):
                    digest.update(block)
            digest.update(b"\0")
    except OSError:
        return None  # the reader says what is wrong, and better
    return digest.hexdigest()


def _paths(settings: DataSettings) -> tuple[str, ...]:
    return (*files_of(settings.path), *files_of(settings.validation_path), *files_of(settings.test_path))


def _lists(settings: DataSettings) -> tuple[str, ...]:
    return (*files_of(settings.validation_rows), *files_of(settings.test_rows))


def _store(data: PreparedData, place: Path) -> None:
    """Write data to a folder, all of it or nothing."""
    place.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f"{place.name}.part.", dir=place.parent))
    try:
        about: dict[str, Any] = {"fingerprint": data.fingerprint, "notes": list(data.notes), "forms": {}}
        for number, (key, repeats) in enumerate(data.forms.items()):
            about["forms"][key] = [
                [_store_one(each, part / f"{number}-{repeat}-{fold}") for fold, each in enumerate(folds)]
                for repeat, folds in enumerate(repeats)
            ]
        (part / ABOUT).write_text(json.dumps(about))
        os.replace(part, place)
    except OSError:
        # Somebody else was faster, or the disk is full.
        shutil.rmtree(part, ignore_errors=True)
        if not (place / ABOUT).exists():
            raise


def _store_one(prepared: Prepared, place: Path) -> str:
    place.mkdir()
    for name in ARRAYS:
        array = getattr(prepared, name)
        if array is not None:
            np.save(place / f"{name}.npy", array, allow_pickle=False)
    others = {field.name: getattr(prepared, field.name) for field in fields(Prepared) if field.name not in ARRAYS}
    (place / ABOUT).write_text(json.dumps(others))
    return place.name


def _load(place: Path) -> PreparedData:
    """What lies in a folder; raises whatever the libraries raise if it is no such folder."""
    about = json.loads((place / ABOUT).read_text())
    forms: Mapping[str, Sequence[Sequence[Prepared]]] = {
        key: [[mapped(str(place / name)) for name in folds] for folds in repeats]
        for key, repeats in about["forms"].items()
    }
    return PreparedData(forms, about["fingerprint"], about["notes"])
