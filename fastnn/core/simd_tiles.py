"""The register-tiled micro-kernel and the copies that feed it, as Numba intrinsics that emit LLVM vectors.

One arithmetic loop serves every matrix product and convolution:

    C[row i, 0:n]  (+)=  sum_k  A[row i, k] * B[k, 0:n]            i0 <= i < i0 + m,  m <= MR,  n <= NR = NV * VL

with MR x NV accumulators that are vector values (never memory) inside the k loop. All that is irregular is an
address:

    A element (i, k) = a[arow(i) + akof(k)]       row k of B = b[k*bks : +NR]       row i of C = c[crow(i) : +n]

where arow, akof and crow are each EITHER an int64 (a stride: offset = i*stride) OR a pointer to a table of
offsets. The chain of fused multiply-adds of one element of C runs over k in order, whatever the tile: so all
tiles, ISA levels and block sizes give the same bits.
"""

from numba import types

from fastnn.core.blocks import ACC, BIAS, RELU
from fastnn.core.jit import intrinsic
from fastnn.core.simd_vec import Flow, I, Vec, const, i32, ir, level, tile_shape


def _constant(tyctx, value, *args):
    return types.int64(*args), lambda ctx, bld, sig, a: I(value)


@intrinsic
def vector(tyctx, F):
    """Elements of F in a vector of this level, a constant."""
    return _constant(tyctx, tile_shape(F, 0)[2], F)


@intrinsic(prefer_literal=True)
def tile_rows(tyctx, F, tile):
    """Rows MR of register tile number `tile` (a literal: 0 wide, 1 medium, 2 narrow, 3 thin), a constant."""
    return _constant(tyctx, tile_shape(F, tile.literal_value)[0], F, tile) if const(tile) else None


@intrinsic(prefer_literal=True)
def tile_cols(tyctx, F, tile):
    """Columns NR of register tile number `tile` (a literal), a constant."""
    if not const(tile):
        return None
    _, nv, vl = tile_shape(F, tile.literal_value)
    return _constant(tyctx, nv * vl, F, tile)


@intrinsic
def prefetch(tyctx, p, offset):
    """Ask for the cache line at p + offset elements; harmless at any address."""

    def codegen(ctx, bld, sig, args):
        if level() == "cuda":  # which has many threads in flight instead
            return ctx.get_dummy_value()
        q = bld.bitcast(bld.gep(args[0], [args[1]]), ir.IntType(8).as_pointer())
        fn = bld.module.declare_intrinsic(
            "llvm.prefetch.p0", (), ir.FunctionType(ir.VoidType(), [q.type, i32, i32, i32])
        )
        bld.call(fn, [q, ir.Constant(i32, 0), ir.Constant(i32, 3), ir.Constant(i32, 1)])
        return ctx.get_dummy_value()

    return types.void(p, types.int64), codegen


@intrinsic(prefer_literal=True)
def copy_row(tyctx, F, tile, dst, src, n):
    """dst[0:NR] = src[0:n], then zeros; NR = tile_cols(F, tile), n >= 1."""
    if not const(tile):
        return None
    _, nv, vl = tile_shape(F, tile.literal_value)

    def codegen(ctx, bld, sig, args):
        V, d, s, n = Vec(bld, sig.args[0], vl), args[2], args[3], args[4]
        with bld.if_else(bld.icmp_signed(">=", n, I(nv * vl))) as (full, edge):
            with full:
                for o in (I(v * vl) for v in range(nv)):
                    V.store(V.load(s, o), d, o)
            with edge:
                for o in (I(v * vl) for v in range(nv)):
                    V.store(V.load(s, o, V.first(bld.sub(n, o))), d, o)
        return ctx.get_dummy_value()

    return types.void(F, tile, dst, src, types.int64), codegen


