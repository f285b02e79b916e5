"""The whole-model `.h5` files of Keras 1 to 3: written in Keras 3's layout, read with the same checks as all else."""

import json
import warnings

import numpy as np

from fastnn.core import keras_classes
from fastnn.core.errors import FileFormatError, NotSupportedError
from fastnn.core.types import defined_in
from fastnn.saving import container, hdf5, layout, streams
from fastnn.saving.budget import budget, described
from fastnn.saving.building import KERAS_VERSION, build_model
from fastnn.saving.changes import Changes, need_built, warn_of_no_weights
from fastnn.saving.compiled import compile_from_config
from fastnn.saving.serialization import serialize_object, sharing_scope


def load_model(data, name, custom_objects=None, compile=True):
    """The model in the bytes of a legacy HDF5 file.

    Raises FileFormatError for a file with weights alone, or one that does not fit its own config.
    """
    with hdf5.reading(data, name) as reader:
        text = reader.attribute("", "model_config")
        if text is None:
            raise FileFormatError(
                f"{name} holds no model config: it has weights alone. Build the model and call "
                "model.load_weights() on it."
            )
        config = container.parse_json(text, name)
        model = build_model(_modern(config), name, custom_objects, False, reader.size, models_only=True)
        changes = plan(model, reader)
        reader.verify()
        read = [(variable, reader.read(where, variable.shape)) for variable, where in changes.arrays]
        changes.commit(read)
        training = reader.attribute("", "training_config")
        if compile and training is not None:
            with described(name), budget(reader.size, name):
                _compile(model, container.parse_json(training, name), reader, custom_objects)
        saved = reader.attribute("", streams.KEY)
        streams.load_or_guess(model, None if saved is None else container.parse_json(saved, name), name)
    return model


def dump_model(model, include_optimizer=True):
    """The bytes of a legacy file of a sequential or functional model.

    include_optimizer: whether the compile arguments and the optimizer's state go in.
    Raises NotSupportedError for a subclassed model, whose config alone does not say what it computes.
    """
    unbuilt = layout.is_graph(model) and not model.built
    if unbuilt:
        warn_of_no_weights(stacklevel=5)
    if not unbuilt and "_map" not in vars(model) and vars(model).get("_functional") is None:
        raise NotSupportedError(
            "Saving the model to HDF5 format requires the model to be a Functional model or a "
            "Sequential model. It does not work for subclassed models: use a name ending in "
            "'.keras', or save_weights()."
        )
    with layout.still(model):
        return hdf5.dump(_tree_of(model, include_optimizer))


def dump_weights(model):
    """The bytes of a file with the weights alone, as Keras 2 wrote it under a name ending in .h5."""
    need_built(model, "save")
    with layout.still(model):
        return hdf5.dump(_weights_of(model, ""))


def _weights_of(model, top):
    """What hdf5.dump takes for the weights, layer by layer, in the group `top`."""
    layers = [(layer.name, _named(_in_order(layer))) for layer in model.layers]
    known = {"backend": "tensorflow", "keras_version": KERAS_VERSION, "layer_names": [name for name, _ in layers]}
    tree = {top: (known, {})}
    for name, arrays in [*layers, (_TOP, _named(model._tracker.variables))]:
        tree[f"{top}/{name}".lstrip("/")] = ({"weight_names": list(arrays)}, arrays)
    return tree


def _tree_of(model, include_optimizer):
    """What hdf5.dump takes."""
    with sharing_scope():
        config = serialize_object(model)
    training = config.pop("compile_config", None)
    root = {
        "backend": "tensorflow",
        "keras_version": KERAS_VERSION,
        "model_config": json.dumps(config),
        streams.KEY: json.dumps(streams.dump(model)),
    }
    tree = {"": (root, {}), **_weights_of(model, "model_weights")}
    if include_optimizer and training:
        names = ("loss", "loss_weights", "metrics", "weighted_metrics")
        root["training_config"] = json.dumps(
            {"optimizer_config": training.get("optimizer"), **{k: training.get(k) for k in names}}
        )
        arrays = _named(getattr(model.optimizer, "variables", []))
        tree["optimizer_weights"] = {"weight_names": list(arrays)}, arrays
    return tree


def _named(variables):
    """{path: array}, each path once."""
    out = {}
    for v in variables:
        path, n = v.path, 0
        while path in out:
            path, n = f"{v.path}_{n + 1}", n + 1
        out[path] = v.numpy()
    return out


PUBLIC = {"GroupedQueryAttention": "GroupQueryAttention"}  # a class of Keras -> its public name, where they differ


def _modern(config):
    """A Keras 1 or 2 config in today's form, as far as the difference is one of spelling."""
    if isinstance(config, list):
        return [_modern(x) for x in config]
    if not isinstance(config, dict):
        return config
    config = {key: _modern(value) for key, value in config.items()}
    if isinstance(config.get("class_name"), str):
        config["class_name"] = PUBLIC.get(config["class_name"], config["class_name"])
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
    """Whether an entry of a graph is an operation such as x + y: the config of a layer of that name says more."""
    nodes, inner = config["inbound_nodes"], config.get("config")
    known = str(config.get("class_name")) in keras_classes.class_names()
    return (
        known
        and isinstance(inner, dict)
        and "trainable" not in inner
        and bool(nodes)
        and all(isinstance(node, dict) for node in nodes)
    )


