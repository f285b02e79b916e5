"""Layers around layers: Wrapper, Bidirectional, TimeDistributed."""

from typing import Any

from fastnn import ops
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.layers import context, nest, signature
from fastnn.layers.input_spec import InputSpec
from fastnn.layers.layer import Layer
from fastnn.layers.steps import over_steps, steps_first
from fastnn.saving import identifiers as serial


class Wrapper(Layer):
    """Base of layers that hold one other layer.

    Args:
        layer: the Layer inside.

    Raises ArgumentError if `layer` is not a layer.

    >>> from fastnn.layers import Dense
    >>> Wrapper(Dense(2)).layer.units
    2
    """

    def __init__(self, layer: Any, **kwargs: Any) -> None:
        if not isinstance(layer, Layer):
            raise ArgumentError(
                f"Layer {layer} supplied to Wrapper isn't a supported layer type. Please ensure "
                "wrapped layer is a valid Keras layer."
            )
        super().__init__(**kwargs)
        self.layer = layer

    def build(self, input_shape=None):
        if not self.layer.built:
            self.layer.build(input_shape)
            self.layer.built = True

    def get_config(self):
        return {**super().get_config(), "layer": serial.serialize(self.layer)}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A wrapper with the arguments that get_config() gave; new weights.

        Args:
            config: dict of the constructor's arguments.
            custom_objects: {name: class or function} for names that fastnn does not know, or None.
        """
        return super().from_config(_with_layers(config, custom_objects))


def _with_layers(config, custom_objects):
    """A config whose layers are made."""
    made = {
        k: serial.deserialize(config[k], "layers", custom_objects)
        for k in ("layer", "backward_layer")
        if isinstance(config.get(k), dict)
    }
    return {**config, **made}


class TimeDistributed(Wrapper):
    """A layer applied to every step of (batch, steps, ...) by itself.

    A layer whose result depends on the other rows of its batch (BatchNormalization while training, layers of your own),
    or that keeps a state, is called once for each step, in order; others are called once for all.

    >>> import numpy as np
    >>> from fastnn.layers import Dense
    >>> TimeDistributed(Dense(4))(np.ones((2, 3, 5), "float32")).shape
    (2, 3, 4)
    """

    supports_masking = True

    def _step(self, shape):
        if len(shape) < 3:
            raise ShapeError(
                "`TimeDistributed` Layer should be passed an `input_shape` with at least 3 dimensions, "
                f"received: {tuple(shape)}"
            )
        return (shape[0], *shape[2:])

    def build(self, input_shape):
        super().build(self._step(input_shape))

    def compute_output_shape(self, input_shape):
        inner = self.layer.compute_output_shape(self._step(input_shape))
        return nest.map_shapes(lambda s: (s[0], input_shape[1], *s[1:]), inner)

    def call(self, inputs, training=None, mask=None):
        batch, steps = inputs.shape[:2]
        if None in (batch, steps):
            raise ShapeError(
                f"TimeDistributed '{self.name}': batch and steps must be known when it runs. "
                f"Received: {tuple(inputs.shape)}"
            )
        if mask is not None and tuple(mask.shape[:2]) != (batch, steps):
            raise ShapeError(
                f"The `mask` passed to the `TimeDistributed` layer has a shape that does not fit: its first two "
                f"dimensions must be those of the inputs, ({batch}, {steps}). Received: mask.shape={tuple(mask.shape)}"
            )
        call = signature.of(type(self.layer).call)
        kwargs = {"training": training} if call.takes("training") else {}
        layers = self.layer._flatten_layers()
        if self.layer._axis_inside(len(inputs.shape) - 1) and all(layer._rows_apart(training) for layer in layers):
            x = ops.reshape(inputs, (batch * steps, *inputs.shape[2:]))
            if mask is not None and len(mask.shape) > 2:
                context.set_mask(x, ops.reshape(mask, (batch * steps, *mask.shape[2:])))
            out = self.layer(x, **kwargs)
            return nest.map_structure(lambda y: self._own(ops.reshape(y, (batch, steps, *y.shape[1:]))), out)
        # Statistics are a step's own, and states go from one step to the next.  A recurrent layer's mask has steps too.
        masked = mask is not None and (len(mask.shape) > 2 or not any(hasattr(layer, "cell") for layer in layers))
        shown = []

        def step(_, slices, memory):
            if masked:
                context.set_mask(*slices)
            shown.append(self.layer(slices[0], **kwargs))
            return [], nest.flatten(shown[-1])

        _, stacked, _ = over_steps(
            step,
            [],
            [steps_first(inputs), *([steps_first(mask)] if masked else [])],
            steps,
            name=f"Layer '{self.name}'",
        )
        return nest.pack(shown[-1], [self._own(ops.swapaxes(y, 0, 1)) for y in stacked])

    def _own(self, y):
        """Floats in this layer's dtype; the layer inside may have another policy."""
        return self.dtype_policy.convert_input(y, self.autocast, self.compute_dtype)

    def compute_mask(self, inputs, previous_mask=None):
        mask = nest.flatten(previous_mask)[0]
        while mask is not None and len(mask.shape) > 2:
            mask = ops.any(mask, axis=-1)
        return mask


