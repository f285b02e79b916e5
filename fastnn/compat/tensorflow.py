"""The little of TensorFlow's own names that tf.keras scripts need: constants, a data pipeline in plain Python."""

import itertools

import numpy as np

from fastnn.core import config, dtypes, tree
from fastnn.core.errors import ArgumentError, DataError, NotSupportedError
from fastnn.core.random import permutation
from fastnn.graph import Variable as _Variable
from fastnn.graph import current, gradients

float16, bfloat16, float32, float64 = "float16", "bfloat16", "float32", "float64"
int8, int16, int32, int64 = "int8", "int16", "int32", "int64"
uint8, uint16, uint32, uint64 = "uint8", "uint16", "uint32", "uint64"
bool, double, string = "bool", "float64", "string"  # the names that scripts use: tf.bool
newaxis, AUTOTUNE, ERROR = None, -1, 40


class Tensor(np.ndarray):
    """An array with the method that scripts for TensorFlow call on results.

    >>> np.ones(2).view(Tensor).numpy()
    array([1., 1.])
    """

    def __array_wrap__(self, array, context=None, return_scalar=False):
        return np.asarray(array).view(Tensor)

    def numpy(self):
        """The values as a plain array; of a scalar, the number."""
        return np.asarray(self) if self.ndim else np.asarray(self)[()]


def accept(*args, **kwargs):
    """Nothing: how many threads run and what is logged is not TensorFlow's to say here."""


def executing_eagerly():
    """True: operations on arrays are computed at once."""
    return True


def list_physical_devices(device_type=None):
    """The devices of a kind: one CPU.

    >>> list_physical_devices("GPU")
    []
    """
    return [] if device_type not in (None, "CPU") else ["/physical_device:CPU:0"]


def is_gpu_available(*args, **kwargs):
    """False."""
    return False


def function(func=None, **kwargs):
    """`tf.function` as a decorator that changes nothing."""
    return func if func is not None else lambda f: f


def constant(value, dtype=None, shape=None, name="Const"):
    """A tensor; Python's floats are of the default float type and its integers int32, arrays keep their dtype.

    >>> constant([1.0, 2.0]).dtype, constant(np.arange(2.0)).dtype
    (dtype('float32'), dtype('float64'))
    """
    array = np.asarray(value)
    own = isinstance(value, (np.ndarray, np.generic)) or hasattr(value, "_fastnn_variable")
    kind = dtype or (array.dtype if own else {"f": config.floatx(), "i": "int32"}.get(array.dtype.kind, array.dtype))
    if array.dtype.kind not in "USO":
        array = array.astype(dtypes.numpy_type(dtypes.standardize(kind)))
    return (array if shape is None else np.broadcast_to(array, shape).copy()).view(Tensor)


class _AnyVariable(type):
    def __instancecheck__(cls, instance):
        return isinstance(instance, _Variable)


class Variable(metaclass=_AnyVariable):
    """A variable with a first value (an array, or a function that returns one).

    >>> isinstance(Variable([1.0]), Variable), type(Variable(1)).__module__
    (True, 'fastnn.graph.variable')
    """

    def __new__(cls, initial_value, trainable=True, name=None, dtype=None, **kwargs):
        value = constant(initial_value() if callable(initial_value) else initial_value, dtype)
        return _Variable(value, trainable=trainable, name=name, dtype=value.dtype.name)


class GradientTape:
    """`tf.GradientTape` inside `train_step`: the traced step is the record, so gradients may be asked for at any time.

    >>> GradientTape().gradient(1.0, [])
    Traceback (most recent call last):
        ...
    fastnn.core.errors.NotSupportedError: GradientTape: there is nothing recorded here; ...
    """

    def __init__(self, persistent=False, watch_accessed_variables=True):
        self.persistent = persistent

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False

    def watch(self, tensor):
        """Nothing: everything in a traced step is watched."""

    def gradient(self, target, sources, output_gradients=None, unconnected_gradients=None):
        """The gradients of a symbol (or the sum of several) along variables or symbols, in their structure.

        Raises NotSupportedError outside a step.
        """
        trace = current()
        if trace is None:
            raise NotSupportedError(
                "GradientTape: there is nothing recorded here; gradients "
                "are taken inside the train_step(self, data) of a Model, "
                "which fit() and train_on_batch() run. Put the step there."
            )
        found = gradients(
            tree.flatten(target),
            [trace.symbol(s) for s in tree.flatten(sources)],
            None if output_gradients is None else tree.flatten(output_gradients),
        )
        return tree.pack(sources, found)


def _map(function, structure):
    if isinstance(structure, dict):
        return {k: _map(function, v) for k, v in structure.items()}
    if isinstance(structure, (list, tuple)):
        return tuple(_map(function, v) for v in structure)
    return function(structure)


def _leaves(structure):
    out = []
    _map(out.append, structure)
    return out


def _stack(samples):
    first = samples[0]
    if isinstance(first, dict):
        return {k: _stack([s[k] for s in samples]) for k in first}
    if isinstance(first, (list, tuple)):
        return tuple(_stack(list(column)) for column in zip(*samples))
    return np.stack(samples)


