"""Cells of TensorFlow 1's recurrent networks (`tf.nn.rnn_cell`): one step each, with variables of their scope."""

import re
from typing import NamedTuple

import numpy as np

from fastnn import initializers
from fastnn.compat.tf import names as tf_names
from fastnn.compat.tf.graphs.graph import Node, defer, value_of
from fastnn.compat.tf.graphs.names import get_variable, variable_scope
from fastnn.compat.tf.graphs.state import graph
from fastnn.core import tree


def tf(name, *args, **kwargs):
    """What a function of TensorFlow gives: a Node where one of the arguments is one.

    Args:
        name: below `tensorflow`.
        args, kwargs: its arguments.
    """
    return tf_names.find(name)(*args, **kwargs)


class LSTMStateTuple(NamedTuple):
    """The state of an LSTM: its cell c and its output h.

    >>> LSTMStateTuple(1, 2).h
    2
    """

    c: object
    h: object


def zeros(shape, dtype):
    """Zeros; in a graph a Node, for which others can be fed.

    Args:
        shape: ints and Nodes.
        dtype: their dtype.
    """
    here = graph()
    make = tf_names.find("zeros")
    return defer(make, (shape, dtype), {}) if here.active and here.values is None else make(shape, dtype)


def given(value):
    """A Node's value in a run; anything else, and Nodes before a run, as they are."""
    return value_of(value) if isinstance(value, Node) and graph().values is not None else value


def function_of(activation, default):
    """An activation: a function, or a name below `tf.nn`; None: the default."""
    if callable(activation):
        return activation
    return tf_names.find(f"nn.{activation or default}")


class RNNCell:
    """A step of a recurrent network: `output, state = cell(inputs, state)`.

    Subclasses give `state_size`, `output_size` and `call`, and make their variables in `build` by `self.variable`; or
    they override `__call__` and call `tf.get_variable` there.

    Args:
        _reuse: whether variables that are there are used again.
        name: of the scope of its variables; None: made of the class's name.
        kwargs: of no effect.
    """

    word = None  # the name of the scope

    def __init__(self, trainable=True, name=None, dtype=None, _reuse=None, **kwargs):
        self.trainable, self.name, self._reuse, self.built = trainable, name or self.word, _reuse, False
        self._variables = []

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if "word" not in vars(cls):
            words = re.sub("(.)([A-Z][a-z0-9]+)", r"\1_\2", cls.__name__)
            cls.word = re.sub("([a-z])([A-Z])", r"\1_\2", words).lower()

    built, name, _reuse, trainable = False, None, None, True  # of classes that do not call __init__

    def __call__(self, inputs, state, scope=None, *args, **kwargs):
        """(output, state) of one step.

        Args:
            inputs: (batch, features).
            state: as `zero_state` gives it.
            scope: of the variables; None: the cell's own.
        """
        if not self.built:
            with variable_scope(scope, self.name or self.word, reuse=self._reuse):
                self.build((None, int(inputs.shape[-1])))
            self.built = True
        return self.call(inputs, state, *args, **kwargs)

    def build(self, inputs_shape):
        """Make the variables.

        Args:
            inputs_shape: (None, features).
        """

    def variable(self, name, shape, initializer=None):
        """A variable of the scope.

        Args:
            name: str.
            shape: ints.
            initializer: as of get_variable.
        """
        found = get_variable(name, shape, initializer=initializer, trainable=self.trainable)
        self.__dict__.setdefault("_variables", []).append(found)
        return found

    add_weight = add_variable = variable

    @property
    def variables(self):
        """The variables of the cell."""
        return list(self.__dict__.get("_variables", ()))

    trainable_variables = trainable_weights = weights = variables

    def zero_state(self, batch_size, dtype="float32"):
        """A state of zeros.

        Args:
            batch_size: int, or a Node.
            dtype: its dtype.
        """
        return each_size(self.state_size, lambda n: zeros([batch_size, n], dtype))

    get_initial_state = None  # replaced below: the arguments come in another order


def _initial(self, inputs=None, batch_size=None, dtype=None):
    """A state of zeros, for inputs or for a size of batches."""
    return self.zero_state(tf("shape", inputs)[0] if inputs is not None else batch_size, dtype or "float32")


RNNCell.get_initial_state = _initial


def each_size(sizes, function):
    """A structure of what a function gives for each size of a state.

    Args:
        sizes: an int, or a structure of them.
        function: of an int.
    """
    if isinstance(sizes, (list, tuple)) and not hasattr(sizes, "as_list"):
        return tree.rebuild(sizes, [each_size(n, function) for n in sizes])
    return function(int(np.prod(sizes)) if not hasattr(sizes, "as_list") else int(sizes[-1]))


class BasicRNNCell(RNNCell):
    """activation(W [x, h] + b): the simplest network.

    Args:
        num_units: int.
        activation: a function or name; None: tanh.
        reuse, name, kwargs: of RNNCell.
    """

    def __init__(self, num_units, activation=None, reuse=None, name=None, dtype=None, **kwargs):
        super().__init__(_reuse=reuse, name=name, **kwargs)
        self._num_units, self._activation = num_units, function_of(activation, "tanh")

    state_size = output_size = property(lambda self: self._num_units, doc="num_units.")

    def build(self, inputs_shape):
        """kernel and bias."""
        self._kernel = self.variable("kernel", [inputs_shape[-1] + self._num_units, self._num_units])
        self._bias = self.variable("bias", [self._num_units], initializers.Zeros())

    def call(self, inputs, state):
        """(output, state)."""
        found = self._activation(_affine([inputs, state], self._kernel, self._bias))
        return found, found


