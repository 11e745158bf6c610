import numpy as np
import pandas as pd
import pytest

from tuner.data.column import Column
from tuner.data.kinds import understand
from tuner.errors import DataError


@pytest.fixture
def look(make_frame):
    return lambda cells, stated=None: understand(Column(make_frame(c=cells), "c"), stated)


def test_numbers_stay_numbers_and_missing_ones_are_nan(look):
    understood = look([1.0, None, 3.5])
    assert understood.feature.kind == "number"
    np.testing.assert_array_equal(understood.values, [1.0, np.nan, 3.5])


def test_texts_of_numbers_are_numbers(look):
    assert look(["1", "2e1", None]).feature.kind == "number"


def test_few_texts_are_a_category_whose_levels_are_numbered_in_order(look):
    understood = look(["red", "blue", None, "red"])
    assert (understood.feature.kind, understood.feature.levels) == ("category", ("blue", "red"))
    np.testing.assert_array_equal(understood.values, [1, 0, np.nan, 1])


def test_truth_values_are_a_category(look):
    assert look([True, False, None]).feature.levels == ("False", "True")


def test_a_text_among_numbers_is_named_with_its_row_and_the_ways_out(look):
    cells = [*(str(number) for number in range(30)), "unknown"]
    with pytest.raises(DataError, match=r'row 32, column "c" is "unknown", but .* missing .* types\.c = "category"'):
        look(cells)
    assert look(cells, "category").feature.kind == "category"


def test_few_numbers_and_texts_are_codes(look):
    assert look(["1", "2", "A", "1"] * 5).feature.kind == "category"


@pytest.mark.parametrize(
    ("cells", "what"),
    [
        ([f"id-{number}" for number in range(60)], "an identifier or free text"),
        ([f"the {number} of them was quite good indeed" for number in range(30)] * 4, "free text"),
    ],
)
def test_identifiers_and_free_text_are_refused_with_advice(look, cells, what):
    with pytest.raises(DataError, match=rf'column "c" has \d+ different texts in \d+ rows, .*: {what}.*drop = \["c"\]'):
        look(cells)
    assert look(cells, "category").feature.kind == "category"


def test_what_is_stated_goes_before_the_look_of_the_values(look):
    assert look([1.0, 2.0, 1.5], "category").feature.levels == ("1", "1.5", "2")
    assert look(["1", "2"], "number").feature.kind == "number"
    with pytest.raises(DataError, match='is "x", but should be a number, as stated'):
        look(["1", "x"], "number")


def test_levels_in_a_stated_order_are_an_ordinal(look):
    understood = look(["M", "S", None, "L"], ("S", "M", "L"))
    assert (understood.feature.kind, understood.feature.levels) == ("ordinal", ("S", "M", "L"))
    np.testing.assert_array_equal(understood.values, [1, 0, np.nan, 2])
    with pytest.raises(DataError, match='row 3, column "c" is "XL", which is none of the levels'):
        look(["M", "XL"], ("S", "M", "L"))


@pytest.mark.parametrize(
    ("cells", "days"),
    [
        (["1970-01-02", None, "1970-01-11"], [1, np.nan, 10]),
        (["02.01.1970", "31.01.1970"], [1, 30]),
        (["1/31/1970", "2/1/1970"], [30, 31]),
        (["31/1/1970", "1/2/1970"], [30, 31]),
        (["1970-01-02 12:00", "1970-01-01 06:00"], [1.5, 0.25]),
        (["1970-01-02T12:00:00", "1970-01-01T06:00:00"], [1.5, 0.25]),
    ],
)
def test_dates_are_days_since_1970(look, cells, days):
    understood = look(cells)
    assert understood.feature.kind == "date"
    np.testing.assert_allclose(understood.values, days)


def test_dates_that_can_be_read_in_two_ways_are_refused_with_both(look):
    with pytest.raises(DataError, match=r'is "1/2/1970".*"%d/%m/%Y" and as "%m/%d/%Y".*types = \{ "c" = "%d/%m/%Y" \}'):
        look(["1/2/1970", "3/4/1970"])
    assert look(["1/2/1970", "3/4/1970"], "%m/%d/%Y").values.tolist() == [1, 62]


def test_a_text_that_is_no_date_of_the_stated_format_is_named(look):
    with pytest.raises(
        DataError, match=r'row 3, column "c" is "soon", but should be a date of the format "%d\.%m\.%Y"'
    ):
        look(["01.02.1970", "soon"], "%d.%m.%Y")


def test_dates_that_the_source_knows_are_dates(look):
    dates = pd.Series(pd.to_datetime(["1970-01-02", None]))
    np.testing.assert_array_equal(look(dates).values, [1, np.nan])


def test_numbers_that_are_stated_to_be_dates_are_refused(look):
    with pytest.raises(DataError, match="has numbers, but is stated to hold dates"):
        look([1.0, 2.0], "date")
