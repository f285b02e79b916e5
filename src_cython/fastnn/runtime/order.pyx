# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The row order of an epoch: a shuffle that is a function of (seed, stream), fast enough for tiny epochs and large ones."""
from libc.stdint cimport int64_t, uint64_t

cdef inline uint64_t mix(uint64_t z) noexcept nogil:
    """The finaliser of SplitMix64 (Steele, Lea and Flood, 2014)."""
    z = (z ^ (z >> 30)) * <uint64_t>0xBF58476D1CE4E5B9
    z = (z ^ (z >> 27)) * <uint64_t>0x94D049BB133111EB
    return z ^ (z >> 31)


def shuffle(int64_t[::1] order, uint64_t seed, uint64_t stream):
    """Fill `order` with 0 .. n - 1 in random order (Durstenfeld's shuffle over counter-based numbers).

    Draw i is mix(mix(seed) + mix(stream) + i * golden ratio), its upper half scaled to [0, i].
    """
    cdef int64_t n = order.shape[0], i, j, held
    cdef uint64_t key, r
    with nogil:
        key = mix(seed + <uint64_t>0x9E3779B97F4A7C15) + mix(stream ^ <uint64_t>0xD1B54A32D192ED03)
        for i in range(n):
            order[i] = i
        i = n - 1
        while i > 0:
            r = mix(key + <uint64_t>i * <uint64_t>0x9E3779B97F4A7C15)
            if i < 0x7FFFFFFF:
                j = <int64_t>(((r >> 32) * <uint64_t>(i + 1)) >> 32)
            else:
                j = <int64_t>(r % <uint64_t>(i + 1))
            held = order[i]
            order[i] = order[j]
            order[j] = held
            i -= 1
