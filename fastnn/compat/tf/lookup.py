"""`tf.lookup`: tables from keys to values, of text or whole numbers."""

import numpy as np

from fastnn.compat.tf.values import host, text_of, values_of
from fastnn.core.errors import ArgumentError, DTypeError
from fastnn.core.fingerprint import fingerprint64
from fastnn.data.tensor import TensorSpec

__all__ = ["DenseHashTable", "KeyValueTensorInitializer", "MutableHashTable", "StaticHashTable",
           "StaticVocabularyTable", "TextFileIndex", "TextFileInitializer"]  # fmt: skip


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


_text = text_of


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


class TextFileIndex:
    """Which part of a line is meant: its number, or all of it; else the number of a column."""

    WHOLE_LINE, LINE_NUMBER = -2, -1


class TextFileInitializer(KeyValueTensorInitializer):
    """Keys and values in the lines of a file.

    Args:
        filename: path.
        key_dtype, value_dtype: of them.
        key_index, value_index: a column, or one of TextFileIndex.
        vocab_size: how many lines to read; all if None.
        delimiter: between the columns.
        name, value_index_offset: a number added to line numbers; a name of no effect.

    Raises:
        ArgumentError (a ValueError): for a line without such a column.
    """

    def __init__(self, filename, key_dtype, key_index, value_dtype, value_index, vocab_size=None, delimiter="\t",
                 name=None, value_index_offset=0):  # fmt: skip
        with open(filename, encoding="utf-8") as file:
            lines = file.read().splitlines()[:vocab_size]
        keys = [_cell(line, k, key_index, delimiter) for k, line in enumerate(lines)]
        values = [_cell(line, k + value_index_offset, value_index, delimiter) for k, line in enumerate(lines)]
        super().__init__(_typed(keys, key_dtype), _typed(values, value_dtype), key_dtype, value_dtype)


def _cell(line, number, index, delimiter):
    if index in (TextFileIndex.LINE_NUMBER, TextFileIndex.WHOLE_LINE):
        return number if index == TextFileIndex.LINE_NUMBER else line
    cells = line.split(delimiter)
    if index >= len(cells):
        raise ArgumentError(f"TextFileInitializer: received column {index}, expected less than {len(cells)}: {line!r}.")
    return cells[index]


def _typed(values, dtype):
    kind = TensorSpec((), dtype).dtype
    return np.array(values, object if kind == "string" else kind)


class StaticVocabularyTable(StaticHashTable):
    """A table from words to numbers, in which unknown words have numbers behind those, by their hash.

    Args:
        initializer: words (or whole numbers) and int64 numbers from 0 on; None for no words.
        num_oov_buckets: how many numbers unknown words are spread over.
        lookup_key_dtype: of the keys that are looked up, those of the table if None.
        name, experimental_is_anonymous: of no effect.

    Raises:
        ArgumentError (a ValueError): for no buckets.
        DTypeError (a TypeError): for values that are not int64.

    >>> words = KeyValueTensorInitializer(["a", "b"], np.arange(2))
    >>> table = StaticVocabularyTable(words, num_oov_buckets=2)
    >>> table.lookup(np.array(["b", "c"])).tolist(), int(table.size())
    ([1, 2], 4)
    """

    def __init__(self, initializer, num_oov_buckets, lookup_key_dtype=None, name=None, experimental_is_anonymous=False):
        if num_oov_buckets <= 0:
            raise ArgumentError(
                f"StaticVocabularyTable: received num_oov_buckets={num_oov_buckets}, expected 1 or more."
            )
        words = KeyValueTensorInitializer([], [], "string", "int64") if initializer is None else initializer
        if words.value_dtype != "int64":
            raise DTypeError(f"StaticVocabularyTable: received values of {words.value_dtype}, expected int64.")
        super().__init__(words, -1)
        self._buckets = int(num_oov_buckets)

    def lookup(self, keys, name=None):
        """The numbers of words of any shape, those of buckets for words that are not there."""
        found = np.asarray(super().lookup(keys)).astype("int64")
        words = np.asarray(values_of(keys, "lookup.StaticVocabularyTable"))
        for place in zip(*np.nonzero(found == -1)):
            bucket = fingerprint64(_text(words[place]).encode("utf-8")) % self._buckets
            found[place] = len(self._values) + bucket
        return host(found)

    __getitem__ = lookup

    def size(self, name=None):
        """How many numbers there are: words and buckets."""
        return host(np.int64(len(self._values) + self._buckets))


