"""Trainer: compile, fit, evaluate, predict; what Model inherits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

from fastnn import optimizers
from fastnn.core import results, switches
from fastnn.core.arguments import near
from fastnn.core.errors import ArgumentError, NotBuiltError
from fastnn.core.types import Array, Structure
from fastnn.losses.compile_loss import CompileLoss
from fastnn.metrics.compile_metrics import CompileMetrics
from fastnn.metrics.reduction import Mean
from fastnn.models import checks, loop, runs
from fastnn.models.direct import plan_of
from fastnn.models.intake import Intake
from fastnn.models.legacy import LegacyMethods
from fastnn.models.looks import Looks
from fastnn.models.on_batch import OnBatch
from fastnn.models.receipt import check_argument as check_receipt
from fastnn.models.step_functions import has_own
from fastnn.models.traced_steps import TracedSteps
from fastnn.saving.step_writer import StepWriter

if TYPE_CHECKING:
    from fastnn.callbacks.history import History
    from fastnn.optimizers.optimizer import Optimizer


class Trainer(OnBatch, TracedSteps, Intake, Looks, LegacyMethods):
    """The training interface of Keras's Model, on plans that run without Python between batches."""

    compiled, loss = False, None
    run_eagerly, jit_compile, steps_per_execution = False, True, 1
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
        """Choose the optimizer, the loss and the metrics: what `fit` needs to know besides data.

        Args:
            optimizer: a name ("adam", "sgd", ...), an Optimizer, or a config of one.
            loss: what training makes small: a name, a function (y_true, y_pred) of symbols, or a Loss; for several
                outputs a list in their order or a dict by their names, in which None stands for no loss. None: only
                what layers add.
            loss_weights: a number for each output, in a list or dict, by which its loss is multiplied; 1 if None.
            metrics: what is shown besides: a list of names, functions (y_true, y_pred) and Metrics; for several outputs
                a list of those for each, or a dict by their names. "accuracy" is the one that fits labels and output.
            weighted_metrics: the same, but weighted with sample_weight and class_weight.
            run_eagerly: whether steps run as Python, batch by batch, on Tensors that have values (to look into a step
                of your own); the bits are those of compiled steps, the time is not.
            steps_per_execution: batches between two calls of callbacks for batches, an int >= 1.
            jit_compile: Keras's argument; steps are compiled anyway.
            auto_scale_loss: whether the optimizer scales the loss under the policy "mixed_float16", so that small
                gradients are not lost: it becomes a LossScaleOptimizer.

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

    def _keep_steps(self, path, most, background):
        """A writer of numbered checkpoints of this model."""
        return StepWriter(self, path, most, background)

    def _need_compiled(self, what):
        if not self.compiled:
            raise NotBuiltError(f"You must call `compile()` before calling `{what}()`.")
        if what in ("fit", "train_on_batch") and self.optimizer is None and not has_own(self, "train"):
            raise ArgumentError(f"compile() was called with optimizer=None: `{what}()` needs one, as optimizer='adam'.")

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
        """Train for the epochs [initial_epoch, epochs); returns a History, whose `history` has the logs of each epoch.

        Args:
            x: arrays with one row for each sample (NumPy's, data frames, lists, SciPy's sparse matrices), a list or
                dict of them for several inputs; or what yields batches (x, y[, sample_weight]): a generator, a
                PyDataset, a Dataset, an iterable.
            y: the targets, one row for each row of x, likewise for several outputs; None where x yields batches, or the
                loss needs none.
            batch_size: rows of a step, 32 if None; not for what yields batches.
            epochs: number of the epoch to stop before, counted from 0; without initial_epoch how many.
            verbose: 0 nothing, 1 or "auto" a progress bar, 2 a line for each epoch.
            callbacks: a Callback, a list of them, or a CallbackList; None for none.
            validation_split: share of the rows, in [0, 1), taken from the end before shuffling, that is evaluated after
                each epoch and not trained on; for arrays.
            validation_data: what is evaluated after each epoch: (x, y), (x, y, sample_weight), or what yields such
                batches; goes before validation_split.
            shuffle: True for another order of the rows in each epoch (of a PyDataset, of its batches); "batch" only
                mixes rows inside of each batch; False keeps the order. Of generators the order stays.
            class_weight: {class: weight}, by which the loss of rows of a class is multiplied; for one output, not with
                sample_weight.
            sample_weight: weights of the rows in the loss, (n,), or (n, steps); likewise for several outputs.
            initial_epoch: number of the first epoch, to go on with an earlier training.
            steps_per_epoch: batches of an epoch; None for all there are. A source without end needs it.
            validation_steps: batches of a validation; None for all there are.
            validation_batch_size: rows of a step of validation; batch_size if None.
            validation_freq: an int: validation after every so many epochs; a list: after these epochs, counted from 1.
            checkpoint: a folder in which the state of the whole run is kept, after each epoch and each minute; or a
                BackupAndRestore for other times. SIGTERM then writes it, too, and ends the process with status 143.
            resume: "auto": go on from the checkpoint in the folder, if there is one, with the bits of a run that was
                not broken off; a run that had come to its end returns at once. True: there must be one. False: begin
                anew. A path: go on from that file or folder.
            receipt: True, or the path of a file to write: `history.receipt` then has digests of data, configuration and
                weights, which `fastnn verify` compares with another run; it costs a pass over the data, and in the
                first epoch a return to Python after every batch. Without it `history.receipt` has what is known for
                nothing: versions, kernels, seed, steps, numbers.
            nan: what a step does whose loss or gradients are not finite: "continue" (as Keras; one warning says where),
                "stop" (NotFiniteError, weights as before, and a file that replays the step), "raise" (that without a
                file), or "skip" (the step changes nothing).

        Raises DataError, ShapeError, ArgumentError or NotBuiltError before any weight has changed. Ctrl-C stops after
        the batch in progress; the model and `model.history` are usable.

        >>> import numpy as np
        >>> import fastnn
        >>> model = fastnn.Sequential([fastnn.Input((4,)), fastnn.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> history = model.fit(np.ones((8, 4)), np.ones((8, 1)), epochs=3, validation_split=0.25, verbose=0)
        >>> sorted(history.history), len(history.history["loss"])
        (['loss', 'val_loss'], 3)
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
        """Loss and metrics on data, in inference mode.

        Args:
            x: arrays, or what yields batches, as in `fit`.
            y: the targets, as in `fit`.
            batch_size: rows of a step, 32 if None; it changes the time, not the result but for rounding.
            verbose: 0 nothing, 1 or "auto" a progress bar, 2 a line at the end.
            sample_weight: weights of the rows, as in `fit`.
            steps: batches to look at; None for all there are.
            callbacks: a Callback, a list of them, or a CallbackList; None for none.
            return_dict: whether to return {name: number}, in place of the numbers.
            kwargs: none is known: Keras's way to say so.

        Returns a number (the loss), a list (the loss first, then as `metrics_names` says), or a dict. Raises what `fit`
        raises.

        >>> import numpy as np
        >>> import fastnn
        >>> model = fastnn.Sequential([fastnn.Input((2,)), fastnn.layers.Dense(1, kernel_initializer="zeros")])
        >>> model.compile("sgd", "mse", metrics=["mae"])
        >>> model.evaluate(np.ones((8, 2)), np.ones((8, 1)), verbose=0, return_dict=True)
        {'loss': 1.0, 'mae': 1.0}
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
        """The model's outputs for every row of x, in inference mode.

        Args:
            x: arrays with one row for each sample, a list or dict of them for several inputs; or what yields batches.
            batch_size: rows of a step, 32 if None; it changes the time and the memory.
            verbose: 0 nothing, 1 a progress bar, 2 a line at the end; "auto": a bar where there is more than one batch.
            steps: batches to predict; None for all there are.
            callbacks: a Callback, a list of them, or a CallbackList; None for none.

        Returns NumPy arrays with as many rows as x, in the structure of the outputs. Raises DataError and ShapeError.

        >>> import numpy as np
        >>> import fastnn
        >>> model = fastnn.Sequential([fastnn.Input((2,)), fastnn.layers.Dense(3)])
        >>> model.predict(np.ones((5, 2)), verbose=0).shape
        (5, 3)
        """
        checks.verbosity(verbose)
        if batch_size is not None or steps is not None or callbacks:
            checks.check_arguments(batch_size=batch_size, steps=steps, callbacks=callbacks)
        short = type(x) in results.ARRAYS and steps is None and not callbacks and verbose in (0, "auto")
        if short and not getattr(self, "run_eagerly", False) and x.ndim and 0 < len(x) <= (batch_size or 32):
            plan = plan_of(self, x, own_layers=False, said=True)
            if plan is not None:
                return plan(x)
        with runs.run(self, "predict"):
            return loop.predict(self, x, batch_size, verbose, steps, callbacks)
