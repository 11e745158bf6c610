from __future__ import annotations

import threading

import pytest

from tuner.cluster import sheet as sheets
from tuner.cluster.sheet import SHEET, Said, Sheet, on_wish, own_sheet, signed
from tuner.cluster.time_limit import LEAVE_AFTER, on_time_near
from tuner.errors import SearchError, StudyError


@pytest.fixture
def sheet(tmp_path) -> Sheet:
    sheet = Sheet(tmp_path / "new" / "worker-0.sheet")
    sheet.renew()
    return sheet


@pytest.mark.parametrize(
    ("end", "status"),
    [
        (SystemExit(0), 0), (SystemExit(75), 75), (SystemExit(None), 0), (SystemExit("no"), 1),
        (SearchError("broken"), 1), (StudyError("wrong"), 2), (ValueError("bug"), 1), (KeyboardInterrupt(), 1),
    ],
)  # fmt: skip
def test_a_worker_says_that_it_begins_and_how_it_leaves(sheet, end, status):
    assert sheet.said() == Said()

    def work() -> None:
        with signed({SHEET: str(sheet.path)}):
            assert sheet.said() == Said(begun=True)
            raise end

    with pytest.raises(type(end)):
        work()
    assert sheet.said() == Said(begun=True, status=status)


def test_a_worker_whose_time_was_over_says_so_and_one_that_is_started_again_does_not(sheet):
    with signed({SHEET: str(sheet.path)}):
        sheet.say(again=True)
    assert sheet.said() == Said(begun=True, status=0, again=True)
    sheet.begin()
    assert sheet.said() == Said(begun=True)


def test_a_worker_hears_that_it_is_asked_to_leave(sheet, monkeypatch):
    monkeypatch.setattr(sheets, "LOOK_SECONDS", 0.001)
    heard = threading.Event()
    on_wish(heard.set, {SHEET: str(sheet.path)})
    assert not heard.wait(0.02)
    sheet.ask_to_leave()
    assert heard.wait(10)
    sheet.renew()
    assert not sheet.is_asked


def test_a_worker_makes_room_by_its_own_clock():
    near = threading.Event()
    on_time_near(near.set, {LEAVE_AFTER: "0"})
    assert near.wait(10)


def test_who_has_neither_sheet_nor_limit_is_not_disturbed(tmp_path):
    before = threading.active_count()
    on_wish(pytest.fail, {})
    on_time_near(pytest.fail, {LEAVE_AFTER: "soon"})
    assert threading.active_count() <= before
    assert own_sheet({}) is None
    with signed({}):
        pass


@pytest.mark.parametrize("text", ["", '{"begun": tr', "[]", "\x00"])
def test_half_of_a_sheet_says_nothing(sheet, text):
    sheet.path.write_text(text)
    assert sheet.said() == Said()


def test_a_sheet_that_cannot_be_written_stops_no_worker(tmp_path):
    with signed({SHEET: str(tmp_path / "absent" / "sheet")}):
        pass
    assert not (tmp_path / "absent").exists()
