"""From what users write (a name, a config, a class, a function) to a metric, and back to a config."""

from fastnn import metrics
from fastnn.core.errors import ArgumentError
from fastnn.core.naming import snake_case
from fastnn.losses.identifiers import TABLE as LOSSES
from fastnn.losses.targets import label_kind
from fastnn.metrics.metric import Metric
from fastnn.metrics.reduction import MeanMetricWrapper
from fastnn.saving import identifiers as serial

_NOT_METRICS = ("get", "serialize", "deserialize", "resolve", "CompileMetrics")
_ALIASES = {"bce": "BinaryCrossentropy", "mse": "MeanSquaredError", "mae": "MeanAbsoluteError",
            "mape": "MeanAbsolutePercentageError", "msle": "MeanSquaredLogarithmicError", "kld": "KLDivergence",
            "cosine_proximity": "CosineSimilarity", "acc": "Accuracy", "rmse": "RootMeanSquaredError",
            "r2": "R2Score", "log_cosh": "LogCoshError", "top_k_accuracy": "TopKCategoricalAccuracy"}  # fmt: skip
BY_SHAPE = {
    "accuracy": ("BinaryAccuracy", "SparseCategoricalAccuracy", "CategoricalAccuracy"),
    "crossentropy": ("BinaryCrossentropy", "SparseCategoricalCrossentropy", "CategoricalCrossentropy"),
}
BY_SHAPE.update(acc=BY_SHAPE["accuracy"], ce=BY_SHAPE["crossentropy"])


def names():
    """{name that `get` takes: public name of this package}: class names, their snake-case forms, aliases."""
    public = [n for n in metrics.NAMES if n not in _NOT_METRICS]
    table = {**{n: n for n in public}, **{snake_case(n): n for n in public if n[0].isupper()}}
    return {**table, **_ALIASES, **{k.upper(): v for k, v in _ALIASES.items() if len(k) <= 4}}


TABLE = serial.Table(
    "metric", "metrics", names, "a name, a Metric or a function (y_true, y_pred)", others=(LOSSES,)
)  # any loss by name is a fine metric too


def get(identifier):
    """A metric or function from a name, a config dict, a class, or a callable; None stays None.

    Args:
        identifier: a name, config dict, class, Metric, function or None.

    Raises UnknownNameError for an unknown name, ArgumentError for anything else that cannot be called.

    >>> get("mse").name
    'mean_squared_error'
    """
    return TABLE.get(identifier)


def by_shape(identifier):
    """Whether the meaning of an identifier depends on the shapes of labels and predictions."""
    return isinstance(identifier, str) and identifier.lower() in BY_SHAPE


def resolve(identifier, y_true, y_pred):
    """The Metric for what a user wrote in `compile(metrics=...)`.

    Args:
        identifier: a name, Metric, class or function.
        y_true, y_pred: anything with a `shape`; "accuracy", "acc", "crossentropy" and "ce" become the binary, sparse or
            categorical metric that fits them.

    >>> import numpy as np
    >>> resolve("accuracy", np.zeros((8, 1)), np.zeros((8, 10)))
    <SparseCategoricalAccuracy name=accuracy>
    """
    if identifier is None:
        raise ArgumentError("Expected metric, received `None`.")
    if by_shape(identifier):
        kind = label_kind(tuple(y_true.shape), tuple(y_pred.shape))
        chosen = BY_SHAPE[identifier.lower()][("binary", "sparse", "categorical").index(kind)]
        return getattr(metrics, chosen)(name=identifier)
    obj = get(identifier)
    if isinstance(identifier, str):
        name = identifier
    else:
        name = getattr(obj, "name", None) or snake_case(getattr(obj, "__name__", type(obj).__name__))
    if not isinstance(obj, Metric):
        return MeanMetricWrapper(obj, name=name)
    if obj.name != name:
        obj.name = name
    return obj


def serialize(metric):
    """The config of a metric (a dict), or the entry that names a function.

    Args:
        metric: a Metric or a function.

    >>> from fastnn.metrics import AUC
    >>> serialize(AUC())["class_name"]
    'AUC'
    """
    return serial.serialize(metric)


def deserialize(config, custom_objects=None):
    """A metric from its config, or from a name.

    Args:
        config: a dict that serialize() gave, or a name.
        custom_objects: {name: class or function} for names that fastnn does not know, or None.

    >>> deserialize({"class_name": "AUC", "config": {"num_thresholds": 20}}).num_thresholds
    20
    """
    return TABLE.deserialize(config, custom_objects)
