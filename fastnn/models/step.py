"""Steps: what a model does with a batch in training, evaluation and prediction, and what that leaves behind.

A step traces the model on symbols (`train_step`, `test_step`, or the model itself), compiles the trace, and keeps the
program for batches of the same shapes.  Python in a step runs when it is traced, not at every batch.  What users' steps
return are the logs: symbols (kept in variables that the tape assigns), numbers, and results of metrics, which are read
after the batch (metrics/deferred.py).
"""

import contextlib
import time
import weakref

import numpy as np

from fastnn.compiler import memory
from fastnn.compiler.program import Program
from fastnn.compiler.target import placed
from fastnn.core import changes, config, hooks, switches, turns
from fastnn.core.errors import ArgumentError, KernelError, NotSupportedError, asked
from fastnn.distribution import strategies as shares
from fastnn.graph import Symbol, Trace, Variable
from fastnn.graph import variable as variables
from fastnn.graph.lifetime import passing
from fastnn.graph.tensor import here
from fastnn.metrics.deferred import Later, results_later
from fastnn.models.data import flatten, like
from fastnn.models.eager_step import EagerProgram
from fastnn.models.feed import LEAF, Feed, signature, wanted_dtypes
from fastnn.models.flat import runs_of, slot_run
from fastnn.models.sharded import ShardedProgram
from fastnn.models.step_functions import has_own, step_function
from fastnn.runtime.abi import BATCH, NOT_FINITE, WATCH
from fastnn.utils.triples import pack_x_y_sample_weight

WORTH_GIVING_BACK = 1 << 20  # bytes of weights that leave memory behind when they move into a flat buffer
OBJECT_BYTES = 100_000  # of a program, besides what it counts itself: Python objects, measured


class CompiledStep:
    """A step compiled for batches of one shape.

    program: runs it.  feed: whose slots it reads.  version: see Step._version.  result: the structure of what predict
    returns.  logs: {name: Variable, Later or number} that a user's step returned, or None.  losses: variables with what
    add_loss added.
    """

    __slots__ = ("__weakref__", "bytes", "feed", "logs", "losses", "program", "result", "turn", "version")

    def __init__(self, program, feed, version, result, logs, losses):
        self.program, self.feed, self.version, self.turn = program, feed, version, 0
        self.result, self.logs, self.losses = result, logs, losses
        self.bytes = bytes_of(program)

    def outputs_like(self, leaves):
        """Prediction arrays in the structure of the model's result."""
        return like(self.result, leaves)

    def variables(self):
        """The variables that hold what a run has left behind."""
        found = [v.all_homes() if isinstance(v, Later) else [v] for v in (self.logs or {}).values()]
        return [v for part in found for v in part if isinstance(v, Variable)] + self.losses


class EagerStep(CompiledStep):
    """A step that runs as Python: what it gave and returned is the program's."""

    __slots__ = ()
    result = property(lambda self: self.program.result, lambda self, value: None)
    logs = property(
        lambda self: self.program.logs if has_own(self.program._model(), self.program.kind) else None,
        lambda self, value: None,
    )


class ShardedStep(CompiledStep):
    """A step on batches that are cut into shards."""

    __slots__ = ()


def bytes_of(program):
    """The bytes that a program takes, without the arena, about."""
    return OBJECT_BYTES + program.nbytes


