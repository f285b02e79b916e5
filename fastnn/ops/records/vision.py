"""Descriptors of images: histograms of oriented gradients and of colours, local binary patterns."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from fastnn.core.errors import ArgumentError, DTypeError, ShapeError
from fastnn.core.types import Attrs
from fastnn.graph.spec import Spec
from fastnn.kernels.reference import vision as reference
from fastnn.ops.op import REQUIRED, Array, Case, Draw, Op, Specs, register

if TYPE_CHECKING:
    from fastnn.compiler.emit import Emitter

PIXELS = ("uint8", "float32", "float64")
NORMS = ("L1", "L1-sqrt", "L2", "L2-Hys")
METHODS = ("default", "ror", "uniform")
POINTS = 30  # most of a local binary pattern: its bits stay in an int32
STEPS = "it decides into which bin a pixel falls"


def result_dtype(x: Any) -> str:
    """The dtype of descriptors: float64 for images of float64, else float32."""
    return "float64" if x.dtype == "float64" else "float32"


def check_images(name: str, x: Any, rank: int = 4) -> None:
    """Raise unless x holds images: (n, h, w, c), or (n, h, w) of rank 3, none of them empty, of a pixel's dtype."""
    if x.dtype not in PIXELS:
        raise DTypeError(f"{name}: received images of {x.dtype}, expected one of {', '.join(PIXELS)}.")
    if len(x.shape) != rank or 0 in x.shape[1:]:
        form = "(images, rows, columns, channels)" if rank == 4 else "(images, rows, columns)"
        raise ShapeError(f"{name}: received images of shape {tuple(x.shape)}, expected {form}, none of them empty.")


def _counts(name: str, word: str, value: Any, many: int = 2) -> None:
    """Raise unless value is so many positive ints."""
    if not isinstance(value, tuple) or len(value) != many or any(type(v) is not int or v < 1 for v in value):
        raise ArgumentError(f"{name}: received {word}={value!r}, expected {many} positive ints.")


# ------------------------------------------------------------------ oriented gradients
def _hog_infer(specs: Specs, attrs: Attrs) -> Any:
    (x,) = specs
    check_images("hog", x)
    bins, norm = attrs["orientations"], attrs["block_norm"]
    _counts("hog", "orientations", (bins,), 1)
    for word in ("pixels_per_cell", "cells_per_block"):
        _counts("hog", word, attrs[word])
    if norm not in NORMS:
        raise ArgumentError(f"hog: received block_norm={norm!r}, expected one of {', '.join(map(repr, NORMS))}.")
    (ch, cw), (br, bc) = attrs["pixels_per_cell"], attrs["cells_per_block"]
    rows, columns = x.shape[1] // ch, x.shape[2] // cw
    if rows < br or columns < bc:
        raise ShapeError(
            f"hog: received images of {x.shape[1]} x {x.shape[2]} pixels, expected at least {br * ch} x {bc * cw}: "
            f"a block of {br} x {bc} cells of {ch} x {cw} pixels."
        )
    return Spec((x.shape[0], rows - br + 1, columns - bc + 1, br, bc, bins), result_dtype(x))


def _angles(bins: int) -> Any:
    """Cosines and sines of the angles at which bins begin; equal where the angle is 45 or 135 degrees, 0 at 90."""
    cosines, sines = np.empty(bins), np.empty(bins)
    for k in range(bins):
        angle = math.pi * k / bins
        cosines[k], sines[k] = math.cos(angle), math.sin(angle)
        if 4 * k % bins == 0 and 4 * k // bins % 2 == 1:  # on a diagonal, where pixels of integers lie
            sines[k], cosines[k] = 1.0, math.copysign(1.0, cosines[k])
        elif 2 * k == bins:
            cosines[k] = 0.0
    return np.concatenate([cosines, sines]).view(np.int64)


def _hog_lower(e: Emitter) -> None:
    x, y, bins = e.ins[0], e.outs[0], e.attrs["orientations"]
    n, h, w, c = x.shape
    (ch, cw), (br, bc) = e.attrs["pixels_per_cell"], e.attrs["cells_per_block"]
    rows, columns = h // ch, w // cw
    difference = "f64" if x.dtype == "float64" else "f32"
    cells = e.scratch(n * rows * columns * bins * y.itemsize).view((n, rows, columns, bins), y.dtype)
    e.emit(
        f"hog_cells_{x.t}_{difference}_{y.t}",
        x.rd,
        cells.wr,
        *(h, w, c, ch, cw, rows, columns, bins),
        e.table(_angles(bins)),
        int(e.attrs["transform_sqrt"]),
        e.local(4 * w * 8),
        e.local(columns * bins * 8),
        n=n * rows,
        parts=n,
        flops=x.size * (8 + 3 * bins),
    )
    e.emit(
        f"hog_blocks_{y.t}",
        cells.rd,
        y.wr,
        *(rows, columns, bins, br, bc, NORMS.index(e.attrs["block_norm"])),
        e.local(br * bc * bins * 8),
        n=n * y.shape[1],
        parts=n,
        flops=6 * y.size,
    )


