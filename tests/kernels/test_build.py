"""A pack from an empty cache: what it says, and what it needs before minutes of compiling."""

import importlib
import importlib.util
import json
import os
import platform
import subprocess
import sys

import numpy as np
import pytest

from fastnn.core.jit import MODE
from fastnn.runtime import pack

pytestmark = [
    pytest.mark.skipif(MODE != "pack", reason="about the kernel pack"),
    pytest.mark.skipif(importlib.util.find_spec("numba") is None, reason="compiling kernels needs Numba"),
]
ROOT = pack.FOLDER.parents[2]
# of two types, and one that a function of another module makes
FEW = ("silu_f32", "relu_f64", "relu_grad_f32")
BUILD = """
import pathlib, sys
from fastnn.kernels import build
index = build.build(pathlib.Path(sys.argv[1]), jobs=2, say=print, only={only!r})
"""


def run(code, *arguments, **environment):
    """Run code in a new process, beside these sources; returns the finished process."""
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": path, **environment},
        text=True,
        capture_output=True,
        timeout=300,
    )


def test_few_kernels_from_an_empty_cache(tmp_path):
    done = run(BUILD.format(only=FEW), tmp_path / "out", FASTNN_CACHE=str(tmp_path / "cache"))
    assert done.returncode == 0, done.stderr
    index = json.loads((tmp_path / "out" / "pack.json").read_text())
    assert index["kernels"] == sorted(FEW)
    lines = done.stdout.splitlines()
    assert "compiling 3 kernels in 1 process" in lines[0]
    assert "3 of 3 kernels" in lines[1]
    assert lines[-1].startswith("built in ")
    # they do what those of the installed pack do
    (level,) = index["levels"]
    code = (
        "import ctypes, sys, numpy as np\n"
        "x, y = np.linspace(-3, 3, 40, dtype='f4'), np.zeros(40, 'f4')\n"
        "f = ctypes.CDLL(sys.argv[1]).fastnn_silu_f32\n"
        "f.restype, f.argtypes = ctypes.c_int64, [ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64]\n"
        "words = np.array([x.ctypes.data, y.ctypes.data], np.int64)\n"
        "print(f(words.ctypes.data, 0, 40), y.tobytes().hex())"
    )
    done = run(code, tmp_path / "out" / index["levels"][level]["file"])
    x, y = np.linspace(-3, 3, 40, dtype=np.float32), np.zeros(40, np.float32)
    assert pack.call("silu_f32", [x, y], 0, 40) == 0
    assert done.stdout == f"0 {y.tobytes().hex()}\n", done.stderr


def test_every_kernel_is_known_where_all_modules_are_imported():
    """What a worker does before it compiles: a kernel's own module need not be the one that makes it."""
    code = (
        "import json, sys, os\n"
        "os.environ.update(FASTNN_KERNELS='python')\n"
        "from fastnn.core import jit\nfrom fastnn.kernels import cpu\ncpu.load()\n"
        "print(json.dumps(sorted(jit.KERNELS)))"
    )
    done = run(code)
    assert json.loads(done.stdout) == sorted(json.loads((pack.FOLDER / "pack.json").read_text())["kernels"])


@pytest.mark.parametrize("where", ["build", "setup"])
def test_a_missing_compiler_is_one_line_before_anything_is_compiled(tmp_path, where):
    code = BUILD.format(only=FEW)
    if where == "setup":
        if not (ROOT / "setup.py").exists():
            pytest.skip("the sources are elsewhere")
        code = f"import runpy, sys\nsys.argv = ['setup.py', 'build']\nrunpy.run_path({str(ROOT / 'setup.py')!r})"
    cache = tmp_path / "cache"
    done = run(code, tmp_path / "out", FASTNN_CACHE=str(cache), CC="no-such-compiler -O1")
    assert done.returncode != 0
    (said,) = done.stderr.splitlines()
    assert said.startswith("fastnn is compiled when it is installed, and the C compiler no-such-compiler was not found")
    assert ("apt install" if platform.system() == "Linux" else "nstall") in said and "CC" in said
    assert not list(tmp_path.rglob("*.o"))


def test_kernels_for_cuda_without_what_compiles_them_are_one_line(tmp_path):
    code = (
        "import sys\nfrom fastnn.kernels import build, compiler\ncompiler._importable = lambda module: False\n"
        "build.main(['--out', sys.argv[1], '--levels', 'host,cuda'])"
    )
    done = run(code, tmp_path / "out", FASTNN_CACHE=str(tmp_path / "cache"))
    assert done.returncode != 0
    (said,) = done.stderr.splitlines()
    assert said == (
        'compiling kernels for CUDA needs numba-cuda and cuda-bindings: pip install "fastnn-engine[cuda-jit]"'
    )
    assert not list(tmp_path.rglob("*.o")), "said before minutes of compiling"


LEVELS = """
import json, pathlib, sys
from fastnn.kernels import build
from fastnn.runtime import stale
folder = pathlib.Path(sys.argv[1])
for file in ("host.so", "cuda.json"):
    (folder / file).write_text("")
sources = stale.snapshot()
found = []
for change in ({}, {"kernels/cpu/gone.py": [1, 2, "3"]}):
    index = {"abi": build.lower.ABI, "sources": {**sources, **change}, "kernels": [],
             "levels": {"host": {"file": "host.so"}, "gone": {"file": "gone.so"}, "cuda": {"file": "cuda.json"}}}
    (folder / "pack.json").write_text(json.dumps(index))
    found.append(sorted(build.fresh(folder)["levels"]))
print(json.dumps([found, build.levels_of("x86-64-v3,cuda,cuda"), build.levels_of("cuda")]))
"""


def test_the_level_of_devices_stays_when_that_of_the_cpu_is_built_again(tmp_path):
    """It says itself what it was built from."""
    done = run(LEVELS, tmp_path)
    assert json.loads(done.stdout) == [[["cuda", "host"], ["cuda"]], ["x86-64-v3", "cuda"], ["cuda"]], done.stderr
