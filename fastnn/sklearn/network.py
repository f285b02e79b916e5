"""What MLPClassifier and MLPRegressor have in common: arguments, training steps, stopping rules.

The steps are those of scikit-learn: its initial weights (Glorot, also of the intercepts), its penalty
alpha / 2 |W|^2 / rows of a batch, its Adam and SGD. Numbers are float32, with lbfgs float64; shuffles and initial
weights are drawn from `random_state` in another order, so that results are alike, not equal.
"""

from __future__ import annotations

import warnings
from typing import Any, Self

import numpy as np

from fastnn import initializers, layers, optimizers, regularizers
from fastnn.core.arguments import count, number
from fastnn.core.errors import ArgumentError
from fastnn.core.types import Array
from fastnn.models import Sequential
from fastnn.sklearn.minimum import minimize
from fastnn.sklearn.required import (
    BaseEstimator,
    ClassifierMixin,
    ConvergenceWarning,
    DataConversionWarning,
    check_is_fitted,
    check_random_state,
    train_test_split,
    validate_data,
)

ACTIVATIONS = {"identity": "linear", "logistic": "sigmoid", "tanh": "tanh", "relu": "relu"}
LOSSES = {"squared_error": ("identity", "mean_squared_error"), "poisson": ("exponential", "poisson")}
LEAST_RATE = 1e-6  # where learning_rate="adaptive" gives up
CHOICES = {
    "activation": tuple(ACTIVATIONS),
    "solver": ("adam", "sgd", "lbfgs"),
    "learning_rate": ("constant", "invscaling", "adaptive"),
}


