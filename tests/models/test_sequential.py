"""Sequential: list, add, pop, deferred building, input shapes in every spelling, summary."""

import copy
import json
import pickle

import numpy as np
import pytest

import fastnn
from fastnn import Input, Sequential, layers
from fastnn.core.errors import ArgumentError, GraphError, ShapeError


def rows(*shape):
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


def test_paragon_summary():
    """The model of the summary that Keras users know: 10,400 / 10,272 / 128 parameters."""
    fastnn.utils.clear_session()
    model = Sequential([
        layers.Conv2D(32, (3, 3), padding="same", input_shape=(32, 32, 3)), layers.BatchNormalization(),
        layers.Activation("sigmoid"), layers.Conv2D(32, (3, 3), padding="same"), layers.BatchNormalization(),
        layers.Activation("sigmoid")])  # fmt: skip
    lines = []
    model.summary(line_length=76, print_fn=lines.append)
    text = lines[0]
    assert " Total params: 10,400 (40.62 KB)\n Trainable params: 10,272 (40.12 KB)\n" in text
    assert text.endswith(" Non-trainable params: 128 (512.00 B)\n")
    assert "│ conv2d (Conv2D)                 │ (None, 32, 32, 32)     │           896 │" in text
    assert (
        "│ batch_normalization             │ (None, 32, 32, 32)     │           128 │\n"
        "│ (BatchNormalization)            │                        │               │" in text
    )
    assert len({len(line) for line in text.split("\n")[1:-4]}) == 1


@pytest.mark.parametrize("first", [
    lambda: [Input((4,)), layers.Dense(3)], lambda: [layers.InputLayer(shape=(4,)), layers.Dense(3)],
    lambda: [layers.Dense(3, input_shape=(4,))], lambda: [layers.Dense(3, input_dim=4)],
    lambda: [layers.Dense(3, batch_input_shape=(None, 4))], lambda: [layers.Dense(3, input_shape=4)]])  # fmt: skip
def test_input_shape_in_every_spelling(first):
    model = Sequential(first())
    model.add(layers.Dense(2))
    assert model.built
    assert model.input_shape == (None, 4)
    assert model.output_shape == (None, 2)
    assert model(rows(5, 4)).shape == (5, 2)
    assert len(model.layers) == 2


def test_add_and_pop_rebuild():
    model = Sequential(name="stack")
    model.add(Input((4,)))
    model.add(layers.Dense(3, name="a"))
    model.add(layers.Dense(2, name="b"))
    assert [w.path for w in model.weights] == ["stack/a/kernel", "stack/a/bias", "stack/b/kernel", "stack/b/bias"]
    assert model.pop().name == "b"
    assert model.output_shape == (None, 3)
    model.add(layers.Dense(5, name="c"))
    assert model(rows(1, 4)).shape == (1, 5)


def test_weights_are_made_at_the_first_use():
    model = Sequential([layers.Dense(3), layers.Dense(1)])
    assert model.weights == []
    with pytest.raises(AttributeError, match="no defined output shape yet"):
        model.output_shape  # noqa: B018
    model.compile("sgd", "mse")
    model.fit(rows(6, 4), rows(6, 1), verbose=0)
    assert model.input_shape == (None, 4)
    other = Sequential([layers.Dense(3)])
    other.build((None, 7))
    assert other.count_params() == 24
    third = Sequential([layers.Dense(3)])
    third(rows(2, 5))
    assert third.input_shape == (None, 5)


def test_errors():
    with pytest.raises(ArgumentError, match="Only instances"):
        Sequential([3])
    with pytest.raises(GraphError, match="unique names"):
        Sequential([layers.Dense(1, name="x"), layers.Dense(1, name="x")])
    with pytest.raises(ArgumentError, match="already been configured"):
        Sequential([Input((2,)), Input((3,))])
    model = Sequential([Input((2,)), layers.Dense(1)])
    with pytest.raises(ArgumentError, match="already been configured"):
        model.build((None, 3))
    with pytest.raises(ShapeError, match=r"expected shape=\(None, 2\)"):
        model(rows(1, 5))
    with pytest.raises(ArgumentError, match="no layers"):
        Sequential().build((None, 2))
    with pytest.raises(ShapeError, match="expected min_ndim=4"):
        Sequential([Input((2,)), layers.Conv2D(1, 3)])
    with pytest.raises(ShapeError, match="output size would be zero or negative"):
        Sequential([Input((2, 2, 1)), layers.Conv2D(1, 3)])
    with pytest.raises(IndexError, match="no layers"):
        Sequential().pop()


