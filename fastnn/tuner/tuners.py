"""The searches under the names of keras_tuner.tuners."""

from fastnn.tuner.bayesian import BayesianOptimization
from fastnn.tuner.grid_search import GridSearch
from fastnn.tuner.hyperband import Hyperband
from fastnn.tuner.random_search import RandomSearch

__all__ = ["BayesianOptimization", "GridSearch", "Hyperband", "RandomSearch"]