class Step:
    """One kind of step of a model: "train", "test" or "predict".

    feeds: by signature, as long as somebody has them.  last: the CompiledStep that ran last, or None.  watch: the Watch
    of the run in progress, or None.  short: by shapes and dtypes of a batch (see on_batch.py).  asks: why it runs as
    Python, batch by batch, though nobody said `run_eagerly`: what asked for values while it was traced; or None.
    """

    def __init__(self, model, kind, shared):
        self._model = weakref.ref(model)  # the model holds its steps: a circle would outlive `del model`
        self.kind, self.shared = kind, shared
        self.feeds, self.last = weakref.WeakValueDictionary(), None
        self.watch, self.short, self.asks, self._weights = None, {}, None, (-1, ())

    def forget(self):
        """Drop all that was made: the model has changed."""
        self.feeds, self.last = weakref.WeakValueDictionary(), None
        self.short.clear()
        self.asks = None

    # ------------------------------------------------------------------ data
    def feed(self, x, y=None, weight=None, order=None):
        """The feed for these arrays (checked), which gives their rows in `order` from now on."""
        whole = order is None and len({len(a) for s in (x, y, weight) if s is not None for a in flatten(s)}) > 1
        key = signature(x, y, weight), config.floatx(), whole
        feed = self.feeds.get(key)
        if feed is None:
            model = self._model()
            model._ensure_built(x)
            feed = self.feeds[key] = Feed(key, wanted_dtypes(model, x, len(flatten(x))), x, y, weight, whole)
        return self.bind(feed, x, y, weight, order)

    def bind(self, feed, x, y=None, weight=None, order=None):
        """The feed, which gives the rows of these arrays from now on."""
        arrays = [a for s in (x, y, weight) if s is not None for a in flatten(s)]
        feed.point([a[None] for a in arrays] if feed.whole else arrays, order)
        if feed not in self.shared.bound:
            self.shared.bound.append(feed)
        return feed

    # ------------------------------------------------------------------ programs
    def compiled(self, feed, rows):
        """The CompiledStep for batches of exactly `rows` rows of the arrays that a feed has."""
        share = shares.share()
        programs = self.shared.programs
        key = self.kind, feed.key, rows, feed.shapes, share, self._trained() if self.kind == "train" else None
        found, version = programs.find(key), self._version()
        if found is None or found.version != version or found.feed is not feed:
            programs.drop(lambda k, old: k[0] == self.kind and old.version != version)
            found = self._compile(feed, rows, share)
            programs.put(key, found)
        return found

    def _trained(self):
        """Which weights a training step changes, found anew after a change of anything."""
        if self._weights[0] != changes.count:
            self._weights = changes.count, tuple(map(id, self._model().trainable_variables))
        return self._weights[1]

    def _version(self):
        """What a program is made again for when it has changed."""
        changes = getattr(getattr(self._model(), "optimizer", None), "changes", 0) if self.kind == "train" else 0
        return variables.layout_version, config.version(), self.shared.revision, changes

    def traced(self, trace, feed, rows, together=True):
        """Trace the step on a batch of so many rows; returns the input symbols, and what the model's method did.

        together: whether weights are put side by side first, which takes an optimizer that knows them all.
        """
        model, kind = self._model(), self.kind
        trace.seed, trace.extra["step"] = self.shared.seed, True
        trace.watch = self.shared.watch if kind == "train" else None
        symbols, values = feed.symbols(trace, rows)
        x, y, weight = feed.parts(values)
        if kind == "predict" and not has_own(model, kind):
            return symbols, model(x, training=False)
        at_once = kind == "train" and together
        updating = model.optimizer.through(side_by_side(model)) if at_once else contextlib.nullcontext()
        with updating, results_later():
            return symbols, step_function(model, kind)(iter([pack_x_y_sample_weight(x, y, weight)]))

    def _compile(self, feed, rows, share):
        model, kind = self._model(), self.kind
        if not self.is_python():
            try:
                if self._has_more_to_build():
                    self._build_all(feed, rows)
                if share is not None:
                    return self._sharded(model, feed, rows, share)
                return self._traced_step(model, kind, feed, rows)
            except Exception as error:
                self.asks = asked(error)
                if not self.asks:
                    raise
        if share is not None:
            raise NotSupportedError(
                "run_eagerly: a step that runs as Python, as one that asks for values does, takes whole batches; "
                f"DataParallel cuts them into {share.shards} shards. Leave run_eagerly out, or the distribution."
            )
        return EagerStep(EagerProgram(model, kind, self.shared, feed, rows), feed, self._version(), None, None, [])

    def _has_more_to_build(self):
        """Whether the step may make weights that the model's call has not made, as a layer in `compute_loss` does."""
        model = self._model()
        if self.kind != "train" or model.optimizer is None or model.optimizer.built:
            return False
        return any(not layer.built for layer in model._flatten_layers(include_self=False))

    @passing()
    def _build_all(self, feed, rows):
        """A trace that nobody runs: the optimizer is built with all that the step makes."""
        with Trace(training=True) as trace:
            self.traced(trace, feed, rows, together=False)

    def is_python(self):
        """Whether its Python runs at every batch."""
        return bool(getattr(self._model(), "run_eagerly", False) or switches.functions_run_eagerly() or self.asks)

    @passing()
    def _traced_step(self, model, kind, feed, rows):
        with Trace(training=kind == "train") as trace:
            symbols, found = self.traced(trace, feed, rows)
            outputs, (result, logs, losses) = self.left_behind(trace, found)
            self.shared.count_draws(kind, trace)
        program = Program(
            trace,
            outputs,
            dict(zip(symbols, feed.slots)),
            state=self.shared.states[kind],
            arena=self.shared.arena,
            options=placed(model._trainer().options),
        )
        return CompiledStep(program, feed, self._version(), result, logs, losses)  # tracing may move variables

    @passing()
    def _sharded(self, model, feed, rows, share):
        program = ShardedProgram(self, model, feed, rows, share)
        return ShardedStep(program, feed, self._version(), program.result, program.logs, program.losses)

    def left_behind(self, trace, found):
        """What a traced step leaves: (output symbols, (structure of the outputs, logs, variables of added losses))."""
        model, kind = self._model(), self.kind
        if kind == "predict":
            outputs = flatten(found)
            return outputs, (like(found, [LEAF] * len(outputs)), None, [])
        losses = [_home(trace, loss, f"added_loss_{i}") for i, loss in enumerate(trace.losses)]
        return [], (None, self._logs(model, trace, found) if has_own(model, kind) else None, losses)

    def flat_runs(self):
        """The model's weights side by side: see side_by_side."""
        return side_by_side(self._model())

    def _logs(self, model, trace, found):
        """What a user's step returned, symbols replaced by the variables that the tape leaves their values in."""
        if found is not None and not isinstance(found, dict):
            raise ArgumentError(
                f"{type(model).__name__}.{self.kind}_step returned {type(found).__name__}, "
                "expected a dict {name of the log: value}."
            )

        def home(value, name):
            if isinstance(value, Later):
                value.place(lambda part: home(part, name))
            is_symbol = isinstance(value, Symbol) or hasattr(value, "_fastnn_variable")
            return _home(trace, trace.symbol(value), name) if is_symbol else value

        return {name: home(value, name) for name, value in (found or {}).items()}

    # ------------------------------------------------------------------ running
    def begin(self, row=0):
        """Start at this row of the order."""
        self.shared.begin(self.kind, row)
        if self.kind == "train":
            self.shared.states["train"][WATCH] = self.watch is not None
        self.shared.kind = self.kind
        self.show_losses()

    def run(self, feed, rows, batches=1, deadline=0, on=False):
        """Run so many batches of so many rows of a feed; returns (the CompiledStep, how many ran: see Program.run).

        on: one batch, which may go on on a device until `settle`.

        A batch that ends at NaN or infinity is what the watch of the run makes of it (models/watch.py).
        """
        if here.log is not None:
            hooks.call("changing")
        while True:
            compiled = self.compiled(feed, rows)
            taken = turns.begin(compiled.program)
            try:
                if compiled.version[0] != variables.layout_version:
                    continue  # while it waited for its turn, another model has moved the weights of both
                self.use(compiled)
                if on and goes_on(compiled):
                    compiled.program.run_on(rows)
                    return compiled, 1
                return compiled, self._watched(compiled, rows, batches, deadline)
            finally:
                if taken:
                    turns.end()

    def guards(self):
        """Whether a batch with NaN or infinity has to leave everything as it was."""
        return self.watch is not None and self.watch.mode != "continue"

    def settle(self, compiled, rows):
        """The end of a batch that went on, while the feed has its rows."""
        try:
            compiled.program.settle()
        except KernelError as error:
            if error.status != NOT_FINITE:
                raise
        else:
            return
        with turns.turn(compiled.program.storage.variables, writes=True):
            self.watch.tripped(self, compiled, rows)
            if not self.shared.states[self.kind][BATCH]:  # it has not been left out
                self._watched(compiled, rows, 1, 0)

    def use(self, compiled):
        """This is what runs, or ran last."""
        if compiled is not self.last:
            self.last = compiled
            self.show_losses()

    def take(self, feed, rows):
        """The CompiledStep for such batches, as what runs next: for who walks it himself (see many.py)."""
        compiled = self.compiled(feed, rows)
        self.use(compiled)
        return compiled

    def _watched(self, compiled, rows, batches, deadline):
        """How many batches are done; those that failed at a guard are given to the watch."""
        state = self.shared.states[self.kind]
        first = int(state[BATCH])
        while True:
            done = int(state[BATCH]) - first
            try:
                return done + compiled.program.run(batches - done, rows, deadline)
            except KernelError as error:
                if error.status != NOT_FINITE:
                    raise
            self.watch.tripped(self, compiled, rows)
            done = int(state[BATCH]) - first
            if done == batches or (deadline and done and time.monotonic_ns() >= deadline):
                return done

    # ------------------------------------------------------------------ what it leaves behind
    def logs(self):
        """The logs of the last run: {name: number or array}; None where the model has no step of its own."""
        if self.last is None or self.last.logs is None:
            return None
        out = {}
        for name, value in self.last.logs.items():
            value = value.take() if isinstance(value, Later) else value
            out.update(value if isinstance(value, dict) else {name: value})
        return out

    def show_losses(self):
        """From now on `model.losses` speaks of this step, not of an earlier call."""
        if self.last is not None and self.last.losses:
            model = self._model()
            model._clear_losses()
            model._losses.extend(self.last.losses)


