"""Windows of a series, a Conv1D, LSTMs and a Lambda, after a course on sequences and time series."""

import numpy as np
import tensorflow as tf

window_size, batch_size = 6, 8
series = np.sin(np.arange(60) / 4).astype("float32")


def windowed_dataset(series, window_size, batch_size, shuffle_buffer):
    windows = np.stack([series[i : i + window_size + 1] for i in range(len(series) - window_size)])
    dataset = tf.data.Dataset.from_tensor_slices(windows)
    dataset = dataset.shuffle(shuffle_buffer).map(lambda window: (window[:-1], window[-1]))
    return dataset.batch(batch_size).prefetch(1)


tf.keras.backend.clear_session()
tf.random.set_seed(51)
np.random.seed(51)
dataset = windowed_dataset(series, window_size, batch_size, shuffle_buffer=100)
model = tf.keras.models.Sequential(
    [
        tf.keras.layers.Lambda(lambda x: tf.expand_dims(x, axis=-1), input_shape=[None]),
        tf.keras.layers.Conv1D(4, 3, strides=1, padding="causal", activation="relu"),
        tf.keras.layers.Bidirectional(tf.keras.layers.LSTM(4, return_sequences=True)),
        tf.keras.layers.Bidirectional(tf.keras.layers.LSTM(4)),
        tf.keras.layers.Dense(1),
        tf.keras.layers.Lambda(lambda x: x * 10.0),
    ]
)
model.compile(loss=tf.keras.losses.Huber(), optimizer=tf.keras.optimizers.SGD(lr=1e-3, momentum=0.9), metrics=["mae"])
history = model.fit(dataset, epochs=3, verbose=0)
forecast = [model.predict(series[t : t + window_size][np.newaxis], verbose=0) for t in range(3)]
results = np.array(forecast)[:, 0, 0]
mae = tf.keras.metrics.mean_absolute_error(series[window_size : window_size + 3], results).numpy()
assert results.shape == (3,) and np.isfinite(mae)
