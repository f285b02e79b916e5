"""Symbols of the functional API: what is one, what it was computed from, and the drawing that there is not."""

from fastnn.core.errors import ArgumentError, NotSupportedError


def is_keras_tensor(x):
    """Whether x is a symbol of the functional API.

    Args:
        x: anything.

    >>> is_keras_tensor(3)
    False
    """
    return hasattr(x, "origin") and hasattr(x, "spec")


def get_source_inputs(tensor):
    """The Input symbols that a symbol of the functional API was computed from.

    Args:
        tensor: a symbol.

    Raises ArgumentError for anything else.

    >>> import fastnn
    >>> x = fastnn.Input((2,), name="x")
    >>> [symbol.name for symbol in get_source_inputs(x * 2)]
    ['x']
    """
    if not is_keras_tensor(tensor) or tensor.origin is None:
        raise ArgumentError(f"get_source_inputs: received {tensor!r}, expected a symbol of the functional API.")
    found, seen, waiting = [], set(), [tensor]
    while waiting:
        x = waiting.pop()
        if (id(x.origin), x.index) in seen:
            continue
        seen.add((id(x.origin), x.index))
        if not x.origin.inputs:
            found.append(x)
        waiting.extend(reversed(x.origin.inputs))
    return found


def model_to_dot(
    model,
    show_shapes=False,
    show_dtype=False,
    show_layer_names=True,
    rankdir="TB",
    expand_nested=False,
    dpi=200,
    subgraph=False,
    show_layer_activations=False,
    show_trainable=False,
    splines="ortho",
    **kwargs,
):
    """Not available: there is no Graphviz here.  Raises NotSupportedError.

    Args:
        model, show_shapes, show_dtype, show_layer_names, rankdir, expand_nested, dpi: Keras's arguments, as of
            `plot_model`.
        subgraph, show_layer_activations, show_trainable, splines, kwargs: the same.
    """
    raise NotSupportedError(
        "model_to_dot: Graphviz is not used; model.summary() lists the layers, and plot_model() draws them as SVG."
    )
