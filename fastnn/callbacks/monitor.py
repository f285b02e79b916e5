"""What callbacks that watch one logged value share: its direction, and what counts as an improvement."""

import math
import warnings
from typing import Any

import numpy as np

from fastnn import ops
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
    """Base of callbacks that watch `logs[monitor]`. NaN is never an improvement and never becomes the best value.

    Args:
        monitor: a name in the logs.
        mode: "min" or "max": which way is better; "auto": as the metric says.
        baseline: the value to start from, or None.
        min_delta: the smallest change that counts, >= 0.
    """

    state = ("best",)

    def __init__(self, monitor: str = "val_loss", mode: str = "auto", baseline: Any = None, min_delta: Any = 0) -> None:
        super().__init__()
        if mode not in ("auto", "min", "max"):
            warnings.warn(f"{type(self).__name__} mode '{mode}' is unknown, fallback to auto mode.", stacklevel=3)
            mode = "auto"
        self.monitor, self.mode, self.best, self.min_delta = monitor, mode, baseline, abs(min_delta)
        self.sign, self._own_op = {"min": -1, "max": 1, "auto": None}[mode], None

    @property
    def monitor_op(self) -> Any:
        """`ops.greater` or `ops.less`: what an improvement is, as in Keras; None as long as that is not known.

        A subclass may set a function (value, reference) -> bool of its own.
        """
        if self._own_op is not None or not self._known:
            return self._own_op
        return ops.greater if self.sign == 1 else ops.less

    @monitor_op.setter
    def monitor_op(self, function: Any) -> None:
        self._own_op, self._known = function, True

    _known = False

    def _set_monitor_op(self) -> None:
        """Find out which way is better; from then on `min_delta` has the sign that `monitor_op` wants, as in Keras."""
        if self.sign is None:
            self._choose()
        self.min_delta, self._known = abs(self.min_delta) * self.sign, True

    def _know_direction(self) -> None:
        """Find out which way is better, unless that is known; ArgumentError where nothing says it."""
        if not self._known:
            self._set_monitor_op()

    def _is_improvement(self, value: Any, reference: Any) -> bool:
        """Whether `value` is better than `reference` by more than min_delta; anything but NaN is better than None."""
        self._know_direction()
        value, reference = self._single(value), None if reference is None else self._single(reference)
        if math.isnan(value):
            return False
        if reference is None or math.isnan(reference):
            return True
        if self._own_op is not None:
            return bool(self._own_op(value - self.min_delta, reference))
        moved = value - self.min_delta
        return moved > reference if self.sign == 1 else moved < reference

    def _single(self, value):
        """A logged value as one number."""
        array = np.asarray(value)
        if array.size != 1:
            raise ArgumentError(
                f"{type(self).__name__}: {self.monitor!r} has {array.size} values ({array!r:.80}), so it cannot "
                "be told which is better. Monitor a metric of one value, as F1Score(average='macro')."
            )
        return float(array.reshape(()))

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
