"""Losses and metrics of one's own in backend functions, saved and loaded with custom_objects."""

import numpy as np
from keras import backend as K
from keras.models import Sequential, load_model
from keras.layers import Dense, Activation
from keras.utils.generic_utils import get_custom_objects
import keras


def precision(y_true, y_pred):
    tp = K.sum(K.round(K.clip(y_true * y_pred, 0, 1)))
    pp = K.sum(K.round(K.clip(y_pred, 0, 1)))
    return tp / (pp + K.epsilon())


def recall(y_true, y_pred):
    tp = K.sum(K.round(K.clip(y_true * y_pred, 0, 1)))
    p = K.sum(K.round(K.clip(y_true, 0, 1)))
    return tp / (p + K.epsilon())


def f1(y_true, y_pred):
    p, r = precision(y_true, y_pred), recall(y_true, y_pred)
    return 2 * ((p * r) / (p + r + K.epsilon()))


def focal(gamma=2.0, alpha=0.25):
    def focal_fixed(y_true, y_pred):
        pt_1 = K.switch(K.equal(y_true, 1), y_pred, K.ones_like(y_pred))
        pt_0 = K.switch(K.equal(y_true, 0), y_pred, K.zeros_like(y_pred))
        pt_1 = K.clip(pt_1, K.epsilon(), 1 - K.epsilon())
        pt_0 = K.clip(pt_0, K.epsilon(), 1 - K.epsilon())
        return -K.sum(alpha * K.pow(1.0 - pt_1, gamma) * K.log(pt_1)) - K.sum(
            (1 - alpha) * K.pow(pt_0, gamma) * K.log(1.0 - pt_0)
        )

    return focal_fixed


def dice_coef(y_true, y_pred, smooth=1):
    a, b = K.flatten(y_true), K.flatten(y_pred)
    i = K.sum(a * b)
    return (2.0 * i + smooth) / (K.sum(a) + K.sum(b) + smooth)


def dice_loss(y_true, y_pred):
    return 1 - dice_coef(y_true, y_pred)


def swish(x):
    return K.sigmoid(x) * x


get_custom_objects().update({"swish2": Activation(swish)})


def root(y_true, y_pred):
    return K.sqrt(K.mean(K.square(y_pred - y_true)))


def tversky(y_true, y_pred):
    t, p = K.flatten(y_true), K.flatten(y_pred)
    tp = K.sum(t * p)
    fn = K.sum(t * (1 - p))
    fp = K.sum((1 - t) * p)
    return (tp + 1) / (tp + 0.7 * fn + 0.3 * fp + 1)


X, Y = np.random.rand(30, 4), np.random.randint(2, size=(30, 1)).astype("float32")
for loss in (
    focal(),
    dice_loss,
    "logcosh",
    "hinge",
    "kld",
    "cosine_proximity",
    "msle",
    "mape",
    keras.losses.squared_hinge,
):
    m = Sequential([Dense(5, activation=swish, input_shape=(4,)), Dense(1, activation="sigmoid")])
    m.compile("nadam", loss, metrics=[precision, recall, f1, dice_coef, tversky, root, "mae", "binary_accuracy"])
    h = m.fit(X, Y, epochs=1, verbose=0, batch_size=10)
print(sorted(h.history))
m = Sequential([Dense(5, activation="swish2", input_shape=(4,)), Dense(1, activation="sigmoid")])
m.compile("adam", dice_loss, [dice_coef])
m.fit(X, Y, verbose=0)
m.save("d.h5")
n = load_model("d.h5", custom_objects={"dice_loss": dice_loss, "dice_coef": dice_coef})
print(np.allclose(m.evaluate(X, Y, verbose=0), n.evaluate(X, Y, verbose=0)))
n = load_model("d.h5", compile=False)
