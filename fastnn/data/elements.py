"""Elements of a data set: an array, or tuples and dicts of them. Lists are arrays, as in `tf.data`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from fastnn.core import config, tree
from fastnn.core.dtypes import numpy_type
from fastnn.core.errors import ArgumentError, DataError
from fastnn.data.tensor import Tensor, TensorSpec
from fastnn.graph.array import Array


def each(function: Callable[..., Any], *structures: Any) -> Any:
    """The first structure with `function` of the leaves in its place, and of those of the others.

    >>> each(lambda a, b: a + b, (1, {"k": 2}), (10, {"k": 20}))
    (11, {'k': 22})
    """
    try:
        return _each(function, *structures)
    except RecursionError as error:
        raise tree.holds_itself(structures[0], error) from None


def _each(function, *structures):
    first = structures[0]
    if isinstance(first, dict):
        return {k: _each(function, *(s[k] for s in structures)) for k in first}
    if isinstance(first, tuple):
        return tree.rebuild(first, [_each(function, *parts) for parts in zip(*structures)])
    return function(*structures)


def leaves(structure: Any) -> list[Any]:
    """The leaves, in order.

    >>> leaves((1, {"k": 2}))
    [1, 2]
    """
    found: list[Any] = []
    each(found.append, structure)
    return found


def array_of(value: Any) -> Any:
    """A value as an array: Python's numbers of 32 bits, text as objects, arrays as they are; a Dataset stays, and so do
    rows of different lengths.

    >>> array_of([1.0, 2.0]).dtype, array_of(np.arange(2.0)).dtype, array_of("a").dtype
    (dtype('float32'), dtype('float64'), dtype('O'))
    """
    if value is None or hasattr(value, "_plan") or hasattr(value, "row_splits"):
        return value
    own = hasattr(value, "dtype") or hasattr(value, "__array__")
    if hasattr(value, "toarray"):
        value = value.toarray()
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise DataError(f"Dataset: received lists of different lengths, expected one array: {error}.") from error
    if array.dtype.kind in "US":
        return array.astype(object)
    if not own and array.dtype.kind in "fi" and not hasattr(_inmost(value), "dtype"):
        wide = array.dtype.kind == "i" and array.size and not -(2**31) <= array.min() <= array.max() < 2**31
        return array.astype(config.floatx() if array.dtype.kind == "f" else "int64" if wide else "int32")
    return array


def _inmost(value: Any) -> Any:
    while isinstance(value, (list, tuple)) and value:
        value = value[0]
    return value


def element(value: Any) -> Any:
    """A structure of arrays; a list that a function returned is a tuple."""
    return each(array_of, tuple(value) if isinstance(value, list) else value)


def given(structure: Any) -> Any:
    """What a user's function gets: arrays with numpy()."""
    return each(lambda a: a.view(Tensor) if type(a) in (np.ndarray, Array) else a, structure)


def call(function: Callable[..., Any], structure: Any) -> Any:
    """function(element); the parts of a tuple are its arguments."""
    parts = given(structure)
    return function(*parts) if type(structure) is tuple else function(parts)


def stack(rows: Sequence[Any]) -> Any:
    """Elements as one, with an axis in front.

    Raises DataError where the shapes differ.
    """
    if any(hasattr(leaf, "_plan") for leaf in leaves(rows[0])):
        raise ArgumentError("batch: the elements are data sets themselves; flat_map() them first.")
    try:
        return each(_column, *rows)
    except (ValueError, KeyError) as error:
        shapes = [str(each(np.shape, row)) for row in rows]
        raise DataError(
            f"batch: received elements of different shapes, {', '.join(dict.fromkeys(shapes))}; expected one shape. "
            f"Use padded_batch(), or batch_size=1. ({error})"
        ) from error


def _column(*values: Any) -> Any:
    if values[0] is None:
        return None
    if hasattr(values[0], "row_splits"):
        return type(values[0]).stacked(values)
    return np.stack(values)


