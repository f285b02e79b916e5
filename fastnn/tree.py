"""`keras.tree`: functions on nested lists, tuples and dicts.

The leaves of a dict come in the order of its sorted keys.
"""

from fastnn.core.errors import ArgumentError
from fastnn.core.tree import flatten, flatten_with_path, is_nested, map_structure, pack, same_structure

__all__ = ["assert_same_structure", "flatten", "flatten_with_path", "is_nested", "lists_to_tuples", "map_structure",
           "pack_sequence_as", "traverse"]  # fmt: skip


def pack_sequence_as(structure, flat_sequence):
    """The leaves of `flat_sequence` in the shape of `structure`.

    Raises ArgumentError if their numbers differ.

    >>> pack_sequence_as({"a": 0, "b": (0,)}, [1, 2])
    {'a': 1, 'b': (2,)}
    """
    leaves, places = list(flat_sequence), len(flatten(structure))
    if len(leaves) != places:
        raise ArgumentError(f"pack_sequence_as: received {len(leaves)} leaves for a structure of {places}.")
    return pack(structure, leaves)


def assert_same_structure(a, b):
    """Raise ArgumentError (a ValueError) unless two structures differ only in their leaves."""
    if not same_structure(a, b):
        raise ArgumentError(f"The structures are not the same. First: {a!r}. Second: {b!r}.")


def lists_to_tuples(structure):
    """The same structure with tuples for lists.

    >>> lists_to_tuples([1, [2]])
    (1, (2,))
    """
    if isinstance(structure, dict):
        return {key: lists_to_tuples(value) for key, value in structure.items()}
    return tuple(map(lists_to_tuples, structure)) if isinstance(structure, list) else structure


def traverse(func, structure, top_down=True):
    """The structure with each part (leaf or nested) replaced by func(part) where that is not None.

    top_down: whether a part is offered before what is inside it, which is left alone if the part was replaced.

    >>> traverse(lambda x: -x if isinstance(x, int) else None, [1, (2,)])
    [-1, (-2,)]
    """
    if top_down:
        found = func(structure)
        if found is not None:
            return found
    if is_nested(structure):
        inside = map_structure(
            lambda part: traverse(func, part, top_down), structure, is_leaf=lambda part: part is not structure
        )
        if top_down:
            return inside
        structure = inside
    found = None if top_down else func(structure)
    return structure if found is None else found
