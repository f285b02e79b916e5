"""Nested structures of lists, tuples, deques and dicts: their leaves; those of a dict in the order of its sorted keys.

That is Keras's order: two dicts that differ only in the order of writing have the same leaves at the same places. An
OrderedDict has an order of its own, which is kept.
"""

from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable
from typing import Any

NESTED = (list, tuple, dict, deque)


def ordered_keys(structure):
    """The keys of a dict, sorted; those of kinds that do not compare, by the names of the kinds first.

    >>> ordered_keys({"b": 1, "a": 2}), ordered_keys({"b": 1, 0: 2})
    (['a', 'b'], [0, 'b'])
    """
    if isinstance(structure, OrderedDict):
        return list(structure)
    try:
        return sorted(structure)
    except TypeError:
        return sorted(structure, key=lambda k: (type(k).__qualname__, k))


def is_nested(structure):
    """Whether a value is a structure (list, tuple, deque or dict) rather than a leaf.

    >>> is_nested([1]), is_nested("a")
    (True, False)
    """
    return isinstance(structure, NESTED)


def children(structure):
    """What lies one level below, in order: the values of a dict by its ordered keys.

    >>> children({"b": 1, "a": 2})
    [2, 1]
    """
    return [structure[key] for key in ordered_keys(structure)] if isinstance(structure, dict) else list(structure)


def flatten(structure: Any, is_leaf: Callable[[Any], bool] | None = None) -> list[Any]:
    """The leaves of a structure as a list; dict values in the order of the sorted keys.

    is_leaf: a function that says of a list, tuple or dict that it is a leaf all the same.

    >>> flatten({"b": 1, "a": (2, [3])})
    [2, 3, 1]
    """
    if is_nested(structure) and not (is_leaf is not None and is_leaf(structure)):
        return [leaf for value in children(structure) for leaf in flatten(value, is_leaf)]
    return [structure]


def flatten_as_written(structure):
    """The leaves as `flatten` had them once: dict values in the order in which the dict was written.

    >>> flatten_as_written({"b": 1, "a": (2, [3])})
    [1, 2, 3]
    """
    if not is_nested(structure):
        return [structure]
    values = structure.values() if isinstance(structure, dict) else structure
    return [leaf for value in values for leaf in flatten_as_written(value)]


def flatten_with_path(structure, path=()):
    """(path, leaf) pairs; a path is a tuple of keys and positions.

    >>> flatten_with_path({"b": 1, "a": [2, 3]})
    [(('a', 0), 2), (('a', 1), 3), (('b',), 1)]
    """
    if not is_nested(structure):
        return [(path, structure)]
    pairs = (
        [(key, structure[key]) for key in ordered_keys(structure)]
        if isinstance(structure, dict)
        else enumerate(structure)
    )
    return [p for key, value in pairs for p in flatten_with_path(value, (*path, key))]


def rebuild(like, values):
    """A structure of the kind of `like`, with these values as its children; those of a dict in the order of its keys.

    >>> rebuild({"b": 0, "a": 0}, [1, 2])
    {'b': 2, 'a': 1}
    """
    if isinstance(like, dict):
        made = dict(zip(ordered_keys(like), values, strict=True))
        written = {key: made[key] for key in like}
        if isinstance(like, defaultdict):
            return defaultdict(like.default_factory, written)
        return OrderedDict(written) if isinstance(like, OrderedDict) else written
    if isinstance(like, deque):
        return deque(values, maxlen=like.maxlen)
    if isinstance(like, tuple) and hasattr(like, "_fields"):
        return type(like)(*values)
    return tuple(values) if isinstance(like, tuple) else list(values)


def map_structure(
    function: Callable[..., Any], structure: Any, *more: Any, is_leaf: Callable[[Any], bool] | None = None
) -> Any:
    """The same structure with `function` applied to each leaf (and to the leaves of `more` at the same places).

    >>> map_structure(lambda x: x + 1, {"a": (1, 2)})
    {'a': (2, 3)}
    """
    if not is_nested(structure) or (is_leaf is not None and is_leaf(structure)):
        return function(structure, *more)
    if isinstance(structure, dict):
        keys = ordered_keys(structure)
        parts = [map_structure(function, structure[k], *(m[k] for m in more), is_leaf=is_leaf) for k in keys]
    else:
        parts = [
            map_structure(function, value, *others, is_leaf=is_leaf)
            for value, *others in zip(structure, *more, strict=True)
        ]
    return rebuild(structure, parts)


def pack(structure, leaves, is_leaf=None):
    """`leaves` (a list) in the shape of `structure`.

    >>> pack({"a": (0, 0)}, [1, 2])
    {'a': (1, 2)}
    """
    rest = iter(leaves)
    return map_structure(lambda _: next(rest), structure, is_leaf=is_leaf)


def same_structure(a, b):
    """Whether two structures differ only in their leaves; lists and tuples count as equal.

    >>> same_structure([1, {"a": 2}], (3, {"a": 4})), same_structure([1], [[1]])
    (True, False)
    """
    if isinstance(a, dict) or isinstance(b, dict):
        return (
            isinstance(a, dict)
            and isinstance(b, dict)
            and a.keys() == b.keys()
            and all(same_structure(a[key], b[key]) for key in a)
        )
    if is_nested(a) or is_nested(b):
        return is_nested(a) and is_nested(b) and len(a) == len(b) and all(map(same_structure, a, b))
    return True
