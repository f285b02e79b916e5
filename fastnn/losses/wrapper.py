"""A function as a Loss: the base of the classes around functions."""

from typing import Any

from fastnn.graph import calls
from fastnn.losses.loss import Loss, align
from fastnn.saving import identifiers as serial


class LossFunctionWrapper(Loss):
    """A function (y_true, y_pred, **kwargs) -> one value per sample, as a Loss.

    y_true and y_pred reach the function with aligned ranks: (n,) against (n, 1) becomes (n, 1) twice.

    Args:
        fn: the function, which uses `fastnn.ops`; it gives a value per sample, (n, ...).
        **kwargs: further arguments of the function.

    >>> def half_square(y_true, y_pred):
    ...     return 0.5 * (y_true - y_pred) ** 2
    >>> float(LossFunctionWrapper(half_square)([[0.0]], [[2.0]]))
    2.0
    """

    def __init__(
        self,
        fn: Any,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.fn, self._fn_kwargs = fn, kwargs

    def _own_code(self):
        return super()._own_code() and calls.own_function(self.fn)

    def call(self, y_true, y_pred):
        """The wrapped function's values.

        Args:
            y_true, y_pred: what the function takes.
        """
        if isinstance(y_pred, (dict, list, tuple)):
            return self.fn(y_true, y_pred, **self._fn_kwargs)
        y_true, y_pred = align(y_true, y_pred)
        return self.fn(y_true, y_pred, **self._fn_kwargs)

    def get_config(self):
        """name, reduction, and the function with its arguments."""
        config = {**super().get_config(), "fn": serial.serialize(self.fn)}
        return {**config, **{k: serial.serialize(v) for k, v in self._fn_kwargs.items()}}

    @classmethod
    def from_config(cls, config):
        """A loss from what get_config returned; the function is looked up by its registered name.

        Args:
            config: dict of the constructor's arguments.
        """
        if isinstance(config.get("fn"), (dict, str)):
            config = {**config, "fn": serial.deserialize(config["fn"])}
        return cls(**config)

    def __repr__(self):
        return f"<{type(self).__name__} {getattr(self.fn, '__name__', self.fn)} {self._fn_kwargs or ''}>"


def written(obj):
    """{setting: value} of an object for its config: without those at a default that Keras does not write."""
    values = {key: getattr(obj, key) for key in obj.settings}
    return {key: value for key, value in values.items() if key not in obj.unwritten or value != obj.unwritten[key]}


class NamedLoss(LossFunctionWrapper):
    """A wrapper of one known function whose extra arguments are in `settings`, kept as attributes."""

    settings = ()
    unwritten: dict[str, Any] = {}  # settings that Keras does not write, with the values that need not be

    def __init__(self, fn: Any, reduction: str | None, name: str | None, dtype: Any, **kwargs: Any) -> None:
        super().__init__(fn, reduction=reduction, name=name, dtype=dtype, **kwargs)
        for key in self.settings:
            setattr(self, key, kwargs[key])

    def get_config(self):
        """name, reduction and the arguments of the formula."""
        return {**Loss.get_config(self), **written(self)}

    @classmethod
    def from_config(cls, config):
        """A loss from what get_config returned.

        Args:
            config: dict of the constructor's arguments.
        """
        return cls(**config)
