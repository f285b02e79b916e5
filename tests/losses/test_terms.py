"""Losses and metrics for structures of outputs: which loss looks at which place, and under which name it is logged."""

from collections import namedtuple

import numpy as np
import pytest

import fastnn
from fastnn import layers, ops
from fastnn.core.errors import ArgumentError, UnknownNameError, UnknownPathError
from fastnn.losses.compile_loss import CompileLoss
from fastnn.losses.targets import outputs_of
from fastnn.losses.terms import terms_of
from fastnn.metrics.compile_metrics import CompileMetrics

Pair = namedtuple("Pair", ["p", "q"])
NESTED = {"a": (0, 0), "b": {"c": 0, "d": 0}}


def found(loss, weights, structure, names=None):
    return [(t.path, t.identifier, t.weight) for t in terms_of(loss, weights, structure, outputs_of(structure, names))]


@pytest.mark.parametrize(
    "loss, weights, structure, expected",
    [
        ("f", None, 0, [((), "f", None)]),
        ("f", [2], [0], [((0,), "f", 2)]),
        (["f", "g"], [1, 2], 0, [((), "f", 1), ((), "g", 2)]),
        ("f", None, [0, 0], [((0,), "f", None), ((1,), "f", None)]),
        (["f", ["g", "h"]], [1, 2, 3], [0, 0], [((0,), "f", 1), ((1,), "g", 2), ((1,), "h", 3)]),
        (["f", [None, "h"]], [1, [2, 3]], [0, 0], [((0,), "f", 1), ((1,), "h", 3)]),
        # a list of another kind than the outputs: one loss for all of them, and one for each
        (["f", ("g", "h")], None, (0, 0), [((), "f", None), ((0,), "g", None), ((1,), "h", None)]),
        (("f", ["g", "h"]), (1, [2, 3]), [0, 0], [((), "f", 1), ((0,), "g", 2), ((1,), "h", 3)]),
        (["f", Pair("g", None)], None, Pair(0, 0), [((), "f", None), ((0,), "g", None)]),
        (["f", ["g"]], None, (0, 0), [((0,), "f", None), ((1,), "g", None)]),
        (["f", {"a": "g"}], None, {"a": 0, "b": 0}, [((), "f", None), (("a",), "g", None)]),
        ({"b": "f", "a": "g"}, {"a": 1, "b": 2}, {"a": 0, "b": 0}, [(("b",), "f", 2), (("a",), "g", 1)]),
        ({"b": {"d": "f"}, "a": "g"}, None, NESTED, [(("b", "d"), "f", None), (("a",), "g", None)]),
        (
            {"a": ["f", (None, "g")], "b": ["h", {"c": "k"}]},
            None,
            NESTED,
            [(("a",), "f", None), (("a", 1), "g", None), (("b",), "h", None), (("b", "c"), "k", None)],
        ),
    ],
)
def test_where_losses_look(loss, weights, structure, expected):
    assert found(loss, weights, structure) == expected


@pytest.mark.parametrize(
    "loss, weights, structure, error, words",
    [
        ({"a": "f", "z": "g"}, None, {"a": 0, "b": 0}, UnknownPathError, r"The path: \('z',\) in the `loss` argument"),
        ({"a": {"x": "f"}}, None, {"a": {"c": 0, "d": 0}, "b": 0}, UnknownPathError, "can't be found in either"),
        ({"a": {"c": "f"}}, None, {"a": 0, "b": 0}, UnknownPathError, "can't be found in the model's output"),
        ({"a": "f", "z": "g"}, None, [0, 0], UnknownNameError, "Expected keys .*'a', 'b'"),
        (["f", "g", "h"], None, [0, 0], ArgumentError, "3 entries, but the model has 2 outputs"),
        ({"a": {"c": "f", "d": "g"}}, [1], {"a": {"c": 0, "d": 0}, "b": 0}, ArgumentError, "match the number of losse"),
    ],
)
@pytest.mark.filterwarnings("ignore:Output .* is missing")
def test_places_that_do_not_exist(loss, weights, structure, error, words):
    with pytest.raises(error, match=words):
        found(loss, weights, structure, ["a", "b"])


def test_an_unknown_place_is_a_key_error_that_shows_its_text():
    with pytest.raises(KeyError) as caught:
        found({"z": "f"}, None, {"a": 0, "b": 0})
    assert str(caught.value).startswith("The path: ('z',)") and isinstance(caught.value, ValueError)


