"""Build the kernel pack: all CPU kernels, compiled ahead of time into one shared library per instruction-set level.

    python -m fastnn.kernels.build [--out DIR] [--levels x86-64-v3,x86-64-v4] [--jobs N]

writes DIR/<level>-<hash>.so and DIR/pack.json, by default into the package itself, where `fastnn.runtime.pack` looks.
Levels: names, "host" (the default) or "all" (what a wheel for this architecture needs); FASTNN_LEVELS in the
environment says the same. Levels that are in DIR already and up to date stay. Only kernels that an edit changed are
compiled again. Needs Numba, and a C compiler to link; for a level of another architecture a cross compiler (see
`linker`). What it makes needs none of them.
"""

import argparse
import concurrent.futures
import contextlib
import hashlib
import importlib
import importlib.util
import json
import multiprocessing
import os
import pathlib
import platform
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import time

# Before anything imports fastnn.core.jit or Numba, for this process and its workers: the sources have to be Numba's
# whatever mode the caller is in, Numba's own optimiser stays off, and what only calls from Python need is left out.
os.environ.update(FASTNN_KERNELS="jit", FASTNN_BUILDING="1", NUMBA_OPT="0", NUMBA_COLOR_SCHEME="no_color")

from fastnn.core import isa, jit
from fastnn.kernels import cpu, lower
from fastnn.runtime import stale
from fastnn.runtime.threads import usable_cores

HERE = pathlib.Path(__file__).resolve().parent
SHIPPED = ("x86-64-v3", "x86-64-v4", "aarch64")  # what "all" chooses from
TASK = 6  # kernels per task of a worker: they share the lowering of their helpers
# Symbols of Python and of Numba's runtime that may be left in error paths that are never taken.
STUBS = ("NRT_", "numba_", "Py", "_Py")


def _work(module, paths, level):
    """Worker: compile kernels of one module for one level; paths: {kernel name: its object file}."""
    importlib.import_module(module)
    for name, path in paths.items():
        try:
            lower.object_of(jit.KERNELS[name], level, pathlib.Path(path))
        except Exception as error:
            reason = f"{type(error).__name__}: {str(error)[:2000]}"
            raise RuntimeError(f"kernel {name} of {module} does not compile: {reason}") from None


def objects(level, jobs, only=None):
    """Return {kernel name: path of its object file for `level`}, compiling what the cache has not.

    only: the names wanted, by default all.
    """
    cpu.load()
    found, tasks = {}, {}
    for k in jit.KERNELS.values():
        if k.module.startswith(cpu.__name__ + ".") and (only is None or k.name in only):
            path = found[k.name] = lower.object_path(k, level)
            if not path.exists():
                tasks.setdefault(k.module, []).append(k.name)
    if not found:
        raise SystemExit(f"no kernels are defined in {cpu.__name__}")
    batches = [
        (module, {n: str(found[n]) for n in names[i : i + TASK]})
        for module, names in tasks.items()
        for i in range(0, len(names), TASK)
    ]
    if not batches:
        return found
    os.environ["FASTNN_LEVEL"] = level  # for the workers: one process generates code for one level
    # spawn: a forked child would share LLVM's state with this process
    with concurrent.futures.ProcessPoolExecutor(min(jobs, len(batches)), multiprocessing.get_context("spawn")) as pool:
        futures = [pool.submit(_work, module, paths, level) for module, paths in batches]
        try:
            for future in concurrent.futures.as_completed(futures):
                future.result()
        except Exception as error:
            pool.shutdown(cancel_futures=True)
            raise SystemExit(str(error)) from error
    return found


def linker(machine):
    """Return the command that links shared libraries for `machine` ("x86_64" or "aarch64"), a list of words.

    For this machine CC, as Python was built with. For another one FASTNN_CC_<MACHINE> in the environment
    (FASTNN_CC_AARCH64="aarch64-linux-gnu-gcc"), else that compiler where it is installed, else `ziglang` where it is,
    else clang with lld. Raises SystemExit, naming these, where there is none.

    >>> isinstance(linker(platform.machine().lower().replace("arm64", "aarch64").replace("amd64", "x86_64")), list)
    True
    """
    here = platform.machine().lower().replace("arm64", "aarch64").replace("amd64", "x86_64")
    if machine == here:
        return shlex.split(os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc")
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
        f"linking a kernel pack for {machine} on {here} needs a cross compiler: {variable} is not set, "
        f"and neither {target}-gcc nor clang with ld.lld nor the package ziglang is installed. Install "
        "one of them (`pip install ziglang` is enough), or build on the other machine."
    )


def link(paths, target, cc):
    """Link object files into the shared library `target`, replaced as a whole; only kernels are visible in it.

    cc: the words of the linker's command.
    """
    work = lower.cache_folder() / "link"
    work.mkdir(exist_ok=True)
    everything, stubs = work / f"{os.getpid()}.rsp", work / f"{os.getpid()}.c"
    out = work / f"{os.getpid()}.so"
    quoted = "\n".join('"{}"'.format(str(p).replace("\\", "\\\\")) for p in paths)
    everything.write_text(quoted + "\n", encoding="utf-8")
    try:
        stubs.write_text("")
        flags = ["-shared", "-fPIC", "-w", "-s", f"@{everything}", str(stubs), "-lm", "-o", str(out)]
        if sys.platform == "linux":
            flags += ["-Wl,-Bsymbolic,--no-undefined,--gc-sections"]
        for _ in range(2):
            done = subprocess.run([*cc, *flags], capture_output=True, text=True)
            if done.returncode == 0:
                break
            names = set(re.findall(r"undefined (?:reference to|symbol:) *[`'\"‘]?(\w+)", done.stderr))
            runtime = sorted(n for n in names if n.startswith(STUBS))
            stubs.write_text("".join(f"long {n}(void) {{ __builtin_trap(); }}\n" for n in runtime))
        else:
            raise SystemExit(f"linking the kernel pack failed: {' '.join(cc)} said\n{done.stderr[-4000:]}")
        lower.write(target, out.read_bytes())
    finally:
        for p in (everything, stubs, out):
            p.unlink(missing_ok=True)


