"""Small kernels written in C, and a short way to lay them on a tape."""

import contextlib
import ctypes
import shlex
import struct
import subprocess
import sysconfig

import numpy as np
import pytest

from fastnn.core.jit import MODE
from fastnn.runtime import abi

SOURCE = r"""
#include <stdint.h>
#include <time.h>
typedef int64_t i64;
/* y = x * c + d; args: x, y, c (f64 bits), d (f64 bits) */
i64 axpb(i64 *a, i64 lo, i64 hi) {
    float *x = (float *)a[0], *y = (float *)a[1];
    float c = (float)*(double *)&a[2], d = (float)*(double *)&a[3];
    for (i64 i = lo; i < hi; i++) y[i] = x[i] * c + d;
    return 0;
}
/* z = x + y */
i64 add(i64 *a, i64 lo, i64 hi) {
    float *x = (float *)a[0], *y = (float *)a[1], *z = (float *)a[2];
    for (i64 i = lo; i < hi; i++) z[i] = x[i] + y[i];
    return 0;
}
/* y[i] = x[n - 1 - i]; args: x, y, n */
i64 flip(i64 *a, i64 lo, i64 hi) {
    float *x = (float *)a[0], *y = (float *)a[1];
    for (i64 i = lo; i < hi; i++) y[i] = x[a[2] - 1 - i];
    return 0;
}
/* part[lo / PART] = sum of x[lo:hi], through the workspace; args: x, part, PART, workspace */
i64 sum_part(i64 *a, i64 lo, i64 hi) {
    float *x = (float *)a[0], *part = (float *)a[1], *w = (float *)a[3];
    w[0] = 0;
    for (i64 i = lo; i < hi; i++) w[0] += x[i];
    part[lo / a[2]] = w[0];
    return 0;
}
/* total[BATCH % 64] = sum of part; args: part, n, total, state */
i64 total(i64 *a, i64 lo, i64 hi) {
    float *part = (float *)a[0], s = 0;
    for (i64 i = 0; i < a[1]; i++) s += part[i];
    ((float *)a[2])[((i64 *)a[3])[2] % 64] = s;
    return 0;
}
/* y[row] = sum of the row; args: x, y, length; items: rows */
i64 row_sums(i64 *a, i64 lo, i64 hi) {
    for (i64 r = lo; r < hi; r++) {
        float s = 0;
        for (i64 i = 0; i < a[2]; i++) s += ((float *)a[0])[r * a[2] + i];
        ((float *)a[1])[r] = s;
    }
    return 0;
}
/* x[i] = i + ROW0; args: x, state */
i64 ramp(i64 *a, i64 lo, i64 hi) {
    for (i64 i = lo; i < hi; i++) ((float *)a[0])[i] = (float)(i + ((i64 *)a[1])[1]);
    return 0;
}
/* status 1 if a negative element; args: x */
i64 no_negative(i64 *a, i64 lo, i64 hi) {
    for (i64 i = lo; i < hi; i++) if (((float *)a[0])[i] < 0) return 1;
    return 0;
}
/* *counter = value, or + value; args: counter, value */
i64 put(i64 *a, i64 lo, i64 hi) { *(i64 *)a[0] = a[1]; return 0; }
i64 grow(i64 *a, i64 lo, i64 hi) { *(i64 *)a[0] += a[1]; return 0; }
/* flag = counter < limit, or counter is odd; args: counter, flag, limit */
i64 less(i64 *a, i64 lo, i64 hi) { *(char *)a[1] = *(i64 *)a[0] < a[2]; return 0; }
i64 odd(i64 *a, i64 lo, i64 hi) { *(char *)a[1] = *(i64 *)a[0] & 1; return 0; }
/* nanoseconds of sleep; args: ns */
i64 rest(i64 *a, i64 lo, i64 hi) {
    struct timespec t = {a[0] / 1000000000, a[0] % 1000000000};
    nanosleep(&t, 0);
    return 0;
}
"""


