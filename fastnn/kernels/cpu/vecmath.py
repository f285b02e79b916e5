"""Elementary functions that LLVM vectorises: `exp(F, x)` and its kin, float32 and float64 from one source.

`math.exp` in a kernel would be a scalar libm call per element, with bits that depend on the machine's libm. These are
branch-free polynomials of +, *, /, comparisons and integer shifts, so the loop around them becomes SIMD on every level.
`F` is the kernel's float type; constants are written `F(0.5)`, because a bare Python number would make float64 of it.

Largest error found in ulp (float32, float64), results in the normal range; tests/kernels/cpu measures it:
exp 1.2, 1.1 · expm1 2.5, 2.5 · log 1, 1 · log1p 2, 2 · tanh 3, 3 · sigmoid 2.5, 2.5 · softplus 2.5, 2.5 · erf 4, 2 ·
sin and cos 2, 2 · power 1, 2 · erfc 1, 16 · sinh and cosh 5, 5.

NaN gives NaN, infinities give their limits. Subnormal results are 0, subnormal arguments of log count as 0. sin and cos
of |x| > 2^50, where neighbouring float64 are too far apart to say, are NaN.
"""

import numpy as np

from fastnn.core.jit import device, sizeof
from fastnn.core.simd import fma
from fastnn.kernels.cpu.floatbits import ROUND32, ROUND64, log_exponent, log_mantissa, pow2, pow2_rounded

# ln 2 = HI + LO, HI with so few bits that n*HI is exact.
HI32, LO32 = 0.693359375, -2.1219444005469058e-04
HI64, LO64 = 0.6931471803691238, 1.9082149292705877e-10
LOG2E = 1.4426950408889634
# pi/2 = P1 + P2 + P3; subtracted by fma, so the parts may be full numbers.
P1, P2, P3 = 1.5707963267948966, 6.123233995736766e-17, -1.4973849048591833e-33
TWO_OVER_PI = 0.6366197723675814
# (e^r - 1 - r) / r^2 for |r| <= ln2/2, and sin, cos for |r| <= pi/4: Taylor, highest power first.
EXP32 = (1 / 5040, 1 / 720, 1 / 120, 1 / 24, 1 / 6, 1 / 2)
EXP64 = (1 / 87178291200, 1 / 6227020800, 1 / 479001600, 1 / 39916800, 1 / 3628800, 1 / 362880, 1 / 40320, *EXP32)
SIN32 = (1 / 362880, -1 / 5040, 1 / 120, -1 / 6)
SIN64 = (1 / 355687428096000, -1 / 1307674368000, 1 / 6227020800, -1 / 39916800, *SIN32)
COS32 = (-1 / 3628800, 1 / 40320, -1 / 720, 1 / 24, -1 / 2)
COS64 = (-1 / 6402373705728000, 1 / 20922789888000, -1 / 87178291200, 1 / 479001600, *COS32)
# log m = 2 atanh(s), s = (m-1)/(m+1): 2/3 s^3 + 2/5 s^5 ...
LOG32 = (2 / 11, 2 / 9, 2 / 7, 2 / 5, 2 / 3)
LOG64 = (2 / 23, 2 / 21, 2 / 19, 2 / 17, 2 / 15, 2 / 13, *LOG32)
# erf x = x A(x^2) / B(x^2) for |x| < 3.84 in float32 (Eigen's fit).
ERF_A = (0.00022905065861350646, 0.0034082910107109506, 0.050955695062380861, 0.18520832239976145, 1.128379143519084)
ERF_B = (-1.1791602954361697e-7, 0.000023547966471313185, 0.0010179625278914885, 0.014070470171167667,
         0.11098505178285362, 0.49746925110067538, 1.0)  # fmt: skip
# float64: erf x = x S(x^2) for |x| <= 1; above, erf x = 1 - e^(-x^2) L((x-3) / (x+3)). Chebyshev fits, 2e-19 and 6e-17.
# fmt: off
ERF_S = (5.957176147748911e-11, -1.1372848856791674e-09, 1.4659775274047436e-08, -1.6350312701054695e-07,
         1.6461000484121368e-06, -1.4925595266831182e-05, 0.0001205533111164271, -0.000854832698083379,
         0.0052239776248180145, -0.026866170645076792, 0.11283791670954879, -0.3761263890318375, 1.1283791670955126)
