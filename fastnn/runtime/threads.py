"""How many threads a tape is walked by."""
import os
import pathlib
import sys

from fastnn.core import config


def _quota(root="/sys/fs/cgroup", membership="/proc/self/cgroup"):
    """Cores that the control group of this process may use, a float, or None without a limit (cgroup v2 and v1)."""
    limits = []
    try:
        lines = pathlib.Path(membership).read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    for line in lines:
        _, controllers, group = line.split(":", 2)
        if controllers == "":                                   # v2: "quota period", also of every group above
            base, files = pathlib.Path(root), ("cpu.max",)
        elif "cpu" in controllers.split(","):                   # v1
            base, files = pathlib.Path(root, "cpu"), ("cpu.cfs_quota_us", "cpu.cfs_period_us")
        else:
            continue
        parts = pathlib.PurePosixPath(group).parts[1:]
        for depth in range(len(parts), -1, -1):
            folder = base.joinpath(*parts[:depth])
            try:
                words = " ".join((folder / f).read_text(encoding="ascii") for f in files).split()
                if len(words) == 2 and words[0] not in ("max", "-1"):
                    limits.append(int(words[0]) / int(words[1]))
            except (OSError, ValueError, ZeroDivisionError):    # not there: no limit at this level
                continue
    return min(limits, default=None)


def usable_cores():
    """Return the cores this process may use: its affinity, cut by the quota of its control group.

    >>> usable_cores() >= 1
    True
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _quota() if sys.platform == "linux" else None
    return cores if quota is None else max(1, min(cores, int(quota + 0.5)))


_cores = None


def get_num_threads():
    """Return how many threads to run with: `fastnn.config.set_num_threads`, else OMP_NUM_THREADS, else the cores.

    OMP_NUM_THREADS may be a list ("4,2": the first counts); a value that is no positive number is ignored. The cores
    are looked up once per process.

    >>> from fastnn.core import config
    >>> config.set_num_threads(3)
    >>> get_num_threads()
    3
    >>> config.set_num_threads(None)
    """
    global _cores
    chosen = config.num_threads()
    if chosen is not None:
        return chosen
    first = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    if first.isdigit() and int(first) > 0:
        return min(int(first), 256)
    if _cores is None:
        _cores = min(usable_cores(), 256)
    return _cores
