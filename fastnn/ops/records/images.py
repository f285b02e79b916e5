"""Batches of images (NHWC) of another size, cut and in grey; the boxes of detections that stay."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError, DTypeError, ShapeError
from fastnn.core.resampling import KERNELS, taps, weights
from fastnn.core.types import Attrs
from fastnn.graph.node import Node
from fastnn.graph.spec import Spec
from fastnn.kernels.reference import images as reference
from fastnn.ops.forms import BITS, FLOATS, check_dtype, same_dtype, unary_cost
from fastnn.ops.op import REQUIRED, Array, Case, Draw, Gradients, Op, R, Specs, register
from fastnn.ops.records.vision import check_images

if TYPE_CHECKING:
    from fastnn.compiler.emit import Emitter

INTERPOLATIONS = ("nearest", *KERNELS)
SHARES = (0.2989, 0.587, 0.114)  # of red, green and blue in grey, as Keras has them


# ------------------------------------------------------------------ size
def _matrix(here: int, there: int, attrs: Attrs) -> Any:
    """The matrix (there, here) by which values along one axis are taken."""
    if here == there:  # as it is, also where a kernel's zeros are not quite zero
        return np.eye(here)
    way = attrs["interpolation"], attrs["antialias"]
    return weights(there, here, *way).T if attrs["transposed"] else weights(here, there, *way)


def _resample_infer(specs: Specs, attrs: Attrs) -> Any:
    (x,) = specs
    check_images("resample", x)
    if any(type(attrs[k]) is not int or attrs[k] < 1 for k in ("height", "width")):
        raise ArgumentError(
            f"resample: received a size of {attrs['height']!r} x {attrs['width']!r}, expected two positive ints."
        )
    if attrs["interpolation"] not in INTERPOLATIONS:
        raise ArgumentError(
            f"resample: received interpolation={attrs['interpolation']!r}, expected one of {', '.join(INTERPOLATIONS)}."
        )
    return Spec((x.shape[0], attrs["height"], attrs["width"], x.shape[3]), x.dtype)


def _resample_lower(e: Emitter) -> None:
    x, y = e.ins[0], e.outs[0]
    n, h, w, c = x.shape
    (rows, most), (columns, many) = (
        taps(_matrix(here, there, e.attrs)) for here, there in ((h, y.shape[1]), (w, y.shape[2]))
    )
    f = "f64" if x.dtype == "float64" else "f32"
    e.emit(
        f"resample_{x.t}_{f}_{y.t}",
        x.rd,
        y.wr,
        *(h, w, c, *y.shape[1:3], e.table(rows), most, e.table(columns), many),
        e.local(w * c * 8),
        n=n * y.shape[1],
        parts=n,
        flops=2 * n * y.shape[1] * c * (w * most + y.shape[2] * many),
    )


def _resample_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    _, height, width, _ = node.inputs[0].shape
    attrs = {**node.attrs, "height": height, "width": width, "transposed": not node.attrs["transposed"]}
    return [resample(gys[0], **attrs)]


def _resample_cases(draw: Draw) -> Any:
    shape = (draw.integer(1, 2), draw.integer(1, 7), draw.integer(1, 7), draw.choice([1, 3]))
    attrs = {"height": draw.integer(1, 9), "width": draw.integer(1, 9), "transposed": False,
             "interpolation": draw.choice(["bilinear", *INTERPOLATIONS]), "antialias": draw.boolean()}  # fmt: skip
    return Case([Array(shape, low=-2.0, high=2.0)], attrs)


resample = register(
    Op(
        name="resample",
        inputs=("x",),
        attrs={
            "height": REQUIRED,
            "width": REQUIRED,
            "interpolation": "bilinear",
            "antialias": False,
            "transposed": False,
        },
        infer=_resample_infer,
        lower=_resample_lower,
        vjp=_resample_vjp,
        reference=reference.resample,
        cases=_resample_cases,
        invalid=[
            ([Spec((2, 4, 4, 1), "int32")], {"height": 2, "width": 2}, DTypeError),
            ([Spec((2, 4, 4), "uint8")], {"height": 2, "width": 2}, ShapeError),
            ([Spec((2, 4, 4, 1), "uint8")], {"height": 0, "width": 2}, ArgumentError),
            ([Spec((2, 4, 4, 1), "uint8")], {"height": 1, "width": 2, "interpolation": "area"}, ArgumentError),
        ],
        cost=lambda specs, outs, attrs: (8 * outs[0].size, specs[0].nbytes + outs[0].nbytes),
        doc="y = images at other places with half-pixel centres; transposed: what the gradient needs",
    )
)


# ------------------------------------------------------------------ grey
def _gray_infer(specs: Specs, attrs: Attrs) -> Any:
    (x,) = specs
    check_images("to_gray", x)
    if x.shape[3] != 3:
        raise ShapeError(f"to_gray: received {x.shape[3]} channels, expected 3: red, green, blue.")
    return Spec((*x.shape[:3], 1), x.dtype)


def _gray_lower(e: Emitter) -> None:
    x, y = e.ins[0], e.outs[0]
    f = "f64" if x.dtype == "float64" else "f32"
    e.emit(f"to_gray_{x.t}_{f}", x.rd, y.wr, *SHARES, n=y.size, parts=y.size, flops=5 * y.size)


def _gray_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    return [R.multiply(gys[0], np.array(SHARES, dtypes.numpy_type(gys[0].dtype)))]


to_gray = register(
    Op(
        name="to_gray",
        inputs=("x",),
        infer=_gray_infer,
        lower=_gray_lower,
        vjp=_gray_vjp,
        reference=reference.to_gray,
        cases=lambda draw: Case([Array((draw.integer(1, 2), draw.integer(1, 5), draw.integer(1, 40), 3))]),
        invalid=[
            ([Spec((2, 4, 4, 3), "int32")], {}, DTypeError),
            ([Spec((4, 4, 3), "float32")], {}, ShapeError),
            ([Spec((2, 4, 4, 1), "float32")], {}, ShapeError),
        ],
        cost=unary_cost(5),
        doc="y = 0.2989 red + 0.587 green + 0.114 blue; of integers the whole part",
    )
)


# ------------------------------------------------------------------ parts
def _crop_infer(specs: Specs, attrs: Attrs) -> Any:
    x, places = specs
    if len(x.shape) != 4:
        raise ShapeError(f"crop: received images of shape {x.shape}, expected (images, rows, columns, channels).")
    if places.dtype != "int32" or places.shape != (x.shape[0], 2):
        raise ShapeError(f"crop: received corners {places}, expected {Spec((x.shape[0], 2), 'int32')}.")
    size = attrs["height"], attrs["width"]
    if any(type(n) is not int or not 1 <= n <= most for n, most in zip(size, x.shape[1:3])):
        raise ArgumentError(f"crop: received a size of {size}, expected ints from 1 to {x.shape[1:3]}.")
    return Spec((x.shape[0], *size, x.shape[3]), x.dtype)


def _crop_lower(e: Emitter) -> None:
    (x, places), y = e.ins, e.outs[0]
    e.emit(f"crop_{BITS[x.itemsize]}", x.rd, places.rd, y.wr, *x.shape[1:], *y.shape[1:3], n=x.shape[0])


def _crop_cases(draw: Draw) -> Any:
    n, h, w, c = draw.integer(1, 3), draw.integer(1, 5), draw.integer(1, 6), draw.choice([1, 3])
    height, width = draw.integer(1, h), draw.integer(1, w)
    high = min(h - height, w - width)
    images = Array((n, h, w, c), draw.choice(["float", "uint8"]))
    return Case([images, Array((n, 2), "int32", low=0, high=high)], {"height": height, "width": width})


crop = register(
    Op(
        name="crop",
        inputs=("x", "corners"),
        attrs={"height": REQUIRED, "width": REQUIRED},
        infer=_crop_infer,
        lower=_crop_lower,
        nondiff="its parts lie where data say; slices have a gradient",
        reference=reference.crop,
        cases=_crop_cases,
        invalid=[
            ([Spec((4, 4, 1), "uint8"), Spec((4, 2), "int32")], {"height": 2, "width": 2}, ShapeError),
            ([Spec((1, 4, 4, 1), "uint8"), Spec((4, 2), "int32")], {"height": 2, "width": 2}, ShapeError),
            ([Spec((1, 4, 4, 1), "uint8"), Spec((1, 2), "int32")], {"height": 5, "width": 2}, ArgumentError),
        ],
        cost=lambda specs, outs, attrs: (0, 2 * outs[0].nbytes),
        doc="y[i] = height x width pixels of x[i] from corners[i] = (row, column) on; outside of x an error",
    )
)


# ------------------------------------------------------------------ boxes
def _nms_infer(specs: Specs, attrs: Attrs) -> Any:
    boxes, scores = specs
    same_dtype("nms", specs, FLOATS)
    if len(boxes.shape) != 3 or boxes.shape[2] != 4 or len(scores.shape) != 3 or scores.shape[:2] != boxes.shape[:2]:
        raise ShapeError(
            f"nms: received boxes of shape {boxes.shape} and scores of shape {scores.shape}, expected "
            "(images, boxes, 4) and (images, boxes, classes)."
        )
    if type(attrs["max_boxes"]) is not int or attrs["max_boxes"] < 1:
        raise ArgumentError(f"nms: received max_boxes={attrs['max_boxes']!r}, expected a positive int.")
    if not 0 <= attrs["iou_threshold"] <= 1:
        raise ArgumentError(f"nms: received iou_threshold={attrs['iou_threshold']!r}, expected a number in [0, 1].")
    return Spec((boxes.shape[0], scores.shape[2], attrs["max_boxes"]), "int32")


def _nms_lower(e: Emitter) -> None:
    (boxes, scores), y = e.ins, e.outs[0]
    n, many, classes = scores.shape
    e.emit(
        f"nms_{boxes.t}",
        boxes.rd,
        scores.rd,
        y.wr,
        *(many, classes, y.shape[2]),
        float(e.attrs["iou_threshold"]),
        float(e.attrs["score_threshold"]),
        e.local(max(many, 1)),
        n=n * classes,
        parts=n,
        flops=15 * n * classes * many * min(many, y.shape[2]),
    )


def _nms_cases(draw: Draw) -> Any:
    n, many, classes = draw.integer(1, 2), draw.integer(1, 12), draw.integer(1, 3)
    attrs = {"iou_threshold": draw.choice([0.37, 0.0, 1.0]), "score_threshold": draw.choice([-math.inf, 0.31]),
             "max_boxes": draw.integer(1, 6)}  # fmt: skip
    boxes = Array((n, many, 4), low=0.0, high=4.0)
    return Case([boxes, Array((n, many, classes), low=0.0, high=1.0, distinct=True)], attrs)


nms = register(
    Op(
        name="nms",
        inputs=("boxes", "scores"),
        attrs={"iou_threshold": 0.5, "score_threshold": -math.inf, "max_boxes": REQUIRED},
        infer=_nms_infer,
        lower=_nms_lower,
        nondiff="it chooses boxes",
        reference=reference.nms,
        cases=_nms_cases,
        invalid=[
            ([Spec((1, 3, 4), "int32"), Spec((1, 3, 1), "int32")], {"max_boxes": 1}, DTypeError),
            ([Spec((1, 3, 4), "float32"), Spec((1, 2, 1), "float32")], {"max_boxes": 1}, ShapeError),
            ([Spec((1, 3, 4), "float32"), Spec((1, 3, 1), "float32")], {"max_boxes": 0}, ArgumentError),
            (
                [Spec((1, 3, 4), "float32"), Spec((1, 3, 1), "float32")],
                {"max_boxes": 1, "iou_threshold": 1.5},
                ArgumentError,
            ),
        ],
        cost=lambda specs, outs, attrs: (15 * specs[1].size * attrs["max_boxes"], specs[0].nbytes + specs[1].nbytes),
        doc="y[i, k] = boxes of class k that overlap no better one (corners left, top, right, bottom), best first",
    )
)


# ------------------------------------------------------------------ between the pixels
FILLS = ("constant", "nearest", "wrap", "mirror", "reflect")  # by their numbers in the kernel


def _sample_infer(specs: Specs, attrs: Attrs) -> Any:
    x, rows, columns = specs
    for spec in specs:
        check_dtype("sample", spec, ("float32", "float64"))
    if len(x.shape) != 4 or 0 in x.shape[1:] or rows != columns or rows.shape[:1] != x.shape[:1]:
        raise ShapeError(
            f"sample: received images of shape {x.shape} and places of shapes {rows.shape} and {columns.shape}; "
            "expected (n, h, w, c), not empty, and twice (n, ...)."
        )
    if attrs["order"] not in (0, 1) or attrs["fill_mode"] not in FILLS:
        raise ArgumentError(
            f"sample: received order={attrs['order']!r}, fill_mode={attrs['fill_mode']!r}; expected 0 or 1, and one "
            f"of {', '.join(FILLS)}."
        )
    return Spec((*rows.shape, x.shape[3]), x.dtype)


def _sample_lower(e: Emitter) -> None:
    (x, rows, columns), y = e.ins, e.outs[0]
    n, h, w, c = x.shape
    order, mode = e.attrs["order"], FILLS.index(e.attrs["fill_mode"])
    places = rows.size // max(n, 1)
    e.emit(
        f"sample_{x.t}_{rows.t}",
        x.rd_all,
        rows.rd,
        columns.rd,
        y.wr,
        *(h, w, c, places, order, mode, float(e.attrs["fill_value"])),
        n=rows.size,
        flops=rows.size * (40 + 12 * c),
    )


def _sample_cases(draw: Draw) -> Any:
    h, w, places = draw.integer(1, 4), draw.integer(1, 4), (2, draw.integer(1, 5))
    where = [Array(places, low=-9.0, high=9.0) for _ in range(2)]
    attrs = {"order": draw.choice((0, 1, 1)), "fill_mode": draw.choice(FILLS), "fill_value": 0.5}
    return Case([Array((2, h, w, draw.choice((1, 3)))), *where], attrs)


sample = register(
    Op(
        name="sample",
        inputs=("x", "rows", "columns"),
        attrs={"order": 1, "fill_mode": "constant", "fill_value": 0.0},
        infer=_sample_infer,
        lower=_sample_lower,
        nondiff="it is called where nobody can ask for a gradient; see ops/functions/image_places.py",
        reference=reference.sample,
        cases=_sample_cases,
        invalid=[
            ([Spec((1, 2, 2, 1), "float32"), Spec((1, 2), "float32"), Spec((1, 3), "float32")], {}, ShapeError),
            ([Spec((1, 2, 2, 1), "uint8"), Spec((1, 2), "float32"), Spec((1, 2), "float32")], {}, DTypeError),
            ([Spec((1, 2, 2, 1), "float32"), *[Spec((1, 2), "float32")] * 2], {"fill_mode": "edge"}, ArgumentError),
        ],
        cost=lambda specs, outs, attrs: (20 * outs[0].size, specs[1].nbytes * 2 + 5 * outs[0].nbytes),
        doc="y = images read at places between their pixels",
    )
)
