"""What compile(loss=..., loss_weights=...) means for one and for several outputs."""

import numpy as np
import pytest
from evaluate import run

import fastnn
from fastnn import losses
from fastnn.core.errors import ArgumentError, DataError, UnknownNameError, UnknownPathError
from fastnn.losses.compile_loss import CompileLoss
from fastnn.losses.targets import flatten, outputs_of

rng = np.random.default_rng(0)
A, B = rng.normal(size=(6, 2)).astype("float32"), rng.normal(size=(6, 1)).astype("float32")
PA, PB = rng.normal(size=(6, 2)).astype("float32"), rng.normal(size=(6, 1)).astype("float32")
MSE_A, MAE_B = ((A - PA) ** 2).mean(), np.abs(B - PB).mean()
MSE_B = ((B - PB) ** 2).mean()
NAMES = ["a", "b"]


def total(loss, y_true, y_pred, weight=None):
    return float(loss(y_true, y_pred, weight))


def test_one_output():
    for spec in ("mse", ["mse"], losses.MeanSquaredError(), losses.mse, {"out": "mse"}):
        loss = CompileLoss(spec, output_names=["out"])
        assert total(loss, A, PA) == pytest.approx(MSE_A, rel=1e-5)
        assert loss.metrics == []
    assert total(CompileLoss("mse", 3.0), A, PA) == pytest.approx(3 * MSE_A, rel=1e-5)
    assert total(CompileLoss("mse", [3]), A, PA) == pytest.approx(3 * MSE_A, rel=1e-5)


def test_several_losses_on_one_output_are_added():
    loss = CompileLoss(["mse", "mae"], [1.0, 0.5])
    assert total(loss, A, PA) == pytest.approx(MSE_A + 0.5 * np.abs(A - PA).mean(), rel=1e-5)


@pytest.mark.parametrize("spec, weights", [
    (["mse", "mae"], [1.0, 2.0]), (("mse", "mae"), (1.0, 2.0)), ({"b": "mae", "a": "mse"}, {"a": 1.0, "b": 2.0}),
    ({"a": "mse", "b": "mae"}, [1.0, 2.0]), (["mse", "mae"], {"b": 2.0, "a": 1.0})])  # fmt: skip
@pytest.mark.parametrize("form", ["list", "dict", "mixed"])
def test_two_outputs(spec, weights, form):
    y_true = [A, B] if form == "list" else {"b": B, "a": A}
    y_pred = {"a": PA, "b": PB} if form == "dict" else [PA, PB]
    loss = CompileLoss(spec, weights, output_names=NAMES)
    assert total(loss, y_true, y_pred) == pytest.approx(MSE_A + 2 * MAE_B, rel=1e-5)
    result = loss.result()
    written = list(spec) if isinstance(spec, dict) and form == "dict" else NAMES
    assert list(result) == [f"{name}_loss" for name in written]
    assert result["a_loss"] == pytest.approx(MSE_A, rel=1e-5)
    assert result["b_loss"] == pytest.approx(MAE_B, rel=1e-5)  # without its weight
    loss.reset_state()
    assert loss.result() == {"a_loss": 0.0, "b_loss": 0.0}


def test_one_loss_for_every_output():
    loss = CompileLoss("mse", output_names=NAMES)
    assert total(loss, [A, B], [PA, PB]) == pytest.approx(MSE_A + MSE_B, rel=1e-5)


def test_outputs_without_a_loss():
    for spec in (["mse", None], {"a": "mse", "b": None}):
        loss = CompileLoss(spec, output_names=NAMES)
        assert total(loss, [A, B], [PA, PB]) == pytest.approx(MSE_A, rel=1e-5)
        again = CompileLoss(spec, output_names=NAMES)
        assert total(again, [A], [PA, PB]) == pytest.approx(MSE_A, rel=1e-5)
    loss = CompileLoss({"a": "mse"}, output_names=NAMES)
    with pytest.warns(UserWarning, match="'b' is missing"):
        assert total(loss, [A, B], [PA, PB]) == pytest.approx(MSE_A, rel=1e-5)
    assert CompileLoss([None, None], output_names=NAMES)([A, B], [PA, PB]) is None


def test_losses_of_dict_outputs_bind_by_key():
    y_pred = {"z": PA, "b": PB}
    loss = CompileLoss({"b": "mae", "z": "mse"}, output_names=["first", "second"])
    assert total(loss, {"b": B, "z": A}, y_pred) == pytest.approx(MSE_A + MAE_B, rel=1e-5)
    assert list(loss.result()) == ["b_loss", "z_loss"]
    loss = CompileLoss({"z": "mse", "b": "mae"}, output_names=["first", "second"])  # logged as it was written
    assert total(loss, {"b": B, "z": A}, y_pred) == pytest.approx(MSE_A + MAE_B, rel=1e-5)
    assert list(loss.result()) == ["z_loss", "b_loss"]


