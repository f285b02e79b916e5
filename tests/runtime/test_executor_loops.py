"""Loops and branches of a tape: both executors do what plain Python does, for any number of threads."""

import subprocess
import sys

import numpy as np
import pytest

from fastnn.core.errors import KernelError
from fastnn.runtime import abi, executor, pyexec

ENGINES = {"cython": executor.Executor, "python": pyexec.Executor}
ITEMS, CHUNK, ROWS = 24, 7, 64
LOOP, REVERSE, COUNTED, WHILE, BRANCH = abi.LOOP, abi.REVERSE, abi.COUNTED, abi.WHILE, abi.BRANCH


def draw(rng, depth, loops):
    """A random program: lists of ("op" | "flip" | "loop" | "while" | "branch", what it needs)."""
    out = []
    for _ in range(rng.integers(1, 4)):
        kind = rng.choice(["op", "op", "flip", "loop", "while", "branch"]) if depth else rng.choice(["op", "flip"])
        if kind in ("op", "flip"):
            strides = [rng.integers(-2, 3, 2).tolist() for _ in range(loops)]
            rows = rng.choice(ROWS - 40, 2, replace=False) + 20
            scale, shift = rng.choice([0.5, -1.0, 2.0]), rng.choice([1.0, -0.25])
            out.append((kind, rows.tolist(), strides, float(scale), float(shift)))
        elif kind == "loop":
            out.append(
                (
                    kind,
                    int(rng.integers(0, 4)),
                    bool(rng.integers(2)),
                    rng.choice([None, -1, 0, 1, 2, 9]),
                    draw(rng, depth - 1, loops + 1),
                )
            )
        elif kind == "while":
            out.append((kind, int(rng.integers(0, 4)), int(rng.integers(0, 4)), draw(rng, depth - 1, loops + 1)))
        else:
            out.append((kind, draw(rng, depth - 1, loops), draw(rng, depth - 1, loops)))
    return out


class Model:
    """What plain Python makes of a program. at: the steps of the loops around."""

    def __init__(self):
        self.rows = np.arange(ROWS * ITEMS, dtype=np.float32).reshape(ROWS, ITEMS) % 5
        self.ticks, self.steps = 0, {}  # steps: of each while loop, the last time

    def run(self, program, at=()):
        for kind, *what in program:
            getattr(self, f"do_{kind}")(at, *what)

    def do_op(self, at, rows, strides, scale, shift, order=1):
        a, b = (row + sum(t * s[k] for t, s in zip(at, strides, strict=True)) for k, row in enumerate(rows))
        self.rows[b] = self.rows[a][::order] * np.float32(scale) + np.float32(shift)
        self.ticks += 1

    def do_flip(self, at, *what):
        self.do_op(at, *what, order=-1)

    def do_loop(self, at, n, reverse, count, body):
        steps = range(n if count is None else min(max(count, 0), n))
        for t in reversed(steps) if reverse else steps:
            self.run(body, (*at, t))

    def do_while(self, at, limit, most, body):
        done = 0
        while done < most and done < limit:
            self.run(body, (*at, done))
            done += 1
        self.steps[id(body)] = done

    def do_branch(self, at, then, other):
        self.run(then if self.ticks % 2 else other, at)


class Tape:
    """The same program on a tape."""

    def __init__(self, lay, program):
        self.rows = Model().rows
        self.spare, self.ticks = np.zeros(ITEMS, np.float32), np.zeros(1, np.int64)
        self.steps, self.tape = {}, lay()
        self.lay(program, 0)

    def lay(self, program, loops):
        for kind, *what in program:
            getattr(self, f"lay_{kind}")(loops, *what)

    def lay_op(self, loops, rows, strides, scale, shift):
        size = 4 * ITEMS
        moves = [(slot, k, size * s[slot]) for k, s in enumerate(strides) for slot in (0, 1)]
        self.tape.add("axpb", self.rows[rows[0]], self.rows[rows[1]], scale, shift, n=ITEMS, chunk=CHUNK, moves=moves)
        self.tape.add("grow", self.ticks, 1, n=1)

    def lay_flip(self, loops, rows, strides, scale, shift):
        size = 4 * ITEMS
        self.tape.add(
            "flip",
            self.rows[rows[0]],
            self.spare,
            ITEMS,
            n=ITEMS,
            chunk=CHUNK,
            flags=abi.SYNC,
            moves=[(0, k, size * s[0]) for k, s in enumerate(strides)],
        )
        self.tape.add(
            "axpb",
            self.spare,
            self.rows[rows[1]],
            scale,
            shift,
            n=ITEMS,
            chunk=CHUNK,
            flags=abi.SYNC,
            moves=[(1, k, size * s[1]) for k, s in enumerate(strides)],
        )
        self.tape.add("grow", self.ticks, 1, n=1)

    def lay_loop(self, loops, n, reverse, count, body):
        words = () if count is None else (np.array([count], np.int64),)
        with self.tape.control(LOOP | REVERSE * reverse | COUNTED * (count is not None), n, *words):
            self.lay(body, loops + 1)

    def lay_while(self, loops, limit, most, body):
        counter, flag, steps = np.zeros(1, np.int64), np.zeros(1, np.uint8), np.full(1, -1, np.int64)
        self.steps[id(body)] = steps
        self.tape.add("put", counter, 0, n=1)
        with self.tape.control(LOOP | WHILE, most, flag, steps) as row:
            self.tape.add("less", counter, flag, limit, n=1)
            self.tape.inner(row)
            self.lay(body, loops + 1)
            self.tape.add("grow", counter, 1, n=1)

    def lay_branch(self, loops, then, other):
        flag = np.zeros(1, np.uint8)
        self.tape.add("odd", self.ticks, flag, n=1)
        with self.tape.control(BRANCH, 0, flag) as row:
            self.lay(then, loops)
            self.tape.inner(row)
            self.lay(other, loops)


