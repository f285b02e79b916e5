"""The base class: weights, tracking, training flag, losses, configs, errors, and that nothing keeps a model alive."""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest

import fastnn
from fastnn import Input, Model, layers, ops
from fastnn.core.errors import ArgumentError, NotBuiltError, NotSupportedError, ShapeError
from fastnn.graph import Trace, Variable
from fastnn.layers.layer import Layer
from fastnn.layers.merging import Merge


def rows(*shape):
    return np.random.default_rng(1).standard_normal(shape).astype(np.float32)


class Scale(Layer):
    """y = x * w, counting how it was called."""

    def __init__(self, factor=2.0, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor
        self.seen = []

    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="w")
        self.calls = self.add_weight(name="calls", shape=(), initializer="zeros", trainable=False)

    def call(self, x, training=None):
        self.seen.append(training)
        self.calls.assign_add(1.0)
        return x * self.w * self.factor


def test_a_layer_builds_at_its_first_call():
    layer = Scale(3.0, name="s")
    assert not layer.built
    with pytest.raises(NotBuiltError, match="isn't built"):
        layer.count_params()
    np.testing.assert_allclose(layer(rows(2, 4)), 3 * rows(2, 4))
    assert layer.count_params() == 5
    assert [w.path for w in layer.weights] == ["s/w", "s/calls"]
    assert [w.name for w in layer.trainable_weights] == ["w"]
    assert [w.name for w in layer.non_trainable_weights] == ["calls"]
    assert float(layer.calls.numpy()) == 1.0


def test_training_flag_goes_down_and_the_nearest_wins():
    class Outer(Layer):
        def __init__(self):
            super().__init__()
            self.inner, self.fixed = Scale(), Scale()

        def call(self, x):
            return self.inner(x) + self.fixed(x, training=False)

    outer = Outer()
    x = rows(1, 2)
    outer(x)
    with Trace(training=True) as trace:
        outer(trace.input((1, 2), "float32"))
    assert outer.inner.seen == [False, True]
    assert outer.fixed.seen == [False, False]


def test_an_explicit_flag_is_what_layers_inside_see():
    a = Input((2,))
    layer = Scale()
    model = Model(a, layer(a))
    layer.seen.clear()
    model(rows(1, 2), training=True)
    model(rows(1, 2))
    assert layer.seen == [True, False]


def test_attributes_are_tracked_in_lists_and_dicts():
    layer = Layer(name="holder")
    layer.blocks = [Scale(name="a")]
    layer.blocks.append(Scale(name="b"))
    layer.named = {"c": Scale(name="c")}
    layer.named["d"] = Scale(name="d")
    layer.pair = (Scale(name="e"), 3)
    layer.loose = Variable(np.zeros(3), name="v")
    assert [x.name for x in layer._layers] == list("abcde")
    assert [v.name for v in layer.weights] == ["v"]
    layer.blocks[0] = Scale(name="f")
    del layer.named["c"]
    layer.pair = None
    assert sorted(x.name for x in layer._layers if x.name != "e") == ["b", "d", "f"]
    del layer.loose
    assert layer.weights == []


def test_freezing_keeps_the_order_of_weights():
    model = fastnn.Sequential([Input((4,)), layers.BatchNormalization(name="bn"), layers.Dense(1, name="d")])
    names = [w.path.split("/", 1)[1] for w in model.weights]
    assert names == ["bn/gamma", "bn/beta", "bn/moving_mean", "bn/moving_variance", "d/kernel", "d/bias"]
    model.layers[0].trainable = False
    assert [w.path.split("/", 1)[1] for w in model.weights] == names
    assert len(model.trainable_weights) == 2
    model.trainable = False
    assert model.trainable_weights == []
    assert len(model.non_trainable_weights) == 6
    model.trainable = True
    assert len(model.trainable_weights) == 4


