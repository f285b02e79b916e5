"""Gradients of anything that is computed outside of a model's step: a tape.

What is called under a tape gathers and runs as one plan (compiler/gather.py), so a training loop of one's own runs at
the speed of `fit` from its second step on.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np

from fastnn import ops
from fastnn.compiler import gather
from fastnn.compiler.events import variables_of
from fastnn.core import dtypes, hooks, tree
from fastnn.core.errors import ArgumentError, CallOrderError, ShapeError
from fastnn.core.shapes import product
from fastnn.graph import autodiff
from fastnn.graph.active import current
from fastnn.graph.tensor import Tensor, here
from fastnn.graph.trace import active
from fastnn.ops.op import R

__all__ = ["GradientTape"]
UNCONNECTED = ("none", "zero")


def is_variable(x: Any) -> bool:
    """Whether x is a variable."""
    return hasattr(x, "_fastnn_variable")


class GradientTape:
    """Records what is called in its block, for gradients of it.

    Trainable variables are watched where they are read; arrays and Tensors where `watch` says so.  Inside a step of a
    model (`train_step`), where all is recorded anyway, it gives the gradients of the step.

    Args:
        persistent: whether `gradient` may be called more than once.
        watch_accessed_variables: whether trainable variables are watched where they are read.

    Raises:
        CallOrderError (a RuntimeError): where it is used twice without `persistent`, or closed twice.

    >>> from fastnn import Variable
    >>> x = Variable(3.0)
    >>> with GradientTape() as tape:
    ...     y = x * x
    >>> float(tape.gradient(y, x))
    6.0
    """

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True) -> None:
        self.persistent, self._accessed = bool(persistent), bool(watch_accessed_variables)
        self._recording = self._used = False
        self._log: Any = None
        self._named: dict[int, Any] = {}  # variables that were watched, by id
        self.number = -1
        self._in_trace = False
        self._block: Any = None  # the trace of its block
        self._spans: list[tuple[int, float]] = []  # nodes of the trace that it saw, as [first, end)
        self._held: list[int] = []  # arrays that it watches in a trace
        self.entries: list[Any] = []  # of what it recorded, once the log has let go of it

    # ------------------------------------------------------------------ recording
    def __enter__(self) -> Self:
        if self._recording:
            raise ArgumentError(
                "Tape is still recording, This can happen if you try to re-enter an already-active tape."
            )
        self._start()
        return self

    def _start(self) -> None:
        trace = current()
        self._in_trace = trace is not None
        self._recording = True
        if trace is not None:
            trace.extra["taped"] = True  # what follows is computed, not told by rules of shapes alone
            if self._block is not trace:
                self._block, self._spans = trace, []
            self._spans.append((len(trace.nodes), math.inf))
            return
        if here.recording:
            log = gather.current_log()
        elif self._log is not None and self._log.asked():  # it goes on
            log = here.log = self._log
        else:
            log = gather.begin()
        if log is not self._log:
            self._log, self.number = log, log.enter(self)
        here.recording += 1
        log.open = (*log.open, self.number)

    def __exit__(self, *_: Any) -> None:
        if self._recording:
            self._stop()

    def _stop(self) -> None:
        self._recording = False
        if not self._in_trace:
            here.recording -= 1
            self._log.open = tuple([n for n in self._log.open if n != self.number])
        elif self._held:
            here.held = {k: x for k, x in dict(here.held).items() if k not in self._held} or ()
            self._held = []

    def watch(self, tensor: Any) -> None:
        """Watch arrays, Tensors or variables in any structure: what follows from them has gradients along them.

        Args:
            tensor: an array, Tensor or Variable, or a structure of them.
        """
        for x in tree.flatten(tensor):
            if is_variable(x):
                self._named[id(x)] = x
            elif not hasattr(x, "shape"):
                raise ArgumentError(
                    f"GradientTape.watch: received {type(x).__name__}: {x!r}, expected an array or Tensor."
                )
            elif self._log is None and not self._in_trace:
                raise CallOrderError("GradientTape.watch: enter the tape's block first.")
            elif not self._in_trace:
                self._log.watch(x, self.number)
            elif isinstance(x, np.ndarray) and id(x) not in here.held:
                here.held = {**dict(here.held), id(x): x}
                self._held.append(id(x))
                active("GradientTape.watch").watch_array(x, R.identity)

    def stop_recording(self) -> Any:
        """A block inside the tape's in which nothing is recorded."""
        return _Stopped(self)

    def reset(self) -> None:
        """Forget what was recorded."""
        if self._recording:
            self._stop()
            self._log = self._block = None
            self._named, self._used = {}, False
            self._start()
        else:
            self._log, self._block, self._named, self._used = None, None, {}, False

    def watched_variables(self) -> tuple[Any, ...]:
        """The variables that were watched, in the order in which they were made."""
        found = dict(self._named)
        if self._accessed:
            read = variables_of(self.entries) if self.entries or self._log is None else self._log.read_by(self.number)
            found.update({id(v): v for v in read if v.born_trainable})
        return tuple(sorted(found.values(), key=lambda v: v.order))

    @property
    def live(self) -> bool:
        """Whether it may still be asked for gradients."""
        return self._recording or self.persistent or not self._used

    # ------------------------------------------------------------------ asking
    def gradient(
        self, target: Any, sources: Any, output_gradients: Any = None, unconnected_gradients: Any = "none"
    ) -> Any:
        """The gradients of a target, or of the sum of several, along sources, in the structure of the sources.

        Args:
            target: a Tensor that was computed in the block, or a structure of them; the sum of its elements counts.
            sources: variables, watched arrays or Tensors, in any structure.
            output_gradients: weights of the targets' elements, of their shapes; ones if None.
            unconnected_gradients: "none" or "zero": what a source has that the target does not depend on.
        """
        unconnected = choice_of(unconnected_gradients)
        if unconnected not in UNCONNECTED:
            raise ArgumentError(f"Unknown value for unconnected_gradients: {unconnected_gradients!r}")
        targets = [target] if type(target) is Tensor else [t for t in tree.flatten(target) if t is not None]
        given = [None] * len(targets) if output_gradients is None else tree.flatten(output_gradients)
        simple = type(sources) is list and not any(map(tree.is_nested, sources))  # the usual case
        flat = sources if simple else tree.flatten(sources)
        found = self._ask(targets, flat, given, autodiff.gradients)
        if unconnected == "zero":
            found = [zeros(s.shape, s.dtype) if g is None else g for s, g in zip(flat, found)]
        if simple:
            return found
        return tree.pack(sources, found) if tree.is_nested(sources) else found[0]

    def _ask(self, targets: Sequence[Any], sources: Sequence[Any], weights: Sequence[Any], ask: Any) -> list[Any]:
        trace = current()
        if trace is not None:
            return self._asked_in(trace, targets, sources, weights, ask)
        if self._used and not self.persistent:
            raise CallOrderError(
                "A non-persistent GradientTape can only be used to compute one set of gradients (or jacobians). "
                "Make it with persistent=True to ask more than once."
            )
        if self._recording and not self.persistent:
            self._stop()
        log = self._log
        out: list[Any] = [None] * len(sources)
        kept, asked = [], []
        if log is not None:
            kept = [(t, w) for t, w in zip(targets, weights) if log.has(t) and is_float(t)]
            asked = [i for i, s in enumerate(sources) if self.watches(s) and is_float(s)]
        if kept and asked:
            given, weights = [t for t, _ in kept], [w for _, w in kept]
            if len(asked) == len(sources):
                out = log.gradient(self, given, sources, weights, ask)
            else:
                for i, g in zip(asked, log.gradient(self, given, [sources[i] for i in asked], weights, ask)):
                    out[i] = g
        self._used = True
        if log is not None and log is not here.log and not here.recording:
            log.flush()
        if not self.persistent:
            self._log = None if log is not here.log else log
        return out

    def _asked_in(
        self, trace: Any, targets: Sequence[Any], sources: Sequence[Any], weights: Sequence[Any], ask: Any
    ) -> list[Any]:
        """What `ask` finds in a trace: along a variable that was assigned, along all that it was."""
        ys, xs, seen = [trace.symbol(t) for t in targets], [trace.symbol(s) for s in sources], self._seen(trace)
        given = [None if w is None else trace.symbol(w) for w in weights]
        older = [trace.were.get(s, ()) if seen is not None and is_variable(s) else () for s in sources]
        if seen is None or not any(older):
            return list(ask(ys, xs, given, seen))
        groups = [list(dict.fromkeys((*old, x))) for old, x in zip(older, xs)]
        ends = {x.node for old, group in zip(older, groups) if old for x in group}  # no gradient leads through assign
        flat = [x for group in groups for x in group]
        found = iter(ask(ys, flat, given, lambda node: seen(node) and node not in ends))
        parts = [[g for g in [next(found) for _ in group] if g is not None] for group in groups]
        return [functools.reduce(ops.add, part) if part else None for part in parts]

    def _seen(self, trace: Any) -> Callable[[Any], bool] | None:
        """Says of a node of a trace whether the tape saw it: what was computed before its block is constant to it."""
        if self._block is not trace:
            return None
        spans = tuple(self._spans)
        return lambda node: any(first <= node.order < end for first, end in spans)

    def watches(self, source: Any) -> bool:
        """Whether gradients along a variable, an array or a Tensor are asked of it.

        Args:
            source: the variable, array or Tensor.
        """
        if hasattr(source, "_fastnn_variable"):
            return (self._accessed and source.born_trainable) or id(source) in self._named
        found: bool = self._log.watches(source, self.number)
        return found

    def jacobian(
        self,
        target: Any,
        sources: Any,
        unconnected_gradients: Any = "none",
        parallel_iterations: Any = None,
        experimental_use_pfor: bool = True,
    ) -> Any:
        """The derivatives of each element of a target along sources: target's shape, then the source's.

        Args:
            target: a Tensor of the block.
            sources: variables, watched arrays or Tensors, in any structure.
            unconnected_gradients: "none" or "zero".
            parallel_iterations, experimental_use_pfor: taken for TensorFlow's sake.
        """
        flat = tree.flatten(sources)
        found = self._ask([target], flat, [None], _jacobian)
        if choice_of(unconnected_gradients) == "zero":
            found = [zeros((*target.shape, *s.shape), s.dtype) if j is None else j for s, j in zip(flat, found)]
        return tree.pack(sources, found) if tree.is_nested(sources) else found[0]

    def batch_jacobian(
        self,
        target: Any,
        source: Any,
        unconnected_gradients: Any = "none",
        parallel_iterations: Any = None,
        experimental_use_pfor: bool = True,
    ) -> Any:
        """The Jacobian of each row of a target along the same row of a source: (rows, *target[1:], *source[1:]).

        Each row of the target must depend on its own row of the source only.

        Args:
            target, source: Tensors of the block, with equally many rows.
            unconnected_gradients: "none" or "zero".
            parallel_iterations, experimental_use_pfor: taken for TensorFlow's sake.
        """
        if len(target.shape) < 1 or len(source.shape) < 1 or target.shape[0] != source.shape[0]:
            raise ShapeError(
                "batch_jacobian: need first dimension of target shape and source shape to match. Received: "
                f"{tuple(target.shape)} and {tuple(source.shape)}."
            )
        (found,) = self._ask([target], [source], [None], _batch_jacobian)
        if found is None and choice_of(unconnected_gradients) == "zero":
            return zeros((*target.shape, *source.shape[1:]), source.dtype)
        return found


