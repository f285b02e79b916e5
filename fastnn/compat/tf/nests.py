"""tf.nest: keras.tree's functions with TensorFlow's arguments; a TensorShape is a leaf."""

from fastnn import tree
from fastnn.compat.shapes import TensorShape
from fastnn.core.errors import ArgumentError, ArgumentTypeError
from fastnn.core.tree import children, rebuild

_MODULE = "compat.tf.nests"


class _Shape:
    """A shape where `tree` looks for structures."""

    def __init__(self, shape):
        self.shape = shape


def _held(structure):
    if isinstance(structure, TensorShape):
        return _Shape(structure)
    return rebuild(structure, [_held(part) for part in children(structure)]) if tree.is_nested(structure) else structure


def _leaves(held):
    return [leaf.shape if isinstance(leaf, _Shape) else leaf for leaf in tree.flatten(held)]


def is_nested(structure):
    """Whether a value is a structure rather than a leaf.

    Args:
        structure: any value.

    >>> is_nested([1]), is_nested(TensorShape((1, 2)))
    (True, False)
    """
    return tree.is_nested(structure) and not isinstance(structure, TensorShape)


def flatten(structure, expand_composites=False):
    """The leaves, in a list.

    Args:
        structure: nested lists, tuples and dicts.
        expand_composites: of no effect.

    >>> flatten([1, {"b": 3, "a": TensorShape((2,))}])
    [1, (2,), 3]
    """
    return _leaves(_held(structure))


def pack_sequence_as(structure, flat_sequence, expand_composites=False):
    """Leaves in the places of those of a structure.

    Args:
        structure: nested lists, tuples and dicts.
        flat_sequence: the leaves.
        expand_composites: of no effect.

    Raises ArgumentError for another number of leaves.
    """
    return tree.pack_sequence_as(_held(structure), flat_sequence)


def assert_same_structure(nest1, nest2, check_types=True, expand_composites=False):
    """Raise unless two structures differ only in their leaves.

    Args:
        nest1, nest2: structures.
        check_types: whether a list is no tuple.
        expand_composites: of no effect.

    Raises ArgumentError (a ValueError) for leaves in other places, ArgumentTypeError (a TypeError) for other kinds.

    >>> assert_same_structure([1, (2, 3)], (1, [2, 3]), check_types=False)
    """
    first, second = _held(nest1), _held(nest2)
    words = f"The two structures don't have the same nested structure. Received: {nest1!r} and {nest2!r}."
    try:
        tree.assert_same_paths(first, second)
    except ArgumentError as error:
        raise ArgumentError(f"{words} {error}") from None
    if check_types:
        try:
            tree.assert_same_structure(first, second)
        except ArgumentError as error:
            raise ArgumentTypeError(f"{words} {error}") from None


def map_structure(func, *structure, check_types=True, expand_composites=False):
    """`func` of each leaf of the first structure and of those of the others at its place, in such a structure.

    Args:
        func: takes a leaf of each structure.
        structure: one structure or more.
        check_types: whether a list is no tuple.
        expand_composites: of no effect.

    Raises ArgumentTypeError if func cannot be called, else as assert_same_structure.

    >>> map_structure(lambda shape: shape[1:], [TensorShape((2, 3)), TensorShape((4,))])
    [(3,), ()]
    """
    if not callable(func):
        raise ArgumentTypeError(f"func must be callable, got: {func!r}")
    if not structure:
        raise ArgumentError("Must provide at least one structure.")
    for other in structure[1:]:
        assert_same_structure(structure[0], other, check_types)
    held = [_held(part) for part in structure]
    return tree.pack_sequence_as(held[0], [func(*row) for row in zip(*map(_leaves, held), strict=True)])


NAMES = {
    f"nest.{n}": f"{_MODULE}:{n}"
    for n in ("flatten", "map_structure", "pack_sequence_as", "assert_same_structure", "is_nested")
}
