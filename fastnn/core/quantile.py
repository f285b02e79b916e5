"""The normal quantile of float64 arrays, by operations that give equal bits everywhere."""

import math

import numpy as np


def log(x):
    """Natural logarithm of float64 values in (0, 1], error below 2 ulp; equal bits everywhere."""
    m, e = np.frexp(x)
    small = m < math.sqrt(0.5)
    m = np.where(small, m * 2, m)
    e = e - small
    f = m - 1.0
    s = f / (2.0 + f)
    z = s * s
    p = np.full_like(z, 2 / 23)
    for k in range(10, 0, -1):
        p = p * z + 2 / (2 * k + 1)
    h = 0.5 * f * f
    hi, lo = 0.6931471803691238, 1.9082149292705877e-10
    return e * hi + (f - (h - (s * (h + z * p) + e * lo)))


# Wichura, Algorithm AS 241 (1988), PPND16: the normal quantile, relative error 1e-16.
CENTRAL = (
    (
        2509.0809287301226727,
        33430.575583588128105,
        67265.770927008700853,
        45921.953931549871457,
        13731.693765509461125,
        1971.5909503065514427,
        133.14166789178437745,
        3.387132872796366608,
    ),
    (
        5226.495278852545925,
        28729.085735721942674,
        39307.89580009271061,
        21213.794301586595867,
        5394.1960214247511077,
        687.1870074920579083,
        42.313330701600911252,
        1.0,
    ),
)
TAIL = (
    (
        7.7454501427834140764e-4,
        0.0227238449892691845833,
        0.24178072517745061177,
        1.27045825245236838258,
        3.64784832476320460504,
        5.7694972214606914055,
        4.6303378461565452959,
        1.42343711074968357734,
    ),
    (
        1.05075007164441684324e-9,
        5.475938084995344946e-4,
        0.0151986665636164571966,
        0.14810397642748007459,
        0.68976733498510000455,
        1.6763848301838038494,
        2.05319162663775882187,
        1.0,
    ),
)
FAR = (
    (
        2.01033439929228813265e-7,
        2.71155556874348757815e-5,
        0.0012426609473880784386,
        0.026532189526576123093,
        0.29656057182850489123,
        1.7848265399172913358,
        5.4637849111641143699,
        6.6579046435011037772,
    ),
    (
        2.04426310338993978564e-15,
        1.4215117583164458887e-7,
        1.8463183175100546818e-5,
        7.868691311456132591e-4,
        0.0148753612908506148525,
        0.13692988092273580531,
        0.59983220655588793769,
        1.0,
    ),
)


def _ratio(table, x):
    top, bottom = np.full_like(x, table[0][0]), np.full_like(x, table[1][0])
    for a, b in zip(table[0][1:], table[1][1:]):
        top = top * x + a
        bottom = bottom * x + b
    return top / bottom


def quantile(p):
    """z with P(normal < z) = p, for a float64 array of p in (0, 0.5]; z <= 0."""
    q = 0.5 - p
    z = q * _ratio(CENTRAL, 0.180625 - q * q)
    outer = np.flatnonzero(q > 0.425)
    if outer.size:
        r = np.sqrt(-log(p[outer]))
        z[outer] = np.where(r <= 5.0, _ratio(TAIL, r - 1.6), _ratio(FAR, r - 5.0))
    return -z
