"""Bare operations in a functional config: as Keras names them where it has the same one."""
from fastnn.core.errors import UnknownNameError
from fastnn.core.registry import suggest
from fastnn.layers.events import OpCall

# Keras writes an operation of these names under keras.src.ops.nn, the rest under keras.src.ops.numpy
_NN = frozenset((
    "relu", "relu6", "sigmoid", "softmax", "log_softmax", "softplus", "softsign", "silu", "elu", "selu", "gelu",
    "leaky_relu", "hard_sigmoid", "hard_silu", "celu", "one_hot", "log_sigmoid",
))
_RENAMED = {"abs": "Absolute"}


def op_config(call):
    """The entry of an OpCall, without its name and nodes."""
    keras = _RENAMED.get(call.op.name, call.kind)
    module = "keras.src.ops.nn" if call.op.name in _NN else "keras.src.ops.numpy"
    return {"module": module, "class_name": keras,
            "config": {"name": call.name, **{k: _plain(v) for k, v in call.attrs.items()},
                       **({"absent_inputs": list(call.absent)} if call.absent else {})},
            "registered_name": keras}


def in_keras_terms(call, entry):
    """Rewrite the finished entry of an operation that is fastnn's alone: x * a, x + b and x * a + b are one of ours."""
    if call.op.name != "affine" or not entry["inbound_nodes"]:
        return entry
    scale, shift = call.attrs["scale"], call.attrs["shift"]
    if shift == 0 or scale == 1:
        kind, number = ("Multiply", scale) if shift == 0 else ("Add", shift)
        nodes = [{**node, "args": [*node["args"], number]} for node in entry["inbound_nodes"]]
        return {**entry, "class_name": kind, "registered_name": kind, "config": {"name": call.name},
                "inbound_nodes": nodes}
    return {**entry, "module": "keras.layers", "class_name": "Rescaling", "registered_name": None,
            "config": {"name": call.name, "scale": scale, "offset": shift}}


def _plain(value):
    return [_plain(v) for v in value] if isinstance(value, tuple) else value


def op_from_config(entry):
    """An operation to call, from what op_config() or Keras wrote: an OpCall, or a function of fastnn.ops, bound."""
    from fastnn import ops
    from fastnn.ops.op import REGISTRY
    config = dict(entry.get("config", {}))
    label, absent = config.pop("name", None), tuple(config.pop("absent_inputs", ()))
    wanted = str(entry.get("class_name", ""))
    flat = wanted.lower()
    renamed = {v.lower(): k for k, v in _RENAMED.items()}
    names = {n.replace("_", ""): n for n in REGISTRY}
    name = renamed.get(flat) or names.get(flat)
    if name in REGISTRY and all(k in REGISTRY[name].attrs for k in config):
        op = REGISTRY[name]
        return OpCall(op, op.normalize(config), label, absent)
    functions = {n.replace("_", "").lower(): n for n in ops.__all__}
    if flat not in functions:
        raise UnknownNameError(f"Unknown operation in a functional config: received {wanted!r}."
                               f"{suggest(flat, functions)} Expected an operation of fastnn.ops.")
    return FunctionCall(getattr(ops, functions[flat]), config, label or functions[flat])


class FunctionCall:
    """A function of fastnn.ops with keyword arguments; called on symbols it records the operations it is made of."""

    def __init__(self, function, arguments, name):
        self.function, self.arguments, self.name = function, arguments, name

    def __call__(self, *args, **kwargs):
        return self.function(*args, **{**self.arguments, **kwargs})
