"""TensorFlow's functions of functions that choose and repeat, on fastnn.ops; see tf_math for what a table is."""

import functools

from fastnn import ops
from fastnn.compat.tf.function import map_fn
from fastnn.compat.tf.values import operand
from fastnn.core import tree
from fastnn.core.errors import ArgumentError


def _switch_case(branch_index, branch_fns, default=None, name="switch_case"):
    """branch_fns[branch_index](), or default() (the last function, if None) for an index that is not among them."""
    pairs = list(branch_fns.items() if isinstance(branch_fns, dict) else branch_fns)
    if pairs and callable(pairs[0]):
        pairs = list(enumerate(pairs))
    found = {int(index): function for index, function in pairs}  # fmt: skip
    if not found or sorted(found) != list(range(len(found))) or not all(map(callable, found.values())):
        raise ArgumentError(
            f"tf.switch_case: received branch_fns={branch_fns!r}, expected functions with the numbers from 0 on."
        )
    index = operand(branch_index)
    listed = [found[k] for k in range(len(found))]
    listed.append(listed[-1] if default is None else default)
    inside = ops.logical_and(ops.greater_equal(index, 0), ops.less(index, len(listed)))
    return ops.switch(ops.where(inside, index, len(listed) - 1), listed)


def _scan(fn, elems, initializer=None, parallel_iterations=10, back_prop=True, swap_memory=False, infer_shape=True,
          reverse=False, name=None):  # fmt: skip
    """All values of a = fn(a, slice of elems along the first axis), stacked, from a slice or the initializer on."""
    flat = [operand(x) for x in tree.flatten(elems)]
    rows = flat[0].shape[0]
    order = list(range(rows or 0))[:: -1 if reverse else 1]
    if not order:
        raise ArgumentError("tf.scan: received elements without rows, or of an unknown number; expected some.")
    slices = [tree.pack(elems, [x[i] for x in flat]) if tree.is_nested(elems) else flat[0][i] for i in order]
    results = [slices.pop(0)] if initializer is None else []
    value = results[0] if results else tree.map_structure(operand, initializer)
    for part in slices:
        value = fn(value, part)
        results.append(value)
    columns = zip(*[tree.flatten(r) for r in results[:: -1 if reverse else 1]])
    stacked = [ops.stack([operand(v) for v in column]) for column in columns]
    return tree.pack(results[0], stacked) if tree.is_nested(results[0]) else stacked[0]


def _vectorized_map(fn, elems, fallback_to_while_loop=True, warn=True):
    """fn of each slice of elems along the first axis, stacked."""
    return map_fn(fn, elems)


def _fold(backwards):
    def fold(fn, elems, initializer=None, parallel_iterations=10, back_prop=True, swap_memory=False, name=None):
        """The last value of a = fn(a, slice of elems along the first axis), from a slice or the initializer on."""
        flat = [operand(x) for x in tree.flatten(elems)]
        order = list(range(flat[0].shape[0] or 0))[:: -1 if backwards else 1]
        slices = [tree.pack(elems, [x[i] for x in flat]) if tree.is_nested(elems) else flat[0][i] for i in order]
        if initializer is None and not slices:
            raise ArgumentError("tf.foldl: received elements without rows, or of an unknown number; expected some.")
        value = slices.pop(0) if initializer is None else tree.map_structure(operand, initializer)
        for part in slices:
            value = fn(value, part)
        return value

    return fold


def _case(pred_fn_pairs, default=None, exclusive=False, strict=False, name="case"):
    """The function of the first predicate that holds, else default(); the last function where there is none."""
    pairs = list(pred_fn_pairs.items() if isinstance(pred_fn_pairs, dict) else pred_fn_pairs)
    if not pairs or not all(callable(function) for _, function in pairs):
        raise ArgumentError(f"tf.case: received {pred_fn_pairs!r}, expected pairs of a boolean and a function.")
    last = default
    if last is None:
        *pairs, (_, last) = pairs
    chosen = last
    for pred, function in reversed(pairs):
        chosen = functools.partial(ops.cond, operand(pred), function, chosen)
    return chosen()


def _group(*inputs, **kwargs):
    """Nothing: what was to be done has been done, in its order."""


def _tuple(tensors, control_inputs=None, name=None):
    return [None if t is None else operand(t) for t in tensors]


TABLE = {
    "foldl": _fold(False), "foldr": _fold(True), "case": _case, "group": _group, "tuple": _tuple,
    "no_op": lambda name=None: None, "switch_case": _switch_case, "scan": _scan, "vectorized_map": _vectorized_map,
}  # fmt: skip
