"""The base of every initializer."""

from typing import Any, Self

from fastnn.core import dtypes
from fastnn.core.arguments import ChecksArguments
from fastnn.core.results import giving
from fastnn.core.types import Config, Shape, Tensor, open_signature


class Initializer(ChecksArguments):
    """Base class: an initializer is called as ``initializer(shape, dtype=None)`` and returns an array.

    Raises ArgumentError for arguments that do not fit, ShapeError for a shape that it has no values for.

    >>> import numpy as np
    >>> class Three(Initializer):
    ...     def __call__(self, shape, dtype=None):
    ...         return np.full(shape, 3.0, dtype)
    >>> Three()((2,), "float32")
    array([3., 3.], dtype=float32)
    """

    _makes_new = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # each call returns a new array: a variable need not copy it
        cls._makes_new = cls.__module__.startswith("fastnn.initializers.")
        if cls._makes_new and "__call__" in vars(cls):
            cls.__call__ = giving(cls.__call__)  # type: ignore[method-assign]

    @open_signature
    def __call__(self, shape: Shape, dtype: Any = None) -> Tensor:
        """The first values.

        Args:
            shape: tuple of ints.
            dtype: dtype name; the default float type if None.
        """
        raise NotImplementedError("Initializer subclasses must implement the `__call__()` method.")

    def get_config(self) -> Config:
        """The constructor's arguments as a dict."""
        return {}

    @classmethod
    def from_config(cls, config: Config) -> Self:
        """An initializer with the arguments that get_config() gave.

        Args:
            config: dict of the constructor's arguments.
        """
        return cls(**config)

    def clone(self) -> Self:
        """A new initializer of the same configuration."""
        return type(self).from_config(self.get_config())


def type_of(dtype):
    """The NumPy type of a dtype name; of the default float type for None."""
    return dtypes.numpy_type(dtypes.standardize(dtype))
