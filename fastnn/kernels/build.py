"""Build the kernel pack: all CPU kernels, compiled ahead of time into one shared library per instruction-set level.

    python -m fastnn.kernels.build [--out DIR] [--levels x86-64-v3,x86-64-v4] [--jobs N]

writes DIR/<level>-<hash>.so and DIR/pack.json, by default into the package itself, where `fastnn.runtime.pack` looks.
Levels: names, "host" (the default), "all" (what a wheel for this architecture needs) or "cuda" (for devices, see
`fastnn.kernels.build_cuda`); FASTNN_LEVELS in the environment says the same. Levels that are in DIR already and up to
date stay. Only kernels that an edit changed are compiled again. Needs Numba, and a C compiler to link; for a level of
another architecture a cross compiler (see `fastnn.kernels.compiler`), for "cuda" the extra `cuda-jit`. What it makes
needs none of them.
"""

import argparse
import gc
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import time

# Before anything imports fastnn.core.jit or Numba, for this process and its workers: the sources have to be Numba's
# whatever mode the caller is in, Numba's own optimiser stays off, and what only calls from Python need is left out.
os.environ.update(FASTNN_KERNELS="jit", FASTNN_BUILDING="1", NUMBA_OPT="0", NUMBA_COLOR_SCHEME="no_color")

from fastnn.core import isa, jit
from fastnn.kernels import compiler, cpu, lower, workers
from fastnn.runtime import stale
from fastnn.runtime.threads import usable_cores

HERE = pathlib.Path(__file__).resolve().parent
SHIPPED = ("x86-64-v2", "x86-64-v3", "x86-64-v4", "aarch64")  # what "all" chooses from
CUDA = "cuda"  # a level of devices, which fastnn.kernels.build_cuda makes
# Symbols of Python and of Numba's runtime that may be left in error paths that are never taken.
STUBS = ("NRT_", "numba_", "Py", "_Py")


def _start():
    """In a new worker: what is imported by now stays, and looking for garbage in it took a tenth of the time."""
    cpu.load()  # all: a kernel may be made by a function of its module that another module calls
    gc.freeze()
    gc.set_threshold(200_000, 20, 1000)


def _work(paths, level):
    """Worker: compile kernels for one level; paths: {kernel name: its object file}."""
    for name, path in paths.items():
        kernel = jit.KERNELS[name]
        try:
            lower.object_of(kernel, level, pathlib.Path(path))
        except Exception as error:
            reason = f"{type(error).__name__}: {str(error)[:2000]}"
            raise RuntimeError(f"kernel {name} of {kernel.module} does not compile: {reason}") from None
    return len(paths)


def objects(level, jobs, only=None, say=lambda text: None):
    """Return {kernel name: path of its object file for `level`}, compiling what the cache has not.

    only: the names wanted, by default all; say: called with a line for each tenth of what there is to compile.
    """
    cpu.load()
    found, missing = {}, []
    for k in jit.KERNELS.values():
        if k.module.startswith(cpu.__name__ + ".") and (only is None or k.name in only):
            path = found[k.name] = lower.object_path(k, level)
            if not path.exists():
                missing.append((*(t.__name__ for t in k.types[:1]), k.module, k.name))
    if not found:
        raise SystemExit(f"no kernels are defined in {cpu.__name__}")
    if missing:
        os.environ["FASTNN_LEVEL"] = level  # for the workers: one process generates code for one level
        # by type: helpers are lowered once for each type, and a worker that keeps to one type lowers them once
        names = [name for *_, name in sorted(missing)]
        workers.share(workers.tasks(found, names), level, jobs, say, _start, _work)
    return found


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


def fresh(folder):
    """Return the index of the pack in `folder` if it was built from the sources as they are now, else an empty one.

    Its levels are those whose files are there. That of devices says itself what it was built from: it stays.
    """
    try:
        index = json.loads((folder / "pack.json").read_text(encoding="utf-8"))
        there = {level: entry for level, entry in index["levels"].items() if (folder / entry["file"]).exists()}
        if index["abi"] == lower.ABI and not stale.changed(index["sources"]):
            return {**index, "levels": there}
        return {"levels": {level: entry for level, entry in there.items() if level == CUDA}}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # none, or not ours: all is to be built
        return {"levels": {}}


