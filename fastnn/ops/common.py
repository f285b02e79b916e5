"""What the families of operations share: operands and their dtypes, broadcasting, short forms of records."""
from typing import Any

import numpy as np

from fastnn.core import allowance, dtypes
from fastnn.core.errors import DTypeError, ShapeError
from fastnn.core.shapes import broadcast
from fastnn.core.values import as_numbers, narrow
from fastnn.graph.node import CONSTANT, Symbol
from fastnn.graph.spec import Spec
from fastnn.graph.trace import current
from fastnn.ops.op import REQUIRED, Array, Case, Op, register

FLOATS = ("float32", "float64")
NUMBERS = ("float32", "float64", "int32", "int64")              # dtypes that kernels calculate in
# the dtype in which values of the other dtypes are calculated
WIDE = {"bool": "int32", "uint8": "int32", "int8": "int32", "int16": "int32", "uint16": "int32", "uint32": "int64",
        "uint64": "int64", "float16": "float32"}
PLAIN = frozenset("fdebBhHiIlLqQ?")                             # NumPy's codes of the dtypes that there are
UNLIKE = np.ma.MaskedArray, np.matrix                           # arrays that mean something else by the same words
# the dtype in which values of the other dtypes are added up or multiplied, as in Keras
COUNTED = {"bool": "int32", "int8": "int32", "int16": "int32", "uint8": "uint32", "uint16": "uint32"}
BITS = {1: "u8", 2: "u16", 4: "i32", 8: "i64"}                  # kernel type that moves elements of a size


def reserve(count, itemsize=8):
    """Count an array of a size that an argument decides, before it is made: see fastnn.core.allowance."""
    allowance.reserve(count, itemsize, kept=current() is None)


# ------------------------------------------------------------------ operands
def is_symbol(x):
    """Whether x is a Symbol."""
    return isinstance(x, Symbol)


def traced(*xs):
    """Whether an operation on these becomes a node or a call event (and is not calculated at once)."""
    return current() is not None or any(isinstance(x, Symbol) for x in xs)


def is_number(x):
    """Whether x is a Python number: it takes the dtype of what it meets."""
    return type(x) in (int, float)


def operand(x: Any) -> Any:
    """x as a symbol, a variable or an array; Python floats become the default float type, ints int32."""
    if isinstance(x, Symbol) or hasattr(x, "_fastnn_variable"):
        return x
    if isinstance(x, np.ndarray):
        usual = x.dtype.char in PLAIN and x.dtype.isnative and not isinstance(x, UNLIKE)
        return x if usual else as_numbers(x, "the operand", wide=True)
    if isinstance(x, (list, tuple)) and any(isinstance(v, Symbol) or hasattr(v, "_fastnn_variable") for v in x):
        from fastnn.ops.layout import stack
        return stack(x)
    if x is None or isinstance(x, (str, bytes)):
        raise DTypeError(f"Expected numbers, arrays, variables or symbols; received {type(x).__name__}: {x!r}.")
    array = as_numbers(x, "the operand", wide=True)
    if not hasattr(x, "dtype"):
        if array.dtype.kind == "f":
            return narrow(array, dtypes.numpy_type(dtypes.standardize(None)), "the operand")
        if array.dtype.kind == "i" and (array.size == 0 or (array.min() >= -2 ** 31 and array.max() < 2 ** 31)):
            return array.astype(np.int32)
    return array


def dtype_of(x):
    """The canonical dtype name of an operand."""
    return dtypes.standardize(x.dtype)


def result_dtype(*xs):
    """The dtype in which operands meet. Python numbers only decide between integers and floats."""
    names = [dtype_of(operand(x)) for x in xs if not is_number(x)]
    name = dtypes.promote(*names) if names else None
    for x in xs:
        if is_number(x):
            if type(x) is float and (name is None or not dtypes.is_float(name)):
                name = dtypes.standardize(None)
            elif name is None or name == "bool":
                name = "int32"
    return name


def number_dtype(*xs):
    """result_dtype, with truth values counted in int32."""
    name = result_dtype(*xs)
    return "int32" if name == "bool" else name


def float_dtype(*xs):
    """result_dtype, where that is a float; integers and truth values become the default float type."""
    name = result_dtype(*xs)
    return name if dtypes.is_float(name) else dtypes.standardize(None)


def number(x):
    """x as an operand, truth values as int32."""
    x = operand(x)
    return cast_to(x, "int32") if dtype_of(x) == "bool" else x


def counted(x):
    """x in the dtype in which it is added up: small integers in 32 bits."""
    x = operand(x)
    return cast_to(x, COUNTED.get(dtype_of(x), dtype_of(x)))


def is_whole(x):
    """Whether an operand holds integers or truth values."""
    return not dtypes.is_float(dtype_of(operand(x)))


