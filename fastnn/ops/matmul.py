"""Matrix products with bias and activation in the epilogue: 2-D and batched, either operand transposed."""
import numpy as np

from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError, DTypeError, ShapeError
from fastnn.core.shapes import broadcast, product
from fastnn.graph.spec import Spec
from fastnn.kernels.reference import matmul as reference
from fastnn.ops.common import dtype_of, operand, result_dtype
from fastnn.ops.op import Array, Case, Op, register

__all__ = ["matmul"]

ACTIVATIONS = {None: 0, "relu": 1, "sigmoid": 2, "tanh": 3}     # the epilogue's codes in the kernels
BIAS, RELU = 2, 4                       # flags of the micro-kernel (core/simd_tiles.py)
KC, ALD, CB = 512, 144, 256             # of kernels/cpu/matmul.py: its workspace, and bytes of a column block
TALL, PACKED = 2048, 1 << 19            # rows of A, bytes of B, from which and up to which B is packed whole
SMALL = 32768                           # multiply-adds up to which nothing is packed
SMALL_B = 1024                          # elements of a transposed w that such a product turns round first
CHUNK_FLOPS = 1e6                       # about 10 us: what a chunk for one thread should be worth
CHUNKS, PARTS = 16, 8
ROW_PARTS, ROW_BYTES = 16, 1 << 17       # partial sums of a row vector times a matrix, bytes of it that one is worth
LONG = 1024                             # inner sizes from which a small product is cut into partial sums


# ------------------------------------------------------------------ shapes
def _sizes(specs, attrs):
    """(leading dims, M, N, K of x, K of w)"""
    x, w = specs[0].shape, specs[1].shape
    M, K = x[-2:][::-1] if attrs["transpose_a"] else x[-2:]
    Kw, N = w[-2:][::-1] if attrs["transpose_b"] else w[-2:]
    return broadcast(x[:-2], w[:-2]), M, N, K, Kw


def check_floats(name, specs):
    """Raise DTypeError unless all inputs that are there have one float type."""
    names = [s.dtype for s in specs if s is not None]
    if len(set(names)) > 1 or names[0] not in ("float32", "float64"):
        raise DTypeError(f"{name}: received {' and '.join(names)}; expected one dtype, float32 or float64, for all "
                         "inputs (ops.cast converts).")


def check_epilogue(name, attrs, bias, n):
    """Raise for an unknown activation or a bias that is not (n,)."""
    if attrs["activation"] not in ACTIVATIONS:
        raise ArgumentError(f"{name}: activation={attrs['activation']!r}; expected one of {list(ACTIVATIONS)}.")
    if bias is not None and bias.shape != (n,):
        raise ShapeError(f"{name}: a bias of shape {bias.shape}; expected ({n},), one number per output column.")


def _infer(specs, attrs):
    x, w, b = specs
    check_floats("matmul", specs)
    if len(x.shape) < 2 or len(w.shape) < 2:
        raise ShapeError(f"matmul: received shapes {x.shape} and {w.shape}; expected matrices (2 or more "
                         "dimensions).")
    try:
        lead, M, N, K, Kw = _sizes(specs, attrs)
    except ShapeError:
        raise ShapeError(f"matmul: the leading dimensions of {x.shape} and {w.shape} do not broadcast.") from None
    if None not in (K, Kw) and Kw != K:
        raise ShapeError(f"matmul: inner sizes differ: received x of shape {x.shape}"
                         f"{' (transposed)' if attrs['transpose_a'] else ''} and w of shape {w.shape}"
                         f"{' (transposed)' if attrs['transpose_b'] else ''}, so {K} against {Kw}.")
    check_epilogue("matmul", attrs, b, N)
    return Spec((*lead, M, N), x.dtype)


def _cost(specs, outs, attrs):
    K = specs[0].shape[-2 if attrs["transpose_a"] else -1]
    return 2 * outs[0].size * K, sum(s.nbytes for s in specs if s is not None) + outs[0].nbytes


