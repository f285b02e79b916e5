"""The names in the logs, for every form of compile(metrics=..., weighted_metrics=...)."""

import numpy as np
import pytest
from evaluate import plan

from fastnn import losses, metrics, ops
from fastnn.core.errors import ArgumentError, UnknownNameError
from fastnn.metrics.compile_metrics import CompileMetrics

rng = np.random.default_rng(0)
A, B = rng.integers(0, 3, 6), rng.normal(size=(6, 1)).astype("float32")
PA, PB = rng.uniform(0, 1, (6, 3)).astype("float32"), rng.normal(size=(6, 1)).astype("float32")
W = np.linspace(0, 2, 6).astype("float32")
NAMES = ["a", "b"]
MAE = np.abs(B - PB).mean()


def names_of(given, weighted=None, y_true=B, y_pred=PB, output_names=None):
    m = CompileMetrics(given, weighted, output_names=output_names)
    m.build(y_true, y_pred)
    return m.log_names()


def my_error(y_true, y_pred):
    return ops.abs(y_true - y_pred)


def test_names_of_one_output():
    assert names_of(["mae", "mse"]) == ["mae", "mse"]
    assert names_of(["MeanAbsoluteError", metrics.MeanAbsoluteError(), metrics.MeanAbsoluteError(name="gap")]) == [
        "MeanAbsoluteError",
        "mean_absolute_error",
        "gap",
    ]
    assert names_of([my_error, losses.mean_squared_error]) == ["my_error", "mean_squared_error"]
    assert names_of({"out": ["mae"]}, output_names=["out"]) == ["mae"]
    assert names_of(["mae", "mae"]) == ["mae", "mae_1"]
    assert names_of(["mae"], ["mae", "mse"]) == ["mae", "weighted_mae", "mse"]


@pytest.mark.parametrize(
    "y_true, y_pred, kind",
    [
        (A, PA, metrics.SparseCategoricalAccuracy),
        (np.eye(3)[A], PA, metrics.CategoricalAccuracy),
        (B, PB, metrics.BinaryAccuracy),
    ],
)
def test_accuracy_keeps_the_name_that_was_written(y_true, y_pred, kind):
    for name in ("accuracy", "acc"):
        m = CompileMetrics([name], None)
        m.build(y_true, y_pred)
        assert isinstance(m.metrics[0], kind) and m.log_names() == [name]


@pytest.mark.parametrize("given, expected", [
    ([["acc", "ce"], "mae"], ["a_acc", "a_ce", "b_mae"]), (["acc", None], ["a_acc"]),
    ({"b": "mae", "a": ["acc"]}, ["a_acc", "b_mae"]), ({"b": ["mae", my_error]}, ["b_mae", "b_my_error"])])  # fmt: skip
@pytest.mark.parametrize("form", ["list", "dict"])
def test_names_of_two_outputs(given, expected, form):
    y_pred = [PA, PB] if form == "list" else {"a": PA, "b": PB}
    y_true = [A, B] if form == "list" else {"b": B, "a": A}
    assert names_of(given, None, y_true, y_pred, NAMES) == expected


def test_values_and_weights():
    m = CompileMetrics({"b": "mae"}, {"b": ["mae"]}, output_names=NAMES)
    m.update_state([A, B], [PA, PB], [None, W])
    result = m.result()
    assert list(result) == ["b_mae", "b_weighted_mae"]
    assert result["b_mae"] == pytest.approx(MAE, rel=1e-5)
    assert result["b_weighted_mae"] == pytest.approx((np.abs(B - PB)[:, 0] * W).sum() / W.sum(), rel=1e-5)
    assert len(m.variables) == 4
    m.reset_state()
    assert m.result() == {"b_mae": 0.0, "b_weighted_mae": 0.0}


def test_in_a_trace():
    m = CompileMetrics(["mae"], ["mse"])

    def update(y, p, w):
        m.update_state(y, p, w)
        return ops.sum(p)

    call = plan(update, [B, PB, W])
    call(B, PB, W)
    assert m.result()["mae"] == pytest.approx(MAE, rel=1e-5)
    assert m.result()["mse"] == pytest.approx(((B - PB)[:, 0] ** 2 * W).sum() / W.sum(), rel=1e-5)


def test_a_metric_with_a_dict_result():
    class Both(metrics.Metric):
        def update_state(self, y_true, y_pred, sample_weight=None):
            pass

        def result(self):
            return {"one": 1.0, "two": 2.0}

    m = CompileMetrics([Both()], None)
    m.update_state(B, PB)
    assert m.result() == {"one": 1.0, "two": 2.0}


def test_errors_come_from_compile():
    with pytest.raises(UnknownNameError, match="Did you mean"):
        CompileMetrics(["acuracy"], None)
    with pytest.raises(ArgumentError, match="`metrics` argument to be a list"):
        CompileMetrics("mae", None)
    with pytest.raises(ArgumentError, match="`weighted_metrics`"):
        CompileMetrics(None, 3)


@pytest.mark.parametrize(
    "given, error, words",
    [
        (["mae"], ArgumentError, "1 entries"),
        (["mae", "mae", "mae"], ArgumentError, "3 entries"),
        ({"c": "mae"}, UnknownNameError, "'c'"),
    ],
)
def test_structures_that_do_not_fit(given, error, words):
    with pytest.raises(error, match=words):
        names_of(given, None, [A, B], [PA, PB], NAMES)


def test_unbuilt():
    m = CompileMetrics(["mae"], None)
    assert m.metrics == [] and m.variables == [] and m.result() == {}
    m.reset_state()


@pytest.mark.parametrize("given", [{"nope": "mae"}, {"nope": ["mae"]}, {"b": "mae"}])
def test_one_output_takes_the_metrics_of_any_key(given):
    assert names_of(given, output_names=["b"]) == ["mae"]
    assert sorted(names_of({"nope": "mae", "b": ["mse"]}, output_names=["b"])) == ["mae", "mse"]
