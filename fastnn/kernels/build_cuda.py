"""Build the level "cuda" of the kernel pack: `python -m fastnn.kernels.build --levels cuda` runs this.

    python -m fastnn.kernels.build_cuda [--out DIR] [--jobs N]

Kernels are compiled in mode "cuda", so it is a program of its own. It writes DIR/cuda-<architecture>-<hash>.zip, one
for each architecture with a file for each kernel, DIR/cuda-<hash>.json, which says how each is launched, and enters the
latter into DIR/pack.json. `fastnn.runtime.cubins` reads them.
"""

import argparse
import gc
import hashlib
import json
import os
import pathlib
import sys
import time
import zipfile

# Before anything imports fastnn.core.jit, for this process and its workers.
os.environ.update(FASTNN_KERNELS="cuda", NUMBA_COLOR_SCHEME="no_color")

from fastnn.kernels import compiler

if __name__ == "__main__":
    compiler.require_cuda()  # in one line, before an import fails

from fastnn.kernels import cpu, cuda, lower, ptx, workers
from fastnn.runtime import stale
from fastnn.runtime.threads import usable_cores

HERE = pathlib.Path(__file__).resolve().parent
MOST_JOBS = 2  # a worker needs about a gigabyte
LEVEL = "cuda"
IMAGES = (*ptx.CUBINS, ptx.NEWER)


def _start():
    """In a new worker: what is imported by now stays."""
    ptx.all_kernels()
    gc.freeze()


def _work(paths, level):
    """Worker: compile kernels; paths: {kernel name: the file of its images}."""
    known = ptx.all_kernels()
    for name, path in paths.items():
        kernel, per = known[name]
        try:
            ptx.make_images(kernel, per, pathlib.Path(path))
        except Exception as error:
            reason = f"{type(error).__name__}: {' '.join(str(error).split())[:2000]}"
            raise RuntimeError(f"kernel {name} of {kernel.module} does not compile for CUDA: {reason}") from None
    return len(paths)


def images(jobs, only=None, say=lambda text: None):
    """Return {kernel name: the file of its images}, compiling what the cache has not; arguments as of `build`."""
    known = {name: made for name, made in ptx.all_kernels().items() if only is None or name in only}
    found = {name: ptx.images_path(*made) for name, made in known.items()}
    missing = [name for name in known if not found[name].exists()]
    if missing:

        def likeness(name):  # helpers are lowered once for each type: a worker that keeps to one does it once
            kernel, per = known[name]
            return per, *(t.__name__ for t in kernel.types[:1]), kernel.module, name

        todo = workers.tasks(found, sorted(missing, key=likeness))
        workers.share(todo, LEVEL, jobs, say, _start, _work)
    return found


def launches(found):
    """{kernel name: how it is launched}: `per`, the `threads` of a block and the bytes that those share."""
    known = ptx.all_kernels()
    out = {}
    for name, path in found.items():
        kernel, per = known[name]
        with zipfile.ZipFile(path) as archive:
            text = archive.read(ptx.NEWER).decode()
        out[name] = {"per": per, "threads": ptx.threads_of(kernel, per), "shared": ptx.shared_bytes(text)}
    return out


def fresh(folder):
    """Return the pack's entry of this level if all of it is there and up to date, else None."""
    try:
        entry = json.loads((folder / "pack.json").read_text(encoding="utf-8"))["levels"][LEVEL]
        index = json.loads((folder / entry["file"]).read_text(encoding="utf-8"))
        there = all((folder / image["file"]).exists() for image in index["images"].values())
        same = index["abi"] == lower.ABI and not stale.changed(index["sources"], stale.DEVICE)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # none, or not ours
        return None
    return entry if there and same else None


def build(folder, jobs=None, say=lambda text: None, only=None):
    """Build the level into `folder`, a pack's; return its entry in pack.json.

    jobs: worker processes, two by default; say: called with progress lines; only: names of the kernels that it shall
    have, by default all. Raises SystemExit naming a kernel that fails, or what is not installed.
    """
    ptx.require()
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with workers.alone("lock-cuda"):  # minutes, in which the CPU's kernels may be built
        entry = fresh(folder)
        if entry is not None:
            say("cuda: nothing to do: it is up to date")
            return entry
        jobs = jobs or int(os.environ.get("FASTNN_JOBS", "0")) or min(MOST_JOBS, usable_cores())
        return _build(folder, jobs, say, only)


def _build(folder, jobs, say, only):
    began = time.monotonic()
    # Taken first: an edit during the build makes the level stale, as it is.
    sources = stale.snapshot(lower.files([*cpu.names(), *cuda.names(), ptx.__name__], stale.ROOT), stale.DEVICE)
    found = dict(sorted(images(jobs, only, say).items()))
    index = {"abi": lower.ABI, "sources": sources, "kernels": launches(found), "images": {}}
    for architecture in IMAGES:
        members = {}
        for name, path in found.items():
            with zipfile.ZipFile(path) as archive:
                members[name] = archive.read(architecture)
        file, data = _named(f"cuda-{architecture}", ptx.packed(members), ".zip")
        lower.write(folder / file, data)
        index["images"][architecture] = {"file": file, "bytes": len(data)}
        say(f"{file}: {len(members)} kernels, {len(data) / 1024:.0f} KiB")
    file, data = _named("cuda", json.dumps(index, indent=1).encode(), ".json")
    lower.write(folder / file, data)
    total = len(data) + sum(image["bytes"] for image in index["images"].values())
    entry = {"rank": 0, "file": file, "bytes": total}
    _enter(folder, entry)
    kept = {folder / file, *(folder / image["file"] for image in index["images"].values())}
    for old in {*folder.glob("cuda-*.zip"), *folder.glob("cuda-*.json")} - kept:
        old.unlink(missing_ok=True)
    say(f"cuda: built in {time.monotonic() - began:.1f} s")
    return entry


def _named(start, data, suffix):
    """A file's name, new when its content is, and the content."""
    return f"{start}-{hashlib.sha256(data).hexdigest()[:12]}{suffix}", data


def _enter(folder, entry):
    """Put the entry into pack.json; the CPU's levels there stay as they are."""
    try:
        index = json.loads((folder / "pack.json").read_text(encoding="utf-8"))
        index["levels"][LEVEL] = entry
    except (OSError, ValueError, KeyError, TypeError):  # no pack yet, or none of ours: the CPU's part is to be built
        index = {"abi": lower.ABI, "sources": {}, "kernels": [], "levels": {LEVEL: entry}}
    lower.write(folder / "pack.json", json.dumps(index, indent=1).encode())


def main(arguments=None):
    """The command line; see the module's text."""
    parser = argparse.ArgumentParser(prog="python -m fastnn.kernels.build_cuda", description=__doc__.splitlines()[0])
    parser.add_argument("--out", default=str(HERE / "pack"), help="folder to write to")
    parser.add_argument("--jobs", type=int, help="worker processes; default: 2")
    parser.add_argument("--only", help="comma-separated names of kernels; default: all")
    options = parser.parse_args(arguments)
    only = options.only.split(",") if options.only else None
    build(options.out, options.jobs, lambda text: sys.stdout.write(text + "\n") and sys.stdout.flush(), only)


if __name__ == "__main__":
    main()
