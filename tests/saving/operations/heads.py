"""A model with dicts of inputs and outputs whose keys are not sorted, for Keras and for fastnn.

`python tests/saving/operations/heads.py keras PREFIX` (or fastnn) writes PREFIX.keras, PREFIX.weights.h5, PREFIX.h5 and
PREFIX.npz, what the model predicts.  In heads.zip, keras.* were written by Keras 3.15.1 on JAX, and older.* by fastnn
before the leaves of dicts came in the order of their sorted keys.
"""

import importlib
import sys

import numpy as np


def data():
    """Two inputs of four rows."""
    rng = np.random.default_rng(0)
    return {name: rng.normal(size=(4, 3)).astype("float32") for name in ("size", "place")}


def model(keras, seed=None):
    """Heads of equal shapes, so that a file in another order would fit; seed: of weights, drawn by names of layers."""
    layers = keras.layers
    size, place = keras.Input((3,), name="size"), keras.Input((3,), name="place")
    h = layers.Dense(4, name="joint")(
        layers.Concatenate(name="both")(
            [layers.Dense(2, name="of_size")(size), layers.Dense(2, name="of_place")(place)]
        )
    )
    ends = {name: layers.Dense(1, name=name)(h) for name in ("price", "area", "kind")}
    out = {"price": ends["price"], "more": {"kind": ends["kind"], "area": ends["area"]}}
    made = keras.Model({"size": size, "place": place}, out, name="heads")
    for layer in made.layers if seed is not None else ():
        rng = np.random.default_rng([seed, *layer.name.encode()])
        layer.set_weights([rng.normal(size=w.shape).astype("float32") for w in layer.get_weights()])
    return made


def flat(predictions):
    """{name: array} of the predictions."""
    return {"price": predictions["price"], **predictions["more"]}


def main(name, prefix):
    """Write the files."""
    made = model(importlib.import_module(name), 1)
    for end in (".keras", ".weights.h5", ".h5"):
        (made.save_weights if end == ".weights.h5" else made.save)(prefix + end)
    np.savez(prefix + ".npz", **{k: np.asarray(v) for k, v in flat(made.predict(data(), verbose=0)).items()})


if __name__ == "__main__":
    main(*sys.argv[1:])
