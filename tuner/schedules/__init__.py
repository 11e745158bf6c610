"""Schedules: a number per epoch, each kind in a file of its own.

To add one: write its file, add its line to `CURVES`, and let a test class inherit the contract in
`tests/contracts/schedule.py`. Study files, the command line, the plots and the documentation read this table.
"""

from __future__ import annotations

from collections.abc import Mapping

from tuner.schedules.constant import Constant
from tuner.schedules.cosine import Cosine
from tuner.schedules.cosine_restarts import CosineRestarts
from tuner.schedules.exponential import Exponential
from tuner.schedules.iir import Iir
from tuner.schedules.linear import Linear
from tuner.schedules.one_cycle import OneCycle
from tuner.schedules.piecewise import Piecewise
from tuner.schedules.plateau import Plateau, PlateauState
from tuner.schedules.power import Power
from tuner.schedules.rise import Rise
from tuner.schedules.schedule import Curve, Schedule, State, values
from tuner.schedules.warmup import Warmup

CURVES: Mapping[str, type[Curve]] = {
    "constant": Constant,
    "iir": Iir,
    "exponential": Exponential,
    "linear": Linear,
    "power": Power,
    "cosine": Cosine,
    "cosine_restarts": CosineRestarts,
    "one_cycle": OneCycle,
    "piecewise": Piecewise,
    "rise": Rise,
}
"""Every curve by the name that a study file uses."""

__all__ = [
    "CURVES",
    "Constant",
    "Cosine",
    "CosineRestarts",
    "Curve",
    "Exponential",
    "Iir",
    "Linear",
    "OneCycle",
    "Piecewise",
    "Plateau",
    "PlateauState",
    "Power",
    "Rise",
    "Schedule",
    "State",
    "Warmup",
    "values",
]
