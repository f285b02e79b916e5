"""What a call would return, found by tracing it without data: shapes and dtypes only.

What follows the rules of shapes is run once, with None for an unknown size.  Other code asks for sizes and must get
numbers: it is run with several sizes in place of the unknown ones.  A size of the result that is the same in all runs
is known, another is not.  What asks for values is run on some (valued.py).
"""

import functools

from fastnn.core import dtypes, hooks
from fastnn.core.errors import FastnnError, GraphError, ValuesError, asked
from fastnn.core.types import defined_in
from fastnn.graph import Symbol, Trace
from fastnn.graph.lifetime import passing
from fastnn.layers import context, nest, outside, signature, valued
from fastnn.layers.events import is_functional
from fastnn.layers.leaf import symbol_like
from fastnn.layers.sizes import Size, sizes_at

# Sizes to try, group after group, until two runs succeed.  The first are large enough for any window and unlike what
# users write, and two are small, as a result may stop at a limit.  Then come small ones, for tables with few rows, and
# those that have many divisors.  Where none does, sizes that are given beside the unknown ones follow: the rows of an
# adjacency matrix are as many as its columns.
PROBES = ((89, 83, 7, 2), (5, 4, 3), (96, 192), (840, 1680))
# Sizes where the call is run on values, which takes as long as they are large.
VALUED_PROBES = ((7, 5, 2), (4, 3), (16, 32), *PROBES)
SEEDS = (1, 2, 3, 4)  # of the values that a call with known sizes is run on where it asks for values


def infer(function, args, kwargs, training=False, rules=False):
    """Run `function` on symbols of a throw-away trace.

    args, kwargs: structures with things that have `shape` (None = unknown) and `dtype` inside.
    rules: whether `function` takes None for an unknown size, so that one run can tell.
    Returns the structure of the results with (shape, dtype) leaves; a dimension that depends on an
    unknown one is None.

    Raises GraphError if the number, the ranks or the dtypes of the results depend on an unknown size; what `function`
    raises if it fails with every size.
    """
    unpassed = outside.seen()
    tensors = _tensors(args, kwargs, unpassed.candidates if unpassed is not None else ())
    sized = any(isinstance(x, Size) for x in tensors)
    if not sized and not any(None in x.shape for x in tensors):
        try:
            return _leaves(_run(function, args, kwargs, training, None))
        except Exception as error:
            if not asked(error):
                raise
            return _merged(_with_seeds(function, args, kwargs, training))
    exact = error = None
    if not sized:
        try:
            exact = _leaves(_run(function, args, kwargs, training, None))
            if rules:
                return exact
        except MemoryError:
            raise
        except Exception as failed:  # it asks for sizes: whatever may follow from a None
            error = failed
    rows = exact if all(None not in x.shape[1:] for x in tensors) else None
    found, first = _probe(function, args, kwargs, training, tensors, rows, error)
    if found and rules and isinstance(error, FastnnError) and not _alike(found):
        raise error  # a rule that knows why nothing follows from None
    if found:
        return exact if rows is not None and len(found) == 1 else _merged(found)
    if error is None and not sized:
        return exact  # known sizes beside unknown ones, which agree with no probe
    try:
        if isinstance(error, ValuesError) and first is not None and not isinstance(first, ValuesError):
            raise error from first  # what the user's code said of the values that it was run on
        raise first if error is None or not isinstance(error, (FastnnError, type(first))) else error
    finally:
        del first, error  # an error has this frame, which must not have the error


@functools.lru_cache(maxsize=1024)
def has_rule(cls):
    """Whether a layer class computes as fastnn wrote it and has fastnn's rule of shapes for it, which calls nothing."""
    written = defined_in(cls, "call"), defined_in(cls, "compute_output_shape")
    return not getattr(cls, "_rule_calls", False) and all(
        m.startswith("fastnn.layers.") and m != "fastnn.layers.layer" for m in written
    )


