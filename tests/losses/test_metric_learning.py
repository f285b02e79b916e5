"""The circle loss against plain float64 NumPy, and in training."""

import numpy as np
import pytest

import fastnn
from fastnn import layers, losses
from fastnn.core.errors import ShapeError

rng = np.random.default_rng(5)
LABELS = np.array([0, 1, 0, 2, 1, 3])
POINTS = rng.normal(size=(6, 4))
POINTS /= np.linalg.norm(POINTS, axis=1, keepdims=True)


def expected(labels, points, keys, others, diagonal, gamma, margin):
    """The paper's formula, pair by pair."""
    out = []
    for i, label in enumerate(labels):
        sums = [0.0, 0.0]
        for j, key in enumerate(keys):
            s = min(points[i] @ others[j], 1.0)
            if label == key and not (diagonal and i == j):
                sums[0] += np.exp(-gamma * max(1 + margin - s, 0) * (s - (1 - margin)))
            elif label != key:
                sums[1] += np.exp(gamma * max(s + margin, 0) * (s - margin))
        out.append(np.log1p(sums[0] * sums[1]))
    return np.array(out)


@pytest.mark.parametrize("gamma, margin, diagonal", [(80, 0.4, True), (16.0, 0.25, True), (8.0, 0.1, False)])
@pytest.mark.parametrize("column", [False, True])
def test_values(gamma, margin, diagonal, column):
    labels = LABELS[:, None] if column else LABELS
    want = expected(LABELS, POINTS, LABELS, POINTS, diagonal, gamma, margin)
    got = losses.circle(labels, POINTS.astype("float32"), remove_diagonal=diagonal, gamma=gamma, margin=margin)
    np.testing.assert_allclose(got, want, rtol=2e-4, atol=1e-6)
    loss = losses.Circle(gamma, margin, diagonal)
    assert float(loss(labels, POINTS)) == pytest.approx(want[want > 0].mean(), rel=2e-4)
    assert losses.Circle.from_config(loss.get_config()).get_config() == loss.get_config()


def test_references():
    want = expected(LABELS, POINTS, LABELS[:3], POINTS[3:], False, 8.0, 0.3)
    got = losses.circle(LABELS, POINTS, LABELS[:3], POINTS[3:], False, 8.0, 0.3)
    np.testing.assert_allclose(got, want, rtol=1e-4)


def test_a_model_learns_and_its_gradients_are_right():
    x = rng.normal(size=(12, 5)).astype("float32")
    y = np.arange(12) % 4
    y[-1] = 9  # alone in its class: it has no loss, and a gradient of 0
    model = fastnn.Sequential([fastnn.Input((5,)), layers.Dense(3), layers.UnitNormalization()])
    model.compile("adam", losses.Circle(gamma=16.0))
    model.check_gradients(x, y).raise_for_errors()
    history = model.fit(x, y, batch_size=12, epochs=30, verbose=0).history["loss"]
    assert np.isfinite(history).all() and history[-1] < history[0]


@pytest.mark.parametrize("y, x", [(LABELS, POINTS[0]), (np.zeros((6, 2), int), POINTS)])
def test_shapes(y, x):
    with pytest.raises(ShapeError, match="circle"):
        losses.circle(y, x)
