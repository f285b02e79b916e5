"""The transforms of `fastnn.core.winograd` on blocks of channel vectors, and products of what they make.

`transform` makes straight-line vector code of a formula, applied to rows and columns, for a vector of channels
at once, with clipping windows instead of a padded copy. `planes` multiplies matrices that lie in blocks of a vector's
width, the form that the transforms write.
"""

from numba import types
from numba.core import cgutils

from fastnn.core.blocks import ACC, BIAS, RELU, TILE_GROUP
from fastnn.core.jit import intrinsic
from fastnn.core.simd_vec import Flow, I, Vec, const, ir, product_shape, product_width, tile_shape
from fastnn.core.winograd import FORMULAS, Term, output_1d

UNROLL = 8  # columns of A per turn of the loop of `planes` for one block; with more, LLVM's scheduler spills


class Arithmetic:
    """What a `Term` of vector values computes with."""

    def __init__(self, V):
        self.V, self.add, self.subtract = V, V.bld.fadd, V.bld.fsub

    def scale(self, x, k):
        """x*k."""
        return self.V.bld.fmul(x, self.V.all(k))

    def fma(self, x, k, y):
        """x*k + y, rounded once."""
        return self.V.fma(x, self.V.all(k), y)

    def negative(self, x):
        """-x."""
        return self.V.bld.fsub(self.V.all(-0.0), x)


@intrinsic(prefer_literal=True)
def transform(tyctx, F, which, src, srow, scol, r0, r1, c0, c1, dst, drow, dcol, dr, dc, lanes, flags, bias):
    """dst[i][j] = (T src TT)[i][j]: an n x n block of channel vectors to an m x m block.

    which: a literal, the index into FORMULAS.  srow, scol, drow, dcol: strides in elements.  `lanes` channels
    are valid; in planes (6 x 6 blocks) the rest of a vector is zero.
    Source entries outside rows r0..r1 or columns c0..c1 count as zero and are not read; only dr x dc results
    are written.
    flags: BIAS (adds bias[channel]) and RELU, as in the micro-kernel.
    """
    if not const(which):
        return None
    f, n, m = FORMULAS[which.literal_value]
    output, from_planes, to_planes = f is output_1d, n == 6 > m, m == 6
    vl = tile_shape(F, 0)[2]
    i8 = types.int64

    def codegen(ctx, bld, sig, args):
        s, srow, scol, r0, r1, c0, c1, d, drow, dcol, dr, dc, lanes, flags, bias = args[2:]
        V = Vec(bld, sig.args[0], vl)
        by = Arithmetic(V)
        none = ir.Constant(V.mask_t, [0] * vl)
        valid = V.first(lanes)
        zeros = cgutils.global_constant(bld.module, f"zeros_{V.tag}", ir.Constant(ir.ArrayType(V.e, vl), None))
        zeros = bld.bitcast(zeros, s.type)

        def lt(x, y):
            return bld.icmp_signed("<", x, y)

        def has(bit):
            return bld.icmp_signed("!=", bld.and_(flags, I(bit)), I(0))

        def emit(whole):
            inside = [
                [bld.and_(bld.not_(lt(I(k), lo)), lt(I(k), hi)) for k in range(n)] for lo, hi in ((r0, r1), (c0, c1))
            ]

            def get(i, j):
                p = bld.gep(s, [bld.add(bld.mul(I(i), srow), bld.mul(I(j), scol))])
                if from_planes:
                    return Term(by, V.load(p, I(0)))
                if not whole:  # zeros for what is outside: an address costs less than a mask
                    p = bld.select(bld.and_(inside[0][i], inside[1][j]), p, zeros)
                return Term(by, V.load(p, I(0), None if whole else valid))

            half = [f([get(i, j) for i in range(n)]) for j in range(n)]  # T src, by column
            half = [[Term(by, t.value()) for t in column] for column in half]
            out = [f([half[j][i] for j in range(n)]) for i in range(m)]  # (T src) TT, by row
            bb = V.load(bias, I(0), bld.select(has(BIAS), valid, none)) if output else None
            for i in range(m):
                for j in range(m):
                    r = out[i][j].value()
                    if output:
                        r = bld.fadd(r, bb)
                        negative = bld.and_(bld.fcmp_ordered("<", r, V.zero), V.splat(has(RELU)))
                        r = bld.select(negative, V.zero, r)
                    mask = None
                    if not (whole or to_planes):
                        mask = bld.select(bld.and_(lt(I(i), dr), lt(I(j), dc)), valid, none)
                    V.store(r, d, bld.add(bld.mul(I(i), drow), bld.mul(I(j), dcol)), mask)

        # the whole block inside, all lanes and all results wanted: no masks
        inner = [bld.icmp_signed(op, x, I(k)) for op, x, k in (
            ("<=", r0, 0), (">=", r1, n), ("<=", c0, 0), (">=", c1, n), (">=", dr, m), (">=", dc, m),
            (">=", lanes, vl))]  # fmt: skip
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


