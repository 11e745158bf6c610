"""Optuna's own storage of a database, with nothing left open if it cannot be had."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import optuna
from optuna.storages import RDBStorage


class Backend(RDBStorage):
    """An `RDBStorage` that closes its connections if it cannot be made; nobody else could close them."""

    def __init__(self, url: str, engine: Mapping[str, Any], *, complete: bool) -> None:
        """A storage on a database.

        Args:
            url: SQLAlchemy's, with its password.
            engine: arguments of `sqlalchemy.create_engine`.
            complete: whether all tables are there; else they are made.
        """
        # Optuna fills in what stands in braces.
        template = url.replace("{", "{{").replace("}", "}}")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
                super().__init__(template, dict(engine), skip_table_creation=complete)
        except BaseException:
            if hasattr(self, "engine"):
                self.engine.dispose()
            raise
