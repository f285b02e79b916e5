"""DeepDream of the Keras 2 years: one K.function for loss and gradients, the learning phase set first."""

import numpy as np
from keras import backend as K
from keras.layers import Conv2D, Dropout, Input
from keras.models import Model

rng = np.random.RandomState(1)
K.set_learning_phase(0)
inputs = Input((None, None, 3))
x = Conv2D(4, 3, activation="relu", name="mixed2")(inputs)
x = Dropout(0.5)(x)
x = Conv2D(3, 3, activation="tanh", name="mixed3")(x)
model = Model(inputs, x)
model.set_weights([rng.normal(size=w.shape, scale=0.3) for w in model.get_weights()])
dream = model.input
settings = {"features": {"mixed2": 0.2, "mixed3": 0.5}}
layer_dict = dict([(layer.name, layer) for layer in model.layers])

loss = K.variable(0.0)
for layer_name in settings["features"]:
    coeff = settings["features"][layer_name]
    x = layer_dict[layer_name].output
    scaling = K.prod(K.cast(K.shape(x), "float32"))
    loss = loss + coeff * K.sum(K.square(x[:, 2:-2, 2:-2, :])) / scaling

grads = K.gradients(loss, dream)[0]
grads /= K.maximum(K.mean(K.abs(grads)), K.epsilon())
fetch_loss_and_grads = K.function([dream], [loss, grads])


def eval_loss_and_grads(x):
    outs = fetch_loss_and_grads([x])
    return outs[0], outs[1]


def gradient_ascent(x, iterations, step, max_loss=None):
    for i in range(iterations):
        loss_value, grad_values = eval_loss_and_grads(x)
        if max_loss is not None and loss_value > max_loss:
            break
        print("..Loss value at", i, ":", loss_value)
        x += step * grad_values
    return x


img = rng.rand(1, 12, 12, 3) * 2 - 1
for size in (12, 16):
    img = np.pad(img, [(0, 0), (0, size - img.shape[1]), (0, size - img.shape[2]), (0, 0)], "edge")
    img = gradient_ascent(img, iterations=3, step=0.01, max_loss=10.0)
print("dream", img.shape, img.mean(), img.std())
