"""Messages of Protocol Buffers, and a tensor as one: `tf.io.serialize_tensor`, `tf.io.parse_tensor`.

A TensorProto has its dtype in field 1, its shape in 2, numbers as bytes in 4 and texts in 8.  Format:
tensorflow/core/framework/tensor.proto.
"""

import numpy as np

from fastnn.compat.tf.files import bytes_of, content
from fastnn.compat.tf.values import host, operand, values_of
from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError, DataError
from fastnn.core.messages import field, varint

_CODES = {
    "float32": 1, "float64": 2, "int32": 3, "uint8": 4, "int16": 5, "int8": 6, "string": 7, "complex64": 8, "int64": 9,
    "bool": 10, "uint16": 17, "complex128": 18, "float16": 19, "uint32": 22, "uint64": 23,
}  # fmt: skip
_NAMES = {code: name for name, code in _CODES.items()}


# ---- messages --------------------------------------------------------------------------------------------------
def read_varint(data, place):
    """An integer and the place behind it; DataError where the bytes end."""
    value = shift = 0
    while True:
        if place >= len(data) or shift > 63:
            raise DataError("Protocol Buffers: the message is cut off.")
        value |= (data[place] & 127) << shift
        place += 1
        if data[place - 1] < 128:
            return value, place
        shift += 7


def fields(data):
    """(number, bytes or int) of each field of a message."""
    place = 0
    while place < len(data):
        key, place = read_varint(data, place)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, place = read_varint(data, place)
        elif wire in (1, 2, 5):
            size, place = read_varint(data, place) if wire == 2 else (8 if wire == 1 else 4, place)
            value, place = data[place : place + size], place + size
            if place > len(data):
                raise DataError("Protocol Buffers: the message is cut off.")
        else:
            raise DataError(f"Protocol Buffers: received a field of wire type {wire}, expected a message.")
        yield number, value


# ---- tensors ---------------------------------------------------------------------------------------------------
def _serialize_tensor(tensor, name=None):
    array = values_of(operand(tensor), "io.serialize_tensor")
    kind = "string" if array.dtype.kind in "OSU" else array.dtype.name
    if kind not in _CODES:
        raise ArgumentError(f"tf.io.serialize_tensor: received dtype {kind}, expected one of {list(_CODES)}.")
    sides = b"".join(field(2, b"\x08" + varint(n) if n else b"") for n in array.shape)
    if kind == "string":
        data = b"".join(field(8, bytes_of(v, "io.serialize_tensor")) for v in array.reshape(-1))
    else:
        data = array.size and field(4, np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<")).tobytes())
    return content(b"\x08" + varint(_CODES[kind]) + field(2, sides) + (data or b""))


def _parse_tensor(serialized, out_type, name=None):
    parts = list(fields(bytes_of(serialized, "io.parse_tensor")))
    kind = _NAMES.get(next((v for n, v in parts if n == 1), 0))
    wanted = str(getattr(out_type, "name", out_type))
    wanted = wanted if wanted == "string" else dtypes.standardize(wanted)
    if kind != wanted:
        raise ArgumentError(f"tf.io.parse_tensor: received out_type={wanted}, the tensor has dtype {kind}.")
    shape = [dict(fields(side)).get(1, 0) for n, v in parts if n == 2 for _, side in fields(v)]
    if kind == "string":
        texts = [v for n, v in parts if n == 8]
        found = np.empty(len(texts), object)
        found[:] = texts
    else:
        found = np.frombuffer(b"".join(v for n, v in parts if n == 4), np.dtype(dtypes.numpy_type(kind)))
    if found.size != int(np.prod(shape)):
        raise DataError(f"tf.io.parse_tensor: received {found.size} values for the shape {shape}.")
    return host(found.reshape(shape).copy())


TABLE = {"io.serialize_tensor": _serialize_tensor, "io.parse_tensor": _parse_tensor}
