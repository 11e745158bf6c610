from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tuner.errors import Mistake
from tuner.hyperparameters import OPTIMIZERS, Hyperparameters
from tuner.schedules import CURVES
from tuner.space import read_space
from tuner.space.schema import space_schema

SCHEMA = space_schema(Hyperparameters)
VALIDATOR = Draft202012Validator(SCHEMA)

ARITHMETIC = ("low should be the lesser", "where log = true", "with log = true", "at most high - low")
"""Ends and middles of the complaints that a schema cannot make: it knows no arithmetic."""


def mistakes(raw: Any) -> list[Mistake]:
    return read_space(Hyperparameters, raw, "")[1]


def at(place: str, value: Any) -> dict[str, Any]:
    table, _, name = place.rpartition(".")
    return {table: {name: value}} if table else {name: value}


def test_it_is_a_json_schema_of_2020_12_and_plain_json():
    Draft202012Validator.check_schema(SCHEMA)
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA


def test_every_setting_is_described():
    for place in ("batch_size", "epochs", "layers", "optimizer", "schedule", "momentum"):
        assert SCHEMA["properties"][place]["description"]
    one_table, _ = SCHEMA["properties"]["schedule"]["anyOf"]
    assert one_table["properties"]["alpha"]["description"]


def test_every_kind_can_be_completed_in_both_forms():
    one_table, listed = SCHEMA["properties"]["optimizer"]["anyOf"]
    assert set(one_table["properties"]["kind"]["anyOf"][0]["enum"]) == set(OPTIMIZERS)
    assert {table["properties"]["kind"]["const"] for table in listed["items"]["anyOf"]} == set(OPTIMIZERS)


@pytest.mark.parametrize(
    ("raw", "fits"),
    [
        ({}, True),
        (at("batch_size", 32), True),
        (at("batch_size", "32"), False),
        (at("batch_size", True), False),
        (at("batch_size", 32.5), False),
        (at("batch_size", {"low": 8, "high": 64, "step": 8}), True),
        (at("batch_size", {"low": 8, "high": 64, "step": 0.5}), False),
        (at("batch_size", {"low": 8}), False),
        (at("batch_size", {"low": 0, "high": 8}), False),
        (at("batch_size", {"low": 8, "high": 64, "log": "yes"}), False),
        (at("batch_size", {"low": 8, "high": 64, "hgih": 64}), False),
        (at("batch_size", {"choices": [8, 16]}), True),
        (at("batch_size", {"choices": []}), False),
        (at("batch_size", {"choices": [8, 8]}), False),
        (at("batch_size", {"choices": [8], "low": 8}), False),
        (at("batch_size", [8, 16]), False),
        (at("layers.l1", 0), True),
        (at("layers.dropout", 1), False),
        (at("layers.activation", "relu"), True),
        (at("layers.activation", "rellu"), False),
        (at("layers.activation", {"choices": ["relu", "rellu"]}), False),
        (at("layers.activation", {"low": "elu", "high": "relu"}), False),
        (at("layers.deepness", 1), False),
        ({"layers": 3}, False),
        ({"optimizer": {"kind": "sgd", "learning_rate": {"low": 0.1, "high": 0.2}}}, True),
        ({"optimizer": {"kind": "sgdd"}}, False),
        ({"optimizer": {"learning_rate": 0.1}}, False),
        ({"optimizer": {"kind": {"choices": ["sgd", "adam"]}, "sgd": {"nesterov": True}}}, True),
        ({"optimizer": {"kind": {"choices": ["sgd", "adam"]}, "sgd": {"beta_1": 0.9}}}, False),
        ({"optimizer": {"kind": {"choices": ["sgd", "sgd"]}}}, False),
        ({"optimizer": [{"kind": "sgd", "nesterov": True}, {"kind": "adam", "beta_1": 0.9}]}, True),
        ({"optimizer": [{"kind": "sgd", "beta_1": 0.9}]}, False),
        ({"optimizer": []}, False),
        ({"optimizer": "sgd"}, False),
        ({"schedule": {"kind": "iir", "alpha": 0.9}}, True),
        ({"schedule": [{"kind": "iir"}]}, False),
        ({"schedule": {"kind": "piecewise", "boundaries": [3], "values": {"choices": [[0.1], [0.2]]}}}, True),
        ({"schedule": {"kind": "piecewise", "boundaries": [0], "values": [0.1]}}, False),
    ],
)
def test_the_schema_and_the_reader_agree(raw, fits):
    assert VALIDATOR.is_valid(raw) is fits
    assert (not mistakes(raw)) is fits


SCALARS = st.one_of(
    st.booleans(),
    st.integers(-3, 70),
    # A schema takes 2.0 for a whole number and the reader does not; other numbers are told apart alike.
    st.floats(-2, 70, allow_nan=False).filter(lambda number: not number.is_integer()),
    st.sampled_from(["relu", "elu", "auto", "he_normal", "mse", "sgd", ""]),
)
RANGES = st.fixed_dictionaries(
    {}, optional={"low": SCALARS, "high": SCALARS, "log": SCALARS, "step": SCALARS, "stop": SCALARS}
)
FORMS = st.one_of(
    SCALARS,
    st.lists(SCALARS, max_size=3),
    RANGES,
    st.fixed_dictionaries({"choices": st.one_of(SCALARS, st.lists(SCALARS, max_size=3))}),
)
PLACES = st.sampled_from(
    ["batch_size", "epochs", "loss", "layers.width", "layers.activation", "layers.initializer", "layers.dropout",
     "layers.l1", "plateau.patience", "plateau.factor", "early_stopping.min_delta"]
)  # fmt: skip


@settings(max_examples=500)
@given(place=PLACES, form=FORMS)
@example(place="layers.width", form={"low": 16, "high": 64, "log": True})
def test_any_leaf_that_one_of_the_two_accepts_the_other_accepts_but_for_arithmetic(place, form):
    raw = at(place, form)
    found = [mistake for mistake in mistakes(raw) if not any(words in mistake.problem for words in ARITHMETIC)]
    assert VALIDATOR.is_valid(raw) is (not found)


KIND_TABLES = st.fixed_dictionaries(
    {},
    optional={
        "kind": st.sampled_from([*CURVES, "cosin", {"choices": ["iir", "cosine"]}]),
        "alpha": st.sampled_from([0.5, 2, {"low": 0.1, "high": 0.9}]),
        "minimum": st.sampled_from([1e-5, -1]),
        "iir": st.sampled_from([{"alpha": 0.5}, {"rate": 0.5}, 3]),
    },
)


@settings(max_examples=300)
@given(schedule=st.one_of(KIND_TABLES, st.lists(KIND_TABLES, max_size=2)))
def test_whatever_table_of_a_kind_the_reader_accepts_the_schema_accepts(schedule):
    raw = {"schedule": schedule}
    if not mistakes(raw):
        assert VALIDATOR.is_valid(raw)
