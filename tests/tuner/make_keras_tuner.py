"""Writes keras_tuner.json: values of hyperparameters, sizes of Hyperband's rounds, and keras-tuner's signatures.

pip install keras==3.15.1 jax keras-tuner==1.4.8
KERAS_BACKEND=jax python tests/tuner/make_keras_tuner.py
"""

import inspect
import json
from pathlib import Path

import keras_tuner
from keras_tuner.engine import hyperparameters as kinds

NAMES = ["loss", "val_loss", "accuracy", "val_acc", "val_mse", "auc", "precision", "my_score", "crossentropy",
         "sparse_categorical_accuracy", "val_mean_absolute_error", "weighted_accuracy", "kl_divergence"]  # fmt: skip
PLACES = [0.0, 0.01, 0.2, 0.37, 0.5, 0.62, 0.8, 0.99, 0.9999]
SPACES = {
    "Int": [
        {"min_value": 2, "max_value": 9},
        {"min_value": 2, "max_value": 9, "step": 3},
        {"min_value": 1, "max_value": 100, "sampling": "log"},
        {"min_value": 2, "max_value": 33, "step": 2, "sampling": "log"},
        {"min_value": 1, "max_value": 50, "sampling": "reverse_log"},
        {"min_value": -3, "max_value": -3},
    ],
    "Float": [
        {"min_value": -1.0, "max_value": 2.0},
        {"min_value": 0.0, "max_value": 1.0, "step": 0.25},
        {"min_value": 1e-4, "max_value": 1.0, "sampling": "log"},
        {"min_value": 1e-3, "max_value": 10.0, "step": 10, "sampling": "log"},
        {"min_value": 0.5, "max_value": 8.0, "sampling": "reverse_log"},
        {"min_value": 0.5, "max_value": 8.0, "step": 2, "sampling": "reverse_log"},
    ],
    "Choice": [{"values": ["a", "b", "c"]}, {"values": [3, 1, 2], "default": 1}, {"values": [0.1], "ordered": False}],
    "Boolean": [{}],
    "Fixed": [{"value": 3}],
}  # fmt: skip

CLASSES = ["HyperParameters", "HyperModel", "Objective", "Oracle", "Tuner", "RandomSearch", "GridSearch", "Hyperband",
           "BayesianOptimization"]  # fmt: skip


def signatures(kind):
    """{method: [[parameter], or [parameter, default], ...]} of what a class adds; *args and **kwargs are left out."""
    found = {}
    for name, method in inspect.getmembers(kind, callable):
        inherited = [
            getattr(base, name, None) for base in kind.__mro__[1:] if base.__module__.startswith("keras_tuner")
        ]
        if name == "__init__" or not (name.startswith("_") or method in inherited):
            parameters = list(inspect.signature(method).parameters.values())
            found[name] = [[p.name] if p.default is p.empty else [p.name, p.default] for p in parameters
                           if p.kind == p.POSITIONAL_OR_KEYWORD]  # fmt: skip
    return found


def main():
    hps = []
    for kind, configs in SPACES.items():
        for config in configs:
            hp = getattr(kinds, kind)("n", **config)
            values = [hp.prob_to_value(p) for p in PLACES]
            back = [hp.value_to_prob(v) for v in values]
            grid = None if kind in ("Int", "Float") and hp.step is None else sorted(hp.values)
            found = {"kind": kind, "config": config, "default": hp.default}
            hps.append({**found, "values": values, "places": back, "grid": grid})
    bands = []
    for max_epochs, factor in ((100, 3), (27, 3), (4, 2), (10, 4), (1, 3)):
        oracle = keras_tuner.oracles.HyperbandOracle("loss", max_epochs=max_epochs, factor=factor)
        rounds = [
            [(oracle._get_size(b, r), oracle._get_epochs(b, r)) for r in range(oracle._get_num_rounds(b))]
            for b in range(oracle._get_num_brackets())
        ]
        bands.append({"max_epochs": max_epochs, "factor": factor, "rounds": rounds})
    infer = keras_tuner.engine.metrics_tracking.infer_metric_direction
    found = {"at": PLACES, "hyperparameters": hps, "hyperband": bands, "directions": {n: infer(n) for n in NAMES},
             "signatures": {name: signatures(getattr(keras_tuner, name)) for name in CLASSES}}  # fmt: skip
    path = Path(__file__).with_name("keras_tuner.json")
    text = json.dumps(found)
    for start in ('{"kind"', '{"max_epochs"', *(f'"{name}": {{"' for name in CLASSES)):
        text = text.replace(start, "\n" + start)
    path.write_text(text + "\n")


if __name__ == "__main__":
    main()
