"""Weights of PyTorch modules in models: a state dict by the order of its modules, or by a map of names."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from fastnn.core.errors import ArgumentError, ArgumentTypeError, FileFormatError
from fastnn.core.types import Array
from fastnn.layers.layer import Layer
from fastnn.saving import safetensors_file
from fastnn.saving.changes import MOST, Changes, need_built
from fastnn.saving.files import regular

Module = dict[str, Array]  # parameters of one PyTorch module by their short names
Pairs = list[tuple[Any, Array]]  # (variable, its value)
OTHERS = ("state_dict", "model_state_dict")  # under which checkpoints keep a state dict
PICKLED = (".pt", ".pth", ".bin", ".ckpt")


def load_torch(
    model: Any, state_dict: Mapping[str, Any] | str | os.PathLike[str], names: Mapping[str, str] | None = None
) -> None:
    """Set the weights of a model from those of a PyTorch module.

    Args:
        model: a built model whose layers stand for the modules.
        state_dict: what `module.state_dict()` gives, as tensors or arrays; or the path of a `.safetensors` or `.npz`
            file, or of one that torch.save wrote (`.pt`, `.pth`, `.bin`, `.ckpt`): that takes PyTorch, which reads it
            with weights_only=True.
        names: {name of a module: name of a layer}; None matches modules and layers in their order. Modules and layers
            that it does not name are left alone.

    Linear, Conv, ConvTranspose, BatchNorm, LayerNorm, GroupNorm, RMSNorm, Embedding, PReLU, RNN, LSTM, GRU and
    MultiheadAttention have their axes and gates put into the order of the layers. Each layer `k` of a recurrent module
    is a module of its own, named `module.l<k>`; both directions of it are one Bidirectional. A Dense behind a Flatten
    of images has its rows put into the order of channels last.

    Raises:
        NotBuiltError: for a model without weights. ArgumentError: for an unknown name, with the known ones.
        FileFormatError (ValueErrors): for weights that do not fit, all of them listed, with nothing changed.

    >>> import numpy as np, fastnn
    >>> model = fastnn.Sequential([fastnn.Input((3,)), fastnn.layers.Dense(2)])
    >>> fastnn.utils.load_torch(model, {"0.weight": np.eye(2, 3), "0.bias": np.ones(2)})
    >>> model(np.array([[1.0, 2.0, 3.0]], "float32")).tolist()
    [[2.0, 3.0]]
    """
    need_built(model, "load")
    modules = _modules(_arrays(state_dict))
    layers = _layers(model)
    pairs = _by_order(modules, layers) if names is None else _by_name(modules, layers, names)
    problems, found = [], []
    images = _flattened(model)
    for name, module, layer in pairs:
        rest = dict(module)
        try:
            made = RULES[type(layer).__name__](layer, rest)
        except KeyError as error:
            problems.append(f"{name!r} has {sorted(module)}, and no {error} for {_said(layer)}")
            continue
        except ValueError as error:
            problems.append(f"{name!r} does not fit {_said(layer)}: {error}")
            continue
        if id(layer) in images and made:
            made[0] = made[0][0], _rows(made[0][1], images[id(layer)])
        for variable, array in made:
            if tuple(array.shape) != tuple(variable.shape):
                problems.append(
                    f"{name!r} gives {variable.path!r} the shape {tuple(array.shape)}; expected {tuple(variable.shape)}"
                )
        if rest:
            problems.append(f"{name!r} has {sorted(rest)}, which {_said(layer)} has not")
        found += made
    _refuse(problems, model)
    Changes().commit(found)


def _refuse(problems: list[str], model: Any) -> None:
    if problems:
        more = [f"and {len(problems) - MOST} more"] if len(problems) > MOST else []
        raise FileFormatError(
            f"load_torch: the weights do not fit model {model.name!r}:\n  - " + "\n  - ".join(problems[:MOST] + more)
            + "\nNothing has been changed."
        )  # fmt: skip


def _said(layer: Layer) -> str:
    return f"{type(layer).__name__} {layer.name!r}"


# ------------------------------------------------------------------ the state dict
def _arrays(given: Any) -> dict[str, Array]:
    if isinstance(given, (str, os.PathLike)):
        given = _file(os.fspath(given))
    if not isinstance(given, Mapping):
        raise ArgumentTypeError(
            f"load_torch: received {type(given).__name__}; expected a state dict, {{name: tensor}}, or a path."
        )
    inner = [given[key] for key in OTHERS if isinstance(given.get(key), Mapping)]
    found = {}
    for name, value in (inner[0] if inner else given).items():
        array = _array(value)
        if not isinstance(name, str) or array is None:
            raise ArgumentTypeError(
                f"load_torch: {name!r} is a {type(value).__name__}; expected names of tensors or arrays of numbers."
            )
        found[name] = array
    return found


def _array(value: Any) -> Array | None:
    """The array of a tensor or an array; None for anything else."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        value = (value.float() if "bfloat16" in str(value.dtype) else value).numpy()
    array = np.asarray(value)
    return array if array.dtype.kind in "fiub" else None


