"""Register tiles of products on a device: what products and convolutions have in common.

A block of threads makes BM x BN sums: BK steps of k at a time go to shared memory, A as BK rows of BM numbers and B as
BK rows of BN, and each thread adds TM x TN products of them to sums in its registers: 64 multiply-adds for four
128-bit loads where TM = TN = 8.  A thread's rows are quads that lie BM / (TM / 4) apart, its columns likewise: so the
loads of neighbouring threads meet no bank of shared memory twice.  There are two buffers: while one is multiplied,
the next is on its way from memory through registers.  Every sum is one chain of multiply-adds in the order of k, as
on the CPU.
"""

import types

from fastnn.core.blocks import BIAS, CODES, RELU
from fastnn.core.jit import at, device, sizeof
from fastnn.core.jit_cuda import load4, local, store4
from fastnn.core.simd import fma
from fastnn.kernels.cpu.vecmath import sigmoid, tanh

PAD = 4  # numbers between rows of shared memory: those of a transposed store would all lie in a few banks
SIGMOID = CODES["sigmoid"]


@device
def vectors(F, address, stride):
    """Whether the quads of rows that lie `stride` numbers apart from this address on can be read 128 bits at a time."""
    return ((address | (stride * sizeof(F))) & 15) == 0


def mover(BO, BK, T):
    """How T threads bring a tile of an operand, BO along the outer axis and BK of k, to shared memory.

    `fetch(F, r, p, so, sk, outer, depth, wide, t)`: this thread's quads, from the tile at address p whose steps are so
    and sk (one of them 1), to the registers r; zeros beyond `outer` and `depth`.  `stash(F, s, buffer, r, flat, t)`:
    from there to one of the two buffers of s; flat: they lie along the outer axis.
    """
    QUADS, LINE = BO * BK // (4 * T), BO + PAD

    @device
    def fetch(F, r, p, so, sk, outer, depth, wide, t):
        S = sizeof(F)
        for q in range(QUADS):
            e = (t + q * T) * 4
            if so == 1:
                k, o = e // BO, e % BO
                x = at(F, p + (k * sk + o) * S)
                inside = min(outer - o, 4) if k < depth else 0
            else:
                o, k = e // BK, e % BK
                x = at(F, p + (o * so + k) * S)
                inside = min(depth - k, 4) if o < outer else 0
            if wide and inside == 4:
                r[4 * q], r[4 * q + 1], r[4 * q + 2], r[4 * q + 3] = load4(x, 0)
            else:
                for i in range(4):
                    r[4 * q + i] = x[i] if i < inside else F(0)

    @device
    def stash(F, s, buffer, r, flat, t):
        for q in range(QUADS):
            e = (t + q * T) * 4
            if flat:
                k, o = e // BO, e % BO
                store4(s, (buffer * BK + k) * LINE + o, (r[4 * q], r[4 * q + 1], r[4 * q + 2], r[4 * q + 3]))
            else:
                o, k = e // BK, e % BK
                for i in range(4):
                    s[(buffer * BK + k + i) * LINE + o] = r[4 * q + i]

    return fetch, stash


def tile(BM, BN, BK, TM, TN):
    """The sizes of such a tile and the functions of its threads; see the module's text.

    `multiply(F, acc, sa, sb, buffer, tx, ty)` adds one buffer's products to acc.  `finish(F, acc, row, i, c, n, wide,
    flags, bias, tx)` writes row i of the thread's sums, the columns below n, to the row of C at address c; bias: its
    address for these columns.  `row_of(i, ty)`: which row of the tile that is.
    """
    TX = BN // TN
    QM, QN = TM // 4, TN // 4
    HM, HN = BM // QM, BN // QN
    LA, LB = BM + PAD, BN + PAD

    @device
    def multiply(F, acc, sa, sb, buffer, tx, ty):
        x, y = local(F, TM), local(F, TN)
        for k in range(BK):
            for h in range(QM):
                x[4 * h], x[4 * h + 1], x[4 * h + 2], x[4 * h + 3] = load4(
                    sa, (buffer * BK + k) * LA + h * HM + ty * 4
                )
            for h in range(QN):
                y[4 * h], y[4 * h + 1], y[4 * h + 2], y[4 * h + 3] = load4(
                    sb, (buffer * BK + k) * LB + h * HN + tx * 4
                )
            for i in range(TM):
                for j in range(TN):
                    acc[i * TN + j] = fma(F, x[i], y[j], acc[i * TN + j])

    @device
    def row_of(i, ty):
        return i // 4 * HM + ty * 4 + i % 4

    @device
    def finish(F, acc, i, c, n, wide, flags, bias, tx):
        S = sizeof(F)
        for h in range(QN):
            j = h * HN + tx * 4
            y, b = at(F, c + j * S), at(F, bias + j * S)
            if j + 4 <= n and wide:
                store4(
                    y,
                    0,
                    (
                        ended(F, acc[i * TN + 4 * h], b, 0, flags),
                        ended(F, acc[i * TN + 4 * h + 1], b, 1, flags),
                        ended(F, acc[i * TN + 4 * h + 2], b, 2, flags),
                        ended(F, acc[i * TN + 4 * h + 3], b, 3, flags),
                    ),
                )
            else:
                for k in range(4):
                    if j + k < n:
                        y[k] = ended(F, acc[i * TN + 4 * h + k], b, k, flags)

    @device
    def activate(F, activation, c, n, tx):
        for h in range(QN):
            j = h * HN + tx * 4
            y = at(F, c + j * sizeof(F))
            for k in range(min(4, n - j)):
                y[k] = sigmoid(F, y[k]) if activation == SIGMOID else tanh(F, y[k])

    return types.SimpleNamespace(
        BM=BM, BN=BN, BK=BK, TM=TM, TN=TN, TX=TX, T=TX * (BM // TM), A=2 * BK * LA, B=2 * BK * LB,
        multiply=multiply, row_of=row_of, finish=finish, activate=activate,
        a=mover(BM, BK, TX * (BM // TM)), b=mover(BN, BK, TX * (BM // TM)),
    )  # fmt: skip


@device
def ended(F, v, bias, j, flags):
    """A sum with its bias, not below 0 where that is asked for."""
    if flags & BIAS:
        v = v + bias[j]
    return F(0) if (flags & RELU) != 0 and v < F(0) else v
