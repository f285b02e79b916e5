"""Where kernels come from: the pack without Numba, its staleness, and the same bits from the JIT."""

import importlib.util
import json
import os
import pathlib
import shutil
import subprocess
import sys

import numpy as np
import pytest

from fastnn.core import errors
from fastnn.core.jit import MODE
from fastnn.runtime import levels, pack, stale

pack_only = pytest.mark.skipif(MODE != "pack", reason="about the kernel pack")
PACKAGE = pathlib.Path(pack.__file__).resolve().parents[1]


def python(code, env=None, **options):
    """Run code in a new process that imports the fastnn that is tested here."""
    base = dict(os.environ, PYTHONPATH=os.pathsep.join([str(PACKAGE.parent), os.environ.get("PYTHONPATH", "")]))
    return subprocess.run(
        [sys.executable, "-c", code],
        text=True,
        capture_output=True,
        timeout=300,
        env={**base, **(env or {})},
        **{"cwd": PACKAGE.parent, **options},
    )


def test_a_kernel_is_called_by_name_in_every_mode():
    x, y = np.array([-2, -0.0, 3], np.float32), np.full(3, np.nan, np.float32)
    assert pack.call("relu_f32", [x, y], 0, 2) == 0
    assert y[:2].tolist() == [0, 0] and np.isnan(y[2])


def test_an_unknown_kernel_names_near_ones():
    with pytest.raises(errors.PackError, match=r"no kernel named 'relu_f33'.*relu_f32"):
        pack.address("relu_f33")


@pack_only
def test_neither_numba_nor_llvmlite_is_imported():
    out = python(
        "import sys, numpy as np\nfrom fastnn.runtime import pack\n"
        "pack.call('relu_f32', [np.zeros(4, np.float32)] * 2, 0, 4)\n"
        "print(sorted({'numba', 'llvmlite', 'fastnn.kernels.cpu'} & set(sys.modules)))"
    )
    assert out.stdout == "[]\n", out.stderr


def test_an_unknown_mode_is_refused():
    out = python("import fastnn.core.jit", {"FASTNN_KERNELS": "fast"})
    assert "FASTNN_KERNELS='fast' in the environment; expected one of pack, jit, python, cuda" in out.stderr


# ------------------------------------------------------------------ staleness
def test_a_change_of_content_is_seen_and_a_touch_is_not(tmp_path, monkeypatch):
    (tmp_path / "kernels" / "cpu").mkdir(parents=True)
    source = tmp_path / "kernels" / "cpu" / "one.py"
    source.write_text("a = 1\n")
    monkeypatch.setattr(stale, "ROOT", tmp_path)
    before = stale.snapshot()
    assert stale.changed(before) == []
    os.utime(source, (1, 1))
    assert stale.changed(before) == []
    source.write_text("a = 2\n")
    assert stale.changed(before) == ["kernels/cpu/one.py"]
    source.write_text("a = 1\n")
    (tmp_path / "kernels" / "cpu" / "two.py").write_text("")
    assert stale.changed(before) == ["kernels/cpu/two.py"]


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """A copy of the pack's folder that the loader uses, with rebuilding switched off."""
    if MODE != "pack":
        pytest.skip("about the kernel pack")
    pack.library()  # the real one is up to date after this
    folder = tmp_path / "pack"
    shutil.copytree(pack.FOLDER, folder)
    monkeypatch.setattr(pack, "FOLDER", folder)
    monkeypatch.setenv("FASTNN_REBUILD", "0")
    pack.library.cache_clear()
    yield folder
    pack.library.cache_clear()


def change(folder, **entries):
    index = json.loads((folder / "pack.json").read_text())
    (folder / "pack.json").write_text(json.dumps({**index, **entries}))


def test_a_good_pack_loads(copied):
    assert pack.library()["relu_f32"] > 0


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        ({"abi": 0}, "it has ABI 0, this version needs 1"),
        ({"sources": {"kernels/cpu/gone.py": [1, 1, "x"]}}, "its sources changed since"),
        ({"sources": None}, "its index cannot be read"),
    ],
)
def test_an_unfit_pack_says_what_to_run(copied, entries, why):
    change(copied, **entries)
    with pytest.raises(errors.PackError, match=why) as info:
        pack.library()
    assert "python -m fastnn.kernels.build" in str(info.value)


