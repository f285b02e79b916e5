"""States kept from batch to batch and reset by hand, after the Keras 2 example lstm_stateful."""

import numpy as np
from keras.layers import LSTM, Dense
from keras.models import Sequential

lahead, batch_size = 1, 1


def create_model(stateful):
    model = Sequential()
    model.add(LSTM(4, input_shape=(lahead, 1), batch_size=batch_size, stateful=stateful))
    model.add(Dense(1))
    model.compile(loss="mse", optimizer="adam")
    return model


x = np.sin(np.arange(12) / 3.0).reshape(12, 1, 1)
y = np.roll(x[:, 0], -1, axis=0)
model_stateful = create_model(stateful=True)
for i in range(2):
    model_stateful.fit(x, y, batch_size=batch_size, epochs=1, verbose=0, validation_data=(x[:4], y[:4]), shuffle=False)
    model_stateful.reset_states()
first = model_stateful.predict(x, batch_size=batch_size)
again = model_stateful.predict(x, batch_size=batch_size)
model_stateful.reset_states()
assert not np.allclose(first, again)
np.testing.assert_allclose(first, model_stateful.predict(x, batch_size=batch_size), rtol=1e-5)
