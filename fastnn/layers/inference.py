"""What a call would return, found by tracing it without data: shapes and dtypes only."""
from fastnn.core.errors import FastnnError
from fastnn.graph import Symbol, Trace
from fastnn.layers import nest
from fastnn.layers.leaf import Leaf, symbol_like

PROBES = 83, 89                                 # two sizes that nobody uses, put in place of unknown dimensions


def infer(function, args, kwargs, training=False):
    """Run `function` on symbols of a throw-away trace.

    args, kwargs: structures with things that have `shape` (None = unknown) and `dtype` inside.
    Returns the structure of the results with (shape, dtype) leaves; a dimension that depends on an
    unknown one is None.
    """
    try:
        return _leaves(_run(function, args, kwargs, training, None))
    except (FastnnError, TypeError, ValueError, AttributeError) as error:
        if not any(None in x.shape for x in _tensors(args, kwargs)):
            raise
        try:
            first, second = (_run(function, args, kwargs, training, probe) for probe in PROBES)
        except (FastnnError, TypeError, ValueError, AttributeError):
            raise error from None
        pairs = zip(nest.flatten(first), nest.flatten(second))
        merged = [a if not hasattr(a, "shape") else
                  symbol_like([m if m == n else None for m, n in zip(a.shape, b.shape)], a.dtype) for a, b in pairs]
        return nest.pack(first, merged)


def _tensors(*structures):
    return [x for x in nest.flatten(structures) if hasattr(x, "shape") and hasattr(x, "dtype")]


def _leaves(outputs):
    return nest.map_structure(lambda x: symbol_like(x.shape, x.dtype) if hasattr(x, "shape") else x, outputs)


def _run(function, args, kwargs, training, probe):
    with Trace(training=training, building=True) as trace:
        made = {}

        def symbol(x):
            if not isinstance(x, (Symbol, Leaf)):
                return x
            if id(x) not in made:
                shape = [probe if d is None and probe else d for d in x.shape]
                made[id(x)] = trace.input(shape, x.dtype)
            return made[id(x)]
        return function(*nest.map_structure(symbol, tuple(args)), **nest.map_structure(symbol, dict(kwargs)))
