"""`keras.tree`: functions on nested lists, tuples, deques and dicts.

The leaves of a dict come in the order of its sorted keys, those of an OrderedDict in its own order.
"""

import warnings
from collections import OrderedDict, defaultdict, deque

from fastnn.core.errors import ArgumentError, ArgumentTypeError
from fastnn.core.tree import children, flatten, flatten_with_path, holds_itself, is_nested, ordered_keys, pack, rebuild

__all__ = ["MAP_TO_NONE", "assert_same_paths", "assert_same_structure", "flatten", "flatten_with_path", "is_nested",
           "lists_to_tuples", "map_shape_structure", "map_structure", "map_structure_up_to", "pack_sequence_as",
           "traverse"]  # fmt: skip

DICTS = (OrderedDict, defaultdict, dict)


class MAP_TO_NONE:
    """What a function given to `traverse` returns to put None in a place (None itself leaves the place as it is).

    >>> traverse(lambda x: MAP_TO_NONE if x == 2 else None, [1, 2])
    [1, None]
    """


def _kind(structure):
    """What structures must share to be the same: named tuples their class, dicts any kind of dict."""
    if isinstance(structure, tuple) and hasattr(structure, "_fields"):
        return type(structure)
    return next((k for k in (dict, list, tuple, deque) if isinstance(structure, k)), None)


def _name(structure):
    """A kind of structure as an error calls it."""
    kind = _kind(structure)
    if kind in (None, dict):
        kind = next((d for d in DICTS if isinstance(structure, d)), type(structure))
    named = kind not in (dict, *DICTS) and hasattr(kind, "_fields")
    return f"namedtuple {kind.__module__}.{kind.__qualname__}" if named else kind.__name__


def _children(first, others, where, to):
    """The children of each of `others`, which must be of the kind and size of `first`."""
    out = []
    for other in others:
        if _kind(other) is not _kind(first):
            raise ArgumentError(
                f"{where}: structures don't have the same nested structure{to}. Expected {_name(first)}, "
                f"received {_name(other)}: {other!r}"
            )
        if isinstance(first, dict) and first.keys() != other.keys():
            raise ArgumentError(
                f"{where}: structures don't have the same nested structure{to}. Node arity mismatch, dictionary key "
                f"mismatch; expected key(s): {ordered_keys(first)}, received key(s): {ordered_keys(other)}"
            )
        if len(first) != len(other):
            raise ArgumentError(
                f"{where}: structures don't have the same nested structure{to}. Node arity mismatch: expected "
                f"number of children {len(first)}, received {len(other)}: {other!r}"
            )
        out.append([other[key] for key in ordered_keys(first)] if isinstance(first, dict) else list(other))
    return out


def _map(function, structures, where, none_is_leaf=True, shallow=False):
    """`function` on the leaves of the first structure and on what the others have there.

    shallow: whether the others may go deeper than the first.
    """
    try:
        return _mapped(function, structures, where, none_is_leaf, shallow, ())
    except RecursionError as error:
        raise holds_itself(structures[0], error) from None


def _mapped(function, structures, where, none_is_leaf, shallow, path):
    first, *others = structures
    if first is None and not none_is_leaf and all(o is None for o in others):
        return None
    to = f" at {path}" if path else ""
    if not is_nested(first):
        deeper = next((o for o in others if is_nested(o)), None)
        if deeper is not None and not shallow:
            raise ArgumentError(
                f"{where}: structures don't have the same nested structure{to}. Expected a leaf, received "
                f"{_name(deeper)}: {deeper!r}"
            )
        return function(*structures)
    keys = ordered_keys(first) if isinstance(first, dict) else range(len(first))
    columns = _children(first, structures, where, to)
    parts = [
        _mapped(function, list(row), where, none_is_leaf, shallow, (*path, key))
        for key, row in zip(keys, zip(*columns, strict=True), strict=True)
    ]
    return rebuild(first, parts)


def _callable(func, where):
    if not callable(func):
        raise ArgumentTypeError(f"`func` must be callable. Received: func={func!r} ({where})")


def map_structure(func, *structures, none_is_leaf=True):
    """`func` on the leaves of one or more structures of the same layout.

    Args:
        func: takes as many leaves as there are structures.
        none_is_leaf: whether None is a leaf for `func`; otherwise it stays None.

    Raises ArgumentTypeError (a TypeError) if `func` cannot be called, ArgumentError (a ValueError) without
    structures or where they differ.

    >>> map_structure(lambda x, y: x + y, {"a": (1, 2)}, {"a": (10, 20)})
    {'a': (11, 22)}
    """
    _callable(func, "map_structure")
    if not structures:
        raise ArgumentError("map_structure: Must provide at least one structure.")
    return _map(func, structures, "map_structure", none_is_leaf)


