"""Matrix products with bias and activation in the epilogue: 2-D and batched, either operand transposed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fastnn.core.blocks import CODES, COPY_LINE, DEPTH, PACK_A, PACK_B, PANEL_BYTES
from fastnn.core.errors import ArgumentError, DTypeError, ShapeError
from fastnn.core.shapes import broadcast, product
from fastnn.core.types import Attrs
from fastnn.graph.fusion import Algebra, Fusion
from fastnn.graph.node import Node
from fastnn.graph.spec import Spec
from fastnn.kernels.reference import matmul as reference
from fastnn.ops.forms import affine, zero
from fastnn.ops.op import Array, Case, Draw, Gradients, Op, R, Specs, register
from fastnn.ops.records import matmul_cuda
from fastnn.ops.records.broadcasting import unbroadcast
from fastnn.ops.records.cast import converted
from fastnn.ops.records.matmul_sizes import Product, epilogue, sizes

if TYPE_CHECKING:
    from fastnn.compiler.emit import Emitter

TALL, PACKED = 2048, 1 << 19  # rows of A, bytes of B, from which and up to which B is packed whole
SMALL = 32768  # multiply-adds up to which nothing is packed
SMALL_B = 1024  # elements of a transposed w that such a product turns round first
CHUNK_FLOPS = 1e6  # about 10 us: what a chunk for one thread should be worth
CHUNKS, PARTIALS = 16, 8
FAR, HELD = 4096, 1 << 21  # bytes of a page; of a B that caches are taken to hold
FLAT, FLAT_DEPTH = 2, 256  # panels of such blocks are so many times as wide, and less deep
ROW_PARTIALS, ROW_BYTES = 16, 1 << 17  # partial sums of a row vector times a matrix, bytes of it that one is worth
LONG = 1024  # inner sizes from which a small product is cut into partial sums


# ------------------------------------------------------------------ shapes
def check_floats(name: str, specs: Specs) -> None:
    """Raise DTypeError unless all inputs that are there have one float type."""
    names = [s.dtype for s in specs if s is not None]
    if len(set(names)) > 1 or names[0] not in ("float32", "float64"):
        raise DTypeError(
            f"{name}: received {' and '.join(names)}; expected one dtype, float32 or float64, for all "
            "inputs (ops.cast converts)."
        )


def check_epilogue(name: str, attrs: Attrs, bias: Any, n: int) -> None:
    """Raise for an unknown activation or a bias that is not (n,)."""
    if attrs["activation"] not in CODES:
        raise ArgumentError(f"{name}: activation={attrs['activation']!r}; expected one of {list(CODES)}.")
    if bias is not None and bias.shape != (n,):
        raise ShapeError(f"{name}: a bias of shape {bias.shape}; expected ({n},), one number per output column.")


def _infer(specs: Specs, attrs: Attrs) -> Any:
    x, w, b = specs
    check_floats("matmul", specs)
    if len(x.shape) < 2 or len(w.shape) < 2:
        raise ShapeError(f"matmul: received shapes {x.shape} and {w.shape}; expected matrices (2 or more dimensions).")
    try:
        lead, M, N, K, Kw = sizes(specs, attrs)
    except ShapeError:
        raise ShapeError(f"matmul: the leading dimensions of {x.shape} and {w.shape} do not broadcast.") from None
    if None not in (K, Kw) and Kw != K:
        raise ShapeError(
            f"Inner dimensions must be equal. matmul: inner sizes differ: received x of shape {x.shape}"
            f"{' (transposed)' if attrs['transpose_a'] else ''} and w of shape {w.shape}"
            f"{' (transposed)' if attrs['transpose_b'] else ''}, so {K} against {Kw}."
        )
    check_epilogue("matmul", attrs, b, N)
    return Spec((*lead, M, N), x.dtype)


def _cost(specs: Specs, outs: Specs, attrs: Attrs) -> Any:
    K = specs[0].shape[-2 if attrs["transpose_a"] else -1]
    return 2 * outs[0].size * K, sum(s.nbytes for s in specs if s is not None) + outs[0].nbytes


# ------------------------------------------------------------------ lowering
def _lower(e: Emitter) -> None:
    p, (x, w, b), y = Product(e), e.ins, e.outs[0]
    flags, bias, code = epilogue(e, b)
    if p.batch == 1 and p.N == 1 and b is None and p.ars == 1:
        # A stored K x M times a column: the row vector times that matrix, read as it lies
        p.M, p.N, p.ars, p.aks, p.bks, p.bns, x, w = 1, p.M, p.K, 1, p.M, 1, w, x
    t, macs = y.t, p.M * p.N * p.K
    if p.batch == 1 and macs <= SMALL and (p.bns == 1 or p.N * p.K <= SMALL_B):
        work = 0 if p.bns == 1 else e.local(p.K * (p.N + 16) * y.itemsize)
        e.emit(
            f"matmul_small_{t}",
            x.rd_all,
            p.ars,
            p.aks,
            w.rd_all,
            p.bks,
            p.bns,
            y.wr_all,
            p.N,
            p.K,
            flags,
            bias,
            code,
            work,
            n=p.M,
            chunk=p.M,
            flops=p.flops,
        )
    elif p.batch == 1 and p.N == 1 and p.aks == 1:
        e.emit(f"matmul_dot_{t}", x.rd, p.ars, w.rd_all, y.wr, p.K, flags, bias, 0, code, n=p.M, flops=p.flops)
    elif p.batch == 1 and p.M == 1 and p.bks == 1 and p.aks == 1:
        e.emit(f"matmul_dot_{t}", w.rd, p.K, x.rd_all, y.wr, p.K, flags, bias, 1, code, n=p.N, flops=p.flops)
    elif p.batch == p.M == p.bns == p.aks == 1:
        _row(e, p, x, w, y, flags, bias, code)
    else:
        _blocks(e, p, x, w, y, flags, bias, code)


def _row(e: Emitter, p: Any, x: Any, w: Any, y: Any, flags: int, bias: Any, code: int) -> None:
    """A row vector times a matrix: bound by reading it once, so cut into as many ranges as caches are good for."""
    partials = max(1, min(ROW_PARTIALS, p.K * p.N * y.itemsize // ROW_BYTES, p.K // 16))
    step = -(-p.K // partials)
    partials = -(-p.K // step)
    sums = e.scratch(partials * y.nbytes)
    e.emit(f"matmul_row_{y.t}", x.rd_all, w.rd_all, sums.wr_all, p.K, p.N, step, n=partials, chunk=1, flops=p.flops)
    e.emit(f"add_partials_{y.t}", sums.rd_all, partials, p.N, y.wr_all, p.N, flags, bias, code, n=1, chunk=1)


def _blocks(e: Emitter, p: Any, x: Any, w: Any, y: Any, flags: int, bias: Any, code: int) -> None:
    """The packed kernel; a small product of long sums is cut into partial sums that are added in order."""
    # Rows of B that lie pages apart: the lines of a few columns fall into a few sets of a cache, and no hardware sees
    # the pattern. So they are read from end to end, into panels; so are those of a transposed A.
    far = 1 < p.M <= 64 and p.bns == 1 and p.N * y.itemsize >= FAR
    far = far and (p.M > 8 or p.K * p.N * y.itemsize > HELD)
    tall = p.ars == 1 and p.M > 8 and (p.M * y.itemsize >= FAR or 2 * p.K * p.M * y.itemsize > PACKED)
    packed = PACK_A * tall | PACK_B * far
    depth, wide = DEPTH, (1024 if p.M <= 2 and p.bns == 1 and not far else PANEL_BYTES) // y.itemsize
    if p.M >= TALL and p.M >= 4 * p.N and wide < p.N and min(p.K, DEPTH) * p.N * y.itemsize <= PACKED:
        wide = -(-p.N // wide) * wide  # B fits L2 as a whole: read A once
    elif packed:
        depth, wide = FLAT_DEPTH, min(FLAT * wide, -(-p.N // wide) * wide)  # what is copied is copied less often
    cols = -(-p.N // wide)
    blocks = p.batch * cols * -(-p.M // 48)
    chunks = max(1, min(CHUNKS, int(p.flops / CHUNK_FLOPS)))
    long = p.K >= LONG and (blocks < 4 or 16 * max(p.M, p.N) <= p.K) and p.batch == 1
    partials = min(PARTIALS, chunks, p.K // (LONG // 4)) if long else 1
    local = e.local(depth * (wide + COPY_LINE) * y.itemsize)
    if partials > 1:
        if p.N * DEPTH * y.itemsize <= 2 * PACKED:
            wide = -(-p.N // wide) * wide
            depth, cols, local = DEPTH, 1, e.local(DEPTH * (wide + COPY_LINE) * y.itemsize)
        step = -(-p.K // partials)
        starts = np.array([(k * p.aks, k * p.bks, min(step, p.K - k)) for k in range(0, p.K, step)], np.int64)
        sums = e.scratch(len(starts) * y.nbytes)
        per = cols  # items of one part: all its rows in one block
        e.emit(
            f"matmul_{y.t}",
            x.rd_all,
            p.ars,
            p.aks,
            w.rd_all,
            p.bks,
            p.bns,
            sums.wr_all,
            p.M,
            p.N,
            0,
            0,
            0,
            local,
            max(p.M, 1),
            wide,
            depth,
            packed,
            e.table(starts),
            n=len(starts) * per,
            chunk=per,
            flops=p.flops,
        )
        e.emit(f"add_partials_{y.t}", sums.rd_all, len(starts), y.size, y.wr, p.N, flags, bias, code, n=p.M)
        return
    rows, blocks = p.M, p.batch * cols
    if blocks < min(chunks, 8) or (
        depth == DEPTH and wide * y.itemsize > PANEL_BYTES and p.M > 2
    ):  # few column blocks: cut the rows
        rows = -(-p.M // max(1, chunks // blocks))
        rows = min(p.M, -(-rows // 48) * 48)
    n = blocks * -(-p.M // rows)
    e.emit(
        f"matmul_{y.t}",
        x.rd_all,
        p.ars,
        p.aks,
        w.rd_all,
        p.bks,
        p.bns,
        y.wr_all,
        p.M,
        p.N,
        flags,
        bias,
        code,
        local,
        rows,
        wide,
        depth,
        packed,
        e.table(p.starts),
        n=n,
        chunk=-(-n // chunks),
        joined=rows < p.M,
        flops=p.flops,
    )


# ------------------------------------------------------------------ gradients
def activation_grad(y: Any, gy: Any, activation: Any) -> Any:
    """The gradient before the activation, from its result y and the gradient gy after it."""
    if activation is None:
        return gy
    if activation == "relu":
        return R.multiply(gy, converted(R.less(zero(y), y), y.dtype))
    slope = R.multiply(y, affine(y, -1.0, 1.0)) if activation == "sigmoid" else affine(R.multiply(y, y), -1.0, 1.0)
    return R.multiply(gy, slope)


def _mm(x: Any, w: Any, **attrs: Any) -> Any:
    return product_op(x, w, None, **attrs)


def _vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    (x, w, b), a = node.inputs, node.attrs
    g = activation_grad(node.outputs[0], gys[0], a["activation"])
    ta, tb = a["transpose_a"], a["transpose_b"]
    gb = None if b is None else R.sum(g, axis=tuple(range(len(g.shape) - 1)))
    if len(w.shape) == 2 and len(x.shape) > 2 and not ta:  # one big product: flatten the rows
        x2, g2 = R.reshape(x, shape=(-1, x.shape[-1])), R.reshape(g, shape=(-1, g.shape[-1]))
        gx = _mm(g, w, transpose_b=not tb)
        gw = _mm(g2, x2, transpose_a=True) if tb else _mm(x2, g2, transpose_a=True)
        return [gx, gw, gb]
    gx = _mm(w, g, transpose_a=tb, transpose_b=True) if ta else _mm(g, w, transpose_b=not tb)
    gw = _mm(g, x, transpose_a=True, transpose_b=ta) if tb else _mm(x, g, transpose_a=not ta)
    return [unbroadcast(gx, x.shape), unbroadcast(gw, w.shape), gb]


def _cases(draw: Draw) -> Any:
    M, N, K = draw.integer(1, 9), draw.integer(1, 9), draw.integer(1, 9)
    if draw.integer(0, 7) == 0:
        M, N, K = draw.integer(1, 70), draw.integer(1, 140), draw.integer(1, 40)
    ta, tb = draw.boolean(), draw.boolean()
    lead_x, lead_w = draw.choice([((), ()), ((2,), ()), ((), (2,)), ((2, 1), (3,)), ((2,), (2,))])
    bias = Array((N,)) if draw.boolean() else None
    activation = draw.choice([None, "sigmoid", "tanh"])  # relu's kink falls anywhere: tests/kernels/cpu has it
    return Case(
        [Array((*lead_x, K, M) if ta else (*lead_x, M, K)), Array((*lead_w, N, K) if tb else (*lead_w, K, N)), bias],
        {"transpose_a": ta, "transpose_b": tb, "activation": activation},
        tolerance=max(1.0, K / 4),
    )


product_op = register(
    Op(
        name="matmul",
        inputs=("x", "w", "b?"),
        attrs={"transpose_a": False, "transpose_b": False, "activation": None},
        infer=_infer,
        lower=_lower,
        cuda=matmul_cuda.lower,
        vjp=_vjp,
        reference=reference.matmul,
        cases=_cases,
        cost=_cost,
        fusion=Fusion(Algebra.PRODUCT, bias=2, activation="activation"),
        invalid=[
            ([Spec((2, 3), "float32"), Spec((4, 5), "float32"), None], {}, ShapeError),
            ([Spec((2, 3), "float32"), Spec((3,), "float32"), None], {}, ShapeError),
            ([Spec((2, 3), "float32"), Spec((3, 5), "float32"), Spec((4,), "float32")], {}, ShapeError),
            ([Spec((2, 3), "float32"), Spec((3, 5), "float64"), None], {}, DTypeError),
            ([Spec((2, 3), "float32"), Spec((3, 5), "float32"), None], {"activation": "cube"}, ArgumentError),
        ],
        doc="y = act(x · w + b), the last two dimensions as matrices, leading ones broadcast",
    )
)


def _whole_infer(specs: Specs, attrs: Attrs) -> Any:
    x, w = specs
    if x.dtype != w.dtype or x.dtype not in ("int32", "int64"):
        raise DTypeError(f"matmul_whole: received {x.dtype} and {w.dtype}; expected int32 or int64 for both.")
    if len(x.shape) < 2 or len(w.shape) < 2 or x.shape[-1] != w.shape[-2]:
        raise ShapeError(
            f"matmul_whole: received shapes {x.shape} and {w.shape}; expected (..., M, K) and (..., K, N)."
        )
    return Spec((*broadcast(x.shape[:-2], w.shape[:-2]), x.shape[-2], w.shape[-1]), x.dtype)


def _whole_lower(e: Emitter) -> None:
    (x, w), y = e.ins, e.outs[0]
    (m, depth), n, many = x.shape[-2:], w.shape[-1], y.shape[:-2]
    starts = []
    for v in (x, w):  # of each matrix in the batch
        size = product(v.shape[-2:])
        places = np.arange(product(v.shape[:-2]), dtype=np.int64).reshape(v.shape[:-2]) * size
        starts.append(np.broadcast_to(places, many).reshape(-1))
    rows = product(many) * m
    flops = 2 * rows * depth * n
    e.emit(
        f"matmul_whole_{x.t}", x.rd_all, w.rd_all, y.wr, m, depth, n, e.table(np.stack(starts, 1)), n=rows, flops=flops
    )


_whole_op = register(
    Op(
        name="matmul_whole",
        inputs=("x", "w"),
        infer=_whole_infer,
        lower=_whole_lower,
        nondiff="integers",
        reference=np.matmul,
        cost=lambda specs, outs, attrs: (
            2 * outs[0].size * specs[0].shape[-1],
            specs[0].nbytes + specs[1].nbytes + outs[0].nbytes,
        ),
        cases=lambda draw: Case([Array((2, 3, 4), "int32", -9, 9), Array((4, 2), "int32", -9, 9)]),
        invalid=[
            ([Spec((2, 3), "int32"), Spec((4, 5), "int32")], {}, ShapeError),
            ([Spec((2, 3), "float32"), Spec((3, 5), "float32")], {}, DTypeError),
        ],
        doc="y = x · w of integers, exact modulo the range of their dtype",
    )
)
