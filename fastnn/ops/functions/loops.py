"""Loops by functions: nodes of the graph inside a trace, Python's own on arrays.

What a function takes from around it (values, variables) needs no mention; variables that it assigns keep what the last
step assigned.  In a graph a loop is planned once, however many steps it has.
"""

import functools
from typing import Any

import numpy as np

from fastnn.core import dtypes, hooks
from fastnn.core.errors import ArgumentError, DTypeError, ShapeError
from fastnn.core.types import Tensor
from fastnn.graph.active import current
from fastnn.graph.lifetime import passing
from fastnn.graph.loop import loop as graph_loop
from fastnn.graph.tensor import known
from fastnn.graph.trace import Trace
from fastnn.ops.functions.choices import (
    check_functions,
    in_graph,
    leaves_of,
    recorded,
    same_structure,
    shown,
    unflattened,
)
from fastnn.ops.functions.layout import stack
from fastnn.ops.functions.operands import cast_to, dtype_of, is_symbol, operand
from fastnn.ops.functions.slicing import getitem

__all__ = ["fori_loop", "while_loop", "scan", "map", "vectorized_map"]

LARGE = 2**31 - 1  # the largest int32


# ------------------------------------------------------------------ loops
class _Promote(Exception):
    """Python numbers among the first carried values meet a wider dtype in the first step."""

    def __init__(self, names):
        self.names = names


class _Carry:
    """The carried values of a loop: their structure, and what each step's are checked against."""

    def __init__(self, name, init):
        self.name, self.structure = name, init
        raw = leaves_of(init)
        self.weak = [type(x) in (int, float, bool) for x in raw]
        self.first = [operand(x) for x in raw]
        if current() is not None:
            self.first = [current().symbol(x) for x in self.first]

    def checked(self, new):
        """The leaves of what a step returned."""
        if not same_structure(self.structure, new):
            raise ArgumentError(
                f"{self.name}: the loop must carry one structure. Received at first: "
                f"{shown(self.structure)}, returned by the body: {shown(new)}."
            )
        out = [operand(x) for x in leaves_of(new)]
        names = [
            self._promoted(dtype_of(a), dtype_of(b)) if weak and tuple(a.shape) == tuple(b.shape) else dtype_of(a)
            for a, b, weak in zip(self.first, out, self.weak)
        ]
        if names != [dtype_of(a) for a in self.first]:
            raise _Promote(names)
        for k, (a, b) in enumerate(zip(self.first, out)):
            where_ = f"{self.name}: carried value {k}"
            if tuple(a.shape) != tuple(b.shape):
                raise ShapeError(
                    f"{where_} must keep its shape: it came in with shape {tuple(a.shape)}, the body "
                    f"returned shape {tuple(b.shape)}."
                )
            if dtype_of(a) != dtype_of(b):
                if type(leaves_of(new)[k]) in (int, float):
                    out[k] = cast_to(b, dtype_of(a))
                    continue
                raise DTypeError(
                    f"{where_} must keep its dtype: it came in with {dtype_of(a)}, the body returned "
                    f"{dtype_of(b)}. Use ops.cast."
                )
        return out

    def _promoted(self, first, later):
        """The dtype of a carried Python number; float64 only where floats are: NumPy makes it of int32 and float32."""
        if later == "float64" and not dtypes.is_float(first):
            later = dtypes.standardize(None)
        return dtypes.promote(first, later)

    def unflattened(self, leaves):
        """Leaves in the structure."""
        return unflattened(self.structure, leaves)


def _promoting(run):
    """run(carry) -> result, once more with the wider dtypes where Python numbers turn out to need them."""

    @functools.wraps(run)
    def call(carry, *args):
        try:
            return run(carry, *args)
        except _Promote as promote:
            carry.first = [cast_to(x, name) for x, name in zip(carry.first, promote.names)]
            carry.weak = [False] * len(carry.weak)
            return run(carry, *args)

    return call


def _steps(name, given, xs):
    """The number of steps of a loop over the first axis of the leaves of xs, checked."""
    sizes = []
    for x in xs:
        if not tuple(x.shape):
            raise ShapeError(f"{name}: values that are sliced need a first dimension. Received: shape ().")
        sizes.append(x.shape[0])
    if given is not None and (isinstance(given, bool) or not hasattr(given, "__index__")):
        raise ArgumentError(f"{name}: `length` must be an integer. Received: {given!r}.")
    if not sizes and given is None:
        raise ArgumentError(f"{name} got no `xs` to scan over and `length` not provided.")
    if None in sizes:
        raise ShapeError(
            f"{name}: the size of the first axis is not known yet. Received shapes: {[tuple(x.shape) for x in xs]}."
        )
    if len(set(sizes)) > 1:
        raise ShapeError(f"{name} got values with different leading axis sizes: {', '.join(str(n) for n in sizes)}.")
    n = sizes[0] if given is None else int(given)
    if n < 0:
        raise ArgumentError(f"{name}: the number of steps must not be negative. Received: {n}.")
    if sizes and sizes[0] != n:
        raise ArgumentError(f"{name} got `length` argument of {n} which disagrees with leading axis sizes {sizes}.")
    return n