def goes_on(compiled):
    """Whether a batch of a CompiledStep may go on on a device while the host does something else."""
    return getattr(compiled.program, "device", None) is not None


def _home(trace, symbol, name):
    """A variable that the tape leaves a symbol's value in."""
    home = Variable(np.zeros(symbol.shape), dtype=symbol.dtype, trainable=False, name=name)
    trace.assign(home, symbol)
    return home


def side_by_side(model):
    """Flat buffers for the weights and optimizer slots; returns [(run, [slot pseudo-variables])]."""
    trainable = [v for v in model.trainable_variables if v.trainable]
    if not trainable:
        return []
    optimizer, moved = model.optimizer, sum(4 * v.size for v in trainable if v.owner is None)
    with turns.turn([*trainable, *optimizer.variables], writes=True):  # nobody copies what is half moved, half built
        runs = runs_of(trainable)
        if moved > WORTH_GIVING_BACK:  # before slots are made: theirs are zeros that nobody has touched yet
            memory.give_back()
        optimizer.build(trainable)
        out = []
        for run in runs:
            slots = optimizer.flat_slots_of(run.variables)
            out.append((run, None if slots is None else [slot_run(run, s) for s in slots]))
    if moved > WORTH_GIVING_BACK:
        memory.give_back()
    return out


def update(model, loss, tape):
    """The gradients of a loss that a tape recorded and the optimizer's update of the model's weights."""
    trainable = [v for v in model.trainable_variables if v.trainable]
    if trainable and loss is not None:
        model.optimizer.apply(tape.gradient(loss, trainable), trainable)
