"""What `loss=` and `loss_weights=` say about the outputs of a model: terms, each at a place of the structure."""

import warnings
from typing import NamedTuple

from fastnn.core.errors import ArgumentError, UnknownNameError, UnknownPathError
from fastnn.core.tree import flatten as leaves
from fastnn.core.tree import flatten_with_path, is_nested, pack, same_structure
from fastnn.losses.targets import check_keys, key_in, known_keys, resolve


class Term(NamedTuple):
    """One loss as the user wrote it, where it looks (a path in the outputs) and its weight (None = 1)."""

    path: tuple
    identifier: object
    weight: object


def terms_of(loss, weights, y_pred, outputs):
    """The terms of the total loss, in the order in which they were written.

    A leaf is a loss for every output.  A dict goes by the keys of the structure, or by the names of the outputs; a list
    with an entry for each output gives each its own; another list is several losses for the same place.  Deeper down a
    leaf is a loss for all that is there: a function of structures where several outputs are.

    Raises ArgumentError (lengths, no such names), UnknownPathError (a ValueError and KeyError; no such place).
    """
    if len(outputs) == 1:
        y_pred, at = resolve(y_pred, outputs[0].path), outputs[0].path
        if isinstance(loss, dict):
            loss, weights = _only(loss, outputs, "loss"), _only(weights, outputs, "loss_weights")
    else:
        at = ()
        loss = _named(loss, y_pred, outputs, "loss")
    loss, weights = _aligned(loss, weights, y_pred, outputs)
    if not is_nested(loss):
        return [Term(o.path, loss, w) for o, w in zip(outputs, weights or [None] * len(outputs))] if loss else []
    return list(_walk(loss, weights, y_pred, at, outputs))


def _only(table, outputs, what):
    """What a dict says about the only output."""
    if not isinstance(table, dict):
        return table
    check_keys(table, outputs, what)
    key = key_in(table, outputs[0])
    if key is None:
        raise UnknownNameError(f"`{what}` has no entry for the only output: received keys {list(table)}.")
    value, rest = table[key], outputs[0].path[1:]
    return resolve(value, rest) if isinstance(value, dict) and rest else value


def _named(loss, y_pred, outputs, what):
    """A dict by names as a dict by the keys of the structure, or as a list in the order of the outputs."""
    if not isinstance(loss, dict):
        return loss
    if isinstance(y_pred, dict):
        if any(key not in y_pred for key in loss):
            check_paths(loss, outputs)
            loss = {next((o.path[0] for o in outputs if key in (o.key, o.name)), key): v for key, v in loss.items()}
        _note_missing([key for key in y_pred if key not in loss])
        return loss
    names = [o.name for o in outputs]
    if any(key not in [k for o in outputs for k in (o.key, o.name)] for key in loss):
        raise UnknownNameError(f"Expected keys {names} in loss dict, but found loss.keys()={list(loss)}")
    found = [key_in(loss, o) for o in outputs]
    _note_missing([o.name for o, key in zip(outputs, found) if key is None])
    return [None if key is None else loss[key] for key in found]


def _note_missing(names):
    for name in names:
        warnings.warn(
            f"Output {name!r} is missing from the loss dictionary: it is trained without a loss. "
            f"Write {name!r}: None to say so.",
            stacklevel=7,
        )


def check_paths(loss, outputs):
    """Raise UnknownPathError for a key of the dict `loss` that neither the structure nor a name has."""
    for key in loss:
        if key not in known_keys(outputs):
            raise _no_place((key,))


def _no_place(path, labels=True):
    more = "either the model's output (`y_pred`) or in the labels (`y_true`)" if labels else "the model's output"
    return UnknownPathError(f"The path: {path} in the `loss` argument, can't be found in {more}.")


