"""Sequential: a model that is a stack of layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastnn import dtype_policies
from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError, FastnnError, GraphError, PlaceError, ShapeError
from fastnn.core.tree import reached
from fastnn.core.types import Structure
from fastnn.graph import Symbol
from fastnn.layers import context, nest, signature
from fastnn.layers.events import is_functional
from fastnn.layers.host import TEXT, text_array
from fastnn.layers.inference import infer
from fastnn.layers.input_layer import InputLayer
from fastnn.layers.layer import Layer
from fastnn.layers.leaf import symbol_like
from fastnn.models.direct import directly
from fastnn.models.door import on_host
from fastnn.models.functional import Functional
from fastnn.models.model import Model
from fastnn.models.stack_graph import StackGraph
from fastnn.saving import identifiers as serial


def _stack(layer):
    """The layers that a layer calls one after the other, as far as it is known without calling it."""
    return layer._tracker.layers if isinstance(layer, Sequential) else ()


class Sequential(StackGraph, Model):
    """Layers one after the other.

    Args:
        layers: list of layers; the first may be an Input() symbol, or have input_shape=... or input_dim=....
        name: str, made if None.
        trainable: whether its weights are trained.

    Without an input shape the weights are made at the first call, fit or build(input_shape).

    >>> from fastnn import Input, layers
    >>> model = Sequential([Input((4,)), layers.Dense(3, activation="relu"), layers.Dense(1)])
    >>> model.output_shape
    (None, 1)
    """

    def __init__(
        self,
        layers: Sequence[Layer | Symbol] | Layer | Symbol | None = None,
        trainable: bool = True,
        name: str | None = None,
    ) -> None:
        Layer.__init__(self, trainable=trainable, name=name)
        self._functional = None
        stack: Sequence[Any] = [] if layers is None else layers if isinstance(layers, (list, tuple)) else [layers]
        for layer in stack:
            self.add(layer, rebuild=False)
        if stack:
            self._maybe_rebuild()

    # ---- the stack ------------------------------------------------------------------------------------

    def add(self, layer: Layer | Symbol, rebuild: bool = True) -> None:
        """Put a layer on top; its weights are made at once if the input shape is known.

        Args:
            layer: a Layer, or first an Input() symbol.
            rebuild: whether to make the weights now; False leaves it to the next call or build().

        Raises ArgumentError for what is no layer, GraphError for a name that another layer has.
        """
        stack = self._tracker.layers
        if isinstance(layer, Symbol) and is_functional(layer) and isinstance(layer.origin.operation, InputLayer):
            layer = layer.origin.operation
        if not isinstance(layer, Layer):
            raise ArgumentError(
                "Only instances of `keras.Layer` can be added to a Sequential model. Received: "
                f"{layer!r} (of type {type(layer)})"
                + (
                    f". Write {layer.__name__}(...): a layer is made of its class first."
                    if isinstance(layer, type) and issubclass(layer, Layer)
                    else ""
                )
            )
        if any(inner is self for inner in reached(layer, _stack)):
            raise ArgumentError(
                f"Sequential model '{self.name}' cannot be a layer of its own stack. Received: {layer!r}"
                + ("." if layer is self else f", whose stack leads back to '{self.name}'.")
                + " Expected another layer; to use its weights twice, put its layers there one by one."
            )
        if not stack and not isinstance(layer, InputLayer) and layer.__dict__.get("_batch_input_shape") is not None:
            stack.append(InputLayer(batch_shape=layer._batch_input_shape, dtype=layer._input_dtype))
        if any(layer.name == other.name and other is not layer for other in stack):
            raise GraphError(
                "All layers added to a Sequential model should have unique "
                f"names. Name '{layer.name}' is already the name of a layer in "
                "this model. Update the `name` argument to pass a unique name."
            )
        if isinstance(layer, InputLayer) and stack and isinstance(stack[0], InputLayer):
            raise ArgumentError(
                f"Sequential model '{self.name}' has already been configured to use input shape "
                f"{stack[0].batch_shape}. You cannot add a different Input layer to it."
            )
        self._tracker.hold(layer)
        if rebuild:
            self._maybe_rebuild()
        else:
            self.built, self._functional = False, None

    def pop(self, rebuild: bool = True) -> Layer:
        """Take the top layer off and return it.

        Args:
            rebuild: whether the weights of the others are made now, if the input shape is known.

        Raises PlaceError (an IndexError) if there is none.
        """
        if not self.layers:
            raise PlaceError("There are no layers in the model.")
        layer = self._tracker.layers.pop()
        if rebuild:
            self._maybe_rebuild()
        else:
            self._forget_plans()
            self.built, self._functional = False, None
        return layer

    def _maybe_rebuild(self):
        self._forget_plans()
        self.built, self._functional = False, None
        stack = self._tracker.layers
        if len(stack) < 2:
            return
        if isinstance(stack[0], InputLayer):
            self.build(stack[0].batch_shape)
        elif isinstance(stack[0], Functional) or getattr(stack[0], "_functional", None) is not None:
            self.build(stack[0].input_shape)

    def build(self, input_shape=None):
        """Make the weights for an input shape.

        Args:
            input_shape: a tuple with the batch dimension.

        Raises ArgumentError if the model has another already.
        """
        stack = self._tracker.layers
        if not stack:
            raise ArgumentError(
                f"Sequential model {self.name} cannot be built because it has no layers. Call `model.add(layer)`."
            )
        if input_shape is None and isinstance(stack[0], InputLayer):
            input_shape = stack[0].batch_shape
        if not nest.is_shape(input_shape):
            return  # several inputs: the layers are applied one by one
        input_shape = tuple(input_shape)
        added = not isinstance(stack[0], InputLayer)
        if not added:
            if stack[0].batch_shape != input_shape:
                raise ArgumentError(
                    f"Sequential model '{self.name}' has already been configured to use input shape "
                    f"{stack[0].batch_shape}. You cannot build it with input_shape {input_shape}"
                )
        else:
            stack.insert(0, InputLayer(batch_shape=input_shape, dtype=stack[0].input_dtype))
        x = stack[0].output
        for layer in stack[1:]:
            self._check_call(layer)
            try:
                x = layer(x)
            except NotImplementedError as error:
                if isinstance(error, FastnnError):
                    raise
                if added:
                    del stack[0]
                return  # a layer that does not say what it gives: the layers are applied one by one, as in Keras
        self._functional = Functional(stack[0].output, x)

    @staticmethod
    def _check_call(layer):
        call = signature.of(type(layer).call)
        required = [n for n in call.names if call.keywords[n] is signature.inspect.Parameter.empty]
        if len(required) > 1:
            raise ArgumentError(
                "Layers added to a Sequential model can only have a single required positional "
                f"argument, the input tensor. Layer {type(layer).__name__} has multiple required "
                f"positional arguments: {required}"
            )

    def _build_from_data(self, x):
        """Make the weights, given the first data (arrays)."""
        if self.built and self._functional is not None:
            return
        if hasattr(x, "shape") and not isinstance(self._tracker.layers[:1] and self._tracker.layers[0], InputLayer):
            if self._tracker.layers and self._tracker.layers[0].input_dtype != self.compute_dtype:
                self._tracker.layers.insert(0, InputLayer(batch_shape=(None, *x.shape[1:]), dtype=x.dtype.name))
            self.build((None, *x.shape[1:]))
        elif self._functional is None:
            symbols = nest.map_structure(lambda a: symbol_like((None, *a.shape[1:]), a.dtype.name), x)
            self._build_by_call(symbols)

    def _maybe_build(self, args, kwargs):
        if self.built:
            return
        x = args[0] if args else kwargs.get("inputs")
        if hasattr(x, "shape"):
            self.build((None, *x.shape[1:]))

    # ---- running --------------------------------------------------------------------------------------

    def __call__(self, inputs: Structure, training: bool | None = None, mask: Structure = None, **kwargs: Any) -> Any:
        if self._functional is None or self._functional._door is not None:
            inputs = self._standard_x(inputs)
        return directly(self, inputs, training, mask, kwargs)

    def call(self, inputs, training=None, mask=None):
        """The layers applied one after the other.

        Args:
            inputs: a symbol or an array, (batch, ...).
            training: whether layers such as Dropout do what they do while training; None leaves it to the caller.
            mask: truth values (batch, steps), False where a step does not count; None for none.
        """
        if self._functional is not None:
            try:
                return self._functional.run(inputs, training, mask)
            except ShapeError:
                self._declared(inputs)
                raise
        if mask is not None:
            context.set_mask(inputs, mask)
        for layer in self.layers:
            takes = signature.of(type(layer).call).takes("training") and training is not None
            inputs = layer(inputs, **({"training": training} if takes else {}))
        return inputs

    def _rows_apart(self, training):
        functional = self._functional
        return super()._rows_apart(training) and (functional is None or functional._rows_apart(training))

    def compute_output_spec(self, inputs, training=None, mask=None):
        """Shape and dtype of the output for a symbol as input.

        Args:
            inputs: a symbol.
            training: whether layers such as Dropout do what they do while training; None leaves it to the caller.
            mask: truth values (batch, steps), False where a step does not count; None for none.
        """
        if self._functional is not None:
            try:
                return self._functional.compute_output_spec(inputs)
            except ShapeError:
                self._declared(inputs)
                raise
        return infer(self._call_inner, (inputs,), {})

    def compute_output_shape(self, input_shape):
        """The output shape for an input shape.

        Args:
            input_shape: a tuple with the batch dimension.
        """
        if self._functional is not None:
            return self._functional.compute_output_shape(input_shape)
        for layer in self.layers:
            input_shape = layer.compute_output_shape(input_shape)
        return input_shape

    def _mask_outputs(self, first, mask, outputs):
        """Nothing: the layers inside have set the mask of the output."""

    @property
    def layers(self) -> list[Layer]:
        """The layers that were added, without the InputLayer."""
        stack = self._tracker.layers
        return list(stack[1:] if stack and isinstance(stack[0], InputLayer) else stack)

    @layers.setter
    def layers(self, _: Any) -> None:
        raise AttributeError(
            "`Sequential.layers` attribute is reserved and should not be used. Use `add()` and "
            "`pop()` to change the layers in this model."
        )

    @property
    def input_spec(self):
        """None: it takes all that its layers take, whatever the sizes it was built with, as in Keras."""

    @input_spec.setter
    def input_spec(self, value):
        """Nothing: the layers say it."""

    @property
    def input_dtype(self) -> str:
        """The dtype float inputs are converted to: that of the Input, which the first layer converts further."""
        first = self._tracker.layers[0] if self._tracker.layers else None
        if isinstance(first, InputLayer) and first.dtype in dtypes.FLOATS:
            return first.dtype
        return super().input_dtype

    def _build_on_a_table(self, table):
        """Have an input for each column, where the first layer says which it takes (`inputs_of`)."""
        stack = self._tracker.layers
        inputs_of = getattr(stack[0], "inputs_of", None) if stack else None
        if inputs_of is None or any(isinstance(x, Symbol) for x in table.values()):
            return
        inputs = inputs_of(table)
        found = stack[0](inputs)
        for layer in stack[1:]:
            found = layer(found)
        self._functional = Functional(inputs, found)
        self.built = True

    def _standard_x(self, x, quiet=False):
        if self._functional is None and isinstance(x, dict):
            self._build_on_a_table(x)
        if (
            self._functional is None
            and self._tracker.layers
            and on_host(self._tracker.layers[0])
            and not isinstance(x, Symbol)
        ):
            x = text_array(x)
            kind = TEXT if x.dtype.kind in "OSU" else x.dtype.name
            self._tracker.layers.insert(0, InputLayer(batch_shape=(None, *x.shape[1:]), dtype=kind))
            self.build()
        return x if self._functional is None else self._functional._standard_x(x, quiet)

    def add_loss(self, loss):
        """Add to the loss.

        Args:
            loss: a scalar symbol computed from the model's input, or what Layer.add_loss takes.
        """
        for value in nest.flatten(loss):
            if is_functional(value):
                self._graph("graph").add_loss(value)
            else:
                Layer.add_loss(self, value)

    # ---- configuration --------------------------------------------------------------------------------

    def get_config(self):
        """The stack as a dict, in Keras 3's format."""
        config = {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": dtype_policies.serialize(self.dtype_policy),
            "layers": [serial.serialize(layer) for layer in self._tracker.layers],
        }
        if self._functional is not None:
            config["build_input_shape"] = self._functional.input_shape
        return config

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A model with new weights from what get_config() gave.

        Args:
            config: that dict.
            custom_objects: {name: class or function} for names that are neither fastnn's nor registered.

        Raises ArgumentError for a dict of another form, UnknownNameError for a class that is not known.
        """
        if isinstance(config, list):  # Keras 1 and early 2 wrote only the layers
            config = {"name": None, "layers": config}
        if "layers" not in config or "name" not in config:
            raise ArgumentError(
                "A Sequential model configuration must be a dictionary containing the 'name' and "
                f"'layers' keys. Received: config={config}"
            )
        model = cls(name=config["name"], trainable=config.get("trainable", True))
        for entry in config["layers"]:
            if isinstance(entry, dict) and "config" not in entry:
                raise ArgumentError(
                    "A layer of a Sequential config is malformed. Expected a dictionary containing a 'config' key. "
                    f"Received: {entry}"
                )
            model.add(serial.deserialize(entry, "layers", custom_objects), rebuild=False)
        if model._tracker.layers:
            model._maybe_rebuild()
        shape = config.get("build_input_shape")
        if not model._functional and model._tracker.layers and shape and nest.is_shape(shape):
            model.build(tuple(shape))
        return model

    def get_build_config(self):
        """The input shape, or None while it is not known."""
        if self._functional is None:
            return None
        return {"input_shape": self._functional.input_shape}
