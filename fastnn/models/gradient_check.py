"""model.check_gradients(): the gradients of the tape against numeric ones, in float64, variable by variable.

The step is traced as for training, and its graph, loss and gradients, is made once more in float64
(compiler/retype.py). The same calls run on the same kernels' source, so whatever a user's layer or loss does to a
gradient is in it.  The loss is then measured beside the weights, along directions, with everything else held: the
numbers of random layers, and what `stop_gradient` was given.

A central difference at two step sizes gives the slope (Richardson's extrapolation).  Where the loss has a kink on the
way (a relu at 0, a tie of a max), the two differ, or the slopes of the two sides do: then steps become smaller, and at
last the weights are moved a little.  A direction along which the loss is nowhere smooth is a kink, not a fault.
"""

from typing import NamedTuple

import numpy as np

from fastnn.compiler.graph import Graph
from fastnn.compiler.program import Program
from fastnn.compiler.retype import Retyped, unrolled_for
from fastnn.core import dtypes
from fastnn.core.arguments import count
from fastnn.core.errors import ArgumentError, DataError, GradientError, NotBuiltError
from fastnn.core.memory import register_memory
from fastnn.graph import Trace, gradients
from fastnn.graph.lifetime import passing
from fastnn.graph.node import CONSTANT, INPUT, VARIABLE
from fastnn.models import runs
from fastnn.models.data import flatten
from fastnn.models.feed import Feed, signature, wanted_dtypes
from fastnn.runtime.abi import STEP
from fastnn.runtime.bind import new_state

STEPS = (1e-3, 1e-4, 1e-5, 1e-6, 1e-7)  # lengths of a step along a direction of length 1
MOVES = (0.0, 1e-3, 1e-2)  # how far the weights are moved where they stand on kinks
ROUNDING = 256 * 2.0**-52  # of a loss, relative: sums of many terms
SMALL = 8  # elements up to which each is a direction of its own
STOPS = ("stop_gradient",)
OK, WRONG, KINK, STOPPED, UNUSED = "ok", "wrong", "kink", "stopped", "unused"


class Checked(NamedTuple):
    """What the audit found of one variable.

    path: of the variable.  layer: the path of what holds it.  shape: its.  gradient: the length of the tape's gradient.
    error: the largest difference along a direction, relative to the slope there, or to the smallest slope that rounding
    lets one see; infinite where the gradient holds NaN.  status: "ok", "wrong", "kink" (no direction was smooth),
    "stopped" (only stop_gradient and the like lead to it), "unused" (the loss does not depend on it).  directions: how
    many were smooth; kinks: how many were not.
    """

    path: str
    layer: str
    shape: tuple[int, ...]
    gradient: float
    error: float
    status: str
    directions: int
    kinks: int


class GradientReport:
    """What `model.check_gradients` found.

    rows: a `Checked` for each trainable variable.  loss: of the batch, in float64.  tolerance: errors up to it are
    none.  suspects: names of layers whose own gradient is wrong, where a variable's is.  str() is a table.

    >>> import fastnn, numpy as np
    >>> model = fastnn.Sequential([fastnn.Input((3,)), fastnn.layers.Dense(2, activation="tanh")])
    >>> model.compile("sgd", "mse")
    >>> report = model.check_gradients(np.ones((4, 3)), np.zeros((4, 2)))
    >>> report.ok, [row.path.split("/")[-1] for row in report.rows]
    (True, ['kernel', 'bias'])
    """

    def __init__(self, rows: list[Checked], loss: float, tolerance: float, suspects: list[str]) -> None:
        self.rows, self.loss, self.tolerance, self.suspects = rows, loss, tolerance, suspects

    @property
    def errors(self) -> list[Checked]:
        """The rows of variables whose gradient is wrong."""
        return [row for row in self.rows if row.status == WRONG]

    @property
    def ok(self) -> bool:
        """Whether no gradient is wrong."""
        return not self.errors

    def raise_for_errors(self) -> "GradientReport":
        """Raise GradientError, with the table, if a gradient is wrong; returns the report otherwise."""
        if not self.ok:
            raise GradientError(f"{self._verdict()}\n{self.table()}")
        return self

    def table(self) -> str:
        """One line for each variable."""
        paths, shapes = (max(len(str(r[i])) for r in self.rows) for i in (0, 2))
        lines = [f"{'variable':{paths}} {'shape':>{shapes}} {'|gradient|':>11} {'error':>9}  result"]
        for r in self.rows:
            smooth = f"{r.status}, {r.directions} directions" + (f", {r.kinks} on kinks" if r.kinks else "")
            lines.append(f"{r.path:{paths}} {r.shape!s:>{shapes}} {r.gradient:11.4g} {r.error:9.1e}  {smooth}")
        return "\n".join(lines)

    def _verdict(self) -> str:
        if self.ok:
            return f"The gradients of {len(self.rows)} variables agree with numeric ones (loss {self.loss:.6g})."
        where = f" The gradient of {', '.join(map(repr, self.suspects))} is to be looked at." if self.suspects else ""
        return (
            f"The gradients of {len(self.errors)} of {len(self.rows)} variables differ from numeric ones by more than "
            f"{self.tolerance:g} of them.{where}"
        )

    def __str__(self) -> str:
        return f"{self._verdict()}\n{self.table()}"

    __repr__ = __str__


