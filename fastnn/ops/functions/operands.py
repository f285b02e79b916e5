"""What users give to an operation: operands, the dtypes in which they meet, calls of records in them."""

from typing import Any

import numpy as np

from fastnn.core import allowance, dtypes, hooks
from fastnn.core.errors import DTypeError
from fastnn.core.values import as_numbers, narrow, whole_dtype
from fastnn.graph.active import casting, current
from fastnn.graph.node import Symbol
from fastnn.graph.tensor import Tensor, here
from fastnn.graph.trace import active
from fastnn.ops.forms import FLOATS, NUMBERS, WIDE
from fastnn.ops.records.cast import converted

PLAIN = frozenset("fdeFDbBhHiIlLqQ?")  # NumPy's codes of the dtypes that there are
UNLIKE = np.ma.MaskedArray, np.matrix  # arrays that mean something else by the same words
# the dtype in which values of the other dtypes are added up or multiplied, as in Keras
COUNTED = {"bool": "int32", "int8": "int32", "int16": "int32", "uint8": "uint32", "uint16": "uint32"}


def reserve(count, itemsize=8):
    """Count an array of a size that an argument decides, before it is made: see fastnn.core.allowance."""
    allowance.reserve(count, itemsize, kept=current() is None)


# ------------------------------------------------------------------ operands
def is_symbol(x):
    """Whether x is a Symbol."""
    return isinstance(x, Symbol)


def traced(*xs):
    """Whether an operation on these becomes a node or a call event (and is not calculated at once)."""
    return current() is not None or any(isinstance(x, Symbol) for x in xs)


def inferring():
    """Whether shapes alone are asked for, of which some sizes may be unknown."""
    trace = current()
    return trace is not None and trace.building


def of_shape(shape: Any, dtype: str) -> Symbol:
    """A symbol of any values, while shapes alone are asked for."""
    return active("shapes").input(shape, dtype)


def is_number(x):
    """Whether x is a Python number: it takes the dtype of what it meets."""
    return type(x) in (int, float)


def is_stack(x: Any) -> bool:
    """Whether a list, however nested, holds what is more than numbers: symbols, variables, arrays of a tape."""
    watched = here.log.watched if here.recording and not here.busy else ()
    return any(
        isinstance(v, Symbol)
        or hasattr(v, "_fastnn_variable")
        or (isinstance(v, (list, tuple)) and is_stack(v))
        or (isinstance(v, np.ndarray) and id(v) in watched)
        for v in x
    )


def operand(x: Any) -> Any:
    """x as a symbol, a variable or an array; Python floats become the default float type or float32, ints int32.

    A list of them is not rounded to a half type, also where that is the default, as in Keras.
    """
    if isinstance(x, Symbol):
        if type(x) is Tensor and x._value is not None and not here.recording and current() is None:
            return x.array
        return x
    if hasattr(x, "_fastnn_variable"):
        # what a tape records is a value of this moment, not the variable
        return x if casting() is None and not (here.recording and current() is None) else x.value
    if isinstance(x, np.ndarray):
        usual = x.dtype.char in PLAIN and x.dtype.isnative and not isinstance(x, UNLIKE)
        return x if usual else as_numbers(x, "the operand", wide=True)
    if isinstance(x, (list, tuple)) and is_stack(x):
        return hooks.call("operator", "stack", [operand(v) if isinstance(v, (list, tuple)) else v for v in x])
    if x is None or isinstance(x, (str, bytes)):
        raise DTypeError(f"Expected numbers, arrays, variables or symbols; received {type(x).__name__}: {x!r}.")
    array = as_numbers(x, "the operand", wide=True)
    if not hasattr(x, "dtype"):
        if array.dtype.kind == "f":
            return narrow(array, dtypes.numpy_type(dtypes.standardize(float)), "the operand")
        if array.dtype.kind == "c":
            return narrow(array, dtypes.numpy_type(dtypes.standardize(complex)), "the operand")
        if array.dtype.kind == "i":
            return array.astype(whole_dtype(array), copy=False)
    return array


def dtype_of(x):
    """The canonical dtype name of an operand."""
    return dtypes.standardize(x.dtype)


def result_dtype(*xs):
    """The dtype in which operands meet. Python numbers only decide between integers and floats."""
    names = [dtype_of(x if hasattr(x, "_fastnn_variable") else operand(x)) for x in xs if not is_number(x)]
    name = dtypes.promote(*names) if names else None
    for x in xs:
        if is_number(x):
            if type(x) is float and (name is None or not dtypes.is_inexact(name)):
                name = dtypes.standardize(None)
            elif name is None or name == "bool":
                name = "int32"
    return name


def number_dtype(*xs):
    """result_dtype, with truth values counted in int32."""
    name = result_dtype(*xs)
    return "int32" if name == "bool" else name


def float_dtype(*xs):
    """result_dtype, where that is no integer's; integers and truth values become the default float type."""
    name = result_dtype(*xs)
    return name if dtypes.is_inexact(name) else dtypes.standardize(None)


def number(x):
    """x as an operand, truth values as int32."""
    x = operand(x)
    return cast_to(x, "int32") if dtype_of(x) == "bool" else x


def counted(x):
    """x in the dtype in which it is added up: small integers in 32 bits."""
    x = operand(x)
    return cast_to(x, COUNTED.get(dtype_of(x), dtype_of(x)))


def is_whole(x):
    """Whether an operand holds integers or truth values."""
    return not dtypes.is_inexact(dtype_of(x if hasattr(x, "_fastnn_variable") else operand(x)))


def cast_to(x, dtype):
    """x as an operand of `dtype`."""
    if is_number(x) or not hasattr(x, "shape"):
        return np.asarray(operand(x) if not is_number(x) else x, dtypes.numpy_type(dtype))
    return converted(operand(x), dtype)


def floating(x):
    """x as an operand of a float or complex dtype: integers become the default float type."""
    x = operand(x)
    name = dtype_of(x)
    return x if dtypes.is_inexact(name) else cast_to(x, dtypes.standardize(None))


def calculate(function, xs, dtype, back=True):
    """function(*xs) with all xs cast to `dtype`, through a wider dtype where no kernel calculates in it."""
    wide = WIDE.get(dtype, dtype)
    y = function(*(cast_to(x, wide) for x in xs))
    return cast_to(y, dtype) if back and wide != dtype else y


def float_call(op, x, **attrs):
    """op(x) in x's float dtype (integers become the default one, float16 goes through float32)."""
    if type(x) is Symbol and x.dtype in FLOATS:  # the usual case, first
        return op(x, **attrs)
    x = floating(x)
    return calculate(lambda v: op(v, **attrs), [x], dtype_of(x))


def number_call(op, x, **attrs):
    """op(x) in x's own dtype, integers included."""
    if type(x) is Symbol and x.dtype in NUMBERS:
        return op(x, **attrs)
    x = operand(x)
    return calculate(lambda v: op(v, **attrs), [x], dtype_of(x))


def float_pair(op, x, y):
    """op in the float dtype in which the operands meet."""
    return calculate(op, (x, y), float_dtype(x, y))


def same_floats(*values):
    """The values (None stays) in the one float dtype in which they meet."""
    dtype = float_dtype(*(v for v in values if v is not None))
    return [v if v is None else cast_to(v, dtype) for v in values]