def of_call(layer, args, kwargs):
    """What `call` of a layer returns for symbols, in inference where nothing else is said."""
    call = signature.of(type(layer).call)
    if kwargs.get("training") is None and call.takes("training"):
        kwargs = {**kwargs, "training": False}
    if not defined_in(type(layer), "call").startswith("fastnn.") and (call.takes("mask") or call.masked):
        kwargs = dict(kwargs)  # such a call may count on the masks that its inputs have
        layer._resolve_mask(call, args, kwargs, call.first(args, kwargs))
    return infer(layer._call_inner, args, kwargs)


@functools.lru_cache(maxsize=1024)
def _call_says_more(cls, call_alone_counts):
    """Whether a class has a `call` of a user's beside a rule of shapes that was not written for it."""
    call, *rules = (defined_in(cls, name) for name in ("call", "compute_output_spec", "compute_output_shape"))
    spec_is_own, shape_is_own = (not rule.startswith("fastnn.") for rule in rules)
    if call.startswith("fastnn.") or spec_is_own or all(rule == "fastnn.layers.layer" for rule in rules):
        return False  # the base's rule is the call
    return call_alone_counts or not shape_is_own


def spec_of(layer, args, kwargs):
    """What a call of a layer on symbols returns: by its rule of shapes, or by its `call` where that says more.

    A subclass of one of fastnn's layers may compute something else in a `call` of its own. Up to Keras 2 a `call` alone
    counted, whatever `compute_output_shape` said. What cannot be traced without data follows the rule.
    """
    takes = signature.of(type(layer).compute_output_spec)
    if "training" in kwargs and not takes.takes("training") and not takes.open:
        kwargs = {k: v for k, v in kwargs.items() if k != "training"}
    if _call_says_more(type(layer), context.as_before_keras_3()):
        try:
            return of_call(layer, args, kwargs)
        except Exception:
            return layer.compute_output_spec(*args, **kwargs)
    return layer.compute_output_spec(*args, **kwargs)


def by_rule(layer, trace, args, kwargs):
    """What a layer inside the traced code returns, by its rule of shapes: loops over unknown steps are not run."""
    takes = signature.of(type(layer).compute_output_spec)
    kwargs = {k: v for k, v in kwargs.items() if takes.takes(k) or (takes.open and k != "training")}
    return nest.map_structure(lambda s: trace.input(s.shape, s.dtype), layer.compute_output_spec(*args, **kwargs))


def _probe(function, args, kwargs, training, tensors, exact, error, valued=False):
    """([results of the runs that succeeded] or None, the first error).

    exact: what None gave where only the number of rows is unknown; one run that agrees with it is enough.
    error: that of the run with None; one that is the same with a number has nothing to do with sizes.
    valued: whether it is run on values.
    """
    known = {d for x in tensors for d in x.shape}
    given = sorted(d for d in known if isinstance(d, int) and d > 1)
    found, first = [], None
    try:
        for group in VALUED_PROBES if valued else PROBES:
            for size in group:
                while size in known:  # a size that means something else
                    size += 1
                known.add(size)
                try:
                    found.append(_leaves(_run(function, args, kwargs, training, size, size if valued else None)))
                    if exact is not None and len(found) == 1 and _agree(exact, found[0]):
                        return found, None
                except MemoryError:  # also what building a model from a file may not exceed
                    raise
                except Exception as failed:  # whatever the user's code raises for a size that it does not take
                    if isinstance(failed, ValuesError) or (not valued and asked(failed)):
                        if valued or any(x.dtype == dtypes.TEXT for x in tensors):
                            raise
                        return _probe(function, args, kwargs, training, tensors, exact, error, valued=True)
                    first = first or failed
                    if error is not None and not found and _same(error, failed):
                        return None, first
            if len(found) > 1:
                return found, None
        for size in given if not found else ():
            try:
                results = _leaves(_run(function, args, kwargs, training, size))
            except MemoryError:
                raise
            except Exception:
                continue
            return [nest.map_structure(lambda x, size=size: _without_rows(x, size), results)], None
        return None, first
    finally:
        del first  # an error has this frame, which must not have the error


