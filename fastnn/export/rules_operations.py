"""Rules for files of steps: public operations that are called between layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from fastnn.core.errors import NotSupportedError
from fastnn.core.shapes import product
from fastnn.core.types import Array


class Between(NamedTuple):
    """A call of a public operation.

    name: of the function.  args: Symbols and constants.  options: its other arguments, with defaults.  shapes: of the
    symbols.  form: the format's name.
    """

    name: str
    args: tuple[Any, ...]
    options: dict[str, Any]
    shapes: list[tuple[int | None, ...]]
    out: tuple[int | None, ...]
    form: str

    def refuse(self, what: str) -> NotSupportedError:
        """An error that names the operation."""
        return NotSupportedError(f"export to {self.form}: the operation {self.name!r} {what}.")

    def constants(self) -> list[Array | None]:
        """For each argument its value, None for a symbol."""
        return [None if hasattr(a, "origin") else np.asarray(a, np.float32) for a in self.args]


OperationRule = Callable[[Between], Iterator[Any]]
BINARY = {"add": "add", "subtract": "subtract", "multiply": "multiply", "divide": "divide", "true_divide": "divide",
          "power": "power", "maximum": "maximum", "minimum": "minimum"}  # fmt: skip
UNARY = ("exp", "log", "sqrt", "abs", "absolute", "negative", "square", "sin", "cos", "floor", "ceil", "sign",
         "reciprocal", "rsqrt")  # fmt: skip
ACTIVATIONS = ("relu", "relu6", "sigmoid", "tanh", "selu", "softplus", "softsign", "silu", "hard_sigmoid", "hard_silu",
               "mish")  # fmt: skip


def _binary(call: Between) -> Iterator[Any]:
    name = BINARY[call.name]
    constants = call.constants()
    known = [c for c in constants if c is not None]
    if not known:
        yield name, {}
        return
    if known[0].ndim > len(call.shapes[0]) or (known[0].ndim == len(call.shapes[0]) and known[0].shape[0] != 1):
        raise call.refuse(f"has a constant of shape {known[0].shape}, one for each row; expected the same for all")
    yield "binary", {"function": name, "other": known[0], "swapped": constants[0] is not None}


def _unary(call: Between) -> Iterator[Any]:
    yield "unary", {"function": {"absolute": "abs"}.get(call.name, call.name)}


def _activation(call: Between) -> Iterator[Any]:
    yield "activation", {"function": call.name, "slope": 0.0}


def _sloped(option: str) -> OperationRule:
    return lambda call: iter([("activation", {"function": call.name, "slope": float(call.options[option])})])


def _gelu(call: Between) -> Iterator[Any]:
    yield "activation", {"function": "gelu_tanh" if call.options["approximate"] else "gelu", "slope": 0.0}


def _softmax(call: Between) -> Iterator[Any]:
    axis = call.options["axis"]
    if not isinstance(axis, int) or axis % len(call.shapes[0]) == 0:
        raise call.refuse(f"has axis={axis}; expected one axis, and not that of rows")
    yield call.name, {"axis": axis}


def axes_of(call: Between) -> tuple[int, ...]:
    """The axes that an operation names, from 0 on; not that of rows."""
    axis, rank = call.options["axis"], len(call.shapes[0])
    axes = range(rank) if axis is None else axis if isinstance(axis, (tuple, list)) else (axis,)
    found = tuple(sorted(a % rank for a in axes))
    if 0 in found:
        raise call.refuse(f"has axis={axis}, rows too; expected axes behind the first")
    return found


def _reduce(call: Between) -> Iterator[Any]:
    name = {"amax": "max", "amin": "min"}.get(call.name, call.name)
    yield "reduce", {"function": name, "axes": axes_of(call), "keepdims": bool(call.options["keepdims"])}


def _reshape(call: Between) -> Iterator[Any]:
    shape, out = call.shapes[0], call.out
    before, after = ([n for n in sizes[1:] if n is not None] for sizes in (shape, out))
    known = len(before) == len(shape) - 1 and len(after) == len(out) - 1
    if out[0] is not None or not known or product(before) != product(after):
        raise call.refuse(f"makes the shape {out} of {shape}; expected rows as they are, and known sizes")
    yield "reshape", {"shape": (-1, *out[1:])}


def _transpose(call: Between) -> Iterator[Any]:
    axes = call.options["axes"]
    rank = len(call.shapes[0])
    axes = tuple(range(rank))[::-1] if axes is None else tuple(a % rank for a in axes)
    if axes[0] != 0:
        raise call.refuse(f"has axes={axes}; expected rows to stay where they are")
    yield "transpose", {"order": axes}


def _concatenate(call: Between) -> Iterator[Any]:
    axis = call.options["axis"] % len(call.out)
    if axis == 0 or len(call.shapes) != len(call.args[0]):
        raise call.refuse(f"has axis={axis}, or constants; expected values, and an axis behind the first")
    yield "concat", {"axis": axis}


def _expand(call: Between) -> Iterator[Any]:
    axis = call.options["axis"]
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    yield "expand", {"axes": tuple(sorted(a % len(call.out) for a in axes))}


def _squeeze(call: Between) -> Iterator[Any]:
    yield "squeeze", {"axes": axes_of(call)}


def _getitem(call: Between) -> Iterator[Any]:
    key = call.args[1] if isinstance(call.args[1], tuple) else (call.args[1],)
    starts, ends, gone = [], [], []
    plain = all(k is Ellipsis or isinstance(k, (int, slice)) for k in key) and key.count(Ellipsis) <= 1
    if plain and Ellipsis in key:
        at = key.index(Ellipsis)
        key = (*key[:at], *[slice(None)] * (len(call.shapes[0]) - len(key) + 1), *key[at + 1 :])
    if not plain or key[0] != slice(None) or any(isinstance(k, slice) and k.step not in (None, 1) for k in key):
        raise call.refuse(f"has the key {key}; expected all rows, whole numbers and slices without steps")
    for axis, k in enumerate(key[1:], 1):
        whole = isinstance(k, int)
        starts.append(k if whole else k.start or 0)
        ends.append((k + 1 or None) if whole else k.stop)
        gone += [axis] if whole else []
    yield "slice", {"starts": tuple(starts), "ends": tuple(ends)}
    if gone:
        yield "squeeze", {"axes": tuple(gone)}


def _matmul(call: Between) -> Iterator[Any]:
    first, second = call.constants()
    if first is not None or (second is not None and second.ndim != 2):
        raise call.refuse("has a constant that is no matrix on the right")
    if second is None:
        yield "matmul", {}
    else:
        yield "dense", {"weight": second, "bias": np.zeros(second.shape[1], np.float32)}


def _einsum(call: Between) -> Iterator[Any]:
    if any(c is not None for c in call.constants()):
        raise call.refuse("has constants; expected values")
    yield "einsum", {"equation": call.options["subscripts"]}


def _not_equal(call: Between) -> Iterator[Any]:
    other = call.args[1]
    if hasattr(other, "origin"):
        raise call.refuse("compares two values; expected a value and a constant")
    yield "differs", {"other": np.asarray(other, call.args[0].dtype)}


def _truths(call: Between) -> None:
    """Raise for what is no mask: numbers that count as true or false."""
    if any(getattr(a, "dtype", None) != "bool" for a in call.args):
        raise call.refuse("on numbers; expected masks, as of not_equal")


def _both(kind: str) -> OperationRule:
    def rule(call: Between) -> Iterator[Any]:
        _truths(call)
        yield kind, {}

    return rule


def _ones_like(call: Between) -> Iterator[Any]:
    yield "binary", {"function": "power", "other": np.float32(0), "swapped": False}


def _cast(call: Between) -> Iterator[Any]:
    """A mask as numbers is what it was; numbers as a mask."""
    pair = call.args[0].dtype, call.options["dtype"]
    if pair == ("float32", "bool"):
        yield "differs", {"other": np.float32(0)}
    elif pair != ("bool", "float32"):
        raise call.refuse(f"on {pair[0]}, to {pair[1]}; expected float32 and bool")


def _any(call: Between) -> Iterator[Any]:
    _truths(call)
    yield "reduce", {"function": "max", "axes": axes_of(call), "keepdims": bool(call.options["keepdims"])}


def _clip(call: Between) -> Iterator[Any]:
    yield "clip", {"low": float(call.options["x_min"]), "high": float(call.options["x_max"])}


# operations that masks are made with: 0 and 1 in float32; those that move masks, too
TRUTHS = ("not_equal", "any", "logical_and", "logical_or", "cast")
MOVES = ("expand_dims", "squeeze", "concatenate", "transpose", "reshape", "getitem")
OPERATIONS: dict[str, OperationRule] = {
    **dict.fromkeys(BINARY, _binary), **dict.fromkeys(UNARY, _unary), **dict.fromkeys(ACTIVATIONS, _activation),
    "gelu": _gelu, "elu": _sloped("alpha"), "leaky_relu": _sloped("negative_slope"), "softmax": _softmax,
    "log_softmax": _softmax, **dict.fromkeys(("sum", "mean", "max", "min", "amax", "amin"), _reduce),
    "reshape": _reshape, "transpose": _transpose, "concatenate": _concatenate, "expand_dims": _expand,
    "squeeze": _squeeze, "getitem": _getitem, "matmul": _matmul, "einsum": _einsum, "clip": _clip,
    "not_equal": _not_equal, "any": _any, "cast": _cast, "ones_like": _ones_like,
    "logical_and": _both("multiply"), "logical_or": _both("maximum"),
}  # fmt: skip
