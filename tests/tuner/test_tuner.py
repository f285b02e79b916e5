"""The searches: the same results whatever happens round them, spaces, refinement, hooks."""

import os
import subprocess
import sys
import textwrap
from unittest import mock

import joblib
import numpy as np
import pytest
from tuner.searches import every_search, searched

import fastnn as keras
from fastnn import tuner as kt
from fastnn.core.errors import ArgumentError
from fastnn.tuner import work
from fastnn.tuner.errors import SearchError
from fastnn.tuner.tuner import Tuner


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


def test_each_execution_logs_to_a_folder_of_its_own(made, fit_arguments, monkeypatch):
    """As keras-tuner's, for TensorBoard."""
    monkeypatch.setitem(sys.modules, "tensorboardX", mock.MagicMock())
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
