"""What surrounds the batches of an epoch: callbacks, progress, flags that stop it, who takes results."""

import warnings

import numpy as np

from fastnn.core.frames import user_level
from fastnn.models.runs import STOP_FLAGS


class Round:
    """What surrounds the batches of one epoch of a source: callbacks, progress, flags that stop it, who takes results.

    listeners: a CallbackList or None.  results: what takes the outputs of each batch, `add(compiled step, rows)`, and
    gives what came since `mark()` as `last()`, or None.  metrics: the values of the metrics' variables where the epoch
    goes on, or None.  keeping: keeps checkpoints of the fit that this is a part of (see keeping.py), or None.

    Callbacks see an execution of `steps_per_execution` batches as one: its first number, and that of its last batch,
    also where the data ended before it.
    """

    def __init__(self, model, kind, listeners, results=None, metrics=None, keeping=None):
        self.model, self.kind, self.listeners, self.results = model, kind, listeners, results
        self.metrics, self.keeping = metrics, keeping
        self.flag, self.size, self.open = STOP_FLAGS[kind], getattr(model, "steps_per_execution", 1), False
        self.asks = kind == "train" and getattr(model.optimizer, "python_per_batch", False)
        self.called = listeners is not None and listeners.wants_batches(kind)
        self.each = self.called or self.asks or results is not None
        self.watched = listeners is not None and not self.called and listeners.wants_progress(kind)
        if listeners is not None:
            self._begin = getattr(listeners, f"on_{kind}_batch_begin")
            self._end = getattr(listeners, f"on_{kind}_batch_end")

    def ready(self):
        """The step is compiled, so the metrics have their variables: give them what was measured before."""
        if self.metrics is not None:
            variables = metric_variables(self.model)
            if [v.shape for v in variables] != [np.shape(value) for value in self.metrics]:
                warnings.warn(
                    "The model has other metrics than the run that it goes on from: in this epoch they "
                    "measure the batches that are left.",
                    UserWarning,
                    stacklevel=user_level(),
                )
                variables = []
            for variable, value in zip(variables, self.metrics):
                variable.assign(value)
            self.metrics = None

    def begin(self, step):
        """Before batch `step`."""
        if self.asks:  # a learning rate in plain Python is asked before every batch
            self.model.optimizer.refresh()
        if self.called and step % self.size == 0:
            self.open = True
            if self.results is not None:
                self.results.mark()
            self._begin(step)

    def most(self, batches):
        """How many of so many batches may run at once."""
        if self.each or self.stopped:  # where the end is asked for beforehand it comes after one batch, as in Keras
            return 1
        return batches if self.keeping is None or self.kind != "train" else self.keeping.left(batches)

    def done(self, step, compiled, rows, ran=1):
        """After batch `step`, the last of `ran`, where nobody asked for each."""
        if self.results is not None:
            self.results.add(compiled, rows)
        if self.called:
            if (step + 1) % self.size == 0:
                self._execution_is_over(step)
        elif self.watched:
            self.listeners.progress(self.kind, step, dict if self.kind == "predict" else self.model._logs)
        if self.keeping is not None:
            if self.kind == "train":
                self.keeping.after_batches(step + 1, ran)
            else:
                self.keeping.in_validation()

    def close(self, steps):
        """After the last batch, the `steps`-th: an execution that the data did not fill is over, too."""
        if self.open:
            self._execution_is_over(steps - steps % self.size + self.size - 1)

    def _execution_is_over(self, step):
        self.open = False
        self._end(step, self.model._logs() if self.results is None else {"outputs": self.results.last()})

    @property
    def stopped(self):
        """Whether a callback, a signal handler or another thread has asked for the end."""
        return getattr(self.model, self.flag, False)


def metric_variables(model):
    """The variables that hold what the steps of an epoch have measured so far."""
    return [v for m in model.metrics for v in m.variables]
