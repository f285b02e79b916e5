"""The linear SVM beside scikit-learn's, and as an estimator."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.model_selection import cross_val_score
from sklearn.svm import LinearSVC
from sklearn.utils.estimator_checks import estimator_checks_generator

from fastnn import datasets, vision
from fastnn.core.errors import ArgumentError


def objective(model, x, y, c, power):
    """What both minimise, summed over the classes; liblinear's penalty counts the intercept, too."""
    classes = np.unique(y)
    total = 0.0
    for k in range(len(model.coef_)):
        t = np.where(y == (classes[k] if len(classes) > 2 else classes[1]), 1.0, -1.0)
        w, b = model.coef_[k].astype(float), float(model.intercept_[k])
        errors = np.maximum(0, 1 - t * (x @ w + b)) ** power
        total += (w @ w + b * b) / 2 + c * errors.sum()
    return total


@pytest.mark.parametrize(("loss", "power"), [("squared_hinge", 2), ("hinge", 1)])
@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("c", [0.05, 1.0])
def test_it_finds_the_minimum_of_linear_svc(loss, power, classes, c):
    x, y = make_classification(300, 12, n_informative=8, n_classes=classes, random_state=1)
    mine = vision.LinearSVM(c, loss).fit(x, y)
    theirs = LinearSVC(C=c, loss=loss, dual=loss == "hinge", max_iter=2_000_000, tol=1e-4, random_state=0).fit(x, y)
    assert mine.coef_.shape == theirs.coef_.shape and mine.intercept_.shape == theirs.intercept_.shape
    assert objective(mine, x, y, c, power) < 1.001 * objective(theirs, x, y, c, power)
    if power == 2:  # its minimum is one point
        np.testing.assert_allclose(mine.decision_function(x), theirs.decision_function(x), atol=0.05)
    assert (mine.predict(x) == theirs.predict(x)).mean() > 0.98


def test_digits_by_their_gradients():
    (x, y), (x_test, y_test) = datasets.digits.load_data()
    features, tests = (vision.hog(v, pixels_per_cell=2, cells_per_block=2) for v in (x, x_test))
    mine = vision.LinearSVM(steps=1500).fit(features, y)
    theirs = LinearSVC().fit(features, y)
    assert abs(mine.score(tests, y_test) - theirs.score(tests, y_test)) < 0.01
    assert mine.score(tests, y_test) > 0.94


def test_no_intercept_and_the_same_again():
    x, y = make_classification(80, 5, random_state=0)
    one, two = (vision.LinearSVM(fit_intercept=False, steps=200, random_state=3).fit(x, y) for _ in range(2))
    np.testing.assert_array_equal(one.coef_, two.coef_)
    assert one.intercept_.tolist() == [0.0] and len(one.model_.weights) == 1
    assert (one.coef_ != vision.LinearSVM(fit_intercept=False, steps=200, random_state=4).fit(x, y).coef_).any()


def test_it_is_cross_validated():
    x, y = make_classification(120, 6, class_sep=2.0, random_state=0)
    assert cross_val_score(vision.LinearSVM(steps=300), x, y, cv=3).mean() > 0.85


CHECKS = [
    (estimator, check)
    for estimator, check in estimator_checks_generator(vision.LinearSVM(steps=300))
    if check.func.__name__ != "check_array_api_input"  # NumPy alone
]


@pytest.mark.filterwarnings("ignore:.*SCIPY_ARRAY_API:sklearn.exceptions.SkipTestWarning")
@pytest.mark.parametrize(("estimator", "check"), CHECKS, ids=[check.func.__name__ for _, check in CHECKS])
def test_it_is_an_estimator(estimator, check):
    check(estimator)


@pytest.mark.parametrize(("arguments", "words"), [
    ({"C": 0}, "positive"), ({"C": -1}, "C"), ({"loss": "log"}, "squared_hinge"), ({"steps": 0}, "steps"),
    ({"learning_rate": 0}, "positive")])  # fmt: skip
def test_bad_arguments(arguments, words):
    with pytest.raises(ArgumentError, match=words):
        vision.LinearSVM(**arguments).fit(np.eye(4), [0, 1, 0, 1])


def test_one_class_is_refused():
    with pytest.raises(ArgumentError, match="only one class"):
        vision.LinearSVM().fit(np.eye(3), [1, 1, 1])