def test_set_weights_changes_nothing_on_error():
    layer = layers.Dense(2)
    layer.build((None, 3))
    before = layer.get_weights()
    with pytest.raises(ShapeError, match="length 1"):
        layer.set_weights([np.zeros((3, 2))])
    with pytest.raises(ShapeError, match=r"\(2,\).*\(5,\)"):
        layer.set_weights([np.ones((3, 2)), np.ones(5)])
    for a, b in zip(before, layer.get_weights()):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("args, kwargs, error, words", [
    (("w", (2, 3)), {}, ArgumentError, "`name` must be passed as a keyword argument"),
    (((2,), "ones", "float32", False), {}, TypeError, "takes at most 3 positional arguments but 4 were given"),
    (((2,),), {"shape": (3,)}, ArgumentError, "`shape` was passed both positionally and as a keyword argument"),
    (((2,), "ones"), {"initializer": "zeros"}, ArgumentError, "`initializer` was passed both"),
    (((2,), "ones", "int32"), {"dtype": "int32"}, ArgumentError, "`dtype` was passed both"),
    ((), {"shape": (2,), "initialiser": "zeros"}, TypeError, "unexpected keyword argument 'initialiser'"),
    ((), {"shape": (None, 2)}, ShapeError, "must be known"),
])  # fmt: skip
def test_arguments_of_add_weight(args, kwargs, error, words):
    layer = Layer(name="l")
    with pytest.raises(error, match=words):
        layer.add_weight(*args, **kwargs)
    assert layer.weights == []
    w = layer.add_weight((2, 3), "ones", "int32", name="w", trainable=False)
    assert (w.name, w.shape, w.path, w.dtype, w.trainable) == ("w", (2, 3), "l/w", "int32", False)


def test_losses_of_layers_and_weights():
    class Penal(Layer):
        def call(self, x):
            self.add_loss(ops.sum(x))
            return x

    model = fastnn.Sequential(
        [Input((2,)), Penal(), layers.Dense(1, kernel_regularizer="l2", kernel_initializer="ones")]
    )
    model(np.ones((3, 2), "float32"))
    assert [float(v) for v in model.losses] == [6.0, pytest.approx(0.02)]
    model(np.ones((1, 2), "float32"))
    assert float(model.losses[0]) == 2.0
    with pytest.raises(ArgumentError, match="invalid value"):
        model.add_loss("much")


def test_get_config_of_user_layers():
    layer = Scale(1.5, name="s", trainable=False)
    twin = Scale.from_config(layer.get_config())
    assert (twin.factor, twin.name, twin.trainable) == (1.5, "s", False)

    class Odd(Layer):
        def __init__(self, thing, **kwargs):
            super().__init__(**kwargs)

    with pytest.raises(NotSupportedError, match="get_config"):
        Odd(object()).get_config()


def test_arguments_are_checked():
    with pytest.raises(ArgumentError, match="Unrecognized keyword arguments passed to Dense"):
        layers.Dense(1, unit=3)
    with pytest.raises(ArgumentError, match="trainable"):
        layers.Dense(1, trainable="yes")
    with pytest.raises(ValueError, match="units"):
        layers.Dense(0)
    with pytest.raises(ValueError, match="Could not interpret activation"):
        layers.Dense(1, activation="rellu")

    class Forgot(Layer):
        def __init__(self):
            self.x = 1

        def call(self, x):
            return x

    with pytest.raises(RuntimeError, match="super"):
        Forgot()(rows(1, 1))


def test_dtype_float64_computes_in_float64():
    layer = layers.Dense(2, dtype="float64")
    assert layer(rows(1, 3)).dtype == np.float64
    assert layer.kernel.dtype == "float64"
    assert layers.Dense(2)(rows(1, 3).astype("float64")).dtype == np.float32


def test_symbols_of_another_graph_are_refused():
    with Trace() as trace:
        x = trace.input((2, 2), "float32")
    with pytest.raises(ValueError, match="trace that has ended"):
        ops.relu(x)


def test_a_subclassed_model_trains():
    class Net(Model):
        def __init__(self):
            super().__init__()
            self.hidden, self.out = layers.Dense(8, activation="relu"), layers.Dense(1)

        def call(self, x, training=False):
            return self.out(self.hidden(x))

    model = Net()
    model.compile("adam", "mse")
    x = rows(32, 3)
    history = model.fit(x, x.sum(1, keepdims=True), epochs=3, verbose=0)
    assert history.history["loss"][-1] < history.history["loss"][0]
    assert {w.path.split("/")[0] for w in model.weights} == {model.name}
    assert model.predict(x, verbose=0).shape == (32, 1)


def _model(kind):
    if kind == "sequential":
        return fastnn.Sequential([Input((3,)), layers.Dense(2), layers.Dropout(0.5)])
    a = Input((3,))
    h = layers.Dense(3)(a)
    return Model(a, layers.Add()([h, ops.relu(a)]))


