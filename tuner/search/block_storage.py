"""A storage that writes in blocks: Optuna's face, Optuna's tables, and one transaction where there were hundreds.

Used like any other storage of Optuna's, every call is a transaction of its own. While a search *holds* it
(`BlockStorage.hold`), what concerns the search's own trials stays in memory until `flush` writes all of it at once;
everything is read from memory then, and `refresh` learns what other workers have done. Nobody else may write to a held
trial, so that memory and database cannot disagree about it; a trial that was taken away by force is noticed by `flush`.
"""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

import sqlalchemy
from optuna.distributions import BaseDistribution, check_distribution_compatibility
from optuna.storages import BaseStorage, RDBStorage
from optuna.storages._rdb.models import NOT_FOUND_MSG
from optuna.study._frozen import FrozenStudy
from optuna.study._study_direction import StudyDirection
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy import Connection, Engine, event, select

from tuner.search import leases
from tuner.search.deleting import delete_study
from tuner.search.rows import (
    FINISHED,
    STUDIES,
    TRIALS,
    UNFINISHED,
    Changes,
    changes_of,
    insert_trials,
    lock_study,
    read_rungs,
    read_trials,
    stored_time,
    write_changes,
)

BUSY_SECONDS = 10.0
"""How long one attempt waits for another process that writes to the same SQLite file."""


@dataclass
class _Known:
    """What this process knows of a study.

    Attributes:
        trials: by id, in the order of their numbers.
        unfinished: ids of those that run or wait.
        arrivals: those that are complete or pruned, in the order in which this process learnt of it; those that it
            found, in the order in which they ended.
        distributions: by parameter; all trials of a study must agree on the kind and on the choices.
        last: the highest id that the database had when it was last read as a whole; of trials up to there none is new.
    """

    trials: dict[int, FrozenTrial] = field(default_factory=dict)
    unfinished: set[int] = field(default_factory=set)
    arrivals: list[FrozenTrial] = field(default_factory=list)
    distributions: dict[str, BaseDistribution] = field(default_factory=dict)
    last: int = -1

    def put(self, trial: FrozenTrial) -> None:
        """Learn a trial's present state."""
        trial_id = trial._trial_id
        before = self.trials.get(trial_id)
        self.trials[trial_id] = trial
        for name, distribution in trial.distributions.items():
            self.distributions.setdefault(name, distribution)
        if trial.state in UNFINISHED:
            self.unfinished.add(trial_id)
            return
        self.unfinished.discard(trial_id)
        if trial.state in FINISHED and (before is None or before.state in UNFINISHED):
            self.arrivals.append(trial)

    def put_all(self, trials: Iterable[FrozenTrial]) -> None:
        """Learn the present state of trials of which some may be older than those that are known."""
        for trial in trials:
            self.put(trial)
        if list(self.trials) != sorted(self.trials):
            self.trials = dict(sorted(self.trials.items()))


