"""The transforms of `fastnn.core.winograd` on blocks of channel vectors, as one Numba intrinsic.

`transform` makes straight-line vector code of a formula, applied to rows and columns, for a vector of channels
at once, with clipping windows instead of a padded copy.
"""
from numba import types

from fastnn.core.jit import intrinsic
from fastnn.core.simd_tiles import BIAS, RELU
from fastnn.core.simd_vec import I, Vec, const, ir, tile_shape
from fastnn.core.winograd import FORMULAS, output_1d


class Term:
    """A vector value, or the product of one with a constant that waits to be fused into the addition that uses it.

    a*k + b becomes one explicit fma, so that every ISA level rounds alike.
    """

    def __init__(self, V, v, k=1.0):
        self.V, self.v, self.k = V, v, k

    def value(self):
        """The vector itself."""
        if self.k == 1.0:
            return self.v
        return self.V.bld.fmul(self.v, self.V.all(self.k))

    def __mul__(self, k):
        return Term(self.V, self.value(), float(k))

    def __add__(self, other):
        V = self.V
        if self.k != 1.0:
            return Term(V, V.fma(self.v, V.all(self.k), other.value()))
        if other.k != 1.0:
            return Term(V, V.fma(other.v, V.all(other.k), self.v))
        return Term(V, V.bld.fadd(self.v, other.v))

    def __sub__(self, other):
        V = self.V
        if other.k != 1.0:
            return Term(V, V.fma(other.v, V.all(-other.k), self.value()))
        if self.k != 1.0:
            return Term(V, V.fma(self.v, V.all(self.k), V.bld.fsub(V.all(-0.0), other.v)))
        return Term(V, V.bld.fsub(self.v, other.v))


@intrinsic(prefer_literal=True)
def transform(tyctx, F, which, src, srow, scol, r0, r1, c0, c1, dst, drow, dcol, dr, dc, lanes, flags, bias):
    """dst[i][j] = (T src TT)[i][j]: an n x n block of channel vectors to an m x m block.

    which: a literal, the index into FORMULAS.  srow, scol, drow, dcol: strides in elements.  `lanes` channels
    are valid.
    Source entries outside rows r0..r1 or columns c0..c1 count as zero and are not read; only dr x dc results
    are written.
    flags: BIAS (adds bias[channel]) and RELU, as in the micro-kernel.
    """
    if not const(which):
        return None
    f, n, m = FORMULAS[which.literal_value]
    output = f is output_1d
    vl = tile_shape(F, 0)[2]
    i8 = types.int64

    def codegen(ctx, bld, sig, args):
        s, srow, scol, r0, r1, c0, c1, d, drow, dcol, dr, dc, lanes, flags, bias = args[2:]
        V = Vec(bld, sig.args[0], vl)
        none = ir.Constant(V.mask_t, [0] * vl)
        valid = V.first(lanes)

        def lt(x, y):
            return bld.icmp_signed("<", x, y)

        def has(bit):
            return bld.icmp_signed("!=", bld.and_(flags, I(bit)), I(0))

        def emit(whole):
            def get(i, j):
                mask = None
                if not whole:
                    inside = [bld.and_(bld.not_(lt(I(k), lo)), lt(I(k), hi))
                              for k, lo, hi in ((i, r0, r1), (j, c0, c1))]
                    mask = bld.select(bld.and_(*inside), valid, none)
                return Term(V, V.load(s, bld.add(bld.mul(I(i), srow), bld.mul(I(j), scol)), mask))

            half = [f([get(i, j) for i in range(n)]) for j in range(n)]         # T src, by column
            half = [[Term(V, t.value()) for t in column] for column in half]
            out = [f([half[j][i] for j in range(n)]) for i in range(m)]         # (T src) TT, by row
            bb = V.load(bias, I(0), bld.select(has(BIAS), valid, none)) if output else None
            for i in range(m):
                for j in range(m):
                    r = out[i][j].value()
                    if output:
                        r = bld.fadd(r, bb)
                        negative = bld.and_(bld.fcmp_ordered("<", r, V.zero), V.splat(has(RELU)))
                        r = bld.select(negative, V.zero, r)
                    mask = None if whole else bld.select(bld.and_(lt(I(i), dr), lt(I(j), dc)), valid, none)
                    V.store(r, d, bld.add(bld.mul(I(i), drow), bld.mul(I(j), dcol)), mask)

        # the whole block inside, all lanes and all results wanted: no masks
        inner = [bld.icmp_signed(op, x, I(k)) for op, x, k in (
            ("<=", r0, 0), (">=", r1, n), ("<=", c0, 0), (">=", c1, n), (">=", dr, m), (">=", dc, m),
            (">=", lanes, vl))]
        cond = inner[0]
        for x in inner[1:]:
            cond = bld.and_(cond, x)
        with bld.if_else(cond) as (full, edge):
            with full:
                emit(True)
            with edge:
                emit(False)
        return ctx.get_dummy_value()
    return types.void(F, which, src, *[i8] * 6, dst, *[i8] * 6, bias), codegen