@contextlib.contextmanager
def alone():
    """One build at a time per cache folder: who comes second finds the work done."""
    with open(lower.cache_folder() / "lock", "w") as lock:
        try:
            import fcntl
        except ImportError:  # Windows: two builds at once only do the same work twice
            yield
            return
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield  # closing the file gives the lock back


def fresh(folder):
    """Return the index of the pack in `folder` if it was built from the sources as they are now, else an empty one.

    Its levels are those whose libraries are there.
    """
    try:
        index = json.loads((folder / "pack.json").read_text(encoding="utf-8"))
        if index["abi"] == lower.ABI and not stale.changed(index["sources"]):
            return {
                **index,
                "levels": {
                    level: entry for level, entry in index["levels"].items() if (folder / entry["file"]).exists()
                },
            }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # none, or not ours: all is to be built
        return {"levels": {}}
    return {"levels": {}}


def levels_of(text):
    """Return the levels that a comma-separated text names: names of `lower.LEVELS`, "host", "all".

    "all" is every level of the host's architecture that kernels are shipped for: AVX2 and AVX-512, or NEON. Raises
    SystemExit for another name.

    >>> levels_of("x86-64-v4,x86-64-v3,x86-64-v4")
    ['x86-64-v4', 'x86-64-v3']
    """
    out = []
    for name in (text or "host").split(","):
        host = isa.level()
        several = SHIPPED if name == "all" else [host] if name == "host" else [name]
        for level in several:
            if level not in lower.LEVELS:
                raise SystemExit(f"unknown level {level!r}; expected host, all, or names of {', '.join(lower.LEVELS)}")
            if name != "all" or lower.LEVELS[level][1] == lower.LEVELS[host][1]:
                out.append(level)
    return list(dict.fromkeys(out))


def build(folder, levels=None, jobs=None, say=lambda text: None, only=None):
    """Build the pack of all kernels into `folder`; return its index (what pack.json holds).

    levels: names from `lower.LEVELS`, by default what FASTNN_LEVELS says, else the host's own; jobs: worker processes,
    by default one per usable core, eight at most; say: called with progress lines; only: names of the kernels that the
    pack shall have, by default all. Raises SystemExit naming a kernel that fails, or what linking needs.
    """
    folder = pathlib.Path(folder)
    levels = list(dict.fromkeys(levels or levels_of(os.environ.get("FASTNN_LEVELS"))))
    commands = {level: linker(lower.LEVELS[level][1]) for level in levels}  # before minutes of compiling
    folder.mkdir(parents=True, exist_ok=True)
    with alone():
        there = fresh(folder)
        if not set(levels) - set(there["levels"]):
            say("nothing to do: the pack is up to date")
            return there
        jobs = jobs or int(os.environ.get("FASTNN_JOBS", "0")) or min(8, usable_cores())
        return _build(folder, commands, there["levels"], jobs, say, only)


def _build(folder, commands, there, jobs, say, only):
    began = time.monotonic()
    # Taken first: an edit during the build makes the pack stale, as it is.
    before = stale.snapshot(lower.files(cpu.names(), stale.ROOT))
    found = {level: objects(level, jobs, only) for level in commands}
    names = sorted(next(iter(found.values())))
    index = {"abi": lower.ABI, "sources": before, "kernels": names, "levels": dict(there)}
    for level, command in commands.items():
        paths = [found[level][name] for name in names]
        key = hashlib.sha256("\n".join(p.name for p in paths).encode()).hexdigest()
        target = folder / f"{level}-{key[:12]}.so"  # a new name: pack.json and its library always fit together
        if not target.exists():
            link(paths, target, command)
        index["levels"][level] = {"rank": lower.LEVELS[level][0], "file": target.name, "bytes": target.stat().st_size}
    lower.write(folder / "pack.json", json.dumps(index, indent=1).encode())
    for old in set(folder.glob("*.so")) - {folder / entry["file"] for entry in index["levels"].values()}:
        old.unlink(missing_ok=True)
    for entry in index["levels"].values():  # last: who reads this may be gone by now
        say(f"{entry['file']}: {len(names)} kernels, {entry['bytes'] / 1024:.0f} KiB")
    say(f"built in {time.monotonic() - began:.1f} s")
    return index


def main(arguments=None):
    """The command line; see the module's text."""
    parser = argparse.ArgumentParser(prog="python -m fastnn.kernels.build", description=__doc__.splitlines()[0])
    parser.add_argument("--out", default=str(HERE / "pack"), help="folder to write to")
    parser.add_argument("--levels", help="comma-separated names, host or all; default: FASTNN_LEVELS, else host")
    parser.add_argument("--jobs", type=int, help="worker processes; default: one per core, at most 8")
    options = parser.parse_args(arguments)
    build(options.out, levels_of(options.levels) if options.levels else None, options.jobs, print)


if __name__ == "__main__":
    main()
