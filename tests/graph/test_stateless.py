"""StatelessScope and stateless_call: other values for a while, nothing changed afterwards."""

import numpy as np
import pytest

import fastnn as keras
from fastnn import layers


def model():
    keras.utils.set_random_seed(1)
    return keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.BatchNormalization(), layers.Dropout(0.5)])


def test_a_scope_reads_other_values_and_keeps_what_is_written():
    a, b = keras.Variable(np.zeros(2)), keras.Variable(np.zeros(2))
    with keras.StatelessScope([(a, np.ones(2))]) as scope:
        b.assign(a + 1)
        np.testing.assert_array_equal(b + 0, [2, 2])
        assert scope.get_current_value(a) is not None
    np.testing.assert_array_equal([a.numpy(), b.numpy()], np.zeros((2, 2)))
    np.testing.assert_array_equal(scope.get_current_value(b), [2, 2])


@pytest.mark.parametrize(
    "mapping, words",
    [([("v", 1)], "must be Variable"), ([(keras.Variable([1.0]), np.ones(2))], "must be tensors with a")],
)
def test_what_does_not_fit_is_refused(mapping, words):
    with pytest.raises(ValueError, match=words):
        keras.StatelessScope(mapping)


def test_a_call_with_other_values_is_that_of_a_model_that_has_them():
    mine, other = model(), model()
    rows = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
    before = [v.numpy() for v in mine.variables]
    values = [v.numpy() + 1 for v in mine.trainable_variables]
    out, state = mine.stateless_call(values, [v.numpy() for v in mine.non_trainable_variables], rows, training=True)
    for variable, value in zip(other.trainable_variables, values):
        variable.assign(value)
    np.testing.assert_array_equal(out, other(rows, training=True))
    for ours, theirs in zip(state, other.non_trainable_variables):
        np.testing.assert_array_equal(ours, theirs.numpy())
    for variable, value in zip(mine.variables, before):
        np.testing.assert_array_equal(variable.numpy(), value)
    np.testing.assert_array_equal(mine.stateless_call(values, state, rows)[0], other(rows))


def test_losses_come_third_and_lengths_are_checked():
    layer = layers.ActivityRegularization(l2=0.5)
    assert layer.stateless_call([], [], np.ones((2, 3), "float32"), return_losses=True)[2] == [1.5]
    with pytest.raises(ValueError, match="must be a list of tensors corresponding 1:1"):
        layer.stateless_call([1.0], [], np.ones((2, 3)))
    with pytest.raises(ValueError, match="must be built"):
        layers.Dense(2).stateless_call([], [], np.ones((2, 3)))


def test_random_streams_are_variables_of_a_layer_but_no_weights():
    layer = layers.Dropout(0.5, seed=1337)
    assert layer.variables == layer.non_trainable_variables == [layer.seed_generator.state]
    assert layer.weights == []
    generator = layer.seed_generator
    assert layer.variables[0].path == f"{generator.name}/seed_generator_state"
    with keras.name_scope("outer"):
        inside = keras.random.SeedGenerator(3, name="stream")
    assert inside.state.path == "outer/stream/seed_generator_state"
    layer(np.ones((2, 2)), training=True)
    np.testing.assert_array_equal(layer.variables[0].numpy(), [1337, 1])
    layer.variables[0].assign([7, 0])
    np.testing.assert_array_equal(
        layer(np.ones((9, 9)), training=True), layers.Dropout(0.5, seed=7)(np.ones((9, 9)), training=True)
    )
