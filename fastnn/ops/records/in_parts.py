"""Operations on complex numbers, calculated with their real and imaginary parts, a table of rules by operation.

So kernels know no complex numbers, and gradients follow from those of the parts. What has no rule is an error that
says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from fastnn.core import dtypes, hooks
from fastnn.core.errors import NotSupportedError
from fastnn.core.shapes import normalize_axes
from fastnn.core.types import Attrs
from fastnn.ops.forms import affine, zero
from fastnn.ops.op import R
from fastnn.ops.records.cast import converted
from fastnn.ops.records.complex import joined, parts

Pair = tuple[Any, Any]  # (real part, imaginary part)
Rule = Callable[[Any, Sequence[Any], Attrs], Any]  # (operation, its inputs, its attributes) -> its results


# ------------------------------------------------------------------ the same for both parts
def _both(op: Any, xs: Sequence[Any], attrs: Attrs, other: Attrs | None = None) -> Any:
    """op on the real parts and on the imaginary ones; conditions and indices go to both, `other` to the latter."""
    split = [(x, x) if x is None or not dtypes.is_inexact(x.dtype) else parts(x) for x in xs]
    re = op(*(p[0] for p in split), **attrs)
    im = op(*(p[1] for p in split), **(attrs if other is None else other))
    return tuple(map(joined, re, im)) if isinstance(re, tuple) else joined(re, im)


def _affine(op: Any, xs: Sequence[Any], attrs: Attrs) -> Any:
    return _both(op, xs, attrs, {**attrs, "shift": 0.0})


def _pad(op: Any, xs: Sequence[Any], attrs: Attrs) -> Any:
    return _both(op, xs, attrs, {**attrs, "constant_value": 0.0})


def _full_like(op: Any, xs: Sequence[Any], attrs: Attrs) -> Any:
    return op(parts(xs[0])[0], **attrs)


# ------------------------------------------------------------------ formulas
def _product(x: Pair, y: Pair, times: Any = None) -> Pair:
    times = times or R.multiply
    (a, b), (c, d) = x, y
    return R.subtract(times(a, c), times(b, d)), R.add(times(a, d), times(b, c))


def _quotient(x: Pair, y: Pair) -> Pair:
    """x / y, with y brought to a size near 1 first, so that its square neither overflows nor vanishes."""
    (a, b), (c, d) = x, y
    size = R.maximum(R.abs(c), R.abs(d))
    c, d = R.divide(c, size), R.divide(d, size)
    scale = R.add(R.square(c), R.square(d))
    re, im = R.add(R.multiply(a, c), R.multiply(b, d)), R.subtract(R.multiply(b, c), R.multiply(a, d))
    return R.divide(R.divide(re, scale), size), R.divide(R.divide(im, scale), size)


def _size(z: Pair) -> Any:
    return R.hypot(*z)


def _inverse(z: Pair) -> Pair:
    one = affine(z[0], 0.0, 1.0)
    return _quotient((one, affine(one, 0.0)), z)


def _exp(z: Pair) -> Pair:
    size = R.exp(z[0])
    return R.multiply(size, R.cos(z[1])), R.multiply(size, R.sin(z[1]))


def _log(z: Pair) -> Pair:
    return R.log(_size(z)), R.arctan2(z[1], z[0])


def _sqrt(z: Pair) -> Pair:
    """The root with a real part >= 0: the larger of its parts from |z| + |a|, the other from that one."""
    a, b = z
    large = R.sqrt(affine(R.add(_size(z), R.abs(a)), 0.5))
    nothing = R.equal(large, zero(large))
    small = R.divide(R.abs(b), affine(R.where(nothing, affine(large, 0.0, 1.0), large), 2.0))
    below = R.less(a, zero(a))
    im = R.where(below, large, small)
    return R.where(below, small, large), R.where(R.less(b, zero(b)), R.negative(im), im)


def _power(z: Pair, y: Pair) -> Pair:
    """exp(y log z), and 0 or 1 where z is 0."""
    none = R.equal(_size(z), zero(z[0]))
    safe = R.where(none, affine(z[0], 0.0, 1.0), z[0]), z[1]
    re, im = _exp(_product(y, _log(safe)))
    flat = R.equal(R.maximum(R.abs(y[0]), R.abs(y[1])), zero(y[0]))
    return R.where(none, R.cast(flat, dtype=z[0].dtype), re), R.where(none, affine(im, 0.0), im)


def _sign(z: Pair) -> Pair:
    size = _size(z)
    size = R.where(R.equal(size, zero(size)), affine(size, 0.0, 1.0), size)
    return R.divide(z[0], size), R.divide(z[1], size)


def _sin(z: Pair) -> Pair:
    return R.multiply(R.sin(z[0]), R.cosh(z[1])), R.multiply(R.cos(z[0]), R.sinh(z[1]))


def _cos(z: Pair) -> Pair:
    return R.multiply(R.cos(z[0]), R.cosh(z[1])), R.negative(R.multiply(R.sin(z[0]), R.sinh(z[1])))


def _sinh(z: Pair) -> Pair:
    return R.multiply(R.sinh(z[0]), R.cos(z[1])), R.multiply(R.cosh(z[0]), R.sin(z[1]))


def _cosh(z: Pair) -> Pair:
    return R.multiply(R.cosh(z[0]), R.cos(z[1])), R.multiply(R.sinh(z[0]), R.sin(z[1]))


def _tanh(z: Pair) -> Pair:
    """(t (1 + k^2) + i k (1 - t^2)) / (1 + t^2 k^2) of t = tanh a and k = tan b, where cos b is not near 0."""
    t, sine, cosine = R.tanh(z[0]), R.sin(z[1]), R.cos(z[1])
    s2, c2, t2 = R.square(sine), R.square(cosine), R.square(t)
    below = R.add(c2, R.multiply(t2, s2))
    return R.divide(t, below), R.divide(R.multiply(R.multiply(sine, cosine), affine(t2, -1.0, 1.0)), below)


def _shifted(z: Pair, shift: float) -> Pair:
    return affine(z[0], 1.0, shift), z[1]


# ------------------------------------------------------------------ forms of rules
def _of(f: Callable[..., Pair]) -> Rule:
    """The rule of a function of pairs."""
    return lambda op, xs, attrs: joined(*f(*map(parts, xs)))


def _real(f: Callable[..., Any]) -> Rule:
    """The rule of a function of pairs whose result is real, or a truth value."""
    return lambda op, xs, attrs: f(*map(parts, xs))


def _tested(join: str, seen: Callable[..., Any]) -> Rule:
    """The rule of a test that holds if it does for any part, or for all."""

    def rule(op: Any, xs: Sequence[Any], attrs: Attrs) -> Any:
        split = [parts(x) for x in xs]
        return getattr(R, join)(seen(op, [p[0] for p in split]), seen(op, [p[1] for p in split]))

    return rule


def _matmul(op: Any, xs: Sequence[Any], attrs: Attrs) -> Any:
    x, w, bias = xs
    if attrs["activation"] is not None:
        raise NotSupportedError("matmul: received an activation of complex values; apply it to ops.real or ops.abs.")
    y = _product(parts(x), parts(w), lambda a, b: op(a, b, None, **attrs))
    return joined(*y) if bias is None else R.add(joined(*y), joined(*parts(bias)))


def _prod(op: Any, xs: Sequence[Any], attrs: Attrs) -> Any:
    """The product of halves, until one is left."""
    z, axis, shape = parts(xs[0]), attrs["axis"], xs[0].shape
    axes = normalize_axes(axis, len(shape))
    for a in axes:
        while (n := z[0].shape[a]) > 1:
            half = n // 2
            cut = [R.split(part, sizes=(half, half) if n % 2 == 0 else (half, half, 1), axis=a) for part in z]
            new = _product((cut[0][0], cut[1][0]), (cut[0][1], cut[1][1]))
            z = new if n % 2 == 0 else tuple(R.concatenate(p, c[2], axis=a) for p, c in zip(new, cut))
    if 0 in (shape[a] for a in axes):  # the product of none is 1
        none = R.prod(z[0], **{**attrs, "keepdims": True})
        z = none, affine(none, 0.0)
    whole = joined(*z)
    return whole if attrs["keepdims"] or not axes else R.squeeze(whole, axis=axes)


def _blocks(z: Pair) -> Any:
    """The real matrix (a, -b; b, a), which multiplies pairs as a + ib multiplies complex numbers."""
    a, b = z
    rows = R.concatenate(a, R.negative(b), axis=-1), R.concatenate(b, a, axis=-1)
    return R.concatenate(*rows, axis=-2)


def _halves(x: Any) -> Pair:
    n = x.shape[-2] // 2
    re, im = R.split(x, sizes=(n, n), axis=len(x.shape) - 2)
    return re, im


def _inv(op: Any, xs: Sequence[Any], attrs: Attrs) -> Any:
    n = xs[0].shape[-1]
    left = R.split(op(_blocks(parts(xs[0]))), sizes=(n, n), axis=len(xs[0].shape) - 1)[0]
    return joined(*_halves(left))


def _solve(op: Any, xs: Sequence[Any], attrs: Attrs) -> Any:
    re, im = parts(xs[1])
    return joined(*_halves(op(_blocks(parts(xs[0])), R.concatenate(re, im, axis=-2))))


def _both_of(op: Any, xs: Sequence[Any]) -> Any:
    return op(*xs)


def _lit(op: Any, xs: Sequence[Any]) -> Any:
    return R.not_equal(xs[0], zero(xs[0]))


def _cast(op: Any, xs: Sequence[Any], attrs: Attrs) -> Any:
    """Truth values are those of either part; other real dtypes take the real part."""
    re, im = parts(xs[0])
    if attrs["dtype"] == "bool":
        return R.logical_or(_lit(op, [re]), _lit(op, [im]))
    to = dtypes.COMPLEX.get(attrs["dtype"])
    return converted(re, attrs["dtype"]) if to is None else joined(converted(re, to), converted(im, to))


def _trained(op: Any, xs: Sequence[Any], attrs: Attrs) -> Any:
    raise NotSupportedError(
        "A weight that is trained is complex: no optimizer takes it. Make it with trainable=False, or keep its parts "
        "as floats (..., 2) and read them in `call` with ops.view_as_complex."
    )


# operation -> its rule
RULES: dict[str, Rule] = {
    **dict.fromkeys(("add", "subtract", "negative", "sum", "mean", "cumsum", "transpose", "broadcast_to", "concatenate",
                     "split", "strided_slice", "take", "table_rows", "take_along_axis", "where", "round"), _both),
    "affine": _affine, "pad": _pad, "full_like": _full_like, "cast": _cast, "cast_host": _cast,
    "multiply": _of(_product), "square": _of(lambda z: _product(z, z)), "divide": _of(_quotient), "power": _of(_power),
    "reciprocal": _of(_inverse), "sqrt": _of(_sqrt), "rsqrt": _of(lambda z: _inverse(_sqrt(z))), "sign": _of(_sign),
    "exp": _of(_exp), "expm1": _of(lambda z: _shifted(_exp(z), -1.0)),
    "log": _of(_log), "log1p": _of(lambda z: _log(_shifted(z, 1.0))),
    "sin": _of(_sin), "cos": _of(_cos), "sinh": _of(_sinh), "cosh": _of(_cosh), "tanh": _of(_tanh),
    "abs": _real(_size),
    "equal": _tested("logical_and", _both_of), "not_equal": _tested("logical_or", _both_of),
    "isnan": _tested("logical_or", _both_of), "isinf": _tested("logical_or", _both_of),
    "isfinite": _tested("logical_and", _both_of),
    "flat_concat": _trained, "matmul": _matmul, "prod": _prod, "inv": _inv, "solve": _solve,
}  # fmt: skip


def in_parts(op: Any, inputs: Sequence[Any], attrs: Attrs) -> Any:
    """op on complex values.  Registered as the "in_parts" hook.

    Raises NotSupportedError where the operation has no rule.
    """
    rule = RULES.get(op.name)
    if rule is None:
        raise NotSupportedError(
            f"{op.name}: received complex values, for which it has no rule. Calculate with their parts (ops.real, "
            "ops.imag, ops.view_as_real), or with ops.abs and ops.angle."
        )
    return rule(op, inputs, attrs)


hooks.register("in_parts", in_parts)
