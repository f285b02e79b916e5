"""MLflow: its Keras callback logs parameters and metrics of a run."""

import os

os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
import keras
import mlflow
import numpy as np
from mlflow.keras import MlflowCallback

mlflow.set_tracking_uri("file:./mlruns")
model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
model.compile("sgd", "mse", metrics=["mae"])
x = np.ones((8, 3))
with mlflow.start_run() as run:
    history = model.fit(x, x.sum(1), epochs=2, callbacks=[MlflowCallback(run)], verbose=0).history
logged = mlflow.get_run(run.info.run_id).data
assert np.isclose(logged.metrics["mae"], history["mae"][-1]) and logged.params["optimizer_name"].lower() == "sgd"
