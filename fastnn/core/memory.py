"""Memory for kernels: aligned arrays, and bounds-checked pointers for kernels that run as plain Python.

Memory that kernels may touch is registered; `at(F, address)` gives a view with pointer syntax that refuses every access
outside the registered region its address points into. Addresses are the same integers that compiled kernels get.
"""

import bisect
import functools
import os
import weakref
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from fastnn.core.errors import OutOfMemoryError, ShapeError
from fastnn.core.types import Array

AnyArray = TypeVar("AnyArray", bound=np.ndarray[Any, Any])
ALIGN = 64  # bytes: a cache line, and the longest vector


def aligned(nbytes: int, make: Callable[..., Array] = np.empty) -> Array:
    """A new uint8 array that begins at a multiple of ALIGN; make: np.empty or np.zeros.

    >>> aligned(100).ctypes.data % ALIGN
    0
    """
    try:
        raw = make(nbytes + ALIGN, np.uint8)
    except MemoryError:
        raise no_memory(nbytes, "A block of a plan or of weights") from None
    start = -raw.ctypes.data % ALIGN
    return raw[start : start + nbytes]


def no_memory(nbytes: int, what: str) -> OutOfMemoryError:
    """The error for `what` where the system does not give nbytes of memory.

    >>> str(no_memory(1 << 40, "A variable"))[:39]
    'A variable needs 1.1e+03 GB of memory; '
    """
    return OutOfMemoryError(
        f"{what} needs {nbytes / 1e9:.3g} GB of memory; {_free()}. Use a smaller batch_size or smaller sizes; "
        "model.plan(batch_size) says what a step needs."
    )


def _free():
    try:
        return f"{os.sysconf('SC_AVPHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 1e9:.3g} GB are free"
    except (AttributeError, ValueError, OSError):  # a system that does not say
        return "the system gives less"


@functools.cache
def _most():
    """Bytes that no array can have: twice this machine's memory (swap is seldom more than that again)."""
    try:
        return 2 * os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # a system that does not say
        return 1 << 47


def affordable(nbytes: int, what: str) -> None:
    """Raise ShapeError, before anything is allocated, where `what` needs more memory than there can be.

    >>> affordable(1 << 20, "a value")
    >>> affordable(1 << 90, "a value")
    Traceback (most recent call last):
    ...
    fastnn.core.errors.ShapeError: a value needs 1.24e+18 GB of memory; use smaller sizes.
    """
    if nbytes > _most():
        raise ShapeError(f"{what} needs {nbytes / 1e9:.3g} GB of memory; use smaller sizes.")


class _Regions:
    """Registered memory as sorted, disjoint starts; entries leave when their array dies."""

    def __init__(self):
        self.starts, self.arrays = [], []

    def add(self, start, array):
        self.remove(start)
        i = bisect.bisect_left(self.starts, start)
        self.starts.insert(i, start)
        self.arrays.insert(i, array)

    def remove(self, start, array=None):
        i = bisect.bisect_left(self.starts, start)
        if i < len(self.starts) and self.starts[i] == start and (array is None or self.arrays[i] is array):
            del self.starts[i], self.arrays[i]

    def find(self, address):
        """(bytes of the region as uint8, offset in it) or None. One past the end still belongs to a region."""
        i = bisect.bisect_right(self.starts, address) - 1
        if i >= 0:
            raw, start = self.arrays[i], self.starts[i]
            if address <= start + raw.nbytes:
                return raw, address - start
        return None


_regions = _Regions()


class _Place:
    """Bytes at an address, as NumPy's array interface tells of them."""

    __slots__ = ("__array_interface__",)

    def __init__(self, address, nbytes):
        self.__array_interface__ = {"data": (address, False), "shape": (nbytes,), "typestr": "|u1", "version": 3}


def bytes_at(address: int, nbytes: int) -> Array:
    """`nbytes` at `address` as a uint8 array that owns nothing (so that it keeps no array alive)."""
    return np.asarray(_Place(address, nbytes))


