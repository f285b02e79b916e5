"""Generated from NAMES by tests/typing/stubs.py."""
from fastnn.tuner.bayesian import BayesianOptimization as BayesianOptimization
from fastnn.tuner.grid_search import GridSearch as GridSearch
from fastnn.tuner.hypermodel import HyperModel as HyperModel
from fastnn.tuner.hyperparameters import HyperParameters as HyperParameters
from fastnn.tuner.hyperband import Hyperband as Hyperband
from fastnn.tuner.objective import Objective as Objective
from fastnn.tuner.oracle import Oracle as Oracle
from fastnn.tuner.panda import Panda as Panda
from fastnn.tuner.random_search import RandomSearch as RandomSearch
from fastnn.tuner.trial import Trial as Trial
from fastnn.tuner.tuner import Tuner as Tuner
from fastnn.tuner.cross_validation import cross_validate as cross_validate
from fastnn.tuner import errors as errors
from fastnn.models.many import fit_many as fit_many
from fastnn.tuner import oracles as oracles
from fastnn.tuner import tuners as tuners

__all__ = [
    'BayesianOptimization',
    'GridSearch',
    'HyperModel',
    'HyperParameters',
    'Hyperband',
    'Objective',
    'Oracle',
    'Panda',
    'RandomSearch',
    'Trial',
    'Tuner',
    'cross_validate',
    'errors',
    'fit_many',
    'oracles',
    'tuners',
]
