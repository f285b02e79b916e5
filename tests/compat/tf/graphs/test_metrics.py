"""`tf.metrics` of TensorFlow 1 over two updates, beside what TensorFlow 2.21's compat.v1 prints for the same ones."""

import numpy as np
import pytest

from fastnn.compat.tf.graphs import graph as tf_graph
from fastnn.compat.tf.graphs import metrics
from fastnn.core.errors import GraphError

VALUES = {
    "accuracy": 0.625, "precision": 0.6, "recall": 0.75, "auc": 0.75, "mean": 0.475, "mean_squared_error": 0.1925,
    "root_mean_squared_error": 0.4387, "mean_absolute_error": 0.375, "true_positives": 3, "false_positives": 2,
    "false_negatives": 1, "true_negatives": 2, "mean_iou": 0.45, "mean_per_class_accuracy": 0.625,
    "recall_at_thresholds": [1.0, 0.5], "sensitivity_at_specificity": 1.0, "percentage_below": 0.5,
}  # fmt: skip
OF_SCORES = {"auc", "mean_squared_error", "root_mean_squared_error", "mean_absolute_error", "recall_at_thresholds",
             "sensitivity_at_specificity"}  # fmt: skip
MORE = {"mean_iou": (2,), "mean_per_class_accuracy": (2,), "recall_at_thresholds": ([0.3, 0.5],),
        "sensitivity_at_specificity": (0.5,), "percentage_below": (0.5,)}  # fmt: skip


@pytest.fixture
def fed():
    """Placeholders of labels, predictions and scores."""
    tf_graph.on()
    yield [tf_graph.placeholder(kind, [None]) for kind in ("int64", "int64", "float32")]
    tf_graph.off()


@pytest.mark.parametrize("name", VALUES)
def test_values(name, fed):
    """Counts begin at zero, go on from run to run, and begin again when their variables do."""
    labels, classes, scores = fed
    arguments = (
        (scores,) if name in ("mean", "percentage_below") else (labels, scores if name in OF_SCORES else classes)
    )
    value, update = getattr(metrics, name)(*arguments, *MORE.get(name, ()))
    for _ in range(2):
        tf_graph.run(metrics.local_variables_initializer())
        for k in range(2):
            last = tf_graph.run(update, {labels: [0, 1, 1, 0], classes: [0, 1, k, 1], scores: [0.1, 0.8, 0.4, 0.6]})
        np.testing.assert_allclose(tf_graph.run(value), VALUES[name], atol=1e-4)
        np.testing.assert_allclose(last, VALUES[name], atol=1e-4)


def test_weights_collections_and_names(fed):
    """A weight of 0 does not count; variables are local ones under the metric's name."""
    labels, classes, _ = fed
    value, update = metrics.accuracy(labels, classes, weights=[1.0, 0.0], updates_collections=["mine"], name="right")
    tf_graph.run(update, {labels: [1, 1], classes: [1, 0]})
    assert tf_graph.run(value) == 1.0
    assert [v.name for v in metrics.local_variables("right")] == ["right/total:0", "right/count:0"]
    assert tf_graph.graph().collections["mine"] == [update]
    assert tf_graph.graph().variables == []


def test_not_outside_of_graphs():
    """As in TensorFlow 2."""
    with pytest.raises(GraphError, match="eager execution"):
        metrics.accuracy([1], [1])
