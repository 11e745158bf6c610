"""A study's objective for Optuna's own `study.optimize`."""

from __future__ import annotations

from pathlib import Path

from tuner.actions.defaults import root_of, study_of
from tuner.actions.joining import prepared_for
from tuner.actions.transferring import transfer_models
from tuner.search.objective import KerasObjective
from tuner.study.definition import StudyDefinition


def keras_objective(study: StudyDefinition | str, *, root: Path | None = None) -> KerasObjective:
    """The objective of a study with its data read, split and scaled.

    Args:
        study: its name, its file's path, or its definition.
        root: the project root; found as the command line finds it if left out.
    Raises:
        DataError, StudyError, StudyFileError: if the study or its data cannot be used.
    """
    folder = root_of(root)
    definition = study_of(study, folder)
    data = prepared_for(definition, folder)
    return KerasObjective(definition, data, transfer_models(definition, data, folder))
