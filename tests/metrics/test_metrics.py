"""Every metric against plain float64 NumPy: in parts and in a trace, with and without weights; configs, errors."""

import numpy as np
import pytest
from evaluate import plan

from fastnn import metrics, ops
from fastnn.core.errors import ArgumentError, ShapeError, UnknownNameError

EPS = 1e-7
rng = np.random.default_rng(0)
N, C = 11, 5
TRUE, PRED = rng.normal(size=(N, 3)), rng.normal(size=(N, 3))
POS, POS2 = rng.uniform(0.1, 2, (N, 3)), rng.uniform(0.1, 2, (N, 3))
BITS, PROB = rng.integers(0, 2, (N, 3)).astype(float), rng.uniform(0.01, 0.99, (N, 3))
LABELS, GUESS, LOGITS = rng.integers(0, C, N), rng.integers(0, C, N), rng.normal(size=(N, C))
HOT = np.eye(C)[LABELS]
SOFT = np.exp(LOGITS) / np.exp(LOGITS).sum(-1, keepdims=True)
WEIGHT = rng.uniform(0.1, 2, N)
THRESHOLDS = np.array([-EPS, *((i + 1) / 199 for i in range(198)), 1 + EPS])


def rowwise(values):
    """The weighted mean over rows of the mean of each row."""
    return lambda w: (values.reshape(N, -1).mean(1) * w).sum() / w.sum()


def unit(x):
    return x / np.sqrt((x**2).sum(-1, keepdims=True))


def bce(y, p):
    return -(y * np.log(p) + (1 - y) * np.log(1 - p))


def counts(w, y=BITS, p=PROB, thresholds=(0.5,)):
    w = np.broadcast_to(w[:, None], y.shape)
    out = []
    for t in thresholds:
        pos = p > t
        out.append(
            [
                (w * (pos & (y == 1))).sum(),
                (w * (pos & (y == 0))).sum(),
                (w * (~pos & (y == 0))).sum(),
                (w * (~pos & (y == 1))).sum(),
            ]
        )
    return np.array(out).T


def ratio(a, b):
    return np.divide(a, b, out=np.zeros_like(a), where=b != 0)


def roc(w, pick=lambda y: (y[:-1] + y[1:]) / 2, thresholds=THRESHOLDS, y=BITS, p=PROB):
    tp, fp, tn, fn = counts(w, y, p, thresholds)
    x, y = ratio(fp, fp + tn), ratio(tp, tp + fn)
    return ((x[:-1] - x[1:]) * pick(y)).sum()


def pr(w):
    tp, fp, _, fn = counts(w, thresholds=THRESHOLDS)
    total = 0.0
    for i in range(len(tp) - 1):
        dtp, dp = tp[i] - tp[i + 1], tp[i] + fp[i] - tp[i + 1] - fp[i + 1]
        slope = dtp / dp if dp > 0 else 0.0
        p0, p1 = tp[i] + fp[i], tp[i + 1] + fp[i + 1]
        intercept = tp[i + 1] - slope * p1
        log = np.log(p0 / p1) if p0 > 0 and p1 > 0 else 0.0
        total += slope * (dtp + intercept * log) / (tp[i + 1] + fn[i + 1])
    return total


def fbeta(w, average, beta, positive):
    tp, fp = (w[:, None] * positive * HOT).sum(0), (w[:, None] * positive * (1 - HOT)).sum(0)
    fn, true = (w[:, None] * (1 - positive) * HOT).sum(0), (w[:, None] * HOT).sum(0)
    if average == "micro":
        tp, fp, fn = tp.sum(), fp.sum(), fn.sum()
    precision, recall = tp / (tp + fp + EPS), tp / (tp + fn + EPS)
    score = (1 + beta**2) * precision * recall / (beta**2 * precision + recall + EPS)
    if average == "weighted":
        return (score * true / true.sum()).sum()
    return score.mean() if average else score


def iou(w, classes):
    cm = np.zeros((C, C))
    np.add.at(cm, (LABELS, GUESS), w)
    values = [cm[k, k] / (cm[k].sum() + cm[:, k].sum() - cm[k, k]) for k in classes if cm[k].sum() + cm[:, k].sum() > 0]
    return np.mean(values)


