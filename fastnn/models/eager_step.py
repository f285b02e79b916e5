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
from fastnn.core.errors import ArgumentError
from fastnn.core.locks import lock
from fastnn.core.turns import whole
from fastnn.graph.tensor import Tensor, known
from fastnn.models.data import flatten, like
from fastnn.models.feed import LEAF
from fastnn.models.step_functions import has_own, step_function
from fastnn.runtime.abi import BATCH, ROW0, STEP, STOP
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
        model = self._model()
        variables = [*model.variables, *(v for m in model.metrics for v in m.variables)]
        if self.kind == "train" and model.optimizer is not None:
            variables += model.optimizer.variables
        return frozenset(), frozenset(whole(v._host) for v in variables)

    def hurry(self):
        """Somebody waits for the variables: end the run after the step in progress."""
        self.state[STOP] = 1

    # ------------------------------------------------------------------ running
    def run(self, batches=1, rows=0, deadline_ns=0, profile=None):
        """Run so many batches; returns how many were done.  See Program.run."""
        self.state[STOP], done = 0, 0
        while done < batches:
            self._batch()
            self.state[ROW0] += rows
            self.state[BATCH] += 1
            done += 1
            if self.state[STOP] or (deadline_ns and time.monotonic_ns() >= deadline_ns):
                break
        return done

    def _batch(self):
        feed, model, first = self._feed(), self._model(), int(self.state[ROW0])
        chosen = slice(first, first + self.rows) if feed.order is None else feed.order[first : first + self.rows]
        chosen = 0 if feed.whole else chosen  # arrays of different lengths are one batch
        values = [Tensor.of(_as(a[chosen], dtype)) for a, dtype in zip(feed.arrays, feed.dtypes)]
        x, y, weight = feed.parts(values)
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


def _as(array, dtype):
    """Rows in the dtype that the model wants them in, in memory of their own."""
    return np.array(array, dtypes.numpy_type(dtype))
