from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tuner.data.look import Look, look_at


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def look(tmp_path: Path) -> Callable[..., Look]:
    """A look at a CSV file of these columns, with a target of two classes at random unless there is one."""

    def look(target: str = "y", *, test: dict[str, object] | None = None, text: str | None = None, **columns) -> Look:
        if text is None:
            table = pd.DataFrame(columns)
            if "y" not in table:
                table["y"] = np.random.default_rng(9).choice(["no", "yes"], len(table))
            table.to_csv(tmp_path / "t.csv", index=False)
        else:
            (tmp_path / "t.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
        tests = []
        if test is not None:
            pd.DataFrame(test).to_csv(tmp_path / "more.csv", index=False)
            tests = ["more.csv"]
        return look_at(["t.csv"], root=tmp_path, target=target, test=tests)[0]

    return look
