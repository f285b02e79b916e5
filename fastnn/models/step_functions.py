"""The functions that steps are traced from, and that users override: predict_step, make_train_function and its kin."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

from fastnn.core.types import Structure, defined_in, open_signature
from fastnn.graph.stateless import StatelessScope
from fastnn.utils.triples import unpack_x_y_sample_weight

KINDS = ("train", "test", "predict")
HERE = ("fastnn.models.traced_steps", __name__)


def has_own(model: Any, kind: str) -> bool:
    """Whether a model has a step of its own for "train", "test" or "predict", by any of the ways there are."""
    names = [f"{kind}_step", f"make_{kind}_function"] + (["compute_metrics"] if kind != "predict" else [])
    replaced = any(name in model.__dict__ for name in (*names, f"{kind}_function"))
    return replaced or any(defined_in(type(model), name) not in HERE for name in names)


def sees_data(model: Any) -> bool:
    """Whether code of the user's own is shown batches as they were given: a step, compute_loss, compute_metrics."""
    return defined_in(type(model), "compute_loss") not in HERE or any(has_own(model, kind) for kind in KINDS)


def step_function(model: Any, kind: str) -> Callable[[Iterator[Any]], Any]:
    """The function of an iterator of batches that makes one step: what a user put there or makes, or the step itself.

    `make_*_function` returns it (Keras 2), or leaves it in an attribute (Keras 3).
    """
    name = f"{kind}_function"
    if name not in model.__dict__:
        made = getattr(model, f"make_{name}")()
        if name not in model.__dict__:
            return made
    return model.__dict__[name]


def _one_step(step: Callable[[Any], Any], iterator: Iterator[Any]) -> Any:
    return step(next(iterator))


class StepFunctions:
    """The part of a model that makes its steps.

    Whatever of it is overridden is traced: Python in it runs when a step is compiled, not at every batch.  An iterator
    gives one batch, of symbols.
    """

    train_step: Callable[[Any], Any]
    test_step: Callable[[Any], Any]
    compute_loss: Callable[..., Any]
    trainable_variables: Any
    non_trainable_variables: Any
    metrics_variables: Any
    __call__: Callable[..., Any]

    @open_signature
    def predict_step(self, data: Structure) -> Structure:
        """The outputs for a batch of symbols.

        Args:
            data: x, as packed by `fastnn.utils.pack_x_y_sample_weight`.
        """
        x, _, _ = unpack_x_y_sample_weight(data)
        return self(x, training=False)

    def make_train_function(self, force: bool = False) -> Callable[[Iterator[Any]], Any]:
        """The function of an iterator of batches that makes one step of training; override it or `train_step`.

        Args:
            force: whether to make it anew; Keras's argument: a step is made anew when it has to be.
        """
        return functools.partial(_one_step, self.train_step)

    def make_test_function(self, force: bool = False) -> Callable[[Iterator[Any]], Any]:
        """The function of an iterator of batches that makes one step of evaluation; override it or `test_step`.

        Args:
            force: whether to make it anew; Keras's argument: a step is made anew when it has to be.
        """
        return functools.partial(_one_step, self.test_step)

    def make_predict_function(self, force: bool = False) -> Callable[[Iterator[Any]], Any]:
        """The function of an iterator of batches that gives the outputs of one; override it or `predict_step`.

        Args:
            force: whether to make it anew; Keras's argument: a step is made anew when it has to be.
        """
        return functools.partial(_one_step, self.predict_step)

    def stateless_compute_loss(
        self,
        trainable_variables: Any,
        non_trainable_variables: Any,
        metrics_variables: Any,
        x: Structure = None,
        y: Structure = None,
        y_pred: Structure = None,
        sample_weight: Structure = None,
        training: bool = True,
    ) -> tuple[Any, tuple[Any, Any, Any]]:
        """The loss with other values of the model's variables, which stay as they are.

        Args:
            trainable_variables, non_trainable_variables, metrics_variables: values, in the order of the attributes of
                these names.
            x, y, y_pred, sample_weight, training: as of compute_loss.

        Returns (loss, (trainable variables, non-trainable variables, metrics' variables)), the last two as they are
        after it.
        """
        values = list(trainable_variables), list(non_trainable_variables), list(metrics_variables)
        own = self.trainable_variables, self.non_trainable_variables, self.metrics_variables
        with StatelessScope([pair for mine, given in zip(own, values) for pair in zip(mine, given)]):
            loss = self.compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, training=training)
            after = [[v.value for v in variables] for variables in own[1:]]
        return loss, (values[0], after[0], after[1])
