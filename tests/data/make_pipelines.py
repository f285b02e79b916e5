"""Writes pipelines.json with TensorFlow (2.21): python tests/data/make_pipelines.py."""

import json
import pathlib

import pipelines
import tensorflow as tf

found = pipelines.results(tf.data.Dataset, lambda shape, dtype: tf.TensorSpec(shape, tf.as_dtype(dtype)))
lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in found.items())
(pathlib.Path(__file__).parent / "pipelines.json").write_text("{\n" + lines + "\n}\n", encoding="utf-8")
