"""The searches: the same results whatever happens round them, failures, journals, refinement."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import cloudpickle
import joblib
import numpy as np
import pytest

import fastnn as keras
from fastnn import tuner as kt
from fastnn.core.errors import ArgumentError, ArgumentTypeError, FileFormatError
from fastnn.tuner import work
from fastnn.tuner.errors import FailedTrialError, FatalError, FatalTypeError, FatalValueError, SearchError
from fastnn.tuner.tuner import Tuner

SEARCHES = {
    "random": (kt.RandomSearch, {"max_trials": 5}),
    "grid": (kt.GridSearch, {"max_trials": 7}),
    "hyperband": (kt.Hyperband, {"max_epochs": 4, "factor": 2}),
    "bayesian": (kt.BayesianOptimization, {"max_trials": 6, "num_initial_points": 2, "together": 2}),
}
every_search = pytest.mark.parametrize("name", SEARCHES)


def searched(made, name, fit_arguments, project="search", **more):
    kind, arguments = SEARCHES[name]
    search = {k: more.pop(k) for k in ("jobs", "callbacks") if k in more}
    tuner = made(kind, name=project, **arguments, **more)
    tuner.search(**fit_arguments, **search)
    return tuner


@every_search
def test_a_search_finds_what_its_best_model_repeats(made, fit_arguments, name, capsys):
    tuner = searched(made, name, fit_arguments)
    best = tuner.oracle.get_best_trials(1)[0]
    assert best.score == min(t.score for t in tuner.oracle.trials.values()) == best.metrics.get_best_value("val_loss")
    model = tuner.get_best_models()[0]
    x, y = fit_arguments["x"][30:], fit_arguments["y"][30:]
    assert model.evaluate(x, y, verbose=0)[0] == pytest.approx(best.score, rel=1e-5)
    assert tuner.get_best_hyperparameters(2)[0].values == best.hyperparameters.values
    assert model.layers[0].units == best.hyperparameters["units"]
    tuner.results_summary(2)
    tuner.search_space_summary()
    said = capsys.readouterr().out
    assert f"Trial {best.trial_id} summary" in said and f"Score: {best.score}" in said
    assert "Search space summary" in said and "units (Int)" in said


@pytest.fixture
def workers():
    """Workers get functions of this module as they are: in another process no import finds the module."""
    here = [m for name, m in sys.modules.items() if name.startswith(__name__.rpartition(".")[0] or __name__)]
    for module in here:
        cloudpickle.register_pickle_by_value(module)
    yield
    for module in here:
        cloudpickle.unregister_pickle_by_value(module)


@every_search
@pytest.mark.usefixtures("workers")
def test_jobs_and_lots_do_not_matter(made, fit_arguments, facts, name, monkeypatch):
    want = facts(searched(made, name, fit_arguments, "one"))
    assert facts(searched(made, name, fit_arguments, "two", jobs=2)) == want
    monkeypatch.setattr(Tuner, "_can_run_together", lambda *_: False)
    assert facts(searched(made, name, fit_arguments, "alone")) == want


def test_a_backend_of_threads_gives_the_same(made, fit_arguments, facts):
    want = facts(searched(made, "random", fit_arguments, "one"))
    with joblib.parallel_config(backend="threading"):
        assert facts(searched(made, "random", fit_arguments, "threads", jobs=2)) == want


@pytest.mark.parametrize("executions", [1, 2])
def test_trials_side_by_side_leave_the_weights_that_they_leave_alone(made, fit_arguments, monkeypatch, executions):
    weights = []
    for together in (True, False):
        if not together:
            monkeypatch.setattr(Tuner, "_can_run_together", lambda *_: False)
        tuner = searched(made, "random", fit_arguments, str(together), executions_per_trial=executions)
        trials = tuner.oracle.get_best_trials(9)
        weights.append([w.tobytes() for t in trials for w in tuner.load_model(t).get_weights()])
    assert weights[0] == weights[1] and len(weights[0]) == 5 * 4


def unbuilt(hp):
    """A model without an Input, with a layer that draws in training."""
    model = keras.Sequential([keras.layers.Dense(hp.Int("units", 2, 9)), keras.layers.Dropout(0.2),
                              keras.layers.Dense(1, "sigmoid")])  # fmt: skip
    model.compile("sgd", "mse", metrics=[keras.metrics.AUC()])
    return model


def test_models_that_are_built_by_their_data_are_the_same_alone(made, fit_arguments, facts, monkeypatch):
    arguments = {"hypermodel": unbuilt, "objective": "val_auc"}
    tuner = searched(made, "random", fit_arguments, "a", **arguments)
    monkeypatch.setattr(Tuner, "_can_run_together", lambda *_: False)
    alone = searched(made, "random", fit_arguments, "b", **arguments)
    assert facts(tuner) == facts(alone)
    assert tuner.oracle.objective.direction == "max"
    scores = [t.score for t in tuner.oracle.get_best_trials(5)]
    assert scores == sorted(scores, reverse=True)


class Subclassed(keras.Model):
    def __init__(self, units):
        super().__init__()
        self.hidden, self.out = keras.layers.Dense(units, "tanh"), keras.layers.Dense(1, "sigmoid")

    def call(self, x):
        return self.out(self.hidden(x))


def subclassed(hp):
    model = Subclassed(hp.Int("units", 2, 9))
    model.compile("sgd", "mse", metrics=[keras.metrics.AUC()])
    return model


@pytest.mark.parametrize("build", [unbuilt, subclassed])
def test_the_best_of_models_that_are_built_by_their_data(made, fit_arguments, build):
    """As in keras-tuner's guide, whose models have no Input; also in another process, as it were."""
    searched(made, "random", fit_arguments, hypermodel=build)
    tuner = made(kt.RandomSearch, build, max_trials=5)
    (best,), score = tuner.get_best_models(), tuner.oracle.get_best_trials()[0].score
    x, y = fit_arguments["x"][-10:], fit_arguments["y"][-10:]  # what validation_split takes
    assert best.evaluate(x, y, batch_size=8, verbose=0, return_dict=True)["loss"] == pytest.approx(score, rel=1e-6)


