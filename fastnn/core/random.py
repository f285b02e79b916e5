"""Counter-based random numbers: value i of a stream is a pure function of (key, i).

Nothing here keeps state, so the numbers depend neither on the order of the calls nor on threads or
machines.  A *key* is a tuple of ints, by convention (seed, stream) or (seed, stream, step, ...).  Its
words are folded into 64 bits by splitmix64's finaliser; two outputs of that chain give the four 32-bit
round keys of a mixing function of the 32-bit counter (the rounds of C. Wellons' "triple32", a bijection
with a very low avalanche bias, with a round key added before each multiplication).  `fastnn.kernels.cpu.random`
has the same function for kernels, with equal bits.

Only +, -, *, / and sqrt are used (the logarithm is a polynomial), each rounded as IEEE 754 says, so the
floats are equal on every machine too.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from fastnn.core import dtypes, hooks
from fastnn.core.errors import ArgumentError, DTypeError, ShapeError
from fastnn.core.quantile import quantile
from fastnn.core.shapes import product

MASK = 2**64 - 1
GOLDEN = 0x9E3779B97F4A7C15
MIX1, MIX2 = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB  # splitmix64
ROUND1, ROUND2, ROUND3 = 0xED5AD4BB, 0xAC4C1B51, 0x31848BAB  # triple32
STRIDE = 0xD1B54A32D192ED03  # odd: from one step of a loop to the next, in a digest
LIMIT = 2**32  # counters of one (key, word)
LARGE = 1 << 16  # float32 numbers from which a kernel draws them
BLOCK = 1 << 15  # elements worked on at a time: stays in cache


def _mix64(z):
    z = ((z ^ (z >> 30)) * MIX1) & MASK
    z = ((z ^ (z >> 27)) * MIX2) & MASK
    return z ^ (z >> 31)


class Shift(int):
    """An int in a key that is added to the digest of what stands before it."""


def fold(key: Iterable[int], start: int = 0) -> int:
    """The 64-bit digest of a key (a tuple of ints), continuing from the digest `start`.

    >>> fold((7, 1, 5)) == fold((5,), fold((7, 1)))
    True
    """
    h = start
    for word in key:
        if isinstance(word, bool) or not hasattr(word, "__index__"):
            raise ArgumentError(f"A random key must be a tuple of ints: received {key!r}.")
        h = (h + word) & MASK if type(word) is Shift else _mix64(((h ^ (int(word) & MASK)) + GOLDEN) & MASK)
    return h


def loop_step_of(steps: Sequence[int]) -> int:
    """What is added to a digest inside loops: a number for the steps that they are at, outermost loop first.

    A step of the innermost loop adds STRIDE, one of the loop around it STRIDE squared, and so on.

    >>> loop_step_of(()), loop_step_of((1,)) == STRIDE, loop_step_of((1, 2)) == (2 * STRIDE + STRIDE ** 2) % 2 ** 64
    (0, True, True)
    """
    return sum(t * STRIDE ** (k + 1) for k, t in enumerate(reversed(steps))) & MASK


def round_keys(digest, word=0):
    """The four 32-bit round keys of word number `word` of a key's stream.

    Args:
        digest: the key, an int of 64 bits.
        word: the number of the word, an int.
    """
    a = _mix64((digest + (2 * word + 1) * GOLDEN) & MASK)
    b = _mix64((digest + (2 * word + 2) * GOLDEN) & MASK)
    return a & 0xFFFFFFFF, a >> 32, b & 0xFFFFFFFF, b >> 32


def _scramble(counter, keys):
    """The mixing function; counter: uint32 array, overwritten."""
    k0, k1, k2, k3 = map(np.uint32, keys)
    x = counter
    x += k0
    x ^= x >> np.uint32(17)
    x ^= k1
    x *= np.uint32(ROUND1)
    x ^= x >> np.uint32(11)
    x += k2
    x *= np.uint32(ROUND2)
    x ^= x >> np.uint32(15)
    x ^= k3
    x *= np.uint32(ROUND3)
    x ^= x >> np.uint32(14)
    return x


def bits(key, n, word=0, first=0):
    """32 random bits for each counter.

    Args:
        key: tuple of ints.
        n: how many numbers (an int), counters first, first + 1, ...
        word: which of the independent words of each counter (an int >= 0).
        first: the first counter.

    Returns:
        uint32 array of shape (n,).

    Raises:
        ShapeError: for counters beyond 2**32.

    >>> bits((0, 1), 4, first=2)[0] == bits((0, 1), 4)[2]
    np.True_
    """
    if first < 0 or n < 0 or first + n > LIMIT:
        raise ShapeError(f"A random stream has 2**32 numbers: received first={first}, n={n}. Use another stream.")
    keys = round_keys(fold(key), word)
    out = np.arange(first, first + n, dtype=np.uint64).astype(np.uint32)
    for at in range(0, n, BLOCK):
        _scramble(out[at : at + BLOCK], keys)
    return out


def _shape(shape):
    shape = (shape,) if hasattr(shape, "__index__") else tuple(shape)
    if not all(hasattr(d, "__index__") and d >= 0 for d in shape):
        raise ShapeError(f"A random array needs a shape of ints >= 0: received {shape!r}.")
    return shape


def _float(dtype):
    name = dtypes.standardize(dtype)
    if not dtypes.is_float(name):
        raise DTypeError(f"Random real numbers need a float dtype: received {name!r}.")
    return name


def signed(word: int) -> int:
    """The int64 with the same 64 bits, as kernels get a digest.

    Args:
        word: an int of 64 bits, without sign.

    >>> signed(2 ** 64 - 1), signed(5)
    (-1, 5)
    """
    return (int(word) + 2**63) % 2**64 - 2**63


def _real(kind, key, shape, dtype, first, second, function):
    """An array of function(uint32 words, uint32 second words or None) -> float64, block by block.

    A large float32 array comes from the kernel of that `kind`, with its two numbers, 10 to 50 times as fast; the kernel
    calculates in float32: its numbers are NumPy's but for the last bits.
    """
    shape, name = _shape(shape), _float(dtype)
    n = product(shape)
    if name == "float32" and LARGE <= n <= LIMIT:
        drawn = hooks.call("draw", kind, key, n, first, second)
        if drawn is not None:
            return drawn.reshape(shape)
    out = np.empty(n, dtypes.numpy_type(name))
    two = name == "float64"
    for at in range(0, n, BLOCK):
        m = min(BLOCK, n - at)
        low = bits(key, m, 1, at) if two else None
        out[at : at + m] = function(bits(key, m, 0, at), low)
    return out.reshape(shape)


def _unit(high, low):
    """[0, 1): 24 bits (float32), or 53 bits (float64) from two words."""
    if low is None:
        return (high >> np.uint32(8)) * np.float64(2.0**-24)
    return (high * 2.0**21 + (low >> np.uint32(11))) * 2.0**-53


def _open(high, low):
    """(0, 0.5], sign: the smaller tail probability of a centred uniform number, and its side."""
    signed = high.view(np.int32)
    side = signed >= 0
    tail = np.where(side, ~high, high) & np.uint32(0x7FFFFFFF)
    if low is None:
        return (tail + 0.5) * 2.0**-32, side
    return ((tail * 2.0**20 + (low >> np.uint32(12))) + 0.5) * 2.0**-52, side


def uniform(key, shape, minval=0.0, maxval=1.0, dtype=None):
    """Uniform numbers in [minval, maxval).

    Args:
        key: tuple of ints, (seed, stream).
        shape: ints.
        minval, maxval: floats.
        dtype: a float dtype, floatx by default.

    Returns:
        Array of that shape and dtype; 24 random bits each (53 for float64).

    >>> uniform((0, 1), (2, 3)).shape
    (2, 3)
    """
    scale = maxval - minval
    return _real("uniform", key, shape, dtype, minval, scale, lambda high, low: _unit(high, low) * scale + minval)


def normal(key, shape, mean=0.0, stddev=1.0, dtype=None):
    """Normal numbers, by the inverse of the distribution function (one counter each).

    Args:
        key, shape, dtype: as of `uniform`.
        mean, stddev: floats.

    >>> bool(abs(normal((0, 1), 10000).mean()) < 0.03)
    True
    """

    def transform(high, low):
        tail, side = _open(high, low)
        z = quantile(tail)
        return np.where(side, -z, z) * stddev + mean

    return _real("normal", key, shape, dtype, mean, stddev, transform)


PHI2 = 0.022750131948179207  # probability of less than -2 standard deviations


def truncated_normal(key, shape, mean=0.0, stddev=1.0, dtype=None):
    """Normal numbers of which those beyond two standard deviations are drawn again (Keras' meaning).

    Drawn by inversion within the two bounds, which gives the same distribution without repeats.

    Args:
        key, shape, dtype: as of `uniform`.
        mean, stddev: floats, of the untruncated distribution.

    >>> bool(abs(truncated_normal((0, 1), 1000)).max() <= 2)
    True
    """

    def transform(high, low):
        tail, side = _open(high, low)
        z = np.maximum(quantile(PHI2 + tail * (1 - 2 * PHI2)), -2.0)
        return np.where(side, -z, z) * stddev + mean

    return _real("truncated", key, shape, dtype, mean, stddev, transform)


def integers(key, shape, low, high, dtype="int32"):
    """Integers in [low, high), each equally likely to 1 in 2**32 (2**64 for wider ranges).

    Args:
        key, shape: as of `uniform`.
        low, high: ints, low < high.
        dtype: an integer dtype.

    Raises ArgumentError for an empty range.

    >>> sorted(set(integers((0, 1), 100, 0, 3).tolist()))
    [0, 1, 2]
    """
    shape, low, high = _shape(shape), int(low), int(high)
    span = high - low
    if span < 1 or span > 2**63:
        raise ArgumentError(f"Random integers need low < high: received low={low}, high={high}.")
    n = product(shape)
    value = bits(key, n).astype(np.uint64)
    if span <= 2**32:
        value = (value * np.uint64(span)) >> np.uint64(32)
    else:
        value = ((value << np.uint64(32)) | bits(key, n, 1)) % np.uint64(span)
    return (value.astype(np.int64) + low).astype(dtypes.numpy_type(dtypes.standardize(dtype))).reshape(shape)


def threshold(probability: float) -> int:
    """The number that a word is compared with: P(bits < threshold) = probability, as a uint32.

    Args:
        probability: in [0, 1].

    Raises ArgumentError outside of it.

    >>> threshold(0.5), threshold(0.0), threshold(1.0)
    (2147483648, 0, 4294967295)
    """
    if not 0 <= probability <= 1:
        raise ArgumentError(f"A probability must lie in [0, 1]: received {probability!r}.")
    return min(round(float(probability) * 2.0**32), 2**32 - 1)


def bernoulli(key, shape, p=0.5):
    """True with probability p; bool array of that shape.

    Args:
        key, shape: as of `uniform`.
        p: the probability, in [0, 1].

    >>> bernoulli((0, 1), 4).dtype
    dtype('bool')
    """
    shape, limit = _shape(shape), np.uint32(threshold(p))
    return (bits(key, product(shape)) < limit).reshape(shape)


def drop_threshold(rate: float) -> int:
    """The number that half a word is compared with: `rate` to the nearest 2**-16, at least one step above 0.

    Args:
        rate: in [0, 1].

    Raises ArgumentError outside of it.

    >>> drop_threshold(0.5), drop_threshold(1e-9), drop_threshold(0.0)
    (32768, 1, 0)
    """
    if not 0 <= rate <= 1:
        raise ArgumentError(f"A dropout rate must lie in [0, 1]: received {rate!r}.")
    return max(round(float(rate) * 65536), int(rate > 0))


def dropped(key, shape, rate):
    """True where dropout with this key drops an element; bool array of that shape.

    Groups of 64 elements share 32 words: the first 32 take the low halves, the others the high halves.

    Args:
        key, shape: as of `uniform`.
        rate: in [0, 1].

    >>> dropped((0, 1), (2, 3), 1.0).all()
    np.True_
    """
    shape = _shape(shape)
    n = product(shape)
    words = bits(key, -(-n // 64) * 32).reshape(-1, 1, 32)
    halves = np.concatenate([words & np.uint32(0xFFFF), words >> np.uint32(16)], axis=1)
    return (halves.reshape(-1)[:n] < drop_threshold(rate)).reshape(shape)


def permutation(key, n):
    """The numbers 0 .. n - 1 in random order, int64 (n,).

    Args:
        key: tuple of ints, (seed, stream).
        n: an int.

    >>> sorted(permutation((0, 1), 5).tolist())
    [0, 1, 2, 3, 4]
    """
    if n <= 2**22:  # 42 random bits above 22 of position: one fast sort, no argsort
        word = bits(key, n).astype(np.uint64) << np.uint64(10) | (bits(key, n, 1) >> np.uint32(22))
        word = word << np.uint64(22) | np.arange(n, dtype=np.uint64)
        word.sort()
        return (word & np.uint64(2**22 - 1)).astype(np.int64)
    word = bits(key, n).astype(np.uint64) << np.uint64(32) | bits(key, n, 1)
    return np.argsort(word, kind="stable")
