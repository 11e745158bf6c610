"""What a process that does nothing but train does without: seconds of its start and of its end."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

NOT_NEEDED = ("matplotlib", "sklearn")
"""Packages that Keras imports where it finds them, for its plots and scikit-learn faces: two of its seven seconds."""


def import_less() -> None:
    """Let Keras find neither; nothing else in this process may need them, and Keras may not be imported yet."""
    for package in NOT_NEEDED:
        sys.modules.setdefault(package, None)  # type: ignore[arg-type]


def leave(status: int) -> NoReturn:
    """End the process at once, instead of taking TensorFlow apart object by object for two seconds first."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
