"""The public convolution functions of `keras.ops`: 1-D to 3-D, grouped, depthwise, separable, transposed."""

from typing import Any

from fastnn.core import config
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.core.shapes import of_word, pair
from fastnn.core.types import Tensor
from fastnn.ops.functions.layout import expand_dims, reshape, squeeze, transpose
from fastnn.ops.functions.operands import dtype_of, inferring, of_shape, same_floats
from fastnn.ops.functions.volumes import conv3d, conv3d_transpose, transposed_axis
from fastnn.ops.records.convolution import conv2d_grad_x, conv2d_op

__all__ = ["conv", "depthwise_conv", "separable_conv", "conv_transpose"]


def _setup(name, inputs, kernel, strides, padding, data_format, dilation):
    """Operands of one type, channels last, 1-D with a height of 1; the window, whether transposed, the rank."""
    inputs, kernel = same_floats(inputs, kernel)
    rank = len(inputs.shape) - 2
    if rank not in (1, 2) or len(kernel.shape) != rank + 2:
        raise ShapeError(
            f"{name}: received inputs of shape {tuple(inputs.shape)} and a kernel of shape "
            f"{tuple(kernel.shape)}; expected (n, steps, channels) with (k, in, out), or "
            "(n, h, w, channels) with (kh, kw, in, out)."
        )
    padding = of_word(padding)
    if padding not in ("valid", "same"):
        explicit = isinstance(padding, (tuple, list)) and len(padding) == rank
        if not explicit:
            raise ArgumentError(
                f"{name}: padding={padding!r}; expected 'valid', 'same' or {rank} pairs (before, after)."
            )
        padding = tuple((int(a), int(b)) for a, b in padding)
    strides, dilation = pair(strides, "strides", rank), pair(dilation, "dilation_rate", rank)
    first = config.standard_data_format(data_format) == "channels_first"
    if first:
        inputs = transpose(inputs, (0, *range(2, rank + 2), 1))
    if inputs.shape[-1] is None and inferring():  # shapes alone are asked for: as many as the kernel takes
        channels = kernel.shape[-1 if name == "conv_transpose" else -2]
        inputs = of_shape((*inputs.shape[:-1], channels), dtype_of(inputs))
    if rank == 1:
        inputs, kernel = expand_dims(inputs, 1), expand_dims(kernel, 0)
        strides, dilation = (1, *strides), (1, *dilation)
        padding = padding if isinstance(padding, str) else ((0, 0), *padding)
    return inputs, kernel, strides, padding, dilation, first, rank


def _finish(y, first, rank):
    if rank == 1:
        y = squeeze(y, 1)
    return transpose(y, (0, rank + 1, *range(1, rank + 1))) if first else y


def conv(
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: Any = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
    bias: Any = None,
    activation: Any = None,
) -> Tensor:
    """Convolution (cross-correlation) of 1-D, 2-D or 3-D inputs.

    Args:
        inputs: (n, steps, c), (n, h, w, c) or (n, d, h, w, c); the channels second with data_format "channels_first".
        kernel: (k, c / groups, filters) or (kh, kw, c / groups, filters); the number of groups follows from it.
        strides, dilation_rate: an int or one per dimension.
        padding: "valid", "same", or one (before, after) pair per dimension.
        bias: (filters,) or None.
        activation: None, "relu", "sigmoid" or "tanh".

    Raises:
        ShapeError: channels or window sizes that do not fit.

    >>> import numpy as np
    >>> conv(np.ones((1, 4, 4, 1), "float32"), np.ones((3, 3, 1, 2), "float32")).shape
    (1, 2, 2, 2)
    """
    if len(inputs.shape) == 5:
        return conv3d(inputs, kernel, strides, padding, data_format, dilation_rate, bias, activation)
    x, w, strides, padding, dilation, first, rank = _setup(
        "conv", inputs, kernel, strides, padding, data_format, dilation_rate
    )
    if 0 in (*x.shape[1:], *w.shape):
        raise ShapeError(
            f"conv: received images of shape {x.shape} and a kernel of shape {w.shape}; expected at least "
            "one pixel, channel and tap."
        )
    if x.shape[3] % w.shape[2]:
        raise ShapeError(
            f"conv: the input channels must match the kernel: {x.shape[3]} "
            f"input channels, and a kernel for groups of {w.shape[2]}; the first must "
            "be a multiple of the second."
        )
    y = conv2d_op(
        x,
        w,
        bias,
        strides=strides,
        padding=padding,
        dilation=dilation,
        groups=x.shape[3] // w.shape[2],
        activation=activation,
    )
    return _finish(y, first, rank)