class Bidirectional(Layer):
    """A recurrent layer run forwards and, as a copy with weights of its own, backwards.

    Args:
        layer: an RNN, LSTM, GRU or SimpleRNN, or another layer with `go_backwards`, `return_sequences` and
            `return_state`; it is copied.
        merge_mode: "concat", "sum", "mul", "ave", or None for a list of both.
        weights: list of arrays for both layers, the forward one's first, or None.
        backward_layer: the layer for the backward direction, instead of a copy.

    Source: Schuster and Paliwal, Bidirectional Recurrent Neural Networks, 1997.

    >>> import numpy as np
    >>> from fastnn.layers import LSTM
    >>> Bidirectional(LSTM(4))(np.ones((2, 3, 5), "float32")).shape
    (2, 8)
    """

    supports_masking = True

    def __init__(
        self,
        layer: Any,
        merge_mode: str | None = "concat",
        weights: Any = None,
        backward_layer: Any = None,
        **kwargs: Any,
    ) -> None:
        for which in (layer, backward_layer):
            recurrent = isinstance(which, Layer) and hasattr(which, "go_backwards")
            if not recurrent and (which is not None or which is layer):
                what = (
                    "Please initialize `Bidirectional` layer with" if which is layer else "`backward_layer` need to be"
                )
                raise ArgumentError(
                    f"{what} a `keras.layers.Layer` instance that is recurrent: one that has `go_backwards`, "
                    f"`return_sequences` and `return_state`. Received: {which!r}"
                )
        if merge_mode not in ("sum", "mul", "ave", "concat", None):
            raise ArgumentError(
                f"Invalid merge mode. Received: {merge_mode}. Merge mode should be one of "
                "{'sum', 'mul', 'ave', 'concat', None}"
            )
        kwargs.setdefault("trainable", layer.trainable)
        name = kwargs.pop("name", None)
        super().__init__(name=name, **kwargs)
        config = layer.get_config()
        kind = type(layer)
        self.forward_layer = kind.from_config({**config, "name": _renamed(config["name"], "forward")})
        if backward_layer is None:
            back = {**config, "go_backwards": not config["go_backwards"], "name": _renamed(config["name"], "backward")}
            self.backward_layer = kind.from_config(back)
        else:
            self.backward_layer = backward_layer
        for made in (self.forward_layer, self.backward_layer):
            if hasattr(layer, "use_cudnn") and made is not backward_layer:
                made.use_cudnn = layer.use_cudnn
        for what in ("return_sequences", "return_state", "stateful"):
            if getattr(self.forward_layer, what) != getattr(self.backward_layer, what):
                raise ArgumentError(
                    f"Forward layer and backward layer are expected to have the same value for `{what}`."
                )
        if self.forward_layer.go_backwards == self.backward_layer.go_backwards:
            raise ArgumentError("Forward layer and backward layer should have different `go_backwards` value.")
        for which in (self.forward_layer, self.backward_layer):
            if hasattr(which, "zero_output_for_mask"):  # masked steps of a reversed sequence come first
                which.zero_output_for_mask = which.return_sequences
        self.merge_mode = merge_mode
        self.return_sequences, self.return_state = layer.return_sequences, layer.return_state
        self.stateful = layer.stateful
        self._initial_weights = weights
        if self._batch_input_shape is None:
            self._batch_input_shape = layer.__dict__.get("_batch_input_shape")
        self.input_spec = InputSpec(min_ndim=3) if layer.input_spec is None else layer.input_spec

    def build(self, sequences_shape, initial_state_shape=None):
        """Build both layers.

        Args:
            sequences_shape: (batch, steps, features), None for sizes that vary.
            initial_state_shape: shapes of the first states, which do not count.
        """
        for layer in (self.forward_layer, self.backward_layer):
            if not layer.built:
                layer.build(sequences_shape)

    def compute_output_shape(self, sequences_shape, initial_state_shape=None):
        """The output shape for an input shape.

        Args:
            sequences_shape: (batch, steps, features), None for sizes that vary.
            initial_state_shape: shapes of the first states, which do not count.
        """
        shapes = self.forward_layer.compute_output_shape(sequences_shape)
        output, states = (shapes[0], list(shapes[1:])) if self.return_state else (shapes, [])
        if self.merge_mode == "concat":
            output = (*output[:-1], output[-1] * 2)
        outputs = [output, output] if self.merge_mode is None else [output]
        if not self.return_state:
            return outputs if self.merge_mode is None else output
        return tuple(outputs + states + states)

    def call(self, sequences, initial_state=None, mask=None, training=None):
        """The outputs of both layers, merged.

        Args:
            sequences: (batch, steps, features).
            initial_state: the forward layer's first states, then the backward layer's; None: zeros, or what they kept.
            mask: booleans (batch, steps); where False the states stay as they are.
            training: whether dropout drops; None: what the call around it says.
        """
        first = second = None
        if initial_state is not None:
            if not isinstance(initial_state, (list, tuple)):
                initial_state = [initial_state]
            if len(initial_state) % 2:
                raise ArgumentError(
                    "When passing `initial_state` to a Bidirectional RNN, the state should be a list "
                    f"of even length. Received {len(initial_state)} states."
                )
            half = len(initial_state) // 2
            first, second = list(initial_state[:half]), list(initial_state[half:])
        results = []
        for layer, state in ((self.forward_layer, first), (self.backward_layer, second)):
            kwargs = {} if mask is None else {"mask": mask}
            results.append(layer(sequences, initial_state=state, training=training, **kwargs))
        states = []
        if self.return_state:
            states = [*results[0][1:], *results[1][1:]]
            results = [r[0] for r in results]
        # the layers inside may have another policy; states keep theirs, as in Keras
        y, back = (ops.cast(r, self.compute_dtype) for r in results)
        if self.return_sequences:
            back = ops.flip(back, axis=1)
        output = {
            "concat": lambda: ops.concatenate([y, back], axis=-1),
            "sum": lambda: y + back,
            "ave": lambda: (y + back) / 2.0,
            "mul": lambda: y * back,
            None: lambda: [y, back],
        }[self.merge_mode]()
        if self.return_state:
            return (*output, *states) if self.merge_mode is None else (output, *states)
        return output

    def compute_mask(self, inputs, previous_mask=None):
        mask = nest.flatten(previous_mask)[0]
        output = mask if self.return_sequences else None
        outputs = [output] * (2 if self.merge_mode is None else 1)
        count = 2 * len(self.forward_layer.state_size) if self.return_state else 0
        return outputs + [None] * count

    @property
    def states(self):
        """What stateful layers inside keep, the forward layer's first; None as long as they keep nothing."""
        both = [layer.states for layer in (self.forward_layer, self.backward_layer)]
        return tuple(state for states in both for state in states) if all(both) else None

    def reset_state(self):
        """Set the states that stateful layers kept back to zero."""
        for layer in (self.forward_layer, self.backward_layer):
            layer.reset_state()

    reset_states = reset_state

    def get_config(self):
        return {
            **super().get_config(),
            "merge_mode": self.merge_mode,
            "layer": serial.serialize(self.forward_layer),
            "backward_layer": serial.serialize(self.backward_layer),
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A layer with the arguments that get_config() gave; new weights.

        Args:
            config: dict of the constructor's arguments.
            custom_objects: {name: class or function} for names that fastnn does not know, or None.
        """
        return super().from_config(_with_layers(config, custom_objects))


def _renamed(name, direction):
    """Keras's name of a direction, given once however often a config goes round."""
    for word in ("forward", "backward"):
        name = name.removeprefix(f"{word}_")
    return f"{direction}_{name}"
