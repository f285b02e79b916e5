"""A search for a good network: random values, then finer round the best; folds; one model changed by hand.

    python examples/search.py [--trials N] [--jobs N]

Every trial that has ended is in a folder `search`: broken off with Ctrl-C, the same command goes on.
"""

import argparse

import numpy as np

import fastnn as keras
from fastnn import tuner
from fastnn.datasets import synthetic


def build(hp):
    """A network for two spirals: its layers, its rate and its penalty are searched."""
    activation = hp.Choice("activation", ["tanh", "relu"])
    penalty = keras.regularizers.L2(hp.Float("l2", 1e-6, 1e-2, sampling="log"))
    layers = [
        keras.layers.Dense(hp.Int("units", 8, 24, step=8), activation, kernel_regularizer=penalty)
        for _ in range(hp.Int("layers", 1, 3))
    ]
    model = keras.Sequential([keras.Input((2,)), *layers, keras.layers.Dense(1, activation="sigmoid")])
    rate = hp.Float("rate", 1e-3, 1e-1, sampling="log")
    model.compile(keras.optimizers.Adam(rate), "binary_crossentropy", metrics=["accuracy"])
    return model


def main(arguments=None):
    """Search, and return the accuracy of the best network on points that it has not seen."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=24)
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--directory", default=".")
    a = parser.parse_args(arguments)
    (x, y), (x_test, y_test) = synthetic.spirals(600, 200, seed=1)
    search = tuner.RandomSearch(
        build, "val_accuracy", max_trials=a.trials, seed=1, directory=a.directory, project_name="search"
    )
    how = {"epochs": a.epochs, "batch_size": 20, "validation_split": 0.25, "jobs": a.jobs}
    search.search(x, y, **how)
    if search.oracle.max_trials == a.trials:  # finer, once
        search.refine(top=3, trials=a.trials // 2)
    search.search(x, y, **how)
    search.results_summary(1)
    search.plot(f"{a.directory}/search/trials.svg")
    best = search.get_best_hyperparameters()[0]
    folds = tuner.cross_validate(lambda: build(best.copy()), x, y, folds=4, stratify=y, epochs=a.epochs, batch_size=20)
    keras.utils.set_random_seed(1)
    panda = tuner.Panda(build(best.copy()), x, y, batch_size=20, validation_data=(x_test, y_test))
    panda.train(a.epochs).set(learning_rate=panda.numbers()["learning_rate"] / 10).train(max(a.epochs // 4, 1))
    panda.plot(f"{a.directory}/search/panda.svg")
    accuracy = float(np.mean((panda.model.predict(x_test, verbose=0)[:, 0] > 0.5) == np.ravel(y_test)))
    print(folds)
    print(f"accuracy on the test points: {accuracy:.3f}")
    return accuracy


if __name__ == "__main__":
    main()
