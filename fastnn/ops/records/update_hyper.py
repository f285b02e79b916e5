"""The words of a training step: learning rate, scale and constants of an update, made once a step."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fastnn.core.errors import DTypeError, ShapeError
from fastnn.core.types import Attrs
from fastnn.graph.spec import Spec
from fastnn.kernels.reference import update as reference
from fastnn.ops.op import REQUIRED, Array, Case, Draw, Lower, Op, Specs, register

if TYPE_CHECKING:
    from fastnn.compiler.emit import Emitter


HYPER = Spec((8,), "float64")
FLOAT, COUNT = Spec((), "float64"), Spec((), "int64")
NONDIFF = "a step of training: its result is not differentiated"


def expect(name: str, specs: Specs, expected: Any) -> None:
    """Raise DTypeError unless the inputs have the expected shapes and dtypes."""
    for s, want in zip(specs, expected):
        if s is not None and s != want:
            raise DTypeError(f"{name}: received {s.shape} {s.dtype}, expected {want.shape} {want.dtype}.")


def _hyper_infer(name: str, expected: Any, outputs: Any) -> Callable[..., Any]:
    def infer(specs: Specs, attrs: Attrs) -> Any:
        expect(name, specs, expected)
        if len(attrs["constants"]) > 5:
            raise ShapeError(f"{name}: received {len(attrs['constants'])} constants, expected at most 5.")
        return outputs if len(outputs) > 1 else outputs[0]

    return infer


def _emit_hyper(e: Emitter, lr: Any, scale: Any, constants: Any) -> None:
    words = [float(c) for c in constants] + [0.0] * (5 - len(constants))
    e.emit(
        "update_hyper",
        lr.rd_all,
        0 if scale is None else scale.rd_all,
        e.outs[0].wr_all,
        float(e.attrs["weight_decay"]),
        *words,
        n=1,
    )


def _hyper_lower(e: Emitter) -> None:
    _emit_hyper(e, e.ins[0], e.ins[1], e.attrs["constants"])


def _adam_hyper_lower(e: Emitter) -> None:
    iterations, lr, scale = e.ins
    c = e.attrs["constants"]
    _emit_hyper(e, lr, scale, c)
    e.emit("adam_hyper", iterations.rd_all, e.outs[0].rw_all, float(c[0]), float(c[1]), n=1)


def _adamax_hyper_lower(e: Emitter) -> None:
    iterations, lr, scale = e.ins
    c = e.attrs["constants"]
    _emit_hyper(e, lr, scale, c)
    e.emit("adamax_hyper", iterations.rd_all, e.outs[0].rw_all, float(c[0]), n=1)


def _nadam_hyper_lower(e: Emitter) -> None:
    iterations, lr, product, scale = e.ins
    c = e.attrs["constants"]
    _emit_hyper(e, lr, scale, ())
    e.emit(
        "nadam_hyper",
        iterations.rd_all,
        product.rd_all,
        e.outs[0].rw_all,
        e.outs[1].wr_all,
        float(c[0]),
        float(c[1]),
        float(c[2]),
        n=1,
    )


def _hyper_cases(counted: Any, product: Any, constants: Any) -> Callable[..., Any]:
    def cases(draw: Draw) -> Any:
        inputs = [Array((), "int64", 0, 50)] if counted else []
        inputs += [Array((), "f8", 0.01, 1)] + ([Array((), "f8", 0.2, 0.8)] if product else [])
        return Case(
            [*inputs, Array((), "f8", 0.5, 1) if draw.boolean() else None],
            {"weight_decay": draw.choice([0.0, 0.5]), "constants": constants},
        )

    return cases


_HYPER_ATTRS = {"weight_decay": 0.0, "constants": ()}
_BAD_LR = Spec((), "float32")


def _hyper_op(
    name: str,
    inputs: Any,
    outputs: Any,
    lower: Lower | None,
    ref: Any,
    cases: Any,
    doc: str,
    attrs: dict[str, Any] | None = None,
    inplace: Any = None,
) -> Any:
    expected = [{"iterations": COUNT}.get(i, FLOAT) for i in (s.rstrip("?") for s in inputs)]
    return register(
        Op(
            name=name,
            inputs=inputs,
            attrs=attrs or {**_HYPER_ATTRS, "constants": REQUIRED},
            infer=_hyper_infer(name, expected, outputs),
            lower=lower,
            nondiff=NONDIFF,
            reference=ref,
            cases=cases,
            inplace=inplace or {},
            invalid=[
                (
                    [{"lr": _BAD_LR}.get(i.rstrip("?"), s) for i, s in zip(inputs, expected)],
                    {"constants": (0.9, 0.99, 1e-7)},
                    DTypeError,
                )
            ],
            cost=lambda specs, outs, attrs: (20, 128),
            doc=doc,
        )
    )


update_hyper = _hyper_op(
    "update_hyper",
    ("lr", "scale?"),
    (HYPER,),
    _hyper_lower,
    reference.hyper,
    _hyper_cases(False, False, (0.9, 1e-7)),
    "lr, lr * weight_decay, scale (1 if absent), constants",
    attrs=_HYPER_ATTRS,
)
adam_hyper = _hyper_op(
    "adam_hyper",
    ("iterations", "lr", "scale?"),
    (HYPER,),
    _adam_hyper_lower,
    reference.adam_hyper,
    _hyper_cases(True, False, (0.9, 0.999, 1e-7)),
    "constants = (beta_1, beta_2, epsilon); word 6 = lr sqrt(1 - beta_2^t) / (1 - beta_1^t), t = iterations + 1",
)
adamax_hyper = _hyper_op(
    "adamax_hyper",
    ("iterations", "lr", "scale?"),
    (HYPER,),
    _adamax_hyper_lower,
    reference.adamax_hyper,
    _hyper_cases(True, False, (0.9, 0.999, 1e-7)),
    "constants = (beta_1, beta_2, epsilon); word 6 = lr / (1 - beta_1^t), t = iterations + 1",
)
nadam_hyper = _hyper_op(
    "nadam_hyper",
    ("iterations", "lr", "product", "scale?"),
    (HYPER, FLOAT),
    _nadam_hyper_lower,
    reference.nadam_hyper,
    _hyper_cases(True, True, (0.9, 0.999, 0.96)),
    "constants = (beta_1, beta_2, base); u_t = beta_1 (1 - base^t / 2), product of all u so far; word 3 = u_(t+1) / "
    "(1 - product u_(t+1)), 4 = (1 - u_t) / (1 - product), 7 = 1 / (1 - beta_2^t); outputs hyper, product",
    inplace={1: 2},
)
