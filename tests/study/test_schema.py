from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.study.test_mistakes import VALID, edited
from tuner.study.metrics import METRICS
from tuner.study.places import study_files
from tuner.study.schema import study_schema
from tuner.study.search_settings import SECTIONS

SCHEMA = study_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
STUDIES = study_files(Path(__file__).parents[2])


def test_it_is_a_json_schema_of_2020_12_and_plain_json():
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(SCHEMA)
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA


@pytest.mark.parametrize("path", STUDIES.values(), ids=STUDIES.keys())
def test_every_bundled_study_is_valid(path):
    VALIDATOR.validate(tomllib.loads(path.read_text()))


def test_the_study_of_all_sections_is_valid():
    VALIDATOR.validate(dict(VALID))


def test_every_section_is_there_and_described():
    assert set(SCHEMA["properties"]) == {"name", "seed", *SECTIONS}
    assert all(part["description"] for part in SCHEMA["properties"].values())


def test_metrics_can_be_completed():
    assert SCHEMA["$defs"]["SearchSettings"]["properties"]["metric"]["anyOf"][0]["enum"] == [*METRICS]


@pytest.mark.parametrize(
    ("section", "settings", "fits"),
    [
        ("search", {"sampler": "tpe", "pruner": "none"}, True),
        ("search", {"sampler": {"kind": "random"}, "pruner": {"kind": "percentile", "keep": 10}}, True),
        ("search", {"pruner": "medain"}, False),
        ("search", {"pruner": {"kind": "median", "keep": 10}}, False),
        ("search", {"metric": "val_loss"}, False),
        ("search", {"metric": ["val_log_loss", "parameters", "latency"]}, True),
        ("search", {"metric": ["parameters", "val_log_loss"]}, False),
        ("search", {"metric": ["val_log_loss", "latency", "latency"]}, False),
        ("search", {"retries": -1}, False),
        ("data", {"builtin": "iris"}, False),
        ("data", {"path": "a.csv", "target": "y"}, True),
        ("data", {"builtin": "wine", "validation": 1.0}, False),
        ("budget", {"trials": 0}, False),
        ("budget", {"hours": 2}, False),
        ("run", {"storage": 3}, False),
        ("reports", {}, False),
        ("seed", -1, False),
    ],
)
def test_a_section_is_valid_or_not(section, settings, fits):
    assert VALIDATOR.is_valid({**edited([]), section: settings}) is fits
