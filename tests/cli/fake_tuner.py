"""`tuner` with a trainer that trains nothing, for tests of what surrounds a search.

Run as `python -m tests.cli.fake_tuner ...`. An epoch takes as many seconds as FAKE_EPOCH_SECONDS says, and the trial
FAKE_FAILING_TRIAL fails. The workers that it starts train nothing either.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

from tests.search.fake_trainer import FakeTrainer
from tuner.actions import program, search
from tuner.cli.main import main
from tuner.training.job import Job


def fake_trainer(*arguments: Any, **settings: Any) -> FakeTrainer:
    """Stands in for `HostedTrainer`."""
    seconds = float(os.environ.get("FAKE_EPOCH_SECONDS", "0"))

    def before_epoch(job: Job, epoch: int) -> None:
        time.sleep(seconds)

    def error(job: Job) -> str | None:
        return "it broke:\nand why" if str(job.number) == os.environ.get("FAKE_FAILING_TRIAL") else None

    return FakeTrainer(before_epoch=before_epoch, error=error)


if __name__ == "__main__":
    search.HostedTrainer = fake_trainer  # type: ignore[assignment, misc]
    program.PROGRAM = (sys.executable, "-m", "tests.cli.fake_tuner")
    main()
