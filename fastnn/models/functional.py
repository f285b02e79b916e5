"""Functional: a model made of calls on symbols."""

import warnings
from typing import Any

from fastnn.core import hooks
from fastnn.core.errors import ArgumentError, GraphError
from fastnn.core.tree import flatten_as_written
from fastnn.core.types import Structure
from fastnn.graph import Symbol, current
from fastnn.layers import context, nest, signature
from fastnn.layers.events import CallEvent, is_functional
from fastnn.layers.fixed_input import is_fixed, left_to_feed
from fastnn.layers.host import TEXT
from fastnn.layers.inference import infer
from fastnn.layers.input_layer import Input, InputLayer
from fastnn.layers.input_spec import InputSpec
from fastnn.layers.layer import Layer
from fastnn.layers.leaf import symbol_like
from fastnn.layers.outside import run as run_with_outside
from fastnn.layers.sizes import Size
from fastnn.layers.tracking import structure_changed
from fastnn.models.direct import directly
from fastnn.models.door import AtDoor, Door, door_of, on_host
from fastnn.models.functional_config import functional_config, functional_from_config, takes_inputs_and_outputs
from fastnn.models.functional_inputs import FunctionalInputs, words_of_layers
from fastnn.models.graph_map import GraphMap, key, rewire
from fastnn.models.model import Model
from fastnn.ops.rows import apart


