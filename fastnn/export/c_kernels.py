"""Rules for C of products, convolutions, pooling, normalisation, reductions and recurrent cells.

Sums of products go on one after the other, as the plan's do; sums of a reduction are added up in double.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fastnn.core.resampling import weights
from fastnn.core.shapes import broadcast, product, window
from fastnn.export.c_elements import ELEMENTS, Rule, activated, around
from fastnn.export.c_words import REAL, Call, ctype, index, literal, loop, nest, suffix, table
from fastnn.ops.forms import broadcast_strides, strides


def _real(call: Call) -> tuple[str, str]:
    """(C type, suffix of its functions) of the first result."""
    return ctype(call.y.dtype), suffix(call.y.dtype)


# ------------------------------------------------------------------ products
def _matmul(call: Call) -> str:
    x, w = call.input(0), call.input(1)
    turned, across = call.get("transpose_a"), call.get("transpose_b")
    rows, inner = x.shape[-2:][::-1] if turned else x.shape[-2:]
    columns = w.shape[-2] if across else w.shape[-1]
    lead: Any = broadcast(x.shape[:-2], w.shape[:-2])
    if len(w.shape) == 2 and not turned:  # every row of x meets the same w
        rows, lead = product(x.shape[:-1]), ()
    starts = []
    for v in (x, w):
        size = product(v.shape[-2:])
        starts.append(index([s * size for s in broadcast_strides(v.shape[:-2], lead)]) if lead else "0")
    kind = ctype(call.y.dtype)
    left = f"m + {rows} * k" if turned else f"{inner} * m + k"
    right = f"{inner} * n + k" if across else f"n + {columns} * k"
    begin = "x2[n]" if len(call.ins) > 2 and call.ins[2] is not None else "0"
    out = f"{columns} * m + n"
    if across:  # both are read along their rows
        body = f"{kind} s = {begin};\n" + loop("k", inner, f"s += a[{left}] * b[{right}];")
        body = loop("n", columns, f"{body}\ny[{out}] = {activated(call, 's')};")
    else:
        term = f"const {kind} v = a[{left}];\n" + loop("n", columns, f"y[{out}] += v * b[{right}];")
        body = loop("n", columns, f"y[{out}] = {begin};") + "\n" + loop("k", inner, term)
        if call.get("activation") is not None:
            body += "\n" + loop("n", columns, f"y[{out}] = {activated(call, f'y[{out}]')};")
    body = loop("m", rows, body)
    where = index([s * rows * columns for s in strides(lead)]) if lead else "0"
    head = f"const {kind} *a = x0 + {starts[0]}, *b = x1 + {starts[1]};\n{kind} *y = y0 + {where};\n"
    return nest(lead, head + body)


class _Window:
    """The geometry of a convolution of images (rows, height, width, channels)."""

    def __init__(self, call: Call, image: tuple[int, ...], kernel: tuple[int, ...]) -> None:
        pads = call["padding"]
        axes = [
            window(image[i], kernel[i], call["strides"][i], pads if isinstance(pads, str) else pads[i],
                   (call.get("dilation") or (1, 1))[i])
            for i in (0, 1)
        ]  # fmt: skip
        (self.out_h, self.top, _), (self.out_w, self.left, _) = axes
        self.height, self.width = image
        self.kernel, self.strides = kernel, call["strides"]
        self.dilation = call.get("dilation") or (1, 1)

    def taps(self, body: str, skip: str = "continue;") -> str:
        """Loops over taps r, s that lie inside the image, at (p, q), of the output point (i, j)."""
        p = f"{self.strides[0]} * i + {self.dilation[0]} * r - {self.top}"
        q = f"{self.strides[1]} * j + {self.dilation[1]} * s - {self.left}"
        inner = f"const long q = {q};\nif (q < 0 || q >= {self.width}) {skip}\n{body}"
        inner = loop("s", self.kernel[1], inner)
        inner = f"const long p = {p};\nif (p < 0 || p >= {self.height}) {skip}\n{inner}"
        return loop("r", self.kernel[0], inner)

    def points(self, rows: int, body: str) -> str:
        """Loops over images b and output points (i, j)."""
        return loop("b", rows, loop("i", self.out_h, loop("j", self.out_w, body)))


def _conv(call: Call) -> str:
    x, w = call.input(0), call.input(1)
    kind = ctype(call.y.dtype)
    rows, height, width, channels = x.shape
    kh, kw, taken, filters = w.shape
    at = _Window(call, (height, width), (kh, kw))
    groups = call["groups"]
    each = filters // groups
    begin = "x2[k]" if call.ins[2] is not None else "0"
    inner = (
        f"const {kind} *a = x0 + ((b * {height} + p) * {width} + q) * {channels};\n"
        f"const {kind} *f = x1 + (r * {kw} + s) * {taken * filters};\n"
        f"for (long g = 0; g < {groups}; ++g)\n    for (long c = 0; c < {taken}; ++c) {{\n"
        f"        const {kind} v = a[g * {taken} + c];\n"
        f"        for (long k = g * {each}; k < (g + 1) * {each}; ++k) y[k] += v * f[c * {filters} + k];\n    }}"
    )
    body = (
        f"{kind} *y = y0 + ((b * {at.out_h} + i) * {at.out_w} + j) * {filters};\n"
        f"for (long k = 0; k < {filters}; ++k) y[k] = {begin};\n" + at.taps(inner)
    )
    if call["activation"] is not None:
        body += f"\nfor (long k = 0; k < {filters}; ++k) y[k] = {activated(call, 'y[k]')};"
    return at.points(rows, body)


def _conv_back(call: Call) -> str:
    gy, w = call.input(0), call.input(1)
    kind = ctype(call.y.dtype)
    height, width = call["size"]
    kh, kw, taken, filters = w.shape
    at = _Window(call, (height, width), (kh, kw))
    groups, channels = call["groups"], call.y.shape[3]
    each = filters // groups
    inner = (
        f"{kind} *y = y0 + ((b * {height} + p) * {width} + q) * {channels};\n"
        f"const {kind} *f = x1 + (r * {kw} + s) * {taken * filters};\n"
        f"for (long g = 0; g < {groups}; ++g)\n    for (long c = 0; c < {taken}; ++c) {{\n"
        f"        {kind} v = 0;\n"
        f"        for (long k = g * {each}; k < (g + 1) * {each}; ++k) v += a[k] * f[c * {filters} + k];\n"
        f"        y[g * {taken} + c] += v;\n    }}"
    )
    body = f"const {kind} *a = x0 + ((b * {at.out_h} + i) * {at.out_w} + j) * {filters};\n" + at.taps(inner)
    zero = nest((call.y.size,), "y0[i0] = 0;")
    return zero + "\n" + at.points(gy.shape[0], body)


def _pool(call: Call) -> str:
    kind = ctype(call.x.dtype)
    rows, height, width, channels = call.x.shape
    kh, kw = call["pool_size"]
    at = _Window(call, (height, width), (kh, kw))
    value = f"x0[((b * {height} + p) * {width} + q) * {channels} + c]"
    place = f"((b * {at.out_h} + i) * {at.out_w} + j) * {channels} + c"
    if call.op == "avg_pool2d":
        body = f"{kind} sum = 0;\nlong n = 0;\n" + at.taps(f"sum += {value};\nn += 1;") + f"\ny0[{place}] = sum / n;"
    else:
        index_of = call.outs[1]
        best = f"const {kind} v = {value};\nif (tap < 0 || v > best || (v != v && best == best)) {{\n    best = v;\n"
        best += f"    tap = r * {kw} + s;\n}}"
        body = f"{kind} best = 0;\nlong tap = -1;\n{at.taps(best)}\n"
        body += f"y0[{place}] = best;"
        body += f"\ny1[{place}] = ({ctype(index_of.dtype)})tap;" if index_of is not None else ""
    return at.points(rows, loop("c", channels, body))


# ------------------------------------------------------------------ rows
def _rows(call: Call, body: str) -> str:
    """Loops over rows of the last axis: in the body x is a row of the input and y of the result, of n values."""
    n, kind = call.x.shape[-1], ctype(call.y.dtype)
    head = f"const {kind} *x = x0 + {n} * i0;\n{kind} *y = y0 + {n} * i0;\n"
    return nest((call.x.size // max(n, 1),), head + body.replace("COUNT", str(n)))


def _softmax(call: Call) -> str:
    kind, f = _real(call)
    top = f"{kind} top = x[0], sum = 0;\nfor (long k = 1; k < COUNT; ++k) if (x[k] > top || x[k] != x[k]) top = x[k];\n"
    if call.op == "log_softmax":
        return _rows(call, top + (
            f"for (long k = 0; k < COUNT; ++k) sum += exp{f}(x[k] - top);\nsum = log{f}(sum);\n"
            "for (long k = 0; k < COUNT; ++k) y[k] = x[k] - top - sum;"
        ))  # fmt: skip
    return _rows(call, top + (
        f"for (long k = 0; k < COUNT; ++k) {{\n    y[k] = exp{f}(x[k] - top);\n    sum += y[k];\n}}\n"
        "for (long k = 0; k < COUNT; ++k) y[k] /= sum;"
    ))  # fmt: skip


def _scaled(call: Call, first: int, value: str) -> str:
    """value * gamma + beta, which are the inputs number `first` and the next."""
    given = (*call.ins, None, None)
    value += f" * x{first}[k]" if given[first] is not None else ""
    return value + (f" + x{first + 1}[k]" if given[first + 1] is not None else "")


def _layer_norm(call: Call) -> str:
    kind = ctype(call.y.dtype)
    n, eps = call.x.shape[-1], literal(call["epsilon"], "float64")
    body = "double mean = 0, var = 0;\n"
    if call["centered"]:
        body += "for (long k = 0; k < COUNT; ++k) mean += x[k];\nmean /= COUNT;\n"
    body += "for (long k = 0; k < COUNT; ++k) var += (x[k] - mean) * (x[k] - mean);\n"
    body += f"const double r = 1 / sqrt(var / COUNT + {eps});\n"
    hat = f"({kind})((x[k] - mean) * r)"
    body += f"for (long k = 0; k < COUNT; ++k) y[k] = {_scaled(call, 1, hat)};"
    for k, name in ((1, "mean"), (2, "r")):
        body += f"\ny{k}[i0] = ({kind}){name};" if call.outs[k] is not None else ""
    return _rows(call, body) if n else ""


def _batch_norm(call: Call) -> str:
    kind, f = _real(call)
    n, eps = call.x.shape[-1], literal(call["epsilon"], call.y.dtype)
    scale = "x3[k]" if call.ins[3] is not None else "1"
    shift = " + x4[k]" if call.ins[4] is not None else ""
    body = f"const {kind} v = (x0[{n} * i + k] - x1[k]) * scale{shift};\ny0[{n} * i + k] = {activated(call, 'v')};"
    inner = f"const {kind} scale = {scale} / sqrt{f}(x2[k] + {eps});\n"
    inner += loop("i", call.x.size // max(n, 1), body)
    return loop("k", n, inner)


# ------------------------------------------------------------------ reductions
FOLDS = {"sum": ("0", "s += v;"), "mean": ("0", "s += v;"), "prod": ("1", "s *= v;"),
         "any": ("0", "if (v) s = 1;"), "all": ("1", "if (!v) s = 0;"),
         "max": ("", "if ({0}v > s) s = v;"), "min": ("", "if ({0}v < s) s = v;")}  # fmt: skip


def _reduce(call: Call) -> str:
    x, y = call.x, call.y
    axis = call["axis"]
    rank = len(x.shape)
    axes = range(rank) if axis is None else [a % rank for a in (axis if isinstance(axis, tuple) else (axis,))]
    own, axes = strides(x.shape), sorted(axes)
    kept = [a for a in range(rank) if a not in axes]
    first, fold = FOLDS[call.op]
    real = x.dtype in REAL
    wide = "double" if real and call.op in ("sum", "mean", "prod") else ctype(x.dtype if first == "" else y.dtype)
    start = index([own[a] for a in kept])
    within = index([own[a] for a in axes], name="j")
    body = nest([x.shape[a] for a in axes], f"const {ctype(x.dtype)} v = x[{within}];\n{fold}", "j")
    body = body.replace("{0}", "v != v || " if real else "")
    count = product(x.shape[a] for a in axes)
    result = f"s / {max(count, 1)}" if call.op == "mean" else "s"
    out = index(strides(tuple(x.shape[a] for a in kept)))
    head = f"const {ctype(x.dtype)} *x = x0 + {start};\n{wide} s = {first or 'x[0]'};\n"
    return nest([x.shape[a] for a in kept], f"{head}{body}\ny0[{out}] = ({ctype(y.dtype)})({result});")


def _arg(call: Call) -> str:
    outer, size, inner = around(call.x.shape, call["axis"])
    sign = ">" if call.op == "argmax" else "<"
    real = call.x.dtype in REAL
    nan = " || (v != v && best == best)" if real else ""
    kind = ctype(call.x.dtype)
    body = (
        f"const {kind} *x = x0 + {index((size * inner, 1))};\n{kind} best = x[0];\nlong at = 0;\n"
        f"for (long k = 1; k < {size}; ++k) {{\n    const {kind} v = x[{inner} * k];\n"
        f"    if (v {sign} best{nan}) {{\n        best = v;\n        at = k;\n    }}\n}}\n"
        f"y0[{index((inner, 1))}] = ({ctype(call.y.dtype)})at;"
    )
    return nest((outer, inner), body)


def _cumsum(call: Call) -> str:
    outer, size, inner = around(call.x.shape, call["axis"])
    place = f"{index((size * inner, 1))} + {inner} * k"
    k = f"{size - 1} - j" if call["reverse"] else "j"
    kind = ctype(call.y.dtype)
    body = f"{kind} s = 0;\nfor (long j = 0; j < {size}; ++j) {{\n    const long k = {k};\n"
    return nest((outer, inner), body + f"    s += x0[{place}];\n    y0[{place}] = s;\n}}")


def _argsort(call: Call) -> str:
    outer, size, inner = around(call.x.shape, call["axis"])
    kind, real = ctype(call.x.dtype), call.x.dtype in REAL
    after = "v < x[{0} * y[{0} * (j - 1)]]".replace("{0}", str(inner))
    if real:  # NaN comes last
        after += " || (v == v && x[{0} * y[{0} * (j - 1)]] != x[{0} * y[{0} * (j - 1)]])".replace("{0}", str(inner))
    body = (
        f"const {kind} *x = x0 + {index((size * inner, 1))};\n{ctype(call.y.dtype)} *y = y0 + "
        f"{index((size * inner, 1))};\nfor (long k = 0; k < {size}; ++k) {{\n    const {kind} v = x[{inner} * k];\n"
        f"    long j = k;\n    for (; j > 0 && ({after}); --j) y[{inner} * j] = y[{inner} * (j - 1)];\n"
        f"    y[{inner} * j] = ({ctype(call.y.dtype)})k;\n}}"
    )
    return nest((outer, inner), body)


def _search(call: Call) -> str:
    values = call.input(1)
    sign = "<" if call["side"] == "left" else "<="
    body = f"long k = 0;\nwhile (k < {call.x.size} && x0[k] {sign} x1[i0]) ++k;\ny0[i0] = ({ctype(call.y.dtype)})k;"
    return nest((values.size,), body)


# ------------------------------------------------------------------ recurrent cells, images
def _cell(call: Call, body: str) -> str:
    """Loops over rows i and units j, with the gate number k of an array v as GATE(v, k)."""
    kind, f = _real(call)
    rows, units = call.input(2).shape
    for letter in ("x0", "x1", "gates"):
        for k in range(4):
            body = body.replace(f"GATE({letter}, {k})", f"{letter}[{index((units * COUNT[call.op], 1), units * k)}]")
    body = body.replace("OWN", index((units, 1))).replace("TYPE", kind).replace("@", f)
    return nest((rows, units), body)


COUNT = {"lstm_cell": 4, "gru_cell": 3}
SIGMOID = "1 / (1 + exp@(-({})))"


def _lstm(call: Call) -> str:
    names = ("i", "f", "g", "o")
    body = ""
    for k, name in enumerate(names):
        z = f"GATE(x0, {k}) + GATE(x1, {k})"
        body += f"const TYPE {name} = {f'tanh@({z})' if name == 'g' else SIGMOID.format(z)};\n"
    body += "const TYPE c = f * x2[OWN] + i * g;\n"
    if call.outs[2] is not None:
        body += "".join(f"GATE(gates, {k}) = {name};\n" for k, name in enumerate(names))
    body += "y1[OWN] = c;\n" if call.outs[1] is not None else ""
    return _cell(call, body + "y0[OWN] = o * tanh@(c);").replace("gates[", "y2[")


def _gru(call: Call) -> str:
    body = "".join(
        f"const TYPE {name} = {SIGMOID.format(f'GATE(x0, {k}) + GATE(x1, {k})')};\n" for k, name in enumerate("zr")
    )
    body += "const TYPE n = tanh@(GATE(x0, 2) + r * GATE(x1, 2));\nconst TYPE h = z * x2[OWN] + (1 - z) * n;\n"
    if call.outs[1] is not None:
        body += "".join(f"GATE(gates, {k}) = {name};\n" for k, name in enumerate("zrn"))
    return _cell(call, body + "y0[OWN] = h;").replace("gates[", "y1[")


def _resample(call: Call) -> str:
    how = call["interpolation"], call["antialias"]
    sizes = (call["height"], call["width"])
    pairs = zip(call.x.shape[1:3], sizes)
    if call["transposed"]:
        down, across = (weights(m, n, *how).T for n, m in pairs)
    else:
        down, across = (weights(n, m, *how) for n, m in pairs)
    rows, height, width, channels = call.x.shape
    byte = call.x.dtype == "uint8"
    tables = table("down", np.asarray(down), "float64") + "\n" + table("across", np.asarray(across), "float64") + "\n"
    result = "s < 0 ? 0 : s > 255 ? 255 : rint(s)" if byte else "s"
    body = (
        f"double s = 0;\nfor (long p = 0; p < {height}; ++p) {{\n    const double a = down[{height} * i1 + p];\n"
        f"    if (a == 0) continue;\n    for (long q = 0; q < {width}; ++q)\n"
        f"        s += a * across[{width} * i2 + q] * x0[((i0 * {height} + p) * {width} + q) * {channels} + i3];\n}}\n"
        f"y0[{index(strides(call.y.shape))}] = ({ctype(call.y.dtype)})({result});"
    )
    return tables + nest((rows, *sizes, channels), body)


RULES: dict[str, Rule] = {
    **ELEMENTS, "matmul": _matmul, "matmul_whole": _matmul, "conv2d": _conv, "conv2d_grad_x": _conv_back,
    "max_pool2d": _pool, "avg_pool2d": _pool, "softmax": _softmax, "log_softmax": _softmax, "layer_norm": _layer_norm,
    "batch_norm_inference": _batch_norm, **dict.fromkeys(FOLDS, _reduce), "argmax": _arg, "argmin": _arg,
    "cumsum": _cumsum, "argsort": _argsort, "searchsorted": _search, "lstm_cell": _lstm, "gru_cell": _gru,
    "resample": _resample,
}  # fmt: skip