def _file(path: str) -> Any:
    regular(path, "a .safetensors, .npz or .pt file")
    if path.endswith(safetensors_file.ENDING):
        return safetensors_file.read(path)[0]
    if path.endswith(".npz"):
        try:
            with open(path, "rb") as opened, np.load(opened, allow_pickle=False) as file:
                return {name: file[name] for name in file.files}
        except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise FileFormatError(f"load_torch: {path!r} is no whole .npz file of arrays: {error}.") from error
    if not path.endswith(PICKLED):
        raise ArgumentError(f"load_torch: {path!r}; expected an ending in .safetensors, .npz, {', '.join(PICKLED)}.")
    try:
        import torch
    except ImportError as error:
        raise ImportError(
            f"load_torch: {os.path.basename(path)!r} is a pickle, which PyTorch alone reads safely. Install torch, or "
            "write the state dict with safetensors.torch.save_file."
        ) from error
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever its unpickler says
        raise FileFormatError(f"load_torch: PyTorch does not read {path!r} with weights_only=True: {error}") from error


def _modules(arrays: dict[str, Array]) -> dict[str, Module]:
    """{name of a module: its parameters}, in the order of the state dict."""
    found: dict[str, Module] = {}
    for name, array in arrays.items():
        module, _, short = name.rpartition(".")
        if short == "num_batches_tracked":
            continue
        if module.endswith("out_proj") and "in_proj_weight" in found.get(
            module.removesuffix("out_proj").rstrip("."), {}
        ):
            module, short = module.removesuffix("out_proj").rstrip("."), f"out_proj.{short}"
        head, mark, number = short.removesuffix("_reverse").rpartition("_l")
        if mark and number.isdigit() and head.startswith(("weight_", "bias_")):
            module, short = f"{module}.l{number}".lstrip("."), head + ("_reverse" if short.endswith("_reverse") else "")
        found.setdefault(module, {})[short] = array
    return found


# ------------------------------------------------------------------ which module is which layer
def _layers(model: Any) -> list[Any]:
    """Layers with weights, in order, those inside recurrent layers and the like with the layer around them."""
    found = []
    for layer in model.layers:
        if type(layer).__name__ in RULES:
            found += [layer] if layer.weights else []
        elif getattr(layer, "layers", None) is not None:
            found += _layers(layer)
        elif layer.weights:
            raise ArgumentError(
                f"load_torch: no rule for the weights of {_said(layer)}. Rules are there for "
                f"{', '.join(sorted(RULES))}."
            )
    return found


def _by_order(modules: dict[str, Module], layers: list[Any]) -> list[tuple[str, Module, Any]]:
    if len(modules) != len(layers):
        raise FileFormatError(
            f"load_torch: {len(modules)} modules with weights for {len(layers)} layers with weights. Modules: "
            f"{', '.join(modules) or 'none'}. Layers: {', '.join(map(_said, layers))}. Pass names={{module: layer}}."
        )
    return [(name, module, layer) for (name, module), layer in zip(modules.items(), layers)]


def _by_name(modules: dict[str, Module], layers: list[Any], names: Mapping[str, str]) -> list[tuple[str, Module, Any]]:
    known = {layer.name: layer for layer in layers}
    for kind, wanted, there in (("module", names.keys(), modules), ("layer", names.values(), known)):
        for name in wanted:
            if name not in there:
                raise ArgumentError(
                    f"load_torch: names has the {kind} {name!r}; expected one of {', '.join(map(repr, there))}."
                )
    return [(name, modules[name], known[layer]) for name, layer in names.items()]


def _flattened(model: Any) -> dict[int, tuple[int, ...]]:
    """{id of a Dense: sizes of the image (…, channels) that a Flatten made its inputs of}."""
    graph = getattr(model, "_functional", model)
    calls = getattr(getattr(graph, "_map", None), "calls", ())
    images: dict[Any, tuple[int, ...]] = {}
    found = {}
    for event in calls:
        layer, kind = event.operation, type(event.operation).__name__
        if not event.inputs or not event.outputs:
            continue
        source, target = ((s.origin, s.index) for s in (event.inputs[0], event.outputs[0]))
        shape = tuple(event.inputs[0].shape[1:])
        if kind == "Flatten" and len(shape) > 1 and None not in shape and layer.data_format == "channels_last":
            images[target] = shape
        elif source in images and kind == "Dense":
            found[id(layer)] = images[source]
        elif source in images and tuple(event.outputs[0].shape[1:]) == shape and not layer.weights:
            images[target] = images[source]  # what works element by element
    return found