@pytest.mark.parametrize("seed", range(30))
def test_random_nestings_do_what_python_does(lay, seed):
    program = draw(np.random.default_rng(seed), 3, 0)
    model = Model()
    for _ in range(2):  # a second batch finds words as the first one did
        model.run(program)
    for kind, threads in [("python", t) for t in (1, 3)] + [("cython", t) for t in (1, 2, 3, 4, 8)]:
        laid = Tape(lay, program)
        assert laid.tape.build(ENGINES[kind]).run(2, 0, threads) == 2
        assert laid.rows.tobytes() == model.rows.tobytes() and laid.ticks[0] == model.ticks
        assert {k: int(laid.steps[k][0]) for k in model.steps} == model.steps


def scaled(lay, bad_step=None, n=5):
    """y[t] = 2 * x[t] in a loop, over rows of 24; one step may meet a negative element."""
    x, y = np.ones((n, ITEMS), np.float32), np.zeros((n, ITEMS), np.float32)
    if bad_step is not None:
        x[bad_step, 20] = -1
    tape = lay()
    with tape.control(LOOP, n):
        tape.add("axpb", x, y, 2.0, 0.0, n=ITEMS, chunk=CHUNK, flags=abi.SYNC, moves=[(0, 0, 96), (1, 0, 96)])
        tape.add("no_negative", x, n=ITEMS, chunk=CHUNK, moves=[(0, 0, 96)])
    return tape, x, y


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("kind", ENGINES)
def test_a_failure_in_a_body_leaves_the_words_as_they_were(lay, kind, threads):
    tape, x, y = scaled(lay, 2)
    made = tape.build(ENGINES[kind])
    for call in (lambda: made.run(3, 0, threads), lambda: made.once(threads)):
        with pytest.raises(KernelError, match="instruction 2 returned status 1"):
            call()
        assert tape.state[abi.BATCH] == 0 and not y[3:].any()
    x[:] = np.arange(5)[:, None]
    assert made.run(1, 0, threads) == 1
    assert y.tolist() == (2 * x).tolist()


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("flags", [LOOP, LOOP | REVERSE, LOOP | COUNTED])
def test_a_failure_ends_a_loop_of_very_many_steps(lay, flags, threads):
    tape, count = lay(), np.array([1 << 60])
    with tape.control(flags, 1 << 60, *((count,) if flags & COUNTED else ())):
        tape.add("no_negative", np.full(ITEMS, -1, np.float32), n=ITEMS, chunk=CHUNK)
    with pytest.raises(KernelError):
        tape.build(executor.Executor).run(1, 0, threads)


@pytest.mark.parametrize("behind", [False, True])
def test_oracle_shows_a_missing_barrier_between_steps(lay, behind):
    """Also in a loop that is the last thing on the tape."""
    found = []
    for threads in (1, 3):
        tape, x, y = lay(), np.arange(ITEMS, dtype=np.float32), np.zeros(ITEMS, np.float32)
        with tape.control(LOOP, 3):
            tape.add("flip", x, y, ITEMS, n=ITEMS, chunk=CHUNK)  # reads what other threads wrote a step before
            tape.add("axpb", y, x, 2.0, 1.0, n=ITEMS, chunk=CHUNK, flags=abi.SYNC)
        if behind:
            tape.add("axpb", y, y, 1.0, 0.0, n=ITEMS, chunk=CHUNK)
        tape.build(pyexec.Executor).run(1, 0, threads)
        found.append(x.tobytes())
    assert found[0] != found[1]


