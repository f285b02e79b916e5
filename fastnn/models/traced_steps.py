"""train_step, test_step, compute_loss and compute_metrics: what a step of training or evaluation is traced from."""

from __future__ import annotations

import inspect
from typing import Any

from fastnn import ops
from fastnn.core.errors import NotBuiltError
from fastnn.core.types import Logs, Structure, Tensor, open_signature
from fastnn.gradients import GradientTape
from fastnn.models import data as adapter
from fastnn.models.measured import Measured
from fastnn.models.step import update
from fastnn.models.step_functions import StepFunctions
from fastnn.utils.triples import unpack_x_y_sample_weight


class TracedSteps(StepFunctions, Measured):
    """The part of a model that says what a step is; whatever of it is overridden is traced."""

    losses: list[Any]
    optimizer: Any

    @open_signature
    def compute_loss(
        self,
        x: Structure = None,
        y: Structure = None,
        y_pred: Structure = None,
        sample_weight: Structure = None,
        training: bool = True,
    ) -> Tensor:
        """The total loss (a symbol, inside the traced step): the compiled losses plus what layers added.

        Override it for losses that need more than (y, y_pred); use `fastnn.ops`.

        Args:
            x: the inputs of the batch, in the structure of the data.
            y: the targets of the batch, None without.
            y_pred: the outputs of the model.
            sample_weight: weights of the rows, None for equal ones.
            training: whether this is a step of training.

        Returns a float scalar. Raises NotBuiltError where there is no loss at all.
        """
        terms = []
        if self._compile_loss is not None:
            term = self._compile_loss(y, y_pred, sample_weight)
            if term is not None:
                terms.append(term)
        terms += [
            ops.sum(ops.cast(extra, "float32")) if getattr(extra, "shape", ()) else extra for extra in self.losses
        ]
        if not terms:
            raise NotBuiltError("No loss to compute: pass `loss=` in compile(), or add one with add_loss().")
        total = terms[0]
        for term in terms[1:]:
            total = ops.add(total, term)
        return total

    @open_signature
    def train_step(self, data: Structure) -> Logs:
        """One step on a batch of symbols: outputs, loss, gradients, update, metrics; returns {name: value}, the logs.

        Override it for steps of another kind. It is traced once: Python in it runs when the step is compiled, not at
        every batch (with `run_eagerly=True`, at every batch). Use `fastnn.ops`, `GradientTape` and
        `optimizer.apply(gradients, variables)`.

        Args:
            data: x, (x, y) or (x, y, sample_weight), as packed by `fastnn.utils.pack_x_y_sample_weight`.
        """
        x, y, weight = unpack_x_y_sample_weight(data)
        with GradientTape() as tape:
            predicted = self(x, training=True)
            loss = self._traced_loss(x, y, predicted, weight, True)
            scaled = None if loss is None or self.optimizer is None else self.optimizer.scale_loss(loss)
        update(self, scaled, tape)
        return self.compute_metrics(x, y, predicted, weight)

    @open_signature
    def test_step(self, data: Structure) -> Logs:
        """One step of evaluation on a batch of symbols; returns {name: value}, the logs. See `train_step`.

        Args:
            data: x, (x, y) or (x, y, sample_weight), as packed by `fastnn.utils.pack_x_y_sample_weight`.
        """
        x, y, weight = unpack_x_y_sample_weight(data)
        predicted = self(x, training=False)
        self._traced_loss(x, y, predicted, weight, False)
        return self.compute_metrics(x, y, predicted, weight)

    @open_signature
    def compute_metrics(self, x: Structure, y: Structure, y_pred: Structure, sample_weight: Structure = None) -> Logs:
        """Update the compiled metrics, inside a step; returns {name: result}, the loss among them.

        Args:
            x, y, y_pred: inputs, targets and outputs of the batch, as in `compute_loss`.
            sample_weight: weights of the rows, None for equal ones.
        """
        self._traced_metrics(x, y, y_pred, sample_weight)
        return self.get_metrics_result()

    def _traced_loss(self, x, y, y_pred, sample_weight, training):
        """compute_loss, with the running mean of the loss."""
        loss = self.compute_loss(
            x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, **_training_argument(self.compute_loss, training)
        )
        if loss is not None:
            leaf = adapter.flatten(x)[0]
            self._loss_tracker.update_state(loss, sample_weight=float(leaf.shape[0]))
        return loss

    def _traced_metrics(self, x, y, y_pred, sample_weight):
        if self._compile_metrics is not None and y is not None:
            self._compile_metrics.update_state(y, y_pred, sample_weight)


def _training_argument(function, training):
    """{"training": training} for a compute_loss that takes it; those written for Keras before 3.3 do not."""
    parameters = inspect.signature(function).parameters.values()
    takes = any(p.name == "training" or p.kind == p.VAR_KEYWORD for p in parameters)
    return {"training": training} if takes else {}
