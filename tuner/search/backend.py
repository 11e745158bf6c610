"""Optuna's own storage of a database, with nothing left open if it cannot be had."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import optuna
from optuna.storages import RDBStorage

from tuner.search.schema import refuse_another, schema_of


class Backend(RDBStorage):
    """An `RDBStorage` that closes its connections if it cannot be made; nobody else could close them."""

    def __init__(self, url: str, engine: Mapping[str, Any], *, complete: bool, any_schema: bool = False) -> None:
        """A storage on a database.

        Args:
            url: SQLAlchemy's, with its password.
            engine: arguments of `sqlalchemy.create_engine`.
            complete: whether all tables are there; else they are made.
            any_schema: whether tables of another version of Optuna will do, too.
        """
        # Optuna fills in what stands in braces.
        template = url.replace("{", "{{").replace("}", "}}")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
                # Optuna's own comparison takes a second connection while it keeps one: many workers that begin at
                # once behind a connection pooler would wait for one another.
                super().__init__(template, dict(engine), skip_compatibility_check=True, skip_table_creation=complete)
            if not any_schema:
                with self.engine.connect() as connection:
                    refuse_another(schema_of(connection))
        except BaseException:
            if hasattr(self, "engine"):
                self.engine.dispose()
            raise
