"""MLPClassifier and MLPRegressor: scikit-learn's arguments and attributes on fastnn's training steps."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from fastnn.core.errors import ArgumentError
from fastnn.core.types import Array
from fastnn.sklearn.network import LOSSES, Network
from fastnn.sklearn.required import (
    ClassifierMixin,
    LabelBinarizer,
    RegressorMixin,
    accuracy_score,
    check_classification_targets,
    r2_score,
    type_of_target,
    unique_labels,
)


class MLPClassifier(ClassifierMixin, Network):
    """A network that classifies, with the arguments and attributes of `sklearn.neural_network.MLPClassifier`.

    Labels of one column are classes, of which there may be two or more; of several columns of 0 and 1 labels that hold
    at once. `model_` is the fastnn model.

    Args:
        hidden_layer_sizes: units of the hidden layers, one int for each.
        activation: of the hidden layers: "identity", "logistic", "tanh" or "relu".
        solver: "adam", "sgd", or "lbfgs", which takes all rows at once and float64: for small data.
        alpha: factor of the L2 penalty alpha / 2 |W|^2 / rows of a batch.
        batch_size: rows of a batch, "auto" for min(200, rows); not for "lbfgs".
        learning_rate: of "sgd": "constant", "invscaling" (learning_rate_init / t^power_t), or "adaptive" (a fifth,
            where the loss stands still).
        learning_rate_init: the first learning rate, of "adam" and "sgd".
        power_t: the exponent of "invscaling".
        max_iter: epochs at most; iterations of "lbfgs".
        shuffle: whether each epoch has an order of its own.
        random_state: an int, a RandomState of NumPy, or None: of initial weights, order and held-out rows.
        tol: training ends where the loss (or score) has not improved by so much for n_iter_no_change epochs.
        verbose: whether to print the loss of each epoch.
        warm_start: whether `fit` goes on with the weights of the last.
        momentum: of "sgd", in [0, 1).
        nesterovs_momentum: whether that is Nesterov's.
        early_stopping: whether to hold rows out and to stop by the score on them; not for "lbfgs".
        validation_fraction: the share of rows that is held out.
        beta_1, beta_2: of "adam": how much its means of gradients, and of their squares, keep, in [0, 1).
        epsilon: of "adam": added to the divisor.
        n_iter_no_change: epochs without improvement until training ends.
        max_fun: calls of the loss at most, of "lbfgs".

    Raises ArgumentError (a ValueError) in `fit`, for arguments and targets that it cannot take.

    >>> import numpy as np
    >>> x = np.random.default_rng(0).normal(size=(90, 2))
    >>> labels = np.where(x[:, 0] > 0, "right", "left")
    >>> MLPClassifier((16,), random_state=0, learning_rate_init=0.05, tol=1e-2).fit(x, labels).score(x, labels) > 0.9
    True
    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def _learn_classes(self, y, afresh, partial):
        check_classification_targets(y)
        if afresh:
            self._binarizer = LabelBinarizer().fit(y if not partial else self._given)
            self.classes_ = self._binarizer.classes_
            several = type_of_target(y).startswith("multilabel")
            self.out_activation_ = "softmax" if len(self.classes_) > 2 and not several else "logistic"
            self._loss = "categorical_crossentropy" if self.out_activation_ == "softmax" else "binary_crossentropy"
        elif not set(unique_labels(y)) <= set(self.classes_):
            raise ArgumentError(
                f"`y` has classes not in `self.classes_`: {sorted(set(unique_labels(y)) - set(self.classes_))}"
            )

    def _targets(self, y: Array) -> Array:
        return self._binarizer.transform(y)

    def _loss_scale(self, targets: Array) -> float:
        return float(targets.shape[1]) if self._loss == "binary_crossentropy" else 1.0  # scikit-learn sums over outputs

    def _score(self, X: Array, y: Array) -> float:
        return float(accuracy_score(y, self._classes(self.model_.predict(X.astype(np.float32), verbose=0))))

    def _classes(self, outputs: Array) -> Array:
        return self._binarizer.inverse_transform(outputs[:, 0] if self.n_outputs_ == 1 else outputs)

    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> Self:
        """One pass over the rows; returns itself.

        Args:
            X: (rows, features) numbers.
            y: (rows,) labels, or (rows, labels) of 0 and 1.
            classes: all that there will be, needed in the first call.

        Raises ArgumentError without them, AttributeError for the solver "lbfgs".
        """
        if self.solver == "lbfgs":
            raise AttributeError("partial_fit is only available for stochastic optimizers. 'lbfgs' is not stochastic.")
        first = not hasattr(self, "model_")
        if first:
            if classes is None:
                raise ArgumentError("classes must be passed on the first call to partial_fit.")
            self._given = np.unique(classes)
        return self._train(X, y, afresh=first, epochs=1, partial=True)

    def predict(self, X: Any) -> Array:
        """The class of each row, or a row of 0 and 1.

        Args:
            X: (rows, features) numbers.
        """
        return self._classes(self._outputs(X))

    def predict_proba(self, X: Any) -> Array:
        """The probability of each class, (rows, classes).

        Args:
            X: (rows, features) numbers.
        """
        outputs = self._outputs(X)
        return np.hstack([1 - outputs, outputs]) if outputs.shape[1] == 1 else outputs

    def predict_log_proba(self, X: Any) -> Array:
        """The logarithm of predict_proba.

        Args:
            X: (rows, features) numbers.
        """
        return np.log(self.predict_proba(X))


