"""What the MobileNets share: numbers of filters that eight divides, and the sizes that weights were made for."""

import warnings
from typing import Any

from fastnn.applications.frame import spatial
from fastnn.core.errors import ArgumentError


def divisible(value: float, divisor: int = 8) -> int:
    """The multiple of `divisor` that is nearest to a number of filters, and not less than nine tenths of it.

    >>> divisible(16), divisible(11), divisible(88 / 24 * 16)
    (16, 16, 56)
    """
    found = max(divisor, int(value + divisor / 2) // divisor * divisor)
    return found + divisor if found < 0.9 * value else found


def rows_of(size: tuple[Any, Any], sizes: Any) -> Any:
    """The size of images that a file of weights is for: that of square images of a known size, or the largest."""
    return size[0] if size[0] == size[1] and size[0] in sizes else max(sizes)


def checked_alpha(a: Any, alphas: Any, sizes: Any) -> Any:
    """The rows of the images, as a model's name says them; for ImageNet's weights they and alpha must be known ones.

    Raises ArgumentError for other filters than ImageNet's weights were made with.
    """
    rows, columns = spatial(a.input_shape)
    if a.weights != "imagenet":
        return rows
    if getattr(a, "depth_multiplier", 1) != 1:
        raise ArgumentError(
            "If imagenet weights are being loaded, depth multiplier must be 1. "
            f"Received depth_multiplier={a.depth_multiplier}"
        )
    if a.alpha not in alphas:
        raise ArgumentError(
            f"If imagenet weights are being loaded, alpha must be one of {', '.join(f'`{x}`' for x in alphas)} only. "
            f"Received alpha={a.alpha}"
        )
    if rows != columns or rows not in sizes:
        warnings.warn(
            f"`input_shape` is undefined or non-square, or `rows` is not in {list(sizes)}. Weights for input shape "
            f"({max(sizes)}, {max(sizes)}) will be loaded as the default.",
            stacklevel=5,
        )
    return rows_of((rows, columns), sizes)
