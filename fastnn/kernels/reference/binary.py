"""Operations on two values in NumPy."""

import numpy as np


def _of(f):
    def reference(x, y, **attrs):
        with np.errstate(all="ignore"):
            return f(x, y)

    return reference


add, subtract, multiply, divide = _of(np.add), _of(np.subtract), _of(np.multiply), _of(np.divide)
maximum, minimum, power = _of(np.maximum), _of(np.minimum), _of(np.power)
hypot, logaddexp, logaddexp2 = _of(np.hypot), _of(np.logaddexp), _of(np.logaddexp2)
floor_divide, mod = _of(np.floor_divide), _of(np.mod)
less, less_equal, equal, not_equal = _of(np.less), _of(np.less_equal), _of(np.equal), _of(np.not_equal)
logical_and, logical_or, logical_xor = _of(np.logical_and), _of(np.logical_or), _of(np.logical_xor)


def squared_difference(x, y):
    """(x - y)^2"""
    return np.square(np.subtract(x, y))


def where(condition, x, y):
    """x where condition, else y"""
    return np.where(condition, x, y)