def best(w, wanted, bounded, bound):
    t = np.array([0.0, *((i + 1) / 199 for i in range(198)), 1.0])
    tp, fp, tn, fn = counts(w, thresholds=t)
    rates = {"recall": ratio(tp, tp + fn), "precision": ratio(tp, tp + fp), "specificity": ratio(tn, tn + fp)}
    return np.where(rates[bounded] >= bound, rates[wanted], 0).max()


def r2(w):
    total = ((TRUE - (TRUE * w[:, None]).sum(0) / w.sum()) ** 2 * w[:, None]).sum(0)
    return (1 - ((TRUE - PRED) ** 2 * w[:, None]).sum(0) / total).mean()


TOP2 = np.argsort(-SOFT, axis=1)[:, :2]
ARGMAX = np.eye(C)[SOFT.argmax(1)]
CASES = {
    "accuracy": (metrics.Accuracy(), LABELS, GUESS, rowwise(1.0 * (LABELS == GUESS))),
    "binary_accuracy": (metrics.BinaryAccuracy(threshold=0.4), BITS, PROB, rowwise(1.0 * ((PROB > 0.4) == BITS))),
    "categorical_accuracy": (metrics.CategoricalAccuracy(), HOT, SOFT, rowwise(1.0 * (SOFT.argmax(1) == LABELS))),
    "sparse_accuracy": (metrics.SparseCategoricalAccuracy(), LABELS, SOFT, rowwise(1.0 * (SOFT.argmax(1) == LABELS))),
    "sparse_accuracy_column": (metrics.SparseCategoricalAccuracy(), LABELS[:, None], SOFT,
                               rowwise(1.0 * (SOFT.argmax(1) == LABELS))),
    "top_k": (metrics.TopKCategoricalAccuracy(k=2), HOT, SOFT, rowwise(1.0 * (LABELS[:, None] == TOP2).any(1))),
    "sparse_top_k": (metrics.SparseTopKCategoricalAccuracy(k=2), LABELS, SOFT,
                     rowwise(1.0 * (LABELS[:, None] == TOP2).any(1))),
    "mse": (metrics.MeanSquaredError(), TRUE, PRED, rowwise((TRUE - PRED) ** 2)),
    "mae": (metrics.MeanAbsoluteError(), TRUE, PRED, rowwise(np.abs(TRUE - PRED))),
    "mape": (metrics.MeanAbsolutePercentageError(), POS, POS2, rowwise(100 * np.abs((POS - POS2) / POS))),
    "msle": (metrics.MeanSquaredLogarithmicError(), POS, POS2, rowwise((np.log1p(POS) - np.log1p(POS2)) ** 2)),
    "rmse": (metrics.RootMeanSquaredError(), TRUE, PRED, lambda w: np.sqrt(rowwise((TRUE - PRED) ** 2)(w))),
    "cosine": (metrics.CosineSimilarity(), TRUE, PRED, rowwise((unit(TRUE) * unit(PRED)).sum(1))),
    "logcosh": (metrics.LogCoshError(), TRUE, PRED, rowwise(np.log(np.cosh(TRUE - PRED)))),
    "hinge": (metrics.Hinge(), BITS * 2 - 1, PRED, rowwise(np.maximum(1 - (2 * BITS - 1) * PRED, 0))),
    "squared_hinge": (metrics.SquaredHinge(), BITS * 2 - 1, PRED,
                      rowwise(np.maximum(1 - (2 * BITS - 1) * PRED, 0) ** 2)),
    "categorical_hinge": (metrics.CategoricalHinge(), HOT, LOGITS, rowwise(
        np.maximum(((1 - HOT) * LOGITS).max(1) - (HOT * LOGITS).sum(1) + 1, 0))),
    "kld": (metrics.KLDivergence(), POS / 3, POS2 / 3, rowwise((POS / 3 * np.log(POS / POS2)).sum(1))),
    "poisson": (metrics.Poisson(), POS, POS2, rowwise(POS2 - POS * np.log(POS2 + EPS))),
    "bce": (metrics.BinaryCrossentropy(), BITS, PROB, rowwise(bce(BITS, PROB))),
    "cce": (metrics.CategoricalCrossentropy(), HOT, SOFT, rowwise(-np.log(SOFT[np.arange(N), LABELS]))),
    "scce": (metrics.SparseCategoricalCrossentropy(from_logits=True), LABELS, LOGITS,
             rowwise(-np.log(SOFT[np.arange(N), LABELS]))),
    "r2": (metrics.R2Score(), TRUE, PRED, r2),
    "true_positives": (metrics.TruePositives(), BITS, PROB, lambda w: counts(w)[0, 0]),
    "false_positives": (metrics.FalsePositives([0.1, 0.6]), BITS, PROB, lambda w: counts(w, thresholds=(0.1, 0.6))[1]),
    "true_negatives": (metrics.TrueNegatives(), BITS, PROB, lambda w: counts(w)[2, 0]),
    "false_negatives": (metrics.FalseNegatives(), BITS, PROB, lambda w: counts(w)[3, 0]),
    "precision": (metrics.Precision(), BITS, PROB, lambda w: counts(w)[0, 0] / counts(w)[:2, 0].sum()),
    "precision_top_k": (metrics.Precision(top_k=2), HOT, SOFT, lambda w: (w * (LABELS[:, None] == TOP2).any(1)).sum()
                        / (2 * w.sum())),
    "recall": (metrics.Recall([0.2, 0.7]), BITS, PROB,
               lambda w: (lambda c: c[0] / (c[0] + c[3]))(counts(w, thresholds=(0.2, 0.7)))),
    "recall_class": (metrics.Recall(class_id=1), BITS, PROB,
                     lambda w: (lambda c: c[0, 0] / (c[0, 0] + c[3, 0]))(counts(w, BITS[:, 1:2], PROB[:, 1:2]))),
    "auc": (metrics.AUC(), BITS, PROB, roc),
    "auc_minoring": (metrics.AUC(summation_method="minoring", thresholds=[0.3, 0.5]), BITS, PROB,
                     lambda w: roc(w, lambda y: np.minimum(y[:-1], y[1:]), [-EPS, 0.3, 0.5, 1 + EPS])),
    "auc_pr": (metrics.AUC(curve="PR"), BITS, PROB, pr),
    "auc_labels": (metrics.AUC(multi_label=True), BITS, PROB, lambda w: np.mean(
        [roc(w, y=BITS[:, k:k + 1], p=PROB[:, k:k + 1]) for k in range(3)])),
    "sensitivity": (metrics.SensitivityAtSpecificity(0.4), BITS, PROB, lambda w: best(w, "recall", "specificity", 0.4)),
    "specificity": (metrics.SpecificityAtSensitivity(0.4), BITS, PROB, lambda w: best(w, "specificity", "recall", 0.4)),
    "precision_at": (metrics.PrecisionAtRecall(0.4), BITS, PROB, lambda w: best(w, "precision", "recall", 0.4)),
    "recall_at": (metrics.RecallAtPrecision(0.4), BITS, PROB, lambda w: best(w, "recall", "precision", 0.4)),
    "f1": (metrics.F1Score(average="macro"), HOT, SOFT, lambda w: fbeta(w, "macro", 1, ARGMAX)),
    "f1_threshold": (metrics.F1Score(threshold=0.3), HOT, SOFT, lambda w: fbeta(w, None, 1, 1.0 * (SOFT > 0.3))),
    "fbeta_weighted": (metrics.FBetaScore("weighted", 2.0), HOT, SOFT, lambda w: fbeta(w, "weighted", 2, ARGMAX)),
    "fbeta_micro": (metrics.FBetaScore("micro", 0.5, 0.2), HOT, SOFT,
                    lambda w: fbeta(w, "micro", 0.5, 1.0 * (SOFT > 0.2))),
    "iou": (metrics.IoU(C, [0, 2]), LABELS, GUESS, lambda w: iou(w, [0, 2])),
    "mean_iou": (metrics.MeanIoU(C), LABELS, GUESS, lambda w: iou(w, range(C))),
}  # fmt: skip