def _affine(parts, kernel, bias):
    return tf("nn.bias_add", tf("matmul", tf("concat", parts, 1), kernel), bias)


class GRUCell(RNNCell):
    """Cho et al. 2014, https://arxiv.org/abs/1406.1078: h' = u h + (1 - u) c.

    Args:
        num_units: int.
        activation: a function or name; None: tanh.
        kernel_initializer, bias_initializer: of the variables; None: the scope's, and 1 for gates and 0 else.
        reuse, name, kwargs: of RNNCell.
    """

    def __init__(self, num_units, activation=None, reuse=None, kernel_initializer=None, bias_initializer=None,
                 name=None, dtype=None, **kwargs):  # fmt: skip
        super().__init__(_reuse=reuse, name=name, **kwargs)
        self._num_units, self._activation = num_units, function_of(activation, "tanh")
        self._initializers = kernel_initializer, bias_initializer

    state_size = output_size = property(lambda self: self._num_units, doc="num_units.")

    def build(self, inputs_shape):
        """Kernel and bias of gates and candidate."""
        n, (kernel, bias) = self._num_units, self._initializers
        for word, size, first in (("gates", 2 * n, initializers.Ones()), ("candidate", n, initializers.Zeros())):
            pair = (self.variable(f"{word}/kernel", [inputs_shape[-1] + n, size], kernel),
                    self.variable(f"{word}/bias", [size], bias or first))  # fmt: skip
            setattr(self, f"_{word}", pair)

    def call(self, inputs, state):
        """(output, state)."""
        reset, update = tf("split", tf("nn.sigmoid", _affine([inputs, state], *self._gates)), 2, 1)
        candidate = self._activation(_affine([inputs, reset * state], *self._candidate))
        found = update * state + (1 - update) * candidate
        return found, found


class LSTMCell(RNNCell):
    """Hochreiter and Schmidhuber 1997, with peepholes and a projection where they are asked for.

    Args:
        num_units: int.
        use_peepholes: whether gates see the cell.
        cell_clip: bound of the cell, or None.
        initializer: of kernels; None: the scope's.
        num_proj: size of the output, by a projection; None: num_units.
        proj_clip: bound of the projection, or None.
        forget_bias: added to the forget gate.
        state_is_tuple: False: c and h beside each other in one array.
        activation: a function or name; None: tanh.
        reuse, name, kwargs: of RNNCell; shards: of no effect.
    """

    def __init__(self, num_units, use_peepholes=False, cell_clip=None, initializer=None, num_proj=None, proj_clip=None,
                 num_unit_shards=None, num_proj_shards=None, forget_bias=1.0, state_is_tuple=True, activation=None,
                 reuse=None, name=None, dtype=None, **kwargs):  # fmt: skip
        super().__init__(_reuse=reuse, name=name, **kwargs)
        self._num_units, self._peepholes, self._clips = num_units, use_peepholes, (cell_clip, proj_clip)
        self._initializer, self._num_proj, self._forget = initializer, num_proj, forget_bias
        self._tuple, self._activation = state_is_tuple, function_of(activation, "tanh")

    @property
    def output_size(self):
        """num_proj, or num_units."""
        return self._num_proj or self._num_units

    @property
    def state_size(self):
        """LSTMStateTuple of sizes, or their sum."""
        sizes = self._num_units, self.output_size
        return LSTMStateTuple(*sizes) if self._tuple else sum(sizes)

    def build(self, inputs_shape):
        """Kernel and bias, peepholes, projection."""
        n = self._num_units
        self._kernel = self.variable("kernel", [inputs_shape[-1] + self.output_size, 4 * n], self._initializer)
        self._bias = self.variable("bias", [4 * n], initializers.Zeros())
        if self._peepholes:
            self._seen = [self.variable(f"w_{gate}_diag", [n], self._initializer) for gate in "fio"]
        if self._num_proj:
            self._projection = self.variable("projection/kernel", [n, self._num_proj], self._initializer)

    def call(self, inputs, state):
        """(output, state)."""
        sigmoid, n = tf_names.find("nn.sigmoid"), self._num_units
        cell, output = state if self._tuple else tf("split", state, [n, self.output_size], 1)
        i, new, forget, out = tf("split", _affine([inputs, output], self._kernel, self._bias), 4, 1)
        forget = forget + given(self._forget)
        if self._peepholes:
            forget, i = forget + self._seen[0] * cell, i + self._seen[1] * cell
        cell = _clipped(sigmoid(forget) * cell + sigmoid(i) * self._activation(new), self._clips[0])
        if self._peepholes:
            out = out + self._seen[2] * cell
        output = sigmoid(out) * self._activation(cell)
        if self._num_proj:
            output = _clipped(tf("matmul", output, self._projection), self._clips[1])
        return output, (LSTMStateTuple(cell, output) if self._tuple else tf("concat", [cell, output], 1))


def _clipped(x, bound):
    return x if bound is None else tf("clip_by_value", x, -bound, bound)


class BasicLSTMCell(LSTMCell):
    """An LSTMCell without peepholes and projection.

    Args:
        num_units: int.
        forget_bias: added to the forget gate.
        state_is_tuple: False: c and h beside each other in one array.
        activation: a function or name; None: tanh.
        reuse, name, kwargs: of RNNCell.
    """

    def __init__(self, num_units, forget_bias=1.0, state_is_tuple=True, activation=None, reuse=None, name=None,
                 dtype=None, input_size=None, **kwargs):  # fmt: skip
        super().__init__(num_units, forget_bias=forget_bias, state_is_tuple=state_is_tuple, activation=activation,
                         reuse=reuse, name=name, **kwargs)  # fmt: skip
