"""scripts/bench/lanes: its arithmetic, its page, and a run at toy size."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from scripts.bench.lanes_parts import __main__ as front_door
from scripts.bench.lanes_parts import measure, space, steps
from scripts.bench.lanes_parts.figures import Rate, full_seconds, rate_of_fit, rate_of_lanes
from scripts.bench.lanes_parts.measure import Measured, Measurements
from scripts.bench.lanes_parts.plan import shared_out
from scripts.bench.lanes_parts.processes import WorkerError, run_together
from scripts.bench.lanes_parts.report import report
from scripts.bench.lanes_parts.worker import prepare
from scripts.bench.lanes_parts.works import WORKS
from tests.docs.pages import ROOT
from tuner.hyperparameters import OPTIMIZERS

PAGE = (ROOT / "docs" / "speed.md").read_text(encoding="utf-8")


def test_epochs_that_were_not_trained_are_taken_to_be_like_those_after_the_first() -> None:
    assert full_seconds(10.0, first=4.0, epochs=4, in_first=1, wanted=6) == (14.0, 12.0)


def test_a_training_in_full_takes_what_was_measured() -> None:
    with_trace, without = full_seconds(10.0, first=4.0, epochs=16, in_first=4, wanted=16)
    assert (with_trace, without) == (10.0, 8.0)


def test_one_epoch_alone_says_nothing_of_the_trace() -> None:
    with_trace, without = full_seconds(10.0, first=9.0, epochs=4, in_first=4, wanted=8)
    assert with_trace == 20.0
    assert math.isnan(without)


def test_fits_in_two_processes_add_up() -> None:
    trial = {"seconds": 6.0, "first": 2.0, "epochs": 5}
    rate = rate_of_fit([{"trials": [trial]}, {"trials": [trial, trial]}], epochs=5)
    assert rate.per_minute == pytest.approx(2 * 60 / 6)
    assert rate.without_trace == pytest.approx(2 * 60 / 5)
    assert (rate.measured_trials, rate.measured_share, rate.seconds) == (3, 1.0, 12.0)


def test_lanes_in_two_processes_take_as_long_as_the_slower_one() -> None:
    told = [{"seconds": seconds, "first": 2.0, "epochs": 20, "epochs_in_first": 2, "diverged": 0} for seconds in (6, 8)]
    assert rate_of_lanes(told, [4, 4], epochs=5).per_minute == pytest.approx(60 * 8 / 8)


def test_a_diverged_lane_is_charged_with_the_epochs_that_it_lacks() -> None:
    told = {"seconds": 10.0, "first": 4.0, "epochs": 16, "epochs_in_first": 4, "diverged": 1}
    rate = rate_of_lanes([told], [4], epochs=5)
    assert rate.per_minute == pytest.approx(60 * 4 / 12)
    assert (rate.measured_share, rate.diverged) == (0.8, 1)


def test_trials_are_shared_out_and_no_process_is_left_without() -> None:
    assert shared_out(7, 2) == [4, 3]
    assert shared_out(1, 2) == [1]


def test_the_best_way_of_each_contender_counts_and_ratios_are_those_of_one_repeat() -> None:
    def one(repeat: int, contender: str, way: str, per_minute: float) -> Measured:
        return Measured(repeat, 1, contender, way, None, Rate(per_minute, per_minute, 1, 1.0, 1.0), 5.0)

    each = []
    for repeat, (slow, fast) in enumerate([(10.0, 400.0), (20.0, 2000.0), (40.0, 2000.0)]):
        each += [one(repeat, "optuna", "1x1", slow / 2), one(repeat, "optuna", "2x1", slow)]
        each += [one(repeat, "lanes", "1xall", fast)]
    plan = front_door.plan_of(front_door.options().parse_args(["--work", "1", "--contenders", "optuna,lanes"]))
    found = report(plan, WORKS, Measurements([50.0, 50.0, 50.0], each))["works"][1]["contenders"]
    assert found["optuna"]["per_minute"] == {"median": 20.0, "lowest": 10.0, "highest": 40.0}
    assert found["optuna"]["ways"] == ["2x1"] * 3
    assert found["lanes"]["times_optuna"] == {"median": 50.0, "lowest": 40.0, "highest": 100.0}
    assert found["lanes"]["times_fed"] is None
    assert found["lanes"]["share_of_product"]["median"] == pytest.approx(0.1)


def test_every_optimizer_takes_part_and_what_it_calls_its_momentum_is_right() -> None:
    assert {kind: settings.momentum_setting for kind, settings in OPTIMIZERS.items()} == space.MOMENTUM_OF


def test_the_page_shows_commands_that_the_benchmark_understands() -> None:
    commands = re.findall(r"^scripts/bench/lanes(.*)$", PAGE, re.MULTILINE)
    assert len(commands) >= 3
    for command in commands:
        front_door.plan_of(front_door.options().parse_args(command.split()))


def test_the_page_says_what_is_trained() -> None:
    for number, work in WORKS.items():
        if number:
            network = rf"2 x {work.width} \| {work.batch_size} \| {work.epochs} \| {work.trials} \|"
            assert re.search(rf"^\| {number} \| .* \| {network}$", PAGE, re.MULTILINE)


@pytest.mark.thorough
def test_a_run_at_toy_size_measures_every_contender(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # In this process, as TensorFlow is here already; the processes have a test of their own.
    def run_here(asked: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        few = {"seconds": 0.05}
        return [
            prepare(dict(each))(**{**each["run"], **(few if "epochs" not in each["run"] else {})}) for each in asked
        ]

    monkeypatch.setattr(measure, "run_together", run_here)
    arguments = ["--work", "0", "--repeats", "1", "--sample", "1", "--ways", "1xall", "--lane-ways", "1xall"]
    monkeypatch.setattr(sys, "argv", ["lanes", *arguments, "--lanes", "2", "--json", "told.json"])
    assert front_door.main() == 0
    assert "trials per minute" in capsys.readouterr().out
    told = json.loads((tmp_path / "told.json").read_text(encoding="utf-8"))
    found = told["works"]["0"]["contenders"]
    for contender in ("optuna", "fed", "lanes"):
        assert found[contender]["per_minute"]["median"] > 0
        assert found[contender]["without_trace"]["median"] > found[contender]["per_minute"]["median"]
    assert found["lanes"]["times_optuna"]["median"] > 0
    assert found["lanes"]["times_fed"]["median"] > 0
    assert 0 < found["lanes"]["share_of_product"]["median"] < 1


def test_a_worker_that_fails_says_why() -> None:
    with pytest.raises(WorkerError, match="KeyError"):
        run_together([{"contender": "fed", "work": -1, "threads": 1, "seed": 0, "lanes": None, "run": {}}])


@pytest.mark.thorough
def test_a_worker_in_a_process_of_its_own_answers() -> None:
    (told,) = run_together([{"contender": "product", "threads": 1, "run": {"seconds": 0.01}}])
    assert told["gflops"] > 0


@pytest.mark.thorough
def test_the_steps_of_each_block_size_are_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert all(f"`scripts/bench/lanes_steps{rest}`" in PAGE for rest in ("", " 2 2,4,8"))
    monkeypatch.setattr(sys, "argv", ["lanes_steps", "0", "1,2"])
    steps.main()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["blocks of  1", "blocks of  2"]
    for line in lines:
        started, step, share = map(float, re.findall(r"\d+\.\d", line))
        assert min(started, step, share) > 0