class Dataset:
    """Elements one after the other, as `tf.data.Dataset` makes them; every method gives a new data set.

    >>> data = Dataset.from_tensor_slices((np.arange(5), np.arange(5) * 2)).batch(2)
    >>> len(data), [x.tolist() for x, y in data]
    (3, [[0, 1], [2, 3], [4]])
    """

    def __init__(self, source, length=None):
        self._source, self._length = source, length

    @staticmethod
    def from_tensor_slices(tensors):
        """One element for each row of the arrays of a structure."""
        tensors = _map(np.asarray, tensors)
        counts = {len(a) for a in _leaves(tensors)}
        if len(counts) != 1:
            raise DataError(f"from_tensor_slices: received arrays of {sorted(counts)} rows, expected as many in each.")
        (n,) = counts
        return Dataset(lambda: (_map(lambda a, i=i: a[i], tensors) for i in range(n)), n)

    @staticmethod
    def from_tensors(tensors):
        """One element: the structure itself."""
        return Dataset(lambda: iter([_map(np.asarray, tensors)]), 1)

    @staticmethod
    def from_generator(generator, output_types=None, output_shapes=None, args=(), output_signature=None):
        """The elements that a function's generator yields; types and shapes are those of the elements."""
        return Dataset(lambda: iter(generator(*args)))

    @staticmethod
    def range(*args):
        """The numbers of Python's range."""
        return Dataset(lambda: (np.int64(i) for i in range(*args)), len(range(*args)))

    @staticmethod
    def zip(*datasets):
        """Tuples of the elements of several data sets."""
        parts = datasets[0] if len(datasets) == 1 and isinstance(datasets[0], tuple) else datasets
        known = [d._length for d in parts]
        return Dataset(lambda: zip(*parts), None if None in known else min(known))

    def __iter__(self):
        return iter(self._source())

    def __len__(self):
        if self._length is None:
            raise TypeError("The length of this data set is not known before it has been read.")
        return self._length

    @property
    def num_batches(self):
        """The number of elements, None if it is not known."""
        return self._length

    def cardinality(self):
        """The number of elements; -2 if it is not known, -1 if there is no end."""
        return -2 if self._length is None else self._length

    def map(self, map_func, num_parallel_calls=None, deterministic=None):
        """map_func of each element; the parts of a tuple are its arguments."""
        return Dataset(lambda: (map_func(*e) if isinstance(e, tuple) else map_func(e) for e in self), self._length)

    def filter(self, predicate):
        """The elements for which the predicate holds."""
        return Dataset(lambda: (e for e in self if (predicate(*e) if isinstance(e, tuple) else predicate(e))))

    def batch(self, batch_size, drop_remainder=False, num_parallel_calls=None, deterministic=None):
        """`batch_size` elements at a time, stacked."""
        if batch_size < 1:
            raise ArgumentError(f"batch: received batch_size={batch_size!r}, expected an int >= 1.")

        def batches():
            elements = iter(self)
            while len(group := list(itertools.islice(elements, batch_size))) == batch_size:
                yield _stack(group)
            if group and not drop_remainder:
                yield _stack(group)

        n = self._length
        return Dataset(batches, None if n is None else n // batch_size if drop_remainder else -(-n // batch_size))

    def unbatch(self):
        """The rows of each element as elements."""
        return Dataset(lambda: (row for e in self for row in Dataset.from_tensor_slices(e)))

    def shuffle(self, buffer_size, seed=None, reshuffle_each_iteration=True):
        """The elements in random order: each drawn from a buffer of `buffer_size`; another order in each pass."""
        passes = itertools.count()
        stream = config.next_stream() if seed is None else seed

        def mixed():
            number = next(passes) if reshuffle_each_iteration else 0
            elements, block = iter(self), 0
            while group := list(itertools.islice(elements, max(int(buffer_size), 1))):
                for i in permutation((config.seed(), stream, number, block), len(group)):
                    yield group[i]
                block += 1

        return Dataset(mixed, self._length)

    def repeat(self, count=None):
        """The elements `count` times over; without end if None."""

        def again():
            for _ in itertools.count() if count in (None, -1) else range(count):
                yield from self

        return Dataset(again, None if count in (None, -1) or self._length is None else self._length * count)

    def take(self, count):
        """The first `count` elements."""
        return Dataset(
            lambda: itertools.islice(iter(self), count), None if self._length is None else min(self._length, count)
        )

    def skip(self, count):
        """The elements after the first `count`."""
        return Dataset(
            lambda: itertools.islice(iter(self), count, None),
            None if self._length is None else max(self._length - count, 0),
        )

    def concatenate(self, other):
        """These elements, then those of another data set."""
        known = None not in (self._length, other._length)
        return Dataset(lambda: itertools.chain(self, other), self._length + other._length if known else None)

    def cache(self, filename=None):
        """The elements, kept in memory after the first pass."""
        kept = []

        def elements():
            if not kept:
                kept.extend(self)
            return iter(kept)

        return Dataset(elements, self._length)

    def prefetch(self, buffer_size=None):
        """Itself: batches are made when they are needed."""
        return self

    def with_options(self, options):
        """Itself."""
        return self

    def as_numpy_iterator(self):
        """The elements."""
        return iter(self)

    @property
    def element_spec(self):
        """(shape, dtype) of each array of the first element."""
        return _map(lambda a: (np.shape(a), np.asarray(a).dtype.name), next(iter(self)))
