"""What all hyperparameter values have in common: frozen, strict, and closed to unknown names."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

APPLIES_TO = "applies_to"
"""Marks what applies only beside certain kinds of another table, or certain values of another setting of its table:
{"optimizer": ["sgd", ...]}.
"""

APPLIES_FROM = "applies_from"
"""Marks what applies only from a certain size of another setting of its table on: {"depth": 3}."""


class Settings(BaseModel):
    """A frozen value that checks itself when it is made.

    Strict: a text is no number and a truth value is no count; an integer is fine where a float is asked for.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)
