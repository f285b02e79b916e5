"""Which layers can be exported, and what is said of the others."""

import numpy as np
import pytest
from exported import MODELS, drawn

import fastnn
from fastnn import layers
from fastnn.core.errors import NotSupportedError
from fastnn.export import plain
from fastnn.export.rules import RULES
from fastnn.export.steps import steps_of


def test_every_rule_is_tried():
    tried = {type(layer).__name__ for make in MODELS.values() for layer in make()._flatten_layers()}
    tried |= {layer.__name__ for layer in (layers.LSTM, layers.GRU, layers.SimpleRNN)}
    alike = ("1D", "3D", "Dropout", "Depthwise", "Separable", "Identity", "ActivityRegularization")
    assert {name for name in RULES if not any(part in name for part in alike)} <= tried


@pytest.mark.parametrize("name", MODELS)
def test_the_steps_in_numpy_are_what_predict_gives(name):
    model = MODELS[name]()
    steps = steps_of(model, "py")
    draw, values = np.random.default_rng(1), {}
    for key, (shape, dtype) in steps.inputs.items():
        values[key] = drawn(shape, dtype, 4, draw)
    x = list(values.values())
    expected = model.predict(x if len(x) > 1 else x[0], verbose=0)
    expected = expected if isinstance(expected, list) else [expected]
    found = plain.run([(s.kind, s.inputs, s.output, s.options) for s in steps.steps],
                      [value for value, _ in steps.outputs], dict(values))  # fmt: skip
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=3e-5, atol=3e-6)
        assert a.dtype == b.dtype or name in ("Flatten",)


class OwnCell(layers.GRUCell):
    pass


class Dense(layers.Dense):
    """A user's class, which may compute anything."""


class Own(layers.Layer):
    def call(self, x):
        return x


@pytest.mark.parametrize("make, words", [
    (lambda: layers.RNN(OwnCell(3), name="memory"), "layer 'memory' runs a cell of another class"),
    (lambda: layers.LSTM(3, return_state=True), "gives 3 results"),
    (lambda: layers.LSTM(3, activation="mish"), "of a recurrent layer expected one of tanh"),
    (lambda: layers.Bidirectional(layers.LSTM(3), merge_mode=None), "gives 2 results"),
    (lambda: Own(name="mine"), "layer 'mine' is a Own"),
    (lambda: layers.Dense(3, activation="glu"), "activation 'glu'"),
    (lambda: layers.LayerNormalization(axis=1), "normalises axes"),
    (lambda: layers.SpectralNormalization(Dense(3)), "holds a Dense"),
    (lambda: layers.TimeDistributed(Dense(3)), "runs a Dense"),
    (lambda: layers.ReLU(threshold=1.0), "a ReLU with a threshold"),
    (lambda: layers.TimeDistributed(Own()), "runs a Own at each step"),
])  # fmt: skip
def test_what_has_no_rule_is_named_before_anything_is_written(tmp_path, make, words):
    model = fastnn.Sequential([fastnn.Input((5, 4)), make()])
    with pytest.raises(NotSupportedError, match=words):
        model.export(tmp_path / "m.py")
    assert not list(tmp_path.iterdir())


def test_a_size_that_padding_needs():
    model = fastnn.Sequential([fastnn.Input((None, 4)), layers.Conv1D(3, 3, 2, "same")])
    with pytest.raises(NotSupportedError, match="give the Input its sizes"):
        steps_of(model, "py")


def test_a_mask_of_a_layer_without_a_rule_for_masks_is_named():
    words = [fastnn.Input((7,), dtype="int32"), layers.Embedding(9, 4, mask_zero=True)]
    with pytest.raises(NotSupportedError, match=r"layer .time\w*. looks at a mask"):
        steps_of(fastnn.Sequential([*words, layers.TimeDistributed(layers.Softmax())]), "py")
    with pytest.raises(NotSupportedError, match="zero_output_for_mask"):
        steps_of(fastnn.Sequential([*words, layers.LSTM(3, zero_output_for_mask=True)]), "py")
    blind = fastnn.Sequential([*words, layers.Dense(3)])
    assert [s.kind for s in steps_of(blind, "py").steps] == ["gather", "dense"]


def test_masks_that_no_step_has_are_named():
    x, given = fastnn.Input((7,), dtype="int32"), fastnn.Input((7,), dtype="bool")
    y = layers.Embedding(9, 4, mask_zero=True)(x)
    largest = fastnn.Model(x, layers.Maximum()([y, y]))
    for model, words in (
        (largest, "layer .maximum\\w*. looks at a mask"),
        (fastnn.Model([x, given], layers.LSTM(3)(y, mask=given)), "has a mask that is data"),
        (fastnn.Model(x, fastnn.ops.not_equal(x, 0)), "gives bool"),
        (fastnn.Model(x, fastnn.ops.cast(fastnn.ops.any(y, axis=1), "float32")), "'any' on numbers"),
    ):
        with pytest.raises(NotSupportedError, match=words):
            steps_of(model, "py")


def test_what_a_call_asks_for_is_named():
    x, seen = fastnn.Input((5, 4)), fastnn.Input((5, 5))
    call = layers.MultiHeadAttention(2, 3)(x, x, attention_mask=seen)
    with pytest.raises(NotSupportedError, match="attention_mask"):
        steps_of(fastnn.Model([x, seen], call), "py")
    y = fastnn.Input((None, 4))
    with pytest.raises(NotSupportedError, match="unknown length"):
        steps_of(fastnn.Model(y, layers.MultiHeadAttention(2, 3)(y, y, use_causal_mask=True)), "py")


def test_a_model_without_a_graph(tmp_path):
    class Plain(fastnn.Model):
        def call(self, x):
            return x

    with pytest.raises(NotSupportedError, match="built Sequential or functional"):
        Plain().export(tmp_path / "m.py")


@pytest.mark.parametrize("make, words", [
    (lambda a: fastnn.ops.sort(a), "no rule for the operation 'sort'"),
    (lambda a: fastnn.ops.sum(a, axis=0), "rows too"),
    (lambda a: a[::-1], "expected all rows"), (lambda a: fastnn.ops.reshape(a, (-1, 2)), "expected rows as they are"),
    (lambda a: a + np.ones((3, 5, 4), "float32"), "one for each row"),
    (lambda a: fastnn.ops.cast(a, "int32") + 1, "the operation 'cast' on float32, to int32"),
])  # fmt: skip
def test_operations_that_have_no_rule_are_named(make, words):
    a = fastnn.Input((5, 4))
    with pytest.raises(NotSupportedError, match=words):
        steps_of(fastnn.Model(a, make(a)), "py")


def test_quantized_layers_are_named():
    model = fastnn.Sequential([fastnn.Input((4,)), layers.Dense(3, name="few")])
    model.quantize("int8")
    with pytest.raises(NotSupportedError, match="layer 'few' is quantized"):
        steps_of(model, "py")
