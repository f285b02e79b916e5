"""Choices and loops."""
import numpy as np

from fastnn.core.errors import ArgumentError
from fastnn.core.shapes import normalize_axis
from fastnn.ops.functions.comparison import less_equal, where
from fastnn.ops.functions.layout import concatenate, expand_dims, moveaxis, stack
from fastnn.ops.functions.operands import is_symbol, operand
from fastnn.ops.functions.slicing import flip, getitem

__all__ = ["cond", "switch", "fori_loop", "while_loop", "scan", "map", "vectorized_map", "vectorize",
           "associative_scan"]


# ------------------------------------------------------------------ choices and loops
def _tree(f, *values):
    """f over the leaves of equal structures of lists, tuples and dicts."""
    first = values[0]
    if isinstance(first, dict):
        return {k: _tree(f, *(v[k] for v in values)) for k in first}
    if isinstance(first, (list, tuple)):
        items = [_tree(f, *v) for v in zip(*values)]
        return type(first)(*items) if hasattr(first, "_fields") else type(first)(items)
    return None if first is None else f(*values)


def cond(pred, true_fn, false_fn):
    """true_fn() if pred, else false_fn(); in a graph both are calculated and the condition chooses the values.

    >>> cond(True, lambda: 1, lambda: 2)
    1
    """
    if not is_symbol(pred):
        return true_fn() if bool(np.asarray(operand(pred))) else false_fn()
    return _tree(lambda a, b: where(pred, a, b), true_fn(), false_fn())


def switch(index, branches, *operands):
    """branches[index](*operands), the index kept within range; in a graph all branches are calculated.

    >>> switch(1, [lambda x: x, lambda x: -x], 3)
    -3
    """
    if not is_symbol(index):
        return branches[int(np.clip(np.asarray(index), 0, len(branches) - 1))](*operands)
    out = branches[0](*operands)
    for i, branch in enumerate(branches[1:], 1):
        out = _tree(lambda a, b, i=i: where(less_equal(i, index), b, a), out, branch(*operands))
    return out


def fori_loop(lower, upper, body_fun, init_val):
    """val = body_fun(i, val) for i from lower up to upper (ints): the loop is written out in the graph.

    >>> fori_loop(0, 3, lambda i, v: v + i, 0)
    3
    """
    val = init_val
    for i in range(int(lower), int(upper)):
        val = body_fun(i, val)
    return val


def while_loop(cond, body, loop_vars, maximum_iterations=None):
    """loop_vars = body(*loop_vars) while cond(*loop_vars); on arrays, since a graph has a fixed length.

    >>> while_loop(lambda i: i < 3, lambda i: (i + 1,), (0,))
    (3,)
    """
    tuples = isinstance(loop_vars, (tuple, list))
    values, n = tuple(loop_vars) if tuples else (loop_vars,), 0
    while maximum_iterations is None or n < maximum_iterations:
        go = cond(*values)
        if is_symbol(go):
            raise ArgumentError("while_loop: its condition is a symbol, but a graph has a fixed length; use "
                                "fori_loop, or call it on arrays.")
        if not bool(np.asarray(go)):
            break
        new = body(*values)
        values, n = tuple(new) if isinstance(new, (tuple, list)) else (new,), n + 1
    return values if tuples else values[0]


def _first(tree):
    while isinstance(tree, (list, tuple, dict)):
        tree = next(iter(tree.values() if isinstance(tree, dict) else tree))
    return tree


def scan(f, init, xs=None, length=None, reverse=False, unroll=1):
    """(carry, ys) of carry, y = f(carry, x) for each slice x of xs along the first axis, written out in the graph.

    >>> scan(lambda c, x: (c + x, c), 0, np.array([1, 2], "int32"))[0]
    np.int32(3)
    """
    n = int(length if xs is None else _first(xs).shape[0])
    carry, ys = init, []
    for i in reversed(range(n)) if reverse else range(n):
        carry, y = f(carry, None if xs is None else _tree(lambda v, i=i: v[i], xs))
        ys.append(y)
    ys = ys[::-1] if reverse else ys
    return carry, None if not ys or ys[0] is None else _tree(lambda *v: stack(v), *ys)


def map(f, xs):
    """f of each slice of xs along the first axis, stacked.

    >>> map(lambda v: v * 2, np.array([1.0, 2.0], "float32"))
    array([2., 4.], dtype=float32)
    """
    n = _first(xs).shape[0]
    return _tree(lambda *v: stack(v), *[f(_tree(lambda v, i=i: v[i], xs)) for i in range(n)])


vectorized_map = lambda function, elements: map(function, elements)
vectorized_map.__doc__ = (map.__doc__ or "").replace(">>> map(", ">>> vectorized_map(")


# ------------------------------------------------------------------ functions
def vectorize(pyfunc, *, excluded=None, signature=None):
    """A function of values that calls pyfunc for each slice along the first axis and stacks the results.

    >>> vectorize(lambda v: v * 2)(np.array([1.0, 2.0], "float32"))
    array([2., 4.], dtype=float32)
    """
    def over(*xs):
        return map(lambda v: pyfunc(*v), tuple(operand(x) for x in xs))
    return over


def associative_scan(f, elems, reverse=False, axis=0):
    """All running results of an associative f(a, b) along an axis.

    >>> associative_scan(lambda a, b: a + b, np.array([1, 2, 3], "int32"))
    array([1, 3, 6], dtype=int32)
    """
    x = moveaxis(operand(elems), normalize_axis(axis, len(operand(elems).shape)), 0)
    x = flip(x, 0) if reverse else x
    first, rest = getitem(x, 0), getitem(x, slice(1, None))

    def step(carry, v):
        y = f(carry, v)
        return y, y
    if rest.shape[0]:
        _, ys = scan(step, first, rest)
        x = concatenate([expand_dims(first, 0), ys], 0)
    return moveaxis(flip(x, 0) if reverse else x, 0, axis)
