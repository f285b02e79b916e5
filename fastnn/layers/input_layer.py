"""Input: where a functional graph starts."""

import warnings
from typing import Any

import numpy as np

from fastnn.core import config, dtypes, hooks
from fastnn.core.arguments import near
from fastnn.core.errors import ArgumentError, NotSupportedError
from fastnn.core.shapes import standard_shape
from fastnn.graph import Symbol, Variable
from fastnn.graph.node import STAND_ALONE
from fastnn.graph.tensor import Tensor
from fastnn.layers.events import CallEvent, is_functional, live_events
from fastnn.layers.fixed_input import fixed_input
from fastnn.layers.layer import Layer
from fastnn.layers.leaf import symbol_like


class InputLayer(Layer):
    """The layer behind an Input: it has no weights and passes data on.

    Args:
        shape: shape of one sample, without the batch dimension; None for dimensions that vary.
        batch_size: int: the number of rows of every batch; None: any.
        dtype: dtype name, the default float type if None; "string" for text, which layers as TextVectorization take.
        sparse: whether data will be sparse matrices, which become dense batch by batch; an attribute of the symbol.
        ragged: False; True is an error: inputs are dense arrays.
        batch_shape: shape with the batch dimension, instead of `shape`.
        input_tensor: a symbol whose shape and dtype to take, in place of `shape`.
        optional: whether None may be passed for it.
        name: str, made if None.
        **kwargs: older names: `batch_input_shape` for `batch_shape`, `input_shape` for `shape`.

    Raises ArgumentError if no shape is given, or two.

    >>> InputLayer(shape=(4,)).output.shape
    (None, 4)
    """

    def __init__(
        self,
        shape: Any = None,
        batch_size: Any = None,
        dtype: Any = None,
        sparse: Any = None,
        ragged: Any = None,
        batch_shape: Any = None,
        input_tensor: Any = None,
        optional: bool = False,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name)
        batch_shape = kwargs.pop("batch_input_shape", batch_shape)
        if "input_shape" in kwargs:
            warnings.warn("Argument `input_shape` is deprecated. Use `shape` instead.", stacklevel=2)
            shape = kwargs.pop("input_shape")
        kwargs.pop("trainable", None)
        if kwargs:
            raise ArgumentError(
                f"Unrecognized keyword arguments passed to InputLayer: {kwargs}{near(kwargs, type(self))}"
            )
        if ragged:
            raise NotSupportedError(
                "`ragged=True` is not supported: data are arrays. Pad their rows to one length, with a value that "
                "Masking or Embedding(mask_zero=True) masks."
            )
        if input_tensor is not None:
            if not isinstance(input_tensor, Symbol):
                raise ArgumentError(
                    "Argument `input_tensor` must be a KerasTensor. Received invalid type: "
                    f"input_tensor={input_tensor!r} (of type {type(input_tensor)})"
                )
            whole = input_tensor.shape
            given = {
                "batch_size": batch_size,
                "shape": shape and standard_shape(shape),
                "batch_shape": batch_shape and standard_shape(batch_shape),
                "dtype": dtype and dtypes.standardize(dtype),
                "sparse": sparse,
            }
            fine = {"batch_size": whole[0] if whole else None, "shape": whole[1:], "batch_shape": whole,
                    "dtype": input_tensor.dtype, "sparse": input_tensor.sparse}  # fmt: skip
            for argument, value in given.items():
                if value is not None and value != fine[argument]:
                    raise ArgumentError(
                        f"When providing the `input_tensor` argument, you cannot provide an incompatible `{argument}` "
                        f"argument. Received: {argument}={value!r}, input_tensor={input_tensor!r}"
                    )
            shape, batch_shape, dtype = None, whole, dtype or input_tensor.dtype
            sparse = input_tensor.sparse
        if shape is not None and batch_shape is not None:
            raise ArgumentError("You cannot pass both `shape` and `batch_shape` at the same time.")
        if batch_size is not None and batch_shape is not None and input_tensor is None:
            raise ArgumentError("You cannot pass both `batch_size` and `batch_shape` at the same time.")
        if shape is None and batch_shape is None:
            raise ArgumentError("You must pass a `shape` argument.")
        given = shape if batch_shape is None else batch_shape
        given = (given,) if hasattr(given, "__index__") else given  # Keras 2 takes 784 for (784,)
        self.batch_shape = (batch_size, *standard_shape(given)) if batch_shape is None else standard_shape(given)
        text = isinstance(dtype, str) and dtype in (dtypes.TEXT, "str")
        self._input_type = dtypes.TEXT if text else dtypes.standardize(dtype) if dtype is not None else config.floatx()
        self.optional, self.sparse, self.ragged = optional, bool(sparse), False
        self._batch_input_shape = self.batch_shape
        self.built = True
        if input_tensor is not None and input_tensor.origin is STAND_ALONE:
            _put_behind(self, input_tensor)

    @property
    def dtype(self):
        """The dtype that data are converted to."""
        return self._input_type

    def call(self):
        """Nothing: inputs are fed, not computed."""

    @property
    def output(self):
        """The symbol.

        The layer does not hold it, or neither would be freed by itself; where nobody else does it is made again.
        """
        if not live_events(self):
            self._inbound_nodes.clear()
            return CallEvent(self, (), {}, symbol_like(self.batch_shape, self._input_type), [self.name]).output
        return super().output

    def get_config(self):
        return {"batch_shape": self.batch_shape, "dtype": self.dtype, "sparse": self.sparse, "ragged": False,
                "name": self.name, "optional": self.optional}  # fmt: skip

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        if isinstance(config.get("dtype"), dict):
            config["dtype"] = config["dtype"]["config"]["name"]
        return cls(**config)


