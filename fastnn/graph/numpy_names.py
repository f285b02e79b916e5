"""NumPy's names and the operations of fastnn that calculate the same: what a gradient tape records of NumPy's calls.

One table for each kind of call.  What NumPy has besides is calculated by NumPy; of a value that a tape watches that is
an error where it gives floats, for gradients would miss it (graph/numpy_calls.py).
"""

from __future__ import annotations

from typing import Any

import numpy as np

# ufuncs that are Python's operators: on values still to come they gather without a tape, too
OPERATORS: dict[Any, str] = {
    np.add: "add", np.subtract: "subtract", np.multiply: "multiply", np.true_divide: "true_divide",
    np.floor_divide: "floor_divide", np.remainder: "mod", np.power: "power", np.matmul: "matmul", np.less: "less",
    np.less_equal: "less_equal", np.greater: "greater", np.greater_equal: "greater_equal", np.equal: "equal",
    np.not_equal: "not_equal", np.negative: "negative",
}  # fmt: skip
# Python's operators on bits: the methods of symbols by their names
BITS: dict[Any, str] = {
    np.bitwise_and: "and", np.bitwise_or: "or", np.bitwise_xor: "xor", np.left_shift: "lshift",
    np.right_shift: "rshift",
}  # fmt: skip
UFUNCS: dict[Any, str] = OPERATORS | {getattr(np, name): name for name in (
    "absolute", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "bitwise_and", "bitwise_not",
    "bitwise_or", "bitwise_xor", "cbrt", "ceil", "conjugate", "copysign", "cos", "cosh", "deg2rad", "exp", "exp2",
    "expm1", "fabs", "float_power", "floor", "fmax", "fmin", "fmod", "gcd", "heaviside", "hypot", "isfinite", "isinf",
    "isnan", "lcm", "ldexp", "left_shift", "log", "log10", "log1p", "log2", "logaddexp", "logaddexp2", "logical_and",
    "logical_not", "logical_or", "logical_xor", "maximum", "minimum", "nextafter", "rad2deg", "reciprocal",
    "right_shift", "sign", "signbit", "sin", "sinh", "sqrt", "square", "tan", "tanh", "trunc",
)} | {np.degrees: "rad2deg", np.radians: "deg2rad", np.positive: "copy", np.rint: "round"}  # fmt: skip
# methods of ufuncs, along one axis: the first if none is said
ALONG: dict[Any, str] = {
    (np.add, "reduce"): "sum", (np.multiply, "reduce"): "prod", (np.maximum, "reduce"): "max",
    (np.minimum, "reduce"): "min", (np.add, "accumulate"): "cumsum", (np.multiply, "accumulate"): "cumprod",
}  # fmt: skip


def _functions(names: str, module: Any = np, other: str = "") -> dict[Any, str]:
    return {getattr(module, n): other or n for n in names.split() if hasattr(module, n)}


FUNCTIONS: dict[Any, str] = {
    **_functions(
        "append array_split average broadcast_to clip concatenate copy corrcoef cov cross cumprod cumsum diag diagflat "
        "diagonal diff dot dsplit dstack einsum expand_dims flip fliplr flipud hsplit hstack i0 imag inner interp kron "
        "max mean median meshgrid min moveaxis nan_to_num nancumprod nancumsum nanmax nanmean nanmedian nanmin "
        "nanpercentile nanprod nanquantile nanstd nansum nanvar outer pad percentile prod ptp quantile ravel real "
        "repeat reshape roll rot90 round select sinc sort split squeeze stack std sum swapaxes take take_along_axis "
        "tensordot tile trace transpose trapezoid tril triu unstack vander var vdot vsplit vstack where"
    ),
    **_functions("det inv norm solve", np.linalg),
    **_functions("amax", other="max"),
    **_functions("amin", other="min"),
    **_functions("around", other="round"),
    **_functions("concat", other="concatenate"),
    **_functions("permute_dims", other="transpose"),
}
# functions that put the elements of their first argument in other places, whatever they are
MOVES = frozenset(
    [np.atleast_1d, np.atleast_2d, np.atleast_3d, np.delete, np.resize, np.rollaxis, np.linalg.diagonal,
     *_functions("matrix_transpose"), *_functions("matrix_transpose", np.linalg)]
)  # fmt: skip
# arguments that are called otherwise
ARGUMENTS = {"a_min": "x_min", "a_max": "x_max", "min": "x_min", "max": "x_max"}
# functions that take of their arguments no more than shape and dtype
SHAPES = frozenset([np.zeros_like, np.ones_like, np.empty_like, np.full_like])

# methods of arrays that are a function of the array and the same arguments
METHODS: dict[str, Any] = {name: getattr(np, name) for name in (
    "sum", "mean", "max", "min", "std", "var", "prod", "argmax", "argmin", "argsort", "any", "all", "transpose",
    "ravel", "dot", "clip", "cumsum", "cumprod", "take", "repeat", "swapaxes", "diagonal", "trace", "round", "reshape",
    "squeeze", "copy",
)} | {"flatten": np.ravel}  # fmt: skip
COUNTS = frozenset(["argmax", "argmin", "argsort", "any", "all"])  # whose results have no gradients
ELEMENTWISE = {"conj": "conjugate", "conjugate": "conjugate"}  # methods that take nothing else
UNKNOWN = ("byteswap", "choose", "compress", "getfield")  # methods that are no operation
CHANGES = frozenset(["fill", "partition", "put", "resize", "setfield", "sort"])  # methods that change their array
PROPERTIES = {"real": "real", "imag": "imag"}
