"""A linear support vector machine: a Dense layer, a hinge and a penalty, as an estimator of scikit-learn."""

import math
from typing import Any, Self

import numpy as np

from fastnn.core.extras import missing

try:
    from sklearn.base import BaseEstimator, ClassifierMixin
    from sklearn.utils import check_random_state
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError as error:
    raise missing("fastnn.vision.LinearSVM", "sklearn", "Version 1.6 or later is needed.") from error

from fastnn import layers, optimizers, regularizers
from fastnn.core.arguments import count, number
from fastnn.core.errors import ArgumentError
from fastnn.core.types import Array
from fastnn.layers import Input
from fastnn.models import Sequential

LOSSES = ("hinge", "squared_hinge")


class LinearSVM(ClassifierMixin, BaseEstimator):
    """A linear classifier with large margins, one class against the rest: what scikit-learn's LinearSVC minimises.

    For each class the weights w, b minimise (|w|^2 + b^2) / 2 + C * sum over rows of max(0, 1 - t (w x + b)) ^ p, with
    t = 1 for rows of the class and -1 for all others, p = 2 for "squared_hinge" and 1 for "hinge".  That is a Dense
    layer, trained by Adam with a learning rate that falls to 0, all classes at once.

    Args:
        C: weight of the errors against the penalty; positive.
        loss: "squared_hinge" or "hinge".
        fit_intercept: whether there is a b.
        steps: about how many batches are taken; more come nearer to the minimum.
        batch_size: rows of a batch.
        learning_rate: the first one.
        random_state: seed of the order of the rows; None for the process's.

    After `fit`: classes_, coef_ (classes, features) and intercept_ (classes,), of two classes one row; n_features_in_;
    model_, the Keras model.

    Raises:
        ArgumentError: in `fit`, for an argument out of its range or one class alone.
        ValueError: in `fit`, from scikit-learn, for data with NaN or of another shape.

    >>> x = np.array([[0.0], [1.0], [3.0], [4.0]])
    >>> LinearSVM(steps=200).fit(x, ["low", "low", "high", "high"]).predict([[0.5], [3.5]]).tolist()
    ['low', 'high']
    """

    def __init__(
        self,
        C: float = 1.0,
        loss: str = "squared_hinge",
        fit_intercept: bool = True,
        steps: int = 4000,
        batch_size: int = 64,
        learning_rate: float = 0.02,
        random_state: int | None = 0,
    ) -> None:
        self.C, self.loss, self.fit_intercept = C, loss, fit_intercept
        self.steps, self.batch_size, self.learning_rate = steps, batch_size, learning_rate
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Self:
        """Fit to rows and their classes; returns itself.

        Args:
            X: (rows, features) numbers.
            y: (rows,), the class of each row.
        """
        if not number("C", self.C, 0) > 0 or not number("learning_rate", self.learning_rate, 0) > 0:
            raise ArgumentError(
                f"LinearSVM: received C={self.C} and learning_rate={self.learning_rate}, expected positive numbers."
            )
        if self.loss not in LOSSES:
            raise ArgumentError(f"LinearSVM: received loss={self.loss!r}, expected 'squared_hinge' or 'hinge'.")
        steps, size = count("steps", self.steps), count("batch_size", self.batch_size)
        X, y = validate_data(self, X, y, dtype=(np.float32, np.float64))
        check_classification_targets(y)
        self.classes_, index = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ArgumentError(
                f"LinearSVM: Classifier can't train when only one class is present: {self.classes_.tolist()}."
            )
        outputs = len(self.classes_) if len(self.classes_) > 2 else 1
        targets = np.eye(outputs)[index] if outputs > 1 else index[:, None]
        targets = (2 * targets - 1).astype(X.dtype)
        # Keras takes the mean over classes and rows, so the penalty is divided by what the sum of errors is
        penalty = regularizers.L2(0.5 / (float(self.C) * len(X) * outputs))
        self.model_ = Sequential(
            [
                Input((X.shape[1],), dtype=X.dtype.name),
                layers.Dense(
                    outputs,
                    use_bias=bool(self.fit_intercept),
                    kernel_initializer="zeros",
                    kernel_regularizer=penalty,
                    bias_regularizer=penalty if self.fit_intercept else None,
                    dtype=X.dtype.name,
                ),
            ]
        )
        size = min(size, len(X))
        epochs = max(1, round(steps / math.ceil(len(X) / size)))
        falling = optimizers.schedules.CosineDecay(float(self.learning_rate), epochs * math.ceil(len(X) / size))
        self.model_.compile(optimizers.Adam(falling), self.loss)
        if self.random_state is not None:
            self.model_._trainer().shared.seed = int(check_random_state(self.random_state).randint(2**31))
        self.model_.fit(X, targets, batch_size=size, epochs=epochs, verbose=0)
        weights = self.model_.get_weights()
        self.coef_ = np.ascontiguousarray(weights[0].T)
        self.intercept_ = weights[1].copy() if self.fit_intercept else np.zeros(outputs, X.dtype)
        return self

    def decision_function(self, X: Any) -> Array:
        """w x + b: (rows, classes), or (rows,) of two classes, positive for the second one.

        Args:
            X: (rows, features) numbers.
        """
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=(np.float32, np.float64))
        scores = X @ self.coef_.T + self.intercept_
        return scores[:, 0] if len(self.classes_) == 2 else scores

    def predict(self, X: Any) -> Array:
        """The class of each row.

        Args:
            X: (rows, features) numbers.
        """
        scores = self.decision_function(X)
        return self.classes_[(scores > 0).astype(int) if scores.ndim == 1 else scores.argmax(axis=1)]
