"""Three-dimensional convolutions by two-dimensional ones: the taps along the depth become channels."""

from fastnn.core import config, shapes
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.core.shapes import of_word, pair
from fastnn.ops.functions.arithmetic import add
from fastnn.ops.functions.layout import concatenate, expand_dims, reshape, transpose
from fastnn.ops.functions.operands import same_floats
from fastnn.ops.functions.slicing import pad
from fastnn.ops.records.convolution import conv2d_grad_x, conv2d_op


def transposed_axis(n, kernel, stride, dilation, padding, output_padding):
    """(output size, pads of the convolution that is transposed) along one dimension, as Keras has it."""
    reach = (kernel - 1) * dilation + 1
    base = (n - 1) * stride
    if output_padding is None:
        size = n * stride if padding == "same" else base + max(reach, stride)
    else:
        size = base + output_padding + (reach % 2 if padding == "same" else reach)
    if size < 1:
        raise ShapeError(
            f"conv_transpose: output_padding={output_padding} gives an output of {size}; expected at least 1."
        )
    total = max(base + reach - size, 0) if padding == "same" else 0
    return size, (total // 2, total - total // 2)


def _to_last(x, data_format):
    first = config.standard_data_format(data_format) == "channels_first"
    return (transpose(x, (0, 2, 3, 4, 1)) if first else x), first


def _from_last(y, first):
    return transpose(y, (0, 4, 1, 2, 3)) if first else y


def _setup(name, inputs, kernel, strides, data_format, dilation):
    inputs, kernel = same_floats(inputs, kernel)
    if len(inputs.shape) != 5 or len(kernel.shape) != 5:
        raise ShapeError(
            f"{name}: received inputs of shape {tuple(inputs.shape)} and a kernel of shape "
            f"{tuple(kernel.shape)}; expected (n, depth, h, w, channels) with (kd, kh, kw, in, out)."
        )
    x, first = _to_last(inputs, data_format)
    return x, kernel, pair(strides, "strides", 3), pair(dilation, "dilation_rate", 3), first


def conv3d(inputs, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1, bias=None, activation=None):
    """Convolution of volumes: one 2-D convolution over (n * depth) images whose channels are those of all depth taps.

    inputs: (n, d, h, w, c).  kernel: (kd, kh, kw, c / groups, filters).  Others as of `conv`.
    """
    x, w, (sd, *strides), (dd, *dilation), first = _setup("conv", inputs, kernel, strides, data_format, dilation_rate)
    channels, inner, taps = x.shape[4], w.shape[3], w.shape[0]
    if channels % inner:
        raise ShapeError(
            f"conv: the input channels must match the kernel: {channels} "
            f"input channels, and a kernel for groups of {inner}; the first must be a "
            "multiple of the second."
        )
    padding = of_word(padding)
    if not isinstance(padding, str):
        padding = tuple(map(tuple, padding))
        if len(padding) != 3:
            raise ArgumentError(f"conv: padding={padding!r}; expected 'valid', 'same' or 3 pairs (before, after).")
    elif padding not in ("valid", "same"):
        raise ArgumentError(f"conv: padding={padding!r}; expected 'valid', 'same' or 3 pairs (before, after).")
    whole = isinstance(padding, str)
    depth, before, after = shapes.window(x.shape[1], taps, sd, padding if whole else padding[0], dd)
    if before or after:
        x = pad(x, ((0, 0), (before, after), (0, 0), (0, 0), (0, 0)))
    height, width = x.shape[2:4]
    groups = channels // inner
    parts = [x[:, k * dd : k * dd + (depth - 1) * sd + 1 : sd] for k in range(taps)]
    if taps == 1:
        x = parts[0]
    else:  # every group has its own channels of all taps side by side
        grouped = [reshape(p, (-1, depth, height, width, groups, inner)) for p in parts]
        x = concatenate(grouped, axis=-1)
    x = reshape(x, (-1, height, width, taps * channels))
    w = reshape(transpose(w, (1, 2, 0, 3, 4)), (*w.shape[1:3], taps * inner, w.shape[4]))
    y = conv2d_op(
        x,
        w,
        bias,
        strides=tuple(strides),
        padding=padding if whole else padding[1:],
        dilation=tuple(dilation),
        groups=groups,
        activation=activation,
    )
    return _from_last(reshape(y, (-1, depth, *y.shape[1:])), first)


def conv3d_transpose(
    inputs, kernel, strides=1, padding="valid", output_padding=None, data_format=None, dilation_rate=1
):
    """The transpose of a convolution of volumes: 2-D transposes, added up along the depth.

    inputs: (n, d, h, w, c).  kernel: (kd, kh, kw, filters, c).  Others as of `conv_transpose`.
    """
    x, w, strides, dilation, first = _setup("conv_transpose", inputs, kernel, strides, data_format, dilation_rate)
    if x.shape[4] != w.shape[4]:
        raise ShapeError(
            f"conv_transpose: the input channels must match the kernel: received {x.shape[4]}, and a kernel for "
            f"{w.shape[4]}."
        )
    padding = of_word(padding)
    if padding not in ("valid", "same"):
        raise ArgumentError(f"conv_transpose: padding={padding!r}; expected 'valid' or 'same'.")
    extra = (None,) * 3 if output_padding is None else pair(output_padding, "output_padding", 3, 0)
    sizes, pads = zip(
        *(
            transposed_axis(n, k, s, d, padding, o)
            for n, k, s, d, o in zip(x.shape[1:4], w.shape[:3], strides, dilation, extra, strict=True)
        ),
        strict=True,
    )
    depth, taps, filters = x.shape[1], w.shape[0], w.shape[3]
    flat = reshape(x, (-1, *x.shape[2:]))
    wide = reshape(transpose(w, (1, 2, 0, 3, 4)), (*w.shape[1:3], taps * filters, w.shape[4]))
    y = conv2d_grad_x(
        flat,
        wide,
        size=tuple(sizes[1:]),
        strides=tuple(strides[1:]),
        padding=tuple(pads[1:]),
        dilation=tuple(dilation[1:]),
        groups=1,
    )
    y = reshape(y, (-1, depth, *y.shape[1:3], taps, filters))
    before, stride = pads[0][0], strides[0]
    length = max((depth - 1) * stride + (taps - 1) * dilation[0] + stride, before + sizes[0])
    total = None
    for k in range(taps):
        part = y[:, :, :, :, k]
        if stride > 1:  # zeros between the slices of the depth
            part = pad(expand_dims(part, 2), ((0, 0), (0, 0), (0, stride - 1), (0, 0), (0, 0), (0, 0)))
            part = reshape(part, (-1, depth * stride, *part.shape[3:]))
        shift = k * dilation[0]
        part = pad(part, ((0, 0), (shift, length - shift - depth * stride), (0, 0), (0, 0), (0, 0)))
        total = part if total is None else add(total, part)
    return _from_last(total[:, before : before + sizes[0]], first)