@_promoting
def _scanned(carry, step, xs, n, reverse, unrolled):
    """(carried leaves, the structure of a step's results, their stacked leaves).

    step: (carried leaves, slices of xs) -> (carry, results), structures.
    """
    seen = []

    def checked(state, slices):
        new, y = step(carry.unflattened(state), slices)
        seen.append(y)
        return carry.checked(new), [operand(v) for v in leaves_of(y)]

    if current() is not None and not unrolled:
        final, rows, _ = graph_loop(checked, carry.first, xs, n, reverse, name=carry.name)
        return final, seen[-1], rows
    if n == 0:
        return carry.first, *_empty(checked, carry, xs, seen)
    rows, state = [None] * n, list(carry.first)
    for t in reversed(range(n)) if reverse else range(n):
        state, rows[t] = checked(state, [getitem(x, t) for x in xs])
    return state, seen[-1], [stack(v) for v in zip(*rows)]


def _empty(step, carry, xs, seen):
    """(structure, arrays without rows) of a loop of no steps."""
    with passing(), Trace(building=True) as trace:
        state, slices = (
            [trace.input(shape, dtype_of(x)) for x, shape in pairs]
            for pairs in ([(x, tuple(x.shape)) for x in carry.first], [(x, tuple(x.shape)[1:]) for x in xs])
        )
        specs = [trace.symbol(y).spec for y in step(state, slices)[1]]
    return seen[-1], [np.zeros((0, *s.shape), dtypes.numpy_type(s.dtype)) for s in specs]


@recorded
def scan(f: Any, init: Any, xs: Any = None, length: Any = None, reverse: bool = False, unroll: Any = 1) -> Tensor:
    """(carry, ys) of carry, y = f(carry, x) for each slice x of xs along the first axis.

    Args:
        f: (carry, slice) -> (carry, y), structures of values; the carry keeps its shapes and dtypes.
        init: the first carry.
        xs: a structure of arrays with equal first axes, or None with `length` steps.
        length: the number of steps; that of the first axes by default.
        reverse: from the last slice to the first; ys lie as xs do.
        unroll: True writes every step out in the graph; an int says nothing here.

    Raises:
        ArgumentError: no steps are given, they contradict the axes, f returns no pair or another structure.
        ShapeError, DTypeError: the carry changes.

    >>> scan(lambda c, x: (c + x, c), 0, np.array([1, 2], "int32"))
    (array(3, dtype=int32), array([0, 1], dtype=int32))
    """
    check_functions("scan", f=f)
    if not isinstance(unroll, bool) and (not isinstance(unroll, int) or unroll < 1):
        raise ArgumentError(f"`unroll` must be an positive integer or boolean. Received: unroll={unroll}")
    leaves = [operand(x) for x in leaves_of(xs)]
    n = _steps("scan", length, leaves)

    def step(carry, slices):
        out = f(carry, unflattened(xs, slices))
        if not isinstance(out, (tuple, list)) or len(out) != 2:
            raise ArgumentError(f"scan body output must be a pair, got {out!r}.")
        return out

    carry = _Carry("scan", init)
    final, structure, rows = _scanned(carry, step, leaves, n, reverse, unroll is True)
    return carry.unflattened([_array(x) for x in final]), unflattened(structure, rows)


def _array(x):
    """A result as an array, also where NumPy made a scalar of it."""
    return x if is_symbol(x) or in_graph(x) else np.asarray(x)


@recorded
def map(f: Any, xs: Any) -> Tensor:
    """f of each slice of xs along the first axis, stacked.

    Args:
        f: slice -> value, structures.
        xs: a structure of arrays with equal first axes.

    >>> map(lambda v: v * 2, np.array([1.0, 2.0], "float32"))
    array([2., 4.], dtype=float32)
    """
    return _mapped("map", f, xs)


def _mapped(name, f, xs):
    check_functions(name, f=f)
    leaves = [operand(x) for x in leaves_of(xs)]
    if not leaves:
        raise ArgumentError(f"{name}: received no values to map over.")
    n = _steps(name, None, leaves)
    _, structure, rows = _scanned(
        _Carry(name, ()), lambda _, slices: ((), f(unflattened(xs, slices))), leaves, n, False, False
    )
    return unflattened(structure, rows)