def test_a_search_leaves_the_seed_and_generators_of_the_process_alone(made, fit_arguments):
    def draws():
        keras.utils.set_random_seed(5)
        if searched_here:
            searched(made, "random", fit_arguments)
        return np.random.rand(), keras.layers.Dense(2)(np.ones((1, 3))).tobytes()  # noqa: NPY002

    searched_here = False
    want = draws()
    searched_here = True
    assert draws() == want


# ------------------------------------------------------------------ on disk
@every_search
@pytest.mark.parametrize("left", [0, 1, 3])
def test_a_search_that_was_killed_goes_on_with_the_same_trials(made, fit_arguments, facts, name, left):
    tuner = searched(made, name, fit_arguments)
    want, path = facts(tuner), tuner.journal.path
    lines = Path(path).read_text(encoding="utf-8").splitlines(keepends=True)
    Path(path).write_text("".join(lines[: 1 + left]) + lines[1 + left][:20], encoding="utf-8")  # killed in trial `left`
    ran = []
    again = made(*SEARCHES[name][:1], **SEARCHES[name][1])
    again.on_trial_begin = lambda trial: ran.append(trial.number)
    assert len([t for t in again.oracle.trials.values() if t.status == "COMPLETED"]) == left
    again.search(**fit_arguments)
    assert facts(again) == want and ran[0] == left and len(ran) == len(want) - left
    assert facts(made(*SEARCHES[name][:1], **SEARCHES[name][1])) == want  # all of it is there without a search


