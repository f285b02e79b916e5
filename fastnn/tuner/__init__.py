"""Search for hyperparameters: keras-tuner's names, and `fit_many`, which trains many models side by side."""

from fastnn.core.registry import lazy

NAMES = {
    "HyperParameters": "hyperparameters",
    "HyperModel": "hypermodel",
    "Objective": "objective",
    "Oracle": "oracle",
    "Tuner": "tuner",
    "Trial": "trial",
    "RandomSearch": "random_search",
    "GridSearch": "grid_search",
    "Hyperband": "hyperband",
    "BayesianOptimization": "bayesian",
    "fit_many": "fastnn.models.many",
    "cross_validate": "cross_validation",
    "Panda": "panda",
    "oracles": "",
    "tuners": "",
    "errors": "",
}
__getattr__, __dir__, __all__ = lazy(__name__, NAMES)
