"""clone_model: the same architecture with new weights."""

import copy
import inspect
from collections.abc import Callable
from typing import Any

from fastnn.core import hooks
from fastnn.core.arguments import names_given_before
from fastnn.core.errors import ArgumentError
from fastnn.core.tree import everything_in, same_structure
from fastnn.core.types import Structure
from fastnn.layers import nest, outside
from fastnn.layers.events import is_functional
from fastnn.layers.fixed_input import fixed_input
from fastnn.layers.input_layer import Input, InputLayer
from fastnn.models.functional import Functional
from fastnn.models.graph_map import key
from fastnn.models.model import Model
from fastnn.models.sequential import Sequential
from fastnn.saving import archive, layout, living, streams
from fastnn.saving import identifiers as serial
from fastnn.saving.compiled import compile_from_config
from fastnn.saving.registration import CustomObjectScope


def _clone_layer(layer):
    with living.in_memory():
        config = layer.get_config()  # a lambda in it is the living one, which no file says
        return type(layer).from_config(
            {k: v.function if isinstance(v, living.Living) else v for k, v in config.items()}
        )


def clone_model(
    model: Model,
    input_tensors: Structure = None,
    clone_function: Callable[..., Any] | None = None,
    call_function: Callable[..., Any] | None = None,
    recursive: bool = False,
) -> Model:
    """A copy of a model with new layers and new weights, compiled as the model is.

    Args:
        model: a Functional or Sequential model, or one with get_config().
        input_tensors: symbols to build it on instead of new Inputs, or variables.
        clone_function: layer -> layer, used for every layer but inputs.
        call_function: (layer, *args, **kwargs) -> outputs, used for every call (functional models only).
        recursive: clone nested models layer by layer too.

    >>> from fastnn import Input, layers
    >>> model = Sequential([Input((4,)), layers.Dense(1)])
    >>> clone_model(model).output_shape
    (None, 1)
    """
    if input_tensors is not None:  # variables feed themselves, as in Input(tensor=)
        input_tensors = nest.map_structure(
            lambda x: fixed_input(x) if hasattr(x, "_fastnn_variable") else x, input_tensors
        )
    with names_given_before(), living.in_memory():
        twin = _cloned(model, input_tensors, clone_function, call_function, recursive)
    if isinstance(model, (Sequential, Functional)) and model.compiled:
        with living.in_memory(), CustomObjectScope(_of_the_user(model)):
            compile_from_config(twin, model.get_compile_config())
    return twin


def _cloned(model, input_tensors=None, clone_function=None, call_function=None, recursive=False):
    """clone_model without compile()."""
    made = {}
    copy = clone_function or _clone_layer

    def clone(layer):
        if id(layer) not in made:
            if recursive and isinstance(layer, (Sequential, Functional)):
                made[id(layer)] = _cloned(
                    layer, None, clone_function, None if isinstance(layer, Sequential) else call_function, True
                )
            else:
                made[id(layer)] = copy(layer)
        return made[id(layer)]

    if isinstance(model, Sequential):
        if call_function is not None:
            raise ArgumentError(
                "`call_function` argument is not supported with Sequential models. In a Sequential "
                "model, layers aren't called at model-construction time (they're merely listed). Use "
                "`call_function` with Functional models only."
            )
        return _clone_sequential(model, input_tensors, clone)
    if isinstance(model, Functional):
        return _clone_functional(model, input_tensors, clone, call_function)
    if clone_function or input_tensors or call_function:
        raise ArgumentError(
            "Arguments `clone_function`, `call_function` and `input_tensors` are only supported for "
            f"Sequential models or Functional models. Received model of type '{type(model).__name__}'."
        )
    return serial.deserialize(serial.serialize(model), None, {type(model).__name__: type(model)})


def _clone_sequential(model, input_tensors, clone):
    stack = model._tracker.layers
    layers = [clone(layer) for layer in stack if not isinstance(layer, InputLayer)]
    if input_tensors is not None:
        tensors = nest.flatten(input_tensors)
        if len(tensors) != 1 or not is_functional(tensors[0]):
            raise ArgumentError(
                "Argument `input_tensors` must contain a single tensor of the functional API. "
                f"Received: input_tensors={input_tensors}"
            )
        if not tensors[0].origin.is_input:
            x = tensors[0]
            for layer in layers:
                x = layer(x)
            return Functional(tensors[0], x, name=model.name)
        layers.insert(0, tensors[0])
    elif stack and isinstance(stack[0], InputLayer):
        layers.insert(0, Input(batch_shape=stack[0].batch_shape, dtype=stack[0].dtype, name=stack[0].name))
    return Sequential(layers, trainable=model.trainable, name=model.name)


