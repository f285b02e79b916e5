"""Steps that run as Python, batch by batch: what `compile(run_eagerly=True)` asks for, and steps that ask for values.

What layers, losses and a `train_step` get are Tensors with values: prints, debuggers, `if` and NumPy see them.  What is
called gathers and runs as plans (compiler/gather.py), so the bits are those of the compiled step.
"""

import sys
import time
import weakref

import numpy as np

from fastnn.compiler.gather import session
from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError, KernelError
from fastnn.core.locks import lock
from fastnn.core.turns import whole
from fastnn.graph.tensor import Tensor, known
from fastnn.models.data import flatten, like
from fastnn.models.feed import LEAF
from fastnn.models.step_functions import has_own, step_function
from fastnn.optimizers.optimizer import Optimizer
from fastnn.runtime.abi import BATCH, NOT_FINITE, ROW0, STEP, STOP, WATCH
from fastnn.utils.triples import pack_x_y_sample_weight

_said: list[bool] = []


def say_once(verbose, asked=False):
    """Say in a line on the error stream, once in a process, that steps run as Python.

    verbose: 0 for silence.  asked: whether nobody said so, but the step asks for values.
    """
    if verbose and not _said:
        _said.append(True)
        why = ", as the step asks for values" if asked else ""
        sys.stderr.write(f"fit runs eagerly{why}: Python and its values at every batch, slower than compiled steps.\n")


class EagerProgram:
    """In the place of a Program: runs the Python of a model's step on each batch of `rows` rows of a feed.

    outputs: what predict gave for the last batch, result: its structure.  logs: what a step of the user's own returned.
    """

    nbytes = arena_bytes = 0

    def __init__(self, model, kind, shared, feed, rows):
        self._model, self.kind, self.shared, self.rows = weakref.ref(model), kind, shared, rows
        self._feed, self.state, self.lock = weakref.ref(feed), shared.states[kind], lock()
        self.outputs, self.result, self.logs = [], None, {}

    # ------------------------------------------------------------------ taking turns (see core/turns.py)
    def touched(self):
        """(what it reads, what it writes) of variables."""
        return frozenset(), frozenset(whole(v._host) for v in self._variables())

    def _variables(self):
        model = self._model()
        variables = [*model.variables, *(v for m in model.metrics for v in m.variables)]
        if self.kind == "train":
            variables += [v for optimizer in self._optimizers() for v in optimizer.variables]
        return variables

    def _optimizers(self):
        """The model's optimizer, and those that a step of its own uses."""
        model = self._model()
        held = [v for v in vars(model).values() if isinstance(v, Optimizer)]
        return list({id(o): o for o in (model.optimizer, *held) if o is not None}.values())

    def hurry(self):
        """Somebody waits for the variables: end the run after the step in progress."""
        self.state[STOP] = 1

    # ------------------------------------------------------------------ running
    def run(self, batches=1, rows=0, deadline_ns=0, profile=None):
        """Run so many batches; returns how many were done.  See Program.run.

        Raises KernelError with NOT_FINITE, and everything as before the batch, where fit was told to leave out, or to
        stop at, steps that have NaN or infinity.
        """
        self.state[STOP], done = 0, 0
        guarded = self.kind == "train" and bool(self.state[WATCH]) and self._model()._trainer().steps["train"].guards()
        while done < batches:
            if guarded:
                self._guarded()
            else:
                self._batch()
            self.state[ROW0] += rows
            self.state[BATCH] += 1
            done += 1
            if self.state[STOP] or (deadline_ns and time.monotonic_ns() >= deadline_ns):
                break
        return done

    def _values(self):
        """(x, y, weight) of the next batch."""
        feed, first = self._feed(), int(self.state[ROW0])
        chosen = slice(first, first + self.rows) if feed.order is None else feed.order[first : first + self.rows]
        chosen = 0 if feed.whole else chosen  # arrays of different lengths are one batch
        return feed.parts([Tensor.of(_as(a[chosen], dtype)) for a, dtype in zip(feed.arrays, feed.dtypes)])

    def _guarded(self):
        """A batch after which nothing has changed if it had NaN or infinity: the loss or what it left is not finite."""
        model, step = self._model(), int(self.state[STEP])
        if not model.built and not has_own(model, "train"):
            x, _, _ = self._values()
            model(x, training=False)  # what is made in the batch would have no values to go back to
        kept, logs = {id(v): (v, np.array(v)) for v in self._variables()}, self.logs
        self._batch()
        tracker = model._loss_tracker
        lasting = [*model.variables, *(v for optimizer in self._optimizers() for v in optimizer.variables)]
        ended = [*lasting, *(() if tracker is None else tracker.variables)]
        good = all(_finite(np.asarray(v)) or (id(v) in kept and not _finite(kept[id(v)][1])) for v in ended)
        if good and all(_finite(np.asarray(value)) for name, value in self.logs.items() if name == "loss"):
            return
        for v, old in kept.values():
            v.assign(old)
        for metric in model.metrics:
            if any(id(v) not in kept for v in metric.variables):  # made in this batch
                metric.reset_state()
        for optimizer in self._optimizers():
            made = [k for k, v in enumerate(optimizer.variables) if id(v) not in kept]
            if made:  # as a new one has them
                new = type(optimizer).from_config(optimizer.get_config())
                new.build(optimizer._trainable_variables)
                for k in made:
                    optimizer.variables[k].assign(new.variables[k])
        self.state[STEP], self.logs = step, logs
        raise KernelError("A step of training has NaN or infinity.", NOT_FINITE)

    def _batch(self):
        model, (x, y, weight) = self._model(), self._values()
        counts = {"seed": self.shared.seed}
        with session(int(self.state[STEP]), counts):
            data = pack_x_y_sample_weight(x, y, weight)
            if self.kind == "predict" and not has_own(model, self.kind):
                found = model(x, training=False)
            else:
                found = step_function(model, self.kind)(iter([data]))
        if self.kind == "predict":
            leaves = flatten(found)
            self.outputs = [np.asarray(known(leaf)) for leaf in leaves]
            self.result = like(found, [LEAF] * len(leaves))
        elif has_own(model, self.kind):
            if found is not None and not isinstance(found, dict):
                raise ArgumentError(
                    f"{type(model).__name__}.{self.kind}_step returned {type(found).__name__}, expected a dict "
                    "{name of the log: value}."
                )
            self.logs = {name: known(value) for name, value in (found or {}).items()}
        if self.kind == "train" or len(counts) > 1:
            self.state[STEP] += 1


def _finite(array):
    kind = array.dtype.kind  # V: of bfloat16
    return kind not in "fcV" or bool(np.isfinite(array.astype(np.float32) if kind == "V" else array).all())


def _as(array, dtype):
    """Rows in the dtype that the model wants them in, in memory of their own."""
    return np.array(array, dtypes.numpy_type(dtype))
