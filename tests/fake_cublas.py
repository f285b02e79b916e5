"""A test double of nvmath.bindings.cublasLt: records descriptors, and multiplies as they say on host memory.

It refuses what the library refuses: a leading dimension shorter than a column, a descriptor that is gone, a pointer
that is not aligned as was promised.  Numbers of enumerations are the library's.
"""

from __future__ import annotations

import ctypes
import enum
import itertools

import numpy as np
from fake_driver import STREAM


class cuBLASLtError(Exception):
    """The library's error."""

    def __init__(self, status):
        super().__init__(f"status {status}")
        self.status = status


class Epilogue(enum.IntEnum):
    DEFAULT, RELU, BIAS, RELU_BIAS = 1, 2, 4, 6


class ReductionScheme(enum.IntEnum):
    NONE, INPLACE, COMPUTE_TYPE, OUTPUT_TYPE = 0, 1, 2, 4


class MatmulDescAttribute(enum.IntEnum):
    TRANSA, TRANSB, EPILOGUE, BIAS_POINTER = 3, 4, 7, 8


class MatrixLayoutAttribute(enum.IntEnum):
    BATCH_COUNT, STRIDED_BATCH_OFFSET = 5, 6


class MatmulPreferenceAttribute(enum.IntEnum):
    MAX_WORKSPACE_BYTES, REDUCTION_SCHEME_MASK = 1, 3
    MIN_ALIGNMENT_A_BYTES, MIN_ALIGNMENT_B_BYTES, MIN_ALIGNMENT_C_BYTES, MIN_ALIGNMENT_D_BYTES = 5, 6, 7, 8


WIDE = {"BIAS_POINTER", "STRIDED_BATCH_OFFSET", "MAX_WORKSPACE_BYTES"}


class FakeCublas:
    """The functions.  live: {descriptor: what it says}.  products: what was asked for, one dict each.

    driver: a FakeDriver, whose captures take products, too.  refuse: whether no algorithm is ever found.
    """

    cuBLASLtError, Epilogue, ReductionScheme = cuBLASLtError, Epilogue, ReductionScheme
    MatmulDescAttribute, MatrixLayoutAttribute = MatmulDescAttribute, MatrixLayoutAttribute
    MatmulPreferenceAttribute = MatmulPreferenceAttribute
    matmul_heuristic_result_dtype = np.dtype(
        [
            ("algo", [("data_", "<u8", (8,))]),
            ("workspace_size", "<u8"),
            ("state", "<i4"),
            ("waves_count", "<f4"),
            ("reserved", "<i4", 4),
        ]
    )

    def __init__(self, driver, refuse=0):
        self.driver, self.refuse, self.live, self.products = driver, refuse, {}, []
        self._numbers = itertools.count(1000)

    def create(self):
        assert self.driver.current, "outside of the context"
        return self._new(kind="handle")

    def _new(self, **what):
        number = next(self._numbers)
        self.live[number] = what
        return number

    def matmul_desc_create(self, compute_type, scale_type):
        return self._new(kind="operation", compute_type=compute_type, scale_type=scale_type, TRANSA=0, TRANSB=0)

    def matrix_layout_create(self, type, rows, cols, ld):
        if ld < rows:
            raise cuBLASLtError(7)
        return self._new(kind="layout", type=type, rows=rows, cols=cols, ld=ld, BATCH_COUNT=1, STRIDED_BATCH_OFFSET=0)

    def matmul_preference_create(self):
        return self._new(kind="preference")

    def _set(self, table, descriptor, attribute, address, nbytes):
        name = table(attribute).name
        assert nbytes == (8 if name in WIDE else 4), name
        word = (ctypes.c_int64 if nbytes == 8 else ctypes.c_int32).from_address(address)
        self.live[descriptor][name] = word.value

    def matmul_desc_set_attribute(self, *args):
        self._set(MatmulDescAttribute, *args)

    def matrix_layout_set_attribute(self, *args):
        self._set(MatrixLayoutAttribute, *args)

    def matmul_preference_set_attribute(self, *args):
        self._set(MatmulPreferenceAttribute, *args)

    @staticmethod
    def _dtype(attribute):
        return np.dtype(np.int64 if attribute.name in WIDE else np.int32)

    get_matmul_desc_attribute_dtype = get_matrix_layout_attribute_dtype = _dtype
    get_matmul_preference_attribute_dtype = _dtype

    def _destroy(self, descriptor):
        del self.live[descriptor]

    matmul_desc_destroy = matrix_layout_destroy = matmul_preference_destroy = _destroy

    def matmul_algo_get_heuristic(self, handle, operation, a, b, c, d, preference, requested, results, count):
        assert requested == 1 and all(x in self.live for x in (handle, operation, a, b, c, d, preference))
        if self.refuse:
            raise cuBLASLtError(self.refuse)
        promised = self.live[preference]
        assert promised["REDUCTION_SCHEME_MASK"] == ReductionScheme.COMPUTE_TYPE
        self.live[operation]["promised"] = [promised[f"MIN_ALIGNMENT_{x}_BYTES"] for x in "ABCD"]
        ctypes.c_uint64.from_address(results).value = operation  # of the algorithm: for which it is
        ctypes.c_int32.from_address(count).value = 1

    def matmul(
        self, handle, operation, alpha, a, adesc, b, bdesc, beta, c, cdesc, d, ddesc, algo, workspace, size, stream
    ):
        assert stream == STREAM and ctypes.c_uint64.from_address(algo).value == operation and workspace and size
        assert ctypes.c_float.from_address(alpha).value == 1 and ctypes.c_float.from_address(beta).value == 0
        assert (c, cdesc) == (d, ddesc)
        what = self.live[operation]
        assert all(at % align == 0 for at, align in zip((a, b, c, d), what["promised"]))
        layouts = [self.live[x] for x in (adesc, bdesc, ddesc)]
        self.products.append({**what, "layouts": layouts, "pointers": (a, b, d)})

        def work():
            for k in range(layouts[2]["BATCH_COUNT"]):
                x, y, z = (self._matrix(at, of, k) for at, of in zip((a, b, d), layouts))
                z[...] = (x.T if what["TRANSA"] else x) @ (y.T if what["TRANSB"] else y)
                if what["EPILOGUE"] & Epilogue.BIAS:
                    z += _at(what["BIAS_POINTER"], z.shape[0])[:, None]
                if what["EPILOGUE"] & Epilogue.RELU:
                    np.maximum(z, 0, out=z)

        if self.driver.capturing is None:
            work()
        else:
            self.driver.capturing.append((work, 0))

    def _matrix(self, at, layout, k):
        """Matrix k of a layout, which lies by columns."""
        rows, cols, ld = layout["rows"], layout["cols"], layout["ld"]
        flat = _at(at + 4 * k * layout["STRIDED_BATCH_OFFSET"], ld * (cols - 1) + rows)
        return np.lib.stride_tricks.as_strided(flat, (rows, cols), (4, 4 * ld))


def _at(address, count):
    return np.frombuffer((ctypes.c_float * count).from_address(address), np.float32)
