"""Descriptors of images: numbers that a linear classifier can use, as they were taken before networks learnt them."""

import math
from typing import Any

import numpy as np

from fastnn.core.arguments import count, number
from fastnn.core.errors import ArgumentError, DataError, ShapeError
from fastnn.core.types import Tensor
from fastnn.graph.node import Symbol
from fastnn.ops.functions.cast import cast
from fastnn.ops.functions.layout import reshape
from fastnn.ops.records import vision as records
from fastnn.vision.pieces import flag, images_of, in_pieces, pair

SPACES = ("rgb", "hsv")


def _rows(features: Any, feature_vector: bool) -> Any:
    """A row of features for each image, or features as they are."""
    rows, *rest = features.shape
    return reshape(features, (-1 if rows is None else rows, math.prod(rest))) if feature_vector else features


def hog(
    images: Any,
    orientations: int = 9,
    pixels_per_cell: Any = (8, 8),
    cells_per_block: Any = (3, 3),
    block_norm: str = "L2-Hys",
    transform_sqrt: bool = False,
    feature_vector: bool = True,
) -> Tensor:
    """Histograms of oriented gradients of a batch of images (Dalal and Triggs, 2005).

    Arguments and numbers are those of scikit-image's `hog` for one image.  Of several channels a pixel counts with the
    one whose gradient is largest.

    Args:
        images: (n, h, w, c) or (n, h, w), uint8 or floats.
        orientations: number of bins of the directions in [0, 180) degrees.
        pixels_per_cell: rows and columns of a cell; what is left over at the lower and right edges does not count.
        cells_per_block: rows and columns of the blocks, one at each cell, that are made of norm 1.
        block_norm: "L1", "L1-sqrt", "L2" or "L2-Hys" (L2, cut at 0.2, L2 again).
        transform_sqrt: whether square roots of the pixels, which must not be negative, are taken first.
        feature_vector: whether each image gives one row; else (n, rows, columns, rows of a block, columns of a block,
            orientations).

    Returns:
        float32, or float64 of images of float64.

    Raises:
        ShapeError: for images that are smaller than a block, or of another rank.  DTypeError: for what is no image.
        ArgumentError: for an argument out of its range.  DataError: for negative pixels with transform_sqrt.

    >>> hog(np.zeros((2, 32, 32, 3), "uint8")).shape
    (2, 324)
    """
    x = images_of(images, "hog")
    root = flag(transform_sqrt, "hog: transform_sqrt")
    if root and not isinstance(x, Symbol) and x.size and x.min() < 0:
        raise DataError("hog: received negative pixels with transform_sqrt=True, expected none: they have no root.")
    found = in_pieces(
        records.hog,
        x,
        orientations=count("hog: orientations", orientations),
        pixels_per_cell=pair(pixels_per_cell, "hog: pixels_per_cell"),
        cells_per_block=pair(cells_per_block, "hog: cells_per_block"),
        block_norm=block_norm,
        transform_sqrt=root,
    )
    return _rows(found, flag(feature_vector, "hog: feature_vector"))


