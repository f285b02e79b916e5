"""Steps: the training, evaluation and prediction plans of a model, one set per kind of data.

A `Feed` is made for one signature (structure, row shapes and dtypes of x, y, sample_weight); it binds arrays to the
plans' data slots and keeps one program per batch size, all in the same memory.
"""
import weakref

from fastnn.compiler import memory
from fastnn.compiler.lower import DataSlot
from fastnn.compiler.program import Program
from fastnn.core import config
from fastnn.core.jit import MODE
from fastnn.core.memory import register_memory
from fastnn.graph import Trace, Variable, current, gradients
from fastnn.graph import variable as variables
from fastnn.models import own_step
from fastnn.models.data import batch_dtype, flatten, like
from fastnn.runtime.abi import BATCH, ROW0, STEP, STOP
from fastnn.runtime.bind import Arena, new_state

FIRST_STEP = {"train": 0, "test": 1 << 62, "predict": -(1 << 62)}
_LEAF = object()                        # stands for an array
WORTH_GIVING_BACK = 1 << 20             # bytes of weights that leave memory behind when they move into a flat buffer


class Shared:
    """What all plans of one model share: the arena, a state block for each kind of step, and its random streams.

    Random numbers are a function of (seed, stream, call, step).  `steps` counts steps of each kind, as variables in the
    state blocks; the kinds count in ranges of their own, so an evaluation neither repeats numbers of the training nor
    moves them.  `fits` counts calls of fit: the rows of each are in another order.
    """

    def __init__(self):
        self.arena = Arena()
        self.states = {kind: new_state() for kind in FIRST_STEP}
        self.steps = {kind: Variable.over(state[STEP:STEP + 1].reshape(()), name="step")
                      for kind, state in self.states.items()}
        self.seed, self.fits, self._seedings = config.seed(), 0, config.seedings()
        self.revision = 0                       # of seed and streams: plans hold them
        self._start(FIRST_STEP)

    def _start(self, kinds):
        for kind in kinds:
            self.states[kind][STEP] = FIRST_STEP[kind]

    def follow_seed(self):
        """Take the process-wide seed where it has been set since; what does not train starts again with it.

        Returns the revision that plans must be of.
        """
        if self._seedings != config.seedings():
            self.revision += self.seed != config.seed()
            self.seed, self.fits, self._seedings = config.seed(), 0, config.seedings()
            self._start(("test", "predict"))
        return self.revision

    def position(self):
        """Where the random numbers are: {"seed", "fits", "train", "test", "predict"} of ints."""
        return {"seed": self.seed, "fits": self.fits,
                **{kind: int(state[STEP]) - FIRST_STEP[kind] for kind, state in self.states.items()}}

    def set_position(self, position):
        """Go on where `position()` was taken."""
        self.seed, self.fits, self._seedings = position["seed"], position["fits"], config.seedings()
        self.revision += 1
        for kind, state in self.states.items():
            state[STEP] = position[kind] + FIRST_STEP[kind]

    def next_fit(self):
        """The number of a call of fit that begins."""
        self.fits += 1
        return self.fits - 1

    def count_draws(self, kind, trace):
        """Let each run of the plan of a trace draw new numbers, if it draws any; a training step always counts."""
        if kind == "train" or any(node.op.draws for node in trace.nodes):
            self.steps[kind].assign_add(1)

    def places(self):
        """How far each kind has come in its rows."""
        return {kind: state[[ROW0, BATCH, STOP]] for kind, state in self.states.items()}

    def go_to(self, places):
        """Put back what places() returned."""
        for kind, words in places.items():
            self.states[kind][[ROW0, BATCH, STOP]] = words


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
        leaves = [flatten(s) for s in (x, y, weight)]
        # what the data look like, without the arrays, which would stay alive with the plans
        self.structure = [None if s is None else like(s, [_LEAF] * len(part))
                          for s, part in zip((x, y, weight), leaves)]
        self.counts = [len(part) for part in leaves]
        self.arrays = []
        self.slots = [DataSlot(a.dtype.name) for part in leaves for a in part]
        wanted = wanted_dtypes(model, x, len(leaves[0]))
        self.dtypes = [batch_dtype(a, w) for a, w in zip(leaves[0], wanted)]
        self.dtypes += [batch_dtype(a) for part in leaves[1:] for a in part]
        self.shapes = [a.shape[1:] for part in leaves for a in part]
        self.programs, self.order = {}, None

    def bind(self, x, y=None, weight=None, order=None):
        """Take the rows of these arrays (checked, same signature) from now on, in `order` (int64 array or None)."""
        self.point([a for s in (x, y, weight) for a in flatten(s)], order)
        bound = self._model()._trainer().bound
        if self not in bound:
            bound.append(self)

    def point(self, arrays, order=None):
        """Take the rows of these arrays, one for each slot, in `order`."""
        self.arrays = arrays
        for slot, a in zip(self.slots, arrays):
            if a.flags.c_contiguous:
                _known(a)
            slot.io[:] = a.ctypes.data, a.strides[0] if a.ndim else 0, len(a)
        self.reorder(order)

    def release(self):
        """Let the arrays go; a plan must be bound again before it runs."""
        self.arrays, self.order = [], None

    def reorder(self, order):
        """Change the row order only."""
        self.order = order
        address = 0 if order is None else _known(order).ctypes.data
        for slot in self.slots:
            slot.index[0] = address

    def rewind(self, row=0):
        """Start at this row of the order."""
        model = self._model()
        model._trainer().kind = self.kind
        own_step.show_losses(model, self.kind)
        state = self.shared.states[self.kind]
        state[ROW0], state[BATCH], state[STOP] = row, 0, 0

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
        return rows, variables.layout_version, config.version(), self.shared.revision, changes

    def _build(self, rows):
        model, kind = self._model(), self.kind
        prepared = _prepare_training(model) if kind == "train" else None
        with Trace(training=kind == "train") as trace:
            trace.seed = self.shared.seed
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
            self.shared.count_draws(kind, trace)
        return Program(trace, outputs, dict(zip(symbols, self.slots)), state=self.shared.states[kind],
                       arena=self.shared.arena, options=self.options)

    def _names(self):
        return [n for n, count in zip(("x", "y", "sample_weight"), self.counts) for _ in range(count)]

    def outputs_like(self, leaves):
        """Prediction arrays in the structure of the model's result."""
        return like(self.result, leaves)


def _known(array):
    """An array that kernels may read, where their pointers are checked."""
    return register_memory(array) if MODE == "python" else array


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
