"""Connectionist temporal classification (Graves et al., 2006): loss, gradient, and search for readings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fastnn.core.errors import ArgumentError, DTypeError, ShapeError
from fastnn.core.types import Attrs
from fastnn.graph.node import Node
from fastnn.graph.spec import Spec
from fastnn.kernels.reference import ctc as reference
from fastnn.ops.forms import FLOATS, check_dtype
from fastnn.ops.op import REQUIRED, Array, Case, Draw, Gradients, Op, Specs, register

if TYPE_CHECKING:
    from fastnn.compiler.emit import Emitter

FLOPS = 60  # of a state and step


def _check(name: str, specs: Specs, attrs: Attrs) -> tuple[Any, ...]:
    """Raise unless x is (rows, steps, classes), labels (rows, most), both lengths (rows,); returns their sizes."""
    x, labels, label_lengths, step_lengths = specs[:4]
    check_dtype(name, x, FLOATS)
    if any(s.dtype != "int32" for s in specs[1:4]):
        raise DTypeError(f"{name}: received labels and lengths of {[s.dtype for s in specs[1:4]]}, expected int32.")
    rows = x.shape[:1]
    if len(x.shape) != 3 or labels.shape[:-1] != rows or label_lengths.shape != rows or step_lengths.shape != rows:
        raise ShapeError(
            f"{name}: received shapes {[s.shape for s in specs[:4]]}, expected (rows, steps, classes), (rows, most "
            "labels), (rows,) and (rows,)."
        )
    if not 0 <= attrs["blank"] < x.shape[2]:
        raise ArgumentError(f"{name}: received blank={attrs['blank']} for {x.shape[2]} classes.")
    return (*x.shape, labels.shape[1])


def _ctc_infer(specs: Specs, attrs: Attrs) -> Any:
    return Spec((_check("ctc", specs, attrs)[0],), specs[0].dtype)


def _emit(e: Emitter, more: int) -> None:
    """The call of a kernel, with `more` rows of workspace beside the alphas of all steps."""
    x, most = e.ins[0], e.ins[1].shape[1]
    rows, steps, classes = x.shape
    states = (steps + 1 + more) * (2 * most + 1)
    e.emit(
        f"{e.node.op.name}_{x.t}",
        *(i.rd_all for i in e.ins),
        e.outs[0].wr_all,
        steps,
        classes,
        most,
        e.attrs["blank"],
        e.local(states * 8),
        n=rows,
        flops=FLOPS * states * rows,
    )


def _ctc_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    return [_ctc_grad(*node.inputs, gys[0], blank=node.attrs["blank"]), None, None, None]


def _cost(specs: Specs, outs: Specs, attrs: Attrs) -> Any:
    rows, steps, _ = specs[0].shape
    states = rows * (steps + 1) * (2 * specs[1].shape[1] + 1)
    return FLOPS * states, sum(s.nbytes for s in (*specs, *outs))


def _inputs(draw: Draw, rows: int, steps: int, most: int) -> list[Any]:
    """Log probabilities as they come, labels that repeat, lengths of which some do not fit."""
    return [
        Array((rows, steps, 4), low=-3.0, high=-0.1),
        Array((rows, most), "int32", 1, 2),
        Array((rows,), "int32", 0, most),
        Array((rows,), "int32", min(2 * most, steps), steps),
    ]


def _ctc_cases(draw: Draw) -> Any:
    rows, most = draw.integer(1, 3), draw.integer(0, 3)
    return Case(_inputs(draw, rows, draw.integer(2 * most + 1, 8), most), {"blank": draw.choice((0, 3))}, tolerance=4.0)


_ctc = register(
    Op(
        name="ctc",
        inputs=("log_probabilities", "labels", "label_lengths", "step_lengths"),
        attrs={"blank": REQUIRED},
        infer=_ctc_infer,
        lower=lambda e: _emit(e, 0),
        vjp=_ctc_vjp,
        reference=reference.ctc,
        cost=_cost,
        cases=_ctc_cases,
        invalid=[
            ([Spec((2, 3, 4), "float32"), *[Spec((3,), "int32")] * 3], {"blank": 0}, ShapeError),
            (
                [Spec((2, 3, 4), "float32"), Spec((2, 1), "int32"), *[Spec((2,), "int32")] * 2],
                {"blank": 4},
                ArgumentError,
            ),
        ],
        doc="loss = -log of the sum over all paths that read as the labels; a label outside is a KernelError",
    )
)


def _grad_infer(specs: Specs, attrs: Attrs) -> Any:
    wanted = _ctc_infer(specs, attrs)
    if specs[4] != wanted:
        raise ShapeError(f"ctc_grad: received a gradient {specs[4]}, expected {wanted}.")
    return specs[0]


_ctc_grad: Op = register(
    Op(
        name="ctc_grad",
        inputs=("log_probabilities", "labels", "label_lengths", "step_lengths", "gy"),
        attrs={"blank": REQUIRED},
        infer=_grad_infer,
        lower=lambda e: _emit(e, 2),
        nondiff="second derivatives of the loss are not offered",
        reference=reference.ctc_grad,
        cost=_cost,
        cases=lambda draw: Case([*_inputs(draw, 2, 4, 2), Array((2,))], {"blank": 0}, tolerance=4.0),
        invalid=[
            (
                [Spec((2, 3, 4), "float32"), Spec((2, 1), "int32"), *[Spec((2,), "int32")] * 2, Spec((3,), "float32")],
                {"blank": 0},
                ShapeError,
            )
        ],
        doc="gx = -gy times the probability that a step shows the class, given the labels",
    )
)


# ------------------------------------------------------------------ search
def _beam_infer(specs: Specs, attrs: Attrs) -> Any:
    x, lengths = specs
    check_dtype("ctc_beam_search", x, FLOATS)
    if len(x.shape) != 3 or lengths != Spec(x.shape[:1], "int32"):
        raise ShapeError(
            f"ctc_beam_search: received {x} and lengths {lengths}, expected (rows, steps, classes) and int32 (rows,)."
        )
    if not 0 < attrs["top_paths"] <= attrs["beam_width"] or not 0 <= attrs["blank"] < x.shape[2]:
        raise ArgumentError(
            f"ctc_beam_search: received beam_width={attrs['beam_width']}, top_paths={attrs['top_paths']}, "
            f"blank={attrs['blank']}; expected 1 <= top_paths <= beam_width and a blank below {x.shape[2]}."
        )
    return Spec((attrs["top_paths"], *x.shape[:2]), "int32"), Spec((x.shape[0], attrs["top_paths"]), x.dtype)


def _best(found: dict[Any, Any], width: int, classes: int) -> list[Any]:
    """The readings of the largest totals, rising; of equal ones that of lower classes counts more, as in TensorFlow."""
    order = sorted(found, key=lambda reading: [classes - 1 - c for c in reading])
    totals = np.array([np.logaddexp(*found[reading]) for reading in order])
    return [order[i] for i in np.argsort(totals, kind="stable")[-width:]]


def _search(x: Any, steps: int, width: int, blank: int) -> list[tuple[Any, float]]:
    """(reading, log probability) of one row, rising.  Of each reading: how probable its paths are that end in the last
    label, and those that end in a blank."""
    none, classes = -np.inf, x.shape[1]
    first = np.argsort(x[0][::-1], kind="stable")[-min(classes, width) :]
    beams = {}
    for c in (classes - 1 - int(i) for i in first):
        beams[() if c == blank else (c,)] = (none, x[0, c]) if c == blank else (x[0, c], none)
    for t in range(1, steps):
        after: dict[Any, Any] = {}
        for reading, (said, silent) in beams.items():
            total = np.logaddexp(said, silent)
            for c in range(classes):
                moves: list[Any]
                if c == blank:
                    moves = [(reading, none, total)]
                elif reading and reading[-1] == c:  # the same label goes on, or stands there once more after a blank
                    moves = [(reading, said, none), ((*reading, c), silent, none)]
                else:
                    moves = [((*reading, c), total, none)]
                for after_reading, a, b in moves:
                    old = after.get(after_reading, (none, none))
                    after[after_reading] = np.logaddexp(old[0], a + x[t, c]), np.logaddexp(old[1], b + x[t, c])
        beams = {reading: after[reading] for reading in _best(after, width, classes)}
    return [(reading, float(np.logaddexp(*beams[reading]))) for reading in _best(beams, width, classes)]


def _beam_host(ins: Specs, outs: Specs, attrs: Attrs) -> None:
    (x, lengths), (paths, scores) = ins, outs
    paths[...], scores[...] = -1, -np.inf
    for r in range(len(x)):
        steps = min(max(int(lengths[r]), 1), x.shape[1])
        found = _search(x[r].astype(np.float64), steps, attrs["beam_width"], attrs["blank"])
        for k, (reading, score) in enumerate(found[::-1][: attrs["top_paths"]]):
            paths[k, r, : len(reading)], scores[r, k] = reading, score


_beam = register(
    Op(
        name="ctc_beam_search",
        inputs=("log_probabilities", "lengths"),
        attrs={"beam_width": 100, "top_paths": 1, "blank": 0},
        infer=_beam_infer,
        host=_beam_host,
        cuda="a search over a table of prefixes that grows and shrinks",
        nondiff="a search has no gradient",
        reference=reference.ctc_beam_search,
        cost=lambda specs, outs, attrs: (
            1000 * attrs["beam_width"] * specs[0].size,
            sum(s.nbytes for s in (*specs, *outs)),
        ),
        cases=lambda draw: Case(
            [Array((2, draw.integer(1, 4), 3), distinct=True), Array((2,), "int32", 1, 4)],
            {"beam_width": 100, "top_paths": draw.integer(1, 2), "blank": draw.choice((0, 2))},
        ),
        invalid=[([Spec((2, 3, 4), "float32"), Spec((3,), "int32")], {}, ShapeError)],
        doc="the most probable readings, -1 behind each, and their log probabilities",
    )
)
