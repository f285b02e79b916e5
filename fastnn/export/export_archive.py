"""ExportArchive: SavedModel and ONNX files are not written."""

from typing import Any

from fastnn.core.errors import ArgumentError, NotSupportedError

FORMATS = ("saved_model", "onnx", "torch", "openvino", "litert")


class ExportArchive:
    """Keras's writer of SavedModel folders, which hold TensorFlow graphs: an error that says what to do instead.

    Args:
        format: "saved_model", or another that Keras knows.
        kwargs: Keras's arguments, of no effect.

    Raises:
        ArgumentError: for a format that Keras does not know either.
        NotSupportedError: for all others.

    >>> ExportArchive()
    Traceback (most recent call last):
    ...
    fastnn.core.errors.NotSupportedError: ExportArchive(format='saved_model'): a graph of another framework is not ...
    """

    def __init__(self, format: str = "saved_model", **kwargs: Any) -> None:
        if format not in FORMATS:
            raise ArgumentError(f"ExportArchive: received format={format!r}, expected one of: {', '.join(FORMATS)}.")
        raise NotSupportedError(
            f"ExportArchive(format={format!r}): a graph of another framework is not written. Save the model with "
            "save('model.keras') and export it from Keras, where keras.models.load_model('model.keras') reads it; to "
            "serve it as it is, load_model() and predict() need nothing else."
        )
