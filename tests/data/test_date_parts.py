import numpy as np

from tuner.data.date_parts import DateParts

WEEK = np.arange(0.0, 14.0)[:, None]


def parts(fitted, x):
    return dict(zip(fitted.get_feature_names_out(["d"]), fitted.transform(x).T, strict=True))


def test_days_come_out_with_mean_0_and_deviation_1():
    days = parts(DateParts().fit(WEEK), WEEK)["d (days)"]
    np.testing.assert_allclose([days.mean(), days.std()], [0, 1], atol=1e-12)


def test_the_week_turns_in_seven_days_and_the_day_only_where_dates_have_times():
    told = parts(DateParts().fit(WEEK), WEEK)
    np.testing.assert_allclose(told["d (week sine)"][:7], told["d (week sine)"][7:], atol=1e-12)
    assert len(set(np.round(told["d (week cosine)"][:7], 9))) == 4
    assert "d (day sine)" not in told
    assert "d (day sine)" in parts(DateParts().fit(WEEK + 0.5), WEEK)


def test_monday_is_where_the_week_begins():
    told = parts(DateParts().fit(WEEK), np.array([[4.0]]))  # Monday, 5 January 1970
    np.testing.assert_allclose([told["d (week sine)"][0], told["d (week cosine)"][0]], [0, 1], atol=1e-12)


def test_a_missing_date_is_marked_and_zero_elsewhere():
    told = parts(DateParts().fit(np.array([[1.0], [np.nan], [3.0]])), np.array([[np.nan], [3.0]]))
    assert [values[0] for name, values in told.items() if name != "d (missing)"] == [0] * (len(told) - 1)
    assert told["d (missing)"].tolist() == [1, 0]
    assert "d (missing)" not in parts(DateParts().fit(WEEK), WEEK)


def test_a_column_without_any_date_is_all_zero():
    fitted = DateParts().fit(np.full((3, 1), np.nan))
    assert np.isfinite(fitted.transform(WEEK)).all()
