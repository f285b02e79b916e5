"""Nested structures of lists, tuples and dicts: their leaves, in the order they are written."""
import numpy as np

from fastnn.core.errors import ShapeError


def flatten(structure):
    """The leaves of a structure as a list; dict values in the order of the dict's keys.

    >>> flatten({"b": 1, "a": (2, [3])})
    [1, 2, 3]
    """
    if isinstance(structure, dict):
        return [leaf for value in structure.values() for leaf in flatten(value)]
    if isinstance(structure, (list, tuple)):
        return [leaf for value in structure for leaf in flatten(value)]
    return [structure]


def flatten_with_path(structure, path=()):
    """(path, leaf) pairs; a path is a tuple of keys and positions."""
    if isinstance(structure, dict):
        return [p for key, value in structure.items() for p in flatten_with_path(value, (*path, key))]
    if isinstance(structure, (list, tuple)):
        return [p for i, value in enumerate(structure) for p in flatten_with_path(value, (*path, i))]
    return [(path, structure)]


def _rebuild(like, values):
    if isinstance(like, tuple) and hasattr(like, "_fields"):
        return type(like)(*values)
    return tuple(values) if isinstance(like, tuple) else list(values)


def map_structure(function, structure):
    """The same structure with `function` applied to each leaf.

    >>> map_structure(lambda x: x + 1, {"a": (1, 2)})
    {'a': (2, 3)}
    """
    if isinstance(structure, dict):
        return {key: map_structure(function, value) for key, value in structure.items()}
    if isinstance(structure, (list, tuple)):
        return _rebuild(structure, [map_structure(function, value) for value in structure])
    return function(structure)


def pack(structure, leaves):
    """`leaves` (a list) in the shape of `structure`.

    >>> pack({"a": (0, 0)}, [1, 2])
    {'a': (1, 2)}
    """
    rest = iter(leaves)
    return map_structure(lambda _: next(rest), structure)


def is_shape(value):
    """Whether `value` is one shape: a sequence of ints and Nones."""
    return isinstance(value, (list, tuple)) and all(d is None or hasattr(d, "__index__") for d in value)


def map_shapes(function, structure):
    """map_structure where the leaves are shapes."""
    if is_shape(structure):
        return function(tuple(structure))
    if isinstance(structure, dict):
        return {key: map_shapes(function, value) for key, value in structure.items()}
    if isinstance(structure, (list, tuple)):
        return _rebuild(structure, [map_shapes(function, value) for value in structure])
    raise ShapeError(f"Expected a shape, or a structure of shapes. Received: {structure!r} "
                     f"(of type {type(structure).__name__}).")


def flatten_shapes(structure):
    """The shapes in a structure of shapes, as a list of tuples."""
    found = []
    map_shapes(found.append, structure)
    return found


def same_structure(a, b):
    """Whether two structures differ only in their leaves; lists and tuples count as equal."""
    if isinstance(a, dict) or isinstance(b, dict):
        return (isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys()
                and all(same_structure(a[key], b[key]) for key in a))
    if isinstance(a, (list, tuple)) or isinstance(b, (list, tuple)):
        return (isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)) and len(a) == len(b)
                and all(map(same_structure, a, b)))
    return True


def array_of_numbers(value):
    """A list of numbers, however nested, as an array; anything else unchanged."""
    if isinstance(value, (list, tuple)) and value:
        leaves = flatten(value)
        if leaves and all(isinstance(x, (int, float)) and not isinstance(x, bool) for x in leaves):
            return np.asarray(value)
    return value
