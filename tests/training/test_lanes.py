"""The lane trainer keeps the contract of every trainer, and its lanes are free of each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import keras
import numpy as np
import pytest

from tests.contracts.small_tables import prepared
from tests.contracts.trainer import EPOCHS, MOTIONLESS, Recorder, TrainerContract, job, train
from tuner.lanes.program import LaneProgram
from tuner.lanes.signature import Expected
from tuner.models import metrics_for
from tuner.training.fit import FitTrainer, fit_job
from tuner.training.job import MAIN_DATA, End, EpochResult, Job, LaneUse, Outcome, Verdict, Wait
from tuner.training.lanes import LaneTrainer

TOLERANCE = 1e-5
"""Of losses against those of Keras, as in test_lane_parity.py."""

SAME = 1e-6
"""Of losses of one trial that trains in programs with different numbers of lanes."""

ABSURD: Mapping[str, Any] = {"kind": "sgd", "learning_rate": 1e30}


class TestLaneTrainerWithThreads(TrainerContract):
    @pytest.fixture(scope="class")
    @classmethod
    def trainer(cls):
        return LaneTrainer(lanes=5, block=2, threads=2)


class Seen(LaneProgram):
    """A program that tells how it was used.

    Attributes:
        rooms: lanes in each epoch.
        traces: how often each of its functions had been traced by the end of each epoch.
    """

    programs: Sequence[Seen] = ()

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.rooms: list[int] = []
        self.traces: list[Mapping[str, int]] = []
        Seen.programs = [*Seen.programs, self]

    def validate(self) -> Any:
        validated = super().validate()
        self.rooms.append(self.room)
        self.traces.append(
            {
                name: function.experimental_get_tracing_count()
                for name, function in vars(self._graph).items()
                if hasattr(function, "experimental_get_tracing_count")
            }
        )
        return validated


@dataclass
class Epochs(Recorder):
    """A recorder that keeps the results of each program epoch together."""

    together: list[Sequence[EpochResult]] = field(default_factory=list)

    def epoch_ended(self, results: Sequence[EpochResult]) -> Sequence[Verdict]:
        self.together.append(results)
        return super().epoch_ended(results)


@dataclass(frozen=True)
class Ran:
    """What came of training some jobs."""

    jobs: Mapping[int, Job]
    recorder: Epochs
    outcomes: Mapping[int, Outcome]
    models: Mapping[int, keras.Model]
    programs: Sequence[Seen]


def ran(
    items: Sequence[Job | Wait],
    *,
    lanes: int,
    expected: Expected | None = None,
    verdicts: Mapping[tuple[int, int], Verdict] | None = None,
    data: Any = None,
    block: int | None = None,
    threads: int = 1,
    checkpoints: str | None = None,
) -> Ran:
    """Train the jobs in lanes that are watched."""
    recorder = Epochs(verdicts or {})
    models: dict[int, keras.Model] = {}
    Seen.programs = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tuner.training.lanes.LaneProgram", Seen)
        trainer = LaneTrainer(
            lanes,
            expected,
            block=block,
            threads=threads,
            checkpoints=checkpoints,
            keep_model=lambda trial, model: models.update({trial.number: model}),
        )
        outcomes = train(trainer, items, recorder, data)
    jobs = {item.number: item for item in items if isinstance(item, Job)}
    return Ran(jobs, recorder, outcomes, models, Seen.programs)


def check_traced_once(program: Seen) -> None:
    """Nothing is traced again after its first use, which for some functions is later than for others."""
    assert program.traces[0].keys() == {"_train", "_validate"}
    for name in program.traces[0]:
        assert len({traces[name] for traces in program.traces} - {0}) <= 1, name


def losses(run: Ran, number: int) -> list[tuple[float, float]]:
    return [(result.metrics["loss"], result.metrics["val_log_loss"]) for result in run.recorder.of(number)]


def check_equals_fit(run: Ran, number: int) -> None:
    """A trial has the numbers and the end of Keras' own `fit` in the same order of rows."""
    recorder = Recorder(run.recorder.verdicts)
    trial = replace(run.jobs[number], order=run.outcomes[number].order)
    outcome = train(FitTrainer(), [trial], recorder, {MAIN_DATA: prepared()})[number]
    for name in ("end", "epochs", "best_epoch", "parameters"):
        assert getattr(run.outcomes[number], name) == getattr(outcome, name), (number, name)
    for ours, theirs in zip(run.recorder.of(number), recorder.of(number), strict=True):
        assert (ours.epoch, ours.learning_rate, ours.momentum) == (theirs.epoch, theirs.learning_rate, theirs.momentum)
        assert ours.metrics == pytest.approx(dict(theirs.metrics), rel=TOLERANCE)


