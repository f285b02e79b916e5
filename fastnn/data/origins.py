"""Plans of data sets that are made of something else: arrays, generators, random numbers, names of files."""

from __future__ import annotations

import glob
import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from fastnn.core import config, random
from fastnn.core.errors import ArgumentError, DataError
from fastnn.data.elements import array_of, each, element, leaves, row_count, typed
from fastnn.data.plan import Plan, Turn
from fastnn.data.tensor import TensorSpec


def rows(tensors: Any) -> Plan:
    """One element for each row of the arrays of a structure; see Dataset.from_tensor_slices."""
    arrays = each(array_of, tensors)
    n = row_count(arrays, "from_tensor_slices")

    def at(_: Turn, i: Any) -> Any:
        return each(lambda a: array_of(a.element(i) if hasattr(a, "row_splits") else a[i]), arrays)

    def spec() -> Any:
        return each(lambda a: TensorSpec(a.shape[1:], "string" if a.dtype.kind == "O" else a.dtype.name), arrays)

    alike = not any(hasattr(a, "row_splits") for a in leaves(arrays))
    return Plan(n, at=at, many=at if alike else None, spec=spec)


def generated(
    generator: Callable[..., Iterable[Any]], output_types: Any, output_shapes: Any, args: Any, output_signature: Any
) -> Plan:
    """What the generator of a function yields; see Dataset.from_generator."""
    if not callable(generator):
        raise ArgumentError("`generator` must be a Python callable. Received: a value that cannot be called.")
    types = output_types if output_signature is None else output_signature

    def convert(value: Any) -> Any:
        return element(value) if types is None else typed(value, types, output_shapes)

    spec = None if output_signature is None else lambda: output_signature
    return Plan(None, lambda _: map(convert, generator(*args)), spec=spec)


def random_numbers(seed: int | None, anew: bool) -> Plan:
    """Random numbers without end; see Dataset.random.  anew: whether each pass has others."""
    stream = config.next_stream() if seed is None else seed

    def at(turn: Turn, i: int) -> Any:
        key = (config.seed(), stream, *(turn if anew else ()))
        return np.asarray(random.bits(key, 1, first=i)[0], np.int64)

    return Plan(math.inf, at=at)


def file_names(file_pattern: Any) -> list[str]:
    """The names of the files that match a pattern, or one of a list, sorted; DataError if there is none."""
    patterns = [file_pattern] if isinstance(file_pattern, (str, bytes)) else list(np.ravel(file_pattern))
    names = sorted({p for pattern in patterns for p in glob.glob(str(pattern))})
    if not names:
        raise DataError(f"No files matched pattern: {', '.join(map(str, patterns))}")
    return names
