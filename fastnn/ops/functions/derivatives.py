"""Derivatives by name: functions that bring their own gradient, and derivatives along a direction."""

import functools
import inspect
import weakref
from typing import Any

import numpy as np

from fastnn.core import dtypes, hooks, tree
from fastnn.core.errors import ArgumentError, NotSupportedError, ShapeError, asked
from fastnn.core.results import shown
from fastnn.core.shapes import product
from fastnn.core.types import Tensor
from fastnn.graph.active import current
from fastnn.graph.autodiff import gradients
from fastnn.graph.calls import Unhashed, event, is_value, wanted, what_it_sees
from fastnn.graph.node import VARIABLE
from fastnn.graph.tensor import at_once
from fastnn.ops.functions.arithmetic import add
from fastnn.ops.functions.choices import check_functions, recorded
from fastnn.ops.functions.layout import concatenate, ravel, reshape, split
from fastnn.ops.functions.operands import cast_to, dtype_of, is_symbol, operand
from fastnn.ops.op import R

__all__ = ["custom_gradient", "jvp"]


# ------------------------------------------------------------------ gradients of one's own
def _is_float(x):
    return hasattr(x, "dtype") and hasattr(x, "shape") and dtypes.is_inexact(dtype_of(x))


class _Rule:
    """How the gradients of one call come from those of its results.

    grad, what f returned, knows symbols of the trace that it was called in.  A loop's body is differentiated as a copy
    of its nodes: there f is called once more, on the copy's symbols, and what it calculates again is found to be equal.
    """

    def __init__(self, f, structure, places, xs, specs, results, variables=()):
        self.variables = variables
        self.f, self.structure, self.places, self.specs = f, structure, places, specs
        self.xs, self.trace = xs, weakref.ref(current())
        self.grad = self._grad_of(results)

    @staticmethod
    def _grad_of(results):
        if not isinstance(results, (tuple, list)) or len(results) != 2 or not callable(results[1]):
            raise ArgumentError(
                f"custom_gradient: the function must return (outputs, gradient function). Received: {results!r}."
            )
        return results[1]

    def __call__(self, xs, gy):
        grad = self.grad
        if current() is not self.trace() or any(a is not b for a, b in zip(xs, self.xs)):
            leaves = tree.flatten(self.structure)
            for place, x in zip(self.places, xs):
                leaves[place] = x
            args, kwargs = tree.pack(self.structure, leaves)
            grad = self._grad_of(self.f(*args, **kwargs))
        sizes = [product(s.shape) for s in self.specs]
        bounds = [sum(sizes[:k]) for k in range(1, len(sizes))]
        parts = [gy] if len(sizes) == 1 else split(gy, bounds, 0)
        parts = [reshape(g, s.shape) for g, s in zip(parts, self.specs)]
        if not (len(parts) == 1 or _takes(grad, len(parts))):
            parts = [tuple(parts)]
        if _wants_variables(grad, bool(self.variables)):
            found, more = grad(*parts, variables=list(self.variables))
        else:
            found, more = grad(*parts), ()
        found = [*(found if isinstance(found, (tuple, list)) else [found]), *more]
        if len(found) != len(xs):
            raise ArgumentError(
                f"custom_gradient: the gradient function returned {len(found)} gradients for {len(xs)} float arguments."
            )
        return [None if g is None else cast_to(operand(g), x.dtype) for g, x in zip(found, xs)]


def _wants_variables(function, any_read=True):
    """Whether a gradient function takes those that f reads, by the name `variables`, and returns their gradients.

    One that takes any name (**kwargs) is given them where there are any.
    """
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False
    return "variables" in parameters or (any_read and any(p.kind == p.VAR_KEYWORD for p in parameters.values()))


def _read_by(nodes):
    """The variables that nodes read, in order."""
    found = {}
    for node in nodes:
        for x in node.inputs:
            if x is not None and x.node.op is VARIABLE:
                found.setdefault(id(x.node.payload), x.node.payload)
    return list(found.values())