# An eventful training in six lanes, and a quiet one beside which two trials are the same.

LONG = 9

DROPOUT = {"depth": 1, "width": 8, "dropout": 0.4}

STEADY = (
    job(0, epochs=LONG, seed=20, optimizer={"kind": "adam", "learning_rate": 0.02}, plateau={"patience": 2}),
    job(1, epochs=LONG, seed=21, layers=DROPOUT, optimizer={"kind": "rmsprop", "learning_rate": 0.01}),
)
"""Two trials that train all the time; the second with dropout."""

EVENTFUL = (
    *STEADY,
    job(2, seed=22),
    job(3, seed=23, optimizer=ABSURD),
    job(4, seed=24, optimizer=MOTIONLESS, epochs=9, early_stopping={"patience": 1}),
    job(5, seed=25, epochs=3),
    job(6, seed=26, optimizer={"kind": "nadam", "learning_rate": 0.02}),
    job(7, seed=27, optimizer={"kind": "adagrad", "learning_rate": 0.1}, layers={"depth": 1, "width": 5, "l2": 0.01}),
    job(8, seed=28, optimizer=MOTIONLESS, plateau={"patience": 1, "factor": 0.5}),
    job(9, seed=29, optimizer={"kind": "adadelta", "learning_rate": 5.0}, schedule={"kind": "linear"}),
    job(10, seed=30, epochs=2, momentum={"kind": "rise", "start": 0.5, "maximum": 0.9, "step": 0.2}),
    job(11, seed=31, layers=DROPOUT),
)
"""The lanes of 2 to 5 are refilled: one is pruned, one diverges, one stops early, one finishes."""

QUIET = (*(job(10 + number, epochs=LONG, seed=number) for number in range(4)), *STEADY[::-1])
"""The steady ones in other lanes, beside four that never end."""

SPACE = Expected(widths=(8,), activations=("relu", "tanh"), techniques=frozenset({"dropout", "penalties"}))


@pytest.fixture(scope="module")
def eventful() -> Ran:
    return ran(EVENTFUL, lanes=6, expected=SPACE, verdicts={(2, 0): Verdict.PRUNE})


@pytest.fixture(scope="module")
def quiet() -> Ran:
    return ran(QUIET, lanes=6, expected=SPACE)


def test_a_lane_whose_trial_has_ended_has_the_next_one_from_the_next_epoch_on(eventful: Ran) -> None:
    ends = {number: outcome.end for number, outcome in eventful.outcomes.items()}
    assert [ends[number] for number in range(2, 6)] == [
        End.PRUNED, End.DIVERGED, End.STOPPED_EARLY, End.FINISHED,
    ]  # fmt: skip
    assert all(ends[number] is End.FINISHED for number in (0, 1, *range(6, 12)))
    begun = {number: outcome.order.first_epoch for number, outcome in eventful.outcomes.items()}
    over = sorted(begun[number] + eventful.outcomes[number].epochs for number in ends)
    assert [begun[number] for number in range(6)] == [0] * 6
    assert [begun[number] for number in range(6, 12)] == over[:6]
    assert begun[6] == 1, "the pruned one trained for one epoch"


def test_the_results_of_an_epoch_come_together(eventful: Ran) -> None:
    begun = {number: outcome.order.first_epoch for number, outcome in eventful.outcomes.items()}
    for epoch, together in enumerate(eventful.recorder.together):
        assert {begun[result.number] + result.epoch for result in together} == {epoch}


def test_a_refill_is_not_traced_anew(eventful: Ran) -> None:
    (program,) = eventful.programs
    assert program.rooms[:8] == [6] * 8
    check_traced_once(program)


