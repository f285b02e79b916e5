"""Every loss against plain float64 NumPy; reductions, weights, alignment, configs, errors."""

import numpy as np
import pytest
from evaluate import run

import fastnn
from fastnn import losses, ops
from fastnn.core.errors import ArgumentError, DataWarning, ShapeError, UnknownNameError

EPS = 1e-7
rng = np.random.default_rng(0)
N, C = 7, 5
TRUE, PRED = rng.normal(size=(N, 3)), rng.normal(size=(N, 3))
POS, POS2 = rng.uniform(0.1, 2, (N, 3)), rng.uniform(0.1, 2, (N, 3))
BITS, PROB = rng.integers(0, 2, (N, 3)).astype(float), rng.uniform(0.01, 0.99, (N, 3))
LABELS, LOGITS = rng.integers(0, C, N), rng.normal(size=(N, C))
HOT = np.eye(C)[LABELS]
SOFT = np.exp(LOGITS) / np.exp(LOGITS).sum(-1, keepdims=True)
WEIGHT = rng.uniform(0, 2, N)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def unit(x):
    return x / np.maximum(np.sqrt((x**2).sum(-1, keepdims=True)), EPS)


def bce(y, p):
    p = np.clip(p, EPS, 1 - EPS)
    return -(y * np.log(p) + (1 - y) * np.log(1 - p))


def cce(y, p):
    p = np.clip(p / p.sum(-1, keepdims=True), EPS, 1 - EPS)
    return -(y * np.log(p)).sum(-1)


def smooth(y, s, n):
    return y * (1 - s) + s / n


def huber(d):
    e = np.abs(PRED - TRUE)
    return np.where(e <= d, e**2 / 2, d * e - d * d / 2).mean(-1)


def focal_binary(y, p, balance=False):
    p_t = y * p + (1 - y) * (1 - p)
    out = (1 - p_t) ** 2.0 * bce(y, p)
    return ((y * 0.25 + (1 - y) * 0.75) * out if balance else out).mean(-1)


def focal_categorical(y, p):
    q = np.clip(p, EPS, 1 - EPS)
    return (0.25 * (1 - q) ** 2.0 * -y * np.log(q)).sum(-1)


def signed(y):
    return 2 * y - 1