def _clone_functional(model, input_tensors, clone, call_function):
    if input_tensors is None:
        fresh = [Input(batch_shape=x.shape, dtype=x.dtype, name=x.origin.operation.name) for x in model.inputs]
    else:
        fresh = nest.flatten(input_tensors)
        if not same_structure(input_tensors, model._inputs_struct):
            raise ArgumentError(
                "`input_tensors` must have the same structure as model.input"
                f"\nReference structure: {model.input}\nReceived structure: {input_tensors}"
            )
        if len(fresh) != len(model.inputs) or not all(map(is_functional, fresh)):
            raise ArgumentError(
                f"`input_tensors` must hold {len(model.inputs)} tensors of the functional API. "
                f"Received: input_tensors={input_tensors}"
            )
    values = {key(x): y for x, y in zip(model.inputs, fresh)}

    def fill(x):
        return values[key(x)] if is_functional(x) else x

    for event in model._map.events:
        if event.is_input:
            continue
        operation = clone(event.operation) if hasattr(event.operation, "built") else event.operation
        args = [nest.map_structure(fill, a) for a in event.args]
        kwargs = {k: nest.map_structure(fill, v) for k, v in event.kwargs.items()}
        called = hasattr(operation, "built") and call_function is not None
        with outside.as_then(event):
            out = call_function(operation, *args, **kwargs) if called else operation(*args, **kwargs)
        outside.stand_in(out, [fill(now) for _, now in event.outside])
        values.update({(event, i): y for i, y in enumerate(nest.flatten(out))})
    inputs = nest.pack(model._inputs_struct, fresh)
    outputs = nest.map_structure(fill, model._outputs_struct)
    return type(model)(inputs, outputs, name=model.name, trainable=model.trainable)


def copy_model(model):
    """A copy for copy.deepcopy(): equal weights and, if compiled, the same training with equal state.

    It draws the random numbers that the original would draw next.
    """
    with layout.still(model), living.in_memory(), CustomObjectScope(_of_the_user(model)):
        return _copied(model)


def _copied(model):
    twin = _cloned(model)
    if model.built and twin.built:
        twin.set_weights(model.get_weights())
    for layer, other in zip(model._flatten_layers(), twin._flatten_layers()):
        object.__setattr__(other, "_remat", layer._remat)
    if model.compiled:
        memo = {id(v): w for v, w in zip(model.weights, twin.weights)}
        twin.compile(**copy.deepcopy({**model._trainer().compile_config, "optimizer": model.optimizer}, memo))
    streams.load(twin, streams.dump(model), "the model that is copied")
    return twin


def pickled(model):
    """What pickle stores of a model: its `.keras` archive (of one without weights, its config).

    The classes and functions that are not ours go along by reference, as pickle does it.
    """
    return unpickled, ((archive.dump_model if model.built else archive.model_to_json)(model), _of_the_user(model))


def _of_the_user(model):
    """{name: class or function} of all that is in a model and is not fastnn's."""
    parts = [v for layer in model._flatten_layers() for v in (layer, *vars(layer).values())]
    if model.compiled:
        parts += [*model._trainer().compile_config.values(), *vars(model.optimizer).values()]
    custom = {}
    for part in everything_in(parts):
        own = part if inspect.isfunction(part) or inspect.isclass(part) else type(part)
        if (own.__module__ or "").split(".")[0] != "fastnn" and (inspect.isfunction(own) or hasattr(own, "get_config")):
            custom[own.__name__] = own
    return custom


def unpickled(data, custom_objects):
    """The model that `pickled` stored."""
    if isinstance(data, str):
        return archive.model_from_json(data, custom_objects)
    return archive.model_of(data, "the pickled model", custom_objects)


hooks.register("copied", copy_model)
hooks.register("pickled", pickled)
