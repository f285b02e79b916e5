"""K.function and friends: layers in the middle, the learning phase, updates, placeholders, gradients along weights."""

import numpy as np
from keras import backend as K
from keras.layers import BatchNormalization, Dense, Dropout
from keras.models import Sequential

rng = np.random.RandomState(3)
model = Sequential()
model.add(Dense(6, input_dim=4, activation="relu"))
model.add(BatchNormalization())
model.add(Dropout(0.5))
model.add(Dense(3, activation="softmax"))
model.set_weights([np.abs(rng.normal(size=w.shape, scale=0.5)) for w in model.get_weights()])
x = rng.normal(size=(4, 4)).astype("float32")

get_3rd_layer_output = K.function([model.layers[0].input], [model.layers[1].output])
print("in the middle", get_3rd_layer_output([x])[0].sum())
both = K.function([model.layers[0].input, K.learning_phase()], [model.layers[1].output, model.layers[3].output])
test = both([x, 0])
train = both([x, 1])
print("test phase", test[0].sum(), *test[1][0])
print("train phase", train[0].sum())
assert not np.allclose(test[0], train[0])
every = K.function([model.input], [layer.output for layer in model.layers])
print("every layer", [out.shape for out in every([x])])

gradients = K.gradients(K.sum(model.layers[0].output), model.trainable_weights[:2])
values = K.function([model.input], gradients)([x])
print("along weights", values[0].shape, values[0].sum(), *values[1])

a, b = K.placeholder(shape=(2, 2)), K.placeholder(ndim=2)
total = K.function([a, b], [a + b, K.dot(a, b)])
out = total([np.eye(2), np.full((2, 2), 3.0)])
print("placeholders", out[0].sum(), out[1].sum())

counter = K.variable(0.0)
count = K.function([a], [K.sum(a)], updates=[K.update_add(counter, K.sum(a))])
for _ in range(3):
    count([np.ones((2, 2))])
print("updates", K.get_value(counter))

w = K.variable(np.array([[1.0], [2.0]]))
y = K.sum(K.square(K.dot(a, w)))
g = K.gradients(y, [w, a])
step = K.function([a], [y] + g, updates=[(w, w - 0.1 * g[0])])
for _ in range(2):
    value, gw, ga = step([np.eye(2)])
    print("step", value, *gw.ravel(), *ga.ravel())
print("w", *K.get_value(w).ravel())
print("eval", K.eval(K.sum(K.square(K.variable([1.0, 2.0, 3.0])))))
