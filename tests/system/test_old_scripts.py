"""Scripts as they were written for Keras 1, Keras 2 and tf.keras run, with the numbers of today's spelling."""

import numpy as np
import pytest

import fastnn
from fastnn.compat import arguments, backend, names
from fastnn.compat.aliases import target_of
from fastnn.compat.arguments import OLD, adapt, restore, translate
from fastnn.compat.keras2 import layers as keras2_layers
from fastnn.core.errors import NotSupportedError
from fastnn.layers import conv_lstm


@pytest.fixture(autouse=True)
def as_they_were():
    yield
    restore()


def test_every_old_argument_has_a_new_one():
    import inspect

    for name, table in OLD.items():
        optimizer = name in arguments.OPTIMIZERS
        homes = (fastnn.optimizers, fastnn.callbacks, fastnn.layers, fastnn.preprocessing.image, keras2_layers,
                 conv_lstm, fastnn.regularizers, fastnn.constraints)  # fmt: skip
        cls = next(found for home in homes if (found := getattr(home, name, None)))
        known = {"time_decay"} if optimizer else set()
        known |= {p for c in cls.__mro__ if "__init__" in c.__dict__ for p in inspect.signature(c.__init__).parameters}
        for old, meaning in table.items():
            if isinstance(meaning, str):
                assert meaning in known, (name, old, meaning)


@pytest.mark.parametrize(("old", "new"), [
    (lambda k: k.layers.Dense(output_dim=3, init="zeros", bias=False),
     lambda k: k.layers.Dense(3, kernel_initializer="zeros", use_bias=False)),
    (lambda k: k.layers.Conv2D(nb_filter=4, nb_row=3, nb_col=2, border_mode="same", subsample=(2, 1),
                               dim_ordering="tf"),
     lambda k: k.layers.Conv2D(4, (3, 2), padding="same", strides=(2, 1))),
    (lambda k: k.layers.LSTM(output_dim=3, inner_activation="hard_sigmoid", dropout_W=0.1, dropout_U=0.2),
     lambda k: k.layers.LSTM(3, recurrent_activation="hard_sigmoid", dropout=0.1, recurrent_dropout=0.2)),
    (lambda k: k.layers.Dropout(p=0.3), lambda k: k.layers.Dropout(0.3)),
    (lambda k: k.layers.MaxPooling1D(pool_length=3, stride=2, border_mode="same"),
     lambda k: k.layers.MaxPooling1D(3, 2, "same")),
])  # fmt: skip
def test_old_arguments(old, new):
    class Adapted:
        class layers:
            pass

    for name in ("Dense", "Conv2D", "LSTM", "Dropout", "MaxPooling1D"):
        setattr(Adapted.layers, name, adapt(getattr(fastnn.layers, name)))
    mine, theirs = old(Adapted), new(fastnn)
    a, b = mine.get_config(), theirs.get_config()
    assert {**a, "name": 0} == {**b, "name": 0}
    restore()
    with pytest.raises((ValueError, TypeError)):
        old(fastnn)


def test_arguments_without_a_meaning_say_what_to_write():
    with pytest.raises(NotSupportedError, match="no meaning since Keras 2"):
        translate(OLD["BatchNormalization"], {"mode": 1})
    assert translate({}, {"x": 1}) == {"x": 1} and not arguments._methods_of(fastnn.layers.Dense)


def test_tables_lead_somewhere():
    for package, table in names.CLASSES.items():
        for old, new in table.items():
            module, _, original = new.rpartition(":")
            home = __import__(f"fastnn.{module or package}", fromlist=["x"])
            assert hasattr(home, original), (package, old, new)
            assert f"{package}.{old}" not in names.GONE
    for module in names.MODULES.values():
        __import__(f"fastnn.{module}")
    for name, where in names.TENSORFLOW_FUNCTIONS.items():
        module, _, function = where.partition(":")
        assert hasattr(__import__(f"fastnn.{module}", fromlist=["x"]), function), name
    for name in backend.__all__:
        assert getattr(backend, name) is not None
    assert target_of("keras.preprocessing.image") == "fastnn.preprocessing.image"


