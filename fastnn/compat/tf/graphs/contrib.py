"""`tf.contrib.layers` and slim of TensorFlow 1: layers with activations, normalisation and scopes of their own."""

import contextlib
import functools

from fastnn import initializers, ops
from fastnn.compat.tf import names as tf_names
from fastnn.compat.tf.graphs import layers
from fastnn.compat.tf.graphs.names import get_variable, variable_scope
from fastnn.core.errors import ArgumentError

_defaults: list[dict] = [{}]


@contextlib.contextmanager
def arg_scope(list_ops_or_scope, **kwargs):
    """A block in which functions have other defaults.

    Args:
        list_ops_or_scope: functions of this module, or what an earlier block gave.
        kwargs: the defaults.
    """
    if isinstance(list_ops_or_scope, dict):
        now = list_ops_or_scope
    else:
        now = dict(_defaults[-1])
        for function in list_ops_or_scope:
            key = getattr(function, "__name__", str(function))
            now[key] = {**now.get(key, {}), **kwargs}
    _defaults.append(now)
    try:
        yield now
    finally:
        _defaults.pop()


def add_arg_scope(function):
    """A function whose defaults `arg_scope` changes.

    Args:
        function: it.
    """

    @functools.wraps(function)
    def call(*args, **kwargs):
        return function(*args, **{**_defaults[-1].get(function.__name__, {}), **kwargs})

    return call


def l2_regularizer(scale, scope=None):
    """scale · Σ w² / 2.

    Args:
        scale: number.
        scope: of no effect.

    >>> import numpy as np
    >>> float(l2_regularizer(0.5)(np.array([2.0])))
    1.0
    """
    return lambda w: ops.sum(ops.square(w)) * (0.5 * scale)


def l1_regularizer(scale, scope=None):
    """scale · Σ |w|.

    Args:
        scale: number.
        scope: of no effect.
    """
    return lambda w: ops.sum(ops.abs(w)) * scale


def xavier_initializer(uniform=True, seed=None, dtype="float32"):
    """Glorot's initializer.

    Args:
        uniform: else normal.
        seed: int or None.
        dtype: of no effect.
    """
    return (initializers.GlorotUniform if uniform else initializers.GlorotNormal)(seed=seed)


def variance_scaling_initializer(factor=2.0, mode="FAN_IN", uniform=False, seed=None, dtype="float32"):
    """He's initializer, and others of its kind.

    Args:
        factor: number.
        mode: "FAN_IN", "FAN_OUT" or "FAN_AVG".
        uniform: else truncated normal.
        seed: int or None.
        dtype: of no effect.
    """
    kind = "uniform" if uniform else "truncated_normal"
    return initializers.VarianceScaling(factor, mode.lower(), kind, seed=seed)


def _finished(x, activation_fn, normalizer_fn, normalizer_params):
    if normalizer_fn is not None:
        x = normalizer_fn(x, **(normalizer_params or {}))
    return x if activation_fn is None else activation_fn(x)


def _relu(x):
    return tf_names.find("nn.relu")(x)


def _variables(shape, units, weights, biases, normalizer_fn, regularizer, trainable):
    kernel = get_variable("weights", [*shape, units], initializer=weights, regularizer=regularizer, trainable=trainable)
    bias = None
    if normalizer_fn is None and biases is not None:
        bias = get_variable("biases", [units], initializer=biases, trainable=trainable)
    return kernel, bias


@add_arg_scope
def fully_connected(inputs, num_outputs, activation_fn=_relu, normalizer_fn=None, normalizer_params=None,
                    weights_initializer=initializers.GlorotUniform, weights_regularizer=None,
                    biases_initializer=initializers.Zeros, biases_regularizer=None, reuse=None,
                    variables_collections=None, outputs_collections=None, trainable=True, scope=None):  # fmt: skip
    """activation(inputs · weights + biases).

    Args:
        inputs: (..., features).
        num_outputs: int.
        activation_fn, normalizer_fn: functions, or None.
        normalizer_params: arguments of normalizer_fn.
        weights_initializer, biases_initializer: of the variables; None: no biases.
        weights_regularizer: a function of the weights, or None.
        reuse, scope: of the variables.
        trainable: whether they are trained.
        biases_regularizer, variables_collections, outputs_collections: of no effect.
    """
    with variable_scope(scope, "fully_connected", reuse=reuse):
        kernel, bias = _variables([int(inputs.shape[-1])], num_outputs, weights_initializer, biases_initializer,
                                  normalizer_fn, weights_regularizer, trainable)  # fmt: skip
        product = "matmul" if len(inputs.shape) == 2 else "tensordot"
        found = tf_names.find(product)(inputs, kernel, *([1] if product == "tensordot" else []))
        if bias is not None:
            found = tf_names.find("nn.bias_add")(found, bias)
        return _finished(found, activation_fn, normalizer_fn, normalizer_params)


linear = functools.partial(fully_connected, activation_fn=None)


