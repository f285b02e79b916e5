"""Layers of users that ask for sizes in `call`, on inputs whose sizes are unknown."""

import numpy as np
import pytest

import fastnn
from fastnn import layers, ops
from fastnn.core.errors import GraphError


class Positions(layers.Layer):
    """Embedded positions; the table has fewer rows than the sizes that inference tries first."""

    def __init__(self, arange=ops.arange):
        super().__init__()
        self.table, self.arange = layers.Embedding(14, 6), arange

    def call(self, x):
        return x + self.table(self.arange(ops.shape(x)[1]))


class Table(layers.Layer):
    def build(self, shape):
        self.table = self.add_weight(shape=(14, 6), name="table")

    def call(self, x):
        return x + self.table[: ops.shape(x)[1]]


class CausalAttention(layers.Layer):
    """With the mask of the examples: its shape is calculated with operations."""

    def __init__(self):
        super().__init__()
        self.attention = layers.MultiHeadAttention(2, 4)

    def call(self, x):
        batch, steps = ops.shape(x)[0], ops.shape(x)[1]
        mask = ops.cast(ops.arange(steps)[:, None] >= ops.arange(steps), "int32")
        times = ops.concatenate([ops.expand_dims(batch, -1), ops.convert_to_tensor([1, 1])], axis=0)
        return self.attention(x, x, attention_mask=ops.tile(ops.reshape(mask, (1, steps, steps)), times))


class Windows(layers.Layer):
    """Takes multiples of 4 only."""

    def call(self, x):
        batch, height, width, channels = ops.shape(x)
        assert height % 4 == 0 and width % 4 == 0
        x = ops.reshape(x, (-1, height // 4, 4, width // 4, 4, channels))
        return ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4, 5)), (batch, -1, 16 * channels))


class Nested(layers.Layer):
    def __init__(self):
        super().__init__()
        self.inner = [
            layers.LSTM(4, return_sequences=True),
            layers.TimeDistributed(layers.Dense(5)),
            layers.Bidirectional(layers.GRU(3)),
        ]

    def call(self, x):
        for layer in self.inner:
            x = layer(x)
        return x


class Doubled(layers.LSTM):
    def call(self, x, **kwargs):
        return super().call(x * 2, **kwargs)


def layer_of(function):
    class Own(layers.Layer):
        def call(self, x):
            return function(x)

    return Own()


def loop(x):
    return sum(x[:, i] for i in range(x.shape[1]))


# name: (layer, shape of the Input, shape of the output without the rows)
CASES = {
    "positions": (Positions, (None, 6), (None, 6)),
    "positions from 0": (lambda: Positions(lambda n: ops.arange(0, n, 1)), (None, 6), (None, 6)),
    "rows of a table": (Table, (None, 6), (None, 6)),
    "causal": (CausalAttention, (None, 6), (None, 6)),
    "windows": (Windows, (None, None, 3), (None, 48)),
    "nested": (Nested, (None, 6), (6,)),
    "subclass of LSTM": (lambda: Doubled(4), (None, 6), (4,)),
    "loop": (lambda: layer_of(loop), (None, 3), (3,)),
    "at most 5": (lambda: layer_of(lambda x: x[:, :5]), (None, 3), (None, 3)),
    "branch": (lambda: layer_of(lambda x: x[:, :5] if x.shape[1] > 5 else x), (None, 3), (None, 3)),
    "branch at a large size": (lambda: layer_of(lambda x: x[:, :4] if x.shape[1] > 4 else x), (None, 3), (None, 3)),
    "min": (lambda: layer_of(lambda x: ops.top_k(x, min(x.shape[1], 3))[0]), (None,), (None,)),
    "twice": (lambda: layer_of(lambda x: ops.zeros((x.shape[0], x.shape[1] * 2))), (None,), (None,)),
    "89": (lambda: layer_of(lambda x: ops.concatenate([x, x[:, :1]], 1)), (None, 89), (None, 89)),
    "rows": (lambda: layer_of(lambda x: x + ops.cast(ops.arange(0, x.shape[0]), "float32")[:, None]), (3,), (3,)),
    "random": (lambda: layer_of(lambda x: x + 0 * fastnn.random.normal(ops.shape(x))), (None,), (None,)),
    "Lambda": (lambda: layers.Lambda(lambda x: ops.reshape(x, (ops.shape(x)[0], -1))), (None, 3), (None,)),
    "size": (lambda: layer_of(lambda x: x / ops.size(x)), (None, 3), (None, 3)),
}


