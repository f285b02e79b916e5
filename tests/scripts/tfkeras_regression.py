"""A table of cars, normalised by a layer, early stopping, a dot per epoch, after TensorFlow's regression tutorial."""

import numpy as np
import tensorflow as tf
from tensorflow.keras import layers

rng = np.random.RandomState(0)
features = rng.rand(40, 3) * [10.0, 100.0, 1.0]
labels = features @ [1.0, 0.1, 3.0] + 2
normalizer = layers.Normalization(axis=-1)
normalizer.adapt(np.array(features))
np.testing.assert_allclose(normalizer(features).numpy().mean(0), 0, atol=1e-4)


def build_and_compile_model(norm):
    model = tf.keras.Sequential([norm, layers.Dense(16, activation="relu"), layers.Dense(1)])
    model.compile(loss="mean_absolute_error", optimizer=tf.keras.optimizers.Adam(0.05), metrics=["mae", "mse"])
    return model


class PrintDot(tf.keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs):
        if epoch % 100 == 0:
            print("")
        print(".", end="")


dnn_model = build_and_compile_model(normalizer)
early_stop = tf.keras.callbacks.EarlyStopping(monitor="val_loss", patience=10)
history = dnn_model.fit(
    features, labels, validation_split=0.2, verbose=0, epochs=12, callbacks=[early_stop, PrintDot()]
)
assert history.history["val_mean_absolute_error"] == history.history["val_mae"]
assert history.history["loss"][-1] < history.history["loss"][0]
dnn_model.save("dnn_model.h5")
reloaded = tf.keras.models.load_model("dnn_model.h5")
np.testing.assert_allclose(reloaded.predict(features), dnn_model.predict(features), rtol=1e-5)