@recorded
def vectorized_map(function: Any, elements: Any) -> Tensor:
    """function of each slice of elements along the first axis, stacked; products of slices become one product.

    Args:
        function: slice -> value, structures.
        elements: a structure of arrays with equal first axes.

    >>> vectorized_map(lambda v: v * 2, np.array([1.0, 2.0], "float32"))
    array([2., 4.], dtype=float32)
    """
    return _mapped("vectorized_map", function, elements)


@recorded
def fori_loop(lower: Any, upper: Any, body_fun: Any, init_val: Any) -> Tensor:
    """val = body_fun(i, val) for i from lower up to upper.

    Args:
        lower, upper: ints; inside a graph also values, then the loop has no gradient.
        body_fun: (i, val) -> val, which keeps its structure, shapes and dtypes.
        init_val: the first val.

    >>> fori_loop(0, 3, lambda i, v: v + i, 0)
    array(3, dtype=int32)
    """
    check_functions("fori_loop", body_fun=body_fun)
    carry = _Carry("fori_loop", init_val)
    if current() is not None and (in_graph(lower) or in_graph(upper)):
        return carry.unflattened(_fori_by_values(carry, lower, upper, body_fun))
    low, high = (_whole("fori_loop", n, v) for n, v in (("lower", lower), ("upper", upper)))
    n = max(0, high - low)
    if current() is None:
        return carry.unflattened([_array(x) for x in _counted(carry, low, high, body_fun)])
    kind = np.int32 if low >= -LARGE and high <= LARGE else np.int64
    index = [np.arange(low, low + n, dtype=kind)]
    final, _, _ = _scanned(carry, lambda val, slices: (body_fun(slices[0], val), None), index, n, False, False)
    return carry.unflattened(final)


def _whole(name, argument, value):
    value = known(value)
    whole = hasattr(value, "__index__") or (hasattr(value, "shape") and "int" in dtype_of(value))
    if is_symbol(value) or not whole:
        raise ArgumentError(f"{name}: `{argument}` must be an integer. Received: {value!r}.")
    return int(value)


@_promoting
def _counted(carry, low, high, body):
    state = list(carry.first)
    for i in range(low, high):
        state = carry.checked(body(i, carry.unflattened(state)))
    return state


@_promoting
def _fori_by_values(carry, lower, upper, body):
    upper = cast_to(upper, "int32")

    def step(state, _):
        return [
            hooks.call("operator", "add", state[0], 1),
            *carry.checked(body(state[0], carry.unflattened(state[1:]))),
        ], []

    final, _, _ = graph_loop(
        step,
        [cast_to(lower, "int32"), *carry.first],
        name="fori_loop",
        test=lambda state: hooks.call("operator", "less", state[0], upper),
    )
    return final[1:]


@recorded
def while_loop(cond: Any, body: Any, loop_vars: Any, maximum_iterations: Any = None) -> Tensor:
    """loop_vars = body(*loop_vars) while cond(*loop_vars).

    Args:
        cond: loop_vars -> a truth value, asked before each step.
        body: loop_vars -> loop_vars, which keep their structure, shapes and dtypes.
        loop_vars: a value, or a list or tuple of values, which the functions get one by one.
        maximum_iterations: the most steps, an int.  Only with it the loop has a gradient.

    >>> while_loop(lambda i: i < 3, lambda i: i + 1, 0)
    array(3, dtype=int32)
    """
    check_functions("while_loop", cond=cond, body=body)
    many = isinstance(loop_vars, (tuple, list))
    values = tuple(loop_vars) if many else (loop_vars,)
    most = None
    if maximum_iterations is not None:
        most = max(0, _whole("while_loop", "maximum_iterations", maximum_iterations))
    carry = _Carry("while_loop", values)

    def step(state):
        new = body(*carry.unflattened(state))
        return carry.checked(tuple(new) if many and isinstance(new, (tuple, list)) else (new,))

    final = carry.unflattened(_while(carry, lambda state: cond(*carry.unflattened(state)), step, most))
    return final if many else final[0]


@_promoting
def _while(carry, test, step, most):
    if current() is not None:
        final, _, _ = graph_loop(
            lambda state, _: (step(state), []),
            carry.first,
            count=most,
            name="while_loop",
            test=lambda state: operand(test(state)),
        )
        return final
    state, n = list(carry.first), 0
    while most is None or n < most:
        go = known(test(state))
        if is_symbol(go):
            raise ArgumentError(
                "while_loop: its functions use symbols of a functional graph that are not among "
                "loop_vars; pass them in loop_vars, or call it inside the `call` of a layer."
            )
        if np.shape(go):
            raise ShapeError(f"while_loop: the condition must be a scalar. Received: shape {np.shape(go)}.")
        if not bool(np.asarray(go)):
            break
        state, n = step(state), n + 1
    return [_array(x) for x in state]