@pytest.mark.parametrize("name", CASES)
def test_shapes_and_runs(name):
    make, shape, expected = CASES[name]
    layer, inputs = make(), fastnn.Input(shape)
    model = fastnn.Model(inputs, layer(inputs))
    assert model.output_shape == (None, *expected)
    for rows, size in ((2, 8), (3, 12)):
        x = np.random.default_rng(0).normal(size=(rows, *(size if d is None else d for d in shape))).astype("float32")
        result = model.predict(x, verbose=0)
        assert all(d in (None, n) for d, n in zip(model.output_shape, result.shape, strict=True))
        np.testing.assert_allclose(result, layer(x), rtol=1e-4, atol=1e-5)


def test_a_result_whose_rank_depends_on_the_size_is_an_error():
    layer = layer_of(lambda x: x[:, 0] if x.shape[1] > 5 else x)
    with pytest.raises(GraphError, match="depends on a size that is not known yet"):
        layer(fastnn.Input((None, 3)))
    assert layer(fastnn.Input((7, 3))).shape == (None, 3)


def test_errors_that_have_nothing_to_do_with_sizes_are_raised_at_once():
    calls = []

    def wrong(x):
        calls.append(x.shape)
        raise KeyError("wrong")

    with pytest.raises(KeyError, match="wrong"):
        layer_of(wrong)(fastnn.Input((None, 3)))
    assert len(calls) == 2


def test_layers_inside_are_built_with_unknown_sizes():
    layer = Nested()
    layer(fastnn.Input((None, 6)))
    assert layer.inner[0].get_build_config() == {"input_shape": (None, None, 6)}


def test_recurrent_layers_are_not_run_to_infer_shapes():
    class Counted(layers.SimpleRNNCell):
        def call(self, *args, **kwargs):
            raise AssertionError("a step was made")

    assert layer_of(layers.RNN(Counted(4)))(fastnn.Input((None, 3))).shape == (None, 4)


def test_a_stateful_layer_takes_parts_of_any_length():
    inputs = fastnn.Input(batch_shape=(2, None, 3))
    model = fastnn.Model(inputs, layers.LSTM(4, stateful=True)(inputs))
    x = np.random.default_rng(0).normal(size=(2, 6, 3)).astype("float32")
    whole = model.predict(x, verbose=0)
    model.layers[1].reset_state()
    model.predict(x[:, :2], verbose=0)
    np.testing.assert_allclose(model.predict(x[:, 2:], verbose=0), whole, rtol=1e-5, atol=1e-6)


def test_a_subclassed_model_on_a_symbol():
    class Own(fastnn.Model):
        def __init__(self):
            super().__init__()
            self.dense, self.gru = layers.Dense(4), layers.GRU(3)

        def call(self, x):
            return self.gru(self.dense(x)) + ops.cast(ops.shape(x)[1], "float32")

    assert Own()(fastnn.Input((None, 5))).shape == (None, 3)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: ops.reshape(ops.arange(6), ops.concatenate([ops.array([2]), ops.array([3])])),
        lambda x: ops.zeros((int(ops.add(2, 1)), 2)),
        lambda x: ops.tile(ops.zeros((1, 2)), ops.stack([3, 1])),
    ],
)
def test_shapes_calculated_from_constants_with_operations(function):
    result = fastnn.Model(
        inputs := fastnn.Input((2,)), layer_of(lambda x: x[:1, :1] + ops.cast(ops.sum(function(x)), "float32"))(inputs)
    )(np.zeros((1, 2), "float32"))
    assert result.shape == (1, 1)


def test_sizes_that_are_values_of_inputs_are_unknown():
    assert layer_of(lambda x: ops.zeros((1 + int(ops.sum(ops.abs(x))), 2)))(fastnn.Input((2,))).shape == (None, 2)


class Half(layers.Dense):
    """Computes something else than Dense, whose rule of shapes it has."""

    def call(self, x):
        return super().call(x)[..., ::2]


class WithTable(layers.Embedding):
    def call(self, x):
        return [super().call(x), self.embeddings + 0.0]


def test_a_call_of_ones_own_says_more_than_an_inherited_rule():
    x, words = fastnn.Input((None, 4)), fastnn.Input((3,), dtype="int32")
    assert Half(6)(x).shape == (None, None, 3)
    assert [t.shape for t in WithTable(5, 2)(words)] == [(None, 3, 2), (5, 2)]