# fmt: on
ERF_L = (
    3.381355142042904e-09,
    1.2755818949624478e-06,
    2.0135111426447427e-06,
    -8.00978093907608e-06,
    -1.2845780030775907e-05,
    6.406279226046039e-05,
    4.525434558991009e-05,
    -0.0005970624964924544,
    0.0007077464666941425,
    0.004269136356961225,
    -0.024392499318915004,
    0.07166583719747308,
    -0.15011593650077898,
    0.24560380171233487,
    -0.3262335600430372,
    0.17900115118138996,
)  # fmt: skip
# erfc y = e^(-y^2) C((y-3) / (y+3)) / (y+3) for y >= 1/2: a Chebyshev fit up to y = 28, 2e-15.
ERFC = (6.587100890538813e-08, -1.4164380634798396e-07, -4.585420822091241e-07, 9.184183501948945e-07,
        2.8156194362801112e-06, -4.709236920656791e-06, -1.7497092942206064e-05, 3.0386182913849652e-05,
        0.00010756965958177685, -0.0002767756614582645, -0.0005483111867335953, 0.0030340617658748486,
        -0.0012124164701289926, -0.026827234610518436, 0.11952776127865944, -0.3104672619009896, 0.5902283571042994,
        -0.8833944531698771, 1.074006907088339)  # fmt: skip


@device
def poly(F, x, coefficients):
    """The polynomial with these coefficients (highest power first) at x."""
    p = F(coefficients[0])
    for c in coefficients[1:]:
        p = fma(F, p, x, F(c))
    return p


@device
def poly_paired(F, x, coefficients):
    """The same for an odd number of coefficients, as two chains side by side: even powers, odd powers.

    For long chains of float64, whose latency no other work would hide.
    """
    z = x * x
    return fma(F, x, poly(F, z, coefficients[1::2]), poly(F, z, coefficients[::2]))


@device
def reduce(F, x):
    """(t, n, r) with x = n ln2 + r, |r| <= ln2/2 (nearly), t = n + ROUND."""
    big = F(ROUND32) if sizeof(F) == 4 else F(ROUND64)
    t = fma(F, x, F(LOG2E), big)
    n = t - big
    if sizeof(F) == 4:
        r = fma(F, -n, F(LO32), fma(F, -n, F(HI32), x))
    else:
        r = fma(F, -n, F(LO64), fma(F, -n, F(HI64), x))
    return t, n, r


@device
def exp_minus_one(F, r):
    """e^r - 1 for |r| <= ln2/2. r*(r*p): r*r of a tiny r would be subnormal."""
    p = poly(F, r, EXP32) if sizeof(F) == 4 else poly(F, r, EXP64)
    return fma(F, r, r * p, r)


@device
def exp(F, x):
    """e^x."""
    top = F(88.72283) if sizeof(F) == 4 else F(709.782712893384)
    low = F(-87.3365) if sizeof(F) == 4 else F(-708.3964)
    y = top if x > top else x
    y = low if y < low else y
    _, n, r = reduce(F, y)
    h = np.floor(n * F(0.5))  # two factors: 2^128 is not a float32
    s = pow2(h)
    v = fma(F, s, exp_minus_one(F, r), s) * pow2(n - h)
    v = F(0) if x < low else v
    v = F(np.inf) if x > top else v
    return v if x == x else x


@device
def expm1(F, x):
    """e^x - 1, accurate near 0."""
    top = F(88.72283) if sizeof(F) == 4 else F(709.782712893384)
    y = top if x > top else x
    y = F(-50) if y < F(-50) else y
    t, _, r = reduce(F, y)
    half = pow2_rounded(t, -1)
    v = fma(F, half, exp_minus_one(F, r), half - F(0.5)) * F(2)
    v = F(np.inf) if x > top else v
    return v if x == x else x


@device
def tanh(F, x):
    """Hyperbolic tangent."""
    y = -x if x < F(0) else x
    y = F(22) if y > F(22) else y
    t, _, r = reduce(F, F(-2) * y)
    half = pow2_rounded(t, -1)
    t = fma(F, half, exp_minus_one(F, r), half - F(0.5)) * F(2)  # expm1(-2|x|), in (-1, 0]
    v = -t / (F(2) + t)
    v = -v if x < F(0) else v
    tiny = F(1e-4) if sizeof(F) == 4 else F(1e-8)
    return v if (x > tiny) | (x < -tiny) else x  # also keeps NaN and the sign of 0


