"""`tf.train.Example` and `tf.io.parse_single_example`: tables of names and lists of bytes, floats or integers.

An example is a message of Protocol Buffers.  Format: tensorflow/core/example/*.proto.
"""

import operator

import numpy as np

from fastnn.compat.tensorflow import Tensor
from fastnn.compat.tf.files import bytes_of
from fastnn.compat.tf.protos import field, fields, read_varint, varint
from fastnn.compat.tf.ragged.tensor import RaggedTensor
from fastnn.compat.tf.sparse import Sparse
from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError, ArgumentTypeError, DataError

# ---- messages --------------------------------------------------------------------------------------------------
_LISTS = "bytes_list", "float_list", "int64_list"


class _List:
    """Values of one kind."""

    def __init__(self, value=()):
        self.value = [self._checked(v) for v in value]

    def checked(self):
        """The values, those that were appended since, too."""
        return [self._checked(v) for v in self.value]

    def __repr__(self):
        return f"{type(self).__name__}(value={self.value!r})"


class BytesList(_List):
    """A list of bytes; tensors of bytes and text are taken too.

    Args:
        value: bytes.
    """

    _checked = staticmethod(
        lambda v: (
            v.encode("utf-8")
            if isinstance(v, str)
            else bytes(v)
            if isinstance(v, (bytes, bytearray))
            else bytes_of(v, "train.BytesList")
        )
    )


class FloatList(_List):
    """A list of floats, kept as float32.

    Args:
        value: numbers.
    """

    _checked = staticmethod(lambda v: float(np.float32(v)))


class Int64List(_List):
    """A list of integers.

    Args:
        value: integers.
    """

    @staticmethod
    def _checked(value):
        try:
            found = operator.index(bool(value) if isinstance(value, np.bool_) else value)
        except TypeError:
            raise ArgumentTypeError(f"tf.train.Int64List: received {value!r}, expected an integer.") from None
        if not -(2**63) <= found < 2**63:
            raise ArgumentError(f"tf.train.Int64List: received {found}, expected an integer of 64 bits.")
        return found


class _Message:
    """What is equal where its bytes are."""

    __hash__ = None

    def __eq__(self, other):
        return type(other) is type(self) and other.encoded() == self.encoded()


class Feature(_Message):
    """One of a BytesList, a FloatList and an Int64List.

    Args:
        bytes_list, float_list, int64_list: the one that it is.
    """

    def __init__(self, bytes_list=None, float_list=None, int64_list=None):
        self.bytes_list, self.float_list = bytes_list or BytesList(), float_list or FloatList()
        self.int64_list = int64_list or Int64List()
        given = bytes_list, float_list, int64_list
        self._given = next((k for k, values in enumerate(given, 1) if values is not None), 0)

    @property
    def kind(self):
        """1, 2 or 3 for the list that it was given or that has values, 0 for none."""
        filled = (k for k, name in enumerate(_LISTS, 1) if getattr(self, name).value)
        return self._given or next(filled, 0)

    def WhichOneof(self, group):
        """The name of the list that it is, or None.

        Args:
            group: "kind".

        >>> Feature(int64_list=Int64List(value=[1])).WhichOneof("kind")
        'int64_list'
        """
        if group != "kind":
            raise ArgumentError(f"tf.train.Feature.WhichOneof: received {group!r}, expected 'kind'.")
        return (None, *_LISTS)[self.kind]

    def HasField(self, name):
        """Whether it is the list of that name.

        Args:
            name: "bytes_list", "float_list" or "int64_list".
        """
        if name not in _LISTS:
            raise ArgumentError(f"tf.train.Feature.HasField: received {name!r}, expected one of {list(_LISTS)}.")
        return self.WhichOneof("kind") == name

    def __repr__(self):
        name = self.WhichOneof("kind")
        return f"Feature({name}={getattr(self, name)!r})" if name else "Feature()"

    def encoded(self):
        """The message."""
        if self.kind == 1:
            body = b"".join(field(1, v) for v in self.bytes_list.checked())
        elif self.kind == 2:
            body = field(1, np.asarray(self.float_list.checked(), "<f4").tobytes())
        else:
            body = field(1, b"".join(varint(v) for v in self.int64_list.checked()))
        return field(self.kind, body) if self.kind else b""

    @classmethod
    def decoded(cls, data):
        """The feature in a message."""
        for number, body in fields(data):
            parts = [value for inner, value in fields(body) if inner == 1]
            if number == 1:
                return cls(bytes_list=BytesList(parts))
            if number == 2:
                return cls(float_list=FloatList(np.frombuffer(b"".join(parts), "<f4").tolist()))
            if number == 3:
                return cls(int64_list=Int64List([v for part in parts for v in _integers(part)]))
        return cls()


