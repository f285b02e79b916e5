"""Conversion between dtypes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fastnn.core import dtypes, hooks
from fastnn.core.errors import DTypeError
from fastnn.core.types import Attrs
from fastnn.graph.node import Node
from fastnn.graph.spec import Spec
from fastnn.graph.trace import apply, half_of
from fastnn.kernels.reference import elementwise as reference
from fastnn.ops.forms import NUMBERS, WIDE, draw_shape, unary_cost, zeros
from fastnn.ops.op import REQUIRED, Array, Case, Draw, Gradients, Op, R, Specs, register

if TYPE_CHECKING:
    from fastnn.compiler.emit import Emitter

BYTES = ("uint8", "bool")


def _infer(specs: Specs, attrs: Attrs) -> Any:
    if attrs["dtype"] not in (*dtypes.TABLE, *dtypes.PACKAGED):
        raise DTypeError(f"cast: unknown dtype {attrs['dtype']!r}; expected one of {', '.join(dtypes.TABLE)}.")
    return Spec(specs[0].shape, attrs["dtype"])


def _has_kernel(source: Any, target: Any) -> Any:
    if source in dtypes.HALVES or target in dtypes.HALVES:
        return "float32" in (source, target)
    return source in (*NUMBERS, *BYTES) and target in (*NUMBERS, *BYTES)


def _lower(e: Emitter) -> None:
    x, y = e.ins[0], e.outs[0]
    if x.dtype == y.dtype or (x.dtype in BYTES and y.dtype == "uint8"):
        name = f"copy_{x.t}"
    elif y.dtype == "bool":
        name = f"cast_bool_{x.t}"
    elif y.dtype == "uint8":
        name = f"cast_byte_u8_{x.t}"
    else:
        name = f"cast_{y.t}_{x.t}"
    e.emit(name, x.rd, y.wr, n=y.size, elementwise=True)


def _host(ins: Specs, outs: Specs, attrs: Attrs) -> None:
    with np.errstate(all="ignore"):
        outs[0][...] = ins[0].astype(outs[0].dtype)


def _vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    return [converted(gys[0], node.inputs[0].dtype)]


def _cases(names: Any) -> Callable[..., Any]:
    def cases(draw: Draw) -> Any:
        source, target = draw.choice(names), draw.choice(names)
        low = -3.0 if source in (*NUMBERS, "int8", "int16", "float16") and not target.startswith("u") else 0.0
        source = "float" if source in ("float32", "float64") else source
        return Case([Array(draw_shape(draw), source, low, 3.0)], {"dtype": target})

    return cases


def _record(name: str, cases: Any, **way: Any) -> Any:
    return register(
        Op(
            name=name,
            inputs=("x",),
            attrs={"dtype": REQUIRED},
            infer=_infer,
            vjp=_vjp,
            elementwise=name == "cast",
            reference=reference.cast,
            cases=cases,
            invalid=[([Spec((2,), "float32")], {"dtype": "quaternion"}, DTypeError)],
            cost=unary_cost(),
            doc="y = x as another dtype; floats lose their fraction towards 0, bool is x != 0",
            **way,
        )
    )


_cast = _record("cast", _cases(("float32", "int32", "int64", "bool", "uint8", "float64")), lower=_lower)
_cast_host = _record(
    "cast_host",
    _cases(("float16", "int8", "int16", "uint16", "uint32", "uint64")),
    host=_host,
    cuda="between these dtypes NumPy converts",
)


def converted(x: Any, dtype: str) -> Any:
    """x, a symbol or an array, as `dtype`: x itself where it has that already."""
    source = dtypes.standardize(x.dtype)
    if source == dtype:
        return x
    if dtype in dtypes.COMPLEX and source not in dtypes.COMPLEX:
        part = converted(x, dtypes.COMPLEX[dtype])
        return R.complex_join(part, zeros(part.shape, dtypes.COMPLEX[dtype]))
    return between(source, dtype)(x, dtype=dtype)


def between(source: str, dtype: str) -> Any:
    """The operation that turns one dtype into another."""
    return _cast if _has_kernel(source, dtype) else _cast_host


def in_float32(op: Any, inputs: Sequence[Any], attrs: Attrs) -> Any:
    """op on float16 or bfloat16 values, calculated in float32: inputs widened, float32 results rounded back.

    Beside a float32 input the results stay float32.  Registered as the "in_float32" hook.
    """
    half = half_of(inputs, attrs)
    keeps = any(x is not None and x.dtype == "float32" for x in inputs)
    wide = [converted(x, "float32") if x is not None and x.dtype in dtypes.HALVES else x for x in inputs]
    given = {**attrs, "dtype": "float32"} if attrs.get("dtype") in dtypes.HALVES else dict(attrs)
    results = apply(op, wide, given)

    def narrow(y: Any) -> Any:
        return converted(y, half) if half is not None and not keeps and y.dtype == "float32" else y

    return tuple(map(narrow, results)) if isinstance(results, tuple) else narrow(results)


hooks.register("in_float32", in_float32)


def widened(op: Any, x: Any, *inputs: Any, **attrs: Any) -> Any:
    """op(x, ...) in x's dtype, through a wider one where no kernel calculates in it."""
    return converted(op(converted(x, WIDE.get(x.dtype, x.dtype)), *inputs, **attrs), x.dtype)
