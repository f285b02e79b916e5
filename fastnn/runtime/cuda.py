"""A CUDA device through the driver, by cuda-bindings: memory, one stream, kernels of the pack's cubins, CUDA graphs.

The driver is the only library that is called; nothing is compiled.  Of it some thirty functions are used, which a test
double can stand in for (`driver`).
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import importlib
import weakref
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, cast

import numpy as np

from fastnn.core.errors import DeviceError
from fastnn.core.types import Array
from fastnn.runtime.cublas import Cublas
from fastnn.runtime.device_base import STATUS_WORDS, Device, Launch, Product, forget

LEAST = (8, 0)  # compute capability
OUT_OF_MEMORY = 2  # CUDA_ERROR_OUT_OF_MEMORY
BLOCKS_PER_PROCESSOR = 32  # at most


class Kernels(Protocol):
    """Where kernels come from: `fastnn.runtime.cubins`, the pack's level "cuda"."""

    def ways(self) -> Mapping[str, Any]:
        """How each kernel is launched: its `per` ("thread", "chunk" or "block") and `threads` of a block."""

    def image(self, name: str, capability: tuple[int, int]) -> bytes:
        """The cubin, or PTX for a capability that the pack has no cubin for."""


class Graph(NamedTuple):
    """An instantiated CUDA graph, and the launches that it was captured from."""

    handle: Any
    works: list[Launch]


@functools.cache
def _driver() -> Any:
    return importlib.import_module("cuda.bindings.driver")


def _initialised(driver: Any) -> str:
    """An empty text where the driver works, else what is wrong."""
    try:
        code = int(driver.cuInit(0)[0])
    except (RuntimeError, OSError, ImportError) as error:  # no libcuda
        return f"there is no NVIDIA driver ({type(error).__name__}). Install one, or choose set_device('cpu')."
    return "" if code in (0, 100) else f"the driver does not start (CUDA error {code}). Look at nvidia-smi."


def count(driver: Any = None) -> int:
    """How many devices the driver has; 0 where there is none."""
    driver = driver or _driver()
    if _initialised(driver):
        return 0
    code, n = driver.cuDeviceGetCount()
    return int(n) if int(code) == 0 else 0


def trouble(number: int, driver: Any = None) -> str:
    """What stands in the way of device `number`, and what to do; "" for nothing."""
    try:
        driver = driver or _driver()
    except ImportError as error:
        return f"cuda-bindings cannot be imported ({error})."
    if why := _initialised(driver):
        return why
    n = count(driver)
    if number >= n:
        return f"there are {n} CUDA devices{f', cuda:0 to cuda:{n - 1}' if n else ''}; choose one of them or 'cpu'."
    found = _capability(driver, driver.cuDeviceGet(number)[1])
    if found < LEAST:
        return (
            f"cuda:{number} has compute capability {found[0]}.{found[1]}; the kernels need {LEAST[0]}.{LEAST[1]} or "
            "later. Choose set_device('cpu')."
        )
    return ""


def _capability(driver: Any, device: Any) -> tuple[int, int]:
    kinds = driver.CUdevice_attribute
    major, minor = (
        int(driver.cuDeviceGetAttribute(kind, device)[1])
        for kind in (
            kinds.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR,
            kinds.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR,
        )
    )
    return major, minor


