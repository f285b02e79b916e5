"""Runs cases in child processes, and collects what they say."""

from __future__ import annotations

import collections
import dataclasses
import json
import os
import selectors
import subprocess
import sys
import time

import fastnn

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SECONDS, PER_MEGABYTE = 5.0, 5.0  # that a case may take
START = 120.0  # that a process may take to make its seeds
MEMORY = 2 << 30  # that a process may ask for, besides what it has mapped when it starts
_CHILD = """
import sys
sys.path[:0] = {paths!r}
import resource
from {package} import worker
with open("/proc/self/statm") if sys.platform == "linux" else open({null!r}) as file:
    size = int((file.read().split() or [0])[0]) * resource.getpagesize()
limit = size + {memory}
if sys.platform == "linux":
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
worker.main(*{arguments!r})
"""


@dataclasses.dataclass
class Report:
    """What came of the cases of one format."""

    name: str
    outcomes: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    wrong: list = dataclasses.field(default_factory=list)  # (number, change, reason)
    slowest: float = 0.0
    seconds: float = 0.0

    def __str__(self):
        kinds = ", ".join(f"{n} {kind}" for kind, n in sorted(self.outcomes.items()))
        count = sum(self.outcomes.values())
        return f"{self.name}: {count} cases in {self.seconds:.0f} s: {kinds}; slowest {self.slowest:.2f} s"


def child(name, start, first, last, keep):
    """A process that runs cases."""
    code = _CHILD.format(
        paths=[HERE, os.path.dirname(os.path.dirname(os.path.abspath(fastnn.__file__)))],
        package=__package__.rpartition(".")[2],
        null=os.devnull,
        memory=MEMORY,
        arguments=(name, start, first, last, keep),
    )
    return subprocess.Popen([sys.executable, "-W", "ignore", "-c", code], stdout=subprocess.PIPE)


class Lines:
    """Lines of a process, each waited for no longer than it may take."""

    def __init__(self, process):
        self.pipe, self.selector, self.rest = process.stdout.fileno(), selectors.DefaultSelector(), b""
        self.selector.register(self.pipe, selectors.EVENT_READ)

    def next(self, seconds):
        """The next line as a dict; None at the end; TimeoutError if none comes in time."""
        end = time.monotonic() + seconds
        while b"\n" not in self.rest:
            if not self.selector.select(max(0, end - time.monotonic())):
                raise TimeoutError
            new = os.read(self.pipe, 1 << 16)
            if not new:
                return None
            self.rest += new
        line, _, self.rest = self.rest.partition(b"\n")
        return json.loads(line)


def run(name, count, start=0, first=0, keep=None, say=lambda text: None):
    """A Report on `count` cases of a format."""
    report, at, end, began = Report(name), first, first + count, time.perf_counter()
    while at < end:
        process = child(name, start, at, end, keep)
        now, what, limit = None, "", START
        try:
            lines = Lines(process)
            while (line := lines.next(limit)) is not None:
                if "at" in line:
                    now, what = line["at"], line["what"]
                    limit = SECONDS + PER_MEGABYTE * line["bytes"] / 2**20
                elif "done" in line:
                    at, now = line["done"] + 1, None
                    report.slowest = max(report.slowest, line["seconds"])
                    report.outcomes["wrong" if line["wrong"] else line["outcome"]] += 1
                    if line["wrong"]:
                        report.wrong.append((line["done"], what, line["wrong"]))
                        say(f"{name}:{line['done']} ({what}): {line['wrong']}")
            process.wait()
            reason = f"the process ends with {process.returncode}"
        except TimeoutError:
            reason = f"takes more than {limit:.0f} s"
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
        if at < end:
            if now is None:
                raise RuntimeError(f"{name}: the process of case {at} {reason} outside of a case")
            report.outcomes["wrong"] += 1
            report.wrong.append((now, what, reason))
            say(f"{name}:{now} ({what}): {reason}")
            at = now + 1
    report.seconds = time.perf_counter() - began
    return report
