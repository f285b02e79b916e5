"""Weights & Biases, offline: its callbacks for metrics and model files."""

import os

os.environ.update(WANDB_MODE="offline", WANDB_SILENT="true", WANDB_DIR=".")
import keras
import numpy as np
import wandb
from wandb.integration.keras import WandbMetricsLogger, WandbModelCheckpoint

run = wandb.init(project="interop", config={"lr": 0.1})
model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
model.compile(keras.optimizers.SGD(run.config.lr), "mse", metrics=["mae"])
x = np.ones((8, 3))
callbacks = [WandbMetricsLogger(log_freq=1), WandbModelCheckpoint("model.keras")]
history = model.fit(x, x.sum(1), epochs=2, validation_data=(x, x.sum(1)), callbacks=callbacks, verbose=0).history
assert run.summary["epoch/val_mae"] == history["val_mae"][-1] and os.path.exists("model.keras")
assert np.isclose(run.summary["epoch/learning_rate"], 0.1)
run.finish()