def test_a_missing_pack_and_a_foreign_one(copied):
    change(copied, levels={"riscv": {"rank": 0, "file": "riscv.so"}})
    with pytest.raises(errors.PackError, match="no library of the kernel pack runs on this CPU: it has riscv"):
        pack.library()
    (copied / "pack.json").unlink()
    with pytest.raises(errors.PackError, match="there is none"):
        pack.library()


@pack_only
def test_the_best_level_that_runs_is_taken(monkeypatch):
    monkeypatch.delenv("FASTNN_LEVEL", raising=False)
    for mine, best in (("x86-64-v4", "x86-64-v4"), ("x86-64-v3", "x86-64-v3"), ("aarch64", "aarch64")):
        monkeypatch.setattr(levels, "own_level", lambda mine=mine: mine)
        assert pack._choose(["aarch64", "x86-64-v3", "x86-64-v4"]) == best
    for mine, said in (("x86-64-v2", "this CPU is x86-64-v2 or lower"), ("", "this CPU is of another family")):
        monkeypatch.setattr(levels, "own_level", lambda mine=mine: mine)
        with pytest.raises(errors.PackError, match=f"it has aarch64, x86-64-v3, {said}"):
            pack._choose(["aarch64", "x86-64-v3"])


@pytest.mark.parametrize(
    ("mine", "asked", "said"),
    [
        ("x86-64-v4", "x86-64-v3", ""),
        ("x86-64-v4", "x86-64-v4", ""),
        ("x86-64-v3", "x86-64-v4", "FASTNN_LEVEL='x86-64-v4' .* this CPU runs, which is x86-64-v3 or lower"),
        ("x86-64-v4", "x86-64-v2", "FASTNN_LEVEL='x86-64-v2' .* has x86-64-v3, x86-64-v4.*--levels x86-64-v2"),
        ("x86-64-v4", "x86-64-v1", "expected a level that this CPU runs"),
        ("x86-64-v4", "aarch64", "expected a level that this CPU runs, which is x86-64-v4 or lower"),
        ("aarch64", "x86-64-v3", "which is aarch64"),
        ("x86-64-v4", "avx2", "FASTNN_LEVEL='avx2'"),
    ],
)
def test_a_forced_level_is_taken_or_refused_by_name(monkeypatch, mine, asked, said):
    """Never by an illegal instruction."""
    monkeypatch.setattr(levels, "own_level", lambda: mine)
    monkeypatch.setenv("FASTNN_LEVEL", asked)
    if not said:
        assert pack._choose(["x86-64-v3", "x86-64-v4"]) == asked
        return
    with pytest.raises(errors.PackError, match=said):
        pack._choose(["x86-64-v3", "x86-64-v4"])


@pytest.mark.parametrize("mode", ["pack", "jit"])
def test_a_level_that_the_cpu_lacks_is_an_error_of_the_process(mode):
    if MODE == "python":
        pytest.skip("mode python compiles nothing")
    if mode == "jit" and importlib.util.find_spec("numba") is None:
        pytest.skip("mode jit needs Numba")
    out = python(
        "from fastnn.runtime import pack\npack.address('relu_f32')",
        {"FASTNN_KERNELS": mode, "FASTNN_LEVEL": "x86-64-v5", "FASTNN_REBUILD": "0"},
    )
    assert "PackError: FASTNN_LEVEL='x86-64-v5' in the environment; expected a level that this CPU runs" in out.stderr


def test_the_kernels_of_this_process_are_described():
    told = pack.describe()
    assert told["mode"] == MODE and told["cpu_level"] == levels.own_level()
    if MODE == "pack":
        assert told["level"] in told["levels"] and told["kernels"] == len(pack.library())
        assert told["bytes"] == (pathlib.Path(told["folder"]) / told["file"]).stat().st_size


