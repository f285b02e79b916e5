"""Half precision: every kind of layer against itself in float32, training, the scale of the loss, files."""

import subprocess
import sys

import numpy as np
import pytest

import fastnn as keras
from fastnn import layers as L
from fastnn import ops
from fastnn.core import dtypes
from fastnn.core.errors import NotSupportedError

IMAGE, STEPS, ROW = (6, 6, 4), (5, 4), (6,)
LAYERS = {
    "dense": (lambda **k: L.Dense(3, "gelu", **k), ROW),
    "einsum": (lambda **k: L.EinsumDense("ab,bc->ac", 3, **k), ROW),
    "embedding": (lambda **k: L.Embedding(9, 4, **k), (3,)), "conv1": (lambda **k: L.Conv1D(2, 3, **k), STEPS),
    "conv2": (lambda **k: L.Conv2D(3, 3, padding="same", activation="relu", **k), IMAGE),
    "transpose": (lambda **k: L.Conv2DTranspose(3, 2, strides=2, **k), IMAGE),
    "depthwise": (lambda **k: L.DepthwiseConv2D(3, **k), IMAGE),
    "separable": (lambda **k: L.SeparableConv2D(3, 2, **k), IMAGE),
    "max_pool": (lambda **k: L.MaxPooling2D(**k), IMAGE), "mean_pool": (lambda **k: L.AveragePooling2D(**k), IMAGE),
    "global": (lambda **k: L.GlobalAveragePooling2D(**k), IMAGE), "batch": (lambda **k: L.BatchNormalization(**k), ROW),
    "layer": (lambda **k: L.LayerNormalization(**k), ROW), "group": (lambda **k: L.GroupNormalization(2, **k), IMAGE),
    "unit": (lambda **k: L.UnitNormalization(**k), ROW), "lstm": (lambda **k: L.LSTM(3, **k), STEPS),
    "gru": (lambda **k: L.GRU(3, return_sequences=True, **k), STEPS), "rnn": (lambda **k: L.SimpleRNN(3, **k), STEPS),
    "both_ways": (lambda **k: L.Bidirectional(L.LSTM(2, **k), **k), STEPS), "prelu": (lambda **k: L.PReLU(**k), ROW),
    "softmax": (lambda **k: L.Softmax(**k), ROW), "up": (lambda **k: L.UpSampling2D(**k), IMAGE),
    "flat": (lambda **k: L.Flatten(**k), IMAGE), "permute": (lambda **k: L.Permute((2, 1), **k), STEPS),
    "pad": (lambda **k: L.ZeroPadding2D(**k), IMAGE), "crop": (lambda **k: L.Cropping2D(1, **k), IMAGE),
    "rescaling": (lambda **k: L.Rescaling(0.5, 1.0, **k), ROW), "dropout": (lambda **k: L.Dropout(0.5, **k), ROW),
    "time": (lambda **k: L.TimeDistributed(L.Dense(2, **k), **k), STEPS),
}  # fmt: skip
POLICIES = {"mixed_float16": "float16", "float16": "float16", "mixed_bfloat16": "bfloat16", "bfloat16": "bfloat16"}
COARSER = {"float16": 1, "bfloat16": 8}  # three bits less


def inputs(name, shape, n=4):
    rng = np.random.default_rng(1)
    if name == "embedding":
        return rng.integers(0, 9, (n, *shape))
    return rng.normal(size=(n, *shape)).astype("float16").astype("float32")


@pytest.fixture(autouse=True)
def default_policy():
    yield
    keras.config.set_dtype_policy("float32")


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_gives_its_float32_values_rounded(name, policy):
    """Weights and inputs are the same halves on both sides; dtypes are the policy's."""
    make, shape = LAYERS[name]
    exact, half = make(), make(dtype=policy)
    x = inputs(name, shape)
    exact(x)
    half(x)
    kind = dtypes.numpy_type(POLICIES[policy])
    x = x if name == "embedding" else x.astype(kind).astype("float32")
    weights = [w.astype(kind).astype("float32") for w in exact.get_weights()]
    exact.set_weights(weights)
    half.set_weights(weights)
    y = half(x)
    assert y.dtype == kind
    assert {w.dtype for w in half.weights if w.trainable} <= {"float32" if "mixed" in policy else policy}
    near = 4e-3 * COARSER[POLICIES[policy]]
    np.testing.assert_allclose(np.asarray(y, "float32"), exact(x), rtol=near, atol=near)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("name", LAYERS)
