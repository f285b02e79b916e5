"""The Cython executor: the same bits as the Python oracle, for any number of threads, and orderly ends."""

import os
import signal
import subprocess
import sys
import threading
import time
import warnings

import numpy as np
import pytest

from fastnn.core.errors import KernelError
from fastnn.runtime import abi, executor, pyexec

N = 5000


def mixed(lay):
    """A tape with a tile group, scratch, a barrier, partial sums in workspaces and a sum of them."""
    tape = lay()
    x, y, z, part, total = (np.zeros(k, np.float32) for k in (N, N, N, 8, 64))
    tape.add("ramp", x, tape.state, n=N, chunk=700)
    tape.add("axpb", x, ("tmp", 0), 0.37, 1.25, n=N, chunk=700, tile=96, end=3)
    tape.add("axpb", ("tmp", 0), ("tmp", 512), -1.5, 0.1, n=N, chunk=700, tile=96, end=2)
    tape.add("add", ("tmp", 512), x, y, n=N, chunk=700, tile=96)
    tape.add("flip", y, z, N, n=N, chunk=700, flags=abi.SYNC)
    tape.add("sum_part", z, part, 700, ("local", 0), n=N, chunk=700)
    tape.add("total", part, 8, total, tape.state, n=1, flags=abi.SYNC)
    tape.add("axpb", z, x, 2.0, 0.0, n=N, chunk=900)
    return tape, (x, y, z, part, total)


@pytest.mark.parametrize("threads", [1, 2, 3, 7])
@pytest.mark.parametrize("kind", ["cython", "python"])
def test_bits_do_not_depend_on_threads_or_executor(lay, kind, threads):
    want_tape, want = mixed(lay)
    want_tape.build(pyexec.Executor).run(5, 100)
    tape, got = mixed(lay)
    made = tape.build(executor.Executor if kind == "cython" else pyexec.Executor)
    assert made.run(5, 100, threads) == 5
    for a, b in zip(want, got, strict=True):
        assert a.tobytes() == b.tobytes()
    assert tape.state[abi.BATCH] == 5 and tape.state[abi.ROW0] == 500 and tape.state[abi.STEP] == 0


def small(lay, tile):
    """A tape of groups, of which the first has one call of each instruction where a tile takes all its items."""
    tape = lay()
    x, y, z = (np.zeros(9, np.float32) for _ in range(3))
    tape.add("ramp", x, tape.state, n=9, chunk=9, tile=tile, end=3)
    tape.add("axpb", x, y, 0.37, 1.25, n=9, chunk=9, tile=tile, end=2)
    tape.add("add", y, x, z, n=9, chunk=9, tile=tile)
    tape.add("axpb", z, ("tmp", 0), -1.5, 0.1, n=9, chunk=9, tile=tile, end=2, flags=abi.SYNC)
    tape.add("add", ("tmp", 0), x, y, n=9, chunk=9, tile=tile)
    tape.add("flip", y, z, 9, n=9, chunk=9, flags=abi.SYNC)
    return tape, (x, y, z)


@pytest.mark.parametrize(
    "threads, calls", [(1, [(0, 9)]), (2, [(0, 6), (6, 9)]), (7, [(0, 2), (2, 4), (4, 6), (6, 8), (8, 9)])]
)
def test_joined_chunks_of_a_thread_are_one_call(lay, monkeypatch, threads, calls):
    def once(kind):
        x, tape = np.arange(9, dtype=np.float32), lay()
        y = np.zeros(9, np.float32)
        tape.add("axpb", x, y, 2.0, 1.0, n=9, chunk=2, flags=abi.JOINED)
        tape.build(kind.Executor).run(1, 9, threads)
        return y

    assert once(executor).tolist() == [2.0 * i + 1 for i in range(9)]
    seen, call = [], pyexec.Executor._call
    monkeypatch.setattr(pyexec.Executor, "_call", lambda self, *a: seen.append(a[3:5]) or call(self, *a))
    assert once(pyexec).tolist() == once(executor).tolist()
    assert sorted(seen) == calls


@pytest.mark.parametrize("tile", [0, 4, 9, 4096])
def test_groups_of_which_each_is_one_call(lay, tile):
    """Walked row by row, also beside others: with the bits of the groups walked as such."""
    wanted, want = small(lay, tile)
    wanted.build(pyexec.Executor).run(3, 10)
    for threads in (1, 2, 3):
        tape, got = small(lay, tile)
        made = tape.build(executor.Executor)
        profile = np.zeros(6, np.int64)
        assert made.run(2, 10, threads) == 2 and made.run(1, 10, threads, 0, profile) == 1 and (profile > 0).all()
        assert [a.tobytes() for a in got] == [a.tobytes() for a in want]
    beside = [small(lay, tile) for _ in range(3)]
    assert executor.run_together([tape.build(executor.Executor) for tape, _ in beside], 3, 10) == (3, [])
    for _, got in beside:
        assert [a.tobytes() for a in got] == [a.tobytes() for a in want]