@pytest.fixture(scope="session")
def c_kernels(tmp_path_factory):
    """name -> address of the C kernels above."""
    if MODE == "python":
        pytest.skip("mode python runs kernels as Python functions")
    folder = tmp_path_factory.mktemp("kernels")
    (folder / "k.c").write_text(SOURCE)
    cc = shlex.split(sysconfig.get_config_var("CC") or "cc")
    flags = ["-O2", "-shared", "-fPIC", "-fno-strict-aliasing"]
    subprocess.run([*cc, *flags, "k.c", "-o", "k.so"], cwd=folder, check=True)
    lib = ctypes.CDLL(str(folder / "k.so"))
    names = ("axpb", "add", "flip", "sum_part", "total", "row_sums", "ramp", "no_negative", "rest", "put", "grow",
             "less", "odd")  # fmt: skip
    found = {n: ctypes.cast(getattr(lib, n), ctypes.c_void_p).value for n in names}
    found["library"] = lib
    return found


class Laid:
    """Instructions and words of a small tape, laid by hand."""

    def __init__(self, kernels):
        self.kernels, self.keep, self.hosts = kernels, [], []
        self.code, self.words, self.tmps, self.locals, self.moves = [], [], [], [], []
        self.open = []  # moves of the loops that are open, from the outermost
        self.state = np.zeros(16, np.int64)

    def add(self, name, *args, n, chunk=None, tile=0, end=1, inner=None, span=0, flags=0, moves=()):
        """One instruction; arrays become addresses, ("tmp", offset) scratch of a tile, ("span", offset, item size) that
        of a span, ("local", offset) workspace. moves: (slot, loop from the outermost one, stride in bytes)."""
        first, tmp = len(self.words), len(self.tmps)
        for slot, a in enumerate(args):
            word = 0
            if isinstance(a, np.ndarray):
                self.keep.append(a)
                word = a.ctypes.data
            elif isinstance(a, float):
                word = struct.unpack("<q", struct.pack("<d", a))[0]
            elif isinstance(a, tuple):
                if a[0] in ("tmp", "span"):
                    self.tmps.append((slot, *a[1:], *(() if a[2:] else (4,)), a[0] == "span"))
                else:
                    self.locals.append((first + slot, a[1]))
            else:
                word = a
            self.words.append(word)
        for slot, loop, stride in moves:
            self.open[loop].append((first + slot, stride))
        fn = self.kernels[name] if isinstance(name, str) else len(self.hosts)
        if callable(name):
            self.hosts.append(name)
            flags |= abi.HOST
        inner = len(self.code) + (inner or end)
        end += len(self.code)
        self.code.append(
            [fn, first, n, chunk or max(n, 1), tile, end, flags, tmp, len(self.tmps) - tmp, inner, 0, span]
        )
        return self

    @contextlib.contextmanager
    def control(self, flags, n=0, *args):
        """A loop or a branch round what is added inside; yields its row: `inner` begins where the caller says so."""
        at = len(self.code)
        self.add("put", *args, n=n, chunk=1, flags=flags)
        row = self.code[at]
        row[0] = 0
        if flags & abi.LOOP:
            self.open.append([])
        yield row
        if flags & abi.LOOP:
            mine = self.open.pop()
            row[7:9] = len(self.moves), len(mine)
            self.moves += mine
        row[5] = len(self.code)

    def inner(self, row):
        """What is added from here on is the second part of a control row."""
        row[9] = len(self.code)

    def build(self, executor, local_bytes=64, scratch_bytes=1 << 16):
        """The Executor of this tape."""
        table = lambda rows, k: np.array(rows, np.int64).reshape(-1, k)
        tables = table(self.code, 12), np.array(self.words, np.int64), table(self.tmps, 4), table(self.locals, 2)
        return executor(*tables, local_bytes, scratch_bytes, self.state, self.hosts, self.keep, table(self.moves, 2))


@pytest.fixture
def lay(c_kernels):
    """A new Laid on the C kernels."""
    return lambda: Laid(c_kernels)
