"""Failures in searches: of builds, of trials, of arguments."""

import json
from pathlib import Path

import numpy as np
import pytest

import fastnn as keras
from fastnn import tuner as kt
from fastnn.core.errors import ArgumentError, ArgumentTypeError
from fastnn.tuner.errors import FailedTrialError, FatalError, FatalTypeError, FatalValueError, SearchError


def sometimes(hp):
    units = hp.Int("units", 1, 9)
    if units % 3 == 0:
        raise ValueError(f"no {units} units")
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(units), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


@pytest.mark.usefixtures("workers")
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_build_that_fails_marks_the_trial_and_the_search_goes_on(made, fit_arguments, capsys, jobs):
    tuner = made(kt.GridSearch, sometimes, "val_loss")
    tuner.search(**{**fit_arguments, "verbose": 1}, jobs=jobs)
    failed = {t.hyperparameters["units"]: t for t in tuner.oracle.trials.values() if t.status == "FAILED"}
    assert sorted(failed) == [3, 6, 9] and len(tuner.oracle.trials) == 9
    assert "ValueError: no 6 units" in failed[6].message and failed[6].score is None
    said = capsys.readouterr().out
    assert f"Trial {failed[6].trial_id} failed, the search goes on: ValueError: no 6 units" in said
    tuner.results_summary()
    assert f"Trial {failed[6].trial_id} failed: ValueError: no 6 units" in capsys.readouterr().out
    noted = [json.loads(line) for line in Path(tuner.journal.path).read_text("utf-8").splitlines()]
    assert sum(entry.get("trial", {}).get("status") == "FAILED" for entry in noted) == 3


def always(hp):
    hp.Int("units", 1, 9)
    raise RuntimeError("never")


def test_a_search_ends_after_too_many_failures_in_a_row(made, fit_arguments):
    with pytest.warns(UserWarning, match="cannot be built .RuntimeError: never."):
        tuner = made(kt.RandomSearch, always, max_trials=9)
    with pytest.raises(
        SearchError, match=r"limit of 3: RuntimeError: never\nTrial 2 .*units.*(\n.*)*RuntimeError: never"
    ):
        tuner.search(**fit_arguments)
    assert len([t for t in tuner.oracle.trials.values() if t.status == "FAILED"]) == 3


@pytest.mark.parametrize("kind", [kt.RandomSearch, kt.GridSearch, kt.BayesianOptimization])
def test_a_search_of_which_every_trial_failed_ends_with_an_error(made, fit_arguments, kind):
    """Also where there are fewer trials than failures in a row that end it; what was noted says so again."""
    words = r"all its trials .2. have failed.\nTrial 0+ .*ShapeError.*expected shape=.None, 3.*\nTrial 0*1 .*ShapeError"
    for _ in range(2):
        tuner = made(kind, sometimes, max_trials=2)
        with pytest.raises(SearchError, match=words):
            tuner.search(**{**fit_arguments, "x": fit_arguments["x"][:, :2]})
    assert [t.status for t in tuner.oracle.trials.values()] == ["FAILED"] * 2


def test_one_trial_that_succeeds_is_a_result(made, fit_arguments):
    tuner = made(kt.GridSearch, sometimes, max_trials=3)
    tuner.search(**fit_arguments)
    assert [t.status for t in tuner.oracle.trials.values()] == ["COMPLETED", "COMPLETED", "FAILED"]


def test_a_build_that_fails_before_it_asks_fails_at_once(made):
    with pytest.raises(ZeroDivisionError):
        made(kt.RandomSearch, lambda hp: 1 / 0)


def test_retries_and_failed_trials(made, fit_arguments):
    calls = []

    class Flaky(kt.HyperModel):
        def build(self, hp):
            units = hp.Int("units", 1, 4)
            calls.append(units)
            if calls.count(units) in (2, 3) and units != 1:
                raise FailedTrialError("not this one") if units == 2 else OSError("a moment")
            return sometimes(hp) if units != 3 else self._other(hp)

        def _other(self, hp):
            model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3), keras.layers.Dense(1)])
            model.compile("sgd", "mse")
            return model

        def fit(self, hp, model, *args, **kwargs):
            return model.fit(*args, **kwargs)

    tuner = made(kt.GridSearch, Flaky(), max_retries_per_trial=2)
    calls[:] = [1, 2, 3, 4]
    tuner.search(**fit_arguments)
    states = {t.hyperparameters["units"]: t.status for t in tuner.oracle.trials.values()}
    assert states == {1: "COMPLETED", 2: "FAILED", 3: "COMPLETED", 4: "COMPLETED"}
    assert calls.count(2) == 2 and calls.count(3) == 4


def test_models_that_are_too_large_fail(made, fit_arguments):
    tuner = made(kt.GridSearch, sometimes, max_model_size=10)
    tuner.oracle.max_consecutive_failed_trials = 99
    tuner.search(**fit_arguments)
    assert [t.status for t in tuner.oracle.trials.values()].count("COMPLETED") == 1
    assert "Oversized model: 11 parameters" in tuner.oracle.trials["0001"].message


def with_fit(result):
    class Own(kt.HyperModel):
        def build(self, hp):
            hp.Int("units", 1, 3)
            return sometimes(kt.HyperParameters())

        def fit(self, hp, model, *args, **kwargs):
            return result(model, *args, **kwargs) if callable(result) else result

    return Own()


