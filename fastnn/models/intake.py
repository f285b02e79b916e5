"""What users pass as data becomes checked arrays, before anything is changed."""

from typing import Any

from fastnn.core.errors import ArgumentError, DataError, asked
from fastnn.core.types import Structure, defined_in
from fastnn.layers.gathered import own_code
from fastnn.layers.tracking import structure_version
from fastnn.models import checks
from fastnn.models import data as adapter
from fastnn.models.check import CheckReport, check
from fastnn.models.feed import wanted_dtypes
from fastnn.models.training_state import TrainingState


class Intake:
    """The part of a model that takes data in."""

    def _trainer(self):
        """The trainer's own state, made on first use (models need not call Trainer.__init__)."""
        own = self.__dict__.get("_training_state")
        if own is None:
            own = TrainingState(self)
            object.__setattr__(self, "_training_state", own)
        return own

    def check(
        self,
        x: Structure = None,
        y: Structure = None,
        batch_size: int | None = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
    ) -> CheckReport:
        """Look at data and model before training: what is most likely a mistake, with what to do about it.

        Looked at are ranges, NaN, constant columns, the balance and order of classes, labels against loss and output,
        activations of the last layers, rows that are in both training and validation data, a last batch of one row,
        layers that are dead before the first step; memory and time of a step are predicted.  Weights and state stay.

        Args:
            x, y, batch_size, validation_split, validation_data: as `fit` gets them. Of a source of batches the first
                few are looked at. Without data only the model is.

        Returns a CheckReport: `.ok`, `.findings` (id, level, reason, advice), `.facts`, str().
        """
        return check(self, x, y, batch_size, validation_split, validation_data)

    def _forget_plans(self):
        """Drop every plan: the layers changed."""
        own = self.__dict__.get("_training_state")
        if own is not None:
            own.forget()

    def _arrays(self, x, y, sample_weight, class_weight=None, what="fit", batch=False):
        """Checked (x, y, weights); raises before anything is changed.

        batch: they are one batch, whose arrays may have different numbers of rows where a step of one's own takes it,
        or where the inputs have: atoms, bonds and molecules.
        """
        if x is None and self.__dict__.get("_fixed") is None:
            raise DataError("No data: received x=None; expected arrays, a generator or a PyDataset.")
        if self._shows_data():  # as it was given; the model's call puts it in the order of the inputs
            x = adapter.convert(adapter.sorted_keys(x), "x")
            taken = self._standard_x(x, quiet=True)
        else:
            x = taken = adapter.convert(self._standard_x(x), "x")
        y = adapter.convert(adapter.sorted_keys(y), "y")
        sample_weight = adapter.convert(adapter.sorted_keys(sample_weight), "sample_weight")
        if class_weight is not None:
            if sample_weight is not None:
                raise ArgumentError("You cannot `class_weight` and `sample_weight` at the same time.")
            targets = adapter.flatten(y)
            if len(targets) != 1:
                raise ArgumentError(
                    "`class_weight` is only supported for Models with a single output. "
                    f"Received {len(targets)} targets; use sample_weight instead."
                )
            sample_weight = adapter.class_weights(targets[0], class_weight, checks.sparse_labels(self, targets[0]))
        named = [(n, s) for n, s in (("x", x), ("y", y), ("sample_weight", sample_weight)) if s is not None]
        if batch and (self._steps_itself(what) or len({len(a) for a in adapter.flatten(x)}) > 1):
            for one in (a for _, s in named for a in adapter.flatten(s)):
                adapter.row_count(("x", one))
        else:
            adapter.row_count(*named)
        self._ensure_built(x)  # a model knows its outputs and tables from then on
        checks.check_indices(self._index_inputs(), taken)
        checks.check_fit(taken, wanted_dtypes(self, taken, len(adapter.flatten(taken))))
        adapter.check_finite(named, only_overflow=what == "predict")
        if what != "predict" and y is not None and not self._steps_itself(what):  # else who knows what y is
            checks.check_labels(self, y)
        return x, y, sample_weight

    def _steps_itself(self, kind):
        """Whether a step of this kind ("train", "test", "predict") is the user's own."""
        return not defined_in(type(self), f"{kind}_step").startswith("fastnn.")

    def _shows_data(self):
        """Whether a step or a loss of the user's own may look at the data before the model takes its inputs."""
        return False

    def _standard_x(self, x, quiet=False):
        """Dicts in the order of their keys; models with named inputs have an order of their own (see Functional)."""
        return adapter.sorted_keys(x)

    def _index_inputs(self):
        """See checks.index_inputs; found once for a structure of the model."""
        own, stamp = self._trainer(), structure_version()
        if own.index_inputs is None or own.index_inputs[0] != stamp:
            own.index_inputs = stamp, checks.index_inputs(self)
        return own.index_inputs[1]

    def _ensure_built(self, x):
        """Create the weights of a model that has seen no data yet."""
        if getattr(self, "built", False) and not hasattr(self, "_build_from_data"):
            return
        if getattr(self, "run_eagerly", False) and not own_code(self):
            return  # the first step builds it: Python that asks for values cannot be traced
        build = getattr(self, "_build_from_data", None)
        if build is not None:
            try:
                build(x)
            except Exception as error:
                asks = asked(error)
                for step in self._trainer().steps.values() if asks else ():
                    step.asks = asks  # the first step builds it, likewise
                # `call` may not take what the data begins with: a step of one's own need not call it so
                if not (asks or self._steps_itself("train") or self._steps_itself("test")):
                    raise