class MLPRegressor(RegressorMixin, Network):
    """A network that predicts numbers, with the arguments and attributes of `sklearn.neural_network.MLPRegressor`.
    `model_` is the fastnn model.

    Args:
        loss: "squared_error" or "poisson", for targets >= 0.
        hidden_layer_sizes: units of the hidden layers, one int for each.
        activation: of the hidden layers: "identity", "logistic", "tanh" or "relu".
        solver: "adam", "sgd", or "lbfgs", which takes all rows at once and float64: for small data.
        alpha: factor of the L2 penalty alpha / 2 |W|^2 / rows of a batch.
        batch_size: rows of a batch, "auto" for min(200, rows); not for "lbfgs".
        learning_rate: of "sgd": "constant", "invscaling" (learning_rate_init / t^power_t), or "adaptive" (a fifth,
            where the loss stands still).
        learning_rate_init: the first learning rate, of "adam" and "sgd".
        power_t: the exponent of "invscaling".
        max_iter: epochs at most; iterations of "lbfgs".
        shuffle: whether each epoch has an order of its own.
        random_state: an int, a RandomState of NumPy, or None: of initial weights, order and held-out rows.
        tol: training ends where the loss (or score) has not improved by so much for n_iter_no_change epochs.
        verbose: whether to print the loss of each epoch.
        warm_start: whether `fit` goes on with the weights of the last.
        momentum: of "sgd", in [0, 1).
        nesterovs_momentum: whether that is Nesterov's.
        early_stopping: whether to hold rows out and to stop by the score on them; not for "lbfgs".
        validation_fraction: the share of rows that is held out.
        beta_1, beta_2: of "adam": how much its means of gradients, and of their squares, keep, in [0, 1).
        epsilon: of "adam": added to the divisor.
        n_iter_no_change: epochs without improvement until training ends.
        max_fun: calls of the loss at most, of "lbfgs".

    Raises ArgumentError (a ValueError) in `fit`, for arguments and targets that it cannot take.

    >>> import numpy as np
    >>> x = np.random.default_rng(0).normal(size=(90, 2))
    >>> model = MLPRegressor(hidden_layer_sizes=(16,), solver="lbfgs", random_state=0)
    >>> model.fit(x, x[:, 0] * 2).score(x, x[:, 0] * 2) > 0.9
    True
    """

    def __init__(
        self,
        loss: str = "squared_error",
        hidden_layer_sizes: Any = (100,),
        activation: str = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: Any = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: int = 10,
        max_fun: int = 15000,
    ) -> None:
        self.loss = loss
        super().__init__(
            hidden_layer_sizes,
            activation,
            solver=solver,
            alpha=alpha,
            batch_size=batch_size,
            learning_rate=learning_rate,
            learning_rate_init=learning_rate_init,
            power_t=power_t,
            max_iter=max_iter,
            shuffle=shuffle,
            random_state=random_state,
            tol=tol,
            verbose=verbose,
            warm_start=warm_start,
            momentum=momentum,
            nesterovs_momentum=nesterovs_momentum,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            n_iter_no_change=n_iter_no_change,
            max_fun=max_fun,
        )

    def _learn_classes(self, y, afresh, partial):
        self.out_activation_, self._loss = LOSSES[self.loss]
        if self.loss == "poisson" and (y < 0).any():
            raise ArgumentError("Some value(s) of y are out of the valid range of the loss 'poisson'; expected y >= 0.")

    def _check(self):
        super()._check()
        if self.loss not in LOSSES:
            raise ArgumentError(f"loss: received {self.loss!r}, expected one of {', '.join(LOSSES)}.")

    def _targets(self, y: Array) -> Array:
        return y.reshape(len(y), -1)

    def _loss_scale(self, targets: Array) -> float:
        return 0.5 if self.loss == "squared_error" else 1.0  # half of the squared error

    def _score(self, X: Array, y: Array) -> float:
        return float(r2_score(y, self.model_.predict(X.astype(np.float32), verbose=0)))

    def partial_fit(self, X: Any, y: Any) -> Self:
        """One pass over the rows; returns itself.

        Args:
            X: (rows, features) numbers.
            y: (rows,) or (rows, outputs) numbers.

        Raises AttributeError for the solver "lbfgs".
        """
        if self.solver == "lbfgs":
            raise AttributeError("partial_fit is only available for stochastic optimizers. 'lbfgs' is not stochastic.")
        return self._train(X, y, afresh=not hasattr(self, "model_"), epochs=1, partial=True)

    def predict(self, X: Any) -> Array:
        """(rows,), or (rows, outputs).

        Args:
            X: (rows, features) numbers.
        """
        outputs = self._outputs(X)
        return outputs[:, 0] if outputs.shape[1] == 1 else outputs
