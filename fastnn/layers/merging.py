"""Layers that make one output of several inputs, and their functional forms."""

import functools
from typing import Any

from fastnn import ops
from fastnn.core import shapes
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.layers import context, nest
from fastnn.layers.layer import Layer


def _broadcast(a, b):
    """The shape that two inputs meet in; a missing dimension is put after the batch."""
    if len(a) < len(b):
        a, b = b, a
    if b and len(b) < len(a):
        b = (b[0], *(1,) * (len(a) - len(b)), *b[1:])
    try:
        found = shapes.broadcast(a, b)
    except ShapeError:
        raise ShapeError(f"Inputs have incompatible shapes. Received shapes {a} and {b}") from None
    return (*found[:1], *(None if None in pair else d for d, *pair in zip(found[1:], a[1:], b[1:])))


class Merge(Layer):
    """Base of merging layers: a list of inputs, one output."""

    supports_masking = True
    fewest = 1

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def _check(self, input_shape):
        if not isinstance(input_shape, (list, tuple)) or nest.is_shape(input_shape):
            raise ShapeError(
                f"A merge layer should be called on a list of inputs. Received: input_shape={input_shape} "
                "(not a list of shapes)"
            )
        if len(input_shape) < self.fewest:
            raise ShapeError(
                f"A merge layer should be called on a list of at least {self.fewest} input. "
                f"Received {len(input_shape)} inputs. Full input_shape received: {input_shape}"
            )
        batches = {s[0] for s in input_shape if s} - {None}
        if len(batches) > 1:
            raise ShapeError(
                f"Cannot merge tensors with different batch sizes. Received tensors with shapes {input_shape}"
            )

    def build(self, input_shape):
        self._check(input_shape)
        functools.reduce(_broadcast, [tuple(s) for s in input_shape])

    def merge(self, a, b):
        """Two inputs as one.

        Args:
            a, b: arrays or symbols whose shapes broadcast.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say how two inputs are merged.")

    def call(self, inputs):
        """The inputs merged.

        Args:
            inputs: list of arrays or symbols whose shapes broadcast; a missing axis is put behind the batch.
        """
        if not isinstance(inputs, (list, tuple)):
            raise ShapeError(
                f"A merge layer should be called on a list of inputs. Received: inputs={inputs} (not a list)"
            )
        rank = max(len(x.shape) for x in inputs)
        if all(len(x.shape) == rank for x in inputs):
            return self.merge_all(inputs, [_as_wide(context.get_mask(x), x) for x in inputs])
        wide = []
        for x in inputs:
            while len(x.shape) < rank:
                x = ops.expand_dims(x, 1)
            wide.append(x)
        return self.merge_all(wide, [None] * len(wide))

    def merge_all(self, inputs, masks):
        """All inputs as one.

        Args:
            inputs: list of arrays or symbols of one rank.
            masks: of the shape of their inputs, or None; for those whose result depends on them.
        """
        own = getattr(self, "_merge_function", None)  # Keras's private name, which derived classes say
        return functools.reduce(self.merge, inputs) if own is None else own(inputs)

    def compute_output_shape(self, input_shape):
        self._check(input_shape)
        return functools.reduce(_broadcast, [tuple(s) for s in input_shape])

    def _check_mask(self, inputs, mask):
        for name, value in (("mask", mask), ("inputs", inputs)):
            if not isinstance(value, (list, tuple)):
                raise ArgumentError(f"`{name}` should be a list. Received: {name}={value}")
        if len(inputs) != len(mask):
            raise ArgumentError(
                f"The lists `inputs` and `mask` should have the same length. Received: inputs={inputs} of length "
                f"{len(inputs)}, and mask={mask} of length {len(mask)}"
            )

    def compute_mask(self, inputs, previous_mask=None):
        if previous_mask is None:
            return None
        self._check_mask(inputs, previous_mask)
        masks = [m for m in nest.flatten(previous_mask) if m is not None]
        if masks and context.as_before_keras_3():  # what all masks keep; an input without one hides nothing
            return functools.reduce(ops.logical_and, masks)
        return functools.reduce(ops.logical_or, masks) if len(masks) == len(inputs) else None


def _as_wide(mask, x):
    """A mask of the shape of its input."""
    if mask is None:
        return None
    while len(mask.shape) < len(x.shape):
        mask = ops.expand_dims(mask, -1)
    return ops.logical_and(mask, ops.cast(ops.ones_like(x), "bool"))


class _Extreme(Merge):
    """Base: a masked element counts as what the others have there."""

    def merge_all(self, inputs, masks):
        out, seen = inputs[0], masks[0]
        for x, mask in zip(inputs[1:], masks[1:]):
            x = x if mask is None else ops.where(mask, x, out)
            out = self.merge(out if seen is None else ops.where(seen, out, x), x)
            seen = None if seen is None or mask is None else ops.logical_or(seen, mask)
        return out


class Add(Merge):
    """The sum of the inputs.

    >>> import numpy as np
    >>> Add()([np.ones((1, 2), "float32")] * 3)
    array([[3., 3.]], dtype=float32)
    """

    def merge(self, a, b):
        return ops.add(a, b)


class Multiply(Merge):
    """The product of the inputs, element by element; a masked one counts as 1, and where all are masked it is 0.

    >>> import numpy as np
    >>> Multiply()([np.full((1, 2), 2, "float32")] * 3)
    array([[8., 8.]], dtype=float32)
    """

    def merge(self, a, b):
        return ops.multiply(a, b)

    def merge_all(self, inputs, masks):
        kept = [x if mask is None else ops.where(mask, x, 1) for x, mask in zip(inputs, masks)]
        out = super().merge_all(kept, masks)
        return out if any(m is None for m in masks) else ops.where(functools.reduce(ops.logical_or, masks), out, 0)


class Maximum(_Extreme):
    """The largest of the inputs, element by element.

    >>> import numpy as np
    >>> Maximum()([np.ones((1, 1), "float32"), np.zeros((1, 1), "float32")])
    array([[1.]], dtype=float32)
    """

    def merge(self, a, b):
        return ops.maximum(a, b)


class Minimum(_Extreme):
    """The smallest of the inputs, element by element.

    >>> import numpy as np
    >>> Minimum()([np.ones((1, 1), "float32"), np.zeros((1, 1), "float32")])
    array([[0.]], dtype=float32)
    """

    def merge(self, a, b):
        return ops.minimum(a, b)


class Average(Add):
    """The mean of the inputs.

    >>> import numpy as np
    >>> Average()([np.ones((1, 1), "float32"), np.zeros((1, 1), "float32")])
    array([[0.5]], dtype=float32)
    """

    def call(self, inputs):
        return ops.multiply(super().call(inputs), 1.0 / len(inputs))


class Subtract(Merge):
    """The first input minus the second.

    >>> import numpy as np
    >>> Subtract()([np.ones((1, 1), "float32"), np.zeros((1, 1), "float32")])
    array([[1.]], dtype=float32)
    """

    fewest = 2

    def _check(self, input_shape):
        if isinstance(input_shape, (list, tuple)) and not nest.is_shape(input_shape) and len(input_shape) != 2:
            raise ShapeError(
                f"A `Subtract` layer should be called on exactly 2 inputs. Received: input_shape={input_shape}"
            )
        super()._check(input_shape)

    def merge(self, a, b):
        return ops.subtract(a, b)


class Concatenate(Merge):
    """The inputs one after the other along `axis`.

    Args:
        axis: int: the axis that grows; the inputs' other axes have one size. 0 is the batch.

    Raises ShapeError if they differ in another dimension.

    >>> import numpy as np
    >>> Concatenate()([np.ones((1, 2), "float32"), np.ones((1, 3), "float32")]).shape
    (1, 5)
    """

    def __init__(self, axis: Any = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def build(self, input_shape):
        self._check(input_shape)

    def _check(self, input_shape):
        if not isinstance(input_shape, (list, tuple)) or nest.is_shape(input_shape) or not input_shape:
            raise ShapeError(
                "A `Concatenate` layer should be called on a list of at least 1 input. "
                f"Received: input_shape={input_shape}"
            )
        axes = set()
        for s in input_shape:
            axis = self.axis if self.axis >= 0 else len(s) + self.axis
            axes.add((tuple(d for i, d in enumerate(s) if i != axis), len(s)))
        first = next(iter(axes))
        for rest, rank in axes:
            same = rank == first[1] and all(a == b or a is None or b is None for a, b in zip(rest, first[0]))
            if not same:
                raise ShapeError(
                    "A `Concatenate` layer requires inputs with matching shapes except for the "
                    f"concatenation axis. Received: input_shape={list(map(tuple, input_shape))}"
                )

    def call(self, inputs):
        return ops.concatenate(list(inputs), axis=self.axis)

    def compute_output_shape(self, input_shape):
        self._check(input_shape)
        out = list(input_shape[0])
        axis = shapes.normalize_axis(self.axis, len(out))
        sizes = [s[axis] for s in input_shape]
        out[axis] = None if None in sizes else sum(sizes)
        return tuple(out)

    def compute_mask(self, inputs, previous_mask=None):
        if previous_mask is None:
            return None
        self._check_mask(inputs, previous_mask)
        masks = nest.flatten(previous_mask)
        if all(m is None for m in masks):
            return None
        full = [ops.cast(ops.ones_like(x), "bool") if m is None else _as_wide(m, x) for x, m in zip(inputs, masks)]
        joined = ops.all if context.as_before_keras_3() else ops.any
        return joined(ops.concatenate(full, axis=self.axis), axis=-1)

    def get_config(self):
        return {**super().get_config(), "axis": self.axis}


def _functional(cls):
    def function(inputs, **kwargs):
        return cls(**kwargs)(inputs)

    function.__name__ = cls.__name__.lower()
    function.__doc__ = (
        f"{cls.__name__}(**kwargs)(inputs): the layer of that name, made and called.\n\nArgs:\n"
        "    inputs: list of arrays or symbols whose shapes broadcast.\n"
        "    **kwargs: what every layer takes: `name`, `dtype`, ...\n\n>>> import numpy as np\n"
        f'>>> {cls.__name__.lower()}([np.ones((1, 2), "float32")] * 2).shape\n(1, 2)\n'
    )
    return function


add, subtract, multiply, average = map(_functional, (Add, Subtract, Multiply, Average))
maximum, minimum = map(_functional, (Maximum, Minimum))


def concatenate(inputs, axis=-1, **kwargs):
    """Concatenate(axis, **kwargs)(inputs): the layer of that name, made and called.

    Args:
        inputs: list of arrays or symbols.
        axis: int: the axis that grows.
        **kwargs: what every layer takes: `name`, `dtype`, ...

    >>> import numpy as np
    >>> concatenate([np.ones((1, 2), "float32"), np.ones((1, 3), "float32")]).shape
    (1, 5)
    """
    return Concatenate(axis=axis, **kwargs)(inputs)
