"""A test double of the CUDA driver: the functions that `fastnn.runtime.cuda` calls, over a simulated device.

It counts what it is asked for, and refuses what a driver refuses: a call outside of the context, a function that is not
loaded, memory that is not there, allocation while a graph is captured.  Graphs run their launches through Simulated.
"""

from __future__ import annotations

import collections
import ctypes
from types import SimpleNamespace
from typing import Any

import numpy as np

from fastnn.runtime.device_base import Launch
from fastnn.runtime.simulated import Simulated

STREAM = 7  # a handle


class Kernels:
    """A pack whose kernels are all the CPU's, a call a thread."""

    def ways(self) -> Any:
        """As those of `fastnn.runtime.cubins`."""
        return self

    def __contains__(self, name: str) -> bool:
        return True

    def __getitem__(self, name: str) -> Any:
        return SimpleNamespace(per="thread", threads=64, shared=0)

    def image(self, name: str, capability: tuple[int, int]) -> bytes:
        """The name, in the place of a cubin."""
        return f"{name} {capability[0]}{capability[1]}".encode()


class FakeDriver:
    """cuda.bindings.driver for one card.

    counts: calls by name.  devices: how many cards there are.  capability: of each.  own: whether kernels that are
    written for devices run.
    """

    CUdevice_attribute = SimpleNamespace(
        CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR=75,
        CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR=76,
        CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT=16,
    )
    CUstreamCaptureMode = SimpleNamespace(CU_STREAM_CAPTURE_MODE_THREAD_LOCAL=1)

    def __init__(self, nbytes=1 << 30, devices=1, capability=(9, 0), code=0, own=False):
        self.device = Simulated(nbytes, own=own)
        self.devices, self.capability, self.code = devices, capability, code
        self.counts, self.current, self.capturing = collections.Counter(), None, None
        self.pinned, self.functions, self.log = {}, [], []
        self.before_launch = lambda: None

    def __getattribute__(self, name):
        found = object.__getattribute__(self, name)
        if name.startswith("cu") and callable(found) and name != "counts":
            self.counts[name] += 1
            self.log.append(name)
        return found

    # ------------------------------------------------------------------ devices
    def cuInit(self, flags):
        return (self.code,)

    def cuDeviceGetCount(self):
        return 0, self.devices

    def cuDeviceGet(self, number):
        return (0, number) if number < self.devices else (101, None)

    def cuDeviceGetName(self, length, device):
        return 0, b"Fake card\0\0\0"

    def cuDriverGetVersion(self):
        return 0, 12090

    def cuDeviceGetAttribute(self, kind, device):
        return 0, {75: self.capability[0], 76: self.capability[1], 16: 4}[kind]

    def cuDevicePrimaryCtxRetain(self, device):
        return 0, f"context {device}"

    def cuCtxSetCurrent(self, context):
        self.current = context
        return (0,)

    # ------------------------------------------------------------------ memory
    def cuMemAlloc(self, nbytes):
        assert self.current and self.capturing is None
        try:
            return 0, self.device.allocate(nbytes)
        except MemoryError:
            return 2, None

    def cuMemFree(self, address):
        self.device.release(address)
        return (0,)

    def cuMemGetInfo(self):
        return 0, *self.device.memory()

    def cuMemHostAlloc(self, nbytes, flags):
        block = (ctypes.c_uint8 * nbytes)()
        self.pinned[ctypes.addressof(block)] = block
        return 0, ctypes.addressof(block)

    def cuMemFreeHost(self, address):
        del self.pinned[address]
        return (0,)

    def cuMemcpyHtoDAsync(self, target, source, nbytes, stream):
        assert stream == STREAM and self.current
        self.device.upload(_bytes_at(source, nbytes), target)
        return (0,)

    def cuMemcpyDtoHAsync(self, target, source, nbytes, stream):
        assert stream == STREAM and self.current
        self.device.download(source, _bytes_at(target, nbytes))
        return (0,)

    # ------------------------------------------------------------------ work
    def cuStreamCreate(self, flags):
        return 0, STREAM

    def cuModuleLoadData(self, image):
        assert self.capturing is None and self.current
        return 0, image.decode()

    def cuModuleGetFunction(self, module, name):
        assert name.decode() == f"fastnn_{module.split()[0]}"
        self.functions.append(module)
        return 0, module.split()[0]

    def cuLaunchKernel(self, function, gx, gy, gz, bx, by, bz, shared, stream, places, extra):
        values = (ctypes.c_int64 * 4).from_address(places)
        args, lo, hi, status = (ctypes.c_int64.from_address(place).value for place in values)
        assert gx > 0 and 0 < bx <= 1024 and gy == gz == by == bz == 1 and stream == STREAM
        work = Launch(function, args, lo, hi, hi - lo, gx * bx), status
        if self.capturing is not None:
            self.capturing.append(work)
        else:
            self._run([work])
        return (0,)

    def _run(self, works):
        for work, status in works:
            self.before_launch()
            if callable(work):  # a call of a library that was captured
                work()
                continue
            self.device._status = status
            self.device._run(work)

    def cuStreamBeginCapture(self, stream, mode):
        assert self.capturing is None
        self.capturing = []
        return (0,)

    def cuStreamEndCapture(self, stream):
        found, self.capturing = self.capturing, None
        return 0, found

    def cuGraphInstantiate(self, graph, flags):
        return 0, tuple(graph)

    def cuGraphDestroy(self, graph):
        return (0,)

    def cuGraphExecDestroy(self, graph):
        return (0,)

    def cuGraphLaunch(self, graph, stream):
        assert self.current
        self._run(graph)
        return (0,)

    def cuStreamSynchronize(self, stream):
        return (0,)

    def cuEventCreate(self, flags):
        return 0, object()

    def cuEventRecord(self, event, stream):
        return (0,)

    def cuEventSynchronize(self, event):
        return (0,)

    def cuEventDestroy(self, event):
        return (0,)


def _bytes_at(address, nbytes):
    return np.frombuffer((ctypes.c_uint8 * nbytes).from_address(address), np.uint8)