def levels_of(text):
    """Return the levels that a comma-separated text names: names of `lower.LEVELS`, "host", "all", "cuda".

    "all" is every level of the host's architecture that kernels are shipped for: SSE4.2, AVX2 and AVX-512, or NEON.
    Raises SystemExit for another name.

    >>> levels_of("x86-64-v4,x86-64-v3,x86-64-v4")
    ['x86-64-v4', 'x86-64-v3']
    """
    out = []
    for name in (text or "host").split(","):
        if name == CUDA:
            out.append(CUDA)
            continue
        host = isa.level()
        several = SHIPPED if name == "all" else [host] if name == "host" else [name]
        for level in several:
            if level not in lower.LEVELS:
                raise SystemExit(
                    f"unknown level {level!r}; expected host, all, cuda, or names of {', '.join(lower.LEVELS)}"
                )
            if name != "all" or lower.LEVELS[level][1] == lower.LEVELS[host][1]:
                out.append(level)
    return list(dict.fromkeys(out))


def build(folder, levels=None, jobs=None, say=lambda text: None, only=None):
    """Build the pack of all kernels into `folder`; return its index (what pack.json holds).

    levels: names from `lower.LEVELS` and "cuda", by default what FASTNN_LEVELS says, else the host's own; jobs: worker
    processes, by default one per usable core, eight at most; say: called with progress lines; only: names of the
    kernels that the pack shall have, by default all. Raises SystemExit naming a kernel that fails, or what is missing.
    """
    folder = pathlib.Path(folder)
    levels = list(dict.fromkeys(levels or levels_of(os.environ.get("FASTNN_LEVELS"))))
    # before minutes of compiling
    commands = {level: compiler.linker(lower.LEVELS[level][1]) for level in levels if level != CUDA}
    if CUDA in levels:
        compiler.require_cuda()
    folder.mkdir(parents=True, exist_ok=True)
    if commands:
        _build_cpu(folder, commands, jobs, say, only)
    if CUDA in levels:
        _build_cuda(folder, jobs, only)
    return json.loads((folder / "pack.json").read_text(encoding="utf-8"))


def _build_cpu(folder, commands, jobs, say, only):
    """The levels of CPUs; commands: {level: the words of its linker's command}."""
    with workers.alone():
        there = fresh(folder)
        if not set(commands) - set(there["levels"]):
            say("nothing to do: the pack is up to date")
            return
        jobs = jobs or int(os.environ.get("FASTNN_JOBS", "0")) or min(8, usable_cores())
        _build(folder, commands, there["levels"], jobs, say, only)


def _build_cuda(folder, jobs, only):
    """The level of devices, in a process of its own: there sources are CUDA's from the start. It says how far it is."""
    command = [sys.executable, "-m", "fastnn.kernels.build_cuda", "--out", str(folder)]
    command += ["--jobs", str(jobs)] * bool(jobs) + ["--only", ",".join(only or ())] * bool(only)
    path = os.pathsep.join([str(HERE.parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])])
    if subprocess.run(command, env={**os.environ, "PYTHONPATH": path}).returncode:
        raise SystemExit("the kernels for CUDA were not built")


def _build(folder, commands, there, jobs, say, only):
    began = time.monotonic()
    # Taken first: an edit during the build makes the pack stale, as it is.
    before = stale.snapshot(lower.files(cpu.names(), stale.ROOT))
    found = {level: objects(level, jobs, only, say) for level in commands}
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
    for level in lower.LEVELS.keys() & index["levels"].keys():  # last: who reads this may be gone by now
        entry = index["levels"][level]
        say(f"{entry['file']}: {len(names)} kernels, {entry['bytes'] / 1024:.0f} KiB")
    say(f"built in {time.monotonic() - began:.1f} s")


def main(arguments=None):
    """The command line; see the module's text."""
    parser = argparse.ArgumentParser(prog="python -m fastnn.kernels.build", description=__doc__.splitlines()[0])
    parser.add_argument("--out", default=str(HERE / "pack"), help="folder to write to")
    parser.add_argument("--levels", help="comma-separated names, host, all or cuda; default: FASTNN_LEVELS, else host")
    parser.add_argument("--jobs", type=int, help="worker processes; default: one per core, at most 8")
    options = parser.parse_args(arguments)
    build(
        options.out,
        levels_of(options.levels) if options.levels else None,
        options.jobs,
        lambda text: print(text, flush=True),
    )


if __name__ == "__main__":
    main()
