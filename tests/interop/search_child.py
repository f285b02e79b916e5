"""A search by the workers of a joblib backend, in the words of a user: python -m fastnn run search_child.py BACKEND.

Exit status 1 unless trials and weights are those of one process.
"""

import sys
import tempfile

import joblib
import keras
import numpy as np

from fastnn import tuner as kt

X = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")
Y = (X.sum(1) > 0).astype("float32")


def network(hp):
    hidden = keras.layers.Dense(hp.Int("units", 2, 6), hp.Choice("activation", ["relu", "tanh"]))
    model = keras.Sequential([keras.Input((3,)), hidden, keras.layers.Dense(1, "sigmoid")])
    rate = hp.Float("rate", 1e-3, 1e-1, sampling="log")
    model.compile(keras.optimizers.Adam(rate), "binary_crossentropy", metrics=["accuracy"])
    return model


def found(jobs):
    tuner = kt.RandomSearch(network, "val_loss", max_trials=10, seed=3, directory=tempfile.mkdtemp())
    tuner.search(X, Y, epochs=2, batch_size=8, validation_split=0.25, verbose=0, jobs=jobs)
    trials = [(t.trial_id, t.status, t.score, t.hyperparameters.values) for t in tuner.oracle.trials.values()]
    return trials, [w.tobytes() for w in tuner.get_best_models()[0].get_weights()]


def by(backend):
    with joblib.parallel_config(backend=backend):  # the one line that a user writes
        return found(2)


def dask():
    from dask.distributed import Client, LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster, Client(cluster):
        return by("dask")


def ray():
    import ray as package
    from ray.util.joblib import register_ray

    package.init(num_cpus=2, include_dashboard=False)
    register_ray()
    return by("ray")


if __name__ == "__main__":
    sys.exit({"dask": dask, "ray": ray}[sys.argv[1]]() != found(1))
