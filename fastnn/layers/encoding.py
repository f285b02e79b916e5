"""Numbers as categories: CategoryEncoding and Discretization."""
import numpy as np

from fastnn import ops
from fastnn.core.errors import ArgumentError, DataError
from fastnn.layers.conv_base import positive
from fastnn.layers.layer import Layer

_MODES = ("one_hot", "multi_hot", "count")


def encoded(x, size, mode, count_weights=None, dtype="float32"):
    """Integers (..., n) as rows of `size` numbers: one_hot, multi_hot or count."""
    if mode == "one_hot":
        if len(x.shape) > 1 and x.shape[-1] == 1:
            x = ops.squeeze(x, -1)
        return ops.cast(ops.one_hot(x, size), dtype)
    rows = ops.cast(ops.one_hot(x, size), dtype)
    if count_weights is not None:
        rows = rows * ops.expand_dims(ops.cast(count_weights, dtype), -1)
    axis = -2 if len(rows.shape) > 1 else None
    if axis is None:
        return rows
    return ops.max(rows, axis=axis) if mode == "multi_hot" else ops.sum(rows, axis=axis)


def encoded_shape(shape, size, mode):
    """The shape of `encoded`."""
    if mode == "one_hot":
        return (*(shape[:-1] if len(shape) > 1 and shape[-1] == 1 else shape), size)
    return (*shape[:-1], size) if shape else (size,)


class _Encoding(Layer):
    """Base: integers in, rows of numbers out."""

    _keeps_dtype = False

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.autocast, self.built = False, True

    def compute_output_spec(self, inputs, **_):
        from fastnn.layers.events import symbol_like
        dtype = "int64" if self.output_mode == "int" else self.compute_dtype
        return symbol_like(self.compute_output_shape(inputs.shape), dtype)


class CategoryEncoding(_Encoding):
    """Integers as rows of 0 and 1.

    Args:
        num_tokens: int; inputs are in [0, num_tokens).
        output_mode: "multi_hot" (1 for each category in a row), "one_hot" (one row per integer) or "count".

    Called as layer(x, count_weights=None); count_weights (with "count"): a weight for each integer.
    Input: (batch, n), or (batch,) for "one_hot".  Output: (batch, num_tokens), or one more axis for "one_hot".

    >>> CategoryEncoding(3)(np.array([[0, 2], [1, 1]]))
    array([[1., 0., 1.],
           [0., 1., 0.]], dtype=float32)
    """

    def __init__(self, num_tokens=None, output_mode="multi_hot", sparse=False, **kwargs):
        super().__init__(**kwargs)
        if output_mode == "binary":
            output_mode = "multi_hot"
        if output_mode not in _MODES:
            raise ArgumentError(f"Unknown argument for output_mode: {output_mode}; expected one of "
                                f"{', '.join(_MODES)}.")
        if num_tokens is None:
            raise ArgumentError("num_tokens must be set to use this layer. If the number of tokens is not known "
                                "beforehand, use the IntegerLookup layer instead.")
        if sparse:
            raise ArgumentError("CategoryEncoding: sparse=True is not supported.")
        self.num_tokens, self.output_mode = positive("num_tokens", num_tokens), output_mode

    @property
    def index_range(self):
        """Inputs are integers in [0, index_range): models check data that come here straight from outside."""
        return self.num_tokens

    def call(self, inputs, count_weights=None):
        if count_weights is not None and self.output_mode != "count":
            raise ArgumentError("`count_weights` is not used when `output_mode` is not `'count'`. Received "
                                f"`count_weights={count_weights}`.")
        x = inputs if hasattr(inputs, "dtype") else np.asarray(inputs)
        if isinstance(x, np.ndarray) and x.size and not (x.min() >= 0 and x.max() < self.num_tokens):
            raise DataError(f"CategoryEncoding: input values must be in the range 0 <= values < num_tokens with "
                            f"num_tokens={self.num_tokens}; received values from {x.min()} to {x.max()}.")
        return encoded(ops.cast(x, "int32"), self.num_tokens, self.output_mode, count_weights, self.compute_dtype)

    def compute_output_shape(self, input_shape, *_):
        return encoded_shape(tuple(input_shape), self.num_tokens, self.output_mode)

    def get_config(self):
        return {**super().get_config(), "num_tokens": self.num_tokens, "output_mode": self.output_mode}


class Discretization(_Encoding):
    """Numbers as the number of the interval they lie in.

    Args:
        bin_boundaries: rising numbers: bin i is [boundary i - 1, boundary i).
        num_bins: instead: how many bins adapt() makes, with about as many values in each.
        output_mode: "int", "one_hot", "multi_hot" or "count".
        epsilon: accepted as Keras's; quantiles are exact here.

    >>> Discretization([0.0, 1.0])(np.array([[-0.5, 0.0, 3.0]]))
    array([[0, 1, 2]])
    """

    def __init__(self, bin_boundaries=None, num_bins=None, epsilon=0.01, output_mode="int", sparse=False, **kwargs):
        super().__init__(**kwargs)
        if (bin_boundaries is None) == (num_bins is None):
            raise ArgumentError("Discretization: exactly one of `num_bins` and `bin_boundaries` must be set. Received: "
                                f"num_bins={num_bins} and bin_boundaries={bin_boundaries}")
        if output_mode not in ("int", *_MODES) or sparse:
            raise ArgumentError(f"Discretization: `output_mode` must be one of int, {', '.join(_MODES)}, and `sparse` "
                                f"False. Received: output_mode={output_mode!r}, sparse={sparse}")
        self.num_bins = None if num_bins is None else positive("num_bins", num_bins)
        self.bin_boundaries = None if bin_boundaries is None else [float(b) for b in bin_boundaries]
        if self.bin_boundaries is not None and sorted(set(self.bin_boundaries)) != self.bin_boundaries:
            raise ArgumentError(f"Discretization: `bin_boundaries` must rise. Received: {bin_boundaries!r}")
        self.epsilon, self.output_mode = epsilon, output_mode

    def adapt(self, data, steps=None):
        """Take the boundaries from an array: the quantiles of its values."""
        if self.num_bins is None:
            raise ArgumentError("Cannot adapt a Discretization layer that was given `bin_boundaries`.")
        shares = np.linspace(0, 1, self.num_bins + 1)[1:-1]
        self.bin_boundaries = sorted(set(np.quantile(np.asarray(data, np.float64), shares, method="nearest").tolist()))

    def call(self, inputs):
        if self.bin_boundaries is None:
            raise DataError("You need to call `adapt(data)` on the Discretization layer before using it, or give it "
                            "`bin_boundaries`.")
        x = ops.cast(inputs, self.compute_dtype)
        found = ops.cast(ops.digitize(x, np.asarray(self.bin_boundaries, self.compute_dtype)), "int64")
        if self.output_mode == "int":
            return found
        return encoded(ops.cast(found, "int32"), len(self.bin_boundaries) + 1, self.output_mode,
                       dtype=self.compute_dtype)

    def compute_output_shape(self, input_shape):
        if self.output_mode == "int":
            return tuple(input_shape)
        size = self.num_bins if self.bin_boundaries is None else len(self.bin_boundaries) + 1
        return encoded_shape(tuple(input_shape), size, self.output_mode)

    def get_config(self):
        return {**super().get_config(), "bin_boundaries": self.bin_boundaries,
                "num_bins": self.num_bins if self.bin_boundaries is None else None, "epsilon": self.epsilon,
                "output_mode": self.output_mode}
