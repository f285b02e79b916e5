"""The data of a run on a device: arrays that fit lie there whole, larger ones come window by window."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from fastnn.runtime.device_base import Device
from fastnn.runtime.device_memory import Order, Rows, Window, Words, row_bytes


class SlotOnDevice:
    """A data slot's place on a device: its words, and its rows where they lie there whole."""

    def __init__(self, device: Device) -> None:
        self.device, self.words = device, Words(device)
        self.rows: Rows | None = None
        self.stamp = -1

    def release(self) -> None:
        """Let the rows go."""
        self.rows, self.stamp = None, -1

    def has(self, slot: Any) -> bool:
        """Whether the rows that the slot has now are there."""
        return self.rows is not None and self.stamp == slot.stamp

    def takes(self, slot: Any) -> bool:
        """Whether new rows go where the old ones were."""
        old, array = self.rows, slot.array
        return old is not None and (old.array.dtype, old.array.shape) == (array.dtype, array.shape)

    def place(self, slot: Any) -> None:
        """Bring the slot's rows and their order to the device."""
        if not self.has(slot):
            if self.takes(slot) and self.rows is not None:
                self.rows.fill(slot.array)
            else:
                self.rows = None  # the old ones may go first
                self.rows = Rows(self.device, slot.array)
            self.stamp = slot.stamp
        rows = self.rows
        if rows is not None:
            order = Order.ready(self.device, slot.order, slot.mixed)
            self.words.set(rows.block.address, rows.stride, len(slot.array), order)


def slot_on(slot: Any, device: Device) -> SlotOnDevice:
    """The place of a data slot on a device."""
    found: SlotOnDevice | None = slot.place
    if found is None or found.device is not device:
        found = slot.place = SlotOnDevice(device)
    return found


class Data:
    """The data slots of a tape."""

    def __init__(self, device: Device, slots: Sequence[Any]) -> None:
        self.device, self.places = device, [(slot, slot_on(slot, device)) for slot in slots]
        self.window: Window | None = None
        self.stamps: list[int] = []

    def portions(self, batches: int, rows: int, first: int) -> Iterator[tuple[int, int]]:
        """(0, batches) at a time with the data of that many batches in place; they begin at row `first`."""
        places = self.places
        if not places:
            yield 0, batches
            return
        new = sum(
            row_bytes(slot.array) * len(slot.array)
            for slot, place in places
            if not place.has(slot) and not place.takes(slot)
        )
        if new <= self.device.room():
            self.window = None
            for slot, place in places:
                place.place(slot)
            yield 0, batches
            return
        yield from self._windows(batches, rows, first)

    def _windows(self, batches: int, rows: int, first: int) -> Iterator[tuple[int, int]]:
        places = self.places
        slots = [slot for slot, _ in places]
        stamps = [slot.stamp for slot in slots]
        if self.window is None or self.stamps != stamps:
            for _, place in places:
                place.release()
            self.window, self.stamps = Window(self.device, [slot.array for slot in slots], rows), stamps
        window, done = self.window, 0
        while done < batches:
            part = min(batches - done, window.rows // rows)
            count = min(part * rows, len(slots[0].array) - first)
            found = window.send([slot.array for slot in slots], slots[0].order, first, count)
            for (slot, place), address, stride in zip(places, found, window.strides, strict=True):
                place.words.set(address, stride, len(slot.array), 0)
            yield done, part
            window.used()
            done, first = done + part, first + part * rows