@pytest.mark.parametrize("number", [0, 6, 7, 8, 9, 10])
def test_a_trial_in_a_refilled_lane_and_its_neighbour_have_the_numbers_of_their_own_fit(
    eventful: Ran, number: int
) -> None:
    check_equals_fit(eventful, number)


@pytest.mark.parametrize("number", [0, 1], ids=["without dropout", "with dropout"])
def test_a_trial_has_the_same_numbers_wherever_its_lane_is_and_whatever_trains_or_diverges_beside_it(
    eventful: Ran, quiet: Ran, number: int
) -> None:
    assert len(losses(eventful, number)) == LONG
    assert np.isfinite(losses(eventful, number)).all()
    assert not np.isfinite(losses(eventful, 3)).all()
    np.testing.assert_allclose(losses(eventful, number), losses(quiet, number), rtol=SAME)


def test_a_trial_with_dropout_in_a_refilled_lane_has_the_numbers_that_it_has_alone(eventful: Ran) -> None:
    order = eventful.outcomes[11].order
    assert order.first_epoch > 0
    alone = ran([replace(eventful.jobs[11], order=order)], lanes=1)
    assert alone.outcomes[11].order == order
    np.testing.assert_allclose(losses(alone, 11), losses(eventful, 11), rtol=SAME)


def test_every_result_says_how_full_the_lanes_were(eventful: Ran) -> None:
    for together, room in zip(eventful.recorder.together, eventful.programs[0].rooms, strict=True):
        assert {result.lanes for result in together} == {LaneUse(len(together), room)}
    assert [len(together) for together in eventful.recorder.together[:4]] == [6] * 4


def test_a_model_has_the_weights_of_its_best_epoch(eventful: Ran) -> None:
    data = prepared()
    assert eventful.models.keys() == {
        number for number, outcome in eventful.outcomes.items() if outcome.best_epoch is not None
    }
    for number, model in eventful.models.items():
        best = eventful.outcomes[number].best_metrics
        model.compile(loss="sparse_categorical_crossentropy", metrics=metrics_for(data.task))
        found = model.evaluate(data.x_validation, data.y_validation, verbose=0, return_dict=True)
        for name, value in found.items():
            assert value == pytest.approx(best[f"val_{name}"], rel=TOLERANCE), (number, name)


@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning")
def test_a_model_is_an_ordinary_one_of_keras_that_can_be_saved_and_loaded(swelling: Ran, tmp_path: Any) -> None:
    model = swelling.models[0]
    assert [layer.name for layer in model.layers] == ["rows", "hidden_0", "output"]
    assert [weights.shape for weights in model.get_weights()] == [(4, 8), (8,), (8, 3), (3,)]
    model.save(tmp_path / "trial.keras")
    loaded = keras.models.load_model(tmp_path / "trial.keras")
    rows = prepared().x_validation
    np.testing.assert_array_equal(model.predict(rows, verbose=0), loaded.predict(rows, verbose=0))


@pytest.mark.thorough
def test_dropout_has_the_moments_that_it_has_in_keras() -> None:
    """Nothing is learned, so that an epoch's training loss is a draw of dropout and nothing else."""
    epochs = 50
    still = job(epochs=epochs, optimizer=MOTIONLESS, layers={"depth": 2, "width": 16, "dropout": 0.4})
    ours, theirs = ran([still], lanes=1).recorder, Recorder()
    fit_job(still, prepared(), theirs)
    drawn, expected = (np.array([result.metrics["loss"] for result in each.results]) for each in (ours, theirs))
    assert drawn.std() > 0.01
    # Four standard errors of the difference of two means, and of two logarithms of standard deviations.
    assert abs(drawn.mean() - expected.mean()) < 4 * np.hypot(drawn.std(), expected.std()) / np.sqrt(epochs)
    assert abs(np.log(drawn.std() / expected.std())) < 4 / np.sqrt(epochs)
    # There is none of it in the validation.
    validated = {result.metrics["val_loss"] for result in ours.results}
    assert list(validated) == pytest.approx([theirs.results[0].metrics["val_loss"]], rel=TOLERANCE)


# More than one program, and programs of changing size.


