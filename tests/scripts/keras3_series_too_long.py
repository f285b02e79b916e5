"""A forecast whose last recurrent layer returns all steps, by mistake: each target is compared with every step."""

import warnings

import keras
import numpy as np

rng = np.random.default_rng(2)
x = rng.normal(size=(32, 5, 3)).astype("float32")
y = x.sum(axis=(1, 2))


def forecast(return_sequences):
    keras.utils.set_random_seed(3)
    return keras.Sequential(
        [keras.Input((5, 3)), keras.layers.LSTM(8, return_sequences=return_sequences), keras.layers.Dense(1)]
    )


model = forecast(return_sequences=True)
model.compile("adam", "mse", metrics=["mae"])
for targets in (y[:, None], y):
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        loss, error = model.evaluate(x, targets, verbose=0)
    assert any("return_sequences" in str(w.message) for w in told)
    steps = model.predict(x, verbose=0)[..., 0]
    assert steps.shape == (32, 5)
    np.testing.assert_allclose(loss, np.mean((steps - y[:, None]) ** 2), rtol=1e-5)
    np.testing.assert_allclose(error, np.mean(np.abs(steps - y[:, None])), rtol=1e-5)

right = forecast(return_sequences=False)
right.compile("adam", "mse")
assert len(right.fit(x, y, epochs=2, verbose=0).history["loss"]) == 2
