"""Two integers of four bits in one byte."""

import numpy as np

from fastnn import ops
from fastnn.core import results
from fastnn.core.errors import ArgumentError, ArgumentTypeError


def _check(dtype):
    if dtype not in ("int8", "uint8"):
        raise ArgumentError(f"Expected dtype to be 'int8' or 'uint8', but got '{dtype}'.")


def pack_int4(arr, axis=0, dtype="int8"):
    """(packed, its shape, length of the axis before): two neighbours along `axis` in a byte, the first in its low half.

    Args:
        arr: array of `dtype`, "int8" ([-8, 7]) or "uint8" ([0, 15]). An odd length is filled up with a zero.

    >>> packed, shape, length = pack_int4(np.array([[-3, 7], [2, -8], [1, 0]], "int8"))
    >>> packed.tolist(), shape, length
    ([[45, -121], [1, 0]], (2, 2), 3)
    """
    _check(dtype)
    array = np.asarray(arr)
    if array.dtype != np.dtype(dtype):
        raise ArgumentTypeError(f"Expected {dtype} tensor for packing, got {array.dtype}.")
    rows = np.moveaxis(array, axis, 0)
    length = len(rows)
    if length % 2:
        rows = np.concatenate([rows, np.zeros_like(rows[:1])])
    halves = rows.view(np.uint8) & np.uint8(15)
    packed = np.moveaxis((halves[::2] | (halves[1::2] << np.uint8(4))).view(dtype), 0, axis)
    return results.shown(np.ascontiguousarray(packed)), packed.shape, length


def unpack_int4(packed, orig_len, axis=0, dtype="int8"):
    """What pack_int4 packed: an array of `dtype` with `orig_len` values along `axis`.

    Args:
        packed: array or symbol of int8 or uint8.

    >>> unpack_int4(np.array([[45, -121], [1, 0]], "int8"), 3).tolist()
    [[-3, 7], [2, -8], [1, 0]]
    """
    _check(dtype)
    packed = ops.convert_to_tensor(packed)
    if str(packed.dtype) not in ("int8", "uint8"):
        raise ArgumentTypeError(f"Expected int8 or uint8 tensor for unpacking, got {packed.dtype}")
    rank = len(packed.shape)
    axis %= rank
    whole = ops.cast(packed, "int32")
    halves = [ops.bitwise_and(whole, 15), ops.bitwise_and(ops.right_shift(whole, 4), 15)]
    if dtype == "int8":
        halves = [ops.subtract(ops.bitwise_xor(half, 8), 8) for half in halves]
    pairs = ops.stack([ops.cast(half, dtype) for half in halves], axis=axis + 1)
    shape = (*packed.shape[:axis], 2 * packed.shape[axis], *packed.shape[axis + 1 :])
    return ops.reshape(pairs, shape)[(*(slice(None),) * axis, slice(0, orig_len))]
