"""Eager evaluation: an operation, or a traced function, on arrays, through a small cached plan."""

import collections
from collections.abc import Callable, Sequence
from threading import get_ident
from typing import Any

import numpy as np

from fastnn.compiler.lending import Lending, lending_of
from fastnn.compiler.program import Program
from fastnn.compiler.target import Options
from fastnn.core import config, dtypes, hooks, random, results, tree, turns
from fastnn.core.errors import KernelError, NotSupportedError, ValuesError
from fastnn.core.jit import MODE
from fastnn.core.locks import lock
from fastnn.core.memory import register_memory
from fastnn.core.notes import notes
from fastnn.core.types import Array, Attrs, Shape
from fastnn.graph import variable as variables
from fastnn.graph.active import casting, paused
from fastnn.graph.lifetime import passing
from fastnn.graph.node import Symbol
from fastnn.graph.tensor import here, settle
from fastnn.graph.trace import Trace, active
from fastnn.ops.functions.operands import operand
from fastnn.ops.op import Op
from fastnn.runtime import pack
from fastnn.runtime.abi import STATE_WORDS, STEP

KEPT_PLANS, KEPT_BYTES = 512, 32 << 20  # of operations on arrays
LARGEST_KEPT = 8 << 20  # bytes of one of them


class EagerPlan:
    """A plan of fn(*symbols) for arrays of given shapes and dtypes; calling it copies arrays in and results out.

    lend: whether large arrays are read where they lie instead, and large results given away: see `Lending`.
    """

    @passing()
    def __init__(
        self,
        fn: Callable[..., Any],
        specs: Sequence[tuple[Shape, str]],
        training: bool | None = None,
        state: Array | None = None,
        options: Options | None = None,
        lend: bool = False,
    ) -> None:
        self.arrays: list[Any] = [np.zeros(shape, dtypes.numpy_type(dtype)) for shape, dtype in specs]
        with Trace(training=training) as trace:
            symbols = [trace.input(shape, dtype) for shape, dtype in specs]
            self.result = fn(*symbols)
            self.leaves = [x for x in tree.flatten(self.result) if _is_value(x)]
            symbols_out = [trace.symbol(s) for s in self.leaves]
        for a in self.arrays:
            register_memory(a)
        self.reads_variables = bool(trace.values)
        self.program = Program(trace, symbols_out, dict(zip(symbols, self.arrays)), state=state, options=options)
        self.lock = self.program.lock
        self.one = self.leaves == [self.result]
        self.single = self.program.outputs[0] if self.one else None
        self.layout = variables.layout_version if self.reads_variables else 0
        self.bytes = self.program.arena_bytes + sum(a.nbytes for a in self.arrays)
        self.only = self.arrays[0] if len(self.arrays) == 1 else None
        self.plain = False  # whether results are NumPy's own arrays, whatever those of operations are
        self.door = None  # what takes the arrays in, where they are not simply copied
        self.blame = None  # asked about the arrays when a kernel refuses what it finds
        self.lending = lending_of(self.program, self.arrays, LARGEST_KEPT) if lend else None
        if self.lending is not None:
            self.bytes, self.only, self.single = self.lending.bytes, None, None

    @property
    def stale(self) -> bool:
        """Whether variables moved since the plan was made."""
        return self.reads_variables and self.layout != variables.layout_version

    def __call__(self, *arrays: Any) -> Any:
        if self.reads_variables and here.log is not None:
            settle()
        # Written out: a small net's whole prediction takes as long as twenty calls of functions.
        program, me = self.program, get_ident()
        taken = self.reads_variables and me not in turns.OPEN
        if taken:  # turns.begin
            turns.OPEN[me] = program
            if len(turns.OPEN) > 1 or turns.WAITING:
                turns.wait(me, program)
        try:
            with self.lock:
                if self.lending is not None:
                    return self._lent(self.lending, arrays)
                if self.only is not None and self.door is None:
                    self.only[...] = arrays[0]
                elif self.door is None:
                    for mine, given in zip(self.arrays, arrays):
                        mine[...] = given
                else:
                    self.door(self.arrays, arrays)
                try:
                    program.once()
                except KernelError:
                    if self.blame is not None:
                        self.blame(arrays)
                    raise
                kind = None if self.plain else results.kind
                if self.single is not None:
                    return self.single.copy() if kind is None else self.single.copy().view(kind)
                outputs = iter([o.copy() if kind is None else o.copy().view(kind) for o in program.outputs])
        finally:
            if taken:  # turns.end
                del turns.OPEN[me]
                if turns.WAITING:
                    turns.tell()
        return tree.map_structure(lambda x: next(outputs) if _is_value(x) else x, self.result)

    def _lent(self, lending: Lending, arrays: Sequence[Any]) -> Any:
        """The call with large arrays."""
        try:
            lending.take(arrays)
            self.program.once()
            kind = results.kind
            outputs = iter([o if kind is None else o.view(kind) for o in lending.results()])
        finally:
            lending.leave()
        if self.one:
            return next(outputs)
        return tree.map_structure(lambda x: next(outputs) if _is_value(x) else x, self.result)


