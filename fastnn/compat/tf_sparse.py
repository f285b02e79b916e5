"""tf.sparse: sparse tensors, which are dense here: what is not named is 0."""

import numpy as np

from fastnn import ops
from fastnn.compat.tf_values import host, operand
from fastnn.core.errors import ArgumentError


class SparseTensor:
    """The tensor with these values at these places and 0 elsewhere, dense: there are no instances of this class.

    Args:
        indices: places, ints (n, rank).
        values: (n,).
        dense_shape: the shape, `rank` ints.

    Raises ArgumentError for a place outside of the shape.

    >>> x = SparseTensor([[0, 1], [1, 0]], [3, 4], (2, 2))
    >>> x.tolist(), isinstance(x, SparseTensor)
    ([[0, 3], [4, 0]], False)
    """

    def __new__(cls, indices, values, dense_shape):
        places, given = np.asarray(indices).reshape(-1, len(dense_shape)), np.asarray(operand(values))
        if places.size and ((places < 0).any() or (places >= np.asarray(dense_shape)).any()):
            raise ArgumentError(
                f"SparseTensor: received indices {places.tolist()}, expected them inside {dense_shape}."
            )
        out = np.full(tuple(int(n) for n in dense_shape), "" if given.dtype.kind in "OSU" else 0, given.dtype)
        out[tuple(places.T)] = given
        return host(out)


def _to_dense(sp_input, default_value=None, validate_indices=True, name=None):
    x = operand(sp_input)
    return x if default_value in (None, 0, "") else host(np.where(np.asarray(x) == 0, default_value, x).astype(x.dtype))


def _product(sp_a, b, adjoint_a=False, adjoint_b=False, name=None):
    a, b = operand(sp_a), operand(b)
    return ops.matmul(ops.swapaxes(a, -1, -2) if adjoint_a else a, ops.swapaxes(b, -1, -2) if adjoint_b else b)


TABLE = {
    "sparse.to_dense": _to_dense, "sparse.from_dense": lambda tensor, name=None: operand(tensor),
    "sparse.reorder": lambda sp_input, name=None: operand(sp_input), "sparse.sparse_dense_matmul": _product,
}  # fmt: skip
