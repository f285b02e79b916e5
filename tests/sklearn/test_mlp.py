"""Networks with scikit-learn's arguments: its own checks, and its own networks beside them."""

import inspect
import pickle
import warnings

import numpy as np
import pytest
from sklearn import neural_network
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

from fastnn.sklearn import MLPClassifier, MLPRegressor

KINDS = {"MLPClassifier": MLPClassifier, "MLPRegressor": MLPRegressor}
IRIS = load_iris(return_X_y=True)
IRIS = StandardScaler().fit_transform(IRIS[0]), IRIS[1]
DIABETES = load_diabetes(return_X_y=True)
DIABETES = StandardScaler().fit_transform(DIABETES[0]), (DIABETES[1] - 150) / 70


@pytest.fixture(autouse=True)
def quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


@pytest.mark.parametrize("name", KINDS)
def test_the_arguments_are_scikit_learns(name):
    theirs = inspect.signature(getattr(neural_network, name)).parameters
    mine = inspect.signature(KINDS[name]).parameters
    assert {k: p.default for k, p in mine.items()} == {k: p.default for k, p in theirs.items()}
    assert list(mine) == list(theirs)


# their data are too few and too far from zero for the default rate and so few steps
@pytest.mark.slow
def checks():
    """Scikit-learn's checks of both."""
    options = dict(hidden_layer_sizes=(16,), max_iter=60, learning_rate_init=0.02, random_state=0)
    return [pair for kind in KINDS.values() for pair in estimator_checks_generator(kind(**options))]


@pytest.mark.slow
@pytest.mark.parametrize("estimator, check", checks(), ids=lambda v: getattr(v, "func", type(v)).__name__)
def test_scikit_learns_checks(estimator, check):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check(estimator)


@pytest.mark.parametrize("solver, rate", [("adam", 0.01), ("sgd", 0.1), ("lbfgs", 0.001)])
def test_losses_and_scores_are_those_of_scikit_learn(solver, rate):
    for name, (x, y) in (("MLPClassifier", IRIS), ("MLPRegressor", DIABETES)):
        found = []
        for kind in (getattr(neural_network, name), KINDS[name]):
            options = dict(hidden_layer_sizes=(16,), solver=solver, learning_rate_init=rate, max_iter=40, alpha=0.01)
            models = [kind(**options, random_state=k).fit(x, y) for k in range(3)]
            found.append([np.mean([m.loss_ for m in models]), np.mean([m.score(x, y) for m in models])])
        (loss, score), (my_loss, my_score) = found
        assert abs(my_score - score) < 0.06, (name, score, my_score)
        assert abs(my_loss - loss) < 0.25 * loss + 0.02, (name, loss, my_loss)


def test_weights_of_scikit_learn_give_its_loss_and_its_outputs():
    """The loss of a first step at a rate of 0 is that of the weights alone: penalty, scale and activations."""
    x, y = IRIS
    theirs = neural_network.MLPClassifier((7,), "tanh", alpha=0.5, learning_rate_init=1e-30, max_iter=1, batch_size=150)
    theirs.fit(x, y)
    mine = MLPClassifier((7,), "tanh", alpha=0.5, learning_rate_init=1e-30, max_iter=1, batch_size=150).fit(x, y)
    for layer, w, b in zip(mine.model_.layers, theirs.coefs_, theirs.intercepts_):
        layer.set_weights([w, b])
    mine.model_.optimizer.learning_rate = 0.0
    mine._epochs(x.astype("float32"), np.eye(3, dtype="float32")[y], None, None, 150, 1, True)
    assert mine.loss_ == pytest.approx(theirs.loss_, rel=1e-5)
    np.testing.assert_allclose(mine.predict_proba(x), theirs.predict_proba(x), atol=1e-5)


@pytest.mark.parametrize("y", [IRIS[1] > 0, np.eye(3, dtype=int)[IRIS[1]], np.array(["a", "b", "c"])[IRIS[1]]])
def test_two_classes_labels_that_hold_at_once_and_text(y):
    model = MLPClassifier((16,), learning_rate_init=0.02, max_iter=60, random_state=0).fit(IRIS[0], y)
    assert model.score(IRIS[0], y) > 0.85
    proba = model.predict_proba(IRIS[0])
    assert proba.shape == (150, max(2, len(model.classes_)))
    assert np.asarray(model.predict(IRIS[0])).shape == y.shape


def test_the_same_seed_gives_the_same_bits():
    a, b = (MLPClassifier((8,), max_iter=3, random_state=7).fit(*IRIS).predict_proba(IRIS[0]) for _ in range(2))
    assert a.tobytes() == b.tobytes()


def test_early_stopping_keeps_the_best():
    model = MLPClassifier((16,), early_stopping=True, learning_rate_init=0.05, random_state=0, n_iter_no_change=3)
    model.fit(*IRIS)
    assert model.n_iter_ < 200 and len(model.validation_scores_) == model.n_iter_
    assert model.best_validation_score_ == max(model.validation_scores_)


def test_partial_fit_and_warm_start():
    x, y = IRIS
    model = MLPClassifier((8,), random_state=0)
    with pytest.raises(ValueError, match="classes must be passed"):
        model.partial_fit(x, y)
    for _ in range(4):
        model.partial_fit(x[:60], y[:60], classes=[0, 1, 2])
    assert model.n_iter_ == 4 and model.predict_proba(x).shape == (150, 3)
    warm = MLPRegressor(hidden_layer_sizes=(8,), max_iter=2, warm_start=True, random_state=0).fit(*DIABETES)
    first = warm.loss_
    assert warm.fit(*DIABETES).loss_ < first


def test_copies_searches_and_pipelines():
    model = MLPClassifier((8,), max_iter=5, random_state=0).fit(*IRIS)
    again = pickle.loads(pickle.dumps(model))
    assert (again.predict_proba(IRIS[0]) == model.predict_proba(IRIS[0])).all()
    assert clone(model).get_params() == model.get_params()
    search = GridSearchCV(make_pipeline(StandardScaler(), MLPClassifier(max_iter=3, random_state=0)),
                          {"mlpclassifier__alpha": [0.0, 1.0]}, cv=2)  # fmt: skip
    assert search.fit(*IRIS).best_score_ > 0.3


@pytest.mark.parametrize("options, words", [
    ({"solver": "rmsprop"}, "expected one of adam, sgd, lbfgs"), ({"activation": "gelu"}, "identity, logistic"),
    ({"hidden_layer_sizes": (0,)}, "hidden_layer_sizes"), ({"max_iter": 0}, "max_iter"), ({"alpha": -1}, "alpha"),
    ({"batch_size": 0}, "batch_size"),
])  # fmt: skip
def test_bad_arguments(options, words):
    with pytest.raises(ValueError, match=words):
        MLPClassifier(**options).fit(*IRIS)
    with pytest.raises(ValueError):
        MLPRegressor(**options).fit(np.array([["a"], ["b"]]), [1, 2])


def test_counts_by_poisson():
    x = DIABETES[0]
    y = np.random.default_rng(0).poisson(np.exp(x[:, 0]))
    model = MLPRegressor("poisson", hidden_layer_sizes=(16,), learning_rate_init=0.01, max_iter=50, random_state=0)
    assert model.fit(x, y).predict(x).min() > 0 and model.score(x, y) > 0.2
    with pytest.raises(ValueError, match="y >= 0"):
        model.fit(x, -y)
