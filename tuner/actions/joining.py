"""What every search begins and ends with: a study in its storage, its data and its budget, and what it came to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tuner.actions.defaults import Storage, root_of, storage_of, study_of
from tuner.data.prepare import prepare
from tuner.data.prepared import Prepared
from tuner.errors import StudyFileError
from tuner.report.summary import StudySummary, summarize
from tuner.search.block_storage import BlockStorage
from tuner.search.stop import StopReason, StopRequest
from tuner.search.storage import StorageUrl, making_a_study, opened_backend
from tuner.search.studies import Study, join_study, load_stored, set_budget
from tuner.study.definition import StudyDefinition
from tuner.study.read import task_mistakes


@dataclass(frozen=True)
class SearchEnd:
    """How a search ended.

    Attributes:
        summary: what the study has come to.
        stopped: why it stopped before its budget of trials was spent; None if it did not.
    """

    summary: StudySummary
    stopped: StopReason | None


@dataclass(frozen=True)
class Joined:
    """A study that is ready to be searched.

    Attributes:
        definition: what is searched.
        root: the project root.
        url: where its trials are kept.
        data: its prepared table.
        blocks: the storage, open.
        stored: the study in it.
        trials: the study's total of finished trials; None if nothing bounds it.
    """

    definition: StudyDefinition
    root: Path
    url: StorageUrl
    data: Prepared
    blocks: BlockStorage
    stored: Study
    trials: int | None

    def left(self, finished: int) -> int | None:
        """How many trials the budget still has room for, None if it is not bounded."""
        return None if self.trials is None else max(0, self.trials - finished)

    def end(self, stop: StopRequest) -> SearchEnd:
        """What the study has come to, after a search that somebody may have asked to stop."""
        summary = summarize(load_stored(self.blocks, self.definition.name))
        spent = self.trials is not None and summary.trials.complete + summary.trials.pruned >= self.trials
        return SearchEnd(summary, None if spent else stop.reason)


@contextmanager
def joined(
    study: StudyDefinition | str, *, root: Path | None, storage: Storage, trials: int | None
) -> Iterator[Joined]:
    """A study with its data, in an open storage; tables and study are made if they are not there.

    Args:
        study: its name, its file's path, or its definition.
        root: the project root; found as the command line finds it if None.
        storage: where trials are kept; found as the command line finds it if None.
        trials: the study's total of finished trials, for this and later runs; the study's own budget if None.
    Raises:
        DataError, StorageError, StudyError, StudyFileError: whatever is wrong, before anything is written.
    """
    folder = root_of(root)
    definition = study_of(study, folder)
    url = storage_of(storage, folder, definition.run.storage)
    data = prepare(definition.data, seed=definition.seed, root=folder)
    check_task(definition, data)
    with opened_backend(url) as backend, closing(BlockStorage(backend)) as blocks:
        with making_a_study(url, backend):
            stored = join_study(blocks, definition, data)
            total = set_budget(stored, definition, trials)
        yield Joined(definition, folder, url, data, blocks, stored, total)


def check_task(definition: StudyDefinition, data: Prepared) -> None:
    """Hold a study's metric and loss against the task that the data turned out to be.

    Raises:
        StudyFileError: if they are for another task.
    """
    mistakes = task_mistakes(data.task, definition.search.metric, definition.space)
    if mistakes:
        raise StudyFileError(definition.source, mistakes)
