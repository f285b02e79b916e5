"""The gamma function's kin, Bessel's and other functions of `tf.math` and `tf.math.special`; see tf_math for tables.

The logarithm of the gamma function and what is made of it are operations: in models, with gradients.  The others are
SciPy's, of arrays.
"""

import math

import numpy as np

from fastnn import ops
from fastnn.compat.tf.values import beside, dtype_of, host, is_float, operand, operands, values_of
from fastnn.core.errors import DTypeError
from fastnn.core.extras import missing

_SHIFT = 8  # Stirling's series is exact to 1e-16 from there on


def _wide(x):
    x = operand(x)
    if not is_float(x):
        raise DTypeError(f"tf.math: received values of dtype {dtype_of(x)}, expected floats.")
    return ops.cast(x, "float64")


def _of_floats(function):
    """A function of one operand, computed in float64."""

    def of(x, name=None):
        x = operand(x)
        return ops.cast(function(_wide(x)), dtype_of(x))

    return of


def _reflected(x):
    """(x or 1 - x, whether it is the second, x - floor(x))."""
    below = ops.less(x, 0.5)
    return ops.where(below, 1.0 - x, x), below, x - ops.floor(x)


def _moved(z):
    """(z moved up to where the series holds, whether it was)."""
    small = ops.less(z, float(_SHIFT))
    return ops.where(small, z + float(_SHIFT), z), small


def _lgamma(x):
    """Stirling's series, and Γ(x) Γ(1 - x) = π / sin(π x)."""
    z, below, rest = _reflected(x)
    w, small = _moved(z)
    one = ops.ones_like(z)
    product = one
    for k in range(_SHIFT):
        product = product * ops.where(small, z + float(k), one)
    series = (1 / 12 - (1 / 360 - (1 / 1260 - 1 / 1680 / (w * w)) / (w * w)) / (w * w)) / w
    large = (w - 0.5) * ops.log(w) - w + 0.5 * math.log(2 * math.pi) + series - ops.log(product)
    sine = ops.where(below, ops.sin(math.pi * rest), one)
    return ops.where(below, math.log(math.pi) - ops.log(ops.abs(sine)) - large, large)


def _digamma(x):
    """The derivative of `lgamma`, by the same series and reflection."""
    z, below, rest = _reflected(x)
    w, small = _moved(z)
    s = 1.0 / (w * w)
    series = s * (1 / 12 - s * (1 / 120 - s * (1 / 252 - s * (1 / 240 - s / 132))))
    large = ops.log(w) - 0.5 / w - series
    zero = ops.zeros_like(z)
    for k in range(_SHIFT):
        large = large - ops.where(small, 1.0 / (z + float(k)), zero)
    tangent = ops.where(below, ops.tan(math.pi * rest), ops.ones_like(z))
    return ops.where(below, large - math.pi / tangent, large)


def _lbeta(x, name=None):
    x = operand(x)
    wide = _wide(x)
    found = ops.sum(_lgamma(wide), axis=-1) - _lgamma(ops.sum(wide, axis=-1))
    return ops.cast(found, dtype_of(x))


def _ndtri(x):
    return math.sqrt(2.0) * ops.erfinv(2.0 * x - 1.0)


def _erfcinv(x):
    return ops.erfinv(1.0 - x)


def _xlog1py(x, y, name=None):
    x, y = operands(x, y)
    zero = ops.equal(x, beside(0, x))
    return ops.where(zero, beside(0, x), ops.multiply(x, ops.log1p(ops.where(zero, beside(1, y), y))))


# ---- SciPy's -----------------------------------------------------------------------------------------------------
def _scipy(name, own, take=lambda found: found):
    """A function of scipy.special, of arrays of one dtype."""

    def values(*given):
        try:
            from scipy import special
        except ImportError:
            raise missing(f"tf.{name}", "scipy") from None
        arrays = [np.asarray(values_of(operand(x), name)) for x in given]
        kind = np.result_type(*(a.dtype for a in arrays))
        if kind.kind != "f":
            raise DTypeError(f"tf.{name}: received values of dtype {kind}, expected floats.")
        return host(np.asarray(take(getattr(special, own)(*(a.astype(np.float64) for a in arrays))), kind))

    return values


def _of_x(name, own, take=lambda found: found):
    values = _scipy(name, own, take)
    return lambda x, name=None: values(x)


def _of_two(name, own):
    values = _scipy(name, own)
    return lambda a, x, name=None: values(a, x)


_BETAINC, _ZETA = _scipy("math.betainc", "betainc"), _scipy("math.zeta", "zeta")
# name of TensorFlow's: SciPy's
_BESSEL = {"bessel_i0": "i0", "bessel_i0e": "i0e", "bessel_i1": "i1", "bessel_i1e": "i1e"}
_SPECIAL = {
    "bessel_j0": "j0", "bessel_j1": "j1", "bessel_k0": "k0", "bessel_k0e": "k0e", "bessel_k1": "k1",
    "bessel_k1e": "k1e", "bessel_y0": "y0", "bessel_y1": "y1", "dawsn": "dawsn", "expint": "expi",
}  # fmt: skip


TABLE = {
    "math.lgamma": _of_floats(_lgamma), "math.digamma": _of_floats(_digamma), "math.lbeta": _lbeta,
    "math.ndtri": _of_floats(_ndtri), "math.erfcinv": _of_floats(_erfcinv), "math.xlog1py": _xlog1py,
    "math.polygamma": _of_two("math.polygamma", "polygamma"), "math.igamma": _of_two("math.igamma", "gammainc"),
    "math.igammac": _of_two("math.igammac", "gammaincc"),
    "math.betainc": lambda a, b, x, name=None: _BETAINC(a, b, x),
    "math.zeta": lambda x, q, name=None: _ZETA(x, q),
    **{f"math.{n} math.special.{n}": _of_x(f"math.{n}", own) for n, own in _BESSEL.items()},
    **{f"math.special.{n}": _of_x(f"math.special.{n}", own) for n, own in _SPECIAL.items()},
    "math.special.fresnel_sin": _of_x("math.special.fresnel_sin", "fresnel", lambda pair: pair[0]),
    "math.special.fresnel_cos": _of_x("math.special.fresnel_cos", "fresnel", lambda pair: pair[1]),
    "math.special.spence": _of_x("math.special.spence", "spence"),
}  # fmt: skip