def _integers(part):
    if isinstance(part, int):
        packed = [part]
    else:
        packed, place = [], 0
        while place < len(part):
            value, place = read_varint(part, place)
            packed.append(value)
    return [v - (1 << 64) if v >> 63 else v for v in packed]


class _Table(dict):
    """Names and features; one that is asked for is there."""

    def __missing__(self, name):
        self[name] = Feature()
        return self[name]


class Features(_Message):
    """A table of features.

    Args:
        feature: {name: Feature}.
    """

    def __init__(self, feature=None):
        self.feature = _Table(feature or {})

    def encoded(self):
        """The message."""
        rows = sorted(self.feature.items())
        entries = [field(1, field(1, name.encode("utf-8")) + field(2, f.encoded())) for name, f in rows]
        return b"".join(entries)

    def __repr__(self):
        return f"Features(feature={dict(self.feature)!r})"


def decoded_table(data, decoded):
    """{name: decoded(message)} of the table in a message."""
    pairs = [dict(fields(entry)) for inner, entry in fields(data) if inner == 1]
    return {pair.get(1, b"").decode("utf-8"): decoded(pair.get(2, b"")) for pair in pairs}


class Example(_Message):
    """A row of named lists.

    Args:
        features: a Features.

    >>> row = Example(features=Features(feature={"n": Feature(int64_list=Int64List(value=[1, -2]))}))
    >>> Example.FromString(row.SerializeToString()).features.feature["n"].int64_list.value
    [1, -2]
    """

    def __init__(self, features=None):
        self.features = features or Features()

    def SerializeToString(self):
        """The bytes of it."""
        return field(1, self.features.encoded())

    encoded = SerializeToString

    def __repr__(self):
        return f"Example(features={self.features!r})"

    @classmethod
    def FromString(cls, data):
        """The example in bytes.

        Args:
            data: what SerializeToString gave.

        Raises DataError for other bytes.
        """
        table = {}
        for number, body in fields(data):
            if number == 1:
                table.update(decoded_table(body, Feature.decoded))
        return cls(Features(table))

    def ParseFromString(self, data):
        """Take the features in bytes; how many bytes there were.

        Args:
            data: bytes, or a tensor of them.
        """
        data = data if isinstance(data, bytes) else bytes_of(data, "train.Example.ParseFromString")
        self.features = self.FromString(data).features
        return len(data)


# ---- parsing ---------------------------------------------------------------------------------------------------
def _word(dtype):
    return dtypes.TEXT if str(getattr(dtype, "name", dtype)) in (dtypes.TEXT, "str") else dtypes.standardize(dtype)


class FixedLenFeature:
    """A feature of a known shape.

    Args:
        shape: of the tensor.
        dtype: "float32", "int64" or "string".
        default_value: for examples without it; None where each must have it.
    """

    def __init__(self, shape, dtype, default_value=None):
        self.shape, self.dtype, self.default_value = shape, _word(dtype), default_value


class FixedLenSequenceFeature(FixedLenFeature):
    """A feature of as many rows as there are values.

    Args:
        shape: of a row.
        dtype: "float32", "int64" or "string".
        allow_missing, default_value: what is missing is no rows.
    """

    def __init__(self, shape, dtype, allow_missing=False, default_value=None):
        super().__init__([-1, *shape], dtype, ())
        self.allow_missing = allow_missing


class VarLenFeature:
    """A feature of any length, which comes as a sparse tensor all of whose places are named.

    Args:
        dtype: "float32", "int64" or "string".
    """

    def __init__(self, dtype):
        self.shape, self.dtype, self.default_value = [-1], _word(dtype), ()