def as_inputs(y_true, y_pred):
    return [a if a.dtype.kind == "i" else a.astype("float32") for a in (y_true, y_pred)]


@pytest.mark.parametrize("name", CASES)
def test_in_parts_on_arrays(name):
    metric, y_true, y_pred, expected = CASES[name]
    y_true, y_pred = as_inputs(y_true, y_pred)
    for weight in (None, WEIGHT):
        metric.reset_state()
        for part in (slice(0, 6), slice(6, N)):
            metric.update_state(y_true[part], y_pred[part], sample_weight=None if weight is None else weight[part])
        got = metric.result()
        assert got.dtype == np.float32
        np.testing.assert_allclose(got, expected(np.ones(N) if weight is None else weight), rtol=2e-5, atol=1e-6)
    metric.reset_state()
    assert all(not v.numpy().any() for v in metric.variables)


@pytest.mark.parametrize("name", CASES)
def test_in_a_trace(name):
    metric, y_true, y_pred, expected = CASES[name]
    y_true, y_pred = as_inputs(y_true, y_pred)
    metric.reset_state()

    def update(a, b, w):
        metric.update_state(a, b, sample_weight=w)
        return ops.sum(b)

    call = plan(update, [y_true, y_pred, WEIGHT.astype("float32")])
    call(y_true, y_pred, WEIGHT)
    np.testing.assert_allclose(metric.result(), expected(WEIGHT), rtol=2e-5, atol=1e-6)
    before = [v.numpy() for v in metric.variables]
    call(y_true, y_pred, WEIGHT)
    for v, b in zip(metric.variables, before):
        np.testing.assert_allclose(v.numpy(), 2 * b, rtol=1e-6)


