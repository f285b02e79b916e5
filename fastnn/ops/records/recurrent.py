"""One step of the cells of LSTM and GRU besides their products: one kernel forward, one backward.

Written with the usual operations a step is a dozen of them, on arrays so small that calling each costs more than it
does. Only with the usual activations, tanh and sigmoid.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fastnn.core.errors import DTypeError, ShapeError
from fastnn.core.types import Attrs
from fastnn.graph.autodiff import gradients
from fastnn.graph.node import Node
from fastnn.graph.spec import Spec
from fastnn.kernels.reference import recurrent as reference
from fastnn.ops.forms import affine, same_dtype
from fastnn.ops.op import Array, Case, Draw, Gradients, Op, R, Specs, register

if TYPE_CHECKING:
    from fastnn.compiler.emit import Emitter

FLOATS = ("float32", "float64")


def _check(name: str, specs: Specs, widths: Sequence[int]) -> tuple[Any, Any]:
    """Raise unless all inputs have one float dtype and are (rows, units times their width); returns rows and units."""
    same_dtype(name, specs, FLOATS)
    if any(len(s.shape) != 2 for s in specs):
        raise ShapeError(f"{name}: received shapes {[s.shape for s in specs]}, expected matrices.")
    units = specs[widths.index(1)].shape[1]
    rows = specs[0].shape[0]
    if any(s.shape != (rows, w * units) for s, w in zip(specs, widths)):
        raise ShapeError(
            f"{name}: received shapes {[s.shape for s in specs]}, expected {[(rows, w * units) for w in widths]}."
        )
    return rows, units


def _cell(
    name: str,
    inputs: tuple[str, ...],
    widths: Sequence[int],
    outputs: Sequence[int],
    flops: int,
    vjp: Any,
    inplace: dict[int, int],
    workspace: int = 0,
    doc: str = "",
) -> Op:
    """Register a step: every input and output is (rows, units times its width)."""

    def infer(specs: Specs, attrs: Attrs) -> Any:
        rows, units = _check(name, specs, widths)
        return tuple(Spec((rows, w * units), specs[0].dtype) for w in outputs)

    def lower(e: Emitter) -> None:
        rows, units = e.ins[widths.index(1)].shape
        local = (e.local(workspace * units * e.outs[0].itemsize),) if workspace else ()
        e.emit(
            f"{name}_{e.outs[0].t}",
            *(x.rd for x in e.ins),
            *(y.wr for y in e.outs),
            units,
            *local,
            n=rows,
            flops=flops * rows * units,
            parts=rows,
        )

    def cases(draw: Draw) -> Case:
        rows, units = draw.integer(1, 5), draw.choice((1, 2, 3, 7, 20))
        return Case([Array((rows, w * units), "float", -0.9, 0.9) for w in widths], tolerance=4.0)

    def cost(specs: Any, outs: Any, attrs: Attrs) -> tuple[Any, Any]:
        return flops * specs[widths.index(1)].size, sum(s.nbytes for s in specs) + sum(o.nbytes for o in outs)

    return register(
        Op(
            name=name,
            inputs=inputs,
            infer=infer,
            lower=lower,
            vjp=vjp,
            inplace=inplace,
            cases=cases,
            cost=cost,
            reference=getattr(reference, name),
            doc=doc,
            invalid=[
                ([Spec((2, 3), "float32")] * len(inputs), {}, ShapeError),
                ([Spec((2, w), "int32") for w in widths], {}, DTypeError),
            ],
        )
    )


def _of_formula(formula: Any) -> Any:
    """The gradient of a step's gradient: that of its formula in usual operations."""

    def vjp(node: Node, gys: Any) -> Gradients:
        copies = [_fresh(x) for x in node.inputs]
        pairs = [(y, g) for y, g in zip(formula(*copies), gys) if g is not None]
        return gradients([y for y, _ in pairs], copies, [g for _, g in pairs])

    return vjp


def _fresh(x: Any) -> Any:
    """x as a symbol of its own, from which nothing leads back: paths between the inputs are others' business."""
    return R.identity(x)


def _or_zeros(g: Any, like: Any) -> Any:
    return _times(like, 0.0) if g is None else g


# Formulas with records: these arrays have one shape and dtype.
def _times(x: Any, scale: float, shift: float = 0.0) -> Any:
    """scale x + shift."""
    return affine(x, scale, shift)


def _product(first: Any, *others: Any) -> Any:
    for x in others:
        first = R.multiply(first, x)
    return first


def _slope(y: Any) -> Any:
    """The derivative of a sigmoid whose value is y."""
    return R.multiply(y, _times(y, -1.0, 1.0))


