"""The door for data: what is given becomes an array of numbers, or an error that names the array and its first bad row.

Values that cannot be kept (masked ones, None, integers beyond int64 or the integer type that is wanted) are errors;
numbers too large for a smaller float type warn, as infinity does, for that is what they become.
"""

import warnings
from typing import Any

import numpy as np

from fastnn.core import config, dtypes, tables
from fastnn.core.errors import DataError, DataWarning, DTypeError, ValuesError
from fastnn.core.frames import user_level
from fastnn.core.results import ARRAYS
from fastnn.core.types import Array

_MISSING = "NoneType", "NAType", "NaTType"


def first_row(fine):
    """The first row of a boolean array that is not all True.

    >>> first_row(np.array([[True, True], [True, False]]))
    1
    """
    return int(np.argmax(~fine)) // max(fine[0].size, 1) if fine.ndim else 0


def bad_value(values, fine):
    """The first of `values` where `fine` is False."""
    return values[~fine].flat[0]


def doubtful(text):
    """Warn about data at the user's line; an error in strict mode."""
    if config.strict():
        raise DataError(text)
    warnings.warn(text, DataWarning, stacklevel=user_level())


def kept(value, name):
    """`value` unless it holds what no array of numbers can keep: masked values, integers beyond int64.

    Raises DataError naming the first row.
    """
    if isinstance(value, np.ma.MaskedArray):
        mask = np.ma.getmaskarray(value)
        if mask.any():
            raise DataError(
                f"{name} is a masked array with {int(mask.sum())} masked values, the first in row "
                f"{first_row(~mask)}. Fill them, e.g. with .filled(0), or leave those rows out."
            )
        return value.data
    if value.dtype.kind == "u" and value.dtype.itemsize == 8 and value.size and value.max() >= 2**63:
        fine = value < np.uint64(2**63)
        raise DataError(
            f"{name} holds {bad_value(value, fine)} in row {first_row(fine)}: integers from 2**63 on do "
            "not fit int64. Convert them, e.g. with astype('float64')."
        )
    return value


def is_packaged(array):
    """Whether an array has a dtype that NumPy knows from the package ml_dtypes only: bfloat16, float8."""
    return array.dtype.kind in "Vf" and array.dtype.name in dtypes.PACKAGED


def received(value, kind, name="inputs"):
    """An array as a layer takes it: floats in the type `kind` (None: as they are).  See the module for what is refused.

    Strings and objects pass: some layers take them, and operations refuse them.
    """
    if isinstance(value, np.ma.MaskedArray) or value.dtype == np.uint64:
        value = kept(value, name)
    if kind is None or (value.dtype.kind != "f" and not is_packaged(value)):
        return np.asarray(value)
    return np.asarray(value, kind) if value.dtype.itemsize <= np.dtype(kind).itemsize else narrow(value, kind, name)


def as_numbers(value, name, wide=False, real=False):
    """An array, list, DataFrame, memmap ... as a native array of floats, integers or bools.

    Raises DTypeError for strings, dates, objects, complex numbers and records, DataError for masked values, None,
    lists of different lengths and integers beyond int64. With `wide` those may stay uint64, and complex numbers pass
    unless `real` is True.

    >>> as_numbers([[1, 2.5]], "x")
    array([[1. , 2.5]])
    """
    if not isinstance(value, np.ndarray):
        if (columns := tables.columns_of(value)) is not None:
            return _of_columns(value, columns, name, wide and not real)
        value = _array(value, name)
    if isinstance(value, np.ma.MaskedArray) or (value.dtype == np.uint64 and not wide):
        value = kept(value, name)
    value = np.asarray(value)
    if value.dtype.kind == "O":
        value = _numbers_of_objects(value, name)
    if is_packaged(value):
        return value
    if value.dtype.kind not in ("fiubc" if wide and not real else "fiub"):
        raise DTypeError(
            f"{name}: received values of dtype {value.dtype}, expected numbers (float, int or bool). "
            "Convert the column, e.g. with astype('float32')."
        )
    if value.dtype.kind == "f" and value.dtype.itemsize > 8:
        return narrow(value, np.float64, name)
    if value.dtype.kind == "c" and value.dtype.itemsize > 16:
        return narrow(value, np.complex128, name)
    return value if value.dtype.isnative else value.astype(value.dtype.newbyteorder("="))


