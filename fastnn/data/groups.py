"""Plans of several data sets: one after the other, in turn, by chance, by key."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from fastnn.core import config, random
from fastnn.core.errors import ArgumentError, FastnnError
from fastnn.data.elements import call
from fastnn.data.plan import Plan, Turn


def inner(function: Callable[..., Any], value: Any) -> Plan:
    """The plan of the data set that a function makes of an element."""
    made = call(function, value)
    found = getattr(made, "_plan", None)
    if not isinstance(found, Plan):
        raise ArgumentError(f"`map_func` must return a `Dataset` object. Got {type(made)}.")
    return found


def interleaved(plan: Plan, function: Callable[..., Any], cycle: int, block: int) -> Plan:
    """`block` elements of each of `cycle` inner data sets in turn; a new one for each that has ended."""

    def make(turn: Turn) -> Iterator[Any]:
        opened = (inner(function, e).iterate((*turn, i)) for i, e in enumerate(plan.iterate(turn)))
        open_ones: list[Iterator[Any] | None] = list(itertools.islice(opened, cycle))
        while any(one is not None for one in open_ones):
            for k, one in enumerate(open_ones):
                if one is None:
                    continue
                given = 0
                for value in itertools.islice(one, None if cycle == 1 else block):
                    yield value
                    given += 1
                if cycle == 1 or given < block:
                    open_ones[k] = next(opened, None)

    return Plan(None, make)


def picked(plans: list[Plan], choice: Plan, stop: bool) -> Plan:
    """Elements of the plans whose numbers `choice` gives."""

    def make(turn: Turn) -> Iterator[Any]:
        sources: list[Iterator[Any] | None] = [p.iterate(turn) for p in plans]
        for number in choice.iterate(turn):
            source = sources[int(number)]
            for value in itertools.islice(source or (), 1):
                yield value
                break
            else:
                sources[int(number)] = None
                if stop or not any(sources):
                    return

    return Plan(None, make)


def sampled(plans: list[Plan], chances: Any, stream: int, stop: bool) -> Plan:
    """Elements of the plans, by chance; those that have ended are left out of the draw."""

    def make(turn: Turn) -> Iterator[Any]:
        sources, left = [p.iterate(turn) for p in plans], np.array(chances, np.float64)
        for i in itertools.count():
            if not left.sum():
                return
            lot = float(random.uniform((config.seed(), stream, *turn, i), 1, dtype="float64")[0]) * left.sum()
            number = min(int(np.searchsorted(np.cumsum(left), lot, side="right")), len(left) - 1)
            for value in itertools.islice(sources[number], 1):
                yield value
                break
            else:
                left[number] = 0
                if stop:
                    return

    return Plan(None, make)


def by_key(
    plan: Plan, key: Callable[..., Any], size: Callable[[int], int], reduced: Callable[[int, list[Any]], Plan]
) -> Plan:
    """What `reduced` makes of each `size(key)` elements that have one key, and of what is left of each at the end."""

    def make(turn: Turn) -> Iterator[Any]:
        kept: dict[int, list[Any]] = {}
        for value in plan.iterate(turn):
            k = int(call(key, value))
            kept.setdefault(k, []).append(value)
            if len(kept[k]) >= size(k):
                yield from reduced(k, kept.pop(k)).iterate(turn)
        for k in sorted(kept):
            yield from reduced(k, kept[k]).iterate(turn)

    return Plan(None, make)


def without_errors(plan: Plan) -> Plan:
    """The elements that can be made without an error about data."""

    def made(turn: Turn) -> Iterator[Callable[[], Any]]:
        if plan.finite:
            return (lambda i=i: plan.at(turn, i) for i in range(int(plan.length or 0)))
        return itertools.repeat(plan.iterate(turn).__next__)

    def make(turn: Turn) -> Iterator[Any]:
        for one in made(turn):
            try:
                value = one()
            except StopIteration:
                return
            except (FastnnError, ValueError, ArithmeticError, OSError):
                continue
            yield value

    return Plan(None, make)
