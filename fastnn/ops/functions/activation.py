"""Activations."""

from typing import Any

from fastnn.core.types import Tensor
from fastnn.kernels.reference import elementwise as reference
from fastnn.ops.forms import composite
from fastnn.ops.functions import elementwise
from fastnn.ops.functions.arithmetic import clip, divide, maximum, multiply
from fastnn.ops.functions.elementwise import affine, exp, negative
from fastnn.ops.functions.operands import dtype_of, float_call, number, number_call, operand
from fastnn.ops.op import R

__all__ = ["relu", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "swish", "sigmoid", "hard_sigmoid",
           "hard_silu", "hard_swish", "hard_tanh", "tanh", "softplus", "softsign", "soft_sign", "log_sigmoid",
           "mish", "exponential", "linear"]  # fmt: skip


SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


# ------------------------------------------------------------------ public functions
def relu(x: Any) -> Tensor:
    """max(x, 0), element by element.

    Args:
        x: numbers of any shape.

    >>> relu([-1.0, 2.0])
    array([0., 2.], dtype=float32)
    """
    x = operand(x)
    return float_call(R.relu, x) if dtype_of(x).startswith("float") else maximum(x, 0)


def relu6(x: Any) -> Tensor:
    """min(max(x, 0), 6).

    Args:
        x: numbers of any shape.

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
    """Scaled elu: 1.0507 * elu(x, 1.6733) (Klambauer et al., 2017).

    Args:
        x: numbers of any shape; integers become the default float type.

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
    """x * sigmoid(x) (Elfwing et al., 2017).

    Args:
        x: numbers of any shape; integers become the default float type.

    >>> silu([0.0])
    array([0.], dtype=float32)
    """
    return float_call(R.silu, x)


swish = silu


def sigmoid(x: Any) -> Tensor:
    """1 / (1 + e^-x).

    Args:
        x: numbers of any shape; integers become the default float type.

    >>> sigmoid([0.0])
    array([0.5], dtype=float32)
    """
    return float_call(R.sigmoid, x)


def hard_sigmoid(x: Any) -> Tensor:
    """x / 6 + 1/2, kept within [0, 1].

    Args:
        x: numbers of any shape; integers become the default float type.

    >>> hard_sigmoid([-4.0, 0.0, 4.0])
    array([0. , 0.5, 1. ], dtype=float32)
    """
    return float_call(lambda v: clip(affine(v, 1 / 6, 0.5), 0.0, 1.0), x)


def hard_silu(x: Any) -> Tensor:
    """x * hard_sigmoid(x).

    Args:
        x: numbers of any shape; integers become the default float type.

    >>> hard_silu([-4.0, 0.0, 4.0])
    array([-0.,  0.,  4.], dtype=float32)
    """
    return float_call(lambda v: multiply(v, hard_sigmoid(v)), x)


hard_swish = hard_silu


def hard_tanh(x: Any) -> Tensor:
    """x kept within [-1, 1].

    Args:
        x: numbers of any shape.

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

    Args:
        x: numbers of any shape; integers become the default float type.

    >>> softplus([0.0])
    array([0.6931472], dtype=float32)
    """
    return float_call(R.softplus, x)


def softsign(x: Any) -> Tensor:
    """x / (1 + |x|).

    Args:
        x: numbers of any shape; integers become the default float type.

    >>> softsign([1.0, -3.0])
    array([ 0.5 , -0.75], dtype=float32)
    """
    return float_call(lambda v: divide(v, affine(elementwise.abs(v), 1.0, 1.0)), x)


soft_sign = softsign


def log_sigmoid(x: Any) -> Tensor:
    """log(sigmoid(x)) = -softplus(-x).

    Args:
        x: numbers of any shape; integers become the default float type.

    >>> log_sigmoid([0.0])
    array([-0.6931472], dtype=float32)
    """
    return float_call(lambda v: negative(R.softplus(negative(v))), x)


def mish(x: Any) -> Tensor:
    """x * tanh(softplus(x)) (Misra, 2019).

    Args:
        x: numbers of any shape; integers become the default float type.

    >>> mish([0.0])
    array([0.], dtype=float32)
    """
    return float_call(lambda v: multiply(v, R.tanh(R.softplus(v))), x)


def exponential(x: Any) -> Tensor:
    """e^x: the activation's name for exp.

    Args:
        x: numbers of any shape; integers become the default float type.

    >>> exponential([0.0])
    array([1.], dtype=float32)
    """
    return exp(x)


def linear(x: Any) -> Tensor:
    """x itself.

    Args:
        x: numbers of any shape.

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
