"""What is measured: which tables, over how many splits, after searches of how many trials."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scripts.bench.tables_parts.tables import TABLES


@dataclass(frozen=True)
class Piece:
    """One search and what is measured after it.

    Attributes:
        table: by name.
        split: the study's seed, from which the split follows, too.
        trials: of the search.
    """

    table: str
    split: int
    trials: int


@dataclass(frozen=True)
class Plan:
    """Everything that is measured.

    Attributes:
        tables: by name.
        splits: how many of each table.
        trials: of each search.
    """

    tables: Sequence[str] = tuple(TABLES)
    splits: int = 5
    trials: int = 30

    def pieces(self) -> Iterator[Piece]:
        """Every piece; one split of all tables before the next, so that a run that is broken off has some of each."""
        for split in range(self.splits):
            for table in self.tables:
                yield Piece(table, split, self.trials)
