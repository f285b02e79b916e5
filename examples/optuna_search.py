"""Optuna over a Keras model: a study with pruning. Needs `pip install optuna`.

    python examples/optuna_search.py [--trials N]

`fastnn.tuner.BayesianOptimization` asks Optuna, too, with keras-tuner's words and a journal on disk.
"""

import argparse

import optuna

import fastnn as keras
from fastnn.datasets import synthetic


class Pruning(keras.callbacks.Callback):
    """Reports each epoch to a trial, and ends it where the study has seen better at that epoch."""

    def __init__(self, trial, monitor="val_loss"):
        super().__init__()
        self.trial, self.monitor = trial, monitor

    def on_epoch_end(self, epoch, logs=None):
        self.trial.report(logs[self.monitor], epoch)
        if self.trial.should_prune():
            raise optuna.TrialPruned(f"epoch {epoch}")


def main(arguments=None):
    """Run a study; return the best validation loss."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--epochs", type=int, default=40)
    a = parser.parse_args(arguments)
    (x, y), _ = synthetic.spirals(400, seed=1)

    def objective(trial):
        keras.utils.set_random_seed(trial.number)
        units = trial.suggest_int("units", 4, 24, step=4)
        layers = [keras.layers.Dense(units, activation="tanh") for _ in range(trial.suggest_int("layers", 1, 3))]
        model = keras.Sequential([keras.Input((2,)), *layers, keras.layers.Dense(1, activation="sigmoid")])
        rate = trial.suggest_float("rate", 1e-3, 1e-1, log=True)
        model.compile(keras.optimizers.Adam(rate), "binary_crossentropy")
        history = model.fit(
            x, y, epochs=a.epochs, batch_size=20, validation_split=0.25, callbacks=[Pruning(trial)], verbose=0
        )
        return min(history.history["val_loss"])

    sampler = optuna.samplers.TPESampler(seed=1)
    study = optuna.create_study(sampler=sampler, pruner=optuna.pruners.MedianPruner(n_startup_trials=4))
    study.optimize(objective, n_trials=a.trials)
    pruned = sum(trial.state == optuna.trial.TrialState.PRUNED for trial in study.trials)
    print(f"best of {a.trials} trials: {study.best_value:.4f} with {study.best_params}; {pruned} were pruned")
    return study.best_value


if __name__ == "__main__":
    main()
