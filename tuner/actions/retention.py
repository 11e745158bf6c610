"""Retiring old generations of studies: the newest stay; older ones leave the storage, and their files the project."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tuner.actions.clusters import work_place
from tuner.actions.defaults import Storage, root_of, storage_of
from tuner.actions.generation_files import files_of, prepared_data, remove, size_of
from tuner.actions.in_use import nobody_in
from tuner.actions.queued import QUEUED, jobs_in
from tuner.errors import ClusterError, StorageError, StudyError, StudyFileError, did_you_mean
from tuner.search.block_storage import BlockStorage
from tuner.search.deleting import delete_study
from tuner.search.generations import study_of_generation
from tuner.search.retiring import (
    StoredGeneration,
    being_trained,
    beyond,
    data_of_others,
    has_changed,
    stored_generations,
)
from tuner.search.rows import lock_study
from tuner.search.storage import StorageUrl, exists, making_a_study, opened_backend, opened_to_look, storage_trouble
from tuner.study.definition import StudyDefinition
from tuner.study.load import load_study, stated_storage
from tuner.study.places import study_files


@dataclass(frozen=True)
class Retired:
    """A generation that is older than those to be kept.

    Attributes:
        name: its own.
        why: why it is gone, or why it stays nevertheless, as the rest of a sentence that begins with its name.
        trials: how many it has, or had.
        size: of its files, in bytes.
        gone: whether it is gone, or would be; else it stays.
        files: its files and folders.
    """

    name: str
    why: str
    trials: int
    size: int = 0
    gone: bool = True
    files: tuple[Path, ...] = ()


def retire(
    study: StudyDefinition | str,
    keep: int,
    *,
    root: Path | None = None,
    storage: Storage = None,
    remove: bool = True,
) -> list[Retired]:
    """Keep the newest generations of a study, and remove older ones with their trials, checkpoints and logs.

    What is being searched stays, and so do the generation that was searched last and one whose workers are still in a
    queue, or may be. If a removal breaks off, the generation is still stored, and the next call goes on with it. Others
    may do the same at the same time, and search.

    Args:
        study: its name, which is that of its first generation, too; or its definition.
        keep: how many of the newest stay, 1 or more.
        root: the project root; found as the command line finds it if left out.
        storage: where they are stored; found as for a search if left out.
        remove: whether to remove them; otherwise they are only listed.
    Returns:
        What went, and what had to stay, the oldest first; nothing if no more are stored than are to be kept.
    Raises:
        StorageError: if the storage cannot be used.
        StudyError: if that is no study's name, or none would stay.
    """
    name = study if isinstance(study, str) else study.name
    _check(name, keep)
    folder = root_of(root)
    definition = _definition(study, folder) if isinstance(study, str) else study
    url = storage_of(storage, folder, _configured(definition))
    if not exists(url):
        return []
    with _opened(url, folder, remove=remove) as place:
        return list(_retired(place, place.generations_of(name), keep, definition))


def retire_all(
    keep: int, *, study: str | None = None, root: Path | None = None, storage: Storage = None, remove: bool = True
) -> list[Retired]:
    """The same for every study of a project, each where it is stored.

    A storage may be that of other projects as well: what has no file in `studies/` and has never been searched from
    here stays, unless it is named.

    Args:
        keep, root, storage, remove: as for `retire`.
        study: the only one; it has to be stored.
    Raises:
        StorageError: if a storage cannot be used.
        StudyError: if there is no such study, or none would stay.
    """
    _check(study, keep)
    folder = root_of(root)
    found: list[Retired] = []
    there: list[str] = []
    for url in _storages(storage, folder, study):
        with _opened(url, folder, remove=remove) as place:
            there += place.studies
            for name in place.studies if study is None else [study]:
                generations = place.generations_of(name)
                if study is None and not _is_of_project(name, generations, folder):
                    why = f"stays: {name} is of another project, or has no file here; --study {name} includes it"
                    found += [Retired(each.name, why, each.trials, gone=False) for each in beyond(generations, keep)]
                else:
                    found += _retired(place, generations, keep, _definition(name, folder))
    if study is not None and study not in there:
        others = f"there are {', '.join(dict.fromkeys(there))}" if there else "there is none yet"
        raise StudyError(f'no study "{study}" is stored; {others}.{did_you_mean(study, there)}')
    return found


@dataclass(frozen=True)
class _Place:
    """An open storage, and the project whose searches write to it."""

    url: StorageUrl
    root: Path
    blocks: BlockStorage
    stored: Sequence[StoredGeneration]
    prepared: Mapping[str, list[Path]]
    remove: bool
    alone: Callable[[], AbstractContextManager[None]]

    @property
    def studies(self) -> list[str]:
        return list(dict.fromkeys(each.study for each in self.stored))

    def generations_of(self, study: str) -> list[StoredGeneration]:
        return [each for each in self.stored if each.study == study]


@contextmanager
def _opened(url: StorageUrl, root: Path, *, remove: bool) -> Iterator[_Place]:
    opened = opened_backend if remove else opened_to_look
    with opened(url) as backend, closing(BlockStorage(backend)) as blocks:
        with blocks.transaction(writes=False) as connection:
            stored = stored_generations(connection, QUEUED)
        # Whoever joins a study waits meanwhile, and finds it either whole or gone.
        alone = partial(making_a_study, url, backend) if remove else nullcontext
        yield _Place(url, root, blocks, stored, prepared_data(root), remove, alone)


def _retired(
    place: _Place, generations: Sequence[StoredGeneration], keep: int, definition: StudyDefinition | None
) -> Iterator[Retired]:
    for each in beyond(generations, keep):
        try:
            _refuse_queued(each, definition, place.root)
            files = _removed(place, each)
        except _StaysError as reason:
            yield Retired(each.name, f"stays: {reason}", each.trials, gone=False)
        except KeyError:
            continue  # somebody else was faster
        else:
            why = f"is older than the newest {keep}"
            yield Retired(each.name, why, each.trials, sum(files.values()), files=tuple(files))


class _StaysError(Exception):
    """A generation has to stay; the text says why."""


def _removed(place: _Place, generation: StoredGeneration) -> dict[Path, int]:
    """Remove a generation, or only look whether that could be.

    Its rows are deleted first, and its files before that is committed: as long as any file of it may be there, the
    generation is stored, and whoever goes on with this finds it.

    Returns:
        Its files and folders, and their sizes in bytes.
    Raises:
        _StaysError: if it is in use, or cannot be removed.
        KeyError: if it is not there any more.
    """
    transaction = place.blocks.transaction(writes=place.remove)
    with place.alone(), nobody_in(place.root, generation.name) as free, transaction as connection:
        if place.remove:
            lock_study(connection, generation.study_id)
        trained = being_trained(connection, generation.study_id)
        if trained:
            raise _StaysError(
                f"{trained} of its trials are being trained, or may be; `tuner reap --study {generation.name}` takes "
                "them from workers that are lost"
            )
        if not free:
            raise _StaysError("a search of it goes on")
        if has_changed(connection, generation, QUEUED):
            raise _StaysError("somebody has just searched it")
        paths = files_of(place.root, generation.name)
        if generation.data is not None and generation.data not in data_of_others(connection, generation.study_id):
            paths += place.prepared.get(generation.data, [])
        files = {path: size_of([path]) for path in paths}
        if place.remove:
            try:
                with storage_trouble(place.url):
                    delete_study(connection, generation.study_id)
            except StorageError as error:
                raise _StaysError(f"it cannot be deleted: {error}") from None
            for path in files:
                try:
                    remove(path)
                except OSError as error:
                    raise _StaysError(f"{error.filename or path} cannot be removed: {error.strerror}") from None
    return files


def _refuse_queued(generation: StoredGeneration, definition: StudyDefinition | None, root: Path) -> None:
    """Ask the cluster about workers that were queued: those that wait there are in no table, and found only by it."""
    cluster, jobs = jobs_in(generation.attributes)
    if cluster is None or not jobs:
        return
    try:
        if definition is None:
            raise StudyError(f"{generation.study} has no study file, or one with mistakes")
        alive = work_place(cluster, definition, root, workers=1).cluster.attach([], {}, jobs).alive
    except (ClusterError, StudyError, StudyFileError) as error:  # the last of a profile
        raise _StaysError(
            f"it had workers on the cluster {cluster}, and whether any still waits there cannot be told from here "
            f"({str(error).splitlines()[0]}); `tuner delete --study {generation.name}` if none does"
        ) from None
    if alive:
        raise _StaysError(f"{alive} of its workers are in the queue of {cluster}; `tuner stop` asks them to leave")


def _check(study: str | None, keep: int) -> None:
    if keep < 1:
        raise StudyError(f"keep = {keep} would leave no generation; keep at least 1")
    if study is None or study_of_generation(study) == study:
        return
    of = study_of_generation(study)
    hint = f"is one generation; name its study, {of}" if of else "is no study's name"
    raise StudyError(f'"{study}" {hint}')


def _storages(storage: Storage, root: Path, study: str | None) -> list[StorageUrl]:
    """Where studies are stored, as far as that is there already."""
    names = [study] if study is not None else [None, *study_files(root), *_swept(root)]
    configured = [None if name is None else stated_storage(_file(name, root), root) for name in names]
    urls = [storage_of(storage, root, each) for each in configured]
    return [url for url in dict.fromkeys(urls) if exists(url)]


def _configured(definition: StudyDefinition | None) -> str | None:
    """Where a study's own file says that it is stored."""
    return None if definition is None else definition.run.storage


def _swept(root: Path) -> dict[str, Path]:
    """The files of studies as sweeps have them, by their studies' names."""
    return {path.stem: path for path in sorted((root / ".tuner" / "sweeps").glob("*/*.toml"))}


def _definition(study: str, root: Path) -> StudyDefinition | None:
    """A study by its file, or as a sweep has it; None if there is no such file, or one with mistakes."""
    with suppress(StudyError, StudyFileError):
        return load_study(_file(study, root), root)
    return None


def _file(study: str, root: Path) -> str:
    """How to name a study's file: by its own name, or that which a sweep has written."""
    return study if study in study_files(root) else str(_swept(root).get(study, study))


def _is_of_project(study: str, generations: Sequence[StoredGeneration], root: Path) -> bool:
    return study in study_files(root) or any(files_of(root, each.name) for each in generations)
