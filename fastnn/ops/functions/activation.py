"""Activations."""

from typing import Any

import numpy as np

from fastnn.core import dtypes
from fastnn.core.types import Tensor
from fastnn.kernels.reference import elementwise as reference
from fastnn.ops.forms import composite
from fastnn.ops.functions import elementwise
from fastnn.ops.functions.arithmetic import add, clip, divide, maximum, multiply, subtract
from fastnn.ops.functions.comparison import greater, where
from fastnn.ops.functions.elementwise import affine, exp, negative, sqrt, square
from fastnn.ops.functions.layout import moveaxis, split
from fastnn.ops.functions.operands import cast_to, dtype_of, float_call, floating, number, number_call, operand, reserve
from fastnn.ops.functions.order import sort
from fastnn.ops.functions.reduction import cumsum, sum
from fastnn.ops.functions.slicing import flip
from fastnn.ops.op import R

__all__ = ["relu", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "swish", "sigmoid", "hard_sigmoid",
           "hard_silu", "hard_swish", "hard_tanh", "tanh", "softplus", "softsign", "soft_sign", "log_sigmoid", "mish",
           "tanh_shrink", "hard_shrink", "soft_shrink", "squareplus", "threshold", "sparse_plus", "glu",
           "exponential", "linear", "sparse_sigmoid", "sparsemax"]  # fmt: skip


SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


# ------------------------------------------------------------------ public functions
def relu(x: Any) -> Tensor:
    """max(x, 0), element by element.

    >>> relu([-1.0, 2.0])
    array([0., 2.], dtype=float32)
    """
    x = operand(x)
    return float_call(R.relu, x) if dtype_of(x).startswith("float") else maximum(x, 0)


def relu6(x: Any) -> Tensor:
    """min(max(x, 0), 6).

    >>> relu6([-1.0, 8.0])
    array([0., 6.], dtype=float32)
    """
    return number_call(lambda v: clip(v, 0, 6), x)


def leaky_relu(x: Any, negative_slope: Any = 0.2) -> Tensor:
    """x where x >= 0, else negative_slope * x.

    Args:
        x: numbers of any shape; integers become the default float type.
        negative_slope: a number.

    >>> leaky_relu([-1.0, 2.0])
    array([-0.2,  2. ], dtype=float32)
    """
    return float_call(R.leaky_relu, x, negative_slope=float(negative_slope))


def elu(x: Any, alpha: Any = 1.0) -> Tensor:
    """x where x >= 0, else alpha * (e^x - 1).

    Args:
        x: numbers of any shape; integers become the default float type.
        alpha: a number, minus the limit for x to -inf.

    >>> elu([0.0, 2.0])
    array([0., 2.], dtype=float32)
    """
    return float_call(R.elu, x, alpha=float(alpha))


def selu(x: Any) -> Tensor:
    """Scaled elu: 1.0507 * elu(x, 1.6733).

    >>> selu([0.0, 1.0])
    array([0.      , 1.050701], dtype=float32)
    """
    return float_call(lambda v: affine(R.elu(v, alpha=SELU_ALPHA), SELU_SCALE), x)


def celu(x: Any, alpha: Any = 1.0) -> Tensor:
    """x where x >= 0, else alpha * (e^(x / alpha) - 1).

    Args:
        x: numbers of any shape; integers become the default float type.
        alpha: a number > 0, minus the limit for x to -inf (Barron, 2017).

    >>> celu([0.0, 2.0])
    array([0., 2.], dtype=float32)
    """
    alpha = float(alpha)
    return float_call(
        lambda v: affine(R.elu(affine(v, 1 / alpha), alpha=1.0), alpha) if alpha != 1.0 else R.elu(v, alpha=1.0), x
    )


def gelu(x: Any, approximate: bool = True) -> Tensor:
    """x * Phi(x), Phi the normal distribution function (Hendrycks and Gimpel, 2016).

    Args:
        x: numbers of any shape; integers become the default float type.
        approximate: whether the tanh formula is used, in place of the error function.

    >>> gelu([0.0, 3.0], approximate=False)
    array([0.       , 2.9959502], dtype=float32)
    """
    return float_call(R.gelu, x, approximate=bool(approximate))


