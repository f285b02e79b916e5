"""Trials at work: one or several of them, in this process or in others."""

from __future__ import annotations

import contextlib
import os
import random
import sys
import threading
import time
import traceback
from collections.abc import Generator, Iterable, Iterator
from typing import Any

import numpy as np

from fastnn.core import config
from fastnn.core.arguments import count
from fastnn.core.errors import ArgumentError, FailedTrialError, FatalError
from fastnn.core.extras import missing
from fastnn.core.locks import lock
from fastnn.layers.session import clear_session, session_of_its_own
from fastnn.tuner.trial import Metrics, Trial, TrialStatus
from fastnn.utils.seeds import set_random_seed

# seeds and names are those of the process: threads that some backends work with take turns
_one_at_a_time = lock(threading.RLock)
PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LOT = 8  # trials that one call of `fit_many` trains: as many as walk together


def seed_of(seed: int, number: int, execution: int) -> int:
    """The seed of one execution of a trial: wherever it runs, its numbers are the same."""
    return int(np.random.SeedSequence([seed, number, execution]).generate_state(1)[0])


@contextlib.contextmanager
def kept_randomness() -> Iterator[None]:
    """Afterwards names, seeds and generators of the process are as before."""
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        with session_of_its_own():
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002


def begin(seed: int) -> None:
    """Names and random numbers as in a new process with this seed."""
    clear_session()
    set_random_seed(seed)


def outcome_of(tuner: Any, trial: Trial, run: Any) -> dict[str, Any]:
    """The state of a trial after `run()`, which returns its Numbers; a failure is a state, too.

    Raises FatalError, which ends the search.
    """
    for left in range(tuner.oracle.max_retries_per_trial, -1, -1):
        try:
            numbers = run()
        except FatalError:
            raise
        except Exception as error:
            trial.message = traceback.format_exc()
            trial.status = TrialStatus.FAILED
            if isinstance(error, FailedTrialError) or not left:
                break
        else:
            trial.status, trial.message = TrialStatus.COMPLETED, None
            trial.metrics = Metrics(numbers.metrics)
            trial.score, trial.best_step = numbers.score, numbers.step
            break
    trial.hyperparameters.draw = None
    return trial.get_state()


def copied(trial: Trial) -> Trial:
    """A trial that is about to run, as another process would get it."""
    made = Trial.from_state(trial.get_state())
    made.hyperparameters.draw = trial.hyperparameters.draw
    return made


def run_lot(tuner: Any, trials: list[Trial], args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[dict[str, Any]]:
    """The states of some trials after they have run, side by side where they can; the trials stay as they are."""
    trials = [copied(trial) for trial in trials]
    states = []
    with _one_at_a_time, kept_randomness():
        begun = time.monotonic()
        together = tuner.run_together(trials, args, kwargs) if len(trials) > 1 else {}
        each = (time.monotonic() - begun) / len(trials)
        for trial in trials:
            begun, state = time.monotonic(), together.get(trial.trial_id)
            if state is None:
                state = outcome_of(tuner, trial, lambda t=trial: tuner.numbers(t, args, kwargs))
            states.append({**state, "seconds": each + time.monotonic() - begun})
    return states


class _Names:
    """The first of what a worker gets: when it is unpickled there, `import keras` finds what it finds here.

    Workers that are given the parent's sys.path (loky's, Dask's) know already; Ray's do not. What the user wrote comes
    behind it in the same pickle, and may need those names to be unpickled.
    """

    def __reduce__(self) -> Any:
        inside = [os.path.relpath(path, PACKAGE) for path in sys.path if path.startswith(PACKAGE + os.sep)]
        return _find_inside, (inside,)


def _find_inside(folders: list[str]) -> None:
    """Let modules be found in these folders of the package, before those that are installed."""
    for path in (os.path.join(PACKAGE, folder) for folder in folders):
        if path not in sys.path:
            sys.path.insert(1, path)


def _elsewhere(names: Any, parent: int, share: int, *work: Any) -> list[dict[str, Any]]:
    """run_lot in a worker, with its share of the cores where it is another process."""
    if os.getpid() != parent:
        config.set_num_threads(share)
    return run_lot(*work)


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def jobs_of(jobs: Any) -> int:
    """A number of workers: an int >= 1, or -1 for one per core.

    >>> jobs_of(3)
    3
    """
    if jobs == -1:
        return cores()
    try:
        return count("jobs", jobs)
    except ArgumentError:
        raise ArgumentError(f"jobs: received {jobs!r}, expected an int >= 1, or -1 for one per core.") from None


def run_lots(
    tuner: Any, lots: Iterable[list[Trial]], args: tuple[Any, ...], kwargs: dict[str, Any], jobs: int
) -> Generator[list[dict[str, Any]]]:
    """The states of the trials of each lot, as soon as they are there: here, or by joblib in `jobs` workers."""
    if jobs == 1:
        for lot in lots:
            yield run_lot(tuner, lot, args, kwargs)
        return
    try:
        import joblib
    except ImportError as error:
        raise missing("jobs > 1", "joblib") from error
    backend = joblib.parallel.get_active_backend()[0]
    streams = getattr(backend, "supports_return_generator", False)
    parallel = joblib.Parallel(n_jobs=jobs, return_as="generator_unordered" if streams else "list")
    first = _Names(), os.getpid(), max(1, cores() // jobs)
    yield from parallel(joblib.delayed(_elsewhere)(*first, tuner, lot, args, kwargs) for lot in list(lots))
