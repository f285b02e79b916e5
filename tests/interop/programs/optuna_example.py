"""The example of an Optuna study, and the tuner that asks Optuna."""

import importlib.util
from pathlib import Path

import numpy as np

from fastnn import tuner

path = Path(__file__).resolve().parents[3] / "examples" / "optuna_search.py"
spec = importlib.util.spec_from_file_location("optuna_search", path)
example = importlib.util.module_from_spec(spec)
spec.loader.exec_module(example)
assert 0 < example.main(["--trials", "6", "--epochs", "3"]) < 1


class Bowl(tuner.BayesianOptimization):
    def run_trial(self, trial, *args, **kwargs):
        hp = trial.hyperparameters
        x, kind = hp.Float("x", 1e-4, 1.0, sampling="log"), hp.Choice("kind", ["far", "near", "other"])
        deep = hp.Int("deep", 1, 9, parent_name="kind", parent_values=["near"])
        return (np.log10(x) + 2) ** 2 + (3.0 if kind != "near" else (deep - 5) ** 2 / 10)


scores = []
for project in ("a", "b"):
    search = Bowl(max_trials=30, seed=1, project_name=project, sampler="optuna", together=2)
    search.search(verbose=0)
    scores.append([(trial.score, trial.hyperparameters.values) for trial in search.oracle.trials.values()])
assert scores[0] == scores[1] and search.oracle.get_best_trials()[0].score < 1
again = Bowl(max_trials=30, seed=1, project_name="a", sampler="optuna", together=2)
assert [trial.score for trial in again.oracle.trials.values()] == [score for score, _ in scores[0]]
