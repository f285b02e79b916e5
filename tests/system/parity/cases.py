"""Whole training runs, written once for Keras and for fastnn: `run(keras)` gives what there is to compare.

`python tests/system/parity/cases.py` with Keras installed (any backend) writes keras.npz beside this file; the stored
one was made with Keras 3.15.1 on the PyTorch backend. No test needs Keras.
"""

import os
import sys

import numpy as np

FILE = os.path.join(os.path.dirname(__file__), "keras.npz")
ROWS = 150


def data():
    """Inputs, integer labels, 0/1 labels, real targets, weights."""
    rng = np.random.default_rng(0)
    return (
        rng.normal(size=(ROWS, 8)).astype("float32"),
        rng.integers(0, 3, ROWS),
        rng.integers(0, 2, (ROWS, 1)).astype("float32"),
        rng.normal(size=(ROWS, 2)).astype("float32"),
        rng.uniform(0, 2, ROWS).astype("float32"),
    )


def start(model):
    """Weights that depend on shapes only."""
    rng = np.random.default_rng(3)
    model.set_weights([rng.normal(size=np.shape(w)).astype("float32") * 0.3 for w in model.get_weights()])
    return model


def stacked(keras, units, activation=None):
    """8 -> 16 tanh -> units."""
    layers = keras.layers
    return start(
        keras.Sequential(
            [keras.Input((8,)), layers.Dense(16, activation="tanh"), layers.Dense(units, activation=activation)]
        )
    )


def forked(keras):
    """One input, outputs "a" (3 classes) and "b" (2 numbers)."""
    layers, x = keras.layers, keras.Input((8,), name="x")
    h = layers.Dense(8, activation="relu", name="h")(x)
    a, b = layers.Dense(3, activation="softmax", name="a")(h), layers.Dense(2, name="b")(h)
    return start(keras.Model(x, [a, b]))


def masked(keras):
    """Tokens whose padding is masked through an LSTM."""
    layers = keras.layers
    # fmt: off
    return start(keras.Sequential([keras.Input((6,)), layers.Embedding(5, 4, mask_zero=True),
                                   layers.LSTM(5, return_sequences=True), layers.Dense(3, activation="softmax")]))
    # fmt: on


def cases(keras):
    """(name, model, x, y, arguments of compile, arguments of fit) of every run."""
    o, m, (x, classes, bits, reals, weight) = keras.optimizers, keras.metrics, data()
    rng = np.random.default_rng(1)
    tokens, tags = rng.integers(1, 5, (40, 6)), rng.integers(0, 3, (40, 6))
    tokens[:, 4:] = 0
    sparse = "sparse_categorical_crossentropy"
    yield (
        "sparse",
        stacked(keras, 3, "softmax"),
        x,
        classes,
        dict(optimizer=o.Adam(0.01), loss=sparse, metrics=["accuracy", sparse]),
        dict(validation_split=0.2),
    )
    yield (
        "binary",
        stacked(keras, 1, "sigmoid"),
        x,
        bits,
        dict(
            optimizer=o.SGD(0.1, momentum=0.9, nesterov=True, clipnorm=0.5),
            loss="binary_crossentropy",
            metrics=["accuracy", m.AUC(name="auc"), m.Precision(name="p"), m.Recall(name="r")],
            weighted_metrics=["accuracy"],
        ),
        dict(sample_weight=weight),
    )
    yield (
        "column",
        stacked(keras, 1, "sigmoid"),
        x,
        bits[:, 0],
        dict(optimizer="rmsprop", loss="binary_crossentropy", metrics=["acc"]),
        dict(validation_data=(x[:40], bits[:40, 0])),
    )
    rate = o.schedules.CosineDecay(0.01, 10)
    yield (
        "regression",
        stacked(keras, 2),
        x,
        reals,
        dict(
            optimizer=o.AdamW(rate, weight_decay=0.01, global_clipnorm=0.3),
            loss="mse",
            metrics=["mae", m.RootMeanSquaredError(name="rmse"), m.R2Score(name="r2")],
        ),
        {},
    )
    yield (
        "class_weight",
        stacked(keras, 3, "softmax"),
        x,
        classes,
        dict(optimizer=o.Nadam(0.01), loss=sparse, metrics=["acc"], weighted_metrics=["acc"]),
        dict(class_weight={0: 1.0, 1: 2.0, 2: 0.5}),
    )
    yield (
        "lists",
        forked(keras),
        x,
        [classes, reals],
        dict(optimizer="adam", loss=[sparse, "mse"], loss_weights=[1.0, 0.5], metrics=[["accuracy"], ["mae", "mse"]]),
        dict(validation_split=0.2),
    )
    yield (
        "dicts",
        forked(keras),
        x,
        {"a": classes, "b": reals},
        dict(
            optimizer=o.Adagrad(0.1),
            loss={"a": sparse, "b": keras.losses.Huber()},
            metrics={"b": ["mae"], "a": "accuracy"},
        ),
        {},
    )
    yield (
        "averages",
        stacked(keras, 2),
        x,
        reals,
        dict(optimizer=o.SGD(0.05, use_ema=True, ema_momentum=0.9), loss="log_cosh"),
        {},
    )
    yield (
        "accumulation",
        stacked(keras, 2),
        x,
        reals,
        dict(optimizer=o.Adam(0.01, gradient_accumulation_steps=2), loss="mae"),
        {},
    )
    yield ("masks", masked(keras), tokens, tags, dict(optimizer=o.Adam(0.01), loss=sparse, metrics=["accuracy"]), {})


def run(keras):
    """{"<run>/<what>": array}: history, weights after training, what evaluate returns, the keys it returns."""
    out = {}
    for name, model, x, y, compiled, fitted in cases(keras):
        model.compile(**compiled)
        history = model.fit(x, y, batch_size=32, epochs=3, shuffle=False, verbose=0, **fitted).history
        out[f"{name}/history"] = np.array([history[k] for k in history])
        out[f"{name}/names"] = np.array(list(history))
        out[f"{name}/weights"] = np.concatenate([np.ravel(w) for w in model.get_weights()])
        out[f"{name}/evaluate"] = np.array(model.evaluate(x, y, batch_size=50, verbose=0))
        out[f"{name}/keys"] = np.array(list(model.evaluate(x, y, batch_size=50, verbose=0, return_dict=True)))
    return out


if __name__ == "__main__":
    import keras

    np.savez_compressed(FILE, version=keras.__version__, **run(keras))
    sys.stdout.write(f"{FILE} written with Keras {keras.__version__}\n")
