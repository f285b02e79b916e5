"""Writes keras_images.npz: what Keras 3.15.1 makes of the cases.  Run with KERAS_BACKEND=jax, in this folder."""

import json

import cases
import keras
import numpy as np

found, configs = {}, {}
for k, (name, arguments, transformation) in enumerate(cases.COLOURS + cases.BOXED):
    layer = getattr(keras.layers, name)(**arguments)
    found[f"images{k}"] = np.asarray(layer.transform_images(cases.IMAGES, transformation), "float32")
    if k >= len(cases.COLOURS):
        layer = getattr(keras.layers, name)(**arguments, bounding_box_format="xyxy")
        boxes = {"boxes": keras.ops.array(cases.BOXES), "labels": keras.ops.array(cases.LABELS)}
        boxes = layer.transform_bounding_boxes(boxes, transformation)
        found[f"boxes{k}"], found[f"labels{k}"] = (np.asarray(boxes[key]) for key in ("boxes", "labels"))
made = {name: arguments for name, arguments, _ in cases.COLOURS + cases.BOXED} | cases.OTHERS
for name, arguments in made.items():
    config = getattr(keras.layers, name)(**arguments).get_config()
    configs[name] = {key: value for key, value in config.items() if key not in ("name", "dtype", "trainable")}
    if name == "RandomCrop":
        configs[name].pop("seed")  # Keras draws one
found["configs"] = np.frombuffer(json.dumps(configs).encode(), "uint8")
np.savez_compressed("keras_images.npz", **found)