class _Stopped:
    """The block of stop_recording."""

    def __init__(self, tape: GradientTape) -> None:
        self._tape = tape

    def __enter__(self) -> None:
        if not self._tape._recording:
            raise CallOrderError("Tape is not recording: stop_recording() belongs inside of the tape's block.")
        tape = self._tape
        tape._stop()
        if tape._in_trace:  # what is made of values after the block is seen, what is computed in here is not
            tape._spans[-1] = tape._spans[-1][0], len(tape._block.nodes)

    def __exit__(self, *_: Any) -> None:
        self._tape._start()


def choice_of(unconnected_gradients: Any) -> str:
    """The name of a choice: "none" or "zero", as text or as a member of TensorFlow's enumeration."""
    return str(getattr(unconnected_gradients, "value", unconnected_gradients)).lower()


def zeros(shape: Any, dtype: Any) -> Any:
    """A Tensor of zeros, in a trace a symbol."""
    trace = current()
    array = np.zeros(tuple(shape), dtypes.numpy_type(dtypes.standardize(dtype)))
    return Tensor.of(array) if trace is None else trace.constant(array)


def is_float(x: Any) -> bool:
    """Whether x is a value of a float dtype."""
    if type(x) is Tensor:
        return dtypes.is_float(x._dtype)
    dtype = x.stored_dtype if is_variable(x) else getattr(x, "dtype", None)
    return dtype is not None and (dtype == "float32" or dtypes.is_inexact(dtypes.standardize(dtype)))


