"""Dataset: a lazy pipeline with the methods of `tf.data.Dataset`, in plain Python over arrays."""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Callable, Iterator
from typing import Any

from fastnn.core import config
from fastnn.core.arguments import count as counted
from fastnn.core.errors import ArgumentError
from fastnn.data import groups, plan
from fastnn.data.batches import Batches
from fastnn.data.elements import call, element, given, leaves
from fastnn.data.passes import Passes
from fastnn.data.plan import Plan, Turn
from fastnn.data.sources import Sources


class Options:
    """Options of a pipeline, which change nothing here: any attribute can be set, of its groups, too.

    >>> options = Options()
    >>> options.deterministic = True
    >>> options.threading.private_threadpool_size = 2
    """

    _GROUPS = (
        "autotune",
        "experimental_distribute",
        "experimental_optimization",
        "experimental_threading",
        "threading",
    )

    def __getattr__(self, name: str) -> Any:
        if name not in Options._GROUPS:
            raise AttributeError(f"'Options' object has no attribute {name!r}")
        found = self.__dict__[name] = Options()
        return found


class Dataset(Sources, Batches):
    """Elements one after the other: arrays, or tuples and dicts of them. Every method gives a new data set.

    An element is made when it is asked for. A pass can begin at any element: fit() that goes on inside an epoch makes
    none of those before, where the elements have numbers (not after filter, unbatch, flat_map and generators).
    Iterating gives arrays with the method numpy().

    Args:
        plan: how elements are made; `from_tensor_slices` and its kin find it.
        source, how: what it was made of, and in which way, where passes go on together.

    >>> import numpy as np
    >>> data = Dataset.from_tensor_slices((np.arange(5), np.arange(5) * 2)).batch(2)
    >>> len(data), [x.tolist() for x, y in data]
    (3, [[0, 1], [2, 3], [4]])
    """

    def map(
        self,
        map_func: Callable[..., Any],
        num_parallel_calls: Any = None,
        deterministic: bool | None = None,
        synchronous: bool | None = None,
        use_unbounded_threadpool: bool = False,
        name: str | None = None,
    ) -> Dataset:
        """map_func of each element.

        Args:
            map_func: a function; the parts of a tuple are its arguments.
            num_parallel_calls, deterministic, synchronous, use_unbounded_threadpool: of no effect: elements are made
                one after the other.
            name: of no effect.
        """
        made = plan.mapped(self._plan, map_func)
        return self._derived(made, "map", getattr(map_func, "__code__", id(map_func)))  # a lambda in a loop is one

    def filter(self, predicate: Callable[..., Any], name: str | None = None) -> Dataset:
        """The elements for which the predicate holds.

        Args:
            predicate: a function with a truth value; the parts of a tuple are its arguments.
            name: of no effect.
        """
        p = self._plan
        return self._made(Plan(None, lambda t: (e for e in p.iterate(t) if call(predicate, e)), spec=self._spec()))

    def take_while(self, predicate: Callable[..., Any], name: str | None = None) -> Dataset:
        """The elements before the first for which the predicate does not hold.

        Args:
            predicate: a function with a truth value; the parts of a tuple are its arguments.
            name: of no effect.
        """
        p = self._plan
        return self._made(Plan(None, lambda t: itertools.takewhile(lambda e: call(predicate, e), p.iterate(t))))

    def scan(self, initial_state: Any, scan_func: Callable[..., Any], name: str | None = None) -> Dataset:
        """The outputs of (state, output) = scan_func(state, element).

        Args:
            initial_state: the first state, a structure of arrays.
            scan_func: a function (state, element) -> (state, output).
            name: of no effect.
        """
        p = self._plan

        def make(turn: Turn) -> Iterator[Any]:
            state = element(initial_state)
            for value in p.iterate(turn):
                state, out = map(element, scan_func(given(state), given(value)))
                yield out

        return self._made(Plan(p.length, make))

    def enumerate(self, start: int = 0, name: str | None = None) -> Dataset:
        """Tuples (number, element).

        Args:
            start: the first number, an int.
            name: of no effect.
        """
        return self.zip(self.counter(start), self)

    def unique(self, name: str | None = None) -> Dataset:
        """Each value once.

        Args:
            name: of no effect.
        """
        p = self._plan

        def make(turn: Turn) -> Iterator[Any]:
            seen = set()
            for value in p.iterate(turn):
                mark = tuple((a.tobytes() if a.dtype.kind != "O" else str(a.tolist())) for a in leaves(value))
                if mark not in seen:
                    seen.add(mark)
                    yield value

        return self._made(Plan(None, make, spec=self._spec()))

    # ---- order and number ------------------------------------------------------------------------------

    def shuffle(
        self,
        buffer_size: int,
        seed: int | None = None,
        reshuffle_each_iteration: bool | None = True,
        name: str | None = None,
    ) -> Dataset:
        """The elements in random order: each drawn from a buffer of so many; another order in each pass.

        Elements that have numbers are shuffled by these: none is made to wait in the buffer.

        Args:
            buffer_size: an int >= 1.
            seed: an int; None for the next default one, which `utils.set_random_seed` decides.
            reshuffle_each_iteration: False gives each pass the same order.
            name: of no effect.
        """
        size = counted("buffer_size", buffer_size)
        stream = config.next_stream() if seed is None else int(seed)
        return self._made(plan.shuffled(self._plan, size, stream, reshuffle_each_iteration is not False))

    def repeat(self, count: Any = None, name: str | None = None) -> Dataset:
        """The elements several times over.

        Args:
            count: how often, an int; without end if None or below 0.
            name: of no effect.
        """
        times = math.inf if count is None or count < 0 else int(count)
        return self._derived(plan.repeated(self._plan, times), "repeat", times)

    def take(self, count: Any, name: str | None = None) -> Dataset:
        """The first `count` elements; all if it is -1.

        Args:
            count: an int.
            name: of no effect.
        """
        number = math.inf if count < 0 else operator.index(count)
        return self._derived(plan.taken(self._plan, number), "take", number)

    def skip(self, count: Any, name: str | None = None) -> Dataset:
        """The elements after the first `count`; none if it is -1.

        Args:
            count: an int.
            name: of no effect.
        """
        if count < 0:
            return self.take(0)
        return self._derived(plan.skipped(self._plan, operator.index(count)), "skip", operator.index(count))

    def shard(self, num_shards: int, index: int, name: str | None = None) -> Dataset:
        """Every num_shards-th element from number `index` on.

        Args:
            num_shards: how many parts there are, an int.
            index: which of them, from 0.
            name: of no effect.

        Raises ArgumentError for an index that is none.
        """
        if not 0 <= index < num_shards:
            raise ArgumentError(f"shard: received index={index} of num_shards={num_shards}.")
        return self._derived(
            plan.sharded(self._plan, int(num_shards), int(index)), "shard", int(num_shards), int(index)
        )

    def concatenate(self, dataset: Dataset, name: str | None = None) -> Dataset:
        """These elements, then those of another data set.

        Args:
            dataset: the other one.
            name: of no effect.
        """
        return self._made(plan.joined(self._plan, dataset._plan))

    def cache(self, filename: str = "", name: str | None = None) -> Dataset:
        """The elements, kept in memory once they are made (never in a file); what was shuffled before stays so.

        Args:
            filename: of no effect: the elements stay in memory.
            name: of no effect.
        """
        return self._derived(plan.cached(self._plan), "cache")

    snapshot = cache

    def prefetch(self, buffer_size: Any = None, name: str | None = None) -> Dataset:
        """The same: elements are made when they are needed.

        Args:
            buffer_size: of no effect.
            name: of no effect.
        """
        return self._derived(self._plan, "as it is")

    def with_options(self, options: Any, name: str | None = None) -> Dataset:
        """The same.

        Args:
            options: of no effect.
            name: of no effect.
        """
        return self._derived(self._plan, "as it is")

    def options(self) -> Options:
        """Options, of which there are none."""
        return Options()

    def ignore_errors(self, log_warning: bool = False, name: str | None = None) -> Dataset:
        """The elements that can be made.

        Args:
            log_warning: of no effect.
            name: of no effect.
        """
        return self._made(groups.without_errors(self._plan))

    def apply(self, transformation_func: Callable[[Dataset], Dataset]) -> Dataset:
        """What a function makes of this data set.

        Args:
            transformation_func: a function from a Dataset to a Dataset.
        """
        return transformation_func(self)


Passes._class = Dataset  # what the methods of its parts give
