"""How two values of different shapes meet: lowering and record of what broadcasts, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fastnn.core.errors import DTypeError, ShapeError
from fastnn.core.shapes import product
from fastnn.core.types import Attrs, Dims
from fastnn.graph.fusion import Fusion
from fastnn.graph.spec import Spec
from fastnn.kernels.reference import binary as reference
from fastnn.kernels.reference import movement
from fastnn.ops.forms import (
    FLOATS,
    NUMBERS,
    broadcast_infer,
    broadcast_strides,
    collapse,
    moved_bytes,
    same_dtype,
    unary_cost,
)
from fastnn.ops.op import REQUIRED, Array, Case, Draw, Op, R, Specs, Vjp, register
from fastnn.ops.records.cast import widened
from fastnn.ops.records.copying import emit_broadcast

if TYPE_CHECKING:
    from fastnn.compiler.emit import Emitter

SCALAR = ("add", "subtract", "multiply", "divide", "maximum", "minimum")  # also have _sc and _bc kernels


# ------------------------------------------------------------------ records
def _infer(name: str, allowed: Any, out: Any = None) -> Callable[..., Any]:
    def infer(specs: Specs, attrs: Attrs) -> Any:
        same_dtype(name, specs, allowed)
        return Spec(broadcast_infer(name, specs), out or specs[0].dtype)

    return infer


def _lower(name: str) -> Callable[..., Any]:
    def lower(e: Emitter) -> None:
        (x, y), z = e.ins, e.outs[0]
        if x.shape == y.shape or x.size == y.size == 1:
            e.emit(f"{name}_{x.t}", x.rd, y.rd, z.wr, n=z.size, elementwise=True)
        elif name not in SCALAR or x.dtype not in FLOATS:
            a, b = spread(e, x, z.shape), spread(e, y, z.shape)
            e.emit(f"{name}_{x.t}", a.rd, b.rd, z.wr, n=z.size, elementwise=True)
        elif y.size == 1 and x.size == z.size:
            e.emit(f"{name}_sc_{x.t}", x.rd, y.rd_all, z.wr, 0, n=z.size, elementwise=True)
        elif x.size == 1 and y.size == z.size:
            e.emit(f"{name}_sc_{x.t}", x.rd_all, y.rd, z.wr, 1, n=z.size, elementwise=True)
        else:
            _emit_rows(e, name, x, y, z)

    return lower


def _emit_rows(e: Emitter, name: str, x: Any, y: Any, z: Any) -> None:
    sizes, (sx, sy) = collapse(z.shape, broadcast_strides(x.shape, z.shape), broadcast_strides(y.shape, z.shape))
    *outer, n = sizes
    table = [len(outer), n, int(sx[-1] != 0), int(sy[-1] != 0)]
    for size, a, b in zip(outer, sx, sy):
        table += [size, a, b]
    e.emit(
        f"{name}_bc_{x.t}",
        x.rd if x.size == z.size else x.rd_all,
        y.rd if y.size == z.size else y.rd_all,
        z.wr,
        e.table(table),
        n=product(outer),
    )


def spread(e: Emitter, x: Any, shape: Dims) -> Any:
    """x, or a copy of it in scratch memory that has been broadcast to `shape`."""
    if x.size == product(shape):
        return x
    copy = e.scratch(product(shape) * x.itemsize).part(0, product(shape) * x.itemsize, x.dtype)
    emit_broadcast(e, x, copy, shape)
    return copy


def draw_broadcast(draw: Draw, count: Any = 2) -> Any:
    """`count` shapes that broadcast together."""
    full = tuple(draw.integer(1, 4) for _ in range(draw.integer(0, 4)))
    if draw.integer(0, 5) == 5:
        full = (draw.integer(1, 3), draw.integer(20, 70))
    shapes = [full]
    for _ in range(count - 1):
        keep = full[draw.integer(0, len(full)) :] if draw.boolean() else full
        shapes.append(tuple(1 if draw.integer(0, 3) == 3 else d for d in keep))
    return shapes[::-1] if draw.boolean() else shapes


def _cases(allowed: Any, low: float, high: float, distinct: bool) -> Callable[..., Any]:
    def cases(draw: Draw) -> Any:
        kind = "float" if "float32" in allowed and draw.integer(0, 3) else draw.choice(allowed)
        kind = "float" if kind in FLOATS else kind
        shapes = draw_broadcast(draw)
        # values of x and y that never meet: two grids, half a step apart
        return Case(
            [
                Array(s, kind, low + 0.003 * i if distinct else low, high + 0.003 * i if distinct else high)
                for i, s in enumerate(shapes)
            ]
        )

    return cases


def binary(
    name: str,
    vjp: Vjp | None = None,
    allowed: Any = NUMBERS,
    out: Any = None,
    low: float = -2.0,
    high: float = 2.0,
    distinct: bool = False,
    flops: float = 1,
    **rest: Any,
) -> Any:
    """Register an operation of two values that broadcast: vjp, allowed dtypes, dtype of the result, ranges of cases."""
    return register(
        Op(
            name=name,
            inputs=("x", "y"),
            infer=_infer(name, allowed, out),
            lower=_lower(name),
            vjp=vjp,
            reference=getattr(reference, name),
            inplace={} if out and allowed != ("bool",) else {0: 0},
            elementwise=True,
            cases=rest.pop("cases", None) or _cases(allowed, low, high, distinct),
            cost=unary_cost(flops),
            invalid=[
                ([Spec((2, 3), allowed[0]), Spec((4,), allowed[0])], {}, ShapeError),
                ([Spec((2,), allowed[0]), Spec((2,), "int8")], {}, DTypeError),
            ],
            **rest,
        )
    )


def _broadcast_infer(specs: Specs, attrs: Attrs) -> Any:
    shape, wanted = specs[0].shape, attrs["shape"]
    lead = len(wanted) - len(shape)
    repeated = None if None in shape else 1  # what a size of 1 may become that meets an unknown one
    own = (None,) * lead + tuple(repeated if d == 1 else d for d in shape)
    wanted = tuple(d if w is None else w for d, w in zip(own, wanted))
    if lead < 0 or any(d not in (1, w, None) for d, w in zip(shape, wanted[lead:])):
        raise ShapeError(f"broadcast_to: a value of shape {shape} does not broadcast to {wanted}.")
    return Spec(wanted, specs[0].dtype)


def _broadcast_cases(draw: Draw) -> Any:
    full = tuple(draw.integer(1, 5) for _ in range(draw.integer(0, 4)))
    shape = tuple(1 if draw.boolean() else d for d in full[draw.integer(0, len(full)) :])
    return Case([Array(shape)], {"shape": full})


_broadcast_to = register(
    Op(
        name="broadcast_to",
        inputs=("x",),
        attrs={"shape": REQUIRED},
        infer=_broadcast_infer,
        reference=movement.broadcast_to,
        lower=lambda e: emit_broadcast(e, e.ins[0], e.outs[0], e.outs[0].shape),
        cases=_broadcast_cases,
        cost=moved_bytes,
        fusion=Fusion(repeats=True),
        vjp=lambda n, g: [unbroadcast(g[0], n.inputs[0].shape)],
        doc="x repeated along dimensions of size 1 and new leading ones",
        invalid=[([Spec((2, 3), "float32")], {"shape": (3, 2)}, ShapeError)],
    )
)


def unbroadcast(g: Any, shape: Dims) -> Any:
    """The gradient of a value of `shape` that was broadcast to g's shape: summed over what was repeated."""
    if g.shape == tuple(shape):
        return g
    lead = len(g.shape) - len(shape)
    axes = tuple(range(lead)) + tuple(lead + i for i, d in enumerate(shape) if d == 1 and g.shape[lead + i] != 1)
    if axes:
        g = widened(R.sum, g, axis=axes)
    return g if g.shape == tuple(shape) else R.reshape(g, shape=shape)