def test_a_model_trains_as_in_float32(name, policy):
    """One small step of SGD: the weights move as they do in float32, up to the rounding of gradients."""
    make, shape = LAYERS[name]
    x, given = inputs(name, shape), "int32" if name == "embedding" else "float32"
    models = []
    for dtype in ("float32", policy):
        model = keras.Sequential([keras.Input(shape, dtype=given), make(dtype=dtype), L.Flatten(dtype=dtype)])
        model.compile(keras.optimizers.SGD(0.25), "mse")
        models.append(model)
    exact, half = models
    kind, near = dtypes.numpy_type(POLICIES[policy]), COARSER[POLICIES[policy]]
    half.set_weights([w.astype(kind) for w in exact.get_weights()])
    exact.set_weights([w.astype("float32") for w in half.get_weights()])
    y = np.zeros(exact(x).shape, "float32")
    if name != "dropout":
        losses = [m.fit(x, y, verbose=0, batch_size=4).history["loss"][0] for m in models]
        np.testing.assert_allclose(losses[1], losses[0], rtol=5e-3 * near)
    for a, b in zip(exact.get_weights(), half.get_weights()):
        np.testing.assert_allclose(np.asarray(b, "float32"), a, rtol=5e-3 * near, atol=2e-3 * near)
    assert half.predict(x, verbose=0).dtype == kind


@pytest.mark.parametrize("optimizer", [
    "sgd", "rmsprop", "adagrad", "adadelta", "adam", "adamax", "nadam", "lion", "ftrl", "lamb", "adafactor", "muon",
])  # fmt: skip
def test_optimizers_update_float16_weights(optimizer):
    """Slots have the dtype of the weights; weights that were float16 stay it and move."""
    model = keras.Sequential([keras.Input((4,)), L.Dense(3, dtype="float16")])
    model.compile(optimizer, "mse")
    model.optimizer.learning_rate = 0.1
    before = model.get_weights()
    model.fit(np.ones((8, 4), "float32"), np.ones((8, 3), "float32"), epochs=3, verbose=0)
    assert all(w.dtype == np.float16 and np.isfinite(w).all() for w in model.get_weights())
    assert any((a != b).any() for a, b in zip(before, model.get_weights()))
    assert {v.dtype for v in model.optimizer.variables if v.shape} == ({"float16"} if optimizer != "sgd" else set())


def test_a_mixed_float16_model_scales_its_loss(tmp_path):
    keras.config.set_dtype_policy("mixed_float16")
    model = keras.Sequential([keras.Input((4,)), L.Dense(8, "relu"), L.Dense(1)])
    model.compile("adam", "mse")
    assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
    assert model.optimizer.name == "loss_scale_optimizer"
    x = np.random.default_rng(0).normal(size=(32, 4)).astype("float32")
    history = model.fit(x, x[:, :1], epochs=20, batch_size=8, verbose=0).history["loss"]
    assert history[-1] < 0.7 * history[0]
    model.save(tmp_path / "m.keras")
    keras.config.set_dtype_policy("float32")
    again = keras.models.load_model(tmp_path / "m.keras")
    assert again.layers[0].dtype_policy.name == "mixed_float16"
    assert float(again.optimizer.dynamic_scale.numpy()) == float(model.optimizer.dynamic_scale.numpy())
    model.compile("adam", "mse", auto_scale_loss=False)
    assert isinstance(model.optimizer, keras.optimizers.Adam)


def test_gradients_that_vanish_in_float16_come_through_the_scale():
    """A gradient of 1e-9 is 0 in float16; multiplied by 2**15 it is not."""
    moved = []
    for scaled in (False, True):
        keras.config.set_dtype_policy("mixed_float16")
        model = keras.Sequential([keras.Input((1,)), L.Dense(1, kernel_initializer="ones", use_bias=False)])
        model.compile(keras.optimizers.SGD(1e6), lambda t, p: 1e-9 * p, auto_scale_loss=scaled)
        model.fit(np.ones((4, 1), "float32"), np.zeros((4, 1), "float32"), verbose=0, batch_size=4)
        moved.append(1.0 - float(model.get_weights()[0][0, 0]))
    assert moved[0] == 0.0
    np.testing.assert_allclose(moved[1], 1e-3, rtol=0.05)


