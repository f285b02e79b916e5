"""keras-tuner: four searches, a HyperModel with a fit of its own, the best models."""

import keras
import keras_tuner as kt
import numpy as np
from keras import layers


def build(hp):
    units, activation = hp.Int("units", 2, 6, step=2), hp.Choice("activation", ["relu", "tanh"])
    model = keras.Sequential([keras.Input((4,)), layers.Dense(units, activation=activation), layers.Dense(1)])
    model.compile(keras.optimizers.Adam(hp.Float("lr", 1e-3, 1e-1, sampling="log")), "mse", metrics=["mae"])
    return model


class Batches(kt.HyperModel):
    def build(self, hp):
        return build(hp)

    def fit(self, hp, model, *args, **kwargs):
        return model.fit(*args, batch_size=hp.Choice("batch_size", [4, 8]), **kwargs)


x = np.random.default_rng(0).random((20, 4))
y = x.sum(1)
for search, arguments in (
    (kt.RandomSearch, {"max_trials": 2}),
    (kt.Hyperband, {"max_epochs": 3}),
    (kt.BayesianOptimization, {"max_trials": 3}),
    (kt.GridSearch, {"max_trials": 3}),
):
    tuner = search(build, objective="val_loss", directory="trials", project_name=search.__name__, **arguments)
    tuner.search(x, y, epochs=2, validation_split=0.25, verbose=0)
    best = tuner.get_best_models(1)[0]
    assert best.predict(x, verbose=0).shape == (20, 1)
    tuner.results_summary()
objective = kt.Objective("val_mae", "min")
tuner = kt.RandomSearch(
    Batches(), objective, max_trials=2, executions_per_trial=2, directory="trials", project_name="own"
)
stop = keras.callbacks.EarlyStopping("val_loss", patience=1)
tuner.search(x, y, epochs=2, validation_data=(x, y), callbacks=[stop], verbose=0)
assert {"units", "batch_size"} <= set(tuner.get_best_hyperparameters()[0].values)


# what keras_tuner brings for images: spaces of known architectures
image = kt.applications.HyperXception(include_top=True, input_shape=(71, 71, 3), classes=2)
assert image.build(kt.HyperParameters()).output_shape == (None, 2)