def whole_dtype(array: Array) -> str:
    """The dtype of Python's integers as an array: int32, or int64 where one does not fit.

    >>> whole_dtype(np.array([1, 2])), whole_dtype(np.array([2**31]))
    ('int32', 'int64')
    """
    fits = array.size == 0 or (array.min() >= -(2**31) and array.max() < 2**31)
    return "int32" if fits else "int64"


def storable(value: Any, name: str, dtype: str | None = None) -> Array:
    """What variables take, as an array: numbers as `as_numbers`, and floats that NumPy does not know (bfloat16).

    dtype: that of the variable, or None. A real one takes no complex numbers, whose half would be lost: DTypeError.

    >>> storable([1, 2], "v")
    array([1, 2])
    """
    if type(value) in ARRAYS and value.dtype.kind in "fiub" and value.dtype.itemsize <= 8:
        return value
    if getattr(getattr(value, "dtype", None), "kind", "") == "V" and value.dtype.type is not np.void:
        return np.asarray(value)
    array = as_numbers(value, name, wide=True)
    if array.dtype.kind == "c" and dtype is not None and not str(dtype).startswith("complex"):
        raise DTypeError(
            f"{name}: received complex numbers, expected real ones for the dtype {dtype}. Take their real part "
            "(ops.real), or make the variable complex64."
        )
    return array


def _array(value, name):
    if hasattr(value, "toarray") and not hasattr(value, "__array__"):
        raise DTypeError(f"{name}: received a sparse {type(value).__name__}, expected a dense array: {name}.toarray().")
    if tables.is_lazy(value):
        raise DTypeError(f"{name}: received a {type(value).__name__} that is not calculated yet; call its collect().")
    value = tables.of_tensor(value)
    if hasattr(value, "to_pylist"):  # pyarrow: nulls would become NaN, or an error without a row
        value = value.to_pylist() if getattr(value, "null_count", 0) else np.asarray(value)
    elif hasattr(value, "to_numpy"):
        value = value.to_numpy()
        if isinstance(value, np.ndarray):
            return value
    try:
        return np.asanyarray(value)
    except ValuesError:
        raise
    except ValueError as error:
        raise DataError(
            f"{name}: the rows have different lengths, so they are no array ({error}). "
            "Pad the rows to one length, or pass one array per input."
        ) from None


def _of_columns(table, columns, name, wide):
    """A table as an array; errors name the column."""
    if not columns:
        raise DataError(f"{name}: received a {type(table).__name__} without columns; expected at least one.")
    labels = [label for label, _ in columns]
    whole = table.to_numpy() if hasattr(table, "to_numpy") else None
    if isinstance(whole, np.ndarray) and whole.dtype.kind in "fib":  # of one type: at best no copy
        return tables.note_labels(whole, labels)
    found = []
    for label, column in columns:
        where = f"{name}[{label!r}]"
        try:
            found.append(as_numbers(column, where, wide))
        except DTypeError as error:
            if not tables.is_category(column):
                raise
            raise DTypeError(
                f"{where} holds categories that are no numbers. Give their codes (e.g. column.cat.codes), or a column "
                "for each of them (e.g. get_dummies)."
            ) from error
    return tables.note_labels(np.stack(found, 1), labels)


