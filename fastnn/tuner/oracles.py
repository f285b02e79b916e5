"""The oracles of the searches, for a `Tuner` of your own."""

from fastnn.tuner.bayesian import BayesianOptimizationOracle
from fastnn.tuner.grid_search import GridSearchOracle
from fastnn.tuner.hyperband import HyperbandOracle
from fastnn.tuner.random_search import RandomSearchOracle

__all__ = ["BayesianOptimizationOracle", "GridSearchOracle", "HyperbandOracle", "RandomSearchOracle"]
