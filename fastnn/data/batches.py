"""Elements several at a time: batches, windows, and the elements of data sets made of elements."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from fastnn.core.arguments import count as counted
from fastnn.core.errors import ArgumentError
from fastnn.data import groups, plan
from fastnn.data.elements import each, padded, rows_of
from fastnn.data.passes import AUTOTUNE, Passes
from fastnn.data.plan import Plan

if TYPE_CHECKING:
    from fastnn.data.dataset import Dataset


class Batches(Passes):
    """The part of a Dataset that joins elements, and takes them apart."""

    def _batches(self, batch_size: Any, drop_remainder: bool, join: Any = None) -> Dataset:
        size = counted("batch_size", batch_size)
        made = plan.batched(self._plan, size, bool(drop_remainder), join)
        if join is None:
            rows = size if drop_remainder else None
            made.spec = lambda: each(lambda s: s.grown(rows), self.element_spec)
        return self._derived(made, "batch", size, bool(drop_remainder), join is None)

    def batch(
        self,
        batch_size: Any,
        drop_remainder: bool = False,
        num_parallel_calls: Any = None,
        deterministic: bool | None = None,
        name: str | None = None,
    ) -> Dataset:
        """Several elements at a time, stacked.

        Args:
            batch_size: how many, an int >= 1.
            drop_remainder: whether a smaller last batch is left out.
            num_parallel_calls, deterministic: of no effect: elements are made one after the other.
            name: of no effect.

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
        """Several elements at a time, each filled up to a common shape.

        Args:
            batch_size: how many, an int >= 1.
            padded_shapes: structure of the shapes, None in them (or in place of all) for the largest of the batch.
            padding_values: structure of what fills, or one for all; 0 if None.
            drop_remainder: whether a smaller last batch is left out.
            name: of no effect.
        """
        return self._batches(batch_size, drop_remainder, lambda rows: padded(rows, padded_shapes, padding_values))

    def unbatch(self, name: str | None = None) -> Dataset:
        """The rows of each element as elements.

        Args:
            name: of no effect.
        """
        p = self._plan
        return self._made(Plan(None, lambda t: (row for e in p.iterate(t) for row in rows_of(e))))

    def rebatch(self, batch_size: Any, drop_remainder: bool = False, name: str | None = None) -> Dataset:
        """The rows in batches of another size.

        Args:
            batch_size: how many rows, an int >= 1.
            drop_remainder: whether a smaller last batch is left out.
            name: of no effect.
        """
        return self.unbatch().batch(batch_size, drop_remainder)

    def window(
        self, size: Any, shift: Any = None, stride: Any = 1, drop_remainder: bool = False, name: str | None = None
    ) -> Dataset:
        """Data sets of elements in a row.

        Args:
            size: how many, an int >= 1.
            shift: from the beginning of one to that of the next; size if None.
            stride: from one element to the next in a window.
            drop_remainder: whether a smaller last window is left out.
            name: of no effect.

        >>> from fastnn.data import Dataset
        >>> [[int(i) for i in w] for w in Dataset.range(5).window(3, shift=2)]
        [[0, 1, 2], [2, 3, 4], [4]]
        """
        size, stride = counted("size", size), counted("stride", stride)
        shift = size if shift is None else counted("shift", shift)
        made = plan.windows(self._plan, size, shift, stride, drop_remainder)

        def inner(rows: Any) -> Any:
            return plan.columns(rows, lambda column: self._made(plan.of_list(column)))

        return self._made(Plan(made.length, lambda turn: map(inner, made.iterate(turn))))

    def flat_map(self, map_func: Callable[..., Any], name: str | None = None) -> Dataset:
        """The elements of the data sets that a function makes of the elements, one after the other.

        Args:
            map_func: from an element to a Dataset; the parts of a tuple are its arguments.
            name: of no effect.
        """
        return self._made(groups.interleaved(self._plan, map_func, 1, 1))

    def interleave(
        self,
        map_func: Callable[..., Any],
        cycle_length: Any = None,
        block_length: Any = None,
        num_parallel_calls: Any = None,
        deterministic: bool | None = None,
        name: str | None = None,
    ) -> Dataset:
        """The elements of the data sets that a function makes of the elements, some of each in turn.

        Args:
            map_func: from an element to a Dataset; the parts of a tuple are its arguments.
            cycle_length: how many data sets are open at a time; 4 if None.
            block_length: how many elements of each; 1 if None.
            num_parallel_calls, deterministic: of no effect: elements are made one after the other.
            name: of no effect.
        """
        cycle = 4 if cycle_length in (None, AUTOTUNE) else counted("cycle_length", cycle_length)
        block = 1 if block_length is None else counted("block_length", block_length)
        return self._made(groups.interleaved(self._plan, map_func, cycle, block))

    def group_by_window(
        self,
        key_func: Callable[..., Any],
        reduce_func: Callable[..., Any],
        window_size: Any = None,
        window_size_func: Callable[..., Any] | None = None,
        name: str | None = None,
    ) -> Dataset:
        """The elements of what a function makes of each group of elements of one key.

        Args:
            key_func: from an element to its key, an int.
            reduce_func: (key, a Dataset of the group) -> a Dataset.
            window_size: how many elements make a group, an int.
            window_size_func: from a key to that number, in its place.
            name: of no effect.

        Raises ArgumentError for both or none of these two.
        """
        if (window_size is None) == (window_size_func is None):
            raise ArgumentError("Either the `window_size` or the `window_size_func` argument must be specified.")

        def size(key: int) -> int:
            return int(window_size if window_size_func is None else window_size_func(np.int64(key)))

        def reduced(key: int, rows: list[Any]) -> Plan:
            made: Plan = reduce_func(np.int64(key), self._made(plan.of_list(rows)))._plan
            return made

        return self._made(groups.by_key(self._plan, key_func, size, reduced))

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

        Args:
            element_length_func: from an element to its length; the parts of a tuple are its arguments.
            bucket_boundaries: rising ints, upper ends of the lengths.
            bucket_batch_sizes: the size of the batches of each bucket, one more than boundaries.
            padded_shapes, padding_values, drop_remainder: as of `padded_batch`.
            pad_to_bucket_boundary, no_padding: False.
            name: of no effect.

        Raises ArgumentError for another number of sizes, and where one of the last two is True.
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
