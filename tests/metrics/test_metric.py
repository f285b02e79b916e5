"""Metrics as holders of state: what they track, and the forms that change nothing."""

import numpy as np
import pytest

import fastnn
from fastnn import metrics, ops
from fastnn.core.errors import ArgumentError


class Two(metrics.Metric):
    """The sum and the number of values."""

    def __init__(self, name="two", dtype=None):
        super().__init__(dtype=dtype, name=name)
        self.sum, self.n = self.add_weight(name="sum"), self.add_weight(name="n", dtype="int32")

    def update_state(self, values):
        self.sum.assign_add(ops.sum(values))
        self.n.assign_add(ops.shape(values)[0])

    def result(self):
        return self.sum / ops.cast(self.n, "float64")


@pytest.mark.parametrize("wrap", [list, tuple, lambda v: dict(enumerate(v)), lambda v: {"a": [v[0]], "b": (v[1],)}])
def test_what_stands_in_containers_is_tracked(wrap):
    metric = Two()
    metric.more = wrap([fastnn.Variable(0.0), fastnn.Variable(1.0)])
    assert len(metric.variables) == 4
    metric.parts = wrap([Two("one"), Two("other")])
    assert len(metric.variables) == 8
    metric.again = metric.more
    metric.parts = metric.parts
    assert len(metric.variables) == 8
    metric.reset_state()
    assert all(float(v.numpy()) == 0 for v in metric.variables)


def test_stateless_forms_change_nothing():
    metric = Two()
    metric.update_state(np.ones(3))
    before = [float(v.numpy()) for v in metric.variables]
    values = metric.variables
    for part in ([2.0, 4.0], [6.0]):
        values = metric.stateless_update_state(values, np.array(part))
    assert [float(v) for v in values] == [15.0, 6]
    assert float(metric.stateless_result(values)) == 2.5 and float(metric.result()) == 1.0
    assert [float(v) for v in metric.stateless_reset_state()] == [0.0, 0]
    assert [float(v.numpy()) for v in metric.variables] == before


@pytest.mark.parametrize("call", ["stateless_update_state", "stateless_result"])
def test_stateless_forms_take_a_value_for_each_variable(call):
    with pytest.raises(ArgumentError, match="length 1, but expected 2 variables"):
        getattr(Two(), call)([1.0])


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: metrics.FBetaScore(beta="1.0"), "It should be a Python float. Received: beta=1.0 of type"),
        (lambda: metrics.FBetaScore(beta=-0.5), "It should be > 0. Received: beta=-0.5"),
        (lambda: metrics.FBetaScore(beta=float("nan")), "It should be > 0."),
        (lambda: metrics.F1Score(threshold=1), "It should be a Python float. Received: threshold=1 of type"),
        (lambda: metrics.F1Score(threshold=1.5), "It should verify 0 < threshold <= 1. Received: threshold=1.5"),
        (lambda: metrics.F1Score(average="all"), "Received: average=all"),
        (lambda: metrics.AUC(num_thresholds=-1), "`num_thresholds` must be an integer > 1"),
        (lambda: metrics.AUC(label_weights=[0.5, None]), "`label_weights` should be a finite number"),
        (lambda: metrics.AUC(label_weights=[[0.5, 1.0]]), "`label_weights` must be a list with a number per label"),
        (lambda: metrics.AUC(num_thresholds=2.5), "num_thresholds: received 2.5, expected an int"),
        (lambda: metrics.RecallAtPrecision(0.5, num_thresholds=0), "`num_thresholds` must be an integer > 0"),
        (lambda: metrics.PrecisionAtRecall(-1), "`recall` must be in the range [0, 1]"),
        (lambda: metrics.SensitivityAtSpecificity(2), "`specificity` must be in the range [0, 1]"),
        (lambda: metrics.SensitivityAtSpecificity(float("nan")), "`specificity` should be a finite number"),
        (lambda: metrics.R2Score(num_regressors=-1), "Invalid value for argument `num_regressors`"),
    ],
)
def test_arguments_are_refused_in_keras_words(make, words):
    with pytest.raises(ArgumentError) as caught:
        make()
    assert words in str(caught.value)


def test_a_class_that_is_ignored_has_no_weight():
    metric = metrics.SparseCategoricalCrossentropy(ignore_class=0)
    p = np.array([[0.8, 0.1, 0.1], [0.05, 0.95, 0.0], [0.1, 0.8, 0.1]])
    weighted = metric([0, 1, 2], p, sample_weight=[0.5, 1.5, 2.0])
    assert float(weighted) == pytest.approx((1.5 * -np.log(0.95) + 2 * -np.log(0.1)) / 3.5, rel=1e-5)
    metric.reset_state()  # without weights it counts as a sample, as in Keras
    assert float(metric([0, 1, 2], p)) == pytest.approx((-np.log(0.95) - np.log(0.1)) / 3, rel=1e-5)
