"""Builds the Cython executor, and the kernel pack of this machine's instruction set into the wheel.

`python setup.py build_ext --inplace` builds the executor beside the sources, for development; the kernel pack is then
built by `python -m fastnn.kernels.build`. `pip install .` builds the host's level only; FASTNN_LEVELS in the
environment names others: `FASTNN_LEVELS=all pip wheel .` builds a wheel for every CPU of this architecture,
`FASTNN_LEVELS=host,cuda pip install .` kernels for CUDA devices as well, with no device at hand.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tomllib

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_py import build_py

ROOT = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))
from fastnn.kernels import compiler  # noqa: E402 - the standard library only

LEVELS = os.environ.get("FASTNN_LEVELS", "").split(",")
COMPILING = {"build", "build_ext", "build_py", "bdist_wheel", "editable_wheel", "develop", "install"}
if COMPILING & set(sys.argv):  # first of all, not after minutes
    compiler.require(headers=True)
SOURCES = "src_cython"  # mirrors the package; the path follows from the module's name
THREADS = [] if sys.platform == "win32" else ["-pthread"]
MODULES = ["fastnn.runtime.executor", "fastnn.runtime.order"]


def extension(module):
    """The Extension of one Cython module."""
    path = os.path.join(SOURCES, *module.split("."))
    # No -march: the executor is scalar glue that must run on every CPU. Kernels come from the pack.
    return Extension(
        module,
        [path + ".pyx"],
        include_dirs=[os.path.dirname(path)],
        depends=[
            os.path.join(os.path.dirname(path), name) for name in ("pool.h", "abi.pxd", "walk.pxi", "together.pxi")
        ],
        extra_compile_args=["-O3", "-g0", "-std=gnu11", *THREADS],
        extra_link_args=THREADS,
    )


class BuildWithPack(build_py):
    """build_py that also puts the kernel pack into the built package."""

    def run(self):
        """Copy the Python files, then compile the kernels in a process of its own."""
        if not self.editable_mode:  # a module deleted since the last build must not come back
            shutil.rmtree(os.path.join(self.build_lib, "fastnn"), ignore_errors=True)
        super().run()
        if self.editable_mode:  # the sources are used in place: so is their pack
            target = ROOT / "fastnn" / "kernels" / "pack"
        else:
            target = pathlib.Path(self.build_lib).resolve() / "fastnn" / "kernels" / "pack"
        command = [sys.executable, "-m", "fastnn.kernels.build", "--out", str(target)]  # it reads FASTNN_LEVELS
        # An isolated build finds its requirements through PYTHONPATH: keep it.
        path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": path})


with open(ROOT / "pyproject.toml", "rb") as file:
    EXTRAS = tomllib.load(file)["project"]["optional-dependencies"]

setup(
    setup_requires=EXTRAS["cuda-jit"] if "cuda" in LEVELS else [],  # an isolated build installs these too
    ext_modules=cythonize(
        [extension(m) for m in MODULES], build_dir="build/cython", include_path=[SOURCES], language_level=3
    ),
    cmdclass={"build_py": BuildWithPack},
)
