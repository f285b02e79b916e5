"""`tf.queue`: elements that wait in turn, in order, at random or by their numbers; threads may fill and empty them."""

import heapq
import itertools
import random
import threading

import numpy as np

from fastnn.compat.tf.errors import OutOfRangeError
from fastnn.compat.tf.values import host, operand
from fastnn.core.errors import ArgumentError, CallOrderError

PATIENCE = 10.0
"""Seconds that one waits for other threads while nothing changes."""


class QueueBase:
    """A queue of elements, each a tensor or several.

    Args:
        capacity: how many fit.
        dtypes: of the components.
        shapes: of the components; None: any.
        names: of the components, whose elements are dicts then.
        shared_name, name: kept.

    An empty queue is waited for where other threads run; else OutOfRangeError says that nobody will fill it.

    >>> queue = FIFOQueue(2, ["int32"])
    >>> queue.enqueue(5)
    >>> int(queue.dequeue())
    5
    """

    def __init__(self, capacity, dtypes, shapes=None, names=None, shared_name=None, name="queue"):
        self.capacity = capacity if capacity > 0 else 2**31
        self.dtypes = list(dtypes) if isinstance(dtypes, (list, tuple)) else [dtypes]
        several = isinstance(shapes, (list, tuple)) and bool(shapes) and isinstance(shapes[0], (list, tuple))
        self.shapes = None if shapes is None else [tuple(s) for s in (shapes if several else [shapes])]
        self.names, self.name = names, name
        self._elements, self._closed, self._change = [], False, threading.Condition()

    def _components(self, vals, more=()):
        vals = [vals[n] for n in self.names] if isinstance(vals, dict) else vals
        listed = list(vals) if isinstance(vals, (list, tuple)) and len(self.dtypes) > 1 else [vals]
        if len(self.dtypes) == 1 and isinstance(vals, (list, tuple)) and len(vals) == 1:
            listed = list(vals)
        if len(listed) != len(self.dtypes):
            raise ArgumentError(f"Expected {len(self.dtypes)} components. Received {len(listed)}.")
        kinds = [str(getattr(d, "name", d)) for d in self.dtypes]
        return [host(np.asarray(v, object)) if k == "string" else host(np.asarray(operand(v)).astype(k))
                for v, k in zip(listed, kinds)]  # fmt: skip

    def _check(self, element):
        for part, shape in zip(element, self.shapes or ()):
            if len(part.shape) != len(shape) or any(n is not None and n != m for n, m in zip(shape, part.shape)):
                raise ArgumentError(f"Shape mismatch in tuple component. Expected {shape}, got {part.shape}")

    def _until(self, ready, what):
        waited = 0
        while not ready():
            if self._closed or threading.active_count() == 1 or waited > PATIENCE:
                raise OutOfRangeError(f"{self.name} {'is closed and ' if self._closed else ''}{what}.")
            waited = 0 if self._change.wait(0.1) else waited + 0.1

    def _put(self, element):
        self._elements.append(element)

    def _take(self):
        return self._elements.pop(0)

    def enqueue(self, vals, name=None):
        """Put an element.

        Args:
            vals: a tensor, or one for each component.
            name: of no effect.
        """
        self._add([self._components(vals)])

    def enqueue_many(self, vals, name=None):
        """Put the rows of tensors.

        Args:
            vals: a tensor, or one for each component.
            name: of no effect.
        """
        parts = self._components(vals)
        self._add([[host(np.asarray(p[k])) for p in parts] for k in range(len(parts[0]))])

    def _add(self, elements):
        with self._change:
            for element in elements:
                self._check(element)
                if self._closed:
                    raise CallOrderError(f"{self.name} is closed: nothing is put into it any more.")
                self._until(lambda: len(self._elements) < self.capacity, f"full: {self.capacity} elements")
                self._put(element)
                self._change.notify_all()

    def dequeue(self, name=None):
        """Take an element."""
        with self._change:
            self._until(self._some, "has insufficient elements (requested 1, current size 0)")
            found = self._take()
            self._change.notify_all()
        return self._given(found)

    def _some(self):
        return bool(self._elements)

    def dequeue_many(self, n, name=None):
        """Take n elements, stacked.

        Args:
            n: int.
            name: of no effect.
        """
        with self._change:
            self._until(lambda: len(self._elements) >= n,
                        f"has insufficient elements (requested {n}, current size {len(self._elements)})")  # fmt: skip
            rows = [self._take() for _ in range(int(n))]
            self._change.notify_all()
        return self._given([host(self._stacked(parts)) for parts in zip(*rows)])

    def dequeue_up_to(self, n, name=None):
        """Take up to n elements, stacked: fewer of a queue that is closed.

        Args:
            n: int.
            name: of no effect.
        """
        return self.dequeue_many(min(int(n), len(self._elements)) if self._closed and self._elements else n)

    def _stacked(self, parts):
        return np.stack([np.asarray(p) for p in parts])

    def _given(self, element):
        if self.names:
            return dict(zip(self.names, element))
        return element[0] if len(element) == 1 else element

    def close(self, cancel_pending_enqueues=False, name=None):
        """Put nothing any more; what is there can be taken."""
        with self._change:
            self._closed = True
            self._change.notify_all()

    def is_closed(self, name=None):
        """Whether it is closed."""
        return host(np.array(self._closed))

    def size(self, name=None):
        """How many elements wait."""
        return host(np.array(len(self._elements), np.int32))


