"""Outputs of a model and what belongs to each: targets, sample weights, losses and metrics, by position or key."""

from typing import NamedTuple

from fastnn.core.errors import DataError, UnknownNameError, UnknownPathError
from fastnn.core.registry import suggest
from fastnn.core.tree import flatten as leaves
from fastnn.core.tree import flatten_with_path as flatten
from fastnn.core.tree import is_nested


class Output(NamedTuple):
    """One output of a model: its path in the structure, its key in dictionaries, its name in logs, and the model's."""

    path: tuple
    key: object
    name: object
    own: object


def resolve(x, path):
    """The leaf of x at `path`."""
    for key in path:
        x = x[key]
    return x


def outputs_of(y_pred, output_names=None):
    """The outputs of a prediction structure.

    output_names: the model's names in the order of its outputs.  An output of a dict is called by its key,
    any other by its name.
    """
    flat = flatten(y_pred)
    names = list(output_names) if output_names and len(output_names) == len(flat) else [None] * len(flat)
    if isinstance(y_pred, dict) and set(map(str, y_pred)) == set(names):
        names = [str(path[0]) for path, _ in flat]  # the dict's own order says which is which
    out = []
    for (path, _), name in zip(flat, names):
        last_is_key = path and not isinstance(path[-1], int)
        joined = "/".join(map(str, path[:-1] + ((path[-1],) if last_is_key else (name,) if name else ())))
        out.append(Output(path, path[-1] if last_is_key else name, joined or name, name))
    return out


def per_output(values, outputs, what, default=None, optional=()):
    """One value per output, from a structure of them.

    values: a leaf (for one output only), a list in the order of the outputs, a dict by key or name, or the
    structure of the predictions.  optional: positions that may be left out.
    Raises DataError on a wrong number, UnknownNameError on unknown or missing keys.
    """
    n = len(outputs)
    if isinstance(values, dict):
        return _by_key(values, outputs, what, default, optional)
    if not is_nested(values):
        if n == 1:
            return [values]
        wanted = [i for i in range(n) if i not in optional]
        if len(wanted) == 1:
            return [values if i in wanted else default for i in range(n)]
        if values is None and not wanted:
            return [default] * n
        raise UnknownPathError(
            f"{_differ(what)}The model has {n} outputs ({_names(outputs)}), but `{what}` is one array: pass a list of "
            f"{n}, or a dict by output name."
        )
    flat = flatten(values)
    if len(flat) == n:
        paths = dict(flat)
        if all(o.path in paths for o in outputs):
            return [paths[o.path] for o in outputs]
        return [leaf for _, leaf in flat]
    wanted = [i for i in range(n) if i not in optional]
    if len(flat) == len(wanted):
        return [flat[wanted.index(i)][1] if i in wanted else default for i in range(n)]
    raise DataError(
        f"{_differ(what)}`{what}` has {len(flat)} entries, but the model has {n} outputs ({_names(outputs)})."
    )


def _differ(what):
    """How Keras begins to say it of targets."""
    return "y_true and y_pred have different structures. " if what == "y" else ""


def _by_key(values, outputs, what, default, optional):
    found, used = [], set()
    for i, o in enumerate(outputs):
        value, key = _at(values, o.path)
        if key is None:
            key = next((k for k in (o.key, o.name) if k in values), None)
            if key is None and len(outputs) == len(values) == 1 and o.key is None:
                key = next(iter(values))
            if key is None and i not in optional:
                raise UnknownPathError(
                    f"`{what}` has no entry for output {o.name or o.key!r}: received keys "
                    f"{list(values)}, expected {_names(outputs)}."
                )
            value = default if key is None else values[key]
        found.append(value)
        used.add(key)
    check_keys(values, outputs, what, used)
    return found


def _at(values, path):
    """(the leaf at `path`, its first key), or (None, None) where the structure has no such place."""
    if not path:
        return None, None
    try:
        return resolve(values, path), path[0]
    except (KeyError, IndexError, TypeError):
        return None, None


def key_in(table, output):
    """The key under which the dict `table` speaks of an output, or None."""
    candidates = (output.path[0] if output.path else None, output.key, output.name)
    return next((k for k in candidates if k is not None and k in table), None)


def as_list(entry):
    """What a user wrote for one output as a flat list without None."""
    if is_nested(entry):
        return [x for x in leaves(entry) if x is not None]
    return [] if entry is None else [entry]


def known_keys(outputs):
    """The keys under which a dict may speak of outputs."""
    return {k for o in outputs for k in (o.key, o.name, o.path[0] if o.path else None)} - {None}


def check_keys(values, outputs, what, used=()):
    """Raise UnknownNameError for a key of the dict `values` that no output has."""
    known = known_keys(outputs)
    for key in values:
        if key not in known and key not in used:
            raise UnknownNameError(
                f"Unknown key in `{what}`: received {key!r}; the model's outputs are "
                f"{_names(outputs)}.{suggest(key, known)}"
            )


def _names(outputs):
    return ", ".join(repr(o.name if o.name is not None else i) for i, o in enumerate(outputs))


def label_kind(y_true_shape, y_pred_shape):
    """ "binary", "sparse" or "categorical": what labels of these shapes mean (Keras's rule for "accuracy").

    >>> label_kind((32,), (32, 1)), label_kind((32,), (32, 10)), label_kind((32, 10), (32, 10))
    ('binary', 'sparse', 'categorical')
    """
    if not y_pred_shape or y_pred_shape[-1] == 1:
        return "binary"
    if len(y_true_shape) < len(y_pred_shape) or (y_true_shape[-1] == 1 and y_pred_shape[-1] > 1):
        return "sparse"
    return "categorical"
