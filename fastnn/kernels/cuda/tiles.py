"""Tiles of products on a device: what products and convolutions have in common.

A block of threads makes BM x BN sums: BK steps of k at a time go to shared memory, A as BK rows of BM numbers and B as
BK rows of BN, and every thread multiplies some of them.  There are two buffers: while one is multiplied, the next is
on its way from memory through registers.

`registers`: each thread adds TM x TN products to sums in its registers, 64 multiply-adds for four 128-bit loads where
TM = TN = 8.  A thread's rows are quads that lie BM / (TM / 4) apart, its columns likewise: so the loads of
neighbouring threads meet no bank of shared memory twice.  Every sum is one chain of multiply-adds in the order of k,
as on the CPU.

`tensors`: each warp of a block does it on tensor cores, with operands rounded to TF32.

Both give what a kernel needs of a tile: sizes, and the functions of its threads.  `corner(item, M, N)`: the first row
and column of an item's tile of M x N sums, and which of several such matrices it is of.  `place(t)`: which column and
row of threads a thread is in.  `multiply(F, acc, sa, sb, box, buffer, tx, ty)` adds one buffer's products to acc.
`row_of(i, ty)`: the row of the tile that the thread's row i is.  `finisher(address)` makes `finish(F, acc, m, n, wide,
flags, bias, activation, tx, ty, c, g, p0, s0, s1, s2)`, which writes the thread's sums, the rows below m and the
columns below n; bias: its address for these columns.
Where a row of the tile lies is what `address(F, c, g, p0, s0, s1, s2, row)` says.
"""

from typing import Any, NamedTuple

from fastnn.core.blocks import BIAS, CODES, RELU
from fastnn.core.jit import at, device, sizeof
from fastnn.core.jit_cuda import load4, local, store4
from fastnn.core.jit_mma import BOX, WARP, mma, tf32
from fastnn.core.simd import fma
from fastnn.kernels.cpu.vecmath import sigmoid, tanh
from fastnn.kernels.cuda.trees import split

# Numbers between rows of shared memory: without them a transposed store, or the loads of a warp's tiles, would meet
# in a few banks.
PAD, TENSOR_PAD = 4, 8
SIGMOID = CODES["sigmoid"]


class Tile(NamedTuple):
    """One form of a tile: rows, columns, steps of k; threads; a thread's sums and its rows of them; numbers of shared
    memory for A, B and the warps; the functions of blocks and threads."""

    BM: int
    BN: int
    BK: int
    T: int
    ACC: int
    ROWS: int
    A: int
    B: int
    BOX: int
    corner: Any
    place: Any
    multiply: Any
    row_of: Any
    finisher: Any
    a: Any
    b: Any


@device
def vectors(F, address, stride):
    """Whether the quads of rows that lie `stride` numbers apart from this address on can be read 128 bits at a time."""
    return ((address | (stride * sizeof(F))) & 15) == 0


@device
def ended(F, v, bias, j, flags):
    """A sum with its bias, not below 0 where that is asked for."""
    if flags & BIAS:
        v = v + bias[j]
    return F(0) if (flags & RELU) != 0 and v < F(0) else v


@device
def activated(F, activation, y, n):
    """Apply sigmoid or tanh to n numbers at y."""
    for k in range(n):
        y[k] = sigmoid(F, y[k]) if activation == SIGMOID else tanh(F, y[k])


