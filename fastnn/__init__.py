"""fastnn: the Keras API on a CPU training engine of its own.

>>> import fastnn as keras
>>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
>>> model.count_params()
15
"""
from fastnn.core.registry import lazy

__version__ = "0.1.0"

_PACKAGES = ("activations", "callbacks", "compat", "constraints", "datasets", "dtype_policies", "initializers",
             "layers", "losses", "metrics", "models", "ops", "optimizers", "random", "regularizers", "saving", "utils",
             "visualization")
NAMES = {
    **dict.fromkeys(_PACKAGES, ""),
    "config": "fastnn.core:config", "backend": "fastnn.compat:backend",
    "Sequential": "models", "Model": "models", "Functional": "models", "Input": "layers", "InputSpec": "layers",
    "Layer": "layers", "Loss": "losses", "Metric": "metrics", "Optimizer": "optimizers", "Initializer": "initializers",
    "Regularizer": "regularizers", "Constraint": "constraints", "Callback": "callbacks",
    "DTypePolicy": "dtype_policies", "KerasTensor": "fastnn.graph.node:Symbol", "Variable": "fastnn.graph.variable",
}
__getattr__, __dir__, __all__ = lazy(__name__, NAMES)
__all__ = sorted([*__all__, "__version__"])
