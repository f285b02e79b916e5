"""`keras.wrappers.scikit_learn` as Keras 1 and 2 had it: models that a function builds, as scikit-learn's estimators.

It needs scikit-learn.  Its successor is `keras.wrappers.SKLearnClassifier`.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

from fastnn import losses
from fastnn.core.errors import ArgumentError
from fastnn.models.trainer import Trainer
from fastnn.utils import to_categorical

_OLD_FIT = ("nb_epoch",)
_RUNS = {
    kind: {*inspect.signature(getattr(Trainer, kind)).parameters} - {"self", "x", "y"}
    for kind in ("fit", "predict", "evaluate")
}


class BaseWrapper(BaseEstimator):
    """Base: a function that builds a model, and arguments for it and for fit, predict and evaluate.

    Args:
        build_fn: function that returns a compiled model; None: the method `__call__` of a subclass.
        sk_params: arguments of build_fn, fit, predict and evaluate, by name.

    Raises ArgumentError for a name that is none of these.
    """

    def __init__(self, build_fn: Any = None, **sk_params: Any) -> None:
        self.build_fn, self.sk_params = build_fn, sk_params
        self.check_params(sk_params)

    @property
    def _builder(self) -> Any:
        return self.__call__ if self.build_fn is None else self.build_fn

    def check_params(self, params: dict[str, Any]) -> None:
        """ArgumentError for a name that no function here takes."""
        known = inspect.signature(self._builder).parameters
        if any(p.kind is p.VAR_KEYWORD for p in known.values()):
            return
        for name in params:
            if name not in known and name not in _OLD_FIT and not any(name in run for run in _RUNS.values()):
                raise ArgumentError(f"{name} is not a legal parameter. Expected an argument of build_fn or of fit.")

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The arguments of the constructor."""
        return {**self.sk_params, "build_fn": self.build_fn}

    def set_params(self, **params: Any) -> BaseWrapper:
        """Change some of them."""
        self.check_params({k: v for k, v in params.items() if k != "build_fn"})
        self.build_fn = params.pop("build_fn", self.build_fn)
        self.sk_params.update(params)
        return self

    def filter_sk_params(self, function: Any, override: dict[str, Any] | None = None) -> dict[str, Any]:
        """Those that a function takes."""
        names = inspect.signature(function).parameters
        return {k: v for k, v in {**self.sk_params, **(override or {})}.items() if k in names}

    def _of_run(self, kind: str, kwargs: dict[str, Any]) -> dict[str, Any]:
        old = _OLD_FIT if kind == "fit" else ()
        return {**{k: v for k, v in self.sk_params.items() if k in _RUNS[kind] or k in old}, **kwargs}

    def fit(self, x: Any, y: Any, **kwargs: Any) -> Any:
        """Build a model and train it; returns its History, as Keras 2 did."""
        self.model = self._builder(**self.filter_sk_params(self._builder))
        y, loss = np.asarray(y), self.model.loss
        if getattr(losses.get(loss) if isinstance(loss, str) else loss, "__name__", "") == "categorical_crossentropy":
            y = to_categorical(y) if y.ndim != 2 else y
        return self.model.fit(x, y, **self._of_run("fit", kwargs))

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "model")


class KerasClassifier(ClassifierMixin, BaseWrapper):
    """A model as a classifier: `KerasClassifier(build_fn=make, epochs=5, batch_size=8)`.

    >>> from fastnn import Sequential, layers
    >>> def make():
    ...     model = Sequential([layers.Dense(1, "sigmoid", input_shape=(2,))])
    ...     model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    ...     return model
    >>> found = KerasClassifier(make, epochs=1, verbose=0)
    >>> _ = found.fit(np.eye(2), ["no", "yes"])
    >>> found.predict_proba(np.eye(2)).shape, found.classes_.tolist()
    ((2, 2), ['no', 'yes'])
    """

    def fit(self, x: Any, y: Any, **kwargs: Any) -> Any:
        """Build a model and train it on labels (n,), (n, 1) or rows of 0 and 1."""
        y = np.asarray(y)
        if y.ndim == 2 and y.shape[1] > 1:
            self.classes_ = np.arange(y.shape[1])
        elif y.ndim == 1 or (y.ndim == 2 and y.shape[1] == 1):
            self.classes_ = np.unique(y)
            y = np.searchsorted(self.classes_, y.ravel())
        else:
            raise ArgumentError(f"Invalid shape for y: {y.shape}. Expected (n,), (n, 1) or (n, classes).")
        self.n_classes_ = len(self.classes_)
        return super().fit(x, y, **kwargs)

    def predict(self, x: Any, **kwargs: Any) -> Any:
        """The likeliest label of each row."""
        found = np.asarray(self.model.predict(x, **self._of_run("predict", kwargs)))
        numbers = found.argmax(-1) if found.shape[-1] > 1 else (found > 0.5).astype("int32")
        return self.classes_[numbers]

    def predict_proba(self, x: Any, **kwargs: Any) -> Any:
        """The probability of each label."""
        found = np.asarray(self.model.predict(x, **self._of_run("predict", kwargs)))
        return np.hstack([1 - found, found]) if found.shape[1] == 1 else found

    def score(self, x: Any, y: Any, **kwargs: Any) -> float:
        """The accuracy; ArgumentError for a model that was not compiled with it."""
        y = np.asarray(y)
        y = y if y.ndim == 2 and y.shape[1] > 1 else np.searchsorted(self.classes_, y.ravel())
        if getattr(losses.get(self.model.loss), "__name__", "") == "categorical_crossentropy" and y.ndim != 2:
            y = to_categorical(y, self.n_classes_)
        found = self.model.evaluate(x, y, **self._of_run("evaluate", kwargs), return_dict=True)
        for name in ("accuracy", "acc"):
            if name in found:
                return float(found[name])
        raise ArgumentError(
            "The model is not configured to compute accuracy. You should pass `metrics=['accuracy']` to the "
            "`model.compile()` method."
        )


class KerasRegressor(RegressorMixin, BaseWrapper):
    """A model as a regressor: `KerasRegressor(build_fn=make, epochs=5)`.

    >>> from fastnn import Sequential, layers
    >>> def make(units=1):
    ...     model = Sequential([layers.Dense(units, input_shape=(2,))])
    ...     model.compile("sgd", "mse")
    ...     return model
    >>> found = KerasRegressor(make, epochs=1, verbose=0)
    >>> _ = found.fit(np.eye(2), [0.0, 1.0])
    >>> found.predict(np.eye(2)).shape
    (2,)
    """

    def predict(self, x: Any, **kwargs: Any) -> Any:
        """The prediction for each row."""
        return np.squeeze(np.asarray(self.model.predict(x, **self._of_run("predict", kwargs))), -1)

    def score(self, x: Any, y: Any, **kwargs: Any) -> float:
        """The loss, with a minus: larger is better."""
        found = self.model.evaluate(x, np.asarray(y), **self._of_run("evaluate", kwargs))
        return -float(found[0] if isinstance(found, list) else found)
