"""What callbacks of one's own read in Keras 2: params, validation_data, logs under their old names."""

import keras
import numpy as np
from keras.callbacks import Callback, CSVLogger, EarlyStopping, ModelCheckpoint, ReduceLROnPlateau
from keras.layers import Dense
from keras.models import Sequential


class Metrics(Callback):
    def on_train_begin(self, logs={}):
        self.val_f1s, self.losses, self.batches = [], [], []

    def on_batch_end(self, batch, logs={}):
        self.batches.append(batch)
        self.losses.append(logs.get("loss"))

    def on_epoch_end(self, epoch, logs={}):
        val_predict = np.asarray(self.model.predict(self.validation_data[0], verbose=0)).round()
        val_targ = self.validation_data[1]
        self.val_f1s.append(float((val_predict == val_targ).mean()))
        assert logs.get("val_acc") == logs["val_accuracy"] and "val_acc" in logs


x, y = np.random.RandomState(0).rand(20, 3), (np.arange(20) % 2)[:, None]
model = Sequential([Dense(4, activation="relu", input_dim=3), Dense(1, activation="sigmoid")])
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
metrics = Metrics()
callbacks = [
    metrics,
    EarlyStopping(monitor="val_acc", patience=3, verbose=1, mode="auto"),
    ModelCheckpoint("weights.{epoch:02d}-{val_loss:.2f}.hdf5", monitor="val_loss", save_weights_only=True),
    ModelCheckpoint("best.h5", monitor="val_acc", save_best_only=True, mode="max", period=1),
    ReduceLROnPlateau(monitor="val_loss", factor=0.2, patience=1, min_lr=0.001, epsilon=0.5),
    CSVLogger("training.csv"),
]
history = model.fit(x, y, batch_size=8, epochs=3, verbose=0, validation_split=0.2, callbacks=callbacks)
assert metrics.params["samples"] == 16 and metrics.params["batch_size"] == 8 and metrics.params["epochs"] == 3
assert metrics.params["metrics"] == ["accuracy", "loss", "val_accuracy", "val_loss"]
assert metrics.params["do_validation"] and metrics.batches == [0, 1] * 3 and len(metrics.val_f1s) == 3
assert history.history["lr"][0] == np.float32(0.001)
best = keras.models.load_model("best.h5")
assert best.predict(x).shape == (20, 1)
