"""Numbers as categories: CategoryEncoding and Discretization."""

import itertools
from typing import Any

import numpy as np

from fastnn import ops
from fastnn.core.arguments import whole
from fastnn.core.errors import ArgumentError, DataError
from fastnn.core.values import as_numbers
from fastnn.graph import Symbol
from fastnn.layers import nest
from fastnn.layers.conv_base import positive
from fastnn.layers.layer import Layer
from fastnn.layers.leaf import symbol_like
from fastnn.layers.sparse_rows import checked, has_rows, sparse_rows

_MODES = ("one_hot", "multi_hot", "count")


def encoded(x, size, mode, count_weights=None, dtype="float32"):
    """Integers (batch, n, ...) as rows of `size` numbers: one_hot, multi_hot or count (of those along axis 1)."""
    if mode == "one_hot":
        if not x.shape:
            x = ops.expand_dims(x, 0)
        if len(x.shape) > 1 and x.shape[-1] == 1:
            x = ops.squeeze(x, -1)
        return ops.cast(ops.one_hot(x, size), dtype)
    rows = ops.cast(ops.one_hot(x, size), dtype)
    if count_weights is not None:
        rows = rows * ops.expand_dims(ops.cast(count_weights, dtype), -1)
    if not x.shape:
        return rows
    axis = 1 if len(x.shape) > 1 else 0
    return ops.max(rows, axis=axis) if mode == "multi_hot" else ops.sum(rows, axis=axis)


def encoded_shape(shape, size, mode):
    """The shape of `encoded`."""
    if mode == "one_hot":
        shape = shape or (1,)
        return (*(shape[:-1] if len(shape) > 1 and shape[-1] == 1 else shape), size)
    return (shape[0], *shape[2:], size) if len(shape) > 1 else (size,)


class _Encoding(Layer):
    """Base: integers in, rows of numbers out; with `sparse` those of arrays are sparse arrays."""

    _allow_non_tensor_positional_args = True  # layers on data take numbers and texts as they are

    _keeps_dtype = False
    sparse: bool

    def _sparse(self, *args: Any, **kwargs: Any) -> Any:
        """The rows of arrays as a sparse array, or None where they go the ordinary way."""
        raise NotImplementedError

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.autocast, self.built = False, True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.sparse and not any(isinstance(x, Symbol) for x in nest.flatten((args, kwargs))):
            found = self._sparse(*args, **kwargs)
            if found is not None:
                return found
        return super().__call__(*args, **kwargs)

    def compute_output_spec(self, inputs, **_):
        dtype = "int32" if self.output_mode == "int" else self.compute_dtype
        return symbol_like(self.compute_output_shape(inputs.shape), dtype)