class BlockStorage(BaseStorage):
    """Optuna's database behind Optuna's face, with writes gathered into blocks while a search holds it.

    Calls that concern studies go to Optuna's own `RDBStorage`; those that concern trials are answered here.
    """

    def __init__(self, backend: RDBStorage) -> None:
        """A storage on an open database.

        Args:
            backend: Optuna's own storage of it, which has made the tables.
        """
        self._backend = backend
        self._engine = _engine_of(backend)
        self._lock = threading.RLock()
        self._known: dict[int, _Known] = {}
        self._study_of: dict[int, int] = {}
        self._directions: dict[int, list[StudyDirection]] = {}
        self._names: dict[str, int] = {}
        self._holding = False
        self._owner: str | None = None
        self._held: set[int] = set()
        self._changes: dict[int, Changes] = {}
        self._queued: list[tuple[int, FrozenTrial, int]] = []

    def __getstate__(self) -> dict[str, Any]:
        return {"backend": self._backend}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["backend"])  # type: ignore[misc]

    def close(self) -> None:
        """Close its connections; the backend's stay."""
        if self._engine is not self._backend.engine:
            self._engine.dispose()

    # Holding.

    @contextmanager
    def hold(self, owner: Any = None) -> Iterator[None]:
        """Keep what concerns this process' own trials in memory until `flush`; what is not flushed at the end is lost.

        Args:
            owner: names this search, in values that JSON can hold; every trial that is taken bears the name, and is
                written to only while it does. None to hold whatever this storage makes, for a process that is alone.
        """
        with self._lock:
            self._holding, self._owner = True, None if owner is None else json.dumps(owner)
        try:
            yield
        finally:
            with self._lock:
                self._holding, self._owner = False, None
                if self.has_to_write:
                    self._known.clear()  # it would remember what nobody else knows
                self._held.clear()
                self._changes.clear()
                self._queued.clear()

    def take(
        self, study_id: int, count: int, total: int | None, *, fresh: Callable[[], int | None] = lambda: None
    ) -> list[int]:
        """Take trials for the holder: those that wait first, then new ones, as far as the budget has room.

        Args:
            study_id: the study.
            count: how many, at the most.
            total: trials that may be running or finished, over all workers; None for no limit.
            fresh: how many of them may be new ones, None for no limit; asked when everything that others have taken is
                known, and nobody takes more.
        Returns:
            Ids; the trials are running, bear the holder's name, and are held.
        """
        assert self._owner is not None, "only a holder with a name can take trials"
        with self._lock, self.transaction() as connection:
            new = fresh()
            if new is not None:
                lock_study(connection, study_id)
                self._learn_news(connection, study_id)
                new = fresh()
            ids = leases.take(connection, study_id, self._owner, count, total, fresh=new, known=self._held)
            trials = read_trials(connection, study_id, ids)
        with self._lock:
            for trial in trials:
                self._learn(study_id, trial)
            self._held.update(ids)
        return ids

    @property
    def held(self) -> frozenset[int]:
        """Ids of the trials that are held."""
        return frozenset(self._held)

    @property
    def has_to_write(self) -> bool:
        """Whether anything waits for `flush`."""
        return bool(self._changes or self._queued)

    def queue(self, study_id: int, trial: FrozenTrial, *, after: int) -> None:
        """Make a new trial out of a template in the transaction in which a held one ends, and only if it does.

        Args:
            study_id: the study.
            trial: the template.
            after: the id of the held trial, whose end the next `flush` writes.
        """
        self._queued.append((study_id, trial, after))

    def flush(self) -> frozenset[int]:
        """Write everything that waits, in one transaction; if it fails, everything still waits.

        Returns:
            Ids of held trials that others have taken or ended meanwhile. They are held no longer.
        """
        with self._lock:
            if not self.has_to_write:
                return frozenset()
            states = {trial_id: change.state for trial_id, change in self._changes.items()}
            with self.transaction() as connection:
                for study_id in sorted({study_id for study_id, _, _ in self._queued}):
                    lock_study(connection, study_id)
                held = leases.still_held(connection, self._owner, states)
                write_changes(connection, {trial_id: self._changes[trial_id] for trial_id in sorted(held)})
                for study_id, trial, after in self._queued:
                    # If it has ended already, all of this was written when the answer was lost.
                    if held.get(after) is TrialState.RUNNING:
                        _insert(connection, study_id, changes_of(trial))
            lost = frozenset(states) - held.keys()
            over = {trial_id for trial_id, state in states.items() if state not in (None, TrialState.RUNNING)}
            self._changes.clear()
            self._queued.clear()
            self._held -= lost | over
            if lost:
                self._reread(lost)
            return lost

    def beat(self, study_id: int) -> None:
        """Say that the holder is alive; to be called from any thread."""
        owner = self._owner
        if owner is not None:
            with self.transaction() as connection:
                leases.beat(connection, study_id, owner)

    def give_back(
        self, study_id: int, is_lost: Callable[[FrozenTrial], bool], *, grace_seconds: float | None, most: int
    ) -> list[leases.GivenBack]:
        """Put other workers' running trials back into the queue if the workers are lost.

        Args:
            study_id: the study.
            is_lost: whether a running trial's worker is certainly lost.
            grace_seconds: how long ago the last heartbeat of a worker may be; None to leave heartbeats out of it.
            most: after so many lost workers a trial counts as failed.
        """
        with self._lock:
            known = self._fresh(study_id)
            foreign = [known.trials[trial_id] for trial_id in sorted(known.unfinished - self._held)]
            suspects = {trial._trial_id for trial in foreign if trial.state is TrialState.RUNNING and is_lost(trial)}
            if not suspects and grace_seconds is None:
                return []
            with self.transaction() as connection:
                silent: set[int] = set()
                if grace_seconds is not None:
                    silent = set(leases.silent(connection, study_id, grace_seconds)) - self._held
                given = leases.give_back(
                    connection,
                    study_id,
                    suspects | silent,
                    lambda trial: trial._trial_id in silent or is_lost(trial),
                    most,
                )
            if given:
                self._refresh(study_id)
            return given

    def refresh(self, study_id: int) -> None:
        """Learn what others have done in a study since the last time: trials that are new, taken or finished.

        Raises:
            KeyError: if the study is gone.
        """
        with self._lock:
            self._refresh(study_id)

    def arrivals(self, study_id: int) -> Sequence[FrozenTrial]:
        """A study's complete and pruned trials, in the order in which this process learnt of them; only ever longer."""
        with self._lock:
            return self._fresh(study_id).arrivals

    def trial(self, trial_id: int) -> FrozenTrial:
        """A held trial as it is now; not to be changed."""
        return self._known[self._study_of[trial_id]].trials[trial_id]

    def forget(self, trial_id: int, *, from_epoch: int = 0, params: bool = False) -> None:
        """Take back what a held trial reported from an epoch on, or what was suggested for it and not yet flushed."""
        with self._changing(trial_id) as (trial, change):
            kept = {step: value for step, value in trial.intermediate_values.items() if step < from_epoch}
            if len(kept) < len(trial.intermediate_values):
                trial.intermediate_values = kept
                change.reports = {step: value for step, value in change.reports.items() if step < from_epoch}
                change.forgotten_from = from_epoch
            if params:
                trial.params, trial.distributions = {}, {}
                change.params = {}

    @contextmanager
    def transaction(self, *, writes: bool = True) -> Iterator[Connection]:
        """A connection in a transaction, which is committed at the end of the block; one that reads sees one moment."""
        with self._engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                # A transaction that begins by reading could not write once somebody else has written.
                connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
            elif not writes:
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection
            connection.commit()

    # What is known.

    def _fresh(self, study_id: int) -> _Known:
        """What is known of a study: what memory holds while it is held, else what the database has."""
        if not (self._holding and study_id in self._known):
            self._refresh(study_id)
        return self._known[study_id]

    def _refresh(self, study_id: int) -> None:
        with self.transaction(writes=False) as connection:
            self._learn_news(connection, study_id)

    def _learn_news(self, connection: Connection, study_id: int) -> None:
        if connection.execute(select(STUDIES.c.study_id).where(STUDIES.c.study_id == study_id)).first() is None:
            self._known.pop(study_id, None)
            raise KeyError(NOT_FOUND_MSG)
        known = self._known.setdefault(study_id, _Known())
        rungs: dict[int, dict[str, Any]] = {}
        if known.last < 0:
            trials = [trial for trial in read_trials(connection, study_id) if trial._trial_id not in self._held]
            known.last = max((trial._trial_id for trial in trials), default=-1)
            trials.sort(key=lambda trial: trial.datetime_complete or datetime.max)
        else:
            foreign = known.unfinished - self._held
            news = (TRIALS.c.trial_id > known.last) | TRIALS.c.state.in_(UNFINISHED)
            query = select(TRIALS.c.trial_id, TRIALS.c.state).where(TRIALS.c.study_id == study_id, news)
            states = {row.trial_id: row.state for row in connection.execute(query)}
            fresh = {trial_id for trial_id in states if trial_id > known.last}
            moved = {trial_id for trial_id in foreign if self._has_moved(known, trial_id, states.get(trial_id))}
            trials = read_trials(connection, study_id, (fresh | moved) - self._held)
            rungs = read_rungs(connection, foreign - moved)
            known.last = max([known.last, *states])
        self._study_of.update({trial._trial_id: study_id for trial in trials})
        known.put_all(trials)
        for trial_id, reached in rungs.items():
            trial = copy.copy(known.trials[trial_id])
            trial.system_attrs = {**trial.system_attrs, **reached}
            known.put(trial)

    def _has_moved(self, known: _Known, trial_id: int, state: TrialState | None) -> bool:
        """Whether somebody else's unfinished trial has to be read again."""
        if not self._holding or state is not TrialState.RUNNING:
            return True
        trial = known.trials[trial_id]
        # The reports of others' running trials are of no use here, and their parameters do not change. The rungs that
        # they have reached are read apart.
        return trial.state is not state or not trial.params

    def _learn(self, study_id: int, trial: FrozenTrial) -> None:
        self._study_of[trial._trial_id] = study_id
        self._known.setdefault(study_id, _Known()).put(trial)

    def _reread(self, ids: Iterable[int]) -> None:
        with self.transaction(writes=False) as connection:
            for trial_id in ids:
                study_id = self._study_of[trial_id]
                for trial in read_trials(connection, study_id, [trial_id]):
                    self._learn(study_id, trial)

    def _study_id_of(self, trial_id: int) -> int:
        if trial_id not in self._study_of:
            with self.transaction(writes=False) as connection:
                query = select(TRIALS.c.study_id).where(TRIALS.c.trial_id == trial_id)
                study_id = connection.execute(query).scalar_one_or_none()
            if study_id is None:
                raise KeyError(NOT_FOUND_MSG)
            self._study_of[trial_id] = study_id
        return self._study_of[trial_id]

    @contextmanager
    def _changing(self, trial_id: int) -> Iterator[tuple[FrozenTrial, Changes]]:
        """A trial to change, and where to note what is to be written; what was handed out before stays as it was.

        Raises:
            KeyError: if there is no such trial.
            UpdateFinishedTrialError: if it is finished.
        """
        with self._lock:
            study_id = self._study_id_of(trial_id)
            if trial_id in self._held:
                trial = copy.copy(self.trial(trial_id))
                self.check_trial_is_updatable(trial_id, trial.state)
                change = self._changes.get(trial_id) or Changes()
                yield trial, change
                self._learn(study_id, trial)
                if any(getattr(change, each.name) not in (None, {}) for each in fields(change)):
                    self._changes[trial_id] = change
                return
            change = Changes()
            with self.transaction() as connection:
                lock_trial = select(TRIALS.c.trial_id).where(TRIALS.c.trial_id == trial_id).with_for_update()
                if connection.execute(lock_trial).first() is None:
                    raise KeyError(NOT_FOUND_MSG)
                [trial] = read_trials(connection, study_id, [trial_id])
                self.check_trial_is_updatable(trial_id, trial.state)
                yield trial, change
                write_changes(connection, {trial_id: change})
            self._learn(study_id, trial)

    # Optuna's face: studies.

    def create_new_study(self, directions: Sequence[StudyDirection], study_name: str | None = None) -> int:
        return self._backend.create_new_study(directions, study_name)

    def delete_study(self, study_id: int) -> None:
        with self._lock:
            with self.transaction() as connection:
                delete_study(connection, study_id)
            known = self._known.pop(study_id, _Known())
            self._held -= known.trials.keys()
            self._changes = {trial_id: each for trial_id, each in self._changes.items() if trial_id not in known.trials}
            self._study_of = {trial_id: study for trial_id, study in self._study_of.items() if study != study_id}
            self._directions.pop(study_id, None)
            self._names = {name: each for name, each in self._names.items() if each != study_id}

    def set_study_user_attr(self, study_id: int, key: str, value: Any) -> None:
        self._backend.set_study_user_attr(study_id, key, value)

    def set_study_system_attr(self, study_id: int, key: str, value: Any) -> None:
        self._backend.set_study_system_attr(study_id, key, value)

    def get_study_id_from_name(self, study_name: str) -> int:
        if not self._holding or study_name not in self._names:
            self._names[study_name] = self._backend.get_study_id_from_name(study_name)
        return self._names[study_name]

    def get_study_name_from_id(self, study_id: int) -> str:
        return self._backend.get_study_name_from_id(study_id)

    def get_study_directions(self, study_id: int) -> list[StudyDirection]:
        if not self._holding or study_id not in self._directions:
            self._directions[study_id] = self._backend.get_study_directions(study_id)
        return self._directions[study_id]

    def get_study_user_attrs(self, study_id: int) -> dict[str, Any]:
        return self._backend.get_study_user_attrs(study_id)

    def get_study_system_attrs(self, study_id: int) -> dict[str, Any]:
        return self._backend.get_study_system_attrs(study_id)

    def get_all_studies(self) -> list[FrozenStudy]:
        return self._backend.get_all_studies()

    # Optuna's face: trials.

    def create_new_trial(self, study_id: int, template_trial: FrozenTrial | None = None) -> int:
        if template_trial is None:
            whole = Changes(state=TrialState.RUNNING, began=datetime.now())
        else:
            whole = changes_of(template_trial)
        with self._lock:
            with self.transaction() as connection:
                lock_study(connection, study_id)
                trial_id = _insert(connection, study_id, whole)
                trials = read_trials(connection, study_id, [trial_id])
            self._fresh(study_id)
            for trial in trials:
                self._learn(study_id, trial)
            if self._holding and self._owner is None and whole.state in UNFINISHED:
                self._held.add(trial_id)
            return trial_id

    def set_trial_param(
        self, trial_id: int, param_name: str, param_value_internal: float, distribution: BaseDistribution
    ) -> None:
        with self._lock:
            known = self._fresh(self._study_id_of(trial_id))
            with self._changing(trial_id) as (trial, change):
                if param_name in known.distributions:
                    check_distribution_compatibility(known.distributions[param_name], distribution)
                internal = float(param_value_internal)
                trial.params = {**trial.params, param_name: distribution.to_external_repr(internal)}
                trial.distributions = {**trial.distributions, param_name: distribution}
                change.params[param_name] = internal, distribution

    def get_trial_id_from_study_id_trial_number(self, study_id: int, trial_number: int) -> int:
        with self._lock:
            known = self._fresh(study_id)
            for trial_id, trial in known.trials.items():
                if trial.number == trial_number:
                    return trial_id
        raise KeyError(f"there is no trial {trial_number} in the study {study_id}")

    def get_trial_number_from_id(self, trial_id: int) -> int:
        return self.get_trial(trial_id).number

    def get_trial_param(self, trial_id: int, param_name: str) -> float:
        trial = self.get_trial(trial_id)
        return trial.distributions[param_name].to_internal_repr(trial.params[param_name])

    def set_trial_state_values(self, trial_id: int, state: TrialState, values: Sequence[float] | None = None) -> bool:
        with self._changing(trial_id) as (trial, change):
            if values is not None:
                trial.values = change.values = [float(value) for value in values]
            if state is TrialState.RUNNING and trial.state is not TrialState.WAITING:
                return False
            trial.state = change.state = state
            if state is TrialState.RUNNING:
                trial.datetime_start = change.began = datetime.now()
            if state.is_finished():
                trial.datetime_complete = change.ended = datetime.now()
        return True

    def set_trial_intermediate_value(self, trial_id: int, step: int, intermediate_value: float) -> None:
        with self._changing(trial_id) as (trial, change):
            trial.intermediate_values = {**trial.intermediate_values, step: float(intermediate_value)}
            change.reports[step] = float(intermediate_value)

    def set_trial_user_attr(self, trial_id: int, key: str, value: Any) -> None:
        stored = json.loads(json.dumps(value))
        with self._changing(trial_id) as (trial, change):
            trial.user_attrs = {**trial.user_attrs, key: stored}
            change.user_attrs[key] = stored

    def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None:
        stored = json.loads(json.dumps(value))
        with self._changing(trial_id) as (trial, change):
            trial.system_attrs = {**trial.system_attrs, key: stored}
            change.system_attrs[key] = stored

    def get_trial(self, trial_id: int) -> FrozenTrial:
        with self._lock:
            known = self._fresh(self._study_id_of(trial_id))
            if trial_id not in known.trials:
                raise KeyError(NOT_FOUND_MSG)
            return known.trials[trial_id]

    def get_all_trials(
        self, study_id: int, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        with self._lock:
            trials = list(self._fresh(study_id).trials.values())
        if states is not None:
            trials = [trial for trial in trials if trial.state in states]
        return copy.deepcopy(trials) if deepcopy else trials

    def remove_session(self) -> None:
        self._backend.remove_session()


def _insert(connection: Connection, study_id: int, whole: Changes) -> int:
    """Make one trial of a locked study, with everything that belongs to it."""
    row = {"state": whole.state, "datetime_start": stored_time(whole.began)}
    [(trial_id, _)] = insert_trials(connection, study_id, [row])
    write_changes(connection, {trial_id: whole})
    return trial_id


def _engine_of(backend: RDBStorage) -> Engine:
    """What reaches a database: the backend's connections; SQLite's must not begin transactions by themselves."""
    if backend.engine.dialect.name != "sqlite":
        return backend.engine
    engine = sqlalchemy.create_engine(backend.engine.url, **backend.engine_kwargs)

    def set_up(connection: Any, record: Any) -> None:
        del record
        connection.isolation_level = None
        # Whoever waits for longer tries again, and can do something else in between.
        connection.execute(f"PRAGMA busy_timeout={int(1000 * BUSY_SECONDS)}")

    event.listen(engine, "connect", set_up)
    return engine
