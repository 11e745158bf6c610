"""A study's objective for Optuna's own `study.optimize`, and for a search with somebody's own model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuner.actions.defaults import root_of, study_of
from tuner.actions.joining import prepared_for
from tuner.actions.transferring import transfer_models
from tuner.search.objective import KerasObjective
from tuner.study.definition import StudyDefinition
from tuner.study.own import own_study

if TYPE_CHECKING:
    from tuner.models.own import Builder
    from tuner.training.job import Job

__all__ = ["KerasObjective", "keras_objective"]


def keras_objective(
    study: StudyDefinition | str,
    *,
    root: Path | None = None,
    build: Builder | None = None,
    space: Mapping[str, Any] | None = None,
    name: str | None = None,
    keep_model: Callable[[Job, Any], None] | None = None,
) -> KerasObjective:
    """The objective of a study with its data read, split and scaled.

    Args:
        study: its name, its file's path, or its definition.
        root: the project root; found as the command line finds it if left out.
        build, space: somebody's own model, and what is searched of it instead of the study's hyperparameters.
        name: what the storage calls the study of that model; `STUDY-own` if left out.
        keep_model: gets the job and the model of each trial that has trained.
    Raises:
        DataError, StudyError, StudyFileError: if the study, its data or the space cannot be used.
    """
    folder = root_of(root)
    definition = study_of(study, folder)
    searched = definition if space is None else own_study(definition, space)
    data = prepared_for(searched, folder)
    transfer = transfer_models(searched, data, folder) if build is None else None
    return KerasObjective(
        definition, data, build=build, space=space, name=name, keep_model=keep_model, transfer=transfer
    )
