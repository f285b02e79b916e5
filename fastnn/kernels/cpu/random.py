"""Random numbers inside kernels: the generator of `fastnn.core.random`, with equal bits.

Every kernel gets the digest of (seed, stream, call) as one word, folds the optimizer step of the state block into it
and hashes the element's index.  So a mask need not be kept: the same words give the same mask in the backward pass.
"""

import numpy as np

from fastnn.core.jit import JIT, at, bitcast, device, f64, intrinsic, kernel, sizeof, words
from fastnn.core.simd import fma
from fastnn.kernels.cpu.vecmath import log_normal, poly

GOLDEN, MIX1, MIX2 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
ROUND1, ROUND2, ROUND3 = np.uint32(0xED5AD4BB), np.uint32(0xAC4C1B51), np.uint32(0x31848BAB)
LOW32 = np.uint64(0xFFFFFFFF)
PHI2 = 0.022750131948179207
CENTRAL_A = (2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457,
             13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.387132872796366608)  # fmt: skip
CENTRAL_B = (5226.495278852545925, 28729.085735721942674, 39307.89580009271061, 21213.794301586595867,
             5394.1960214247511077, 687.1870074920579083, 42.313330701600911252, 1.0)  # fmt: skip
TAIL_A = (7.7454501427834140764e-4, .0227238449892691845833, .24178072517745061177, 1.27045825245236838258,
          3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959, 1.42343711074968357734)  # fmt: skip
TAIL_B = (1.05075007164441684324e-9, 5.475938084995344946e-4, .0151986665636164571966, .14810397642748007459,
          .68976733498510000455, 1.6763848301838038494, 2.05319162663775882187, 1.0)  # fmt: skip
FAR_A = (2.01033439929228813265e-7, 2.71155556874348757815e-5, .0012426609473880784386, .026532189526576123093,
         .29656057182850489123, 1.7848265399172913358, 5.4637849111641143699, 6.6579046435011037772)  # fmt: skip
FAR_B = (2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5, 7.868691311456132591e-4,
         .0148753612908506148525, .13692988092273580531, .59983220655588793769, 1.0)  # fmt: skip


@device
def mix64(z):
    """splitmix64's finaliser."""
    z = np.uint64(np.uint64(z ^ np.uint64(z >> np.uint64(30))) * MIX1)
    z = np.uint64(np.uint64(z ^ np.uint64(z >> np.uint64(27))) * MIX2)
    return np.uint64(z ^ np.uint64(z >> np.uint64(31)))


@device
def fold(digest, word):
    """The digest of a key with one more word (an int64)."""
    return mix64(np.uint64(np.uint64(digest ^ bitcast(np.uint64, np.int64(word))) + GOLDEN))


@device
def round_keys(digest, word):
    """The round keys of word number `word` (0 or 1) as two uint64 of two keys each."""
    first = np.uint64(GOLDEN * np.uint64(2 * word + 1))
    a = mix64(np.uint64(digest + first))
    b = mix64(np.uint64(np.uint64(digest + first) + GOLDEN))
    return a, b


if JIT:

    @intrinsic
    def scramble(typingctx, counter, a, b):
        """32 random bits of a uint32 counter; an intrinsic, because Numba would widen 32-bit products to 64 bits."""

        def codegen(context, builder, signature, args):
            from llvmlite import ir

            I = ir.IntType(32)

            def half(pair, shift):
                return builder.trunc(builder.lshr(pair, pair.type(shift)), I)

            def fold_down(x, shift):
                return builder.xor(x, builder.lshr(x, I(shift)))

            x, a, b = args
            x = fold_down(builder.add(x, half(a, 0)), 17)
            x = fold_down(builder.mul(builder.xor(x, half(a, 32)), I(int(ROUND1))), 11)
            x = fold_down(builder.mul(builder.add(x, half(b, 0)), I(int(ROUND2))), 15)
            return fold_down(builder.mul(builder.xor(x, half(b, 32)), I(int(ROUND3))), 14)

        return counter(counter, a, b), codegen
else:

    def scramble(counter, a, b):
        """32 random bits of a uint32 counter."""
        x = counter + np.uint32(a & LOW32)
        x = x ^ x >> np.uint32(17)
        x = (x ^ np.uint32(a >> np.uint64(32))) * ROUND1
        x = x ^ x >> np.uint32(11)
        x = (x + np.uint32(b & LOW32)) * ROUND2
        x = x ^ x >> np.uint32(15)
        x = (x ^ np.uint32(b >> np.uint64(32))) * ROUND3
        return x ^ x >> np.uint32(14)


@device
def state_digest(word, state):
    """The digest argument with the optimizer step (word 0 of the state block) folded in."""
    return fold(bitcast(np.uint64, np.int64(word)), at(np.int64, state)[0])


@device
def unit(F, high, low):
    """[0, 1): 24 bits for float32, 53 bits of two words for float64."""
    if sizeof(F) == 4:
        return F(np.int32(high >> np.uint32(8))) * F(2.0**-24)
    return (F(np.int64(high)) * F(2.0**21) + F(np.int32(low >> np.uint32(11)))) * F(2.0**-53)


@device
def tail(F, high, low):
    """The smaller tail probability, in (0, 0.5]."""
    t = np.uint32(high ^ np.uint32(0xFFFFFFFF)) if high < np.uint32(0x80000000) else high
    t = np.uint32(t & np.uint32(0x7FFFFFFF))
    if sizeof(F) == 4:
        return (F(np.int32(t)) + F(0.5)) * F(2.0**-32)
    return ((F(np.int32(t)) * F(2.0**20) + F(np.int32(low >> np.uint32(12)))) + F(0.5)) * F(2.0**-52)


