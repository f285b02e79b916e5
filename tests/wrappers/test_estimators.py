"""Models as estimators of scikit-learn: its own checks, and what one does with them."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

import fastnn as keras
from fastnn.core.errors import NotBuiltError
from fastnn.wrappers import SKLearnClassifier, SKLearnRegressor, SKLearnTransformer

QUIET = {"verbose": 0, "epochs": 2}


def network(X, y, loss="mse", activation=None, units=4, rate=0.01):
    outputs = y.shape[1] if y.ndim > 1 else 1
    model = keras.Sequential([keras.Input(X.shape[1:]), keras.layers.Dense(units, "relu"),
                              keras.layers.Dense(outputs, activation)])  # fmt: skip
    model.compile(keras.optimizers.RMSprop(rate), loss)
    return model


def classifier(**kwargs):
    kwargs = {"loss": "categorical_crossentropy", "activation": "softmax", **kwargs}
    return SKLearnClassifier(network, model_kwargs=kwargs, fit_kwargs=QUIET)


# Checks that a network trained for a moment may or may not pass, in Keras too
LEFT_OUT = {
    "check_classifiers_one_label_sample_weights": "a weight of zero is a sample still",
    "check_classifiers_classes": "not every class is predicted",
    "check_classifiers_train": "decision_function may give probabilities or logits",
    "check_array_api_input": "NumPy alone",
    **dict.fromkeys(("check_pipeline_consistency", "check_transformer_data_not_an_array", "check_transformer_general",
                     "check_classifier_data_not_an_array", "check_supervised_y_2d", "check_fit_idempotent",
                     "check_regressor_data_not_an_array", "check_regressors_int"),
                    "two fits start with different weights"),
}  # fmt: skip
CASES = [
    (estimator, check)
    for each in (
        classifier(),
        SKLearnRegressor(network, fit_kwargs=QUIET),
        SKLearnTransformer(network, fit_kwargs=QUIET),
    )
    for estimator, check in estimator_checks_generator(each)
    if check.func.__name__ not in LEFT_OUT
]


@pytest.mark.filterwarnings("ignore:.*SCIPY_ARRAY_API:sklearn.exceptions.SkipTestWarning")
@pytest.mark.parametrize(("estimator", "check"), CASES, ids=[f"{type(e).__name__}-{c.func.__name__}" for e, c in CASES])
def test_scikit_learns_checks(estimator, check):
    check(estimator)


X, Y = np.random.default_rng(0).normal(size=(60, 3)), np.arange(60) % 3
X[np.arange(60), Y] += 3


def test_a_classifier_learns_and_gives_labels_back():
    names = np.array(["red", "green", "blue"])
    estimator = classifier(units=16).fit(X, names[Y], epochs=60, verbose=0)
    assert estimator.classes_.tolist() == ["blue", "green", "red"] and estimator.score(X, names[Y]) > 0.9
    raw = estimator.decision_function(X)
    np.testing.assert_array_equal(estimator.predict(X), estimator.classes_[raw.argmax(1)])
    np.testing.assert_allclose(raw.sum(1), 1, rtol=1e-5)
    assert estimator.epoch_ == list(range(60)) and estimator.history_.model is estimator.model_


@pytest.mark.parametrize(("y", "shape"), [(X[:, 0], (60,)), (X[:, :2], (60, 2))])
def test_a_regressor_gives_the_shape_of_its_target(y, shape):
    assert SKLearnRegressor(network, fit_kwargs=QUIET).fit(X, y).predict(X).shape == shape


def test_a_model_is_copied_unless_the_start_is_warm():
    model = network(X, X)
    before = model.get_weights()
    cold = SKLearnTransformer(model, fit_kwargs=QUIET).fit(X, X)
    assert cold.model_ is not model and all(map(np.array_equal, before, model.get_weights()))
    np.testing.assert_array_equal(cold.transform(X), cold.model_.predict(X, verbose=0))
    warm = SKLearnTransformer(model, warm_start=True, fit_kwargs=QUIET).fit(X, X)
    assert warm.model_ is model and not all(map(np.array_equal, before, model.get_weights()))
    kept = SKLearnTransformer(network, warm_start=True, fit_kwargs=QUIET).fit(X, X)
    first = kept.model_
    assert kept.fit(X, X).model_ is first


def test_with_the_rest_of_scikit_learn():
    pipe = make_pipeline(StandardScaler(), classifier())
    assert cross_val_score(pipe, X, Y, cv=2).shape == (2,)
    grid = [{"loss": "categorical_crossentropy", "activation": "softmax", "units": units} for units in (2, 3)]
    search = GridSearchCV(classifier(), {"model_kwargs": grid}, cv=2).fit(X, Y)
    assert search.best_params_["model_kwargs"] in grid
    estimator = classifier()
    again = clone(estimator)
    assert again.get_params() == estimator.get_params() and again.fit_kwargs is not estimator.fit_kwargs


@pytest.mark.parametrize(("estimator", "y", "words"), [
    (classifier(), X[:, 0], "Only binary and multiclass"), (classifier(), np.zeros(60), "only one class"),
    (SKLearnRegressor(keras.Sequential([keras.layers.Dense(1)])), Y, "needs to be compiled")])  # fmt: skip
def test_what_cannot_be(estimator, y, words):
    with pytest.raises(ValueError, match=words) as info:
        estimator.fit(X, y)
    assert isinstance(info.value, NotBuiltError) == ("compiled" in words)
