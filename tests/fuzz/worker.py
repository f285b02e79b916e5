"""The process that runs cases, one after the other; its parent ends it where one takes too long."""

from __future__ import annotations

import json
import math
import os
import resource
import sys
import tempfile
import time

from fastnn.core import allowance

from .formats import FORMATS, Wrong

ROOM = 64 << 20  # bytes that a case may take besides twice its own
_FORBIDDEN = ("os.system", "os.exec", "os.posix_spawn", "os.fork", "subprocess.Popen", "socket.connect",
              "socket.getaddrinfo", "pickle.find_class", "shutil.rmtree", "urllib.Request")  # fmt: skip


class Watch:
    """Notes what a case touches besides its own file.  folder: where that lies."""

    def __init__(self, folder):
        self.folder, self.on, self.seen = folder, False, []
        self.good = tuple(
            os.path.realpath(p)
            for p in (folder, sys.prefix, sys.base_prefix, os.path.dirname(os.__file__), *sys.path[:3])
        )
        sys.addaudithook(self.hook)

    def hook(self, event, arguments):
        """Called for every event of the interpreter."""
        if not self.on:
            return
        if event in _FORBIDDEN:
            self.seen.append(event)
        elif event == "open" and isinstance(arguments[0], (str, bytes)):
            path = os.path.realpath(os.fsdecode(arguments[0]))
            if not path.startswith(self.good):
                self.seen.append(f"open {path}")


def resident():
    """Bytes of memory that are in use now, or at most so far where the system does not say."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return peak()


def peak():
    """The most memory that was in use, in bytes.

    The kernel's own mark is of this program; the one that `getrusage` gives begins with the parent's.
    """
    try:
        with open("/proc/self/status", encoding="ascii") as file:
            mark = next((line for line in file if line.startswith("VmHWM:")), None)
    except OSError:
        mark = None
    if mark is not None:
        return int(mark.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


class Weights:
    """Counts the bytes of the variables that are made: a config without weights implies those that it describes."""

    def __init__(self):
        self.nbytes, self.spend = 0, allowance.spend
        allowance.spend = self

    def __call__(self, shape, itemsize):
        self.nbytes += math.prod(shape) * itemsize
        self.spend(shape, itemsize)


def say(line):
    """A line of JSON to the parent."""
    sys.stdout.write(f"{json.dumps(line)}\n")
    sys.stdout.flush()


def main(name, start, first, last, keep):
    """Run the cases first ... last - 1 of a format; one line of JSON before and after each."""
    with tempfile.TemporaryDirectory() as folder:
        made = FORMATS[name]()
        made.learn(folder)
        watch, weights = Watch(folder), Weights()
        say({"ready": True})
        for i in range(first, last):
            case = made.case(start, i)
            say({"at": i, "bytes": len(case.data), "what": f"{case.seed.name}: {case.what}"})
            outcome, reason, before, began = None, None, resident(), time.perf_counter()
            watch.on, watch.seen[:], weights.nbytes = True, [], 0
            try:
                outcome = made.check(case, folder)
            except Wrong as error:
                reason = str(error)
            watch.on = False
            took, used = time.perf_counter() - began, peak() - before
            if reason is None and watch.seen:
                reason = f"touches {watch.seen[:3]}"
            implied = len(case.data) + (weights.nbytes if made.describes else 0)
            if reason is None and used > ROOM + 2 * implied and peak() > main.peak:
                reason = f"takes {used >> 20} MB for a file of {len(case.data)} bytes"
            main.peak = peak()
            if keep and reason is not None:
                with open(os.path.join(keep, f"{name}-{start}-{i}{made.ending}"), "wb") as file:
                    file.write(case.data)
            say({"done": i, "outcome": outcome, "wrong": reason, "seconds": took})


main.peak = 0