class Functional(FunctionalInputs, Model):
    """A model from `inputs` to `outputs`, as Model(inputs, outputs) makes it.

    Args:
        inputs: a symbol made by Input(), or a list, tuple or dict of them.
        outputs: a symbol computed from them, or a list, tuple or dict of them.
        name: str, made if None.
        trainable: whether its weights are trained; None as True.
        kwargs: input and output: Keras 1's names of the first two.

    Raises GraphError (a ValueError) if the outputs do not follow from the inputs or two layers have one name,
    ArgumentError if something is not a symbol.

    >>> from fastnn import Input, layers
    >>> x = Input((4,))
    >>> Functional(x, layers.Dense(2)(x)).output_shape
    (None, 2)
    """

    _first_call = 1  # its own graph counts as its call 0

    _map: GraphMap
    _door: Door | None
    _inputs_struct: Structure
    _outputs_struct: Structure
    inputs: list[Symbol]
    outputs: list[Symbol]
    input_names: list[str]

    def __init__(
        self,
        inputs: Structure = None,
        outputs: Structure = None,
        name: str | None = None,
        trainable: bool | None = None,
        **kwargs: Any,
    ) -> None:
        inputs = kwargs.pop("input", None) if inputs is None else inputs  # Keras 1's names
        outputs = kwargs.pop("output", None) if outputs is None else outputs
        if inputs is None or outputs is None:
            raise ArgumentError(f"Model: received inputs={inputs!r}, outputs={outputs!r}; expected symbols for both.")
        flat_inputs, flat_outputs = nest.flatten(inputs), nest.flatten(outputs)
        for word, given, flat in (("inputs", inputs, flat_inputs), ("outputs", outputs, flat_outputs)):
            for x in flat:
                if not is_functional(x):
                    raise ArgumentError(
                        f"All `{word}` values must be KerasTensors, made by Input() "
                        f"or by calling layers on one. Received: {word}={given} "
                        f"including invalid value {x} of type {type(x)}"
                    )
                if isinstance(x, Size):
                    raise ArgumentError(
                        f"`{word}` of a model are values with rows. Received the size {x}: use it in "
                        "operations, as in ops.full((ops.shape(x)[0],), n)."
                    )
        if isinstance(inputs, dict):
            for k, v in inputs.items():
                if is_functional(v) and k != v.name and v.origin.is_input:
                    warnings.warn(
                        "When providing `inputs` as a dict, all keys in the dict must match the names of the "
                        f"corresponding tensors. Received key '{k}' mapping to value {v} which has name "
                        f"'{v.name}'. Change the tensor name to '{k}' (via `Input(..., name='{k}')`)",
                        stacklevel=3,
                    )
        if len({key(x) for x in flat_inputs}) != len(flat_inputs):
            raise GraphError(f"The same tensor is given twice in `inputs`. Received: inputs={inputs}")
        Layer.__init__(self, name=name, **words_of_layers(self, kwargs))
        inputs, flat_inputs = left_to_feed(inputs, flat_inputs)
        object.__setattr__(self, "_fixed", flat_inputs if any(map(is_fixed, flat_inputs)) else None)
        if any(not x.origin.is_input for x in flat_inputs):
            flat_inputs, flat_outputs = _start_at(flat_inputs, flat_outputs)
            inputs, outputs = nest.pack(inputs, flat_inputs), nest.pack(outputs, flat_outputs)
        self._set_graph(inputs, outputs)
        self._trainable = True if trainable is None else bool(trainable)  # the layers keep their own
        self.built, self.autocast = True, False
        # the call event that stands for the model's own inputs and outputs, which configs count as call 0
        self._path = self.name

    def _set_graph(self, inputs, outputs, extra=()):
        structure_changed()
        try:
            map_ = GraphMap(nest.flatten(inputs), nest.flatten(outputs) + list(extra))
        except GraphError as error:
            path = _not_connected(nest.flatten(inputs), outputs)
            if path is None:
                raise
            raise GraphError(f"Output with path `{path}` is not connected to `inputs`. {error}") from None
        put = object.__setattr__
        for name, value in (
            ("_map", map_),
            ("_inputs_struct", inputs),
            ("_outputs_struct", outputs),
            ("inputs", nest.flatten(inputs)),
            ("outputs", nest.flatten(outputs)),
            ("_symbolic_losses", list(extra)),
        ):
            put(self, name, value)  # not tracked: a graph holds symbols, not state
        hosts = any(on_host(op) for op in map_.operations) or any(x.dtype == TEXT for x in self.inputs)
        put(self, "_door", Door(map_, self.inputs, [*self.outputs, *extra]) if hosts else None)
        put(self, "input_names", [x.origin.operation.name for x in self.inputs])
        put(self, "output_names", [x.origin.operation.name for x in self.outputs])
        for operation in map_.operations:
            if isinstance(operation, Layer):
                self._tracker.track(operation)

    # ---- what it is made of ---------------------------------------------------------------------------

    @property
    def operations(self):
        """Layers and bare operations, deepest first."""
        return list(self._map.operations)

    @property
    def layers(self) -> list[Layer]:
        """Its layers, from the inputs on."""
        return [op for op in self._map.operations if isinstance(op, Layer)]

    @layers.setter
    def layers(self, _: Any) -> None:
        raise AttributeError("`Model.layers` attribute is reserved and should not be used. Please use another name.")

    @property
    def layers_as_written(self):
        """Its layers in the order of files that fastnn wrote while leaves of dicts came in the order of writing."""
        structures = self._inputs_struct, self._outputs_struct
        if all(nest.flatten(s) == flatten_as_written(s) for s in structures):
            return self.layers
        inputs, outputs = map(flatten_as_written, structures)
        return [op for op in GraphMap(inputs, outputs + self._symbolic_losses).operations if isinstance(op, Layer)]

    @property
    def input(self) -> Structure:
        """The input symbol(s), as given."""
        return self._inputs_struct

    @property
    def output(self) -> Structure:
        """The output symbol(s), as given."""
        return self._outputs_struct

    @property
    def input_shape(self) -> Any:
        """Shape of the input, or a structure of shapes."""
        return _shape(nest.map_structure(lambda x: x.shape, self._inputs_struct))

    @property
    def output_shape(self) -> Any:
        """Shape of the output, or a structure of shapes."""
        return _shape(nest.map_structure(lambda x: x.shape, self._outputs_struct))

    @property
    def input_spec(self):
        """What it demands of its inputs."""
        given = self.__dict__.get("_given_spec")
        if given is not None or "_inputs_struct" not in self.__dict__:
            return given
        struct = self._inputs_struct
        if self._door is not None:  # it looks at its data itself
            return None
        if isinstance(struct, dict) and not all(isinstance(x, Symbol) for x in struct.values()):
            return None
        names = nest.ordered_keys(struct) if isinstance(struct, dict) else self.input_names
        return [InputSpec(shape=(None, *x.shape[1:]), allow_last_axis_squeeze=True, name=name,
                          optional=getattr(x.origin.operation, "optional", False))
                for x, name in zip(self.inputs, names)]  # fmt: skip

    @input_spec.setter
    def input_spec(self, value):
        object.__setattr__(self, "_given_spec", value)

    # ---- running --------------------------------------------------------------------------------------

    def __call__(self, inputs: Structure, training: bool | None = None, mask: Structure = None, **kwargs: Any) -> Any:
        if self._door is not None:
            inputs = self._standard_x(inputs)
        return directly(self, inputs, training, mask, kwargs)

    def call(self, inputs, training=None, mask=None):
        """The outputs for inputs, in the structure of `outputs`, one in a list as itself: every event once more.

        Args:
            inputs: values in the structure of the model's inputs.
            training: whether layers such as Dropout do what they do while training; None leaves it to the caller.
            mask: masks in the structure of the inputs, None for none.
        """
        return _single(self.run(inputs, training, mask))

    def _rows_apart(self, training):
        calls = self._map.calls if self._door is None else [event for event, _ in self._door.left]
        return super()._rows_apart(training) and all(map(_event_apart, calls))

    def run(self, inputs, training=None, mask=None):
        """Execute the call events again, on other values (symbols of a trace, or arrays).

        Args:
            inputs: values in the structure of the model's inputs.
            training: whether layers such as Dropout do what they do while training; None leaves it to the caller.
            mask: masks in the structure of the inputs, None for none.
        """
        values, door = {}, self._door
        if current() is not None:  # who asks for one of its symbols in this trace, as a loss may, gets its value
            values["training"] = training
            current().extra.setdefault("functional", []).append(values)
        if door is not None:
            inputs = self._standard_x(inputs)
            if not isinstance(inputs, AtDoor):
                raise GraphError(
                    f"Model '{self.name}' holds layers that work on arrays before the step. It can be called on data, "
                    "or on Inputs of another model, but not inside the `call` of a layer."
                )
            values = dict(zip(door.taken, inputs))
        flat = self._standardize(inputs) if door is None else ()
        for symbol, value, m in zip(self.inputs, flat, nest.flatten(mask) if mask is not None else [None] * len(flat)):
            if m is not None:
                context.set_mask(value, m)
            values[key(symbol)] = value

        def fill(x):
            return values[key(x)] if is_functional(x) else x

        for event, keys in self._map.needs if door is None else door.left:
            operation = event.operation
            if door is not None and door_of(operation) is not None:
                for i, value in enumerate(nest.flatten(operation(door.inner(event, values), training=training))):
                    values.setdefault((event, i), value)
                continue
            if any(k not in values for k in keys):
                continue
            kwargs = {k: nest.map_structure(fill, v) for k, v in event.kwargs.items()}
            args = [nest.map_structure(fill, a) for a in event.args]
            if (
                training is not None
                and isinstance(operation, Layer)
                and (kwargs.get("training") is None or context.overrules_nodes())
                and signature.of(type(operation).call).takes("training")
            ):
                kwargs["training"] = training
            made = run_with_outside(event, args, kwargs, values) if event.outside else operation(*args, **kwargs)
            for i, value in enumerate(nest.flatten(made)):
                values.setdefault((event, i), value)
        for loss in self._symbolic_losses:
            Layer.add_loss(self, values[key(loss)])
        return nest.map_structure(lambda x: values[key(x)], self._outputs_struct)

    def compute_output_spec(self, inputs, training=None, mask=None):
        """Shape and dtype of the outputs for symbols as inputs.

        Args:
            inputs: symbols in the structure of the model's inputs.
            training: whether layers such as Dropout do what they do while training; None leaves it to the caller.
            mask: masks in the structure of the inputs, None for none.
        """
        flat = nest.flatten(self._standard_x(inputs, quiet=True))  # the call itself warns
        if self._door is not None or (
            len(flat) == len(self.inputs)
            and all(x is not None and tuple(x.shape) == ref.shape for x, ref in zip(flat, self.inputs))
        ):
            return nest.map_structure(lambda s: symbol_like(s.shape, s.dtype), self._outputs_struct)
        return infer(self._call_inner, (inputs,), {})

    def compute_output_shape(self, input_shape):
        """The output shape(s) for other input shapes.

        Args:
            input_shape: a tuple with the batch dimension, None where a size is not known; a list or dict of them for
                several inputs.
        """
        shapes = nest.flatten_shapes(input_shape)
        symbols = [symbol_like(s, ref.dtype) for s, ref in zip(shapes, self.inputs)]
        return signature.shapes_of(self.compute_output_spec(nest.pack(self._inputs_struct, symbols)))

    def compute_mask(self, inputs, previous_mask):
        """Masks travel with the values inside; outputs have theirs already.

        Args:
            inputs, previous_mask: as of Layer.compute_mask.
        """
        return nest.map_structure(context.get_mask, inputs)

    def _mask_outputs(self, first, mask, outputs):
        """Nothing: the layers inside have set the masks of the outputs."""

    def add_loss(self, loss):
        """Add to the loss.

        Args:
            loss: a scalar symbol computed from the model's inputs, or what Layer.add_loss takes.
        """
        for value in nest.flatten(loss):
            if is_functional(value):
                self._set_graph(self._inputs_struct, self._outputs_struct, [*self._symbolic_losses, value])
            else:
                Layer.add_loss(self, value)

    def get_config(self):
        """The graph as a dict, in Keras 3's format."""
        if not takes_inputs_and_outputs(type(self)):
            return Model.get_config(self)
        return functional_config(self)

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A model with new weights from what get_config() gave.

        Args:
            config: that dict.
            custom_objects: {name: class or function} for names that are neither fastnn's nor registered.

        Raises UnknownNameError for a class that is not known.
        """
        return functional_from_config(cls, config, custom_objects)

    def get_build_config(self):
        """None: the graph says everything."""
        return


def _event_apart(event):
    """Whether a call treats each row of its symbols by itself; a layer that is called says the rest."""
    if isinstance(event.operation, Layer):
        return all(event.operation._axis_inside(len(x.shape)) for x in event.inputs)
    inputs, place = event.inputs, {}
    for x in inputs:
        place.setdefault(key(x), len(place))

    def again(*symbols):
        def fill(x):
            return symbols[place[key(x)]] if is_functional(x) else x

        args, kwargs = nest.map_structure(fill, event.args), nest.map_structure(fill, event.kwargs)
        return event.operation.run(*args, **kwargs)

    known = {key(x): x for x in inputs}
    return apart(again, [(known[k].shape, known[k].dtype) for k in place])


def _not_connected(inputs, outputs):
    """Where the first output stands that does not follow from the inputs; None if all do."""
    for path, output in nest.flatten_with_path(outputs):
        try:
            GraphMap(inputs, [output])
        except GraphError:
            return ".".join(map(str, path))
    return None


def _single(structure):
    return structure[0] if isinstance(structure, (list, tuple)) and len(structure) == 1 else structure


def _shape(shapes):
    return shapes[0] if isinstance(shapes, list) and len(shapes) == 1 else shapes


def _start_at(inputs, outputs):
    """The calls from intermediate symbols on, moved onto Inputs of their own."""
    replace, new = {}, []
    for x in inputs:
        if x.origin.is_input:
            new.append(x)
            continue
        fresh = Input(batch_shape=x.shape, dtype=x.dtype, name=f"{x.name}_clone")
        replace[key(x)] = fresh
        new.append(fresh)
    return new, rewire(inputs, outputs, replace)


hooks.register("functional", lambda: Functional)
__all__ = ["CallEvent", "Functional", "InputLayer"]