@add_arg_scope
def conv2d(inputs, num_outputs, kernel_size, stride=1, padding="SAME", data_format=None, rate=1,
           activation_fn=_relu, normalizer_fn=None, normalizer_params=None,
           weights_initializer=initializers.GlorotUniform, weights_regularizer=None,
           biases_initializer=initializers.Zeros, biases_regularizer=None, reuse=None, variables_collections=None,
           outputs_collections=None, trainable=True, scope=None):  # fmt: skip
    """activation(inputs * weights + biases), a convolution of pictures.

    Args:
        inputs: (batch, rows, columns, channels).
        num_outputs: int.
        kernel_size, stride, rate: int or two.
        padding: "SAME" or "VALID".
        data_format, biases_regularizer, variables_collections, outputs_collections: of no effect.
        activation_fn, normalizer_fn, normalizer_params, weights_initializer, weights_regularizer, biases_initializer,
            reuse, trainable, scope: as of fully_connected.
    """
    size = [kernel_size] * 2 if isinstance(kernel_size, int) else list(kernel_size)
    with variable_scope(scope, "Conv", reuse=reuse):
        kernel, bias = _variables([*size, int(inputs.shape[-1])], num_outputs, weights_initializer, biases_initializer,
                                  normalizer_fn, weights_regularizer, trainable)  # fmt: skip
        found = tf_names.find("nn.conv2d")(inputs, kernel, stride, padding, dilations=rate)
        if bias is not None:
            found = tf_names.find("nn.bias_add")(found, bias)
        return _finished(found, activation_fn, normalizer_fn, normalizer_params)


def _pool(function):
    def pool(inputs, kernel_size, stride=2, padding="VALID", data_format="NHWC", outputs_collections=None, scope=None):
        return tf_names.find(f"nn.{function}")(inputs, kernel_size, stride, padding)

    pool.__name__, pool.__doc__ = f"{function}2d", f"tf.contrib.layers.{function}2d: windows move by 2."
    return add_arg_scope(pool)


max_pool2d, avg_pool2d = _pool("max_pool"), _pool("avg_pool")
avg_pool2d.__name__ = "avg_pool2d"


@add_arg_scope
def dropout(inputs, keep_prob=0.5, noise_shape=None, is_training=True, outputs_collections=None, scope=None, seed=None):
    """Dropout.

    Args:
        inputs: of any shape.
        keep_prob: the share that stays.
        is_training: bool, or a Node of one.
        noise_shape, outputs_collections, scope, seed: of no effect.
    """
    rate = 1.0 - keep_prob if isinstance(keep_prob, (int, float)) else tf_names.find("subtract")(1.0, keep_prob)
    return layers.dropout(inputs, rate=rate, training=is_training)


@add_arg_scope
def batch_norm(inputs, decay=0.999, center=True, scale=False, epsilon=0.001, activation_fn=None,
               param_initializers=None, param_regularizers=None, updates_collections=None,
               is_training=True, reuse=None, scope=None, **kwargs):  # fmt: skip
    """Batch normalisation.

    Args:
        inputs: (batch, ..., channels).
        decay: of the moving statistics.
        center, scale: whether there is a shift and a scale.
        epsilon: added to the variance.
        activation_fn: a function, or None.
        is_training: bool, or a Node of one.
        reuse, scope: of the variables.
        param_initializers, param_regularizers, updates_collections, kwargs: of no effect.
    """
    name = scope if isinstance(scope, str) else None
    found = layers.batch_normalization(inputs, momentum=decay, center=center, scale=scale, epsilon=epsilon,
                                       training=is_training, name=name, reuse=reuse)  # fmt: skip
    return found if activation_fn is None else activation_fn(found)


def flatten(inputs, outputs_collections=None, scope=None):
    """(batch, all else).

    Args:
        inputs: (batch, ...).
        outputs_collections, scope: of no effect.
    """
    return layers.flatten(inputs)


def one_hot_encoding(labels, num_classes, on_value=1.0, off_value=0.0, outputs_collections=None, scope=None):
    """Rows with one number that is not off.

    Args:
        labels: ints.
        num_classes: int.
        on_value, off_value: numbers.
        outputs_collections, scope: of no effect.
    """
    return tf_names.find("one_hot")(labels, num_classes, on_value=on_value, off_value=off_value)


def embed_sequence(ids, vocab_size=None, embed_dim=None, unique=False, initializer=None, regularizer=None,
                   trainable=True, scope=None, reuse=None):  # fmt: skip
    """Vectors of ids.

    Args:
        ids: ints (batch, steps).
        vocab_size, embed_dim: ints.
        initializer, regularizer, trainable, scope, reuse: of the variable.
        unique: of no effect.
    """
    if not (vocab_size and embed_dim):
        raise ArgumentError("Must specify vocab size and embedding dimension.")
    with variable_scope(scope, "EmbedSequence", reuse=reuse):
        table = get_variable("embeddings", [vocab_size, embed_dim], initializer=initializer, regularizer=regularizer,
                             trainable=trainable)  # fmt: skip
        return tf_names.find("nn.embedding_lookup")(table, ids)


def repeat(inputs, repetitions, layer, *args, **kwargs):
    """A layer several times, in scopes named `name/name_1`, `name/name_2`, ...

    Args:
        inputs: of the first.
        repetitions: int.
        layer: a function of this module.
        args, kwargs: its arguments.
    """
    scope = kwargs.pop("scope", None)
    name = scope or getattr(layer, "__name__", "repeat")
    with variable_scope(scope, "Repeat"):
        for k in range(repetitions):
            inputs = layer(inputs, *args, **kwargs, scope=f"{name}_{k + 1}")
    return inputs
