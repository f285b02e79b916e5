# The backend's cross-entropies as Keras 1 had them: the predictions first, then the targets.
import numpy as np
from keras import backend as K
from keras.layers import Dense
from keras.models import Sequential


def weighted_categorical_crossentropy(y_true, y_pred, weights):
    final_mask = K.zeros_like(y_pred[:, 0])
    y_pred_max = K.expand_dims(K.max(y_pred, axis=1), 1)
    y_pred_max_mat = K.cast(K.equal(y_pred, y_pred_max), K.floatx())
    for c_p in range(3):
        for c_t in range(3):
            final_mask += weights[c_t, c_p] * y_pred_max_mat[:, c_p] * y_true[:, c_t]
    return K.categorical_crossentropy(y_pred, y_true) * final_mask


w = np.ones((3, 3))
w[0, 1] = w[1, 0] = 1.5


def weighted(y_true, y_pred):
    return weighted_categorical_crossentropy(y_true, y_pred, w)


def binary(y_true, y_pred):
    return K.mean(K.binary_crossentropy(y_pred, y_true), axis=-1)


def in_the_order_of_today(y_true, y_pred):
    return K.categorical_crossentropy(y_true, y_pred)


rng = np.random.RandomState(0)
x, labels = rng.rand(20, 4), rng.randint(3, size=20)
y = np.eye(3)[labels]
model = Sequential([Dense(3, input_dim=4, init="glorot_uniform", activation="softmax")])
model.compile("sgd", weighted)
p = model.predict(x)
factors = np.array([w[t, g] for t, g in zip(labels, p.argmax(1))])
expected = -np.log(p[np.arange(20), labels])
np.testing.assert_allclose(model.evaluate(x, y, verbose=0), np.mean(expected * factors), rtol=1e-5)
model.fit(x, y, nb_epoch=30, batch_size=5, verbose=0)
assert model.evaluate(x, y, verbose=0) < np.mean(expected * factors)

p = model.predict(x)
model.compile("sgd", in_the_order_of_today)
np.testing.assert_allclose(model.evaluate(x, y, verbose=0), -np.mean(np.log(p[np.arange(20), labels])), rtol=1e-5)
model.compile("sgd", binary)
found = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
np.testing.assert_allclose(model.evaluate(x, y, verbose=0), found, rtol=1e-5)
