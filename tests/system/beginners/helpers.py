"""What the calls of the tables use: small models and data.

`ENG_MOD=keras` takes them from real Keras (answers.py)."""

import importlib
import os
import tempfile

import numpy as np

keras = importlib.import_module(os.environ.get("ENG_MOD", "fastnn"))
layers, ops = keras.layers, keras.ops


def X(n=20, d=4):
    return np.random.default_rng(0).normal(size=(n, d)).astype("float32")


def Y(n=20, k=1):
    return np.random.default_rng(1).normal(size=(n, k)).astype("float32")


def L(n=20, c=3):
    return np.random.default_rng(2).integers(0, c, size=n)


def H(n=20, c=3):
    return np.eye(c, dtype="float32")[L(n, c)]


def img(n=4, s=(8, 8, 3)):
    return np.random.default_rng(3).normal(size=(n, *s)).astype("float32")


def mlp(d=4, out=1, act=None, loss="mse", opt="sgd", metrics=None, **kw):
    m = keras.Sequential([keras.Input((d,)), layers.Dense(5, activation="relu"), layers.Dense(out, activation=act)])
    if loss is not None:
        m.compile(optimizer=opt, loss=loss, metrics=metrics, **kw)
    return m


def clf():
    return mlp(out=3, act="softmax", loss="sparse_categorical_crossentropy")


def fit(m, *a, **kw):
    return m.fit(*a, **{"verbose": 0, **kw})


def two_in():
    a, b = keras.Input((3,), name="a"), keras.Input((2,), name="b")
    m = keras.Model([a, b], layers.Dense(1)(layers.concatenate([a, b])))
    m.compile("sgd", "mse")
    return m


def two_out(loss="mse", **kw):
    a = keras.Input((4,), name="a")
    m = keras.Model(a, [layers.Dense(1, name="p")(a), layers.Dense(3, name="q")(a)])
    m.compile("sgd", loss, **kw)
    return m


def cnn(shape=(8, 8, 3)):
    m = keras.Sequential([keras.Input(shape), layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(1)])
    m.compile("sgd", "mse")
    return m


def gen(*k, n=None):
    i = 0
    while n is None or i < n:
        yield tuple(k)
        i += 1


def tmp(name):
    return os.path.join(tempfile.mkdtemp(dir="."), name)
