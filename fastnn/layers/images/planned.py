"""What a layer makes of arrays of images as one plan, instead of one for each operation."""

from typing import Any

import numpy as np

from fastnn.core import hooks, tree
from fastnn.core.results import ARRAYS
from fastnn.graph import current
from fastnn.graph.active import casting
from fastnn.graph.tensor import here

_PLAIN = (bool, int, float, str, type(None))


def _said(value: Any) -> Any:
    """A value as a part of a key, or None where it is no plain data."""
    if type(value) in (list, tuple):
        parts = tuple([_said(v) for v in value])
        return None if None in parts else (type(value).__name__, parts)
    return (type(value).__name__, value) if isinstance(value, _PLAIN) else None


def varied(layer: Any, images: Any, transformation: Any) -> Any:
    """layer._vary(images, transformation).

    As one plan where both are arrays, the layer is one of the library's own and `_planned`: what it makes depends on
    them and on its plain attributes alone.
    """
    leaves = tree.flatten(transformation)
    arrays = [x for x in leaves if isinstance(x, np.ndarray)]
    others = _said([x for x in leaves if not isinstance(x, np.ndarray)])
    if (
        layer._planned
        and type(layer).__module__.startswith("fastnn.")
        and others is not None
        and all(type(x) in ARRAYS and x.size for x in (images, *arrays))
        and current() is None
        and casting() is None
        and not here.recording
    ):
        key = "varied", hooks.call("serial", layer), others
        own = tuple([(k, _said(v)) for k, v in vars(layer).items()])
        names = tuple([path for path, _ in tree.flatten_with_path(transformation)])

        def function(images: Any, *rest: Any) -> Any:
            symbols = dict(zip(map(id, arrays), rest))
            return layer._vary(images, tree.map_structure(lambda x: symbols.get(id(x), x), transformation))

        found = hooks.call("kept", (*key, own, names), function, (images, *arrays))
        if found is not None:
            return found
    return layer._vary(images, transformation)
