"""Models as estimators of scikit-learn: its own checks, and what one does with them."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

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


# Checks that a network trained for a moment does not pass, nor in Keras
NOT_MET = {
    "check_classifiers_one_label_sample_weights": "a weight of zero is a sample still",
    "check_classifiers_classes": "not every class is predicted",
    "check_classifier_data_not_an_array": "two fits start with different weights",
    "check_supervised_y_2d": "two fits start with different weights",
    "check_fit_idempotent": "two fits start with different weights",
    "check_classifiers_train": "decision_function may give probabilities or logits",
}


@parametrize_with_checks([classifier(), SKLearnRegressor(network, fit_kwargs=QUIET),
                          SKLearnTransformer(network, fit_kwargs=QUIET)],
                         expected_failed_checks=lambda _: NOT_MET)  # fmt: skip
def test_scikit_learns_checks(estimator, check):
    check(estimator)
