"""A result does not depend on where a kernel's items are cut: item by item, the bits of the whole call.

So vector body and scalar tail of every loop agree, at any chunk, tile, number of threads and vector width.
"""

from __future__ import annotations

from typing import Any
from unittest import mock

import evaluate
import numpy as np
import pytest
import strategies

from fastnn.compiler import emit
from fastnn.core.memory import register_memory
from fastnn.graph import gradients
from fastnn.kernels.cpu import OWN_CHUNKS
from fastnn.runtime import pack, pyexec

OPS = {name: op for name, op in evaluate.load_registry().items() if op.cases and op.host is None}
FLOATS = ["float32", "float64"]
KINDS = {"f32": "float32", "f64": "float64"}
ITEMS = 331  # of element-wise kernels: whole vectors in every unrolling, and a tail of all lengths
PIECES = (1, 3)
SEEDS = 3


def owns_chunks(kernel: str) -> bool:
    """Whether a kernel name is one of a source in OWN_CHUNKS."""
    return kernel.rpartition("_")[0] in OWN_CHUNKS


def with_all_gradients(op: Any, case: Any, dtype: str) -> Any:
    """The case as a function of symbols: its results and, where it has gradients, those of all its inputs."""
    function = evaluate.op_function(op, case)

    def both(*xs: Any) -> list[Any]:
        ys = evaluate.as_list(function(*xs))
        of, to = [y for y in ys if y.dtype == dtype], [x for x in xs if x.dtype == dtype]
        if op.nondiff or not of or not to:
            return ys
        return [*ys, *(g for g in gradients(of, to) if g is not None)]

    return both


def cases(name: str, dtype: str) -> Any:
    """(function, arrays) of some cases of an operation."""
    for seed in range(SEEDS):
        case = OPS[name].cases(strategies.SeededDraw(seed))
        arrays = strategies.arrays(case, np.random.default_rng(seed), dtype)
        yield with_all_gradients(OPS[name], case, dtype), [a for a in arrays if a is not None]


class Knife:
    """Cuts the calls of the Python executor into pieces of some items, but those of kernels that `keep` names."""

    def __init__(self, call: Any, keep: Any):
        self.names = {pack.address(kernel): kernel for kernel in call.program.plan.kernels}
        self.keep, self.whole, self.items = keep, pyexec.Executor._call, 1

    def run(self, call: Any, arrays: list[np.ndarray], items: int) -> list[np.ndarray]:
        """The results of a call whose kernels get `items` items at a time."""
        self.items = items
        with mock.patch.object(pyexec.Executor, "_call", lambda executor, *args: self.cut(executor, *args)):
            return [np.array(y) for y in evaluate.as_list(call(*arrays))]

    def cut(self, executor: Any, thread: Any, i: int, base: int, lo: int, hi: int, profile: Any) -> None:
        """In place of Executor._call."""
        step = max(hi - lo, 1) if self.keep(self.names[executor._rows[i][0]]) else self.items
        for at in range(lo, hi, step):
            self.whole(executor, thread, i, base, at, min(at + step, hi), profile)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", OPS)
def test_cases_cut_at_every_item(name, dtype):
    for function, arrays in cases(name, dtype):
        call = evaluate.plan(function, arrays, executor="python", fuse=False, threads=1)
        expected = [np.array(y) for y in evaluate.as_list(call(*arrays))]
        for items in PIECES:
            received = Knife(call, owns_chunks).run(call, arrays, items)
            evaluate.assert_same_bits(received, expected, f"{name}, {items} items at a time")


@pytest.mark.parametrize("kernel", OWN_CHUNKS)
def test_kernels_that_own_their_chunks_need_them(kernel):
    """Or they would not have to be in the table."""
    for name in OPS:
        for function, arrays in cases(name, "float32"):
            call = evaluate.plan(function, arrays, executor="python", fuse=False, threads=1)
            if f"{kernel}_f32" in call.program.plan.kernels:
                expected = [np.array(y) for y in evaluate.as_list(call(*arrays))]
                received = Knife(call, lambda k: k != f"{kernel}_f32").run(call, arrays, 1)
                if any(a.tobytes() != b.tobytes() for a, b in zip(received, expected, strict=True)):
                    return
    pytest.fail(f"{kernel} can be cut anywhere in all cases: it has no place in the table")


