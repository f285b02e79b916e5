"""Steps on values, and variables that take their gradients: each optimizer against its own steps on variables."""

import numpy as np
import pytest

from fastnn import optimizers
from fastnn.core.errors import ArgumentError
from fastnn.graph import Variable
from fastnn.optimizers.identifiers import names

SINGLE = sorted(set(names().values()) - {"MultiOptimizer", "LossScaleOptimizer"})


def variables():
    return [Variable(np.arange(1.0, 7.0, dtype="float32").reshape(2, 3), name="k"), Variable([0.5, -1.0], name="b")]


@pytest.mark.parametrize("name", SINGLE)
def test_values_take_the_steps_of_variables(name):
    rng = np.random.default_rng(0)
    own, kept = getattr(optimizers, name)(0.1), getattr(optimizers, name)(0.1)
    a, b = variables(), variables()
    own.build(a), kept.build(b)
    values, state = [v.numpy() for v in b], [v.numpy() for v in kept.variables]
    untouched = [v.numpy() for v in (*b, *kept.variables)]
    for _ in range(3):
        gradients = [rng.normal(size=v.shape).astype("float32") for v in a]
        own.apply(gradients, a)
        values, state = kept.stateless_apply(state, gradients, values)
    for v, value in zip([*a, *own.variables], [*values, *state]):
        np.testing.assert_array_equal(v.numpy(), value)
    for v, old in zip((*b, *kept.variables), untouched):
        np.testing.assert_array_equal(v.numpy(), old)


def test_numbers_of_values_that_do_not_fit():
    optimizer, own = optimizers.SGD(), variables()
    optimizer.build(own)
    with pytest.raises(ArgumentError, match="`optimizer_variables` must be a list"):
        optimizer.stateless_apply([], [], [])
    with pytest.raises(ArgumentError, match="`trainable_variables` must be a list"):
        optimizer.stateless_apply([v.numpy() for v in optimizer.variables], [], [])


@pytest.mark.parametrize("steps", [None, 2, 3])
def test_a_variable_takes_its_gradient_or_the_largest_of_several(steps):
    optimizer = optimizers.SGD(1.0, gradient_accumulation_steps=steps)
    v, w = Variable([1.0, 2.0], name="v"), Variable([1.0, 2.0], name="w")
    v.overwrite_with_gradient = True
    gradients = np.random.default_rng(1).uniform(size=(6, 2)).astype("float32")
    expected, n = np.array([1.0, 2.0], "float32"), steps or 1
    for i, g in enumerate(gradients):
        optimizer.apply([g, g], [v, w])
        expected = gradients[i + 1 - n : i + 1].max(0) if (i + 1) % n == 0 else expected
        np.testing.assert_array_equal(v.numpy(), expected)
    np.testing.assert_allclose(w.numpy(), [1, 2] - gradients.sum(0) / n, rtol=1e-5)
    optimizer.apply([gradients[0]], [v])
    assert int(optimizer._iterations.numpy()) == 7
