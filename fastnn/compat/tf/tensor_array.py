"""`tf.TensorArray`: a list of tensors that a loop writes and reads, eagerly and in traced functions."""

import functools

import numpy as np

from fastnn import ops
from fastnn.compat.tensorflow import Tensor
from fastnn.compat.tf.graphs import arrays
from fastnn.compat.tf.graphs.graph import graph, holds_nodes, resolved
from fastnn.compat.tf.values import alone, dtype_of, host, ints, operand
from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError, DTypeError, NotSupportedError, ShapeError, ValuesError
from fastnn.graph import Symbol, current
from fastnn.graph.tensor import Tensor as Lazy

__all__ = ["TensorArray", "loop"]


def _in_a_run(method):
    """A method that takes Nodes of a graph where it runs, too: a loop's body reads placeholders."""

    @functools.wraps(method)
    def call(self, *args, **kwargs):
        if graph().values is not None and holds_nodes((*args, *kwargs.values())):
            args, kwargs = resolved(args), resolved(kwargs)
        return method(self, *args, **kwargs)

    return call


def _known(index):
    return not isinstance(index, Symbol) or type(index) is Lazy


class TensorArray:
    """A list of tensors of one dtype.

    Each method that changes it returns the array to go on with.  Eagerly that one and this one have the same
    elements, as TensorFlow's have; in a traced function this one stays as it was.

    Args:
        dtype: of the elements.
        size: how many there are at first, an int.
        dynamic_size: whether a write past the end makes it longer.
        clear_after_read: whether an element can be read once only; eagerly.
        element_shape: of each element, None for a size that is not known.
        infer_shape: whether all elements have the shape of the first.
        tensor_array_name, handle, flow, colocate_with_first_write_call, name: taken for TensorFlow's sake.

    Raises:
        ArgumentError (a ValueError): for an index that is not there, and for an element read twice.
        DTypeError, ShapeError (ValueErrors): for an element of another dtype or shape.

    >>> squares = TensorArray("float32", size=0, dynamic_size=True)
    >>> for i in range(3):
    ...     squares = squares.write(i, float(i * i))
    >>> squares.stack().tolist(), int(squares.size())
    ([0.0, 1.0, 4.0], 3)
    """

    def __new__(cls, *args, **kwargs):
        kept = arrays.in_graph(cls, args, kwargs)
        return super().__new__(cls) if kept is None else kept

    def __init__(self, dtype, size=None, dynamic_size=None, clear_after_read=None, tensor_array_name=None, handle=None,
                 flow=None, infer_shape=True, element_shape=None, colocate_with_first_write_call=True, name=None,
                 ):  # fmt: skip
        if size is None:
            raise ArgumentError("TensorArray: received no size; expected an int (0 with dynamic_size=True).")
        self._dtype = dtypes.standardize(dtype)
        self._items, self._read = [None] * int(size), set()
        self._dynamic, self._infer = bool(dynamic_size), bool(infer_shape)
        self._clear = True if clear_after_read is None else bool(clear_after_read)
        self._shape = None if element_shape is None else ints(element_shape)

    dtype = property(lambda self: self._dtype, doc="The dtype of the elements.")
    dynamic_size = property(lambda self: self._dynamic, doc="Whether a write past the end makes it longer.")
    element_shape = property(lambda self: self._shape, doc="The shape of the elements, or None.")
    flow = handle = property(lambda self: None, doc="None.")

    def _next(self, items=None):
        """The array to go on with: with the same elements eagerly, with a list of its own in a traced function."""
        new = object.__new__(type(self))
        vars(new).update(vars(self))
        if current() is not None:
            new._items, new._read = list(self._items), set(self._read)
        if items is not None:
            new._items[:] = items
        return new

    def apart(self):
        """An array with the same elements in a list of its own."""
        new = object.__new__(type(self))
        vars(new).update(vars(self), _items=list(self._items), _read=set(self._read))
        return new

    def _place(self, index, verb):
        index = int(np.asarray(index))
        if index < 0:
            raise ArgumentError(f"TensorArray: {verb} negative indices (index {index}) is not allowed.")
        return index

    def _value(self, value):
        """A value as an element: of the dtype, and of the shape if there is one."""
        typed = hasattr(value, "dtype") or (
            isinstance(value, (list, tuple)) and any(isinstance(v, Symbol) for v in value)
        )
        x = operand(value) if typed else host(np.asarray(value, dtypes.numpy_type(self._dtype)))
        if dtype_of(x) != self._dtype:
            raise DTypeError(
                f"TensorArray dtype is {self._dtype} but Op is trying to write dtype {dtype_of(x)}: cast it first."
            )
        shape = tuple(x.shape)
        if self._shape is None:
            self._shape = shape if self._infer else None
        elif len(shape) != len(self._shape) or any(None not in (m, n) and m != n for m, n in zip(self._shape, shape)):
            raise ShapeError(f"Incompatible shape for value ({shape}), expected ({self._shape}).")
        elif self._infer:
            self._shape = tuple(n if m is None else m for m, n in zip(self._shape, shape))
        return x

    @_in_a_run
    def write(self, index, value, name=None):
        """The array with a value at an index.

        Args:
            index: an int, or a symbol of one.
            value: of the dtype of the array.
            name: of no effect.
        """
        new = self._next()
        value = new._value(value)
        if not _known(index):
            hit = ops.equal(np.arange(len(new._items), dtype="int32"), ops.cast(index, "int32"))
            hit = ops.reshape(hit, (-1, *(1,) * len(value.shape)))
            new._items[:] = ops.unstack(ops.where(hit, ops.expand_dims(value, 0), new.stack()))
            return new
        index = self._place(index, "Writing to")
        if index >= len(new._items):
            if not self._dynamic:
                raise ArgumentError(
                    f"Tried to write to index {index} but array is not resizeable and size is: {len(new._items)}. "
                    "Use dynamic_size=True."
                )
            new._items.extend([None] * (index - len(new._items) + 1))
        new._items[index] = value
        return new

    @_in_a_run
    def read(self, index, name=None):
        """The element at an index, an int or a symbol of one."""
        if not _known(index):
            return ops.take(self.stack(), ops.cast(index, "int32"), axis=0)
        index = self._place(index, "Reading from")
        if index >= len(self._items):
            raise ArgumentError(f"Tried to read from index {index} but array size is: {len(self._items)}.")
        if index in self._read and self._items[index] is None:
            raise ArgumentError(
                f"Could not read index {index} twice because it was cleared after a previous read (perhaps try "
                "setting clear_after_read = false?)"
            )
        found = self._at(index)
        if self._clear and current() is None:
            self._items[index] = None
            self._read.add(index)
        return found

    def _at(self, index):
        """An element; zeros for one that was not written."""
        if self._items[index] is None:
            if self._shape is None or None in self._shape:
                raise ArgumentError(
                    f"TensorArray: nothing was written at index {index}, and the shape of the elements is not known. "
                    "Write it, or set element_shape."
                )
            self._items[index] = host(np.zeros(self._shape, dtypes.numpy_type(self._dtype)))
        return self._items[index]

    def _all(self):
        return [self._at(k) for k in range(len(self._items))]

    def stack(self, name=None):
        """All elements along a new first axis."""
        if self._items:
            return _tensor(ops.stack(self._all()))
        if self._shape is None or None in self._shape:
            raise ArgumentError("TensorArray.stack: there are no elements, and their shape is not known.")
        return host(np.zeros((0, *self._shape), dtypes.numpy_type(self._dtype)))

    def concat(self, name=None):
        """All elements, one after the other along their first axis."""
        items = self._all()
        if not items or not all(len(x.shape) for x in items):
            raise ArgumentError("TensorArray.concat: expected elements that have at least one axis.")
        return _tensor(ops.concatenate(items, axis=0))

    @_in_a_run
    def gather(self, indices, name=None):
        """The elements at some indices along a new first axis."""
        if not _known(indices):
            return ops.take(self.stack(), ops.cast(indices, "int32"), axis=0)
        return _tensor(ops.stack([self._at(int(k)) for k in np.asarray(indices)]))

    @_in_a_run
    def unstack(self, value, name=None):
        """The array whose elements are the rows of a value (n, ...)."""
        x = operand(value)
        if x.shape[0] is None:
            raise NotSupportedError("TensorArray.unstack: the number of rows must be known when the graph is built.")
        if x.shape[0] > len(self._items) and not self._dynamic:
            raise ArgumentError(
                f"Cannot unstack {x.shape[0]} tensors into a TensorArray of static size {len(self._items)}."
            )
        return self._holding(ops.unstack(x) if x.shape[0] else [])

    def _holding(self, values):
        new = self._next()
        new._items[:] = [new._value(v) for v in values]
        return new

    @_in_a_run
    def scatter(self, indices, value, name=None):
        """The array with the rows of a value (n, ...) at indices (n,)."""
        new = self
        for index, row in zip(np.asarray(indices), ops.unstack(operand(value))):
            new = new.write(index, row)
        return new

    @_in_a_run
    def split(self, value, lengths, name=None):
        """The array whose elements are parts of a value, of these lengths along its first axis."""
        x, sizes = operand(value), ints(lengths)
        if sum(sizes) != x.shape[0] or (len(sizes) != len(self._items) and not self._dynamic):
            raise ArgumentError(
                f"TensorArray.split: received lengths {sizes} for a value of shape {tuple(x.shape)} and an array of "
                f"{len(self._items)} elements: expected as many, with the sum {x.shape[0]}."
            )
        new = self._next()
        new._infer = False  # parts have lengths of their own
        new._shape = None
        new._items[:] = [new._value(v) for v in ops.split(x, [int(n) for n in np.cumsum(sizes)[:-1]], axis=0)]
        return new

    def size(self, name=None):
        """How many elements there are: an int32 tensor."""
        return host(np.int32(len(self._items)))

    def identity(self):
        """The array."""
        return self._next()

    def close(self, name=None):
        """Drop the elements; eagerly."""
        self._items.clear()


