"""How many threads a tape is walked by."""

import ctypes
import functools
import os
import pathlib
import sys
from types import ModuleType

import fastnn
from fastnn.core import config
from fastnn.runtime import extension

MOST = 256  # threads of a run


def _quota(root: str = "/sys/fs/cgroup", membership: str = "/proc/self/cgroup") -> float | None:
    """Cores that the control group of this process may use, a float, or None without a limit (cgroup v2 and v1)."""
    limits = []
    try:
        lines = pathlib.Path(membership).read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    for line in lines:
        _, controllers, group = line.split(":", 2)
        if controllers == "":  # v2: "quota period", also of every group above
            base, files = pathlib.Path(root), ["cpu.max"]
        elif "cpu" in controllers.split(","):  # v1
            base, files = pathlib.Path(root, "cpu"), ["cpu.cfs_quota_us", "cpu.cfs_period_us"]
        else:
            continue
        parts = pathlib.PurePosixPath(group).parts[1:]
        for depth in range(len(parts), -1, -1):
            folder = base.joinpath(*parts[:depth])
            try:
                words = " ".join((folder / f).read_text(encoding="ascii") for f in files).split()
                if len(words) == 2 and words[0] not in ("max", "-1"):
                    limits.append(int(words[0]) / int(words[1]))
            except (OSError, ValueError, ZeroDivisionError):  # not there: no limit at this level
                continue
    return min(limits, default=None)


def affinity() -> int:
    """Return the number of cores that the system lets this process run on.

    >>> affinity() >= 1
    True
    """
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def quota() -> float | None:
    """Return the cores, a float, that the quota of this process's control group comes to; None without one.

    >>> quota() is None or quota() > 0
    True
    """
    return _quota() if sys.platform == "linux" else None


def usable_cores() -> int:
    """Return the cores this process may use: its affinity, cut by the quota of its control group.

    >>> usable_cores() >= 1
    True
    """
    limit = quota()
    return affinity() if limit is None else max(1, min(affinity(), int(limit + 0.5)))


_cores = None


def default() -> tuple[int, str]:
    """Return (number, where it comes from) of threads where nothing was set: OMP_NUM_THREADS, else the usable cores.

    OMP_NUM_THREADS may be a list ("4,2": the first counts); a value that is no positive number is ignored. The cores
    are looked up once per process.

    >>> number, source = default()
    >>> number >= 1 and bool(source)
    True
    """
    global _cores
    first = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    if first.isdigit() and int(first) > 0:
        return min(int(first), MOST), "OMP_NUM_THREADS"
    if _cores is None:
        _cores = min(usable_cores(), MOST)
    return _cores, "cores of this process"


def planned() -> tuple[int, bool]:
    """Return (number, whether it was asked for): the threads that a plan made now is laid out for.

    Asked for by `fastnn.config.set_num_threads`, such a number is not limited from outside when the plan runs.

    >>> planned()[0] >= 1
    True
    """
    register()
    chosen = config.num_threads()
    return (default()[0], False) if chosen is None else (chosen, True)


def get_num_threads() -> int:
    """Return how many threads a plan would run with now.

    What `fastnn.config.set_num_threads` says; else OMP_NUM_THREADS or the usable cores (see `default`), but no more
    than a limit that was set through threadpoolctl.

    >>> from fastnn.core import config
    >>> config.set_num_threads(3)
    >>> get_num_threads()
    3
    >>> config.set_num_threads(None)
    """
    number, asked = planned()
    return number if asked else min(number, allowed())


def origin() -> str:
    """Return in words where the number of `get_num_threads` comes from.

    >>> isinstance(origin(), str)
    True
    """
    number, asked = planned()
    if asked:
        return "set_num_threads"
    return "threadpoolctl" if allowed() < number else default()[1]


def allowed() -> int:
    """Return how many threads threadpoolctl allows at this moment, 256 where it has set no limit.

    >>> allowed() >= 1
    True
    """
    executor = _executor()
    return MOST if executor is None else executor.thread_limit()


@functools.cache
def _executor() -> ModuleType | None:
    """The compiled executor; None where it was not built: no threads are there to limit."""
    try:
        return extension("executor")
    except ImportError:
        return None


# ------------------------------------------------------------------ threadpoolctl
_registered = False


def register() -> None:
    """Let threadpoolctl, if it is imported, see and limit fastnn's threads as the library "fastnn".

    Called when fastnn is imported, when a name of it is used for the first time and whenever a plan is made, so there
    is nothing to do but to import threadpoolctl before fastnn, or with it and before the first model.
    """
    global _registered
    if _registered or "threadpoolctl" not in sys.modules:
        return
    executor = _executor()
    if executor is None:
        return
    file = pathlib.Path(str(executor.__file__)).name.lower()
    from threadpoolctl import LibController
    from threadpoolctl import register as add

    class Controller(LibController):  # type: ignore[misc]  # threadpoolctl has no types
        """fastnn's executor: a limit of its own, that OMP_NUM_THREADS and the cores give way to."""

        user_api = internal_api = "fastnn"
        filename_prefixes = (file,)
        check_symbols = ("fastnn_thread_limit",)

        def get_num_threads(self) -> int:
            """The limit as it is; `fastnn.config.set_num_threads`, where it was called, says what plans run with."""
            return min(default()[0], allowed())

        def set_num_threads(self, num_threads: int) -> None:
            """Limit all plans but those that `fastnn.config.set_num_threads` asked a number for."""
            limit = ctypes.c_int.in_dll(self.dynlib, "fastnn_thread_limit")
            limit.value = MOST if num_threads >= default()[0] else max(1, int(num_threads))

        def set_additional_attributes(self) -> None:
            """Show what `fastnn.config.set_num_threads` has asked for, or None."""
            self.set_by_config = config.num_threads()

        def get_version(self) -> str:
            """fastnn's version."""
            return fastnn.__version__

    add(Controller)
    _registered = True