def cornering(BM, BN):
    """`corner` of a tile; see the module's text."""

    @device
    def corner(item, M, N):
        rest, i = split(item, (M + BM - 1) // BM)
        matrix, j = split(rest, (N + BN - 1) // BN)
        return i * BM, j * BN, matrix

    return corner


def finishing(ROWS, row_of, write, activate, address):
    """`finish` of a tile; see the module's text.  write(i): the function that writes the thread's row i.

    A loop over the rows is written out, row by row: an index into the sums that is not a constant would keep them out
    of registers.
    """

    def chain(i):
        of_row, rest = write(i), chain(i + 1) if i + 1 < ROWS else None

        @device
        def row(F, acc, m, n, wide, flags, bias, tx, ty, c, g, p0, s0, s1, s2):
            r = row_of(i, ty)
            if r < m:
                of_row(F, acc, address(F, c, g, p0, s0, s1, s2, r), n, wide, flags, bias, tx)

        if rest is None:
            return row

        @device
        def rows(F, acc, m, n, wide, flags, bias, tx, ty, c, g, p0, s0, s1, s2):
            row(F, acc, m, n, wide, flags, bias, tx, ty, c, g, p0, s0, s1, s2)
            rest(F, acc, m, n, wide, flags, bias, tx, ty, c, g, p0, s0, s1, s2)

        return rows

    write_all = chain(0)

    @device
    def finish(F, acc, m, n, wide, flags, bias, activation, tx, ty, c, g, p0, s0, s1, s2):
        write_all(F, acc, m, n, wide, flags, bias, tx, ty, c, g, p0, s0, s1, s2)
        if activation > 1:  # of what this thread has written
            for i in range(ROWS):
                r = row_of(i, ty)
                if r < m:
                    activate(F, activation, address(F, c, g, p0, s0, s1, s2, r), n, tx)

    return finish


@device
def _same(x):
    return x


def mover(BO, BK, T, pad=PAD, rounded=_same):
    """How T threads bring a tile of an operand, BO along the outer axis and BK of k, to shared memory.

    A thread has quads of neighbours, along the outer axis (`flat`) or along k.  `begin(flat, t)`: where the first of
    them lies, (outer, k).  `fetch(F, r, p, step, along, across, flat, wide)`: its quads to the registers r, the first
    from the address p, the others `step` bytes from one to the next; zeros beyond what is left `along` quads
    and `across` them.  `stash(F, s, buffer, r, outer, k, flat)`: from there to one of the two buffers of s.  The two
    numbers at the end: how far a thread's quads are apart, across them, where they are flat and where not.
    """
    QUADS, LINE = BO * BK // (4 * T), BO + pad
    FLAT, DEEP = 4 * T // BO, 4 * T // BK

    @device
    def begin(flat, t):
        return (t * 4 % BO, t * 4 // BO) if flat else (t * 4 // BK, t * 4 % BK)

    @device
    def fetch(F, r, p, step, along, across, flat, wide):
        for q in range(QUADS):
            x = at(F, p + q * step)
            n = along if across > q * (FLAT if flat else DEEP) else 0
            if wide and n >= 4:
                r[4 * q], r[4 * q + 1], r[4 * q + 2], r[4 * q + 3] = load4(x, 0)
            else:
                for i in range(4):
                    r[4 * q + i] = x[i] if i < n else F(0)

    @device
    def stash(F, s, buffer, r, outer, k, flat):
        o = (buffer * BK + k) * LINE + outer
        for q in range(QUADS):
            x = rounded(r[4 * q]), rounded(r[4 * q + 1]), rounded(r[4 * q + 2]), rounded(r[4 * q + 3])
            if flat:
                store4(s, o + q * FLAT * LINE, x)
            else:
                s[o + q * DEEP] = x[0]
                s[o + q * DEEP + LINE] = x[1]
                s[o + q * DEEP + 2 * LINE] = x[2]
                s[o + q * DEEP + 3 * LINE] = x[3]

    return begin, fetch, stash, FLAT, DEEP


def registers(BM, BN, BK, TM, TN):
    """A tile whose threads have TM x TN sums each; see the module's text."""
    TX = BN // TN
    T = TX * (BM // TM)
    QM, QN = TM // 4, TN // 4
    HM, HN = BM // QM, BN // QN
    LA, LB = BM + PAD, BN + PAD

    @device
    def place(t):
        return t % TX, t // TX

    @device
    def step(F, acc, sa, sb, a, b):
        x, y = local(F, TM), local(F, TN)
        for h in range(QM):
            x[4 * h], x[4 * h + 1], x[4 * h + 2], x[4 * h + 3] = load4(sa, a + h * HM)
        for h in range(QN):
            y[4 * h], y[4 * h + 1], y[4 * h + 2], y[4 * h + 3] = load4(sb, b + h * HN)
        for i in range(TM):
            for j in range(TN):
                acc[i * TN + j] = fma(F, x[i], y[j], acc[i * TN + j])

    @device
    def multiply(F, acc, sa, sb, box, buffer, tx, ty):
        a, b = buffer * BK * LA + ty * 4, buffer * BK * LB + tx * 4
        for k in range(0, BK, 4):  # four steps at a time: the loads of one are on their way while another multiplies
            step(F, acc, sa, sb, a + k * LA, b + k * LB)
            step(F, acc, sa, sb, a + (k + 1) * LA, b + (k + 1) * LB)
            step(F, acc, sa, sb, a + (k + 2) * LA, b + (k + 2) * LB)
            step(F, acc, sa, sb, a + (k + 3) * LA, b + (k + 3) * LB)

    @device
    def row_of(i, ty):
        return i // 4 * HM + ty * 4 + i % 4

    def write(i):
        @device
        def row(F, acc, c, n, wide, flags, bias, tx):
            S = sizeof(F)
            for h in range(QN):
                j, k = h * HN + tx * 4, i * TN + 4 * h
                y, b = at(F, c + j * S), at(F, bias + j * S)
                if j + 4 <= n and wide:
                    v0, v1 = ended(F, acc[k], b, 0, flags), ended(F, acc[k + 1], b, 1, flags)
                    v2, v3 = ended(F, acc[k + 2], b, 2, flags), ended(F, acc[k + 3], b, 3, flags)
                    store4(y, 0, (v0, v1, v2, v3))
                else:
                    for e in range(4):
                        if j + e < n:
                            y[e] = ended(F, acc[k + e], b, e, flags)

        return row

    @device
    def activate(F, activation, c, n, tx):
        for h in range(QN):
            j = h * HN + tx * 4
            activated(F, activation, at(F, c + j * sizeof(F)), min(4, n - j))

    def finisher(address):
        return finishing(TM, row_of, write, activate, address)

    return Tile(BM, BN, BK, T, TM * TN, TM, 2 * BK * LA, 2 * BK * LB, 1, cornering(BM, BN), place, multiply,
                row_of, finisher, mover(BM, BK, T), mover(BN, BK, T))  # fmt: skip


def tensors(BM, BN, BK, WM, WN):
    """A tile of float32 on tensor cores, by WM x WN warps; see the module's text and core/jit_mma.py."""
    T = WARP * WM * WN
    HM, HN = BM // WM, BN // WN  # of a warp
    MI, NI = HM // 16, HN // 8
    TN, QUADS = 2 * NI, 4 * MI
    LA, LB = BM + TENSOR_PAD, BN + TENSOR_PAD

    @device
    def place(t):
        """Of the columns of its first sum, and of its first row: they are what the other functions need."""
        warp, lane = t // WARP, t % WARP
        return warp % WN * HN + lane % 4 * 2, warp // WN * HM + lane // 4

    @device
    def multiply(F, acc, sa, sb, box, buffer, tx, ty):
        q = tx % 8 // 2
        g = ty % 8
        column = tx - 2 * q + g
        a = local(F, QUADS)
        for k in range(0, BK, 8):
            s = (buffer * BK + k + q) * LA + ty
            for m in range(MI):
                a[4 * m], a[4 * m + 1] = sa[s + 16 * m], sa[s + 16 * m + 8]
                a[4 * m + 2], a[4 * m + 3] = sa[s + 16 * m + 4 * LA], sa[s + 16 * m + 8 + 4 * LA]
            for n in range(NI):
                p = (buffer * BK + k + q) * LB + column + 8 * n
                b = sb[p], sb[p + 4 * LB]
                for m in range(MI):
                    c = 2 * m * TN + 2 * n
                    acc[c], acc[c + 1], acc[c + TN], acc[c + TN + 1] = mma(
                        box,
                        (a[4 * m], a[4 * m + 1], a[4 * m + 2], a[4 * m + 3]),
                        b,
                        (acc[c], acc[c + 1], acc[c + TN], acc[c + TN + 1]),
                    )

    @device
    def row_of(i, ty):
        return ty + i // 2 * 16 + i % 2 * 8

    def write(i):
        @device
        def row(F, acc, c, n, wide, flags, bias, tx):
            S = sizeof(F)
            for h in range(NI):
                j, k = tx + 8 * h, i * TN + 2 * h
                y, b = at(F, c + j * S), at(F, bias + j * S)
                for e in range(2):
                    if j + e < n:
                        y[e] = ended(F, acc[k + e], b, e, flags)

        return row

    @device
    def activate(F, activation, c, n, tx):
        for h in range(NI):
            j = tx + 8 * h
            activated(F, activation, at(F, c + j * sizeof(F)), min(2, n - j))

    def finisher(address):
        return finishing(2 * MI, row_of, write, activate, address)

    return Tile(BM, BN, BK, T, 4 * MI * NI, 2 * MI, 2 * BK * LA, 2 * BK * LB, T * BOX, cornering(BM, BN), place,
                multiply, row_of, finisher, mover(BM, BK, T, TENSOR_PAD, tf32),
                mover(BN, BK, T, TENSOR_PAD, tf32))  # fmt: skip
