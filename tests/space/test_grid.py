from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.space.spaces import space_of
from tuner.space import Choices, Range
from tuner.space.grid import Grid, point_count, points

SPACE = space_of("""
    layers = { depth = { low = 1, high = 3 }, dropout = { low = 0.0, high = 0.5, step = 0.2 } }
    optimizer.kind = { choices = ["sgd", "adagrad", "adadelta"] }
    optimizer.learning_rate = { choices = [0.1, 0.01] }
    optimizer.sgd.nesterov = { choices = [true, false] }
""")
SIZE = 3 * 3 * (2 * 2 + 2 + 1)


@pytest.mark.parametrize(
    ("among", "values"),
    [
        (Choices(("relu", "tanh")), ("relu", "tanh")),
        (Range(1, 3), (1, 2, 3)),
        (Range(1, 10, step=4), (1, 5, 9)),
        (Range(0.0, 0.3, step=0.1), (0.0, 0.1, 0.2, 0.3)),
        (Range(0.0, 0.35, step=0.1), (0.0, 0.1, 0.2, 0.3)),
        (Range(0.5, 0.5), (0.5,)),
        (Range(8, 8, log=True), (8,)),
    ],
)
def test_a_grid_tries_every_value_of_a_leaf(among, values):
    assert points(among) == values
    assert point_count(among) == len(values)


@pytest.mark.parametrize("among", [Range(0.0, 1.0), Range(1e-4, 0.1, log=True), Range(16, 256, log=True)])
def test_ranges_without_steps_have_no_points(among):
    assert point_count(among) is None


def test_steps_are_counted_without_making_a_list_of_them():
    assert point_count(Range(0.0, 1.0, step=1e-12)) == 10**12 + 1


def test_only_what_can_occur_counts():
    assert Grid(SPACE).size == SIZE


def test_every_point_bears_one_number():
    grid = Grid(SPACE)
    every = [grid.point(index) for index in range(grid.size)]
    assert [grid.index(point) for point in every] == list(range(grid.size))
    assert len({tuple(point.items()) for point in every}) == SIZE


def test_the_points_are_all_combinations():
    space = space_of("layers = { depth = { low = 1, high = 2 }, activation = { choices = ['relu', 'elu'] } }")
    grid = Grid(space)
    found = {(point["layers.depth"], point["layers.activation"]) for point in map(grid.point, range(grid.size))}
    assert found == set(product((1, 2), ("relu", "elu")))


def test_widths_of_single_layers_make_points_only_where_there_are_such_layers():
    space = space_of("""
        layers = { depth = { low = 1, high = 3 }, width = { choices = [8, 16] }, width_2 = { low = 4, high = 6 } }
    """)
    grid = Grid(space)
    assert grid.size == 2 + 2 * 2 * 3
    every = [grid.point(index) for index in range(grid.size)]
    assert [grid.index(point) for point in every] == list(range(grid.size))
    assert {point["layers.depth"] for point in every if "layers.width_2" in point} == {2, 3}
    assert sum(point["layers.depth"] == 1 for point in every) == 2


def test_a_point_is_found_again_however_its_numbers_were_computed():
    grid = Grid(space_of("layers.dropout = { low = 0.0, high = 0.5, step = 0.1 }"))
    assert grid.index({"layers.dropout": 0.1 + 0.2}) == grid.index({"layers.dropout": 0.3}) == 3


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"layers.depth": 1},
        {"layers.depth": 4, "layers.dropout": 0.0, "optimizer.kind": "adadelta"},
        {"layers.depth": 1, "layers.dropout": 0.05, "optimizer.kind": "adadelta"},
        {"layers.depth": 1, "layers.dropout": 0.0, "optimizer.kind": "adadelta", "optimizer.learning_rate": 0.1},
        {"layers.depth": 1, "layers.dropout": 0.0, "optimizer.kind": "adagrad"},
    ],
)
def test_what_is_not_of_the_grid_bears_no_number(parameters):
    assert Grid(SPACE).index(parameters) is None


def test_a_choice_bears_its_name_in_the_storage():
    space = space_of("""
        schedule = { kind = "piecewise", boundaries = { choices = [[10], [20]] }, values = { choices = [[0.1]] } }
    """)
    grid = Grid(space, named=str)
    assert [grid.point(index)["schedule.boundaries"] for index in range(2)] == ["(10,)", "(20,)"]
    assert grid.index(grid.point(1)) == 1


@given(st.data())
def test_any_number_leads_to_a_point_and_back(data):
    grid = Grid(
        space_of("layers = { depth = { low = 1, high = 100 }, width = { low = 1, high = 100_000, step = 11 } }")
    )
    index = data.draw(st.integers(0, grid.size - 1))
    assert grid.index(grid.point(index)) == index