@pytest.mark.parametrize("name", CASES)
def test_configs_go_round(name):
    metric = CASES[name][0]
    again = metrics.deserialize(metrics.serialize(metric))
    assert type(again) is type(metric) and again.get_config() == metric.get_config()


def test_mean_and_sum():
    mean, total = metrics.Mean(), metrics.Sum()
    assert float(mean.result()) == 0.0
    for m in (mean, total):
        m.update_state([1.0, 3.0])
        m.update_state(5.0, sample_weight=2.0)
    assert float(mean.result()) == pytest.approx(14 / 4)
    assert float(total.result()) == 14.0
    assert float(metrics.Mean()([[1.0, 3.0], [5.0, 7.0]], sample_weight=[1.0, 0.0])) == 2.0


def test_totals_stay_exact():
    mean = metrics.Mean()
    mean.total.assign(np.float64(2**40))
    mean.count.assign(np.float64(2**40))
    mean.update_state(np.zeros(1, "float32"))
    assert mean.count.numpy() == 2**40 + 1


def test_ties_and_nan_in_top_k():
    ties = np.array([[0.5, 0.5, 0.5]], "float32")
    assert float(metrics.SparseTopKCategoricalAccuracy(k=1)([2], ties)) == 1.0
    assert float(metrics.SparseTopKCategoricalAccuracy(k=1)([1], [[0.1, np.nan, 0.3]])) == 0.0
    assert float(metrics.SparseTopKCategoricalAccuracy(k=2, from_sorted_ids=True)([3], [[1, 3, 2]])) == 1.0


def test_n_against_n_by_1_is_aligned():
    y, p = BITS[:, 0], PROB[:, 0]
    values = [
        float(m()(a, b))
        for m in (metrics.BinaryAccuracy, metrics.MeanSquaredError, metrics.AUC)
        for a, b in ((y, p), (y[:, None], p), (y, p[:, None]), (y[:, None], p[:, None]))
    ]
    for i in (0, 4, 8):
        assert values[i : i + 4] == pytest.approx([values[i]] * 4)


def test_shapes_that_do_not_fit():
    with pytest.raises(ShapeError, match="sparse_categorical_accuracy"):
        metrics.CategoricalAccuracy()(LABELS, SOFT)
    with pytest.raises(ShapeError, match="one class index"):
        metrics.SparseCategoricalAccuracy()(HOT, SOFT)
    with pytest.raises(ShapeError, match="same shape"):
        metrics.Precision()(LABELS, SOFT)
    with pytest.raises(ShapeError, match="2D"):
        metrics.F1Score()(LABELS, LABELS)
    with pytest.raises(ShapeError, match="rank 2"):
        metrics.AUC(multi_label=True)(LABELS, LABELS)


