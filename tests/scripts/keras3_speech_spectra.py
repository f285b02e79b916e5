"""Spectra of sound files in a tf.data pipeline, after Keras 3's ctc_asr and speaker_recognition examples."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers

RATE, SAMPLES = 800, 400
time = np.arange(SAMPLES) / RATE
for k in range(8):
    wave = 0.5 * np.sin(2 * np.pi * (50 if k % 2 else 170) * time + k)
    tf.io.write_file(f"sounds/{k}.wav", tf.audio.encode_wav(wave[:, None].astype("float32"), RATE))


def spectrum(path):
    audio, rate = tf.audio.decode_wav(tf.io.read_file(path), 1, SAMPLES)
    stft = tf.signal.stft(tf.squeeze(audio, axis=-1), frame_length=64, frame_step=32, fft_length=64)
    power = tf.math.pow(tf.abs(stft), 0.5)
    mean, deviation = tf.math.reduce_mean(power, 1, keepdims=True), tf.math.reduce_std(power, 1, keepdims=True)
    return (power - mean) / (deviation + 1e-10)


def audio_to_fft(audio):
    audio = tf.squeeze(audio, axis=-1)
    fft = tf.signal.fft(tf.cast(tf.complex(real=audio, imag=tf.zeros_like(audio)), tf.complex64))
    return tf.math.abs(tf.expand_dims(fft, axis=-1)[:, : (audio.shape[1] // 2), :])


paths = [f"sounds/{k}.wav" for k in range(8)]
assert spectrum(paths[0]).shape == (11, 33)
loudest = [int(tf.argmax(audio_to_fft(tf.audio.decode_wav(tf.io.read_file(p))[0][tf.newaxis])[0, :, 0])) for p in paths]
assert loudest == [85, 25] * 4  # 170 and 50 Hz of 800 Hz in 400 places

ds = tf.data.Dataset.from_tensor_slices((paths, [0, 1] * 4))
ds = ds.map(lambda path, label: (spectrum(path), label), num_parallel_calls=tf.data.AUTOTUNE).padded_batch(4)
model = keras.Sequential(
    [layers.Input((None, 33)), layers.Bidirectional(layers.GRU(6)), layers.Dense(1, activation="sigmoid")]
)
model.compile(optimizer=keras.optimizers.Adam(0.03), loss="binary_crossentropy", metrics=["accuracy"])
history = model.fit(ds, epochs=12, verbose=0).history
assert history["loss"][-1] < history["loss"][0] and history["accuracy"][-1] >= 0.75
