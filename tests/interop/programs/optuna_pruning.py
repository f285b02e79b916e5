"""Optuna: its Keras callback reports epochs and prunes trials."""

import keras
import numpy as np
import optuna
from optuna_integration.keras import KerasPruningCallback

x = np.random.default_rng(0).random((32, 4))
y = (x.sum(1) > 2) * 1.0


def objective(trial):
    hidden = keras.layers.Dense(trial.suggest_int("units", 2, 8), "relu")
    model = keras.Sequential([keras.Input((4,)), hidden, keras.layers.Dense(1, activation="sigmoid")])
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    pruning = KerasPruningCallback(trial, "val_loss")
    return model.fit(x, y, epochs=3, validation_split=0.25, callbacks=[pruning], verbose=0).history["val_loss"][-1]


study = optuna.create_study(pruner=optuna.pruners.MedianPruner(n_startup_trials=1))
study.optimize(objective, n_trials=5)
assert study.best_value > 0 and all(t.intermediate_values for t in study.trials)