# ------------------------------------------------------------------ what is asked, in terms of symbols
WRITTEN_OUT = 8  # seeds up to whose number gradients are written out; more are a loop


def _of_seeds(y: Any, xs: Sequence[Any], seeds: Any, through: Any, widened: Any = lambda seed: seed) -> list[Any]:
    """For each x the gradients of y weighted with each of the seeds, stacked; None where y does not depend on it."""

    trace = active("jacobian")

    def once(seed: Any) -> list[Any]:
        return autodiff.gradients([y], xs, [active("jacobian").symbol(widened(seed))], through, trace)

    if len(seeds) <= WRITTEN_OUT:
        columns = list(zip(*map(once, seeds))) or [()] * len(xs)
        return [None if not c or c[0] is None else ops.stack(c) for c in columns]
    linked: list[int] = []

    def body(seed: Any) -> tuple[Any, ...]:
        found = once(seed)
        linked[:] = [k for k, g in enumerate(found) if g is not None]
        return tuple([found[k] for k in linked]) or (seed,)

    out: list[Any] = [None] * len(xs)
    for k, column in zip(linked, ops.map(body, seeds)) if seeds.size else ():
        out[k] = column
    return out


def _jacobian(ys: Sequence[Any], xs: Sequence[Any], weights: Any = None, through: Any = None) -> list[Any]:
    """For each x the derivatives of all elements of the only y, stacked."""
    (y,) = ys
    n = product(y.shape)
    seeds = np.eye(n, dtype=dtypes.numpy_type(y.dtype)).reshape(n, *y.shape)
    found = _of_seeds(y, xs, seeds, through)
    return [None if g is None else ops.reshape(g, (*y.shape, *x.shape)) for g, x in zip(found, xs)]


def _batch_jacobian(ys: Sequence[Any], xs: Sequence[Any], weights: Any = None, through: Any = None) -> list[Any]:
    """The derivatives of the elements of each row of y along the same row of x."""
    (y,) = ys
    n, row = product(y.shape[1:]), y.shape[1:]
    seeds = np.eye(n, dtype=dtypes.numpy_type(y.dtype)).reshape(n, 1, *row)
    found = _of_seeds(y, xs, seeds, through, lambda seed: ops.multiply(ops.ones_like(y), seed))
    return [
        None if g is None else ops.reshape(ops.moveaxis(g, 0, 1), (-1, *row, *x.shape[1:])) for g, x in zip(found, xs)
    ]


hooks.register("tape", GradientTape)