class FIFOQueue(QueueBase):
    """First in, first out.

    Args:
        capacity, dtypes, shapes, names, shared_name, name: as of QueueBase.
    """

    def __init__(self, capacity, dtypes, shapes=None, names=None, shared_name=None, name="fifo_queue"):
        super().__init__(capacity, dtypes, shapes, names, shared_name, name)


class PaddingFIFOQueue(FIFOQueue):
    """First in, first out; batches are filled up with zeros.

    Args:
        capacity, dtypes, shapes, names, shared_name, name: as of QueueBase.
    """

    def _stacked(self, parts):
        arrays = [np.asarray(p) for p in parts]
        most = np.max([a.shape for a in arrays], axis=0)
        empty = "" if arrays[0].dtype.kind == "O" else 0
        return np.stack([np.pad(a, [(0, n - m) for n, m in zip(most, a.shape)], constant_values=empty)
                         for a in arrays])  # fmt: skip


class RandomShuffleQueue(QueueBase):
    """In random order.

    Args:
        min_after_dequeue: how many elements stay while it is open.
        seed: int or None.
        capacity, dtypes, shapes, names, shared_name, name: as of QueueBase.
    """

    def __init__(self, capacity, min_after_dequeue, dtypes, shapes=None, names=None, seed=None, shared_name=None,
                 name="random_shuffle_queue"):  # fmt: skip
        super().__init__(capacity, dtypes, shapes, names, shared_name, name)
        self._least, self._draw = min_after_dequeue, random.Random(seed)

    def _some(self):
        return len(self._elements) > (0 if self._closed else self._least)

    def _take(self):
        return self._elements.pop(self._draw.randrange(len(self._elements)))


class PriorityQueue(QueueBase):
    """The least number first, which is the first component.

    Args:
        capacity, shapes, names, shared_name, name: as of QueueBase.
        types: dtypes of the other components.
    """

    def __init__(self, capacity, types, shapes=None, names=None, shared_name=None, name="priority_queue"):
        types = list(types) if isinstance(types, (list, tuple)) else [types]
        several = shapes is not None and bool(shapes) and isinstance(shapes[0], (list, tuple))
        shapes = None if shapes is None else [(), *(shapes if several else [shapes])]
        super().__init__(capacity, ["int64", *types], shapes, names, shared_name, name)
        self._count = itertools.count()

    def _put(self, element):
        heapq.heappush(self._elements, (int(element[0]), next(self._count), element))

    def _take(self):
        return heapq.heappop(self._elements)[2]
