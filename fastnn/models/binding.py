"""Input data in the structure of a model's inputs: dicts bind by key, in whatever order their keys come."""

import warnings

from fastnn.core.errors import ShapeError
from fastnn.core.tree import rebuild
from fastnn.layers import nest


def bound(struct, x, names=(), model="", quiet=False):
    """`x` in the structure `struct` of symbols, as far as it is made of dicts, lists and tuples as that is.

    names: what the symbols are called, in order, for a dict where `struct` is none.  Keys that no input has are left
    out: in silence where a list of inputs picks its own from a dict or with `quiet`, else with a warning.

    Raises ShapeError for a dict that lacks an input.

    >>> from fastnn.layers import Input
    >>> a, b = Input((1,)), Input((1,))
    >>> bound({"a": a, "more": {"b": b}}, {"more": {"b": 2}, "a": 1})
    {'a': 1, 'more': {'b': 2}}
    """
    if isinstance(x, dict) and not isinstance(struct, dict) and names:
        by_name = dict(zip(names, nest.flatten(struct)))
        _check(by_name, x, model, quiet=quiet or isinstance(struct, (list, tuple)))
        return nest.pack(struct, [x.get(name) for name in by_name])
    if isinstance(x, dict) and isinstance(struct, dict):
        _check(struct, x, model, quiet)
        return {k: bound(s, x.get(k), model=model, quiet=quiet) for k, s in struct.items()}
    if isinstance(x, (list, tuple)) and isinstance(struct, (list, tuple)) and len(x) == len(struct):
        return rebuild(x, [bound(s, value, model=model, quiet=quiet) for s, value in zip(struct, x)])
    return x


def by_position(struct, x, quiet=False):
    """A list of inputs for a model that takes a dict, in the order of the sorted keys: with a warning.

    Raises ShapeError where the dict was written in another order: which was meant cannot be known.
    """
    text = (
        "The structure of `inputs` doesn't match the expected structure.\n"
        f"Expected: {nest.map_structure(lambda s: s.name, struct)}\n"
        f"Received: inputs={nest.map_structure(_shown, x)}"
    )
    if list(struct) != nest.ordered_keys(struct):
        raise ShapeError(f"{text}\nPass a dict by these keys.")
    if not quiet:
        warnings.warn(text, stacklevel=4)
    return dict(zip(nest.ordered_keys(struct), x, strict=True))


def _shown(x):
    return "None" if x is None else f"Tensor(shape={tuple(getattr(x, 'shape', ()))})"


def _check(wanted, x, model, quiet):
    """Every input that is not optional has its entry in x, and x has no others."""
    missing = [k for k, s in wanted.items() if k not in x and not all(map(_is_optional, nest.flatten(s)))]
    unknown = [k for k in x if k not in wanted]
    text = (
        "The structure of `inputs` doesn't match the expected structure. The keys of the input data do not match "
        f"model '{model}': expected {list(wanted)}; received {list(x)}"
        + (f"; missing {missing}" if missing else "")
        + (f"; unknown {unknown}" if unknown else "")
        + "."
    )
    if missing:
        raise ShapeError(text)
    if unknown and not quiet:
        warnings.warn(f"{text} Entries of no input are left out.", stacklevel=4)


def _is_optional(symbol):
    return getattr(symbol.origin.operation, "optional", False)
