"""Axes by name: einops' patterns (Rogozhnikov, 2022)."""

import re
from typing import Any

from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.core.shapes import product
from fastnn.core.types import Tensor
from fastnn.ops.functions.layout import reshape, transpose
from fastnn.ops.functions.operands import operand

__all__ = ["rearrange"]


def _groups(text, pattern):
    """The axes of one side, a list of names for each dimension."""
    if not re.fullmatch(r"(\s*(\w+|\([\s\w]*\)|\.\.\.))*\s*", text):
        raise ArgumentError(f"rearrange: received pattern={pattern!r}, expected names and (groups of names) by spaces.")
    return [part.strip("()").split() for part in re.findall(r"\w+|\([^)]*\)|\.\.\.", text)]


def rearrange(tensor: Any, pattern: Any, **axes_lengths: Any) -> Tensor:
    """A tensor with its axes split, moved and merged as a pattern says.

    Args:
        tensor: a value with as many dimensions as the pattern has axes.
        pattern: "axes -> axes"; (a b) is one axis that two are made of, ... any number of axes, 1 one of size 1.
        **axes_lengths: sizes of named axes, all but one in each group on the left.

    >>> import numpy as np
    >>> rearrange(np.zeros((2, 6, 3)), "b (h k) c -> (b h) k c", k=2).shape
    (6, 2, 3)
    """
    x, sides = operand(tensor), str(pattern).split("->")
    if len(sides) != 2:
        raise ArgumentError(f"rearrange: received pattern={pattern!r}, expected two sides and '->' between them.")
    left, right = (_groups(side, pattern) for side in sides)
    dots = [f".{k}" for k in range(len(x.shape) - len(left) + 1)]
    left, right = (
        [g for group in side for g in ([[d] for d in dots] if group == ["..."] else [group])] for side in (left, right)
    )
    right = [[d for name in group for d in (dots if name == "..." else [name])] for group in right]
    if len(left) != len(x.shape):
        raise ShapeError(f"rearrange: the pattern {pattern!r} has {len(left)} axes for shape {tuple(x.shape)}.")
    sizes = {"1": 1, **{name: int(n) for name, n in axes_lengths.items()}}
    for group, n in zip(left, x.shape):
        free = [name for name in group if name not in sizes]
        known = product(sizes[name] for name in group if name in sizes)
        if len(free) == 1 and n is not None and known and n % known == 0:
            sizes[free[0]] = n // known
        elif free or (n is not None and n != known):
            raise ShapeError(
                f"rearrange: an axis of size {n} is not the product of {group} with sizes "
                f"{ {name: sizes.get(name) for name in group} }; give all but one of them as arguments."
            )
    names, wanted = ([name for group in side for name in group if name != "1"] for side in (left, right))
    if sorted(names) != sorted(wanted) or len(set(names)) != len(names):
        raise ArgumentError(f"rearrange: the sides of {pattern!r} must have the same axes, each once.")
    x = reshape(x, [sizes[name] for name in names])
    order = [names.index(name) for name in wanted]
    x = transpose(x, order) if order != list(range(len(order))) else x
    return reshape(x, [product(sizes[name] for name in group) for group in right])