@device
def log_series(F, f):
    """(h, s, u) with log(1 + f) = f - (h - s * u) for 1 + f in [sqrt(1/2), sqrt(2))."""
    s = f / (F(2) + f)
    z = s * s
    p = poly(F, z, LOG32) if sizeof(F) == 4 else poly(F, z, LOG64)
    h = F(0.5) * f * f
    return h, s, fma(F, z, p, h)


@device
def log_normal(F, x):
    """Natural logarithm of a positive, finite, normal number."""
    n, f = log_exponent(x), log_mantissa(x) - F(1)
    h, s, u = log_series(F, f)
    if sizeof(F) == 4:
        return fma(F, n, F(HI32), f - (h - fma(F, s, u, n * F(LO32))))
    return fma(F, n, F(HI64), f - (h - fma(F, s, u, n * F(LO64))))


@device
def log(F, x):
    """Natural logarithm."""
    tiny = F(1.1754944e-38) if sizeof(F) == 4 else F(2.2250738585072014e-308)
    v = log_normal(F, x)
    v = F(-np.inf) if x < tiny else v
    v = F(np.nan) if x < F(0) else v
    return x if x == F(np.inf) or x != x else v


@device
def log1p(F, x):
    """log(1 + x), accurate near 0: log(u) + (the rounding error of u = 1 + x) / u."""
    u = F(1) + x
    big = u > F(2)
    c = (F(1) - (u - x)) if big else (x - (u - F(1)))
    v = log(F, u) + c / u
    v = x if u == F(1) else v
    v = F(-np.inf) if u == F(0) else v
    return x if x == F(np.inf) or x != x else v


@device
def sigmoid(F, x):
    """1 / (1 + e^-x): r = 1 / (1 + e^-|x|), below 0 r e^-|x|."""
    low = F(-88) if sizeof(F) == 4 else F(-709)  # there 2^n, and so the result, is 0
    y = x if x < F(0) else -x
    t, _, r = reduce(F, low if y < low else y)
    s = pow2_rounded(t, 0)
    e = fma(F, s, exp_minus_one(F, r), s)
    v = F(1) / (F(1) + e)  # the divider works beside the multipliers: Newton's steps were no faster
    return v * e if x < F(0) else v


@device
def softplus(F, x):
    """log(1 + e^x)."""
    y = x if x > F(0) else -x
    v = log1p(F, exp(F, -y)) + (x if x > F(0) else F(0))
    return v if x == x else x


@device
def sincos(F, x, quarter):
    """sin(x + quarter * pi/2)."""
    d = np.float64(x)
    n = np.floor(fma(np.float64, d, TWO_OVER_PI, 0.5))
    r = F(fma(np.float64, -n, P3, fma(np.float64, -n, P2, fma(np.float64, -n, P1, d))))
    z = r * r
    if sizeof(F) == 4:
        s, c = poly(F, z, SIN32), poly(F, z, COS32)
    else:
        s, c = poly(F, z, SIN64), poly(F, z, COS64)
    q = n + quarter
    k = fma(np.float64, -4.0, np.floor(q * 0.25), q)  # 0, 1, 2, 3
    odd = (k == 1.0) | (k == 3.0)
    v = fma(F, c, z, F(1)) if odd else fma(F, r, z * s, r)
    v = -v if k >= 2.0 else v
    return F(np.nan) if (d > 1125899906842624.0) | (d < -1125899906842624.0) else v


@device
def sin(F, x):
    """Sine."""
    return sincos(F, x, 0.0)


@device
def cos(F, x):
    """Cosine."""
    return sincos(F, x, 1.0)


@device
def erf(F, x):
    """Error function."""
    if sizeof(F) == 4:
        y = F(3.8325) if x > F(3.8325) else x
        y = F(-3.8325) if y < F(-3.8325) else y
        z = y * y
        v = y * poly(F, z, ERF_A) / poly(F, z, ERF_B)
        v = F(1) if x > F(3.8325) else v
        return F(-1) if x < F(-3.8325) else v
    y = -x if x < F(0) else x
    small = x * poly(F, x * x, ERF_S)
    y = F(6) if y > F(6) else y
    large = fma(F, -exp(F, -y * y), poly(F, (y - F(3)) / (y + F(3)), ERF_L), F(1))
    large = -large if x < F(0) else large
    v = small if y <= F(1) else large
    return v if x == x else x