class Kept:
    """The plans that were used last: at most `plans` of them, of `most` bytes together, none of more than `largest`."""

    def __init__(self, plans: int, most: int, largest: int) -> None:
        self.plans, self.most, self.largest, self.bytes = plans, most, largest, 0
        self._kept: collections.OrderedDict[Any, tuple[EagerPlan, int]] = collections.OrderedDict()
        self._lock = lock()

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, key: Any) -> EagerPlan | None:
        """The plan kept under `key`, or None."""
        try:
            with self._lock:
                found = self._kept.get(key)
                if found is None:
                    return None
                self._kept.move_to_end(key)
                return found[0]
        except TypeError:  # an attribute without a hash: such calls are not kept
            return None

    def put(self, key: Any, call: EagerPlan) -> None:
        """Keep a plan, and let others go."""
        if call.bytes > self.largest:
            return
        size = call.bytes + call.program.nbytes
        try:
            with self._lock:
                before = self._kept.pop(key, None)  # another thread may have made it, too
                self._kept[key] = call, size
                self.bytes += size - (0 if before is None else before[1])
                while len(self._kept) > self.plans or self.bytes > self.most:
                    self.bytes -= self._kept.popitem(last=False)[1][1]
        except TypeError:
            return


KEPT = Kept(KEPT_PLANS, KEPT_BYTES, LARGEST_KEPT)
REFUSED: collections.deque[Any] = collections.deque(maxlen=64)  # keys of functions that are no plan


def _is_value(x: Any) -> bool:
    return isinstance(x, Symbol) or hasattr(x, "_fastnn_variable")


def as_array(value: Any) -> Any:
    """A value as the array that eager operations see (Python floats take the default float type)."""
    if hasattr(value, "_fastnn_variable"):
        if here.log is not None:
            settle()
        return value._seen if casting() is None else value.value
    return operand(value)


def draw(kind: str, key: Sequence[int], n: int, first: float, second: float) -> Array | None:
    """n float32 random numbers by the kernel, or None where kernels are plain Python.  Registered as the "draw" hook.

    kind: "uniform" (first: the lowest, second: the range), "normal" or "truncated" (first: mean, second: deviation).
    """
    if MODE == "python":
        return None
    out, state = np.empty(n, np.float32), np.zeros(STATE_WORDS, np.int64)
    state[STEP] = random.signed(key[-1])  # the kernel folds the state block's step in, here the last word
    words = [out, random.signed(random.fold(key[:-1])), state, float(first), float(second)]
    name = "random_uniform_f32" if kind == "uniform" else "random_normal_f32"
    pack.call(name, words if kind == "uniform" else [*words, int(kind == "truncated")], 0, n)
    return out


def evaluate(op: Op, inputs: Sequence[Any], attrs: Attrs) -> Any:
    """op(*inputs) on arrays and numbers; returns NumPy arrays.  Registered as the "eager" hook."""
    arrays = [None if v is None else as_array(v) for v in inputs]
    specs = tuple([None if a is None else (a.shape, a.dtype) for a in arrays])  # a name costs more than the key
    key = op.name, specs, tuple(attrs.values()), config.version(), id(op)
    call = KEPT.find(key)
    given = [a for a in arrays if a is not None]
    if call is None:

        def fn(*symbols: Any) -> Any:
            given = iter(symbols)
            return op(*(None if a is None else next(given) for a in arrays), **attrs)

        with paused():
            call = EagerPlan(fn, [(a.shape, dtypes.standardize(a.dtype)) for a in given], lend=True)
        KEPT.put(key, call)
    out = call(*given)
    if notes.calls is not None:
        notes.calls.append((call, given, out))
    return out


def traced(fn: Callable[..., Any], arrays: Sequence[Any]) -> Any:
    """fn(*arrays) as one graph that nobody keeps.  Registered as the "traced" hook."""
    given = [as_array(a) for a in arrays]
    with paused():
        plan = EagerPlan(fn, [(a.shape, dtypes.standardize(a.dtype)) for a in given], lend=True)
    return plan(*given)


def kept(key: Any, fn: Callable[..., Any], arrays: Sequence[Any]) -> Any:
    """fn(*arrays) as one plan, which is kept under `key`.  Registered as the "kept" hook.

    key: what fn depends on besides shapes and dtypes.  Returns None where fn asks for values, draws random numbers or
    reads variables: it is no function of the arrays alone, or no graph.
    """

    def alone(*symbols: Any) -> Any:
        active("kept").extra["alone"] = True  # fn asks for no gradients, and who calls it cannot
        return fn(*symbols)

    given = [as_array(a) for a in arrays]
    full = key, tuple([(a.shape, a.dtype) for a in given]), config.version()
    call = KEPT.find(full)
    if call is None:
        if full in REFUSED:
            return None
        try:
            with paused():
                call = EagerPlan(alone, [(a.shape, dtypes.standardize(a.dtype)) for a in given], lend=True)
        except (ValuesError, NotSupportedError):
            call = None
        if call is None or call.reads_variables or call.program.storage.keys:
            REFUSED.append(full)
            return None
        KEPT.put(full, call)
    out = call(*given)
    if notes.calls is not None:
        notes.calls.append((call, given, out))
    return out


def plan_of(fn: Callable[..., Any], array: Array) -> EagerPlan:
    """The plan of fn on arrays like this one, in inference.  Registered as the "plan" hook."""
    with paused():
        return EagerPlan(fn, [(array.shape, dtypes.standardize(array.dtype))], training=False)


hooks.register("plan", plan_of)
hooks.register("eager", evaluate)
hooks.register("traced", traced)
hooks.register("kept", kept)
hooks.register("draw", draw)