# ------------------------------------------------------------------ building and the JIT
BITS = """
import sys, numpy as np
from fastnn.runtime import pack
from fastnn.runtime.executor import flush_subnormals
flush_subnormals()
x = np.random.default_rng(0).standard_normal(999).astype(np.float32)
for name in ("exp_f32", "tanh_f32", "relu_f32", "sigmoid_f32"):
    y = np.zeros_like(x)
    pack.call(name, [x, y], 0, 999)
    print(name, y.tobytes().hex())
"""


@pack_only
@pytest.mark.slow
def test_the_jit_gives_the_packs_bits():
    ahead, now = python(BITS), python(BITS, {"FASTNN_KERNELS": "jit"})
    assert ahead.stdout == now.stdout != "", now.stderr


SMALL = '''
"""Two kernels."""
from fastnn.core.jit import at, device, kernel, sizeof

@device
def twice(x):
    return x + x

@kernel("f32", "f64")
def double(a, lo, hi, F):
    x, y = at(F, a[0] + lo * sizeof(F)), at(F, a[1] + lo * sizeof(F))
    for i in range(hi - lo):
        y[i] = twice(x[i])
    return 0
'''


@pytest.mark.slow
def test_a_pack_is_built_used_and_built_again_after_a_change(tmp_path):
    """In a copy of the package with one small kernel file."""
    copy = tmp_path / "fastnn"
    for part in ("core", "runtime", "kernels"):
        shutil.copytree(PACKAGE / part, copy / part, ignore=shutil.ignore_patterns("pack", "__pycache__"))
    (copy / "__init__.py").write_text("")
    for file in (copy / "kernels" / "cpu").iterdir():
        if file.name != "__init__.py":
            file.unlink()
    source = copy / "kernels" / "cpu" / "small.py"
    source.write_text(SMALL)
    env = {"PYTHONPATH": str(tmp_path), "FASTNN_CACHE": str(tmp_path / "cache"), "FASTNN_KERNELS": "pack"}
    use = (
        "import sys, numpy as np\nfrom fastnn.runtime import pack\nx = np.ones(3)\n"
        "print(pack.call('double_f64', [x, x], 1, 3), x.tolist(), 'numba' in sys.modules)"
    )
    out = python(use, {**env, "FASTNN_REBUILD": "0"}, cwd=tmp_path)
    assert "PackError: the kernel pack cannot be used: there is none. In a source checkout run" in out.stderr
    out = python(use, env, cwd=tmp_path)  # no pack: built at once
    assert out.stdout == "0 [1.0, 2.0, 2.0] False\n", out.stderr
    objects = sorted((tmp_path / "cache").rglob("*.o"))
    assert len(objects) == 2
    source.write_text(SMALL.replace("x + x", "x + x + x"))
    out = python(use, env, cwd=tmp_path)
    assert out.stdout == "0 [1.0, 3.0, 3.0] False\n", out.stderr
    out = subprocess.run(
        [sys.executable, "-m", "fastnn.kernels.build"],
        env={**os.environ, **env},
        text=True,
        capture_output=True,
        cwd=tmp_path,
    )
    assert out.stdout == "nothing to do: the pack is up to date\n", out.stderr
    source.write_text(SMALL.replace("x + x", "x + nothing"))
    out = python(use, env, cwd=tmp_path)
    assert "Building it again failed" in out.stderr
    assert "kernel double_f32 of fastnn.kernels.cpu.small does not compile" in out.stderr


@pytest.mark.slow
def test_a_checkout_that_was_not_built_says_so(tmp_path):
    """A newcomer installs fastnn and starts Python in the checkout: its source folder hides what is installed."""
    without = shutil.ignore_patterns("*.so", "*.pyd", "__pycache__", "pack")
    shutil.copytree(PACKAGE, tmp_path / "fastnn", ignore=without)
    done = python("import fastnn; fastnn.Sequential", {"PYTHONPATH": str(tmp_path)}, cwd=tmp_path)
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("fastnn.core.errors.PackError: the compiled module fastnn.runtime.")
    assert "cannot be imported" in last
    assert "go to another folder" in last