@pytest.mark.parametrize("kind", ["sequential", "functional"])
@pytest.mark.parametrize("use", ["none", "call"])
def test_a_model_is_freed_without_the_collector(kind, use):
    x = rows(4, 3)
    _model(kind)(x)  # whatever is cached on first use
    gc.collect()
    gc.disable()
    try:
        model = _model(kind)
        if use == "call":
            model(x)
        ghosts = [weakref.ref(model), weakref.ref(model.layers[0]), weakref.ref(model.weights[0])]
        del model
        assert [g() for g in ghosts] == [None, None, None]
    finally:
        gc.enable()


def test_random_layers_draw_by_seed_and_call():
    layer = layers.Dropout(0.5, seed=3)
    x = np.ones((1, 64), "float32")
    first, second = layer(x, training=True), layer(x, training=True)
    assert (first != second).any()
    np.testing.assert_array_equal(layers.Dropout(0.5, seed=3)(x, training=True), first)
    np.testing.assert_array_equal(layer(x), x)
    mask = layers.SpatialDropout1D(0.5, seed=1)(np.ones((2, 5, 8), "float32"), training=True)
    assert (mask == mask[:, :1]).all()


def test_lambda_and_its_config():
    layer = layers.Lambda(lambda x, k: x * k, arguments={"k": 3.0})
    np.testing.assert_allclose(layer(rows(1, 2)), rows(1, 2) * 3)
    assert layer(Input((2,))).shape == (None, 2)
    assert layers.Lambda(lambda x: x, output_shape=(7,)).compute_output_shape((None, 2)) == (None, 7)


