"""Checks of plain arguments, in one place: counts, numbers, and a table of what arguments of a name may be.

Each check returns the value, or raises ArgumentError that says what was received and what is expected.
"""

import contextlib
import contextvars
import difflib
import functools
import inspect
import math
import operator
import weakref
from typing import Any, Self

import numpy as np

from fastnn.core import docstrings
from fastnn.core.errors import ArgumentError, ArgumentTypeError


def whole(value: Any) -> int | None:
    """`value` as an int, or None where it is no whole number by type (bools are none).

    >>> whole(np.int64(3)), whole(2.0), whole(True)
    (3, None, None)
    """
    if isinstance(value, (bool, np.bool_)):
        return None
    try:
        return operator.index(value)
    except TypeError:
        return None


def count(name, value, least=1, none=False, most=None):
    """`value` as an int >= least (and <= most).

    Args:
        name: of the argument, for the error.
        value: what was received.
        least, most: the bounds; None for no upper one.
        none: whether None stays None, in place of an error.

    Raises ArgumentError.

    >>> count("batch_size", np.int64(8))
    8
    """
    if value is None and none:
        return None
    n = whole(value)
    if n is None or n < least or (most is not None and n > most):
        bounds = f" >= {least}" if most is None else f" from {least} to {most}"
        kind = ArgumentTypeError if n is None else ArgumentError
        raise kind(f"{name}: received {value!r}, expected an int{bounds}{' or None' if none else ''}.")
    return n


_given_before: contextvars.ContextVar[bool] = contextvars.ContextVar("names given before", default=False)


@contextlib.contextmanager
def names_given_before():
    """A block in which names may hold "/": what is built again from a config had its name in Keras 1 or 2.

    >>> with names_given_before():
    ...     name_of("fire2/squeeze")
    'fire2/squeeze'
    """
    token = _given_before.set(True)
    try:
        yield
    finally:
        _given_before.reset(token)


def name_of(value: Any, in_paths: bool = True) -> str | None:
    """`value` unless it is no name: a name is a str, without "/" if it is part of paths, or None.

    >>> name_of("dense"), name_of(None), name_of("a/b", in_paths=False)
    ('dense', None, 'a/b')
    """
    if value is None:
        return None
    if isinstance(value, str) and not (in_paths and "/" in value and not _given_before.get()):
        return value
    raise ArgumentError(
        f"Argument `name` must be a string{' and cannot contain character `/`' if in_paths else ''}. "
        f"Received: name={value!s:.200} (of type {type(value)})"
    )


def real(value):
    """`value` as a float, or None where it is no single number (bools are none)."""
    if isinstance(value, (bool, np.bool_, complex)) or not hasattr(value, "__float__") or getattr(value, "ndim", 0):
        return None
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):  # an array of text, an int beyond floats
        return None


def number(name, value, low=None, high=None, none=False, finite=True):
    """`value` unless it is no number, NaN, infinite (with `finite`) or outside [low, high].

    >>> number("momentum", 0.9, 0, 1)
    0.9
    """
    if value is None and none:
        return None
    v = real(value)
    good = v is not None and not math.isnan(v) and not (finite and math.isinf(v))
    if not good or (low is not None and v < low) or (high is not None and v > high):
        bounds = f" in [{low}, {high}]" if high is not None else f" >= {low}" if low is not None else ""
        kind = ArgumentTypeError if v is None else ArgumentError
        raise kind(
            f"Argument `{name}` should be a {'finite ' if finite else ''}number{bounds}"
            f"{' or None' if none else ''}. Received: {name}={value!r}."
        )
    return value


# ------------------------------------------------------------------ what an argument of a name may be
def _numbers(low=None, high=None, finite=True, none=True, several=False):
    def check(name, value):
        if several and isinstance(value, (list, tuple, np.ndarray)):
            for v in np.ravel(np.asarray(value, object)):
                number(name, v, low, high, finite=finite)
        else:
            number(name, value, low, high, none, finite)

    return check


def _counts(least):
    return lambda name, value: count(name, value, least, none=True)


def _whole(name, value):
    count(name, value, -(2**63), none=True)


def _axis(name, value):
    for v in value if isinstance(value, (list, tuple)) else (value,):
        if v is not None and whole(v) is None:
            raise ArgumentTypeError(
                f"Invalid value for `{name}` argument: expected an int or a list/tuple of ints. Expected an int or a "
                f"list/tuple of ints for the argument '{name}'. Received: {name}={value!r}."
            )


