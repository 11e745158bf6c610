"""The JSON Schema of a study file."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from tuner.hyperparameters import Hyperparameters
from tuner.space.schema import space_schema
from tuner.study.cluster_settings import ClusterSettings
from tuner.study.data_settings import DataSettings
from tuner.study.search_settings import SECTIONS, BudgetSettings, RunSettings, SearchSettings


def study_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a study file, as a plain tree."""
    models: dict[str, type[BaseModel]] = {
        "data": DataSettings,
        "search": SearchSettings,
        "budget": BudgetSettings,
        "run": RunSettings,
        "cluster": ClusterSettings,
    }
    _, definitions = models_json_schema(
        [(model, "validation") for model in models.values()], ref_template="#/$defs/{model}"
    )
    defined: dict[str, Any] = definitions["$defs"]
    search = defined[SearchSettings.__name__]["properties"]
    for setting in ("sampler", "pruner"):
        _may_be_a_name(search[setting])
    properties: dict[str, Any] = {
        "name": {"type": "string", "description": "The study's name: the file's name without .toml."},
        "seed": {"type": "integer", "minimum": 0, "description": "From which every random number follows."},
    }
    for section, description in SECTIONS.items():
        if section == "hyperparameters":
            properties[section] = {**space_schema(Hyperparameters), "description": description}
        else:
            properties[section] = {"$ref": f"#/$defs/{models[section].__name__}", "description": description}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A study of tuner",
        "type": "object",
        "properties": properties,
        "required": ["data", "hyperparameters"],
        "additionalProperties": False,
        "$defs": defined,
    }


def _may_be_a_name(schema: dict[str, Any]) -> None:
    """Let a table with a kind be stated by the kind's name alone, as `sampler = "tpe"`."""
    tables = {key: schema.pop(key) for key in ("discriminator", "oneOf") if key in schema}
    names = sorted(tables["discriminator"]["mapping"])
    schema["anyOf"] = [{"enum": names}, {"oneOf": tables["oneOf"]}]
