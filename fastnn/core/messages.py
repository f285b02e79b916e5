"""Messages of Protocol Buffers and records of them in files, as TensorFlow and TensorBoard read them.

Formats: protobuf.dev/programming-guides/encoding; tensorflow/core/lib/io/record_writer.h.
"""

from __future__ import annotations

import functools
import struct

import numpy as np


def varint(value: int) -> bytes:
    """An integer of up to 64 bits in groups of 7."""
    value, out = value & 0xFFFFFFFFFFFFFFFF, bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def field(number: int, data: bytes) -> bytes:
    """A field that holds bytes."""
    return varint(number << 3 | 2) + varint(len(data)) + data


def integer(number: int, value: int) -> bytes:
    """A field that holds an integer."""
    return varint(number << 3) + varint(int(value))


def double(number: int, value: float) -> bytes:
    """A field that holds a number of 64 bits."""
    return varint(number << 3 | 1) + struct.pack("<d", value)


def single(number: int, value: float) -> bytes:
    """A field that holds a number of 32 bits."""
    return varint(number << 3 | 5) + struct.pack("<f", value)


@functools.cache
def _crc_table() -> list[int]:
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, (table >> 1) ^ np.uint32(0x82F63B78), table >> 1)
    return [int(x) for x in table]


def masked_crc(data: bytes) -> int:
    """The check that TFRecord files have: CRC-32C, turned by 15 bits, plus a constant.

    >>> hex(masked_crc(b"123456789"))
    '0xc78ab0e5'
    """
    table, crc = _crc_table(), 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def record(data: bytes) -> bytes:
    """A record: its length, a check of that, its bytes, and a check of these.

    >>> len(record(b"abc"))
    19
    """
    size = struct.pack("<Q", len(data))
    return size + struct.pack("<I", masked_crc(size)) + data + struct.pack("<I", masked_crc(data))
