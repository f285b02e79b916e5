"""RNN over cells whose inputs, states and outputs are structures, against the same steps in NumPy."""

import collections

import numpy as np
import pytest

from fastnn import Input, Model, layers, ops
from fastnn.compat.shapes import TensorShape
from fastnn.core.errors import ShapeError

RNG = np.random.default_rng(3)
A = RNG.normal(size=(4, 5, 3)).astype("float32")
B = RNG.normal(size=(4, 5, 2, 3)).astype("float32")
MASK = np.arange(5) < np.array([5, 3, 1, 4])[:, None]
Pair = collections.namedtuple("Pair", ["left", "right"])


class Sums(layers.Layer):
    """Two inputs, two states of one and two axes, two outputs."""

    state_size = [TensorShape([3]), TensorShape([2, 3])]
    output_size = [TensorShape([3]), TensorShape([2, 3])]

    def build(self, input_shapes):
        assert [tuple(s) for s in input_shapes] in ([(4, 3), (4, 2, 3)], [(None, 3), (None, 2, 3)])
        self.scale = self.add_weight(shape=(3,), initializer="ones")
        self.built = True

    def call(self, inputs, states):
        a, b = inputs
        s, t = states
        s, t = s + a * self.scale, t * 0.5 + b
        return (s * 2, t - ops.expand_dims(s, 1)), (s, t)


def by_hand(backwards=False, mask=None):
    """(outputs of all steps, last outputs, last states)."""
    s, t = np.zeros((4, 3), "float32"), np.zeros((4, 2, 3), "float32")
    one, two = np.zeros_like(s), np.zeros_like(t)
    found = []
    for k in range(5)[:: -1 if backwards else 1]:
        use = np.ones(4, bool) if mask is None else mask[:, k]
        s2, t2 = s + A[:, k], t * 0.5 + B[:, k]
        one = np.where(use[:, None], s2 * 2, one)
        two = np.where(use[:, None, None], t2 - s2[:, None], two)
        s, t = np.where(use[:, None], s2, s), np.where(use[:, None, None], t2, t)
        found.append((one, two))
    return [np.stack(x, 1) for x in zip(*found)], [one, two], [s, t]


def close(found, wanted):
    found = [*found]
    assert len(found) == len(wanted)
    for x, y in zip(found, wanted):
        np.testing.assert_allclose(x, y, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("backwards", [False, True])
def test_steps_of_structures(backwards, masked):
    mask = MASK if masked else None
    every, last, states = by_hand(backwards, mask)
    layer = layers.RNN(Sums(), go_backwards=backwards, return_state=True)
    outputs, *kept = layer((A, B), mask=mask)
    close(outputs, last)
    close(kept, states)
    close(layers.RNN(Sums(), go_backwards=backwards, return_sequences=True)((A, B), mask=mask), every)


def test_models_of_structures_train():
    a, b = Input((None, 3)), Input((None, 2, 3))
    outputs = layers.RNN(Sums(), return_sequences=True)((a, b))
    assert [tuple(y.shape) for y in outputs] == [(None, None, 3), (None, None, 2, 3)]
    model = Model([a, b], outputs)
    every, _, _ = by_hand()
    close(model.predict([A, B], verbose=0), every)
    model.compile("sgd", "mse")
    before = model.evaluate([A, B], [0 * x for x in every], verbose=0)
    model.fit([A, B], [0 * x for x in every], epochs=5, verbose=0)
    assert model.evaluate([A, B], [0 * x for x in every], verbose=0)[0] < before[0]


def test_a_stateful_layer_keeps_states_of_several_axes():
    layer = layers.RNN(Sums(), stateful=True, return_state=True)
    whole = [np.concatenate([x, x], 1) for x in (A, B)]
    layer((A, B))
    second, *_ = layer((A, B))
    wanted, *_ = layers.RNN(Sums(), return_state=True)(tuple(whole))
    close(second, wanted)


class Takes(layers.Layer):
    """A cell on one sequence; `take` says what it makes of the states."""

    def __init__(self, sizes, take):
        super().__init__()
        self.state_size, self.take, self.output_size = sizes, take, 3

    def call(self, x, states):
        return self.take(x, states)


KINDS = {
    "size": (TensorShape([3, 2]), lambda x, s: (x + ops.sum(s[0], -1), [s[0] + 1])),
    "list": ([TensorShape([3, 2]), 3], lambda x, s: (x + ops.sum(s[0], -1), [s[0] + 1, s[1]])),
    "tuple": ((TensorShape([3, 2]), 5), lambda x, s: (x + ops.sum(s[0], -1), (s[0] + 1, s[1]))),
    "nested": ([3, [4, 3]], lambda x, s: (x + 2 * s[0], [s[0] + 1, [s[1][0], s[1][1]]])),
    "dict": ({"a": 3, "b": TensorShape([4])}, lambda x, s: (x + 2 * s["a"], {"a": s["a"] + 1, "b": s["b"]})),
    "named": (Pair(3, TensorShape([4, 2])), lambda x, s: (x + 2 * s.left, Pair(s.left + 1, s.right))),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_states_of_any_structure(kind):
    sizes, take = KINDS[kind]
    np.testing.assert_allclose(layers.RNN(Takes(sizes, take))(A), A[:, -1] + 8, rtol=1e-6)
    i = Input((5, 3))
    model = Model(i, layers.RNN(Takes(sizes, take), return_sequences=True)(i))
    assert model.output_shape == (None, 5, 3)
    np.testing.assert_allclose(model.predict(A, verbose=0), A + 2 * np.arange(5)[:, None], rtol=1e-5)


def test_sequences_of_other_lengths_and_states_that_are_missing_are_named():
    with pytest.raises(ShapeError, match="same rows and steps"):
        layers.RNN(Sums())((A, B[:, :4]))
    with pytest.raises(ShapeError, match="2 states, but its call gave 1"):
        layers.RNN(Takes([TensorShape([3, 2]), 3], lambda x, s: (x, [s[0]])))(A)
