from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tuner.data.frame import Frame
from tuner.data.sources import read_frame
from tuner.errors import DataError
from tuner.study.data_settings import DataSettings


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Frame]:
    """Writes a file of these contents and reads it."""

    def read(data: str | bytes, name: str = "train.csv", *, as_text=(), drop=(), most_bytes=None, **stated: Any):
        (tmp_path / name).write_bytes(data if isinstance(data, bytes) else data.encode())
        settings = DataSettings(path=name, target="y", **stated)
        return read_frame(settings, [name], root=tmp_path, as_text=as_text, drop=drop, most_bytes=most_bytes)

    return read


@pytest.fixture
def complaint(read: Callable[..., Frame]) -> Callable[..., str]:
    """What is said of a file of these contents, which cannot be read."""

    def complaint(*args: Any, **stated: Any) -> str:
        with pytest.raises(DataError) as caught:
            read(*args, **stated)
        return str(caught.value)

    return complaint


@pytest.fixture
def values() -> Callable[[Frame], dict[str, list[Any]]]:
    """A frame's cells by column; what is missing is None."""

    def values(frame: Frame) -> dict[str, list[Any]]:
        return {
            name: [None if missing else cell for cell, missing in zip(column.tolist(), column.isna(), strict=True)]
            for name, column in frame.columns.items()
        }

    return values
