"""Keras 1's answers to "how do I get the gradients of my model": K.gradients, get_gradients, one K.function."""

import numpy as np
from keras import backend as K
from keras.layers import Activation, Dense
from keras.models import Sequential

rng = np.random.RandomState(7)
model = Sequential()
model.add(Dense(5, input_dim=3))
model.add(Activation("sigmoid"))
model.add(Dense(1))
model.compile(optimizer="rmsprop", loss="mse")
model.set_weights([rng.normal(size=w.shape, scale=0.6) for w in model.get_weights()])
x, y = rng.rand(6, 3), rng.rand(6, 1)

weights = model.trainable_weights
target = K.placeholder(shape=(None, 1))
loss = K.mean(K.square(model.output - target))
gradients = K.gradients(loss, weights)
get_gradients = K.function(inputs=[model.input, target, K.learning_phase()], outputs=gradients)
for weight, gradient in zip(weights, get_gradients([x, y, 0])):
    print("weight", gradient.shape, "norm", np.linalg.norm(gradient))
by_optimizer = model.optimizer.get_gradients(loss, weights)
found = K.function([model.input, target], by_optimizer)([x, y])
print("by the optimizer", *(value.sum() for value in found))


def compute_saliency(model, rows):
    inp, outp = model.layers[0].input, model.layers[-1].output
    max_outp = K.max(outp, axis=1)
    saliency = K.gradients(K.sum(max_outp), inp)[0]
    return K.function([inp, K.learning_phase()], [saliency, max_outp])([rows, 0])


saliency, score = compute_saliency(model, x)
print("saliency", *saliency[0], "score", *score[:2])

# a finite difference says the same
moved = x.copy()
moved[0, 1] += 1e-2
difference = (model.predict(moved, verbose=0) - model.predict(x, verbose=0))[0, 0] / 1e-2
np.testing.assert_allclose(difference, saliency[0, 1], rtol=5e-2)
second = K.gradients(K.sum(K.square(K.gradients(K.sum(model.output), model.input)[0])), model.input)[0]
print("second", *K.function([model.input], [second])([x])[0][0])
