"""Bayesian optimization: it finds what random search does not, and a Gaussian process that is one."""

import sys
import types

import numpy as np
import pytest

from fastnn import tuner as kt
from fastnn.core.errors import ArgumentError
from fastnn.tuner import bayesian
from fastnn.tuner.gaussian import GaussianProcess, matern


def test_the_process_is_that_of_scikit_learn():
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import Matern

    rng = np.random.default_rng(0)
    x, at = rng.random((12, 3)), rng.random((7, 3))
    y = np.sin(4 * x).sum(1)
    own = GaussianProcess(x, y, 1e-4)
    theirs = GaussianProcessRegressor(Matern(own.length, nu=2.5), alpha=1e-4 + 1e-10, optimizer=None, normalize_y=True)
    mean, spread = theirs.fit(x, y).predict(at, return_std=True)
    np.testing.assert_allclose(own.predict(at)[0], mean, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(own.predict(at)[1], spread, rtol=1e-5, atol=1e-7)
    assert matern(x, x, 0.5).shape == (12, 12)


def bowl(trial):
    hp = trial.hyperparameters
    x, y = hp.Float("x", 1e-4, 1.0, sampling="log"), hp.Int("y", 0, 40)
    kind = hp.Choice("kind", ["far", "near", "other"])
    z = hp.Float("z", 0, 1, parent_name="kind", parent_values=["near"])
    return (np.log10(x) + 2) ** 2 + ((y - 30) / 20) ** 2 + (2.0 if kind != "near" else (z - 0.5) ** 2)


def searched(kind, tmp_path, name, **arguments):
    class Bowl(kind):
        def run_trial(self, trial, *args, **kwargs):
            return bowl(trial)

    tuner = Bowl(max_trials=30, directory=tmp_path, project_name=name, **arguments)
    tuner.search(verbose=0)
    return tuner.oracle.get_best_trials(1)[0].score


def test_it_finds_lower_values_than_random_search(tmp_path):
    scores = {
        kind.__name__: [searched(kind, tmp_path, f"{kind.__name__}{s}", seed=s, **more) for s in range(2)]
        for kind, more in ((kt.RandomSearch, {}), (kt.BayesianOptimization, {"sampler": "gaussian", "together": 2}))
    }
    assert np.median(scores["BayesianOptimization"]) < np.median(scores["RandomSearch"])
    assert max(scores["BayesianOptimization"]) < 0.5


def test_the_sampler_is_noted_and_optuna_is_asked_for_by_name(tmp_path, monkeypatch):
    with pytest.raises(ArgumentError, match="sampler: received 'best'"):
        bayesian.BayesianOptimizationOracle(sampler="best")
    monkeypatch.setattr(bayesian.importlib.util, "find_spec", lambda name: None)
    oracle = bayesian.BayesianOptimizationOracle()
    assert oracle.settings()["sampler"] == "gaussian"
    with pytest.raises(ImportError, match="pip install optuna"):
        bayesian.BayesianOptimizationOracle(sampler="optuna")


def test_optuna_gets_places_on_scales_and_every_result(tmp_path, monkeypatch):
    """A module in the place of Optuna, which notes what it is told (`tox -e third-parties` has the real one)."""
    told = []

    class Study:
        def add_trial(self, trial):
            told[-1].append(trial)

        def ask(self):
            told[-1].append("ask")
            return types.SimpleNamespace(suggest_float=lambda *a: 0.25, suggest_categorical=lambda name, c: c[-1])

    def create_study(sampler):
        told.append([])
        return Study()

    levels = []
    fake = types.ModuleType("optuna")
    fake.logging = types.SimpleNamespace(get_verbosity=lambda: 20, set_verbosity=levels.append, WARNING=30)
    fake.samplers = types.SimpleNamespace(TPESampler=lambda seed, n_startup_trials: seed)
    fake.distributions = types.SimpleNamespace(
        CategoricalDistribution=lambda choices: list(choices), FloatDistribution=lambda low, high: (low, high)
    )
    fake.trial = types.SimpleNamespace(create_trial=lambda params, distributions, value: (params, distributions, value))
    fake.create_study = create_study
    monkeypatch.setitem(sys.modules, "optuna", fake)
    monkeypatch.setattr(bayesian.importlib.util, "find_spec", lambda name: object())
    assert searched(kt.BayesianOptimization, tmp_path, "o", seed=1, num_initial_points=25) < 9
    assert levels[:2] == [30, 20] and [len(study) for study in told] == list(range(26, 31))
    params, kinds, value = told[0][0]
    assert all(0 <= v <= 1 for k, v in params.items() if not k.startswith("kind")) and params.keys() == kinds.keys()
    assert isinstance(value, float) and told[0][-1] == "ask"
