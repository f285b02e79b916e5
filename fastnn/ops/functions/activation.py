"""Activations and their gradients, taken from the output where that suffices."""
from fastnn.kernels.reference import elementwise as reference
from fastnn.ops.common import composite, elementwise, float_call, number, number_call
from fastnn.ops.functions.elementwise import affine, clip

__all__ = ["relu", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "swish", "sigmoid", "hard_sigmoid",
           "hard_silu",
           "hard_swish", "hard_tanh", "tanh", "softplus", "softsign", "soft_sign", "log_sigmoid", "mish",
           "tanh_shrink", "hard_shrink",
           "soft_shrink", "squareplus", "threshold", "glu", "sparse_plus", "exponential", "linear"]

SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


def _ops():
    from fastnn import ops
    return ops


def _grad(name, inputs, vjp, **rest):
    return elementwise(name, inputs=inputs, reference=getattr(reference, name), vjp=vjp, **rest)


_relu = elementwise("relu", reference=reference.relu, avoid=(0.0,), doc="y = max(x, 0); NaN stays",
                    vjp=lambda n, g: [_relu_grad(g[0], n.output)])
_relu_grad = _grad("relu_grad", ("gy", "y"), lambda n, g: [_relu_grad(g[0], n.inputs[1]), None], avoid=(0.0,),
                   doc="gx = gy where y > 0, else 0")
_tanh = elementwise("tanh", reference=reference.tanh, flops=25, doc="y = tanh x",
                    vjp=lambda n, g: [_tanh_grad(g[0], n.output)])
_tanh_grad = _grad("tanh_grad", ("gy", "y"), lambda n, g: [
    _tanh_grad(g[0], n.inputs[1]), affine(_ops().multiply(_ops().multiply(g[0], n.inputs[0]), n.inputs[1]), -2.0)],
    flops=3, low=-0.9, high=0.9, doc="gx = gy (1 - y^2)")
_sigmoid = elementwise("sigmoid", reference=reference.sigmoid, flops=22, doc="y = 1 / (1 + e^-x)",
                       vjp=lambda n, g: [_sigmoid_grad(g[0], n.output)])
_sigmoid_grad = _grad("sigmoid_grad", ("gy", "y"), lambda n, g: [
    _sigmoid_grad(g[0], n.inputs[1]), _ops().multiply(_ops().multiply(g[0], n.inputs[0]),
                                                      affine(n.inputs[1], -2.0, 1.0))],
    flops=3, low=0.1, high=0.9, doc="gx = gy y (1 - y)")
_softplus = elementwise("softplus", reference=reference.softplus, flops=45, doc="y = ln(1 + e^x)",
                        vjp=lambda n, g: [_softplus_grad(g[0], n.inputs[0])])
_softplus_grad = _grad("softplus_grad", ("gy", "x"), lambda n, g: [
    _softplus_grad(g[0], n.inputs[1]), _ops().multiply(g[0], _sigmoid_grad(n.inputs[0], _sigmoid(n.inputs[1])))],
    flops=23, doc="gx = gy sigmoid(x)")
_leaky_relu = elementwise(
    "leaky_relu", attrs={"negative_slope": 0.2}, words=("negative_slope",), reference=reference.leaky_relu,
    avoid=(0.0,),
    choose=lambda draw: {"negative_slope": draw.choice((0.2, 0.01, -0.5))}, doc="y = x where x >= 0, else slope x",
    # with a slope that keeps the sign the output tells it too, and the input need not be kept
    vjp=lambda n, g: [_leaky_relu_grad(g[0], n.output if n.attrs["negative_slope"] > 0 else n.inputs[0], **n.attrs)])
_leaky_relu_grad = _grad("leaky_relu_grad", ("gy", "s"), lambda n, g: [_leaky_relu_grad(g[0], n.inputs[1], **n.attrs),
                                                                       None],
                         attrs={"negative_slope": 0.2}, words=("negative_slope",), avoid=(0.0,),
                         doc="gx = gy where s >= 0, else slope gy")