CASES = {
    "mse": (losses.MeanSquaredError(), TRUE, PRED, ((TRUE - PRED) ** 2).mean(-1)),
    "mae": (losses.MeanAbsoluteError(), TRUE, PRED, np.abs(TRUE - PRED).mean(-1)),
    "mape": (losses.MeanAbsolutePercentageError(), POS, POS2, 100 * np.abs((POS - POS2) / POS).mean(-1)),
    "msle": (losses.MeanSquaredLogarithmicError(), POS, POS2, ((np.log1p(POS) - np.log1p(POS2)) ** 2).mean(-1)),
    "huber": (losses.Huber(0.7), TRUE, PRED, huber(0.7)),
    "log_cosh": (losses.LogCosh(), TRUE, PRED, np.log(np.cosh(PRED - TRUE)).mean(-1)),
    "cosine": (losses.CosineSimilarity(), TRUE, PRED, -(unit(TRUE) * unit(PRED)).sum(-1)),
    "hinge": (losses.Hinge(), BITS, PRED, np.maximum(1 - signed(BITS) * PRED, 0).mean(-1)),
    "hinge_signed": (losses.Hinge(), np.sign(TRUE), PRED, np.maximum(1 - np.sign(TRUE) * PRED, 0).mean(-1)),
    "squared_hinge": (losses.SquaredHinge(), BITS, PRED, (np.maximum(1 - signed(BITS) * PRED, 0) ** 2).mean(-1)),
    "categorical_hinge": (losses.CategoricalHinge(), HOT, LOGITS, np.maximum(
        ((1 - HOT) * LOGITS).max(-1) - (HOT * LOGITS).sum(-1) + 1, 0)),
    "kld": (losses.KLDivergence(), SOFT, np.roll(SOFT, 1, 0), (SOFT * np.log(SOFT / np.roll(SOFT, 1, 0))).sum(-1)),
    "poisson": (losses.Poisson(), POS, POS2, (POS2 - POS * np.log(POS2 + EPS)).mean(-1)),
    "bce": (losses.BinaryCrossentropy(), BITS, PROB, bce(BITS, PROB).mean(-1)),
    "bce_logits": (losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.1), BITS, PRED,
                   bce(smooth(BITS, 0.1, 2), sigmoid(PRED)).mean(-1)),
    "focal": (losses.BinaryFocalCrossentropy(apply_class_balancing=True), BITS, PROB, focal_binary(BITS, PROB, True)),
    "focal_logits": (losses.BinaryFocalCrossentropy(from_logits=True), BITS, PRED, focal_binary(BITS, sigmoid(PRED))),
    "cce": (losses.CategoricalCrossentropy(), HOT, 3 * SOFT, cce(HOT, SOFT)),
    "cce_logits": (losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.2), HOT, LOGITS,
                   cce(smooth(HOT, 0.2, C), SOFT)),
    "cce_focal": (losses.CategoricalFocalCrossentropy(), HOT, SOFT, focal_categorical(HOT, SOFT)),
    "cce_focal_logits": (losses.CategoricalFocalCrossentropy(from_logits=True, label_smoothing=0.1), HOT, LOGITS,
                         focal_categorical(smooth(HOT, 0.1, C), SOFT)),
    "scce": (losses.SparseCategoricalCrossentropy(), LABELS, SOFT, cce(HOT, SOFT)),
    "scce_logits": (losses.SparseCategoricalCrossentropy(from_logits=True), LABELS[:, None], LOGITS, cce(HOT, SOFT)),
    "gce": (losses.CategoricalGeneralizedCrossEntropy(0.7), LABELS, SOFT,
            (1 - SOFT[np.arange(N), LABELS] ** 0.7) / 0.7),
    "tversky": (losses.Tversky(alpha=0.3, axis=1), BITS, PROB, 1 - (BITS * PROB).sum(1) / (
        (BITS * PROB).sum(1) + 0.3 * ((1 - PROB) * BITS).sum(1) + 0.5 * (PROB * (1 - BITS)).sum(1) + EPS)),
    "dice": (losses.Dice(axis=1), BITS, PROB, 1 - 2 * (BITS * PROB).sum(1) / (BITS.sum(1) + PROB.sum(1) + EPS)),
}  # fmt: skip


def as_inputs(y_true, y_pred):
    labels = y_true if y_true.dtype.kind == "i" else y_true.astype("float32")
    return labels, y_pred.astype("float32")


def reduced(values, reduction, weight):
    values = values if weight is None else values * weight
    if reduction == "none":
        return values
    if reduction == "sum":
        return values.sum()
    by_weight = reduction == "mean_with_sample_weight" and weight is not None
    return values.sum() / (weight.sum() if by_weight else values.size)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", "mean_with_sample_weight", "none"])