def silu(x: Any) -> Tensor:
    """x * sigmoid(x).

    >>> silu([0.0])
    array([0.], dtype=float32)
    """
    return float_call(R.silu, x)


swish = silu


def sigmoid(x: Any) -> Tensor:
    """1 / (1 + e^-x).

    >>> sigmoid([0.0])
    array([0.5], dtype=float32)
    """
    return float_call(R.sigmoid, x)


def hard_sigmoid(x: Any) -> Tensor:
    """x / 6 + 1/2, kept within [0, 1].

    >>> hard_sigmoid([-4.0, 0.0, 4.0])
    array([0. , 0.5, 1. ], dtype=float32)
    """
    return float_call(lambda v: clip(affine(v, 1 / 6, 0.5), 0.0, 1.0), x)


def hard_silu(x: Any) -> Tensor:
    """x * hard_sigmoid(x).

    >>> hard_silu([-4.0, 0.0, 4.0])
    array([-0.,  0.,  4.], dtype=float32)
    """
    return float_call(lambda v: multiply(v, hard_sigmoid(v)), x)


hard_swish = hard_silu


def hard_tanh(x: Any) -> Tensor:
    """x kept within [-1, 1].

    >>> hard_tanh([-4.0, 0.5])
    array([-1. ,  0.5], dtype=float32)
    """
    return number_call(lambda v: clip(v, -1, 1), number(x))


def tanh(x: Any) -> Tensor:
    """The hyperbolic tangent of x.

    Args:
        x: numbers of any shape; integers become the default float type.

    >>> tanh([0.0])
    array([0.], dtype=float32)
    """
    return float_call(R.tanh, x)


def softplus(x: Any) -> Tensor:
    """log(1 + e^x).

    >>> softplus([0.0])
    array([0.6931472], dtype=float32)
    """
    return float_call(R.softplus, x)


def softsign(x: Any) -> Tensor:
    """x / (1 + |x|).

    >>> softsign([1.0, -3.0])
    array([ 0.5 , -0.75], dtype=float32)
    """
    return float_call(lambda v: divide(v, affine(elementwise.abs(v), 1.0, 1.0)), x)


soft_sign = softsign


def log_sigmoid(x: Any) -> Tensor:
    """log(sigmoid(x)) = -softplus(-x).

    >>> log_sigmoid([0.0])
    array([-0.6931472], dtype=float32)
    """
    return float_call(lambda v: negative(R.softplus(negative(v))), x)


def mish(x: Any) -> Tensor:
    """x * tanh(softplus(x)).

    >>> mish([0.0])
    array([0.], dtype=float32)
    """
    return float_call(lambda v: multiply(v, R.tanh(R.softplus(v))), x)


def tanh_shrink(x: Any) -> Tensor:
    """x - tanh(x).

    >>> tanh_shrink([0.0])
    array([0.], dtype=float32)
    """
    return float_call(lambda v: subtract(v, R.tanh(v)), x)


def hard_shrink(x: Any, threshold: Any = 0.5) -> Tensor:
    """x where |x| > threshold, else 0.

    Args:
        x: numbers of any shape; integers become the default float type.
        threshold: a number >= 0.

    >>> hard_shrink([0.2, -1.0])
    array([ 0., -1.], dtype=float32)
    """
    return float_call(lambda v: where(greater(elementwise.abs(v), threshold), v, 0.0), x)


def soft_shrink(x: Any, threshold: Any = 0.5) -> Tensor:
    """x moved towards 0 by threshold, 0 where |x| <= threshold.

    Args:
        x: numbers of any shape; integers become the default float type.
        threshold: a number >= 0.

    >>> soft_shrink([0.2, -1.0])
    array([ 0. , -0.5], dtype=float32)
    """
    return float_call(lambda v: subtract(v, clip(v, -float(threshold), float(threshold))), x)


def squareplus(x: Any, b: Any = 4) -> Tensor:
    """(x + sqrt(x^2 + b)) / 2.

    Args:
        x: numbers of any shape; integers become the default float type.
        b: a number; larger ones bend less (Barron, 2021).

    >>> squareplus([0.0])
    array([1.], dtype=float32)
    """
    return float_call(lambda v: affine(add(v, sqrt(affine(square(v), 1.0, float(b)))), 0.5), x)