def _tensor(x):
    return x.view(Tensor) if isinstance(x, np.ndarray) and type(x) is not Tensor else x


def loop(cond, body, variables, maximum, grows=False):
    """tf.while_loop: Python's, while the condition is known; else a loop of the plan, with stacks for the arrays.

    grows: whether values change their shapes from step to step, which no plan knows.

    >>> array = TensorArray("int32", 2)
    >>> loop(lambda i, a: i < 2, lambda i, a: (i + 1, a.write(i, i)), [0, array], 9)[1].stack().tolist()
    [0, 1]
    """
    held = [isinstance(v, TensorArray) for v in variables]
    if not any(held) and not grows:
        return ops.while_loop(lambda *state: alone(cond(*state)), body, [operand(v) for v in variables], maximum)
    state = tuple(v if h else operand(v) for v, h in zip(variables, held))
    steps = 0
    going = cond(*state)
    while _known(going) and bool(np.asarray(going)) and steps != maximum:
        state, steps = tuple(body(*state)), steps + 1
        going = cond(*state)
    if _known(going) or steps == maximum:
        return list(state)
    if grows or any(h and v._dynamic for v, h in zip(state, held)):
        raise ValuesError("tf.while_loop: what grows in a loop needs a condition that is known at every step.")
    arrays = [v if h else None for v, h in zip(state, held)]

    def opened(values):
        return [a._holding(ops.unstack(v)) if a is not None else v for a, v in zip(arrays, values)]

    def packed(values):
        return [v.stack() if isinstance(v, TensorArray) else operand(v) for v in values]

    left = None if maximum is None else maximum - steps
    found = ops.while_loop(
        lambda *values: cond(*opened(values)), lambda *values: packed(body(*opened(values))), packed(state), left
    )
    return opened(found)
