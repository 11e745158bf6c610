from __future__ import annotations

import pytest

from tuner.cluster.calendars.cron_time import CronTime, cron_time
from tuner.errors import CalendarError


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("0 2 * * *", "0 2 * * *"),
        ("  0\t2 *  * * ", "0 2 * * *"),
        ("*/15 8-18/2 * * *", "0,15,30,45 8,10,12,14,16,18 * * *"),
        ("30,0,15,15 2 * * *", "0,15,30 2 * * *"),
        ("0 2 1-3,31 * *", "0 2 1,2,3,31 * *"),
        ("0 2 * jan,JUL-sep *", "0 2 * 1,7,8,9 *"),
        ("0 2 * * Mon-Fri", "0 2 * * 1,2,3,4,5"),
        ("0 2 * * 7", "0 2 * * 0"),
        ("0 2 * * fri-sun", "0 2 * * 0,5,6"),
        ("0 2 * * 5-7/2", "0 2 * * 0,5"),
        ("*/1 * * * *", "* * * * *"),
        ("0 2 1-31 * 1", "0 2 1-31 * 1"),
        ("0 2 29 2 *", "0 2 29 2 *"),
        ("@daily", "0 0 * * *"),
        ("@Weekly", "0 0 * * 0"),
    ],
)
def test_a_time_is_written_in_numbers_and_lists_that_every_calendar_reads_alike(stated: str, expected: str) -> None:
    assert str(cron_time(stated)) == expected
    assert str(cron_time(expected)) == expected


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("0 2 * *", '"0 2 \\* \\*" has 4 fields, but a time has five: minute, hour, day of month, month, day of week'),
        ("0 0 2 * * *", "has 6 fields"),
        ("", "has 0 fields"),
        ("60 2 * * *", 'the minute is "60", where 60 should be from 0 to 59'),
        ("0 24 * * *", 'the hour is "24", where 24 should be from 0 to 23'),
        ("0 2 0 * *", 'the day of month is "0", where 0 should be from 1 to 31'),
        ("0 2 * 13 *", 'the month is "13", where 13 should be from 1 to 12'),
        ("0 2 * * 8", 'the day of week is "8", where 8 should be from 0 to 7'),
        ("0 2 * * mo", 'the day of week is "mo", where "mo" should be a number from 0 to 7 or a name .sun to sat'),
        ("0 2 * * fry", 'Did you mean "fri"'),
        ("0 2am * * *", 'the hour is "2am", where "2am" should be a number from 0 to 23'),
        ("-5 2 * * *", 'the minute is "-5", where "-5" is neither a number, a range such as 1-5, nor a step'),
        ("1,,2 2 * * *", 'the minute is "1,,2", where "" is neither'),
        ("5/10 2 * * *", 'where "5/10" has a step without a range; write 5-59/10'),
        ("*/0 2 * * *", 'the minute is "\\*/0", where the step "0" should be a whole number from 1 on'),
        ("*/90 2 * * *", "where a step of 90 never comes to a second number"),
        ("0 22-2 * * *", 'the hour is "22-2", where "22-2" runs backwards; write 22-23,0-2'),
        ("0 2 30 feb *", "never comes: the months that it names have no day 30"),
        ("0 2 31 4,6,9,11 *", "never comes"),
        ("0 2 */2 * 1", 'the day of month is "\\*/2" beside another restricted day.*write 1-31/2'),
        ("0 2 13 * */2", 'the day of week is "\\*/2" beside another restricted day.*write 0-6/2'),
        ("@reboot", '"@reboot" is no time of the day'),
        ("@dayly", 'Did you mean "@daily"'),
        ("٣ 2 * * *", "the minute is"),
    ],
)
def test_a_mistake_is_told_with_its_field_and_the_way_out(stated: str, expected: str) -> None:
    with pytest.raises(CalendarError, match=expected):
        cron_time(stated)


def due(time: CronTime, day: int, month: int, weekday: int) -> bool:
    """Whether cron starts something on a day."""
    by_day, by_weekday = day in time.day.values, weekday in time.weekday.values
    both = time.day.starred or time.weekday.starred
    return month in time.month.values and (by_day and by_weekday if both else by_day or by_weekday)


def test_either_of_two_restricted_days_is_enough() -> None:
    time = cron_time("0 2 13 * fri")

    assert due(time, 13, 1, 1)
    assert due(time, 14, 1, 5)
    assert not due(time, 14, 1, 4)