def spanned(lay, span):
    """Rows of ten items: a ramp, a tile group on items, sums of rows; what is between lives in a span's scratch."""
    tape = lay()
    part = np.zeros(N // 10, np.float32)
    tape.add("ramp", ("span", 0, 4), tape.state, n=N, chunk=700, span=span, end=4, inner=1)
    tape.add("axpb", ("span", 0, 4), ("tmp", 8192), 0.37, 1.25, n=N, chunk=700, tile=64, span=span, end=3, inner=2)
    tape.add("axpb", ("tmp", 8192), ("span", 4096, 4), -1.5, 0.1, n=N, chunk=700, tile=64, span=span, end=2, inner=1)
    tape.add("row_sums", ("span", 4096, 40), part, 10, n=N // 10, chunk=70, span=span // 10)
    return tape, part


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("kind", ["cython", "python"])
@pytest.mark.parametrize("span", [0, 70, 200, 1000])
def test_spans_of_instructions_that_count_different_items(lay, kind, threads, span):
    tape, part = spanned(lay, span)
    tape.build(executor.Executor if kind == "cython" else pyexec.Executor).run(2, 0, threads)
    tape = lay()
    x, y, want = np.zeros(N, np.float32), np.zeros(N, np.float32), np.zeros(N // 10, np.float32)
    tape.add("ramp", x, tape.state, n=N).add("axpb", x, y, 0.37, 1.25, n=N).add("axpb", y, x, -1.5, 0.1, n=N)
    tape.add("row_sums", x, want, 10, n=N // 10)
    tape.build(pyexec.Executor).run(2)
    assert want.tobytes() == part.tobytes() and want.any()


def test_oracle_shows_a_missing_barrier(lay):
    """Threads in the oracle run in the least kind order, so a wrong plan differs for certain."""
    results = []
    for threads in (1, 3):
        tape = lay()
        x, y = np.arange(N, dtype=np.float32), np.zeros(N, np.float32)
        tape.add("axpb", x, x, 2.0, 1.0, n=N, chunk=700).add("flip", x, y, N, n=N, chunk=700)
        tape.build(pyexec.Executor).run(1, 0, threads)
        results.append(y.tobytes())
    assert results[0] != results[1]


def test_threads_may_change_between_runs(lay):
    tape, got = mixed(lay)
    made = tape.build(executor.Executor)
    for threads in (1, 3, 2, 1, 2):
        assert made.run(1, 100, threads) == 1
    want_tape, want = mixed(lay)
    want_tape.build(pyexec.Executor).run(5, 100)
    assert got[4].tobytes() == want[4].tobytes()


@pytest.mark.parametrize("threads", [1, 2])
def test_kernel_status_is_a_named_error(lay, threads):
    x = np.ones(N, np.float32)
    tape = lay().add("axpb", x, np.zeros(N, np.float32), 1.0, 0.0, n=N).add("no_negative", x, n=N, chunk=500)
    made = tape.build(executor.Executor)
    assert made.run(2, 0, threads) == 2
    x[4321] = -1
    with pytest.raises(KernelError, match="instruction 1 returned status 1: an index or label") as info:
        made.run(2, 0, threads)
    assert (info.value.status, info.value.instruction) == (1, 1)
    assert tape.state[abi.BATCH] == 2  # the failed batch does not count
    x[4321] = 1
    assert made.run(1, 0, threads) == 1  # and the executor is usable


@pytest.mark.parametrize("threads", [1, 2])
def test_host_steps_run_in_order_with_the_callers_float_mode(lay, threads):
    x, y = np.zeros(N, np.float32), np.zeros(N, np.float32)
    seen, tiny = [], np.array([1e-40], np.float32)
    tape = lay()
    tape.add("ramp", x, tape.state, n=N, chunk=500)

    def host():
        seen.append((float(x.sum()), float(tiny[0] * np.float32(0.5)), threading.get_ident()))
        x[:] = 1

    tape.add(host, n=1).add("axpb", x, y, 2.0, 0.0, n=N, chunk=500)
    assert tape.build(executor.Executor).run(3, 0, threads) == 3
    assert y.tolist() == [2.0] * N
    assert seen == [(float(np.arange(N).sum()), float(np.float32(5e-41)), threading.get_ident())] * 3


@pytest.mark.parametrize("threads", [1, 2])
def test_error_of_a_host_step_reaches_the_caller(lay, threads):
    def host():
        raise ZeroDivisionError("mine")

    x = np.zeros(4, np.float32)
    tape = lay().add(host, n=1).add("axpb", x, x, 1.0, 1.0, n=4)
    made = tape.build(executor.Executor)
    with pytest.raises(ZeroDivisionError, match="mine"):
        made.run(5, 0, threads)
    assert x.tolist() == [0] * 4 and tape.state[abi.BATCH] == 0


def test_host_step_cannot_run_its_own_tape(lay):
    made = []
    tape = lay().add(lambda: made[0].once(), n=1)
    made.append(tape.build(executor.Executor))
    with pytest.raises(RuntimeError, match="part of"):
        made[0].once()


@pytest.mark.parametrize("threads", [1, 2])
def test_subnormals_are_zero_inside_and_kept_outside(lay, threads):
    x, y = np.full(N, 1e-40, np.float32), np.ones(N, np.float32)
    made = lay().add("axpb", x, y, 1.0, 0.0, n=N, chunk=500).build(executor.Executor)
    made.run(1, 0, threads)
    assert not y.any()
    assert (x * np.float32(0.5)).any()
    made.once(threads)
    assert (x * np.float32(0.5)).any()


def test_stop_word_and_deadline_end_a_run_early(lay):
    tape = lay().add("rest", 1_000_000, n=1)
    made = tape.build(executor.Executor)
    assert 1 <= made.run(10_000, 1, 1, time.monotonic_ns() + 20_000_000) < 1000
    timer = threading.Timer(0.02, lambda: tape.state.__setitem__(abi.STOP, 1))  # the GIL is free meanwhile
    timer.start()
    assert 1 <= made.run(10_000, 1, 2) < 1000
    timer.join()
    assert made.run(1, 1) == 0  # until the word is cleared
    assert tape.state[abi.ROW0] == tape.state[abi.BATCH] > 1


def test_profile_adds_times(lay):
    tape = lay().add("rest", 3_000_000, n=1).add("rest", 0, n=1)
    times = np.zeros(2, np.int64)
    made = tape.build(executor.Executor)
    made.run(2, 0, 1, 0, times)
    assert times[0] >= 6_000_000 and times[1] > 0
    with pytest.raises(ValueError, match="expected 2"):
        made.run(1, 0, 1, 0, times[:1])


def test_once_counts_nothing_and_words_can_be_replaced(lay):
    x, y, z = np.arange(8, dtype=np.float32), np.zeros(8, np.float32), np.zeros(8, np.float32)
    tape = lay().add("axpb", x, y, 2.0, 0.0, n=8, chunk=2)
    for made in (tape.build(executor.Executor), tape.build(pyexec.Executor)):
        y[:] = z[:] = 0
        made.once()
        made.once(2)
        made.set_words([1], [z.ctypes.data])
        y[:] = 0
        made.once(2)
        assert z.tolist() == (2 * x).tolist() and not y.any() and not tape.state.any()
        with pytest.raises(ValueError, match="word 9"):
            made.set_words([9], [0])


def test_two_python_threads_run_two_tapes(lay):
    pairs = [mixed(lay) for _ in range(2)]
    made = [tape.build(executor.Executor) for tape, _ in pairs]
    workers = [threading.Thread(target=m.run, args=(50, 100, 2)) for m in made]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    want_tape, want = mixed(lay)
    want_tape.build(executor.Executor).run(50, 100)
    for _, got in pairs:
        assert got[4].tobytes() == want[4].tobytes()


def test_two_python_threads_share_one_tape_in_turn(lay):
    tape = lay().add("rest", 1_000_000, n=1)
    made = tape.build(executor.Executor)
    workers = [threading.Thread(target=made.run, args=(10, 1, t)) for t in (1, 2)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    assert tape.state[abi.BATCH] == 20


def test_wrong_tables_are_refused(lay):
    tape, _ = mixed(lay)
    for name, value, said in (("chunk", 0, "chunk"), ("end", 99, "end"), ("args", 999, "args"), ("ntmp", 9, "tmp")):
        row, column = tape.code[1], abi.COLUMNS.index(name)
        keep, row[column] = row[column], value
        with pytest.raises(ValueError, match=f"'{said}'"):
            tape.build(executor.Executor)
        row[column] = keep
    with pytest.raises(ValueError, match="point outside"):
        tape.build(executor.Executor, scratch_bytes=100)
    with pytest.raises(ValueError, match="expected 1 to 256"):
        tape.build(executor.Executor).run(1, 0, 0)


def test_a_forked_child_builds_its_own_pool(lay):
    tape, got = mixed(lay)
    made = tape.build(executor.Executor)
    made.run(1, 100, 2)
    want = got[4].tobytes()
    tape.state[:] = 0
    with warnings.catch_warnings():  # Python 3.12+ warns of any fork with threads about
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:  # pragma: no cover (the child)
        signal.alarm(20)
        made.run(1, 100, 2)
        os._exit(0 if got[4].tobytes() == want else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    made.run(1, 100, 2)  # and the parent's still works


CTRL_C = """
import ctypes, os, signal, sys, threading
import numpy as np
from fastnn.runtime.executor import Executor
threads, handler, host = int(sys.argv[2]), sys.argv[3], sys.argv[4] == "host"
rest = ctypes.cast(ctypes.CDLL(sys.argv[1]).rest, ctypes.c_void_p).value
state = np.zeros(16, np.int64)
row = lambda i, fn, flags: [fn, 0, 1, 1, 0, i + 1, flags, 0, 0, i + 1, 0, 0]
code = np.array([row(0, rest, 0), row(1, 0, 2)][:2 if host else 1], np.int64)
hosted = []
def step():
    sum(range(1000))
    hosted.append(1)
tape = Executor(code, np.array([1_000_000]), [], [], 0, 0, state, [step])
pressed = []
if handler == "own":
    signal.signal(signal.SIGINT, lambda *_: pressed.append(1))
for delay in (0.05, 0.1):
    threading.Timer(delay, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    try:
        done = tape.run(200 if handler == "own" else 100_000, 10, threads)
        assert handler == "own" and done in (200, 400) and pressed, (done, pressed)
    except KeyboardInterrupt:
        assert handler == "python" and 0 < state[2] < 10_000 and state[1] == 10 * state[2]
    if host:
        assert len(hosted) == state[2], (len(hosted), state[2])
print("ended well")
"""


@pytest.mark.parametrize("threads", ["1", "2"])
@pytest.mark.parametrize("handler", ["python", "own"])
@pytest.mark.parametrize("host", ["", "host"])
def test_ctrl_c_ends_with_the_batch_complete(c_kernels, threads, handler, host):
    out = subprocess.run(
        [sys.executable, "-c", CTRL_C, c_kernels["library"]._name, threads, handler, host],
        text=True,
        capture_output=True,
        timeout=60,
    )
    assert out.stdout == "ended well\n", out.stderr


def test_tapes_side_by_side_are_as_alone(lay):
    alone, beside = ([mixed(lay) for _ in range(3)] for _ in range(2))
    for k, ((a, x), (_, y)) in enumerate(zip(alone, beside, strict=True)):
        x[0][:] = y[0][:] = k
        a.build(executor.Executor).run(5, 100)
    assert executor.run_together([tape.build(executor.Executor) for tape, _ in beside], 5, 100) == (5, [])
    for (a, x), (b, y) in zip(alone, beside, strict=True):
        assert all(p.tobytes() == q.tobytes() for p, q in zip(x, y, strict=True))
        assert a.state.tobytes() == b.state.tobytes()


def test_tapes_side_by_side_end_with_the_batch_in_which_one_fails(lay):
    xs = [np.ones(N, np.float32) for _ in range(3)]
    tapes = [lay().add("no_negative", x, n=N, chunk=500) for x in xs]
    made = [tape.build(executor.Executor) for tape in tapes]
    xs[1][7] = -1
    assert executor.run_together(made, 4, 10) == (1, [1])
    assert [int(tape.state[abi.BATCH]) for tape in tapes] == [1, 0, 1]
    xs[1][7] = 1
    assert made[1].run(1, 10) == 1 and executor.run_together(made, 3, 10) == (3, [])
    tapes[2].state[abi.STOP] = 1
    assert executor.run_together(made, 3, 10) == (0, []) == executor.run_together([], 3, 10)


def test_tapes_that_cannot_walk_side_by_side_are_refused(lay):
    tape, _ = mixed(lay)
    made = tape.build(executor.Executor)
    with pytest.raises(ValueError, match="comes twice"):
        executor.run_together([made, made], 1)
    with pytest.raises(ValueError, match="of one plan"):
        executor.run_together([made, lay().add("no_negative", np.ones(4, np.float32), n=4).build(executor.Executor)], 1)
