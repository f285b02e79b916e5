"""What may stand where in a config: only an initializer where an initializer is due, and so on.

A class that the table allows anywhere could be built anywhere, with whatever its constructor does. So every argument
of fastnn's own classes has a role, and an argument without one holds plain data.
"""

import dataclasses
import inspect

from fastnn.core.errors import FileFormatError
from fastnn.saving import names


@dataclasses.dataclass(frozen=True)
class Role:
    """A place for objects.

    what: what is due there, in words.  classes, functions: the categories whose classes (instances of them) or
    functions may stand there.  only: the names that count among the layers, all if empty.  words: whether a string
    there is refused, because the class would take it for a path.
    """

    what: str
    classes: tuple = ()
    functions: tuple = ()
    only: frozenset = frozenset()
    words: bool = False

    @property
    def categories(self):
        """Where a name without a module is looked up, in this order."""
        return (*self.classes, *(c for c in self.functions if c not in self.classes))


_CALLED = ("activations", "losses", "metrics")
DATA = Role("plain data")
ANY = Role(
    "a part of a model",
    tuple(c for c in names.TABLES if c != "callbacks"),
    tuple(c for c in names.TABLES if c != "callbacks"),
)
LAYER = Role("a layer or a model", ("layers", "models", "convnext", "inception"))
_INITIALIZER = Role("an initializer", ("initializers",))
_REGULARIZER = Role("a regularizer", ("regularizers",), ("regularizers",))
_CONSTRAINT = Role("a constraint", ("constraints",))
_ACTIVATION = Role(
    "an activation",
    ("layers",),
    ("activations",),
    frozenset(("Activation", "ELU", "LeakyReLU", "PReLU", "ReLU", "Softmax", "ThresholdedReLU")),
)
_SCHEDULE = Role("a learning-rate schedule", ("schedules",))
_OPTIMIZER = Role("an optimizer", ("optimizers",))
_LOSS = Role("a loss", ("losses",), ("losses", "metrics"))
_METRIC = Role("a metric", ("metrics", "losses"), ("metrics", "losses"))
_QUANTIZER = Role("a quantizer", ("quantizers",))
_FUNCTION = Role("a function", (), _CALLED)
_DISTILLATION = Role("a distillation loss", ("distillation",))
_SEED = Role("a seed", ("random",))
_SPACE = Role("a FeatureSpace", ("spaces",))
_OF_SPACE = Role("a column or a cross of a FeatureSpace", ("columns",), (), frozenset(("Feature", "Cross")))
_COLUMN = Role("a column of a FeatureSpace", ("columns",), (), frozenset(("Feature",)))
_CROSS = Role("a cross of a FeatureSpace", ("columns",), (), frozenset(("Cross",)))
_WORDS = Role("a list of words (a path in a file is never opened)", words=True)

# Constructor argument -> role, for all of fastnn's classes and for compile(); any other argument holds data.
ARGUMENTS = {
    "activation": _ACTIVATION, "recurrent_activation": _ACTIVATION, "learning_rate": _SCHEDULE,
    "layer": LAYER, "backward_layer": LAYER, "cell": LAYER, "cells": LAYER, "layers": LAYER,
    "function": _FUNCTION, "mask": _FUNCTION, "output_shape": _FUNCTION, "arguments": _FUNCTION, "fn": _FUNCTION,
    "teacher": LAYER, "student": LAYER, "distillation_losses": _DISTILLATION,
    "standardize": _FUNCTION, "split": _FUNCTION, "vocabulary": _WORDS,
    **dict.fromkeys(("optimizer", "inner_optimizer", "default_optimizer", "optimizer_map"), _OPTIMIZER),
    **dict.fromkeys(("weight_quantizer", "activation_quantizer", "quantization_config"), _QUANTIZER),
    "init": _INITIALIZER, "loss": _LOSS, "metrics": _METRIC, "weighted_metrics": _METRIC, "seed": _SEED,
    "features": _COLUMN, "crosses": _CROSS, "preprocessor": LAYER,
}  # fmt: skip
SUFFIXES = {
    "_initializer": _INITIALIZER,
    "init": _INITIALIZER,
    "_regularizer": _REGULARIZER,
    "_constraint": _CONSTRAINT,
}

_OF_CATEGORY = {"layers": LAYER, "models": LAYER, "losses": _LOSS, "metrics": _METRIC, "schedules": _SCHEDULE,
                "optimizers": _OPTIMIZER, "initializers": _INITIALIZER, "regularizers": _REGULARIZER,
                "constraints": _CONSTRAINT, "activations": _ACTIVATION,
                "quantizers": _QUANTIZER, "convnext": LAYER, "inception": LAYER,
                "distillation": _DISTILLATION, "columns": _OF_SPACE, "spaces": _SPACE, "random": _SEED}  # fmt: skip


def of_argument(name):
    """The role of an argument of one of fastnn's classes.

    >>> of_argument("bias_initializer").what, of_argument("units").what
    ('an initializer', 'plain data')
    """
    if name in ARGUMENTS:
        return ARGUMENTS[name]
    return next((role for suffix, role in SUFFIXES.items() if isinstance(name, str) and name.endswith(suffix)), DATA)


def of_category(category):
    """The role of what is looked up in a category ("initializers"); ANY for None."""
    return _OF_CATEGORY.get(category, ANY)


def of_part(cls, own, name):
    """The role of the argument `name` of a class; own: whether it is one of fastnn's.

    A user's class takes what it likes, except in the arguments that it hands on to a class of fastnn.
    """
    return of_argument(name) if own or name in _inherited(cls) else ANY


def _inherited(cls):
    """The arguments of the constructors of fastnn's own classes that `cls` is derived from."""
    if not inspect.isclass(cls):
        return frozenset()
    found = set()
    for base in cls.__mro__:
        if base.__module__.startswith("fastnn."):
            init = base.__dict__.get("__init__")
            found |= set(inspect.signature(init).parameters if init else ()) | set(getattr(base, "KWARGS", ()))
    return found


def kind_of(value):
    """The category of a class or function by what of fastnn it is, or is derived from; None if of nothing.

    >>> from fastnn.layers import Dense
    >>> kind_of(type("Mine", (Dense,), {}))
    'layers'
    """
    for base in inspect.getmro(value) if inspect.isclass(value) else (value,):
        module = getattr(base, "__module__", None) or ""
        if module.startswith("fastnn.optimizers.schedules"):
            return "schedules"
        if module == names.TABLES["random"][1]:
            return "random"
        part = module.split(".")[1] if module.startswith("fastnn.") else None
        part = base.__dict__.get("_file_kind", part) if part else None
        if part in names.TABLES:
            return part
    return None


def require(role, value, own, where):
    """FileFormatError unless `value`, the class or function that a config names, may stand in a place of this role.

    own: whether it is one of fastnn's; where: the place, for the message.
    """
    kind = kind_of(value)
    if inspect.isclass(value):
        fits = kind in role.classes and (not own or not role.only or value.__name__ in role.only)
        # A user's class that is derived from nothing of fastnn's has no kind: its place is the user's affair.
        fits = fits or (not own and kind is None)
    else:
        fits = not own or kind in role.functions
    if not fits:
        received = f"{value.__name__} of {names.TABLES[kind][0] if kind else 'no part of Keras'}"
        raise FileFormatError(f"The config has {received} {where}, where {role.what} is due; refused.")


def require_words(role, value, where):
    """FileFormatError for a string where the class would open it as a file."""
    if role.words and isinstance(value, (str, bytes)):
        raise FileFormatError(f"The config has the string {value!r:.80} {where}, where {role.what} is due; refused.")