def cast_to(x, dtype):
    """x as an operand of `dtype`."""
    if is_number(x) or not hasattr(x, "shape"):
        return np.asarray(operand(x) if not is_number(x) else x, dtypes.numpy_type(dtype))
    x = operand(x)
    if dtype_of(x) == dtype:
        return x
    from fastnn.ops.cast import cast
    return cast(x, dtype)


def floating(x):
    """x as an operand of a float dtype: integers become the default one."""
    x = operand(x)
    name = dtype_of(x)
    return x if dtypes.is_float(name) else cast_to(x, dtypes.standardize(None))


def calculate(function, xs, dtype, back=True):
    """function(*xs) with all xs cast to `dtype`, through a wider dtype where no kernel calculates in it."""
    wide = WIDE.get(dtype, dtype)
    y = function(*(cast_to(x, wide) for x in xs))
    return cast_to(y, dtype) if back and wide != dtype else y


def float_call(op, x, **attrs):
    """op(x) in x's float dtype (integers become the default one, float16 goes through float32)."""
    if type(x) is Symbol and x.dtype in FLOATS:                 # the usual case, first
        return op(x, **attrs)
    x = floating(x)
    return calculate(lambda v: op(v, **attrs), [x], dtype_of(x))


def number_call(op, x, **attrs):
    """op(x) in x's own dtype, integers included."""
    if type(x) is Symbol and x.dtype in NUMBERS:
        return op(x, **attrs)
    x = operand(x)
    return calculate(lambda v: op(v, **attrs), [x], dtype_of(x))


def is_constant(x):
    """Whether a gradient for this input would go nowhere."""
    return x.node is not None and x.node.op is CONSTANT


# ------------------------------------------------------------------ broadcasting
def strides(shape):
    """Row-major strides in elements.

    >>> strides((2, 3, 4))
    (12, 4, 1)
    """
    out, n = [], 1
    for d in reversed(shape):
        out.append(n)
        n *= d
    return tuple(reversed(out))


def broadcast_strides(shape, out):
    """Strides in elements with which an array of `shape` is read as one of shape `out`: 0 where it is repeated.

    >>> broadcast_strides((3, 1), (2, 3, 4))
    (0, 1, 0)
    """
    return (0,) * (len(out) - len(shape)) + tuple(0 if d == 1 else s for d, s in zip(shape, strides(shape)))


def collapse(shape, *layouts):
    """(sizes, layouts) with dimensions of size 1 dropped and neighbours that all layouts walk evenly made one.

    >>> collapse((2, 3, 4), (12, 4, 1), (0, 0, 1))
    ([6, 4], [[4, 1], [0, 1]])
    """
    sizes, out = [], [[] for _ in layouts]
    for d, size in enumerate(shape):
        if size == 1:
            continue
        if sizes and all(o[-1] == layout[d] * size for o, layout in zip(out, layouts)):
            sizes[-1] *= size
            for o, layout in zip(out, layouts):
                o[-1] = layout[d]
        else:
            sizes.append(size)
            for o, layout in zip(out, layouts):
                o.append(layout[d])
    if not sizes:
        return [1], [[0] for _ in layouts]
    return sizes, out


def unbroadcast(g, shape):
    """The gradient of a value of `shape` that was broadcast to g's shape: summed over what was repeated."""
    if g.shape == tuple(shape):
        return g
    from fastnn.ops.layout import reshape
    from fastnn.ops.reduce import sum as total
    lead = len(g.shape) - len(shape)
    axes = tuple(range(lead)) + tuple(lead + i for i, d in enumerate(shape) if d == 1 and g.shape[lead + i] != 1)
    g = total(g, axis=axes) if axes else g
    return g if g.shape == tuple(shape) else reshape(g, shape)


def broadcast_infer(name, specs):
    """The broadcast shape of all inputs, or ShapeError naming the operation."""
    try:
        return broadcast(*(s.shape for s in specs))
    except ShapeError:
        raise ShapeError(f"{name}: received shapes {' and '.join(str(s.shape) for s in specs)}, which do not "
                         "broadcast; trailing dimensions must be equal or 1.") from None


# ------------------------------------------------------------------ records
def check_dtype(name, spec, allowed):
    """Raise DTypeError unless the spec's dtype is one of `allowed`."""
    if spec.dtype not in allowed:
        raise DTypeError(f"{name}: received dtype {spec.dtype}, expected one of {', '.join(allowed)}.")


def same_dtype(name, specs, allowed=NUMBERS):
    """Raise DTypeError unless all specs have one of the allowed dtypes, and the same."""
    first = specs[0].dtype
    if first in allowed and all(s.dtype == first for s in specs):
        return
    if len({s.dtype for s in specs}) > 1:
        raise DTypeError(f"{name}: received dtypes {', '.join(s.dtype for s in specs)}, expected one dtype for all "
                         "inputs; fastnn.ops.cast converts.")
    check_dtype(name, specs[0], allowed)