def gap(y_true, y_pred):
    """The mean distance over all outputs that a loss is given."""
    pairs = zip(fastnn.tree.flatten(y_true), fastnn.tree.flatten(y_pred), strict=True)
    return sum(ops.mean(ops.abs(t - p)) for t, p in pairs)


def two_heads(kind):
    x = fastnn.Input((3,))
    y = [layers.Dense(1, name=name, kernel_initializer="zeros")(x) for name in ("y1", "y2")]
    return fastnn.Model(x, kind(y))


@pytest.mark.parametrize(
    "kind, loss, names",
    [
        (tuple, [gap, (gap, gap)], ["y1_y2_loss", "y1_loss", "y2_loss"]),
        (list, (gap, [gap, gap]), ["y1_y2_loss", "y1_loss", "y2_loss"]),
        (lambda y: Pair(*y), [gap, Pair(gap, gap)], ["y1_y2_loss", "y1_loss", "y2_loss"]),
        (lambda y: {"a": y[0], "b": y[1]}, [gap, {"a": gap, "b": gap}], ["a_b_loss", "a_loss", "b_loss"]),
        (lambda y: {"h": tuple(y)}, {"h": [gap, (None, gap)]}, ["h_loss", "h/y2_loss"]),
    ],
)
def test_a_loss_of_all_outputs_together(kind, loss, names):
    model = two_heads(kind)
    model.compile("sgd", loss)
    y = fastnn.tree.map_structure(lambda _: np.ones((8, 1), "float32"), model.output)
    logs = model.evaluate(np.zeros((8, 3), "float32"), y, return_dict=True, verbose=0)
    spans = [2.0 if name in ("y1_y2_loss", "a_b_loss", "h_loss") else 1.0 for name in names]
    assert {n: logs[n] for n in names} == dict(zip(names, spans, strict=True))
    assert logs["loss"] == sum(spans)


def test_a_compute_loss_may_hand_on_other_outputs_than_the_model_has():
    class Twice(fastnn.Model):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return super().compute_loss(x, y, [y_pred, y_pred], sample_weight, training)

    x = fastnn.Input((3,))
    model = Twice(x, layers.Dense(1)(x))
    model.compile("sgd", ["mse", "mae"])
    y = np.ones((8, 1))
    history = model.fit(np.ones((8, 3)), (y, y), verbose=0).history
    assert sorted(history) == ["loss", "mae_loss", "mse_loss"]


def test_targets_by_name_for_outputs_that_came_as_a_dict_later():
    a, b = np.ones((3, 2)), np.full((3, 2), 3.0)
    loss = CompileLoss(["mse", "mae"], output_names=["b", "a"])
    loss.build([a, a], [a, a])
    assert float(loss({"a": a, "b": b}, {"a": 2 * a, "b": 2 * b})) == 9 + 1


@pytest.mark.parametrize(
    "given, names, expected",
    [
        ({"a": ["m", "n"], "b": {"d": "k"}}, None, ["m", "n", "k"]),
        ({"a": ["m", "n"], "b": {"d": "k"}}, ["w", "x", "y", "z"], ["w_m", "x_n", "z_k"]),
        ({"b": {"c": ["m", "n"], "d": None}}, ["w", "x", "y", "z"], ["y_m", "y_n"]),
        ({"a": "m"}, ["w", "x", "y", "z"], ["w_m", "x_m"]),
    ],
)
def test_metrics_of_nested_outputs(given, names, expected):
    given = fastnn.tree.map_structure(lambda n: n and fastnn.metrics.MeanSquaredError(name=n), given)
    metrics = CompileMetrics(given, None, output_names=names)
    data = fastnn.tree.map_structure(lambda _: np.zeros((3, 2)), NESTED)
    metrics.build(data, data)
    assert metrics.log_names() == expected


def test_metrics_of_dict_outputs_are_logged_in_the_order_of_the_model():
    metrics = CompileMetrics({"a": "mae", "b": "mse"}, None, output_names=["b", "a"])
    data = {"a": np.zeros((3, 2)), "b": np.ones((3, 2))}
    metrics.build(data, data)
    assert metrics.log_names() == ["b_mse", "a_mae"]


@pytest.mark.parametrize("structure", [{"a": 0, "b": 0}, [0, 0]])
def test_metrics_of_an_output_that_does_not_exist(structure):
    data = fastnn.tree.map_structure(lambda _: np.zeros((3, 2)), structure)
    metrics = CompileMetrics({"c": "mae"}, None, output_names=["a", "b"])
    with pytest.raises(UnknownNameError, match=r"Invalid `metrics`.*'c'"):
        metrics.build(data, data)
