"""Coverage-guided fuzzing of everything that reads what a person hands in: nothing but a TunerError may come of it."""

from __future__ import annotations

import contextlib
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

try:
    import atheris
except ImportError:
    sys.exit("atheris is not installed; .venv/bin/pip install atheris")

with atheris.instrument_imports(include=["tuner"]):
    from tuner.data.load import load_table
    from tuner.data.sources import SOURCES
    from tuner.errors import TunerError
    from tuner.study.data_settings import DataSettings
    from tuner.study.load import load_study

FOLDER = Path(tempfile.mkdtemp(prefix="tuner-fuzz-"))
ENDINGS = sorted(SOURCES)
MOST_BYTES = 2**26


def readers(data: bytes) -> None:
    """A file of any kind; the first byte says which."""
    if not data:
        return
    name = f"table{ENDINGS[data[0] % len(ENDINGS)]}"
    (FOLDER / name).write_bytes(data[1:])
    with contextlib.suppress(TunerError):
        load_table(DataSettings(path=name, target=-1), root=FOLDER, most_bytes=MOST_BYTES)


def studies(data: bytes) -> None:
    """A study file."""
    path = FOLDER / "study.toml"
    path.write_bytes(data)
    with contextlib.suppress(TunerError):
        load_study(str(path), FOLDER)


TARGETS: Mapping[str, Callable[[bytes], None]] = {"readers": readers, "studies": studies}


def main() -> None:
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        sys.exit(f"scripts/fuzz {'|'.join(TARGETS)} [options]")
    target = TARGETS[sys.argv.pop(1)]
    atheris.Setup(sys.argv, target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
