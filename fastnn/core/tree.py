"""Nested structures of lists, tuples, deques and dicts: their leaves; those of a dict in the order of its sorted keys.

That is Keras's order: two dicts that differ only in the order of writing have the same leaves at the same places. An
OrderedDict has an order of its own, which is kept.
"""

from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from fastnn.core.errors import ArgumentError

NESTED = (list, tuple, dict, deque)


def ordered_keys(structure: Any) -> list[Any]:
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

    Args:
        structure: any value.

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


def reached(start: Any, held: Callable[[Any], Iterable[Any]]) -> Iterator[Any]:
    """A thing and what is reached from it, depth first, each once, though things may hold each other or themselves.

    held: what a thing holds, in order.

    >>> a = [1]
    >>> a.append(a)
    >>> [x for x in reached(a, lambda x: x if is_nested(x) else ()) if not is_nested(x)]
    [1]
    """
    seen, waiting = set(), [start]
    while waiting:
        thing = waiting.pop()
        if id(thing) not in seen:
            seen.add(id(thing))
            yield thing
            waiting += reversed(list(held(thing)))


def everything_in(structure: Any) -> Iterator[Any]:
    """A structure, the structures inside it and its leaves, each once."""
    return reached(structure, lambda value: children(value) if is_nested(value) else ())


def circle(structure: Any) -> str | None:
    """Where a structure holds itself: the way to the place and the place that stands there, or None.

    >>> a = {"x": [1]}
    >>> a["x"].append(a)
    >>> circle((0, a))
    '[1]["x"][1] is [1]'
    """
    places: dict[int, str] = {}  # of the structures around
    done: set[int] = set()
    waiting: list[tuple[str | None, Any]] = [("", structure)]
    while waiting:
        place, value = waiting.pop()
        if place is None:  # everything inside it has been seen
            del places[id(value)]
            continue
        if id(value) in places:
            return f"{place} is {places[id(value)] or 'the whole'}"
        if not is_nested(value) or id(value) in done:
            continue
        done.add(id(value))
        places[id(value)] = place
        waiting.append((None, value))
        keys = ordered_keys(value) if isinstance(value, dict) else range(len(value))
        texts = [f'{place}["{key}"]' if isinstance(key, str) else f"{place}[{key!r}]" for key in keys]
        waiting += reversed(list(zip(texts, children(value))))
    return None


def holds_itself(structure: Any, error: RecursionError) -> Exception:
    """The error to raise in place of a RecursionError: one that says where a structure holds itself, if it does."""
    where = circle(structure)
    if where is None:
        return error
    return ArgumentError(
        f"Received a structure that holds itself: {where} (counted from the {type(structure).__name__} that was "
        "given). Expected lists, tuples and dicts that end somewhere: leave that place out, or put a copy there."
    )


def flatten(structure: Any, is_leaf: Callable[[Any], bool] | None = None) -> list[Any]:
    """The leaves of a structure as a list; dict values in the order of the sorted keys.

    is_leaf: a function that says of a list, tuple or dict that it is a leaf all the same.

    Args:
        structure: nested lists, tuples and dicts.

    Raises ArgumentError for a structure that holds itself, as map_structure and same_structure do.

    >>> flatten({"b": 1, "a": (2, [3])})
    [2, 3, 1]
    """
    if not is_nested(structure):
        return [structure]
    try:
        return _flatten(structure, is_leaf)
    except RecursionError as error:
        raise holds_itself(structure, error) from None


def _flatten(structure, is_leaf):
    if is_nested(structure) and not (is_leaf is not None and is_leaf(structure)):
        return [leaf for value in children(structure) for leaf in _flatten(value, is_leaf)]
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

    Args:
        structure: nested lists, tuples and dicts.
        path: what stands in front of each path.

    >>> flatten_with_path({"b": 1, "a": [2, 3]})
    [(('a', 0), 2), (('a', 1), 3), (('b',), 1)]
    """
    try:
        return _flatten_with_path(structure, path)
    except RecursionError as error:
        raise holds_itself(structure, error) from None


def _flatten_with_path(structure, path):
    if not is_nested(structure):
        return [(path, structure)]
    pairs = (
        [(key, structure[key]) for key in ordered_keys(structure)]
        if isinstance(structure, dict)
        else enumerate(structure)
    )
    return [p for key, value in pairs for p in _flatten_with_path(value, (*path, key))]


def rebuild(like: Any, values: Any) -> Any:
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
    if not is_nested(structure):
        return function(structure, *more)
    try:
        return _map_structure(function, structure, more, is_leaf)
    except RecursionError as error:
        raise holds_itself(structure, error) from None


def _map_structure(function, structure, more, is_leaf):
    if not is_nested(structure) or (is_leaf is not None and is_leaf(structure)):
        return function(structure, *more)
    if isinstance(structure, dict):
        keys = ordered_keys(structure)
        parts = [_map_structure(function, structure[k], [m[k] for m in more], is_leaf) for k in keys]
    else:
        parts = [
            _map_structure(function, value, others, is_leaf) for value, *others in zip(structure, *more, strict=True)
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
    try:
        return _same_structure(a, b)
    except RecursionError as error:
        raise holds_itself(a, error) from None


def _same_structure(a, b):
    if isinstance(a, dict) or isinstance(b, dict):
        return (
            isinstance(a, dict)
            and isinstance(b, dict)
            and a.keys() == b.keys()
            and all(_same_structure(a[key], b[key]) for key in a)
        )
    if is_nested(a) or is_nested(b):
        return is_nested(a) and is_nested(b) and len(a) == len(b) and all(map(_same_structure, a, b))
    return True
