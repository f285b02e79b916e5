"""Searches on disk: journals, searches that were killed and go on, other limits."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from tuner.searches import SEARCHES, every_search, searched

import fastnn as keras
from fastnn import tuner as kt
from fastnn.core.errors import ArgumentError, FileFormatError


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
