"""Lamb: Adam with a step length for each variable, for large batches."""

import numpy as np

from fastnn import ops
from fastnn.ops.functions.reduction import sum_of_squares
from fastnn.optimizers.adam import _Moments


class Lamb(_Moments):
    """Adam's direction d, then w -= lr |w| / |d| d for each variable (factor 1 where a norm is 0).

    Source: You et al., Large Batch Optimization for Deep Learning, 2019.

    >>> Lamb().epsilon
    1e-07
    """

    def slot_groups(self):
        """momentum and velocity side by side."""
        return [[("momentum", "zeros"), ("velocity", "zeros")]]

    def update_step(self, gradient, variable, learning_rate):
        """Update one variable: its norm enters the formula, so variables are not joined.

        Args:
            gradient: symbol or array of the variable's shape.
            variable: the Variable.
            learning_rate: a scalar.
        """
        index = self._get_variable_index(variable)
        m, v = self._slots["momentum"][index], self._slots["velocity"][index]
        dtype = variable.dtype
        number = lambda x: np.asarray(x, dtype)
        step = ops.cast(ops.add(self.iterations, np.int64(1)), "float64")
        rest = [
            ops.cast(ops.subtract(np.float64(1.0), ops.power(np.float64(b), step)), dtype)
            for b in (self.beta_1, self.beta_2)
        ]
        m.assign(ops.add(m, ops.multiply(ops.subtract(gradient, m), number(1 - self.beta_1))))
        v.assign(ops.add(v, ops.multiply(ops.subtract(ops.square(gradient), v), number(1 - self.beta_2))))
        root = ops.add(ops.sqrt(ops.divide(v, rest[1])), number(self.epsilon))
        direction = ops.divide(ops.divide(m, rest[0]), root)
        size, length = (ops.sqrt(sum_of_squares(x)) for x in (variable.value, direction))
        both = ops.logical_and(ops.greater(size, number(0.0)), ops.greater(length, number(0.0)))
        ratio = ops.where(both, ops.divide(size, ops.where(both, length, number(1.0))), number(1.0))
        variable.assign(ops.subtract(variable, ops.multiply(ops.multiply(ratio, learning_rate), direction)))
