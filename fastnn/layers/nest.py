"""Nested structures, as layers meet them: those of core.tree, and structures whose leaves are shapes."""

from fastnn.core.errors import ShapeError
from fastnn.core.tree import (
    flatten,
    flatten_with_path,
    holds_itself,
    map_structure,
    ordered_keys,
    pack,
    rebuild,
    same_structure,
)
from fastnn.core.values import as_numbers

__all__ = ["array_of_numbers", "flatten", "flatten_shapes", "flatten_with_path", "is_shape", "map_shapes",
           "map_structure", "ordered_keys", "pack", "same_structure"]  # fmt: skip


def is_shape(value):
    """Whether `value` is one shape: a sequence of ints and Nones."""
    return isinstance(value, (list, tuple)) and all(d is None or hasattr(d, "__index__") for d in value)


def map_shapes(function, structure):
    """map_structure where the leaves are shapes."""
    try:
        return _map_shapes(function, structure)
    except RecursionError as error:
        raise holds_itself(structure, error) from None


def _map_shapes(function, structure):
    if is_shape(structure):
        return function(tuple(structure))
    if isinstance(structure, dict):
        made = {key: _map_shapes(function, structure[key]) for key in ordered_keys(structure)}
        return {key: made[key] for key in structure}
    if isinstance(structure, (list, tuple)):
        return rebuild(structure, [_map_shapes(function, value) for value in structure])
    raise ShapeError(
        f"Expected a shape, or a structure of shapes. Received: {structure!r} (of type {type(structure).__name__})."
    )


def flatten_shapes(structure):
    """The shapes in a structure of shapes, as a list of tuples."""
    found = []
    map_shapes(found.append, structure)
    return found


def array_of_numbers(value):
    """A list of numbers, however nested, as an array; anything else unchanged."""
    if isinstance(value, (list, tuple)) and value:
        leaves = flatten(value)
        if leaves and all(isinstance(x, (int, float)) and not isinstance(x, bool) for x in leaves):
            return as_numbers(value, "inputs")
    return value