def register_memory(array: AnyArray, owner: object = None) -> AnyArray:
    """Let `at` reach the memory of a C-contiguous NumPy `array` (any dtype) until the array is garbage.

    `owner` is the object whose death ends it, when that is not the array itself. Returns the array. Memory inside a
    registered region (a variable in a flat buffer) stays part of that one; a larger region replaces a smaller one that
    begins at the same address.

    Raises ValueError if the array is not C-contiguous.

    >>> x = register_memory(np.arange(3, dtype=np.float32))
    >>> p = at(np.float32, x.ctypes.data + 4)
    >>> p[1]
    np.float32(2.0)
    >>> p[2]
    Traceback (most recent call last):
    ...
    IndexError: item 2 of a pointer to 2 items of float32
    """
    if not array.flags.c_contiguous:
        raise ValueError(f"an array of shape {array.shape} with strides {array.strides}; expected C-contiguous memory")
    if array.nbytes:
        start = array.ctypes.data
        hit = _regions.find(start)
        if hit is not None and hit[1] + array.nbytes <= hit[0].nbytes:
            return array
        raw = bytes_at(start, array.nbytes)
        _regions.add(start, raw)
        weakref.finalize(array if owner is None else owner, _regions.remove, start, raw)
    return array


class View:
    """A pointer to items of one type: `view[i]` and `view[i] = x`, 0 <= i, inside one region."""

    __slots__ = ("_address", "_dtype", "_items")

    def __init__(self, items, dtype, address):
        self._items, self._dtype, self._address = items, dtype, address

    def far(self):
        """The same pointer for a kernel whose windows may begin outside the memory that they then touch."""
        return FarView(self._address, self._dtype)

    def address(self, i):
        """Where item i lies."""
        return self._address + int(i) * self._dtype.itemsize

    def _check(self, i):
        if not 0 <= i < len(self._items):
            raise IndexError(f"item {i} of a pointer to {len(self._items)} items of {self._dtype}")
        return i

    def __getitem__(self, i):
        return self._items[self._check(i)]

    def __setitem__(self, i, value):
        self._items[self._check(i)] = value


class FarView:
    """A pointer whose own address is in no region, as `scratch - lo * itemsize` may be; each access is looked up."""

    __slots__ = ("_address", "_dtype")

    def __init__(self, address, dtype):
        self._address, self._dtype = address, dtype

    def far(self):
        """Itself."""
        return self

    def address(self, i):
        """Where item i lies."""
        return self._address + int(i) * self._dtype.itemsize

    def _find(self, i):
        address = self._address + int(i) * self._dtype.itemsize
        hit = _regions.find(address)
        if i < 0 or hit is None or hit[1] + self._dtype.itemsize > hit[0].nbytes:
            raise IndexError(f"item {i} of {self._dtype} at address {self._address}: outside all registered memory")
        return hit[0][hit[1] : hit[1] + self._dtype.itemsize].view(self._dtype)

    def __getitem__(self, i):
        return self._find(i)[0]

    def __setitem__(self, i, value):
        self._find(i)[0] = value


def at(F, address):
    """Return a checked pointer to items of the NumPy type `F` at the integer `address`.

    Raises ValueError if the address is not a multiple of the item size, IndexError (on access) outside the memory.

    >>> at(np.int64, 8)[0]
    Traceback (most recent call last):
    ...
    IndexError: item 0 of int64 at address 8: outside all registered memory
    """
    dtype, address = np.dtype(F), int(address)
    if address % dtype.itemsize:
        raise ValueError(f"address {address} is not a multiple of {dtype.itemsize}, the size of {dtype}")
    hit = _regions.find(address)
    if hit is None:
        return FarView(address, dtype)
    raw, offset = hit
    n = (raw.nbytes - offset) // dtype.itemsize
    return View(raw[offset : offset + n * dtype.itemsize].view(dtype), dtype, address)
