"""The random streams of a model in a file, so that training goes on with the bits of an uninterrupted run.

Numbers are a function of (seed, stream, call, step).  The trainer knows seed and steps; each SeedGenerator that a layer
holds has a key and counts its calls outside steps.  In Keras's files the paths of the generators are the same.
"""

import warnings

from fastnn.core.errors import FileFormatError
from fastnn.saving import layout

KEY = "fastnn_random"  # in a file's metadata
_POSITION = ("seed", "fits", "train", "test", "predict")
_LIMIT = 2**62


def generators(model):
    """{path: SeedGenerator} of everything that a model holds."""
    found = {}
    for place in layout.places(model):
        for name, value in vars(place.part).items():
            values = (
                value.items()
                if isinstance(value, dict)
                else enumerate(value)
                if isinstance(value, (list, tuple))
                else [(None, value)]
            )
            for key, part in values:
                if getattr(part, "_fastnn_random_stream", False) is True and not isinstance(part, type):
                    found[f"{place.path}/{name}".lstrip("/") + ("" if key is None else f"/{key}")] = part
    return found


def dump(model):
    """The position of every random stream of a model, as plain data; None for a layer alone, which has no steps."""
    return position(model, generators(model)) if hasattr(model, "_random_position") else None


def position(model, found):
    """The position of the streams of a model; found: its generators()."""
    return {"position": model._random_position(), "generators": {path: [*g.key, g.calls] for path, g in found.items()}}


def load(model, saved, name):
    """Go on where dump() was taken; saved: its result from a file called `name`.

    Raises FileFormatError, with nothing changed, for anything that dump() cannot have written.
    """
    position, keys = _checked(saved, name)
    mine = generators(model)
    strange = sorted(mine.keys() ^ keys.keys())
    if strange:
        warnings.warn(
            f"{name}: the random streams of the model and of the file differ at {', '.join(strange[:5])}; "
            "these start anew.",
            stacklevel=3,
        )
    for path in mine.keys() & keys.keys():
        seed, stream, calls = keys[path]
        mine[path].key, mine[path].calls = (seed, stream), calls
    model._set_random_position(position)


def load_or_guess(model, saved, name):
    """load(), or for a file without positions (saved=None): training steps are counted from where the optimizer is."""
    if not hasattr(model, "_random_position"):
        return
    if saved is not None:
        load(model, saved, name)
        return
    optimizer = getattr(model, "optimizer", None)
    if optimizer is not None:
        # batches, also where several make one update
        model._set_random_position(
            {
                **model._random_position(),
                "train": int(getattr(optimizer, "inner_optimizer", optimizer)._iterations.numpy()),
            }
        )


def _checked(saved, name):
    good = (
        isinstance(saved, dict)
        and isinstance(saved.get("position"), dict)
        and isinstance(saved.get("generators"), dict)
    )
    position = {k: saved["position"].get(k) for k in _POSITION} if good else {}
    keys = saved["generators"] if good else {}
    words = [*position.values(), *(w for key in keys.values() for w in (key if isinstance(key, list) else [None]))]
    if (
        not good
        or not all(type(w) is int and -_LIMIT <= w < 2 * _LIMIT for w in words)
        or any(len(key) != 3 for key in keys.values())
        or any(position[k] < 0 for k in _POSITION)
    ):
        raise FileFormatError(f"{name}: the positions of the random streams are damaged; expected what fastnn writes.")
    return position, keys
