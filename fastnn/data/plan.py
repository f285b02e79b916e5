"""Plans: how the elements of a data set are made, in any pass, from any element on where they can be numbered.

A pass (`turn`) is a tuple of ints. The same turn gives the same elements in the same order, so that a run that was
broken off goes on where it stopped.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from fastnn.core import config, random
from fastnn.data.elements import call, each, element, stack

Turn = tuple[int, ...]


@dataclass
class Plan:
    """length: elements of a pass, math.inf, or None if not known.  make(turn): their iterator.  at(turn, i): element i,
    or None.  many(turn, indices): several, stacked, or None.  spec(): structure of TensorSpecs, or None."""

    length: float | None = None
    make: Callable[[Turn], Iterable[Any]] | None = None
    at: Callable[[Turn, int], Any] | None = None
    many: Callable[[Turn, Any], Any] | None = None
    spec: Callable[[], Any] | None = None

    @property
    def finite(self) -> bool:
        """Elements can be had by number, and there is an end."""
        return self.at is not None and self.length is not None and self.length < math.inf

    def iterate(self, turn: Turn, start: int = 0) -> Iterator[Any]:
        """The elements of a pass from number `start` on."""
        if self.at is not None and self.length is not None:
            numbers = range(start, int(self.length)) if self.length < math.inf else itertools.count(start)
            return (self.at(turn, i) for i in numbers)
        assert self.make is not None
        elements = iter(self.make(turn))
        next(itertools.islice(elements, start, start), None)
        return elements  # not an islice, which ends with the first error

    def stacked(self, turn: Turn, indices: Any) -> Any:
        """Elements by their numbers, as one."""
        if self.many is not None:
            return self.many(turn, indices)
        assert self.at is not None
        return stack([self.at(turn, int(i)) for i in indices])

    def chosen(
        self, length: int, place: Callable[[Turn, Any], Any], inner: Callable[[Turn], Turn] = lambda t: t
    ) -> Plan:
        """`length` of the elements: number i is number place(turn, i) of these (of one number, or an array of them)."""
        at, many = self.at, self.many
        assert at is not None
        return Plan(length, None, lambda t, i: at(inner(t), int(place(t, i))),
                    None if many is None else lambda t, i: many(inner(t), place(t, i)), self.spec)  # fmt: skip


def of_list(elements: list[Any]) -> Plan:
    """Elements that are there."""
    return Plan(len(elements), at=lambda _, i: elements[i])


def mapped(plan: Plan, function: Callable[..., Any]) -> Plan:
    """function of each."""

    def one(value: Any) -> Any:
        return element(call(function, value))

    if plan.at is not None:
        at = plan.at
        return Plan(plan.length, at=lambda t, i: one(at(t, i)))
    return Plan(plan.length, lambda t: map(one, plan.iterate(t)))


def batched(plan: Plan, size: int, drop: bool, join: Callable[[list[Any]], Any] | None = None) -> Plan:
    """`size` of them at a time."""
    n = plan.length
    length = None if n is None or n == math.inf else n // size if drop else -(-n // size)
    length = n if n == math.inf else length
    if plan.finite:
        last = int(n or 0)

        def at(turn: Turn, i: int) -> Any:
            numbers = np.arange(i * size, min(i * size + size, last))
            return plan.stacked(turn, numbers) if join is None else join([plan.at(turn, int(j)) for j in numbers])

        return Plan(length, at=at)

    def make(turn: Turn) -> Iterator[Any]:
        elements = plan.iterate(turn)
        while group := list(itertools.islice(elements, size)):
            if len(group) < size and drop:
                return
            yield (join or stack)(group)

    return Plan(length, make)


def shuffled(plan: Plan, size: int, stream: int, again: bool) -> Plan:
    """In random order: each is drawn from the next `size` that have not been given; another order in each pass."""

    def key(turn: Turn) -> Turn:
        return (config.seed(), stream, *(turn if again else ()))

    if not plan.finite:
        return Plan(plan.length, lambda t: drawn(plan.iterate(t), size, key(t)), spec=plan.spec)
    n, orders = int(plan.length or 0), {}

    def order(turn: Turn) -> Any:
        k = key(turn)
        if k not in orders:
            if len(orders) > 1:  # an epoch's, and that of the next where a batch holds rows of both
                orders.pop(next(iter(orders)))
            orders[k] = (
                random.permutation(k, n) if size >= n else np.fromiter(drawn(iter(range(n)), size, k), np.int64, n)
            )
        return orders[k]

    return plan.chosen(n, lambda t, i: order(t)[i])


def drawn(elements: Iterator[Any], size: int, key: Turn) -> Iterator[Any]:
    """Elements in random order, from a buffer of `size`."""
    words = (int(w) for block in itertools.count() for w in random.bits(key, 1024, first=1024 * block))
    buffer = list(itertools.islice(elements, size))
    for value in elements:
        i = next(words) * len(buffer) >> 32
        yield buffer[i]
        buffer[i] = value
    while buffer:
        i = next(words) * len(buffer) >> 32
        buffer[i], buffer[-1] = buffer[-1], buffer[i]
        yield buffer.pop()


def repeated(plan: Plan, count: float) -> Plan:
    """`count` times over; math.inf: without end."""
    n = plan.length
    if plan.finite and n:
        size, at = int(n), plan.at

        def one(turn: Turn, i: int) -> Any:
            return at((*turn, i // size), i % size)

        def many(turn: Turn, indices: Any) -> Any:
            rounds = indices // size
            if (rounds == rounds[0]).all():
                return plan.stacked((*turn, int(rounds[0])), indices % size)
            return stack([one(turn, int(i)) for i in indices])

        return Plan(n * count, at=one, many=many, spec=plan.spec)

    def make(turn: Turn) -> Iterator[Any]:
        for r in itertools.count() if count == math.inf else range(int(count)):
            given = 0
            for value in plan.iterate((*turn, r)):
                yield value
                given += 1
            if not given:
                return

    return Plan(count if count in (0, math.inf) and n != 0 else None if n is None else n * count, make, spec=plan.spec)


def taken(plan: Plan, count: float) -> Plan:
    """The first `count`."""
    n = None if plan.length is None else min(plan.length, count)
    if plan.at is not None and n is not None and n < math.inf:
        return plan.chosen(int(n), lambda _, i: i)
    stop = None if count == math.inf else int(count)
    return Plan(n, lambda t: itertools.islice(plan.iterate(t), stop), spec=plan.spec)


def skipped(plan: Plan, count: int) -> Plan:
    """Those after the first `count`."""
    n = None if plan.length is None else max(plan.length - count, 0)
    if plan.finite:
        return plan.chosen(int(n or 0), lambda _, i: i + count)
    return Plan(n, lambda t: plan.iterate(t, count), spec=plan.spec)


def sharded(plan: Plan, parts: int, index: int) -> Plan:
    """Every `parts`-th from number `index` on."""
    n = plan.length
    if plan.finite:
        return plan.chosen(len(range(index, int(n or 0), parts)), lambda _, i: index + i * parts)
    return Plan(n if n == math.inf else None, lambda t: itertools.islice(plan.iterate(t, index), 0, None, parts),
                spec=plan.spec)  # fmt: skip


def joined(first: Plan, second: Plan) -> Plan:
    """These, then those."""
    n = None if None in (first.length, second.length) else (first.length or 0) + (second.length or 0)
    if first.finite and second.finite:
        cut, a, b = int(first.length or 0), first.at, second.at
        return Plan(n, at=lambda t, i: a(t, i) if i < cut else b(t, i - cut), spec=first.spec)
    return Plan(n, lambda t: itertools.chain(first.iterate(t), second.iterate(t)), spec=first.spec)


def zipped(plans: list[Plan], pack: Callable[[list[Any]], Any]) -> Plan:
    """Elements of several at once."""
    known = [p.length for p in plans]
    n = None if None in known else min(k for k in known if k is not None)
    if all(p.at is not None for p in plans) and n is not None:
        return Plan(n, at=lambda t, i: pack([p.at(t, i) for p in plans]))
    return Plan(n, lambda t: map(pack, map(list, zip(*(p.iterate(t) for p in plans)))))


def cached(plan: Plan) -> Plan:
    """Kept in memory once they have been made; the order is that of the first pass."""
    kept: dict[int, Any] = {}
    whole: list[list[Any]] = []
    if plan.finite:
        at = plan.at

        def one(_: Turn, i: int) -> Any:
            if i not in kept:
                kept[i] = at((), i)
            return kept[i]

        return Plan(plan.length, at=one, spec=plan.spec)

    def make(_: Turn) -> Iterator[Any]:
        if whole:
            yield from whole[0]
            return
        found = []
        for value in plan.iterate(()):
            found.append(value)
            yield value
        whole[:] = [found]

    return Plan(plan.length, make, spec=plan.spec)


def windows(plan: Plan, size: int, shift: int, stride: int, drop: bool) -> Plan:
    """Lists of `size` elements, `stride` apart; the next begins `shift` later."""
    reach = (size - 1) * stride + 1

    def make(turn: Turn) -> Iterator[Any]:
        elements, buffer = plan.iterate(turn), []
        while True:
            buffer += itertools.islice(elements, max(reach - len(buffer), 0))
            group = buffer[:reach:stride]
            if not group or (drop and len(group) < size):
                return
            yield group
            if shift > len(buffer):
                next(itertools.islice(elements, shift - len(buffer) - 1, None), None)
            del buffer[:shift]

    n = plan.length
    if n is None or n == math.inf:
        return Plan(n, make)
    return Plan(max(0, (n - reach) // shift + 1 if drop else -(-n // shift)), make)


def columns(rows: list[Any], wrap: Callable[[list[Any]], Any]) -> Any:
    """A structure of what `wrap` makes of the column of each leaf of these elements."""
    return each(lambda *column: wrap(list(column)), *rows)
