"""What a search does to the terminal, or to whatever stands in its place."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

from tests.cli.commands import command, environment, shown

SEARCH = ("search", "--study", "small")
HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"
PATIENCE = 600.0


class Terminal:
    """A pseudo terminal for the standard error of a command, and everything that was written to it."""

    def __init__(self, *arguments: str, **changes: str) -> None:
        master, slave = pty.openpty()
        self.process = subprocess.Popen(
            command(*arguments, fake=True),
            env=environment(TERM="xterm-256color", COLUMNS="100", LINES="30", **changes),
            stdout=subprocess.PIPE,
            stderr=slave,
            text=True,
        )
        os.close(slave)
        self._master = master
        self._seen = b""
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    @property
    def text(self) -> str:
        return self._seen.decode(errors="replace")

    def _read(self) -> None:
        while True:
            try:
                part = os.read(self._master, 4096)
            except OSError:  # the other end is closed
                return
            if not part:
                return
            self._seen += part

    def wait_for(self, found: str) -> None:
        end = time.monotonic() + PATIENCE
        while found not in self.plain():
            assert time.monotonic() < end, f"{found!r} did not appear in {self.text!r}"
            assert self.process.poll() is None, self.text
            time.sleep(0.02)

    def end(self) -> int:
        status = self.process.wait(PATIENCE)
        self._reader.join()
        os.close(self._master)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return status

    def plain(self) -> str:
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.text)


def test_a_person_sees_how_far_how_fast_the_best_and_what_runs(root):
    terminal = Terminal(*SEARCH, "--trials", "6", FAKE_EPOCH_SECONDS="0.3")
    assert terminal.end() == 0
    plain = terminal.plain()
    assert re.search(r"small .* [1-5] of 6 trials", plain)
    assert re.search(r"trials a minute, about \w+ left", plain)
    assert re.search(r"best +trial \d+: val_log_loss [\d.]+, val_accuracy", plain)
    assert re.search(r"now +trial \d+: epoch [12] of 3, val_log_loss", plain)
    assert terminal.text.rindex(SHOW) > terminal.text.rindex(HIDE)


def test_a_terminal_without_utf_8_gets_a_picture_too(root):
    terminal = Terminal(*SEARCH, FAKE_EPOCH_SECONDS="0.1", PYTHONIOENCODING="ascii")
    assert terminal.end() == 0
    assert "Traceback" not in terminal.text
    assert terminal.text.isascii()


def test_a_dumb_terminal_gets_plain_lines(root):
    master, slave = pty.openpty()
    try:
        result = subprocess.run(
            command(*SEARCH, fake=True), env=environment(TERM="dumb"), stdout=subprocess.DEVNULL, stderr=slave
        )
        os.close(slave)
        seen = os.read(master, 65536).decode()
    finally:
        os.close(master)
    assert result.returncode == 0
    assert "[3 of 3] trial 2" in seen
    assert "\x1b" not in seen


@pytest.mark.parametrize("signals", [1, pytest.param(2, marks=pytest.mark.thorough)])
def test_ctrl_c_leaves_the_cursor_where_a_person_can_see_it(root, signals):
    terminal = Terminal(*SEARCH, FAKE_EPOCH_SECONDS="2" if signals == 1 else "1000")
    terminal.wait_for("trial 0: epoch")
    terminal.process.send_signal(signal.SIGINT)
    if signals == 1:
        assert terminal.end() == 130
    else:
        terminal.wait_for("Stopping")
        terminal.process.send_signal(signal.SIGINT)
        assert terminal.end() == -signal.SIGINT
    assert HIDE in terminal.text
    assert terminal.text.rindex(SHOW) > terminal.text.rindex(HIDE)


def test_a_failing_search_leaves_the_cursor_and_the_message(root):
    terminal = Terminal(*SEARCH, "--storage", "sqlite:///nowhere/trials.db")
    assert terminal.end() == 2
    assert "there is no folder" in terminal.plain()
    assert terminal.text.rindex(SHOW) > terminal.text.rindex(HIDE)


@pytest.mark.parametrize("stream", ["stdout", pytest.param("stderr", marks=pytest.mark.thorough)])
def test_a_reader_that_goes_away_leaves_no_traceback_and_no_running_trial(root, stream):
    """As in `tuner search ... | head -1`."""
    other = Path("other.txt")
    with other.open("w") as file:
        process = subprocess.Popen(
            command(*SEARCH, "--trials", "30", fake=True),
            env=environment(FAKE_EPOCH_SECONDS="0.01"),
            **{"stdout": file, "stderr": file, stream: subprocess.PIPE},
        )
        pipe = process.stdout or process.stderr
        assert pipe is not None
        if stream == "stderr":
            pipe.readline()
        pipe.close()
        process.wait(PATIENCE)
    assert "Traceback" not in other.read_text()
    assert shown(root)["trials"]["running"] == 0
    if stream == "stdout":
        assert shown(root)["state"] == "finished"