def test_values_on_arrays(name, reduction):
    loss, y_true, y_pred, expected = CASES[name]
    again = type(loss).from_config({**loss.get_config(), "reduction": reduction})
    for weight in (None, WEIGHT):
        got = again(*as_inputs(y_true, y_pred), sample_weight=weight)
        np.testing.assert_allclose(got, reduced(expected, reduction, weight), rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("name", CASES)
def test_values_in_a_trace(name):
    loss, y_true, y_pred, expected = CASES[name]
    (got,) = run(lambda a, b, w: loss(a, b, w), [*as_inputs(y_true, y_pred), WEIGHT.astype("float32")])
    assert got.shape == () and got.dtype == np.float32
    np.testing.assert_allclose(got, (expected * WEIGHT).mean(), rtol=2e-5, atol=2e-6)


def test_a_float64_model_has_a_float64_loss():
    (got,) = run(losses.MeanSquaredError(), [TRUE, PRED])
    assert got.dtype == np.float64
    np.testing.assert_allclose(got, ((TRUE - PRED) ** 2).mean(), rtol=1e-14)
    assert losses.MeanSquaredError()(TRUE, PRED).dtype == np.float32
    assert losses.MeanSquaredError(dtype="float64")(TRUE, PRED).dtype == np.float64


@pytest.mark.parametrize("make", [losses.MeanSquaredError, losses.BinaryCrossentropy, losses.Hinge])
def test_n_against_n_by_1_is_aligned(make):
    y, p = BITS[:, 0].astype("float32"), PROB[:, 0].astype("float32")
    values = [make(reduction="none")(a, b) for a, b in ((y, p[:, None]), (y[:, None], p), (y[:, None], p[:, None]))]
    assert all(v.shape == (N,) for v in values)
    np.testing.assert_array_equal(values[0], values[1])
    np.testing.assert_array_equal(values[0], values[2])


def test_other_shapes_are_errors_and_never_broadcast():
    square = np.ones((3, 3), "float32")
    for make in (losses.MeanSquaredError, losses.BinaryCrossentropy, losses.KLDivergence, losses.Poisson):
        with pytest.raises(ShapeError, match="y_true"):
            make()(np.ones(3), square)
    with pytest.raises(ShapeError, match="sparse_categorical_crossentropy"):
        losses.CategoricalCrossentropy()(LABELS, SOFT)
    with pytest.raises(ShapeError, match="categorical_crossentropy"):
        losses.SparseCategoricalCrossentropy()(HOT, SOFT)


def test_one_weight_per_sample_also_where_the_axes_are_equally_long():
    values = np.arange(9.0).reshape(3, 3)
    loss = losses.LossFunctionWrapper(lambda y, p: y * 1.0, reduction="none")
    got = loss(values, values, sample_weight=[1.0, 2.0, 3.0])
    np.testing.assert_allclose(got, values * np.array([[1.0], [2.0], [3.0]]))
    with pytest.raises(ShapeError, match="sample_weight"):
        loss(values, values, sample_weight=[1.0, 2.0])


def test_ignored_class_does_not_count():
    loss = losses.SparseCategoricalCrossentropy(ignore_class=int(LABELS[0]))
    kept = LABELS[0] != LABELS
    expected = cce(HOT, SOFT)[kept].mean()
    np.testing.assert_allclose(loss(LABELS, SOFT), expected, rtol=1e-5)
    values = losses.sparse_categorical_crossentropy(LABELS, SOFT, ignore_class=int(LABELS[0]))
    np.testing.assert_allclose(values, np.where(kept, cce(HOT, SOFT), 0), rtol=1e-5)


def test_large_labels_stay_exact():
    classes = 3
    labels = np.array([2, 1], "int64")
    got = losses.get("sparse_categorical_crossentropy")(labels, np.eye(classes, dtype="float32")[labels])
    np.testing.assert_allclose(got, 0, atol=1e-6)


def test_masked_values_do_not_count():
    from fastnn.losses.loss import reduce_weighted

    values, mask = np.array([[1.0, 2.0], [3.0, 100.0]]), np.array([[True, True], [True, False]])
    assert float(reduce_weighted(values, None, mask)) == pytest.approx(2.0)
    assert float(reduce_weighted(values, None, mask, "sum")) == pytest.approx(6.0)
    assert float(reduce_weighted(values, [1.0, 0.0], mask)) == pytest.approx(1.0)
    assert float(reduce_weighted(values, None, np.zeros((2, 2), bool))) == 0.0


def test_extreme_logits_stay_finite():
    big = np.array([[1e4, -1e4]], "float32")
    assert float(losses.CategoricalCrossentropy(from_logits=True)([[0.0, 1.0]], big)) == pytest.approx(2e4)
    assert float(losses.BinaryCrossentropy(from_logits=True)([[0.0, 1.0]], big)) == pytest.approx(1e4)
    assert np.isfinite(losses.CategoricalCrossentropy()([[0.0, 1.0]], [[1.0, 0.0]]))


def test_custom_functions_and_classes():
    def cubed(y_true, y_pred):
        return ops.abs(y_pred - y_true) ** 3

    class Cubed(losses.Loss):
        def call(self, y_true, y_pred):
            return ops.abs(y_pred - y_true) ** 3

    expected = (np.abs(PRED - TRUE) ** 3).mean()
    for loss in (losses.LossFunctionWrapper(cubed), Cubed()):
        np.testing.assert_allclose(loss(TRUE, PRED), expected, rtol=1e-5)
        np.testing.assert_allclose(run(loss, [TRUE, PRED])[0], expected, rtol=1e-12)
    assert Cubed(name="mine").name == "mine"
    with pytest.raises(NotImplementedError, match="call"):
        losses.Loss()(TRUE, PRED)


@pytest.mark.parametrize(
    "name, target",
    [
        ("mse", "mean_squared_error"),
        ("MSE", "mean_squared_error"),
        ("mae", "mean_absolute_error"),
        ("mape", "mean_absolute_percentage_error"),
        ("msle", "mean_squared_logarithmic_error"),
        ("kld", "kl_divergence"),
        ("bce", "binary_crossentropy"),
        ("logcosh", "log_cosh"),
        ("categorical_crossentropy", "categorical_crossentropy"),
    ],
)
def test_names(name, target):
    assert losses.get(name).__name__ == target


def test_get():
    assert losses.get(None) is None
    assert isinstance(losses.get("MeanSquaredError"), losses.MeanSquaredError)
    assert isinstance(losses.get(losses.Huber), losses.Huber)
    assert losses.get({"class_name": "Huber", "config": {"delta": 2.0}}).delta == 2.0
    with pytest.raises(UnknownNameError, match="mean_squared_error"):
        losses.get("mean_square_error")
    with pytest.raises(ArgumentError, match="Could not interpret"):
        losses.get(3)
    assert losses.Huber(reduction=losses.Reduction.AUTO).reduction == "sum_over_batch_size"
    with pytest.raises(ArgumentError, match="reduction"):
        losses.Huber(reduction="average")


@pytest.mark.parametrize("name", CASES)
def test_configs_go_round(name):
    loss = CASES[name][0]
    config = losses.serialize(loss)
    again = losses.deserialize(config)
    assert type(again) is type(loss) and again.get_config() == loss.get_config()
    assert config["module"] == "keras.losses"


def test_inputs_are_not_changed():
    y, p = TRUE.astype("float32"), PRED.astype("float32")
    kept = y.copy(), p.copy()
    losses.MeanSquaredError()(y, p)
    np.testing.assert_array_equal(y, kept[0])
    np.testing.assert_array_equal(p, kept[1])


def test_a_list_of_symbols_is_one_operand():
    class Watched(fastnn.layers.Layer):
        def __init__(self):
            super().__init__()
            self.mean = fastnn.metrics.Mean()

        def call(self, x):
            self.mean.update_state([ops.sum(x), ops.max(x)])
            return x * losses.MeanSquaredError()([ops.sum(x)], [ops.max(x)])

    layer = Watched()
    model = fastnn.Sequential([fastnn.Input((2,)), layer])
    x = np.array([[1.0, 3.0]], "float32")
    np.testing.assert_allclose(model.predict(x, verbose=0), x)


@pytest.mark.parametrize(("target", "prediction"), [
    ((4, 1), (4, 3)), ((4, 3), (4, 1)), ((4, 1), (4, 5, 1)), ((4, 1, 3), (4, 5, 3)), ((1,), (1, 3)), ((4,), (4, 5, 1)),
])  # fmt: skip
def test_one_value_of_a_row_is_compared_with_several_with_a_warning(target, prediction):
    """As in Keras, where a layer too few is not noticed; but no row is compared with another."""
    t, p = (np.random.default_rng(k).random(shape) for k, shape in enumerate((target, prediction)))
    with pytest.warns(DataWarning, match=r"shape \(\d, .* are broadcast"):
        found = losses.mean_squared_error(t, p)
    wide = t.reshape(-1, *(1,) * (p.ndim - 1)) if t.ndim == 1 else t
    wide, p = (x[..., 0] if x.ndim == wide.ndim + 1 and x.shape[-1] == 1 else x for x in (wide, p))
    np.testing.assert_allclose(found, np.mean((p - wide) ** 2, -1), rtol=1e-6)
    model = fastnn.Sequential([fastnn.Input(prediction[1:]), fastnn.layers.Rescaling(1.0)])
    model.compile("sgd", "mse")
    with pytest.warns(DataWarning, match="return_sequences"):
        np.testing.assert_allclose(model.evaluate(p.reshape(prediction), t, verbose=0), np.mean(found), rtol=1e-5)


@pytest.mark.parametrize(
    ("target", "prediction"), [((4,), (4, 3)), ((4,), (4, 4)), ((4, 3), (4, 5, 3)), ((1, 3), (4, 3))]
)
def test_rows_are_never_spread(target, prediction):
    with pytest.raises(ShapeError, match="same shape"):
        losses.mean_squared_error(np.ones(target), np.ones(prediction))
