"""Graph: named inputs, nodes and outputs; data as dicts; functions (shape, name) as initializers."""

import numpy as np
from keras import initializations
from keras.initializations import normal
from keras.layers.core import Activation, Dense, TimeDistributedDense
from keras.layers.recurrent import SimpleRNN
from keras.models import Graph, Sequential


def small(shape, name=None):
    return initializations.normal(shape, scale=0.01, name=name)


graph = Graph()
graph.add_input(name="left", input_shape=(8,))
graph.add_input(name="right", input_shape=(8,))
graph.add_node(Dense(16, init=small), name="wide", input="left")
graph.add_node(Dense(4, init=lambda shape, name: normal(shape, scale=0.02, name=name)), name="narrow", input="right")
graph.add_node(Dense(4), name="deep", input="wide")
graph.add_node(Activation("relu"), name="sum", inputs=["narrow", "deep"], merge_mode="sum")
graph.add_node(Dense(3, activation="softmax"), name="both", inputs=["wide", "sum"], merge_mode="concat")
graph.add_output(name="values", input="sum")
graph.add_output(name="classes", input="both")
graph.compile("rmsprop", {"values": "mse", "classes": "categorical_crossentropy"})

rng = np.random.RandomState(1)
data = {"left": rng.rand(12, 8), "right": rng.rand(12, 8), "values": rng.rand(12, 4)}
data["classes"] = np.eye(3)[rng.randint(0, 3, 12)]
history = graph.fit(data, batch_size=4, nb_epoch=4, verbose=0)
assert history.history["loss"][-1] < history.history["loss"][0]
found = graph.predict({"left": data["left"], "right": data["right"]})
assert found["values"].shape == (12, 4) and np.allclose(found["classes"].sum(1), 1, atol=1e-5)
graph.save_weights("graph.h5", overwrite=True)
graph.load_weights("graph.h5")

steps = Sequential()
steps.add(SimpleRNN(5, init=small, inner_init=initializations.identity, return_sequences=True, input_shape=(4, 3)))
steps.add(TimeDistributedDense(2))
assert steps.predict(rng.rand(2, 4, 3)).shape == (2, 4, 2)
