"""Identity, Lambda, Masking and ActivityRegularization."""

import inspect
from typing import Any

from fastnn import ops, regularizers
from fastnn.core.errors import ArgumentTypeError, NotSupportedError
from fastnn.layers import inference, nest
from fastnn.layers.layer import Layer
from fastnn.saving import identifiers as serial
from fastnn.saving import living
from fastnn.saving.check import resolve_lambda


class Identity(Layer):
    """Its input, unchanged.

    >>> import numpy as np
    >>> Identity()(np.ones((2,), "float32"))
    array([1., 1.], dtype=float32)
    """

    supports_masking = True
    _keeps_dtype = True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._build_at_init()

    def call(self, inputs):
        return inputs

    def compute_output_shape(self, input_shape):
        return input_shape


class ActivityRegularization(Identity):
    """Its input, unchanged; l1 * sum(|x|) + l2 * sum(x²), per sample, is added to the loss.

    Args:
        l1: float >= 0, weight of the sum of |x|.
        l2: float >= 0, weight of the sum of x².

    >>> import numpy as np
    >>> layer = ActivityRegularization(l2=0.5)
    >>> layer(np.ones((2, 3), "float32")).shape
    (2, 3)
    >>> float(layer.losses[0])
    1.5
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **kwargs: Any) -> None:
        super().__init__(activity_regularizer=regularizers.L1L2(l1=l1, l2=l2), **kwargs)
        self.l1, self.l2 = l1, l2

    def get_config(self):
        config = {**super().get_config(), "l1": self.l1, "l2": self.l2}
        config.pop("activity_regularizer")
        return config


class Lambda(Layer):
    """A function as a layer.

    Args:
        function: takes the input (and `mask` or `training` if it has such parameters), uses `fastnn.ops`.
        output_shape: shape of one output sample, or a function of the input shape; found by tracing if None.
        mask: the output mask, or a function (inputs, mask) -> mask.
        arguments: dict of more keyword arguments.

    Files never hold code: to load a saved Lambda, register its function or pass it in custom_objects.

    >>> import numpy as np
    >>> Lambda(lambda x: x * 2)(np.ones((2,), "float32"))
    array([2., 2.], dtype=float32)
    """

    _runs_users_code = True
    _rule_calls = True  # the function, where no output_shape is given

    def __init__(
        self, function: Any, output_shape: Any = None, mask: Any = None, arguments: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if not callable(function):
            raise ArgumentTypeError(f"Lambda: `function` must be callable. Received: function={function!r}")
        self.function, self.mask = function, mask
        self.arguments = dict(arguments or {})
        self._output_shape = output_shape
        self.supports_masking = self._says_masks = mask is not None

    def _rows_apart(self, training):
        return False

    def call(self, inputs, mask=None, training=None):
        kwargs = dict(self.arguments)
        try:
            names = inspect.signature(self.function).parameters
        except (TypeError, ValueError):
            names = ()
        if "mask" in names:
            kwargs["mask"] = mask
        if "training" in names:
            kwargs["training"] = training
        return self.function(inputs, **kwargs)

    def compute_output_shape(self, input_shape):
        if self._output_shape is None:
            return super().compute_output_shape(input_shape)
        if callable(self._output_shape):
            return self._output_shape(input_shape)
        first = input_shape if nest.is_shape(input_shape) else nest.flatten_shapes(input_shape)[0]
        return (first[0], *self._output_shape)

    def compute_output_spec(self, inputs, mask=None, training=None):
        if self._output_shape is None:
            return inference.infer(self._call_inner, (inputs,), {})
        return super().compute_output_spec(inputs)

    def compute_mask(self, inputs, previous_mask=None):
        return self.mask(inputs, previous_mask) if callable(self.mask) else self.mask

    def get_config(self):
        config = {**super().get_config(), "function": serial.serialize(self.function)}
        if self._output_shape is not None:
            shape = self._output_shape
            config["output_shape"] = serial.serialize(shape) if callable(shape) else list(shape)
        if self.mask is not None:
            config["mask"] = serial.serialize(self.mask)
        config["arguments"] = serial.serialize(dict(self.arguments))
        return config

    @classmethod
    def from_config(cls, config, custom_objects=None, safe_mode=None):
        """A Lambda whose function is found among registered functions and `custom_objects`, with any safe_mode.

        Args:
            config: dict of the constructor's arguments.
            custom_objects: {name: function}, or None.
            safe_mode: False: a lambda that this process has put into a config is found again. Nothing that a file
                holds is executed.
        """
        config = dict(config)
        with living.scope(safe_mode):
            if isinstance(config.get("function"), living.Living):
                config = resolve_lambda(config, custom_objects)
            for key in ("function", "mask", "output_shape", "arguments"):
                if isinstance(config.get(key), dict):
                    config[key] = serial.deserialize(config[key], None, custom_objects)
        if isinstance(config.get("function"), (str, list)):
            raise NotSupportedError(
                "This Lambda was saved with its code, which fastnn never runs from a file: make "
                "the layer again in Python, or pass its function in custom_objects."
            )
        for key in ("module", "function_type", "output_shape_type", "output_shape_module"):
            config.pop(key, None)
        return super().from_config(config)


class Masking(Layer):
    """Steps of which every feature equals `mask_value` are left out by the layers that follow.

    Args:
        mask_value: a number: a step is left out where every feature is equal to it.

    Input: (batch, steps, features).

    >>> import numpy as np
    >>> Masking()(np.array([[[0.0], [1.0]]], "float32")).ravel()
    array([0., 1.], dtype=float32)
    """

    supports_masking = True

    def __init__(self, mask_value: Any = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mask_value = mask_value
        self._build_at_init()

    def compute_mask(self, inputs, previous_mask=None):
        return ops.any(ops.not_equal(inputs, self.mask_value), axis=-1)

    def _resolve_mask(self, call, args, kwargs, first):
        """A mask is made here, whatever came in."""
        return True

    def call(self, inputs):
        used = ops.any(ops.not_equal(inputs, self.mask_value), axis=-1, keepdims=True)
        return inputs * ops.cast(used, inputs.dtype)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "mask_value": self.mask_value}
