# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The executor: walks a tape, a flat list of kernel calls, batch after batch, without the GIL.

All threads walk the same tape. The items of an instruction are cut into chunks; the grid depends on the work only, never
on the number of threads. Thread t of T owns one contiguous run of chunks, so two instructions on the same grid that touch
item i only for item i need no barrier between them. Where the plan says SYNC, all threads meet. A lone chunk is thread
0's. Instructions [i, end) of a group run span by span within a chunk, those [i, inner) of a tile group tile by tile within
a span; an argument that lives in scratch gets a new address per tile or span, such that address + lo * itemsize falls
into the thread's own scratch: kernels need not know. A loop or a branch is a row that says what becomes of those behind
it; what it reads from memory, one thread reads for all, when all have met.
"""
from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.exc cimport PyErr_CheckSignals, PyErr_SetInterrupt
from libc.stdint cimport int64_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

import os
import threading

import numpy as np

from fastnn.core.errors import KernelError
from fastnn.runtime import abi as _abi

from fastnn.runtime.abi cimport (
    F_BRANCH, F_CONTROL, F_COUNTED, F_HOST, F_JOINED, F_REVERSE, F_SYNC, F_WHILE, Instr, Local, Move, S_BATCH, S_ROW0,
    S_STOP, Tmp, kernel_t,
)

cdef extern from "pool.h" nogil:
    ctypedef struct barrier_t:
        int parks, spins
    ctypedef struct pool_t:
        barrier_t start, finish, step
        int threads
    uint64_t ftz_set()
    void ftz_restore(uint64_t old)
    void *line_alloc(size_t bytes)
    void line_free(void *p)
    int barrier_arrive(barrier_t *b)
    void barrier_release(barrier_t *b)
    void barrier_wait(barrier_t *b)
    int spins_for_us(double us)
    pool_t *pool_new(int threads, int spins)
    void pool_end(pool_t *p)
    void pool_run(pool_t *p, void (*job)(void *, int) noexcept nogil, void *arg)
    int sigint_install()
    void sigint_restore()
    int sigint_count
    int64_t now_ns()
    int cpu_level_ "cpu_level"()

cdef extern from *:
    """
    /* Seen from outside: threadpoolctl knows a library by its symbols and sets the limit of this one here. */
    __attribute__((visibility("default"))) int fastnn_thread_limit = 256;
    """
    int fastnn_thread_limit

MAX_THREADS = 256


include "walk.pxi"


# ------------------------------------------------------------------ pools
# Each run in threads takes a pool of its own, so two Python threads may train at once. Idle pools wait here.
cdef class Pool:
    """Threads that walk together; the calling thread is one of them."""
    cdef pool_t *p

_idle = []
_IDLE_POOLS = 4
_spin_us = float(os.environ.get("FASTNN_SPIN_US", "100"))
cdef int64_t _generation = 0     # number of forks that led here


cdef Pool take_pool(int threads):
    cdef Pool pool
    for i in range(len(_idle)):
        pool = _idle[i]
        if pool.p.threads == threads:
            del _idle[i]
            return pool
    pool = Pool()
    pool.p = pool_new(threads, spins_for_us(_spin_us))
    if pool.p == NULL:
        raise RuntimeError(f"cannot start {threads - 1} more threads; use fastnn.config.set_num_threads with a smaller number")
    return pool


cdef give_pool(Pool pool):
    cdef Pool old
    _idle.append(pool)
    if len(_idle) > _IDLE_POOLS:
        old = _idle.pop(0)
        pool_end(old.p)


def _after_fork():
    """The workers do not exist in the child, and a lock may be held for ever: forget them all."""
    global _generation, _watching
    _generation += 1
    _watching = False
    _idle.clear()


os.register_at_fork(after_in_child=_after_fork)
_main = threading.main_thread
_watching = False           # a run of the main thread has the SIGINT handler


# ------------------------------------------------------------------ the executor
cdef class Executor:
    """A tape made ready to run.

    code: int64[n, 12] (columns: fastnn.runtime.abi.COLUMNS); words: int64[w] argument words; tmps: int64[m, 4];
    locals_: int64[l, 2]; local_bytes, scratch_bytes: per thread; state: int64[16]; hosts: callables without arguments;
    keep: anything whose memory the addresses point to; moves: int64[m, 2]. Raises ValueError for tables that do not fit
    together; checked=True: they were checked before.

    >>> import numpy as np
    >>> none = np.zeros((0, 2), np.int64)
    >>> state = np.zeros(16, np.int64)
    >>> tape = Executor(np.zeros((0, 12), np.int64), np.zeros(1, np.int64), np.zeros((0, 4), np.int64), none, 0, 0, state)
    >>> tape.run(3, 10), int(state[1])
    (3, 30)
    """
    cdef Run r
    cdef Thread threads[256]
    cdef int64_t made           # threads that have their tables
    cdef int64_t local_bytes, scratch_bytes, generation
    cdef int64_t[:, ::1] code
    cdef int64_t[::1] words
    cdef int64_t[:, ::1] tmps
    cdef int64_t[:, ::1] locals_
    cdef int64_t[:, ::1] moves
    cdef int64_t[::1] state
    cdef int endless            # it has a loop whose end memory decides: Ctrl-C must reach it
    cdef list hosts
    cdef object error, lock, running, keep
    cdef readonly int parks

    def __init__(self, code, words, tmps, locals_, local_bytes, scratch_bytes, state, hosts=(), keep=None, moves=(),
                 checked=False):
        if self.lock is not None:
            raise RuntimeError("an Executor is initialised once")
        if not checked:
            code, words, tmps, locals_, moves, state = _abi.check(code, words, tmps, locals_, local_bytes, scratch_bytes,
                                                                  state, hosts, moves)
        self.code, self.words, self.tmps, self.locals_, self.state = code, words, tmps, locals_, state
        self.moves = moves
        self.local_bytes, self.scratch_bytes = local_bytes, scratch_bytes
        self.hosts, self.keep = list(hosts), keep
        self.r.n_instr = self.code.shape[0]
        self.r.code = <Instr *>&self.code[0, 0] if self.r.n_instr else NULL
        self.r.tmps = <Tmp *>&self.tmps[0, 0] if self.tmps.shape[0] else NULL
        self.r.moves = <Move *>&self.moves[0, 0] if self.moves.shape[0] else NULL
        self.r.state = &self.state[0]
        for k in range(self.r.n_instr):
            if self.r.code[k].flags & F_WHILE:
                self.endless = True
        self.r.threads = self.threads
        self.r.owner = <void *>self
        self.lock, self.generation = threading.Lock(), _generation
        self.ready(1)

    def __dealloc__(self):
        for k in range(self.made):
            line_free(self.threads[k].words)
            line_free(self.threads[k].scratch)
            line_free(self.threads[k].local)

    cdef int ready(self, int64_t threads) except -1:
        """Tables and workspace for so many threads."""
        cdef Thread *t
        cdef int64_t k, n = self.words.shape[0]
        while self.made < threads:
            t = &self.threads[self.made]
            t.words = <int64_t *>line_alloc(8 * n)
            t.scratch = <char *>line_alloc(self.scratch_bytes)
            t.local = <char *>line_alloc(self.local_bytes)
            self.made += 1                      # from here __dealloc__ frees what there is
            if t.words == NULL or t.scratch == NULL or t.local == NULL:
                raise MemoryError(f"no memory for the {self.local_bytes + self.scratch_bytes} bytes of a thread's workspace")
            if n:
                memcpy(t.words, &self.words[0], 8 * n)
            for k in range(self.locals_.shape[0]):
                t.words[self.locals_[k, 0]] = <int64_t>(t.local + self.locals_[k, 1])
        return 0

    def set_words(self, index, values):
        """Replace the argument words at `index` (int64 positions) by `values`, for all threads; not during a run."""
        cdef int64_t i, v, k
        for i, v in zip(index, values, strict=True):
            if not 0 <= i < self.words.shape[0]:
                raise ValueError(f"word {i} of a table of {self.words.shape[0]} words")
            self.words[i] = v
            for k in range(self.made):
                self.threads[k].words[i] = v

    cdef int begin(self, int64_t threads) except -1:
        """Take the executor for this thread; the tables for `threads` are there after."""
        if not 1 <= threads <= 256:
            raise ValueError(f"run with {threads} threads; expected 1 to {MAX_THREADS}")
        if self.generation != _generation:      # a lock from before a fork may be held by nobody
            self.lock, self.generation = threading.Lock(), _generation
        if not self.lock.acquire(False):
            if self.running == threading.get_ident():
                raise RuntimeError("a host step cannot run the tape that it is a part of")
            self.lock.acquire()
        if self.hosts:
            self.running = threading.get_ident()
        try:
            self.ready(threads)
        except BaseException:
            self.lock.release()
            raise
        self.r.status, self.r.where, self.r.done, self.r.over, self.r.pressed_at = 0, -1, 0, 0, 0
        self.r.n_threads = threads
        return 0

    cdef int walk_all(self) except -1:
        """Walk with self.r as it is, then raise what went wrong."""
        cdef Run *r = &self.r
        cdef Pool pool
        r.fp = ftz_set()
        ftz_restore(r.fp)
        if r.n_threads == 1:
            with nogil:
                walk(r, 0)
        else:
            pool = take_pool(r.n_threads)
            r.bar = &pool.p.step
            with nogil:
                pool_run(pool.p, walk, r)
            self.parks = r.bar.parks
            give_pool(pool)
        if r.status == HOST_RAISED:
            error, self.error = self.error, None
            raise error
        if r.status != 0:
            raise KernelError(_abi.failure(r.status, r.where), r.status, r.where)
        return 0

    def run(self, int64_t batches, int64_t rows_per_batch=0, int64_t threads=1, int64_t deadline_ns=0, profile=None):
        """Walk the tape `batches` times; return how many batches are done.

        After each one BATCH grows by 1 and ROW0 by rows_per_batch. Ends early when the state's STOP word is not 0, when
        time.monotonic_ns() has reached deadline_ns (0: never), or when Ctrl-C was pressed (main thread). profile:
        int64[n] to which thread 0's nanoseconds in each instruction are added, over all steps of loops.

        Raises KernelError for a kernel's status, KeyboardInterrupt for Ctrl-C (the batch is complete, unless a while
        loop goes on for half a second after the key), and what a host step raised.
        """
        cdef int64_t[::1] times
        cdef Run *r = &self.r
        if batches <= 0 or self.state[S_STOP] != 0:
            return 0
        self.begin(threads)
        try:
            r.profile = NULL
            if profile is not None:
                times = profile
                if times.shape[0] < r.n_instr:
                    raise ValueError(f"profile has {times.shape[0]} entries; expected {r.n_instr}")
                r.profile = &times[0] if r.n_instr else NULL
            r.rows, r.deadline, r.counts = rows_per_batch, deadline_ns, 1
            return self.watched(batches)
        finally:
            self.running = None
            self.lock.release()

    cdef int64_t watched(self, int64_t batches) except -1:
        """Walk so many times, or until it is over; Ctrl-C is heard."""
        global _watching
        cdef Run *r = &self.r
        cdef int64_t total = 0
        cdef int pressed = 0
        r.watch_sigint = r.hears = 0
        # A single batch ends soon enough for Python's own handler, unless memory decides when.
        if (batches > 1 or self.endless) and threading.current_thread() is _main():
            r.hears = 1
            if not _watching:
                r.watch_sigint = _watching = sigint_install()
        while True:
            r.batches, r.done, r.over = batches - total, 0, 0
            try:
                self.walk_all()
            finally:
                total += r.done
                pressed = 0
                if r.watch_sigint:
                    pressed = sigint_count
                    sigint_restore()
                    _watching = False
            if not pressed:
                return total
            PyErr_SetInterrupt()                # now as if the key were pressed here
            PyErr_CheckSignals()
            # The script's own handler did not raise: go on where we were.
            if total >= batches or self.state[S_STOP] != 0 or (r.deadline != 0 and now_ns() >= r.deadline):
                return total
            r.watch_sigint = _watching = sigint_install()

    def once(self, int64_t threads=1):
        """Walk the tape one time, counting nothing: the short way for a single prediction or an eager operation."""
        cdef Run *r = &self.r
        self.begin(threads)
        try:
            r.profile = NULL
            r.rows, r.deadline, r.counts, r.batches = 0, 0, 0, 1
            if self.endless:
                self.watched(1)
            else:
                r.watch_sigint = r.hears = 0
                self.walk_all()
            r.turn += 1
        finally:
            self.running = None
            self.lock.release()


include "together.pxi"


# ------------------------------------------------------------------ small services
def addresses(arrays):
    """Return the first addresses of contiguous arrays as int64; 0 for an empty one and for None.

    Raises ValueError for an array that is not contiguous.

    >>> import numpy as np
    >>> x = np.zeros(3)
    >>> int(addresses([x, None])[0]) == x.ctypes.data
    True
    """
    cdef Py_buffer view
    cdef Py_ssize_t i, n = len(arrays)
    out = np.zeros(n, np.int64)
    cdef int64_t[::1] found = out
    for i in range(n):
        if arrays[i] is not None:
            PyObject_GetBuffer(arrays[i], &view, PyBUF_SIMPLE)
            found[i] = <int64_t>view.buf if view.len else 0
            PyBuffer_Release(&view)
    return out


def cpu_level():
    """Return the kernel level that this CPU runs: "x86-64-v2" to "x86-64-v4", "aarch64", or "" for another.

    >>> isinstance(cpu_level(), str)
    True
    """
    cdef int level = cpu_level_()
    if level >= 2:
        return f"x86-64-v{level}"
    return "aarch64" if os.uname().machine in ("aarch64", "arm64") else ""


def thread_limit():
    """Return how many threads a plan may run with at most: 256, or what threadpoolctl has set.

    >>> 1 <= thread_limit() <= 256
    True
    """
    return fastnn_thread_limit


def flush_subnormals():
    """Let this thread read and write subnormal numbers as zero; return what `restore_float_mode` needs."""
    return ftz_set()


def restore_float_mode(uint64_t mode):
    """Undo `flush_subnormals`."""
    ftz_restore(mode)


cdef int64_t nothing(int64_t *args, int64_t lo, int64_t hi) noexcept nogil:
    return 0


def nothing_address():
    """Return the address of a kernel that does nothing, to measure the executor by itself."""
    return <int64_t>&nothing
