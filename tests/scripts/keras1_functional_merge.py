"""The functional API of Keras 1: Model(input=, output=), merge(mode=...)."""

import numpy as np
from keras.layers import Dense, Embedding, Flatten, Input, merge
from keras.models import Model

user, item = Input(shape=(1,), dtype="int32", name="user"), Input(shape=(1,), dtype="int32", name="item")
u, i = Flatten()(Embedding(10, 3, input_length=1)(user)), Flatten()(Embedding(12, 3, input_length=1)(item))
both = merge([u, i], mode="concat", concat_axis=1)
product = merge([u, i], mode="dot", dot_axes=1)
x = Dense(4, activation="relu")(both)
x = merge([x, Dense(4)(both)], mode="sum")
out = Dense(1, name="rating")(merge([x, product], mode="concat"))
model = Model(input=[user, item], output=out)
model.compile("adam", "mse")
rng = np.random.RandomState(0)
users, items, ratings = rng.randint(0, 10, 20), rng.randint(0, 12, 20), rng.rand(20)
history = model.fit([users, items], ratings, nb_epoch=3, batch_size=5, verbose=0)
assert history.history["loss"][-1] < history.history["loss"][0]
assert model.predict([users, items]).shape == (20, 1)
