import numpy as np
import pytest

from tuner.data.column import Column
from tuner.data.target import MOST_NUMBERED_CLASSES, read_target
from tuner.errors import DataError


@pytest.fixture
def column(make_frame):
    return lambda *cells: Column(make_frame(label=list(cells)), "label")


@pytest.mark.parametrize(
    ("cells", "task", "classes", "y"),
    [
        (("red", "blue", "red"), "binary", ("blue", "red"), [1, 0, 1]),
        (("b", "c", "a"), "multiclass", ("a", "b", "c"), [1, 2, 0]),
        (("True", "False"), "binary", ("False", "True"), [1, 0]),
        (("1", "0", "1"), "binary", ("0", "1"), [1, 0, 1]),
        (("10", "9", "1"), "multiclass", ("1", "9", "10"), [2, 1, 0]),
        (("1.0", "0.0", "1"), "binary", ("0", "1"), [1, 0, 1]),
        (("-1", "1"), "binary", ("-1", "1"), [0, 1]),
        (("3+", "1", "1"), "binary", ("1", "3+"), [1, 0, 0]),
    ],
)
def test_texts_truth_values_and_few_whole_numbers_are_classes(column, cells, task, classes, y):
    target = read_target(column(*cells), None)
    assert (target.task, target.classes, target.y.tolist()) == (task, classes, y)
    assert target.y.dtype == np.int32


@pytest.mark.parametrize("cells", [("0.5", "1", "2"), tuple(map(str, range(MOST_NUMBERED_CLASSES + 1)))])
def test_fractions_and_many_whole_numbers_are_a_regression(column, cells):
    target = read_target(column(*cells), None)
    assert (target.task, target.classes) == ("regression", ())
    assert target.y.tolist() == [float(cell) for cell in cells]


def test_the_stated_task_goes_before_the_look_of_the_values(column):
    assert read_target(column("1", "2", "3"), "regression").y.tolist() == [1.0, 2.0, 3.0]
    assert read_target(column("0.50", "1.5", "0.5"), "binary").classes == ("0.5", "1.5")
    assert read_target(column("a", "b"), "multiclass").task == "multiclass"
    assert read_target(column(*map(str, range(30))), "multiclass").classes == tuple(map(str, range(30)))


def test_large_class_numbers_that_are_one_float_stay_two_classes(column):
    assert read_target(column("9007199254740992", "9007199254740993"), "binary").y.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("cells", "task", "message"),
    [
        (("a", None), None, 'row 3, column "label" has no value'),
        ((None, None), None, 'column "label" has no value at all'),
        (("a", "a"), None, 'is "a" in every row'),
        (("1.5", "1.50"), None, "is 1.5 in every row"),
        (("3", "3"), "regression", "is 3 in every row"),
        (("3", "q"), "regression", 'row 3, column "label" is "q", but a regression needs numbers'),
        (("3.5", "-inf"), None, 'row 3, column "label" has an infinite number'),
        (("a", "b", "c"), "binary", 'has 3 classes, such as "a", "b", "c", but task is "binary"'),
        ((*(f"{n}.5" for n in range(30)), "oops"), None, 'row 32, column "label" is "oops" among numbers'),
    ],
)
def test_a_target_that_cannot_be_learned_is_refused(column, cells, task, message):
    with pytest.raises(DataError, match=message):
        read_target(column(*cells), task)


@pytest.mark.parametrize("cells", [[0.0, 1.0, 1.0], ["0", "1", "1"], ["0.0", "1", "1.0"]])
def test_numbers_and_texts_of_numbers_are_the_same_classes(column, cells):
    target = read_target(column(*cells), None)
    assert (target.task, target.classes, target.y.tolist()) == ("binary", ("0", "1"), [0, 1, 1])


def test_columns_of_numbers_are_told_apart_as_texts_are(column):
    assert read_target(column(*map(float, range(21))), None).task == "regression"
    assert read_target(column(*map(float, range(20))), None).task == "multiclass"
    assert read_target(column(0.5, 1.0), None).task == "regression"
