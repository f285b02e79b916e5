"""Blocks, arenas and pinned buffers of a device."""

from __future__ import annotations

import gc

import numpy as np
import pytest

from fastnn.core.errors import OutOfMemoryError
from fastnn.runtime.bind import Arena
from fastnn.runtime.device_memory import Block, DeviceArena, Mirror, Staging, mirror_of, root
from fastnn.runtime.simulated import Simulated


def test_a_block_goes_back_when_nobody_has_it():
    device = Simulated(10_000)
    free = device.memory()[0]
    block = Block.of(device, np.arange(100), "A block")
    assert device.memory()[0] == free - 800
    del block
    gc.collect()
    with device.session():
        assert device.memory()[0] == free


def test_an_arena_grows_by_half_where_there_is_room():
    device, arena = Simulated(10_000), DeviceArena.beside(Arena(), Simulated())
    arena.device = device
    assert [arena.reserve(n).nbytes for n in (1000, 900, 1001, 1500)] == [1000, 1000, 1500, 1500]
    assert arena.reserve(8900).nbytes == 8900
    with pytest.raises(OutOfMemoryError, match="The arena of the plan needs 1e-05 GB on simulated"):
        arena.reserve(10_001)


def test_plans_of_one_host_arena_share_one_of_the_device():
    device, arena = Simulated(), Arena()
    found = DeviceArena.beside(arena, device)
    assert DeviceArena.beside(arena, device) is found is DeviceArena.beside(found, device)
    assert DeviceArena.beside(Arena(), device) is not found


@pytest.mark.parametrize("skip", range(0, 64, 8))
def test_a_mirror_is_aligned_as_the_hosts_memory_is(skip):
    base = np.zeros(1000, np.uint8)
    device, array = Simulated(), base[skip : skip + 400].view(np.float64)
    mirror = mirror_of(array, device)
    assert mirror is mirror_of(base[500:], device) and root(array) is base and isinstance(mirror, Mirror)
    assert mirror.of(array) % 256 == array.ctypes.data % 256
    array[:] = np.arange(50)
    mirror.give()
    found = np.zeros(50)
    device.download(mirror.of(array), found)
    np.testing.assert_array_equal(found, np.arange(50))


def test_a_pinned_buffer_is_filled_again_when_the_device_has_read_it():
    device, log = Simulated(), []
    device.mark = lambda: log.append("mark") or len(log)
    device.reach = lambda mark: log.append(f"reach {mark}")
    staging = Staging(device, 10)
    buffers = []
    for _ in range(3):
        buffers.append(staging.free())
        staging.sent()
    assert log == ["mark", "mark", "reach 1", "mark"]
    assert buffers[0] is buffers[2] is not buffers[1]