class MutableHashTable:
    """A table that keys are put into and taken from, at once, outside of traced steps.

    Args:
        key_dtype, value_dtype: of them.
        default_value: what keys have that are not there: a value, or an array where each key has one.
        name, checkpoint, experimental_is_anonymous: of no effect.

    >>> table = MutableHashTable("string", "int64", default_value=0)
    >>> table.insert(["a", "b"], [1, 2])
    >>> table.lookup(["b", "z"]).tolist(), int(table.size())
    ([2, 0], 2)
    >>> table.remove(["a"])
    >>> [part.tolist() for part in table.export()]
    [['b'], [2]]
    """

    def __init__(self, key_dtype, value_dtype, default_value, name="MutableHashTable", checkpoint=True,
                 experimental_is_anonymous=False):  # fmt: skip
        self.key_dtype, self.value_dtype = (TensorSpec((), dtype).dtype for dtype in (key_dtype, value_dtype))
        self._default = self._values_of(default_value)
        self._table = {}

    def _values_of(self, values):
        array = np.asarray(values_of(values, "lookup.MutableHashTable"))
        if self.value_dtype == "string":
            return np.vectorize(text_of, otypes=[object])(array)
        return array.astype(self.value_dtype)

    def _keys_of(self, keys):
        array = np.asarray(values_of(keys, "lookup.MutableHashTable"))
        if (_kind(array) == "string") != (self.key_dtype == "string"):
            raise DTypeError(f"Dtype of argument `keys` must be {self.key_dtype}, received: {_kind(array)}.")
        return array.shape, [text_of(k) if self.key_dtype == "string" else k for k in array.reshape(-1).tolist()]

    def lookup(self, keys, dynamic_default_values=None, name=None):
        """The values of keys of any shape.

        Args:
            keys: the keys.
            dynamic_default_values: what each of them has where it is not there; None: default_value.
            name: of no effect.
        """
        shape, given = self._keys_of(keys)
        inner = self._default.shape
        found = np.empty((len(given), *inner), self._default.dtype)
        other = None if dynamic_default_values is None else self._values_of(dynamic_default_values)
        for place, key in enumerate(given):
            absent = (
                self._default
                if other is None
                else np.broadcast_to(other, (*shape, *inner)).reshape((-1, *inner))[place]
            )
            found[place] = self._table.get(key, absent)
        return host(found.reshape((*shape, *inner)))

    __getitem__ = lookup

    def insert(self, keys, values, name=None):
        """Give keys values, others than they had where they are there.

        Args:
            keys: the keys, of any shape.
            values: theirs, of that shape and default_value's.
            name: of no effect.

        Raises ArgumentError for values of another shape.
        """
        shape, given = self._keys_of(keys)
        new = self._values_of(values)
        if new.shape != (*shape, *self._default.shape):
            raise ArgumentError(
                f"MutableHashTable.insert: received values of shape {new.shape} for keys of shape {shape}; expected "
                f"{(*shape, *self._default.shape)}."
            )
        self._table.update(zip(given, new.reshape((len(given), *self._default.shape))))

    def remove(self, keys, name=None):
        """Take keys out; those that are not there are no error.

        Args:
            keys: the keys, of any shape.
            name: of no effect.
        """
        for key in self._keys_of(keys)[1]:
            self._table.pop(key, None)

    insert_or_assign, erase = insert, remove

    def size(self, name=None):
        """How many keys there are: an int64 tensor."""
        return host(np.int64(len(self._table)))

    def export(self, name=None):
        """(keys, values) of all that is in it."""
        keys = np.array(list(self._table), object if self.key_dtype == "string" else self.key_dtype)
        values = np.array(list(self._table.values()), self._default.dtype)
        return host(keys), host(values.reshape((len(keys), *self._default.shape)))


class DenseHashTable(MutableHashTable):
    """A MutableHashTable with two keys that cannot be used.

    Args:
        key_dtype, value_dtype, default_value: as of MutableHashTable.
        empty_key, deleted_key: keys that must differ, and must not be put in.
        initial_num_buckets, name, checkpoint, experimental_is_anonymous: of no effect.

    Raises ArgumentError for keys that are the same, and by `insert` for one of them.

    >>> table = DenseHashTable("int64", "float32", [0.0, 0.0], empty_key=-1, deleted_key=-2)
    >>> table.insert(np.array([3]), [[1.0, 2.0]])
    >>> table.lookup(np.array([3, 4])).tolist()
    [[1.0, 2.0], [0.0, 0.0]]
    """

    def __init__(self, key_dtype, value_dtype, default_value, empty_key, deleted_key, initial_num_buckets=None,
                 name="MutableDenseHashTable", checkpoint=True, experimental_is_anonymous=False):  # fmt: skip
        super().__init__(key_dtype, value_dtype, default_value)
        self._reserved = [self._keys_of(key)[1][0] for key in (empty_key, deleted_key)]
        if len(set(self._reserved)) < 2:
            raise ArgumentError(
                f"DenseHashTable: Empty and deleted keys cannot be equal; received {empty_key!r} twice."
            )

    def insert(self, keys, values, name=None):
        """As of MutableHashTable.

        Args:
            keys, values, name: as there.
        """
        reserved = [key for key in self._keys_of(keys)[1] if key in self._reserved]
        if reserved:
            raise ArgumentError(
                f"DenseHashTable.insert: Using the empty or deleted key {reserved[0]!r} as a table key."
            )
        super().insert(keys, values)

    insert_or_assign = insert