def test_normalization_adapts():
    data = rows(50, 3) * 3 + 1
    layer = layers.Normalization()
    layer.adapt(data)
    out = layer(data)
    np.testing.assert_allclose(out.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(out.std(0), 1, atol=1e-5)


def test_names_of_the_package():
    assert "Dense" in dir(layers)
    with pytest.raises(AttributeError, match="Did you mean: Dense"):
        layers.Denze  # noqa: B018


def test_symbolic_call_and_add_variable_take_keras_arguments():
    layer = layers.Dense(2)
    assert layer.symbolic_call(fastnn.Input((3,))).shape == (None, 2)
    first = layers.Layer().add_variable((2,), "ones", "float32", False, True, None, None, "first")
    assert first.name == "first" and not first.trainable and first.aggregation == "none"


@pytest.mark.parametrize(
    "build, words",
    [
        (lambda self, foo_shape, bar: None, "argument `bar`, which does not end in `_shape`"),
        (lambda self, foo_shape, baz_shape: None, "`baz_shape`, but `call\\(\\)` does not have argument `baz`"),
    ],
)
def test_arguments_of_build_are_named_after_those_of_call(build, words):
    cls = type("Two", (Layer,), {"build": build, "call": lambda self, foo, bar: foo + bar})
    with pytest.raises(ValueError, match=words):
        cls()(np.ones((4, 1)), np.ones((4, 2)))


def test_build_gets_the_shape_of_an_attention_mask():
    class Masked(Layer):
        def build(self, inputs_shape, attention_mask_shape=None):
            self.seen = attention_mask_shape

        def call(self, inputs, attention_mask=None):
            return inputs * attention_mask

    layer = Masked()
    layer(np.ones((2, 3)), attention_mask=np.ones((2, 1)))
    assert layer.seen == (2, 1)


def test_a_mask_survives_the_conversion_to_the_dtype_of_the_next_layer():
    class Seen(Layer):
        def __init__(self):
            super().__init__()
            self.supports_masking = True

        def call(self, inputs, mask=None):
            self.mask = mask
            return inputs

    steps, seen = np.array([[[0.0], [1.0]]]), Seen()
    model = fastnn.Sequential([layers.Masking(dtype="float64"), seen])
    model(steps)
    np.testing.assert_array_equal(seen.mask, [[False, True]])
    model.predict(steps, verbose=0)


class Plus(Layer):
    def __init__(self):
        super().__init__()
        self._register_call_context_args("foo_mode")

    def call(self, x, foo_mode=None):
        return x + (1 if foo_mode else 0)


class Around(Layer):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def call(self, x):
        return self.inner(x)


@pytest.mark.parametrize("model", ["layer", "sequential", "functional"])
def test_call_context_arguments_reach_the_layers_that_ask_for_them(model):
    outer = Around(Around(Plus()))
    if model == "sequential":
        outer = fastnn.Sequential([layers.Identity(), outer])
    if model == "functional":
        x = Input((1,))
        outer = Model(x, outer(x))
    outer._register_call_context_args("foo_mode")
    ones = np.ones((2, 1), "float32")
    assert outer(ones, foo_mode=True).sum() == 4 and outer(ones).sum() == 2
    with pytest.raises(RuntimeError, match="after the layer has been called"):
        outer._register_call_context_args("more")


@pytest.mark.parametrize("name", ["_inside", "_weights", "_kept", "_found", "_layers_inside"])
@pytest.mark.parametrize("value", [3, "words", (1, 2), [0.5], None])
def test_attributes_of_a_layer_keep_what_it_put_there(name, value):
    """What layers find once is kept beside the attributes that users, and layers of fastnn, have under such names."""

    class Mine(layers.Dense):
        def __init__(self, units):
            super().__init__(units)
            setattr(self, name, value)

    model = fastnn.Sequential([fastnn.Input((3,)), Mine(2), layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(np.ones((4, 3)), np.ones(4), verbose=0)
    assert [len(model.weights), len(model.layers[0].weights)] == [4, 2]
    assert getattr(model.layers[0], name) == value and model.layers[0] in model._flatten_layers()


def test_layers_whose_attributes_have_such_names():
    normal = layers.Normalization()
    normal.adapt(np.arange(6.0).reshape(3, 2))
    assert len(normal.weights) == 3
    cut = layers.CutMix()
    assert cut.weights == [] and cut(np.ones((2, 4, 4, 3)), training=True).shape == (2, 4, 4, 3)


def test_a_layer_of_a_model_can_be_pickled_and_copied():
    model = fastnn.Sequential([fastnn.Input((3,)), fastnn.layers.Dense(2), fastnn.layers.BatchNormalization()])
    rows = np.ones((2, 3), np.float32)
    for twin in (pickle.loads(pickle.dumps(model.layers[0])), copy.deepcopy(model.layers[0])):
        np.testing.assert_array_equal(twin(rows), model.layers[0](rows))
        assert twin(fastnn.Input((3,))).shape == (None, 2)


@pytest.mark.parametrize("first", [True, False])
def test_a_build_of_ones_own_may_call_that_of_the_base_before_it_has_made_all(first):
    class Embedded(layers.Layer):
        def __init__(self):
            super().__init__()
            self.inner = layers.Dense(2)

        def build(self, input_shape):
            if first:
                super().build(input_shape)
            self.inner.build(input_shape)
            self.scale = self.add_weight(shape=(2,), initializer="ones")
            if not first:
                super().build(input_shape)

        def call(self, x):
            return self.inner(x) * self.scale

    layer = Embedded()
    layer.build((None, 3))
    assert layer.built and [v.shape for v in layer.weights] == [(2,), (3, 2), (2,)]
    assert Embedded()(np.ones((1, 3), "float32")).shape == (1, 2)


def test_rules_of_shapes_get_the_shapes_that_they_name():
    class Two(layers.Layer):
        def call(self, query, value, scale=None):
            raise AssertionError("the rule says the shape")

        def compute_output_shape(self, query_shape, value_shape, scale_shape=None):
            return [(*query_shape[:-1], value_shape[-1]), scale_shape or (1,)]

    q, v = layers.Input((3, 4)), layers.Input((5, 6))
    assert [tuple(x.shape) for x in Two()(q, v)] == [(None, 3, 6), (1,)]
    assert [tuple(x.shape) for x in Two()(q, value=v, scale=q)] == [(None, 3, 6), (None, 3, 4)]


def test_merges_by_keras_private_name():
    class Halfway(Merge):
        def _merge_function(self, inputs):
            return 0.5 * inputs[0] + 0.5 * inputs[1]

    a, b = np.ones((2, 3), "float32"), np.full((2, 3), 3.0, "float32")
    np.testing.assert_allclose(Halfway()([a, b]), np.full((2, 3), 2.0))


def test_a_class_derived_from_a_convolution_builds_itself():
    class Scaled(layers.Conv2D):
        def __init__(self, **kwargs):
            super().__init__(filters=None, kernel_size=1, **kwargs)

        def build(self, input_shape):
            self.scale = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="scale")
            self.built = True

        def call(self, inputs):
            return inputs * self.scale

        def compute_output_shape(self, input_shape):
            return input_shape

    x = np.ones((1, 2, 2, 3), "float32")
    np.testing.assert_array_equal(Scaled()(x), x)