def test_config_round_trip_and_names():
    model = Sequential([layers.Dense(3, activation="relu", input_shape=(4,)), layers.Dropout(0.2), layers.Dense(1)])
    config = json.loads(json.dumps(model.get_config()))
    assert config["build_input_shape"] == [None, 4]
    assert [c["class_name"] for c in config["layers"]] == ["InputLayer", "Dense", "Dropout", "Dense"]
    twin = Sequential.from_config(config)
    assert twin.name == model.name
    twin.set_weights(model.get_weights())
    np.testing.assert_array_equal(twin(rows(2, 4)), model(rows(2, 4)))
    again = fastnn.models.model_from_json(model.to_json())
    assert again.get_config() == model.get_config()


def test_deepcopy_keeps_the_values():
    model = Sequential([Input((4,)), layers.Dense(2)])
    twin = copy.deepcopy(model)
    np.testing.assert_array_equal(twin(rows(2, 4)), model(rows(2, 4)))
    assert twin.weights[0] is not model.weights[0]


class Twice(layers.Layer):
    """A layer that is neither fastnn's nor registered."""

    def call(self, x):
        return x * 2.0


def absolute(y_true, y_pred):
    """A loss that is neither."""
    return fastnn.ops.mean(fastnn.ops.abs(y_true - y_pred), axis=-1)


def by_pickle(model):
    return pickle.loads(pickle.dumps(model))


@pytest.mark.parametrize("way", [copy.deepcopy, by_pickle])
@pytest.mark.parametrize("loss", ["mse", absolute, fastnn.losses.Huber(0.5)], ids=str)
def test_a_copy_of_a_trained_model_trains_on_like_it(way, loss):
    model = Sequential([Input((4,)), layers.Dense(5, activation="tanh"), Twice(), layers.Dense(2)])
    model.compile(fastnn.optimizers.Adam(0.01), loss, metrics=["mae"])
    x, y = rows(24, 4), rows(24, 2)
    model.fit(x, y, epochs=2, verbose=0, shuffle=False)
    twin = way(model)
    assert twin.optimizer is not model.optimizer and int(twin.optimizer.iterations.numpy()) == 2
    logs = [m.fit(x, y, epochs=2, verbose=0, shuffle=False).history for m in (model, twin)]
    assert logs[0] == logs[1]
    np.testing.assert_array_equal(twin(x), model(x))


def bent(x):
    """An activation that is neither."""
    return fastnn.ops.tanh(x) * 1.5


def test_copies_keep_what_no_file_can_hold():
    model = Sequential([Input((4,)), layers.Dense(5, activation="tanh"), layers.Dense(2)])
    model.compile(fastnn.optimizers.AdamW(lambda: 0.01, weight_decay=0.5), "mse")
    model.optimizer.exclude_from_weight_decay([model.weights[0]])
    x, y = rows(24, 4), rows(24, 2)
    model.fit(x, y, verbose=0)
    model.layers[0].trainable = False  # the optimizer has state for it all the same
    twin = copy.deepcopy(model)
    assert [v.shape for v in twin.optimizer.variables] == [v.shape for v in model.optimizer.variables]
    assert all((a.numpy() == b.numpy()).all() for a, b in zip(model.optimizer.variables, twin.optimizer.variables))
    assert twin.optimizer._excluded == {id(twin.weights[0])}
    for m in (model, twin):
        m.layers[0].trainable = True
        m.fit(x, y, verbose=0, shuffle=False)
    assert all((a == b).all() for a, b in zip(model.get_weights(), twin.get_weights()))


def test_pickles_take_the_classes_and_functions_of_users_along():
    inner = Sequential([Input((4,)), layers.Dense(3, activation=bent)])
    model = Sequential([Input((4,)), inner, Twice(), layers.Dense(2)])
    for twin in (by_pickle(model), copy.deepcopy(model)):
        np.testing.assert_array_equal(twin(rows(2, 4)), model(rows(2, 4)))
    unbuilt = Sequential([layers.Dense(3, activation=bent), layers.Dense(1)])
    unbuilt.compile("sgd", "mse")
    twin = by_pickle(unbuilt)
    assert not twin.built and twin.compiled
    twin.fit(rows(4, 2), rows(4, 1), verbose=0)


def test_an_adapted_normalization_stays_adapted(tmp_path):
    data = rows(50, 3) * 4 + 2
    layer = layers.Normalization()
    layer.adapt(data)
    model = Sequential([Input((3,)), layer])
    np.testing.assert_allclose(model(data).std(0), 1, rtol=1e-5)
    model.save(tmp_path / "n.keras")
    other = Sequential([Input((3,)), layers.Normalization()])
    other(data)  # a plan from before
    other.set_weights(model.get_weights())
    for twin in (copy.deepcopy(model), by_pickle(model), fastnn.models.load_model(tmp_path / "n.keras"), other):
        np.testing.assert_array_equal(twin(data), model(data))
        np.testing.assert_array_equal(twin.layers[0].mean, layer.mean)


def test_a_copy_of_a_model_that_is_not_compiled_is_not_either():
    model = Sequential([Input((4,)), layers.Dense(2)])
    for twin in (copy.deepcopy(model), by_pickle(model)):
        assert not twin.compiled
        np.testing.assert_array_equal(twin(rows(2, 4)), model(rows(2, 4)))


