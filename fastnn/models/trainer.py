"""Trainer: compile, fit, evaluate, predict and their per-batch forms; what Model inherits."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

from fastnn import ops, optimizers
from fastnn.core import results, switches
from fastnn.core.arguments import near
from fastnn.core.errors import ArgumentError, NotBuiltError
from fastnn.core.types import Array, Logs, Structure, Tensor, open_signature
from fastnn.gradients import GradientTape
from fastnn.losses.compile_loss import CompileLoss
from fastnn.metrics.compile_metrics import CompileMetrics
from fastnn.metrics.reduction import Mean
from fastnn.models import checks, loop, on_batch, runs
from fastnn.models import data as adapter
from fastnn.models.direct import plan_of
from fastnn.models.intake import Intake
from fastnn.models.legacy import LegacyMethods
from fastnn.models.looks import Looks
from fastnn.models.measured import Measured
from fastnn.models.receipt import check_argument as check_receipt
from fastnn.models.step import update
from fastnn.models.step_functions import StepFunctions
from fastnn.utils.triples import unpack_x_y_sample_weight

if TYPE_CHECKING:
    from fastnn.callbacks.history import History
    from fastnn.optimizers.optimizer import Optimizer


class Trainer(StepFunctions, Intake, Measured, Looks, LegacyMethods):
    """The training interface of Keras's Model, on plans that run without Python between batches."""

    compiled = False
    losses: list[Any]
    dtype_policy: Any
    __call__: Callable[..., Any]

    # ------------------------------------------------------------------ compile
    def compile(
        self,
        optimizer: str | dict[str, Any] | Optimizer = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: bool | str = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Choose the optimizer, loss and metrics.

        optimizer: a name or Optimizer.  loss: a name, function (y_true, y_pred) of symbols, Loss, or a list or dict of
        those per output.  loss_weights: numbers per output.  metrics, weighted_metrics: names, functions or Metrics, as
        a list, or per output.  run_eagerly: whether steps run as Python, batch by batch, on Tensors that have values;
        the bits are those of compiled steps.  steps_per_execution: batches between two calls of callbacks.
        jit_compile: accepted as Keras's; steps are compiled anyway.  auto_scale_loss: whether mixed_float16 scales it.

        Raises UnknownNameError for names that do not exist and ArgumentError for structures that do not fit.

        >>> import fastnn
        >>> model = fastnn.Sequential([fastnn.Input((4,)), fastnn.layers.Dense(1)])
        >>> model.compile("sgd", "mse", metrics=["mae"])
        """
        checks.check_arguments(steps_per_execution=steps_per_execution)
        names = list(getattr(self, "output_names", None) or []) or None
        chosen = optimizers.get(optimizer)
        if auto_scale_loss and chosen is not None and self.dtype_policy.name == "mixed_float16":
            wrapped = isinstance(chosen, optimizers.LossScaleOptimizer)
            chosen = chosen if wrapped else optimizers.LossScaleOptimizer(chosen, name="loss_scale_optimizer")
            optimizer = chosen  # files hold the scale, whatever the default policy is where they are read
        compiled_loss = CompileLoss(loss, loss_weights, output_names=names) if loss is not None else None
        compiled_metrics = (
            CompileMetrics(metrics, weighted_metrics, output_names=names)
            if metrics is not None or weighted_metrics is not None
            else None
        )
        own = self._trainer()
        self.optimizer = chosen
        self.loss = loss
        self.stop_training = False
        self.run_eagerly, self.jit_compile, self.steps_per_execution = run_eagerly, jit_compile, steps_per_execution
        own.compile_loss, own.compile_metrics, own.metric_list = compiled_loss, compiled_metrics, None
        own.loss_tracker = Mean(name="loss", dtype="float64")
        own.compile_config = {"optimizer": optimizer, "loss": loss, "loss_weights": loss_weights, "metrics": metrics,
                              "weighted_metrics": weighted_metrics, "run_eagerly": run_eagerly,
                              "steps_per_execution": steps_per_execution, "jit_compile": jit_compile}  # fmt: skip
        self._forget_plans()
        self.compiled = True

    # ------------------------------------------------------------------ what a file keeps of a run
    def _random_position(self):
        """Where the random numbers are, as plain data: see step.Shared."""
        own = self._trainer()
        if not own.depth:  # a seed set since the last run holds for the next one, here and there
            own.shared.follow_seed()
        position = own.shared.position()
        if own.source is not None:  # inside fit: who goes on from here goes on with this call of fit
            position["fits"] = own.source.number
        return position

    def _set_random_position(self, position):
        """Go on where _random_position() was taken."""
        self._trainer().shared.set_position(position)

    def _keep_backups(self, path, when, keep, delete):
        """Keep checkpoints of the fit that begins; whether there is one to go on from (see Keeping.open)."""
        return self._trainer().keep(self).open(path, when, keep, delete=delete)

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

        Override it for steps of another kind.  It is traced once: Python in it runs when the step is compiled, not at
        every batch (with `run_eagerly=True`, at every batch).  Use `fastnn.ops`, `GradientTape` and
        `optimizer.apply(gradients, variables)`.
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
        """One step of evaluation on a batch of symbols; returns the logs.  See `train_step`."""
        x, y, weight = unpack_x_y_sample_weight(data)
        predicted = self(x, training=False)
        self._traced_loss(x, y, predicted, weight, False)
        return self.compute_metrics(x, y, predicted, weight)

    @open_signature
    def compute_metrics(self, x: Structure, y: Structure, y_pred: Structure, sample_weight: Structure = None) -> Logs:
        """Update the compiled metrics, inside a step; returns {name: result}."""
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

    def _need_compiled(self, what):
        if not self.compiled:
            raise NotBuiltError(f"You must call `compile()` before calling `{what}()`.")

    # ------------------------------------------------------------------ the public loops
    def fit(
        self,
        x: Structure = None,
        y: Structure = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool | str = True,
        class_weight: dict[int, float] | None = None,
        sample_weight: Structure = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int | Sequence[int] = 1,
        checkpoint: Any = None,
        resume: bool | str | PathLike[str] = "auto",
        receipt: bool | str | PathLike[str] | None = None,
        nan: str = "continue",
    ) -> History:
        """Train for epochs [initial_epoch, epochs); returns a History.

        x, y: arrays (n rows each), lists or dicts of arrays for several inputs or outputs; or x alone: a generator or
        PyDataset of batches (x, y[, sample_weight]).  batch_size: rows, 32 if None.  validation_split: the fraction
        of rows taken from the end, before shuffling.  class_weight: {class: weight}.  sample_weight: (n,) weights.
        receipt: True, or the path of a file to write: `history.receipt` then has digests of data, configuration and
        weights, which `fastnn verify` compares with another run; it costs a pass over the data, and in the first epoch
        a return to Python after every batch.  Without it `history.receipt` has what is known for nothing: versions,
        kernels, seed, steps, numbers.
        nan: what a step does whose loss or gradients are not finite: "continue" (as Keras; one warning says where),
        "stop" (NotFiniteError, weights as before), "raise" (that without a file), or "skip" (the step changes nothing).

        checkpoint: a folder, or a BackupAndRestore for other than a checkpoint after each epoch and each minute;
        SIGTERM then writes one, too, and ends the process with status 143.  resume: "auto": go on from the checkpoint
        in the folder, if there is one, with the bits of a run that was not broken off; a run that had come to its end
        returns at once.  True: there must be one.  False: begin anew.  A path: go on from that file or folder.

        Raises DataError, ShapeError or NotBuiltError before any weight has changed.  Ctrl-C stops after the batch in
        progress; the model and `model.history` are usable.
        """
        self._need_compiled("fit")
        checks.check_arguments(
            batch_size=batch_size,
            epochs=epochs,
            verbose=verbose,
            callbacks=callbacks,
            shuffle=shuffle,
            validation_split=validation_split,
            initial_epoch=initial_epoch,
            steps_per_epoch=steps_per_epoch,
            validation_steps=validation_steps,
            validation_batch_size=validation_batch_size,
            validation_freq=validation_freq,
            checkpoint=checkpoint,
            resume=resume,
            nan=nan,
        )
        check_receipt("receipt", receipt)
        epochs = switches.limited("epochs", epochs, switches.max_epochs())
        with runs.run(self, "train"), runs.Interruptible(self):
            return loop.fit(
                self,
                x,
                y,
                batch_size,
                epochs,
                verbose,
                callbacks,
                validation_split,
                validation_data,
                shuffle,
                class_weight,
                sample_weight,
                initial_epoch,
                steps_per_epoch,
                validation_steps,
                validation_batch_size,
                validation_freq,
                checkpoint,
                resume,
                receipt,
                nan,
            )

    def evaluate(
        self,
        x: Structure = None,
        y: Structure = None,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        sample_weight: Structure = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Loss and metrics on data, in inference mode: a number, a list (loss first), or a dict.

        Arguments as in `fit`.
        """
        if kwargs:
            raise ArgumentError(f"Arguments not recognized: {kwargs}{near(kwargs, Trainer.evaluate)}")
        self._need_compiled("evaluate")
        checks.check_arguments(batch_size=batch_size, verbose=verbose, steps=steps, callbacks=callbacks)
        with runs.run(self, "test"):
            logs = loop.evaluate(self, x, y, batch_size, verbose, sample_weight, steps, callbacks)
        return logs if return_dict else self._in_order(logs)

    def predict(
        self,
        x: Structure,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> Array | Any:
        """The model's outputs for every row of x, as NumPy arrays (in inference mode)."""
        checks.verbosity(verbose)
        if batch_size is not None or steps is not None or callbacks:
            checks.check_arguments(batch_size=batch_size, steps=steps, callbacks=callbacks)
        short = type(x) in results.ARRAYS and steps is None and not callbacks
        if short and not getattr(self, "run_eagerly", False) and x.ndim and 0 < len(x) <= (batch_size or 32):
            plan = plan_of(self, x, own_layers=False, said=True)
            if plan is not None:
                return plan(x)
        with runs.run(self, "predict"):
            return loop.predict(self, x, batch_size, verbose, steps, callbacks)

    def train_on_batch(
        self,
        x: Structure,
        y: Structure = None,
        sample_weight: Structure = None,
        class_weight: dict[int, float] | None = None,
        return_dict: bool = False,
        nan: str | None = None,
    ) -> Any:
        """One training step on one batch; returns the loss and metrics of that batch.

        nan: what the step does if its loss or gradients are not finite, as in `fit`; None: nobody looks.
        """
        self._need_compiled("train_on_batch")
        if nan is not None:
            checks.check_arguments(nan=nan)
        return on_batch.run(self, "train", x, y, sample_weight, class_weight, return_dict, nan)

    def test_on_batch(
        self, x: Structure, y: Structure = None, sample_weight: Structure = None, return_dict: bool = False
    ) -> Any:
        """Loss and metrics of one batch, in inference mode."""
        self._need_compiled("test_on_batch")
        return on_batch.run(self, "test", x, y, sample_weight, None, return_dict)

    def predict_on_batch(self, x: Structure) -> Array | Any:
        """The outputs for one batch, as NumPy arrays."""
        return results.plain(on_batch.predict(self, x))


def _training_argument(function, training):
    """{"training": training} for a compute_loss that takes it; those written for Keras before 3.3 do not."""
    parameters = inspect.signature(function).parameters.values()
    takes = any(p.name == "training" or p.kind == p.VAR_KEYWORD for p in parameters)
    return {"training": training} if takes else {}
