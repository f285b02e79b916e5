"""Commands as spectra: frames of waves in a pipeline, mel weights, a small convolutional network with Normalization."""

import numpy as np
import tensorflow as tf

rng = np.random.RandomState(0)
time = np.arange(512) / 512
waves = np.stack([np.sin(2 * np.pi * (20 + 60 * (k % 2)) * time) + 0.1 * rng.randn(512) for k in range(16)])
labels = np.arange(16) % 2


def spectrum(wave, label):
    wave = tf.concat([tf.cast(wave, tf.float32), tf.zeros([1024] - tf.shape(wave), dtype=tf.float32)], 0)
    found = tf.abs(tf.signal.stft(wave, frame_length=128, frame_step=64))
    return found[..., tf.newaxis], label


def mel(spectra, label):
    weights = tf.signal.linear_to_mel_weight_matrix(8, spectra.shape[-2], 512, 5.0, 200.0)
    mels = tf.tensordot(tf.squeeze(spectra, -1), weights, 1)
    return tf.signal.mfccs_from_log_mel_spectrograms(tf.math.log(mels + 1e-6))[..., :4], label


data = tf.data.Dataset.from_tensor_slices((waves, labels)).map(spectrum, num_parallel_calls=tf.data.AUTOTUNE)
spectra, label = next(iter(data))
assert spectra.shape == (15, 65, 1) and spectra.dtype == tf.float32
assert int(np.argmax(spectra.numpy()[2, :, 0])) == 5  # 20 of 512 Hz in bins of 4
np.testing.assert_allclose(tf.signal.hann_window(4).numpy(), [0, 0.5, 1, 0.5], atol=1e-6)
features, _ = next(iter(data.map(mel)))
assert features.shape == (15, 4)
wave = np.asarray(waves[0], "float32")
again = tf.signal.inverse_stft(tf.signal.stft(wave, 64, 32), 64, 32)
assert again.shape == (512,)

normal = tf.keras.layers.Normalization()
normal.adapt(data.map(lambda spectrum, label: spectrum))
model = tf.keras.models.Sequential(
    [
        tf.keras.layers.Input(shape=spectra.shape), tf.keras.layers.Resizing(16, 16), normal,
        tf.keras.layers.Conv2D(4, 3, activation="relu"), tf.keras.layers.MaxPooling2D(), tf.keras.layers.Flatten(),
        tf.keras.layers.Dense(2),
    ]
)  # fmt: skip
loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile(optimizer=tf.keras.optimizers.Adam(0.01), loss=loss, metrics=["accuracy"])
batches = data.cache().shuffle(16).batch(8).prefetch(tf.data.AUTOTUNE)
stop = tf.keras.callbacks.EarlyStopping(verbose=0, patience=2)
model.fit(batches, validation_data=batches, epochs=8, callbacks=stop, verbose=0)
assert model.evaluate(batches, return_dict=True, verbose=0)["accuracy"] == 1.0
