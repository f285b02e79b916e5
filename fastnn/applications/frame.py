"""What all applications share: arguments and their checks, the input, the top, and files of weights."""

import inspect
import os
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

from fastnn import activations, layers
from fastnn.applications.imagenet_utils import obtain_input_shape
from fastnn.core import config
from fastnn.core.errors import ArgumentError
from fastnn.graph import Variable
from fastnn.models import Functional, Model
from fastnn.utils import get_file, get_source_inputs, is_keras_tensor

STANDARD = {"include_top": True, "weights": "imagenet", "input_tensor": None, "input_shape": None, "pooling": None,
            "classes": 1000, "classifier_activation": "softmax"}  # fmt: skip
SERVER = "https://storage.googleapis.com/"
FOLDER = "tensorflow/keras-applications/"
ARGUMENTS = {
    "include_top": "whether the layers that classify are included.",
    "weights": 'None (random), "imagenet" (a file of weights in `~/.keras/models`), or the path of a file of weights.',
    "input_tensor": "a symbol of the functional API to use as input, or None.",
    "input_shape": "(height, width, channels), or None.",
    "pooling": 'without top: "avg" or "max" of each channel, or None for the channels themselves.',
    "classes": "how many classes the top tells apart.",
    "classifier_activation": "the activation of the top; None for logits.",
    "alpha": "how many filters, as a share of the paper's.",
    "depth_multiplier": "how many filters each channel of a depthwise convolution gets.",
    "dropout": "the rate of dropout before the top.",
    "dropout_rate": "the rate of dropout before the top.",
    "minimalistic": "whether to leave out squeeze-and-excite units, hard swish and 5 x 5 convolutions.",
    "include_preprocessing": "whether the scaling of pixels in [0, 255] is part of the model.",
    "name": "the model's name.",
}


@dataclass(frozen=True)
class Plan:
    """One architecture: sizes of its input, and functions that make it.

    body: (symbol, arguments) -> the features.  top: (features, arguments) -> the classes; None: the usual one.
    file: (arguments) -> the name of the file of weights, with "{top}" where "_notop" stands without top.
    """

    body: Callable[[Any, Any], Any]
    file: Callable[[Any], str]
    folder: str = ""  # where the file lies beside others that Keras downloads
    own_folder: bool = True  # whether that folder is one of those of all applications
    served: Callable[[Any], str] | None = None  # its name there, if that is another one
    size: int | tuple[int, ...] = 224  # of square images; several: those known of, the last one else
    least: int = 32
    top: Callable[[Any, Any], Any] | None = None
    pools: bool = True  # whether pooling layers have Keras's names avg_pool and max_pool
    last_only: bool = False  # channels last only
    open_size: bool = False  # takes any size, with the top too
    own_shape: tuple[int, int, int] | None = None  # of images where none is given, without the top
    finish: Callable[[Any, Any], Any] | None = None  # (output, arguments) -> output, without top


def axis(negative: bool = False) -> int:
    """The axis of channels as Keras writes it: 3 (or -1), or 1.

    >>> axis(), axis(negative=True)
    (3, -1)
    """
    return 1 if config.image_data_format() == "channels_first" else (-1 if negative else 3)


def spatial(shape: Any) -> tuple[Any, Any]:
    """(height, width) of a shape with or without a batch."""
    at = len(shape) - 3 + (config.image_data_format() == "channels_first")
    return shape[at], shape[at + 1]


def check_weights(weights: Any, include_top: bool, classes: int) -> None:
    """Raise ArgumentError for weights that are neither None, "imagenet" nor a file, and for other classes."""
    if weights not in (None, "imagenet") and not os.path.exists(weights):
        raise ArgumentError(
            "The `weights` argument should be either `None` (random initialization), 'imagenet' (pre-training on "
            f"ImageNet), or the path to the weights file to be loaded. Received: weights={weights}"
        )
    if weights == "imagenet" and include_top and classes != 1000:
        raise ArgumentError(
            "If using `weights='imagenet'` with `include_top=True`, `classes` should be 1000. "
            f"Received classes={classes}"
        )


def check_activation(activation: Any, weights: Any) -> None:
    """Raise ArgumentError for an activation that pre-trained weights were not made for."""
    if weights is not None and activations.get(activation) not in (activations.get("softmax"), activations.get(None)):
        raise ArgumentError(
            "Only `None` and `softmax` activations are allowed for the `classifier_activation` argument when using "
            f"pretrained weights, with `include_top=True`; Received: classifier_activation={activation}"
        )