class Cuda(Device):
    """CUDA device `number`.

    driver: cuda.bindings.driver, or a test double.  kernels: where kernels come from; None: the pack.  library:
    nvmath.bindings.cublasLt, or a test double, for products that are asked of it.
    """

    def __init__(
        self, number: int = 0, driver: Any = None, kernels: Kernels | None = None, library: Any = None
    ) -> None:
        super().__init__()
        self.name, self.number, self.driver = f"cuda:{number}", number, driver or _driver()
        self._call("cuInit", 0)
        self._device = self._call("cuDeviceGet", number)
        self._context = self._call("cuDevicePrimaryCtxRetain", self._device)
        self._call("cuCtxSetCurrent", self._context)
        self._stream = self._call("cuStreamCreate", 1)  # that does not wait for the default stream
        self.capability = _capability(self.driver, self._device)
        self._given, self._library = kernels, library
        kinds = self.driver.CUdevice_attribute
        processors = self._call("cuDeviceGetAttribute", kinds.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, self._device)
        self.most_blocks = int(processors) * BLOCKS_PER_PROCESSOR
        self._functions: dict[str, tuple[Any, Any]] = {}
        self._modules: list[Any] = []
        self._status = self.allocate(8 * STATUS_WORDS)

    @functools.cached_property
    def kernels(self) -> Kernels:
        """Where kernels come from; the pack is read when the first is needed."""
        found: Any = self._given or importlib.import_module("fastnn.runtime.cubins")
        return cast(Kernels, found)

    @functools.cached_property
    def cublas(self) -> Cublas:
        """cuBLASLt, from the first product on that is asked of it."""
        return Cublas(self, self._library)

    def _call(self, name: str, *args: Any) -> Any:
        """A function of the driver; its result, if it has one."""
        code, *found = getattr(self.driver, name)(*args)
        if int(code):
            if int(code) == OUT_OF_MEMORY:
                raise MemoryError
            said = getattr(code, "name", None) or f"error {int(code)}"
            raise DeviceError(f"{self.name}: {name} failed with {said}.")
        return found[0] if len(found) == 1 else found

    @contextlib.contextmanager
    def session(self) -> Iterator[None]:
        """The time in which this thread uses the device: its context is the thread's."""
        with self.lock:
            self._call("cuCtxSetCurrent", self._context)
            self.begin()
            yield

    # ------------------------------------------------------------------ memory
    def allocate(self, nbytes: int) -> int:
        """Memory of the device; the driver aligns it to 256 bytes or more."""
        return int(self._call("cuMemAlloc", nbytes))

    def release(self, address: int) -> None:
        """Give memory back."""
        self._call("cuMemFree", address)

    def upload(self, array: Array, address: int) -> None:
        """Copy to the device in the stream's order; the driver has taken the array over when this returns."""
        self._call("cuMemcpyHtoDAsync", address, array.ctypes.data, array.nbytes, self._stream)

    send = upload  # from pinned memory the copy happens later, beside the work

    def download(self, address: int, array: Array) -> None:
        """Copy from the device in the stream's order."""
        self._call("cuMemcpyDtoHAsync", array.ctypes.data, address, array.nbytes, self._stream)

    def pinned(self, nbytes: int) -> Array:
        """Page-locked host memory."""
        address = int(self._call("cuMemHostAlloc", nbytes, 0))
        block = (ctypes.c_uint8 * nbytes).from_address(address)
        weakref.finalize(block, forget(self._call, "cuMemFreeHost", address))
        found: Array = np.ctypeslib.as_array(block)
        return found

    def memory(self) -> tuple[int, int]:
        """(free, all) bytes."""
        free, total = self._call("cuMemGetInfo")
        return int(free), int(total)

    # ------------------------------------------------------------------ work
    def _function(self, name: str) -> tuple[Any, Any]:
        """(function, way of launching) of a kernel; its module is loaded when it is first needed."""
        found = self._functions.get(name)
        if found is None:
            way = self.kernels.ways()[name]
            module = self._call("cuModuleLoadData", self.kernels.image(name, self.capability))
            self._modules.append(module)
            found = self._functions[name] = self._call("cuModuleGetFunction", module, f"fastnn_{name}".encode()), way
        return found

    def launch(self, work: Launch) -> None:
        """Put one launch into the stream."""
        if work.product is not None:
            self.cublas.run(work.product, self._stream)
            return
        function, way = self._function(work.name)
        grid, block = self.grid(work, way)
        values = np.array([work.args, work.lo, work.hi, self._status], np.int64)
        places = np.arange(4, dtype=np.int64) * 8 + values.ctypes.data
        self._call("cuLaunchKernel", function, grid, 1, 1, block, 1, 1, 0, self._stream, places.ctypes.data, 0)

    def grid(self, work: Launch, way: Any) -> tuple[int, int]:
        """(blocks, threads of a block) of a launch."""
        if way.per == "block":
            return min(work.hi - work.lo, self.most_blocks), int(way.threads)
        block = min(int(way.threads), work.lanes or way.threads)
        blocks = min(-(-work.calls // block), self.most_blocks)
        return (max(1, min(blocks, work.lanes // block)) if work.lanes else blocks), block

    def capture(self, works: Sequence[Launch]) -> Graph:
        """The launches as a CUDA graph."""
        for work in works:
            if work.product is None:
                self._function(work.name)  # modules are loaded outside of the capture
        mode = self.driver.CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL
        self._call("cuStreamBeginCapture", self._stream, mode)
        try:
            for work in works:
                self.launch(work)
        finally:
            graph = self._call("cuStreamEndCapture", self._stream)
        found = Graph(self._call("cuGraphInstantiate", graph, 0), list(works))
        self._call("cuGraphDestroy", graph)
        return found

    def replay(self, graph: Graph) -> None:
        """One call for all of them."""
        self._call("cuGraphLaunch", graph.handle, self._stream)

    def discard(self, graph: Graph) -> None:
        """Let a graph go, in the next session."""
        self._garbage.append((functools.partial(self._call, "cuGraphExecDestroy"), graph.handle))

    def mark(self) -> Any:
        """An event."""
        event = self._call("cuEventCreate", 2)  # without times
        self._call("cuEventRecord", event, self._stream)
        return event

    def reach(self, mark: Any) -> None:
        """Wait for an event."""
        self._call("cuEventSynchronize", mark)
        self._call("cuEventDestroy", mark)

    def synchronize(self) -> None:
        """Wait for the stream."""
        self._call("cuStreamSynchronize", self._stream)

    def product(self, product: Product) -> Any:
        """The product as cuBLASLt makes it, None where it cannot."""
        return self.cublas.prepare(product)

    def has(self, name: str) -> bool:
        """Whether the pack has a kernel of that name."""
        return name in self.kernels.ways()

    # ------------------------------------------------------------------ what it is
    def status(self) -> int:
        """The address of the status block."""
        return self._status

    def facts(self) -> dict[str, Any]:
        """What `fastnn info` says."""
        with self.session():
            free, total = self.memory()
            raw = self._call("cuDeviceGetName", 128, self._device)
            version = int(self._call("cuDriverGetVersion"))
        title = raw.split(b"\0")[0].decode() if isinstance(raw, bytes) else str(raw)
        return {
            "name": self.name,
            "card": title,
            "capability": ".".join(map(str, self.capability)),
            "driver": f"CUDA {version // 1000}.{version % 1000 // 10}",
            "memory": total,
            "free": free,
        }
