"""Choices by functions, and the structures of values that such functions take and return.

Inside a graph a choice is a node with a body for each side, of which one is calculated.
"""

import functools

import numpy as np

from fastnn.core import hooks, tree
from fastnn.core.errors import ArgumentError, ArgumentTypeError, DTypeError, ForeignSymbolError, ShapeError
from fastnn.graph.active import current
from fastnn.graph.loop import branch as graph_branch
from fastnn.graph.node import Symbol, known_value
from fastnn.graph.tensor import Tensor as Lazy
from fastnn.graph.tensor import known
from fastnn.ops.functions.comparison import where
from fastnn.ops.functions.operands import cast_to, dtype_of, is_symbol, operand

__all__ = ["cond", "switch"]


# ------------------------------------------------------------------ structures
def leaves_of(structure):
    """The values of a structure; None is an empty one."""
    return [x for x in tree.flatten(structure) if x is not None]


def unflattened(structure, leaves):
    """Values in the shape of a structure."""
    rest = iter(leaves)
    return tree.map_structure(lambda x: None if x is None else next(rest), structure)


def same_structure(a, b):
    """Whether two structures hold None, and values, at the same places."""
    if not tree.same_structure(a, b):
        return False
    return all((x is None) == (y is None) for x, y in zip(tree.flatten(a), tree.flatten(b)))


def shown(structure):
    """A structure in words: shapes and dtypes."""
    return tree.map_structure(
        lambda x: None if x is None else f"{dtype_of(operand(x))}{list(operand(x).shape)}", structure
    )


def check_functions(name, **functions):
    for argument, function in functions.items():
        if not callable(function):
            raise ArgumentTypeError(f"{name}: `{argument}` should be a callable. Received: {argument}={function!r}")


def recorded(function):
    """A public operation whose calls on functional symbols are one event; those of its parts where a function uses
    functional symbols that are no arguments."""
    name = function.__name__

    @functools.wraps(function)
    def call(*args, **kwargs):
        if current() is None and any(functional(x) for x in tree.flatten([list(args), kwargs])):
            try:
                return hooks.call("record", name, function, args, kwargs)
            except ForeignSymbolError:  # the functions use symbols that an event would not know of
                return function(*args, **kwargs)
        return function(*args, **kwargs)

    call.public_name = name
    return call


# ------------------------------------------------------------------ choices
def cond(pred, true_fn, false_fn):
    """true_fn() if pred, else false_fn().

    Args:
        pred: a scalar; not 0 means true.
        true_fn, false_fn: functions without arguments; inside a graph their results must be equal in structure, shapes
            and dtypes, and only one of them is calculated.

    Raises:
        ShapeError: pred is no scalar.  ArgumentError, ShapeError, DTypeError: the results differ.

    >>> cond(True, lambda: 1, lambda: 2)
    array(1, dtype=int32)
    """
    check_functions("cond", true_fn=true_fn, false_fn=false_fn)
    pred = operand(pred)
    if tuple(pred.shape):
        raise ShapeError(f"cond: pred must be a scalar. Received: shape {tuple(pred.shape)}.")
    pred = known(pred)
    if current() is None and is_symbol(pred):  # in the functional API there is no node that holds functions
        one, two = true_fn(), false_fn()
        _both(one, two)
        return unflattened(one, [where(pred, a, b) for a, b in zip(leaves_of(one), leaves_of(two))])
    if current() is not None and functional(pred) and (found := known_value(pred)) is not None:
        pred = found  # a comparison of sizes, say: the other branch may not even fit
    if current() is None or not in_graph(pred):
        return _results(true_fn() if bool(np.asarray(pred)) else false_fn())
    return _branch(cast_to(pred, "bool"), true_fn, false_fn)


def _results(structure):
    """What a function returned, with numbers as arrays."""
    return tree.map_structure(lambda x: operand(x) if isinstance(x, (int, float)) else x, structure)


def functional(x):
    """Whether x is a symbol, and no value that gathers."""
    return isinstance(x, Symbol) and type(x) is not Lazy


def in_graph(x):
    return functional(x) or hasattr(x, "_fastnn_variable")


def _both(one, two):
    if not same_structure(one, two):
        raise ArgumentError(
            "`true_fn` and `false_fn` should return outputs of the same kind (struct, dtype and "
            f"shape). Got {shown(one)} and {shown(two)} instead."
        )


def _branch(truth, then, other, name="cond"):
    found = []

    def side(function):
        def run():
            found.append(function())
            if len(found) == 2:
                _both(*found)
            return [operand(x) for x in leaves_of(found[-1])]

        return run

    out = graph_branch(truth, side(then), side(other), name)
    return unflattened(found[0], out)


@recorded
def switch(index, branches, *operands):
    """branches[index](*operands), the index kept within range.

    Args:
        index: an integer scalar.
        branches: functions; inside a graph their results must be equal in structure, shapes and dtypes, and only one
            of them is calculated.
        operands: what they get.

    Raises:
        ArgumentError: no branches, or their results differ.  DTypeError, ShapeError: the index is no integer scalar.

    >>> switch(1, [lambda x: x, lambda x: -x], 3)
    array(-3, dtype=int32)
    """
    branches = list(branches)
    if not branches:
        raise ArgumentError("switch: received no branches.")
    check_functions("switch", **{f"branches[{i}]": f for i, f in enumerate(branches)})
    index = operand(index)
    index = known(index) if current() is None else index
    if "int" not in dtype_of(index):
        raise DTypeError(f"switch: the index must be an integer. Received: dtype {dtype_of(index)}.")
    if tuple(index.shape):
        raise ShapeError(f"switch: the index must be a scalar. Received: shape {tuple(index.shape)}.")
    if not in_graph(index) or (current() is None and not is_symbol(index)):
        return _results(branches[int(np.clip(np.asarray(index), 0, len(branches) - 1))](*operands))
    return _switched(index, 0, len(branches), branches, operands)


def _switched(index, first, end, branches, operands):
    """A choice among branches[first:end], halved again and again."""
    if end - first == 1:
        return branches[first](*operands)
    middle = (first + end) // 2
    return cond(
        hooks.call("operator", "less", index, middle),
        lambda: _switched(index, first, middle, branches, operands),
        lambda: _switched(index, middle, end, branches, operands),
    )