def _takes(function, count):
    """Whether a function takes so many arguments by position."""
    try:
        kinds = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return False
    named = [p for p in kinds if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return len(named) >= count or any(p.kind == p.VAR_POSITIONAL for p in kinds)


def _of_values(f, args, kwargs):
    """What a function gives that asks for values, and its gradient: it is called on what has gathered until now."""
    plain_args, plain_kwargs = tree.map_structure(lambda x: shown(np.asarray(x)) if is_value(x) else x, [args, kwargs])
    with at_once():
        found = f(*plain_args, **plain_kwargs)
    read = _read_at_once(f, plain_args, plain_kwargs) if _wants_variables(_Rule._grad_of(found)) else []
    given = {id(x) for x in tree.flatten([args, kwargs])}
    variables = [v for v in read if id(v) not in given]
    if not variables:
        return custom_gradient(lambda *_, **__: found)(*args, **kwargs)

    def of_all(*upstream):
        parts = upstream if len(upstream) == 1 or _takes(found[1], len(upstream)) else (upstream,)
        own, more = found[1](*parts, variables=variables)
        return [*(own if isinstance(own, (tuple, list)) else [own]), *more]

    return custom_gradient(lambda *_: (found[0], of_all))(*tree.flatten([args, kwargs]), *variables)


def _read_at_once(f, args, kwargs):
    """The variables that a function reads that asks for values: a tape sees another call of it."""
    with hooks.call("tape") as tape:
        f(*args, **kwargs)
    return tape.watched_variables()


def custom_gradient(f: Any) -> Any:
    """A function whose gradient is what f says, as a decorator.

    Args:
        f: (*args) -> (outputs, gradient function). The gradient function takes the gradients of the outputs, one
            argument each (or one tuple), and returns those of the float arguments of f, None for none.

    Variables that f reads get no gradient, unless the gradient function takes `variables`: then it returns (those of
    the arguments, those of the variables). On arrays, outside of a training step, only the outputs are calculated.

    >>> import numpy as np
    >>> @custom_gradient
    ... def capped(x):
    ...     return x * 2, lambda upstream: upstream.clip(-1, 1)
    >>> capped(np.array([1.0, 2.0], "float32"))
    array([2., 4.], dtype=float32)
    """
    check_functions("custom_gradient", f=f)

    @functools.wraps(f)
    def call(*args, **kwargs):
        structure = [args, kwargs]
        leaves = tree.flatten(structure)
        if current() is None and wanted(args, kwargs):
            try:
                key = "custom_gradient", hooks.call("serial", call), what_it_sees(f)
                return event(key, call, args, kwargs)
            except Exception as error:
                if asked(error):
                    return _of_values(f, args, kwargs)
                if not isinstance(error, Unhashed):
                    raise
        if current() is None and any(is_symbol(x) for x in leaves):
            return hooks.call("record", "custom_gradient", call, args, kwargs)
        if current() is not None:
            leaves = [current().symbol(x) if hasattr(x, "_fastnn_variable") else x for x in leaves]
            args, kwargs = tree.pack(structure, leaves)
        places = [k for k, x in enumerate(leaves) if current() is not None and is_symbol(x) and _is_float(x)]
        first = 0 if current() is None else len(current().nodes)
        results = f(*args, **kwargs)
        if not places:
            _Rule._grad_of(results)
            return results[0]
        outputs = [operand(y) for y in tree.flatten(results[0])]
        moving = [k for k, y in enumerate(outputs) if _is_float(y)]
        xs = [current().symbol(leaves[k]) for k in places]
        specs = [current().symbol(outputs[k]).spec for k in moving]
        if not moving:
            return results[0]
        variables = _read_by(current().nodes[first:]) if _wants_variables(results[1]) else []
        xs += [current().symbol(v) for v in variables]
        rule = _Rule(f, structure, places, xs, specs, results, variables)
        if len(moving) == 1:
            parts = [R.custom_gradient(outputs[moving[0]], *xs, rule=rule)]
        else:  # one value, so that the gradient function sees the gradients of all at once
            if len({s.dtype for s in specs}) > 1:
                raise ArgumentError(
                    f"custom_gradient: received results of dtypes {[s.dtype for s in specs]}, expected one float dtype."
                )
            one = R.custom_gradient(concatenate([ravel(outputs[k]) for k in moving], 0), *xs, rule=rule)
            sizes = [product(s.shape) for s in specs]
            parts = split(one, [sum(sizes[:k]) for k in range(1, len(sizes))], 0)
            parts = [reshape(y, s.shape) for y, s in zip(parts, specs)]
        for k, y in zip(moving, parts):
            outputs[k] = y
        return tree.pack(results[0], outputs)

    return call


# ------------------------------------------------------------------ along a direction
@recorded
def jvp(fun: Any, primals: Any, tangents: Any, has_aux: bool = False) -> Tensor:
    """(fun(*primals), its derivative along the tangents).

    The derivative is the gradient's own: that of sum(u * gradient(y, x, u) * tangent) by u (Christianson, 1992).

    Args:
        fun: (*primals) -> a structure of floats; with has_aux (that, anything else), which is returned as a third.
        primals, tangents: a list or tuple of floats each, of the same shapes.
        has_aux: whether fun returns a pair, of which only the first part is differentiated.

    >>> import numpy as np
    >>> jvp(lambda x: x * x, (np.float32(3.0),), (np.float32(1.0),))
    (array(9., dtype=float32), array(6., dtype=float32))
    """
    check_functions("jvp", fun=fun)
    if not isinstance(primals, (list, tuple)) or not isinstance(tangents, (list, tuple)):
        raise ArgumentError(
            "jvp: `primals` and `tangents` must be lists or tuples, one entry per argument. Received: "
            f"{type(primals).__name__} and {type(tangents).__name__}."
        )
    xs, vs = ([operand(x) for x in tree.flatten(list(side))] for side in (primals, tangents))
    if [tuple(x.shape) for x in xs] != [tuple(v.shape) for v in vs]:
        raise ShapeError(
            f"jvp: received primals of shapes {[tuple(x.shape) for x in xs]} and tangents of shapes "
            f"{[tuple(v.shape) for v in vs]}, expected the same."
        )
    if any(not dtypes.is_inexact(dtype_of(x)) for x in xs):
        raise ArgumentError(f"jvp: received primals of dtypes {[dtype_of(x) for x in xs]}, expected floats.")
    vs = [cast_to(v, dtype_of(x)) for x, v in zip(xs, vs)]

    def both(*values):
        return _along(fun, primals, values[: len(xs)], values[len(xs) :], has_aux)

    return both(*xs, *vs) if current() is not None else hooks.call("traced", both, [*xs, *vs])


def _along(fun, primals, xs, vs, has_aux):
    """jvp in the active trace."""
    trace = current()
    xs = [R.identity(trace.symbol(x)) for x in xs]  # values of their own, also where one is given twice
    result = fun(*tree.pack(list(primals), xs))
    result, aux = result if has_aux else (result, None)
    ys = [trace.symbol(operand(y)) for y in tree.flatten(result)]
    backward = trace.marks.backward
    us = [R.broadcast_to(cast_to(0.0, y.dtype), shape=y.shape) for y in ys]
    gxs = gradients(ys, xs, us)
    _check_linear(trace, us, [g for g in gxs if g is not None])
    pairs = [(g, v) for g, v in zip(gxs, vs) if g is not None]
    slopes = gradients([g for g, _ in pairs], us, [trace.symbol(v) for _, v in pairs]) if pairs else [None] * len(us)
    trace.marks.backward = backward  # all of this is the way forward
    moved = [add(u, 0.0) if s is None else s for s, u in zip(slopes, us)]
    found = (tree.pack(result, ys), tree.pack(result, moved))
    return (*found, aux) if has_aux else found


def _check_linear(trace, us, gxs):
    """Raise where a gradient, which is linear in u, comes from u by an operation without a derivative of its own."""
    behind = {u.node for u in us}
    for node in trace.nodes:
        if any(s is not None and s.node in behind for s in node.inputs):
            behind.add(node)
    todo, seen = [g.node for g in gxs], set()
    while todo:
        node = todo.pop()
        if node in seen or node not in behind:
            continue
        seen.add(node)
        if node.op.vjp is None and node.inputs:
            raise NotSupportedError(
                f"jvp: the operation {node.op.name!r} has no derivative ({node.op.nondiff}), so the one "
                "along a direction is not known."
            )
        todo += [s.node for s in node.inputs if s is not None]