@intrinsic
def product_vectors(tyctx, F):
    """The most blocks of columns that `planes` takes at a time, a constant."""
    return types.int64(F), lambda ctx, bld, sig, a: I(product_width())


@intrinsic(prefer_literal=True)
def planes(tyctx, F, transposed, a, ablock, ajump, K, b, bblock, bjump, c, cblock, nv, m, flags):
    """C (+)= A·B of 36 planes' matrices, whose columns lie in blocks of V = vector(F), row after row.

    C, m x nv*V: element (r, q) at (q // V)*cblock + r*V + q % V; m <= TILE_GROUP rows, up to the next multiple of a
    tile's rows is computed. Without `transposed`, a literal, A is m x K: element (r, k) at (k // V)*ajump + r*V +
    k % V, and row k of B at k*V. With it A is K x m, its rows in groups: element (k, r) at (k // TILE_GROUP)*ajump +
    k % TILE_GROUP * V + (r // V)*ablock + r % V, row k of B at (k // TILE_GROUP)*bjump + k % TILE_GROUP * V. The
    columns of B lie in blocks bblock apart; nv: how many, 1..product_vectors(F).  flags: ACC adds to C.
    Rows lie a vector apart, so all addresses of a step are one pointer and constants; the chain of fused
    multiply-adds of an element runs over K in order, as in the micro-kernel.
    """
    if not const(transposed):
        return None
    flip, i8 = transposed.literal_value, types.int64
    VL = tile_shape(F, 0)[2]

    def codegen(ctx, bld, sig, args):
        a, ablock, ajump, K, b, bblock, bjump, c, cblock, nv, m, flags = args[2:]
        V, flow = Vec(bld, sig.args[0], VL), Flow(bld)
        has_acc = bld.icmp_signed("!=", bld.and_(flags, I(ACC)), I(0))

        def at(p, *offsets):
            for o in offsets:
                p = bld.gep(p, [o])
            return p

        def tile(NV, MR, i):
            """Rows i.. of NV blocks of C."""
            tiles, unroll = [(r, v) for r in range(MR) for v in range(NV)], min(UNROLL, VL) if NV == 1 else 1
            apart = [bld.mul(I(v), bblock) for v in range(NV)]
            cp = [at(c, bld.mul(I(v), cblock), bld.mul(i, I(VL))) for v in range(NV)]
            if flip:  # row r is column r of A; they are of one block, as MR divides VL
                start = at(a, bld.mul(bld.sdiv(i, I(VL)), ablock), bld.srem(i, I(VL)))
                arow, astep, period = 1, VL, TILE_GROUP
            else:
                start, arow, astep, period = at(a, bld.mul(i, I(VL))), VL, 1, VL

            def steps(count, k, state):
                """`count` columns of A from number k*count on."""
                ap, bp, *acc = state
                for q in range(count):
                    bv = [V.load(at(bp, apart[v]), I(q * VL)) for v in range(NV)]
                    av = [V.splat(bld.load(at(ap, I(q * astep + r * arow)))) for r in range(MR)]
                    acc = [V.fma(av[r], bv[v], x) for (r, v), x in zip(tiles, acc, strict=True)]
                turns = I(period // count - 1)
                last = bld.icmp_signed("==", bld.and_(k, turns), turns)

                def go(p, step, jump):
                    return at(p, bld.select(last, bld.sub(jump, I((period - count) * step)), I(count * step)))

                return [go(ap, astep, ajump), go(bp, VL, bjump) if flip else at(bp, I(count * VL)), *acc]

            acc = flow.when(has_acc, [V.zero] * len(tiles), lambda: [V.load(cp[v], I(r * VL)) for r, v in tiles])
            state, left = [start, b, *acc], K
            if unroll > 1:
                state = flow.loop(bld.sdiv(K, I(unroll)), state, lambda k, s: steps(unroll, k, s))
                left = bld.srem(K, I(unroll))
            acc = flow.loop(left, state, lambda k, s: steps(1, k, s))[2:]
            for (r, v), x in zip(tiles, acc, strict=True):
                V.store(x, cp[v], I(r * VL))
            return []

        for NV in range(1, product_width() + 1):
            MR = product_shape(NV, flip)
            with bld.if_then(bld.icmp_signed("==", nv, I(NV))):
                count = bld.sdiv(bld.add(m, I(MR - 1)), I(MR))
                flow.loop(count, [], lambda t, _, NV=NV, MR=MR: tile(NV, MR, bld.mul(t, I(MR))))
        return ctx.get_dummy_value()

    return types.void(F, transposed, a, i8, i8, i8, b, i8, i8, c, i8, i8, i8, i8), codegen
