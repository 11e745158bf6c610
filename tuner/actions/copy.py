"""Copying studies from one storage to another, such as from a file to a server."""

from __future__ import annotations

from collections.abc import Callable

from tuner.actions.defaults import Storage, root_of, storage_of
from tuner.errors import StorageError, StudyError, did_you_mean
from tuner.search.copying import CopiedStudy, copy_studies, study_names
from tuner.search.storage import exists, making_a_study, masked, opened_backend, opened_to_look


def copy(
    study: str | None = None,
    *,
    source: Storage = None,
    target: Storage,
    name: str | None = None,
    on_study: Callable[[str, int], None] = lambda study, trials: None,
) -> list[CopiedStudy]:
    """Copy a study, or all of them, with all trials and everything that is stored of them; all or none.

    A trial that is being trained waits in the copy. The source stays as it is.

    Args:
        study: a stored study's name; None for every study of the source.
        source: where it is.
        target: where it is to be; made if it is not there.
        name: the copy's name; the study's own if left out.
        on_study: told of each study and how many trials it has, before it is copied.
    Raises:
        StorageError: if there is no such source, or one of the two cannot be used.
        StudyError: if the source has no such study, or the target has one of that name.
    """
    root = root_of(None)
    from_url, to_url = storage_of(source, root), storage_of(target, root)
    if not exists(from_url):
        raise StorageError(f"there is no storage {masked(from_url)} to copy from")
    with opened_to_look(from_url) as reading:
        there = study_names(reading.engine)
        if study is not None and study not in there:
            others = f"it has {', '.join(there)}" if there else "it has none"
            raise StudyError(
                f'the storage {masked(from_url)} has no study "{study}"; {others}.{did_you_mean(study, there)}'
            )
        if not there:
            raise StudyError(f"the storage {masked(from_url)} has no studies to copy")
        names = {each: each for each in there} if study is None else {study: name or study}
        with opened_backend(to_url) as writing, making_a_study(to_url, writing):
            taken = [each for each in names.values() if each in study_names(writing.engine)]
            if taken:
                raise StudyError(
                    f"the storage {masked(to_url)} has {', '.join(taken)} already; "
                    "copy one study under another name with --study NAME --as NEWNAME, or delete the one that is there"
                )
            return copy_studies(reading.engine, writing.engine, names, on_study)
