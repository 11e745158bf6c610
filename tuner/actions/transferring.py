"""Exported models from which a study's trials start: read, and held against the study, before the first trial."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from tuner.actions.fit_only import most
from tuner.actions.layer_widths import width_of_layer
from tuner.data.prepared_data import PreparedData
from tuner.errors import DataError, Mistake, StudyFileError
from tuner.hyperparameters import Hyperparameters
from tuner.hyperparameters.layers import width_name
from tuner.space.corners import ends
from tuner.space.defaults import completed
from tuner.space.nodes import Leaf
from tuner.study.definition import StudyDefinition
from tuner.training.transfer_file import TransferModel, read_transfer_model

TABLE = "hyperparameters.transfer"


def transfer_models(definition: StudyDefinition, data: PreparedData, root: Path) -> Mapping[str, TransferModel]:
    """The models that a study names, by their paths; none for a study without any.

    Raises:
        StudyFileError: if one cannot be read, or if its layers do not fit the data and the space.
    """
    space = completed(definition.space, Hyperparameters)
    if "transfer.model" not in space:
        return {}
    models: dict[str, TransferModel] = {}
    mistakes: list[Mistake] = []
    for path in map(str, ends(space["transfer.model"])):
        try:
            models[path] = read_transfer_model(_content(path, root), path)
        except DataError as error:
            mistakes.append(Mistake(f"{TABLE}.model", str(error)))
        else:
            mistakes += _mistakes(models[path], data, space)
    if mistakes:
        raise StudyFileError(definition.source, mistakes)
    return models


def _content(path: str, root: Path) -> bytes:
    """Raises DataError if it is no ordinary file below the project root."""
    inside = os.path.realpath(root)
    if os.path.isabs(path) or os.path.commonpath([inside, os.path.realpath(os.path.join(inside, path))]) != inside:
        raise DataError(f"{path}: lies outside of the project root; copy the model into it")
    from tuner.data.sources.opened import read_bytes  # pandas, which other studies may do without

    return read_bytes(path, root=root)


def _mistakes(model: TransferModel, data: PreparedData, space: Mapping[str, Leaf]) -> Iterator[Mistake]:
    """Where a model does not fit what trials will have."""
    count = most(space["transfer.layers"])
    taken = model.layers[:count]
    if len(taken) < count:
        problem = (
            f"is up to {count}, but {model.path} has {len(taken)} hidden Dense layers before {model.stopped_at}; "
            f"take at most {len(taken)}"
        )
        yield Mistake(f"{TABLE}.layers", problem)
    if not taken:
        return
    inputs = int(taken[0].kernel.shape[0])
    for features in sorted({each.features for repeats in data.forms.values() for fold in repeats for each in fold}):
        if features != inputs:
            problem = (
                f'is "{model.path}", whose layer "{taken[0].name}" takes {inputs} features, but the data come to '
                f"{features}; name a model of the same columns, prepared in the same way"
            )
            yield Mistake(f"{TABLE}.model", problem)
    for number, layer in enumerate(taken, start=1):
        setting, widths = width_of_layer(space, number)
        others = [width for width in ends(widths) if width != layer.units]
        if others:
            fewer = f", or transfer.layers = {number - 1}" if number > 1 else ""
            problem = (
                f'can be {others[0]}, but the layer "{layer.name}" of {model.path}, which is taken, has {layer.units} '
                f"units; state {width_name(number)} = {layer.units}{fewer}"
            )
            yield Mistake(f"hyperparameters.{setting}", problem)
            return
