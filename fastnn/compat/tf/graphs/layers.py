"""`tf.layers` of TensorFlow 1: functions that make a layer, or find the one of their scope again."""

import numpy as np

from fastnn import layers
from fastnn.compat.tf import names as tf_names
from fastnn.compat.tf.graphs.graph import Node, defer, graph, layer_calls, on, resolved
from fastnn.compat.tf.graphs.names import add_to_collection, get_variable_scope, keep
from fastnn.core.errors import ArgumentError


def called(layer, inputs, **kwargs):
    """The Node of a layer's call; the layer is built for the sizes of what it gets.

    Args:
        layer: a Layer.
        inputs: a Node, or a list of Nodes and arrays.
        kwargs: of the call.
    """
    if not layer.built and isinstance(inputs, Node):
        layer.build(tuple(inputs.shape))
        _keep_variables(layer, layer.name)
    if graph().values is not None:  # in a run: of a cell, or a branch
        return layer(resolved(inputs), **resolved(kwargs))
    return defer(lambda x, **more: layer(x, **more), (inputs,), kwargs, name=layer.name)


def _keep_variables(layer, path):
    known = {id(v) for v in graph().variables}
    for variable in layer.variables:
        if id(variable) not in known and np.asarray(variable).dtype.kind == "f":
            keep(variable, variable.numpy(), f"{path}/{variable.path.rpartition('/')[2]}")
            if variable.regularizer is not None:
                add_to_collection("regularization_losses", defer(variable.regularizer, (variable,), {}))


layer_calls.append(called)


def _layer(cls, positional, rename=None):
    """A function of tf.layers: the arguments of the layer behind the inputs."""
    word = cls.lower() if cls != "BatchNormalization" else "batch_normalization"
    word = {"maxpooling2d": "max_pooling2d", "averagepooling2d": "average_pooling2d", "maxpooling1d": "max_pooling1d",
            "averagepooling1d": "average_pooling1d", "conv2dtranspose": "conv2d_transpose",
            "separableconv2d": "separable_conv2d"}.get(word, word)  # fmt: skip
    order = positional.split()

    def make(inputs, *args, **kwargs):
        on()
        given = {**dict(zip(order, args)), **kwargs}
        call = {"training": given.pop("training", False)} if cls in ("Dropout", "BatchNormalization") else {}
        name, reuse = given.pop("name", None), given.pop("reuse", None)
        given = {(rename or {}).get(k, k): v for k, v in given.items() if k not in ("_reuse", "fused", "renorm")}
        given = {k: v for k, v in given.items() if v is not None or k in ("activation", "noise_shape")}
        if isinstance(given.get("rate"), Node):  # a share that is fed
            rate = given["rate"]
            return defer(
                lambda x, r, t: tf_names.find("nn.dropout")(x, r) if t else x, (inputs, rate, call["training"]), {}
            )
        scope = get_variable_scope()
        again = reuse or scope.reuse
        path, there = _place(scope, name or word, again, named=name is not None)
        layer = there or _made(cls, given, path, inputs)
        if cls == "BatchNormalization":
            return _normalized(layer, inputs, call["training"])
        return called(layer, inputs, **call)

    make.__name__, make.__doc__ = word, f"layers.{cls}, as a function of its inputs; see tf.layers of TensorFlow 1."
    return make


def _place(scope, word, again, named):
    """(the path of a layer, the layer that is there)."""
    here = graph()
    number = scope.counts.get(word, 0)
    while True:
        path = "/".join(filter(None, (scope.name, f"{word}_{number}" if number else word)))
        there = here.names.get(f"layer {path}")
        if named or again or there is None:
            break
        number += 1
    scope.counts[word] = number if named else number + 1
    if there is not None and named and not again:
        raise ArgumentError(f"Variable {path}/kernel already exists, disallowed. Did you mean to set reuse=True?")
    return path, there


def _made(cls, given, path, inputs):
    layer = getattr(layers, cls)(**given)
    if isinstance(inputs, Node):
        layer.build(tuple(inputs.shape))
    else:
        layer.build(np.shape(inputs))
    graph().names[f"layer {path}"] = layer
    _keep_variables(layer, path)
    return layer


def _normalized(layer, inputs, training):
    def call(x, t):
        return layer(x, training=bool(np.asarray(t)))

    return defer(call, (inputs, training), {}, name="batch_normalization")


_CONV = """filters kernel_size strides padding data_format dilation_rate activation use_bias kernel_initializer
bias_initializer kernel_regularizer bias_regularizer activity_regularizer kernel_constraint bias_constraint trainable
name reuse"""
_POOL = "pool_size strides padding data_format name"
FUNCTIONS = {
    "dense": _layer("Dense", "units activation use_bias kernel_initializer bias_initializer kernel_regularizer "
                    "bias_regularizer activity_regularizer kernel_constraint bias_constraint trainable name reuse"),
    "conv1d": _layer("Conv1D", _CONV), "conv2d": _layer("Conv2D", _CONV), "conv3d": _layer("Conv3D", _CONV),
    "conv2d_transpose": _layer("Conv2DTranspose", _CONV.replace("dilation_rate ", "")),
    "separable_conv2d": _layer("SeparableConv2D", "filters kernel_size strides padding"),
    "max_pooling1d": _layer("MaxPooling1D", _POOL), "max_pooling2d": _layer("MaxPooling2D", _POOL),
    "average_pooling1d": _layer("AveragePooling1D", _POOL), "average_pooling2d": _layer("AveragePooling2D", _POOL),
    "flatten": _layer("Flatten", "name"), "dropout": _layer("Dropout", "rate noise_shape seed training name"),
    "batch_normalization": _layer("BatchNormalization", "axis momentum epsilon center scale"),
}  # fmt: skip
globals().update(FUNCTIONS)
