"""What graphs of the Keras 2 years listed: updates, losses by inputs, the learning phase."""

import numpy as np
import pytest

from fastnn import Input, Model, Sequential, compat, layers, metrics, ops, regularizers
from fastnn.compat import backend as K


@pytest.fixture(autouse=True)
def old_years():
    compat.install()
    from keras.layers import Dense as _  # noqa: F401  # what is first asked for gives the classes their old ways

    yield
    compat.uninstall()


def test_updates_of_batch_statistics():
    shared = layers.BatchNormalization()
    x, z = Input((2,)), Input((2,))
    y = shared(x)
    model = Model(z, shared(layers.Dense(2)(z)))
    assert [u.variable.name for u in model.updates] == ["moving_mean", "moving_variance"]
    assert len(model.get_updates_for(z)) == 2 and len(shared.updates) == 2
    shared.trainable = False
    assert model.updates == [] and shared.updates == []
    shared.trainable, model.trainable = True, False
    assert model.updates == []
    other = layers.BatchNormalization()
    other(x, training=False)
    assert other.updates == []
    x_data = np.array([[1.0, 3.0], [3.0, 5.0]], "float32")
    model.trainable = True
    step = K.function([x, K.learning_phase()], [y], updates=shared.updates)
    step([x_data, 1])
    np.testing.assert_allclose(shared.moving_mean.numpy(), 0.01 * x_data.mean(0), rtol=1e-6)


def test_what_a_layer_was_given_is_found_by_its_inputs():
    a, b = Input((2,)), Input((2,))
    layer = layers.Dense(1, kernel_regularizer="l2", activity_regularizer=regularizers.L1(0.5))
    layer.add_update(0, inputs=a)
    layer.add_update([1], inputs=None)
    layer.add_loss(2, inputs=a)
    layer.add_loss(3, inputs=None)
    assert layer.get_updates_for(a) == [0] and layer.get_updates_for(None) == [1] and layer.get_updates_for(b) == []
    assert layer.get_losses_for(a) == [2] and layer.get_losses_for(b) == []
    layer(b)
    assert len(layer.get_losses_for(None)) == 2 and len(layer.get_losses_for(b)) == 1


def test_who_does_something_else_in_training():
    a, b = Input((2,)), Input((2,))
    plain, dropped = layers.Dense(2)(a), layers.Dropout(0.5)(b)
    always = layers.Dropout(0.5)(b, training=True)
    assert not plain._uses_learning_phase and not always._uses_learning_phase
    assert dropped._uses_learning_phase and layers.concatenate([plain, dropped])._uses_learning_phase
    assert Model([a, b], [plain, dropped]).uses_learning_phase and not Model(a, plain).uses_learning_phase
    assert Sequential([layers.LSTM(2, dropout=0.1)]).uses_learning_phase
    assert not Sequential([layers.LSTM(2)]).uses_learning_phase


def test_metrics_of_symbols_are_logged():
    x = Input((1,))
    y = layers.Dense(1, kernel_initializer="ones", trainable=False)(x)
    model = Model(x, y)
    model.add_metric(ops.sum(y), name="of_batches")
    model.add_metric(metrics.Mean(name="of_rows")(y))
    model.compile("sgd", "mse")
    ones = np.ones((10, 1), "float32")
    history = model.fit(ones, 0 * ones, batch_size=5, validation_data=(2 * ones, ones), verbose=0).history
    assert history["of_batches"] == [5.0] and history["val_of_rows"] == [2.0]


def test_states_of_inputs_of_any_number_of_rows():
    x = Input((4, 3))
    layer = layers.LSTM(2)
    states = layer.get_initial_state(x)
    assert [tuple(s.shape) for s in states] == [(None, 2)] * 2
    data = np.ones((5, 4, 3), "float32")
    found = Model(x, layer(x, initial_state=states)).predict(data, verbose=0)
    np.testing.assert_array_equal(found, Model(x, layer(x)).predict(data, verbose=0))
    assert [s.shape for s in layer.get_initial_state(data)] == [(5, 2)] * 2
    assert [s.shape for s in layer.get_initial_state(batch_size=3)] == [(3, 2)] * 2


def test_a_dtype_beside_an_input_shape_is_that_of_the_input():
    model = Sequential([layers.TimeDistributed(layers.Embedding(5, 6), input_shape=(3, 4), dtype="int32")])
    model.compile("sgd", "mse")
    model.fit(np.ones((2, 3, 4), "int32"), np.ones((2, 3, 4, 6), "float32"), verbose=0)
    assert model.inputs[0].dtype == "int32" and model.outputs[0].dtype == "float32"
    embedding = layers.Embedding(4, 5, input_length=3, batch_input_shape=(2, 3))
    assert tuple(Sequential([embedding]).output_shape) == (2, 3, 5)
