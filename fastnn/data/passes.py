"""Passes over the elements of a data set: where they are, how many there are, what they look like."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from fastnn.core.errors import DataError
from fastnn.data.elements import each, element, given
from fastnn.data.plan import Plan
from fastnn.data.tensor import Tensor, TensorSpec, as_texts

if TYPE_CHECKING:
    from fastnn.data.dataset import Dataset

AUTOTUNE = -1  # as a number of elements or calls: as many as seem good
INFINITE_CARDINALITY, UNKNOWN_CARDINALITY = -1, -2


def _plain(value: Any) -> Any:
    if not isinstance(value, np.ndarray):
        return value
    return as_texts(np.asarray(value)) if value.dtype.kind in "OU" else np.asarray(value)[()]


class Passes:
    """The part of a Dataset that gives its elements and speaks of them."""

    _class: type[Dataset]  # set where that is defined

    @classmethod
    def _made(cls, plan: Plan) -> Dataset:
        return cls._class(plan)

    def __init__(self, plan: Plan, source: Passes | None = None, how: tuple[Any, ...] = ()) -> None:
        self._plan, self._source, self._how = plan, source or self, how
        if source is None:
            self._counts: dict[Any, list[int]] = {}  # the next pass, for each way in which others are made of this
        self._count = self._source._counts.setdefault(how, [0])
        self._start, self._place = 0, [0, 0]

    def _derived(self, plan: Plan, *how: Any) -> Dataset:
        """Another made of this; those made of one source in the same way count their passes together.

        So `for x in data.take(1)`, said again, goes on with the next pass.  how: the method, and what it was given.
        """
        return self._class(plan, self._source, (*self._how, *how))

    def __iter__(self) -> Iterator[Any]:
        number, start = self._count[0], self._start
        self._count[0], self._start = number + 1, 0
        place = self._place = [number, start]
        for value in self._plan.iterate((number,), start):
            place[1] += 1
            yield given(value)
        place[:] = number + 1, 0

    def state(self) -> dict[str, int]:
        """Where the pass that began last is, as plain data."""
        number, at = self._place
        if at and at == self._plan.length:
            number, at = number + 1, 0
        return {"pass": number, "at": at}

    def restore(self, state: dict[str, int]) -> None:
        """Let the next pass be that of a state, and begin where it was.

        Args:
            state: what `state` returned.
        """
        self._count[0], self._start = int(state["pass"]), int(state["at"])
        self._place = [self._count[0], self._start]

    def __len__(self) -> int:
        n = self._plan.length
        if n == math.inf:
            raise TypeError("The dataset is infinite.")
        if n is None:
            raise TypeError("The dataset length is unknown.")
        return int(n)

    def __bool__(self) -> bool:
        return True

    @property
    def num_batches(self) -> int | None:
        """The number of elements, None if it is not known or there is no end."""
        n = self._plan.length
        return None if n is None or n == math.inf else int(n)

    def cardinality(self) -> Any:
        """The number of elements; -2 if it is not known, -1 if there is no end."""
        n = self._plan.length
        found = UNKNOWN_CARDINALITY if n is None else INFINITE_CARDINALITY if n == math.inf else int(n)
        return np.asarray(found, np.int64).view(Tensor)

    def _spec(self) -> Callable[[], Any]:
        return lambda: self.element_spec

    @property
    def element_spec(self) -> Any:
        """A TensorSpec for each array of an element: of its rows where nobody knows, of the first element else."""
        if self._plan.spec is not None:
            return self._plan.spec()
        first = next(self._plan.iterate((0,)), None)
        return each(TensorSpec.of, first)

    def as_numpy_iterator(self) -> Iterator[Any]:
        """The elements as plain arrays, single values as NumPy's numbers; text as `Text`, which has decode()."""
        return (each(_plain, e) for e in self)

    def get_single_element(self, name: str | None = None) -> Any:
        """The only element.

        Args:
            name: of no effect.

        Raises DataError if there is another number of them.
        """
        found = list(itertools.islice(iter(self), 2))
        if len(found) != 1:
            raise DataError(f"get_single_element: expected one element; there are {'more' if found else 'none'}.")
        return found[0]

    def reduce(self, initial_state: Any, reduce_func: Callable[..., Any], name: str | None = None) -> Any:
        """The last state of state = reduce_func(state, element), for each element.

        Args:
            initial_state: the first state, a structure of arrays.
            reduce_func: a function (state, element) -> state.
            name: of no effect.

        >>> from fastnn.data import Dataset
        >>> int(Dataset.range(5).reduce(0, lambda a, b: a + b))
        10
        """
        state = given(element(initial_state))
        for value in self:
            state = given(element(reduce_func(state, value)))
        return state

    def __repr__(self) -> str:
        n = self._plan.length
        return f"<Dataset of {'unknown length' if n is None else 'no end' if n == math.inf else f'{int(n)} elements'}>"


def cardinality(dataset: Passes) -> Any:
    """The number of elements; -2 if it is not known, -1 if there is no end.

    Args:
        dataset: a Dataset.

    >>> from fastnn.data import Dataset
    >>> int(cardinality(Dataset.range(3)))
    3
    """
    return dataset.cardinality()