def correct_pad(x: Any, kernel_size: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """The margins with which a convolution of stride 2 gives what "same" gives in TensorFlow."""
    half = kernel_size // 2
    adjust = (1 if d is None else 1 - d % 2 for d in spatial(x.shape))
    top, left = (half - a for a in adjust)
    return (top, half), (left, half)


def begun(a: Any, plan: Plan) -> Any:
    """The input symbol; a.input_shape becomes what it takes."""
    if isinstance(a.input_tensor, (Variable, np.ndarray)):
        a.input_tensor = layers.Input(tensor=a.input_tensor)
    if a.input_tensor is not None and not is_keras_tensor(a.input_tensor):
        raise ArgumentError(f"`input_tensor` must be a symbol of the functional API. Received: {a.input_tensor!r}")
    if a.input_shape is None and not a.include_top:
        a.input_shape = plan.own_shape
    known, size = a.input_shape, plan.size
    if known is None and a.input_tensor is not None and (plan.open_size or isinstance(size, tuple)):
        known = a.input_tensor.shape[1:]
    if isinstance(size, tuple):
        rows, columns = spatial(known) if known else (None, None)
        size = rows if rows == columns and rows in size else size[-1]
    a.input_shape = obtain_input_shape(
        known if plan.open_size else a.input_shape,
        size,
        plan.least,
        config.image_data_format(),
        a.include_top and not plan.open_size,
        a.weights,
    )
    if a.input_tensor is None:
        return layers.Input(shape=a.input_shape)
    return a.input_tensor


def pooled(x: Any, a: Any, named: bool) -> Any:
    """The features as `pooling` asks for them."""
    kinds = {"avg": layers.GlobalAveragePooling2D, "max": layers.GlobalMaxPooling2D}
    if a.pooling not in kinds:
        return x
    return kinds[a.pooling](name=f"{a.pooling}_pool" if named else None)(x)


def usual_top(x: Any, a: Any, named: bool = True, dropout: float = 0.0, **dense: Any) -> Any:
    """The mean of each channel, dropout, and a Dense layer."""
    x = layers.GlobalAveragePooling2D(name="avg_pool" if named else None)(x)
    if dropout > 0:
        x = layers.Dropout(dropout, name="top_dropout")(x)
    return layers.Dense(a.classes, activation=a.classifier_activation, name="predictions", **dense)(x)


def assembled(a: Any, plan: Plan) -> Model:
    """The model of these arguments."""
    if plan.last_only and config.image_data_format() == "channels_first":
        raise ArgumentError(
            "This architecture does not support the `channels_first` image data format. Switch to `channels_last` by "
            "`config.set_image_data_format`."
        )
    check_weights(a.weights, a.include_top, a.classes)
    start = begun(a, plan)
    if a.include_top:
        check_activation(a.classifier_activation, a.weights)
    x = plan.body(start, a)
    if not a.include_top:
        x = pooled(x, a, plan.pools)
        x = plan.finish(x, a) if plan.finish else x
    elif plan.top is None:
        x = usual_top(x, a, plan.pools)
    else:
        x = plan.top(x, a)
    inputs = start if a.input_tensor is None else get_source_inputs(a.input_tensor)
    model = Functional(inputs, x, name=a.name)
    if a.weights == "imagenet":
        name = plan.file(a).format(top="" if a.include_top else "_notop")
        origin = f"{SERVER}{FOLDER if plan.own_folder else ''}{plan.folder}/{plan.served(a) if plan.served else name}"
        model.load_weights(get_file(name, origin, cache_subdir="models"))
    elif a.weights is not None:
        model.load_weights(a.weights)
    return model


def builder(kind: str, plan: Plan, parameters: dict[str, Any], source: str, example: str = "") -> Callable[..., Model]:
    """A public function that makes a model: its name, plan, arguments with their defaults, and the paper."""
    kinds = inspect.Parameter.POSITIONAL_OR_KEYWORD
    signature = inspect.Signature([inspect.Parameter(k, kinds, default=v) for k, v in parameters.items()])

    def make(*args: Any, **kwargs: Any) -> Model:
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError as error:
            raise ArgumentError(f"{kind}() {error}. Its arguments: {', '.join(parameters)}.") from None
        bound.apply_defaults()
        return assembled(SimpleNamespace(**bound.arguments), plan)

    lines = "\n".join(f"        {name}: {ARGUMENTS[name]}" for name in parameters)
    make.__name__ = make.__qualname__ = kind
    make.__signature__ = signature  # type: ignore[attr-defined]
    make.__doc__ = (
        f"{kind}, a model that classifies images.\n\n    Source: {source}\n\n    Args:\n{lines}\n\n    Raises:\n"
        "        ArgumentError: for wrong arguments.  DataError: the file of weights is not there.\n"
    ) + (f"\n    >>> {example}\n    " if example else "")
    return make