def test_weights_are_seen_in_the_dtype_of_the_call():
    """Inside a mixed layer's call only; a float32 layer within it sees its own as they are."""
    seen = {}

    class Outer(L.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.inner = L.Dense(2, dtype="float32")

        def build(self, shape):
            self.w = self.add_weight((), "ones", name="w")
            self.kept = self.add_weight((), "ones", name="kept", autocast=False)
            self.count = self.add_weight((), "zeros", "int32", name="count")
            self.inner.build(shape)

        def call(self, x):
            seen.update(w=self.w.dtype, kept=self.kept.dtype, count=self.count.dtype, x=str(x.dtype),
                        product=str(ops.multiply(x, self.w).dtype), value=str(self.w.value.dtype),
                        inner=str(self.inner(x).dtype))  # fmt: skip
            return x * self.w

    layer = Outer(dtype="mixed_float16")
    assert layer(np.ones((1, 2), "float32")).dtype == np.float16
    assert seen == {"w": "float16", "kept": "float32", "count": "int32", "x": "float16", "product": "float16",
                    "value": "float16", "inner": "float32"}  # fmt: skip
    assert layer.w.dtype == "float32" and layer.w.numpy().dtype == np.float32


@pytest.mark.parametrize("op, arrays", [
    (ops.conv, [np.ones((1, 4, 4, 2)), np.ones((2, 2, 2, 3))]), (ops.softmax, [np.ones((2, 3))]),
    (ops.matmul, [np.ones((2, 3)), np.ones((3, 2))]), (lambda x: ops.max_pool(x, 2), [np.ones((1, 4, 4, 2))]),
    (ops.logsumexp, [np.ones((2, 3))]), (ops.gelu, [np.ones((2, 3))]), (ops.mean, [np.ones((2, 3))]),
    (lambda x: ops.average_pool(x, 2), [np.ones((1, 4, 4, 2))]),
])  # fmt: skip
def test_operations_keep_float16(op, arrays):
    half = op(*(a.astype("float16") for a in arrays))
    assert half.dtype == np.float16
    np.testing.assert_allclose(half, op(*(a.astype("float32") for a in arrays)), rtol=1e-3)


def test_without_its_package_bfloat16_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    assert keras.dtype_policies.DTypePolicy("bfloat16").compute_dtype == "bfloat16"  # the name is no computation
    with pytest.raises(NotSupportedError, match=r"bfloat16.*install"):
        L.Dense(2, dtype="bfloat16")(np.ones((1, 2), "float32"))


def test_both_halves_meet_in_float32():
    brain = np.ones(2, dtypes.numpy_type("bfloat16"))
    assert ops.add(brain, np.ones(2, "float16")).dtype == np.float32
    assert ops.add(brain, np.ones(2, "int32")).dtype == ops.add(brain, 1.5).dtype == brain.dtype
    assert ops.add(brain, np.ones(2, "float64")).dtype == np.float64


def test_integers_into_bfloat16_need_nothing_imported_before():
    program = (
        "import sys, fastnn as K; m = K.Sequential([K.Input((2,), dtype='int32'), "
        "K.layers.Embedding(3, 4, dtype='mixed_bfloat16')]); assert 'ml_dtypes' not in sys.modules; "
        "print(m.predict([[1, 2]], verbose=0).dtype, m.layers[0].quantization_mode)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.split() == ["bfloat16", "None"], done.stderr


X = np.linspace(-1, 1, 40, dtype="float32").reshape(2, 5, 4)
SEEN = np.array([[1, 1, 0, 0, 0], [1] * 5], bool)
# Layers that hold masks, statistics, states or layers of another policy.
MIXED = {
    "attention": lambda **k: L.Attention(use_scale=True, dropout=0.1, **k)([X, X], mask=[SEEN, SEEN]),
    "additive": lambda **k: L.AdditiveAttention(**k)([X, X], mask=[SEEN, SEEN], use_causal_mask=True),
    "heads": lambda **k: L.MultiHeadAttention(2, 3, **k)(X, X, use_causal_mask=True),
    "scores": lambda **k: L.MultiHeadAttention(2, 3, **k)(X, X, return_attention_scores=True, use_causal_mask=True)[1],
    "grouped": lambda **k: L.GroupQueryAttention(3, 4, 2, **k)(X, X),
    "masked": lambda **k: L.Softmax(**k)(X, mask=X > 0),
    "spectral": lambda **k: L.SpectralNormalization(L.Dense(3), **k)(X, training=True),
    "given": lambda **k: L.Normalization(mean=[1.0] * 4, variance=[2.0] * 4, **k)(X),
    "stacked": lambda **k: L.RNN([L.LSTMCell(2), L.GRUCell(3)], **k)(X),
    "state": lambda **k: L.RNN(L.SimpleRNNCell(2), return_state=True, **k)(X)[1],
    "large": lambda **k: L.GroupNormalization(2, **k)(np.full((2, 4, 8), 70000.0, "float32")),
}  # fmt: skip


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("name", MIXED)
def test_values_leave_a_layer_in_its_policy_and_finite(name, policy):
    y = MIXED[name](dtype=policy)
    assert dtypes.standardize(y.dtype) == POLICIES[policy]
    assert np.isfinite(np.asarray(y, "float32")).all()


@pytest.mark.parametrize("x", ["float16", "bfloat16", "float32"])
@pytest.mark.parametrize("scale", ["float16", "bfloat16", "float32"])
def test_normalised_values_have_the_dtype_of_x(x, scale):
    a, gamma = ops.cast(X, x), ops.cast(np.ones(4), scale)
    assert dtypes.standardize(ops.layer_normalization(a, gamma, gamma).dtype) == x
    assert dtypes.standardize(ops.rms_normalization(a, gamma).dtype) == x


@pytest.mark.parametrize("written", ["bfloat16", "float16", "float32"])
@pytest.mark.parametrize("read", ["bfloat16", "float16", "float32"])
def test_weights_of_any_float_dtype_load_into_any(written, read, tmp_path):
    models = [keras.Sequential([keras.Input((4,)), L.Dense(3, dtype=d)]) for d in (written, read)]
    models[0].save_weights(tmp_path / "w.weights.h5")
    models[1].load_weights(tmp_path / "w.weights.h5")
    a, b = (m.get_weights()[0] for m in models)
    assert dtypes.standardize(b.dtype) == read
    np.testing.assert_array_equal(a.astype(b.dtype), b)


LONG = (np.random.default_rng(2).normal(size=(4, 66000)) * 3 + 1).astype("float32")  # longer than float16 counts
FAR = (np.random.default_rng(3).normal(size=(4, 8)) * 20000).astype("float32")  # beyond it
STATISTICS = {
    "layer": (L.LayerNormalization, LONG), "layer_far": (L.LayerNormalization, FAR),
    "layer_rms": (lambda **k: L.LayerNormalization(rms_scaling=True, **k), LONG),
    "layer_rms_far": (lambda **k: L.LayerNormalization(rms_scaling=True, **k), FAR),
    "rms": (L.RMSNormalization, LONG), "group": (lambda **k: L.GroupNormalization(1, **k), LONG[..., None]),
    "group_far": (lambda **k: L.GroupNormalization(2, **k), FAR), "unit": (L.UnitNormalization, LONG),
    "batch": (L.BatchNormalization, LONG.reshape(-1, 4)), "mean": (L.GlobalAveragePooling1D, LONG[..., None]),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:You passed `rms_scaling")
@pytest.mark.parametrize("name", STATISTICS)
def test_statistics_of_many_and_of_large_values_are_those_of_float32(name):
    """In a model, which hands rows on as its Input says, trained for one step."""
    make, x = STATISTICS[name]
    outs, losses = [], []
    for policy in ("float32", "mixed_float16"):
        model = keras.Sequential([keras.Input(x.shape[1:]), make(dtype=policy)], name="m")
        model.compile(keras.optimizers.SGD(0.1), "mse")
        target = np.zeros(model(x).shape, "float32")
        losses.append(model.fit(x, target, epochs=2, verbose=0).history["loss"])
        outs.append(np.asarray(model.predict(x, verbose=0), "float32"))
    np.testing.assert_allclose(losses[1], losses[0], rtol=5e-3, atol=1e-6)
    np.testing.assert_allclose(outs[1], outs[0], rtol=5e-3, atol=5e-3)


@pytest.mark.parametrize("op", [ops.norm, ops.normalize, ops.corrcoef, lambda x: ops.norm(x, ord=3, axis=1)])
def test_operations_on_squares_do_not_overflow(op):
    half = LONG.astype("float16")[:, :20000]
    y = op(half)
    assert y.dtype == np.float16
    np.testing.assert_allclose(y, op(half.astype("float32")), rtol=2e-3, atol=1e-3)


@pytest.mark.parametrize("inner", ["float32", "float64", *POLICIES])
@pytest.mark.parametrize("outer", ["float32", "mixed_float16", "bfloat16"])
@pytest.mark.parametrize("merge_mode", ["concat", None])
def test_bidirectional_gives_its_own_dtype_and_the_states_of_the_layers_inside(inner, outer, merge_mode):
    layer = L.Bidirectional(L.LSTM(2, dtype=inner, return_state=True), merge_mode, dtype=outer)
    values = layer(np.ones((1, 2, 3), "float32"))
    outputs, states = values[:-4], values[-4:]
    assert {dtypes.standardize(y.dtype) for y in outputs} == {POLICIES.get(outer, outer)}
    assert {dtypes.standardize(y.dtype) for y in states} == {POLICIES.get(inner, inner)}
    symbols = layer(keras.Input((2, 3)))[:-4]
    assert {y.dtype for y in symbols} == {POLICIES.get(outer, outer)}