def _hog_cases(draw: Draw) -> Any:
    cell, block = (draw.integer(1, 4), draw.integer(1, 5)), (draw.integer(1, 2), draw.integer(1, 3))
    h, w = (c * (b + draw.integer(0, 2)) + draw.integer(0, c - 1) for c, b in zip(cell, block))
    attrs = {"orientations": draw.choice([9, 1, 4, 8]), "pixels_per_cell": cell, "cells_per_block": block,
             "block_norm": draw.choice(NORMS), "transform_sqrt": draw.boolean()}  # fmt: skip
    shape = (draw.integer(1, 3), h, w, draw.choice([1, 3]))
    return Case(
        [Array(shape, low=0.1, high=2.0)], attrs, tolerance=8
    )  # a root of what is nearly nothing doubles errors


_HOG = {"orientations": 9, "pixels_per_cell": (8, 8), "cells_per_block": (3, 3), "block_norm": "L2-Hys",
        "transform_sqrt": False}  # fmt: skip
hog = register(
    Op(
        name="hog",
        inputs=("x",),
        attrs=_HOG,
        infer=_hog_infer,
        lower=_hog_lower,
        nondiff=STEPS,
        reference=reference.hog,
        cases=_hog_cases,
        invalid=[
            ([Spec((2, 24, 24, 1), "int32")], {}, DTypeError),
            ([Spec((24, 24, 1), "float32")], {}, ShapeError),
            ([Spec((2, 24, 23, 1), "float32")], {}, ShapeError),
            ([Spec((2, 24, 24, 1), "float32")], {"block_norm": "L3"}, ArgumentError),
            ([Spec((2, 24, 24, 1), "float32")], {"pixels_per_cell": (8, 0)}, ArgumentError),
            ([Spec((2, 24, 24, 1), "float32")], {"orientations": 0}, ArgumentError),
        ],
        cost=lambda specs, outs, attrs: (specs[0].size * (8 + 3 * attrs["orientations"]), specs[0].nbytes),
        doc="y = blocks of cells' histograms of the directions of gradients in [0, 180) degrees, of norm 1",
    )
)


# ------------------------------------------------------------------ colours
def _size(attrs: Attrs) -> int:
    return math.prod(attrs["bins"]) if attrs["joint"] else sum(attrs["bins"])


def _color_infer(specs: Specs, attrs: Attrs) -> Any:
    (x,), name, bins = specs, "color_histogram", attrs["bins"]
    check_images(name, x)
    _counts(name, "bins", bins, x.shape[3])
    _counts(name, "cells", attrs["cells"])
    if (attrs["joint"] or attrs["hsv"]) and len(bins) != 3:
        raise ShapeError(f"{name}: received {len(bins)} channels, expected 3 for HSV and for a joint histogram.")
    if len(bins) != 3 and len(set(bins)) > 1:
        raise ArgumentError(f"{name}: received bins={bins}; channels other than three have as many bins each.")
    if attrs["cells"][0] > x.shape[1] or attrs["cells"][1] > x.shape[2]:
        raise ShapeError(f"{name}: received cells={attrs['cells']} for images of {x.shape[1]} x {x.shape[2]} pixels.")
    if not attrs["low"] < attrs["high"]:
        raise ArgumentError(f"{name}: received values from {attrs['low']} to {attrs['high']}, expected a range.")
    return Spec((x.shape[0], *attrs["cells"], _size(attrs)), result_dtype(x))


def _color_lower(e: Emitter) -> None:
    x, y, attrs = e.ins[0], e.outs[0], e.attrs
    bins = (*attrs["bins"], *attrs["bins"] * 3)[:3]
    rows, columns = attrs["cells"]
    e.emit(
        f"color_histogram_{x.t}_{y.t}",
        x.rd,
        y.wr,
        *x.shape[1:],
        rows,
        columns,
        *bins,
        _size(attrs),
        int(attrs["joint"]),
        int(attrs["hsv"]),
        float(attrs["low"]),
        float(attrs["high"]) - float(attrs["low"]),
        e.local(columns * _size(attrs) * 8),
        n=x.shape[0] * rows,
        parts=x.shape[0],
        flops=12 * x.size,
    )


