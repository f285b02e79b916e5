"""Gathering: calls outside of a trace whose values nobody has looked at yet, run as one cached plan when somebody does.

A Log is the calls of one thread in order, as events: an operation, the call of a layer, a loss, a gradient, an update.
Each event is found by its key below the one before it, in a tree of entries that outlives the logs
(compiler/events.py); so the second time round a loop nothing is traced: shapes come from the entries, and the plan from
the last one.  What is new is traced as it comes, so an error of shapes is raised at the call.

What a live tape may ask about again is not kept as values: its log holds the events, and a gradient that is taken
after a look is a plan of the same events once more.  Variables that change meanwhile leave a copy of what they were.
"""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from fastnn.compiler.event_log import Log, behind, older
from fastnn.compiler.events import serial
from fastnn.core import dtypes, hooks
from fastnn.core.errors import GraphError
from fastnn.core.types import Attrs
from fastnn.graph.tensor import here, known
from fastnn.graph.trace import active
from fastnn.graph.variable import Variable
from fastnn.ops.op import REGISTRY, Op

MOST_EVENTS = 512  # gathered without a look; then they run
KEY = "seed", "stream", "call"  # attributes of operations that draw
FIXED_NUMBERS = 2  # that one place of a loop may multiply or add; with another one they become values


def current_log() -> Log:
    """The log that calls of this thread go to; what has gathered runs first where that is much."""
    log = here.log
    if log is not None and len(log.events) - log.ran >= MOST_EVENTS:
        log.flush()
        log = here.log
    if log is None:
        log = here.log = Log()
    found: Log = log
    return found


def begin() -> Log:
    """A tape begins to record outside of any other: what has gathered runs, and a log of its own starts."""
    log = here.log
    if log is not None:
        log.flush()
        if here.log is log:
            behind.logs.append(weakref.ref(log))
            here.log = None
    return current_log()


@contextlib.contextmanager
def session(step: int, counts: dict[Any, int]) -> Iterator[None]:
    """All that is called in this block gathers, as one step of a training: number `step`, whose draws `counts` counts.

    Everything has happened at the end of the block.
    """
    log = begin()
    log.step, log.counts = step, counts
    here.recording += 1
    try:
        yield
    except BaseException:
        here.log = None
        raise
    finally:
        here.recording -= 1
    log.flush()
    log.counts = None


def call(key: Any, fn: Callable[..., Any], values: Sequence[Any], effect: bool = False) -> Any:
    """fn(*values) as one event.  effect: it is called for what it changes, so it runs at once unless a tape records."""
    log = current_log()
    out = log.call(key, fn, values)
    if effect and not here.recording:
        log.flush()
    return out


def _hashed(value: Any) -> Any:
    """An attribute as a part of a key."""
    if isinstance(value, (np.ndarray, np.generic)):
        return value.shape, value.dtype.str, value.tobytes()
    if isinstance(value, (list, tuple)):
        return tuple(map(_hashed, value))
    return value


def _with_numbers(x: Any, scale: float, shift: float) -> Any:
    """scale x + shift with both as values, not as a part of the plan: numbers that change from step to step."""
    kind = dtypes.numpy_type(dtypes.standardize(x.dtype))
    y = x if scale == 1.0 else REGISTRY["multiply"](x, np.asarray(scale, kind))
    return y if shift == 0.0 and y is not x else REGISTRY["add"](y, np.asarray(shift, kind))


def operation(op: Op, inputs: Sequence[Any], attrs: Attrs) -> Any:
    """An operation on values of which some gather.  Registered as the "gather" hook."""
    if op.name == "affine" and here.log is not None and here.log.counts is None:
        seen, values = here.log.at.numbers, tuple(attrs.values())
        if values not in seen:
            if len(seen) >= FIXED_NUMBERS:
                return _with_numbers(inputs[0], **attrs)
            seen.add(values)
    keys = []
    if op.draws:  # what it draws with changes from call to call: no part of the plan
        keys, attrs = [tuple([attrs[name] for name in KEY])], {k: v for k, v in attrs.items() if k not in KEY}
    given = [v for v in inputs if v is not None]
    absent = tuple([v is None for v in inputs]) if len(given) < len(inputs) else None

    def fn(*symbols: Any) -> Any:
        rest, how = iter(symbols), attrs
        if keys:
            replay: Any = active(op.name).replay()
            how = {**attrs, **dict(zip(KEY, replay.draw_key(lambda: keys[0])))}
        return op(*(symbols if absent is None else [None if gone else next(rest) for gone in absent]), **how)

    key = op.name, id(op), tuple(attrs.values()), absent
    try:
        hash(key)
    except TypeError:
        key = op.name, id(op), tuple([_hashed(v) for v in attrs.values()]), absent
    return current_log().call(key, fn, given, keys)


def read(variable: Variable) -> Any:
    """What a variable is now, as a Tensor.  Registered as the "gather_read" hook."""
    return current_log().reading(variable, lambda s: s if s.dtype == variable.dtype else s.astype(variable.dtype))


def assign(variable: Variable, value: Any) -> None:
    """variable <- value, in its place among the calls.  Registered as the "gather_assign" hook."""

    def fn(symbol: Any) -> None:
        variable.assign(symbol)

    call(("assign", serial(variable)), fn, [value], effect=True)


def gradients_of(ys: Sequence[Any], xs: Sequence[Any], gys: Sequence[Any] | None) -> list[Any]:
    """What `gradients` gives for values that gather.  Registered as the "gather_gradients" hook."""
    log = here.log
    if log is None or not all(log.has(y) for y in ys):
        raise GraphError(
            "gradients: what these values were made from is not kept any more, as they have been looked at; record "
            "them under a GradientTape."
        )
    found: list[Any] = log.gradient(None, ys, xs, gys or [None] * len(ys))
    return found


def changing(written: Iterable[Variable] | None = None) -> None:
    """Variables (None: any) are about to be changed otherwise.  Registered as the "changing" hook."""
    if here.busy:
        return
    for log in [*older(), *([] if here.log is None else [here.log])]:
        log.changed(written)


hooks.register("gather", operation)
hooks.register("gather_gradients", gradients_of)
hooks.register("gather_read", read)
hooks.register("gather_assign", assign)
hooks.register("gather_call", call)
hooks.register("changing", changing)
hooks.register("serial", serial)
__all__ = ["Log", "assign", "begin", "call", "changing", "current_log", "known", "operation", "read"]
