"""Images as ImageNet's models take them, and names for what they answer."""

import json
import warnings
from typing import Any

import numpy as np

from fastnn import ops
from fastnn.core import config, dtypes
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.utils import get_file

__all__ = ["decode_predictions", "preprocess_input"]
__dir__ = __all__.copy

# mode -> (what pixels are divided by, channels turned round?, mean of each channel, standard deviations)
MODES: dict[str, tuple[float, bool, Any, Any]] = {
    "caffe": (1.0, True, (103.939, 116.779, 123.68), 1.0),
    "tf": (127.5, False, 1.0, 1.0),
    "torch": (255.0, False, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
}


def preprocess_input(x: Any, data_format: str | None = None, mode: str = "caffe") -> Any:
    """Pixels in [0, 255] as a family of models was trained on them.

    Args:
        x: (..., h, w, 3), or channels first.  It is left as it is, where Keras writes over arrays of floats.
        data_format: "channels_last" or "channels_first"; None: the configured one.
        mode: "caffe": BGR without ImageNet's mean; "tf": in [-1, 1]; "torch": in [0, 1], then normalized.

    Raises:
        ArgumentError: another mode or data format.

    >>> preprocess_input(np.full((1, 1, 3), 255.0, "float32"), mode="tf").tolist()
    [[[1.0, 1.0, 1.0]]]
    """
    if mode not in MODES:
        raise ArgumentError(f"Expected mode to be one of `caffe`, `tf` or `torch`. Received: mode={mode}")
    data_format = config.image_data_format() if data_format is None else data_format
    if data_format not in ("channels_first", "channels_last"):
        raise ArgumentError(
            "Expected data_format to be one of `channels_first` or `channels_last`. "
            f"Received: data_format={data_format}"
        )
    x = x if hasattr(x, "shape") else np.asarray(x)
    if not dtypes.is_float(dtypes.standardize(x.dtype)):
        x = x.astype(config.floatx()) if isinstance(x, np.ndarray) else ops.cast(x, config.floatx())
    scale, turned, mean, std = MODES[mode]
    kind = dtypes.numpy_type(dtypes.standardize(x.dtype))
    first = data_format == "channels_first"
    mean, std = (np.asarray(v, kind).reshape((-1, 1, 1) if first and np.ndim(v) else np.shape(v)) for v in (mean, std))
    if isinstance(x, np.ndarray):
        out = ((x[..., ::-1, :, :] if first else x[..., ::-1]) if turned else x) / kind(scale)
        out -= mean
        out /= std
        return out
    x = ops.flip(x, axis=-3 if first else -1) if turned else x
    return (x / scale - mean) / std


def correct_pad(inputs: Any, kernel_size: int | tuple[int, int]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Zero padding of a convolution with strides of 2, so that it is as large as with padding "same".

    Args:
        inputs: images (n, height, width, channels), or channels first where that is the default.
        kernel_size: an int, or two.

    >>> correct_pad(np.zeros((1, 8, 7, 3)), 3)
    ((0, 1), (1, 1))
    """
    first = 2 if config.image_data_format() == "channels_first" else 1
    kernel = (kernel_size, kernel_size) if isinstance(kernel_size, int) else tuple(kernel_size)
    sizes = inputs.shape[first : first + 2]
    pads = []
    for n, k in zip(sizes, kernel):
        even = 1 if sizes[0] is None else 1 - int(n) % 2
        pads.append((k // 2 - even, k // 2))
    return pads[0], pads[1]


def obtain_input_shape(
    input_shape: Any, default_size: int, min_size: int, data_format: str, require_flatten: bool, weights: Any = None
) -> tuple[Any, ...]:
    """The shape of the images that a model takes, from what was asked for.

    Raises:
        ArgumentError: it is no shape of images, smaller than min_size, or not what ImageNet's weights need.

    >>> obtain_input_shape(None, 224, 32, "channels_last", True)
    (224, 224, 3)
    """
    first = data_format == "channels_first"
    channels = 3
    if weights != "imagenet" and input_shape and len(input_shape) == 3:
        channels = input_shape[0 if first else -1]
        if channels not in (1, 3):
            warnings.warn(
                "This model usually expects 1 or 3 input channels. However, it was passed an input_shape with "
                f"{channels} input channels.",
                stacklevel=4,
            )
    square = (default_size, default_size)
    default = (channels, *square) if first else (*square, channels)
    if weights == "imagenet" and require_flatten:
        if input_shape is not None and tuple(input_shape) != default:
            raise ArgumentError(
                "When setting `include_top=True` and loading `imagenet` weights, `input_shape` should be "
                f"{default}. Received: input_shape={input_shape}"
            )
        return default
    if not input_shape and not require_flatten:
        return (3, None, None) if first else (None, None, 3)
    input_shape = input_shape or default
    if len(input_shape) != 3:
        raise ArgumentError(f"`input_shape` must be a tuple of three integers. Received: input_shape={input_shape}")
    if weights == "imagenet" and input_shape[0 if first else -1] != 3:
        raise ArgumentError(f"The input must have 3 channels; Received `input_shape={input_shape}`")
    if any(d is not None and d < min_size for d in (input_shape[1:] if first else input_shape[:2])):
        raise ArgumentError(f"Input size must be at least {min_size}x{min_size}; Received: input_shape={input_shape}")
    if require_flatten and None in input_shape:
        raise ArgumentError(
            f"If `include_top` is True, you should specify a static `input_shape`. Received: input_shape={input_shape}"
        )
    return tuple(input_shape)


def decode_predictions(preds: Any, top: int = 5) -> list[list[tuple[str, str, float]]]:
    """For each row of probabilities the most likely classes: (WordNet number, name, probability).

    Args:
        preds: (n, 1000).
        top: how many.

    Raises:
        ShapeError: another shape.  DataError: `imagenet_class_index.json` is not in `~/.keras/models`.
    """
    preds = np.asarray(preds)
    if preds.ndim != 2 or preds.shape[1] != 1000:
        raise ShapeError(
            "`decode_predictions` expects a batch of predictions (i.e. a 2D array of shape (samples, 1000)). "
            f"Received array with shape: {preds.shape}"
        )
    origin = "https://storage.googleapis.com/download.tensorflow.org/data/imagenet_class_index.json"
    with open(get_file("imagenet_class_index.json", origin, cache_subdir="models"), encoding="utf-8") as file:
        names = json.load(file)
    order = np.argsort(-preds, axis=1, kind="stable")[:, :top]
    return [[(*names[str(i)], row[i]) for i in best] for row, best in zip(preds, order)]