def _without_rows(x, size):
    """A result of a run with `size` rows, whose rows are not known."""
    return symbol_like((None, *x.shape[1:]), x.dtype) if hasattr(x, "shape") and x.shape[:1] == (size,) else x


def _with_seeds(function, args, kwargs, training):
    """Results for known sizes of the runs on values that succeed; the first error where none does."""
    found, first = [], None
    try:
        for seed in SEEDS:
            try:
                found.append(_leaves(_run(function, args, kwargs, training, None, seed)))
            except Exception as failed:  # whatever the user's code raises for values that it does not take
                first = first or failed
        if not found:
            raise first
        return found
    finally:
        del first  # an error has this frame, which must not have the error


def _agree(exact, found):
    """Whether sizes that are known in `exact` are those of `found`."""
    pairs = list(zip(nest.flatten(exact), nest.flatten(found)))
    return (
        nest.same_structure(exact, found)
        and all(_kind(a) == _kind(b) for a, b in pairs)
        and all(m in (None, n) for a, b in pairs if hasattr(a, "shape") for m, n in zip(a.shape, b.shape))
    )


def _same(first, second):
    return type(first) is type(second) and str(first) == str(second)


def _alike(found):
    """Whether all runs gave results of the same number, ranks and dtypes."""
    kinds = [[_kind(x) for x in nest.flatten(results)] for results in found]
    return all(k == kinds[0] for k in kinds)


def _merged(found):
    """One structure of results from those of all runs."""
    first, *others = map(nest.flatten, found)
    for other in others:
        if [_kind(x) for x in first] != [_kind(x) for x in other]:
            raise GraphError(
                "What a call returns depends on a size that is not known yet: "
                f"{' and '.join(_text(r) for r in (first, other))} for two sizes. Expected results of the "
                "same number, ranks and dtypes for all sizes; give the size in the shape of the Input."
            )
    merged = [
        values[0]
        if not hasattr(values[0], "shape")
        else symbol_like(
            [sizes[0] if len(set(sizes)) == 1 else None for sizes in zip(*(v.shape for v in values))], values[0].dtype
        )
        for values in zip(first, *others)
    ]
    return nest.pack(found[0], merged)


def _kind(x):
    return (len(x.shape), x.dtype) if hasattr(x, "shape") else None


def _text(results):
    return ", ".join(f"{x.dtype}{list(x.shape)}" if hasattr(x, "shape") else repr(x) for x in results)


def _tensors(*structures):
    return [x for x in nest.flatten(structures) if hasattr(x, "shape") and hasattr(x, "dtype")]


def _leaves(outputs):
    return nest.map_structure(
        lambda x: symbol_like(x.shape, dtypes.standardize(x.dtype)) if hasattr(x, "shape") else x, outputs
    )


def _run(function, args, kwargs, training, probe, seed=None):
    """Run `function` in a throw-away trace with `probe` for unknown sizes, or on values that `seed` chooses."""
    sized = probe and any(isinstance(x, Size) for x in nest.flatten((args, kwargs)))
    known = sizes_at([x for x in nest.flatten((args, kwargs)) if is_functional(x)], probe) if sized else {}

    def filled(x):
        if isinstance(x, Size):
            return known.get(x)
        if not isinstance(x, Symbol):
            return x
        return symbol_like(known.get(x) or [probe if d is None and probe else d for d in x.shape], x.dtype)

    if seed is not None:
        return valued.run(function, args, kwargs, filled, seed)
    with passing(), Trace(training=training, building=True) as trace:
        made = {}

        def symbol(x):
            found = filled(x)
            if not isinstance(x, Symbol) or isinstance(x, Size):
                return found
            if id(x) not in made:
                made[id(x)] = trace.input(found.shape, found.dtype)
            return made[id(x)]

        unpassed = outside.seen()
        if unpassed is not None:
            unpassed.stand_in(symbol)
            trace.extra.setdefault("functional", []).append(unpassed)
        return function(*nest.map_structure(symbol, tuple(args)), **nest.map_structure(symbol, dict(kwargs)))


hooks.register("infer", infer)
