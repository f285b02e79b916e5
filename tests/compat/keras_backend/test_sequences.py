"""CTC and rnn of keras.backend; the numbers of CTC are those of Keras 3.15.1's legacy backend on TensorFlow 2.21."""

import numpy as np
import pytest

from fastnn import Model, layers
from fastnn.compat import backend as K
from fastnn.core.errors import ArgumentError, ShapeError

P = np.random.default_rng(3).dirichlet(np.ones(4) * 0.6, size=(3, 6)).astype("float32")
LABELS = np.array([[0, 1, 1], [2, 0, -1], [1, -1, -1]], "float32")
STEPS, COUNTS = np.array([[6], [4], [5]]), np.array([[3], [2], [1]])
COST = [[10.064141], [5.3196258], [1.3910955]]
X = np.random.default_rng(5).normal(size=(2, 4, 3)).astype("float32")
MASK = np.array([[1, 1, 0, 1], [0, 1, 1, 0]], bool)
CONSTANT = np.array([0.1, 0.2, 0.3], "float32")


def test_cost():
    np.testing.assert_allclose(K.ctc_batch_cost(LABELS, P, STEPS, COUNTS), COST, rtol=1e-5)
    y, *rest = (layers.Input(v.shape[1:], dtype=str(v.dtype)) for v in (P, LABELS, STEPS, COUNTS))
    model = Model([y, *rest], layers.Lambda(lambda a: K.ctc_batch_cost(a[1], a[0], a[2], a[3]))([y, *rest]))
    assert model.output_shape == (None, 1)
    np.testing.assert_allclose(model.predict([P, LABELS, STEPS, COUNTS], verbose=0), COST, rtol=1e-5)


def test_labels_filled_up_with_numbers_that_are_no_class():
    """TensorFlow's loss ends a row's labels at the blank's number or a larger one."""
    filled = np.where(LABELS < 0, 99, LABELS)
    np.testing.assert_allclose(K.ctc_batch_cost(filled, P, STEPS, np.full_like(COUNTS, 3)), COST, rtol=1e-5)


@pytest.mark.parametrize("which", [2, 3])
def test_lengths_of_another_shape_are_refused(which):
    given = [LABELS, P, STEPS, COUNTS]
    given[which] = given[which][:, 0]
    with pytest.raises(ShapeError, match=r"_length has shape \(3,\)"):
        K.ctc_batch_cost(*given)


def test_readings():
    labels, scores = K.ctc_decode(P, STEPS[:, 0])
    assert labels[0].tolist() == [[1, 2, 2, 1, -1, -1], [1, 2, 0, 2, -1, -1], [1, -1, -1, -1, -1, -1]]
    assert labels[0].dtype == "int64"
    np.testing.assert_allclose(scores, [[3.5345645], [1.57105], [2.0790367]], rtol=1e-5)
    labels, scores = K.ctc_decode(P, STEPS[:, 0], greedy=False, beam_width=8, top_paths=2)
    assert [found.tolist() for found in labels] == [
        [[1, 2, 1, -1, -1, -1], [1, 0, 2, -1, -1, -1], [1, -1, -1, -1, -1, -1]],
        [[1, 2, 0, 2, -1, -1], [1, 2, 0, 2, -1, -1], [0, -1, -1, -1, -1, -1]],
    ]
    expected = [[-2.667985, -2.99833], [-1.4204727, -1.5710512], [-1.3951397, -2.1539023]]
    np.testing.assert_allclose(scores, expected, rtol=1e-4)


def test_sparse_labels():
    found = K.ctc_label_dense_to_sparse(LABELS, COUNTS[:, 0])
    assert found.indices.tolist() == [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [2, 0]]
    assert found.values.tolist() == [0, 1, 1, 2, 0, 1] and found.dense_shape.tolist() == [3, 3]
    with pytest.raises(ArgumentError, match="received symbols"):
        K.ctc_label_dense_to_sparse(layers.Input((3,)), COUNTS[:, 0])


def step(x, states):
    h = 0.5 * x + 0.3 * states[0] + states[1]
    return h, [h]


def by_hand(mask, back, zero):
    """(last output, outputs, state) in float64."""
    state, before, outputs = np.zeros((2, 3)), np.zeros((2, 3)), []
    for t in range(4)[::-1] if back else range(4):
        new = 0.5 * X[:, t].astype("float64") + 0.3 * state + CONSTANT
        use = np.ones((2, 1), bool) if mask is None else mask[:, t, None]
        state = np.where(use, new, state)
        before = np.where(use, new, 0 * new if zero else before)
        outputs.append(before)
    return before, np.stack(outputs, 1), state


@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize("mask", [None, MASK])
@pytest.mark.parametrize("zero", [False, True])
@pytest.mark.parametrize("traced", [False, True])
def test_rnn(back, mask, zero, traced):
    def run(x):
        start = K.zeros_like(x[:, 0])
        last, outputs, (state,) = K.rnn(step, x, [start], back, mask, [CONSTANT], zero_output_for_mask=zero)
        return [last, outputs, state]

    class Steps(layers.Layer):
        def call(self, x):
            return run(x)

    x = layers.Input(batch_shape=X.shape)
    found = Model(x, Steps()(x)).predict(X, batch_size=2, verbose=0) if traced else run(X)
    for a, b in zip(found, by_hand(mask, back, zero)):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_rnn_other_forms():
    start, lengths = np.zeros((2, 3), "float32"), np.array([2, 4])
    found = K.rnn(step, X, [start], constants=[CONSTANT], input_length=lengths)
    np.testing.assert_allclose(found[1], by_hand(np.arange(4) < lengths[:, None], False, False)[1], atol=1e-6)
    turned = K.rnn(step, X.swapaxes(0, 1), [start], constants=[CONSTANT], time_major=True, return_all_outputs=False)
    np.testing.assert_allclose(turned[1], by_hand(None, False, False)[0][None], atol=1e-6)
    with pytest.raises(ShapeError, match="unknown number of"):
        K.rnn(step, layers.Input((None, 3)), [start], constants=[CONSTANT])
