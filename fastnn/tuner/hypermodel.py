"""HyperModel: how models are built from hyperparameters, and trained."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastnn.core.errors import ArgumentTypeError
from fastnn.models.model import Model


class HyperModel:
    """A family of models: override `build(hp)`, and `fit(hp, model, ...)` where training has hyperparameters too.

    Args:
        name: str or None.
        tunable: whether what `build` asks for is searched; else it has its default values.

    >>> class Family(HyperModel):
    ...     def build(self, hp):
    ...         import fastnn
    ...         model = fastnn.Sequential([fastnn.Input((2,)), fastnn.layers.Dense(hp.Int("units", 2, 8))])
    ...         model.compile("adam", "mse")
    ...         return model
    >>> from fastnn.tuner import HyperParameters
    >>> Family().build(HyperParameters()).count_params()
    6
    """

    def __init__(self, name: str | None = None, tunable: bool = True) -> None:
        self.name, self.tunable = name, tunable

    def build(self, hp: Any) -> Any:
        """A compiled model. NotImplementedError where it is not overridden.

        Args:
            hp: HyperParameters, to be asked.
        """
        raise NotImplementedError(f"{type(self).__name__} must implement build(hp).")

    def declare_hyperparameters(self, hp: Any) -> None:
        """Ask for hyperparameters before anything is built: those that only `fit` asks for.

        Args:
            hp: HyperParameters, to be asked.
        """

    def fit(self, hp: Any, model: Any, *args: Any, **kwargs: Any) -> Any:
        """Train the model; returns a History, a dict {name: value} that holds the objective, or its value.

        Args:
            hp: HyperParameters, to be asked.
            model: what `build` returned.
            args, kwargs: of `search`, with `callbacks` that must reach `model.fit`.
        """
        return model.fit(*args, **kwargs)


class FunctionModel(HyperModel):
    """A HyperModel of a function build(hp)."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        super().__init__(getattr(function, "__name__", None))
        self.function = function

    def build(self, hp: Any) -> Any:
        """What the function returns."""
        return self.function(hp)


def get_hypermodel(hypermodel: Any) -> Any:
    """A HyperModel, or one of a function build(hp); None stays None."""
    if hypermodel is None or isinstance(hypermodel, HyperModel):
        return hypermodel
    if not callable(hypermodel) or isinstance(hypermodel, (type, Model)):
        hint = " Each trial builds a model of its own: pass the function that builds it."
        if isinstance(hypermodel, type):
            hint = f" Make an instance: {hypermodel.__name__}()."
        raise ArgumentTypeError(
            "The `hypermodel` argument should be either a callable with signature `build(hp)` returning a model, or an "
            f"instance of `HyperModel`. Received: {hypermodel!r}.{hint}"
        )
    return FunctionModel(hypermodel)