def map_structure_up_to(shallow_structure, func, *structures):
    """`func` on what `structures` hold at the leaves of `shallow_structure`; what is deeper is handed over whole.

    Raises ArgumentTypeError and ArgumentError as `map_structure` does.

    >>> map_structure_up_to([None, None], len, [[1, 1], [2]])
    [2, 1]
    """
    _callable(func, "map_structure_up_to")
    if not structures:
        raise ArgumentError("map_structure_up_to: Must provide at least one structure.")
    return _map(lambda _, *rest: func(*rest), (shallow_structure, *structures), "map_structure_up_to", shallow=True)


def assert_same_structure(a, b, check_types=None):
    """Raise ArgumentError (a ValueError) unless two structures differ only in their leaves.

    Kinds count: a list is no tuple, and two classes of named tuples differ; all kinds of dicts are one kind.

    Args:
        a, b: structures.
        check_types: without effect, as in Keras, with a warning.

    >>> assert_same_structure([(0, 1)], [(2, 3)])
    """
    if check_types is not None:
        more = "" if check_types else " For a looser check, use `keras.tree.assert_same_paths()`."
        warnings.warn(
            f"The `check_types` argument is deprecated and no longer has any effect, please remove.{more}",
            DeprecationWarning,
            stacklevel=2,
        )
    _map(lambda *_: None, (a, b), "assert_same_structure")


def assert_same_paths(a, b):
    """Raise ArgumentError (a ValueError) unless two structures have their leaves at the same paths, whatever the kinds.

    Args:
        a, b: structures.

    >>> assert_same_paths([0, 1], (2, 3))
    """
    of_a, of_b = ({path for path, _ in flatten_with_path(x)} for x in (a, b))
    if of_a != of_b:
        lines = ["`a` and `b` don't have the same paths."]
        for here, there, missing in (("a", "b", of_a - of_b), ("b", "a", of_b - of_a)):
            if missing:
                lines.append(f"Paths in `{here}` missing in `{there}`:\n{missing}")
        raise ArgumentError("\n".join(lines))


def pack_sequence_as(structure, flat_sequence):
    """The leaves of `flat_sequence` in the shape of `structure`.

    Raises ArgumentTypeError (a TypeError) if `flat_sequence` is not iterable, ArgumentError (a ValueError) if the
    numbers of leaves differ.

    >>> pack_sequence_as({"a": 0, "b": (0,)}, [1, 2])
    {'a': 1, 'b': (2,)}
    """
    try:
        leaves = list(flat_sequence)
    except TypeError:
        raise ArgumentTypeError(f"pack_sequence_as: Iterable expected, received {flat_sequence!r}.") from None
    places = len(flatten(structure))
    if len(leaves) != places:
        few = "Too few" if len(leaves) < places else "Too many"
        raise ArgumentError(f"pack_sequence_as: {few} leaves; expected: {places}, received: {len(leaves)}.")
    return pack(structure, leaves)


def lists_to_tuples(structure):
    """The same structure with tuples for lists.

    Args:
        structure: nested lists, tuples and dicts.

    >>> lists_to_tuples([1, [2]])
    (1, (2,))
    """
    return traverse(lambda part: tuple(part) if isinstance(part, list) else None, structure, top_down=False)


def _is_shape(part):
    return isinstance(part, (list, tuple)) and all(isinstance(e, (int, type(None))) for e in part)


def map_shape_structure(func, structure):
    """`func` on each shape (a list or tuple of ints and Nones) of a structure, and on its other leaves.

    Raises ArgumentTypeError (a TypeError) if `func` cannot be called.

    >>> map_shape_structure(len, {"a": (2, None), "b": [3]})
    {'a': 2, 'b': 1}
    """
    _callable(func, "map_shape_structure")
    try:
        return _map_shapes(func, structure)
    except RecursionError as error:
        raise holds_itself(structure, error) from None


def _map_shapes(func, structure):
    if _is_shape(structure) or not is_nested(structure):
        return func(structure)
    return rebuild(structure, [_map_shapes(func, value) for value in children(structure)])


def traverse(func, structure, top_down=True):
    """The structure with each part (leaf or nested) replaced by func(part) where that is not None.

    Args:
        top_down: whether a part is offered before what is inside it, which is left alone if the part was replaced.
        structure: nested lists, tuples and dicts.
        func: a function of a part.

    Raises ArgumentTypeError (a TypeError) if `func` cannot be called.

    >>> traverse(lambda x: -x if isinstance(x, int) else None, [1, (2,)])
    [-1, (-2,)]
    """
    _callable(func, "traverse")
    try:
        return _traverse(func, structure, top_down)
    except RecursionError as error:
        raise holds_itself(structure, error) from None


def _traverse(func, structure, top_down):
    found = func(structure) if top_down else None
    if found is None:
        if is_nested(structure):
            structure = rebuild(structure, [_traverse(func, value, top_down) for value in children(structure)])
        if top_down:
            return structure
        found = func(structure)
        if found is None:
            return structure
    return None if found is MAP_TO_NONE else found


def __dir__():
    return __all__
