"""Trained models cut off: layers that are popped, outputs that are set, several GPUs that are not there."""

import numpy as np
from keras.applications.resnet50 import conv_block, identity_block
from keras.initializers import _compute_fans
from keras.layers import Conv2D, Dense, Dropout, Flatten, GlobalAveragePooling2D, Input
from keras.layers.convolutional import MaxPooling2D, ZeroPadding2D
from keras.models import Model, Sequential
from keras.optimizers import SGD
from keras.utils import multi_gpu_model

x = np.random.RandomState(0).rand(6, 8, 8, 3)
stack = Sequential([ZeroPadding2D((1, 1), input_shape=(8, 8, 3)), Conv2D(4, 3, activation="relu"), MaxPooling2D(),
                    Flatten(), Dense(10, activation="relu"), Dropout(0.5),
                    Dense(1000, activation="softmax")])  # fmt: skip
hidden = Model(stack.input, stack.layers[4].output).predict(x)
stack.layers.pop()
stack.outputs = [stack.layers[-1].output]
stack.layers[-1].outbound_nodes = []
assert np.allclose(stack.predict(x), hidden, atol=1e-6)
stack.add(Dense(3, activation="softmax"))
stack.compile(SGD(lr=1e-2, decay=1e-6, momentum=0.9, nesterov=True), "categorical_crossentropy", metrics=["accuracy"])
assert stack.metrics_names == ["loss", "accuracy"] and stack.output_shape == (None, 3)
stack.fit(x, np.eye(3)[[0, 1, 2, 0, 1, 2]], nb_epoch=1, verbose=0)

i = Input((8, 8, 3))
h = identity_block(conv_block(i, 3, [2, 2, 6], stage=2, block="a"), 3, [2, 2, 6], stage=2, block="b")
graph = Model(i, Dense(10, name="classes")(Dense(5, name="code")(GlobalAveragePooling2D()(h))))
assert graph.get_layer("res2a_branch2a").output_shape == (None, 4, 4, 2)
graph.layers.pop()
new = Model(graph.input, Dense(2, name="new")(graph.layers[-1].output))
assert [layer.name for layer in new.layers][-2:] == ["code", "new"]
graph.outputs = [graph.layers[-1].output]
around = Model(j := Input((8, 8, 3)), graph(j))
assert around.output_shape == (None, 5) and graph.predict(x).shape == (6, 5)

try:
    parallel = multi_gpu_model(new, gpus=None)
except ValueError:
    parallel = new
assert parallel is new and _compute_fans((3, 3, 4, 8)) == (36, 72)
