"""RematScope, remat: activations that are rematerialized in the backward pass instead of being kept."""

import functools
import threading

from fastnn.core.errors import ArgumentError
from fastnn.graph import current

MODES = ("full", "activations", "larger_than", "list_of_layers", None)
_local = threading.local()


class RematScope:
    """Layers made inside keep as little as possible for their gradients and compute it again: less memory, more time.

    What is cheap to rematerialize (a normalisation with its relu, a sum) is never kept where that saves memory, without
    any scope. In a scope products and convolutions are rematerialized too: a layer as a whole from what goes into it,
    so that of a block of layers (one Layer; a model leaves it to the layers in it) only its result stays; of products
    one after the other, every other one does. Losses and weights keep every bit. Saved files say nothing of it.
    Of a recurrent layer's steps about sqrt(steps) states are kept. Its weights' gradients are added up between those,
    so their last bits may be others; so are numbers that a user's cell draws at each step.

    Args:
        mode: "full" (the layer and those inside it), "activations" (element-wise results only), "larger_than" (results
            of more than `output_size_threshold` elements), "list_of_layers" (those in `layer_names`), None (nothing;
            within another scope, switches it off).
        output_size_threshold: elements of one result, for "larger_than".
        layer_names: names of layers, for "list_of_layers".

    Raises:
        ArgumentError (a ValueError): for another mode.

    Source: Chen et al., Training Deep Nets with Sublinear Memory Cost, 2016.

    >>> import fastnn
    >>> with RematScope(mode="full"):
    ...     hidden = [fastnn.layers.Dense(64, activation="relu") for _ in range(4)]
    >>> model = fastnn.Sequential([fastnn.Input((8,)), *hidden, fastnn.layers.Dense(1)])
    """

    def __init__(self, mode="full", output_size_threshold=1024, layer_names=None):
        if mode not in MODES:
            raise ArgumentError(
                f"Invalid mode '{mode}'. Supported modes are: 'full', 'activations', 'larger_than', "
                "'list_of_layers', or None."
            )
        self.mode, self.output_size_threshold = mode, output_size_threshold
        self.layer_names = list(layer_names or [])

    def __enter__(self):
        _stack().append(self)
        return self

    def __exit__(self, *exc):
        _stack().pop()

    def applies(self, name):
        """Whether a layer of this name is to be rematerialized.

        Args:
            name: name of a layer.
        """
        return self.mode is not None and (self.mode != "list_of_layers" or name in self.layer_names)

    def marked(self, trace):
        """The context in which the nodes of a trace are rematerialized.

        Args:
            trace: the graph that is being recorded.
        """
        least = self.output_size_threshold if self.mode == "larger_than" else 0
        return trace.rematerialized(least, self.mode == "activations")


def remat(f):
    """A function, or a layer, whose results are rematerialized in the backward pass.

    A function has an effect inside layers and steps (`call`, `train_step`), not on the symbols of the functional API.

    Args:
        f: a function of tensors, or a layer (which is returned itself).

    >>> import fastnn
    >>> gated = remat(lambda x: fastnn.ops.tanh(x) * fastnn.ops.sigmoid(x))
    >>> gated(fastnn.ops.zeros((2,)))
    array([0., 0.], dtype=float32)
    """
    if hasattr(f, "_fastnn_layer"):
        object.__setattr__(f, "_remat", RematScope())
        return f

    @functools.wraps(f)
    def wrapped(*args, **kwargs):
        trace = current()
        if trace is None:
            return f(*args, **kwargs)
        with trace.rematerialized():
            return f(*args, **kwargs)

    return wrapped


def scope():
    """The innermost RematScope of this thread, or None."""
    stack = _stack()
    return stack[-1] if stack else None


def _stack():
    if not hasattr(_local, "stack"):
        _local.stack = []
    return _local.stack