class CategoryEncoding(_Encoding):
    """Integers as rows of 0 and 1.

    Args:
        num_tokens: int >= 1; inputs are in [0, num_tokens).
        output_mode: "multi_hot" (1 for each category in a row), "one_hot" (one row per integer) or "count".
        sparse: whether a matrix of rows is a sparse array of SciPy's; in a model results are dense.

    Called as layer(x, count_weights=None); count_weights (with "count"): a weight for each integer.
    Input: (batch, n), or (batch,) for "one_hot".  Output: (batch, num_tokens), or one more axis for "one_hot".

    >>> CategoryEncoding(3)(np.array([[0, 2], [1, 1]]))
    array([[1., 0., 1.],
           [0., 1., 0.]], dtype=float32)
    """

    def __init__(
        self, num_tokens: int | None = None, output_mode: str = "multi_hot", sparse: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if output_mode == "binary":
            output_mode = "multi_hot"
        if output_mode not in _MODES:
            raise ArgumentError(f"Unknown arg for output_mode: {output_mode}. Expected one of {', '.join(_MODES)}.")
        if num_tokens is None:
            raise ArgumentError(
                "num_tokens must be set to use this layer. If the number of tokens is not known "
                "beforehand, use the IntegerLookup layer instead."
            )
        if hasattr(num_tokens, "__index__") and num_tokens < 1:
            raise ArgumentError(f"`num_tokens` must be >= 1. Received: num_tokens={num_tokens}.")
        self.num_tokens, self.output_mode = positive("num_tokens", num_tokens), output_mode
        self.sparse = checked("CategoryEncoding", sparse, output_mode)

    @property
    def index_range(self):
        """Inputs are integers in [0, index_range): models check data that come here straight from outside."""
        return self.num_tokens

    def call(self, inputs, count_weights=None):
        """The rows of integers.

        Args:
            inputs: integers (batch, n), or (batch,) for "one_hot".
            count_weights: with "count", a weight for each integer, of the inputs' shape; None: 1 each.
        """
        x = ops.cast(self._numbers(inputs, count_weights), "int32")
        return encoded(x, self.num_tokens, self.output_mode, count_weights, self.compute_dtype)

    def _sparse(self, inputs, count_weights=None):
        x = np.asarray(self._numbers(inputs, count_weights)).astype("int32")
        if not has_rows(x.shape, self.output_mode):
            return None
        return sparse_rows(x, self.num_tokens, self.output_mode, count_weights, self.compute_dtype)

    def _numbers(self, inputs, count_weights):
        if count_weights is not None and self.output_mode != "count":
            raise ArgumentError(
                "`count_weights` is not used when `output_mode` is not `'count'`. Received "
                f"`count_weights={count_weights}`."
            )
        x = inputs if hasattr(inputs, "dtype") else np.asarray(inputs)
        if isinstance(x, np.ndarray) and x.size and not (x.min() >= 0 and x.max() < self.num_tokens):
            raise DataError(
                f"CategoryEncoding: input values must be in the range 0 <= values < num_tokens with "
                f"num_tokens={self.num_tokens}; received values from {x.min()} to {x.max()}."
            )
        return x

    def compute_output_shape(self, input_shape, *_):
        return encoded_shape(tuple(input_shape), self.num_tokens, self.output_mode)

    def get_config(self):
        return {**super().get_config(), "num_tokens": self.num_tokens, "output_mode": self.output_mode,
                **({"sparse": True} if self.sparse else {})}  # fmt: skip


class Discretization(_Encoding):
    """Numbers as the number of the interval they lie in.

    Args:
        bin_boundaries: rising numbers: bin i is [boundary i - 1, boundary i).
        num_bins: instead: how many bins adapt() makes, with about as many values in each.
        epsilon: how exact adapt() is: it keeps about 1 / epsilon values of the data.
        output_mode: "int", "one_hot", "multi_hot" or "count".
        sparse: whether a matrix of rows is a sparse array of SciPy's; in a model results are dense.
        dtype: dtype of the output where output_mode is not "int", which gives int32; None: the default policy.
        name: str, made from the class name if None.

    >>> Discretization([0.0, 1.0])(np.array([[-0.5, 0.0, 3.0]]))
    array([[0, 1, 2]], dtype=int32)
    """

    def __init__(
        self,
        bin_boundaries: Any = None,
        num_bins: Any = None,
        epsilon: float = 0.01,
        output_mode: str = "int",
        sparse: bool = False,
        dtype: Any = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(dtype=dtype, name=name, **kwargs)
        if num_bins is not None and whole(num_bins) is not None and num_bins < 0:
            raise ArgumentError(f"`num_bins` must be greater than or equal to 0. Received: `num_bins={num_bins}`")
        if (bin_boundaries is None) == (num_bins is None):
            what = "You need to set either" if num_bins is None else "Both"
            raise ArgumentError(
                f"{what} `num_bins` {'or' if num_bins is None else 'and'} `bin_boundaries`"
                f"{'.' if num_bins is None else ' should not be set.'} Received: num_bins={num_bins} and "
                f"bin_boundaries={bin_boundaries}"
            )
        if output_mode not in ("int", *_MODES):
            raise ArgumentError(
                "Unknown value for `output_mode` argument of Discretization. Allowed values are: "
                f"{('int', *_MODES)}. Received: output_mode={output_mode}"
            )
        self.sparse = checked("Discretization", sparse, output_mode)
        self.num_bins = None if num_bins is None else positive("num_bins", num_bins)
        self.bin_boundaries = None if bin_boundaries is None else [float(b) for b in bin_boundaries]
        if self.bin_boundaries is not None and sorted(set(self.bin_boundaries)) != self.bin_boundaries:
            raise ArgumentError(f"Discretization: `bin_boundaries` must rise. Received: {bin_boundaries!r}")
        if not 0 < epsilon <= 1:
            raise ArgumentError(f"Discretization: `epsilon` must lie in (0, 1]. Received: epsilon={epsilon!r}")
        self.epsilon, self.output_mode = epsilon, output_mode
        self.reset_state()

    def adapt(self, data, steps=None):
        """Take the boundaries from the quantiles of an array, or of `steps` (None: all) of an iterable's batches.

        Args:
            data: an array, or an iterable (a Dataset) of batches; of batches that are tuples the first part counts.
            steps: int: how many batches are looked at; None: all.

        Raises ArgumentError for a layer with `bin_boundaries`, DataError if there is no value.
        """
        if self.num_bins is None:
            raise ArgumentError("Cannot adapt a Discretization layer that was given `bin_boundaries`.")
        whole = hasattr(data, "__array__") or np.isscalar(data)
        batches = [data] if whole else (b[0] if isinstance(b, tuple) else b for b in itertools.islice(data, steps))
        self.reset_state()
        for batch in batches:
            self.update_state(batch)
        if not self.summary.size:
            raise DataError("Discretization: adapt() needs at least one value. Received no data.")
        self.finalize_state()

    def reset_state(self):
        """Forget the values seen so far: the first of the three parts of `adapt`."""
        self.summary = np.zeros((2, 0), "float32")

    def update_state(self, data):
        """Take more values into `summary`, values and how many each stands for: the second part of `adapt`.

        Args:
            data: an array of numbers, of any shape.
        """
        own = _summary(as_numbers(data, "data", wide=True, real=True), self.epsilon)
        joined = np.concatenate([own, self.summary], axis=1)
        self.summary = _thinned(joined[:, np.argsort(joined[0])], self.epsilon)

    def finalize_state(self):
        """Take the boundaries from what has been seen: the last part of `adapt`."""
        if self.num_bins is not None and self.summary.size:
            self.bin_boundaries = _thinned(self.summary, 1.0 / self.num_bins)[0, :-1].tolist()

    @property
    def output_dtype(self):
        """The dtype of its outputs."""
        return "int32" if self.output_mode == "int" else self.compute_dtype

    def call(self, inputs):
        found = self._bins(inputs)
        if self.output_mode == "int":
            return found
        return encoded(found, len(self.bin_boundaries) + 1, self.output_mode, dtype=self.compute_dtype)

    def _sparse(self, inputs):
        found = np.asarray(self._bins(inputs))
        if not has_rows(found.shape, self.output_mode):
            return None
        return sparse_rows(found, len(self.bin_boundaries) + 1, self.output_mode, dtype=self.compute_dtype)

    def _bins(self, inputs):
        if self.bin_boundaries is None:
            raise DataError(
                "You need to call `adapt(data)` on the Discretization layer before using it, or give it "
                "`bin_boundaries`."
            )
        x = ops.cast(inputs, self.compute_dtype)
        return ops.cast(ops.digitize(x, np.asarray(self.bin_boundaries, self.compute_dtype)), "int32")

    def compute_output_shape(self, input_shape):
        if self.output_mode == "int":
            return tuple(input_shape)
        size = self.num_bins if self.bin_boundaries is None else len(self.bin_boundaries) + 1
        if not input_shape:
            return (size,)
        return encoded_shape(tuple(input_shape), size, self.output_mode)

    def get_config(self):
        # Keras's constructor takes no `trainable`
        return {"bin_boundaries": self.bin_boundaries, "num_bins": self.num_bins, "epsilon": self.epsilon,
                "output_mode": self.output_mode, "sparse": self.sparse, "name": self.name,
                "dtype": self.dtype}  # fmt: skip

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        adapted = config.pop("bin_boundaries", None) if config.get("num_bins") is not None else None
        layer = super().from_config(config)
        layer.bin_boundaries = layer.bin_boundaries if adapted is None else list(map(float, adapted))
        return layer


def _summary(values, epsilon):
    """Values of a batch at equal distances in their order, about 1 / epsilon of them, and how many each stands for."""
    values = np.sort(np.asarray(values).astype("float32"), axis=None)
    step = max(values.size / (1.0 / epsilon), 1)
    kept = values[int(step - 1) :: int(step)]
    return np.stack([kept, np.full_like(kept, step)])


def _thinned(summary, epsilon):
    """A summary with 1 / epsilon values, interpolated at equal shares of all that it stands for.

    float32, as in Keras: boundaries then agree to the last bit where a value lies on one.
    """
    values, weights = summary
    if len(values) * epsilon < 1:
        return summary
    total = np.cumsum(weights)
    shares = total / total[-1]
    wanted = epsilon + np.arange(0.0, 1.0, epsilon)
    reached = np.interp(wanted, shares, total)
    return np.stack([np.interp(wanted, shares, values), np.diff(reached, prepend=0)]).astype("float32")
