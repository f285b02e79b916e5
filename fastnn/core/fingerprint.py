"""Hashes of strings that stay the same for ever: FarmHash's Fingerprint64 and SipHash-2-4.

Files say how many buckets unknown words have, so the bucket of a word is part of a model.  Python's own integers are
exact; every sum and product is cut to 64 bits.  The same formulas take arrays of 64 bits, which cut by themselves: many
texts of one length are hashed at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from fastnn.core.errors import ArgumentError

_M = (1 << 64) - 1
_K0, _K1, _K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F


FEW = 16  # texts of one length that are hashed one by one


class _Rows:
    """Texts of one length, as bytes (texts, length): what the formulas ask of bytes, with arrays for numbers."""

    def __init__(self, rows: Any) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return int(self.rows.shape[1])

    def __getitem__(self, at: int) -> Any:
        return self.rows[:, at].astype(np.uint64)

    def word(self, at: int, size: int) -> Any:
        """`size` bytes from `at` on, as numbers."""
        return np.ascontiguousarray(self.rows[:, at : at + size]).view(f"<u{size}")[:, 0].astype(np.uint64)


def _word(data, at, size=8):
    if type(data) is _Rows:
        return data.word(at, size)
    return int.from_bytes(data[at : at + size], "little")


def _right(x, by):
    """Rotated right."""
    return (x >> by | x << 64 - by) & _M


def _folded(x):
    return x ^ x >> 47


def _mixed(u, v, mul):
    """Two words as one (Murmur's way)."""
    a = _folded((u ^ v) * mul & _M)
    return _folded((v ^ a) * mul & _M) * mul & _M


def _up_to_16(s):
    n = len(s)
    mul = _K2 + n * 2
    if n >= 8:
        a, b = _word(s, 0) + _K2 & _M, _word(s, n - 8)
        return _mixed(_right(b, 37) * mul + a & _M, (_right(a, 25) + b) * mul & _M, mul)
    if n >= 4:
        return _mixed(n + (_word(s, 0, 4) << 3), _word(s, n - 4, 4), mul)
    if not n:
        return _K2
    y, z = s[0] + (s[n >> 1] << 8), n + (s[-1] << 2)
    return _folded(y * _K2 & _M ^ z * _K0 & _M) * _K2 & _M


def _up_to_64(s):
    n = len(s)
    mul = _K2 + n * 2
    long = n > 32
    a, b = _word(s, 0) * (_K2 if long else _K1) & _M, _word(s, 8)
    c, d = _word(s, n - 8) * mul & _M, _word(s, n - 16) * _K2 & _M
    y = _right(a + b & _M, 43) + _right(c, 30) + d & _M
    z = _mixed(y, a + _right(b + _K2 & _M, 18) + c & _M, mul)
    if not long:
        return z
    e, f = _word(s, 16) * mul & _M, _word(s, 24)
    g, h = (y + _word(s, n - 32)) * mul & _M, (z + _word(s, n - 24)) * mul & _M
    return _mixed(_right(e + f & _M, 43) + _right(g, 30) + h & _M, e + _right(f + a & _M, 18) + g & _M, mul)


def _stirred(s, at, a, b):
    """32 bytes and two words as two words."""
    w, x, y, z = (_word(s, at + i) for i in (0, 8, 16, 24))
    a = a + w & _M
    b = _right(b + a + z & _M, 21)
    c, a = a, a + x + y & _M
    return a + z & _M, b + _right(a, 44) + c & _M


def fingerprint64(data):
    """FarmHash's Fingerprint64 of bytes, as an int from 0 to 2^64 - 1.

    >>> fingerprint64(b"")
    11160318154034397263
    """
    n = len(data)
    if n <= 16:
        return _up_to_16(data)
    if n <= 64:
        return _up_to_64(data)
    last, tail = (n - 1) // 64 * 64, n - 1 & 63
    x, y = 81 * _K2 + _word(data, 0) & _M, 81 * _K1 + 113 & _M
    z = _folded(y * _K2 + 113 & _M) * _K2 & _M
    v = w = (0, 0)

    def round_(at, x, y, z, v, w, mul, times):
        x = _right(x + y + v[0] + _word(data, at + 8) & _M, 37) * mul & _M ^ w[1] * times & _M
        y = _right(y + v[1] + _word(data, at + 48) & _M, 42) * mul + v[0] * times + _word(data, at + 40) & _M
        z = _right(z + w[0] & _M, 33) * mul & _M
        v = _stirred(data, at, v[1] * mul & _M, x + w[0] & _M)
        w = _stirred(data, at + 32, z + w[1] & _M, y + _word(data, at + 16) & _M)
        return z, y, x, v, w

    for at in range(0, last, 64):
        x, y, z, v, w = round_(at, x, y, z, v, w, _K1, 1)
    mul = _K1 + ((z & 0xFF) << 1)
    w = w[0] + tail & _M, w[1]
    v = v[0] + w[0] & _M, v[1]
    w = w[0] + v[0] & _M, w[1]
    x, y, z, v, w = round_(n - 64, x, y, z, v, w, mul, 9)
    return _mixed(_mixed(v[0], w[0], mul) + _folded(y) * _K0 + z & _M, _mixed(v[1], w[1], mul) + x & _M, mul)


def fingerprints(values: Any) -> Any:
    """Fingerprint64 of many values at once: of a list of bytes, or of the decimal digits of an array of integers.

    Returns uint64 (values,).

    >>> [int(x) for x in fingerprints([b"", b"12"])] == [fingerprint64(b""), fingerprint64(b"12")]
    True
    >>> fingerprints(np.array([12]))[0] == fingerprint64(b"12")
    np.True_
    """
    out = np.empty(len(values), np.uint64)
    for places, rows in _of_digits(values) if isinstance(values, np.ndarray) else _of_texts(values):
        n = rows.shape[1]
        if n > 64 or len(places) < FEW or not n:
            out[places] = [fingerprint64(row.tobytes()) for row in rows]
        else:
            out[places] = (_up_to_16 if n <= 16 else _up_to_64)(_Rows(rows))
    return out


def _of_texts(texts: Sequence[bytes]) -> Iterator[tuple[Any, Any]]:
    """(places, bytes) of the texts of each length."""
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    for n in np.unique(lengths).tolist():
        places = np.flatnonzero(lengths == n)
        raw = b"".join([texts[i] for i in places.tolist()])
        yield places, np.frombuffer(raw, np.uint8).reshape(len(places), n)


def _of_digits(values: Any) -> Iterator[tuple[Any, Any]]:
    """(places, digits) of the integers that are written with so many characters."""
    signs = values < 0
    sizes = np.where(signs, ~values.astype(np.int64), 0).astype(np.uint64) + 1
    sizes = np.where(signs, sizes, values.astype(np.uint64))
    lengths = 1 + np.searchsorted(10 ** np.arange(1, 20, dtype=np.uint64), sizes, "right")
    for sign in (0, 1):
        for n in np.unique(lengths[signs == bool(sign)]).tolist():
            places = np.flatnonzero((lengths == n) & (signs == bool(sign)))
            rows, rest = np.full((len(places), n + sign), ord("-"), np.uint8), sizes[places]
            for k in range(n + sign - 1, sign - 1, -1):
                rest, digit = np.divmod(rest, np.uint64(10))
                rows[:, k] = digit + np.uint64(ord("0"))
            yield places, rows


def siphash(key, data):
    """SipHash-2-4 of bytes with a key of two 64-bit ints (Aumasson and Bernstein, 2012).

    >>> siphash((0x0706050403020100, 0x0F0E0D0C0B0A0908), bytes(range(15))) == 0xA129CA6149BE45E5
    True
    """
    a, b = key[0] & _M, key[1] & _M
    state = [a ^ 0x736F6D6570736575, b ^ 0x646F72616E646F6D, a ^ 0x6C7967656E657261, b ^ 0x7465646279746573]
    padded = data + bytes(7 - len(data) % 8) + bytes([len(data) & 0xFF])

    def rounds(count):
        p, q, r, s = state
        for _ in range(count):
            p, r = p + q & _M, r + s & _M
            q, s = _right(q, 51) ^ p, _right(s, 48) ^ r
            p = _right(p, 32)
            r, p = r + q & _M, p + s & _M
            q, s = _right(q, 47) ^ r, _right(s, 43) ^ p
            r = _right(r, 32)
        state[:] = p, q, r, s

    for at in range(0, len(padded), 8):
        word = _word(padded, at)
        state[3] ^= word
        rounds(2)
        state[0] ^= word
    state[2] ^= 0xFF
    rounds(4)
    return state[0] ^ state[1] ^ state[2] ^ state[3]


def keys_of(salt):
    """The two keys that a salt stands for: an int, or two of them; None of None.

    >>> keys_of(3)
    [3, 3]
    """
    keys = list(salt) if isinstance(salt, (list, tuple)) else [salt, salt]
    if salt is not None and (len(keys) != 2 or not all(isinstance(k, int) and not isinstance(k, bool) for k in keys)):
        raise ArgumentError(f"`salt` must be an int or a tuple of two ints. Received: salt={salt!r}")
    return None if salt is None else keys


def joined(a, b):
    """Two fingerprints as one that depends on their order, as TensorFlow crosses columns (FingerprintCat64).

    >>> joined(1, 2) == joined(2, 1)
    False
    """
    mul = 0xC6A4A7935BD1E995
    found = (a ^ mul ^ _folded(b * mul & _M) * mul & _M) * mul & _M
    return _folded(_folded(found) * mul & _M)
