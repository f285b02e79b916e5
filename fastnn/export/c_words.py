"""What the C functions of exported models are written with: types, literals, nests of loops."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from fastnn.core.errors import NotSupportedError
from fastnn.core.shapes import product
from fastnn.core.types import Array

TYPES = {"float32": "float", "float64": "double", "int8": "int8_t", "int16": "int16_t", "int32": "int32_t",
         "int64": "int64_t", "uint8": "uint8_t", "uint16": "uint16_t", "uint32": "uint32_t", "uint64": "uint64_t",
         "bool": "uint8_t"}  # fmt: skip
REAL = ("float32", "float64")
ROW = 8  # numbers on a line


class Value(NamedTuple):
    """An argument of a Call: shape and dtype."""

    shape: tuple[int, ...]
    dtype: str

    @property
    def size(self) -> int:
        """Elements."""
        return product(self.shape)


@dataclass(frozen=True)
class Call:
    """One use of an operation: what a rule writes a C function for.

    op: the record's name.  attrs: its attributes.  ins: Values, None for an input that is absent.  outs: Values, None
    for a result but the first that nobody reads.  Two equal calls share a function.
    """

    op: str
    attrs: tuple[tuple[str, Any], ...]
    ins: tuple[Value | None, ...]
    outs: tuple[Value | None, ...]

    def __getitem__(self, name: str) -> Any:
        """The attribute of that name."""
        return dict(self.attrs)[name]

    def get(self, name: str) -> Any:
        """The attribute of that name, None for an operation that has none."""
        return dict(self.attrs).get(name)

    def input(self, k: int) -> Value:
        """An input that must be there."""
        found = self.ins[k]
        assert found is not None
        return found

    @property
    def x(self) -> Value:
        """The first input."""
        return self.input(0)

    @property
    def y(self) -> Value:
        """The first result, which is always there."""
        found = self.outs[0]
        assert found is not None
        return found

    def refuse(self, what: str) -> NotSupportedError:
        """An error to raise where a rule does not cover what is asked for."""
        return NotSupportedError(f"export to c: the operation {self.op!r} {what}; there is no rule for it.")


def ctype(dtype: str) -> str:
    """The C type of a dtype; NotSupportedError where C99 has none."""
    found = TYPES.get(dtype)
    if found is None:
        raise NotSupportedError(
            f"export to c: values of dtype {dtype!r}; expected one of {', '.join(TYPES)}. Use a float32 policy."
        )
    return found


def suffix(dtype: str) -> str:
    """Of functions in math.h and of numbers: "f" for float32."""
    return "f" if dtype == "float32" else ""


def literal(value: Any, dtype: str) -> str:
    """A number as a C constant of exactly that value.

    >>> literal(0.2, "float32"), literal(-3, "int32"), literal(float("-inf"), "float32"), literal(True, "bool")
    ('0x1.99999ap-3f', '-3', '-INFINITY', '1')
    """
    if dtype not in REAL:
        number = int(value)
        if dtype == "int64" and number == -(1 << 63):
            return "INT64_MIN"
        return f"INT64_C({number})" if abs(number) >= 1 << 31 else str(number)
    real = float(np.float32(value) if dtype == "float32" else value)
    if math.isnan(real):
        return "NAN"
    if math.isinf(real):
        return "INFINITY" if real > 0 else "-INFINITY"
    mantissa, exponent = real.hex().split("p")
    head, _, tail = mantissa.partition(".")
    tail = tail.rstrip("0")
    return f"{head}{'.' if tail else ''}{tail}p{int(exponent)}{suffix(dtype)}"


def table(name: str, values: Array, dtype: str) -> str:
    """A constant array.

    >>> print(table("w", np.array([1.5, 2]), "float32"))
    static const float w[2] = {
        0x1.800000p0f, 0x1.000000p1f
    };
    """
    flat = np.asarray(values).reshape(-1)
    if dtype in REAL and np.isfinite(flat).all():  # what literal() writes, but quickly
        wide = flat.astype(np.float32 if dtype == "float32" else np.float64).tolist()
        text = (
            " ".join(map(float.hex, wide)).replace("0000000p", "p").replace("p+", "p") + " "
        )  # 24 bits: 7 digits are 0
        found = text.replace(" ", suffix(dtype) + " ").split()
    else:
        found = [literal(v, dtype) for v in flat.tolist()]
    lines = [", ".join(found[k : k + ROW]) for k in range(0, len(found), ROW)]
    body = ",\n".join(f"    {line}" for line in lines) or "    0"
    return f"static const {ctype(dtype)} {name}[{max(np.size(values), 1)}] = {{\n{body}\n}};"


def loop(counter: str, size: int, body: str) -> str:
    """A body in a loop over [0, size).

    >>> print(loop("k", 3, "s += x[k];"))
    for (long k = 0; k < 3; ++k) {
        s += x[k];
    }
    """
    inner = textwrap.indent(body, "    ")
    return f"for (long {counter} = 0; {counter} < {size}; ++{counter}) {{\n{inner}\n}}"


def nest(sizes: Sequence[int], body: str, name: str = "i") -> str:
    """Loops round a body: counters i0, i1, … of the given sizes.

    >>> print(nest((2, 3), "y[i0] += i1;"))
    for (long i0 = 0; i0 < 2; ++i0) {
        for (long i1 = 0; i1 < 3; ++i1) {
            y[i0] += i1;
        }
    }
    """
    for k in reversed(range(len(sizes))):
        body = loop(f"{name}{k}", sizes[k], body)
    return body


def index(strides: Sequence[int], start: int = 0, name: str = "i") -> str:
    """The place of the counters of a nest.

    >>> index((12, 0, 1)), index((-1,), 4), index((0,))
    ('12 * i0 + i2', '4 - i0', '0')
    """
    text = str(start) if start else ""
    for k, s in enumerate(strides):
        if s:
            term = f"{name}{k}" if abs(s) == 1 else f"{abs(s)} * {name}{k}"
            text += (" - " if s < 0 else " + ") + term if text else ("-" if s < 0 else "") + term
    return text or "0"
