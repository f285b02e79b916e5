"""`tf.losses` of TensorFlow 1 beside TensorFlow 2.21's compat.v1 (values printed by it for the same calls)."""

import numpy as np
import pytest

from fastnn.compat.tf.graphs import graph as tf_graph
from fastnn.compat.tf.graphs import losses
from fastnn.compat.tf.graphs import names as tf_graph_names
from fastnn.core.errors import ArgumentError

P, Y = np.array([[0.2, 0.8], [0.6, 0.4]], "float32"), np.array([[0.0, 1.0], [1.0, 0.0]], "float32")
CALLS = {
    "absolute_difference": ((Y, P), {}, 0.3), "mean_squared_error": ((Y, P), {}, 0.1),
    "log_loss": ((Y, P), {}, 0.36698), "hinge_loss": ((Y, P), {}, 0.8), "huber_loss": ((Y, P), {}, 0.05),
    "sigmoid_cross_entropy": ((Y, P), {}, 0.62994),
    "softmax_cross_entropy": ((Y, P), {"label_smoothing": 0.1}, 0.53781),
    "sparse_softmax_cross_entropy": (([1, 0], P), {}, 0.51781), "cosine_distance": ((Y, P, 1), {}, 0.3),
    "mean_pairwise_squared_error": ((Y, P), {}, 0.8),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_values(name):
    """Outside of a graph: one number."""
    args, kwargs, expected = CALLS[name]
    assert float(getattr(losses, name)(*args, **kwargs)) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(("weights", "reduction", "expected"), [
    (1.0, "weighted_sum", 0.4), ([[1.0], [0.0]], "weighted_sum_by_nonzero_weights", 0.04),
    ([[1.0], [0.0]], "weighted_sum_over_batch_size", 0.02), (2.0, "weighted_mean", 0.1),
    ([[3.0], [1.0]], "weighted_mean", 0.07),
])  # fmt: skip
def test_reductions(weights, reduction, expected):
    """Sums and means of weighted losses."""
    found = losses.mean_squared_error(Y, P, weights=np.asarray(weights, "float32"), reduction=reduction)
    assert float(found) == pytest.approx(expected, abs=1e-6)


def test_none_and_unknown_reductions():
    """One loss for each place; a word that is none is refused."""
    assert losses.compute_weighted_loss(P, 2.0, reduction="none").shape == (2, 2)
    with pytest.raises(ArgumentError, match="Invalid Reduction Key"):
        losses.compute_weighted_loss(P, reduction="middle")


def test_a_graph_keeps_losses():
    """And those of variables; a loss without a collection is not kept."""
    tf_graph.on()
    try:
        tf_graph_names.get_variable("w", [2], initializer=np.ones(2, "float32"), regularizer=lambda w: 0.5 * w[0])
        losses.mean_squared_error(Y, P)
        losses.mean_squared_error(Y, P, loss_collection=None)
        losses.add_loss(losses.huber_loss(Y, P, loss_collection=None))
        assert (len(losses.get_losses()), len(losses.get_regularization_losses())) == (2, 1)
        total, extra = tf_graph.run([losses.get_total_loss(), losses.get_regularization_loss()])
        assert (float(total), float(extra)) == pytest.approx((0.65, 0.5))
    finally:
        tf_graph.off()
