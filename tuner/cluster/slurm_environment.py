"""Variables that `sbatch` prefers to what a script states."""

from __future__ import annotations

import re
from collections.abc import Mapping

VARIABLES: Mapping[str, tuple[str, ...]] = {
    "array": ("ARRAY_INX",),
    "time": ("TIMELIMIT",),
    # Of these three there can be one only.
    "mem": ("MEM_PER_NODE", "MEM_PER_CPU", "MEM_PER_GPU"),
    "mem-per-cpu": ("MEM_PER_CPU", "MEM_PER_NODE", "MEM_PER_GPU"),
    "requeue": ("REQUEUE", "NO_REQUEUE"),
    # A worker's log holds both of its outputs.
    "output": ("OUTPUT", "ERROR"),
}
"""Options whose variables are not called as they are, without `SBATCH_`."""

SHORT: Mapping[str, str] = {
    "A": "account", "C": "constraint", "G": "gpus", "J": "job-name", "a": "array", "c": "cpus-per-task",
    "d": "dependency", "o": "output", "p": "partition", "q": "qos", "t": "time", "x": "exclude",
}  # fmt: skip
"""Options that have a letter."""

NEVER = frozenset({"SBATCH_WAIT", "SBATCH_CLUSTERS", "SLURM_CLUSTERS", "SBATCH_TEST_ONLY"})
"""Variables with which a job could not be looked after: sent elsewhere, waited for, or not queued at all."""

_OPTION = re.compile(r'^#SBATCH\s+"?(?:--([a-z-]+)|-([A-Za-z]))', re.MULTILINE)


def stated_first(script: str, environment: Mapping[str, str]) -> dict[str, str]:
    """An environment in which a script's own options count, and variables stand for what it leaves open.

    Args:
        script: the text, with its `#SBATCH` lines.
        environment: what `sbatch` would be called with.
    """
    stated = {long or SHORT.get(short, "") for long, short in _OPTION.findall(script)}
    dropped = {f"SBATCH_{name}" for option in stated for name in VARIABLES.get(option, (_usual(option),))} | NEVER
    return {name: value for name, value in environment.items() if name not in dropped}


def _usual(option: str) -> str:
    return option.upper().replace("-", "_")
