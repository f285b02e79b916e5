"""`tf.RaggedTensor`: rows of different lengths, on arrays; `to_tensor()` makes them one array."""

import operator

import numpy as np

from fastnn import ops
from fastnn.compat.shapes import TensorShape
from fastnn.compat.tf.ragged.makers import Makers, concatenate, count, joined, take
from fastnn.compat.tf.sparse import Sparse
from fastnn.compat.tf.values import host, operand
from fastnn.core.errors import ArgumentError, NotSupportedError, ShapeError
from fastnn.data.tensor import Tensor, as_texts
from fastnn.layers.host import is_text

__all__ = ["RaggedTensor"]


def _binary(function, swap=False):
    def method(self, other):
        return flat(lambda a, b: function(b, a) if swap else function(a, b), (self, other), {}, spread)

    return method


class RaggedTensor(Makers):
    """Rows of different lengths, one after the other in one array; made by `tf.ragged.constant` and the `from_` ways.

    values: an array (n, ...), or a RaggedTensor of n rows.  splits: int64 (rows + 1,): row i is values[s[i]:s[i + 1]].

    >>> rows = RaggedTensor.from_row_lengths([1, 2, 3, 4], [3, 0, 1])
    >>> rows, rows.shape, rows.row_lengths().tolist()
    (<tf.RaggedTensor [[1, 2, 3], [], [4]]>, (3, None), [3, 0, 1])
    >>> rows.to_tensor().tolist(), (rows[:, :1] * 10).to_list()
    ([[1, 2, 3], [0, 0, 0], [4, 0, 0]], [[10], [], [40]])
    """

    __hash__ = None

    def __init__(self, values, splits):
        self.values = values if isinstance(values, RaggedTensor) else operand(values)
        self._splits = np.asarray(splits, np.int64)
        rows = count(self.values)
        s = self._splits
        if s.ndim != 1 or not len(s) or s[0] != 0 or (np.diff(s) < 0).any() or s[-1] != rows:
            raise ArgumentError(
                f"Arguments do not form a valid RaggedTensor: received row splits {s.tolist()!r:.80} for {rows} "
                f"values; expected numbers that do not fall, from 0 to {rows}."
            )

    # ---- what it is --------------------------------------------------------------------------------------------
    row_splits = property(lambda self: host(self._splits), doc="Where rows begin and end, int64 (rows + 1,).")
    dtype = property(lambda self: self.values.dtype, doc="The dtype of the values.")
    uniform_row_length = property(lambda self: None, doc="None.")

    @property
    def flat_values(self):
        """The values of the innermost rows, an array."""
        return self.values.flat_values if isinstance(self.values, RaggedTensor) else self.values

    @property
    def ragged_rank(self):
        """How many axes are ragged."""
        return 1 + (self.values.ragged_rank if isinstance(self.values, RaggedTensor) else 0)

    @property
    def nested_row_splits(self):
        """The row splits of each ragged axis, from outside to inside."""
        return (self.row_splits, *(self.values.nested_row_splits if isinstance(self.values, RaggedTensor) else ()))

    def nested_row_lengths(self, name=None):
        """The row lengths of each ragged axis, from outside to inside."""
        return tuple(host(np.diff(np.asarray(s))) for s in self.nested_row_splits)

    def to_sparse(self, name=None):
        """A sparse tensor whose places in rows are named as far as the rows go."""
        dense = np.asarray(self.to_tensor()).view(Sparse)
        rows = np.asarray(self.value_rowids())
        dense._places = np.stack([rows, np.arange(len(rows)) - self._splits[rows]], axis=1)
        return dense

    @property
    def ndim(self):
        """The number of axes."""
        return len(self.shape)

    @property
    def shape(self):
        """The sizes; None for a ragged axis."""
        return TensorShape((len(self._splits) - 1, None, *self.values.shape[1:]))

    def get_shape(self):
        """`shape`."""
        return self.shape

    def nrows(self, out_type="int64", name=None):
        """How many rows there are."""
        return host(np.asarray(len(self._splits) - 1, np.dtype(str(out_type))))

    def row_lengths(self, axis=1, name=None):
        """The lengths of the rows: int64, ragged itself for an axis further in."""
        if axis > 1 and isinstance(self.values, RaggedTensor):
            return RaggedTensor(self.values.row_lengths(axis - 1), self._splits)
        return host(np.diff(self._splits))

    def row_starts(self, name=None):
        """Where rows begin, int64 (rows,)."""
        return host(self._splits[:-1])

    def row_limits(self, name=None):
        """Where rows end, int64 (rows,)."""
        return host(self._splits[1:])

    def value_rowids(self, name=None):
        """The row of each value, int64 (values,)."""
        return host(np.repeat(np.arange(len(self._splits) - 1), np.diff(self._splits)))

    def bounding_shape(self, axis=None, name=None, out_type="int64"):
        """The shape of `to_tensor()`, or one size of it."""
        longest = int(np.diff(self._splits).max(initial=0))
        inner = self.values.bounding_shape() if isinstance(self.values, RaggedTensor) else self.values.shape
        sizes = np.array([len(self._splits) - 1, longest, *inner[1:]], np.dtype(str(out_type)))
        return host(sizes if axis is None else sizes[axis])

    # ---- other forms -------------------------------------------------------------------------------------------
    def with_values(self, new_values):
        """Other values in the same rows."""
        return RaggedTensor(new_values, self._splits)

    def with_flat_values(self, new_values):
        """Other innermost values in the same rows."""
        inner = self.values
        return self.with_values(inner.with_flat_values(new_values) if isinstance(inner, RaggedTensor) else new_values)

    def to_tensor(self, default_value=None, name=None, shape=None):
        """One array: rows are filled up with default_value (0, "" or False), or cut, to the longest or to `shape`."""
        sizes = [None] * len(self.shape) if shape is None else list(shape)
        if isinstance(self.values, RaggedTensor):
            values = self.values.to_tensor(default_value, shape=[None, *sizes[2:]])
        else:
            values = self.values
        if default_value is None:
            default_value = "" if is_text(values) else 0
        n, width = (int(b) if s is None else int(s) for s, b in zip(sizes[:2], self.bounding_shape()))
        starts, lengths = (np.resize(v, n) for v in (self._splits[:-1], np.diff(self._splits)))
        lengths = np.where(np.arange(n) < len(self._splits) - 1, lengths, 0)
        step = np.arange(width)
        index = np.where(step < lengths[:, None], starts[:, None] + step, count(values))
        filling = np.full((1, *values.shape[1:]), default_value, _numpy_dtype(values))
        return take(concatenate([values, filling]), index)

    def to_list(self):
        """Nested lists."""
        return [row.to_list() if isinstance(row, RaggedTensor) else _listed(np.asarray(row)) for row in self]

    def numpy(self):
        """An array of the rows' arrays; one array where all rows have one length."""
        rows = [np.asarray(row.numpy() if isinstance(row, RaggedTensor) else row) for row in self]
        if len({row.shape for row in rows}) == 1:
            return np.stack(rows)
        found = np.empty(len(rows), object)
        found[:] = rows
        return found

    def __array__(self, dtype=None, copy=None):
        raise NotSupportedError(
            f"A RaggedTensor of shape {tuple(self.shape)} is no array: its rows have different lengths. Use "
            "x.to_tensor(), with Embedding(mask_zero=True) or Masking for what is filled up."
        )

    def __repr__(self):
        return f"<tf.RaggedTensor {self.to_list()}>"

    def __bool__(self):
        raise TypeError("RaggedTensor may not be used as a boolean.")

    def __iter__(self):
        return (self[k] for k in range(len(self._splits) - 1))

    def __getitem__(self, key):
        first, *rest = key if isinstance(key, tuple) else (key,)
        if first is Ellipsis:
            first, rest = slice(None), [slice(None)] * (len(self.shape) - 1 - len(rest)) + rest
        if not isinstance(first, slice):
            k, n = operator.index(np.asarray(first)[()]), len(self._splits) - 1
            if not -n <= k < n:
                raise IndexError(f"Row key {k} out of bounds: there are {n} rows.")
            row = take(self.values, np.arange(self._splits[k % n], self._splits[k % n + 1]))
            return row[tuple(rest)] if rest else row
        found = self.rows(np.arange(len(self._splits) - 1)[first])
        if not rest:
            return found
        second, *inner = rest
        if not isinstance(second, slice):
            raise ArgumentError("Cannot index into an inner ragged dimension: expected a slice, as x[:, :1].")
        index = [np.arange(a, b)[second] for a, b in zip(found._splits[:-1], found._splits[1:])]
        values = take(found.values, joined(index))
        return RaggedTensor.from_row_lengths(values[(slice(None), *inner)] if inner else values, list(map(len, index)))

    def element(self, k):
        """Row k as an element of a data set.

        Args:
            k: int.
        """
        found = self[k]
        return found if isinstance(found, RaggedTensor) else np.asarray(found).view(Row)

    def merge_dims(self, outer_axis, inner_axis):
        """The values with the axes from one to another as one.

        >>> RaggedTensor.from_row_lengths([1, 2, 3], [1, 2]).merge_dims(0, 1).tolist()
        [1, 2, 3]
        """
        n = len(self.shape)
        if not (-n <= outer_axis < n and -n <= inner_axis < n and outer_axis % n <= inner_axis % n):
            raise ArgumentError(
                f"merge_dims: received outer_axis={outer_axis} and inner_axis={inner_axis}; expected axes of {n}, "
                "the outer one first."
            )
        outer, inner = outer_axis % n, inner_axis % n
        if outer == inner:
            return self
        if outer > 1 and isinstance(self.values, RaggedTensor):
            return self.with_values(self.values.merge_dims(outer - 1, inner - 1))
        if outer > 1:
            x = self.values
            return self.with_values(ops.reshape(x, (*x.shape[: outer - 1], -1, *x.shape[inner:])))
        values, splits = self.values, self._splits
        for _ in range(inner - 1):
            if isinstance(values, RaggedTensor):
                values, splits = values.values, values._splits[splits]
            else:
                splits = splits * values.shape[1]
                values = ops.reshape(values, (-1, *values.shape[2:]))
        return RaggedTensor(values, splits) if outer else values

    def rows(self, numbers):
        """The rows of these numbers."""
        index = [np.arange(self._splits[k], self._splits[k + 1]) for k in np.ravel(numbers)]
        return RaggedTensor.from_row_lengths(take(self.values, joined(index)), list(map(len, index)))

    __add__, __radd__ = _binary(operator.add), _binary(operator.add, True)
    __sub__, __rsub__ = _binary(operator.sub), _binary(operator.sub, True)
    __mul__, __rmul__ = _binary(operator.mul), _binary(operator.mul, True)
    __truediv__, __rtruediv__ = _binary(operator.truediv), _binary(operator.truediv, True)
    __floordiv__, __mod__, __pow__ = map(_binary, (operator.floordiv, operator.mod, operator.pow))
    __lt__, __le__, __gt__, __ge__ = map(_binary, (operator.lt, operator.le, operator.gt, operator.ge))
    __eq__, __ne__, __and__, __or__ = map(_binary, (operator.eq, operator.ne, operator.and_, operator.or_))

    def __neg__(self):
        return self.with_flat_values(-self.flat_values)

    def __invert__(self):
        return self.with_flat_values(~self.flat_values)