_elu = elementwise(
    "elu", attrs={"alpha": 1.0}, words=("alpha",), reference=reference.elu, flops=22, avoid=(0.0,),
    choose=lambda draw: {"alpha": draw.choice((1.0, 0.5, 1.6732632423543772))},
    doc="y = x where x >= 0, else alpha (e^x - 1)",
    vjp=lambda n, g: [_elu_grad(g[0], n.output, **n.attrs)])
_elu_grad = _grad("elu_grad", ("gy", "y"), lambda n, g: [
    _elu_grad(g[0], n.inputs[1], **n.attrs),
    _ops().multiply(_ops().multiply(g[0], n.inputs[0]), _ops().cast(_ops().less(n.inputs[1], 0.0), n.inputs[0].dtype))],
    attrs={"alpha": 1.0}, words=("alpha",), avoid=(0.0,), low=-0.9, high=0.9, flops=2,
                  doc="gx = gy where y >= 0, else gy (y + alpha)")
_silu = elementwise("silu", reference=reference.silu, flops=24, doc="y = x sigmoid(x)",
                    vjp=lambda n, g: [_silu_grad(g[0], n.inputs[0])])


def _silu_grad_vjp(n, g):
    # d^2 silu = s' (2 + x (1 - 2 s)), s' = s (1 - s)
    ops, (gy, x) = _ops(), n.inputs
    s = _sigmoid(x)
    factor = affine(ops.multiply(x, affine(s, -2.0, 1.0)), 1.0, 2.0)
    return [_silu_grad(g[0], x), ops.multiply(ops.multiply(g[0], gy), ops.multiply(_sigmoid_grad(factor, s), 1.0))]


_silu_grad = _grad("silu_grad", ("gy", "x"), _silu_grad_vjp, flops=28, doc="gx = gy (s + x s (1 - s)), s = sigmoid(x)")


def _gelu_kernel(suffix):
    return lambda attrs: "gelu_tanh" + suffix if attrs["approximate"] else "gelu" + suffix


_gelu = elementwise(
    "gelu", attrs={"approximate": True}, kernel=_gelu_kernel(""), reference=reference.gelu, flops=35,
    choose=lambda draw: {"approximate": draw.boolean()}, vjp=lambda n, g: [_gelu_grad(g[0], n.inputs[0], **n.attrs)],
    doc="y = x Phi(x), or 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))")


def _gelu_grad_vjp(n, g):
    ops, (gy, x) = _ops(), n.inputs
    x2 = ops.square(x)
    if n.attrs["approximate"]:
        # y' = (1 + t) / 2 + x (1 - t^2) u' / 2, t = tanh u;  y'' = (1 - t^2) (u' + x u'' / 2 - x t u'^2)
        c = 0.7978845608028654
        t = _tanh(affine(ops.multiply(x, affine(x2, 0.044715, 1.0)), c))
        u1, u2 = affine(x2, 3 * 0.044715 * c, c), affine(x, 6 * 0.044715 * c)
        inner = ops.subtract(ops.add(u1, affine(ops.multiply(x, u2), 0.5)),
                             ops.multiply(ops.multiply(x, t), ops.square(u1)))
        second = ops.multiply(affine(ops.square(t), -1.0, 1.0), inner)
    else:
        second = ops.multiply(affine(ops.exp(affine(x2, -0.5)), 0.3989422804014327), affine(x2, -1.0, 2.0))
    return [_gelu_grad(g[0], x, **n.attrs), ops.multiply(ops.multiply(g[0], gy), second)]


_gelu_grad = _grad("gelu_grad", ("gy", "x"), _gelu_grad_vjp, attrs={"approximate": True}, kernel=_gelu_kernel("_grad"),
                   choose=lambda draw: {"approximate": draw.boolean()}, flops=45, doc="gx = gy d gelu(x) / dx")


# ------------------------------------------------------------------ public functions
def relu(x):
    """max(x, 0), element by element.

    >>> relu([-1.0, 2.0])
    array([0., 2.], dtype=float32)
    """
    from fastnn.ops.common import dtype_of, operand
    x = operand(x)
    return float_call(_relu, x) if dtype_of(x).startswith("float") else _ops().maximum(x, 0)