def test_automatic_names_count_per_class():
    fastnn.utils.clear_session()
    made = [layers.Dense(1), layers.Dense(1), layers.MaxPooling2D(), layers.PReLU(), layers.Conv2D(1, 1)]
    assert [layer.name for layer in made] == ["dense", "dense_1", "max_pooling2d", "p_re_lu", "conv2d"]


def test_summary_of_graphs_lists_connections():
    a, b = Input((2,), name="a"), Input((2,), name="b")
    model = fastnn.Model([a, b], layers.Add(name="sum")([a, layers.Dense(2, name="d")(b)]), name="m")
    text = []
    model.summary(line_length=100, show_trainable=True, print_fn=text.append)
    assert "Connected to" in text[0]
    assert "a[0][0], d[0][0]" in text[0]
    assert "Trainable" in text[0]
    nested = Sequential([Input((2,)), fastnn.Sequential([Input((2,)), layers.Dense(1, name="deep")], name="inner")])
    nested.summary(expand_nested=True, print_fn=text.append)
    assert "└ deep (Dense)" in text[1]
    with pytest.raises(ArgumentError, match="Insufficient console width"):
        model.summary(line_length=9, print_fn=text.append)
    model.summary(layer_range=("b", "d"), print_fn=text.append)
    assert "sum" not in text[2].split("Total")[0]


def test_summary_before_and_after_building(capsys):
    model = Sequential([layers.Dense(2)])
    model.summary()
    assert "0 (unbuilt)" in capsys.readouterr().out
    model.build((None, 3))
    model.compile("adam", "mse")
    model.fit(rows(2, 3), rows(2, 2), verbose=0)
    model.summary()
    out = capsys.readouterr().out
    assert "(None, 2)" in out
    assert "Optimizer params" in out


def test_a_layer_that_does_not_say_what_it_gives():
    """Its model has no graph: the layers are applied one by one."""

    class Dynamic(layers.Layer):
        def call(self, inputs):
            return inputs + 1.0

        def compute_output_spec(self, *args, **kwargs):
            raise NotImplementedError

    model = Sequential([Dynamic(), layers.Dense(1, kernel_initializer="ones")])
    for width in (2, 2):
        x = np.ones((3, width), "float32")
        np.testing.assert_array_equal(model(x), np.full((3, 1), 4.0))
    model.compile("sgd", "mse")
    model.fit(np.ones((3, 2)), np.ones((3, 1)), verbose=0)
    assert model.predict(np.ones((3, 2)), verbose=0).shape == (3, 1) and len(model.layers) == 2
    model.summary(print_fn=str)


def test_an_entry_without_a_config():
    with pytest.raises(ArgumentError, match="Expected a dictionary containing a 'config' key"):
        Sequential.from_config({"name": "s", "layers": [{}]})


VARYING = {
    "lengths": (lambda: [layers.Embedding(10, 4), layers.LSTM(3), layers.Dense(1)], [(4, 5), (4, 9), (4, 3)], "int32"),
    "masks": (
        lambda: [layers.Embedding(10, 4, mask_zero=True), layers.GlobalAveragePooling1D(), layers.Dense(1)],
        [(4, 5), (4, 9)],
        "int32",
    ),
    "pictures": (
        lambda: [layers.Conv2D(3, 3), layers.GlobalMaxPooling2D(), layers.Dense(1)],
        [(4, 5, 6, 2), (4, 7, 5, 2)],
        "float32",
    ),
}


@pytest.mark.parametrize("given", [False, True], ids=["no Input", "Input of the first sizes"])
@pytest.mark.parametrize("name", VARYING)
def test_it_takes_all_sizes_that_its_layers_take(name, given):
    make, shapes, dtype = VARYING[name]
    stack = make()
    model = Sequential([Input(shapes[0][1:], dtype=dtype), *stack] if given else stack)
    model.compile("sgd", "mse")
    batches = [(np.ones(shape, dtype), np.ones((4, 1), "float32")) for shape in shapes]
    model.fit(iter(batches), steps_per_epoch=len(batches), verbose=0)
    for x, _ in batches:
        expected = x
        for layer in stack:
            expected = layer(expected)
        np.testing.assert_allclose(model(x), expected, rtol=1e-5)
        np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-5)
    again = Sequential.from_config(model.get_config())
    assert again(batches[-1][0]).shape == (4, 1)


def test_what_a_layer_refuses_is_said_of_the_declared_input():
    model = Sequential([Input((4,)), layers.Dense(2)])
    for call in (model, lambda x: model.predict(x, verbose=0), lambda x: model(Input(x.shape[1:]))):
        with pytest.raises(ValueError, match=r"expected shape=\(None, 4\), found shape=\((3|None), 5\)"):
            call(np.ones((3, 5), "float32"))
