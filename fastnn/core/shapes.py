"""Shape arithmetic: broadcasting, axes, windows.  A dimension is an int, or None (rows not known yet)."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from fastnn.core.errors import ArgumentError, PlaceError, ShapeError
from fastnn.core.types import PartialShape, Shape

LARGEST = 2**31  # windows and their steps are smaller
LARGEST_SIZE = 2**63  # numbers of elements are smaller


def standard_shape(value: Any) -> PartialShape:
    """A shape as users write it, as a tuple of ints and Nones.

    Raises ArgumentError for what is no shape.

    >>> standard_shape([None, 3])
    (None, 3)
    """
    if value is None:
        raise ArgumentError("Undefined shapes are not supported. Expected a tuple of ints and Nones.")
    if not hasattr(value, "__iter__"):
        raise ArgumentError(f"Cannot convert '{value}' to a shape. Expected a tuple of ints and Nones.")
    return tuple(None if size is None else _size(size, value) for size in value)


def _size(size: Any, shape: Any) -> int:
    try:
        found = int(size.__index__())
    except (TypeError, AttributeError):
        raise ArgumentError(
            f"Cannot convert '{shape}' to a shape. Found invalid dimension '{size}' of type '{type(size)}'. "
            "Expected ints and Nones."
        ) from None
    if found < 0:
        raise ArgumentError(f"Cannot convert '{shape}' to a shape. Negative dimensions are not allowed.")
    return found


def known_shape(value: Any, path: str) -> Shape:
    """The shape of the variable at `path`, every size of which is known.

    >>> known_shape([2, 3], "kernel")
    (2, 3)
    """
    shape = standard_shape(value)
    if None in shape:
        raise ShapeError(
            "Shapes used to initialize variables must be fully-defined (no `None` dimensions). "
            f"Received: shape={shape} for variable path='{path}'"
        )
    return tuple(size for size in shape if size is not None)


def product(shape: Iterable[int]) -> int:
    """Number of elements of a shape of ints.

    >>> product((2, 3)), product(())
    (6, 1)
    """
    n = 1
    for d in shape:
        n *= d
    return n


def broadcast(*shapes: Sequence[int | None]) -> PartialShape:
    """The shape that NumPy broadcasting gives; None meets 1 or None and stays None.

    >>> broadcast((None, 3), (3,)), broadcast((2, 1), (1, 5))
    ((None, 3), (2, 5))
    """
    if len(shapes) == 2 and shapes[0] == shapes[1]:
        return tuple(shapes[0])
    rank = max(map(len, shapes))
    out = []
    for dims in zip(*((1,) * (rank - len(s)) + tuple(s) for s in shapes)):
        known = {d for d in dims if d != 1}
        if len(known - {None}) > 1:
            raise ShapeError(
                f"Cannot broadcast shape: received {' and '.join(str(tuple(s)) for s in shapes)}, expected sizes that "
                "are equal or 1, from the last one on."
            )
        known.discard(None) if len(known) > 1 else None
        out.append(known.pop() if known else 1)
    return tuple(out)


def normalize_axis(axis: Any, rank: int, name: str = "axis") -> int:
    """`axis` as an int in [0, rank)."""
    if (
        isinstance(axis, bool)
        or not hasattr(axis, "__index__")
        or getattr(axis, "ndim", False)
        or not -rank <= axis < max(rank, 1)
    ):
        raise PlaceError(
            f"{name} {axis!r} is out of bounds for {rank} dimensions: expected an int from {-rank} to {rank - 1}."
        )
    return axis.__index__() % rank if rank else 0


def normalize_axes(axis: Any, rank: int, name: str = "axis") -> Shape:
    """`axis` (None = all, an int, or a sequence) as a sorted tuple of ints without repeats."""
    if axis is None:
        return tuple(range(rank))
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    out = tuple(sorted(normalize_axis(a, rank, name) for a in axes))
    if len(set(out)) != len(out):
        raise ShapeError(f"{name}: received {axis!r}, which names an axis twice.")
    return out


def pair(value: Any, name: str, rank: int = 2, minimum: int = 1) -> Shape:
    """`value` (an int or `rank` ints) as a tuple of ints >= minimum.

    >>> pair(3, "kernel_size"), pair([2, 1], "strides")
    ((3, 3), (2, 1))
    """
    items = (value,) * rank if hasattr(value, "__index__") else tuple(value) if hasattr(value, "__iter__") else ()
    good = len(items) == rank and all(
        hasattr(v, "__index__") and not isinstance(v, bool) and minimum <= v < LARGEST for v in items
    )
    if not good:
        wrong = {v for v in items if hasattr(v, "__index__") and not minimum <= v < LARGEST}
        which = f", including values {wrong} that do not satisfy `value > {minimum - 1}`" if wrong else ""
        raise ArgumentError(
            f"The `{name}` argument must be a tuple of {rank} integers. Received {name}={value!r}{which} (an integer "
            f"stands for {rank}; the largest is 2**31 - 1)."
        )
    return tuple(int(v) for v in items)


def of_word(padding: Any) -> Any:
    """A padding given as a word, which may be in capitals, in small letters; anything else as it is.

    >>> of_word("SAME"), of_word(((1, 1),))
    ('same', ((1, 1),))
    """
    return padding.lower() if isinstance(padding, str) else padding


def window(size: int | None, kernel: int, stride: int, padding: Any, dilation: int = 1) -> tuple[Any, int, int]:
    """(output size, pad before, pad after) of a sliding window along one axis of `size` elements.

    padding: "valid", "same" (TensorFlow's rule: the odd element goes after) or (before, after).

    >>> window(28, 3, 1, "same"), window(7, 3, 2, "same"), window(8, 2, 2, "valid")
    ((28, 1, 1), (4, 1, 1), (4, 0, 0))
    """
    reach = dilation * (kernel - 1) + 1
    if size is None:
        return None, 0, 0
    if padding == "same":
        out = -(-size // stride)
        total = max((out - 1) * stride + reach - size, 0)
        return out, total // 2, total - total // 2
    before, after = (0, 0) if padding == "valid" else padding
    out = (size + before + after - reach) // stride + 1
    if out < 1:
        raise ShapeError(
            f"A window of {reach} (kernel {kernel}, dilation {dilation}) does not fit into "
            f"{size + before + after} elements; use padding='same' or a larger input."
        )
    return out, before, after


def compute_fans(shape, input_axes=None, output_axes=None):
    """(fan in, fan out) of a weight's shape; leading dimensions are the window of a convolution.

    Args:
        shape: tuple of ints, the shape of a weight.
        input_axes, output_axes: lists of the axes that count as inputs and as outputs; both, or the shape alone says
            it.

    >>> compute_fans((3, 3, 16, 32))
    (144, 288)
    >>> compute_fans((64, 8, 32), input_axes=[0], output_axes=[1, 2])
    (64, 256)
    """
    shape = tuple(shape)
    if input_axes is not None and output_axes is not None:
        return tuple(int(math.prod(shape[a] for a in axes)) for axes in (input_axes, output_axes))
    if len(shape) < 2:
        return (1, 1) if not shape else (shape[0], shape[0])
    window = math.prod(shape[:-2])
    return int(shape[-2] * window), int(shape[-1] * window)
