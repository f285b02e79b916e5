"""The pack's kernels for devices: which image a device loads, how kernels are launched, what is said without them."""

from __future__ import annotations

import importlib.util
import json
import zipfile

import pytest

from fastnn.core.errors import NotSupportedError, PackError
from fastnn.runtime import cubins, levels, pack, stale

WAYS = {"relu_f32": {"per": "thread", "threads": 256, "shared": 0},
        "matmul_f32": {"per": "block", "threads": 256, "shared": 33792}}  # fmt: skip
IMAGES = ("sm_80", "sm_90", "compute_80")


def write(folder, **changes):
    """A level of two kernels in a pack's folder; changes: of the index."""
    images = {}
    for name in IMAGES:
        images[name] = {"file": f"cuda-{name}-0.zip", "bytes": 10}
        with zipfile.ZipFile(folder / images[name]["file"], "w") as archive:
            for kernel in WAYS:
                archive.writestr(kernel, f"{kernel} for {name}")
    index = {
        "abi": levels.ABI,
        "sources": stale.snapshot((), stale.DEVICE),
        "kernels": WAYS,
        "images": images,
        **changes,
    }
    (folder / "cuda-0.json").write_text(json.dumps(index))
    entry = {"rank": 0, "file": "cuda-0.json", "bytes": 40}
    (folder / "pack.json").write_text(json.dumps({"levels": {"cuda": entry}}))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The pack's folder, empty; nothing of an earlier one is remembered, and nothing is built."""
    monkeypatch.setattr(pack, "FOLDER", tmp_path)
    monkeypatch.setenv("FASTNN_REBUILD", "0")
    for function in (cubins._index, cubins.ways, cubins._archive):
        function.cache_clear()
    yield tmp_path
    for function in (cubins._index, cubins.ways, cubins._archive):
        function.cache_clear()


def test_how_kernels_are_launched(folder):
    write(folder)
    assert cubins.ways()["relu_f32"] == ("thread", 256, 0)
    assert cubins.ways()["matmul_f32"].per == "block" and cubins.ways()["matmul_f32"].shared == 33792
    assert cubins.describe().startswith("2 for sm_80, sm_90, compute_80")


@pytest.mark.parametrize("capability, name", [
    ((8, 0), "sm_80"), ((8, 9), "sm_80"), ((9, 0), "sm_90"), ((10, 0), "compute_80"), ((12, 1), "compute_80")
])  # fmt: skip
def test_a_device_loads_what_is_made_for_its_generation(folder, capability, name):
    write(folder)
    assert cubins.architecture(capability) == name
    data = cubins.image("relu_f32", capability)
    assert data == f"relu_f32 for {name}".encode() + b"\0" * name.startswith("compute")


def test_a_device_that_is_too_old_is_refused(folder):
    write(folder)
    with pytest.raises(NotSupportedError, match=r"compute capability 7\.5; fastnn's kernels need 8\.0 or newer"):
        cubins.image("relu_f32", (7, 5))


def test_an_unknown_kernel_gets_a_suggestion(folder):
    write(folder)
    with pytest.raises(PackError, match=r"no kernel for CUDA named 'matmul_f23'.*matmul_f32"):
        cubins.image("matmul_f23", (8, 0))


@pytest.mark.parametrize("changes, words", [
    (None, "they have not been built"),
    ({"abi": levels.ABI + 1}, f"they have ABI {levels.ABI + 1}, this version needs {levels.ABI}"),
    ({"sources": {}}, "their sources changed since"),
    ({"sources": 3}, "their index cannot be read"),
])  # fmt: skip
def test_what_cannot_be_used_is_an_error_with_a_remedy(folder, changes, words):
    if changes is not None:
        write(folder, **changes)
    assert words in cubins.describe()
    with pytest.raises(PackError, match=words) as caught:
        cubins.ways()
    assert "--levels cuda" in str(caught.value) and "fastnn-engine[cuda-jit]" in str(caught.value)


def test_a_pack_without_them_is_as_good_as_none(folder):
    (folder / "pack.json").write_text(json.dumps({"levels": {}}))
    assert cubins.describe() == "none: they have not been built"


@pytest.mark.skipif(
    importlib.util.find_spec("numba_cuda") is not None, reason="numba-cuda is installed: it would build"
)
def test_without_numba_cuda_nothing_is_built(folder, monkeypatch):
    monkeypatch.delenv("FASTNN_REBUILD")
    with pytest.raises(PackError, match="they have not been built"):
        cubins.ways()


def test_files_of_both_kinds_count_as_sources():
    assert {"kernels/cpu/__init__.py", "kernels/cuda/__init__.py"} <= set(stale.snapshot((), stale.DEVICE))
    assert "kernels/cuda/__init__.py" not in stale.snapshot()
