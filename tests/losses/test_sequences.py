"""The CTC loss against a sum over all paths, and in training."""

import itertools

import numpy as np
import pytest

import fastnn
from fastnn import layers, losses
from fastnn.core.errors import ShapeError

rng = np.random.default_rng(3)
LOGITS = rng.normal(size=(3, 4, 3))
LABELS = np.array([[1, 2, 1], [2, 0, 0], [1, 1, 0]])


def expected(labels, logits):
    """-log of the probabilities of all paths that read as the labels, path by path."""
    p = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    total = 0.0
    for path in itertools.product(range(p.shape[1]), repeat=len(p)):
        read = [c for i, c in enumerate(path) if c != 0 and (i == 0 or c != path[i - 1])]
        if read == [label for label in labels if label != 0]:
            total += np.prod([p[t, c] for t, c in enumerate(path)])
    return -np.log(total)


def test_values():
    want = np.array([expected(y, x) for y, x in zip(LABELS, LOGITS, strict=True)])
    np.testing.assert_allclose(losses.ctc(LABELS, LOGITS.astype("float32")), want, rtol=1e-5)
    loss = losses.CTC()
    assert float(loss(LABELS, LOGITS)) == pytest.approx(want.mean(), rel=1e-5)
    assert float(loss(LABELS.astype("float32"), LOGITS)) == pytest.approx(want.mean(), rel=1e-5)
    weighted = loss(LABELS, LOGITS, sample_weight=np.array([1.0, 0.0, 2.0]))
    assert float(weighted) == pytest.approx((want[0] + 2 * want[2]) / 3, rel=1e-5)
    assert loss.get_config() == {"name": "ctc", "reduction": "sum_over_batch_size"}
    assert isinstance(losses.get("ctc"), type(losses.ctc)) and isinstance(losses.get("CTC"), losses.CTC)


def test_a_model_learns_to_read():
    x = rng.normal(size=(8, 6, 4)).astype("float32")
    y = np.array([[1, 2, 0], [2, 1, 2], [3, 0, 0], [1, 3, 1]] * 2)
    model = fastnn.Sequential([fastnn.Input((6, 4)), layers.GRU(16, return_sequences=True), layers.Dense(4)])
    model.compile(fastnn.optimizers.Adam(0.03), losses.CTC())
    model.check_gradients(x, y).raise_for_errors()
    history = model.fit(x, y, batch_size=8, epochs=25, verbose=0).history["loss"]
    assert history[-1] < 0.6 * history[0]


@pytest.mark.parametrize("y, x, words", [(LABELS[0], LOGITS, "y_true"), (LABELS, LOGITS[0], "y_pred")])
def test_shapes(y, x, words):
    with pytest.raises(ShapeError, match=f"`{words}` are expected"):
        losses.ctc(y, x)
