"""Array: what operations on arrays return, an ndarray that a tape sees and that has the methods of Keras's tensors."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from fastnn.core import hooks, results
from fastnn.graph.tensor import METHODS, UFUNCS, gathers, here

_ndarray: Any = np.ndarray


def _recorded(name: str, operation: str, swap: bool = False) -> Any:
    """An operator of arrays that a gradient tape sees, where it watches an operand."""
    plain = getattr(np.ndarray, name)

    def method(self: Any, *others: Any) -> Any:
        if here.recording and gathers((self, *others)):
            return hooks.call("operator", operation, *((*others, self) if swap else (self, *others)))
        found = plain(self, *others)
        return np.asarray(found).view(type(self)) if isinstance(found, np.generic) else found

    return method


def _method(name: str, operation: str) -> Any:
    """A method of arrays that a gradient tape sees, where it watches the array and the call is one of the operation."""
    plain = getattr(np.ndarray, name)

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        if here.recording and gathers((self,)):
            given = {k: v for k, v in kwargs.items() if v is not None}  # NumPy's functions give out=None and the like
            if given.keys() <= {"axis", "keepdims"}:
                sizes = name in ("reshape", "transpose") and len(args) > 1
                return hooks.call("method", operation, self, (args,) if sizes else args, given)
        return plain(self, *args, **kwargs)

    return functools.update_wrapper(method, plain)


class Array(np.ndarray):
    """An array with the method `numpy()`; a tape that watches it sees operators, and `x += y` makes a new one.

    It prints and pickles as NumPy's own, and one number can be a key of a dict.

    >>> x = np.ones(2).view(Array)
    >>> x, x.numpy(), (x + 1)[0].numpy()
    (array([1., 1.]), array([1., 1.]), np.float64(2.0))
    """

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        if return_scalar and context is None:  # of a reduction, as np.sum: NumPy's number
            return np.asarray(array)[()]
        if (
            context is not None and here.recording
        ):  # np.float32(2) * x and np.add(x, y) come here, and no operator's way
            ufunc, inputs, _ = context
            name = UFUNCS.get(ufunc)
            if name is not None and len(inputs) == ufunc.nin and gathers(inputs):
                return hooks.call("operator", name, *inputs)
        return np.asarray(array).view(type(self))

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
    __getitem__ = _recorded("__getitem__", "getitem")
    # Who else holds the tensor keeps its values, as with Keras's.
    __iadd__, __isub__, __imul__, __itruediv__ = __add__, __sub__, __mul__, __truediv__
    __ipow__, __imatmul__, __imod__, __ifloordiv__ = __pow__, __matmul__, __mod__, __floordiv__
    __iand__, __ior__, __ixor__ = _ndarray.__and__, _ndarray.__or__, _ndarray.__xor__
    __ilshift__, __irshift__ = _ndarray.__lshift__, _ndarray.__rshift__

    @property
    def T(self) -> Any:
        """The transpose."""
        return self.transpose()

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


for _name in ("sum", "mean", "max", "min", "prod", "transpose", "ravel", "flatten", "dot", "clip", "cumsum", "cumprod",
              "take", "repeat", "swapaxes", "diagonal", "reshape", "copy"):  # fmt: skip
    setattr(Array, _name, _method(_name, METHODS.get(_name, _name)))


results.give_as(Array)
