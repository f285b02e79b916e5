"""Levels of instruction sets: what each needs of a CPU, and the best one that this CPU runs.

Whoever makes kernels asks here, through LLVM. Whoever only loads them has no LLVM: `cpu_level` in
src_cython/fastnn/runtime/pool.h states the same conditions for the compiler's builtins. A test compares the two.
"""

import os
import platform
from collections.abc import Mapping
from functools import cache

# level -> the features that it takes, best level first
NEEDS = {
    "x86-64-v4": ("avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"),
    "x86-64-v3": ("avx2", "fma", "bmi2"),
    "x86-64-v2": ("sse4.2",),
}
LEVELS = (*NEEDS, "aarch64")


def best(has: Mapping[str, bool]) -> str:
    """Return the best x86-64 level of a CPU, or "" where it runs none.

    has: whether the CPU has a feature, by LLVM's name.

    >>> best({"sse4.2": True, "avx2": True, "fma": True, "bmi2": True})
    'x86-64-v3'
    """
    return next((level for level, needs in NEEDS.items() if all(has.get(f) for f in needs)), "")


@cache
def own_level() -> str:
    """Return the best level that this CPU runs, or "" where fastnn has none for it.

    >>> own_level() in ("", *LEVELS)
    True
    """
    import llvmlite.binding as ll

    return "aarch64" if platform.machine().lower() in ("aarch64", "arm64") else best(ll.get_host_cpu_features())


@cache
def level() -> str:
    """Return the level that this process makes kernels for: `FASTNN_LEVEL`, else the best one of this CPU.

    Raises ValueError for an unknown name, RuntimeError for a CPU without a level.

    >>> level() in LEVELS
    True
    """
    name = os.environ.get("FASTNN_LEVEL")
    if name and name not in LEVELS:
        raise ValueError(f"FASTNN_LEVEL={name!r}; expected one of {', '.join(LEVELS)}")
    if not (name or own_level()):
        raise RuntimeError("this CPU has no SSE4.2; fastnn's kernels need at least x86-64-v2")
    return name or own_level()
