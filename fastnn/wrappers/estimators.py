"""Models as scikit-learn's estimators: clone, pipelines, cross-validation and searches work with them."""

import copy
from typing import Any, Self

import numpy as np

from fastnn.core.extras import missing

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, TransformerMixin
    from sklearn.utils.multiclass import type_of_target
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError as error:
    raise missing("keras.wrappers", "sklearn", "Version 1.6 or later is needed.") from error

from fastnn.core.errors import ArgumentError, DataError, NotBuiltError
from fastnn.core.types import Array
from fastnn.models import Model, clone_model


class _Estimator(BaseEstimator):
    """Base: a model, or a function that makes one of the data, fitted by `fit`."""

    _several = True  # whether a target may have several columns

    def __init__(self, model: Any, warm_start: bool = False, model_kwargs: Any = None, fit_kwargs: Any = None) -> None:
        self.model, self.warm_start = model, warm_start
        self.model_kwargs, self.fit_kwargs = model_kwargs, fit_kwargs

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.non_deterministic = True
        return tags

    def __sklearn_clone__(self) -> Self:
        model = copy.deepcopy(self.model) if isinstance(self.model, Model) else self.model
        return type(self)(model, self.warm_start, copy.deepcopy(self.model_kwargs), copy.deepcopy(self.fit_kwargs))

    @property
    def epoch_(self) -> list[int]:
        """The numbers of the epochs of the last `fit`."""
        return list(getattr(getattr(self, "history_", None), "epoch", ()))

    def fit(self, X: Any, y: Any, **kwargs: Any) -> Self:
        """Fit the model.

        Args:
            X: (samples, features).
            y: (samples,) or (samples, outputs).
            kwargs: of the model's `fit`; they go before `fit_kwargs`.

        Returns:
            Itself, with `model_` and `history_`, the History.

        Raises:
            DataError: for a target of an unknown kind.
            NotBuiltError: for a model that is not compiled with a loss.
        """
        shape = np.shape(y) if isinstance(y, (list, tuple)) else getattr(y, "shape", ())
        X, y = validate_data(self, X, y, multi_output=self._several and len(shape) == 2 and shape[1] > 1)
        target = self._encode(y)
        if self.warm_start and hasattr(self, "model_"):
            model = self.model_
        elif isinstance(self.model, Model):
            model = self.model if self.warm_start else clone_model(self.model)
        else:
            model = self.model(X=X, y=target, **(self.model_kwargs or {}))
        if not model.compiled or not model.loss:
            raise NotBuiltError("Given model needs to be compiled, and have a loss and an optimizer.")
        self.history_ = model.fit(X, target, **{**(self.fit_kwargs or {}), **kwargs})
        self.model_ = model
        return self

    def _outputs(self, X: Any) -> Array:
        check_is_fitted(self)
        return self.model_.predict(validate_data(self, X, reset=False), verbose=0)

    def predict(self, X: Any) -> Array:
        """What the model says, in the shape (or as the classes) of the target that it was fitted to.

        Args:
            X: (samples, features).
        """
        return self._decode(self._outputs(X))

    def _encode(self, y: Array) -> Array:
        """The target as the model gets it: of two dimensions."""
        if type_of_target(y) == "unknown":
            raise DataError(f"Unknown label type for data: {y!r}")
        self._flat = y.ndim == 1
        return y.reshape(-1, 1) if self._flat else y

    def _decode(self, outputs: Array) -> Array:
        return outputs[:, 0] if self._flat and outputs.ndim == 2 and outputs.shape[1] == 1 else outputs


class SKLearnClassifier(ClassifierMixin, _Estimator):
    """A model as a classifier of scikit-learn; it is fitted to one column per class, also for two classes.

    Args:
        model: a compiled Model, which is copied before each `fit`, or a function (X, y, **model_kwargs) of the data
            that returns one.
        warm_start: whether `fit` goes on with the weights of the last.
        model_kwargs: dict of further arguments of the function.
        fit_kwargs: dict of arguments of the model's `fit`.

    Raises:
        ArgumentError: in `fit`, for targets that are not classes, and for one class alone.

    >>> import fastnn
    >>> def network(X, y):
    ...     model = fastnn.Sequential([fastnn.Input(X.shape[1:]),
    ...                                fastnn.layers.Dense(y.shape[1], activation="softmax")])
    ...     model.compile("adam", "categorical_crossentropy")
    ...     return model
    >>> x, labels = np.eye(3), np.array(["a", "b", "a"])
    >>> estimator = SKLearnClassifier(network, fit_kwargs={"epochs": 2, "verbose": 0}).fit(x, labels)
    >>> estimator.classes_.tolist(), estimator.predict(x).shape
    (['a', 'b'], (3,))
    """

    _several = False

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = True
        return tags

    def decision_function(self, X: Any) -> Array:
        """What the model says, a column per class.

        Args:
            X: (samples, features).
        """
        return self._outputs(X)

    def _encode(self, y: Array) -> Array:
        kind = type_of_target(y)
        if kind == "unknown":
            raise DataError(f"Unknown label type for data: {y!r}")
        if kind not in ("binary", "multiclass"):
            raise ArgumentError(f"Only binary and multiclass target types are supported. Target type: {kind}")
        self.classes_, indices = np.unique(y, return_inverse=True)
        if len(self.classes_) == 1:
            raise ArgumentError("Classifier can't train when only one class is present.")
        return np.eye(len(self.classes_))[indices]

    def _decode(self, outputs: Array) -> Array:
        return self.classes_[outputs.argmax(axis=1)]


class SKLearnRegressor(RegressorMixin, _Estimator):
    """A model as a regressor of scikit-learn.

    Args:
        model: a compiled Model, which is copied before each `fit`, or a function (X, y, **model_kwargs) of the data
            that returns one.
        warm_start: whether `fit` goes on with the weights of the last.
        model_kwargs: dict of further arguments of the function.
        fit_kwargs: dict of arguments of the model's `fit`.

    >>> import fastnn
    >>> model = fastnn.Sequential([fastnn.Input((2,)), fastnn.layers.Dense(1)])
    >>> model.compile("adam", "mse")
    >>> SKLearnRegressor(model, fit_kwargs={"verbose": 0}).fit(np.eye(2), np.ones(2)).predict(np.eye(2)).shape
    (2,)
    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True
        return tags


class SKLearnTransformer(TransformerMixin, _Estimator):
    """A model as a transformer of scikit-learn: what it says of X is X transformed.

    Args:
        model: a compiled Model, which is copied before each `fit`, or a function (X, y, **model_kwargs) of the data
            that returns one.
        warm_start: whether `fit` goes on with the weights of the last.
        model_kwargs: dict of further arguments of the function.
        fit_kwargs: dict of arguments of the model's `fit`.

    >>> import fastnn
    >>> model = fastnn.Sequential([fastnn.Input((2,)), fastnn.layers.Dense(3)])
    >>> model.compile("adam", "mse")
    >>> SKLearnTransformer(model, fit_kwargs={"verbose": 0}).fit(np.eye(2), np.ones((2, 3))).transform(np.eye(2)).shape
    (2, 3)
    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        return tags

    def transform(self, X: Any) -> Array:
        """What the model says.

        Args:
            X: (samples, features).
        """
        return self._outputs(X)
