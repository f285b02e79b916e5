"""What a tf.Variable can do besides: parts of it are assigned, rows and places of it changed by index."""

import functools

import numpy as np

from fastnn import ops
from fastnn.compat.tf import devices as tf_devices
from fastnn.compat.tf import names as tf_names
from fastnn.compat.tf.values import operand
from fastnn.data.tensor import Tensor
from fastnn.graph import Symbol
from fastnn.graph.dtype import dtype_of
from fastnn.graph.tensor import Tensor as Lazy


def with_assign(getitem_today):
    """`variable[key]`, whose result can be assigned to: `v[0].assign(...)`."""

    @functools.wraps(getitem_today)
    def __getitem__(self, key):
        found = getitem_today(self, key)
        if isinstance(found, np.ndarray) and hasattr(found, "__dict__"):
            found.assign = functools.partial(_assign_part, self, key)
        return found

    return __getitem__


def as_of_tensorflow(assign_today):
    """`assign` and its kin, for the arguments that TensorFlow's have besides, which change nothing."""

    @functools.wraps(assign_today)
    def assign(self, value, use_locking=False, name=None, read_value=True):
        """Set the value, or add to it, or subtract from it."""
        return assign_today(self, value)

    return assign


def _assign_part(variable, key, value, use_locking=False, name=None, read_value=True):
    array = np.array(variable.numpy())
    key = tuple(_index(k) for k in key) if isinstance(key, tuple) else _index(key)
    array[key] = np.asarray(value, array.dtype)
    variable.assign(array)
    return variable


def _index(key):
    return np.asarray(key) if isinstance(key, Symbol) and type(key) is Lazy else key


def _by_places(reduction):
    def scatter(self, indices, updates, name=None):
        """Change the values at places: indices (n, depth), updates (n, ...)."""
        updates = ops.cast(operand(updates), self.dtype)
        if reduction == "sub":
            updates = ops.negative(updates)
        kind = "add" if reduction == "sub" else reduction
        self.assign(ops.scatter_update(self.value, operand(indices), updates, kind))
        return self

    return scatter


def _by_rows(reduction):
    def scatter(self, sparse_delta, use_locking=False, name=None):
        """Change rows: an IndexedSlices of values and indices."""
        indices = ops.expand_dims(operand(sparse_delta.indices), -1)
        return _by_places(reduction)(self, indices, sparse_delta.values)

    return scatter


class IndexedSlices:
    """Rows and where they belong.

    Args:
        values: (n, ...).
        indices: (n,) rows.
        dense_shape: of the whole, or None.
    """

    def __init__(self, values, indices, dense_shape=None):
        self.values, self.indices, self.dense_shape = values, indices, dense_shape

    def __repr__(self):
        more = "" if self.dense_shape is None else f", dense_shape={self.dense_shape!s}"
        return f"IndexedSlices(indices={self.indices!s}, values={self.values!s}{more})"


_REDUCTIONS = {"update": None, "add": "add", "sub": "sub", "max": "max", "min": "min"}


class Reference:
    """What stands for a variable or tensor as a key: equal to another of the same one.

    >>> x = np.ones(2)
    >>> Reference(x) == Reference(x), Reference(x).deref() is x
    (True, True)
    """

    def __init__(self, of):
        self._of = of

    def deref(self):
        """What it stands for."""
        return self._of

    def __eq__(self, other):
        return isinstance(other, Reference) and self._of is other._of

    def __hash__(self):
        return id(self._of)


REFERENCES = dict.fromkeys(("ref", "experimental_ref"), lambda self: Reference(self))


def _load(self, value, session=None):
    """Set it at once, while a graph is built too."""
    found = self.assign(value)
    if getattr(found, "changes", False):
        found.run()


METHODS = {
    **REFERENCES,
    "eval": lambda self, session=None: self.numpy(),
    "gather_nd": lambda self, indices, name=None: tf_names.find("gather_nd")(self.value, indices),
    "initialized_value": lambda self: self.value,
    "load": _load,
    "device": property(lambda self: "/job:localhost/replica:0/task:0/device:CPU:0", doc="Where it is."),
    **{f"scatter_nd_{n}": _by_places(kind) for n, kind in _REDUCTIONS.items()},
    **{f"scatter_{n}": _by_rows(kind) for n, kind in _REDUCTIONS.items()},
    "sparse_read": lambda self, indices, name=None: ops.take(self.value, operand(indices), axis=0),
}


class Held(Tensor):
    """The value of a variable, which scripts of TensorFlow call: `v.value()`."""

    def __call__(self):
        """Itself."""
        return self


def value_that_is_called(today):
    """The property `value`, which is the value and gives it when it is called; symbols of traces do both, too.

    Args:
        today: the property, of plain values.
    """

    def value(self):
        found = today.fget(self)
        return found.view(Held) if type(found) is Tensor else found

    return property(value, doc=today.__doc__)


def graph_of(symbol):
    """The graph of a symbol, which there is one of.

    Args:
        symbol: of no effect.
    """
    return tf_devices.Scope()


def itself(self):
    """Itself."""
    return self


def dtype_of_tensors(today):
    """The property `dtype`, which says what dtypes of tensors do: `var.dtype.base_dtype`, as rules of optimizers ask.

    Args:
        today: the property, of plain names.
    """
    return property(lambda self: dtype_of(today.fget(self)), doc=today.__doc__)


WRAPPED = {
    **dict.fromkeys(("assign", "assign_add", "assign_sub"), as_of_tensorflow),
    "__getitem__": with_assign,
    "dtype": dtype_of_tensors,
    "value": value_that_is_called,
}