def relu6(x):
    """min(max(x, 0), 6).

    >>> relu6([-1.0, 8.0])
    array([0., 6.], dtype=float32)
    """
    return number_call(lambda v: clip(v, 0, 6), x)


def leaky_relu(x, negative_slope=0.2):
    """x where x >= 0, else negative_slope * x.

    >>> leaky_relu([-1.0, 2.0])
    array([-0.2,  2. ], dtype=float32)
    """
    return float_call(_leaky_relu, x, negative_slope=float(negative_slope))


def elu(x, alpha=1.0):
    """x where x >= 0, else alpha * (e^x - 1).

    >>> elu([0.0, 2.0])
    array([0., 2.], dtype=float32)
    """
    return float_call(_elu, x, alpha=float(alpha))


def selu(x):
    """Scaled elu: 1.0507 * elu(x, 1.6733).

    >>> selu([0.0, 1.0])
    array([0.      , 1.050701], dtype=float32)
    """
    return float_call(lambda v: affine(_elu(v, alpha=SELU_ALPHA), SELU_SCALE), x)


def celu(x, alpha=1.0):
    """x where x >= 0, else alpha * (e^(x / alpha) - 1).

    >>> celu([0.0, 2.0])
    array([0., 2.], dtype=float32)
    """
    alpha = float(alpha)
    return float_call(lambda v: affine(_elu(affine(v, 1 / alpha), alpha=1.0), alpha) if alpha != 1.0
                      else _elu(v, alpha=1.0), x)


def gelu(x, approximate=True):
    """x * Phi(x), Phi the normal distribution function; by the tanh formula unless approximate=False.

    >>> gelu([0.0, 3.0], approximate=False)
    array([0.       , 2.9959502], dtype=float32)
    """
    return float_call(_gelu, x, approximate=bool(approximate))


def silu(x):
    """x * sigmoid(x).

    >>> silu([0.0])
    array([0.], dtype=float32)
    """
    return float_call(_silu, x)


swish = silu


def sigmoid(x):
    """1 / (1 + e^-x).

    >>> sigmoid([0.0])
    array([0.5], dtype=float32)
    """
    return float_call(_sigmoid, x)


def hard_sigmoid(x):
    """x / 6 + 1/2, kept within [0, 1].

    >>> hard_sigmoid([-4.0, 0.0, 4.0])
    array([0. , 0.5, 1. ], dtype=float32)
    """
    return float_call(lambda v: clip(affine(v, 1 / 6, 0.5), 0.0, 1.0), x)


def hard_silu(x):
    """x * hard_sigmoid(x).

    >>> hard_silu([-4.0, 0.0, 4.0])
    array([-0.,  0.,  4.], dtype=float32)
    """
    return float_call(lambda v: _ops().multiply(v, hard_sigmoid(v)), x)


hard_swish = hard_silu


def hard_tanh(x):
    """x kept within [-1, 1].

    >>> hard_tanh([-4.0, 0.5])
    array([-1. ,  0.5], dtype=float32)
    """
    return number_call(lambda v: clip(v, -1, 1), number(x))


def tanh(x):
    """The hyperbolic tangent.

    >>> tanh([0.0])
    array([0.], dtype=float32)
    """
    return float_call(_tanh, x)


def softplus(x):
    """log(1 + e^x).

    >>> softplus([0.0])
    array([0.6931472], dtype=float32)
    """
    return float_call(_softplus, x)


def softsign(x):
    """x / (1 + |x|).

    >>> softsign([1.0, -3.0])
    array([ 0.5 , -0.75], dtype=float32)
    """
    return float_call(lambda v: _ops().divide(v, affine(_ops().abs(v), 1.0, 1.0)), x)


soft_sign = softsign


def log_sigmoid(x):
    """log(sigmoid(x)) = -softplus(-x).

    >>> log_sigmoid([0.0])
    array([-0.6931472], dtype=float32)
    """
    return float_call(lambda v: _ops().negative(_softplus(_ops().negative(v))), x)