def test_a_search_of_a_process_that_dies_goes_on(tmp_path):
    program = textwrap.dedent("""
        import os, sys, numpy as np, fastnn as keras
        from fastnn import tuner as kt
        def build(hp):
            model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(hp.Int("units", 1, 50)),
                                      keras.layers.Dense(1)])
            model.compile("sgd", "mse")
            return model
        class Dies(kt.RandomSearch):
            def on_trial_end(self, trial):
                if len(sys.argv) > 1 and trial.number == 2:
                    os._exit(9)
        tuner = Dies(build, "loss", max_trials=5, seed=1, directory="trials")
        tuner.search(np.ones((4, 2)), np.ones((4, 1)), verbose=0)
        print([(t.score, t.hyperparameters.values) for t in tuner.oracle.trials.values()])
    """)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    run = lambda *more, where: subprocess.run(
        [sys.executable, "-c", program, *more], cwd=where, env=environment, capture_output=True, text=True, check=False
    )
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    assert run("die", where=tmp_path / "a").returncode == 9
    broken, whole = run(where=tmp_path / "a"), run(where=tmp_path / "b")
    assert broken.returncode == whole.returncode == 0, broken.stderr
    assert broken.stdout == whole.stdout and len(eval(whole.stdout)) == 5


def test_workers_under_fastnn_run_find_keras(tmp_path):
    (tmp_path / "script.py").write_text(
        textwrap.dedent("""
        import keras, numpy as np
        from fastnn import tuner
        def build(hp):
            model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(hp.Int("units", 1, 9)),
                                      keras.layers.Dense(1)])
            model.compile(keras.optimizers.SGD(0.1), keras.losses.MeanSquaredError())
            return model
        if __name__ == "__main__":
            stop = keras.callbacks.EarlyStopping("loss")
            search = tuner.RandomSearch(build, "loss", max_trials=3, seed=1)
            search.search(np.ones((4, 2)), np.ones((4, 1)), jobs=2, callbacks=[stop], verbose=0)
            assert all(trial.status == "COMPLETED" for trial in search.oracle.trials.values())
        """),
        encoding="utf-8",
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-m", "fastnn", "run", "script.py"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_batches_of_a_generator_go_one_trial_at_a_time(made, fit_arguments):
    class Rows(keras.utils.PyDataset):
        def __len__(self):
            return 2

        def __getitem__(self, k):
            part = slice(20 * k, 20 * k + 20)
            return fit_arguments["x"][part], fit_arguments["y"][part]

    tuner = made(kt.RandomSearch, max_trials=2)
    tuner.search(Rows(), validation_data=Rows(), epochs=2, verbose=0)
    assert [t.status for t in tuner.oracle.trials.values()] == ["COMPLETED"] * 2


def test_more_trials_of_a_search_that_had_ended(made, fit_arguments, facts):
    few = facts(searched(made, "random", fit_arguments))
    tuner = made(kt.RandomSearch, max_trials=12)
    assert tuner.remaining_trials == 7
    tuner.search(**fit_arguments)
    found = facts(tuner)
    assert len(found) == 12
    assert [t["hyperparameters"] for t in found[:5]] == [t["hyperparameters"] for t in few]
    assert tuner.get_best_models()[0].predict(fit_arguments["x"], verbose=0).shape == (40, 1)


@pytest.mark.parametrize("most", [2, 5, 12, 50])
def test_a_search_that_goes_on_with_another_limit_keeps_all_that_it_has(made, fit_arguments, facts, most):
    """Trials beyond a lower limit, and the weights of each, whatever the number of digits of the limit."""
    made(kt.RandomSearch, max_trials=5).search(**fit_arguments)
    tuner = made(kt.RandomSearch, max_trials=most)
    assert len(facts(tuner)) == max(most, 5)
    assert tuner.remaining_trials == max(most - 5, 0) and len(tuner.get_best_models(5)) == 5
    if most == 12:
        tuner.search(**fit_arguments)
        alone = made(kt.RandomSearch, name="alone", max_trials=12)
        alone.search(**fit_arguments)
        assert [f["score"] for f in facts(tuner)] == [f["score"] for f in facts(alone)]
        assert len(tuner.get_best_models(12)) == 12
        again = made(kt.RandomSearch, max_trials=12)
        assert facts(again) == facts(tuner)


def test_refined_searches_go_on_whatever_the_limit_says(made, fit_arguments, facts):
    tuner = made(kt.RandomSearch, max_trials=3)
    tuner.search(**fit_arguments)
    tuner.refine(trials=2)
    tuner.search(**fit_arguments)
    for most in (2, 3, 9):
        assert facts(made(kt.RandomSearch, max_trials=most)) == facts(tuner)


def test_overwrite_deletes_what_a_search_left_and_nothing_else(made, fit_arguments, tmp_path):
    searched(made, "random", fit_arguments)
    (tmp_path / "search" / "notes.txt").write_text("mine")
    tuner = made(kt.RandomSearch, max_trials=2, overwrite=True)
    assert set(os.listdir(tmp_path / "search")) <= {"notes.txt", "lock"} and not tuner.oracle.trials


def other(hp):
    hp.Int("layers", 1, 3)


CHANGES = {
    "seed": (lambda make: make(kt.RandomSearch, max_trials=5, seed=4), "seed=3"),
    "oracle": (lambda make: make(kt.GridSearch), "oracle='RandomSearchOracle'"),
    "objective": (lambda make: make(kt.RandomSearch, objective="loss"), "objective="),
    "executions": (lambda make: make(kt.RandomSearch, executions_per_trial=2), "executions_per_trial=1"),
    "space": (lambda make: make(kt.RandomSearch, hypermodel=other, max_trials=5), "its space is another one"),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_the_folder_of_another_search_is_refused(made, build, fit_arguments, tmp_path, change):
    searched(made, "random", fit_arguments)
    make, words = CHANGES[change]

    def again(kind, hypermodel=build, **arguments):
        arguments = {"objective": "val_loss", "seed": 3, **arguments}
        return kind(hypermodel, directory=tmp_path, project_name="search", **arguments)

    with pytest.raises(ArgumentError, match=words):
        make(again)


def test_a_damaged_journal_is_named(made, fit_arguments):
    path = Path(searched(made, "random", fit_arguments).journal.path)
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[2] = "{nonsense"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(FileFormatError, match="line 3: expected JSON"):
        made(kt.RandomSearch, max_trials=5)


DAMAGES = {
    "no trial": ('{"other": 1}', "line 3: expected a trial or a refinement .KeyError"),
    "a number": ("3", "line 3: expected an object"),
    "no id": ('{"trial": {}}', "line 3: expected a trial"),
    "another kind": (None, "line 3: expected a trial or a refinement .KeyError: 'System'"),
    "a refinement": ('{"refine": {"top": "abc", "after": 0, "trials": 1}}', "line 3: expected a trial"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_lines_that_are_no_trials_are_named(made, fit_arguments, name):
    path = Path(searched(made, "random", fit_arguments).journal.path)
    lines = path.read_text(encoding="utf-8").splitlines()
    text, words = DAMAGES[name]
    lines[2] = lines[2].replace('"Int"', '"System"') if text is None else text
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(FileFormatError, match=words):
        made(kt.RandomSearch, max_trials=5)


def test_a_journal_of_another_format_is_refused(made, fit_arguments):
    path = Path(searched(made, "random", fit_arguments).journal.path)
    for header in ('{"format": 99, "settings": {}}', "{}", '{"format": 1, "settings": 3}'):
        lines = path.read_text(encoding="utf-8").splitlines()
        path.write_text("\n".join([header, *lines[1:]]) + "\n", encoding="utf-8")
        with pytest.raises(ArgumentError, match="this version reads 1"):
            made(kt.RandomSearch, max_trials=5)


# ------------------------------------------------------------------ failures
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


# ------------------------------------------------------------------ spaces
def conditional(hp):
    kind = hp.Choice("kind", ["plain", "deep"])
    model = keras.Sequential([keras.Input((3,))])
    with hp.conditional_scope("kind", ["deep"]):
        if kind == "deep":
            for k in range(hp.Int("depth", 1, 2)):
                model.add(keras.layers.Dense(hp.Int(f"units_{k}", 1, 2)))
    model.add(keras.layers.Dense(1))
    model.compile("sgd", "mse")
    return model


def test_conditional_scopes_are_found_and_searched(made, fit_arguments):
    tuner = made(kt.GridSearch, conditional)
    assert [hp.name for hp in tuner.oracle.get_space().space] == ["kind", "depth", "units_0"]
    tuner.search(**fit_arguments)
    values = [t.hyperparameters.values for t in tuner.oracle.trials.values()]
    assert values[0] == {"kind": "plain"} and sum(v["kind"] == "plain" for v in values) == 1
    wanted = {(1, a, None) for a in (1, 2)} | {(2, a, b) for a in (1, 2) for b in (1, 2)}
    found = [(v["depth"], v["units_0"], v.get("units_1")) for v in values if v["kind"] == "deep"]
    assert wanted <= set(found)


def test_what_is_asked_for_later_is_drawn_too(made, fit_arguments):
    tuner = made(kt.RandomSearch, conditional, max_trials=14)
    tuner.search(**fit_arguments)
    drawn = {
        t.hyperparameters.values["units_1"] for t in tuner.oracle.trials.values() if "units_1" in t.hyperparameters
    }
    assert drawn == {1, 2}


def test_spaces_given_beforehand(made, build, fit_arguments):
    hp = kt.HyperParameters()
    hp.Fixed("rate", 0.01)
    hp.Int("units", 3, 3)
    tuner = made(kt.GridSearch, build, hyperparameters=hp, tune_new_entries=False)
    tuner.search(**fit_arguments)
    assert [t.hyperparameters.values for t in tuner.oracle.trials.values()] == [
        {"rate": 0.01, "units": 3, "activation": "relu"}
    ]
    with pytest.raises(SearchError, match=r"found new entries .*activation"):
        made(kt.RandomSearch, build, name="b", hyperparameters=hp, allow_new_entries=False)


def test_compile_arguments_of_the_tuner(made, fit_arguments):
    def plain(hp):
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(hp.Int("units", 1, 3)), keras.layers.Dense(1)])
        return model

    tuner = made(kt.GridSearch, plain, optimizer=keras.optimizers.SGD(0.5), loss="mae", metrics=["mse"])
    tuner.search(**fit_arguments)
    model = tuner.get_best_models()[0]
    assert model.optimizer.learning_rate == 0.5 and model.loss == "mae"
    assert "val_mse" in tuner.oracle.get_best_trials()[0].metrics.values


# ------------------------------------------------------------------ refinement
def test_refine_narrows_the_ranges_and_goes_on(made, fit_arguments, facts):
    tuner = searched(made, "random", fit_arguments)
    best = tuner.oracle.get_best_trials(2)
    wide = {hp.name: hp for hp in tuner.oracle.get_space().space}
    tuner.refine(top=2, trials=4)
    space = {hp.name: hp for hp in tuner.oracle.get_space().space}
    for trial in best:
        assert space["rate"].min_value <= trial.hyperparameters["rate"] <= space["rate"].max_value
    assert space["rate"].max_value / space["rate"].min_value < wide["rate"].max_value / wide["rate"].min_value
    assert tuner.remaining_trials == 4
    tuner.search(**fit_arguments)
    late = [t.hyperparameters["rate"] for t in tuner.oracle.trials.values()][5:]
    assert len(late) == 4 and all(space["rate"].min_value <= r <= space["rate"].max_value for r in late)
    again = made(kt.RandomSearch, max_trials=5)
    assert facts(again) == facts(tuner) and again.remaining_trials == 0
    assert [hp.get_config() for hp in again.oracle.get_space().space] == [
        hp.get_config() for hp in tuner.oracle.get_space().space
    ]


@every_search
def test_every_search_can_be_refined(made, fit_arguments, name):
    tuner = searched(made, name, fit_arguments)
    before = len(tuner.oracle.trials)
    tuner.refine(top=1, trials=2)
    tuner.search(**fit_arguments)
    assert len(tuner.oracle.trials) > before or name == "grid"


def test_refine_needs_trials(made):
    with pytest.raises(SearchError, match="no trial is complete"):
        made(kt.RandomSearch).refine()


# ------------------------------------------------------------------ what is said, and hooks
def test_the_table_names_values_and_the_best(made, fit_arguments, capsys):
    searched(made, "random", {**fit_arguments, "verbose": 1})
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["trial", "val_loss", "best", "time", "left", "units", "activation", "rate"]
    assert [line.split()[0] for line in lines[1:]] == list("01234")


def test_hooks_are_called(tmp_path, fit_arguments):
    seen = []

    class Hooked(kt.RandomSearch):
        def on_search_begin(self):
            seen.append("begin")

        def on_epoch_end(self, trial, model, epoch, logs=None):
            seen.append((trial.number, epoch, sorted(logs)))

        def on_search_end(self):
            seen.append("end")

    tuner = Hooked(unbuilt, "loss", max_trials=1, seed=1, directory=tmp_path)
    tuner.search(**{**fit_arguments, "epochs": 2})
    assert seen == ["begin", *((0, k, ["auc", "loss", "val_auc", "val_loss"]) for k in range(2)), "end"]


def test_callbacks_are_copied_for_each_trial(made, fit_arguments):
    stop = keras.callbacks.EarlyStopping("val_loss", patience=2, min_delta=5.0)
    tuner = searched(made, "random", {**fit_arguments, "epochs": 30}, callbacks=[stop])
    assert stop.stopped_epoch == 0 and max(t.best_step for t in tuner.oracle.trials.values()) <= 2


def test_one_callback_needs_no_list(made, fit_arguments):
    tuner = made(kt.RandomSearch, max_trials=2)
    tuner.search(**fit_arguments, callbacks=keras.callbacks.EarlyStopping("loss"))
    assert [t.status for t in tuner.oracle.trials.values()] == ["COMPLETED"] * 2


class Folders(keras.callbacks.TensorBoard):
    """Notes where it would write."""

    seen = set()

    def on_train_begin(self, logs=None):
        self.seen.add(self.log_dir)

    def on_epoch_end(self, epoch, logs=None):
        pass


def test_each_execution_logs_to_a_folder_of_its_own(made, fit_arguments):
    """As keras-tuner's, for TensorBoard."""
    tuner = made(kt.RandomSearch, max_trials=2, executions_per_trial=2)
    tuner.search(**fit_arguments, callbacks=[Folders("logs")])
    assert Folders.seen == {os.path.join("logs", trial, f"execution{n}") for trial in "01" for n in range(2)}


def test_two_searches_of_one_folder_at_once_are_refused(made, fit_arguments):
    tuner = made(kt.RandomSearch, max_trials=1)

    def inside(trial):
        with pytest.raises(OSError, match="belongs to another run"):
            made(kt.RandomSearch, max_trials=1).search(**fit_arguments)

    tuner.on_trial_end = inside
    tuner.search(**fit_arguments)


def test_the_picture_shows_every_trial_and_name(made, fit_arguments, tmp_path):
    tuner = searched(made, "random", fit_arguments)
    svg = tuner.plot(tmp_path / "search.svg")
    assert (tmp_path / "search.svg").read_text(encoding="utf-8") == svg
    assert svg.count("<polyline") == 5 and all(name in svg for name in ("units", "rate", "activation", "val_loss"))
    with pytest.raises(SearchError, match="no trial is complete"):
        made(kt.RandomSearch, name="none").plot()


def test_jobs_want_joblib_and_a_number(monkeypatch):
    assert work.jobs_of(-1) == work.cores() >= 1
    for bad in (0, -2, 1.5, "two", True):
        with pytest.raises(ArgumentError, match="expected an int >= 1, or -1"):
            work.jobs_of(bad)


def test_workers_find_the_names_of_keras_whatever_path_they_are_given():
    """As Ray's, which are not given sys.path: names come before what needs them, in one pickle."""
    program = textwrap.dedent("""\
        import pickle, sys
        from fastnn.compat import aliases
        from fastnn.tuner.work import _Names

        aliases.install()
        import keras
        sent = pickle.dumps((_Names(), keras))
        aliases.uninstall()
        assert "keras" not in sys.modules and aliases.CHILDREN not in sys.path
        print(pickle.loads(sent)[1].layers.Dense(1).name)
        """)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "dense"), done.stderr
