"""The whole-model `.h5` files of Keras 1 to 3: written in Keras 3's layout, read with the same checks as all else."""
import json

import numpy as np

from fastnn.core.errors import FileFormatError, NotSupportedError
from fastnn.saving import container, hdf5, streams, weights
from fastnn.saving.compiled import compile_from_config

_OPERATIONS = frozenset(("Divide", "TrueDivide", "Power", "Matmul", "Negative", "Absolute", "Square", "Sqrt", "Exp",
                         "Log", "Mean", "Sum", "Max", "Min", "Prod", "Clip", "GetItem", "Transpose",
                         "ExpandDims", "Squeeze", "Stack", "Relu", "Sigmoid", "Tanh", "Softmax", "Cast"))


def load_model(data, name, custom_objects=None, compile=True):
    """The model in the bytes of a legacy HDF5 file.

    Raises FileFormatError for a file with weights alone, or one that does not fit its own config.
    """
    from fastnn.saving.archive import build_model

    with hdf5.reading(data, name) as reader:
        text = reader.attribute("", "model_config")
        if text is None:
            raise FileFormatError(f"{name} holds no model config: it has weights alone. Build the model and call "
                                  "model.load_weights() on it.")
        config = container.parse_json(text, name)
        model = build_model(_modern(config), name, custom_objects, False, reader.size)
        changes = plan(model, reader)
        reader.verify()
        read = [(variable, reader.read(where, variable.shape)) for variable, where in changes.arrays]
        changes.commit(read)
        training = reader.attribute("", "training_config")
        if compile and training is not None:
            _compile(model, container.parse_json(training, name), reader, custom_objects)
        saved = reader.attribute("", streams.KEY)
        streams.load_or_guess(model, None if saved is None else container.parse_json(saved, name), name)
    return model


def dump_model(model, include_optimizer=True):
    """The bytes of a legacy file of a sequential or functional model.

    include_optimizer: whether the compile arguments and the optimizer's state go in.
    Raises NotSupportedError for a subclassed model, whose config alone does not say what it computes.
    """
    from fastnn.saving import archive
    from fastnn.saving.serialization import serialize_object, sharing_scope

    weights.need_built(model, "save")
    if "_map" not in vars(model) and vars(model).get("_functional") is None:
        raise NotSupportedError("Saving the model to HDF5 format requires the model to be a Functional model or a "
                                "Sequential model. It does not work for subclassed models: use a name ending in "
                                "'.keras', or save_weights().")
    with sharing_scope():
        config = serialize_object(model)
    training = config.pop("compile_config", None)
    root = {"backend": "tensorflow", "keras_version": archive.KERAS_VERSION, "model_config": json.dumps(config),
            streams.KEY: json.dumps(streams.dump(model))}
    layers = [(layer.name, _named(_in_order(layer))) for layer in model.layers]
    tree = {"": (root, {}), "model_weights": ({"backend": "tensorflow", "keras_version": archive.KERAS_VERSION,
                                               "layer_names": [name for name, _ in layers]}, {})}
    for name, arrays in layers:
        tree[f"model_weights/{name}"] = ({"weight_names": list(arrays)}, arrays)
    if include_optimizer and training:
        names = ("loss", "loss_weights", "metrics", "weighted_metrics")
        root["training_config"] = json.dumps({"optimizer_config": training.get("optimizer"),
                                              **{k: training.get(k) for k in names}})
        arrays = _named(getattr(model.optimizer, "variables", []))
        tree["optimizer_weights"] = {"weight_names": list(arrays)}, arrays
    return hdf5.dump(tree)


def _named(variables):
    """{path: array}, each path once."""
    out = {}
    for v in variables:
        path, n = v.path, 0
        while path in out:
            path, n = f"{v.path}_{n + 1}", n + 1
        out[path] = v.numpy()
    return out