@pytest.fixture(scope="module")
def swelling() -> Ran:
    """One trial, then three more, then seven, all of which soon end, and at last one."""
    short = [job(number, seed=number, epochs=2) for number in range(1, 11)]
    items = [
        job(0, epochs=12), Wait(), *short[:3], Wait(), *short[3:], Wait(), Wait(0.0), job(11, epochs=1),
    ]  # fmt: skip
    return ran(items, lanes=9)


def test_a_program_grows_and_shrinks_with_its_trials_and_is_not_traced_anew(swelling: Ran) -> None:
    (program,) = swelling.programs
    assert program.rooms[:4] == [1, 4, 9, 8]
    assert program.rooms[-1] == 1
    check_traced_once(program)
    assert all(outcome.end is End.FINISHED for outcome in swelling.outcomes.values())


def test_a_trial_does_not_feel_that_its_program_grows_and_shrinks(swelling: Ran) -> None:
    check_equals_fit(swelling, 0)
    check_equals_fit(swelling, 10)


def test_there_may_be_a_single_lane(swelling: Ran) -> None:
    run = ran([job(0, epochs=12), job(1, epochs=2)], lanes=1)
    assert set(run.programs[0].rooms) == {1}
    assert [outcome.order.first_epoch for outcome in run.outcomes.values()] == [0, 12]
    np.testing.assert_allclose(losses(run, 0), losses(swelling, 0), rtol=SAME)


@pytest.fixture(scope="module")
def several() -> Ran:
    """Nine trials of four signatures."""
    kinds: Sequence[Mapping[str, Any]] = (
        {}, {"batch_size": 32}, {"layers": {"depth": 1, "width": 12}}, {},
    )  # fmt: skip
    jobs = [
        replace(job(number, epochs=2, **kinds[number % 4]), data="other" if number % 4 == 3 else MAIN_DATA)
        for number in range(9)
    ]
    return ran(jobs, lanes=6, data={MAIN_DATA: prepared(), "other": prepared()})


def test_trials_that_cannot_share_a_program_train_in_several(several: Ran) -> None:
    assert len(several.programs) == 4
    assert len({program.signature for program in several.programs}) == 4
    assert all(outcome.end is End.FINISHED for outcome in several.outcomes.values())
    np.testing.assert_allclose(losses(several, 3), losses(several, 0), rtol=SAME)


def test_how_full_the_lanes_were_counts_all_programs(several: Ran) -> None:
    uses = [{result.lanes for result in together} for together in several.recorder.together]
    assert uses[0] == {LaneUse(6, sum(program.rooms[0] for program in several.programs))}
    assert all(len(use) == 1 for use in uses)
    assert [len(together) for together in several.recorder.together] == [6, 6, 3, 3]


# What goes wrong stays where it is.


class Failing(LaneProgram):
    """A program that cannot train batches of 32."""

    where = "train"

    def __getattribute__(self, name: str) -> Any:
        if name == Failing.where and self.signature.batch_size == 32:
            raise RuntimeError("out of\nmemory")
        return super().__getattribute__(name)


@pytest.fixture(params=["fill", "train"])
def failing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tuner.training.lanes.LaneProgram", Failing)
    monkeypatch.setattr(Failing, "where", request.param)


@pytest.mark.usefixtures("failing")
def test_if_a_program_fails_so_do_its_trials_and_no_others() -> None:
    jobs = [job(number, epochs=2, **({"batch_size": 32} if number % 2 else {})) for number in range(5)]
    recorder = Recorder()
    outcomes = train(LaneTrainer(lanes=4), jobs, recorder)
    assert sorted(outcomes) == [0, 1, 2, 3, 4]
    for number, outcome in outcomes.items():
        if number % 2:
            assert (outcome.end, outcome.error) == (End.FAILED, "RuntimeError: out of memory"), number
            assert recorder.of(number) == []
        else:
            assert outcome.end is End.FINISHED, outcome.error
            assert len(recorder.of(number)) == 2


def test_an_observer_may_prune_every_trial_of_an_epoch() -> None:
    verdicts = {(number, 0): Verdict.PRUNE for number in range(3)}
    run = ran([job(number) for number in range(4)], lanes=3, verdicts=verdicts)
    assert [run.outcomes[number].end for number in range(4)] == [*[End.PRUNED] * 3, End.FINISHED]
    assert run.outcomes[3].epochs == EPOCHS
