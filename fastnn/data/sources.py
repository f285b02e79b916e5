"""What data sets are made of: arrays, generators, numbers, names of files, other data sets."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from fastnn.core import config
from fastnn.core.errors import ArgumentError
from fastnn.data import groups, origins, plan
from fastnn.data.elements import array_of, each, leaves
from fastnn.data.passes import Passes
from fastnn.data.plan import Plan

if TYPE_CHECKING:
    from fastnn.data.dataset import Dataset


class Sources(Passes):
    """The part of a Dataset that makes one."""

    @classmethod
    def from_tensor_slices(cls, tensors: Any, name: str | None = None) -> Dataset:
        """One element for each row of the arrays of a structure.

        Args:
            tensors: arrays (n, ...), or tuples and dicts of them.
            name: of no effect.

        Raises DataError where they have different numbers of rows.
        """
        return cls._made(origins.rows(tensors))

    @classmethod
    def from_tensors(cls, tensors: Any, name: str | None = None) -> Dataset:
        """One element: the structure itself.

        Args:
            tensors: arrays, or tuples and dicts of them.
            name: of no effect.
        """
        return cls._made(plan.of_list([each(array_of, tensors)]))

    @classmethod
    def from_generator(
        cls,
        generator: Callable[..., Iterable[Any]],
        output_types: Any = None,
        output_shapes: Any = None,
        args: Any = (),
        output_signature: Any = None,
        name: str | None = None,
    ) -> Dataset:
        """The elements that a function's generator yields; it is called anew for each pass.

        Args:
            generator: a function without arguments but `args` whose result is iterated.
            output_types, output_shapes: structures of dtypes and of shapes that the elements become.
            args: a tuple of arguments for the function.
            output_signature: a structure of TensorSpecs, in place of these two.
            name: of no effect.

        Raises ArgumentError for what cannot be called; DataError for an element that is not as the signature says.
        """
        return cls._made(origins.generated(generator, output_types, output_shapes, args, output_signature))

    @classmethod
    def range(cls, *args: Any, output_type: Any = "int64", name: str | None = None) -> Dataset:
        """The numbers of Python's range.

        Args:
            args: as of Python's range: stop, or start and stop, or start, stop and step.
            output_type: the dtype of the numbers.
            name: of no effect.
        """
        numbers = range(*map(operator.index, args))
        return cls.from_tensor_slices(np.asarray(numbers, output_type))

    @classmethod
    def counter(cls, start: int = 0, step: int = 1, dtype: Any = "int64", name: str | None = None) -> Dataset:
        """Numbers without end.

        Args:
            start: the first number, an int.
            step: from one to the next, an int.
            dtype: of the numbers.
            name: of no effect.
        """
        return cls._made(Plan(math.inf, at=lambda _, i: np.asarray(start + i * step, dtype)))

    @classmethod
    def random(
        cls, seed: int | None = None, rerandomize_each_iteration: bool = False, name: str | None = None
    ) -> Dataset:
        """Random int64 numbers from 0 to 2**32 - 1, without end.

        Args:
            seed: an int; None for the next default one.
            rerandomize_each_iteration: whether each pass has numbers of its own.
            name: of no effect.
        """
        return cls._made(origins.random_numbers(seed, rerandomize_each_iteration))

    @classmethod
    def list_files(
        cls, file_pattern: Any, shuffle: bool | None = True, seed: int | None = None, name: str | None = None
    ) -> Dataset:
        """The names of the files that match a pattern.

        Args:
            file_pattern: a pattern with *, ? and [], or a list of them.
            shuffle: False for the order of the names.
            seed: of the order, an int; None for the next default one.
            name: of no effect.

        Raises DataError if there is none.
        """
        names = origins.file_names(file_pattern)
        files = cls.from_tensor_slices(np.array(names, object))
        return files if shuffle is False else files.shuffle(len(names), seed)

    @classmethod
    def zip(cls, *args: Any, datasets: Any = None, name: str | None = None) -> Dataset:
        """Tuples (or dicts) of the elements of several data sets, as long as the shortest.

        Args:
            args: the data sets, or one structure of them.
            datasets: a structure of them, in place of args.
            name: of no effect.

        Raises ArgumentError for what is no data set.
        """
        parts = datasets if not args else args[0] if len(args) == 1 else args
        parts = tuple(parts) if isinstance(parts, list) else parts
        found = leaves(parts)
        for d in found:
            if not isinstance(d, Passes):
                raise ArgumentError(f"zip: expected data sets. Received: {d!r} of type {type(d)}")

        def pack(elements: list[Any]) -> Any:
            values = iter(elements)
            return each(lambda _: next(values), parts)

        return cls._made(plan.zipped([d._plan for d in found], pack))

    @classmethod
    def sample_from_datasets(
        cls,
        datasets: Any,
        weights: Any = None,
        seed: int | None = None,
        stop_on_empty_dataset: bool = False,
        rerandomize_each_iteration: bool | None = None,
    ) -> Dataset:
        """Elements of several data sets, each drawn from one of them.

        Args:
            datasets: a list of them.
            weights: the chance of each; None for equal ones.
            seed: an int; None for the next default one.
            stop_on_empty_dataset: whether to end with the first that ends; the others go on otherwise.
            rerandomize_each_iteration: of no effect.

        Raises ArgumentError for another number of weights.
        """
        chances = np.ones(len(datasets)) if weights is None else np.asarray(weights, np.float64)
        if len(chances) != len(datasets) or not len(datasets):
            raise ArgumentError(f"sample_from_datasets: received {len(chances)} weights for {len(datasets)} data sets.")
        stream = config.next_stream() if seed is None else seed
        return cls._made(groups.sampled([d._plan for d in datasets], chances, stream, stop_on_empty_dataset))

    @classmethod
    def choose_from_datasets(
        cls, datasets: Any, choice_dataset: Dataset, stop_on_empty_dataset: bool = True
    ) -> Dataset:
        """Elements of several data sets, each from the one whose number another data set gives.

        Args:
            datasets: a list of them.
            choice_dataset: a Dataset of ints.
            stop_on_empty_dataset: whether to end with the first that ends; it is passed over otherwise.
        """
        return cls._made(groups.picked([d._plan for d in datasets], choice_dataset._plan, stop_on_empty_dataset))
