from __future__ import annotations

import logging
import subprocess

import pytest

from tests.cli.commands import command, environment

SEARCH = ("search", "--study", "small", "--quiet")


def test_a_log_file_has_a_line_for_each_trial_that_starts_and_ends(call, root):
    assert call(*SEARCH, "--log-file", "small.log").exit_code == 0
    lines = (root / "small.log").read_text().splitlines()
    assert sum(" INFO trial " in line and " started (attempt 1)" in line for line in lines) == 3
    assert sum(" finished after 3 epochs" in line for line in lines) == 3
    assert not any(" DEBUG " in line for line in lines)


def test_a_second_run_is_appended_and_debug_has_every_epoch(call, root):
    call(*SEARCH, "--log-file", "small.log")
    before = (root / "small.log").read_text()
    call(*SEARCH, "--trials", "4", "--log-file", "small.log", "--log-level", "debug")
    after = (root / "small.log").read_text()
    assert after.startswith(before)
    assert after[len(before) :].count(" DEBUG trial 3 epoch ") == 3


def test_a_log_file_that_cannot_be_written_is_refused_before_the_search(call, root):
    result = call(*SEARCH, "--log-file", "nowhere/small.log")
    assert result.exit_code == 2
    assert "--log-file nowhere/small.log cannot be written to: No such file or directory" in result.stderr
    assert not (root / "tuner.db").exists()


def test_after_the_search_nothing_is_logged_any_more(call, root):
    call(*SEARCH, "--log-file", "small.log")
    before = (root / "small.log").read_text()
    logging.getLogger("tuner.search").error("elsewhere")
    assert (root / "small.log").read_text() == before


@pytest.mark.parametrize("level", ["warning", "error"])
def test_an_ordinary_search_is_no_cause_for_a_warning(call, root, level):
    call(*SEARCH, "--log-file", "small.log", "--log-level", level)
    assert (root / "small.log").read_text() == ""


def test_a_log_that_cannot_be_written_any_more_says_so_once_and_the_search_goes_on(call, root):
    result = call(*SEARCH, "--log-file", "/dev/full")
    assert result.exit_code == 0
    assert result.stderr == "--log-file /dev/full cannot be written to any more: No space left on device\n"
    assert (root / "tuner.db").exists()


@pytest.mark.parametrize(("quiet", "told"), [([], 1), (["--quiet"], 0)])
def test_without_a_log_a_warning_is_told_once_and_not_at_all_when_quiet(root, quiet, told):
    search = command("search", "--study", "small", "--root", str(root), *quiet, fake=True)
    ended = subprocess.run(
        search, env=environment(FAKE_FAILING_TRIAL="0"), capture_output=True, text=True, check=True, timeout=600
    )
    assert ended.stderr.count("trial 0 failed (it broke); attempt 2 is queued") == told
    assert ended.stderr.count("and why") == 0
    assert bool(ended.stderr) == bool(told)