@intrinsic
def transpose(tyctx, F, dst, dld, src, sld, m, n):
    """A VL x VL block through registers: dst[j*dld + i] = src[i*sld + j] (0 where i >= m), rows j < n only."""
    vl = tile_shape(F, 0)[2]

    def codegen(ctx, bld, sig, args):
        V, (d, dld, s, sld, m, n) = Vec(bld, sig.args[0], vl), args[1:]
        edge = V.first(n)

        def shuffled(rows):
            half = vl // 2  # log2(vl) perfect shuffles: interleave rows i and i + half
            lo = [x for q in range(half) for x in (q, vl + q)]
            hi = [x + half for x in lo]
            for _ in range(vl.bit_length() - 1):
                rows = [V.shuffle(rows[q // 2], rows[q // 2 + half], hi if q % 2 else lo) for q in range(vl)]
            return rows

        whole = bld.and_(bld.icmp_signed(">=", m, I(vl)), bld.icmp_signed(">=", n, I(vl)))
        with bld.if_else(whole) as (full, part):
            with full:
                for j, x in enumerate(shuffled([V.load(s, bld.mul(I(i), sld)) for i in range(vl)])):
                    V.store(x, d, bld.mul(I(j), dld))
            with part:
                rows = []
                for i in range(vl):  # a row past m is not read: all its lanes are off
                    ok = bld.icmp_signed("<", I(i), m)
                    row = bld.mul(bld.select(ok, I(i), I(0)), sld)
                    rows.append(V.load(s, row, bld.select(ok, edge, ir.Constant(V.mask_t, [0] * vl))))
                for j, x in enumerate(shuffled(rows)):
                    with bld.if_then(bld.icmp_signed("<", I(j), n)):
                        V.store(x, d, bld.mul(I(j), dld))
        return ctx.get_dummy_value()

    i8 = types.int64
    return types.void(F, dst, i8, src, i8, i8, i8), codegen


@intrinsic(prefer_literal=True)
def microkernel(tyctx, F, tile, edge, a, arow, akof, nk, b, bks, c, crow, i0, m, n, flags, bias):
    """One MR x NR tile of C (see the top of the file).

    tile, edge: literals. With edge = 0 rows of B are read NR wide even where n < NR, so B must be padded; with
    1 their loads are masked. Rows >= m repeat row m - 1 (same reads, same values stored again: no row mask
    exists), columns >= n of C are masked. flags: ACC adds to C (without it C is never read), BIAS adds
    bias[0:n], RELU clips (NaN stays).
    """
    if not const(tile, edge):
        return None
    MR, NV, VL = tile_shape(F, tile.literal_value)
    masked_b = edge.literal_value
    i8 = types.int64
    sig = types.void(
        F, tile, edge, a, _offsets(arow), _offsets(akof), i8, b, i8, c, _offsets(crow), i8, i8, i8, i8, bias
    )

    def codegen(ctx, bld, sig, args):
        AROW, AKOF, CROW = 4, 5, 10
        a, nk, b, bks, c, i0, m, n, flags, bias = (args[k] for k in (3, 6, 7, 8, 9, 11, 12, 13, 14, 15))
        V, flow = Vec(bld, sig.args[0], VL), Flow(bld)
        tiles = [(i, v) for i in range(MR) for v in range(NV)]
        cols = [I(v * VL) for v in range(NV)]

        def offset(k, i):  # argument k is a table or a stride
            if isinstance(sig.args[k], types.CPointer):
                return bld.load(bld.gep(args[k], [i]))
            return bld.mul(args[k], i)

        # row pointers, clamped to the last valid row; column masks for the edge
        rows = [bld.add(i0, bld.select(bld.icmp_signed("<", I(i), m), I(i), bld.sub(m, I(1)))) for i in range(MR)]
        ap = [bld.gep(a, [offset(AROW, r)]) for r in rows]
        cp = [bld.gep(c, [offset(CROW, r)]) for r in rows]
        masks = [V.first(bld.sub(n, o)) for o in cols]
        full, part = (bld.icmp_signed(op, n, I(NV * VL)) for op in (">=", "<"))

        def has(bit):
            return bld.icmp_signed("!=", bld.and_(flags, I(bit)), I(0))

        first = [V.zero] * len(tiles)
        first = flow.when(bld.and_(has(ACC), full), first, lambda: [V.load(cp[i], cols[v]) for i, v in tiles])
        first = flow.when(bld.and_(has(ACC), part), first, lambda: [V.load(cp[i], cols[v], masks[v]) for i, v in tiles])

        def step(k, state):
            bo, acc = state[0], state[1:]
            ak = offset(AKOF, k)
            bv = [V.load(b, bld.add(bo, o), mask if masked_b else None) for o, mask in zip(cols, masks, strict=True)]
            av = [V.splat(bld.load(bld.gep(p, [ak]))) for p in ap]
            return [bld.add(bo, bks)] + [V.fma(av[i], bv[v], x) for (i, v), x in zip(tiles, acc, strict=True)]

        res = flow.loop(nk, [I(0), *first], step)[1:]

        def plus_bias():
            bb = [V.load(bias, o, mask) for o, mask in zip(cols, masks, strict=True)]
            return [bld.fadd(r, bb[v]) for r, (i, v) in zip(res, tiles, strict=True)]

        res = flow.when(has(BIAS), res, plus_bias)
        res = flow.when(has(RELU), res, lambda: [bld.select(bld.fcmp_ordered("<", r, V.zero), V.zero, r) for r in res])
        for cond, mask in ((full, [None] * NV), (part, masks)):
            with bld.if_then(cond):
                for r, (i, v) in zip(res, tiles, strict=True):
                    V.store(r, cp[i], cols[v], mask[v])
        return ctx.get_dummy_value()

    return sig, codegen


@intrinsic
def lanewise(tyctx, F, a, aoff, b, boff, nk, c, n, flags, bias):
    """c[j] (+)= sum over k of a[aoff(k) + j] * b[boff(k) + j], j < n <= 4 vectors: each lane by itself.

    aoff and boff are strides or tables, flags those of `microkernel`.
    """
    NV, i8 = 4, types.int64
    vl = tile_shape(F, 0)[2]

    def codegen(ctx, bld, sig, args):
        a, b, nk, c, n, flags, bias = (args[k] for k in (1, 3, 5, 6, 7, 8, 9))
        V, flow = Vec(bld, sig.args[0], vl), Flow(bld)
        cols = [I(v * vl) for v in range(NV)]
        edge = [V.first(bld.sub(n, o)) for o in cols]

        def offset(k, i):
            if isinstance(sig.args[k], types.CPointer):
                return bld.load(bld.gep(args[k], [i]))
            return bld.mul(args[k], i)

        def has(bit):
            return bld.icmp_signed("!=", bld.and_(flags, I(bit)), I(0))

        def emit(masks):
            def each(p):
                return [V.load(p, o, m) for o, m in zip(cols, masks, strict=True)]

            def step(k, acc):
                x, y = each(bld.gep(a, [offset(2, k)])), each(bld.gep(b, [offset(4, k)]))
                return [V.fma(p, q, r) for p, q, r in zip(x, y, acc, strict=True)]

            acc = flow.when(has(ACC), [V.zero] * NV, lambda: each(c))
            acc = flow.loop(nk, acc, step)
            acc = flow.when(has(BIAS), acc, lambda: [bld.fadd(x, y) for x, y in zip(acc, each(bias), strict=True)])
            acc = flow.when(
                has(RELU), acc, lambda: [bld.select(bld.fcmp_ordered("<", x, V.zero), V.zero, x) for x in acc]
            )
            for x, o, m in zip(acc, cols, masks, strict=True):
                V.store(x, c, o, m)

        with bld.if_else(bld.icmp_signed(">=", n, I(NV * vl))) as (full, part):
            with full:
                emit([None] * NV)
            with part:
                emit(edge)
        return ctx.get_dummy_value()

    return types.void(F, a, _offsets(aoff), b, _offsets(boff), i8, c, i8, i8, bias), codegen


def _offsets(t):
    return t if isinstance(t, types.CPointer) else types.int64
