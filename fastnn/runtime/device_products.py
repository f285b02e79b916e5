"""Which products of a plan a library of the device can make, in the place of the kernel: what they are, as numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from fastnn.core.blocks import BIAS, RELU
from fastnn.core.types import Array
from fastnn.runtime import abi
from fastnn.runtime.device_base import Product

if TYPE_CHECKING:
    from fastnn.compiler.plan import Plan

KERNEL = re.compile(r"matmul_tf32_(\d+)x(\d+)_f32")
FIXED = ("arena", "variable", "constants", "array")  # spaces that lie where they lie for as long as a plan is bound


class Products:
    """The products of a plan that is bound.

    words: with addresses.
    """

    def __init__(self, plan: Plan, words: Array) -> None:
        self.plan, self.words = plan, words
        self._places = {word: (space, offset) for word, space, offset, *_ in plan.table("relocations").tolist()}
        self._moving = {word for word, _ in plan.table("moves").tolist()}

    def of(self, row: Sequence[int]) -> Product | None:
        """The product that a row of the code is, None where only its kernel can make it.

        Those are products in a loop that moves them, with other activations than ReLU, of matrices that do not lie
        equally far apart, and those that write to anything but the arena: a kernel does nothing once a status is set,
        a library does not know of it, and only in the arena that does not matter.
        """
        found = KERNEL.fullmatch(self.plan.kernels[row[abi.FN]])
        if found is None:
            return None
        at = row[abi.ARGS]
        a, ars, aks, b, bks, bns, c, M, N, flags, bias, activation, _ = self.words[at : at + 13].tolist()
        biased = bool(flags & BIAS)
        used = [at, at + 3, at + 6] + ([at + 10] if biased else [])
        spaces = [self._space(word) for word in used]
        tiles = -(-M // int(found[1])) * -(-N // int(found[2]))
        if activation > 1 or spaces[2] != "arena" or not {*spaces} <= {*FIXED} or not tiles:
            return None
        starts = self._table(at + 12, row[abi.N] // tiles)
        apart = starts[1:] - starts[:-1] if len(starts) > 1 else np.zeros((1, 3), np.int64)
        K = int(starts[0, 2])
        if (apart != apart[0]).any() or apart[0, 2] or not K or (apart < 0).any():
            return None
        first_a, first_b = (4 * int(start) for start in starts[0, :2])
        relu = bool(flags & RELU)
        return Product(
            a + first_a, ars, aks, b + first_b, bks, bns, c, M, N, K, bias if biased else 0, relu,
            len(starts), int(apart[0, 0]), int(apart[0, 1]),
        )  # fmt: skip

    def _space(self, word: int) -> str:
        """The kind of space that a word is an address of; "" where it moves, or is none."""
        place = self._places.get(word)
        return "" if place is None or word in self._moving or place[0] < 0 else self.plan.spaces[place[0]].kind

    def _table(self, word: int, count: int) -> Array:
        """The table of (offset of A, offset of B, K) of the matrices, as the plan has it."""
        _, offset = self._places[word]
        found: Array = np.frombuffer(self.plan.constants, np.int64, 3 * count, offset).reshape(count, 3)
        return found
