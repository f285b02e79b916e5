"""What graphs of the Keras 2 years listed: updates, losses by inputs, the learning phase."""

import numpy as np
import pytest

from fastnn import Input, Model, Sequential, callbacks, compat, layers, metrics, ops, regularizers
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


def test_what_metrics_and_callbacks_held():
    metric = metrics.Mean()
    assert [v.name for v in metric.weights] == ["total", "count"] and metric.stateful
    seen = callbacks.Callback()
    model = Sequential([layers.Input((2,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    x, y = np.ones((3, 2), "float32"), np.ones((3, 1), "float32")
    model.fit(x, y, validation_data=(x[:2], y[:2]), callbacks=[seen], verbose=0)
    assert [part.shape for part in seen.validation_data] == [(2, 2), (2, 1), (2,)]


def test_positions_of_arguments():
    class Own(layers.GRU):
        def call(self, inputs, mask=None, training=None, initial_state=None):
            return super().call(inputs, mask, training, initial_state)

    x = np.linspace(-1, 1, 12, dtype="float32").reshape(2, 3, 2)
    own, states = Own(2), [np.ones((2, 2), "float32")]
    plain = layers.GRU(2, weights=None)
    own(x), plain(x)
    plain.set_weights(own.get_weights())
    mask = np.array([[True, True, False], [True, False, False]])
    for how in ({}, {"mask": mask}, {"initial_state": states}, {"mask": mask, "initial_state": states}):
        np.testing.assert_array_equal(own(x, **how), plain(x, **how))


def test_constants_take_the_shape_that_they_are_given():
    assert K.constant([1, 2, 3, 4], shape=(2, 2)).tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert K.constant(7, "int32", shape=(2,)).tolist() == [7, 7]
