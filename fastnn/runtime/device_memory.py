"""What tapes keep on a device: blocks, arenas, mirrors of the host's variables, data sets whole or window by window."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np

from fastnn.core import mirrors
from fastnn.core.memory import bytes_at
from fastnn.core.types import Array
from fastnn.runtime.device_base import ALIGN, Device, forget

WINDOW_BYTES = 64 << 20  # of a data set that does not fit, in each of two buffers


class Block:
    """Device memory that goes when nobody has the Block any more."""

    def __init__(self, device: Device, nbytes: int, what: str) -> None:
        self.device, self.nbytes = device, max(nbytes, 1)
        self.address = device.take(self.nbytes, what)
        weakref.finalize(self, forget(device.free, self.address))

    @classmethod
    def of(cls, device: Device, array: Array, what: str) -> Block:
        """A block with the contents of an array."""
        block = cls(device, array.nbytes, what)
        if array.nbytes:
            device.upload(array, block.address)
        return block


class DeviceArena:
    """The arena of a storage on a device; as `fastnn.runtime.bind.Arena`, a larger need gets a new block."""

    def __init__(self, device: Device) -> None:
        self.device, self.block = device, None

    block: Block | None

    def reserve(self, nbytes: int) -> Block:
        """A block of at least nbytes; one that grows grows by half, where there is room."""
        found = self.block
        if found is None or found.nbytes < nbytes:
            more = nbytes if found is None else max(nbytes, found.nbytes + found.nbytes // 2)
            self.block = found = None  # the old one may go first: there may be no room for both
            self.device.drain()
            room = more <= self.device.room()
            self.block = found = Block(self.device, more if room else nbytes, "The arena of the plan")
        return found

    @classmethod
    def beside(cls, arena: Any, device: Device) -> DeviceArena:
        """The arena on a device that goes with a host's."""
        if isinstance(arena, cls):
            return arena
        found = device.arenas.get(arena)
        if found is None:
            found = device.arenas[arena] = cls(device)
        return found


class Mirror:
    """Host memory and its copy on a device.

    newer: "host" or "device" where one of the two is ahead, "" while they are equal.  Both lie alike within ALIGN
    bytes, so what is aligned on the host is on the device.
    """

    def __init__(self, device: Device, base: Array) -> None:
        self.device, self.newer = device, "host"
        self.start, self.nbytes, self.key = base.ctypes.data, base.nbytes, id(base)
        self._array = weakref.ref(base)
        skip = self.start % ALIGN
        self.block = Block(device, self.nbytes + skip, "A block of variables")
        self.address = self.block.address + skip

    def of(self, array: Array) -> int:
        """The device address of an array that lies in the memory."""
        return self.address + array.ctypes.data - self.start

    def bring(self) -> None:
        """The host's values become current."""
        if self.newer == "device":
            base = self._array()  # alive until the copy is done
            if base is not None:
                with self.device.session():
                    self.device.download(self.address, bytes_at(self.start, self.nbytes))
                    self.device.synchronize()
            self.newer = ""

    def give(self) -> None:
        """The device's values become current; those of another device that had the memory come back first."""
        held = mirrors.HELD.get(self.key)
        if held is not self:
            if held is not None:
                held.bring()
            mirrors.HELD[self.key], self.newer = self, "host"
        if self.newer == "host":
            base = self._array()
            if base is not None:
                self.device.upload(bytes_at(self.start, self.nbytes), self.address)
            self.newer = ""


def mirror_of(array: Array, device: Device) -> Mirror:
    """The mirror of the memory that an array is a part of; made where there is none on this device."""
    base = root(array)
    found = mirrors.HELD.get(id(base))
    if found is not None and found.device is not device:
        found.bring()
        found = None
    if found is None:
        found = mirrors.HELD[id(base)] = Mirror(device, base)
        weakref.finalize(base, mirrors.HELD.pop, id(base), None)
    return found


def root(array: Array) -> Array:
    """The array whose memory another one is a part of: see `fastnn.core.turns.whole`."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


class Words:
    """The two blocks of words of a data slot on a device: {address, stride, rows} and {address of the order}."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.block = Block(device, 32, "A data slot")
        self.io, self.index = self.block.address, self.block.address + 24
        self._now: tuple[int, ...] = ()

    def set(self, address: int, stride: int, rows: int, order: int) -> None:
        """What kernels find there from the next launch on."""
        new = address, stride, rows, order
        if new != self._now:
            self.device.upload(np.array(new, np.int64), self.block.address)
            self._now = new


