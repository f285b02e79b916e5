"""Optimizers and rates of TensorFlow 1, whose `minimize` gives an operation; see tf_graph."""

import numpy as np

from fastnn import ops, optimizers
from fastnn.compat.tf import years as tf_years
from fastnn.compat.tf.graphs.graph import Node, defer, graph
from fastnn.compat.tf.graphs.names import trainable_variables
from fastnn.compat.tf.graphs.updates import Update, gradients_of
from fastnn.compat.tf.values import operand
from fastnn.core.errors import ArgumentError
from fastnn.graph import Variable


class GraphOptimizer:
    """An optimizer of TensorFlow 1, whose `minimize` gives an operation.

    Args:
        make: a function without arguments that makes the optimizer of today.
        rate: a Node that the rate of each step is, or None.
    """

    def __init__(self, make, rate=None):
        self._optimizer, self._rate = make(), rate

    def compute_gradients(self, loss, var_list=None, *args, **kwargs):
        """[(gradient, variable)].

        Args:
            loss: a Node.
            var_list: the variables; None: all that are trained.
            args, kwargs: of no effect.
        """
        variables = list(trainable_variables() if var_list is None else var_list)
        return list(zip(gradients_of([loss], variables), variables))

    def apply_gradients(self, grads_and_vars, global_step=None, name=None):
        """An operation that makes a step.

        Args:
            grads_and_vars: what compute_gradients gave.
            global_step: a variable that counts steps, or None.
            name: str.
        """
        pairs = [(g, v) for g, v in grads_and_vars if g is not None]
        if not pairs:
            raise ArgumentError("No gradients provided for any variable.")

        def step(grads, rate):
            if rate is not None:
                self._new_rate(float(np.asarray(rate)))
            given = [(g, v) for g, (_, v) in zip(grads, pairs) if g is not None]
            if not given:
                raise ArgumentError("No gradients provided for any variable: the loss depends on none of them.")
            self._optimizer.apply([g for g, _ in given], [v for _, v in given])
            if global_step is not None:
                global_step.assign_add(1)

        if not self._optimizer.built:
            self._optimizer.build([v for _, v in pairs])
            self._begin()
        grads = [g for g, _ in pairs]
        needs = grads + ([self._rate] if isinstance(self._rate, Node) else [])
        return Update(step, (grads, self._rate), needs=needs, name=name or "train")

    def _slots(self, name):
        return [v for v in self._optimizer.variables if v.path.endswith(name)]

    def _begin(self):
        """RMSProp of TensorFlow 1 begins with means of 1."""
        if isinstance(self._optimizer, optimizers.RMSprop):
            for slot in self._slots("velocity"):
                slot.assign(np.ones(slot.shape, slot.dtype))

    def _new_rate(self, rate):
        """Set the rate; momentum of TensorFlow 1 is of gradients, that of today of steps: the rate is a part of it."""
        before, self._optimizer.learning_rate = float(self._optimizer.learning_rate), rate
        if isinstance(self._optimizer, optimizers.SGD) and self._optimizer.momentum and before not in (0.0, rate):
            for slot in self._slots("momentum"):
                slot.assign(slot.numpy() * np.float32(rate / before))

    def minimize(self, loss, global_step=None, var_list=None, gate_gradients=None, aggregation_method=None,
                 colocate_gradients_with_ops=False, name=None, grad_loss=None):  # fmt: skip
        """An operation that makes a step towards a smaller loss.

        Args:
            loss: a Node.
            global_step: a variable that counts steps, or None.
            var_list: the variables; None: all that are trained.
            gate_gradients, aggregation_method, colocate_gradients_with_ops, name, grad_loss: of no effect.
        """
        return self.apply_gradients(self.compute_gradients(loss, var_list), global_step, name)

    def variables(self):
        """The variables of the optimizer."""
        return self._optimizer.variables

    def get_name(self):
        """The name."""
        return self._optimizer.name


def of_today(optimizer):
    """The optimizer that makes the steps of one of a graph; any other as it is.

    Args:
        optimizer: what `compile` was given.
    """
    return optimizer._optimizer if isinstance(optimizer, GraphOptimizer) else optimizer


def _optimizer(name):
    today = getattr(tf_years, name)

    def make(*args, **kwargs):
        if not graph().active:
            return today(*args, **kwargs)
        rate = kwargs.get("learning_rate", args[0] if args else None)
        node = rate if isinstance(rate, (Node, Variable)) else None
        if node is not None:
            args = (0.0, *args[1:]) if args else args
            kwargs = {**kwargs, **({} if args else {"learning_rate": 0.0})}
        waiting = defer(lambda v: operand(v) * 1, (node,), {}) if node is not None else None
        return GraphOptimizer(lambda: today(*args, **kwargs), waiting)

    make.__name__, make.__doc__ = name, today.__doc__
    return make


def _decay(form):
    """A rate of TensorFlow 1: of a step that is a variable, a number or a Node."""

    def decayed(learning_rate, global_step, *args, **kwargs):
        kwargs.pop("name", None)
        compute = lambda rate, step: form(operand(rate), ops.cast(operand(step), "float32"), *args, **kwargs)
        if graph().active:
            return defer(compute, (learning_rate, defer(operand, (global_step,), {})), {})
        return compute(learning_rate, global_step)

    return decayed


def _power_of_share(rate, step, decay_steps, decay_rate, staircase=False):
    share = step / float(decay_steps)
    return rate * ops.power(np.float32(decay_rate), ops.floor(share) if staircase else share)


def _inverse_time(rate, step, decay_steps, decay_rate, staircase=False):
    share = step / float(decay_steps)
    return rate / (1.0 + decay_rate * (ops.floor(share) if staircase else share))


def _natural(rate, step, decay_steps, decay_rate, staircase=False):
    share = step / float(decay_steps)
    return rate * ops.exp(-decay_rate * (ops.floor(share) if staircase else share))


def _polynomial(rate, step, decay_steps, end_learning_rate=0.0001, power=1.0, cycle=False):
    share = ops.minimum(step, float(decay_steps)) / float(decay_steps)
    if cycle:
        share = step / (float(decay_steps) * ops.maximum(ops.ceil(step / float(decay_steps)), 1.0))
    return (rate - end_learning_rate) * ops.power(1.0 - share, power) + end_learning_rate


def _cosine(rate, step, decay_steps, alpha=0.0):
    share = ops.minimum(step, float(decay_steps)) / float(decay_steps)
    return rate * ((1 - alpha) * 0.5 * (1.0 + ops.cos(np.float32(np.pi) * share)) + alpha)


def piecewise_constant(x, boundaries, values, name=None):
    """values[k] up to and with boundaries[k].

    Args:
        x: the step.
        boundaries: numbers.
        values: one more.
        name: of no effect.
    """

    def compute(step):
        return ops.take(
            np.asarray(values, "float32"), ops.sum(ops.cast(operand(step) > np.asarray(boundaries), "int32"))
        )

    return defer(compute, (defer(operand, (x,), {}),), {}) if graph().active else compute(x)


for _name in tf_years.OPTIMIZERS:
    globals()[_name] = _optimizer(_name)
exponential_decay, inverse_time_decay, natural_exp_decay, polynomial_decay, cosine_decay = map(
    _decay, (_power_of_share, _inverse_time, _natural, _polynomial, _cosine))  # fmt: skip