def parse_single_example(serialized, features, example_names=None, name=None):
    """{name: tensor} of the bytes of one example.

    Args:
        serialized: bytes, or a tensor of them.
        features: {name: FixedLenFeature, VarLenFeature or FixedLenSequenceFeature}.
        example_names, name: of no effect.

    Raises DataError for a feature that is missing, or of another kind or length.
    """
    data = serialized if isinstance(serialized, bytes) else bytes_of(serialized, "io.parse_single_example")
    table = Example.FromString(data).features.feature
    found = {key: _parsed(key, table.get(getattr(wanted, "value_key", None) or key), wanted)
             for key, wanted in features.items()}  # fmt: skip
    return {key: _named(v, np.ones(v.shape, bool)) if isinstance(features[key], VarLenFeature) else v
            for key, v in found.items()}  # fmt: skip


def parse_example(serialized, features, example_names=None, name=None):
    """{name: tensor} of the bytes of several examples, stacked.

    Args:
        serialized: a tensor of bytes.
        features: as of `parse_single_example`.
        example_names, name: of no effect.
    """
    rows = np.asarray(serialized, object)
    if rows.ndim == 0:
        return parse_single_example(rows.view(Tensor), features)
    parsed = [parse_single_example(row, features) for row in rows.reshape(-1).tolist()]
    out = {}
    for key in features:
        rows_of_key = [np.asarray(row[key]) for row in parsed]
        if isinstance(features[key], VarLenFeature):
            out[key] = _beside(rows_of_key)
            continue
        if isinstance(features[key], FixedLenSequenceFeature):  # what is missing is 0
            out[key] = np.asarray(_beside(rows_of_key)).view(Tensor)
            continue
        if hasattr(features[key], "value_key"):
            out[key] = RaggedTensor.from_row_lengths(np.concatenate(rows_of_key), [len(r) for r in rows_of_key])
            continue
        out[key] = np.stack(rows_of_key).view(Tensor)
    return out


def _named(array, named):
    """A sparse tensor of an array, of whose places these are named."""
    found = np.array(array).view(Sparse)
    found._places = np.argwhere(named)
    return found


def _beside(rows):
    """Rows of any lengths as one sparse tensor."""
    sizes = np.array([len(r) for r in rows])
    most = int(sizes.max(initial=0))
    behind = lambda r: np.full((most - len(r), *r.shape[1:]), "" if r.dtype == object else 0, r.dtype)
    whole = [np.concatenate([r, behind(r)]) for r in rows]
    return _named(np.stack(whole), np.arange(most) < sizes[:, None])


_KINDS = {"float32": (2, "float_list"), "int64": (3, "int64_list"), "string": (1, "bytes_list")}


def _parsed(name, feature, wanted):
    if not getattr(wanted, "allow_missing", True):
        raise ArgumentError(f"feature {name!r}: FixedLenSequenceFeature needs allow_missing=True.")
    if wanted.dtype not in _KINDS:
        raise ArgumentError(f"feature {name!r}: received dtype {wanted.dtype}, expected float32, int64 or string.")
    kind, attribute = _KINDS[wanted.dtype]
    if feature is None or feature.kind == 0:
        if wanted.default_value is None:
            raise DataError(f"Feature: {name} (data type: {wanted.dtype}) is required but could not be found.")
        values = np.ravel(np.asarray(wanted.default_value, object)).tolist()
        count = int(np.prod(wanted.shape)) if -1 not in wanted.shape else len(values)
        values = values * count if len(values) == 1 else values
    elif feature.kind != kind:
        raise DataError(f"Feature: {name}: data types don't match: expected {wanted.dtype}.")
    else:
        values = getattr(feature, attribute).value
    found = np.empty(len(values), object if kind == 1 else wanted.dtype)
    found[:] = values
    shape = [int(n) for n in np.atleast_1d(wanted.shape)] if np.ndim(wanted.shape) or wanted.shape else []
    if -1 not in shape and found.size != int(np.prod(shape)):
        raise DataError(f"Key: {name}. Number of values {found.size} does not fit the shape {shape}.")
    return found.reshape(shape).view(Tensor)


NAMES = {
    **{f"io.{n}": f"compat.tf.examples:{n}" for n in (
        "FixedLenFeature", "FixedLenSequenceFeature", "VarLenFeature", "parse_single_example", "parse_example")},
    **{n: f"compat.tf.examples:{n}" for n in (
        "FixedLenFeature", "VarLenFeature", "parse_single_example", "parse_example")},
    **{f"train.{n}": f"compat.tf.examples:{n}" for n in (
        "Example", "Features", "Feature", "BytesList", "FloatList", "Int64List")},
}  # fmt: skip
