"""Array: what operations on arrays return, an ndarray that a tape sees and that has the methods of Keras's tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastnn.core import hooks, results
from fastnn.graph.tensor import gathers, here


def _recorded(name: str, operation: str, swap: bool = False) -> Any:
    """An operator of arrays that a gradient tape sees, where it watches an operand."""
    plain = getattr(np.ndarray, name)

    def method(self: Any, *others: Any) -> Any:
        if here.recording and gathers((self, *others)):
            return hooks.call("operator", operation, *((*others, self) if swap else (self, *others)))
        found = plain(self, *others)
        return np.asarray(found).view(type(self)) if isinstance(found, np.generic) else found

    return method


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
        return np.asarray(array).view(type(self))

    __add__, __radd__ = _recorded("__add__", "add"), _recorded("__radd__", "add", True)
    __sub__, __rsub__ = _recorded("__sub__", "subtract"), _recorded("__rsub__", "subtract", True)
    __mul__, __rmul__ = _recorded("__mul__", "multiply"), _recorded("__rmul__", "multiply", True)
    __truediv__, __rtruediv__ = _recorded("__truediv__", "true_divide"), _recorded("__rtruediv__", "true_divide", True)
    __pow__, __rpow__ = _recorded("__pow__", "power"), _recorded("__rpow__", "power", True)
    __matmul__, __rmatmul__ = _recorded("__matmul__", "matmul"), _recorded("__rmatmul__", "matmul", True)
    __mod__, __floordiv__ = _recorded("__mod__", "mod"), _recorded("__floordiv__", "floor_divide")
    __neg__, __abs__ = _recorded("__neg__", "negative"), _recorded("__abs__", "abs")
    __getitem__ = _recorded("__getitem__", "getitem")
    # Who else holds the tensor keeps its values, as with Keras's.
    __iadd__, __isub__, __imul__, __itruediv__ = __add__, __sub__, __mul__, __truediv__
    __ipow__, __imatmul__, __imod__, __ifloordiv__ = __pow__, __matmul__, __mod__, __floordiv__

    def numpy(self) -> Any:
        """The values as a plain array; of a scalar, the number."""
        return np.asarray(self) if self.ndim else np.asarray(self)[()]

    def __hash__(self) -> int:  # type: ignore[override]  # an ndarray has none
        if self.ndim:
            raise TypeError(f"unhashable: an array of shape {self.shape}; one number can be a key, or array.tobytes().")
        return hash(np.asarray(self)[()])

    def __repr__(self) -> str:
        return repr(np.asarray(self))

    def __str__(self) -> str:
        return str(np.asarray(self))

    def __reduce__(self) -> Any:
        return np.asarray(self).__reduce__()

    def __reduce_ex__(self, protocol: Any) -> Any:
        return np.asarray(self).__reduce_ex__(protocol)


results.give_as(Array)