def _numbers_of_objects(array, name):
    """Objects that are numbers, or rows of numbers, as floats."""
    kinds = set(map(type, array.flat))
    rows = array.reshape(-1, *array.shape[1:]) if array.ndim else array.reshape(1)
    if kinds & {list, tuple, np.ndarray}:
        parts = [as_numbers(row, f"{name}, row {i}") for i, row in enumerate(rows)]
        if len({p.shape for p in parts}) > 1:
            raise DataError(
                f"{name}: the rows have different shapes, the first {parts[0].shape}, so they are no "
                "array. Pad the rows to one length, or pass one array per input."
            )
        return np.stack(parts).astype(np.float64)
    bad = {k for k in kinds if k.__name__ in _MISSING or not hasattr(k, "__float__") or issubclass(k, complex)}
    if bad:
        row, value = next((i, v) for i, row in enumerate(rows) for v in _each(row) if type(v) in bad)
        if type(value).__name__ in _MISSING:
            raise DataError(
                f"{name} holds {value} in row {row}. Fill missing values (NaN is one that floats can "
                "hold), or leave those rows out."
            )
        raise DTypeError(
            f"{name}: received values of dtype object, {value!r} in row {row}; expected numbers (float, "
            "int or bool). Convert the column, e.g. with astype('float32')."
        )
    large = [v for v in array.flat if isinstance(v, int) and not -(2**63) <= v < 2**63]
    if large:
        row = next(i for i, row in enumerate(rows) if any(v is large[0] for v in _each(row)))
        raise DataError(
            f"{name} holds {large[0]} in row {row}: integers from 2**63 on do not fit int64. Make them "
            "floats, e.g. with astype('float64')."
        )
    return array.astype(np.float64)


def _each(row):
    """The values of a row of objects, or of the one value that it is (an array of it would change its type)."""
    return row.flat if isinstance(row, np.ndarray) else [row]


def copy(targets, sources, names):
    """target[...] = source for each of them; `names` as in `copy_narrow`."""
    for target, source in zip(targets, sources):
        target[...] = source


_copy_checked = np.errstate(over="raise")(copy)


def copy_narrow(targets, sources, names):
    """target[...] = source for each, into smaller float types; finite numbers that become infinite warn."""
    try:
        _copy_checked(targets, sources, names)
    except FloatingPointError:
        with np.errstate(over="ignore"):
            copy(targets, sources, names)
        for target, source, name in zip(targets, sources, names):
            if source.dtype.kind == "f":
                report_overflow(source, target.dtype, name)


def narrow(array, dtype, name):
    """`array` in a smaller float type; finite numbers that become infinite warn (see `doubtful`)."""
    out = np.empty(array.shape, dtype)
    copy_narrow([out], [array], [name])
    return out


def report_overflow(array, dtype, name):
    """Warn about the finite numbers of `array` that are infinite in `dtype`, if there are any."""
    with np.errstate(over="ignore"):
        fine = np.isfinite(array.astype(dtype)) | ~np.isfinite(array)
    if fine.all():
        return
    rows = int((~fine.reshape(len(fine), -1)).any(axis=1).sum()) if fine.ndim else 1
    doubtful(
        f"{name} contains {bad_value(array, fine)}, which is infinity in {np.dtype(dtype).name}; first in row "
        f"{first_row(fine)} ({rows} of {len(fine) if fine.ndim else 1} rows). Scale these values, or use "
        "set_floatx('float64')."
    )


def check_fits(array, dtype, name):
    """Numbers must fit the integer type `dtype`; DataError names the first that does not.

    Floats are truncated towards 0, as a cast does; NaN is no integer.
    """
    limits = np.iinfo(dtype)
    low, high = limits.min, limits.max
    if array.dtype.kind == "f":  # the largest floats below the first one that is too large; -0.5 is the integer 0
        low, high = float(low) or np.nextafter(array.dtype.type(-1), 0), np.nextafter(array.dtype.type(high + 1.0), 0)
    if not array.size or (_least(array, None) >= low and _most(array, None) <= high):
        return
    fine = (array >= low) & (array <= high)
    raise DataError(
        f"{name} holds {bad_value(array, fine)} in row {first_row(fine)}: the model takes {limits.dtype}, "
        f"from {limits.min} to {limits.max}. Give the Input a larger dtype, or replace the value."
    )


_least, _most = np.minimum.reduce, np.maximum.reduce


def check_indices(values, rows, name, owner):
    """Numbers that choose one of `rows` entries must lie in [0, rows); DataError names the first that does not.

    owner: what has the entries, for the message.  Floats are truncated towards 0, as layers do; NaN is no index.
    """
    if not values.size or (_least(values, None) > -1 and _most(values, None) < rows):
        return
    fine = (values > -1) & (values < rows)
    raise DataError(
        f"{name} holds the index {bad_value(values, fine)} in row {first_row(fine)}, but {owner} has "
        f"{rows} entries: expected integers from 0 to {rows - 1}. Make `input_dim` the largest index + 1, "
        "or replace the index."
    )