def depthwise_conv(
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: Any = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Tensor:
    """Convolution of each channel by filters of its own.

    Args:
        inputs: (n, steps, c) or (n, h, w, c).
        kernel: (k, c, multiplier) or (kh, kw, c, multiplier).
        strides, padding, data_format, dilation_rate: as in `conv`.

    Returns (n, …, c * multiplier): output c*multiplier + m is filter m of channel c.

    >>> import numpy as np
    >>> depthwise_conv(np.ones((1, 4, 4, 3), "float32"), np.ones((3, 3, 3, 2), "float32")).shape
    (1, 2, 2, 6)
    """
    x, w, strides, padding, dilation, first, rank = _setup(
        "depthwise_conv", inputs, kernel, strides, padding, data_format, dilation_rate
    )
    if x.shape[3] != w.shape[2]:
        raise ShapeError(
            f"depthwise_conv: the input channels must match the kernel: received {x.shape[3]}, and a kernel for "
            f"{w.shape[2]}."
        )
    w = reshape(w, (*w.shape[:2], 1, w.shape[2] * w.shape[3]))
    return _finish(
        conv2d_op(x, w, None, strides=strides, padding=padding, dilation=dilation, groups=x.shape[3]), first, rank
    )


def separable_conv(
    inputs: Any,
    depthwise_kernel: Any,
    pointwise_kernel: Any,
    strides: Any = 1,
    padding: Any = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Tensor:
    """A depthwise convolution, then one with a 1-wide kernel that mixes the channels.

    Args:
        inputs: (n, steps, c) or (n, h, w, c).
        depthwise_kernel: (k, c, multiplier) or (kh, kw, c, multiplier).
        pointwise_kernel: (1, c * multiplier, filters) or (1, 1, c * multiplier, filters).
        strides, padding, data_format, dilation_rate: of the depthwise part, as in `conv`.

    >>> import numpy as np
    >>> x, d, p = (np.ones(s, "float32") for s in ((1, 4, 4, 3), (3, 3, 3, 2), (1, 1, 6, 5)))
    >>> separable_conv(x, d, p).shape
    (1, 2, 2, 5)
    """
    y = depthwise_conv(inputs, depthwise_kernel, strides, padding, data_format, dilation_rate)
    return conv(y, pointwise_kernel, 1, "valid", data_format)


def conv_transpose(
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: Any = "valid",
    output_padding: Any = None,
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Tensor:
    """The transpose of a convolution: from its output's shape back to its input's.

    Args:
        inputs: (n, steps, c), (n, h, w, c) or (n, d, h, w, c).
        kernel: (k, filters, c), (kh, kw, filters, c) or (kd, kh, kw, filters, c).
        strides, data_format, dilation_rate: as in `conv`.
        padding: "valid" or "same".
        output_padding: extra size at the end of each dimension, an int or one per dimension; None gives n*stride for
            "same" and n*stride + max(k - stride, 0) for "valid".

    >>> import numpy as np
    >>> conv_transpose(np.ones((1, 4, 4, 2), "float32"), np.ones((3, 3, 5, 2), "float32"), 2, "same").shape
    (1, 8, 8, 5)
    """
    if len(inputs.shape) == 5:
        return conv3d_transpose(inputs, kernel, strides, padding, output_padding, data_format, dilation_rate)
    x, w, strides, padding, dilation, first, rank = _setup(
        "conv_transpose", inputs, kernel, strides, padding, data_format, dilation_rate
    )
    if x.shape[3] != w.shape[3]:
        raise ShapeError(
            f"conv_transpose: the input channels must match the kernel: received {x.shape[3]}, and a kernel for "
            f"{w.shape[3]}."
        )
    if not isinstance(padding, str):
        raise ArgumentError(f"conv_transpose: padding={padding!r}; expected 'valid' or 'same'.")
    extra: tuple[int | None, ...] = (None, None)
    if output_padding is not None:
        extra = pair(output_padding, "output_padding", rank, 0)
    if rank == 1:
        extra = (None if output_padding is None else 0, *extra[-1:])
    sizes, pads = zip(
        *(
            transposed_axis(n, k, s, d, padding, o)
            for n, k, s, d, o in zip(x.shape[1:3], w.shape[:2], strides, dilation, extra, strict=True)
        ),
        strict=True,
    )
    y = conv2d_grad_x(x, w, size=sizes, strides=strides, padding=pads, dilation=dilation, groups=1)
    return _finish(y, first, rank)