@device
def erfc(F, x):
    """1 - erf(x), in float64: there is nothing to subtract from above 1/2, and e^(-y^2) takes y^2's rounding error."""
    a = np.float64(x)
    y = -a if a < 0.0 else a
    y = 27.5 if y > 27.5 else y
    h = y * y
    v = poly(np.float64, (y - 3.0) / (y + 3.0), ERFC) / (y + 3.0)
    v = exp(np.float64, -h) * (1.0 - fma(np.float64, y, y, -h)) * v
    v = 2.0 - v if a < 0.0 else v
    v = 1.0 - erf(np.float64, a) if y < 0.5 else v
    return F(v) if x == x else x


@device
def sinh(F, x):
    """Hyperbolic sine: near 0 by expm1, above by e^(y/2), which overflows only where the result does."""
    y = -x if x < F(0) else x
    t = expm1(F, F(1) if y > F(1) else y)
    h = exp(F, F(0.5) * y)
    h = F(0.5) * h * h
    v = F(0.5) * (t + t / (t + F(1))) if y < F(1) else h - F(0.25) / h
    v = -v if x < F(0) else v
    return x if x == F(0) else v


@device
def cosh(F, x):
    """Hyperbolic cosine."""
    h = exp(F, F(0.5) * (-x if x < F(0) else x))
    h = F(0.5) * h * h
    return h + F(0.25) / h


@device
def power_f64(x, y):
    """x^y for x > 0, finite and normal: log x as an unevaluated sum of two float64, then exp."""
    F = np.float64
    n, f = log_exponent(x), log_mantissa(x) - 1.0
    d = 2.0 + f
    s = f / d
    e = fma(F, -s, f - (d - 2.0), fma(F, -s, d, f)) / d  # s + e = f / (2 + f)
    z = s * s
    a, b = 2.0 * s, fma(F, s * z, poly_paired(F, z, LOG64), 2.0 * e)
    g = fma(F, n, HI64, a)
    low = (a - fma(F, -n, HI64, g)) + fma(F, n, LO64, b)
    h = g + low
    low = low - (h - g)  # log x = h + low, low at most half an ulp of h
    p = y * h
    q = fma(F, y, low, fma(F, y, h, -p))
    t = 710.0 if p > 710.0 else p
    t = -746.0 if t < -746.0 else t
    k = np.floor(fma(F, t, LOG2E, 0.5))
    r = fma(F, -k, LO64, fma(F, -k, HI64, t)) + q
    k = k if k > -1000.0 else -1000.0
    m = np.floor(k * 0.5)
    v = fma(F, r, r * poly_paired(F, r, EXP64), r) + 1.0
    v = v * pow2(m) * pow2(k - m)
    v = np.inf if p > 709.79 else v
    v = 0.0 if p < -708.4 else v
    return v if p == p else np.nan


@device
def power(F, x, y):
    """x^y as IEEE's pow: x < 0 needs an integral y, anything^0 and 1^anything are 1."""
    a, b = np.float64(x), np.float64(y)
    m = -a if a < 0.0 else a
    v = power_f64(m, b)
    up = (b > 0.0) == (m > 1.0)  # does m^b grow with |b|?
    tiny = m < 2.2250738585072014e-308
    v = (0.0 if b > 0.0 else np.inf) if tiny else v
    v = (np.inf if b > 0.0 else 0.0) if m == np.inf else v
    v = (np.inf if up else 0.0) if (b == np.inf) | (b == -np.inf) else v
    half = b * 0.5
    odd = (np.floor(b) == b) & (np.floor(half) != half)
    negative = (a < 0.0) | (1.0 / a < 0.0)
    v = -v if odd & negative else v
    v = np.nan if (a < 0.0) & (np.floor(b) != b) & (a != -np.inf) else v
    v = np.nan if (a != a) | (b != b) else v
    return F(1.0 if (b == 0.0) | (m == 1.0) & ((a > 0.0) | (b == np.inf) | (b == -np.inf)) else v)
