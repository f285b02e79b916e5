"""Rules for C of what works element by element, and of what moves elements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastnn.core.shapes import product
from fastnn.export.c_words import REAL, Call, Value, ctype, index, literal, nest, suffix
from fastnn.ops.forms import broadcast_strides, collapse, strides

Rule = Callable[[Call], str]

# Formulas of x (a, b of two values); `@`: the suffix of float functions and numbers, {name}: an attribute.
REALS = {
    "abs": "fabs@(x)", "exp": "exp@(x)", "expm1": "expm1@(x)", "log": "log@(x)", "log1p": "log1p@(x)",
    "sqrt": "sqrt@(x)", "rsqrt": "1 / sqrt@(x)", "reciprocal": "1 / x", "floor": "floor@(x)", "ceil": "ceil@(x)",
    "trunc": "trunc@(x)", "round": "rint@(x)", "sin": "sin@(x)", "cos": "cos@(x)", "erf": "erf@(x)",
    "erfc": "erfc@(x)", "sinh": "sinh@(x)", "cosh": "cosh@(x)", "tanh": "tanh@(x)",
    "sign": "x != x ? x : (x > 0) - (x < 0)", "sigmoid": "1 / (1 + exp@(-x))",
    "softplus": "(x < 0 ? 0 : x) + log1p@(exp@(-fabs@(x)))", "relu": "x < 0 ? 0 : x",
    "leaky_relu": "x < 0 ? x * {negative_slope} : x", "elu": "x < 0 ? {alpha} * expm1@(x) : x",
    "silu": "x / (1 + exp@(-x))", "isnan": "isnan(x) != 0", "isinf": "isinf(x) != 0", "isfinite": "isfinite(x) != 0",
    "maximum": "a != a || a > b ? a : b", "minimum": "a != a || a < b ? a : b", "divide": "a / b",
    "power": "pow@(a, b)", "hypot": "hypot@(a, b)",
    "logaddexp": "a == b ? a + 0.693147180559945309@ : (a > b ? a : b) + log1p@(exp@(-fabs@(a - b)))",
    "logaddexp2": "a == b ? a + 1 : (a > b ? a : b) + 1.44269504088896341@ * log1p@(exp2@(-fabs@(a - b)))",
    "floor_divide": "floor@(a / b)", "mod": "a - b * floor@(a / b)",
}  # fmt: skip
INTEGERS = {
    "abs": "x < 0 ? -x : x", "sign": "(x > 0) - (x < 0)", "maximum": "a > b ? a : b", "minimum": "a < b ? a : b",
    "floor_divide": "b == 0 ? 0 : a / b - (a % b != 0 && (a % b < 0) != (b < 0))",
    "mod": "b == 0 ? 0 : a % b + (a % b != 0 && (a % b < 0) != (b < 0) ? b : 0)", "logical_not": "!x",
    "logical_and": "a && b", "logical_or": "a || b", "logical_xor": "!a != !b",
}  # fmt: skip
BOTH = {
    "negative": "-x", "square": "x * x", "affine": "x * {scale} + {shift}",
    "clip": "x < {lo} ? {lo} : x > {hi} ? {hi} : x", "add": "a + b", "subtract": "a - b", "multiply": "a * b",
    "squared_difference": "(a - b) * (a - b)", "less": "a < b", "less_equal": "a <= b", "equal": "a == b",
    "not_equal": "a != b",
}  # fmt: skip
GELU = {True: "0.5@ * x * (1 + tanh@(0.797884560802865356@ * (x + 0.044715@ * x * x * x)))",
        False: "0.5@ * x * (1 + erf@(0.707106781186547524@ * x))"}  # fmt: skip
ACTIVATIONS = {None: "{v}", "relu": "{v} < 0 ? 0 : {v}", "sigmoid": "1 / (1 + exp@(-{v}))", "tanh": "tanh@({v})"}


def activated(call: Call, value: str) -> str:
    """The activation of a product, a convolution or a normalisation, of a value."""
    return ACTIVATIONS[call.get("activation")].replace("@", suffix(call.y.dtype)).replace("{v}", value)


def _formula(text: str, call: Call) -> str:
    for name, value in call.attrs:
        if "{" + name + "}" in text:
            text = text.replace("{" + name + "}", literal(value, call.x.dtype))
    return text.replace("@", suffix(call.x.dtype))


def over(shape: tuple[int, ...], body: str, *layouts: Any, starts: tuple[int, ...] = ()) -> str:
    """Loops over a shape; in the body {0}, {1}, … are the places of the layouts (strides)."""
    sizes, found = collapse(shape, *layouts)
    places = [index(layout, start) for layout, start in zip(found, (*starts, *(0,) * len(layouts)))]
    for k, place in enumerate(places):
        body = body.replace("{" + str(k) + "}", place)
    return nest(sizes, body)


def elementwise(call: Call) -> str:
    """A formula of one value, or of two that broadcast."""
    real = call.x.dtype in REAL
    text = BOTH.get(call.op) or (REALS if real else INTEGERS).get(call.op)
    if call.op == "gelu":
        text = GELU[call["approximate"]]
    if text is None:
        raise call.refuse(f"on {call.x.dtype}")
    given, shape, kind = call.ins, call.y.shape, ctype(call.x.dtype)
    names = ("x",) if len(given) == 1 else ("a", "b")
    reads = " ".join(f"const {kind} {name} = x{k}[{{{k + 1}}}];" for k, name in enumerate(names))
    body = f"{reads}\ny0[{{0}}] = ({ctype(call.y.dtype)})({_formula(text, call)});"
    return over(shape, body, strides(shape), *(broadcast_strides(v.shape, shape) for v in given if v is not None))


def _cast(call: Call) -> str:
    source, target = call.x.dtype, call["dtype"]
    value = "x0[{1}]"
    if target == "bool":
        value += " != 0"
    elif source in REAL and target not in REAL and not target.endswith("64"):
        value = f"(int64_t){value}"  # a negative number as an unsigned one is undefined, as an integer it is not
    own = strides(call.y.shape)
    return over(call.y.shape, f"y0[{{0}}] = ({ctype(target)})({value});", own, own)


def _where(call: Call) -> str:
    shape = call.y.shape
    layouts = [broadcast_strides(v.shape, shape) for v in call.ins if v is not None]
    return over(shape, "y0[{0}] = x0[{1}] ? x1[{2}] : x2[{3}];", strides(shape), *layouts)


# ------------------------------------------------------------------ movement
def moved(call: Call, layout: Any, start: int = 0) -> str:
    """y = x, read with these strides from an element on."""
    shape = call.y.shape
    return over(shape, "y0[{0}] = x0[{1}];", strides(shape), layout, starts=(0, start))


def _transpose(call: Call) -> str:
    own = strides(call.x.shape)
    return moved(call, tuple(own[a] for a in call["axes"]))


def _slice(call: Call) -> str:
    first, steps = 0, []
    for d, s, k in zip(call.x.shape, strides(call.x.shape), call["key"]):
        start, _, step = slice(*k).indices(d)
        first += start * s
        steps.append(step * s)
    return moved(call, tuple(steps), first)


def _pad(call: Call) -> str:
    own = strides(call.y.shape)
    start = sum(before * s for (before, _), s in zip(call["pad_width"], own))
    value = literal(call["constant_value"], call.y.dtype)
    inside = over(call.x.shape, "y0[{0}] = x0[{1}];", own, strides(call.x.shape), starts=(start, 0))
    return nest((call.y.size,), f"y0[i0] = {value};") + "\n" + inside


def _full(call: Call) -> str:
    return "(void)x0;\n" + nest((call.y.size,), f"y0[i0] = {literal(call['value'], call.y.dtype)};")


def around(shape: tuple[int, ...], axis: int) -> tuple[int, int, int]:
    """(product of the sizes before an axis, its size, product of those after it)."""
    axis %= len(shape)
    return product(shape[:axis]), shape[axis], product(shape[axis + 1 :])


def _parts(call: Call, parts: Any, whole: Value) -> list[tuple[int, int, int, int]]:
    """(number, elements of a row, where it begins in the row of the whole, those of that) of each part."""
    _, size, inner = around(whole.shape, call["axis"])
    found, at = [], 0
    for k, part in enumerate(parts):
        n = around(part.shape, call["axis"])[1] * inner if part is not None else call["sizes"][k] * inner
        if part is not None and n:
            found.append((k, n, at, size * inner))
        at += n
    return found


def _concatenate(call: Call) -> str:
    rows = around(call.y.shape, call["axis"])[0]
    lines = [
        f"memcpy(y0 + {index((row,), at)}, x{k} + {index((n,))}, {n} * sizeof *y0);"
        for k, n, at, row in _parts(call, call.ins, call.y)
    ]
    return nest((rows,), "\n".join(lines))


def _split(call: Call) -> str:
    rows = around(call.x.shape, call["axis"])[0]
    lines = [
        f"memcpy(y{k} + {index((n,))}, x0 + {index((row,), at)}, {n} * sizeof *x0);"
        for k, n, at, row in _parts(call, call.outs, call.x)
    ]
    return nest((rows,), "\n".join(lines))


def _inside(size: int, negative: bool) -> str:
    """Statements that keep an index k inside a table: C has no errors, so the nearest row stands for one outside."""
    back = f"if (k < 0) k += {size};\n" if negative else ""
    return f"{back}k = k < 0 ? 0 : k > {size - 1} ? {size - 1} : k;"


def _take(call: Call) -> str:
    indices = call.ins[1]
    outer, size, inner = around(call.x.shape, call["axis"])
    count = indices.size if indices is not None else 0
    body = (
        f"long k = (long)x1[i1];\n{_inside(size, call.op == 'take')}\n"
        f"memcpy(y0 + {index((count * inner, inner))}, x0 + {index((size * inner,))} + {inner} * k, "
        f"{inner} * sizeof *y0);"
    )
    return nest((outer, count), body)


def _along(call: Call) -> str:
    outer, size, inner = around(call.x.shape, call["axis"])
    count = around(call.y.shape, call["axis"])[1]
    own = index((count * inner, inner, 1))
    body = f"long k = (long)x1[{own}];\n{_inside(size, True)}\n" + (
        f"y0[{own}] = x0[{index((size * inner, 0, 1))} + {inner} * k];"
    )
    return nest((outer, count, inner), body)


def _one_hot(call: Call) -> str:
    n = call["num_classes"]
    return nest((call.x.size, n), f"y0[{n} * i0 + i1] = (long)x0[i0] == i1;")


ELEMENTS: dict[str, Rule] = {
    **dict.fromkeys((*REALS, *INTEGERS, *BOTH, "gelu"), elementwise), "cast": _cast, "cast_host": _cast,
    "where": _where, "transpose": _transpose, "strided_slice": _slice, "pad": _pad, "full_like": _full,
    "broadcast_to": lambda call: moved(call, broadcast_strides(call.x.shape, call.y.shape)),
    "concatenate": _concatenate, "split": _split, "take": _take, "table_rows": _take, "take_along_axis": _along,
    "one_hot": _one_hot,
}  # fmt: skip