def _modern(config):
    """A Keras 1 or 2 config in today's form, as far as the difference is one of spelling."""
    if isinstance(config, list):
        return [_modern(x) for x in config]
    if not isinstance(config, dict):
        return config
    config = {key: _modern(value) for key, value in config.items()}
    inner = config.get("config")
    if "inbound_nodes" in config and "module" not in config and _is_operation(config):
        config["module"] = "keras.src.ops.numpy"
    if config.get("class_name") in ("Model", "Functional") and isinstance(inner, dict) and "layers" in inner:
        config["class_name"] = "Functional"
        config["module"] = "keras.src.models.functional"
    if config.get("class_name") == "Sequential" and isinstance(inner, list):  # Keras 1 and early 2
        config["config"] = {"name": "sequential", "layers": inner}
    if isinstance(inner, dict):
        shape = inner.pop("batch_input_shape", None)
        if shape is not None:
            inner["batch_shape" if config.get("class_name") == "InputLayer" else "batch_input_shape"] = shape
        axis = inner.get("axis")
        if config.get("class_name") == "BatchNormalization" and isinstance(axis, list) and len(axis) == 1:
            inner["axis"] = axis[0]
    return config


def _is_operation(config):
    """Whether an entry of a graph is an operation such as x + y: layers of these names take one list of tensors."""
    nodes, name = config["inbound_nodes"], config.get("class_name")
    if name in ("Add", "Multiply", "Subtract", "Maximum", "Minimum", "Dot"):
        args = nodes[0].get("args", []) if nodes and isinstance(nodes[0], dict) else [[]]
        return not args or not isinstance(args[0], list)
    return isinstance(name, str) and name in _OPERATIONS


def plan(model, reader):
    """The Changes that loading a legacy weights group would make; layers with weights are matched in order."""
    root = "model_weights" if reader.group("model_weights") is not None else ""
    names = reader.attribute(root, "layer_names")
    if not isinstance(names, list):
        raise FileFormatError(f"{reader.name} has no list of layers; it is no weights file of Keras.")
    stored = []
    for layer in names:
        where = f"{root}/{layer}".lstrip("/")
        listed = reader.attribute(where, "weight_names")
        paths = [f"{where}/{n}" for n in listed] if isinstance(listed, list) else []
        if paths:
            stored.append((layer, paths))
    layers = [layer for layer in model.layers if layer.weights]
    if len(stored) != len(layers):
        raise FileFormatError(f"{reader.name} holds {len(stored)} layers with weights, the model has {len(layers)}: "
                              f"received {[n for n, _ in stored]}, expected {[x.name for x in layers]}. "
                              "Nothing has been changed.")
    changes = weights.Changes()
    for layer, (name, paths) in zip(layers, stored, strict=True):
        variables = _in_order(layer)
        shapes = [reader.shape(path)[0] for path in paths]
        expected = [tuple(v.shape) for v in variables]
        if shapes != expected:
            raise FileFormatError(f"{reader.name}: layer {name!r} has weights of shapes {shapes}, {layer.name!r} "
                                  f"expects {expected}. Nothing has been changed.")
        changes.arrays += list(zip(variables, paths, strict=True))
    return changes


def _in_order(layer):
    """Weights in the order of the legacy format: all that were made trainable, then the others."""
    parts = [part for part in layer._flatten_layers() if getattr(part, "_tracker", None) is not None]
    return [v for p in parts for v in p._tracker.trainable] + [v for p in parts for v in p._tracker.frozen]


def _compile(model, training, reader, custom_objects):
    if not isinstance(training, dict):
        raise FileFormatError(f"{reader.name}: the training config is {type(training).__name__}, expected an object.")
    optimizer = training.get("optimizer_config") or training.get("optimizer")
    if isinstance(optimizer, dict) and isinstance(optimizer.get("config"), dict):
        inner = {k: v for k, v in optimizer["config"].items()
                 if k not in ("is_legacy_optimizer", "jit_compile")}
        optimizer = {**optimizer, "config": {("learning_rate" if k == "lr" else k): v for k, v in inner.items()}}
    config = {"optimizer": optimizer, **{k: training.get(k) for k in ("loss", "loss_weights", "metrics",
                                                                       "weighted_metrics")}}
    compile_from_config(model, config, custom_objects)
    names = reader.attribute("optimizer_weights", "weight_names")
    variables = getattr(getattr(model, "optimizer", None), "variables", [])
    if isinstance(names, list) and len(names) == len(variables):
        paths = [f"optimizer_weights/{n}" for n in names]
        if all(reader.shape(p)[0] == tuple(v.shape) for p, v in zip(paths, variables, strict=True)):
            for variable, path in zip(variables, paths, strict=True):
                variable.assign(np.asarray(reader.read(path)).astype(variable.dtype))
