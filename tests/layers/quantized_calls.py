"""Quantized layers whose variables, outputs and training are compared with those of Keras.

Run with real Keras (KERAS_BACKEND=jax), the last line that it prints is quantized_values.json.
"""

import json
import sys

import numpy as np

KINDS = {
    "dense": (lambda L, **k: L.Dense(5, "relu", **k), (None, 6)),
    "heads": (lambda L, **k: L.EinsumDense("btd,ndh->btnh", (None, 2, 3), bias_axes="nh", **k), (None, 2, 6)),
    "joined": (lambda L, **k: L.EinsumDense("btnh,nhd->btd", (None, 5), bias_axes="d", **k), (None, 2, 2, 3)),
    "turned": (lambda L, **k: L.EinsumDense("ab,bcd->adc", (3, 2), **k), (None, 6)),
    "long": (lambda L, **k: L.EinsumDense("abc,cde->abde", (None, 2, 3), **k), (None, 2, 10)),
    "table": (lambda L, **k: L.Embedding(7, 6, **k), (None, 3)),
    "reversible": (lambda L, **k: L.ReversibleEmbedding(7, 6, tie_weights=False, **k), (None, 3)),
}
CONFIGS = {
    "int8": lambda Q: Q.Int8QuantizationConfig(),
    "int8_weights": lambda Q: Q.Int8QuantizationConfig(activation_quantizer=None),
    "int4": lambda Q: Q.Int4QuantizationConfig(),
    "int4_blocks": lambda Q: Q.Int4QuantizationConfig(block_size=4),
    "int4_channels": lambda Q: Q.Int4QuantizationConfig(block_size=None),
    "int4_inputs": lambda Q: Q.Int4QuantizationConfig(None, Q.AbsMaxQuantizer(axis=-1), None),
}


def wave(shape, step=1.7):
    return np.sin(step * np.arange(1, 1 + np.prod(shape)) ** 1.1).reshape(shape).astype("float32")


def filled(keras, kind, **arguments):
    """A layer with known weights, and inputs for it."""
    make, shape = KINDS[kind]
    layer = make(keras.layers, **arguments)
    layer.build(shape)
    for i, weight in enumerate(layer.weights):
        weight.assign(wave(weight.shape, 1.7 + 0.1 * i))
    inputs = (2, *shape[1:])
    return layer, np.arange(6).reshape(inputs) % 7 if kind in ("table", "reversible") else wave(inputs, 0.9)


def plain(array):
    array = np.asarray(array)
    return array.tolist() if array.dtype.kind in "iu" else [float(f"{v:.5g}") for v in array.ravel()]


def quantized(keras, kind, config):
    """{"policy", "variables": [name, dtype, shape, values], "output"} of a layer after quantize()."""
    layer, x = filled(keras, kind)
    layer.quantize(config=CONFIGS[config](keras.quantizers))
    store = {}
    layer.save_own_variables(store)
    found = {
        "policy": layer.dtype_policy.name,
        "variables": [[w.name, str(w.dtype), list(w.shape)] for w in layer.variables],
        "stored": [plain(store[str(i)]) for i in range(len(store))],
        "output": plain(layer(x)),
    }
    if kind == "reversible":
        found["back"] = plain(layer(wave((2, 6), 0.9), reverse=True))
    return found


def trained(keras):
    """What three steps of a float8 model leave in its variables, and its losses."""
    keras.utils.set_random_seed(1)
    first, _ = filled(keras, "dense", dtype=keras.dtype_policies.QuantizedFloat8DTypePolicy("float8", "float32", 4))
    last = keras.layers.EinsumDense("ab,bc->ac", 2, bias_axes="c")
    last.build((None, 5))
    for weight in last.weights:
        weight.assign(wave(weight.shape, 2.3))
    last.quantize("float8")
    model = keras.Sequential([first, last])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    x, y = wave((8, 6), 0.7) * 3, wave((8, 2), 0.4)
    losses = model.fit(x, y, batch_size=8, epochs=3, verbose=0).history["loss"]
    weights = {w.path.split("/", 1)[-1] if "/" in w.path else w.name: plain(np.ravel(w)[:12]) for w in first.variables}
    return {"losses": losses, "first": weights, "output": plain(model.predict(x, verbose=0))}


CALIBRATED = {
    "gptq": lambda Q, **k: Q.GPTQConfig(**k, group_size=4),
    "gptq_ordered": lambda Q, **k: Q.GPTQConfig(**k, group_size=-1, weight_bits=8, activation_order=True),
    "gptq_symmetric": lambda Q, **k: Q.GPTQConfig(**k, group_size=-1, symmetric=True, per_channel=False),
    "awq": lambda Q, **k: Q.AWQConfig(**k, group_size=4, num_grid_points=5),
    "awq_channels": lambda Q, **k: Q.AWQConfig(**k, group_size=-1),
}


WEIGHTS = ("dense", "joined", "long")


def calibrated(keras, mode, kind, calibrate):
    """What a calibration leaves in a layer.  calibrate: a function of a layer, a config and inputs (rows, features)."""
    layer, x = filled(keras, kind)
    config = CALIBRATED[mode](keras.quantizers, dataset=None, tokenizer=None)
    layer.quantize(config=config)
    features = layer.g_idx.shape[0]
    calibrate(layer, config, wave((20, features), 0.7) * np.arange(1, 1 + features, dtype="float32"))
    names = ["quantized_kernel", "kernel_scale", "kernel_zero", "g_idx", *["awq_scales"] * (config.mode == "awq")]
    return {
        "policy": layer.dtype_policy.name,
        "variables": [[w.name, str(w.dtype), list(w.shape)] for w in layer.variables],
        "values": [plain(getattr(layer, name)) for name in names],
        "output": plain(layer(x)),
    }


def of_keras(layer, config, x):
    """Keras's calibration of one layer."""
    from keras.src.quantizers.awq import AWQ
    from keras.src.quantizers.gptq import GPTQ

    if config.mode == "gptq":
        way = GPTQ(layer, config)
        way.update_hessian_with_batch(x)
        way.quantize_and_correct_layer()
    else:
        way = AWQ(layer, config)
        way.update_activation_magnitudes(x)
        way.quantize_layer()


if __name__ == "__main__":
    import keras

    values = {
        f"{kind} {config}": quantized(keras, kind, config) for kind in KINDS for config in CONFIGS if kind != "long"
    }
    ways = {f"{mode} {kind}": calibrated(keras, mode, kind, of_keras) for mode in CALIBRATED for kind in WEIGHTS}
    values |= ways | {"float8": trained(keras)}
    sys.stdout.write(json.dumps(values, separators=(",", ":")) + "\n")