class Row(Tensor):
    """A row of rows of different lengths as an element of a data set: a batch of them is ragged."""

    row_splits = None  # what says that lengths differ

    @classmethod
    def stacked(cls, rows):
        """The rows as one RaggedTensor.

        Args:
            rows: a sequence of them.
        """
        parts = [np.asarray(row) for row in rows]
        return RaggedTensor.from_row_lengths(host(np.concatenate(parts)), [len(part) for part in parts])


def _listed(array):
    return (as_texts(array) if array.dtype.kind in "OU" else array).tolist()


def _numpy_dtype(x):
    return object if is_text(x) else np.dtype(str(x.dtype))


def spread(x, rows):
    """An array, or a list, beside the innermost values of `rows`: one row of it for all, or each for a row of them.

    Raises ShapeError for an array that is as long as rows whose lengths differ.
    """
    x = operand(x) if isinstance(x, (list, tuple)) else x
    shape = tuple(getattr(x, "shape", ()))
    inner = len(rows.flat_values.shape) - 1
    if len(shape) <= inner:
        return x
    many, k, n = (1,) * (len(rows.shape) - len(shape)) + shape, rows.ragged_rank, int(rows.nrows())
    if len(many) > len(rows.shape) or set(many[1 : k + 1]) != {1} or many[0] not in (1, n):
        raise ShapeError(
            f"received the shape {shape} beside rows of shape {rows.shape}: it is not 1 along what differs."
        )
    x = ops.reshape(x, (many[0], *many[k + 1 :]))
    if many[0] == 1:
        return x
    numbers = np.arange(n)
    for splits in rows.nested_row_splits:
        numbers = np.repeat(numbers, np.diff(np.asarray(splits)))
    return take(x, numbers)


def flat(function, args, kwargs, beside=lambda x, rows: x):
    """A function of each value, on the innermost values; the RaggedTensors among the arguments have the same rows.

    beside(x, rows): what another argument is beside the values of these rows.
    """
    first = next(a for a in (*args, *kwargs.values()) if isinstance(a, RaggedTensor))

    def inner(x):
        if not isinstance(x, RaggedTensor):
            return beside(x, first)
        if [s.tolist() for s in x.nested_row_splits] != [s.tolist() for s in first.nested_row_splits]:
            raise ShapeError(f"Inputs have row lengths that differ: {first.to_list()!r:.80} and {x.to_list()!r:.80}.")
        return x.flat_values

    return first.with_flat_values(function(*map(inner, args), **{k: inner(v) for k, v in kwargs.items()}))


def holds(values):
    """Whether one of some arguments is a RaggedTensor, or a list in whose first places there is one."""
    return any(
        type(v) is RaggedTensor or (type(v) in (list, tuple) and v and RaggedTensor in map(type, v[:2])) for v in values
    )
