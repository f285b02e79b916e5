"""The 1-D transforms of Winograd F(4x4, 3x3) as formulas on anything that adds and scales.

    y  = AT [ (G w GT) . (BT x B) ] A        a 4x4 tile of y from a 6x6 tile of x, "." elementwise
    gw = GT [ (A gy AT) . (BT x B) ] G       the derivative of that line with respect to w

The points are 0, +-1, +-2 and infinity (Lavin and Gray, 2016).
"""


def input_1d(d):
    """BT."""
    a, b, c, e = d[4] - d[2] * 4, d[3] - d[1] * 4, d[4] - d[2], (d[3] - d[1]) * 2
    return [d[4] - d[2] * 5 + d[0] * 4, a + b, a - b, c + e, c - e, d[5] - d[3] * 5 + d[1] * 4]


def weight_1d(w):
    """G."""
    a, b = (w[0] + w[2]) * (-1 / 6), w[1] * (-1 / 6)
    c, e = w[0] * (1 / 24) + w[2] * (1 / 6), w[1] * (1 / 12)
    return [w[0] * 0.25, a + b, a - b, c + e, c - e, w[2]]


def output_1d(m):
    """AT."""
    a, b, c, e = m[1] + m[2], m[1] - m[2], m[3] + m[4], m[3] - m[4]
    return [m[0] + a + c, b + e * 2, a + c * 4, b + e * 8 + m[5]]


def gy_1d(g):
    """A, the transpose of AT."""
    a, b, c, e = g[0] + g[2], g[1] + g[3], g[0] + g[2] * 4, g[1] * 2 + g[3] * 8
    return [g[0], a + b, a - b, c + e, c - e, g[3]]


def gw_1d(m):
    """GT, the transpose of G."""
    a, b = (m[1] + m[2]) * (1 / 6), m[3] + m[4]
    return [m[0] * 0.25 - a + b * (1 / 24), (m[2] - m[1]) * (1 / 6) + (m[3] - m[4]) * (1 / 12), b * (1 / 6) - a + m[5]]


class Term:
    """A value, or its product with a constant that waits to be fused into the addition that uses it.

    a*k + b becomes one fma, so that every form of the transforms rounds alike.  `by`: the arithmetic of values:
    scale(x, k), fma(x, k, y), add(x, y), subtract(x, y), negative(x), with a Python number k.
    """

    __slots__ = ("by", "k", "v")

    def __init__(self, by, v, k=1.0):
        self.by, self.v, self.k = by, v, k

    def value(self):
        """The value itself."""
        return self.v if self.k == 1.0 else self.by.scale(self.v, self.k)

    def __mul__(self, k):
        return Term(self.by, self.value(), float(k))

    def __add__(self, other):
        if self.k != 1.0:
            return Term(self.by, self.by.fma(self.v, self.k, other.value()))
        if other.k != 1.0:
            return Term(self.by, self.by.fma(other.v, other.k, self.v))
        return Term(self.by, self.by.add(self.v, other.v))

    def __sub__(self, other):
        if other.k != 1.0:
            return Term(self.by, self.by.fma(other.v, -other.k, self.value()))
        if self.k != 1.0:
            return Term(self.by, self.by.fma(self.v, self.k, self.by.negative(other.v)))
        return Term(self.by, self.by.subtract(self.v, other.v))


INPUT, WEIGHT, OUTPUT, GY, GW = range(5)
FORMULAS = ((input_1d, 6, 6), (weight_1d, 3, 6), (output_1d, 6, 4), (gy_1d, 4, 6), (gw_1d, 6, 3))
