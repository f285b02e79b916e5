"""scikeras: classifiers and regressors, pickled, cloned, searched and scored by two processes."""

import pickle

import keras
import numpy as np
from keras import layers
from scikeras.wrappers import KerasClassifier, KerasRegressor
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def classes(hidden, meta):
    hidden = layers.Dense(hidden, activation="relu")
    return keras.Sequential(
        [keras.Input((meta["n_features_in_"],)), hidden, layers.Dense(meta["n_classes_"], activation="softmax")]
    )


def number(hidden=4):
    model = keras.Sequential([keras.Input((4,)), layers.Dense(hidden, activation="relu"), layers.Dense(1)])
    model.compile("adam", "mse")
    return model


if __name__ == "__main__":
    x = np.random.default_rng(0).random((40, 4)).astype("float32")
    y = (x.sum(1) > 2).astype(int)
    classifier = KerasClassifier(
        classes, hidden=6, loss="sparse_categorical_crossentropy", optimizer="adam", optimizer__learning_rate=0.02,
        metrics=["accuracy"], epochs=3, verbose=0, random_state=1,
    )  # fmt: skip
    probability = classifier.fit(x, y).predict_proba(x)
    assert probability.shape == (40, 2) and set(classifier.history_) == {"accuracy", "loss"}
    again = pickle.loads(pickle.dumps(classifier))
    assert np.allclose(again.predict_proba(x), probability)
    again.partial_fit(x, y)
    search = GridSearchCV(
        clone(classifier), {"hidden": [2, 4], "optimizer__learning_rate": [0.01, 0.1]}, cv=2, n_jobs=2
    )
    assert set(search.fit(x, y).best_params_) == {"hidden", "optimizer__learning_rate"}
    regressor = KerasRegressor(number, epochs=2, verbose=0)
    assert len(cross_val_score(make_pipeline(StandardScaler(), regressor), x, x.sum(1), cv=2, n_jobs=2)) == 2
    regressor.fit(x, x.sum(1))
    assert np.allclose(pickle.loads(pickle.dumps(regressor)).predict(x), regressor.predict(x))
