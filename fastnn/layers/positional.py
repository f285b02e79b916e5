"""What may be passed by position when a layer is called: tensors, as in Keras 3."""

from typing import Any

from fastnn.core.errors import ArgumentError
from fastnn.layers import context, nest

REFUSED = bool, int, float, complex, str, bytes


def arguments(layer: Any, given: tuple[Any, ...]) -> tuple[Any, ...]:
    """The positional arguments of a call, lists of numbers as arrays; as they are where the layer converts nothing.

    Raises ArgumentError for what is no tensor (a number, a text, a truth value), unless the layer says
    `_allow_non_tensor_positional_args`, or calls are those of Keras 2.
    """
    if len(given) == 1 and hasattr(given[0], "dtype"):
        return given
    if getattr(layer, "_convert_input_args", True):
        given = tuple(nest.array_of_numbers(x) for x in given)
    if context.as_before_keras_3():
        return given
    if not getattr(layer, "_allow_non_tensor_positional_args", False):
        for x in nest.flatten(given):
            if isinstance(x, REFUSED) and not hasattr(x, "dtype"):
                raise ArgumentError(
                    "Only input tensors may be passed as positional arguments. The following argument value should be "
                    f"passed as a keyword argument: {x!r} (of type {type(x)})"
                )
    return given