_share, _any, _positive, _any_several = _numbers(0, 1), _numbers(), _numbers(0), _numbers(several=True)
RULES = {
    # optimizers and schedules; a negative rate is Keras's way to climb
    **dict.fromkeys(("beta_1", "beta_2", "rho", "momentum", "ema_momentum"), _share),
    **dict.fromkeys(("epsilon", "initial_accumulator_value", "l1_regularization_strength", "l2_regularization_strength",
                     "l2_shrinkage_regularization_strength", "warmup_steps", "decay_steps", "first_decay_steps"),
                    _positive),
    **dict.fromkeys(("weight_decay", "clipnorm", "clipvalue", "global_clipnorm", "loss_scale_factor", "decay_rate",
                     "learning_rate_power", "beta", "initial_learning_rate", "end_learning_rate", "power", "t_mul",
                     "m_mul", "warmup_target"), _any),
    "ema_overwrite_frequency": _counts(1),
    # losses and metrics
    "label_smoothing": _share, "alpha": _any_several, "gamma": _any, "delta": _any, "q": _any, "axis": _axis,
    "ignore_class": _counts(-2 ** 63), "num_thresholds": _whole, "num_classes": _counts(1), "k": _counts(1),
    "top_k": _counts(1), "class_id": _counts(0), "num_regressors": _whole, "num_labels": _counts(1),
    "label_weights": _any_several,
    # their bounds are said by the classes, in Keras's words
    **dict.fromkeys(("recall", "precision", "specificity", "sensitivity"), _any), "threshold": _any,
    # callbacks; Keras compares counts of epochs, so any number will do
    **dict.fromkeys(("min_delta", "patience", "cooldown", "min_lr", "factor", "start_from_epoch"),
                    _numbers(finite=False)),
    **dict.fromkeys(("baseline", "initial_value_threshold", "period"), _numbers(finite=False)),
    "histogram_freq": _counts(0), "embeddings_freq": _counts(0),
    # constraints and initializers
    **dict.fromkeys(("max_value", "min_value", "rate", "gain", "mean", "stddev", "minval", "maxval", "scale"),
                    _any_several),
}  # fmt: skip


LAYER_RULES = {
    "axis": _axis,
    "epsilon": _positive,
    "num_oov_indices": _counts(0),
    "negative_slope": _any,
    **dict.fromkeys(("momentum", "dropout", "recurrent_dropout"), _share),
}


# ------------------------------------------------------------------ what an argument may be called
_known: weakref.WeakKeyDictionary[Any, tuple[tuple[str, ...], bool]] = weakref.WeakKeyDictionary()


def _parameters(of):
    """(names, whether any other is taken too) of the keyword arguments of a function, or of a class and its bases."""
    if of not in _known:
        _known[of] = _parameters_of(of)
    return _known[of]


def _parameters_of(of):
    functions = (
        [c.__dict__["__init__"] for c in of.__mro__ if "__init__" in c.__dict__] if isinstance(of, type) else [of]
    )
    names, opens = [], []
    for function in functions:
        found = inspect.signature(function).parameters.values()
        named = [p.name for p in found if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
        names += [name for name in named if name not in ("self", "cls")]
        opens.append(any(p.kind is p.VAR_KEYWORD for p in found))
        if not opens[-1]:  # what it does not name never reaches the next
            break
    return tuple(dict.fromkeys(names)), opens[0]


def near(unknown, of, more=()):
    """Return a sentence that names the argument that was meant, for each unknown one that is like it, or "".

    unknown: names; of: the function or class that was called; more: names that it takes among its **kwargs.

    >>> near(["low", "hight"], number)
    " Did you mean 'high' instead of 'hight'?"
    """
    names, said = (*_parameters(of)[0], *more), ""
    for name in unknown:
        found = difflib.get_close_matches(name, names, 1, 0.6)
        if found and found[0] != name:
            said += f" Did you mean {found[0]!r} instead of {name!r}?"
    return said


class ChecksArguments:
    """Base of classes whose arguments are checked by a table, before their __init__ does anything.

    Users' own subclasses are left alone: there the words may mean something else. An argument of an unknown name is
    refused with the one that was meant, in every subclass that takes no others.
    """

    __signature__ = docstrings.ConstructorSignature()

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        if (args or kwargs) and cls.__init__ is object.__init__:  # which would take anything
            raise ArgumentTypeError(f"{cls.__name__}() takes no arguments. Received: {[*args, *kwargs]}.")
        if kwargs:
            names, more = _parameters(cls)
            taken = (*names, *getattr(cls.__init__, "also_takes", ()))  # by another layer round it
            unknown = () if more else [name for name in kwargs if name not in taken]
            if unknown and (said := near(unknown, cls)):  # else Python itself refuses it
                raise ArgumentTypeError(
                    f"{cls.__name__}.__init__() got an unexpected keyword argument {unknown[0]!r}.{said}"
                )
        return super().__new__(cls)

    argument_rules = RULES
    #: Arguments that the class checks itself, with words of its own.
    own_checks: tuple[str, ...] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not cls.__module__.startswith("fastnn."):
            return
        docstrings.complete(cls)
        own = cls.__dict__.get("__init__")
        if own is None:
            return
        signature = inspect.signature(own)
        table = cls.argument_rules
        rules = [
            (name, table[name], p.default)
            for name, p in signature.parameters.items()
            if name in table and name not in cls.own_checks
        ]
        if rules:
            type.__setattr__(cls, "__init__", _checked(own, signature, rules))  # type checkers see the own one


def _checked(function, signature, rules):
    @functools.wraps(function)
    def init(self, *args, **kwargs):
        try:
            given = signature.bind_partial(self, *args, **kwargs).arguments
        except TypeError:  # the call itself says better what is wrong
            given = {}
        for name, check, default in rules:
            if name in given and not (given[name] is None and default is None):
                check(name, given[name])
        function(self, *args, **kwargs)

    return init
