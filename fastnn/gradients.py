"""Gradients of anything that is computed outside of a model's step: a tape, and functions of functions.

What is called under a tape gathers and runs as one plan (compiler/gather.py), so a training loop of one's own runs at
the speed of `fit` from its second step on.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np

from fastnn import ops
from fastnn.compiler import gather
from fastnn.core import dtypes, hooks, tree
from fastnn.core.errors import ArgumentError, CallOrderError, ShapeError
from fastnn.core.shapes import product
from fastnn.graph import autodiff
from fastnn.graph.active import current
from fastnn.graph.tensor import Tensor, here

__all__ = ["GradientTape", "grad", "hessian", "jacobian", "jvp", "value_and_grad", "vjp"]
UNCONNECTED = ("none", "zero")
Function = Callable[..., Any]


def _is_variable(x: Any) -> bool:
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
        self._in_trace = current() is not None
        self._recording = True
        if self._in_trace:
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

    def watch(self, tensor: Any) -> None:
        """Watch arrays, Tensors or variables in any structure: what follows from them has gradients along them."""
        for x in tree.flatten(tensor):
            if _is_variable(x):
                self._named[id(x)] = x
            elif not hasattr(x, "shape"):
                raise ArgumentError(
                    f"GradientTape.watch: received {type(x).__name__}: {x!r}, expected an array or Tensor."
                )
            elif self._log is None and not self._in_trace:
                raise CallOrderError("GradientTape.watch: enter the tape's block first.")
            elif not self._in_trace:
                self._log.watch(x, self.number)

    def stop_recording(self) -> Any:
        """A block inside the tape's in which nothing is recorded."""
        return _Stopped(self)

    def reset(self) -> None:
        """Forget what was recorded."""
        if self._recording:
            self._stop()
            self._log = None
            self._named, self._used = {}, False
            self._start()
        else:
            self._log, self._named, self._used = None, {}, False

    def watched_variables(self) -> tuple[Any, ...]:
        """The variables that were watched, in the order in which they were made."""
        found = dict(self._named)
        if self._accessed:
            read = (
                gather.variables_of(self.entries)
                if self.entries or self._log is None
                else self._log.read_by(self.number)
            )
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
        unconnected = str(getattr(unconnected_gradients, "value", unconnected_gradients)).lower()
        if unconnected not in UNCONNECTED:
            raise ArgumentError(f"Unknown value for unconnected_gradients: {unconnected_gradients!r}")
        targets = [target] if type(target) is Tensor else [t for t in tree.flatten(target) if t is not None]
        given = [None] * len(targets) if output_gradients is None else tree.flatten(output_gradients)
        simple = type(sources) is list and not any(map(tree.is_nested, sources))  # the usual case
        flat = sources if simple else tree.flatten(sources)
        found = self._ask(targets, flat, given, autodiff.gradients)
        if unconnected == "zero":
            found = [_zeros(s.shape, s.dtype) if g is None else g for s, g in zip(flat, found)]
        if simple:
            return found
        return tree.pack(sources, found) if tree.is_nested(sources) else found[0]

    def _ask(self, targets: Sequence[Any], sources: Sequence[Any], weights: Sequence[Any], ask: Any) -> list[Any]:
        trace = current()
        if trace is not None:
            return list(ask([trace.symbol(t) for t in targets], [trace.symbol(s) for s in sources],
                            [None if w is None else trace.symbol(w) for w in weights]))  # fmt: skip
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
            kept = [(t, w) for t, w in zip(targets, weights) if log.has(t) and _is_float(t)]
            asked = [i for i, s in enumerate(sources) if self._watches(s) and _is_float(s)]
        if kept and asked:
            found = log.gradient(self, [t for t, _ in kept], [sources[i] for i in asked], [w for _, w in kept], ask)
            for i, g in zip(asked, found):
                out[i] = g
        self._used = True
        if log is not None and log is not here.log and not here.recording:
            log.flush()
        if not self.persistent:
            self._log = None if log is not here.log else log
        return out

    def _watches(self, source: Any) -> bool:
        if _is_variable(source):
            return id(source) in self._named or (self._accessed and source.born_trainable)
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
        if str(getattr(unconnected_gradients, "value", unconnected_gradients)).lower() == "zero":
            found = [_zeros((*target.shape, *s.shape), s.dtype) if j is None else j for s, j in zip(flat, found)]
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
        if found is None and str(getattr(unconnected_gradients, "value", unconnected_gradients)).lower() == "zero":
            return _zeros((*target.shape, *source.shape[1:]), source.dtype)
        return found


class _Stopped:
    """The block of stop_recording."""

    def __init__(self, tape: GradientTape) -> None:
        self._tape = tape

    def __enter__(self) -> None:
        if not self._tape._recording:
            raise CallOrderError("Tape is not recording: stop_recording() belongs inside of the tape's block.")
        self._tape._stop()

    def __exit__(self, *_: Any) -> None:
        self._tape._start()


