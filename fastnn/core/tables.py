"""Tables with named columns and tensors of other packages, by what they can do: none of them is imported."""

import weakref
from typing import Any

from fastnn.core.types import Array

_labels: dict[int, tuple[Any, list[Any]]] = {}  # of arrays that were made of tables


def columns_of(value: Any) -> list[tuple[Any, Any]] | None:
    """[(name, column)] of a table of pandas, polars or pyarrow; None for anything else.

    >>> columns_of([[1, 2]]) is None
    True
    """
    if hasattr(value, "iloc") and hasattr(value, "columns"):  # pandas, where names may be given twice
        return [(name, value.iloc[:, k]) for k, name in enumerate(value.columns)]
    if hasattr(value, "get_columns") and hasattr(value, "columns"):  # polars
        return list(zip(value.columns, value.get_columns()))
    if hasattr(value, "column_names") and hasattr(value, "column") and hasattr(value, "num_rows"):  # pyarrow
        return [(name, value.column(k)) for k, name in enumerate(value.column_names)]
    return None


def is_table(value: Any) -> bool:
    """Whether a value is a table with named columns."""
    # what polars has yet to calculate has columns, too, and warns when it is asked for them: so that is asked last
    some = hasattr(value, "iloc") or hasattr(value, "get_columns")
    return (some and hasattr(value, "columns")) or (hasattr(value, "column_names") and hasattr(value, "num_rows"))


def is_lazy(value: Any) -> bool:
    """Whether a value is a table that polars has yet to calculate."""
    return hasattr(value, "collect") and hasattr(value, "collect_schema") and not hasattr(value, "get_columns")


def is_category(column: Any) -> bool:
    """Whether a column holds categories: of pandas, polars or pyarrow."""
    dtype = getattr(column, "dtype", getattr(column, "type", None))
    return str(dtype).lower().startswith(("categor", "enum", "dictionary"))


def of_tensor(value: Any) -> Any:
    """The values of a tensor of PyTorch, free of gradients and in main memory, as something that is an array.

    bfloat16, which NumPy has not, becomes float32. Anything else as it is.
    """
    if not (hasattr(value, "detach") and hasattr(value, "cpu")):
        return value
    value = value.detach().cpu()
    return value.float() if str(value.dtype).endswith("bfloat16") else value


def note_labels(array: Array, labels: list[Any]) -> Array:
    """Remember the names of an array's columns, as long as it is there; returns it."""
    key = id(array)
    _labels[key] = weakref.ref(array, lambda _: _labels.pop(key, None)), labels
    return array


def labels_of(array: Array) -> list[Any]:
    """The names of the columns of an array that was made of a table; none of any other.

    >>> import numpy as np
    >>> array = note_labels(np.ones((1, 2)), ["a", "b"])
    >>> labels_of(array), labels_of(np.ones((1, 2)))
    (['a', 'b'], [])
    """
    reference, labels = _labels.get(id(array), (lambda: None, []))
    return labels if reference() is array else []
