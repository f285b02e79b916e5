# Functions put into Keras's modules, so that files that name them load, and Grad-CAM round a model in a stack.
import keras.losses
import keras.metrics
import numpy as np
from keras import backend as K
from keras.layers import Conv2D, Dense, GlobalAveragePooling2D, Input, Lambda
from keras.layers.core import Activation
from keras.models import Model, Sequential, clone_model, load_model


def custom_loss(y_true, y_pred):
    return K.mean(K.abs(y_true - y_pred), axis=-1)


def largest(y_true, y_pred):
    return K.max(y_pred)


def steep(x):
    return 20 * K.tanh(x)


rng = np.random.RandomState(0)
x = rng.rand(4, 6, 6, 1)
base = Sequential()
base.add(Conv2D(2, 3, activation=steep, input_shape=(6, 6, 1), name="maps"))
base.add(GlobalAveragePooling2D())
base.add(Dense(3, activation="softmax"))
base.compile("sgd", custom_loss, metrics=[largest])
base.fit(x, np.eye(3)[[0, 1, 2, 0]], verbose=0)
base.save("base.hdf5")

keras.losses.custom_loss = custom_loss
keras.metrics.largest = largest
keras.activations.steep = steep
again = load_model("base.hdf5")
assert again.evaluate(x, np.eye(3)[[0, 1, 2, 0]], verbose=0) == base.evaluate(x, np.eye(3)[[0, 1, 2, 0]], verbose=0)
again.compile("sgd", "custom_loss", metrics=["largest"])
assert Activation("steep")(np.float32([0.5])).shape == (1,)

stack = Sequential()
stack.add(again)
stack.add(Lambda(lambda y: y[:, 1:2], output_shape=lambda shape: (shape[0], 1)))
maps = [layer for layer in stack.layers[0].layers if layer.name == "maps"][0].output
slopes = K.gradients(K.sum(stack.layers[-1].output), maps)[0]
found = K.function([stack.layers[0].input, K.learning_phase()], [maps, slopes])([x, 0])
assert [a.shape for a in found] == [(4, 4, 4, 2), (4, 4, 4, 2)] and np.abs(found[1]).max() > 0
np.testing.assert_allclose(stack.predict(x, verbose=0), again.predict(x, verbose=0)[:, 1:2], rtol=1e-6)

state, action = Input((3,)), Input((1,))
critic = Model([state, action], Dense(1)(keras.layers.concatenate([state, action])))
slope = K.function(critic.inputs, K.gradients(critic.outputs, critic.inputs[1]))([np.ones((2, 3)), np.ones((2, 1))])
np.testing.assert_allclose(slope[0], np.full((2, 1), critic.get_weights()[0][3]), rtol=1e-6)

scaled = Model(state, Lambda(lambda a: a * 2.0)(Dense(1)(state)))
twin = clone_model(scaled)
twin.set_weights(scaled.get_weights())
np.testing.assert_array_equal(twin.predict(np.ones((2, 3)), verbose=0), scaled.predict(np.ones((2, 3)), verbose=0))
