"""The numbers and functions of cuBLASLt that the test double stands for, beside those of nvmath-python's bindings."""

import fake_cublas
import numpy as np
import pytest
from nvmath import CudaDataType
from nvmath.bindings import cublas, cublasLt

from fastnn.runtime import cublas as own

TABLES = ["Epilogue", "ReductionScheme", "MatmulDescAttribute", "MatrixLayoutAttribute", "MatmulPreferenceAttribute"]


@pytest.mark.parametrize("table", TABLES)
def test_enumerations(table):
    real, double = getattr(cublasLt, table), getattr(fake_cublas, table)
    assert {name: int(real[name]) for name in double.__members__} == {m.name: int(m) for m in double}


def test_numbers():
    assert own.COMPUTE_TF32 == cublas.ComputeType.COMPUTE_32F_FAST_TF32
    assert own.FLOAT32 == CudaDataType.CUDA_R_32F
    double = fake_cublas.FakeCublas.matmul_heuristic_result_dtype
    assert cublasLt.matmul_heuristic_result_dtype == double and double.fields["algo"][1] == 0


@pytest.mark.parametrize("kind, table", [("matmul_desc", "MatmulDescAttribute"),
                                         ("matrix_layout", "MatrixLayoutAttribute"),
                                         ("matmul_preference", "MatmulPreferenceAttribute")])  # fmt: skip
def test_sizes_of_attributes(kind, table):
    ask = getattr(cublasLt, f"get_{kind}_attribute_dtype")
    for member in getattr(fake_cublas, table):
        wide = 8 if member.name in fake_cublas.WIDE else 4
        assert np.dtype(ask(getattr(cublasLt, table)[member.name])).itemsize == wide, member.name


def test_functions():
    names = [n for n in vars(fake_cublas.FakeCublas) if n.startswith(("matmul", "matrix", "get_", "create"))]
    assert len(names) > 12 and not [name for name in names if not hasattr(cublasLt, name)]
    arguments = cublasLt.matmul.__doc__.split("(")[1].split(")")[0].split(",")
    assert [a.split()[-1] for a in arguments] == [
        "light_handle", "compute_desc", "alpha", "a", "adesc", "b", "bdesc", "beta", "c", "cdesc", "d", "ddesc", "algo",
        "workspace", "workspace_size_in_bytes", "stream"]  # fmt: skip
