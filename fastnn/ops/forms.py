"""Short forms of records, and what they share: dtypes, layouts, checks, draws and costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fastnn.core import dtypes
from fastnn.core.errors import DTypeError, ShapeError
from fastnn.core.shapes import broadcast
from fastnn.core.types import Attrs, Dims
from fastnn.graph.lifetime import passing
from fastnn.graph.node import CONSTANT, Symbol
from fastnn.graph.spec import Spec
from fastnn.graph.trace import Trace
from fastnn.ops.op import REQUIRED, Array, Case, Draw, Op, R, Specs, register

if TYPE_CHECKING:
    from fastnn.compiler.emit import Emitter

FLOATS = ("float32", "float64")
NUMBERS = ("float32", "float64", "int32", "int64")  # dtypes that kernels calculate in
# the dtype in which values of the other dtypes are calculated
WIDE = {"bool": "int32", "uint8": "int32", "int8": "int32", "int16": "int32", "uint16": "int32", "uint32": "int64",
        "uint64": "int64", "float16": "float32", "bfloat16": "float32"}  # fmt: skip

BITS = {1: "u8", 2: "u16", 4: "i32", 8: "i64"}  # kernel type that moves elements of a size


def affine(x: Any, scale: float = 1.0, shift: Any = 0.0) -> Any:
    """scale x + shift, as one record."""
    return R.affine(x, scale=scale, shift=shift)


def zero(x: Any) -> Any:
    """0 in x's dtype."""
    return np.zeros((), dtypes.numpy_type(x.dtype))


def zeros(shape: Dims, dtype: str) -> Any:
    """Zeros of a shape: the gradient of a result that nothing uses."""
    return R.broadcast_to(np.zeros((), dtypes.numpy_type(dtype)), shape=shape)


def is_constant(x: Any) -> Any:
    """Whether a gradient for this input would go nowhere."""
    return x.node is not None and x.node.op is CONSTANT


# ------------------------------------------------------------------ broadcasting
def strides(shape: Dims) -> Any:
    """Row-major strides in elements.

    >>> strides((2, 3, 4))
    (12, 4, 1)
    """
    out, n = [], 1
    for d in reversed(shape):
        out.append(n)
        n *= d
    return tuple(reversed(out))


def broadcast_strides(shape: Dims, out: Any) -> Any:
    """Strides in elements with which an array of `shape` is read as one of shape `out`: 0 where it is repeated.

    >>> broadcast_strides((3, 1), (2, 3, 4))
    (0, 1, 0)
    """
    return (0,) * (len(out) - len(shape)) + tuple(0 if d == 1 else s for d, s in zip(shape, strides(shape)))


def collapse(shape: Dims, *layouts: Any) -> Any:
    """(sizes, layouts) with dimensions of size 1 dropped and neighbours that all layouts walk evenly made one.

    >>> collapse((2, 3, 4), (12, 4, 1), (0, 0, 1))
    ([6, 4], [[4, 1], [0, 1]])
    """
    sizes: list[int] = []
    out: list[list[Any]] = [[] for _ in layouts]
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


def broadcast_infer(name: str, specs: Specs) -> Any:
    """The broadcast shape of all inputs, or ShapeError naming the operation."""
    try:
        return broadcast(*(s.shape for s in specs))
    except ShapeError:
        raise ShapeError(
            f"{name}: received shapes {' and '.join(str(s.shape) for s in specs)}, which do not "
            "broadcast; trailing dimensions must be equal or 1."
        ) from None


# ------------------------------------------------------------------ records
def check_dtype(name: str, spec: Spec, allowed: Any) -> None:
    """Raise DTypeError unless the spec's dtype is one of `allowed`."""
    if spec.dtype not in allowed:
        raise DTypeError(f"{name}: received dtype {spec.dtype}, expected one of {', '.join(allowed)}.")


def same_dtype(name: str, specs: Specs, allowed: Any = NUMBERS) -> None:
    """Raise DTypeError unless all specs have one of the allowed dtypes, and the same."""
    first = specs[0].dtype
    if first in allowed and all(s.dtype == first for s in specs):
        return
    if len({s.dtype for s in specs}) > 1:
        raise DTypeError(
            f"{name}: received dtypes {', '.join(s.dtype for s in specs)}, expected one dtype for all "
            "inputs; fastnn.ops.cast converts."
        )
    check_dtype(name, specs[0], allowed)


def draw_shape(draw: Draw, low: float = 0, high: float = 3, largest: Any = 5) -> Any:
    """A shape of `low` to `high` dimensions; now and then one long enough for vectors and their tails."""
    if low <= 1 and draw.integer(0, 4) == 4:
        return (draw.integer(30, 150),)
    return tuple(draw.integer(1, largest) for _ in range(draw.integer(low, high)))


def unary_cost(flops: float = 1) -> Any:
    """Cost of an element-wise operation: flops per element, every operand moved once."""
    return lambda specs, outs, attrs: (flops * outs[0].size, sum(s.nbytes for s in specs if s) + outs[0].nbytes)