def _color_cases(draw: Draw) -> Any:
    c = draw.choice([3, 1, 2, 3])
    cells = (draw.integer(1, 3), draw.integer(1, 3))
    attrs = {"bins": tuple(draw.integer(1, 4) for _ in range(3)) if c == 3 else (draw.integer(1, 5),) * c,
             "cells": cells, "joint": c == 3 and draw.boolean(), "hsv": c == 3 and draw.boolean(),
             "low": 0.0, "high": 255.0}  # fmt: skip
    shape = (draw.integer(1, 3), cells[0] + draw.integer(0, 4), cells[1] + draw.integer(0, 6), c)
    return Case([Array(shape, draw.choice(["uint8", "float"]), low=0, high=260)], attrs)


color_histogram = register(
    Op(
        name="color_histogram",
        inputs=("x",),
        attrs={"bins": REQUIRED, "cells": (1, 1), "joint": False, "hsv": False, "low": 0.0, "high": 255.0},
        infer=_color_infer,
        lower=_color_lower,
        nondiff=STEPS,
        reference=reference.color_histogram,
        cases=_color_cases,
        invalid=[
            ([Spec((2, 4, 4, 3), "int64")], {"bins": (2, 2, 2)}, DTypeError),
            ([Spec((4, 4, 3), "uint8")], {"bins": (2, 2, 2)}, ShapeError),
            ([Spec((2, 4, 4, 3), "uint8")], {"bins": (2, 2)}, ArgumentError),
            ([Spec((2, 4, 4, 2), "uint8")], {"bins": (2, 3)}, ArgumentError),
            ([Spec((2, 4, 4, 1), "uint8")], {"bins": (2,), "hsv": True}, ShapeError),
            ([Spec((2, 4, 4, 1), "uint8")], {"bins": (2,), "cells": (5, 1)}, ShapeError),
            ([Spec((2, 4, 4, 1), "uint8")], {"bins": (2,), "low": 255.0}, ArgumentError),
        ],
        cost=lambda specs, outs, attrs: (12 * specs[0].size, specs[0].nbytes + outs[0].nbytes),
        doc="y = shares of the pixels of each cell in bins of each channel, or of three channels together",
    )
)


# ------------------------------------------------------------------ local binary patterns
def _lbp_infer(specs: Specs, attrs: Attrs) -> Any:
    (x,), points, radius = specs, attrs["points"], attrs["radius"]
    check_images("lbp", x, 3)
    if type(points) is not int or not 1 <= points <= POINTS:
        raise ArgumentError(f"lbp: received P={points!r}, expected an int from 1 to {POINTS}.")
    if not 0 < radius < math.inf:
        raise ArgumentError(f"lbp: received R={radius!r}, expected a positive number.")
    if attrs["method"] not in METHODS:
        raise ArgumentError(f"lbp: received method={attrs['method']!r}, expected one of {', '.join(METHODS)}.")
    return Spec(x.shape, "int32")


def _lbp_lower(e: Emitter) -> None:
    x, y, points = e.ins[0], e.outs[0], e.attrs["points"]
    turns = 2 * np.pi * np.arange(points, dtype=np.float64) / points
    radius = float(e.attrs["radius"])
    places = np.concatenate([np.round(-radius * np.sin(turns), 5), np.round(radius * np.cos(turns), 5)])
    e.emit(
        f"lbp_{x.t}",
        x.rd,
        y.wr,
        *(*x.shape[1:], points, e.table(places.view(np.int64)), METHODS.index(e.attrs["method"])),
        n=x.shape[0] * x.shape[1],
        parts=x.shape[0],
        flops=20 * points * x.size,
    )


def _lbp_cases(draw: Draw) -> Any:
    shape = (draw.integer(1, 2), draw.integer(1, 6), draw.integer(1, 6))
    attrs = {"points": draw.choice([8, 1, 5, 12]), "radius": draw.choice([1.0, 0.5, 2.0, 2.3]),
             "method": draw.choice(METHODS)}  # fmt: skip
    return Case([Array(shape, draw.choice(["uint8", "float"]), low=0, high=255)], attrs)


lbp = register(
    Op(
        name="lbp",
        inputs=("x",),
        attrs={"points": 8, "radius": 1.0, "method": "default"},
        infer=_lbp_infer,
        lower=_lbp_lower,
        nondiff="it compares pixels",
        reference=reference.lbp,
        cases=_lbp_cases,
        invalid=[
            ([Spec((2, 4, 4), "int32")], {}, DTypeError),
            ([Spec((2, 4, 4, 1), "uint8")], {}, ShapeError),
            ([Spec((2, 4, 4), "uint8")], {"points": 31}, ArgumentError),
            ([Spec((2, 4, 4), "uint8")], {"radius": -1.0}, ArgumentError),
            ([Spec((2, 4, 4), "uint8")], {"method": "round"}, ArgumentError),
        ],
        cost=lambda specs, outs, attrs: (20 * attrs["points"] * specs[0].size, specs[0].nbytes + outs[0].nbytes),
        doc="y = which points on a circle round each pixel are as bright, as a number (Ojala et al., 2002)",
    )
)
