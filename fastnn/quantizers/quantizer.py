"""Quantizers to int8: the largest magnitude of each slice becomes the end of the range."""

import math

from fastnn import ops
from fastnn.core.errors import ArgumentError
from fastnn.saving import identifiers as serial


def abs_max_quantize(inputs, axis, value_range=(-127, 127), dtype="int8", epsilon=1e-7, to_numpy=False):
    """(round(inputs scale) as `dtype`, scale): scale = value_range[1] / (largest magnitude along axis + epsilon).

    Args:
        inputs: an array or symbol of floats.
        axis: int or ints, the axes that share a scale; they stay as 1 in the scale.
        value_range: (least, largest) whole number.
        dtype: dtype of the whole numbers.
        epsilon: float, added to the largest magnitude, so that zeros can be divided.
        to_numpy: has no effect.

    >>> import numpy as np
    >>> quantized, scale = abs_max_quantize(np.array([[1.0, -2.0]], "float32"), axis=-1)
    >>> quantized.tolist(), round(float(scale[0, 0]), 2)
    ([[64, -127]], 63.5)
    """
    x = ops.convert_to_tensor(inputs)
    largest = ops.add(ops.max(ops.abs(x), axis=axis, keepdims=True), epsilon)
    scale = ops.cast(ops.divide(value_range[1], largest), x.dtype)
    return ops.cast(ops.clip(ops.round(ops.multiply(x, scale)), *value_range), dtype), scale


def abs_max_quantize_grouped_with_zero_point(
    inputs, block_size, value_range=(-8, 7), dtype="int8", epsilon=1e-7, to_numpy=False
):
    """(round(inputs / scale) + zero as `dtype`, scale, zero): one scale and zero for each block of rows and column.

    Args:
        inputs: (rows, columns), floats.
        block_size: int >= 1: rows with one scale and zero.
        value_range: (least, largest) whole number.
        dtype: dtype of the whole numbers.
        epsilon: float, added to largest - smallest.
        to_numpy: has no effect.

    The scale is (blocks, columns): (largest - smallest + epsilon) / (range); zero is int8.

    >>> import numpy as np
    >>> quantized, scale, zero = abs_max_quantize_grouped_with_zero_point(np.eye(4, 2, dtype="float32"), 2)
    >>> quantized.shape, scale.shape, zero.shape
    ((4, 2), (2, 2), (2, 2))
    """
    x = ops.convert_to_tensor(inputs)
    (rows, columns), (low, high) = x.shape, value_range
    blocks = math.ceil(rows / block_size)
    filled = ops.pad(x, ((0, blocks * block_size - rows), (0, 0)))
    parts = ops.reshape(filled, (blocks, block_size, columns))
    least, most = (f(parts, axis=1, keepdims=True) for f in (ops.min, ops.max))
    if not to_numpy:  # a block of equal values has a range all the same
        flat = ops.equal(least, most)
        least, most = (ops.where(flat, ops.add(end, shift), end) for end, shift in ((least, -1.0), (most, 1.0)))
    scale = ops.divide(ops.add(ops.subtract(most, least), epsilon), float(high - low))
    zero = ops.clip(ops.add(ops.round(ops.divide(ops.negative(least), scale)), float(low)), low, high)
    found = ops.clip(ops.add(ops.round(ops.divide(parts, scale)), zero), low, high)
    found = ops.reshape(ops.cast(found, dtype), (blocks * block_size, columns))[:rows]
    return found, ops.squeeze(scale, 1), ops.cast(ops.squeeze(zero, 1), "int8")


class Quantizer:
    """Base of quantizers: objects that take a tensor and return it quantized.

    Args:
        output_dtype: dtype of what they return.

    >>> Quantizer()(3.0)
    3.0
    """

    def __init__(self, output_dtype="int8"):
        self.output_dtype = output_dtype

    def __call__(self, x):
        """x itself; subclasses quantize it."""
        return x

    @classmethod
    def from_config(cls, config):
        """A quantizer from what get_config returned.

        Args:
            config: a dict that get_config returned.
        """
        return cls(**config)

    def get_config(self):
        """The arguments that make this quantizer again; subclasses say."""
        raise NotImplementedError(f"{self} does not implement get_config()")


class AbsMaxQuantizer(Quantizer):
    """abs_max_quantize with kept arguments.

    Args:
        axis: int or ints, the axes that share a scale; better given in the call.
        value_range: (least, largest) whole number.
        epsilon: float, added to the largest magnitude.
        output_dtype: dtype of the whole numbers.

    Raises ArgumentError for int8 and a range beyond it.

    >>> import numpy as np
    >>> AbsMaxQuantizer()(np.array([[1.0, -2.0]], "float32"), axis=-1)[0].tolist()
    [[64, -127]]
    """

    def __init__(self, axis=None, value_range=(-127, 127), epsilon=1e-7, output_dtype="int8"):
        super().__init__(output_dtype)
        self.axis = None if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
        self.value_range, self.epsilon = tuple(value_range), epsilon
        if output_dtype == "int8" and (value_range[0] < -128 or value_range[1] > 127):
            raise ArgumentError(
                "Quantizer with output_dtype='int8' requires value_range to be within the interval [-128, 127]. "
                f"Received: value_range={value_range}"
            )

    def __call__(self, x, axis=None, to_numpy=False):
        """(quantized x, scale) along `axis`; None: the one of the constructor, or -1."""
        axis = (self.axis if self.axis is not None else -1) if axis is None else axis
        return abs_max_quantize(x, axis, self.value_range, self.output_dtype, self.epsilon, to_numpy)

    def get_config(self):
        """The arguments that make this quantizer again."""
        config = {"value_range": self.value_range, "epsilon": self.epsilon, "output_dtype": self.output_dtype}
        return config if self.axis is None else {**config, "axis": self.axis}


_NAMED = {"AbsMaxQuantizer": AbsMaxQuantizer, "abs_max_quantizer": AbsMaxQuantizer, "quantizer": Quantizer,
          "Quantizer": Quantizer}  # fmt: skip


def get(identifier, **kwargs):
    """A quantizer from a name, a config dict, a class (made with kwargs) or a quantizer; None stays None.

    Args:
        identifier: a name, config dict, class, Quantizer or None.
        **kwargs: arguments of a class.

    >>> type(get("abs_max_quantizer")).__name__
    'AbsMaxQuantizer'
    """
    found = deserialize(identifier) if isinstance(identifier, dict) else identifier
    found = _NAMED.get(found) if isinstance(found, str) else found
    if isinstance(found, type):
        found = found(**kwargs)
    if identifier is not None and not callable(found):
        raise ArgumentError(f"Could not interpret quantizer identifier: {identifier}")
    return found


def serialize(initializer):
    """The config of a quantizer (a dict).

    Args:
        initializer: a Quantizer (the name is Keras's).

    >>> serialize(AbsMaxQuantizer())["class_name"]
    'AbsMaxQuantizer'
    """
    return serial.serialize(initializer)


def deserialize(config, custom_objects=None):
    """A quantizer from its config.

    Args:
        config: a dict that serialize() gave.
        custom_objects: {name: class or function} for names that fastnn does not know, or None.

    >>> deserialize(serialize(AbsMaxQuantizer(axis=0))).axis
    (0,)
    """
    return serial.deserialize(config, "quantizers", custom_objects)