def test_oracle_shows_that_other_threads_may_not_see_the_steps_yet(lay):
    """Thread 0 writes them; what runs in another thread and reads them needs a barrier."""
    found = []
    for flags in (0, abi.SYNC):
        tape, flag, steps = lay(), np.ones(1, np.uint8), np.zeros(6, np.int64)
        out = np.zeros(12, np.float32)
        with tape.control(LOOP | WHILE, 3, flag, steps) as row:
            tape.inner(row)
            tape.add("rest", 0, n=1)
        tape.add("flip", steps.view(np.float32), out, 12, n=12, chunk=2, flags=flags)
        tape.build(pyexec.Executor).run(1, 0, 2)
        found.append(out.view(np.int32).sum())
    assert found == [0, 3]


@pytest.mark.parametrize("kind", ENGINES)
def test_host_steps_in_loops_and_profiles_count_every_step(lay, kind):
    seen, times, x = [], np.zeros(4, np.int64), np.zeros(ITEMS, np.float32)
    tape = lay()
    with tape.control(LOOP, 3):
        tape.add("axpb", x, x, 1.0, 1.0, n=ITEMS, chunk=CHUNK)
        tape.add(lambda: seen.append(float(x.sum()) / ITEMS), n=1)
        tape.add("rest", 1_000_000, n=1)
    assert tape.build(ENGINES[kind]).run(2, 0, 2, 0, times) == 2
    assert seen == [1, 2, 3, 4, 5, 6]
    assert times[0] == 0 < times[1] and times[3] >= 6_000_000


@pytest.mark.parametrize("kind", ENGINES)
def test_once_counts_nothing_and_leaves_the_stop_word(lay, kind):
    flag, steps = np.ones(1, np.uint8), np.zeros(1, np.int64)
    tape = lay()
    with tape.control(LOOP | WHILE, 4, flag, steps) as row:
        tape.inner(row)
        tape.add("rest", 0, n=1)
    made = tape.build(ENGINES[kind])
    tape.state[abi.STOP] = 7
    made.once()
    assert steps[0] == 4 and tape.state.tolist() == [0, 0, 0, 7] + [0] * 12


def loop_row(**columns):
    """A loop round one kernel that may move word 0, and one entry changed."""
    row = {"end": 2, "flags": LOOP, "chunk": 1, "inner": 1, "n": 3, "ntmp": 1} | columns
    return [row.get(name, 0) for name in abi.COLUMNS]


KERNEL = [1, 0, 4, 4, 0, 2, 0, 0, 0, 2, 0, 0]


@pytest.mark.parametrize(("first", "second", "moves", "said"), [
    (loop_row(end=3), KERNEL, [[0, 8]], "'end'"),
    (loop_row(ntmp=2), KERNEL, [[0, 8]], "'tmp'"),
    (loop_row(), KERNEL, [[9, 8]], "moves word 9"),
    (loop_row(), KERNEL, [[-1, 8]], "moves word -1"),
    (loop_row(), KERNEL, [[3, 8]], "moves word 3"),                 # an address in the workspace
    (loop_row(), KERNEL[:8] + [1] + KERNEL[9:], [[1, 8]], "moves word 1"),                   # in scratch
    (loop_row(inner=2), KERNEL, [[0, 8]], "no test"),
    (loop_row(flags=LOOP | COUNTED, args=4), KERNEL, [[0, 8]], "reads 1 words at 4"),
    (loop_row(flags=LOOP | WHILE, args=3), KERNEL, [[0, 8]], "reads 2 words at 3"),
    (loop_row(flags=BRANCH, args=4, ntmp=0), KERNEL, [], "reads 1 words at 4"),
    (loop_row(flags=BRANCH), KERNEL, [[0, 8]], "branch with 1 moves"),
    *((loop_row(flags=flags), KERNEL, [[0, 8]], "name no loop or branch") for flags in (
        REVERSE, COUNTED, WHILE, LOOP | BRANCH, LOOP | WHILE | COUNTED, LOOP | WHILE | REVERSE, LOOP | abi.HOST,
        BRANCH | REVERSE)),
    (KERNEL, loop_row(), [[0, 8]], "inside a group"),
    (KERNEL, [0] + KERNEL[1:6] + [abi.HOST] + KERNEL[7:], [], "inside a group"),
    (loop_row(end=1), KERNEL[:5] + [3] + KERNEL[6:], [[0, 8]], "'end'"),
    (loop_row(flags=BRANCH, ntmp=0, end=3, inner=2), KERNEL[:5] + [3] + KERNEL[6:], [], "a part of at 2"),
])  # fmt: skip
def test_tables_that_do_not_nest_or_fit_are_refused(first, second, moves, said):
    last = KERNEL[:5] + [3] + KERNEL[6:9] + [3] + KERNEL[10:]
    second = [*second[:9], max(second[9], 2), *second[10:]]
    code = np.array([first, second, last][: 3 if "part of" in said else 2], np.int64)
    tmps, locals_ = np.array([[1, 0, 4, 0]]), np.array([[3, 0]])
    for engine in ENGINES.values():
        with pytest.raises(ValueError, match=said):
            engine(code, np.zeros(4, np.int64), tmps, locals_, 64, 64, np.zeros(16, np.int64), [print], None, moves)


