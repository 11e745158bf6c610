"""Searching an objective: how somebody's own model is trained, and on what."""

from __future__ import annotations

from tuner.actions.trainers import Lanes, TrainerName
from tuner.data.prepared import Prepared
from tuner.data.prepared_data import PreparedData
from tuner.errors import SearchError
from tuner.search.objective import KerasObjective
from tuner.study.forms import MAIN
from tuner.training.trainer import Trainer


def trainer_of(
    objective: KerasObjective, trainer: Trainer | TrainerName | None, lanes: Lanes | None, checkpoints: str
) -> Trainer | TrainerName | None:
    """What trains an objective: of somebody's own model a trainer in this process, which has the model's code.

    Args:
        objective: what is searched.
        trainer, lanes: as the caller states them.
        checkpoints: the folder for the progress of what is handed back.
    Raises:
        SearchError: if lanes are stated for somebody's own model, or `keep_model` for a trainer elsewhere.
    """
    if objective.build is None:
        if objective.keep_model is not None:
            raise SearchError("keep_model is for a model of your own, and for study.optimize; leave it out")
        return trainer
    if trainer == "lanes" or lanes is not None:
        raise SearchError("lanes train the networks that tuner builds; a model of your own is trained by fit")
    if isinstance(trainer, Trainer):
        return trainer
    from tuner.training.fit import FitTrainer  # Keras

    return FitTrainer(checkpoints=checkpoints, build=objective.build, keep_model=objective.keep_model)


def every_form_of(data: PreparedData | Prepared) -> PreparedData:
    """Data as a search wants them."""
    if isinstance(data, PreparedData):
        return data
    return PreparedData({MAIN: ((data,),)}, fingerprint=data.fingerprint)