def test_nested_outputs():
    y_pred = {"head": [PA, PB]}
    assert [o.name for o in outputs_of(y_pred, NAMES)] == ["head/a", "head/b"]
    loss = CompileLoss("mse", output_names=NAMES)
    assert total(loss, {"head": [A, B]}, y_pred) == pytest.approx(MSE_A + MSE_B, rel=1e-5)


def test_sample_weights():
    w = np.linspace(0, 2, 6).astype("float32")
    expected_a = (((A - PA) ** 2).mean(-1) * w).mean()
    expected_b = (((B - PB) ** 2).mean(-1) * w).mean()
    loss = CompileLoss("mse", output_names=NAMES)
    assert total(loss, [A, B], [PA, PB], w) == pytest.approx(expected_a + expected_b, rel=1e-5)
    for weights in ([w, None], {"a": w}):
        assert total(loss, [A, B], [PA, PB], weights) == pytest.approx(expected_a + MSE_B, rel=1e-5)


def test_in_a_trace():
    loss = CompileLoss({"a": "mse", "b": "mae"}, output_names=NAMES)
    (got,) = run(lambda a, b, p, q: loss({"a": a, "b": b}, [p, q]), [A, B, PA, PB])
    np.testing.assert_allclose(got, MSE_A + MAE_B, rtol=1e-5)


@pytest.mark.parametrize(
    "y_true, y_pred, name",
    [
        (np.zeros((4, 1)), np.full((4, 1), 0.5), "binary_crossentropy"),
        (np.zeros((4, 1), int), np.full((4, 3), 1 / 3), "sparse_categorical_crossentropy"),
        (np.eye(4), np.full((4, 4), 0.25), "categorical_crossentropy"),
    ],
)
def test_crossentropy_by_shape(y_true, y_pred, name):
    loss = CompileLoss("crossentropy")
    loss(y_true, y_pred)
    assert losses.get(name).__name__ in repr(loss.parts[0].loss) and loss.parts[0].loss.name == "crossentropy"


def test_errors_come_from_compile():
    with pytest.raises(UnknownNameError, match="Did you mean"):
        CompileLoss(["mse", "men_squared_error"])
    with pytest.raises(ArgumentError, match="loss_weights"):
        CompileLoss("mse", "1.0")


@pytest.mark.parametrize(
    "spec, weights, error, words",
    [
        (["mse", "mse", "mse"], None, ArgumentError, "3 entries, but the model has 2 outputs"),
        ({"a": "mse", "c": "mse"}, None, UnknownNameError, "'c'"),
        (["mse", "mse"], [1.0, 2.0, 3.0], ArgumentError, "2 losses and 3 weights"),
        (["mse", "mse"], {"c": 2.0}, UnknownNameError, "'c'"),
        (["mse", "mse"], 2.0, ArgumentError, "2 losses and 1 weights"),
    ],
)
def test_structures_that_do_not_fit(spec, weights, error, words):
    with pytest.raises(error, match=words):
        CompileLoss(spec, weights, output_names=NAMES)([A, B], [PA, PB])


def test_targets_that_do_not_fit():
    loss = CompileLoss("mse", output_names=NAMES)
    with pytest.raises(UnknownPathError, match="2 outputs"):
        loss(A, [PA, PB])
    with pytest.raises(DataError, match="3 entries"):
        loss([A, B, B], [PA, PB])
    with pytest.raises(UnknownNameError, match="no entry for output 'b'"):
        loss({"a": A}, [PA, PB])
    with pytest.raises(UnknownNameError, match="'c'"):
        loss({"a": A, "b": B, "c": B}, [PA, PB])


def test_flatten_goes_by_sorted_keys():
    assert flatten({"b": 1, "a": {"d": 2, "c": 3}}) == [(("a", "c"), 3), (("a", "d"), 2), (("b",), 1)]


@pytest.mark.parametrize("weights", [["accuracy"], {"out": "mae"}, [abs]])
def test_metrics_in_the_place_of_loss_weights(weights):
    model = fastnn.Sequential([fastnn.Input((2,)), fastnn.layers.Dense(1, name="out")])
    with pytest.raises(ArgumentError, match=r"metrics=\[\.\.\.\] by name"):
        model.compile("sgd", "mse", weights)


def test_outputs_without_losses_need_no_targets():
    assert CompileLoss([None, None], output_names=NAMES)(None, [PA, PB]) is None