# ------------------------------------------------------------------ lowering
class Product:
    """C (batch, M, N) = op(A) op(B): sizes, element strides, and the (A, B) offsets of each matrix."""

    def __init__(self, e):
        x, w = e.ins[:2]
        ta, tb = e.attrs["transpose_a"], e.attrs["transpose_b"]
        specs = [Spec(v.shape, v.dtype) for v in (x, w)]
        lead, self.M, self.N, self.K, _ = _sizes(specs, e.attrs)
        if len(w.shape) == 2 and not ta:                        # every row of x meets the same w
            self.M, lead = product(x.shape[:-1]), ()
        self.batch = product(lead)
        (self.ars, self.aks) = (1, self.M) if ta else (self.K, 1)
        (self.bks, self.bns) = (1, self.K) if tb else (self.N, 1)
        if self.N == 1:
            self.bns, self.bks = 1, 1                           # one column: contiguous either way
        self.starts = np.zeros((self.batch, 3), np.int64)
        self.starts[:, 2] = self.K
        if lead:
            for k, v in enumerate((x, w)):
                at = np.arange(product(v.shape[:-2]), dtype=np.int64).reshape(v.shape[:-2] or (1,))
                self.starts[:, k] = np.broadcast_to(at, lead).reshape(-1) * product(v.shape[-2:])

    @property
    def flops(self):
        """Operations of all matrices."""
        return 2 * self.batch * self.M * self.N * self.K


def epilogue(e, bias):
    """(flags, bias address, activation code) of a product; without a bias its address is never used."""
    code = ACTIVATIONS[e.attrs["activation"]]
    return (BIAS if bias is not None else 0) | (RELU if code == 1 else 0), 0 if bias is None else bias.rd_all, code


def _lower(e):
    p, (x, w, b), y = Product(e), e.ins, e.outs[0]
    flags, bias, code = epilogue(e, b)
    if p.batch == 1 and p.N == 1 and b is None and p.ars == 1:
        # A stored K x M times a column: the row vector times that matrix, read as it lies
        p.M, p.N, p.ars, p.aks, p.bks, p.bns, x, w = 1, p.M, p.K, 1, p.M, 1, w, x
    t, macs = y.t, p.M * p.N * p.K
    if p.batch == 1 and macs <= SMALL and (p.bns == 1 or p.N * p.K <= SMALL_B):
        work = 0 if p.bns == 1 else e.local(p.K * (p.N + 16) * y.itemsize)
        e.emit(f"matmul_small_{t}", x.rd_all, p.ars, p.aks, w.rd_all, p.bks, p.bns, y.wr_all, p.N, p.K, flags, bias,
               code, work, n=p.M, chunk=p.M, flops=p.flops)
    elif p.batch == 1 and p.N == 1 and p.aks == 1:
        e.emit(f"matmul_dot_{t}", x.rd, p.ars, w.rd_all, y.wr, p.K, flags, bias, 0, code, n=p.M, flops=p.flops)
    elif p.batch == 1 and p.M == 1 and p.bks == 1 and p.aks == 1:
        e.emit(f"matmul_dot_{t}", w.rd, p.K, x.rd_all, y.wr, p.K, flags, bias, 1, code, n=p.N, flops=p.flops)
    elif p.batch == p.M == p.bns == p.aks == 1:
        _row(e, p, x, w, y, flags, bias, code)
    else:
        _blocks(e, p, x, w, y, flags, bias, code)