@pytest.mark.parametrize("make", [
    lambda: metrics.AUC(num_thresholds=1), lambda: metrics.AUC(curve="XY"), lambda: metrics.AUC(thresholds=[2.0]),
    lambda: metrics.Precision(thresholds=[1.5]), lambda: metrics.R2Score(class_aggregation="mean"),
    lambda: metrics.FBetaScore(beta=-1.0), lambda: metrics.F1Score(threshold=2.0), lambda: metrics.IoU(2, [2]),
    lambda: metrics.PrecisionAtRecall(1.5), lambda: metrics.AUC(num_labels=3)])  # fmt: skip
def test_arguments_that_do_not_fit(make):
    with pytest.raises(ArgumentError, match=r"Received|Expected|range|needed"):
        make()


def test_r2_of_a_large_mean_does_not_cancel():
    y = np.array([[1e6], [1e6 + 1], [1e6 + 2]])
    assert float(metrics.R2Score()(y, y + np.array([[0.0], [0.5], [0.0]]))) == pytest.approx(1 - 0.25 / 2)
    with pytest.warns(UserWarning, match="independent predictors"):
        metrics.R2Score(num_regressors=5)(y, y)


def test_a_metric_of_ones_own():
    class Peak(metrics.Metric):
        def __init__(self, name="peak", **kwargs):
            super().__init__(name=name, **kwargs)
            self.peak = self.add_weight(name="p", initializer="zeros")
            self.mean = metrics.Mean()

        def update_state(self, y_true, y_pred, sample_weight=None):
            self.peak.assign(ops.maximum(self.peak, ops.cast(ops.max(y_pred), "float64")))
            self.mean.update_state(y_pred)

        def result(self):
            return self.peak / 2.0

    metric = Peak()
    assert len(metric.variables) == 3
    assert float(metric([0.0], [4.0])) == 2.0
    metric.reset_state()
    assert float(metric.result()) == 0.0

    class Forgot(metrics.Metric):
        def __init__(self):
            self.name = "forgot"

    with pytest.raises(RuntimeError, match="super"):
        Forgot()([0.0], [1.0])


def test_names():
    assert metrics.get("mse").name == "mean_squared_error"
    assert isinstance(metrics.get("AUC"), metrics.AUC) and isinstance(metrics.get("auc"), metrics.AUC)
    assert callable(metrics.get("binary_accuracy"))
    assert metrics.get(None) is None
    with pytest.raises(UnknownNameError, match="accuracy"):
        metrics.get("acuracy")
    with pytest.raises(ArgumentError, match="Could not interpret"):
        metrics.get(3)


def test_reset_names_are_numbered():
    first, second = metrics.Precision(), metrics.Precision()
    assert first.name.startswith("precision") and second.name != first.name


@pytest.mark.parametrize("y_true, y_pred, kind", [
    ((8,), (8, 1), "Binary"), ((8, 1), (8, 1), "Binary"), ((8,), (8, 3), "Sparse"), ((8, 1), (8, 3), "Sparse"),
    ((8, 3), (8, 3), "Categorical"), ((8, 5), (8, 5, 9), "Sparse")])  # fmt: skip
def test_accuracy_and_crossentropy_by_shape(y_true, y_pred, kind):
    for name in ("accuracy", "acc", "crossentropy", "ce"):
        metric = metrics.resolve(name, np.zeros(y_true), np.zeros(y_pred))
        assert type(metric).__name__.startswith(kind) and metric.name == name


def test_one_value_of_a_batch_counts_for_each_of_its_rows():
    mean = metrics.Mean()
    mean.update_state(np.float32(2.0), sample_weight=np.array([1.0, 0.0, 1.0]))
    mean.update_state(np.float32(5.0), sample_weight=np.array([1.0]))
    assert float(mean.result()) == 3.0
