"""The ways to make a `tf.RaggedTensor`, and what they share: rows that are taken, counted, put end to end."""

import numpy as np

from fastnn import ops
from fastnn.compat.tf.values import host, operand
from fastnn.core.errors import ArgumentError, NotSupportedError
from fastnn.layers.host import is_text


class Makers:
    """Base of RaggedTensor: its `from_` ways."""

    @classmethod
    def from_row_splits(cls, values, row_splits, name=None, validate=True):
        """Row i is values[row_splits[i]:row_splits[i + 1]]."""
        return cls(values, row_splits)

    @classmethod
    def from_row_lengths(cls, values, row_lengths, name=None, validate=True):
        """The first row_lengths[0] values are row 0, and so on."""
        return cls(values, np.concatenate([[0], np.cumsum(np.asarray(row_lengths, np.int64))]))

    @classmethod
    def from_row_starts(cls, values, row_starts, name=None, validate=True):
        """Row i begins at values[row_starts[i]]."""
        values = values if isinstance(values, Makers) else operand(values)
        return cls(values, [*np.asarray(row_starts, np.int64), count(values)])

    @classmethod
    def from_value_rowids(cls, values, value_rowids, nrows=None, name=None, validate=True):
        """values[k] lies in row value_rowids[k]; there are nrows, or as many as are named."""
        rows = np.asarray(value_rowids, np.int64)
        if (np.diff(rows) < 0).any():
            raise ArgumentError("from_value_rowids: received row numbers that fall; expected them in order.")
        if nrows is not None and len(rows) and rows[-1] >= int(nrows):
            raise ArgumentError(f"from_value_rowids: received nrows={nrows} and row {rows[-1]}; expected more rows.")
        lengths = np.bincount(rows, minlength=0 if nrows is None else int(nrows))
        return cls.from_row_lengths(values, lengths)

    @classmethod
    def from_tensor(cls, tensor, lengths=None, padding=None, ragged_rank=1, name=None, row_splits_dtype="int64"):
        """The rows of an array (n, m, ...): of these lengths, or without the padding at their ends."""
        x = operand(tensor)
        if ragged_rank != 1 or len(x.shape) < 2:
            raise NotSupportedError("RaggedTensor.from_tensor: expected an array (n, m, ...) and ragged_rank=1.")
        n, m = x.shape[:2]
        if padding is not None:
            filled = np.asarray(x) != padding
            filled = filled.reshape(n, m, -1).any(axis=-1)
            lengths = np.where(filled.any(axis=1), m - filled[:, ::-1].argmax(axis=1), 0)
        sizes = np.full(n, m) if lengths is None else np.minimum(np.asarray(lengths, np.int64), m)
        index = [np.arange(k) + row * m for row, k in enumerate(sizes)]
        flat = np.asarray(x).reshape(n * m, *x.shape[2:]) if is_text(x) else ops.reshape(x, (n * m, *x.shape[2:]))
        return cls.from_row_lengths(take(flat, joined(index)), sizes)

    @classmethod
    def stacked(cls, rows):
        """RaggedTensors as the rows of another one.

        >>> from fastnn.compat.tf.ragged.tensor import RaggedTensor
        >>> a, b = RaggedTensor.from_row_lengths([1, 2, 3], [2, 1]), RaggedTensor.from_row_lengths([4], [1])
        >>> RaggedTensor.stacked([a, b])
        <tf.RaggedTensor [[[1, 2], [3]], [[4]]]>
        """
        return cls.from_row_lengths(end_to_end(rows), [int(row.nrows()) for row in rows])

    @classmethod
    def from_row_limits(cls, values, row_limits, name=None, validate=True):
        """Row i ends before values[row_limits[i]]."""
        return cls(values, [0, *np.asarray(row_limits, np.int64)])

    @classmethod
    def from_uniform_row_length(cls, values, uniform_row_length, nrows=None, name=None, validate=True):
        """Rows of one length."""
        size = int(uniform_row_length)
        return cls.from_row_lengths(values, [size] * (np.shape(values)[0] // size if nrows is None else int(nrows)))

    @classmethod
    def from_nested_row_splits(cls, flat_values, nested_row_splits, name=None, validate=True):
        """Rows of rows, by the row splits of each axis from outside to inside."""
        for splits in reversed(list(nested_row_splits)):
            flat_values = cls.from_row_splits(flat_values, splits)
        return flat_values

    @classmethod
    def from_nested_row_lengths(cls, flat_values, nested_row_lengths, name=None, validate=True):
        """Rows of rows, by the row lengths of each axis from outside to inside."""
        for lengths in reversed(list(nested_row_lengths)):
            flat_values = cls.from_row_lengths(flat_values, lengths)
        return flat_values

    @classmethod
    def from_sparse(cls, st_input, name=None, row_splits_dtype="int64"):
        """The named values of the rows of a sparse tensor (n, m)."""
        rows = np.asarray(st_input.indices)[:, 0]
        return cls.from_value_rowids(st_input.values, rows, st_input.shape[0])


def count(values):
    return len(values._splits) - 1 if isinstance(values, Makers) else values.shape[0]


def joined(index):
    return np.concatenate([np.zeros(0, np.int64), *index])


def take(values, index):
    """values[index] along the first axis; of a value that is still to come by an operation."""
    if isinstance(values, Makers):
        return values.rows(index)
    return host(np.asarray(values)[index]) if isinstance(values, np.ndarray) else ops.take(values, index, axis=0)


def concatenate(parts):
    if all(isinstance(p, np.ndarray) for p in parts):
        return host(np.concatenate(parts))
    return ops.concatenate(parts, axis=0)


def end_to_end(parts):
    """RaggedTensors, or arrays, one after the other."""
    if not isinstance(parts[0], Makers):
        return concatenate(parts)
    values = end_to_end([part.values for part in parts])
    return type(parts[0]).from_row_lengths(values, np.concatenate([np.diff(part._splits) for part in parts]))
