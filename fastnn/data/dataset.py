"""Dataset: a lazy pipeline with the methods of `tf.data.Dataset`, in plain Python over arrays."""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from fastnn.core import config
from fastnn.core.arguments import count as counted
from fastnn.core.errors import ArgumentError
from fastnn.data import groups, origins, plan
from fastnn.data.elements import array_of, call, each, element, given, leaves, padded, rows_of
from fastnn.data.passes import Passes
from fastnn.data.plan import Plan, Turn

AUTOTUNE = -1


class Options:
    """Options of a pipeline, which change nothing here: any attribute can be set.

    >>> options = Options()
    >>> options.deterministic = True
    """


class Dataset(Passes):
    """Elements one after the other: arrays, or tuples and dicts of them. Every method gives a new data set.

    An element is made when it is asked for. A pass can begin at any element: fit() that goes on inside an epoch makes
    none of those before, where the elements have numbers (not after filter, unbatch, flat_map and generators).
    Iterating gives arrays with the method numpy().

    >>> data = Dataset.from_tensor_slices((np.arange(5), np.arange(5) * 2)).batch(2)
    >>> len(data), [x.tolist() for x, y in data]
    (3, [[0, 1], [2, 3], [4]])
    """

    # ---- sources ---------------------------------------------------------------------------------------

    @staticmethod
    def from_tensor_slices(tensors: Any, name: str | None = None) -> Dataset:
        """One element for each row of the arrays of a structure.

        Raises DataError where they have different numbers of rows.
        """
        return Dataset(origins.rows(tensors))

    @staticmethod
    def from_tensors(tensors: Any, name: str | None = None) -> Dataset:
        """One element: the structure itself."""
        return Dataset(plan.of_list([each(array_of, tensors)]))

    @staticmethod
    def from_generator(
        generator: Callable[..., Iterable[Any]],
        output_types: Any = None,
        output_shapes: Any = None,
        args: Any = (),
        output_signature: Any = None,
        name: str | None = None,
    ) -> Dataset:
        """The elements that a function's generator yields; it is called anew for each pass.

        output_signature: structure of TensorSpecs, or output_types (dtypes) and output_shapes: what they become.
        Raises ArgumentError for what cannot be called; DataError for an element that is not as the signature says.
        """
        return Dataset(origins.generated(generator, output_types, output_shapes, args, output_signature))

    @staticmethod
    def range(*args: Any, output_type: Any = "int64", name: str | None = None) -> Dataset:
        """The numbers of Python's range."""
        numbers = range(*map(operator.index, args))
        return Dataset.from_tensor_slices(np.asarray(numbers, output_type))

    @staticmethod
    def counter(start: int = 0, step: int = 1, dtype: Any = "int64", name: str | None = None) -> Dataset:
        """Numbers without end."""
        return Dataset(Plan(math.inf, at=lambda _, i: np.asarray(start + i * step, dtype)))

    @staticmethod
    def random(seed: int | None = None, rerandomize_each_iteration: bool = False, name: str | None = None) -> Dataset:
        """Random int64 numbers from 0 to 2**32 - 1, without end."""
        return Dataset(origins.random_numbers(seed, rerandomize_each_iteration))

    @staticmethod
    def list_files(
        file_pattern: Any, shuffle: bool | None = True, seed: int | None = None, name: str | None = None
    ) -> Dataset:
        """The names of the files that match a pattern, or one of a list.

        Raises DataError if there is none.
        """
        names = origins.file_names(file_pattern)
        files = Dataset.from_tensor_slices(np.array(names, object))
        return files if shuffle is False else files.shuffle(len(names), seed)

    @staticmethod
    def zip(*args: Any, datasets: Any = None, name: str | None = None) -> Dataset:
        """Tuples (or dicts) of the elements of several data sets, as long as the shortest."""
        parts = datasets if not args else args[0] if len(args) == 1 else args
        parts = tuple(parts) if isinstance(parts, list) else parts
        found = leaves(parts)
        for d in found:
            if not isinstance(d, Dataset):
                raise ArgumentError(f"zip: expected data sets. Received: {d!r} of type {type(d)}")

        def pack(elements: list[Any]) -> Any:
            values = iter(elements)
            return each(lambda _: next(values), parts)

        return Dataset(plan.zipped([d._plan for d in found], pack))

    @staticmethod
    def sample_from_datasets(
        datasets: Any,
        weights: Any = None,
        seed: int | None = None,
        stop_on_empty_dataset: bool = False,
        rerandomize_each_iteration: bool | None = None,
    ) -> Dataset:
        """Elements of several data sets, each drawn from one of them with these chances (None: equal ones)."""
        chances = np.ones(len(datasets)) if weights is None else np.asarray(weights, np.float64)
        if len(chances) != len(datasets) or not len(datasets):
            raise ArgumentError(f"sample_from_datasets: received {len(chances)} weights for {len(datasets)} data sets.")
        stream = config.next_stream() if seed is None else seed
        return Dataset(groups.sampled([d._plan for d in datasets], chances, stream, stop_on_empty_dataset))

    @staticmethod
    def choose_from_datasets(datasets: Any, choice_dataset: Dataset, stop_on_empty_dataset: bool = True) -> Dataset:
        """Elements of several data sets, each from the one whose number `choice_dataset` gives."""
        return Dataset(groups.picked([d._plan for d in datasets], choice_dataset._plan, stop_on_empty_dataset))

    # ---- one element at a time -------------------------------------------------------------------------

    def map(
        self,
        map_func: Callable[..., Any],
        num_parallel_calls: Any = None,
        deterministic: bool | None = None,
        synchronous: bool | None = None,
        use_unbounded_threadpool: bool = False,
        name: str | None = None,
    ) -> Dataset:
        """map_func of each element; the parts of a tuple are its arguments."""
        return Dataset(plan.mapped(self._plan, map_func))

    def filter(self, predicate: Callable[..., Any], name: str | None = None) -> Dataset:
        """The elements for which the predicate holds."""
        p = self._plan
        return Dataset(Plan(None, lambda t: (e for e in p.iterate(t) if call(predicate, e)), spec=self._spec()))

    def take_while(self, predicate: Callable[..., Any], name: str | None = None) -> Dataset:
        """The elements before the first for which the predicate does not hold."""
        p = self._plan
        return Dataset(Plan(None, lambda t: itertools.takewhile(lambda e: call(predicate, e), p.iterate(t))))

    def scan(self, initial_state: Any, scan_func: Callable[..., Any], name: str | None = None) -> Dataset:
        """The outputs of (state, output) = scan_func(state, element)."""
        p = self._plan

        def make(turn: Turn) -> Iterator[Any]:
            state = element(initial_state)
            for value in p.iterate(turn):
                state, out = map(element, scan_func(given(state), given(value)))
                yield out

        return Dataset(Plan(p.length, make))

    def enumerate(self, start: int = 0, name: str | None = None) -> Dataset:
        """Tuples (number, element)."""
        return Dataset.zip(Dataset.counter(start), self)

    def unique(self, name: str | None = None) -> Dataset:
        """Each value once."""
        p = self._plan

        def make(turn: Turn) -> Iterator[Any]:
            seen = set()
            for value in p.iterate(turn):
                mark = tuple((a.tobytes() if a.dtype.kind != "O" else str(a.tolist())) for a in leaves(value))
                if mark not in seen:
                    seen.add(mark)
                    yield value

        return Dataset(Plan(None, make, spec=self._spec()))

    # ---- order and number ------------------------------------------------------------------------------

    def shuffle(
        self,
        buffer_size: int,
        seed: int | None = None,
        reshuffle_each_iteration: bool | None = True,
        name: str | None = None,
    ) -> Dataset:
        """The elements in random order: each drawn from a buffer of `buffer_size`; another order in each pass.

        Elements that have numbers are shuffled by these: none is made to wait in the buffer.
        """
        size = counted("buffer_size", buffer_size)
        stream = config.next_stream() if seed is None else int(seed)
        return Dataset(plan.shuffled(self._plan, size, stream, reshuffle_each_iteration is not False))

    def repeat(self, count: Any = None, name: str | None = None) -> Dataset:
        """The elements `count` times over; without end if None."""
        return Dataset(plan.repeated(self._plan, math.inf if count is None or count < 0 else int(count)))

    def take(self, count: Any, name: str | None = None) -> Dataset:
        """The first `count` elements; all if it is -1."""
        return Dataset(plan.taken(self._plan, math.inf if count < 0 else operator.index(count)))

    def skip(self, count: Any, name: str | None = None) -> Dataset:
        """The elements after the first `count`; none if it is -1."""
        if count < 0:
            return self.take(0)
        return Dataset(plan.skipped(self._plan, operator.index(count)))

    def shard(self, num_shards: int, index: int, name: str | None = None) -> Dataset:
        """Every num_shards-th element from number `index` on."""
        if not 0 <= index < num_shards:
            raise ArgumentError(f"shard: received index={index} of num_shards={num_shards}.")
        return Dataset(plan.sharded(self._plan, int(num_shards), int(index)))

    def concatenate(self, dataset: Dataset, name: str | None = None) -> Dataset:
        """These elements, then those of another data set."""
        return Dataset(plan.joined(self._plan, dataset._plan))

    def cache(self, filename: str = "", name: str | None = None) -> Dataset:
        """The elements, kept in memory once they are made (never in a file); what was shuffled before stays so."""
        return Dataset(plan.cached(self._plan))

    snapshot = cache

    def prefetch(self, buffer_size: Any = None, name: str | None = None) -> Dataset:
        """The same: elements are made when they are needed."""
        return Dataset(self._plan)

    def with_options(self, options: Any, name: str | None = None) -> Dataset:
        """The same."""
        return Dataset(self._plan)

    def options(self) -> Options:
        """Options, of which there are none."""
        return Options()

    def ignore_errors(self, log_warning: bool = False, name: str | None = None) -> Dataset:
        """The elements that can be made."""
        return Dataset(groups.without_errors(self._plan))

    def apply(self, transformation_func: Callable[[Dataset], Dataset]) -> Dataset:
        """transformation_func(this)."""
        return transformation_func(self)

    # ---- several at a time -----------------------------------------------------------------------------

    def _spec(self) -> Callable[[], Any]:
        return lambda: self.element_spec

    def _batches(self, batch_size: Any, drop_remainder: bool, join: Any = None) -> Dataset:
        size = counted("batch_size", batch_size)
        made = plan.batched(self._plan, size, bool(drop_remainder), join)
        if join is None:
            rows = size if drop_remainder else None
            made.spec = lambda: each(lambda s: s.grown(rows), self.element_spec)
        return Dataset(made)

    def batch(
        self,
        batch_size: Any,
        drop_remainder: bool = False,
        num_parallel_calls: Any = None,
        deterministic: bool | None = None,
        name: str | None = None,
    ) -> Dataset:
        """`batch_size` elements at a time, stacked.

        Raises ArgumentError for a size below 1; DataError for elements of different shapes.
        """
        return self._batches(batch_size, drop_remainder)

    def padded_batch(
        self,
        batch_size: Any,
        padded_shapes: Any = None,
        padding_values: Any = None,
        drop_remainder: bool = False,
        name: str | None = None,
    ) -> Dataset:
        """`batch_size` elements at a time, each filled up to a common shape.

        padded_shapes: structure of the shapes, None in them (or in place of all) for the largest of the batch.
        padding_values: structure of what fills, or one for all; None: 0.
        """
        return self._batches(batch_size, drop_remainder, lambda rows: padded(rows, padded_shapes, padding_values))

    def unbatch(self, name: str | None = None) -> Dataset:
        """The rows of each element as elements."""
        p = self._plan
        return Dataset(Plan(None, lambda t: (row for e in p.iterate(t) for row in rows_of(e))))

    def rebatch(self, batch_size: Any, drop_remainder: bool = False, name: str | None = None) -> Dataset:
        """The rows in batches of another size."""
        return self.unbatch().batch(batch_size, drop_remainder)

    def window(
        self, size: Any, shift: Any = None, stride: Any = 1, drop_remainder: bool = False, name: str | None = None
    ) -> Dataset:
        """Data sets of `size` elements that are `stride` apart; each begins `shift` (None: size) after the one before.

        >>> [[int(i) for i in w] for w in Dataset.range(5).window(3, shift=2)]
        [[0, 1, 2], [2, 3, 4], [4]]
        """
        size, stride = counted("size", size), counted("stride", stride)
        shift = size if shift is None else counted("shift", shift)
        made = plan.windows(self._plan, size, shift, stride, drop_remainder)
        return Dataset(Plan(made.length, lambda t: (
            plan.columns(rows, lambda column: Dataset(plan.of_list(column))) for rows in made.iterate(t))))  # fmt: skip

    def flat_map(self, map_func: Callable[..., Any], name: str | None = None) -> Dataset:
        """The elements of the data sets that map_func makes of the elements, one after the other."""
        return Dataset(groups.interleaved(self._plan, map_func, 1, 1))

    def interleave(
        self,
        map_func: Callable[..., Any],
        cycle_length: Any = None,
        block_length: Any = None,
        num_parallel_calls: Any = None,
        deterministic: bool | None = None,
        name: str | None = None,
    ) -> Dataset:
        """The elements of the data sets that map_func makes of the elements, `block_length` of each in turn.

        cycle_length: how many data sets are open at a time (None: 4).
        """
        cycle = 4 if cycle_length in (None, AUTOTUNE) else counted("cycle_length", cycle_length)
        block = 1 if block_length is None else counted("block_length", block_length)
        return Dataset(groups.interleaved(self._plan, map_func, cycle, block))

    def group_by_window(
        self,
        key_func: Callable[..., Any],
        reduce_func: Callable[..., Any],
        window_size: Any = None,
        window_size_func: Callable[..., Any] | None = None,
        name: str | None = None,
    ) -> Dataset:
        """The elements of reduce_func(key, data set) for each `window_size` elements of one key (an int)."""
        if (window_size is None) == (window_size_func is None):
            raise ArgumentError("Either the `window_size` or the `window_size_func` argument must be specified.")

        def size(key: int) -> int:
            return int(window_size if window_size_func is None else window_size_func(np.int64(key)))

        def reduced(key: int, rows: list[Any]) -> Plan:
            made: Plan = reduce_func(np.int64(key), Dataset(plan.of_list(rows)))._plan
            return made

        return Dataset(groups.by_key(self._plan, key_func, size, reduced))

    def bucket_by_sequence_length(
        self,
        element_length_func: Callable[..., Any],
        bucket_boundaries: Any,
        bucket_batch_sizes: Any,
        padded_shapes: Any = None,
        padding_values: Any = None,
        pad_to_bucket_boundary: bool = False,
        no_padding: bool = False,
        drop_remainder: bool = False,
        name: str | None = None,
    ) -> Dataset:
        """Padded batches of elements of about the same length.

        bucket_boundaries: rising ints, upper ends of the lengths.  bucket_batch_sizes: one more than boundaries.
        """
        if len(bucket_batch_sizes) != len(bucket_boundaries) + 1:
            raise ArgumentError("len(bucket_batch_sizes) must equal len(bucket_boundaries) + 1")
        if pad_to_bucket_boundary or no_padding:
            raise ArgumentError("bucket_by_sequence_length: pad_to_bucket_boundary and no_padding must be False.")

        def reduced(key: Any, rows: Dataset) -> Dataset:
            return rows.padded_batch(bucket_batch_sizes[int(key)], padded_shapes, padding_values, drop_remainder)

        return self.group_by_window(
            lambda *parts: np.searchsorted(bucket_boundaries, int(element_length_func(*parts)), side="right"),
            reduced,
            window_size_func=lambda key: bucket_batch_sizes[int(key)],
        )