FATAL = {
    "no metric": (sometimes, "val_auc", {}, FatalValueError, "expected: .'val_auc'., found: .'loss', 'val_loss'."),
    "no validation": (sometimes, "val_loss", {"validation_split": 0.0}, FatalValueError, "validation_data or"),
    "a typing error": (sometimes, kt.Objective("val_los", "min"), {}, FatalValueError, "Did you mean 'val_loss'"),
    "not measured": (sometimes, "val_acc", {}, FatalValueError, r"No metric is called so: compile.metrics=.\"acc\".."),
    "neither": (sometimes, "val_acc", {"validation_split": 0.0}, FatalValueError,
                r"then have .'val_loss'., too. No metric is called so: compile.metrics="),
    "another name": (None, "val_acc", {}, FatalValueError, r"Did you mean 'val_accuracy'\? An"),
    "without validation": (None, "acc", {"validation_split": 0.0}, FatalValueError, r"Did you mean 'accuracy'\? An"),
    "a name of nobody": (sometimes, kt.Objective("gain", "max"), {}, FatalValueError, "give one this name in compile"),
    "two objectives": (sometimes, ["loss", kt.Objective("gap", "max")], {}, FatalValueError, "'gap'"),
    "no model": (lambda hp: hp.Int("units", 1, 3), "loss", {}, FatalTypeError, "return a valid Keras Model"),
    "None": (with_fit(None), "loss", {}, FatalTypeError, "Did you forget to return the metrics"),
    "no number": (with_fit(lambda model, *a, **k: model.fit(*a, **k)), None, {}, FatalTypeError, "single float"),
    "another dict": (with_fit({"other": 1.0}), "loss", {}, FatalValueError, "expected: .'loss'., found: .'other'."),
    "text": (with_fit("good"), "loss", {}, FatalTypeError, "one of float, dict"),
    "own": (with_fit(lambda *a, **k: (_ for _ in ()).throw(FatalError("enough"))), "loss", {}, FatalError, "enough"),
    "callbacks": (sometimes, "loss", {"callbacks": [(k for k in "ab")]}, FatalTypeError, "deep-copyable"),
}  # fmt: skip


@pytest.mark.parametrize("name", FATAL)
def test_what_no_trial_can_mend_ends_the_search(made, fit_arguments, name):
    hypermodel, objective, more, error, words = FATAL[name]
    tuner = made(kt.RandomSearch, *([hypermodel] if hypermodel else []), objective=objective, max_trials=5)
    with pytest.raises(error, match=words):
        tuner.search(**{**fit_arguments, **more})


RESULTS = {
    "a number": (1.5, None, 1.5),
    "a dict": ({"loss": 2.5, "other": 1.0}, "loss", 2.5),
    "numbers": ([1.0, 2.0], None, 1.5),
    "dicts": ([{"loss": 1.0}, {"loss": 4.0}], "loss", 2.5),
    "NumPy": (np.float32(0.5), None, 0.5),
    "an objective of a dict": ({"a": 3.0, "b": 1.0}, [kt.Objective("a", "min"), kt.Objective("b", "max")], 2.0),
}


@pytest.mark.parametrize("name", RESULTS)
def test_what_a_trial_may_return(tmp_path, name):
    result, objective, score = RESULTS[name]

    class Own(kt.RandomSearch):
        def run_trial(self, trial, *args, **kwargs):
            trial.hyperparameters.Int("n", 1, 5)
            return result

    tuner = Own(objective=objective, max_trials=2, directory=tmp_path)
    tuner.search()
    assert [t.score for t in tuner.oracle.trials.values()] == [score, score]
    assert [hp.name for hp in tuner.oracle.get_space().space] == ["n"]
    with pytest.raises(AttributeError if tuner.hypermodel is None else SearchError):
        tuner.get_best_models()


ARGUMENTS = {
    "hypermodel": ({"hypermodel": 3}, ArgumentTypeError, "a callable with signature"),
    "none": ({"hypermodel": None}, ArgumentError, "Received `hypermodel=None`"),
    "trials": ({"max_trials": 0}, ArgumentError, "max_trials"),
    "seed": ({"seed": -1}, ArgumentError, "seed"),
    "objective": ({"objective": "my_score"}, ArgumentError, "Could not infer optimization direction"),
    "kind of objective": ({"objective": 3}, ArgumentTypeError, "objective` not understood"),
    "no objectives": ({"objective": []}, ArgumentTypeError, "objective` not understood"),
    "a typing error": ({"objective": "vall_loss"}, ArgumentError, "Or did you mean 'val_loss'"),
    "a model": ({"hypermodel": keras.Sequential()}, ArgumentTypeError, "pass the function that builds"),
    "a class": ({"hypermodel": kt.HyperModel}, ArgumentTypeError, r"Make an instance: HyperModel\(\)"),
    "name": ({"project_name": 3}, ArgumentTypeError, "project_name: received 3"),
    "jobs": ({"jobs": 0}, ArgumentError, "jobs: received 0"),
    "executions": ({"executions_per_trial": 0}, ArgumentError, "executions_per_trial"),
    "no space": ({"tune_new_entries": False}, ArgumentError, "you must specify the search space"),
    "a space": ({"hyperparameters": {"units": 3}}, ArgumentTypeError, "expected HyperParameters"),
}  # fmt: skip


@pytest.mark.parametrize("name", ARGUMENTS)
def test_arguments_are_checked(tmp_path, name):
    given, error, words = ARGUMENTS[name]
    with pytest.raises(error, match=words):
        kt.RandomSearch(**{"hypermodel": sometimes, "objective": "loss", "directory": tmp_path, **given})


@pytest.mark.parametrize("name", ["", "project", "project/trials.jsonl/deeper"])
def test_a_file_in_place_of_the_folder_is_named(tmp_path, name):
    (tmp_path / "file").write_text("")
    with pytest.raises(ArgumentError, match=r"file.*cannot be made: there is a file in its place"):
        kt.RandomSearch(
            sometimes, "loss", directory=tmp_path / "file" if name else tmp_path, project_name=name or "file"
        )
