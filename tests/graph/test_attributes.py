"""What variables refuse, when an attribute is set or a Python number is asked for."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from fastnn import Variable, constraints, initializers, regularizers

SCALAR, MATRIX = Variable(2.0, trainable=False), Variable(np.ones((2, 2)), trainable=False)


@pytest.mark.parametrize(("name", "fine", "bad", "error", "text"), [
    ("constraint", (None, constraints.NonNeg(), lambda w: w), ("no function", 3), ValueError, "attribute `constraint`"),
    ("regularizer", (None, regularizers.L2(0.1), abs), ("no function", 3), ValueError, "attribute `regularizer`"),
    ("overwrite_with_gradient", (True, False), ("true", 1, None), TypeError, "must be a boolean"),
])  # fmt: skip
def test_attributes_are_checked_when_they_are_set(name, fine, bad, error, text):
    v = Variable(np.ones(2), trainable=False)
    for value in fine:
        setattr(v, name, value)
        assert getattr(v, name) is value
    for value in bad:
        with pytest.raises(error, match=text):
            setattr(v, name, value)
        assert getattr(v, name) is fine[-1]
    assert getattr(copy.deepcopy(v), name) is fine[-1]


@pytest.mark.parametrize("kind", [int, float])
def test_numbers_come_of_variables_without_dimensions(kind):
    assert kind(SCALAR) == 2
    for v in (MATRIX, Variable(np.ones(1), trainable=False)):
        with pytest.raises(TypeError, match="Only scalar arrays can be converted"):
            kind(v)


def test_a_variable_is_no_condition():
    for v in (SCALAR, MATRIX):
        with pytest.raises(TypeError, match="cannot be used as a boolean"):
            bool(v)


@pytest.mark.parametrize(("name", "text"), [(12345, "must be a string"), ("a/b", "cannot contain character `/`")])
def test_the_name_is_looked_at_first(name, text):
    with pytest.raises(ValueError, match=text):
        Variable(initializers.RandomNormal(), name=name)
