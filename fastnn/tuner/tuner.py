"""Tuner: builds and trains what an oracle proposes, and keeps what came of it on disk."""

from __future__ import annotations

import contextlib
import inspect
import os
import warnings
from typing import Any

from fastnn.callbacks import TensorBoard
from fastnn.core.arguments import count
from fastnn.core.errors import ArgumentError, ArgumentTypeError
from fastnn.models.data import is_batches
from fastnn.models.many import fit_many
from fastnn.saving.folder_lock import FolderLock
from fastnn.tuner.hypermodel import HyperModel, get_hypermodel
from fastnn.tuner.hyperparameters import HyperParameters
from fastnn.tuner.journal import FORMAT, Journal
from fastnn.tuner.oracle import Oracle
from fastnn.tuner.project import Project
from fastnn.tuner.table import Table
from fastnn.tuner.training import HOOKS, Training
from fastnn.tuner.trial import Trial
from fastnn.tuner.work import LOT, begin, jobs_of, kept_randomness, run_lots

FIT_MANY = frozenset(inspect.signature(fit_many).parameters) - {"models", "rows", "validation_rows", "seeds"}


class Tuner(Project, Training):
    """A search: models of a HyperModel with the values that an oracle proposes, trained and compared.

    What has ended is in `directory/project_name`: a line per trial in trials.jsonl, the weights of its best epoch in a
    folder trial_N. A Tuner made again with the same folder goes on where a search stopped, however it ended.

    Args:
        oracle: an Oracle.
        hypermodel: a function build(hp) that returns a compiled model, or a HyperModel; None where `run_trial` is
            overridden.
        max_model_size: weights of a model at most, an int; a trial with more fails.
        optimizer, loss, metrics: for `compile`, in place of what the hypermodel gives.
        distribution_strategy: something with `scope()`, or None.
        directory: str, "." if None.
        project_name: str, "untitled_project" if None.
        logger, tuner_id: keras-tuner's arguments, of no effect.
        overwrite: whether to begin anew, in place of going on.
        executions_per_trial: trainings of each trial, from other initial weights; means count.
        jobs: see `search`.

    Raises ArgumentError for what is in the folder but is of another search.

    >>> import fastnn, numpy as np, tempfile
    >>> def build(hp):
    ...     model = fastnn.Sequential([fastnn.Input((2,)), fastnn.layers.Dense(hp.Int("units", 1, 3))])
    ...     model.compile("sgd", "mse")
    ...     return model
    >>> oracle = fastnn.tuner.oracles.GridSearchOracle("loss")
    >>> tuner = Tuner(oracle, build, directory=tempfile.mkdtemp())
    >>> tuner.search(np.eye(2), np.ones(2), verbose=0)
    >>> len(oracle.trials)
    3
    """

    def __init__(
        self,
        oracle: Oracle,
        hypermodel: Any = None,
        max_model_size: int | None = None,
        optimizer: Any = None,
        loss: Any = None,
        metrics: Any = None,
        distribution_strategy: Any = None,
        directory: Any = None,
        project_name: str | None = None,
        logger: Any = None,
        tuner_id: str | None = None,
        overwrite: bool = False,
        executions_per_trial: int = 1,
        jobs: int = 1,
    ) -> None:
        if not isinstance(oracle, Oracle):
            raise ArgumentTypeError(
                "Expected `oracle` argument to be an instance of `Oracle`. "
                f"Received: oracle={oracle} (of type ({type(oracle)})."
            )
        if hypermodel is None and type(self).run_trial is Training.run_trial:
            raise ArgumentError(
                "Received `hypermodel=None`. We only allow not specifying `hypermodel` if the user defines the search "
                "space in `Tuner.run_trial()` by subclassing a `Tuner` class without using a `HyperModel` instance."
            )
        self.oracle, self.hypermodel = oracle, get_hypermodel(hypermodel)
        self.max_model_size = count("max_model_size", max_model_size, none=True)
        self.optimizer, self.loss, self.metrics = optimizer, loss, metrics
        self.distribution_strategy = distribution_strategy
        self.directory = os.fspath(directory) if directory is not None else "."
        if not isinstance(project_name, (str, type(None))):
            raise ArgumentTypeError(f"project_name: received {project_name!r}, expected a str, the name of a folder.")
        self.project_name = project_name or "untitled_project"
        self.tuner_id = tuner_id or "tuner0"
        self.executions_per_trial = count("executions_per_trial", executions_per_trial)
        self.jobs = jobs_of(jobs)
        if overwrite:
            self._remove()
        self.journal = Journal(os.path.join(self.project_dir, "trials.jsonl"))
        with kept_randomness():
            begin(self.oracle.seed)
            self._populate_initial_space()
        self.reload()

    # ------------------------------------------------------------------ the space
    def _populate_initial_space(self) -> None:
        """Build until every conditional scope was entered once, to know what there is to search."""
        if self.hypermodel is None:
            return
        hp = self.oracle.get_space()
        self.hypermodel.declare_hyperparameters(hp)
        self.oracle.update_space(hp)
        never: list[list[Any]] = []
        once: list[list[Any]] = []
        hp = self.oracle.get_space()
        while True:
            before = len(hp.space)
            try:
                self._ask(hp)
            except Exception as error:
                if len(hp.space) == before == 0:  # it asked for nothing: no values will make it better
                    raise
                warnings.warn(
                    f"The model of {hp.values} cannot be built ({type(error).__name__}: {error}): trials of such "
                    "values will be marked as failed.",
                    UserWarning,
                    stacklevel=5,
                )
            self.oracle.update_space(hp)
            once += [scope for scope in hp.active_scopes if scope not in once]
            never += [scope for scope in hp.inactive_scopes if scope not in never]
            left = [scope for scope in never if scope not in once]
            if not left:
                return
            once.append(left[0])  # tried once, whatever comes of it
            hp = self.oracle.get_space()
            for condition in left[0]:
                hp.values[condition.name] = condition.values[0]
            hp.ensure_active_values(lambda other: other.default)

    def _ask(self, hp: HyperParameters) -> None:
        """A build for what it asks for; untunable hypermodels ask for nothing."""
        self.hypermodel.build(hp if self.hypermodel.tunable else hp.copy())

    # ------------------------------------------------------------------ the search
    def search(self, *fit_args: Any, jobs: int | None = None, **fit_kwargs: Any) -> None:
        """Try what the oracle proposes, until it has no more.

        A trial whose build or fit fails is marked as failed, and the search goes on.

        Args:
            fit_args, fit_kwargs: of `model.fit`; callbacks are copied for each training. verbose: 0; 1 (if not given)
                for a line per trial; 2 for those and a line per epoch.
            jobs: processes that work at once, -1 for one per core; None: as the Tuner was made. The results are the
                same for any number. joblib starts them, so `joblib.parallel_config(backend="dask")` round the call
                takes another backend.

        Raises SearchError after too many failures in a row or where every trial has failed, and a FatalError from a
        trial: what is done is on disk.
        """
        jobs = self.jobs if jobs is None else jobs_of(jobs)
        verbose = fit_kwargs.get("verbose", 1)
        fit_kwargs["verbose"] = 2 if verbose == 2 else 0
        table = Table(self.oracle, verbose)
        self.on_search_begin()
        lock = FolderLock(self.project_dir)
        try:
            if not os.path.exists(self.journal.path):
                self.journal.append({"format": FORMAT, "settings": self._settings()})
            while self.oracle.begun or self.oracle.next_round():
                self._run_round(table, fit_args, fit_kwargs, jobs)
                self.oracle.end_round()
        finally:
            lock.release()
        self.on_search_end()
        self.oracle.check_success()

    def _run_round(self, table: Table, args: tuple[Any, ...], kwargs: dict[str, Any], jobs: int) -> None:
        pending = self.oracle.running()
        size = min(LOT, -(-len(pending) // jobs)) if self._can_run_together(args, kwargs) else 1
        lots = (self._begun(pending[k : k + size]) for k in range(0, len(pending), max(size, 1)))
        with contextlib.closing(run_lots(self, lots, args, kwargs, jobs)) as results:
            for states in results:
                for state in states:
                    self._end(state, table)

    def _begun(self, lot: list[Trial]) -> list[Trial]:
        """Trials that are about to run."""
        for trial in lot:
            trial.hyperparameters.draw = self.oracle.draws(trial.number)
            self.on_trial_begin(trial)
        return lot

    def _end(self, state: dict[str, Any], table: Table) -> None:
        trial = self.oracle.trials[state["trial_id"]]
        trial.set_state(state)
        self.journal.append({"trial": trial.get_state()})
        remaining = self.oracle.remaining_trials()
        expected = None if remaining is None else remaining + table.ended + 1
        table.end_trial(trial, expected)
        self.on_trial_end(trial)
        self.oracle.check_failures()

    def _can_run_together(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
        """Whether nothing that a user wrote looks at single trials while they train."""
        names = ("run_trial", "_build_and_fit_model", *HOOKS)
        if any(getattr(type(self), name) is not getattr(Training, name) for name in names):
            return False
        if self.hypermodel is None or type(self.hypermodel).fit is not HyperModel.fit:
            return False
        data = [*args[:1], *(kwargs.get(name) for name in ("x", "validation_data"))]
        if any(part is not None and is_batches(part) for part in data):
            return False
        callbacks = kwargs.get("callbacks") or []
        known = isinstance(callbacks, list) and all(type(c).__module__.startswith("fastnn.") for c in callbacks)
        if known and any(isinstance(c, TensorBoard) for c in callbacks):  # each trial has a folder of its own
            return False
        return known and len(args) <= 2 and set(kwargs) <= FIT_MANY and kwargs.get("verbose") == 0