class Network(BaseEstimator):
    """What both have: arguments, training, stopping."""

    out_activation_: str
    _loss: str

    def __init__(
        self,
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
        self.hidden_layer_sizes, self.activation, self.solver, self.alpha = (
            hidden_layer_sizes,
            activation,
            solver,
            alpha,
        )
        self.batch_size, self.learning_rate, self.learning_rate_init = batch_size, learning_rate, learning_rate_init
        self.power_t, self.max_iter, self.shuffle, self.random_state = power_t, max_iter, shuffle, random_state
        self.tol, self.verbose, self.warm_start, self.momentum = tol, verbose, warm_start, momentum
        self.nesterovs_momentum, self.early_stopping = nesterovs_momentum, early_stopping
        self.validation_fraction, self.beta_1, self.beta_2, self.epsilon = validation_fraction, beta_1, beta_2, epsilon
        self.n_iter_no_change, self.max_fun = n_iter_no_change, max_fun

    # ---- what the kinds say
    def _targets(self, y: Array) -> Array:
        raise NotImplementedError

    def _score(self, X: Array, y: Array) -> float:
        raise NotImplementedError

    # ---- training
    def fit(self, X: Any, y: Any) -> Self:
        """Train until `tol` or `max_iter`; returns itself.

        Args:
            X: (rows, features) numbers.
            y: (rows,) or (rows, outputs).

        Raises ArgumentError for arguments and targets that it cannot take.
        """
        return self._train(X, y, afresh=not (self.warm_start and hasattr(self, "model_")), epochs=self.max_iter)

    def _train(self, X, y, afresh, epochs, partial=False):
        self._check()
        X, y = validate_data(self, X, y, multi_output=True, dtype=(np.float64, np.float32), reset=afresh)
        if y.ndim == 2 and y.shape[1] == 1:
            warnings.warn(
                "A column-vector y was passed when a 1d array was expected.", DataConversionWarning, stacklevel=4
            )
            y = y.ravel()
        kind = np.float64 if self.solver == "lbfgs" else np.float32
        # whatever the targets are is learned from all of them, before any are held out
        self._learn_classes(y, afresh, partial)
        X_val = y_val = None
        if self.early_stopping and not partial and self.solver != "lbfgs":
            X, X_val, y, y_val = self._hold_out(X, y)
        X, targets = np.ascontiguousarray(X, kind), np.ascontiguousarray(self._targets(y), kind)
        batch = min(200, len(X)) if self.batch_size == "auto" else min(count("batch_size", self.batch_size), len(X))
        if afresh:
            self._random = check_random_state(self.random_state)
            self._build(X.shape[1], targets.shape[1], batch, np.dtype(kind).name)
        if self.solver == "lbfgs":
            self.n_iter_, self.loss_ = minimize(
                self.model_, X, targets, self.alpha, self.max_iter, self.max_fun, self.tol
            )
            self.loss_curve_, self.best_loss_ = [self.loss_], self.loss_
        else:
            self._epochs(X, targets, X_val, y_val, batch, epochs, partial)
        return self

    def _build(self, features, outputs, batch, dtype):
        sizes = np.atleast_1d(np.asarray(self.hidden_layer_sizes, object)).tolist()
        if not all(isinstance(n, (int, np.integer)) and n > 0 for n in sizes):
            raise ArgumentError(f"hidden_layer_sizes must be > 0, got {sizes}.")
        model, width = Sequential([layers.Input((features,))]), features
        final = ACTIVATIONS.get(self.out_activation_, self.out_activation_)
        for n, activation in [*((n, ACTIVATIONS[self.activation]) for n in sizes), (outputs, final)]:
            bound = float(np.sqrt((2.0 if self.activation == "logistic" else 6.0) / (width + n)))
            kernel, bias = (
                initializers.RandomUniform(-bound, bound, seed=int(self._random.randint(2**31))) for _ in range(2)
            )
            penalty = regularizers.L2(self.alpha / (2 * batch)) if self.alpha and self.solver != "lbfgs" else None
            model.add(layers.Dense(int(n), activation, kernel_initializer=kernel, bias_initializer=bias,
                                   kernel_regularizer=penalty, dtype=dtype))  # fmt: skip
            width = n
        adam = self.solver == "adam"
        model.compile(
            optimizers.Adam(self.learning_rate_init, self.beta_1, self.beta_2, self.epsilon)
            if adam
            else optimizers.SGD(self.learning_rate_init, self.momentum, self.nesterovs_momentum and self.momentum > 0),
            self._loss,
        )
        self.model_, self.t_, self.n_iter_, self.loss_curve_ = model, 0, 0, []
        self.best_loss_, self._waited = np.inf, 0
        self.validation_scores_, self.best_validation_score_ = ([], -np.inf) if self.early_stopping else (None, None)
        self.n_outputs_, self.n_layers_ = outputs, len(sizes) + 2

    def _epochs(self, X, targets, X_val, y_val, batch, epochs, partial):
        best, rate = None, self.learning_rate_init
        if not partial:
            self.n_iter_, self._waited = 0, 0
        for _ in range(epochs):
            if self.solver == "sgd" and self.learning_rate == "invscaling":
                self.model_.optimizer.learning_rate = self.learning_rate_init / (self.t_ + 1) ** self.power_t
            if self.shuffle:
                order = self._random.permutation(len(X))
                history = self.model_.fit(X[order], targets[order], batch, verbose=0, shuffle=False)
            else:
                history = self.model_.fit(X, targets, batch, verbose=0, shuffle=False)
            self.loss_ = float(history.history["loss"][0]) * self._loss_scale(targets)
            if not np.isfinite(self.loss_):
                raise ArgumentError(
                    f"{type(self).__name__}: the loss is {self.loss_} in iteration {self.n_iter_ + 1}; use a smaller "
                    "learning_rate_init, or scale X."
                )
            self.loss_curve_.append(self.loss_)
            self.n_iter_ += 1
            self.t_ += len(X)
            if self.verbose:
                print(f"Iteration {self.n_iter_}, loss = {self.loss_:.8f}")  # noqa: T201 - scikit-learn's words
            if X_val is not None:
                score = self._score(X_val, y_val)
                self.validation_scores_.append(score)
                better, enough = score > self.best_validation_score_, score >= self.best_validation_score_ + self.tol
                if better:
                    self.best_validation_score_, best = score, self.model_.get_weights()
            else:
                enough = self.loss_ <= self.best_loss_ - self.tol
            self.best_loss_ = min(self.best_loss_, self.loss_)
            self._waited = 0 if enough else self._waited + 1
            if self._waited > self.n_iter_no_change:
                if self.solver == "sgd" and self.learning_rate == "adaptive" and rate > LEAST_RATE:
                    rate, self._waited = rate / 5, 0
                    self.model_.optimizer.learning_rate = rate
                    continue
                break
        else:
            if not partial:
                warnings.warn(
                    f"Stochastic Optimizer: Maximum iterations ({self.max_iter}) reached and the optimization hasn't "
                    "converged yet.",
                    ConvergenceWarning,
                    stacklevel=4,
                )
        if best is not None:
            self.model_.set_weights(best)

    def _hold_out(self, X, y):
        labels = y if isinstance(self, ClassifierMixin) and y.ndim == 1 else None
        return train_test_split(
            X,
            y,
            test_size=self.validation_fraction,
            random_state=check_random_state(self.random_state),
            stratify=labels,
        )

    def _check(self):
        for name, among in CHOICES.items():
            if getattr(self, name) not in among:
                raise ArgumentError(f"{name}: received {getattr(self, name)!r}, expected one of {', '.join(among)}.")
        count("max_iter", self.max_iter)
        number("alpha", self.alpha, 0)
        number("learning_rate_init", self.learning_rate_init, 0)
        number("validation_fraction", self.validation_fraction, 0, 1)

    def _outputs(self, X: Any) -> Array:
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=(np.float64, np.float32))
        return self.model_.predict(np.ascontiguousarray(X, self.model_.inputs[0].dtype), verbose=0)

    @property
    def coefs_(self) -> list[Array]:
        """The weight matrices, (inputs, units) each."""
        return [layer.kernel.numpy() for layer in self.model_.layers]

    @property
    def intercepts_(self) -> list[Array]:
        """The biases, (units,) each."""
        return [layer.bias.numpy() for layer in self.model_.layers]
