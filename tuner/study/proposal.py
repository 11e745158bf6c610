"""A split, a space and a budget that suit a table's size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

FEW_ROWS = 1000
VERY_FEW_ROWS = 200
FEWEST_FOR_FOLDS = 20


@dataclass(frozen=True)
class Proposal:
    """What suits a table's size.

    Attributes:
        folds, repeats: of cross-validation; 0 folds for a share of the rows instead.
        validation, test: shares of the rows.
        batch_sizes, widths: few, since each batch size is a program to compile.
        depth: most hidden layers.
        epochs: passes over the training rows, at most.
        patience: epochs without improvement before a trial ends.
        dropout, l2: the most of each.
        trials: finished ones, in all.
        time: of one run.
    """

    folds: int
    repeats: int
    validation: float
    test: float
    batch_sizes: tuple[int, ...]
    widths: tuple[int, ...]
    depth: int
    epochs: int
    patience: int
    dropout: float
    l2: float
    trials: int
    time: str

    def steps(self, rows: int) -> tuple[int, int]:
        """Fewest and most training steps of an epoch over so many training rows."""
        return -(-rows // max(self.batch_sizes)), -(-rows // min(self.batch_sizes))


@dataclass(frozen=True)
class _Size:
    """What suits tables of at most so many rows."""

    batch_sizes: tuple[int, ...]
    widths: tuple[int, ...]
    depth: int
    epochs: int
    dropout: float
    l2: float
    trials: int
    time: str


SIZES: Mapping[float, _Size] = {
    200: _Size((8, 16), (8, 16, 32), 2, 100, 0.5, 1e-1, 40, "30m"),
    1_000: _Size((16, 32), (16, 32, 64), 2, 80, 0.5, 1e-1, 40, "30m"),
    10_000: _Size((32, 64), (32, 64, 128), 3, 60, 0.5, 1e-2, 60, "30m"),
    100_000: _Size((64, 128), (64, 128, 256), 3, 40, 0.4, 1e-3, 60, "1h"),
    1_000_000: _Size((128, 256), (64, 128, 256), 4, 20, 0.3, 1e-3, 40, "2h"),
    float("inf"): _Size((256, 512), (128, 256), 4, 10, 0.2, 1e-4, 30, "4h"),
}
"""By rows, the smallest that holds them: fewer rows want smaller networks, stronger penalties and more epochs."""

WIDE = 500
"""Of so many inputs the widest layers are needed, and narrow ones lose what there is."""


def proposal_for(rows: int, inputs: int, *, test_file: bool = False) -> Proposal:
    """What suits a table's size.

    Args:
        rows: without those of test files.
        inputs: numbers that a network sees of each row.
        test_file: whether test rows come from a file of their own.

    >>> proposal_for(60, 4).batch_sizes, proposal_for(5_000_000, 40).batch_sizes
    ((8, 16), (256, 512))
    >>> proposal_for(150, 4).repeats, proposal_for(800, 4).folds, proposal_for(5_000, 4).folds
    (3, 5, 0)
    """
    size = next(size for most, size in SIZES.items() if rows <= most)
    folds = 5 if FEWEST_FOR_FOLDS <= rows <= FEW_ROWS else 0
    widths = tuple(2 * width for width in size.widths) if inputs > WIDE and rows > FEW_ROWS else size.widths
    share = 0.2 if rows <= 200_000 else 0.1
    return Proposal(
        folds=folds,
        repeats=3 if folds and rows <= VERY_FEW_ROWS else 1,
        validation=share,
        test=0.0 if test_file else share,
        batch_sizes=size.batch_sizes,
        widths=widths,
        depth=size.depth,
        epochs=size.epochs,
        patience=max(3, size.epochs // 5),
        dropout=size.dropout,
        l2=size.l2,
        trials=size.trials,
        time=size.time,
    )
