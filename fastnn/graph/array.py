"""Array: what operations on arrays return, an ndarray that a tape sees and that has the methods of Keras's tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastnn.core import hooks, results
from fastnn.graph.numpy_calls import by_function, joins, kept, recorded
from fastnn.graph.numpy_names import COUNTS, ELEMENTWISE, METHODS, OPERATORS, PROPERTIES, UFUNCS, UNKNOWN
from fastnn.graph.tensor import gathers, here, holds, in_trace

_ndarray: Any = np.ndarray


def _recorded(name: str, operation: str, swap: bool = False) -> Any:
    """An operator of arrays that a gradient tape sees, where it watches an operand."""
    plain = getattr(np.ndarray, name)

    def method(self: Any, *others: Any) -> Any:
        if here.held and holds((self, *others)):
            first, *rest = in_trace((self, *others))
            return hooks.call("operator", operation, *((*rest, first) if swap else (first, *rest)))
        if here.recording and gathers((self, *others)):
            return hooks.call("operator", operation, *((*others, self) if swap else (self, *others)))
        found = plain(self, *others)
        return np.asarray(found).view(type(self)) if isinstance(found, np.generic) else found

    return method


def as_index(key: list[Any]) -> Any:
    """A list between brackets as NumPy takes it: as a tuple, where it holds slices or None, which index no rows."""
    return tuple(key) if any(k is None or k is Ellipsis or isinstance(k, slice) for k in key) else key


def _property(name: str, operation: str) -> Any:
    """A property of arrays that a gradient tape sees, where it watches the array."""
    plain = getattr(_ndarray, name)

    def get(self: Any) -> Any:
        if here.held and holds((self,)):
            return hooks.call("operator", operation, *in_trace((self,)))
        if here.recording and gathers((self,)):
            return hooks.call("operator", operation, self)
        return plain.__get__(self)

    return property(get, plain.__set__, None, f"`{name}` of NumPy's arrays.")


def _outer(inputs: Any) -> Any:
    """The operands of a ufunc; of one that came by `outer`, which made a view of the first, with the array itself."""
    if len(inputs) == 2 and isinstance(inputs[0], Array):
        first, n = inputs[0], np.ndim(np.asarray(inputs[1]))
        if n and first.shape[-n:] == (1,) * n and id(first) not in here.log.watched:
            for array, _ in here.log.watched.values():
                if array.shape == first.shape[:-n] and np.may_share_memory(np.asarray(array), np.asarray(first)):
                    return hooks.call("operator", "reshape", array, first.shape), inputs[1]
    return inputs


class Array(np.ndarray):
    """An array with the method `numpy()`; a tape that watches it sees operators, and `x += y` makes a new one.

    It prints and pickles as NumPy's own, and one number can be a key of a dict.

    >>> x = np.ones(2).view(Array)
    >>> x, x.numpy(), (x + 1)[0].numpy()
    (array([1., 1.]), array([1., 1.]), np.float64(2.0))
    """

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        if here.recording and not here.busy:
            if context is None:  # of a method of a ufunc
                if results.numpy_joins:
                    kept("A method of a ufunc of NumPy", self, array)
            else:  # np.float32(2) * x and np.exp(x) come here, and no operator's way
                ufunc, inputs, _ = context
                inputs = _outer(inputs)
                if len(inputs) == ufunc.nin and gathers(inputs):
                    name = (UFUNCS if results.numpy_joins else OPERATORS).get(ufunc)
                    if name is not None:
                        return hooks.call("operator", name, *inputs)
                    if results.numpy_joins:
                        kept(f"numpy.{ufunc.__name__}", inputs, array)
        if return_scalar and context is None:  # of a reduction, as np.sum: NumPy's number
            return np.asarray(array)[()]
        if context is not None and not results.numpy_joins and context[0] not in OPERATORS:
            return np.asarray(array)
        return np.asarray(array).view(type(self))

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        calls = super().__array_function__
        if joins():
            return by_function(function, args, kwargs, lambda: calls(function, types, args, kwargs))
        found = calls(function, types, args, kwargs)
        return found if results.numpy_joins else results.plain(found)

    __add__, __radd__ = _recorded("__add__", "add"), _recorded("__radd__", "add", True)
    __sub__, __rsub__ = _recorded("__sub__", "subtract"), _recorded("__rsub__", "subtract", True)
    __mul__, __rmul__ = _recorded("__mul__", "multiply"), _recorded("__rmul__", "multiply", True)
    __truediv__, __rtruediv__ = _recorded("__truediv__", "true_divide"), _recorded("__rtruediv__", "true_divide", True)
    __pow__, __rpow__ = _recorded("__pow__", "power"), _recorded("__rpow__", "power", True)
    __matmul__, __rmatmul__ = _recorded("__matmul__", "matmul"), _recorded("__rmatmul__", "matmul", True)
    __mod__, __rmod__ = _recorded("__mod__", "mod"), _recorded("__rmod__", "mod", True)
    __floordiv__ = _recorded("__floordiv__", "floor_divide")
    __rfloordiv__ = _recorded("__rfloordiv__", "floor_divide", True)
    __neg__, __abs__ = _recorded("__neg__", "negative"), _recorded("__abs__", "abs")
    __pos__ = _recorded("__pos__", "copy")

    def __getitem__(self, key: Any) -> Any:
        if type(key) is list:
            key = as_index(key)
        if here.held and holds((self,)):
            return hooks.call("operator", "getitem", *in_trace((self,)), key)
        if here.recording and gathers((self, key)):
            return hooks.call("operator", "getitem", self, key)
        found = _ndarray.__getitem__(self, key)
        if type(found) in self._texts:  # an element of an array of objects
            one = np.empty((), object)
            one[()] = found
            return one.view(type(self))
        return np.asarray(found).view(type(self)) if isinstance(found, np.generic) else found

    _texts: tuple[type, ...] = ()  # types whose elements are arrays of no axes, too

    # Who else holds the tensor keeps its values, as with Keras's.
    __iadd__, __isub__, __imul__, __itruediv__ = __add__, __sub__, __mul__, __truediv__
    __ipow__, __imatmul__, __imod__, __ifloordiv__ = __pow__, __matmul__, __mod__, __floordiv__
    __iand__, __ior__, __ixor__ = _ndarray.__and__, _ndarray.__or__, _ndarray.__xor__
    __ilshift__, __irshift__ = _ndarray.__lshift__, _ndarray.__rshift__

    @property
    def T(self) -> Any:
        """The transpose."""
        return self.transpose()

    @property
    def mT(self) -> Any:
        """The array with its last two axes exchanged."""
        return self.swapaxes(-1, -2)

    def numpy(self) -> Any:
        """The values as a plain array; of a scalar, the number."""
        return np.asarray(self) if self.ndim else np.asarray(self)[()]

    def __hash__(self) -> int:  # type: ignore[override]  # an ndarray has none
        if self.ndim:
            raise TypeError(f"unhashable: an array of shape {self.shape}; one number can be a key, or array.tobytes().")
        return hash(np.asarray(self)[()])

    def __round__(self, ndigits: int | None = None) -> Any:
        return self.round(ndigits or 0) if self.ndim or ndigits is not None else round(self.item())

    def __trunc__(self) -> int:
        return int(self.item())

    def __repr__(self) -> str:
        return repr(np.asarray(self))

    def __str__(self) -> str:
        return str(np.asarray(self))

    def __reduce__(self) -> Any:
        return np.asarray(self).__reduce__()

    def __reduce_ex__(self, protocol: Any) -> Any:
        return np.asarray(self).__reduce_ex__(protocol)


for _name in {*METHODS, *ELEMENTWISE, *UNKNOWN, "astype"} - COUNTS:
    setattr(Array, _name, recorded(getattr(np.ndarray, _name), _name))
for _name, _operation in PROPERTIES.items():
    setattr(Array, _name, _property(_name, _operation))


results.give_as(Array)
