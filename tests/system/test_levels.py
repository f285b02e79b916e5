"""Levels of instruction sets: equal bits on the training workloads, and what the code of another machine is made of."""

import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from fastnn.core import jit
from fastnn.runtime import levels, pack

HERE = Path(__file__).resolve().parent
WORKLOADS = ["playground", "mnist_mlp", "conv_bn_sigmoid", "cifar_cnn", "resnet20", "siamese"]
LEVELS = ["x86-64-v3", "x86-64-v4"]


def trained(names, **env):
    """{workload: (hash of all that training leaves, kernels)} from a process with these environment variables."""
    clean = {k: v for k, v in os.environ.items() if k not in ("FASTNN_KERNELS", "FASTNN_LEVEL")}
    done = subprocess.run(
        [sys.executable, str(HERE / "levels_child.py"), *names],
        capture_output=True,
        env={**clean, "PYTHONPATH": os.pathsep.join(sys.path), **env},
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


pack_only = pytest.mark.skipif(jit.MODE != "pack", reason="starts processes of its own, in each mode")


@pytest.fixture(scope="module")
def expected():
    """The workloads on the pack's best level."""
    return trained(WORKLOADS)


@pack_only
def test_the_jit_trains_to_the_packs_bits():
    """The part for the fast tier: the smallest workload compiles a dozen kernels."""
    assert trained(WORKLOADS[:1], FASTNN_KERNELS="jit") == trained(WORKLOADS[:1])


@pack_only
@pytest.mark.slow
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("mode", ["jit", "pack"])
def test_levels_and_modes_train_to_equal_bits(expected, level, mode):
    """Weights, optimizer slots, losses and predictions of all six workloads."""
    if not levels.runs(level):
        pytest.skip(f"this CPU does not run {level}")
    if mode == "pack" and level not in pack.describe()["levels"]:
        pytest.skip(f"the pack was not built for {level}; mode jit is")
    got = trained(WORKLOADS, FASTNN_KERNELS=mode, FASTNN_LEVEL=level)
    assert {name: digest for name, (digest, _) in got.items()} == {n: digest for n, (digest, _) in expected.items()}


# ------------------------------------------------------------------ another machine's code
def test_register_tiles_fit_the_registers():
    """Accumulators, a row of B and one broadcast: 32 registers of 64 or 16 bytes (AVX-512, NEON), 16 of 32 (AVX2)."""
    from fastnn.core import simd_vec

    registers = {"x86-64-v4": (32, 64), "x86-64-v3": (16, 32), "x86-64-v2": (16, 16), "aarch64": (32, 16),
                 "cuda": (32, 16)}  # fmt: skip
    assert set(simd_vec.LEVELS) == set(registers)
    for level, (nbytes, tiles) in simd_vec.LEVELS.items():
        count, size = registers[level]
        assert nbytes == size
        for rows, vectors in tiles:
            assert rows * vectors + vectors + 1 <= count, (level, rows, vectors)


CROSS = """
import json, sys
from fastnn.kernels import build
if __name__ == "__main__":
    found = build.objects("aarch64", 2, set(sys.argv[1:]))
    print(json.dumps({name: str(path) for name, path in found.items()}))
"""
MACHINE_AARCH64, SYMBOL_TABLE, CODE = 183, 2, 6  # e_machine; section type; flags: allocated, executable
NEVER = ("NRT_", "numba_", "Py", "_Py")  # what the pack's linker gives stubs to
KNOWN = {"memcpy", "memset", "memmove", "fmod", "fmodf", "pow", "powf", "exp", "expf", "log", "logf", "sin", "cos",
         "sinf", "cosf", "tan", "tanf", "floor", "ceil", "round", "rint", "_GLOBAL_OFFSET_TABLE_", ""}  # fmt: skip


def elf(path):
    """(machine, global defined symbols, undefined symbols, bytes of code) of a 64-bit little-endian ELF object."""
    data = path.read_bytes()
    assert data[:6] == b"\x7fELF\x02\x01"
    (machine,) = struct.unpack_from("<H", data, 18)
    (start,) = struct.unpack_from("<Q", data, 40)
    size, count = struct.unpack_from("<HH", data, 58)
    sections = [struct.unpack_from("<IIQQQQIIQQ", data, start + i * size) for i in range(count)]
    code = b"".join(data[s[4] : s[4] + s[5]] for s in sections if s[1] == 1 and s[2] & CODE == CODE)
    defined, undefined = set(), set()
    for s in sections:
        if s[1] == SYMBOL_TABLE:
            names = sections[s[6]][4]
            for at in range(s[4], s[4] + s[5], 24):
                name, info, _, section = struct.unpack_from("<IBBH", data, at)
                if info >> 4:  # not local
                    text = data[names + name : data.index(b"\0", names + name)].decode()
                    (defined if section else undefined).add(text)
    return machine, defined, undefined, code


def fused(code):
    """How many of the 32-bit instructions are FMLA on vectors of four floats, with a vector or with one lane."""
    words = struct.unpack(f"<{len(code) // 4}I", code[: len(code) // 4 * 4])
    return sum(w & 0xFFE0FC00 == 0x4E20CC00 or w & 0xFFC0F400 == 0x4F801000 for w in words)


def cross_compiled(tmp_path, *names):
    """{kernel: its object for aarch64}."""
    script = tmp_path / "cross.py"
    script.write_text(CROSS)
    done = subprocess.run(
        [sys.executable, str(script), *names],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return {name: Path(path) for name, path in json.loads(done.stdout.splitlines()[-1]).items()}


def check_object(name, path):
    """One kernel is visible in it, for this machine, and it asks for nothing that is not in libc and libm."""
    machine, defined, undefined, code = elf(path)
    assert machine == MACHINE_AARCH64 and defined == {levels.PREFIX + name} and code
    assert not {u for u in undefined if u not in KNOWN and not u.startswith(NEVER)}, name


@pack_only
def test_the_microkernel_for_neon_is_fused_multiply_adds(tmp_path):
    found = cross_compiled(tmp_path, "matmul_small_f32", "relu_f32")
    for name, path in found.items():
        check_object(name, path)
    assert fused(elf(found["matmul_small_f32"])[3]) >= 6 * 4 and fused(elf(found["relu_f32"])[3]) == 0


@pack_only
@pytest.mark.slow
def test_the_kernels_of_the_workloads_compile_for_aarch64(tmp_path, expected):
    names = {name for _, kernels in expected.values() for name in kernels}
    found = cross_compiled(tmp_path, *names)
    assert set(found) == names and len(names) > 40
    for name, path in found.items():
        check_object(name, path)