def mish(x):
    """x * tanh(softplus(x)).

    >>> mish([0.0])
    array([0.], dtype=float32)
    """
    return float_call(lambda v: _ops().multiply(v, _tanh(_softplus(v))), x)


def tanh_shrink(x):
    """x - tanh(x).

    >>> tanh_shrink([0.0])
    array([0.], dtype=float32)
    """
    return float_call(lambda v: _ops().subtract(v, _tanh(v)), x)


def hard_shrink(x, threshold=0.5):
    """x where |x| > threshold, else 0.

    >>> hard_shrink([0.2, -1.0])
    array([ 0., -1.], dtype=float32)
    """
    return float_call(lambda v: _ops().where(_ops().greater(_ops().abs(v), threshold), v, 0.0), x)


def soft_shrink(x, threshold=0.5):
    """x moved towards 0 by threshold, 0 where |x| <= threshold.

    >>> soft_shrink([0.2, -1.0])
    array([ 0. , -0.5], dtype=float32)
    """
    return float_call(lambda v: _ops().subtract(v, clip(v, -float(threshold), float(threshold))), x)


def squareplus(x, b=4):
    """(x + sqrt(x^2 + b)) / 2.

    >>> squareplus([0.0])
    array([1.], dtype=float32)
    """
    return float_call(lambda v: affine(_ops().add(v, _ops().sqrt(affine(_ops().square(v), 1.0, float(b)))), 0.5), x)


def threshold(x, threshold, default_value):
    """x where x > threshold, else default_value.

    >>> threshold([1.0, 3.0], 2.0, 0.0)
    array([0., 3.], dtype=float32)
    """
    return float_call(lambda v: _ops().where(_ops().greater(v, float(threshold)), v, float(default_value)), x)


def sparse_plus(x):
    """0 for x <= -1, x for x >= 1, (x + 1)^2 / 4 between.

    >>> sparse_plus([-2.0, 0.0, 3.0])
    array([0.  , 0.25, 3.  ], dtype=float32)
    """
    # x - 1 above 1, and the square of what lies within [-1, 1]
    return float_call(lambda v: _ops().add(affine(_ops().square(affine(clip(v, -1.0, 1.0), 1.0, 1.0)), 0.25),
                                           _relu(affine(v, 1.0, -1.0))), x)


def glu(x, axis=-1):
    """The first half of x along an axis, times the sigmoid of the second.

    >>> glu([1.0, 0.0])
    array([0.5], dtype=float32)
    """
    def halves(v):
        a, b = _ops().split(v, 2, axis)
        return _ops().multiply(a, _sigmoid(b))
    return float_call(halves, x)


def exponential(x):
    """e^x: the activation's name for exp.

    >>> exponential([0.0])
    array([1.], dtype=float32)
    """
    return _ops().exp(x)


def linear(x):
    """x itself.

    >>> linear([1.0])
    array([1.], dtype=float32)
    """
    from fastnn.ops.common import operand
    return operand(x)


for _name, _f, _avoid, _flops in (
        ("selu", selu, (0.0,), 24), ("relu6", relu6, (0.0,), 2), ("softsign", softsign, (), 6),
        ("hard_sigmoid", hard_sigmoid, (-3.0, 3.0), 4), ("hard_silu", hard_silu, (-3.0, 3.0), 5),
    ("hard_tanh", hard_tanh, (-1.0, 1.0), 2),
        ("log_sigmoid", log_sigmoid, (), 50), ("mish", mish, (), 70)):
    composite(_name, _f, reference=getattr(reference, _name), avoid=_avoid, flops=_flops,
              doc=getattr(reference, _name).__doc__)
composite("celu", celu, attrs={"alpha": 1.0}, reference=reference.celu, avoid=(0.0,), flops=25,
          choose=lambda draw: {"alpha": draw.choice((1.0, 0.5))},
          doc="y = x where x >= 0, else alpha (e^(x/alpha) - 1)")
