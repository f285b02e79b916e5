"""Sums, dot products and maxima of contiguous memory with one fixed shape on every ISA (compiled form).

Element i belongs to accumulator (i // L) % 4, lane i % L (L = 16 lanes of float32, 8 of float64); the end is
(a0 + a1) + (a2 + a3), then halves of the lanes onto each other. Nothing in it depends on the vector width of the CPU.
"""

from numba import types

from fastnn.core.jit import intrinsic
from fastnn.core.simd_vec import Flow, I, Vec, ir

GROUP = 4


def _reduce(bld, F, n, pointers, start, step, combine):
    """Fold n elements, acc = step(acc, vectors), into GROUP accumulators of L lanes and those into a scalar."""
    V = Vec(bld, F, 512 // F.instance_type.bitwidth)
    flow, first, L = Flow(bld), V.all(start), V.lanes
    width = L * GROUP

    def whole(k, acc):
        o = bld.mul(k, I(width))
        at = [bld.add(o, I(g * L)) for g in range(GROUP)]
        return [step(V, x, *[V.load(p, a) for p in pointers]) for x, a in zip(acc, at, strict=True)]

    def tail():
        out, o = [], bld.mul(blocks, I(width))
        for g, x in enumerate(acc):
            a = bld.add(o, I(g * L))
            mask = V.first(bld.sub(n, a))
            out.append(bld.select(mask, step(V, x, *[V.load(p, a, mask) for p in pointers]), x))
        return out

    blocks = bld.sdiv(n, I(width))
    acc = flow.loop(blocks, [first] * GROUP, whole)
    acc = flow.when(bld.icmp_signed("<", bld.mul(blocks, I(width)), n), acc, tail)
    return V.tree(combine(V, combine(V, acc[0], acc[1]), combine(V, acc[2], acc[3])), combine)


def _add(V, x, y):
    return V.bld.fadd(x, y)


def _max(V, x, y):
    return V.maximum(x, y)


def _min(V, x, y):
    return V.minimum(x, y)


def _unary(step, start, combine):
    def define(tyctx, F, p, n):
        def codegen(ctx, bld, sig, args):
            return _reduce(bld, sig.args[0], args[2], [args[1]], start, step, combine)

        return F.instance_type(F, p, types.int64), codegen

    return define


_sum, _maximum = _unary(_add, 0.0, _add), _unary(_max, float("-inf"), _max)
_minimum, _squares = _unary(_min, float("inf"), _min), _unary(lambda V, acc, x: V.fma(x, x, acc), 0.0, _add)


@intrinsic
def lanes_sum(tyctx, F, p, n):
    """Sum of the n elements at p."""
    return _sum(tyctx, F, p, n)


@intrinsic
def lanes_max(tyctx, F, p, n):
    """Maximum of the n elements at p; -inf for n = 0, NaN if one is NaN."""
    return _maximum(tyctx, F, p, n)


@intrinsic
def lanes_min(tyctx, F, p, n):
    """Minimum of the n elements at p; inf for n = 0, NaN if one is NaN."""
    return _minimum(tyctx, F, p, n)


@intrinsic
def lanes_sumsq(tyctx, F, p, n):
    """Sum of squares of the n elements at p."""
    return _squares(tyctx, F, p, n)


@intrinsic
def lanes_dot(tyctx, F, p, q, n):
    """Sum of p[i] * q[i], i < n; multiply-adds round once."""

    def codegen(ctx, bld, sig, args):
        return _reduce(bld, sig.args[0], args[3], [args[1], args[2]], 0.0, lambda V, acc, x, y: V.fma(x, y, acc), _add)

    return F.instance_type(F, p, q, types.int64), codegen


@intrinsic
def lanes_sumsq_dev(tyctx, F, p, c, n):
    """Sum of (p[i] - c)**2, i < n: the centred squares of a variance."""

    def codegen(ctx, bld, sig, args):
        def step(V, acc, x):
            d = bld.fsub(x, V.splat(args[2]))
            return V.fma(d, d, acc)

        return _reduce(bld, sig.args[0], args[3], [args[1]], 0.0, step, _add)

    return F.instance_type(F, p, F.instance_type, types.int64), codegen


@intrinsic
def fma(tyctx, F, x, y, z):
    """x*y + z, rounded once."""

    def codegen(ctx, bld, sig, args):
        t = args[1].type
        fn = bld.module.declare_intrinsic("llvm.fma", [t], ir.FunctionType(t, [t, t, t]))
        return bld.call(fn, args[1:])

    f = F.instance_type
    return f(F, f, f, f), codegen