def _rows(kernel: Array, image: tuple[int, ...]) -> Array:
    """The rows of a kernel, which are in the order (channels, …), in the order of an image, channels last."""
    if len(kernel) != int(np.prod(image)):
        return kernel  # refused with its shape
    return np.moveaxis(kernel.reshape(image[-1], *image[:-1], -1), 0, -2).reshape(kernel.shape)


# ------------------------------------------------------------------ rules: (layer, module) -> pairs
def _bias(layer: Any, module: Module) -> Pairs:
    return [(layer.bias, module.pop("bias"))] if layer.use_bias else []


def _dense(layer: Any, module: Module) -> Pairs:
    return [(layer.kernel, module.pop("weight").T), *_bias(layer, module)]


def _conv(layer: Any, module: Module) -> Pairs:
    weight = module.pop("weight")  # (filters, channels, places), or of a transposed one (channels, filters, places)
    if type(layer).__name__.startswith("Depthwise"):
        size, channels = weight.shape[2:], layer.kernel.shape[-2]
        weight = np.moveaxis(weight.reshape(channels, -1, *size), (0, 1), (-2, -1))
    else:
        weight = weight.transpose((*range(2, weight.ndim), 1, 0))
    return [(layer.kernel, weight), *_bias(layer, module)]


def _norm(layer: Any, module: Module) -> Pairs:
    found = [(layer.gamma, module.pop("weight"))] if layer.scale else []
    found += [(layer.beta, module.pop("bias"))] if layer.center else []
    if type(layer).__name__ == "BatchNormalization":
        found += [(layer.moving_mean, module.pop("running_mean")), (layer.moving_variance, module.pop("running_var"))]
    return found


def _turned(array: Array, gru: bool) -> Array:
    """Rows of gates in the layer's order: a GRU of PyTorch has r, z, n."""
    if not gru:
        return array
    r, z, n = np.split(array, 3)
    return np.concatenate([z, r, n])


def _recurrent(layer: Any, module: Module, end: str = "") -> Pairs:
    cell, gru = layer.cell, type(layer).__name__ == "GRU"
    if gru and not layer.reset_after:
        raise ValueError("PyTorch's GRU resets after the product; make the layer with reset_after=True")
    found = [
        (cell.kernel, _turned(module.pop(f"weight_ih{end}"), gru).T),
        (cell.recurrent_kernel, _turned(module.pop(f"weight_hh{end}"), gru).T),
    ]
    if layer.use_bias:
        both = [_turned(module.pop(f"bias_{part}{end}"), gru) for part in ("ih", "hh")]
        found.append((cell.bias, np.stack(both) if gru else both[0] + both[1]))
    return found


def _bidirectional(layer: Any, module: Module) -> Pairs:
    return [*_recurrent(layer.forward_layer, module), *_recurrent(layer.backward_layer, module, "_reverse")]


def _attention(layer: Any, module: Module) -> Pairs:
    found: Pairs = []
    dense = (layer.query_dense, layer.key_dense, layer.value_dense)
    for part, weight in zip(dense, np.split(module.pop("in_proj_weight"), 3)):
        found.append((part.kernel, weight.T.reshape(len(weight), layer.num_heads, -1)))
    found.append(
        (layer.output_dense.kernel, module.pop("out_proj.weight").T.reshape(layer.num_heads, layer.key_dim, -1))
    )
    if layer.use_bias:
        for part, bias in zip(dense, np.split(module.pop("in_proj_bias"), 3)):
            found.append((part.bias, bias.reshape(layer.num_heads, -1)))
        found.append((layer.output_dense.bias, module.pop("out_proj.bias")))
    return found


def _prelu(layer: Any, module: Module) -> Pairs:
    weight = module.pop("weight")
    return [(layer.alpha, np.broadcast_to(weight, layer.alpha.shape).copy())]


RULES: dict[str, Callable[[Any, Module], Pairs]] = {
    "Dense": _dense,
    **dict.fromkeys([f"Conv{n}D{more}" for n in (1, 2, 3) for more in ("", "Transpose")], _conv),
    "DepthwiseConv1D": _conv, "DepthwiseConv2D": _conv, "BatchNormalization": _norm, "LayerNormalization": _norm,
    "GroupNormalization": _norm, "RMSNormalization": lambda layer, module: [(layer.scale, module.pop("weight"))],
    "Embedding": lambda layer, module: [(layer.embeddings, module.pop("weight"))], "PReLU": _prelu,
    **dict.fromkeys(("SimpleRNN", "LSTM", "GRU"), _recurrent), "Bidirectional": _bidirectional,
    "MultiHeadAttention": _attention,
}  # fmt: skip
