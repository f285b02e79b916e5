"""Powers of two and exponents of floats, by their bits: integer shifts that LLVM vectorises on every level."""

import numpy as np

from fastnn.core import jit
from fastnn.core.jit import JIT, intrinsic, sizeof

# x + ROUND has the integer nearest to x in its lowest bits: 1.5 * 2^23 and 2^52.
ROUND32, ROUND64, ROUND64_BITS = 12582912.0, 6755399441055744.0, 0x4338000000000000

if JIT:

    def _ints(x):
        """(mantissa bits, exponent bias, integer type, constant maker) of a Numba float type."""
        from llvmlite import ir

        small = x == jit.nb.float32
        kind = ir.IntType(32 if small else 64)
        root = 0x3F3504F3 if small else 0x3FE6A09E667F3BCC  # bits of sqrt(1/2), rounded down
        return (23, 127, kind, root) if small else (52, 1023, kind, root)

    def _integer(b, value, x):
        """An integral float as an integer, of which only the low bits are right for float64."""
        from llvmlite import ir

        if x == jit.nb.float32:
            return b.fptosi(value, ir.IntType(32))
        return b.bitcast(b.fadd(value, value.type(ROUND64)), ir.IntType(64))  # AVX2 has no conversion

    def _number(b, value, x, kind):
        """A small integer as a float."""
        if x == jit.nb.float32:
            return b.sitofp(value, kind)
        return b.fsub(b.bitcast(b.add(value, value.type(ROUND64_BITS)), kind), kind(ROUND64))

    @intrinsic
    def pow2(typingctx, n):
        """2^n for an integral float n whose power is a normal number."""

        def codegen(context, b, signature, args):
            mant, bias, I, _ = _ints(n)
            return b.bitcast(b.shl(b.add(_integer(b, args[0], n), I(bias)), I(mant)), args[0].type)

        return n(n), codegen

    @intrinsic
    def pow2_rounded(typingctx, t, k):
        """2^(n + k) for t = n + ROUND, a constant int k; 0 where n + k is one below a normal number's exponent."""

        def codegen(context, b, signature, args):
            mant, bias, I, _ = _ints(t)
            bits = b.bitcast(args[0], I)
            add = b.add(b.trunc(args[1], I) if I.width < 64 else args[1], I(bias))
            return b.bitcast(b.shl(b.add(bits, add), I(mant)), args[0].type)

        return t(t, jit.nb.int64), codegen

    @intrinsic
    def log_exponent(typingctx, x):
        """The integral float n for which x / 2^n lies in [sqrt(1/2), sqrt(2)); x > 0 and normal."""

        def codegen(context, b, signature, args):
            mant, _, I, root = _ints(x)
            return _number(b, b.ashr(b.sub(b.bitcast(args[0], I), I(root)), I(mant)), x, args[0].type)

        return x(x), codegen

    @intrinsic
    def log_mantissa(typingctx, x):
        """x / 2^n, n = log_exponent(x)."""

        def codegen(context, b, signature, args):
            mant, _, I, root = _ints(x)
            bits = b.bitcast(args[0], I)
            n = b.ashr(b.sub(bits, I(root)), I(mant))
            return b.bitcast(b.sub(bits, b.shl(n, I(mant))), args[0].type)

        return x(x), codegen
else:

    def pow2(n):
        return type(n)(2.0 ** float(n)) if n < 1024 else type(n)(np.inf)

    def pow2_rounded(t, k):
        if t != t:
            return t
        n = int(np.float64(t) - (ROUND32 if sizeof(type(t)) == 4 else ROUND64)) + k
        return type(t)(0 if n < (-126 if sizeof(type(t)) == 4 else -1022) else 2.0**n)

    def log_exponent(x):
        m, n = np.frexp(x)
        return type(x)(n - 1 if m < 0.7071067811865475 else n)

    def log_mantissa(x):
        return type(x)(np.ldexp(np.float64(x), -int(log_exponent(x)))) if 0 < x < np.inf else x
