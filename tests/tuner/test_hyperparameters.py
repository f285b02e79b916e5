"""Hyperparameters: keras-tuner's values on every scale, conditions, spaces as data."""

import inspect
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastnn import tuner as kt
from fastnn.core.errors import ArgumentError, ArgumentTypeError, UnknownNameError
from fastnn.tuner import kinds, oracles
from fastnn.tuner.objective import infer_metric_direction

STORED = json.loads(Path(__file__).with_name("keras_tuner.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("entry", STORED["hyperparameters"], ids=lambda e: f"{e['kind']} {e['config']}")
def test_values_and_places_are_keras_tuners(entry):
    hp = kinds.KINDS[entry["kind"]]("n", **entry["config"])
    values = [hp.prob_to_value(p) for p in STORED["at"]]
    assert values == pytest.approx(entry["values"]) and [type(v) for v in values] == [type(v) for v in entry["values"]]
    assert hp.default == entry["default"]
    assert [hp.value_to_prob(v) for v in values] == pytest.approx(entry["places"])
    if entry["grid"] is not None:
        assert sorted(hp.values) == pytest.approx(entry["grid"]) if entry["kind"] != "Choice" else entry["grid"]
    again = type(hp).from_config(json.loads(json.dumps(hp.get_config())))
    assert again.get_config() == hp.get_config() and repr(again) == repr(hp)


@pytest.mark.parametrize("entry", STORED["hyperband"], ids=lambda e: f"{e['max_epochs']} by {e['factor']}")
def test_rounds_of_hyperband_are_keras_tuners(entry):
    oracle = oracles.HyperbandOracle("loss", entry["max_epochs"], entry["factor"])
    found = [[[oracle.size(b, r), oracle.epochs(b, r)] for r in range(b + 1)] for b in range(oracle.brackets())]
    assert found == entry["rounds"]


@pytest.mark.parametrize("name", STORED["directions"])
def test_directions_are_keras_tuners(name):
    assert infer_metric_direction(name) == STORED["directions"][name]


def test_directions_that_keras_tuner_gets_wrong_or_does_not_know():
    wanted = {"val_f1_score": "max", "r2_score": "max", "auc_3": "max", "val_mean_io_u": "max", "rmse": "min"}
    assert {name: infer_metric_direction(name) for name in wanted} == wanted


NUMBERS = st.one_of(
    st.builds(lambda low, more, step: kinds.Int("n", low, low + more, step), st.integers(-50, 50), st.integers(0, 60),
              st.one_of(st.none(), st.integers(1, 9))),
    st.builds(lambda low, by, how: kinds.Int("n", low, low * by, sampling=how), st.integers(1, 50), st.integers(1, 90),
              st.sampled_from(kinds.SAMPLINGS)),
    st.builds(lambda low, by, how: kinds.Float("n", low, low * by, sampling=how), st.floats(1e-6, 1e3),
              st.floats(1, 1e4), st.sampled_from(kinds.SAMPLINGS)),
    st.builds(lambda low, more, step: kinds.Float("n", low, low + more, step), st.floats(-9, 9), st.floats(0, 9),
              st.sampled_from([0.1, 0.25, 1.0])),
    st.lists(st.integers(-5, 5), min_size=1, unique=True).map(lambda values: kinds.Choice("n", values)))  # fmt: skip


@given(NUMBERS, st.floats(0, 1, exclude_max=True), st.data())
def test_places_give_values_of_the_range_that_lead_back_to_them(hp, place, data):
    value = hp.prob_to_value(place)
    if isinstance(hp, kinds.Numerical):
        assert hp.min_value <= value <= hp.max_value * (1 + 1e-9) + 1e-9
    back = hp.value_to_prob(value)
    assert -1e-9 <= back <= 1 + 1e-9
    assert hp.prob_to_value(min(max(back, 0.0), 1 - 1e-9)) == pytest.approx(value, rel=1e-6, abs=1e-9)
    narrow = hp.narrowed([value, hp.prob_to_value(data.draw(st.floats(0, 1, exclude_max=True)))])
    within = narrow.prob_to_value(narrow.value_to_prob(value))
    assert within == pytest.approx(value, rel=1e-6, abs=1e-9)  # what it was narrowed to is still there
    for found in narrow.values:
        assert hp.prob_to_value(min(max(hp.value_to_prob(found), 0), 1 - 1e-9)) == pytest.approx(
            found, rel=1e-6, abs=1e-9
        )


BAD = {
    "the wrong way round": (lambda hp: hp.Int("n", 5, 2), ArgumentError, "min_value 5 is greater than the max_value 2"),
    "a half": (lambda hp: hp.Int("n", 1, 2.5), ArgumentTypeError, "max_value must be an int, Received: 2.5"),
    "text": (lambda hp: hp.Float("n", "a", 2), ArgumentTypeError, "min_value must be a finite number"),
    "no end": (lambda hp: hp.Float("n", 1, float("inf")), ArgumentTypeError, "max_value must be a finite number"),
    "NaN": (lambda hp: hp.Float("n", float("nan"), 1), ArgumentTypeError, "min_value"),
    "a sampling": (lambda hp: hp.Int("n", 1, 2, sampling="square"), ArgumentError, "sampling must be one of"),
    "zero on log": (lambda hp: hp.Float("n", 0, 1, sampling="log"), ArgumentError, "does not support negative values"),
    "a step of log": (lambda hp: hp.Int("n", 1, 9, step=1, sampling="log"), ArgumentError, "expected step > 1"),
    "no step": (lambda hp: hp.Int("n", 1, 9, step=0), ArgumentError, "expected step > 0"),
    "no values": (lambda hp: hp.Choice("n", []), ArgumentError, "`values` must be provided"),
    "no list": (lambda hp: hp.Choice("n", "relu"), ArgumentTypeError, "must be a list. .*values='relu'"),
    "nothing": (lambda hp: hp.Choice("n", None), ArgumentTypeError, "must be a list. .*values=None"),
    "NaN in a list": (lambda hp: hp.Choice("n", [1.0, float("nan")]), ArgumentError, "cannot contain NaN"),
    "several types": (lambda hp: hp.Choice("n", [1, "a"]), ArgumentTypeError, "only one type of value"),
    "objects": (lambda hp: hp.Choice("n", [max, min]), ArgumentTypeError, "can contain only"),
    "another default": (lambda hp: hp.Choice("n", [1, 2], default=3), ArgumentError, "should be one of the choices"),
    "ordered text": (lambda hp: hp.Choice("n", ["a"], ordered=True), ArgumentError, "must be `False` for non-numeric"),
    "no boolean": (lambda hp: hp.Boolean("n", default="yes"), ArgumentError, "must be a Python boolean"),
    "a list": (lambda hp: hp.Fixed("n", [1]), ArgumentTypeError, "can contain only"),
    "no parent": (lambda hp: hp.Int("n", 1, 2, parent_name="p", parent_values=[1]), UnknownNameError, "p not defined"),
    "its own parent": (lambda hp: _own_parent(hp), ArgumentError, "cannot have the same name as its parent"),
}  # fmt: skip


def _own_parent(hp):
    hp.Int("n", 1, 2)
    hp.Float("n", 0, 1, parent_name="n", parent_values=[1])


@pytest.mark.parametrize("name", BAD)
def test_bad_hyperparameters_say_what_is_wrong(name):
    ask, error, words = BAD[name]
    with pytest.raises(error, match=words):
        ask(kt.HyperParameters())


def test_scopes_and_names():
    hp = kt.HyperParameters()
    assert hp.Choice("kind", ["a", "b"]) == "a"
    with hp.name_scope("block"):
        assert hp.Int("units", 3, 5) == 3 and hp.get("units") == 3 and "units" in hp
    with hp.conditional_scope("kind", ["b"]):
        assert hp.Int("deep", 1, 2) is None
    assert hp["block/units"] == 3 and "deep" not in hp and hp.is_active("kind") and not hp.is_active("deep")
    with pytest.raises(ValueError, match="deep is currently inactive"):
        hp.get("deep")
    with pytest.raises(KeyError, match="nothing does not exist"):
        hp.get("nothing")
    assert len(hp.active_scopes) == 0 and len(hp.inactive_scopes) == 1
    again = kt.HyperParameters.from_config(json.loads(json.dumps(hp.get_config())))
    assert again.get_config() == hp.get_config() and again.copy().values == hp.values
    again.values["kind"] = "b"
    again.ensure_active_values()
    assert again.values["deep"] in (1, 2)


def test_the_same_name_under_several_conditions():
    hp = kt.HyperParameters()
    kind = hp.Choice("kind", ["a", "b"], default="b")
    small = hp.Int("units", 1, 2, parent_name="kind", parent_values=["a"])
    large = hp.Int("units", 10, 20, parent_name="kind", parent_values=["b"])
    assert (kind, small, large) == ("b", None, 10) and len(hp.space) == 3
    other = kt.HyperParameters()
    other.Int("units", 5, 9)
    hp.merge(other, overwrite=False)
    assert [p.name for p in hp.space] == ["kind", "units", "units", "units"]


@pytest.mark.parametrize("second", [
    lambda hp: hp.Int("n", 10, 30), lambda hp: hp.Choice("n", ["a", "b"]), lambda hp: hp.Boolean("n")])  # fmt: skip
def test_a_name_that_is_asked_for_in_two_ways_is_said(second):
    """It has one value, as keras-tuner's: mostly somebody forgot to number the layers."""
    hp = kt.HyperParameters()
    assert [hp.Int("n", 1, 9), hp.Float("n", 0, 2)] == [1, 1]  # its value is one of both
    assert [hp.Int("n", 1, 3) for _ in range(2)] == [1, 1]
    with pytest.warns(
        UserWarning, match=r"'n' is asked for as Int.* and as .*: a name has one value, 1. .*f\"n_\{i\}\""
    ):
        assert second(hp) == 1


def test_other_conditions_or_another_trial_may_ask_in_another_way():
    hp = kt.HyperParameters()
    hp.Choice("kind", ["a", "b"])
    for kind in "ab":
        with hp.conditional_scope("kind", kind):
            hp.Int("n", 1 if kind == "a" else 5, 9)
    again = hp.copy()
    with again.conditional_scope("kind", "a"):
        assert again.Int("n", 2, 9) == 1  # as where a space was narrowed


# What keras-tuner has and this tuner has not: rounds and a journal are in its place (oracle.py, journal.py).
ELSEWHERE = {
    "HyperParameters": {"from_proto", "to_proto"},
    "Oracle": {"create_trial", "end_trial", "get_state", "reload", "save", "score_trial", "set_state", "update_trial"},
    "Tuner": {"get_state", "pre_create_trial", "save", "set_state"},
}


@pytest.mark.parametrize("name", STORED["signatures"])
def test_methods_and_arguments_are_keras_tuners(name):
    """In order and with the defaults; an argument that it wants may have a default here, further ones come behind."""
    gone, kind = ELSEWHERE.get(name, set()), getattr(kt, name)
    assert not [method for method in gone if hasattr(kind, method)]
    for method, wanted in STORED["signatures"][name].items():
        if method in gone:
            continue
        found = inspect.signature(getattr(kind, method)).parameters.values()
        plain = [p for p in found if p.kind == p.POSITIONAL_OR_KEYWORD][: len(wanted)]
        assert [p.name for p in plain] == [w[0] for w in wanted], method
        assert [p.default for p, w in zip(plain, wanted, strict=True) if w[1:]] == [w[1] for w in wanted if w[1:]], (
            method
        )
