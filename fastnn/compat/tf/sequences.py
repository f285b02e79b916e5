"""`tf.train.SequenceExample` and `tf.io.parse_single_sequence_example`: rows of examples, one after the other.

Format: tensorflow/core/example/example.proto.
"""

import numpy as np

from fastnn.compat.tf.examples import Feature, Features, VarLenFeature, _Message, _parsed, decoded_table
from fastnn.compat.tf.files import bytes_of
from fastnn.compat.tf.protos import field, fields
from fastnn.compat.tf.ragged.tensor import RaggedTensor
from fastnn.compat.tf.values import host
from fastnn.core.errors import DataError


class FeatureList(_Message):
    """Features one after the other.

    Args:
        feature: a list of Features.
    """

    def __init__(self, feature=()):
        self.feature = list(feature)

    def encoded(self):
        """The message."""
        return b"".join(field(1, f.encoded()) for f in self.feature)


class FeatureLists(_Message):
    """A table of lists of features.

    Args:
        feature_list: {name: FeatureList}.
    """

    def __init__(self, feature_list=None):
        self.feature_list = dict(feature_list or {})

    def encoded(self):
        """The message."""
        rows = sorted(self.feature_list.items())
        return b"".join(field(1, field(1, name.encode("utf-8")) + field(2, f.encoded())) for name, f in rows)


class SequenceExample(_Message):
    """A row of named lists, and lists of features.

    Args:
        context: a Features.
        feature_lists: a FeatureLists.

    >>> row = SequenceExample(feature_lists=FeatureLists(feature_list={"n": FeatureList([Feature(), Feature()])}))
    >>> len(SequenceExample.FromString(row.SerializeToString()).feature_lists.feature_list["n"].feature)
    2
    """

    def __init__(self, context=None, feature_lists=None):
        self.context, self.feature_lists = context or Features(), feature_lists or FeatureLists()

    def SerializeToString(self):
        """The bytes of it."""
        return field(1, self.context.encoded()) + field(2, self.feature_lists.encoded())

    encoded = SerializeToString

    @classmethod
    def FromString(cls, data):
        """The example in bytes.

        Args:
            data: what SerializeToString gave.

        Raises DataError for other bytes.
        """
        context, lists = {}, {}
        for number, body in fields(data):
            if number == 1:
                context.update(decoded_table(body, Feature.decoded))
            elif number == 2:
                lists.update(decoded_table(body, _list))
        return cls(Features(context), FeatureLists(lists))


def _list(data):
    return FeatureList([Feature.decoded(body) for number, body in fields(data) if number == 1])


class RaggedFeature:
    """A feature of any length, which comes as it is; in a sequence as a row of each step.

    Args:
        dtype: "float32", "int64" or "string".
        value_key: the name of the feature; None: that of the key.
        partitions, row_splits_dtype, validate: of no effect.
    """

    def __init__(self, dtype, value_key=None, partitions=(), row_splits_dtype="int32", validate=False):
        self.value_key, self._one = value_key, VarLenFeature(dtype)
        self.shape, self.dtype, self.default_value = self._one.shape, self._one.dtype, ()


def parse_single_sequence_example(serialized, context_features=None, sequence_features=None, example_name=None,
                                  name=None):  # fmt: skip
    """({name: tensor} of the context, {name: tensor} of the steps) of the bytes of one example.

    Args:
        serialized: bytes, or a tensor of them.
        context_features: {name: FixedLenFeature or VarLenFeature}.
        sequence_features: {name: FixedLenSequenceFeature, VarLenFeature or RaggedFeature}.
        example_name, name: of no effect.

    Raises DataError for a feature that is missing, or of another kind or length.
    """
    data = serialized if isinstance(serialized, bytes) else bytes_of(serialized, "io.parse_single_sequence_example")
    row = SequenceExample.FromString(data)
    table, lists = row.context.feature, row.feature_lists.feature_list
    context = {key: _parsed(key, table.get(key), wanted) for key, wanted in (context_features or {}).items()}
    return context, {key: _steps(key, lists.get(key), wanted) for key, wanted in (sequence_features or {}).items()}


def _steps(name, found, wanted):
    if found is None:
        if not getattr(wanted, "allow_missing", True):
            raise DataError(f"Name: <unknown>, Feature list '{name}' is required but could not be found.")
        found = FeatureList()
    ragged = isinstance(wanted, (RaggedFeature, VarLenFeature))
    inner = wanted if ragged else _Row(wanted)
    rows = [np.asarray(_parsed(name, f, inner)) for f in found.feature]
    if isinstance(wanted, RaggedFeature):
        flat = np.concatenate(rows) if rows else np.zeros(0, "float32")
        return RaggedTensor.from_row_lengths(host(flat), [len(r) for r in rows])
    if ragged:  # rows of the same length, with 0 behind the shorter ones
        most = max(map(len, rows), default=0)
        rows = [np.concatenate([r, np.full(most - len(r), "" if r.dtype == object else 0, r.dtype)]) for r in rows]
    kind = object if wanted.dtype == "string" else wanted.dtype
    return host(np.stack(rows) if rows else np.zeros((0, *inner.shape), kind))


class _Row:
    """What a step of a FixedLenSequenceFeature is."""

    def __init__(self, wanted):
        self.shape, self.dtype, self.default_value = wanted.shape[1:], wanted.dtype, None


NAMES = {
    **{f"train.{n}": f"compat.tf.sequences:{n}" for n in ("SequenceExample", "FeatureList", "FeatureLists")},
    **{f"{n}parse_single_sequence_example": "compat.tf.sequences:parse_single_sequence_example" for n in ("io.", "")},
    "io.RaggedFeature": "compat.tf.sequences:RaggedFeature",
}  # fmt: skip