def moved_bytes(specs: Specs, outs: Specs, attrs: Attrs) -> Any:
    """Cost of an operation that only moves data."""
    return 0, sum(s.nbytes for s in specs if s) + sum(o.nbytes for o in outs)


def elementwise(
    name: str,
    *,
    inputs: Any = ("x",),
    attrs: dict[str, Any] | None = None,
    words: Any = (),
    allowed: Any = FLOATS,
    out: Any = None,
    flops: float = 1,
    kernel: Any = None,
    cases: Any = None,
    low: float = -2.0,
    high: float = 2.0,
    avoid: Any = (),
    distinct: bool = False,
    choose: Any = None,
    inplace: Any = None,
    **rest: Any,
) -> Any:
    """Register an operation with one kernel call over operands of one shape.

    words: names of the attributes that follow the operands in the kernel's argument table.  out: dtype of the result
    (None: that of the inputs).  kernel: attrs -> kernel name where it is not `name`.  choose: draw -> attrs of a case.
    rest: further fields of the record (vjp or nondiff, reference, doc, ...).
    """
    count = len(inputs)

    def infer(specs: Specs, attrs: Attrs) -> Any:
        same_dtype(name, specs, allowed)
        if any(s.shape != specs[0].shape for s in specs):
            raise ShapeError(f"{name}: received shapes {', '.join(str(s.shape) for s in specs)}, expected equal ones.")
        return Spec(specs[0].shape, out or specs[0].dtype)

    def lower(e: Emitter) -> None:
        y, integer = e.outs[0], e.ins[0].dtype not in FLOATS
        values = [e.attrs[w] if integer else float(e.attrs[w]) for w in words]
        values += [0.0] * (2 - len(values)) if words or "_grad" in name else []
        e.emit(
            f"{kernel(e.attrs) if kernel else name}_{e.ins[0].t}",
            *(x.rd for x in e.ins),
            y.wr,
            *values,
            n=y.size,
            elementwise=True,
            flops=flops * y.size,
        )

    def draw_cases(draw: Draw) -> Any:
        shape = draw_shape(draw)
        kind = "float" if allowed[0] in FLOATS and (len(allowed) == 2 or draw.integer(0, 3)) else draw.choice(allowed)
        if kind in FLOATS:
            kind = "float"
        arrays = [Array(shape, kind, low, high, avoid, distinct=distinct) for _ in range(count)]
        return Case(arrays, choose(draw) if choose else {})

    bad = Spec((2, 3), "bool" if "bool" not in allowed else "float32")
    required = {k: v for k, v in ((choose(_First()) if choose else {}).items()) if (attrs or {}).get(k) is REQUIRED}
    return register(
        Op(
            name=name,
            inputs=inputs,
            attrs=attrs or {},
            infer=infer,
            lower=lower,
            elementwise=True,
            inplace={0: 0} if out is None and inplace is None else inplace or {},
            cases=cases or draw_cases,
            invalid=[([bad] * count, required, DTypeError)],
            cost=unary_cost(flops),
            **rest,
        )
    )


class _First:
    """A draw that takes the first choice: for attributes of examples."""

    def integer(self, low: float, high: float) -> Any:
        return low

    def choice(self, options: Any) -> Any:
        return options[0]

    def boolean(self) -> Any:
        return False


def composite(
    name: str,
    function: Any,
    inputs: Any = ("x",),
    attrs: dict[str, Any] | None = None,
    *,
    reference: Any,
    cases: Any = None,
    invalid: Any = None,
    flops: float = 4,
    low: float = -2.0,
    high: float = 2.0,
    avoid: Any = (),
    choose: Any = None,
    nondiff: Any = "",
    doc: str = "",
) -> Any:
    """Register an operation that is written with other operations; calling `function` is using it."""

    def infer(specs: Specs, attrs: Attrs) -> Any:
        with passing(), Trace() as t:
            y = function(*(None if s is None else t.input(s.shape, s.dtype) for s in specs), **attrs)
        return y.spec if isinstance(y, Symbol) else tuple(v.spec for v in y)

    def draw_cases(draw: Draw) -> Any:
        shape = draw_shape(draw)
        return Case([Array(shape, "float", low, high, avoid) for _ in inputs], choose(draw) if choose else {})

    def cost(specs: Specs, outs: Specs, attrs: Attrs) -> Any:
        size = max([s.size for s in specs if s] + [o.size for o in outs])
        return flops * size, sum(s.nbytes for s in specs if s) + sum(o.nbytes for o in outs)

    return register(
        Op(
            name=name,
            inputs=inputs,
            attrs=attrs or {},
            infer=infer,
            compose=function,
            reference=reference,
            cases=cases or draw_cases,
            invalid=invalid or [([Spec((2, None), "nothing")] * len(inputs), {}, DTypeError)],
            cost=cost,
            nondiff=nondiff,
            doc=doc,
        )
    )


def words(*operands: Any) -> Any:
    """Argument words of operands that are read as a whole, 0 for an absent one."""
    return [0 if o is None else o.rd_all for o in operands]