def _tanh_slope(y: Any) -> Any:
    """The derivative of a tanh whose value is y."""
    return _times(R.multiply(y, y), -1.0, 1.0)


def _blocks(x: Any, count: int) -> Any:
    """x cut into so many blocks of columns."""
    return R.split(x, sizes=(x.shape[1] // count,) * count, axis=1)


def _beside(*blocks: Any) -> Any:
    return R.concatenate(*blocks, axis=1)


# ------------------------------------------------------------------ LSTM
def _lstm_vjp(node: Node, gys: Any) -> Gradients:
    c, (h, new, gates) = node.inputs[2], node.outputs
    gz, gc = lstm_cell_grad(gates, c, new, _or_zeros(gys[0], h), _or_zeros(gys[1], new))
    if gys[2] is not None:  # only where a gradient's gradient asks
        i, f, g, o = _blocks(gates, 4)
        gz = R.add(gz, R.multiply(gys[2], _beside(_slope(i), _slope(f), _tanh_slope(g), _slope(o))))
    return [gz, gz, gc]


def _lstm_grad(gates: Any, c: Any, new: Any, gh: Any, gn: Any) -> tuple[Any, Any]:
    i, f, g, o = _blocks(gates, 4)
    t = R.tanh(new)
    d = R.add(gn, _product(gh, o, _tanh_slope(t)))
    return _beside(
        _product(d, g, _slope(i)), _product(d, c, _slope(f)), _product(d, i, _tanh_slope(g)), _product(gh, t, _slope(o))
    ), R.multiply(d, f)


lstm_cell = _cell(
    "lstm_cell",
    ("x", "r", "c"),
    (4, 4, 1),
    (1, 1, 4),
    125,
    _lstm_vjp,
    {1: 2, 2: 0},
    doc=("gates i, f, g, o = act(x + r), next c = f c + i g, h = o tanh(next c); outputs h, next c, gates"),
)
# fmt: off
lstm_cell_grad = _cell("lstm_cell_grad", ("gates", "c", "new", "gh", "gn"), (4, 1, 1, 1, 1), (4, 1), 50,
                       _of_formula(_lstm_grad), {0: 0, 1: 4}, workspace=2, doc="the gradients of x + r and of c")
# fmt: on


# ------------------------------------------------------------------ GRU
def _gru_slopes(z: Any, r: Any, n: Any, sn: Any, gradients_of: Any) -> tuple[Any, Any, Any]:
    """What the gradients of the gates z, r, n make of their arguments."""
    kz, kr, kn = gradients_of
    dn = R.multiply(kn, _tanh_slope(n))
    return R.multiply(kz, _slope(z)), R.multiply(R.add(kr, R.multiply(dn, sn)), _slope(r)), dn


def _gru_vjp(node: Node, gys: Any) -> Gradients:
    (_, s, h), (new, gates) = node.inputs, node.outputs
    gx, gs, gh = gru_cell_grad(gates, s, h, _or_zeros(gys[0], new))
    if gys[1] is not None:
        z, r, n = _blocks(gates, 3)
        dz, dr, dn = _gru_slopes(z, r, n, _blocks(s, 3)[2], _blocks(gys[1], 3))
        gx, gs = R.add(gx, _beside(dz, dr, dn)), R.add(gs, _beside(dz, dr, R.multiply(dn, r)))
    return [gx, gs, gh]


def _gru_grad(gates: Any, s: Any, h: Any, g: Any) -> tuple[Any, Any, Any]:
    z, r, n = _blocks(gates, 3)
    dn = _product(g, _times(z, -1.0, 1.0), _tanh_slope(n))
    dz, dr = _product(g, R.subtract(h, n), _slope(z)), _product(dn, _blocks(s, 3)[2], _slope(r))
    return _beside(dz, dr, dn), _beside(dz, dr, R.multiply(dn, r)), R.multiply(g, z)


gru_cell = _cell(
    "gru_cell",
    ("x", "s", "h"),
    (3, 3, 1),
    (1, 3),
    75,
    _gru_vjp,
    {0: 2, 1: 0},
    doc=("z, r = sigmoid(x + s), n = tanh(x + r s), next h = z h + (1 - z) n; outputs next h, gates"),
)
gru_cell_grad = _cell("gru_cell_grad", ("gates", "s", "h", "g"), (3, 3, 1, 1), (3, 3, 1), 25, _of_formula(_gru_grad),
                      {0: 0, 2: 3}, doc="the gradients of x, s and h")  # fmt: skip