def test_methods_of_old_models():
    model = fastnn.Sequential([fastnn.Input((4,)), fastnn.layers.Dense(3, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    x, y = np.random.default_rng(0).random((12, 4)), np.arange(12) % 3

    def source():
        while True:
            yield x, y

    history = model.fit_generator(source(), steps_per_epoch=2, epochs=2, verbose=0)
    assert len(history.history["loss"]) == 2
    adapt(type(model))
    history = model.fit_generator(source(), samples_per_epoch=36, nb_epoch=1, verbose=0)
    assert history.params["steps"] == 3 and history.params["epochs"] == 1
    model.fit(x, y, nb_epoch=3, verbose=0)
    assert len(model.history.epoch) == 3
    assert model.evaluate_generator(source(), steps=1) == model.evaluate(x, y, batch_size=12, verbose=0)
    assert np.array_equal(model.predict_generator(iter([x]), steps=1), model.predict(x))
    assert np.array_equal(model.predict_classes(x), model.predict_proba(x).argmax(axis=1))
    restore()
    with pytest.raises(TypeError):
        model.fit(x, y, nb_epoch=3)


def test_backend_functions():
    k = backend
    v = k.variable([1.0, 2.0])
    k.set_value(v, [3.0, 4.0])
    assert k.get_value(v).tolist() == k.eval(v).tolist() == [3.0, 4.0]
    k.batch_set_value([(v, [5.0, 6.0])])
    assert k.batch_get_value([v])[0].tolist() == [5.0, 6.0] and k.count_params(v) == 2
    with pytest.raises(ValueError, match="variable"):
        k.set_value(np.ones(2), 1)
    x = np.arange(6.0, dtype="float32").reshape(2, 3)
    assert k.int_shape(x) == (2, 3) and k.ndim(x) == 2 and k.dtype(x) == "float32"
    assert k.repeat(x, 2).shape == (2, 2, 3) and k.repeat_elements(x, 2, axis=1).shape == (2, 6)
    assert k.batch_flatten(np.ones((2, 3, 4))).shape == (2, 12) and k.flatten(x).shape == (6,)
    rectified = np.minimum(np.where(x > 3, x - 3, (x - 3) / 2), 1.5)
    np.testing.assert_allclose(k.relu(x - 3, alpha=0.5, max_value=1.5), rectified)
    np.testing.assert_allclose(k.batch_dot(x, x), (x * x).sum(1, keepdims=True))
    np.testing.assert_allclose(k.switch(x[:, 0] > 1, x, -x), np.where(x[:, :1] > 1, x, -x))
    assert k.in_train_phase(1, 2) == 2 and k.in_train_phase(1, lambda: 3, training=True) == 1
    assert k.random_binomial((50,), 0.5, seed=1).mean() not in (0, 1)
    assert k.get_uid("some") == 1 and k.get_uid("some") == 2
    a, b = fastnn.Input((3,)), fastnn.Input((3,))
    f = k.function([a, b], [a + b, a * b])
    assert [o.tolist() for o in f([x, x])] == [(x + x).tolist(), (x * x).tolist()]


def test_backend_defaults_are_those_of_keras_2():
    k, x = backend, np.arange(6.0, dtype="float32").reshape(2, 3)
    assert k.expand_dims(x).shape == (2, 3, 1) and k.expand_dims(x, 0).shape == (1, 2, 3)
    assert k.concatenate([x, x]).shape == (2, 6) and k.concatenate([x, x], axis=0).shape == (4, 3)
    assert k.argmax(x).tolist() == [2, 2] and k.argmin(x, 0).tolist() == [0, 0, 0]
    assert k.gather(x, np.array([1])).tolist() == [[3, 4, 5]] and k.cumsum(x).tolist() == np.cumsum(x, 0).tolist()
    assert k.clip(x, min_value=1, max_value=4).max() == 4 and k.reverse(x, axes=1)[0, 0] == 2
    assert k.permute_dimensions(x, pattern=(1, 0)).shape == (3, 2) and k.tile(x, n=(1, 2)).shape == (2, 6)
    assert k.binary_crossentropy(x, np.full_like(x, 0.5)).shape == x.shape
    assert k.in_top_k(x, np.array([2, 0]), 1).tolist() == [True, False]
    assert k.repeat_elements(x, rep=2, axis=0).shape == (4, 3) and k.squeeze(k.expand_dims(x), axis=-1).shape == (2, 3)


def test_models_of_old_scripts():
    a = fastnn.Input((4,))
    assert fastnn.Model(input=a, output=fastnn.layers.Dense(2)(a)).output_shape == (None, 2)
    with pytest.raises(ValueError, match="expected symbols"):
        fastnn.Functional(a)
    model = fastnn.Sequential([fastnn.layers.LSTM(3, stateful=True, batch_input_shape=(2, 3, 1))])
    first, second = (model.predict(np.ones((2, 3, 1)), batch_size=2) for _ in range(2))
    assert not np.allclose(first, second)
    model.reset_states()
    np.testing.assert_allclose(model.predict(np.ones((2, 3, 1)), batch_size=2), first)


def test_datasets_of_tensorflow():
    from fastnn.data import Dataset

    x, y = np.random.default_rng(0).random((10, 4)), np.arange(10) % 2
    data = Dataset.from_tensor_slices((x, y)).map(lambda a, b: (a * 2, b)).shuffle(10, seed=1).batch(4).prefetch(1)
    assert len(data) == 3 and [len(b[1]) for b in data] == [4, 4, 2]
    first, second = (np.concatenate([b[0] for b in data]) for _ in range(2))
    assert not np.array_equal(first, second) and np.array_equal(np.sort(first, 0), np.sort(x * 2, 0))
    model = fastnn.Sequential([fastnn.Input((4,)), fastnn.layers.Dense(1)])
    model.compile("sgd", "mse")
    assert len(model.fit(data, epochs=2, validation_data=data, verbose=0).history["val_loss"]) == 2
    model.fit(data.repeat(), steps_per_epoch=5, epochs=2, verbose=0)
    model.fit(data.filter(lambda a, b: True), verbose=0)
    assert [int(e) for e in Dataset.range(10).skip(2).take(3)] == [2, 3, 4]
    assert len(Dataset.zip((Dataset.range(3), Dataset.range(5)))) == 3
    assert [e.tolist() for e in Dataset.range(5).batch(2, drop_remainder=True).unbatch()] == [0, 1, 2, 3]


def test_files_and_results_of_old_scripts(tmp_path):
    model = fastnn.Sequential([fastnn.Input((4,)), fastnn.layers.Dense(3)])
    with pytest.raises(ValueError, match=r"weights\.h5"):
        model.save_weights(tmp_path / "w.h5")
    adapt(type(model))
    model.save_weights(tmp_path / "w.h5")
    other = fastnn.models.clone_model(model)
    other.load_weights(tmp_path / "w.h5")
    assert np.array_equal(other.get_weights()[0], model.get_weights()[0])
    model.save_weights(tmp_path / "many.weights.json", max_shard_size=0.01)
    assert (tmp_path / "many_00000.weights.h5").exists()
    other.set_weights([w * 0 for w in other.get_weights()])
    other.load_weights(tmp_path / "many.weights.json")
    assert np.array_equal(other.get_weights()[0], model.get_weights()[0])
    from fastnn.compat.aliases import _give

    x = np.ones((2, 4), "float32")
    _give(tensors=True)
    try:
        out = model(x)
        assert type(out.numpy()) is np.ndarray and isinstance(out + 1, type(out))
        loss = fastnn.losses.MeanSquaredError()(x, x * 3)
        assert float(loss.numpy()) == 4 and float((loss * 2).numpy()) == 8 and f"{loss:.1f}" == "4.0"
        np.testing.assert_array_equal(model(out[:, :1] * x), model(np.asarray(out[:, :1]) * x))
    finally:
        _give(tensors=False)
    out = model(x)
    out[0] = 0  # natively a result is an array like any other
    assert not out[0].any()
