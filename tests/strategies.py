"""Where test data come from: the two forms of the `draw` interface and the arrays that a `Case` asks for.

An operation's record draws its cases through three methods (`integer`, `choice`, `boolean`) and says of each array its
shape, its range and what to keep away from; the package therefore never sees Hypothesis. `HypothesisDraw` shrinks;
`SeededDraw` is for benchmarks and for tests that want the same cases each time.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np


def kernels_mode() -> str:
    """How kernels run in this process: "pack" (the default), "jit" or "python"."""
    from fastnn.core.jit import MODE

    return MODE


class HypothesisDraw:
    """The draw interface over `st.data()`: failing cases shrink to small ones."""

    def __init__(self, data: Any):
        from hypothesis import strategies as st

        self._st, self._data = st, data

    def integer(self, low: int, high: int) -> int:
        """An integer, both ends included."""
        return self._data.draw(self._st.integers(low, high))

    def choice(self, options: Sequence[Any]) -> Any:
        """One of the options; the first is the simplest."""
        return self._data.draw(self._st.sampled_from(list(options)))

    def boolean(self) -> bool:
        """A truth value."""
        return self._data.draw(self._st.booleans())

    def rng(self) -> np.random.Generator:
        """A NumPy generator whose seed is drawn (numbers inside an array need not shrink one by one)."""
        return np.random.default_rng(self._data.draw(self._st.integers(0, 2**31)))


class SeededDraw:
    """The draw interface over a seeded generator: the same seed gives the same case.

    >>> SeededDraw(3).integer(1, 9) == SeededDraw(3).integer(1, 9)
    True
    """

    def __init__(self, seed: int = 0):
        self._random = random.Random(seed)

    def integer(self, low: int, high: int) -> int:
        """An integer, both ends included."""
        return self._random.randint(low, high)

    def choice(self, options: Sequence[Any]) -> Any:
        """One of the options."""
        return self._random.choice(list(options))

    def boolean(self) -> bool:
        """A truth value."""
        return self._random.random() < 0.5

    def rng(self) -> np.random.Generator:
        """A NumPy generator."""
        return np.random.default_rng(self._random.getrandbits(31))


def is_float(spec: Any) -> bool:
    """Whether an `Array` of a case holds floating-point data (its dtype then follows the test's)."""
    return spec is not None and spec.dtype in ("float", "float32", "float64")


def make(spec: Any, rng: np.random.Generator, dtype: str = "float32") -> np.ndarray:
    """Numbers for one `Array` of a case.

    Args:
        spec: says shape, dtype ("float" means `dtype`), low and high, kinks to keep away from, distinct.
        rng: a NumPy generator.
        dtype: float type to use where the spec says "float".

    Returns:
        An array; every float value is exact in float32, so that the reference sees the very same numbers.
    """
    shape = tuple(spec.shape)
    if not is_float(spec):
        kind = np.dtype(spec.dtype)
        if kind == np.bool_:
            return rng.integers(0, 2, shape).astype(np.bool_)
        if kind.kind in "iu":
            low = max(int(np.ceil(spec.low)), int(np.iinfo(kind).min))
            return rng.integers(low, min(int(np.floor(spec.high)), int(np.iinfo(kind).max)) + 1, shape).astype(kind)
        x = rng.uniform(spec.low, spec.high, shape)
        return (x + 1j * rng.uniform(spec.low, spec.high, shape) if kind.kind == "c" else x).astype(kind)
    low, high = float(spec.low), float(spec.high)
    size = int(np.prod(shape, dtype=np.int64))
    if getattr(spec, "distinct", False):
        # a permutation of evenly spaced values: no ties, and neighbours are a known distance apart
        x = low + (rng.permutation(size) + 0.5) * ((high - low) / max(size, 1))
    else:
        x = rng.uniform(low, high, size)
    x = x.astype(np.float32).astype(np.float64)
    for kink in _kinks(spec):
        margin = float(getattr(spec, "margin", 0.05) or 0.05)
        near = np.abs(x - kink) < margin
        away = np.where(x >= kink, kink + 2 * margin, kink - 2 * margin)
        x = np.where(near, np.where(away > high, kink - 2 * margin, np.where(away < low, kink + 2 * margin, away)), x)
    return np.asarray(x.astype(np.float32).astype(dtype)).reshape(shape)


def _kinks(spec: Any) -> tuple[float, ...]:
    """The values that this array keeps a margin from."""
    avoid = getattr(spec, "avoid", None)
    if avoid is None:
        avoid = getattr(spec, "kink", None)
    if avoid is None:
        return ()
    return tuple(avoid) if isinstance(avoid, (tuple, list)) else (float(avoid),)


def arrays(case: Any, rng: np.random.Generator, dtype: str = "float32") -> list[np.ndarray | None]:
    """All inputs of a case; an absent optional input is None."""
    return [None if spec is None else make(spec, rng, dtype) for spec in case.inputs]