def draw_shape(draw, low=0, high=3, largest=5):
    """A shape of `low` to `high` dimensions; now and then one long enough for vectors and their tails."""
    if low <= 1 and draw.integer(0, 4) == 4:
        return (draw.integer(30, 150),)
    return tuple(draw.integer(1, largest) for _ in range(draw.integer(low, high)))


def unary_cost(flops=1):
    """Cost of an element-wise operation: flops per element, every operand moved once."""
    return lambda specs, outs, attrs: (flops * outs[0].size, sum(s.nbytes for s in specs if s) + outs[0].nbytes)


def moved_bytes(specs, outs, attrs):
    """Cost of an operation that only moves data."""
    return 0, sum(s.nbytes for s in specs if s) + sum(o.nbytes for o in outs)


def elementwise(name, *, inputs=("x",), attrs=None, words=(), dtypes=FLOATS, out=None, flops=1, kernel=None,
                cases=None, low=-2.0, high=2.0, avoid=(), distinct=False, choose=None, inplace=None, **rest):
    """Register an operation with one kernel call over operands of one shape.

    words: names of the attributes that follow the operands in the kernel's argument table.  out: dtype of the result
    (None: that of the inputs).  kernel: attrs -> kernel name where it is not `name`.  choose: draw -> attrs of a case.
    rest: further fields of the record (vjp or nondiff, reference, doc, ...).
    """
    count = len(inputs)

    def infer(specs, attrs):
        same_dtype(name, specs, dtypes)
        if any(s.shape != specs[0].shape for s in specs):
            raise ShapeError(f"{name}: received shapes {', '.join(str(s.shape) for s in specs)}, expected equal ones.")
        return Spec(specs[0].shape, out or specs[0].dtype)

    def lower(e):
        y, integer = e.outs[0], e.ins[0].dtype not in FLOATS
        values = [e.attrs[w] if integer else float(e.attrs[w]) for w in words]
        values += [0.0] * (2 - len(values)) if words or "_grad" in name else []
        e.emit(f"{kernel(e.attrs) if kernel else name}_{e.ins[0].t}", *(x.rd for x in e.ins), y.wr, *values, n=y.size,
               elementwise=True, flops=flops * y.size)

    def draw_cases(draw):
        shape = draw_shape(draw)
        kind = "float" if dtypes[0] in FLOATS and (len(dtypes) == 2 or draw.integer(0, 3)) else draw.choice(dtypes)
        if kind in FLOATS:
            kind = "float"
        arrays = [Array(shape, kind, low, high, avoid, distinct=distinct) for _ in range(count)]
        return Case(arrays, choose(draw) if choose else {})

    bad = Spec((2, 3), "bool" if "bool" not in dtypes else "float32")
    required = {k: v for k, v in ((choose(_First()) if choose else {}).items()) if (attrs or {}).get(k) is REQUIRED}
    return register(Op(
        name=name, inputs=inputs, attrs=attrs or {}, infer=infer, lower=lower, elementwise=True,
        inplace={0: 0} if out is None and inplace is None else inplace or {}, cases=cases or draw_cases,
        invalid=[([bad] * count, required, DTypeError)], cost=unary_cost(flops), **rest))


class _First:
    """A draw that takes the first choice: for attributes of examples."""

    def integer(self, low, high):
        return low

    def choice(self, options):
        return options[0]

    def boolean(self):
        return False


def composite(name, function, inputs=("x",), attrs=None, *, reference, cases=None, invalid=None, flops=4, low=-2.0,
              high=2.0,
              avoid=(), choose=None, nondiff="", doc=""):
    """Register an operation that is written with other operations; calling `function` is using it."""
    def infer(specs, attrs):
        from fastnn.graph.trace import Trace
        with Trace() as t:
            y = function(*(None if s is None else t.input(s.shape, s.dtype) for s in specs), **attrs)
        return y.spec if isinstance(y, Symbol) else tuple(v.spec for v in y)

    def draw_cases(draw):
        shape = draw_shape(draw)
        return Case([Array(shape, "float", low, high, avoid) for _ in inputs], choose(draw) if choose else {})

    def cost(specs, outs, attrs):
        size = max([s.size for s in specs if s] + [o.size for o in outs])
        return flops * size, sum(s.nbytes for s in specs if s) + sum(o.nbytes for o in outs)
    return register(Op(
        name=name, inputs=inputs, attrs=attrs or {}, infer=infer, compose=function, reference=reference,
        cases=cases or draw_cases, invalid=invalid or [([Spec((2, None), "nothing")] * len(inputs), {}, DTypeError)],
        cost=cost, nondiff=nondiff, doc=doc))
