"""The tables that scikit-learn brings along, each in a format of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine


def write_breast_cancer(path: Path) -> None:
    """569 x 30 as plain CSV; the classes by name."""
    data = load_breast_cancer(as_frame=True)
    _named(data.data, data.target, data.target_names, "diagnosis").to_csv(path, index=False)


def write_wine(path: Path) -> None:
    """178 x 13 as Parquet; the classes by name."""
    data = load_wine(as_frame=True)
    _named(data.data, data.target, data.target_names, "cultivar").to_parquet(path, index=False)


def write_diabetes(path: Path) -> None:
    """442 x 10 as ARFF; the sex is nominal, as Weka would have it."""
    data = load_diabetes(as_frame=True, scaled=False)
    frame = data.data.assign(sex=data.data["sex"].map({1.0: "one", 2.0: "two"}), progression=data.target)
    kinds = {name: "{one,two}" if name == "sex" else "numeric" for name in frame}
    head = ["@relation diabetes", "", *(f"@attribute {name} {kind}" for name, kind in kinds.items()), "", "@data", ""]
    path.write_text("\n".join(head) + frame.to_csv(index=False, header=False), encoding="utf-8")


def write_digits(path: Path) -> None:
    """1,797 x 64 as arrays."""
    data = load_digits()
    np.savez_compressed(path, x=data.data, y=data.target)


def _named(features: pd.DataFrame, target: pd.Series[Any], names: Sequence[str], column: str) -> pd.DataFrame:
    return features.assign(**{column: [str(names[number]) for number in target]})
