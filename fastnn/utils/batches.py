"""PyDataset: batches made by Python code."""

import itertools
import math
from collections.abc import Iterator
from typing import Any

from fastnn.core.errors import ArgumentTypeError


class PyDataset:
    """Base class of a data set that gives its batches by number.

    Subclasses say `__len__` (the number of batches) and `__getitem__(i)`, batch i: (x, y) or (x, y, weights);
    `on_epoch_end` is called after every epoch.  Batches are made in the calling thread.

    Args:
        workers, use_multiprocessing, max_queue_size: Keras's arguments, of no effect.

    >>> class Squares(PyDataset):
    ...     def __len__(self):
    ...         return 2
    ...     def __getitem__(self, i):
    ...         return [[i]], [[i * i]]
    >>> list(Squares())[1]
    ([[1]], [[1]])
    """

    def __init__(self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10) -> None:
        self.workers, self.use_multiprocessing, self.max_queue_size = workers, use_multiprocessing, max_queue_size

    @property
    def num_batches(self) -> int | None:
        """The number of batches; None if it is not known."""
        if type(self).__len__ is PyDataset.__len__:
            return None
        try:
            return len(self)
        except TypeError as error:
            raise ArgumentTypeError(
                f"{type(self).__name__}: __len__ must return an int, as math.ceil(rows / batch_size). {error}"
            ) from error

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} must say how many batches it has: def __len__(self).")

    def __getitem__(self, index: int) -> Any:
        raise NotImplementedError(f"{type(self).__name__} must give batch number i: def __getitem__(self, i).")

    def __iter__(self) -> Iterator[Any]:
        n = self.num_batches  # None: there is no end
        return (self[i] for i in (itertools.count() if n is None else range(math.ceil(n))))

    def on_epoch_begin(self) -> None:
        """Called before each epoch."""

    def on_epoch_end(self) -> None:
        """Called after each epoch."""


Sequence = PyDataset