def _aligned(loss, weights, y_pred, outputs):
    """(loss, weights): the weights in the structure of the losses, None without any; a list per output for a leaf."""
    if weights is None:
        return loss, None
    n = len(outputs)
    if isinstance(weights, dict):
        if isinstance(loss, dict):
            unknown = [key for key in weights if key not in loss]
            if not unknown:
                return loss, {key: weights.get(key) for key in loss}
            if all(key in [k for o in outputs for k in (o.key, o.name)] for key in unknown):
                return loss, {key: weights.get(key, _by_name(weights, key, outputs)) for key in loss}
        check_keys(weights, outputs, "loss_weights")
        given = [weights.get(key_in(weights, o)) for o in outputs]
        if not is_nested(loss):
            return loss, given
        if n == 1:
            (only,) = given
            return loss, pack(loss, leaves(only) if is_nested(only) else [only] * len(leaves(loss)))
        return loss, given
    flat, losses = leaves(weights), leaves(loss)
    if not is_nested(loss) and len(flat) == n:
        return loss, flat
    if len(flat) == len(losses):
        return loss, pack(loss, flat) if is_nested(loss) else flat
    used = [x for x in losses if x is not None]
    if len(flat) == len(used) and is_nested(loss):
        it = iter(flat)
        return loss, pack(loss, [None if x is None else next(it) for x in losses])
    raise ArgumentError(
        f"`loss_weights` must match the number of losses, got {len(used)} losses and {len(flat)} weights. "
        f"Received: loss_weights={weights!r}."
    )


def _by_name(weights, key, outputs):
    """The weight that a dict by names has for the output at a key of the structure."""
    found = next((o for o in outputs if key in (o.key, o.name, o.path[0] if o.path else None)), None)
    name = None if found is None else key_in(weights, found)
    return None if name is None else weights[name]


def _walk(loss, weight, y_pred, path, outputs):
    if loss is None:
        return
    if not is_nested(loss):
        yield Term(path, loss, weight)
        return
    places, sequence = flatten_with_path(y_pred, path), not isinstance(loss, dict)
    if sequence and len(loss) == len(places) and not any(map(is_nested, loss)):
        for (place, _), entry, w in zip(places, loss, _weights_of(loss, weight)):
            yield from _walk(entry, w, None, place, outputs)
        return
    if sequence and _for_the_same_place(loss, y_pred):
        for entry, w in zip(loss, _weights_of(loss, weight)):
            yield from _walk(entry, w, y_pred, path, outputs)
        return
    if not path and sequence and is_nested(y_pred) and len(loss) != len(y_pred):
        raise ArgumentError(
            f"`loss` has {len(loss)} entries, but the model has {len(outputs)} outputs "
            f"({', '.join(str(o.name) for o in outputs)}): pass one loss for all, a list of {len(outputs)} (None "
            "for outputs without a loss), or a dict by output name."
        )
    if isinstance(loss, dict) != isinstance(y_pred, dict):
        raise _no_place(path, labels=False)
    keys = list(loss) if isinstance(loss, dict) else range(len(loss))
    for key, w in zip(keys, _weights_of(loss, weight)):
        if loss[key] is None:
            continue
        if not (key in y_pred if isinstance(y_pred, dict) else is_nested(y_pred) and key < len(y_pred)):
            raise _no_place((*path, key))
        yield from _walk(loss[key], w, y_pred[key], (*path, key), outputs)


def _for_the_same_place(loss, y_pred):
    """Whether a list of losses means that all of its entries look at the same place."""
    if not is_nested(y_pred) or isinstance(y_pred, dict):
        return True
    if isinstance(y_pred, type(loss)):
        return False
    return any(map(is_nested, loss)) and all(_fits(e, y_pred) for e in loss if is_nested(e))


def _fits(loss, y_pred):
    return same_structure(loss, y_pred) or (not is_nested(y_pred) and not isinstance(loss, dict))


def _weights_of(loss, weight):
    """The weight of each entry of a container of losses."""
    keys = list(loss) if isinstance(loss, dict) else range(len(loss))
    if not is_nested(weight):
        return [weight] * len(keys)
    if isinstance(weight, dict):
        return [weight.get(key) for key in keys]
    if len(weight) != len(keys):
        raise ArgumentError(
            f"`loss_weights` must match the number of losses, got {len(keys)} losses and {len(weight)} weights. "
            f"Received: loss_weights={weight!r}."
        )
    return list(weight)


def target_at(targets, path):
    """The target of a term; one that spans several outputs gets a structure. None where an output has no target."""
    found = resolve(targets, path)
    return None if any(leaf is None for leaf in leaves(found)) else found
