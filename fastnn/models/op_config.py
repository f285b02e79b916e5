"""Operations in a functional config: as Keras names them, where it has them."""

from fastnn import ops
from fastnn.core.errors import FileFormatError, NotSupportedError, UnknownNameError
from fastnn.core.naming import camel_case
from fastnn.core.registry import suggest
from fastnn.layers.events import OpCall, PublicCall
from fastnn.layers.operation import Operation
from fastnn.layers.sizes import SizeCalculation, SizedCall, SizeOf
from fastnn.ops import public
from fastnn.ops.op import REGISTRY
from fastnn.saving import identifiers as serial


def op_config(operation):
    """The entry of an operation, without its name and nodes."""
    if isinstance(operation, Operation):
        return serial.serialize(operation)
    if isinstance(operation, (SizeOf, SizeCalculation)):
        return {
            "module": "fastnn.ops",
            "class_name": operation.kind,
            "config": {"name": operation.name, **operation.options},
            "registered_name": operation.kind,
        }
    if isinstance(operation, SizedCall):
        kind = operation.row.class_name
        return {
            "module": "fastnn.ops",
            "class_name": kind,
            "registered_name": kind,
            "config": {"name": operation.name, "function": operation.row.function},
        }
    if isinstance(operation, PublicCall):
        row = operation.row
        if row.function == "custom_gradient":
            raise NotSupportedError(
                f"The node {operation.name!r} is a call of a function with a gradient of its own, which a file cannot "
                "name. Call the function in the `call` of a layer of yours."
            )
        own = row.module == "fastnn.ops"
        home = "keras.src.activations.activations" if row.module == "activations" else f"keras.src.ops.{row.module}"
        return {
            "module": row.module if own else home,
            "class_name": row.class_name,
            "config": {"name": operation.name, **{k: serial.serialize(v) for k, v in operation.config.items()}},
            "registered_name": row.class_name,
        }
    if not isinstance(operation, OpCall):
        raise NotSupportedError(
            f"The node {operation.name!r} is a call of a function, or a value, which a file cannot name. Call it in "
            "the `call` of a layer of yours."
        )
    return {"module": "fastnn.ops", "class_name": operation.kind,
            "config": {"name": operation.name, **{k: _plain(v) for k, v in operation.attrs.items()},
                       **({"absent_inputs": list(operation.absent)} if operation.absent else {})},
            "registered_name": operation.kind}  # fmt: skip


def in_keras_terms(operation, entry):
    """Rewrite the finished entry of a record that is fastnn's alone: x * a, x + b and x * a + b are one of ours."""
    if not isinstance(operation, OpCall) or operation.op.name != "affine" or not entry["inbound_nodes"]:
        return entry
    scale, shift = operation.attrs["scale"], operation.attrs["shift"]
    if shift == 0 or scale == 1:
        kind, number = ("Multiply", scale) if shift == 0 else ("Add", shift)
        nodes = [{**node, "args": [*node["args"], number]} for node in entry["inbound_nodes"]]
        return {**entry, "module": "keras.src.ops.numpy", "class_name": kind, "registered_name": kind,
                "config": {"name": operation.name}, "inbound_nodes": nodes}  # fmt: skip
    return {
        **entry,
        "module": "keras.layers",
        "class_name": "Rescaling",
        "registered_name": None,
        "config": {"name": operation.name, "scale": scale, "offset": shift},
    }


def _plain(value):
    return [_plain(v) for v in value] if isinstance(value, tuple) else value


def op_from_config(entry, custom_objects=None):
    """The operation that op_config() or Keras wrote.

    Raises UnknownNameError for a name that is none, FileFormatError for arguments that the operation does not take.
    """
    config = dict(entry.get("config") or {})
    label = config.pop("name", None)
    kind = str(entry.get("class_name", ""))
    if entry.get("module") == "fastnn.ops" and (kind, set(config)) == ("Size", {"axis"}):
        return SizeOf(config["axis"], label)
    if entry.get("module") == "fastnn.ops" and set(config) == {"function"}:
        return _sized(kind, config["function"], label)
    rows = public.by_class()
    row = rows.get(kind) if entry.get("module") != "fastnn.ops" else None
    if row is not None and set(config) <= set(row.config) and _fits(row.arguments, entry.get("inbound_nodes") or ()):
        function = ops.public_function(row.function)
        if function is None:
            raise UnknownNameError(
                f"The operation {kind!r} of Keras ({row.function}) is not there yet: fastnn.ops has no such function."
            )
        return PublicCall(row, function, {k: _revived(v, custom_objects) for k, v in config.items()}, label)
    return _own(entry, kind, config, label, row)


def _sized(kind, name, label):
    """A calculation of sizes, or a call with sizes."""
    if kind == SizeCalculation.kind:
        return SizeCalculation(name, label)
    function = ops.public_function(name) if isinstance(name, str) else None
    if function is None or not hasattr(function, "public_name"):
        known = set(ops.__all__) - public.TAKE_FUNCTIONS
        raise UnknownNameError(
            f"Unknown operation in a functional config: received {name!r}."
            f"{suggest(str(name), known)} Expected an operation of fastnn.ops."
        )
    return SizedCall(name, function, label)


def _fits(arguments, nodes):
    """Whether the calls pass no more than there are arguments; older files pass the parts of a list one by one."""
    return any(a[0] == "*" for a in arguments) or all(
        len(node.get("args", ())) <= len(arguments) for node in nodes if isinstance(node, dict)
    )


def _own(entry, kind, config, label, row):
    """An operation of fastnn alone: a function that Keras has not, or a record (which older files name as Keras's)."""
    flat, absent = kind.lower(), tuple(config.pop("absent_inputs", ()))
    if entry.get("module") == "fastnn.ops" and not config:
        functions = {n.replace("_", ""): n for n in ops.__all__ if n not in public.rows()}
        if flat in functions and public.is_recorded(functions[flat]):
            function = getattr(ops, functions[flat])
            return PublicCall(public.row_of(functions[flat], function), function, {}, label)
    records = {n.replace("_", ""): n for n in REGISTRY}
    name = {"absolute": "abs"}.get(flat) or records.get(flat)
    nodes = entry.get("inbound_nodes") or ()
    if name in REGISTRY and set(config) == set(REGISTRY[name].attrs) and _fits(REGISTRY[name].inputs, nodes):
        return OpCall(REGISTRY[name], REGISTRY[name].normalize(config), label, absent)
    if row is not None or name is not None:
        places = [len(node.get("args", ())) for node in nodes if isinstance(node, dict)]
        expected = (row.config, row.arguments) if row else (tuple(REGISTRY[name].attrs), REGISTRY[name].inputs)
        raise FileFormatError(
            f"The operation {kind!r} in a functional config: received the config {sorted(config)} "
            f"and calls with {places} arguments, expected {list(expected[0])} and "
            f"{list(expected[1])}."
        )
    known = [*public.by_class(), *map(camel_case, REGISTRY)]
    raise UnknownNameError(
        f"Unknown operation in a functional config: received {kind!r}.{suggest(kind, known)} "
        "Expected an operation of fastnn.ops."
    )


def _revived(value, custom_objects):
    """A config value as it was given: JSON has no tuples, shapes and axes are ones."""
    if isinstance(value, dict) and "class_name" in value:
        return getattr(found := serial.deserialize(value, None, custom_objects), "name", found)
    return tuple(_revived(v, custom_objects) for v in value) if isinstance(value, list) else value
