"""Functional models: structures, shared layers, nesting, configs, and every error when the graph is built."""

import json

import numpy as np
import pytest

import fastnn
from fastnn import Input, Model, layers, ops
from fastnn.core.errors import ArgumentError, FileFormatError, GraphError, ShapeError
from fastnn.layers.layer import Layer

RNG = np.random.default_rng(3)


def rows(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


def dense(units, **kwargs):
    return layers.Dense(units, bias_initializer="ones", **kwargs)


def by_hand(layer, x):
    kernel, bias = layer.get_weights()
    return x @ kernel + bias


def test_shared_layer_is_one_set_of_weights_and_two_calls():
    shared, a, b = dense(3), Input((4,)), Input((4,))
    model = Model([a, b], layers.Subtract()([shared(a), shared(b)]))
    x, y = rows(5, 4), rows(5, 4)
    np.testing.assert_allclose(model([x, y]), by_hand(shared, x) - by_hand(shared, y), rtol=1e-5, atol=1e-6)
    assert len(model.weights) == 2
    assert model.count_params() == 15


def test_shared_layer_at_two_depths():
    shared, a = dense(4), Input((4,))
    model = Model(a, layers.Add()([shared(a), shared(shared(a))]))
    x = rows(2, 4)
    once = by_hand(shared, x)
    np.testing.assert_allclose(model(x), once + by_hand(shared, once), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("wrap", [lambda a, b: [a, b], lambda a, b: (a, b), lambda a, b: {"left": a, "right": b}])
def test_structures_of_inputs_and_outputs(wrap):
    a, b = Input((2,), name="left"), Input((2,), name="right")
    model = Model(wrap(a, b), wrap(a + b, a * b))
    x, y = rows(3, 2), rows(3, 2)
    out = model(wrap(x, y))
    assert type(out) is type(wrap(0, 0))
    first, second = out.values() if isinstance(out, dict) else out
    np.testing.assert_allclose(first, x + y, rtol=1e-6)
    np.testing.assert_allclose(second, x * y, rtol=1e-6)
    assert model.input_names == ["left", "right"]


def test_data_may_come_by_name_in_any_order():
    a, b = Input((2,), name="a"), Input((3,), name="b")
    model = Model([a, b], layers.Concatenate()([a, b]))
    x, y = rows(2, 2), rows(2, 3)
    np.testing.assert_array_equal(model({"b": y, "a": x}), np.concatenate([x, y], 1))
    np.testing.assert_array_equal(model.predict({"b": y, "a": x}), np.concatenate([x, y], 1))


@pytest.mark.parametrize("data", [{"a": 1}, {"a": 1, "c": 1}, {"x": 1, "y": 1}])
def test_missing_and_unknown_keys_are_named(data):
    model = _two_inputs()
    with pytest.raises(ShapeError, match=r"a.*b"):
        model({k: np.ones((2, 1), "float32") for k in data})


def _two_inputs():
    a, b = Input((1,), name="a"), Input((1,), name="b")
    return Model([a, b], a + b)


def test_models_are_layers():
    a = Input((3,))
    inner = Model(a, dense(3)(a), name="inner")
    b = Input((3,))
    outer = Model(b, inner(inner(b)))
    x = rows(2, 3)
    np.testing.assert_allclose(outer(x), inner(inner(x)), rtol=1e-5, atol=1e-6)
    assert [layer.name for layer in outer.layers][1:] == ["inner"]
    assert len(outer.weights) == 2


def test_sequential_inside_functional():
    block = fastnn.Sequential([Input((3,)), dense(2), layers.ReLU()])
    a = Input((3,))
    x = rows(4, 3)
    np.testing.assert_allclose(Model(a, block(a) * 2.0)(x), 2 * np.maximum(by_hand(block.layers[0], x), 0), rtol=1e-5)


def test_operations_on_symbols_are_part_of_the_graph():
    a = Input((4,))
    y = ops.mean(ops.square(a - 1.0) / 2.0, axis=-1, keepdims=True)
    x = rows(3, 4)
    np.testing.assert_allclose(Model(a, y)(x), ((x - 1) ** 2 / 2).mean(-1, keepdims=True), rtol=1e-5)
    z = Model(a, a[:, 1:3])
    np.testing.assert_array_equal(z(x), x[:, 1:3])


def test_a_model_between_intermediate_tensors_shares_the_layers():
    a = Input((4,))
    h = dense(3, name="h")(a)
    y = dense(2, name="y")(h)
    full, tail, head = Model(a, y), Model(h, y), Model(a, h)
    x = rows(2, 4)
    np.testing.assert_allclose(tail(head(x)), full(x), rtol=1e-5, atol=1e-6)
    assert tail.get_layer("y") is full.get_layer("y")


def test_input_and_output_of_layers():
    layer, a = dense(2, name="d"), Input((4,), name="a")
    y = layer(a)
    assert layer.input is a
    assert layer.output is y
    assert layer.input_shape == (None, 4)
    assert layer.output_shape == (None, 2)
    layer(Input((4,)))
    assert layer.get_output_at(0) is y
    assert Model(a, layer.output).output_shape == (None, 2)


def test_rank_is_adjusted_where_one_dimension_is_one():
    a = Input((1,))
    model = Model(a, a * 2.0)
    assert model(np.ones(3, "float32")).shape == (3, 1)


def test_integer_data_reach_a_float_input_as_floats():
    a = Input((2,))
    assert Model(a, a / 2.0)(np.array([[1, 3]], np.uint8)).tolist() == [[0.5, 1.5]]


def test_unused_inputs_stay_inputs():
    a, b = Input((2,), name="a"), Input((2,), name="b")
    model = Model([a, b], a + 1.0)
    assert model.input_names == ["a", "b"]
    x = rows(2, 2)
    np.testing.assert_allclose(model([x, x]), x + 1)


class TestErrors:
    def test_not_connected(self):
        a, b = Input((2,)), Input((2,), name="forgotten")
        with pytest.raises(GraphError, match=r"Graph disconnected.*forgotten"):
            Model(a, a + b)

    def test_two_layers_of_one_name(self):
        a = Input((2,))
        with pytest.raises(GraphError, match='"twin" is used 2 times'):
            Model(a, dense(2, name="twin")(dense(2, name="twin")(a)))

    @pytest.mark.parametrize("bad", [np.ones((2, 2)), "x", None])
    def test_not_a_symbol(self, bad):
        a = Input((2,))
        with pytest.raises(ValueError, match="KerasTensor"):
            Model([a, bad], a)
        with pytest.raises(ValueError, match="KerasTensor"):
            Model(a, [a, bad])

    def test_wrong_feature_count(self):
        a = Input((2,))
        layer = dense(1, name="d")
        model = Model(a, layer(a))
        with pytest.raises(ShapeError, match=r"expected shape=\(None, 2\), found shape=\(4, 3\)"):
            model(rows(4, 3))
        with pytest.raises(ShapeError, match="expected axis -1 of input shape to have value 2"):
            layer(Input((5,)))

    def test_wrong_number_of_inputs(self):
        with pytest.raises(ShapeError, match="expects 2 named input"):
            _two_inputs()(rows(2, 1))

    def test_incompatible_merge(self):
        with pytest.raises(ShapeError, match="incompatible shapes"):
            layers.Add()([Input((2,)), Input((3,))])
        with pytest.raises(ShapeError, match="matching shapes"):
            layers.Concatenate()([Input((2, 4)), Input((3, 3))])

    def test_unknown_layer_name(self):
        with pytest.raises(ArgumentError, match=r"No such layer: nope.*\['a', 'b'"):
            _two_inputs().get_layer("nope")


class TestConfig:
    def model(self):
        a, b = Input((4,), name="a"), Input((6,), dtype="int32", name="b")
        shared = dense(3, name="shared")
        s = shared(a) + shared(ops.relu(a))
        e = layers.LSTM(3, name="rnn")(layers.Embedding(9, 2, mask_zero=True, name="emb")(b))
        inner = fastnn.Sequential([Input((3,)), layers.Dense(3, name="in")], name="inner")
        joined = layers.Concatenate(name="join")([s, inner(e)])
        return Model({"a": a, "b": b}, {"out": layers.Dense(2, name="out")(joined), "aux": joined * 2.0 - 1.0})

    def test_round_trip_through_json(self):
        model = self.model()
        twin = Model.from_config(json.loads(json.dumps(model.get_config())))
        assert twin.get_config() == model.get_config()
        twin.set_weights(model.get_weights())
        x = {"a": rows(2, 4), "b": RNG.integers(0, 9, (2, 6)).astype("int32")}
        for key, value in model(x).items():
            np.testing.assert_array_equal(twin(x)[key], value)

    def test_format_is_keras_3s(self):
        config = self.model().get_config()
        by_name = {entry["name"]: entry for entry in config["layers"]}
        assert set(config) == {"name", "trainable", "layers", "input_layers", "output_layers"}
        assert config["input_layers"] == {"a": ["a", 0, 0], "b": ["b", 0, 0]}
        assert by_name["shared"]["inbound_nodes"][0] == {
            "args": [
                {
                    "class_name": "__keras_tensor__",
                    "config": {"shape": [None, 4], "dtype": "float32", "keras_history": ["a", 0, 0]},
                }
            ],
            "kwargs": {},
        }
        assert by_name["shared"]["build_config"] == {"input_shape": (None, 4)}
        assert by_name["out"]["module"] == "keras.layers"
        assert by_name["rnn"]["class_name"] == "LSTM"

    def test_clone_has_weights_of_its_own(self):
        model = self.model()
        clone = fastnn.models.clone_model(model)
        assert [w.shape for w in clone.weights] == [w.shape for w in model.weights]
        assert not {id(w) for w in clone.weights} & {id(w) for w in model.weights}

    @pytest.mark.parametrize(
        "damage",
        [
            lambda c: c.pop("layers"),
            lambda c: c["layers"].pop(2),
            lambda c: c["output_layers"].update(out=["nowhere", 0, 0]),
            lambda c: c["output_layers"].update(out=["out", 7, 0]),
            lambda c: c["layers"].append(c["layers"][0]),
        ],
    )
    def test_damaged_configs_are_named_errors(self, damage):
        config = json.loads(json.dumps(self.model().get_config()))
        damage(config)
        with pytest.raises(FileFormatError):
            Model.from_config(config)


def test_subclass_with_inputs_and_outputs():
    class Mine(Model):
        def __init__(self, units):
            a = Input((3,))
            super().__init__(inputs=a, outputs=dense(units)(a))
            self.units = units

    model = Mine(2)
    assert model.output_shape == (None, 2)
    assert model(rows(1, 3)).shape == (1, 2)
    assert model.units == 2


def test_symbolic_loss_is_part_of_the_training_loss():
    a = Input((3,))
    h = dense(2)(a)
    model = Model(a, h)
    model.add_loss(ops.sum(ops.square(h)))
    model.compile("sgd", "mse")
    x = rows(4, 3)
    y = np.zeros((4, 2), "float32")
    h0 = model(x)
    loss = model.evaluate(x, y, batch_size=4, verbose=0)
    np.testing.assert_allclose(loss, (h0**2).mean() + (h0**2).sum(), rtol=1e-4)


def test_activity_regularizer_is_per_sample():
    a = Input((3,))
    layer = dense(2, activity_regularizer=fastnn.regularizers.L2(0.5))
    model = Model(a, layer(a))
    model.compile("sgd", "mse")
    x = rows(4, 3)
    h = model(x)
    expected = (h**2).mean() + 0.5 * (h**2).sum() / 4
    np.testing.assert_allclose(model.evaluate(x, np.zeros((4, 2), "float32"), verbose=0), expected, rtol=1e-4)


def test_layer_without_shape_rule_is_traced():
    class Halves(Layer):
        def call(self, x):
            return {"left": x[:, :2], "sum": ops.sum(x, axis=1)}

    out = Halves()(Input((5,)))
    assert out["left"].shape == (None, 2)
    assert out["sum"].shape == (None,)


def test_a_subclass_whose_config_is_its_own_arguments(tmp_path):
    """The constructor makes the graph: the config need not say it."""

    @fastnn.saving.register_keras_serializable("own_config")
    class Net(fastnn.Model):
        def __init__(self, units=2):
            x = fastnn.Input((3,))
            super().__init__(x, layers.Dense(units)(x))
            self.units = units

        def get_config(self):
            return {"units": self.units}

    model = Net(4)
    model.save(tmp_path / "net.keras")
    loaded = fastnn.saving.load_model(tmp_path / "net.keras")
    x = np.ones((2, 3), "float32")
    assert type(loaded) is Net and loaded.units == 4
    np.testing.assert_array_equal(loaded(x), model(x))


@pytest.mark.parametrize("kind", [list, tuple])
@pytest.mark.parametrize("loss", ["mse", ["mse"]])
def test_one_output_in_a_list_is_given_as_itself(kind, loss):
    """As in Keras: by calls on arrays and by predict; a call on symbols gives the list."""
    x, y = np.ones((4, 3), "float32"), np.ones((4, 2), "float32")
    start = Input((3,))
    model = Model(start, kind([layers.Dense(2, kernel_initializer="ones")(start)]))
    model.compile("sgd", loss, metrics=["mae"])
    assert type(model(Input((3,)))) is kind
    assert model(x).shape == model.predict(x, verbose=0).shape == (4, 2)
    assert model.evaluate(x, y, verbose=0) == model.evaluate(x, [y], verbose=0) == [4.0, 2.0]


def test_an_input_of_its_own_is_no_output():
    with pytest.raises(GraphError, match="not connected to `inputs`"):
        Model(Input((3,)), Input((3,)))
    x = Input((3,))
    with pytest.raises(GraphError, match="path `1` is not connected"):
        Model(x, [dense(2)(x), Input((3,))])
    assert Model(x, x)(rows(2, 3)).shape == (2, 3)
