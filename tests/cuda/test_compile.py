"""Kernels to PTX and cubins, with no device: a sample of the CPU's, those that are written for devices, all by hand.

In a tox environment of its own, which installs numba-cuda and NVIDIA's compiler: `tox -e cuda`; all kernels with
`tox -e cuda -- -m slow`.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import fastnn

ROOT = Path(fastnn.__path__[0]).parent
REPORT = """
import json, re, sys, zipfile
from fastnn.kernels import ptx
known = ptx.all_kernels()
names = sys.argv[1].split(",") if len(sys.argv) > 1 else [n for n, (_, per) in known.items() if per == "block"]
found = {}
for name in names:
    kernel, per = known[name]
    path = ptx.images_path(kernel, per)
    if not path.exists():
        ptx.make_images(kernel, per, path)
    with zipfile.ZipFile(path) as archive:
        images = {image: archive.read(image) for image in archive.namelist()}
    text = images.pop(ptx.NEWER).decode()
    found[name] = {
        "per": per, "entry": f".entry fastnn_{name}(" in text, "local": ".local" in text,
        "atomics": sorted(set(re.findall(r"\\b(?:atom|red)\\.[\\w.]+", text))),
        "shared": ptx.shared_bytes(text), "threads": ptx.threads_of(kernel, per),
        "target": text.partition(".target ")[2].split()[0],
        "cubins": {name: data[:4].hex() for name, data in images.items()},
        "contracts": [x for x in ("add.f", "mul.f", "sub.f", "add.ftz", "mul.ftz", "sub.ftz") if x in text],
    }
print(json.dumps(found))
"""
# one of each kind of source: element-wise, float16, integers, random bits, explicit vectors, tables, chunks, double
SAMPLE = ("relu_f32", "exp_f64", "cast_f32_u8", "copy_i32", "sum_rows_f32", "batch_stats_f32", "softmax_f32",
          "adam_f32", "take_along_i32_i64", "take_grad_f32_i32", "max_pool_f32_u8")  # fmt: skip
# of those written for devices: products and convolutions of all kinds, sums, rows, norms, what moves
OWN = ("matmul_128x128_f32", "matmul_32x32_f64", "matmul_tf32_64x64_f32", "correlate_128x64_f32",
       "correlate_grad_w_64x64_f32", "add_partials_f32", "depthwise_pixels_f32", "depthwise_sums_f32", "sum_rows_f32",
       "max_cols_i32", "sum_squares_finish_f64", "first_not_finite_f32", "softmax_f32",
       "sparse_softmax_cross_entropy_f32", "categorical_crossentropy_grad_f32", "layer_norm_f32",
       "layer_norm_grad_sums_f32", "batch_stats_finish_f32", "batch_norm_grad_map_f32", "max_pool_grad_f32_u8",
       "avg_pool_f32", "take_grad_blocks_f32_i64", "transpose_i32", "copy_nd_u8", "gather_rows_f32_u8",
       "add_bc_f32")  # fmt: skip


def run(code, *arguments, **environment):
    """What code prints in a new process in mode "cuda", as JSON; nothing of a driver is there."""
    environment = {"FASTNN_KERNELS": "cuda", "PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": "-1", **environment}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], env={**os.environ, **environment}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def check(found):
    """What holds for every kernel."""
    for name, made in found.items():
        assert made["entry"], f"{name}: no entry point of that name"
        assert made["target"].rstrip(",") == "sm_80", name
        assert all(magic == "7f454c46" for magic in made["cubins"].values()), f"{name}: no ELF file"
        assert sorted(made["cubins"]) == ["sm_80", "sm_90"], name
        assert made["shared"] <= 48 * 1024, name
        assert all(".cas.b64" in a for a in made["atomics"]), f"{name}: {made['atomics']}: only a status is atomic"
        assert not made["contracts"], f"{name}: products and sums that a linker may join: {made['contracts']}"


def test_a_sample_of_the_cpus_kernels():
    found = run(REPORT, ",".join(SAMPLE))
    check(found)
    assert found["batch_stats_f32"]["per"] == "chunk" and found["relu_f32"]["per"] == "thread"
    assert found["take_along_i32_i64"]["atomics"], "the first thread with a status notes it"


@pytest.mark.parametrize("names", [OWN, pytest.param((), marks=pytest.mark.slow)], ids=["sample", "all"])
def test_kernels_written_for_devices(names):
    found = run(REPORT, *([",".join(names)] if names else []))
    check(found)
    for name, made in found.items():
        assert made["per"] == "block" and 1 <= made["threads"] <= 1024, name
        assert not made["local"], f"{name}: what should be in registers lies in memory"


def build(folder, *arguments, **environment):
    """The build's exit status and its words."""
    path = {"PYTHONPATH": str(ROOT), **environment}
    command = [sys.executable, "-m", "fastnn.kernels.build", "--out", str(folder), "--levels", "cuda", *arguments]
    done = subprocess.run(command, env={**os.environ, **path}, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def few(folder, *names, **environment):
    """Build some kernels only; what it says."""
    path = {"PYTHONPATH": str(ROOT), **environment}
    command = [sys.executable, "-m", "fastnn.kernels.build_cuda", "--out", str(folder), "--only", ",".join(names)]
    done = subprocess.run(command, env={**os.environ, **path}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_level_of_few_kernels_from_an_empty_cache(tmp_path):
    cache = {"FASTNN_CACHE": str(tmp_path / "cache")}
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "pack.json").write_text(json.dumps({"abi": 1, "levels": {"other": {"file": "x"}}}))
    said = few(tmp_path / "a", "relu_f32", "tanh_f32", **cache)
    assert "cuda: compiling 2 kernels in 1 process" in said and "cuda: 2 of 2 kernels" in said
    index = json.loads((tmp_path / "a" / "pack.json").read_text())
    assert set(index["levels"]) == {"other", "cuda"}
    level = json.loads((tmp_path / "a" / index["levels"]["cuda"]["file"]).read_text())
    assert sorted(level["kernels"]) == ["relu_f32", "tanh_f32"]
    assert sorted(level["images"]) == ["compute_80", "sm_80", "sm_90"]
    assert "up to date" in few(tmp_path / "a", "relu_f32", **cache)
    again = few(tmp_path / "b", "relu_f32", "tanh_f32", **cache)  # all in the cache: no process, the same bytes
    assert "compiling" not in again
    for one in (tmp_path / "a").glob("cuda-*.zip"):
        assert (tmp_path / "b" / one.name).read_bytes() == one.read_bytes()


def test_a_call_that_the_device_does_not_know_is_an_error():
    code = (
        "import json\nfrom fastnn.kernels import ptx\n"
        "try:\n    ptx.check('.extern .func (.param .b32 func_retval0) llvm_$_maximum_$_f32 (')\n"
        "except RuntimeError as error:\n    print(json.dumps(str(error)))"
    )
    assert run(code) == "it calls llvm_$_maximum_$_f32, which the device's compiler does not know"


@pytest.mark.slow
def test_every_kernel(tmp_path):
    """All kernels of all types: minutes where the cache is empty."""
    status, said = build(tmp_path)
    assert status == 0, said[-3000:]
    entry = json.loads((tmp_path / "pack.json").read_text())["levels"]["cuda"]
    level = json.loads((tmp_path / entry["file"]).read_text())
    assert len(level["kernels"]) > 500
    assert re.search(r"cuda-sm_90-\w+\.zip: \d+ kernels", said)
