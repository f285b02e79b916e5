"""scikit-learn's searches over a Keras model: a pipeline, a grid, random values, halving, several processes.

python examples/sklearn_search.py [--jobs N]
"""

import argparse

from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import fastnn as keras
from fastnn.wrappers import SKLearnClassifier


def network(X, y, units=8, rate=0.01):
    """A compiled model for the data that the estimator is fitted to."""
    model = keras.Sequential([keras.Input(X.shape[1:]), keras.layers.Dense(units, activation="relu"),
                              keras.layers.Dense(y.shape[1], activation="softmax")])  # fmt: skip
    model.compile(keras.optimizers.Adam(rate), "categorical_crossentropy")
    return model


def main(arguments=None):
    """Search in two ways; return the accuracy of the better estimator on the test rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=10)
    a = parser.parse_args(arguments)
    X, y = load_breast_cancer(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X, y, random_state=0, stratify=y)
    keras.utils.set_random_seed(0)
    fit = {"epochs": a.epochs, "batch_size": 32, "verbose": 0}
    classifier = SKLearnClassifier(network, model_kwargs={}, fit_kwargs=fit)
    pipeline = make_pipeline(StandardScaler(), classifier)
    name = "sklearnclassifier__model_kwargs"
    grid = GridSearchCV(pipeline, {name: [{"units": 4}, {"units": 16}]}, cv=3, n_jobs=a.jobs).fit(X, y)
    rates = [{"rate": rate} for rate in (0.1, 0.03, 0.01, 0.003, 0.001)]
    drawn = RandomizedSearchCV(pipeline, {name: rates}, n_iter=3, cv=3, n_jobs=a.jobs, random_state=0).fit(X, y)
    for search in (grid, drawn):
        print(f"{type(search).__name__}: {search.best_params_[name]} {search.best_score_:.3f}")
    accuracy = max((grid, drawn), key=lambda s: s.best_score_).score(X_test, y_test)
    print(f"accuracy on the test rows: {accuracy:.3f}")
    return accuracy


if __name__ == "__main__":
    main()