class Staging:
    """Two pinned buffers by turns: what is sent from one goes on while the other is filled."""

    def __init__(self, device: Device, nbytes: int) -> None:
        self.device, self.nbytes = device, nbytes
        self.buffers = [device.pinned(max(nbytes, 1)) for _ in range(2)]
        self.marks: list[Any] = [None, None]
        self.turn = 0

    def free(self) -> Array:
        """The buffer whose turn it is, once the device has read what was in it."""
        mark, self.marks[self.turn] = self.marks[self.turn], None
        if mark is not None:
            self.device.reach(mark)
        return self.buffers[self.turn]

    def sent(self) -> None:
        """All that is to be read from the buffer has been asked for."""
        self.marks[self.turn] = self.device.mark()
        self.turn = 1 - self.turn


class Rows:
    """The rows of one data slot on a device: the whole array as it lies, and the order of the rows."""

    def __init__(self, device: Device, array: Array) -> None:
        self.device, self.array = device, array
        self.stride = row_bytes(array)
        self.block = Block(device, self.stride * len(array), "The data")
        self.staging: Staging | None = None
        self._copy(array)

    def fill(self, array: Array) -> None:
        """Take the rows of another array of the same shape and dtype: batches of a generator, one after the other."""
        self.array = array
        if not 0 < array.nbytes <= WINDOW_BYTES:
            self._copy(array)
            return
        if self.staging is None:
            self.staging = Staging(self.device, array.nbytes)
        raw = self.staging.free()
        raw.view(array.dtype).reshape(array.shape)[...] = array
        self.device.send(raw, self.block.address)
        self.staging.sent()

    def _copy(self, array: Array) -> None:
        if array.flags.c_contiguous:
            if array.nbytes:
                self.device.upload(array, self.block.address)
            return
        step = max(1, WINDOW_BYTES // max(self.stride, 1))
        for at in range(0, len(array), step):  # no copy of all of it
            part = np.ascontiguousarray(array[at : at + step])
            self.device.upload(part, self.block.address + at * self.stride)


class Order:
    """The order of rows on a device; stamp: of the order that is there."""

    def __init__(self, device: Device, nbytes: int) -> None:
        self.block, self.stamp = Block(device, nbytes, "The order of the rows"), 0

    @classmethod
    def ready(cls, device: Device, order: Array | None, stamp: int) -> int:
        """The device address of an order as it is at `stamp`, 0 for none; all arrays of a run share it."""
        if order is None:
            return 0
        found = device.orders.get(id(order))
        if found is None:
            found = device.orders[id(order)] = cls(device, order.nbytes)
            weakref.finalize(order, device.orders.pop, id(order), None)
        if found.stamp != stamp:
            device.upload(order, found.block.address)
            found.stamp = stamp
        return found.block.address


def row_bytes(array: Array) -> int:
    """Bytes of one row."""
    return int(array.itemsize * np.prod(array.shape[1:], dtype=np.int64))


class Window:
    """Rows of arrays that are too large for the device, a window of batches at a time, in two pinned buffers by turns.

    While the device works on one window, the host gathers the next.
    """

    def __init__(self, device: Device, arrays: Sequence[Array], batch: int) -> None:
        self.device = device
        self.strides = [row_bytes(a) for a in arrays]
        wide = max(sum(self.strides), 1)
        room = min(WINDOW_BYTES, device.room() // 2)
        self.rows = max(batch, min(room // wide, len(arrays[0])) // batch * batch)
        self.sizes = [-(-s * self.rows // ALIGN) * ALIGN for s in self.strides]
        self.staging = Staging(device, sum(self.sizes))
        self.blocks = [[Block(device, s * self.rows, "A batch of the data") for s in self.strides] for _ in range(2)]

    def send(self, arrays: Sequence[Array], order: Array | None, first: int, rows: int) -> list[int]:
        """Put rows [first, first + rows) of the order on the device; an address for each array: that of its row 0.

        The addresses are such that row `first` is where the window begins.
        """
        raw, blocks = self.staging.free(), self.blocks[self.staging.turn]
        chosen = slice(first, first + rows) if order is None else order[first : first + rows]
        out = []
        at = 0
        for array, stride, size, block in zip(arrays, self.strides, self.sizes, blocks, strict=True):
            part = raw[at : at + stride * rows]
            place = part.view(array.dtype).reshape(rows, *array.shape[1:])
            if isinstance(chosen, slice):
                place[...] = array[chosen]
            else:
                np.take(array, chosen, axis=0, out=place, mode="clip")
            if stride:
                self.device.send(part, block.address)
            at += size
            out.append(block.address - first * stride)
        return out

    def used(self) -> None:
        """All work on the window that was sent last has been asked for."""
        self.staging.sent()