@passing()
def check_gradients(model, x, y, sample_weight, directions, tolerance, seed) -> GradientReport:
    """See Trainer.check_gradients."""
    directions = count("directions", directions)
    if not 0 < tolerance < 1:
        raise ArgumentError(f"check_gradients: received tolerance={tolerance!r}; expected a number between 0 and 1.")
    data = model._arrays(x, y, sample_weight)
    with runs.run(model):
        variables = [v for v in model.trainable_variables if v.trainable]
        if not variables:
            raise NotBuiltError(f"check_gradients: the model '{model.name}' has no trainable variable.")
        audit = _Audit(model, data, variables, np.random.default_rng(seed), directions, tolerance)
        rows = audit.variables()
        wrong = any(row.status == WRONG for row in rows)
        return GradientReport(rows, audit.loss, tolerance, audit.suspects(rows) if wrong else [])


class _Audit:
    """One audit of a model on a batch of checked arrays."""

    def __init__(self, model, data, variables, rng, directions, tolerance):
        self.model, self.data, self.watched = model, data, variables
        self.rng, self.directions, self.tolerance = rng, directions, tolerance
        self.state = new_state()
        self.state[STEP] = model._trainer().shared.states["train"][STEP]
        self.values = {}  # of what programs read: {Variable or symbol: array}
        self._trace([])

    # ------------------------------------------------------------------ programs
    def _trace(self, between):
        """Trace the step; between: numbers of the symbols whose gradients are wanted besides those of variables."""
        model, variables = self.model, self.watched
        feed = Feed(signature(*self.data), wanted_dtypes(model, self.data[0], len(flatten(self.data[0]))), *self.data)
        feed.point([a for s in self.data if s is not None for a in flatten(s)])
        with Trace(training=True) as trace:
            trace.seed = model._trainer().shared.seed
            inputs, values = feed.symbols(trace, len(feed.arrays[0]))
            x, y, weight = feed.parts(values)
            loss = model._traced_loss(x, y, model(x, training=True), weight, True)
            reads = [trace.read(v) for v in variables]
            crossing = _crossing(trace, loss)
            self.crossing = [(i, readers) for i, (_, readers) in enumerate(crossing)]
            wanted = [crossing[i][0] for i in between]
            found = gradients([loss], reads + wanted)
        has = [g for g in found if g is not None]
        graph = unrolled_for(Graph.of(trace, [loss, *wanted, *has]), STOPS)
        self.stops = [n.output for n in graph.nodes if n.op.name in STOPS and dtypes.is_float(n.output.dtype)]
        self.of_loss, self.between = graph.outputs[0], graph.outputs[1 : 1 + len(wanted)]
        self.graph, self.has = graph, [g is not None for g in found]
        self.inputs = dict(zip(inputs, feed.arrays))
        self.kept = [*self.between, *self.stops]
        self.whole = self._program(Retyped(graph, [self.of_loss, *self.kept, *graph.outputs[1 + len(wanted) :]]))
        self.forward = self._program(Retyped(graph, [self.of_loss], self.stops))

    def _program(self, made):
        """The program of a retyped graph, bound to arrays of `values`."""
        for what, symbol in made.sources.items():
            if what not in self.values:
                array = what.numpy() if hasattr(what, "_fastnn_variable") else self.inputs.get(what)
                array = np.zeros(symbol.shape) if array is None else array
                self.values[what] = register_memory(np.array(array, dtypes.numpy_type(symbol.dtype), order="C"))
        return Program(
            made.trace,
            made.outputs,
            {symbol: self.values[what] for what, symbol in made.sources.items()},
            state=self.state,
        )

    def _measure(self):
        """The loss, and the gradients of the tape in the order that they were asked for, None for those without one."""
        self.whole.once()
        loss, *rest = [o.copy() for o in self.whole.outputs]
        for what, value in zip(self.kept, rest):
            if what in self.values:
                self.values[what][...] = value
        found = iter(rest[len(self.kept) :])
        self.loss = float(loss)
        if not np.isfinite(self.loss):
            raise DataError(
                f"check_gradients: the loss is {self.loss}; expected a finite one: look at data and weights."
            )
        return [next(found) if has else None for has in self.has]

    # ------------------------------------------------------------------ slopes
    def _along(self, program, array, direction, slope, typical):
        """(error, smooth) along a direction: how far `slope`, the tape's, is from the numeric one."""
        start, at = array.copy(), []

        def loss(step):
            array[...] = start + step * direction
            program.once()
            return float(program.outputs[0])

        centre, errors = loss(0.0), []
        for h in STEPS:
            at = [loss(t) for t in (h, -h, h / 2, -h / 2)]
            if not np.isfinite(at).all():
                continue
            wide, narrow = (at[0] - at[1]) / (2 * h), (at[2] - at[3]) / h
            bends = (at[0] - 2 * centre + at[1]) / h, (at[2] - 2 * centre + at[3]) / (h / 2)  # right slope - left slope
            numeric = (4 * narrow - wide) / 3
            scale = max(abs(numeric), abs(slope), typical)
            noise = ROUNDING * max(map(abs, (centre, *at))) / h
            allowed = self.tolerance / 4 * scale + noise
            if abs(wide - narrow) > allowed or abs(bends[1] - bends[0] / 2) > allowed:
                continue
            least = max(scale, noise / self.tolerance)  # what rounding hides is no error
            errors.append(abs(numeric - slope) / least if least else 0.0)
            if errors[-1] <= self.tolerance or len(errors) == 2:  # a fault is one at two lengths
                break
        array[...] = start
        return min(errors, default=0.0), bool(errors)

    def _ways(self, gradient, size, shape):
        """Directions of length 1: along the gradient, at random, and each element of what is small."""
        ways = [self.rng.standard_normal(size) for _ in range(self.directions)]
        if gradient is not None and gradient.any():
            ways.insert(0, gradient.ravel())
        ways += list(np.eye(size)) if size <= SMALL else []
        return [(way / np.linalg.norm(way)).reshape(shape) for way in ways]

    def _look(self, program, array, gradient):
        """(largest error, smooth directions, directions on kinks) of one array that the loss is a function of."""
        length = 0.0 if gradient is None else float(np.linalg.norm(gradient))
        if not np.isfinite(length):  # NaN or infinity, of a finite loss
            return np.inf, 0, 0
        errors, kinks = [], 0
        for way in self._ways(gradient, array.size, array.shape):
            slope = 0.0 if gradient is None else float(np.vdot(gradient, way))
            error, smooth = self._along(program, array, way, slope, length / np.sqrt(array.size))
            if smooth:
                errors.append(error)
            else:
                kinks += 1
        return max(errors, default=0.0), len(errors), kinks

    # ------------------------------------------------------------------ the audit
    def variables(self):
        """A `Checked` for each variable."""
        start = {v: self.values[v].copy() for v in self.watched if v in self.values}
        rows, left = {}, list(self.watched)
        for move in MOVES:
            for v, value in start.items():
                size = max(float(np.sqrt(np.mean(np.square(value)))), 0.1) if value.size else 0.0
                self.values[v][...] = value + move * size * self.rng.uniform(-1, 1, value.shape)
            found = dict(zip(self.watched, self._measure()))
            for v in left:
                rows[v] = self._row(v, found[v])
            left = [v for v in left if rows[v].kinks and rows[v].status != WRONG]
            if not left:
                break
        return [rows[v] for v in self.watched]

    def _row(self, variable, gradient):
        path = variable.path
        about = path, path.rpartition("/")[0], tuple(variable.shape)
        if variable not in self.values or not variable.size:
            return Checked(*about, 0.0, 0.0, UNUSED, 0, 0)
        error, smooth, kinks = self._look(self.forward, self.values[variable], gradient)
        length = 0.0 if gradient is None else float(np.linalg.norm(gradient))
        status = WRONG if error > self.tolerance else OK if smooth else KINK
        if gradient is None and status == OK:
            status = STOPPED
        return Checked(*about, length, error, status, smooth, kinks)

    def suspects(self, rows):
        """The layers at fault: what lies behind them has a right gradient, what lies before them has not."""
        order = self.crossing
        self._trace([i for i, _ in order])
        found = self._measure()[len(self.watched) :]
        wrong = []
        for symbol, gradient in zip(self.between, found):
            made = Retyped(self.graph, [self.of_loss], [*self.stops, symbol])
            if symbol not in made.sources:
                wrong.append(False)
                continue
            program = self._program(made)
            self._measure()  # gives the symbol its value
            wrong.append(self._look(program, self.values[symbol], gradient)[0] > self.tolerance)
        names = []
        if any(wrong):
            names += order[max(i for i, bad in enumerate(wrong) if bad)][1]
        else:
            names += [row.layer for row in rows if row.status == WRONG]
        return list(dict.fromkeys(name or "the loss" for name in names))


def _crossing(trace, loss):
    """[(symbol, [layers that read it])] of the float values that one layer hands to another, in order."""
    readers = {}
    for node in trace.nodes:
        for s in node.inputs:
            if s is not None and s.node.op not in (INPUT, VARIABLE, CONSTANT) and s.node.scope != node.scope:
                readers.setdefault(s, []).append(node.scope)
    made = sorted(readers, key=lambda s: (s.node.order, s.index))
    return [(s, list(dict.fromkeys(readers[s]))) for s in made if dtypes.is_float(s.dtype) and s is not loss and s.size]
