"""The folder of a search: what has ended, and the weights of each trial."""

from __future__ import annotations

import json
import os
import shutil
from typing import Any

from fastnn.core.arguments import count
from fastnn.core.errors import ArgumentError, FileFormatError, SearchError
from fastnn.tuner import picture
from fastnn.tuner.hyperparameters import HyperParameters
from fastnn.tuner.journal import FORMAT, Journal
from fastnn.tuner.oracle import Oracle
from fastnn.tuner.trial import Trial, TrialStatus
from fastnn.utils.interactive import say


class Project:
    """The part of a Tuner that has a folder and results."""

    oracle: Oracle
    journal: Journal
    directory: str
    project_name: str
    executions_per_trial: int
    _try_build: Any

    # ------------------------------------------------------------------ files
    @property
    def project_dir(self) -> str:
        """The folder of the search, which is made if need be."""
        path = os.path.join(self.directory, self.project_name)
        try:
            os.makedirs(path, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise ArgumentError(
                f"The folder of the search, {path!r}, cannot be made: there is a file in its place ({error}). Pass "
                "another directory or project_name."
            ) from None
        return path

    def get_trial_dir(self, trial_id: str) -> str:
        """The folder of a trial, which is made if need be.

        Args:
            trial_id: the trial's id, text.
        """
        path = os.path.join(self.project_dir, f"trial_{trial_id}")
        os.makedirs(path, exist_ok=True)
        return path

    def _checkpoint(self, trial_id: str) -> str:
        return os.path.join(self.get_trial_dir(trial_id), "checkpoint.weights.h5")

    def _shapes(self, trial_id: str) -> str:
        return os.path.join(self.get_trial_dir(trial_id), "build_config.json")

    def _remove(self) -> None:
        """Delete what an earlier search left, and nothing else."""
        folder = self.project_dir
        for name in os.listdir(folder):
            path = os.path.join(folder, name)
            if name == "trials.jsonl":
                os.remove(path)
            elif name.startswith("trial_") and os.path.isdir(path):
                shutil.rmtree(path)

    def reload(self) -> None:
        """Take up what the journal of the folder says."""
        entries = self.journal.read()
        if not entries:
            return
        self._check_header(entries[0])
        states, refined = self._parsed(entries)
        oracle, most = self.oracle, self.oracle.max_trials
        if states:
            oracle.digits = len(states[min(states)]["trial_id"])  # the folders of its trials are named so
        while states or refined:
            if refined and refined[0]["after"] <= len(oracle.trials):
                self._refine(refined.pop(0))
                most = oracle.max_trials
                continue
            if refined:
                oracle.max_trials = refined[0]["after"]
            elif most is not None:  # what has been done counts, also beyond a limit that is lower now
                oracle.max_trials = max(most, max(states) + 1)
            if not oracle.next_round():
                break
            for trial in oracle.begun:
                state = states.pop(trial.number, None)
                if state is not None:
                    self._compare(trial, state)
                    trial.set_state({**state, "trial_id": trial.trial_id})
            if oracle.running():
                break
            oracle.end_round()
        oracle.max_trials = most

    def _parsed(self, entries: list[dict[str, Any]]) -> tuple[dict[int, dict[str, Any]], list[dict[str, Any]]]:
        """({number: state of a trial}, refinements) of the lines behind the first; FileFormatError for others."""
        states, refined = {}, []
        for line, entry in enumerate(entries[1:], 2):
            try:
                if "refine" in entry:
                    kept = entry["refine"]
                    refined.append({"top": [int(n) for n in kept["top"]], "after": int(kept["after"]),
                                    "trials": int(kept["trials"])})  # fmt: skip
                else:
                    trial = Trial.from_state(entry["trial"])
                    states[trial.number] = trial.get_state()
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise FileFormatError(
                    f"{self.journal.path!r}, line {line}: expected a trial or a refinement ({type(error).__name__}: "
                    f"{error}). The file is damaged: mend or delete the line, or begin anew with overwrite=True."
                ) from None
        return states, refined

    def _settings(self) -> dict[str, Any]:
        return {**self.oracle.settings(), "executions_per_trial": self.executions_per_trial}

    def _check_header(self, header: dict[str, Any]) -> None:
        if header.get("format") != FORMAT or not isinstance(header.get("settings"), dict):
            raise ArgumentError(
                f"{self.journal.path!r} is of format {header.get('format')!r}, this version reads {FORMAT}. Pass "
                "overwrite=True to begin anew, or another project_name."
            )
        found = dict(header["settings"])
        if self.oracle.drawn and isinstance(found.get("seed"), int):
            self.oracle.seed = found["seed"]
        for name, value in self._settings().items():
            if found.get(name) != value:
                raise ArgumentError(
                    f"The search in {self.project_dir!r} has {name}={found.get(name)!r}, this one {value!r}. Pass "
                    "overwrite=True to begin anew, or another project_name."
                )

    def _compare(self, trial: Trial, state: dict[str, Any]) -> None:
        noted = state["hyperparameters"]["values"]
        for name, value in trial.hyperparameters.values.items():
            if noted.get(name) != value:
                raise ArgumentError(
                    f"Trial {trial.trial_id} of the search in {self.project_dir!r} has {name}={noted.get(name)!r}; "
                    f"this search proposes {value!r}: its space is another one. Pass overwrite=True to begin anew, or "
                    "another project_name."
                )

    # ------------------------------------------------------------------ results
    def save_model(self, trial_id: str, model: Any, step: int = 0) -> None:
        """Write the weights of a trial's model, and what it was built with: the data may have said that.

        Args:
            trial_id: the trial's id, text.
            model: its model.
            step: keras-tuner's argument, of no effect.
        """
        with open(self._shapes(trial_id), "w", encoding="utf-8") as file:
            json.dump(model.get_build_config(), file)
        model.save_weights(self._checkpoint(trial_id))

    def load_model(self, trial: Trial) -> Any:
        """The model of a trial, with the weights of its best epoch.

        Args:
            trial: the Trial.
        """
        model = self._try_build(trial.hyperparameters.copy())
        self.load_weights(trial.trial_id, model)
        return model

    def load_weights(self, trial_id: str, model: Any) -> None:
        """Give a model the weights of a trial.

        Args:
            trial_id: the trial's id, text.
            model: a model of the trial's hyperparameters.

        Raises SearchError where there are none.
        """
        path = self._checkpoint(trial_id)
        if not os.path.exists(path):
            raise SearchError(
                f"Trial {trial_id} has left no weights at {path!r}. Where run_trial is your own, call "
                "save_model(trial.trial_id, model) in it, or override load_model."
            )
        if not model.built and os.path.exists(self._shapes(trial_id)):
            with open(self._shapes(trial_id), encoding="utf-8") as file:
                model.build_from_config(json.load(file))
        model.load_weights(path)

    def get_best_models(self, num_models: int = 1) -> list[Any]:
        """The models of the best trials, the best first, with the weights of their best epochs.

        Args:
            num_models: how many at most, an int.
        """
        return [self.load_model(trial) for trial in self.oracle.get_best_trials(num_models)]

    def get_best_hyperparameters(self, num_trials: int = 1) -> list[HyperParameters]:
        """The hyperparameters of the best trials, the best first.

        Args:
            num_trials: how many at most, an int.
        """
        return [trial.hyperparameters for trial in self.oracle.get_best_trials(num_trials)]

    @property
    def remaining_trials(self) -> int | None:
        """How many trials are to come, None without a limit."""
        return self.oracle.remaining_trials()

    def search_space_summary(self, extended: bool = False) -> None:
        """Print what is searched.

        Args:
            extended: keras-tuner's argument, of no effect.
        """
        space = self.oracle.get_space().space
        lines = ["Search space summary", f"Default search space size: {len(space)}"]
        for hp in space:
            config = hp.get_config()
            lines += [f"{config.pop('name')} ({type(hp).__name__})", str(config)]
        say("\n".join(lines) + "\n")

    def results_summary(self, num_trials: int = 10) -> None:
        """Print the best trials, and which have failed.

        Args:
            num_trials: how many of the best at most, an int.
        """
        best = self.oracle.get_best_trials(num_trials)
        head = ["Results summary", f"Results in {self.project_dir}", f"Showing {num_trials} best trials"]
        say("\n".join([*head, str(self.oracle.objective)]) + "\n")
        for trial in best:
            say("\n" + trial.text())
        failed = [t for t in self.oracle.trials.values() if t.status == TrialStatus.FAILED]
        for trial in failed:
            say(f"\nTrial {trial.trial_id} failed: {trial.reason}\n")

    def plot(self, path: Any = None) -> str:
        """The search as a picture: parallel coordinates, and the objective against each hyperparameter on its scale.

        Args:
            path: a file to write it to, or None.

        Returns SVG text.

        Raises SearchError where no trial is complete.
        """
        return picture.plot(self.oracle, path)

    # ------------------------------------------------------------------ coarse to fine
    def refine(self, top: int = 3, trials: int | None = None) -> None:
        """Narrow the ranges round the best trials; `search` then goes on in them.

        Args:
            top: how many of the best count.
            trials: how many trials more there may be; None: as many as there were.

        Raises SearchError where no trial is complete or a round is not.
        """
        count("top", top)
        count("trials", trials, none=True)
        if self.oracle.begun:
            raise SearchError("refine: the search was broken off within a round; call search() before, to end it.")
        best = self.oracle.get_best_trials(top)
        if not best:
            raise SearchError("refine: no trial is complete; call search() before.")
        more = len(self.oracle.trials) if trials is None else trials
        space = [hp.get_config() for hp in _narrowed(self.oracle, best)]
        entry = {"top": [t.number for t in best], "after": len(self.oracle.trials), "trials": more}
        self._refine(entry)
        self.journal.append({"refine": {**entry, "space": space}})

    def _refine(self, entry: dict[str, Any]) -> None:
        oracle = self.oracle
        numbers = {t.number: t for t in oracle.trials.values()}
        narrowed = _narrowed(oracle, [numbers[n] for n in entry["top"] if n in numbers])
        oracle.hyperparameters.merge(narrowed)
        if oracle.max_trials is not None:
            oracle.max_trials = entry["after"] + entry["trials"]
        oracle.refined()


def _narrowed(oracle: Oracle, best: list[Trial]) -> list[Any]:
    """The hyperparameters that these trials have values of, narrowed to what lies round those."""
    found = []
    for hp in oracle.hyperparameters.space:
        values = [
            t.hyperparameters.values[hp.name]
            for t in best
            if t.hyperparameters.is_active(hp) and hp.name in t.hyperparameters.values
        ]
        if values:
            found.append(hp.narrowed(values))
    return found