def Input(
    shape: Any = None,
    batch_size: int | None = None,
    dtype: Any = None,
    sparse: bool | None = None,
    ragged: bool | None = None,
    batch_shape: Any = None,
    name: str | None = None,
    tensor: Any = None,
    optional: bool = False,
    **kwargs: Any,
) -> Symbol:
    """A symbol that stands for the data a model will be given.

    Args:
        shape: shape of one sample, without the batch dimension: a tuple of ints, None for dimensions that vary.
        batch_size: int: the number of rows of every batch; None: any.
        dtype: dtype name, the default float type if None.
        sparse: whether data will be sparse matrices, which become dense batch by batch; an attribute of the symbol.
        ragged: False; True is an error: inputs are dense arrays.
        batch_shape: shape with the batch dimension, instead of `shape`.
        name: str; also the key under which data may be passed in a dict.
        tensor: a symbol whose shape and dtype to take; or, as in Keras 2, a Variable or an array, whose value it has
            at every run, so that nobody feeds it.
        optional: whether None may be passed for it.
        **kwargs: older names: `batch_input_shape` for `batch_shape`, `input_shape` for `shape`.

    Returns:
        A symbol of shape (batch, *shape).

    >>> Input((28, 28, 1)).shape
    (None, 28, 28, 1)
    """
    if isinstance(tensor, (Variable, np.ndarray, Tensor)) or hasattr(tensor, "stream"):
        return fixed_input(tensor, dtype, name)
    if tensor is not None and is_functional(tensor) and not tensor.origin.is_input and not kwargs:
        return tensor  # it stands for what it is computed from
    layer = InputLayer(
        shape=shape,
        batch_size=batch_size,
        dtype=dtype,
        sparse=sparse,
        ragged=ragged,
        batch_shape=batch_shape,
        input_tensor=tensor,
        optional=optional,
        name=name,
        **kwargs,
    )
    return layer.output


def _stand_alone(symbol: Symbol) -> None:
    """Put an input behind a symbol that was made by hand."""
    _put_behind(InputLayer(batch_shape=symbol.shape, dtype=symbol.dtype, name=symbol.name.replace("/", "_")), symbol)


def _put_behind(layer, symbol):
    """Make a symbol that was made by hand the output of an InputLayer."""
    symbol.name = symbol.name or layer.name
    symbol.origin = CallEvent(layer, (), {}, symbol, [symbol.name])
    symbol.origin.stands_for(symbol)


hooks.register("stand_alone", _stand_alone)
