"""`tf.lookup`: tables from keys to values, of text or whole numbers."""

import numpy as np

from fastnn.compat.tf_values import host, values_of
from fastnn.core.errors import ArgumentError, DTypeError
from fastnn.data.tensor import TensorSpec

__all__ = ["KeyValueTensorInitializer", "StaticHashTable"]


class KeyValueTensorInitializer:
    """Keys and their values.

    Args:
        keys, values: arrays or lists (n,).
        key_dtype, value_dtype: of them; None: as they are.
        name: of no effect.

    Raises:
        ArgumentError (a ValueError): for numbers of keys and values that differ.
    """

    def __init__(self, keys, values, key_dtype=None, value_dtype=None, name=None):
        self.keys, self.key_dtype = _column(keys, key_dtype)
        self.values, self.value_dtype = _column(values, value_dtype)
        if len(self.keys) != len(self.values):
            raise ArgumentError(
                f"KeyValueTensorInitializer: received {len(self.keys)} keys and {len(self.values)} values; expected "
                "a value for each key."
            )


def _column(x, dtype):
    array = np.asarray(x)
    kind = TensorSpec((), dtype).dtype if dtype is not None else _kind(array)
    plain = isinstance(x, (list, tuple)) and dtype is None
    kind = {"int64": "int32", "float64": "float32"}.get(kind, kind) if plain else kind
    return [_text(v) if kind == "string" else v for v in np.ravel(array).tolist()], kind


def _kind(array):
    return "string" if array.dtype.kind in "OSU" else array.dtype.name


def _text(value):
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)


class StaticHashTable:
    """A table that stays as it is made.

    Args:
        initializer: a KeyValueTensorInitializer.
        default_value: what keys have that are not there.
        name, experimental_is_anonymous: of no effect.

    Raises:
        ArgumentError (a ValueError): for a key with two values.
        DTypeError (a TypeError): for keys of another dtype, in lookup.

    >>> table = StaticHashTable(KeyValueTensorInitializer(["a", "b"], [1, 2]), default_value=-1)
    >>> table.lookup(np.array(["b", "z"])).tolist(), int(table.size())
    ([2, -1], 2)
    """

    def __init__(self, initializer, default_value, name=None, experimental_is_anonymous=False):
        self.key_dtype, self.value_dtype = initializer.key_dtype, initializer.value_dtype
        self._default = _text(default_value) if self.value_dtype == "string" else default_value
        self._values = {}
        for key, value in zip(initializer.keys, initializer.values):
            if self._values.setdefault(key, value) != value:
                raise ArgumentError(
                    f"StaticHashTable: HashTable has different value for same key: {key!r} has "
                    f"{self._values[key]!r} and {value!r}."
                )

    def lookup(self, keys, name=None):
        """The values of keys of any shape, default_value for those that are not there."""
        array = np.asarray(values_of(keys, "lookup.StaticHashTable"))
        if (_kind(array) == "string") != (self.key_dtype == "string"):
            raise DTypeError(f"Dtype of argument `keys` must be {self.key_dtype}, received: {_kind(array)}.")
        found = [self._values.get(_text(k) if self.key_dtype == "string" else k, self._default)
                 for k in array.reshape(-1).tolist()]  # fmt: skip
        return host(np.array(found, object if self.value_dtype == "string" else self.value_dtype).reshape(array.shape))

    __getitem__ = lookup

    def size(self, name=None):
        """How many keys there are: an int64 tensor."""
        return host(np.int64(len(self._values)))
