"""One small search of each kind, for the tests of searches."""

import pytest

from fastnn import tuner as kt

SEARCHES = {
    "random": (kt.RandomSearch, {"max_trials": 5}),
    "grid": (kt.GridSearch, {"max_trials": 7}),
    "hyperband": (kt.Hyperband, {"max_epochs": 4, "factor": 2}),
    "bayesian": (kt.BayesianOptimization, {"max_trials": 6, "num_initial_points": 2, "together": 2}),
}
every_search = pytest.mark.parametrize("name", SEARCHES)


def searched(made, name, fit_arguments, project="search", **more):
    kind, arguments = SEARCHES[name]
    search = {k: more.pop(k) for k in ("jobs", "callbacks") if k in more}
    tuner = made(kind, name=project, **arguments, **more)
    tuner.search(**fit_arguments, **search)
    return tuner
