"""Steps: the training, evaluation and prediction plans of a model, one set per kind of data.

A `Feed` is made for one signature (structure, row shapes and dtypes of x, y, sample_weight); it binds arrays to the
plans' data slots and keeps one program per batch size, all in the same memory.
"""
import weakref

import numpy as np

from fastnn.compiler import memory
from fastnn.compiler.lower import DataSlot
from fastnn.compiler.program import BATCH, ROW0, STEP, STOP, Arena, Program, new_state
from fastnn.core import config
from fastnn.core.memory import register_memory
from fastnn.graph import Trace, Variable, current, gradients
from fastnn.graph import variable as variables
from fastnn.models import own_step
from fastnn.models.data import batch_dtype, flatten, like

WORTH_GIVING_BACK = 1 << 20             # bytes of weights that leave memory behind when they move into a flat buffer


class Shared:
    """What all plans of one model share: the state block (with the step counter as a variable) and the arena."""

    def __init__(self):
        self.state, self.arena = new_state(), Arena()
        self.step = Variable(np.zeros((), np.int64), dtype="int64", trainable=False, name="step")
        self.step._array = self.state[STEP:STEP + 1].reshape(())


def signature(*structures):
    """Everything about data that a plan depends on, besides the batch size."""
    def of(s):
        if isinstance(s, dict):
            return ("d", *((k, of(v)) for k, v in s.items()))
        if isinstance(s, (list, tuple)):
            return ("l", *map(of, s))
        return None if s is None else (s.dtype.str, s.shape[1:])
    return tuple(map(of, structures))


def wanted_dtypes(model, x, n):
    """The dtypes that a model wants its n inputs in, None where it takes what comes."""
    known = model.input_dtypes(x) if hasattr(model, "input_dtypes") else None
    return [None] * n if known is None or len(known) != n else known


class Feed:
    """The plans of one kind ("train", "test", "predict") for data of one signature."""

    def __init__(self, model, kind, shared, x, y=None, weight=None, options=None):
        self._model = weakref.ref(model)        # the model holds its feeds: a circle would outlive `del model`
        self.kind, self.shared, self.options = kind, shared, options
        self.structure = x, y, weight
        leaves = [flatten(s) for s in self.structure]
        self.counts = [len(part) for part in leaves]
        self.arrays = [a for part in leaves for a in part]
        self.slots = [DataSlot(a.dtype.name) for a in self.arrays]
        wanted = wanted_dtypes(model, x, len(leaves[0]))
        self.dtypes = [batch_dtype(a, w) for a, w in zip(leaves[0], wanted)]
        self.dtypes += [batch_dtype(a) for part in leaves[1:] for a in part]
        self.shapes = [a.shape[1:] for a in self.arrays]
        self.programs, self.order = {}, None

    def bind(self, x, y=None, weight=None, order=None):
        """Take the rows of these arrays (checked, same signature) from now on, in `order` (int64 array or None)."""
        self.arrays = [a for s in (x, y, weight) for a in flatten(s)]
        self.order = None if order is None else register_memory(order)
        for slot, a in zip(self.slots, self.arrays):
            register_memory(a) if a.flags.c_contiguous else None
            slot.io[:] = a.ctypes.data, a.strides[0] if a.ndim else 0, len(a)
        self.reorder(order)

    def reorder(self, order):
        """Change the row order only."""
        self.order = order
        address = 0 if order is None else register_memory(order).ctypes.data
        for slot in self.slots:
            slot.index[0] = address

    def rewind(self):
        """Start at the first row."""
        model = self._model()
        model._trainer().kind = self.kind
        own_step.show_losses(model, self.kind)
        state = self.shared.state
        state[ROW0], state[BATCH], state[STOP] = 0, 0, 0

    def program(self, rows):
        """The program for batches of exactly `rows` rows."""
        key = self._key(rows)
        found = self.programs.get(key)
        if found is None:
            self.programs = {k: p for k, p in self.programs.items() if k[1:] == key[1:]}
            found = self._build(rows)
            key = self._key(rows)           # making it may have moved variables
            self.programs[key] = found
        return found

    def _key(self, rows):
        """What a program is kept under: it is made again when one of these has changed."""
        changes = getattr(getattr(self._model(), "optimizer", None), "changes", 0) if self.kind == "train" else 0
        return rows, variables.layout_version, config.version(), changes

    def _build(self, rows):
        model, kind = self._model(), self.kind
        prepared = _prepare_training(model) if kind == "train" else None
        with Trace(training=kind == "train") as trace:
            symbols = [trace.input((rows, *shape), dtype, f"{name}_{i}")
                       for i, (shape, dtype, name) in enumerate(zip(self.shapes, self.dtypes, self._names()))]
            parts, at = [], 0
            for s, n in zip(self.structure, self.counts):
                parts.append(None if s is None else like(s, symbols[at:at + n]))
                at += n
            x, y, weight = parts
            outputs = []
            if kind == "predict":
                self.result = model(x, training=False)
                outputs = flatten(self.result)
            else:
                own_step.run(model, kind, trace, x, y, weight, prepared)
                if kind == "train":
                    self.shared.step.assign_add(1)
        return Program(trace, outputs, dict(zip(symbols, self.slots)), state=self.shared.state, arena=self.shared.arena,
                       options=self.options)

    def _names(self):
        return [n for n, count in zip(("x", "y", "sample_weight"), self.counts) for _ in range(count)]

    def outputs_like(self, leaves):
        """Prediction arrays in the structure of the model's result."""
        return like(self.result, leaves)


def _prepare_training(model):
    """Flat buffers for the weights and optimizer slots; returns [(run, [slot pseudo-variables])]."""
    from fastnn.models.flat import runs_of, slot_run
    trainable = [v for v in model.trainable_variables if v.trainable]
    if not trainable:
        return []
    optimizer, moved = model.optimizer, sum(4 * v.size for v in trainable if v.owner is None)
    runs = runs_of(trainable)
    if moved > WORTH_GIVING_BACK:               # before slots are made: theirs are zeros that nobody has touched yet
        memory.give_back()
    optimizer.build(trainable)
    if not getattr(optimizer, "flat_slots_of", None):
        return [(run, None) for run in runs]
    out = []
    for run in runs:
        slots = optimizer.flat_slots_of(run.variables)
        out.append((run, None if slots is None else [slot_run(run, s) for s in slots]))
    if moved > WORTH_GIVING_BACK:
        memory.give_back()
    return out


def update(model, loss):
    """The gradients of a loss (a symbol of the active trace) and the optimizer's update of the model's weights."""
    trace = current()
    trainable = [v for v in model.trainable_variables if v.trainable]
    if not trainable or loss is None:
        return
    grads = gradients([model.optimizer.scale_loss(loss)], [trace.read(v) for v in trainable])
    model.optimizer.apply_traced(trace, grads, trainable, trace.extra["prepared"][1])
