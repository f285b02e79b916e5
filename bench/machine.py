"""The machine a benchmark ran on: its name, and what one core can do at most (measured, not looked up)."""

from __future__ import annotations

import ctypes
import datetime
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

# Twelve independent chains of fused multiply-adds in registers: two units of latency 4 or 5 are kept busy.
SOURCE = r"""
#include <time.h>
#if defined(__AVX512F__)
#define BYTES 64
#elif defined(__AVX__)
#define BYTES 32
#else
#define BYTES 16
#endif
#if defined(__aarch64__)
#define KEEP(r) __asm__ volatile("" : "+w"(r));
#else
#define KEEP(r) __asm__ volatile("" : "+v"(r));
#endif
typedef float v __attribute__((vector_size(BYTES)));
static double cpu(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec + 1e-9 * t.tv_nsec;
}
double peak(long n, float *sink) {
    v zero = {0}, x = zero + 0.999f, y = zero + 0.001f;
    v a = zero, b = zero, c = zero, d = zero, e = zero, f = zero, g = zero, h = zero;
    v p = zero, q = zero, r = zero, s = zero;
    double t = cpu();
    for (long i = 0; i < n; i++) {
        a = a*x+y; b = b*x+y; c = c*x+y; d = d*x+y; e = e*x+y; f = f*x+y;
        g = g*x+y; h = h*x+y; p = p*x+y; q = q*x+y; r = r*x+y; s = s*x+y;
        KEEP(a) KEEP(b) KEEP(c) KEEP(d) KEEP(e) KEEP(f) KEEP(g) KEEP(h) KEEP(p) KEEP(q) KEEP(r) KEEP(s)
    }
    t = cpu() - t;
    a += b + c + d + e + f + g + h + p + q + r + s;
    *sink = a[0];
    return 2.0 * 12 * (BYTES / 4) * n / t / 1e9;
}
double stream(long n, double *a, const double *b) {         /* in place: no line is read only to be overwritten */
    double t = cpu();
    for (long i = 0; i < n; i++) a[i] += 0.5 * b[i];
    return 24.0 * n / (cpu() - t) / 1e9;
}
"""


REPEATS = 30  # the clock goes up and down and neighbours come and go: the best is the limit


def measure() -> dict[str, float]:
    """Peak GFLOP/s of one core in float32 and its stream bandwidth in GB/s; empty where there is no C compiler."""
    compiler = os.environ.get("CC") or shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if not compiler:
        return {}
    import numpy as np

    with tempfile.TemporaryDirectory() as folder:
        source, library = Path(folder, "peak.c"), Path(folder, "peak.so")
        source.write_text(SOURCE)
        subprocess.run(
            [
                compiler,
                "-O3",
                "-march=native",
                "-ffp-contract=fast",
                "-shared",
                "-fPIC",
                str(source),
                "-o",
                str(library),
            ],
            check=True,
            capture_output=True,
        )
        code = ctypes.CDLL(str(library))
        code.peak.restype = code.stream.restype = ctypes.c_double
        sink = ctypes.c_float()
        peak = max(code.peak(ctypes.c_long(5_000_000), ctypes.byref(sink)) for _ in range(REPEATS))
        n = 8_000_000
        a, b = np.zeros(n), np.zeros(n)
        a += b  # the pages exist from here on
        address = [ctypes.c_void_p(v.ctypes.data) for v in (a, b)]
        stream = max(code.stream(ctypes.c_long(n), *address) for _ in range(REPEATS // 3))
    return {"peak_gflops": round(peak, 1), "stream_gb_per_s": round(stream, 1)}


def describe() -> dict[str, Any]:
    """CPU, cores, operating system, Python, commit and date of a run."""
    return {"date": datetime.date.today().isoformat(), "cpu": cpu_name(), "cores": len(_cores()),
            "system": f"{platform.system()} {platform.machine()}", "python": platform.python_version(),
            "numpy": __import__("numpy").__version__, "commit": commit(), **measure()}  # fmt: skip


def _cores() -> list[int]:
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def cpu_name() -> str:
    """Vendor, family, model and vector level of the CPU."""
    info: dict[str, str] = {}
    if Path("/proc/cpuinfo").exists():
        for row in Path("/proc/cpuinfo").read_text().splitlines():
            key, _, value = row.partition(":")
            info.setdefault(key.strip(), value.strip())
            if not row:
                break
    flags = info.get("flags", info.get("Features", "")).split()
    level = next((f for f in ("avx512f", "avx2", "sve", "asimd") if f in flags), "")
    name = info.get("model name", platform.processor() or platform.machine())
    if "cpu family" in info:
        name += f", family {info['cpu family']} model {info['model']}"
    return f"{name}{', ' + level if level else ''}"


def commit() -> str:
    """The commit of the source tree, with + where it has changes; empty outside a checkout."""
    root = Path(__file__).resolve().parent.parent

    def git(*args: str) -> str:
        done = subprocess.run(["git", *args], cwd=root, capture_output=True, text=True)
        return done.stdout.strip() if done.returncode == 0 else ""

    name = git("rev-parse", "--short=12", "HEAD")
    return name + ("+" if name and git("status", "--porcelain", "--untracked-files=no") else "")


if __name__ == "__main__":
    sys.stdout.write(f"{describe()}\n")
