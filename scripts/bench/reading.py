#!/usr/bin/env python
"""How long a CSV file takes until it is ready for training, beside pandas' reading it: reading.py [ROWS] [REPEATS]."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd

from tuner.data.prepare import prepare
from tuner.data.sources import read_frame
from tuner.study.data_settings import DataSettings

NUMBERS, TEXTS = 26, 4


def write(path: Path, rows: int) -> None:
    draw = np.random.default_rng(3)
    columns = {f"x{number}": draw.normal(size=rows) for number in range(NUMBERS)}
    columns |= {f"c{number}": draw.choice(["red", "green", "blue"], size=rows) for number in range(TEXTS)}
    pd.DataFrame(columns).to_csv(path, index=False)


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    rows, repeats = (int(word) for word in (*sys.argv[1:], *("1000000", "5")[len(sys.argv) - 1 :]))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        write(path, rows)
        settings = DataSettings(path="table.csv", target="c0")
        readers: dict[str, Callable[[], object]] = {
            'pandas.read_csv(engine="pyarrow")': lambda: pd.read_csv(path, engine="pyarrow"),
            "ready: read, split and preprocessed": lambda: prepare(settings, seed=1, root=path.parent),
            "read_frame": lambda: read_frame(settings, ["table.csv"], root=path.parent, as_text=["c0"]),
        }
        # In turns, so that a machine that is busy for a while slows all of them down.
        times = [[seconds(work) for work in readers.values()] for _ in range(repeats)]
        size = path.stat().st_size / 2**20
        print(f"{rows} rows of {NUMBERS} numbers and {TEXTS} texts, {size:.0f} MiB; median of {repeats}")
        for name, each in zip(readers, zip(*times, strict=True), strict=True):
            print(f"{name:36} {median(each):6.2f} s   ({min(each):.2f} to {max(each):.2f})")


if __name__ == "__main__":
    main()
