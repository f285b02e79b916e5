"""`tf.feature_column`: what each column of a table says; `dense_features` makes rows of numbers of them.

Ids of text and combinations are found on arrays, at a model's door; numbers and buckets are calculated in the model.
"""

import dataclasses
import itertools
import math
from typing import Any

import numpy as np

from fastnn import initializers
from fastnn.compat.tf.examples import FixedLenFeature, VarLenFeature
from fastnn.core.errors import ArgumentError
from fastnn.core.fingerprint import fingerprint64, joined
from fastnn.layers.host import text_array

_CROSS_KEY = 0xDECAFCAFFE  # where TensorFlow's crossing begins
_MASK = (1 << 64) - 1


def _bytes(value):
    return value if isinstance(value, bytes) else str(value).encode()


def _present(values):
    """Which values count: no empty text, no number below 0."""
    if values.dtype.kind in "OSU":
        return np.array([v not in ("", b"", None) for v in values.reshape(-1).tolist()], bool).reshape(values.shape)
    return values >= 0


def _rows(values):
    array = text_array(values)
    return array.reshape(len(array), -1) if array.ndim else array.reshape(1, 1)


class Column:
    """What a column says.  name: of its part; keys: the names of what it is made of in a table."""

    name: Any
    keys: Any


# ---- numbers -------------------------------------------------------------------------------------------------------
@dataclasses.dataclass(eq=False)
class NumericColumn(Column):
    """Numbers as they are, or what a function makes of them."""

    key: str
    shape: tuple = (1,)
    default_value: Any = None
    dtype: Any = "float32"
    normalizer_fn: Any = None

    name = property(lambda self: self.key)
    keys = property(lambda self: [self.key])
    width = property(lambda self: math.prod(self.shape))
    spec = property(lambda self: {self.key: FixedLenFeature(self.shape, self.dtype, self.default_value)})


@dataclasses.dataclass(eq=False)
class BucketizedColumn(Column):
    """In which interval a number lies: 0 below the first boundary."""

    source: NumericColumn
    boundaries: tuple

    name = property(lambda self: f"{self.source.name}_bucketized")
    keys = property(lambda self: self.source.keys)
    spec = property(lambda self: self.source.spec)
    num_buckets = property(lambda self: (len(self.boundaries) + 1) * self.source.width)
    width = num_buckets
    numbers = True

    def ids(self, values):
        """(ids, whether they count), both (batch, n).

        Args:
            values: [numbers].
        """
        rows = np.searchsorted(np.asarray(self.boundaries, np.float32), _rows(values[0]).astype(np.float32), "right")
        rows = rows + np.arange(rows.shape[1]) * (len(self.boundaries) + 1)
        return rows.astype(np.int64), np.ones(rows.shape, bool)


# ---- categories ----------------------------------------------------------------------------------------------------
class Categorical(Column):
    """What has ids: `ids` gives them, and which of them count."""

    key: str
    name: Any = property(lambda self: self.key)
    keys: Any = property(lambda self: [self.key])
    spec: Any = property(lambda self: {self.key: VarLenFeature(self.dtype)})

    def ids(self, values):
        """(ids, whether they count), both (batch, n).

        Args:
            values: [the array].
        """
        rows = _rows(values[0])
        found = np.array([self.id_of(v) for v in rows.reshape(-1).tolist()], np.int64).reshape(rows.shape)
        return found, _present(rows)


@dataclasses.dataclass(eq=False)
class VocabularyColumn(Categorical):
    """The place in a list; what is not in it goes to a bin behind it, by its hash, or has the default id."""

    key: str
    vocabulary: tuple
    dtype: Any = "string"
    default_value: int = -1
    num_oov_buckets: int = 0

    num_buckets = property(lambda self: len(self.vocabulary) + self.num_oov_buckets)

    def __post_init__(self):
        if len(set(self.vocabulary)) != len(self.vocabulary) or not len(self.vocabulary):
            raise ArgumentError(f"vocabulary_list: expected words that differ. Received: {self.vocabulary!r:.200}")
        self._places = {_bytes(word): k for k, word in enumerate(self.vocabulary)}

    def id_of(self, value):
        """The id of one value.

        Args:
            value: text or a number.
        """
        text = _bytes(value)
        found = self._places.get(text)
        if found is not None:
            return found
        n = self.num_oov_buckets
        return len(self.vocabulary) + fingerprint64(text) % n if n else self.default_value


@dataclasses.dataclass(eq=False)
class HashedColumn(Categorical):
    """A bin by the hash."""

    key: str
    num_buckets: int
    dtype: Any = "string"

    def id_of(self, value):
        """The id of one value.

        Args:
            value: text or a number.
        """
        return fingerprint64(_bytes(value)) % self.num_buckets


