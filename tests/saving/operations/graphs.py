"""Random functional models with dicts, nested ones and operations, for Keras and for fastnn: the order of their parts.

`KERAS_BACKEND=jax python tests/saving/operations/graphs.py`, with Keras 3.15.1 installed, writes graphs.json.gz
beside this file.  No test needs Keras.
"""

import gzip
import json
import os
import random

FILE = os.path.join(os.path.dirname(__file__), "graphs.json.gz")
COUNT = 60


def _nested(keras, name, k, first, second):
    a, b = keras.Input((3,), name=f"p{k}"), keras.Input((3,), name=f"o{k}")
    ends = {"q": keras.layers.Dense(3, name=f"n{k}")(a), "c": keras.layers.Dense(3, name=f"m{k}")(b)}
    out = keras.Model({f"p{k}": a, f"o{k}": b}, ends, name=name)({f"p{k}": first, f"o{k}": second})
    return [out["q"], out["c"]]


def build(keras, seed):
    """The model of a seed."""
    r = random.Random(seed)
    keras.utils.clear_session()
    inputs = {
        n: keras.Input((3,), name=n) for n in [f"{c}{k}" for k, c in enumerate(r.sample("zyxwvutsrq", r.randint(1, 4)))]
    }
    pool = list(inputs.values())
    for k in range(r.randint(2, 9)):
        kind, name = r.random(), f"{r.choice('abcdefgh')}{k}"
        first, second = r.choice(pool), r.choice(pool)
        if kind < 0.5:
            pool.append(keras.layers.Dense(3, name=name)(first))
        elif kind < 0.65:
            pool.append(keras.layers.Add(name=name)([first, second]))
        elif kind < 0.8:
            pool.append(first + second)
        elif kind < 0.9:
            pool.append(keras.ops.relu6(first))
        else:
            pool += _nested(keras, name, k, first, second)
    keys = r.sample("ponmlkji", r.randint(1, 4))
    outputs, form = {k: r.choice(pool[len(inputs) :]) for k in keys}, r.random()
    if form > 0.5:
        outputs = {"z": outputs, "a": [outputs[keys[0]]]} if form < 0.8 else list(outputs.values())
    return keras.Model(inputs if r.random() < 0.6 else list(inputs.values()), outputs, name="m")


def order(model):
    """[names of layers, of operations, paths of weights, names of outputs]."""
    return [
        [x.name for x in model.layers],
        [x.name for x in model.operations],
        [w.path for w in model.weights],
        list(model.output_names),
    ]


def main():
    """Write FILE from real Keras."""
    import keras

    with gzip.GzipFile(FILE, "wb", mtime=0) as file:
        file.write(json.dumps([order(build(keras, seed)) for seed in range(COUNT)]).encode())


if __name__ == "__main__":
    main()