@device
def quantile(F, p):
    """-z with P(normal < z) = p, p in (0, 0.5] (Wichura, AS 241)."""
    q = F(0.5) - p
    r = fma(F, -q, q, F(0.180625))
    central = q * (poly(F, r, CENTRAL_A) / poly(F, r, CENTRAL_B))
    r = np.sqrt(-log_normal(F, p))
    s = r - F(1.6)
    outer = poly(F, s, TAIL_A) / poly(F, s, TAIL_B)
    if sizeof(F) == 8:
        s = r - F(5.0)
        far = poly(F, s, FAR_A) / poly(F, s, FAR_B)
        outer = far if r > F(5.0) else outer
    return outer if q > F(0.425) else central


@kernel("u32")
def random_bits(a, lo, hi, F):
    """Words of the stream, for tests.  args: y, digest, word.  items: elements."""
    y, digest = at(F, a[0] + lo * 4), bitcast(np.uint64, np.int64(a[1]))
    k, m = round_keys(digest, a[2])
    for i in range(hi - lo):
        y[i] = scramble(np.uint32(lo + i), k, m)
    return 0


@device
def drop_some(F, x, y, first, n, limit, scale, k, m):
    """dropout of elements first .. first + n, one by one: the ends of a range that are no whole groups."""
    for i in range(n):
        e = first + i
        word = scramble(np.uint32((e >> 6) * 32 + (e & 31)), k, m)
        half = np.uint32(word >> np.uint32(16)) if e & 32 else np.uint32(word & np.uint32(0xFFFF))
        y[i] = F(0) if half < limit else x[i] * scale


@device
def drop_group(F, x, y, first, limit, scale, k, m):
    """dropout of the 64 elements of a group: 32 words, their low halves first."""
    c = first >> 1
    for i in range(32):
        word = scramble(np.uint32(c + i), k, m)
        y[i] = F(0) if np.uint32(word & np.uint32(0xFFFF)) < limit else x[i] * scale
        y[32 + i] = F(0) if np.uint32(word >> np.uint32(16)) < limit else x[32 + i] * scale


@kernel("f32", "f64")
def dropout(a, lo, hi, F):
    """y = 0 with probability rate, else x * scale.

    Groups of 64 elements share 32 words, half a word each.
    args: x, y, digest, state, rate 2^16, scale.  items: elements.
    """
    xs, ys, digest, state, rate, factor = words(a, 6)
    S, scale, limit = sizeof(F), F(f64(factor)), np.uint32(rate)
    k, m = round_keys(state_digest(digest, state), 0)
    i = lo
    while i < hi:
        n = min(64 - (i & 63), hi - i)
        x, y = at(F, xs + i * S), at(F, ys + i * S)
        if n == 64:
            if xs == ys:
                drop_group(F, y, y, i, limit, scale, k, m)
            else:
                drop_group(F, x, y, i, limit, scale, k, m)
        else:
            drop_some(F, x, y, i, n, limit, scale, k, m)
        i += n
    return 0


@kernel("f32", "f64")
def random_bernoulli(a, lo, hi, F):
    """y = high with probability p, else low.  args: y, digest, state, threshold, low, high.  items: elements."""
    y, low, high = at(F, a[0] + lo * sizeof(F)), F(f64(a[4])), F(f64(a[5]))
    k, m = round_keys(state_digest(a[1], a[2]), 0)
    limit = np.uint32(a[3])
    for i in range(hi - lo):
        y[i] = high if scramble(np.uint32(lo + i), k, m) < limit else low
    return 0


@kernel("f32", "f64")
def random_uniform(a, lo, hi, F):
    """y = low + (high - low) u.  args: y, digest, state, low, high - low.  items: elements."""
    y, low, span = at(F, a[0] + lo * sizeof(F)), F(f64(a[3])), F(f64(a[4]))
    digest = state_digest(a[1], a[2])
    k, m = round_keys(digest, 0)
    p, q = round_keys(digest, 1)
    for i in range(hi - lo):
        c = np.uint32(lo + i)
        second = scramble(c, p, q) if sizeof(F) == 8 else np.uint32(0)
        y[i] = fma(F, unit(F, scramble(c, k, m), second), span, low)
    return 0


@kernel("f32", "f64")
def random_normal(a, lo, hi, F):
    """y = mean + stddev z; truncated: redrawn beyond 2 stddev.  args: y, digest, state, mean, stddev, truncated."""
    y, mean, stddev = at(F, a[0] + lo * sizeof(F)), F(f64(a[3])), F(f64(a[4]))
    digest = state_digest(a[1], a[2])
    k, m = round_keys(digest, 0)
    p, q = round_keys(digest, 1)
    base, span = F(PHI2 if a[5] else 0.0), F(1.0 - 2 * PHI2 if a[5] else 1.0)
    bound = F(2.0 if a[5] else np.inf)
    for i in range(hi - lo):
        c = np.uint32(lo + i)
        high = scramble(c, k, m)
        second = scramble(c, p, q) if sizeof(F) == 8 else np.uint32(0)
        z = quantile(F, fma(F, span, tail(F, high, second), base))
        z = bound if z > bound else z
        z = z if high < np.uint32(0x80000000) else -z
        y[i] = fma(F, z, stddev, mean)
    return 0
