"""Products by cuBLASLt, in the place of the kernels that were written for a device: `set_matmul_precision("cublas")`.

nvmath-python's bindings are all that is used of it: descriptors, one algorithm by its heuristic, and the call, which a
CUDA graph captures as it does a kernel.  The algorithm is chosen once, when a plan is bound, and may not add in the
order in which its parts come, so a run repeats to the bit on one device; another device, or another version of the
library, may choose another.

The library's matrices lie by columns.  C = A·B by rows is Cᵀ = Bᵀ·Aᵀ by columns, without a copy: B comes first.
"""

from __future__ import annotations

import importlib
import math
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np

from fastnn.core.errors import DeviceError
from fastnn.runtime.device_base import Product, forget

if TYPE_CHECKING:
    from fastnn.runtime.device_base import Device

WORKSPACE = 32 << 20  # bytes, of all products: they run one after the other
COMPUTE_TF32 = 77  # CUBLAS_COMPUTE_32F_FAST_TF32
FLOAT32 = 0  # CUDA_R_32F
NOT_SUPPORTED = 15  # CUBLAS_STATUS_NOT_SUPPORTED
ALIGNED = 256  # bytes: more than that helps no algorithm


class Prepared:
    """A product that can be run: its descriptors and algorithm."""

    def __init__(self, product: Product, operation: int, layouts: list[int], algorithm: Any) -> None:
        self.product, self.operation, self.layouts, self.algorithm = product, operation, layouts, algorithm


class Cublas:
    """cuBLASLt on a device.

    library: nvmath.bindings.cublasLt, or a test double.
    """

    def __init__(self, device: Device, library: Any = None) -> None:
        self.lt = library or importlib.import_module("nvmath.bindings.cublasLt")
        self.device = device
        self.handle = self._call("create")
        self.workspace = device.allocate(WORKSPACE)
        self._one, self._zero = np.ones(1, np.float32), np.zeros(1, np.float32)

    def _call(self, name: str, *args: Any) -> Any:
        try:
            return getattr(self.lt, name)(*args)
        except (self.lt.cuBLASLtError, RuntimeError, OSError) as error:  # of the library, or that it cannot be loaded
            if name == "matmul_algo_get_heuristic" and getattr(error, "status", None) == NOT_SUPPORTED:
                return NOT_SUPPORTED
            raise DeviceError(
                f"{self.device.name}: cuBLASLt's {name} failed: {error}. config.set_matmul_precision('tf32') does "
                "without it."
            ) from None

    def prepare(self, product: Product) -> Prepared | None:
        """What `run` takes; None where the library has no algorithm: then the device's own kernel does it."""
        p = product
        made: list[tuple[str, int]] = []
        try:
            b, b_turned = self._layout(made, p.N, p.K, p.bns, p.bks, p.many, p.b_apart)
            a, a_turned = self._layout(made, p.K, p.M, p.aks, p.ars, p.many, p.a_apart)
            c, _ = self._layout(made, p.N, p.M, 1, p.N, p.many, p.M * p.N)
            operation = self._made(made, "matmul_desc", COMPUTE_TF32, FLOAT32)
            what = self.lt.Epilogue
            kinds = ((what.DEFAULT, what.RELU), (what.BIAS, what.RELU_BIAS))
            attributes = {"TRANSA": b_turned, "TRANSB": a_turned, "EPILOGUE": kinds[p.bias != 0][p.relu]}
            if p.bias:
                attributes["BIAS_POINTER"] = p.bias
            self._set("matmul_desc", "MatmulDescAttribute", operation, attributes)
            preference = self._made(made, "matmul_preference")
            places = zip("ABCD", (p.b, p.a, p.c, p.c), strict=True)
            self._set("matmul_preference", "MatmulPreferenceAttribute", preference, {
                "MAX_WORKSPACE_BYTES": WORKSPACE,
                "REDUCTION_SCHEME_MASK": self.lt.ReductionScheme.COMPUTE_TYPE,  # parts are added in their order
                **{f"MIN_ALIGNMENT_{x}_BYTES": math.gcd(at, ALIGNED) for x, at in places},
            })  # fmt: skip
            found, count = np.zeros(1, self.lt.matmul_heuristic_result_dtype), np.zeros(1, np.int32)
            bad = self._call("matmul_algo_get_heuristic", self.handle, operation, b, a, c, c, preference, 1,
                             found.ctypes.data, count.ctypes.data)  # fmt: skip
            if bad or not count[0] or found["state"][0]:
                return None
            result = Prepared(p, operation, [b, a, c], found)
            keep = [m for m in made if m[0] != "matmul_preference"]
            weakref.finalize(result, forget(self._destroy, keep))
            made = [m for m in made if m not in keep]
            return result
        finally:
            self._destroy(made)

    def run(self, made: Prepared, stream: Any) -> None:
        """Put a product into the stream."""
        p, (b, a, c) = made.product, made.layouts
        one, zero, algorithm = (x.ctypes.data for x in (self._one, self._zero, made.algorithm))
        self._call("matmul", self.handle, made.operation, one, p.b, b, p.a, a, zero, p.c, c, p.c, c, algorithm,
                   self.workspace, WORKSPACE, int(stream))  # fmt: skip

    # ------------------------------------------------------------------ descriptors
    def _layout(self, made: list[tuple[str, int]], rows: int, cols: int, down: int, right: int, count: int,
                apart: int) -> tuple[int, int]:  # fmt: skip
        """(layout, whether it is to be transposed) of rows x cols numbers, `down` and `right` elements apart."""
        turned = down != 1
        high, wide, line = (cols, rows, down) if turned else (rows, cols, right)
        layout = self._made(made, "matrix_layout", FLOAT32, high, wide, max(line, high))
        if count > 1:
            self._set("matrix_layout", "MatrixLayoutAttribute", layout,
                      {"BATCH_COUNT": count, "STRIDED_BATCH_OFFSET": apart})  # fmt: skip
        return layout, int(turned)

    def _made(self, made: list[tuple[str, int]], kind: str, *args: int) -> int:
        found = int(self._call(f"{kind}_create", *args))
        made.append((kind, found))
        return found

    def _set(self, kind: str, table: str, descriptor: int, values: dict[str, int]) -> None:
        for name, value in values.items():
            attribute = getattr(getattr(self.lt, table), name)
            dtype = getattr(self.lt, f"get_{kind}_attribute_dtype")(attribute)
            word = np.array([value], dtype)
            self._call(f"{kind}_set_attribute", descriptor, int(attribute), word.ctypes.data, word.nbytes)

    def _destroy(self, made: list[tuple[str, int]]) -> None:
        for kind, descriptor in made:
            self._call(f"{kind}_destroy", descriptor)
