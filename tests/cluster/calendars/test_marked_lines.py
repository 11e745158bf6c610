from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.cluster.calendars.marked_lines import blocks, marked, with_block
from tuner.errors import CalendarError

ROOT = Path("/srv/project")
OWN = marked("nightly", ROOT, ["0 2 * * * true"])
SOMEBODYS = st.lists(st.text(st.characters(exclude_characters="\n"), max_size=8)).map("\n".join)


def put(text: str, block: str, name: str = "nightly") -> str:
    return with_block(text, name, ROOT, block, "your crontab")


@settings(max_examples=40)
@given(before=SOMEBODYS, after=SOMEBODYS)
def test_whatever_stands_around_an_entry_stays_as_it_is(before: str, after: str) -> None:
    before = f"{before}\n"
    changed = marked("nightly", ROOT, ["30 4 * * * true"])

    assert put(before, OWN) == before + OWN
    assert put(before + OWN + after, changed) == before + changed + after
    assert put(before + OWN + after, "") == before + after
    assert put(before + after, "") == before + after


def test_a_last_line_without_its_break_gets_one() -> None:
    assert put("0 1 * * * mine", OWN) == "0 1 * * * mine\n" + OWN


def test_entries_are_found_with_their_lines() -> None:
    other = marked("weekly", Path("/srv/it's 100% mine"), ["#SCRON -c 1", "0 3 * * 0 true"])
    first, second = blocks(f"# mine\n{OWN}\n{other}", "your crontab")

    assert (first.name, first.root, first.start, first.end, first.lines) == (
        "nightly",
        ROOT,
        1,
        4,
        ("0 2 * * * true\n",),
    )
    assert (second.name, str(second.root), len(second.lines)) == ("weekly", "/srv/it's 100% mine", 2)


def test_an_entry_that_stands_there_twice_is_refused_with_its_lines() -> None:
    with pytest.raises(
        CalendarError, match=r"your crontab has the entry nightly of /srv/project twice, in lines 1 and 5"
    ):
        put(f"{OWN}# mine\n{OWN}", OWN)


def test_another_entry_that_stands_there_twice_is_no_obstacle() -> None:
    assert put(OWN + OWN, "", name="weekly") == OWN + OWN


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (OWN.split("# tuner: end")[0], 1),
        ("# mine\n" + OWN.split("\n", 1)[1], 3),
        (OWN.split("# tuner: end")[0] + OWN, 1),
        (OWN.replace("end nightly", "end weekly"), 1),
    ],
    ids=["no end", "no begin", "begun twice", "another's end"],
)
def test_comments_that_do_not_go_together_are_refused_with_their_line(text: str, line: int) -> None:
    with pytest.raises(CalendarError, match=f"your crontab, line {line}: .*by hand, nothing has been changed"):
        put(text, OWN)
