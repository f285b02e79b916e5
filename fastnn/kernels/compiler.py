"""The C compiler: it compiles the executor, and links kernel packs for this machine and others.

`setup.py` asks here before anything is compiled, so nothing but the standard library is imported.
"""

import importlib.util
import os
import platform
import shlex
import shutil
import sys
import sysconfig

INSTALL = {
    "linux": "`apt install gcc libc6-dev` (Debian, Ubuntu), `dnf install gcc` (Fedora), `apk add build-base` (Alpine)",
    "darwin": "`xcode-select --install`",
    "win32": "LLVM with `winget install LLVM.LLVM`",
}
HEADERS = {
    "linux": "`apt install python3-dev` (Debian, Ubuntu), `dnf install python3-devel` (Fedora), `apk add python3-dev`"
}

CUDA = {"numba_cuda": "numba-cuda", "cuda.bindings.nvjitlink": "cuda-bindings"}  # module -> distribution
CUDA_INSTALL = 'pip install "fastnn-engine[cuda-jit]"'


def host():
    """Return the architecture of this machine: "x86_64", "aarch64", or what the system calls another.

    >>> host() == host().lower()
    True
    """
    return platform.machine().lower().replace("arm64", "aarch64").replace("amd64", "x86_64")


def words():
    """Return the words of this machine's C compiler: CC, else what Python was built with where it is there, else cc.

    >>> len(words()) > 0
    True
    """
    asked = os.environ.get("CC")
    if asked:
        return shlex.split(asked)
    if sys.platform == "win32":  # clang takes the flags of gcc, and makes what Microsoft's linker takes
        return ["clang"]
    built = shlex.split(sysconfig.get_config_var("CC") or "cc")
    return built if shutil.which(built[0]) else ["cc"]  # Python may come from a machine with another compiler


def require(headers=False):
    """Return the words of this machine's C compiler; SystemExit, in one line, where there is none.

    headers: whether Python's own headers are needed too.
    """
    found = words()
    if shutil.which(found[0]) is None:
        raise SystemExit(
            f"fastnn is compiled when it is installed, and the C compiler {found[0]} was not found. Install one: "
            f"{INSTALL.get(sys.platform, 'gcc or clang')}; or name yours in the environment variable CC."
        )
    include = sysconfig.get_path("include")
    if headers and not os.path.exists(os.path.join(include, "Python.h")):
        raise SystemExit(
            f"fastnn is compiled when it is installed, and Python's headers were not found (no Python.h in {include}). "
            f"Install them: {HEADERS.get(sys.platform, 'a Python that has them')}."
        )
    return found


def require_cuda():
    """SystemExit, in one line, where the packages that compile kernels for CUDA devices are not installed."""
    missing = [distribution for module, distribution in CUDA.items() if not _importable(module)]
    if missing:
        raise SystemExit(f"compiling kernels for CUDA needs {' and '.join(missing)}: {CUDA_INSTALL}")


def _importable(module):
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # of the package that it is in
        return False


def linker(machine):
    """Return the command that links shared libraries for `machine` ("x86_64" or "aarch64"), a list of words.

    For this machine its C compiler. For another one FASTNN_CC_<MACHINE> in the environment
    (FASTNN_CC_AARCH64="aarch64-linux-gnu-gcc"), else that compiler where it is installed, else `ziglang` where it is,
    else clang with lld. Raises SystemExit, naming these, where there is none.

    >>> isinstance(linker(host()), list)
    True
    """
    if machine == host():
        return require()
    variable, target = f"FASTNN_CC_{machine.upper()}", f"{machine}-linux-gnu"
    if os.environ.get(variable):
        return shlex.split(os.environ[variable])
    if shutil.which(f"{target}-gcc"):
        return [f"{target}-gcc"]
    if importlib.util.find_spec("ziglang"):
        return [sys.executable, "-m", "ziglang", "cc", "-target", target]
    if shutil.which("clang") and shutil.which("ld.lld"):
        return ["clang", f"--target={target}", "-fuse-ld=lld"]
    raise SystemExit(
        f"linking a kernel pack for {machine} on {host()} needs a cross compiler: {variable} is not set, "
        f"and neither {target}-gcc nor clang with ld.lld nor the package ziglang is installed. Install "
        "one of them (`pip install ziglang` is enough), or build on the other machine."
    )