def _zeros(shape: Any, dtype: Any) -> Any:
    trace = current()
    zeros = np.zeros(tuple(shape), dtypes.numpy_type(dtypes.standardize(dtype)))
    return Tensor.of(zeros) if trace is None else trace.constant(zeros)


def _is_float(x: Any) -> bool:
    dtype = getattr(x, "dtype", None)
    return dtype is not None and (dtype == "float32" or dtypes.is_float(dtypes.standardize(dtype)))


# ------------------------------------------------------------------ what is asked, in terms of symbols
def _jacobian(ys: Sequence[Any], xs: Sequence[Any], weights: Any = None, through: Any = None) -> list[Any]:
    """For each x the derivatives of all elements of the only y, stacked."""
    (y,) = ys
    n = product(y.shape)
    rows: list[list[Any]] = [[] for _ in xs]
    for i in range(n):
        seed = np.zeros(n, dtypes.numpy_type(y.dtype))
        seed[i] = 1
        for row, g in zip(rows, autodiff.gradients([y], xs, [current().symbol(seed.reshape(y.shape))], through)):  # type: ignore[union-attr]
            row.append(g)
    return [
        None if not row or row[0] is None else ops.reshape(ops.stack(row), (*y.shape, *x.shape))
        for row, x in zip(rows, xs)
    ]


def _batch_jacobian(ys: Sequence[Any], xs: Sequence[Any], weights: Any = None, through: Any = None) -> list[Any]:
    """The derivatives of the elements of each row of y along the same row of x."""
    (y,) = ys
    b, n = y.shape[0], product(y.shape[1:])
    rows = []
    for i in range(n):
        seed = np.zeros((b, n), dtypes.numpy_type(y.dtype))
        seed[:, i] = 1
        (g, *_) = autodiff.gradients([y], xs, [current().symbol(seed.reshape(y.shape))], through)  # type: ignore[union-attr]
        if g is None:
            return [None] * len(xs)
        rows.append(g)
    x = xs[0]
    return [ops.reshape(ops.stack(rows, axis=1), (*y.shape, *x.shape[1:]))] + [None] * (len(xs) - 1)


# ------------------------------------------------------------------ functions of functions
def _argnums(argnums: Any, args: Sequence[Any]) -> list[int]:
    chosen = [argnums] if isinstance(argnums, int) else list(argnums)
    for k in chosen:
        if not isinstance(k, int) or not -len(args) <= k < len(args):
            raise ArgumentError(f"argnums: received {argnums!r} for {len(args)} arguments.")
    return [k % len(args) for k in chosen]


def _floats(structure: Any) -> Any:
    """The structure with numbers and arrays as Tensors, to be watched; ArgumentError for what has no gradient."""

    def leaf(x: Any) -> Any:
        if _is_variable(x) or type(x) is Tensor:
            value = x
        else:
            value = np.asarray(x, dtypes.numpy_type(dtypes.standardize(None)) if isinstance(x, (float, int)) else None)
            value = Tensor.of(value)
        if not _is_float(value):
            raise ArgumentError(
                f"grad requires real-valued inputs (a float dtype). Received: {x!r} of dtype {value.dtype}. "
                "Convert it, e.g. with ops.cast(x, 'float32')."
            )
        return value

    return tree.map_structure(leaf, structure)


