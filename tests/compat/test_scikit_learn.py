"""keras.wrappers.scikit_learn of Keras 1 and 2, in scikit-learn's searches, scores and pipelines."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import fastnn
from fastnn import layers
from fastnn.compat.scikit_learn import KerasClassifier, KerasRegressor
from fastnn.core.errors import ArgumentError

X = np.random.default_rng(0).normal(size=(24, 4)).astype("float32")
SIDE = np.where(X[:, 0] > 0, "right", "left")


def build(units=3, outputs=1, optimizer="sgd", metrics=("accuracy",)):
    loss, end = ("binary_crossentropy", "sigmoid") if outputs == 1 else ("categorical_crossentropy", "softmax")
    model = fastnn.Sequential([layers.Dense(units, input_shape=(4,)), layers.Dense(outputs, end)])
    model.compile(optimizer, loss, metrics=list(metrics))
    return model


def line(optimizer="sgd"):
    model = fastnn.Sequential([layers.Dense(1, input_shape=(4,))])
    model.compile(optimizer, "mse")
    return model


LABELS = {"words": SIDE, "a column": SIDE[:, None], "rows": np.eye(2)[(X[:, 0] > 0).astype(int)]}


@pytest.mark.parametrize(
    ("name", "outputs"), [("words", 1), ("words", 2), ("a column", 1), ("a column", 2), ("rows", 2)]
)
def test_a_classifier(name, outputs):
    y = LABELS[name]
    found = KerasClassifier(build_fn=build, outputs=outputs, epochs=2, batch_size=8, verbose=0)
    history = found.fit(X, y)
    assert len(history.history["loss"]) == 2 and found.n_classes_ == 2
    assert set(np.ravel(found.predict(X))) <= set(found.classes_)
    chances = found.predict_proba(X)
    assert chances.shape == (24, 2)
    np.testing.assert_allclose(chances.sum(1), 1, rtol=1e-5)
    wanted = np.argmax(y, 1) if name == "rows" else np.ravel(y)
    assert found.score(X, y) == pytest.approx(np.mean(np.ravel(found.predict(X)) == wanted))


def test_a_regressor():
    found = KerasRegressor(line, epochs=1, verbose=0)
    found.fit(X, X[:, 1])
    assert found.predict(X).shape == (24,)
    assert found.score(X, X[:, 1]) == pytest.approx(-np.mean((found.predict(X) - X[:, 1]) ** 2), rel=1e-4)


def test_searches_and_scores():
    grid = GridSearchCV(
        KerasClassifier(build_fn=build, verbose=0), {"units": [1, 2], "epochs": [1], "optimizer": ["sgd", "adam"]}, cv=2
    )
    grid.fit(X, SIDE)
    assert set(grid.best_params_) == {"units", "epochs", "optimizer"}
    pipe = make_pipeline(StandardScaler(), KerasRegressor(build_fn=line, epochs=1, verbose=0))
    assert cross_val_score(pipe, X, X[:, 1], cv=KFold(3)).shape == (3,)


def test_parameters():
    found = KerasClassifier(build, units=5, epochs=3)
    again = clone(found).set_params(units=2)
    assert again.get_params() == {"build_fn": build, "units": 2, "epochs": 3} and found.get_params()["units"] == 5
    assert again.filter_sk_params(build) == {"units": 2}

    class Own(KerasRegressor):
        def __call__(self, optimizer="sgd"):
            return line(optimizer)

    assert Own(optimizer="adam", epochs=1, verbose=0).fit(X, X[:, 0]).epoch == [0]
    for wrong in (lambda: KerasClassifier(build, layers=3), lambda: found.set_params(layers=3)):
        with pytest.raises(ArgumentError, match="layers is not a legal parameter"):
            wrong()
    with pytest.raises(ArgumentError, match="Invalid shape for y"):
        found.fit(X, np.ones((24, 2, 2)))
    silent = KerasClassifier(build, metrics=(), epochs=1, verbose=0)
    silent.fit(X, SIDE)
    with pytest.raises(ArgumentError, match="not configured to compute accuracy"):
        silent.score(X, SIDE)
