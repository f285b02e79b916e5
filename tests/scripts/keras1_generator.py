"""fit_generator with samples_per_epoch and nb_val_samples, and a Lambda normalisation, as in 2016."""

import numpy as np
from keras.layers import Convolution2D, Dense, ELU, Flatten, Lambda
from keras.models import Sequential, model_from_json


def generator(n, batch_size=4):
    rng = np.random.RandomState(n)
    while 1:
        yield rng.randint(0, 255, (batch_size, 8, 12, 3)), rng.rand(batch_size)


def get_model(time_len=1):
    model = Sequential()
    model.add(Lambda(lambda x: x / 127.5 - 1.0, input_shape=(8, 12, 3), output_shape=(8, 12, 3)))
    model.add(Convolution2D(4, 3, 3, subsample=(2, 2), border_mode="same"))
    model.add(ELU())
    model.add(Flatten())
    model.add(Dense(1))
    model.compile(optimizer="adam", loss="mse")
    return model


model = get_model()
history = model.fit_generator(
    generator(1), samples_per_epoch=16, nb_epoch=2, validation_data=generator(2), nb_val_samples=2, verbose=0
)
assert history.params["steps"] == 4 and len(history.history["val_loss"]) == 2
model.save_weights("model.h5", True)
plain = Sequential([Dense(2, input_dim=3, activation="tanh"), Dense(1)])
with open("model.json", "w") as outfile:
    outfile.write(plain.to_json())
with open("model.json") as jfile:
    again = model_from_json(jfile.read())
assert again.output_shape == (None, 1)
before = model.predict(next(generator(3))[0])
model.load_weights("model.h5")
assert np.array_equal(model.predict(next(generator(3))[0]), before)