# ------------------------------------------------------------------ element-wise kernels, on more than a case has
class Argument:
    """One argument of an emitted instruction: a word, or memory that is read or written, one item each or all of it."""

    def __init__(self, value: Any, dtypes: dict[int, str]):
        self.word = None if isinstance(value, emit.Access) else 0 if isinstance(value, emit.Key) else value
        if self.word is None:
            self.dtype, self.size = np.dtype(dtypes[id(value)]), value.nbytes // value.itemsize
            self.reads, self.whole = value.read, value.whole

    def numbers(self, rng: np.random.Generator, dtype: str) -> np.ndarray:
        """Contents for a kernel of that type: numbers of several magnitudes and special values, or settings."""
        n = self.size if self.whole else ITEMS
        if self.whole and self.dtype == np.uint8 and dtype in FLOATS:  # vectors that another kernel repeats
            return np.full(n // np.dtype(dtype).itemsize, 0.375, dtype).view(np.uint8)
        if self.dtype.kind != "f":
            return rng.integers(0, 2 if self.dtype.itemsize == 1 or self.whole else 50, n).astype(self.dtype)
        if self.whole:
            return rng.uniform(0.05, 0.95, n).astype(self.dtype)
        x = rng.standard_normal(n) * 10.0 ** rng.integers(-3, 2, n)
        x[rng.integers(0, n, 6)] = 0.0, -0.0, np.inf, -np.inf, np.nan, 1e30
        return x.astype(self.dtype)


def elementwise() -> dict[str, list[Argument]]:
    """{kernel: arguments} of the element-wise instructions that all cases lower to."""
    dtypes: dict[int, str] = {}
    found: dict[str, list[Argument]] = {}
    kept: list[Any] = []  # so that no id is given out again
    access, append = emit.Operand._access, emit.Emitter.emit

    def noting(operand: Any, *how: Any) -> Any:
        made = access(operand, *how)
        kept.append(made)
        dtypes[id(made)] = np.dtype(operand.dtype).name
        return made

    def emitting(emitter: Any, kernel: str, *args: Any, **how: Any) -> None:
        if how.get("elementwise"):  # before it is known that of one item each is all
            found.setdefault(kernel, [Argument(a, dtypes) for a in args])
        append(emitter, kernel, *args, **how)

    with mock.patch.object(emit.Operand, "_access", noting), mock.patch.object(emit.Emitter, "emit", emitting):
        for name in OPS:
            for dtype in FLOATS:
                for function, arrays in cases(name, dtype):
                    evaluate.PLANS.clear()  # a plan that is known is not lowered again
                    evaluate.plan(function, arrays, fuse=False, threads=1)
    return found


@pytest.fixture(scope="module")
def instructions():
    """The element-wise instructions."""
    return elementwise()


def places(args: list[Argument]) -> list[tuple[int, int] | None]:
    """In which ways the result may lie: apart, or in the place of an operand of its size: (result, operand)."""
    memory = [(i, a) for i, a in enumerate(args) if a.word is None and not a.whole]
    return [
        None,
        *(
            (i, j)
            for i, a in memory
            for j, b in memory
            if not a.reads and b.reads and a.dtype.itemsize == b.dtype.itemsize
        ),
    ]


def called(kernel: str, words: list[Any], pieces: int) -> list[np.ndarray]:
    """What the arrays among the words hold after the kernel went over all items, so many at a time."""
    copies = {id(w): w.copy() for w in words if isinstance(w, np.ndarray)}
    mine = [copies.get(id(w), w) for w in words]
    for array in copies.values():
        register_memory(array)
    for at in range(0, ITEMS, pieces):
        assert pack.call(kernel, mine, at, min(at + pieces, ITEMS)) == 0
    return list(copies.values())


@pytest.mark.compiled
def test_elementwise_kernels_cut_at_every_item(instructions):
    assert len(instructions) > 150
    for number, (kernel, args) in enumerate(sorted(instructions.items())):
        rng = np.random.default_rng(number)
        for place in places(args):
            kind = KINDS.get(kernel.rpartition("_")[2], "")
            words = [a.numbers(rng, kind) if a.word is None else a.word for a in args]
            if place is not None:
                result, operand = place
                words[result] = words[operand].view(args[result].dtype)
                words[operand] = words[result] if args[operand].dtype == args[result].dtype else words[operand]
            expected = called(kernel, words, ITEMS)
            for pieces in PIECES:
                evaluate.assert_same_bits(called(kernel, words, pieces), expected, f"{kernel}, {pieces} at a time")