def plan(model, reader, by_name=False, skip_mismatch=False):
    """The Changes that loading a legacy weights group would make; layers with weights are matched in order, or by name.

    by_name: layers that the file has no weights for stay as they are.  skip_mismatch: so do weights of another shape
    (by name: layers with another number of weights, too), with a warning.
    Raises FileFormatError for what does not fit, and for weights in the file that belong to no layer.
    """
    root = "model_weights" if reader.group("model_weights") is not None else ""
    names = _listed(reader, root, "layer_names")
    if names is None:
        raise FileFormatError(f"{reader.name} has no list of layers; it is no weights file of Keras.")
    stored = []
    for layer in names:
        paths = _paths(reader, f"{root}/{layer}".lstrip("/"))
        if paths:
            stored.append((layer, paths))
    top = _paths(reader, f"{root}/{_TOP}".lstrip("/"))
    changes = Changes()
    if by_name:
        pairs = [(layer, name, paths) for name, paths in stored for layer in model.layers if layer.name == name]
    else:
        pairs = _in_order_of_file(model, reader, stored)
        _check_claimed(reader, root, {path for _, paths in stored for path in paths} | set(top))
    for layer, name, paths in pairs:
        _match(reader, changes, f"layer {name!r}", layer.name, _in_order(layer), paths, skip_mismatch, by_name)
    own = list(model._tracker.variables)
    if top or (own and not by_name):
        _match(reader, changes, "the model itself", model.name, own, top, skip_mismatch, by_name)
    return changes


_TOP = "top_level_model_weights"  # the weights that are the model's own, and no layer's


def _listed(reader, where, key):
    """A list of names; of a long one Keras writes parts: key0, key1, ..."""
    found = reader.attribute(where, key)
    if found is None:
        parts = []
        while (part := reader.attribute(where, f"{key}{len(parts)}")) is not None:
            parts.append(part)
        found = [name for part in parts for name in part] if parts and all(isinstance(p, list) for p in parts) else None
    return found if isinstance(found, list) else None


def _paths(reader, where):
    """The paths of the weights that a group lists."""
    return [f"{where}/{n}" for n in _listed(reader, where, "weight_names") or []]


def _in_order_of_file(model, reader, stored):
    """(layer, name in the file, paths) of each layer with weights."""
    layers = [layer for layer in model.layers if layer.weights]
    if len(stored) != len(layers):
        raise FileFormatError(
            f"{reader.name} holds {len(stored)} layers with weights, the model has {len(layers)}: "
            f"received {[n for n, _ in stored]}, expected {[x.name for x in layers]}. "
            "Nothing has been changed."
        )
    names = [name for name, _ in stored]
    if names != [layer.name for layer in layers]:
        # an older fastnn wrote models with dicts of inputs or outputs in another order
        older = [layer for layer in getattr(model, "layers_as_written", ()) if layer.weights]
        layers = older if names == [layer.name for layer in older] else layers
    return [(layer, name, paths) for layer, (name, paths) in zip(layers, stored, strict=True)]


def _check_claimed(reader, root, claimed):
    inside = f"{root}/" if root else ""
    strange = [path for path in reader.arrays() if path not in claimed and path.startswith(inside)]
    if strange:
        raise FileFormatError(
            f"{reader.name} holds weights that it lists for no layer: received {strange[:5]}. Nothing has been changed."
        )


def _match(reader, changes, what, name, variables, paths, skip_mismatch, by_name):
    """Enter weights that fit into the changes; of others say so, or skip them where that was asked for."""
    shapes, expected = [reader.shape(path)[0] for path in paths], [tuple(v.shape) for v in variables]
    if shapes == expected:
        changes.arrays += list(zip(variables, paths, strict=True))
        return
    text = f"{reader.name}: {what} has weights of shapes {shapes}, {name!r} expects {expected}."
    if not skip_mismatch or (len(shapes) != len(expected) and not by_name):
        raise FileFormatError(f"{text} Nothing has been changed.")
    warnings.warn(f"{text} What does not fit was skipped.", stacklevel=5)
    if len(shapes) == len(expected):
        changes.arrays += [(v, p) for v, p, s, e in zip(variables, paths, shapes, expected) if s == e]


def _in_order(layer):
    """Weights in the order of the legacy format: all that were made trainable, then the others; each once.

    Of a layer that says itself which are trainable, those that it lists.
    """
    if not defined_in(type(layer), "trainable_weights").startswith("fastnn."):
        found = [*layer.trainable_weights, *layer.non_trainable_weights]
        return list({id(v): v for v in found}.values())
    parts = [part for part in layer._flatten_layers() if getattr(part, "_tracker", None) is not None]
    found = [v for p in parts for v in p._tracker.trainable] + [v for p in parts for v in p._tracker.frozen]
    return list({id(v): v for v in found}.values())


def _compile(model, training, reader, custom_objects):
    if not isinstance(training, dict):
        raise FileFormatError(f"{reader.name}: the training config is {type(training).__name__}, expected an object.")
    optimizer = training.get("optimizer_config") or training.get("optimizer")
    if isinstance(optimizer, dict) and isinstance(optimizer.get("config"), dict):
        inner = {k: v for k, v in optimizer["config"].items() if k not in ("is_legacy_optimizer", "jit_compile")}
        optimizer = {**optimizer, "config": {("learning_rate" if k == "lr" else k): v for k, v in inner.items()}}
    config = {
        "optimizer": optimizer,
        **{k: training.get(k) for k in ("loss", "loss_weights", "metrics", "weighted_metrics")},
    }
    compile_from_config(model, config, custom_objects)
    names = reader.attribute("optimizer_weights", "weight_names")
    variables = getattr(getattr(model, "optimizer", None), "variables", [])
    if isinstance(names, list) and len(names) == len(variables):
        paths = [f"optimizer_weights/{n}" for n in names]
        if all(reader.shape(p)[0] == tuple(v.shape) for p, v in zip(paths, variables, strict=True)):
            for variable, path in zip(variables, paths, strict=True):
                variable.assign(np.asarray(reader.read(path)).astype(variable.dtype))