def test_addresses_of_arrays():
    arrays = [np.zeros(3), np.zeros((2, 0)), None, np.zeros((2, 3), np.float32), np.array(1.0), np.zeros(2, "M8[s]")]
    arrays[3].flags.writeable = False
    want = [0 if a is None or not a.size else a.ctypes.data for a in arrays]
    for engine in (executor, pyexec):
        found = engine.addresses(arrays)
        assert found.dtype == np.int64 and found.tolist() == want and engine.addresses([]).shape == (0,)
        with pytest.raises(ValueError, match="contiguous"):
            engine.addresses([np.zeros((4, 4))[:, 1]])


def test_tables_that_were_checked_once_make_many_executors(lay):
    tape, x, y = scaled(lay)
    for engine in ENGINES.values():
        tables = [np.array(t, np.int64).reshape(-1, k) for t, k in ((tape.code, 12), (tape.tmps, 4), (tape.locals, 2))]
        code, words, tmps, locals_, moves, _ = abi.check(
            tables[0], np.array(tape.words), *tables[1:], 64, 64, tape.state, [], np.array(tape.moves)
        )
        for _ in range(2):
            y[:] = 0
            engine(code, words.copy(), tmps, locals_, 64, 64, tape.state, [], tape.keep, moves, checked=True).once()
            assert y.tolist() == (2 * x).tolist()


CTRL_C = """
import ctypes, os, signal, sys, threading
import numpy as np
from fastnn.runtime import abi
from fastnn.runtime.executor import Executor
library, threads, handler, way = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
rest = ctypes.cast(ctypes.CDLL(library).rest, ctypes.c_void_p).value
state, flag, steps = np.zeros(16, np.int64), np.ones(1, np.uint8), np.full(1, -1, np.int64)
code = np.array([[0, 0, 1 << 60, 1, 0, 2, abi.LOOP | abi.WHILE, 0, 1, 1, 0, 0],
                 [rest, 2, 1, 1, 0, 2, 0, 0, 0, 2, 0, 0]])
words = np.array([flag.ctypes.data, steps.ctypes.data, 100_000])
inner = Executor(code, words, [], [], 0, 0, state, (), None, [[2, 0]])
outer = Executor(np.array([[0, 0, 1, 1, 0, 1, 2, 0, 0, 1, 0, 0]]), words, [], [], 0, 0, np.zeros(16, np.int64),
                 [lambda: inner.run(1, 10, threads)])
press = lambda delay: threading.Timer(delay, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
walk = {"run": lambda: inner.run(1, 10, threads), "runs": lambda: inner.run(5, 10, threads),
        "once": lambda: inner.once(threads), "host": lambda: outer.run(3, 0, 1)}[way]
pressed = []
def own(*_):
    pressed.append(len(pressed))
    if len(pressed) == 2:
        flag[0] = 0                         # the script ends the loop in its own way
if handler == "own":
    signal.signal(signal.SIGINT, own)
before = signal.getsignal(signal.SIGINT)
press(0.05)
press(0.15)                                 # impatient: the first one alone would have to wait half a second
if handler == "own":
    press(0.3)
    press(0.4)
    walk()
    assert len(pressed) >= 2 and state[2] == {"run": 1, "runs": 5, "once": 0, "host": 3}[way], (pressed, state)
else:
    try:
        walk()
        raise SystemExit("went on")
    except KeyboardInterrupt:
        assert state.tolist() == [0] * 16 and steps[0] == -1
assert signal.getsignal(signal.SIGINT) is before
flag[0] = 0                                 # and it is usable
inner.once(threads)
assert steps[0] == 0
print("ended well")
"""


@pytest.mark.parametrize("threads", ["1", "2"])
@pytest.mark.parametrize("handler", ["python", "own"])
@pytest.mark.parametrize("way", ["run", "runs", "once", "host"])
def test_ctrl_c_reaches_a_loop_without_end(c_kernels, threads, handler, way):
    command = [sys.executable, "-c", CTRL_C, c_kernels["library"]._name, threads, handler, way]
    out = subprocess.run(command, text=True, capture_output=True, timeout=60)
    assert out.stdout == "ended well\n", out.stderr


def test_one_ctrl_c_is_enough_and_a_loop_that_ends_soon_ends_first(c_kernels):
    once = CTRL_C.replace("press(0.15)", "pass")
    out = subprocess.run(
        [sys.executable, "-c", once, c_kernels["library"]._name, "2", "python", "once"],
        text=True,
        capture_output=True,
        timeout=60,
    )
    assert out.stdout == "ended well\n", out.stderr