def padded(rows: Sequence[Any], shapes: Any = None, values: Any = None) -> Any:
    """Elements as one, each filled up to a common shape.

    shapes: structure of the shapes, None for the largest; values: structure of what fills, or one for all (None: 0).
    """
    heads = leaves(rows[0])
    wanted = [None] * len(heads) if shapes is None else _shape_leaves(shapes, rows[0])
    fills = [None] * len(heads) if values is None else [values] * len(heads) if np.isscalar(values) else leaves(values)
    if not len(heads) == len(wanted) == len(fills):
        raise ArgumentError(
            f"padded_batch: received {len(wanted)} shapes and {len(fills)} values for {len(heads)} arrays."
        )
    out = []
    for column, shape, fill in zip(zip(*map(leaves, rows)), wanted, fills):
        size = np.max([a.shape for a in column], axis=0, initial=0).astype(int).tolist()
        shape = size if shape is None else [s if w in (None, -1) else int(w) for s, w in zip(size, shape)]
        if len(shape) != len(size) or any(w < s for w, s in zip(shape, size)):
            raise DataError(f"padded_batch: received an array of shape {tuple(size)} for the shape {tuple(shape)}.")
        blank: Any = ("" if column[0].dtype.kind == "O" else 0) if fill is None else fill
        whole = np.full((len(column), *shape), blank, column[0].dtype)
        for i, a in enumerate(column):
            whole[(slice(i, i + 1), *map(slice, a.shape))] = a
        out.append(whole)
    found = iter(out)
    return each(lambda _: next(found), rows[0])


def _shape_leaves(shapes: Any, like: Any) -> list[Any]:
    """The shape of each leaf of `like`; shapes are tuples too, so the element says where they end."""
    if isinstance(like, dict):
        return [s for k in like for s in _shape_leaves(shapes[k], like[k])]
    if isinstance(like, tuple):
        return [s for part, s_like in zip(shapes, like) for s in _shape_leaves(part, s_like)]
    return [shapes if shapes is None else tuple(shapes)]


def typed(value: Any, types: Any, shapes: Any = None) -> Any:
    """What a generator yielded as a structure of arrays of these dtypes.

    types: structure of dtypes or TensorSpecs.  Raises DataError for another structure or shape.
    """
    if isinstance(types, dict):
        return {k: typed(value[k], t, None if shapes is None else shapes[k]) for k, t in types.items()}
    if isinstance(types, (tuple, list)):
        if not isinstance(value, (tuple, list)) or len(value) != len(types):
            raise DataError(f"from_generator: received {value!r}, expected {len(types)} parts: {types!r}.")
        return tuple(typed(v, t, None if shapes is None else s)
                     for v, t, s in zip(value, types, shapes or [None] * len(types)))  # fmt: skip
    spec = types if isinstance(types, TensorSpec) else TensorSpec(shapes, types)
    array = np.asarray(value, object if spec.dtype == "string" else numpy_type(spec.dtype))
    if spec.shape is not None and not _fits(array.shape, spec.shape):
        raise DataError(f"from_generator: received an array of shape {array.shape}, expected {spec.shape}.")
    return array


def _fits(shape: Sequence[int], wanted: Sequence[int | None]) -> bool:
    return len(shape) == len(wanted) and all(w in (None, n) for n, w in zip(shape, wanted))


def rows_of(structure: Any) -> Iterator[Any]:
    """The rows of a structure of arrays."""
    for i in range(row_count(structure, "unbatch")):
        yield each(lambda a, i=i: array_of(a[i]), structure)


def row_count(structure: Any, what: str) -> int:
    """How many rows all arrays have; DataError where they differ."""
    counts = {a.shape[0] if np.ndim(a) else -1 for a in leaves(structure)}
    if len(counts) != 1 or -1 in counts:
        raise DataError(f"{what}: received arrays of {sorted(counts)} rows, expected as many in each.")
    return counts.pop()
