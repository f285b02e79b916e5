"""fastnn: the Keras API on a CPU training engine of its own.

>>> import fastnn as keras
>>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
>>> model.count_params()
15
"""

import importlib
import sys
import warnings

from fastnn.core import neighbours
from fastnn.core.registry import lazy

__version__ = "0.1.0"

_PACKAGES = ("activations", "applications", "callbacks", "compat", "constraints", "data", "datasets",
             "distillation", "distribution", "dtype_policies", "export", "initializers", "layers", "legacy",
             "losses", "metrics", "mixed_precision", "models", "ops", "optimizers", "playground", "preprocessing",
             "quantizers", "random", "regularizers",
             "saving", "sklearn", "tuner", "utils", "vision", "visualization", "wrappers")  # fmt: skip
NAMES = {
    **dict.fromkeys(_PACKAGES, ""),
    "tree": "", "config": "", "version": "fastnn.utils.scopes",
    "name_scope": "fastnn.core.scopes", "device": "fastnn.utils.scopes",
    "Sequential": "models", "Model": "models", "Functional": "models", "Input": "layers", "InputSpec": "layers",
    "Layer": "layers", "Loss": "losses", "Metric": "metrics", "Optimizer": "optimizers", "Initializer": "initializers",
    "Regularizer": "regularizers", "Constraint": "constraints", "Callback": "callbacks",
    "DTypePolicy": "dtype_policies", "FloatDTypePolicy": "dtype_policies", "Quantizer": "quantizers",
    "custom_gradient": "fastnn.ops", "stop_gradient": "fastnn.ops",
    "KerasTensor": "fastnn.graph.tensor", "Variable": "fastnn.graph.variable",
    "Operation": "fastnn.layers.operation", "Function": "fastnn.models.function",
    "StatelessScope": "fastnn.graph.stateless", "SymbolicScope": "fastnn.graph.stateless",
    "GradientTape": "fastnn.gradients",
    **dict.fromkeys(("grad", "hessian", "jacobian", "jvp", "value_and_grad", "vjp"), "fastnn.derivatives"),
    "RematScope": "fastnn.layers.remat", "remat": "fastnn.layers.remat",
}  # fmt: skip
_find, _listed, __all__ = lazy(__name__, NAMES)
__all__ = sorted([*__all__, "__version__", "backend"])


if (_other := neighbours.other()) is not None:
    warnings.warn(neighbours.words(_other), stacklevel=2)


def _limits():
    if "threadpoolctl" in sys.modules:  # from now on it sees and limits fastnn's threads too
        importlib.import_module("fastnn.runtime.threads").register()


_limits()


def __getattr__(name):
    _limits()
    if name == "backend":  # Keras 1 and 2's keras.backend lives with the other old spellings
        return importlib.import_module("fastnn.compat.backend")
    return _find(name)


def load_ipython_extension(shell):
    """What `%load_ext fastnn` in a notebook does: from there on `import keras` finds fastnn."""
    importlib.import_module("fastnn.compat").install()


def unload_ipython_extension(shell):
    """What `%unload_ext fastnn` does: `import keras` finds what is installed again."""
    importlib.import_module("fastnn.compat").uninstall()


def __dir__():
    return sorted({*_listed(), "backend"})
