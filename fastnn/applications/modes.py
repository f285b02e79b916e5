"""preprocess_input and decode_predictions as each family of models has them."""

import functools
from collections.abc import Callable
from typing import Any

from fastnn.applications import imagenet_utils


def preprocessing(mode: str | None) -> Callable[..., Any]:
    """preprocess_input of a family: of a mode, or None where it is part of the models."""

    def preprocess_input(x: Any, data_format: str | None = None) -> Any:
        return x if mode is None else imagenet_utils.preprocess_input(x, data_format=data_format, mode=mode)

    what = f"as mode {mode!r} of imagenet_utils does" if mode else "as they are, for scaling is part of these models"
    preprocess_input.__doc__ = (
        f"Pixels in [0, 255] as these models take them: {what}.\n\nArgs:\n"
        "    x: (..., h, w, 3), or channels first.\n"
        '    data_format: "channels_last" or "channels_first"; None: the configured one.\n'
    )
    return preprocess_input


@functools.wraps(imagenet_utils.decode_predictions)
def decode_predictions(preds: Any, top: int = 5) -> Any:
    return imagenet_utils.decode_predictions(preds, top=top)
