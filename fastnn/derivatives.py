"""Functions of functions: gradients, derivatives along directions, Jacobians and Hessians, by a tape."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fastnn import ops
from fastnn.core import dtypes, tree
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.gradients import GradientTape, is_float, is_variable
from fastnn.graph.tensor import Tensor

__all__ = ["grad", "hessian", "jacobian", "jvp", "value_and_grad", "vjp"]
Function = Callable[..., Any]


def _argnums(argnums: Any, args: Sequence[Any]) -> list[int]:
    chosen = [argnums] if isinstance(argnums, int) else list(argnums)
    for k in chosen:
        if not isinstance(k, int) or not -len(args) <= k < len(args):
            raise ArgumentError(f"argnums: received {argnums!r} for {len(args)} arguments.")
    return [k % len(args) for k in chosen]


def _floats(structure: Any) -> Any:
    """The structure with numbers and arrays as Tensors, to be watched; ArgumentError for what has no gradient."""

    def leaf(x: Any) -> Any:
        if is_variable(x) or type(x) is Tensor:
            value = x
        else:
            value = np.array(x, dtypes.numpy_type(dtypes.standardize(None)) if isinstance(x, (float, int)) else None)
            value = Tensor.of(value)
        if not is_float(value):
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