@dataclasses.dataclass(eq=False)
class IdentityColumn(Categorical):
    """Numbers that are ids."""

    key: str
    num_buckets: int
    default_value: Any = None
    dtype: Any = "int64"

    numbers = True

    def id_of(self, value):
        """The id of one value; the default for one that is none.

        Args:
            value: a number.
        """
        if 0 <= value < self.num_buckets or value < 0:
            return value
        if self.default_value is None:
            raise ArgumentError(f"{self.key}: received the id {value}, expected one below {self.num_buckets}.")
        return self.default_value


@dataclasses.dataclass(eq=False)
class CrossedColumn(Categorical):
    """A bin by the hash of what several columns say together."""

    sources: tuple
    num_buckets: int
    hash_key: Any = None

    @property
    def leaves(self):
        """The columns and names that are crossed, in order."""
        return [leaf for s in self.sources for leaf in (s.leaves if isinstance(s, CrossedColumn) else [s])]

    @property
    def name(self):
        """The names of the leaves, sorted."""
        return "_X_".join(sorted(leaf if isinstance(leaf, str) else leaf.name for leaf in self.leaves))

    @property
    def keys(self):
        """The names of what it is made of."""
        return [key for leaf in self.leaves for key in ([leaf] if isinstance(leaf, str) else leaf.keys)]

    @property
    def spec(self):
        """What is read of examples."""
        read = [{leaf: VarLenFeature("string")} if isinstance(leaf, str) else leaf.spec for leaf in self.leaves]
        return {key: kind for spec in read for key, kind in spec.items()}

    def ids(self, values):
        """(ids, whether they count), both (batch, n): of every combination of a row.

        Args:
            values: an array for each of the keys.
        """
        parts = []
        for leaf, value in zip(self.leaves, values):
            found, there = (_rows(value), None) if isinstance(leaf, str) else leaf.ids([value])
            parts.append((found, np.ones(found.shape, bool) if there is None else there))
        rows = []
        for k in range(len(parts[0][0])):
            kept = [found[k][there[k]].tolist() for found, there in parts]
            rows.append([self._bin(combination) for combination in itertools.product(*kept)])
        width = math.prod(found.shape[1] for found, _ in parts)
        out, there = np.zeros((len(rows), width), np.int64), np.zeros((len(rows), width), bool)
        for k, row in enumerate(rows):
            out[k, : len(row)], there[k, : len(row)] = row, True
        return out, there

    def _bin(self, combination):
        number = _CROSS_KEY if self.hash_key is None else self.hash_key
        for value in combination:
            number = joined(number, value & _MASK if isinstance(value, int) else fingerprint64(_bytes(value)))
        return number % self.num_buckets


@dataclasses.dataclass(eq=False)
class WeightedColumn(Categorical):
    """A categorical column whose values have weights, in another column of the table."""

    source: Any
    weight_feature_key: str
    dtype: Any = "float32"

    name = property(lambda self: f"{self.source.name}_weighted_by_{self.weight_feature_key}")
    keys = property(lambda self: self.source.keys)
    num_buckets = property(lambda self: self.source.num_buckets)
    spec = property(lambda self: {**self.source.spec, self.weight_feature_key: VarLenFeature(self.dtype)})

    def ids(self, values):
        """Those of the source.

        Args:
            values: as of the source.
        """
        return self.source.ids(values)


# ---- rows of numbers of categories -----------------------------------------------------------------------------------
@dataclasses.dataclass(eq=False)
class IndicatorColumn(Column):
    """How often each category is there."""

    categorical: Any

    name = property(lambda self: f"{self.categorical.name}_indicator")
    keys = property(lambda self: self.categorical.keys)
    spec = property(lambda self: self.categorical.spec)
    width = property(lambda self: self.categorical.num_buckets)


@dataclasses.dataclass(eq=False)
class EmbeddingColumn(Column):
    """The vectors of the categories, combined."""

    categorical: Any
    dimension: int
    combiner: str = "mean"
    initializer: Any = None
    max_norm: Any = None
    trainable: bool = True
    collection: Any = None  # the name of the table that several columns share

    name = property(lambda self: f"{self.categorical.name}_{'shared_embedding' if self.collection else 'embedding'}")
    keys = property(lambda self: self.categorical.keys)
    spec = property(lambda self: self.categorical.spec)
    width = property(lambda self: self.dimension)
    table = property(lambda self: self.collection or self.name)

    def __post_init__(self):
        if self.dimension is None or self.dimension < 1:
            raise ArgumentError(f"Invalid dimension {self.dimension}.")
        if self.combiner not in ("mean", "sum", "sqrtn"):
            raise ArgumentError(f"combiner: expected 'mean', 'sqrtn' or 'sum'. Received: {self.combiner!r}")
        if self.initializer is None:
            self.initializer = initializers.TruncatedNormal(0.0, 1 / math.sqrt(self.dimension))


KINDS = (NumericColumn, BucketizedColumn, VocabularyColumn, HashedColumn, IdentityColumn, CrossedColumn, WeightedColumn,
         IndicatorColumn, EmbeddingColumn)  # fmt: skip