def color_histogram(
    images: Any,
    bins: Any = 8,
    space: str = "rgb",
    joint: bool = False,
    cells: Any = (1, 1),
    value_range: Any = None,
    feature_vector: bool = True,
) -> Tensor:
    """Which share of the pixels has which colour, in the whole image or in each cell of a grid.

    Args:
        images: (n, h, w, c) or (n, h, w), uint8 or floats.
        bins: number of bins of each channel, or one number for each.
        space: "rgb" for channels as they are, "hsv" for hue, saturation and value of three.
        joint: whether bins are of three channels together (bins ** 3 of them) or of each channel for itself.
        cells: (rows, columns) of a grid of cells.
        value_range: (least, largest) value of a pixel; (0, 255), and (0, 1) for floats if None.  What lies outside
            counts in the first or the last bin.
        feature_vector: whether each image gives one row; else (n, rows, columns, bins of a cell).

    Returns:
        float32 (float64 of images of float64); the bins of a channel, or all joint ones, add up to 1 in each cell.

    Raises:
        ShapeError: for images of another rank, more cells than pixels, or channels other than three where three are
            needed.  ArgumentError: for an argument out of its range.  DTypeError: for what is no image.

    >>> red = np.zeros((1, 2, 2, 3), "uint8") + np.array([255, 0, 0], "uint8")
    >>> color_histogram(red, bins=2).tolist()
    [[0.0, 1.0, 1.0, 0.0, 1.0, 0.0]]
    """
    x = images_of(images, "color_histogram")
    channels = x.shape[3]
    many = tuple(bins) if isinstance(bins, (tuple, list, np.ndarray)) else (bins,) * channels
    if len(many) != channels:
        raise ShapeError(f"color_histogram: received {len(many)} numbers of bins for {channels} channels.")
    if space not in SPACES:
        raise ArgumentError(f"color_histogram: received space={space!r}, expected 'rgb' or 'hsv'.")
    if value_range is None:
        value_range = (0, 255) if x.dtype == "uint8" or _was_whole(images) else (0, 1)
    if not isinstance(value_range, (tuple, list, np.ndarray)) or len(value_range) != 2:
        raise ArgumentError(f"color_histogram: received value_range={value_range!r}, expected (least, largest).")
    low, high = (float(number("value_range", v)) for v in value_range)
    found = in_pieces(
        records.color_histogram,
        x,
        bins=tuple(count("color_histogram: bins", b) for b in many),
        cells=pair(cells, "color_histogram: cells"),
        joint=flag(joint, "color_histogram: joint"),
        hsv=space == "hsv",
        low=low,
        high=high,
    )
    return _rows(found, flag(feature_vector, "color_histogram: feature_vector"))


def _was_whole(images: Any) -> bool:
    """Whether images came as integers."""
    return np.asarray(images).dtype.kind in "iu" if not hasattr(images, "dtype") else "int" in str(images.dtype)


def lbp(
    images: Any, P: int = 8, R: float = 1.0, method: str = "default", cells: Any = None, feature_vector: bool = True
) -> Tensor:
    """Local binary patterns of grey images: which of the points round a pixel are at least as bright as it.

    Arguments and numbers are those of scikit-image's `local_binary_pattern` for one image.  Points outside of the
    image are 0.

    Args:
        images: (n, h, w) or (n, h, w, 1), uint8 or floats; `to_gray` makes them of colours.
        P: number of points on the circle, at most 30.
        R: its radius in pixels.
        method: "default" (a bit for each point), "ror" (the least number by rotation) or "uniform" (how many points
            are as bright if they change at most twice round the circle, else P + 1).
        cells: None for the patterns, or (rows, columns) of a grid of cells for the shares of the patterns in each.
        feature_vector: whether the shares of each image are one row; else (n, rows, columns, patterns).

    Returns:
        int32 (n, h, w), or with cells float32 shares of 2 ** P patterns, P + 2 of method "uniform".

    Raises:
        ShapeError: for images of colour or of another rank.  ArgumentError: for an argument out of its range.
        DTypeError: for what is no image.

    >>> lbp(np.array([[[9, 1, 9], [9, 5, 9], [9, 1, 1]]]), method="uniform")[0, 1, 1].item()
    9
    """
    x = images_of(images, "lbp")
    if x.shape[3] != 1:
        raise ShapeError(f"lbp: received images of {x.shape[3]} channels, expected grey ones; to_gray makes them.")
    points, radius = count("lbp: P", P, most=records.POINTS), number("R", R)
    codes = in_pieces(records.lbp, x[..., 0], points=points, radius=float(radius), method=method)
    if cells is None:
        return codes
    patterns = points + 2 if method == "uniform" else 2**points
    if patterns > 2**16:
        raise ArgumentError(f"lbp: received P={P} with cells, of which each has {patterns} patterns; at most 65536.")
    shares = in_pieces(
        records.color_histogram,
        cast(codes, "float32")[..., None],
        bins=(patterns,),
        cells=pair(cells, "lbp: cells"),
        low=-0.5,
        high=patterns - 0.5,
    )
    return _rows(shares, flag(feature_vector, "lbp: feature_vector"))