def threshold(x: Any, threshold: Any, default_value: Any) -> Tensor:
    """x where x > threshold, else default_value.

    Args:
        x: numbers of any shape; integers become the default float type.
        threshold: a number.
        default_value: a number.

    >>> threshold([1.0, 3.0], 2.0, 0.0)
    array([0., 3.], dtype=float32)
    """
    return float_call(lambda v: where(greater(v, float(threshold)), v, float(default_value)), x)


def sparse_plus(x: Any) -> Tensor:
    """0 for x <= -1, x for x >= 1, (x + 1)^2 / 4 between.

    >>> sparse_plus([-2.0, 0.0, 3.0])
    array([0.  , 0.25, 3.  ], dtype=float32)
    """
    # x - 1 above 1, and the square of what lies within [-1, 1]
    return float_call(
        lambda v: add(affine(square(affine(clip(v, -1.0, 1.0), 1.0, 1.0)), 0.25), R.relu(affine(v, 1.0, -1.0))), x
    )


def glu(x: Any, axis: Any = -1) -> Tensor:
    """The first half of x along an axis, times the sigmoid of the second.

    Args:
        x: numbers of any shape; integers become the default float type.
        axis: an int; its size is even.

    >>> glu([1.0, 0.0])
    array([0.5], dtype=float32)
    """

    def halves(v):
        a, b = split(v, 2, axis)
        return multiply(a, R.sigmoid(b))

    return float_call(halves, x)


def exponential(x: Any) -> Tensor:
    """e^x: the activation's name for exp.

    >>> exponential([0.0])
    array([1.], dtype=float32)
    """
    return exp(x)


def linear(x: Any) -> Tensor:
    """x itself.

    >>> linear([1.0])
    array([1.], dtype=float32)
    """
    return operand(x)


for _name, _f, _avoid, _flops in (
    ("selu", selu, (0.0,), 24),
    ("relu6", relu6, (0.0,), 2),
    ("softsign", softsign, (), 6),
    ("hard_sigmoid", hard_sigmoid, (-3.0, 3.0), 4),
    ("hard_silu", hard_silu, (-3.0, 3.0), 5),
    ("hard_tanh", hard_tanh, (-1.0, 1.0), 2),
    ("log_sigmoid", log_sigmoid, (), 50),
    ("mish", mish, (), 70),
):
    composite(
        _name,
        _f,
        reference=getattr(reference, _name),
        avoid=_avoid,
        flops=_flops,
        doc=getattr(reference, _name).__doc__,
    )
composite(
    "celu",
    celu,
    attrs={"alpha": 1.0},
    reference=reference.celu,
    avoid=(0.0,),
    flops=25,
    choose=lambda draw: {"alpha": draw.choice((1.0, 0.5))},
    doc="y = x where x >= 0, else alpha (e^(x/alpha) - 1)",
)


def sparse_sigmoid(x: Any) -> Tensor:
    """0 for x <= -1, 1 for x >= 1, (x + 1) / 2 between.

    >>> sparse_sigmoid([-2.0, 0.0, 2.0])
    array([0. , 0.5, 1. ], dtype=float32)
    """
    return clip(affine(floating(x), 0.5, 0.5), 0.0, 1.0)


def sparsemax(x: Any, axis: Any = -1) -> Tensor:
    """The projection of x onto the probabilities along an axis (Martins and Astudillo 2016): many exact zeros.

    Args:
        x: numbers of any shape; integers become the default float type.
        axis: an int.

    >>> sparsemax([0.1, 2.0])
    array([0., 1.], dtype=float32)
    """
    x = moveaxis(floating(x), axis, -1)
    falling = flip(sort(x, -1), -1)
    n = x.shape[-1]
    reserve(n)
    k = np.arange(1, n + 1, dtype=dtypes.numpy_type(dtype_of(x)))
    total = cumsum(falling, -1)
    inside = cast_to(greater(affine(multiply(falling, k), 1.0, 1.0), total), dtype_of(x))
    count = sum(inside, -1, True)
    tau = divide(affine(sum(multiply(falling, inside), -1, True), 1.0, -1.0), count)
    return moveaxis(R.relu(subtract(x, tau)), -1, axis)
