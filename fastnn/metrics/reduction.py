"""Sums and means of per-sample values: the metrics that most others are made of."""

from typing import Any

import numpy as np

from fastnn import ops
from fastnn.core.errors import ShapeError
from fastnn.graph.calls import own_function
from fastnn.losses.loss import align, apply_mask, count, fit_weight, float_tensor, get_mask, tensor
from fastnn.losses.wrapper import written
from fastnn.metrics.metric import ACCUMULATOR, Metric
from fastnn.saving import identifiers as serial


def samplewise(values, sample_weight, reduce, dtype, mask=None):
    """(values, weights) with one entry per sample, the other axes reduced by `reduce` (ops.mean or ops.sum).

    values: (n, ...) or a scalar; sample_weight: a number, (n,) or (n, ...), or None.
    """
    values = tensor(values, dtype)
    mask = get_mask(values) if mask is None else mask
    if sample_weight is not None or mask is not None:
        weight = apply_mask(sample_weight, mask, dtype, "sum")
        values, weight = align(values, tensor(weight, dtype))
        rank = len(weight.shape)
        if not values.shape and rank:  # one value for the whole batch counts for each of its rows
            values = ops.broadcast_to(values, tuple(weight.shape))
        if len(values.shape) > rank:
            values = reduce(values, axis=tuple(range(rank, len(values.shape))))
        weight = fit_weight(values, weight)
        if tuple(weight.shape) != tuple(values.shape):
            weight = ops.broadcast_to(weight, tuple(values.shape))
        values = ops.multiply(values, weight)
        if rank > 1:
            weight = reduce(weight, axis=tuple(range(1, rank)))
    else:
        weight = None
    if len(values.shape) > 1:
        values = reduce(values, axis=tuple(range(1, len(values.shape))))
    return values, weight


class Sum(Metric):
    """The (weighted) sum of values.

    >>> float(Sum()([1.0, 2.0, 3.0]))
    6.0
    """

    def __init__(self, name: str | None = "sum", dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_variable((), name="total")

    def update_state(self, values, sample_weight=None):
        """Add the values of a batch.

        Args:
            values: numbers, of any shape.
            sample_weight: (n,), or the values' shape, or None.
        """
        values, _ = samplewise(values, sample_weight, ops.sum, self.dtype)
        self.total.assign(ops.add(self.total, ops.cast(ops.sum(values), ACCUMULATOR)))

    def result(self):
        """The sum so far, a scalar."""
        return self.to_output(self.total.numpy())


class Mean(Metric):
    """The (weighted) mean of values; 0 before the first.

    >>> float(Mean()([1.0, 3.0], sample_weight=[1.0, 0.0]))
    1.0
    """

    def __init__(self, name: str | None = "mean", dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_variable((), name="total")
        self.count = self.add_variable((), name="count")

    def update_state(self, values, sample_weight=None):
        """Add the values of a batch.

        Args:
            values: (n, ...) or a scalar.
            sample_weight: a number, (n,) or (n, ...).
        """
        if isinstance(sample_weight, (int, float)):  # the usual case: a batch's loss times its rows
            values = ops.cast(float_tensor(values), ACCUMULATOR)
            added = ops.multiply(ops.sum(values) if len(values.shape) else values, np.float64(sample_weight))
            number = np.float64(sample_weight * count(values.shape))
        else:
            values, weight = samplewise(values, sample_weight, ops.mean, self.dtype)
            number = np.float64(values.shape[0] if values.shape else 1)
            if weight is not None:
                number = ops.cast(ops.sum(weight) if len(weight.shape) else weight, ACCUMULATOR)
            added = ops.cast(ops.sum(values) if len(values.shape) else values, ACCUMULATOR)
        self.total.assign(ops.add(self.total, added))
        self.count.assign(ops.add(self.count, number))

    def mean(self):
        """The mean so far as a float64."""
        count = float(self.count)
        return np.float64(float(self.total) / count if count else 0.0)

    def result(self):
        """The mean so far, a scalar."""
        return self.to_output(self.mean())


class MeanMetricWrapper(Mean):
    """The mean over all samples of a function (y_true, y_pred, **kwargs) -> values.

    Args:
        fn: the function, which uses `fastnn.ops`; its values are (n, ...).
        name: str, the key of its value in logs; None: "mean_metric_wrapper", numbered where there are more.
        **kwargs: further arguments of the function.

    >>> metric = MeanMetricWrapper(lambda y_true, y_pred: abs(y_true - y_pred), name="gap")
    >>> import numpy as np
    >>> float(metric(np.array([1.0, 2.0]), np.array([1.0, 4.0])))
    1.0
    """

    def __init__(self, fn: Any, name: str | None = None, dtype: Any = None, **kwargs: Any) -> None:
        super().__init__(name=name, dtype=dtype)
        self._fn, self._fn_kwargs = fn, kwargs
        modules = getattr(fn, "__module__", None) or "", type(fn).__module__
        if any(m.startswith("fastnn.losses") for m in modules):
            self._direction = "down"

    def _own_code(self):
        return own_function(self._fn)

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Add a batch.

        Args:
            y_true, y_pred: as the function takes them.
            sample_weight: (n,) or None.
        """
        y_true, y_pred = _operand(y_true), _operand(y_pred)
        mask = get_mask(y_pred)
        values = float_tensor(self._fn(y_true, y_pred, **self._fn_kwargs))
        if mask is not None:
            sample_weight = apply_mask(sample_weight, mask, self.dtype, "sum")
        if sample_weight is not None and not values.shape and self._own_code() and tensor(sample_weight).shape:
            raise ShapeError(
                f"Metric '{self.name}': y_true and y_pred are one row, of shape {tuple(y_pred.shape)}, whose value "
                f"has no rows for a sample_weight of shape {tuple(tensor(sample_weight).shape)}. Expected (n, 1)."
            )
        super().update_state(values, sample_weight)

    def get_config(self):
        """name, dtype, and the function with its arguments."""
        config = {**super().get_config(), "fn": serial.serialize(self._fn)}
        return {**config, **{k: serial.serialize(v) for k, v in self._fn_kwargs.items()}}

    @classmethod
    def from_config(cls, config):
        """A metric from what get_config returned; the function is looked up by its registered name.

        Args:
            config: dict of the constructor's arguments.
        """
        if isinstance(config.get("fn"), (dict, str)):
            config = {**config, "fn": serial.deserialize(config["fn"])}
        return cls(**config)


def _operand(x):
    """One operand as a tensor; a structure of several outputs as it is."""
    several = isinstance(x, dict) or (isinstance(x, (list, tuple)) and any(hasattr(v, "shape") for v in x))
    return x if several else tensor(x)


class Named(MeanMetricWrapper):
    """A wrapper of one known function whose extra arguments are in `settings`, kept as attributes."""

    settings = ()
    unwritten: dict[str, Any] = {}  # settings that Keras does not write, with the values that need not be

    def __init__(self, fn: Any, name: str | None, dtype: Any, direction: Any = None, **kwargs: Any) -> None:
        super().__init__(fn, name=name, dtype=dtype, **kwargs)
        self._direction = direction
        for key in self.settings:
            setattr(self, key, kwargs[key])

    def get_config(self):
        """name, dtype and the arguments of the formula."""
        return {**Metric.get_config(self), **written(self)}

    @classmethod
    def from_config(cls, config):
        """A metric from what get_config returned.

        Args:
            config: dict of the constructor's arguments.
        """
        return cls(**config)
