"""What kernels that are written for devices become: machine code, disassembled, with no device.

In the tox environment of test_compile.py, which has NVIDIA's disassembler.
"""

from __future__ import annotations

import collections
import importlib.metadata
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import fastnn

ROOT = Path(fastnn.__path__[0]).parent
PROGRAM = """
import pathlib, sys
from fastnn.kernels import ptx
known, folder = ptx.all_kernels(), pathlib.Path(sys.argv[1])
for name in sys.argv[2].split(","):
    text = ptx.ptx_of(*known[name])
    for architecture in ptx.CUBINS:
        (folder / f"{name}.{architecture}").write_bytes(ptx.cubin_of(text, architecture))
"""
PRODUCTS = ("matmul_128x128_f32", "correlate_128x64_f32", "correlate_grad_w_64x64_f32")  # 8 x 8 sums a thread
KERNELS = (*PRODUCTS, "matmul_32x32_f64", "matmul_tf32_128x32_f32", "softmax_f32", "batch_stats_blocks_f32",
           "take_grad_blocks_f32_i32", "max_pool_grad_f32_u8")  # fmt: skip
ARCHITECTURES = ("sm_80", "sm_90")
LINE = re.compile(r"/\*[0-9a-f]{4,}\*/\s+(?:@!?U?P\w+\s+)?([A-Z0-9_.]+)")


def disassembler() -> str:
    """The program of the package nvidia-cuda-nvdisasm."""
    files = importlib.metadata.files("nvidia-cuda-nvdisasm") or []
    (found,) = (file for file in files if file.name in ("nvdisasm", "nvdisasm.exe"))
    return str(found.locate())


@pytest.fixture(scope="module")
def code(tmp_path_factory):
    """{(kernel, architecture): its instructions in order}."""
    folder = tmp_path_factory.mktemp("cubins")
    environment = {**os.environ, "FASTNN_KERNELS": "cuda", "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", PROGRAM, str(folder), ",".join(KERNELS)], env=environment, check=True)
    found = {}
    for name in KERNELS:
        for architecture in ARCHITECTURES:
            path = folder / f"{name}.{architecture}"
            done = subprocess.run([disassembler(), str(path)], capture_output=True, text=True, check=True)
            found[name, architecture] = LINE.findall(done.stdout)
            assert len(found[name, architecture]) > 50
    return found


def counts(instructions: list[str]) -> collections.Counter[str]:
    """How many there are of each, without what says how they round."""
    return collections.Counter(re.sub(r"\.FTZ", "", i) for i in instructions)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("name", KERNELS)
def test_nothing_lies_in_local_memory_and_no_float_is_added_by_an_atomic(name, architecture, code):
    for instruction in code[name, architecture]:
        assert not instruction.startswith(("LDL", "STL")), f"{name}: {instruction}"
        assert not re.match(r"(ATOM|RED)\S*\.(ADD|F32|F64)", instruction), f"{name}: {instruction}"


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("name", PRODUCTS)
def test_products_multiply_64_times_for_four_loads(name, architecture, code):
    """The stretch with the loads of 128 bits from shared memory: 64 multiply-adds a step, 16 for each load."""
    instructions = code[name, architecture]
    found = counts(instructions)
    loads = found["LDS.128"]
    assert loads >= 16 and loads % 4 == 0 and found["LDS"] == 0
    first = instructions.index("LDS.128")
    inner = counts(instructions[first : first + instructions[first:].index("BRA")])
    assert inner["FFMA"] == 16 * inner["LDS.128"] >= 256


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_tensor_cores_do_what_is_asked_of_them(architecture, code):
    """A warp's 32 x 32 sums by 16 of k: 2 x 4 tiles, twice."""
    found = counts(code["matmul_tf32_128x32_f32", architecture])
    assert sum(n for name, n in found.items() if name.startswith("HMMA") and "TF32" in name) == 16
