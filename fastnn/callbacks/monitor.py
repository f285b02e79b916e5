"""What callbacks that watch one logged value share: its direction, and what counts as an improvement."""

import math
import warnings
from typing import Any

from fastnn.callbacks.callback import Callback
from fastnn.core.errors import ArgumentError


def direction_of(monitor, model):
    """ "up", "down" or None: which way the logged value `monitor` is better.

    A metric of the model says it itself; anything that ends in "loss" is better when smaller.
    """
    name = monitor.removeprefix("val_")
    if name == "loss":
        return "down"
    for m in getattr(model, "metrics", None) or []:
        inner = getattr(m, "metrics", None)
        named = list(zip(m.log_names(), inner)) if hasattr(m, "log_names") else [(getattr(m, "name", None), m)]
        named += [(x.name, x) for x in inner or []]
        for log_name, metric in named:
            if log_name == name and getattr(metric, "_direction", None):
                return metric._direction
    return "down" if name.endswith("_loss") else None


class MonitorCallback(Callback):
    """Base of callbacks that watch `logs[monitor]`.

    monitor: name in the logs.  mode: "min", "max" or "auto" (from the metric).  min_delta: the smallest
    change that counts, >= 0.  baseline: the value to start from, or None.

    NaN is never an improvement and never becomes the best value.
    """

    state = ("best",)

    def __init__(self, monitor: str = "val_loss", mode: str = "auto", baseline: Any = None, min_delta: Any = 0) -> None:
        super().__init__()
        if mode not in ("auto", "min", "max"):
            warnings.warn(f"{type(self).__name__} mode '{mode}' is unknown, fallback to auto mode.", stacklevel=3)
            mode = "auto"
        self.monitor, self.mode, self.best, self.min_delta = monitor, mode, baseline, abs(min_delta)
        self.sign = {"min": -1, "max": 1, "auto": None}[mode]

    def is_improvement(self, value, reference):
        """Whether `value` is better than `reference` by more than min_delta; anything but NaN is better than None."""
        if self.sign is None:
            self._choose()
        if math.isnan(value):
            return False
        if reference is None or math.isnan(reference):
            return True
        return value - self.min_delta > reference if self.sign > 0 else value + self.min_delta < reference

    def _choose(self):
        found = direction_of(self.monitor, self.model)
        if found is None:
            raise ArgumentError(
                f"{type(self).__name__} callback received monitor={self.monitor!r}, but it cannot be "
                "told whether that metric should be maximized or minimized. Pass `mode='max'` in order "
                "to monitor based on the highest metric value, or pass `mode='min'` in order to use "
                "the lowest value."
            )
        self.sign = 1 if found == "up" else -1
