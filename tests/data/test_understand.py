import numpy as np
import pytest

from tuner.data.frame import Frame, Part
from tuner.data.table import TEST, TRAIN
from tuner.data.understand import table_of
from tuner.errors import DataError
from tuner.study.data_settings import DataSettings

ROWS = {
    "age": [30.0, 41.0, None, 28.0],
    "town": ["Ulm", "Köln", "Ulm", None],
    "who": ["a", "b", "a", "b"],
    "when": ["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"],
    "much": [1.0, 2.0, 0.0, 1.0],
    "label": ["no", "yes", "no", "yes"],
}


def settings(**stated) -> DataSettings:
    return DataSettings(path="t.csv", **{"target": "label", **stated})


def complaint(frame, **stated) -> str:
    with pytest.raises(DataError) as caught:
        table_of(frame, settings(**stated))
    return str(caught.value)


def test_every_column_that_has_no_other_role_is_a_feature(make_frame):
    table = table_of(make_frame(**ROWS), settings(group="who", time="when", weights="much", drop=("age",)))
    assert [(each.name, each.kind) for each in table.features] == [("town", "category")]
    assert (table.classes, table.y.tolist(), table.task) == (("no", "yes"), [0, 1, 0, 1], "binary")
    assert table.groups.tolist() == [0, 1, 0, 1]
    assert np.diff(table.times).tolist() == [1, 1, 1]
    assert table.weights.tolist() == [1, 2, 0, 1]
    assert table.place(2) == "t.csv: row 4"


def test_columns_can_be_named_by_their_position(make_frame):
    table = table_of(make_frame(**ROWS), settings(target=-1, drop=(1, "who", -3)))
    assert [each.name for each in table.features] == ["town", "much"]
    assert "so that target cannot be column 9" in complaint(make_frame(**ROWS), target=9)


def test_several_targets_are_a_regression_of_as_many_numbers(make_frame):
    table = table_of(make_frame(**ROWS | {"age": [1.0, 2.0, 3.0, 4.0]}), settings(target=("age", "much")))
    assert (table.task, table.targets, table.y.tolist()) == (
        "regression",
        ("age", "much"),
        [[1, 1], [2, 2], [3, 0], [4, 1]],
    )


def test_a_column_without_any_value_is_left_out(make_frame):
    table = table_of(make_frame(**ROWS | {"age": [None] * 4}), settings())
    assert "age" not in [each.name for each in table.features]


def test_every_column_with_a_mistake_is_named_at_once(make_frame):
    frame = make_frame(a=[1.0, np.inf], b=[-np.inf, 2.0], label=["x", None])
    assert complaint(frame).splitlines() == [
        't.csv: row 3, column "label" has no value. A row without a target teaches nothing: fill it in, or leave out '
        "the row.",
        't.csv: row 3, column "a" has an infinite number. Mend it, or leave out its row.',
        't.csv: row 2, column "b" has an infinite number. Mend it, or leave out its row.',
    ]


def test_very_many_mistakes_are_counted_and_not_all_named(make_frame):
    lines = complaint(make_frame(**{f"f{number}": [np.inf, 1.0] for number in range(9)}, label=["x", "y"])).splitlines()
    assert len(lines) == 6
    assert lines[-1] == "t.csv: 4 more columns cannot be used"


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        (
            {"target": "lable"},
            'has no column "lable", which is the target; there are age, town.* Did you mean "label"?',
        ),
        ({"drop": ("town", "twon")}, 'has no column "twon", which drop names'),
        ({"types": {"agee": "number"}}, 'has no column "agee", which types names.*Did you mean "age"'),
        ({"weights": "who"}, 'row 2, column "who" is "a".*but a weight is a number'),
        ({"weights": "age"}, 'row 4, column "age" has no value'),
        ({"time": "who"}, 'column "who" has texts such as "a", but rows are split by numbers or dates'),
        ({"group": "town"}, 'row 5, column "town" has no value. Every row needs a group'),
        ({"drop": ("age", "town", "who", "when", "much")}, "has no column to learn from beside the target"),
        ({"drop": (-1,)}, 'column "label" is in drop, but is needed'),
    ],
)
def test_what_is_stated_and_does_not_fit_is_named(make_frame, stated, message):
    import re

    assert re.search(message.replace("?", r"\?"), complaint(make_frame(**ROWS), **stated))


@pytest.mark.parametrize(
    ("weights", "message"), [([1.0, -2.0, 1.0, 1.0], "is -2, but a weight"), ([0.0] * 4, "is 0 in every")]
)
def test_weights_that_cannot_be_are_refused(make_frame, weights, message):
    assert message in complaint(make_frame(**ROWS | {"much": weights}), weights="much")


def test_a_label_that_only_the_test_file_has_is_named_with_its_place(make_frame):
    frame = make_frame(a=[1.0, 2.0, 3.0], label=["x", "y", "new"])
    frame = Frame("train.csv", frame.columns, [Part("train.csv", 2, 2), Part("test.csv", 1, 2)])
    with pytest.raises(
        DataError, match=r'test\.csv: row 2, column "label" is "new", which no row of the training file'
    ):
        table_of(frame, settings(), np.array([TRAIN, TRAIN, TEST], np.int8))


def test_a_table_without_rows_is_refused(make_frame):
    frame = make_frame(a=[1.0], label=["x"])
    empty = {name: column[:0] for name, column in frame.columns.items()}
    with pytest.raises(DataError, match=r"t\.csv: has no rows"):
        table_of(Frame("t.csv", empty), settings())
