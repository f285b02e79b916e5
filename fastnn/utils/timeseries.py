"""Windows of a series."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastnn.core import config
from fastnn.core.errors import ArgumentError
from fastnn.data.dataset import Dataset
from fastnn.data.plan import Plan
from fastnn.utils.folders import check_format


def timeseries_dataset_from_array(
    data: Any,
    targets: Any,
    sequence_length: int,
    sequence_stride: int = 1,
    sampling_rate: int = 1,
    batch_size: int | None = 128,
    shuffle: bool = False,
    seed: int | None = None,
    start_index: int | None = None,
    end_index: int | None = None,
    format: str | None = "tf",
) -> Dataset:
    """Batches of windows of a series, for fit().

    Args:
        data: (steps, ...) array.
        targets: (steps, ...) array, or None; window i has targets[i of its first step].
        sequence_length: steps in a window.
        sequence_stride: distance of two windows.
        sampling_rate: distance of the steps inside a window.
        batch_size: windows in a batch; None: one by one.
        shuffle, seed: another order in each pass.
        start_index, end_index: the part of `data` that is used.
        format: "tf" or "grain", Keras's words; both give a Dataset.

    Raises ArgumentError for a number that does not fit the data.

    >>> windows = timeseries_dataset_from_array(np.arange(10), None, 4, batch_size=2)
    >>> len(windows), next(iter(windows)).tolist()
    (4, [[0, 1, 2, 3], [1, 2, 3, 4]])
    """
    data = np.asarray(data)
    n, first, end = len(data), start_index or 0, len(data) if end_index is None else end_index
    for name, value, low, high in (
        ("start_index", first, 0, n - 1),
        ("end_index", end, first + 1, n),
        ("sequence_length", sequence_length, 1, n),
        ("sampling_rate", sampling_rate, 1, n - 1 if sampling_rate > 1 else n),
        ("sequence_stride", sequence_stride, 1, n - 1 if sequence_stride > 1 else n),
    ):
        if not hasattr(value, "__index__") or value < low:
            least = "0 or greater" if low == 0 else "higher than `start_index`" if name == "end_index" and first else (
                "higher than 0")  # fmt: skip
            raise ArgumentError(f"`{name}` must be {least}. Received: {name}={value}")
        if value > high:
            raise ArgumentError(
                f"`{name}` must be lower than the length of the data. Received: {name}={value}, for data of length {n}"
            )
    check_format(format)
    values, reach = data[first:end], (sequence_length - 1) * sampling_rate
    targets = None if targets is None else np.asarray(targets)[first:end]
    windows = len(values) - reach if targets is None else min(len(values) - reach, len(targets))
    starts = np.arange(0, max(windows, 0), sequence_stride)
    if not len(starts):
        raise ArgumentError(f"timeseries_dataset_from_array: {len(values)} steps hold no window of {reach + 1}.")
    inside = np.arange(0, reach + 1, sampling_rate)

    def rows(_: Any, i: Any) -> Any:
        at = starts[i]
        window = values[at[..., None] + inside]
        return window if targets is None else (window, np.asarray(targets[at]))

    made = Dataset(Plan(len(starts), at=rows, many=rows))
    if shuffle:
        made = made.shuffle(len(starts), config.next_stream() if seed is None else seed)
    return made if batch_size is None else made.batch(batch_size)
