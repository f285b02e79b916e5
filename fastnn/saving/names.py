"""The closed table: which classes and functions a file's config may name.

A name in a file is only ever a key of these tables; no module is imported and no attribute is looked
up because a file says so.  The modules below are fixed, and of each only its public names count.
"""

import importlib
import inspect
import re

from fastnn.core.errors import UnknownConfigNameError
from fastnn.core.registry import suggest

# Keras module name -> our module.  The order is the order of search when a file names no module.
TABLES = {
    "layers": ("keras.layers", "fastnn.layers"),
    "losses": ("keras.losses", "fastnn.losses"),
    "metrics": ("keras.metrics", "fastnn.metrics"),
    "schedules": ("keras.optimizers.schedules", "fastnn.optimizers.schedules"),
    "optimizers": ("keras.optimizers", "fastnn.optimizers"),
    "initializers": ("keras.initializers", "fastnn.initializers"),
    "regularizers": ("keras.regularizers", "fastnn.regularizers"),
    "constraints": ("keras.constraints", "fastnn.constraints"),
    "activations": ("keras.activations", "fastnn.activations"),
    "models": ("keras", "fastnn.models"),
    "callbacks": ("keras.callbacks", "fastnn.callbacks"),
    "distillation": ("keras.distillation", "fastnn.distillation"),
    "convnext": ("keras.src.applications.convnext", "fastnn.applications.convnext_layers"),
    "inception": ("keras.src.applications.inception_resnet_v2", "fastnn.applications.inception_layers"),
    "quantizers": ("keras.quantizers", "fastnn.quantizers"),
    "random": ("keras.random", "fastnn.graph.seeds"),  # the generator: no function that draws is part of a model
    "columns": ("keras.src.layers.preprocessing.feature_space", "fastnn.layers.feature_kinds"),
    "spaces": ("keras.utils", "fastnn.layers.feature_space"),
}

# Names that are public, but that make files, scopes or models of their own instead of being a part of one.
_NOT_PARTS = frozenset({
    "get", "serialize", "deserialize", "load_model", "save_model", "load_weights", "save_weights",
    "model_from_json", "model_from_config", "clone_model", "Input", "get_custom_objects",
    "register_keras_serializable", "custom_object_scope", "CustomObjectScope",
})  # fmt: skip

# Classes that other years had among the public ones: {category: {name: module}}.
_FORMER = {
    "layers": {
        **dict.fromkeys(("LocallyConnected1D", "LocallyConnected2D"), "fastnn.compat.keras2.layers"),
        **dict.fromkeys(("MaxoutDense", "Highway", "ParametricSoftplus", "SReLU"), "fastnn.compat.keras1.layers"),
        **dict.fromkeys(("RandomHeight", "RandomWidth"), "fastnn.compat.keras3.layers"),
        "RandomFourierFeatures": "fastnn.compat.keras2.kept",
    },
    "metrics": dict.fromkeys(("MeanTensor", "MeanRelativeError"), "fastnn.compat.keras2.kept"),
    "schedules": {"LinearCosineDecay": "fastnn.compat.keras2.kept"},
    "constraints": {"RadialConstraint": "fastnn.compat.keras2.kept"},
}

# The private homes that other versions and backends of Keras write for public things.
_PRIVATE_HOMES = (
    (re.compile(r"(tensorflow\.|tf_)?keras(\.src)?\.applications\.convnext"), "convnext"),
    (re.compile(r"(tensorflow\.|tf_)?keras(\.src)?\.applications\.inception_resnet_v2"), "inception"),
    (re.compile(r"(tensorflow\.|tf_)?keras(\.src)?(\.backend\.\w+)?\.optimizers\.schedules\b.*"), "schedules"),
    (re.compile(r"(tensorflow\.|tf_)?keras(\.src)?(\.engine|\.models)(\..*)?"), "models"),
    (re.compile(r"(tensorflow\.|tf_)?keras\.(src\.layers\.preprocessing|(src\.)?utils)\.feature_space"), "columns"),
    (re.compile(r"(tensorflow\.|tf_)?keras(\.src)?\.utils"), "spaces"),
    (
        re.compile(
            r"(tensorflow\.|tf_)?keras(\.src)?(\.backend\.\w+)?"
            r"\.(layers|losses|metrics|optimizers|initializers|regularizers|constraints|activations"
            r"|callbacks|distillation|quantizers|random)(\..*)?"
        ),
        None,
    ),
)


def category_of(module):
    """The table that a Keras module name stands for ("keras.src.models.functional" -> "models"), or None."""
    if not isinstance(module, str):
        return None
    if module in ("keras", "tensorflow.keras", "tf_keras"):
        return "models"
    for pattern, category in _PRIVATE_HOMES:
        match = pattern.fullmatch(module)
        if match:
            return category or match.group(4)
    return None


def public_names(category):
    """The names that a config may use in one category.

    category: a key of TABLES.  Returns a sorted list of str.

    >>> "Dense" in public_names("layers")
    True
    """
    module = importlib.import_module(TABLES[category][1])
    names = getattr(module, "NAMES", None) or getattr(module, "__all__", None)
    if names is None:
        names = [
            n
            for n, v in vars(module).items()
            if not n.startswith("_") and getattr(v, "__module__", "").startswith("fastnn.")
        ]
    return sorted(n for n in names if not n.startswith("_") and n not in _NOT_PARTS)


def find(category, name):
    """The class or function of that public name in a category, or None."""
    former = _FORMER.get(category, {}).get(name) if isinstance(name, str) else None
    if former is None and (not isinstance(name, str) or name not in public_names(category)):
        return None
    value = getattr(importlib.import_module(former or TABLES[category][1]), name, None)
    return value if inspect.isclass(value) or inspect.isfunction(value) else None


def find_anywhere(name, functions=False):
    """(value, category) of the first table that has `name`; only functions if asked; (None, None) if none."""
    for category in TABLES:
        value = find(category, name)
        if value is not None and inspect.isfunction(value) == functions:
            return value, category
    return None, None


def home_of(obj):
    """(Keras module, public name) of one of our own classes or functions, or None for anything else."""
    module = getattr(obj, "__module__", None) or ""
    if not module.startswith("fastnn."):
        return None
    part = module.split(".")[1]
    first = [part] if part in TABLES else []
    if module.startswith("fastnn.optimizers"):
        first = ["schedules", "optimizers"]
    for category in first + [c for c in TABLES if c not in first]:
        if find(category, obj.__name__) is obj:
            return TABLES[category][0], obj.__name__
    return None


def unknown(name, module=None, more=()):
    """The error for names that are neither in the tables nor registered.

    name: the first unknown name; more: others found in the same config.
    """
    names = list(dict.fromkeys([name, *more]))
    category = category_of(module)
    near = "".join(
        suggest(
            n,
            public_names(category)
            if category
            else [p for c in ("layers", "losses", "metrics", "optimizers") for p in public_names(c)],
        )
        for n in names[:1]
    )
    # A registered name is "package>Name", a plain one the name itself.
    simple = [n.rpartition(">")[2] for n in names]
    passed = ", ".join(f"{s!r}: {s if s.isidentifier() else '...'}" for s in simple)
    of = f" of module {module!r}" if module and category is None else ""
    return UnknownConfigNameError(
        f"Could not locate {', '.join(map(repr, names))}{of}, named in the config; "
        f"expected public names of fastnn's layers, losses, metrics, optimizers, ..., or registered ones.{near} "
        f"If they are yours, pass them: custom_objects={{{passed}}}, or decorate them with "
        "@fastnn.saving.register_keras_serializable() and import their module before loading."
    )