def _row(e, p, x, w, y, flags, bias, code):
    """A row vector times a matrix: bound by reading it once, so cut into as many parts as caches are good for."""
    parts = max(1, min(ROW_PARTS, p.K * p.N * y.itemsize // ROW_BYTES, p.K // 16))
    step = -(-p.K // parts)
    parts = -(-p.K // step)
    sums = e.scratch(parts * y.nbytes)
    e.emit(f"matmul_row_{y.t}", x.rd_all, w.rd_all, sums.wr_all, p.K, p.N, step, n=parts, chunk=1, flops=p.flops)
    e.emit(f"add_parts_{y.t}", sums.rd_all, parts, p.N, y.wr_all, p.N, flags, bias, code, n=1, chunk=1)


def _blocks(e, p, x, w, y, flags, bias, code):
    """The packed kernel; a small product of long sums is cut into partial sums that are added in order."""
    wide = (1024 if p.M <= 2 and p.bns == 1 else CB) // y.itemsize
    if p.M >= TALL and p.M >= 4 * p.N and wide < p.N and min(p.K, KC) * p.N * y.itemsize <= PACKED:
        wide = -(-p.N // wide) * wide                           # B fits L2 as a whole: read A once
    cols = -(-p.N // wide)
    blocks = p.batch * cols * -(-p.M // 48)
    chunks = max(1, min(CHUNKS, int(p.flops / CHUNK_FLOPS)))
    long = p.K >= LONG and (blocks < 4 or 16 * max(p.M, p.N) <= p.K) and p.batch == 1
    parts = min(PARTS, chunks, p.K // (LONG // 4)) if long else 1
    local = e.local(KC * (wide + ALD) * y.itemsize)
    if parts > 1:
        if p.N * KC * y.itemsize <= 2 * PACKED:
            wide = -(-p.N // wide) * wide
            cols, local = 1, e.local(KC * (wide + ALD) * y.itemsize)
        step = -(-p.K // parts)
        starts = np.array([(k * p.aks, k * p.bks, min(step, p.K - k)) for k in range(0, p.K, step)], np.int64)
        sums = e.scratch(len(starts) * y.nbytes)
        per = cols                                              # items of one part: all its rows in one block
        e.emit(f"matmul_{y.t}", x.rd_all, p.ars, p.aks, w.rd_all, p.bks, p.bns, sums.wr_all, p.M, p.N, 0, 0, 0,
               local, max(p.M, 1), wide, e.table(starts), n=len(starts) * per, chunk=per, flops=p.flops)
        e.emit(f"add_parts_{y.t}", sums.rd_all, len(starts), y.size, y.wr, p.N, flags, bias, code, n=p.M)
        return
    rows, blocks = p.M, p.batch * cols
    if blocks < min(chunks, 8) or (wide * y.itemsize > CB and p.M > 2):     # few column blocks: cut the rows
        rows = -(-p.M // max(1, chunks // blocks))
        rows = min(p.M, -(-rows // 48) * 48)
    n = blocks * -(-p.M // rows)
    e.emit(f"matmul_{y.t}", x.rd_all, p.ars, p.aks, w.rd_all, p.bks, p.bns, y.wr_all, p.M, p.N, flags, bias, code,
           local, rows, wide, e.table(p.starts), n=n, chunk=-(-n // chunks), flops=p.flops)


# ------------------------------------------------------------------ gradients
def activation_grad(y, gy, activation):
    """The gradient before the activation, from its result y and the gradient gy after it."""
    from fastnn import ops
    if activation is None:
        return gy
    if activation == "relu":
        return gy * ops.cast(y > 0.0, y.dtype)
    return gy * (y * (1.0 - y) if activation == "sigmoid" else 1.0 - y * y)


def unbroadcast(g, shape):
    """Sum g over the dimensions that broadcasting added to or stretched of `shape`."""
    from fastnn import ops
    extra = len(g.shape) - len(shape)
    axes = tuple(range(extra)) + tuple(i + extra for i, d in enumerate(shape) if d == 1 and g.shape[i + extra] != 1)
    return ops.reshape(ops.sum(g, axis=axes), shape) if axes else g


def _mm(x, w, **attrs):
    return product_op(x, w, None, **attrs)


def _vjp(node, gys):
    from fastnn import ops
    (x, w, b), a = node.inputs, node.attrs
    g = activation_grad(node.outputs[0], gys[0], a["activation"])
    ta, tb = a["transpose_a"], a["transpose_b"]
    gb = None if b is None else ops.sum(g, axis=tuple(range(len(g.shape) - 1)))
    if len(w.shape) == 2 and len(x.shape) > 2 and not ta:       # one big product: flatten the rows
        x2, g2 = ops.reshape(x, (-1, x.shape[-1])), ops.reshape(g, (-1, g.shape[-1]))
        gx = _mm(g, w, transpose_b=not tb)
        gw = _mm(g2, x2, transpose_a=True) if tb else _mm(x2, g2, transpose_a=True)
        return [gx, gw, gb]
    gx = _mm(w, g, transpose_a=tb, transpose_b=True) if ta else _mm(g, w, transpose_b=not tb)
    gw = _mm(g, x, transpose_a=True, transpose_b=ta) if tb else _mm(x, g, transpose_a=not ta)
    return [unbroadcast(gx, x.shape), unbroadcast(gw, w.shape), gb]


def _cases(draw):
    M, N, K = draw.integer(1, 9), draw.integer(1, 9), draw.integer(1, 9)
    if draw.integer(0, 7) == 0:
        M, N, K = draw.integer(1, 70), draw.integer(1, 140), draw.integer(1, 40)
    ta, tb = draw.boolean(), draw.boolean()
    lead_x, lead_w = draw.choice([((), ()), ((2,), ()), ((), (2,)), ((2, 1), (3,)), ((2,), (2,))])
    bias = Array((N,)) if draw.boolean() else None
    activation = draw.choice([None, "sigmoid", "tanh"])         # relu's kink falls anywhere: tests/kernels/cpu has it
    return Case([Array((*lead_x, K, M) if ta else (*lead_x, M, K)), Array((*lead_w, N, K) if tb else (*lead_w, K,
                                                                                                      N)), bias],
                {"transpose_a": ta, "transpose_b": tb, "activation": activation}, tolerance=max(1.0, K / 4))


product_op = register(Op(
    name="matmul", inputs=("x", "w", "b?"), attrs={"transpose_a": False, "transpose_b": False, "activation": None},
    infer=_infer, lower=_lower, vjp=_vjp, reference=reference.matmul, cases=_cases, cost=_cost,
    invalid=[([Spec((2, 3), "float32"), Spec((4, 5), "float32"), None], {}, ShapeError),
             ([Spec((2, 3), "float32"), Spec((3,), "float32"), None], {}, ShapeError),
             ([Spec((2, 3), "float32"), Spec((3, 5), "float32"), Spec((4,), "float32")], {}, ShapeError),
             ([Spec((2, 3), "float32"), Spec((3, 5), "float64"), None], {}, DTypeError),
             ([Spec((2, 3), "float32"), Spec((3, 5), "float32"), None], {"activation": "cube"}, ArgumentError)],
    doc="y = act(x · w + b), the last two dimensions as matrices, leading ones broadcast"))


def _whole_infer(specs, attrs):
    x, w = specs
    if x.dtype != w.dtype or x.dtype not in ("int32", "int64"):
        raise DTypeError(f"matmul_whole: received {x.dtype} and {w.dtype}; expected int32 or int64 for both.")
    if len(x.shape) < 2 or len(w.shape) < 2 or x.shape[-1] != w.shape[-2]:
        raise ShapeError(f"matmul_whole: received shapes {x.shape} and {w.shape}; expected (..., M, K) and "
                         "(..., K, N).")
    return Spec((*broadcast(x.shape[:-2], w.shape[:-2]), x.shape[-2], w.shape[-1]), x.dtype)


def _whole_host(ins, outs, attrs):
    np.matmul(*ins, out=outs[0])


_whole_op = register(Op(
    name="matmul_whole", inputs=("x", "w"), infer=_whole_infer, host=_whole_host, nondiff="integers",
    reference=np.matmul, cost=lambda specs, outs, attrs: (2 * outs[0].size * specs[0].shape[-1],
                                                          specs[0].nbytes + specs[1].nbytes + outs[0].nbytes),
    cases=lambda draw: Case([Array((2, 3, 4), "int32", -9, 9), Array((4, 2), "int32", -9, 9)]),
    invalid=[([Spec((2, 3), "int32"), Spec((4, 5), "int32")], {}, ShapeError),
             ([Spec((2, 3), "float32"), Spec((3, 5), "float32")], {}, DTypeError)],
    doc="y = x · w of integers, exact modulo the range of their dtype"))


def _whole_product(a, b, name, transpose_a, transpose_b):
    """The product of integers in the dtype `name`: by float64 where that is exact, else by integers."""
    from fastnn import ops
    if name in ("int32", "uint32", "int64", "uint64"):
        wide, op = "int32" if name == "int32" else "int64", _whole_op
        a, b = (ops.swapaxes(x, -1, -2) if t else x for x, t in ((a, transpose_a), (b, transpose_b)))
        return ops.cast(op(ops.cast(a, wide), ops.cast(b, wide)), name)
    y = product_op(ops.cast(a, "float64"), ops.cast(b, "float64"), None, transpose_a=transpose_a,
                   transpose_b=transpose_b)
    return ops.cast(ops.cast(y, "int64"), name) if name != "bool" else ops.not_equal(y, 0)


def matmul(x1, x2, bias=None, transpose_a=False, transpose_b=False, activation=None):
    """The matrix product of two tensors.

    Args:
        x1: (..., M, K), or (K, M) in its last dimensions with transpose_a; or a vector (K,).
        x2: (..., K, N), or (N, K) with transpose_b; or a vector (K,). Leading dimensions broadcast.
        bias: (N,), added to every row, or None.
        transpose_a, transpose_b: read the last two dimensions of x1 or x2 exchanged.
        activation: None, "relu", "sigmoid" or "tanh", applied to the result.

    Returns:
        (..., M, N); the dimension of a vector operand is left out. Integers give integers (int8 ones int32), exactly;
        with a bias or an activation they become the default float type.

    Raises:
        ShapeError: sizes do not fit. DTypeError: not numbers.

    >>> import numpy as np
    >>> matmul(np.float32([[1, 2], [3, 4]]), np.float32([[1], [1]])).tolist()
    [[3.0], [7.0]]
    """
    from fastnn import ops
    whole, result = None, None
    if bias is None and activation is None:
        x1, x2, whole, result = _plain_operands(x1, x2)
    if whole is None:
        x1, x2, bias = same_floats(x1, x2, bias)
    r1, r2 = len(x1.shape), len(x2.shape)
    if r1 == 0 or r2 == 0:
        raise ShapeError(f"matmul: received shapes {tuple(x1.shape)} and {tuple(x2.shape)}; expected at least one "
                         "dimension (use multiply for a number).")
    a = ops.reshape(x1, (1, x1.shape[0])) if r1 == 1 else x1
    b = ops.reshape(x2, (x2.shape[0], 1)) if r2 == 1 else x2
    transpose_a, transpose_b = transpose_a and r1 > 1, transpose_b and r2 > 1
    if whole is None:
        y = product_op(a, b, bias, transpose_a=transpose_a, transpose_b=transpose_b, activation=activation)
        y = y if result is None else ops.cast(y, result)
    else:
        y = _whole_product(a, b, whole, transpose_a, transpose_b)
    if r1 > 1 and r2 > 1:
        return y
    return ops.reshape(y, y.shape[:-2] + ((y.shape[-2],) if r1 > 1 else ()) + ((y.shape[-1],) if r2 > 1 else ()))


def _plain_operands(x1, x2):
    """(x1, x2, the dtype of an integer product or None, the dtype to cast a float product to or None)."""
    d1, d2 = getattr(x1, "dtype", None), getattr(x2, "dtype", None)
    if d1 is not None and d1 == d2 and d1 in ("float32", "float64"):          # the usual case, first
        return x1, x2, None, None
    x1, x2 = operand(x1), operand(x2)
    name = result_dtype(x1, x2)
    if dtypes.is_float(name):
        return x1, x2, None, name if name == "float16" else None
    both = dtype_of(x1) == dtype_of(x2) == "int8"
    return x1, x2, "int32" if both else name, None


def same_floats(*values):
    """The values as tensors of one float type: numbers and lists become arrays, integers and mixed types are cast."""
    from fastnn import ops
    def array(v):
        v = np.asarray(v)
        return v.astype(dtypes.numpy_type(dtypes.standardize(None))) if v.dtype.kind == "f" else v

    values = [v if v is None or hasattr(v, "dtype") else array(v) for v in values]
    names = [dtypes.standardize(v.dtype) for v in values if v is not None]
    floats = [n for n in names if dtypes.is_float(n) and n != "float16"]
    if len(set(names)) == 1 and floats:
        return values
    wanted = "float64" if "float64" in floats else "float32" if floats else dtypes.standardize(None)
    return [v if v is None or dtypes.standardize(v.dtype) == wanted else ops.cast(v, wanted) for v in values]