def value_and_grad(fn: Function, argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Function:
    """A function that gives the value of fn and its gradients along arguments.

    Args:
        fn: (*args, **kwargs) -> a scalar; with has_aux a pair of it and anything else.
        argnums: number(s) of the arguments; each a float array, Tensor or variable, or a structure of them.
        has_aux: whether fn returns such a pair.

    Returns a function (*args, **kwargs) -> (what fn returned, gradients in the structure of the argument(s)).

    Raises ShapeError where the value is no scalar, ArgumentError for arguments without gradients.

    >>> value, slope = value_and_grad(lambda x: x * x)(3.0)
    >>> float(value), float(slope)
    (9.0, 6.0)
    """

    @functools.wraps(fn)
    def both(*args: Any, **kwargs: Any) -> Any:
        chosen = _argnums(argnums, args)
        given = [_floats(a) if i in chosen else a for i, a in enumerate(args)]
        sources = [given[i] for i in chosen]
        with GradientTape() as tape:
            tape.watch(sources)
            result = fn(*given, **kwargs)
            value = result[0] if has_aux else result
        shape = tuple(getattr(value, "shape", ()))
        if shape:
            raise ShapeError(f"Gradient only defined for scalar-output functions. Output had shape: {shape}.")
        found = tape.gradient(value, sources, unconnected_gradients="zero")
        return result, found[0] if isinstance(argnums, int) else tuple(found)

    return both


def grad(fn: Function, argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Function:
    """A function that gives the gradients of fn along arguments; with has_aux also what fn returned beside its value.

    Args:
        fn, argnums, has_aux: as for value_and_grad.

    >>> float(grad(grad(lambda x: x ** 3))(2.0))
    12.0
    """
    both = value_and_grad(fn, argnums, has_aux)

    @functools.wraps(fn)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        result, found = both(*args, **kwargs)
        return (found, result[1]) if has_aux else found

    return gradient


def vjp(fn: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """(fn(*primals), a function from weights of the results to gradients of the primals, a tuple of them).

    Args:
        fn: (*primals) -> floats in any structure; with has_aux a pair of it and anything else, which comes third.
        primals: float arrays, Tensors or variables, or structures of them.

    >>> value, pull = vjp(lambda x: x * x, np.array([1.0, 3.0], "float32"))
    >>> pull(np.array([1.0, 10.0], "float32"))[0].numpy()
    array([ 2., 60.], dtype=float32)
    """
    given = [_floats(p) for p in primals]
    with GradientTape(persistent=True) as tape:
        tape.watch(given)
        result = fn(*given)
        value = result[0] if has_aux else result

    def pull(weights: Any) -> tuple[Any, ...]:
        tree_of = tree.flatten(weights)
        if len(tree_of) != len(tree.flatten(value)):
            raise ArgumentError(f"vjp: received weights {weights!r}, expected the structure of the result.")
        return tuple(tape.gradient(value, given, tree_of, "zero"))

    return (value, pull, result[1]) if has_aux else (value, pull)


def jvp(fn: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """(fn(*primals), its derivative along the tangents).

    The derivative is that of the gradient, sum(u * gradient(y, x, u) * tangent), by u (Christianson, 1992).

    Args:
        fn: (*primals) -> floats in any structure.
        primals, tangents: sequences of float arrays of the same shapes, or structures of them.

    >>> value, slope = jvp(lambda x: x * x, (3.0,), (1.0,))
    >>> float(value), float(slope)
    (9.0, 6.0)
    """
    if len(primals) != len(tangents):
        raise ArgumentError(f"jvp: received {len(primals)} primals and {len(tangents)} tangents.")
    given = [_floats(p) for p in primals]
    along = [x for t in tangents for x in tree.flatten(_floats(t))]
    with GradientTape(persistent=True) as outer:
        with GradientTape(persistent=True) as inner:
            inner.watch(given)
            value = fn(*given)
        outputs = tree.flatten(value)
        units = [np.zeros(y.shape, dtypes.numpy_type(dtypes.standardize(y.dtype))) for y in outputs]
        outer.watch(units)
        found = inner.gradient(value, tree.flatten(given), units)
        pairs = [(g, t) for g, t in zip(found, along) if g is not None]
        total = (
            sum([ops.sum(ops.multiply(g, t)) for g, t in pairs[1:]], ops.sum(ops.multiply(*pairs[0])))
            if pairs
            else None
        )
    slopes = (
        outer.gradient(total, units, unconnected_gradients="zero") if pairs else [ops.zeros_like(y) for y in outputs]
    )
    return value, tree.pack(value, slopes) if tree.is_nested(value) else slopes[0]


def jacobian(fn: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """A function that gives the derivatives of all elements of fn's result along arguments.

    Args:
        fn: (*args) -> a float array.
        argnums: number(s) of the arguments.

    >>> jacobian(lambda x: x * x)(np.array([1.0, 2.0], "float32")).numpy()
    array([[2., 0.],
           [0., 4.]], dtype=float32)
    """

    @functools.wraps(fn)
    def derivatives(*args: Any, **kwargs: Any) -> Any:
        chosen = _argnums(argnums, args)
        given = [_floats(a) if i in chosen else a for i, a in enumerate(args)]
        sources = [given[i] for i in chosen]
        with GradientTape() as tape:
            tape.watch(sources)
            value = fn(*given, **kwargs)
        found = tape.jacobian(value, sources, "zero")
        return found[0] if isinstance(argnums, int) else tuple(found)

    return derivatives


def hessian(fn: Callable[..., Any], argnums: int = 0) -> Callable[..., Any]:
    """A function that gives the second derivatives of a scalar function along an argument: its shape twice.

    Args:
        fn: (*args) -> a scalar.
        argnums: the number of the argument, a float array.

    >>> hessian(lambda x: ops.sum(x ** 3))(np.array([1.0, 2.0], "float32")).numpy()
    array([[ 6.,  0.],
           [ 0., 12.]], dtype=float32)
    """
    return jacobian(grad(fn, argnums), argnums)


hooks.register("tape", GradientTape)
