"""`tf.metrics` of TensorFlow 1: (value, update) of what variables of a graph count; see graph."""

import functools

import numpy as np

from fastnn.compat.tf.graphs.graph import Node, defer, graph
from fastnn.compat.tf.graphs.names import add_to_collection, get_variable_scope, keep
from fastnn.compat.tf.graphs.updates import Update
from fastnn.core.errors import ArgumentError, GraphError
from fastnn.graph import Variable

_NEAR = 1e-7  # what outer thresholds lie beyond 0 and 1


def _share(a, b):
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    return np.where(b > 0, a / np.where(b > 0, b, 1), 0.0)


def _weights(weights, like):
    w = np.ones(like.shape) if weights is None else np.asarray(weights, np.float64)
    if w.ndim == like.ndim + 1 and w.shape[-1] == 1:
        w = w[..., 0]
    return np.broadcast_to(w.reshape(*w.shape, *[1] * (like.ndim - w.ndim)) if w.ndim else w, like.shape)


def _new_variable(name, size):
    """A variable of zeros in the collection of local ones."""
    found = Variable(np.zeros(size, np.float32), trainable=False)
    keep(found, functools.partial(np.zeros, size, np.float32), name)
    graph().variables.remove(found)
    add_to_collection("local_variables", found)
    return found


def _metric(name, sizes, count, value, words=("labels", "predictions")):
    """A function of tf.metrics.

    sizes(given): {variable: shape}; count(arrays, weights, given): {variable: what is added};
    value(state, given): the value of the counts.
    """

    def metric(*args, **kwargs):
        if not graph().active:
            raise GraphError(f"tf.metrics.{name} is not supported when eager execution is enabled.")
        order = [*words, *_MORE.get(name, ("weights",))]
        given = {**dict(zip(order, args)), **kwargs}
        fed = [given.pop(word) for word in words]
        weights = given.pop("weights", None)
        scope = get_variable_scope()
        base = "/".join(filter(None, (scope.name, given.pop("name", None) or name)))
        number = next(k for k in range(10**6) if f"metric {base}_{k}" not in graph().names)
        graph().names[f"metric {base}_{number}"] = path = f"{base}_{number}" if number else base
        state = {word: _new_variable(f"{path}/{word}", size) for word, size in sizes(given).items()}
        for key in ("metrics_collections", "updates_collections"):
            given.setdefault(key, None)
        collections = given.pop("metrics_collections"), given.pop("updates_collections")

        def now(*_):
            found = value({k: v.numpy().astype(np.float64) for k, v in state.items()}, given)
            return np.asarray(found).astype(np.float32)

        def update(arrays, w):
            arrays = [np.asarray(a) for a in arrays]
            for word, more in count(arrays, w, given).items():
                state[word].assign_add(np.asarray(more, np.float32).reshape(state[word].shape))
            return now()

        needs = [v for v in (*fed, weights) if isinstance(v, Node)]
        result = defer(now, tuple(state.values()), {}, name=f"{path}/value")
        change = Update(update, (fed, weights), needs=needs, name=f"{path}/update_op")
        for collection, node in zip(collections, (result, change)):
            for key in collection or ():
                add_to_collection(key, node)
        return result, change

    metric.__name__, metric.__doc__ = name, f"tf.metrics.{name} of TensorFlow 1: (value, update)."
    return metric


# ---- means -------------------------------------------------------------------------------------------------------
def _mean_of(each):
    def count(arrays, weights, given):
        found = np.asarray(each(*arrays, given), np.float64)
        w = _weights(weights, found)
        return {"total": (found * w).sum(), "count": w.sum()}

    return count


def _scalars(given):
    return {"total": (), "count": ()}


def _mean(state, given):
    return _share(state["total"], state["count"])


def _squares(y, p, given):
    return np.square(p.astype(np.float64) - y)


def _cosine(y, p, given):
    return 1.0 - (y * p).sum(axis=given["dim"])


def _accuracy(y, p, given):
    if y.ndim == p.ndim + 1 and y.shape[-1] == 1:
        y = y[..., 0]
    return y == p


def _relative(y, p, given):
    return _share(np.abs(y - p), np.asarray(given["normalizer"]))


# ---- what is right and wrong ---------------------------------------------------------------------------------------
def _outcomes(y, p, weights):
    y, p = np.asarray(y).astype(bool), np.asarray(p).astype(bool)
    if y.shape[:1] != p.shape[-1:] and y.size == p.shape[-1]:
        y = y.reshape(-1)
    w = _weights(weights, y)
    sums = lambda hit: (hit * w).sum(axis=-1)
    return {"tp": sums(y & p), "fp": sums(~y & p), "fn": sums(y & ~p), "tn": sums(~y & ~p)}


def _at_once(arrays, weights, given):
    y, p = (a.reshape(-1) for a in arrays)
    return _outcomes(y, p, None if weights is None else np.broadcast_to(weights, arrays[0].shape).reshape(-1))


def _thresholds(given):
    if "thresholds" in given:
        return np.asarray(given["thresholds"], np.float64)
    n = given.get("num_thresholds", 200)
    return np.array([-_NEAR, *((i + 1) / (n - 1) for i in range(n - 2)), 1 + _NEAR])


def _at_thresholds(arrays, weights, given):
    y, p = (a.reshape(-1) for a in arrays)
    w = None if weights is None else np.broadcast_to(weights, arrays[0].shape).reshape(-1)
    return _outcomes(y, p[None] > _thresholds(given)[:, None], w)


def _four(given):
    return dict.fromkeys(("tp", "fp", "fn", "tn"), ())


def _four_each(given):
    return dict.fromkeys(("tp", "fp", "fn", "tn"), (len(_thresholds(given)),))


def _precision(s, given):
    return _share(s["tp"], s["tp"] + s["fp"])


def _recall(s, given):
    return _share(s["tp"], s["tp"] + s["fn"])


def _area(s, given):
    near, curve = 1e-6, given.get("curve", "ROC")
    if curve not in ("ROC", "PR"):
        raise ArgumentError(f"curve must be either ROC or PR, {curve} unknown")
    hits = (s["tp"] + near) / (s["tp"] + s["fn"] + near)
    x, y = ((s["fp"] / (s["fp"] + s["tn"] + near), hits) if curve == "ROC"
            else (hits, (s["tp"] + near) / (s["tp"] + s["fp"] + near)))  # fmt: skip
    heights = {"trapezoidal": (y[:-1] + y[1:]) / 2, "minoring": np.minimum(y[:-1], y[1:]),
               "majoring": np.maximum(y[:-1], y[1:])}  # fmt: skip
    return ((x[:-1] - x[1:]) * heights[given.get("summation_method", "trapezoidal")]).sum()


def _best(of, at, word):
    """One share where another is nearest to what is wanted."""

    def value(s, given):
        shares = {"specificity": s["tn"] / (s["tn"] + s["fp"] + _NEAR),
                  "sensitivity": s["tp"] / (s["tp"] + s["fn"] + _NEAR)}  # fmt: skip
        return shares[of][np.argmin(np.abs(shares[at] - given[word]))]

    return value


# ---- classes -----------------------------------------------------------------------------------------------------
def _confusions(arrays, weights, given):
    y, p = (a.reshape(-1).astype(np.int64) for a in arrays)
    found = np.zeros((given["num_classes"],) * 2)
    np.add.at(found, (y, p), _weights(None if weights is None else np.reshape(weights, -1), y))
    return {"total_confusion_matrix": found}


def _iou(s, given):
    table = s["total_confusion_matrix"]
    there = table.sum(0) + table.sum(1) - np.diag(table)
    return _share(_share(np.diag(table), there).sum(), (there > 0).sum())


def _per_class(s, given):
    table = s["total_confusion_matrix"]
    return _share(np.diag(table), table.sum(1)).mean()


def _table(given):
    return {"total_confusion_matrix": (given["num_classes"],) * 2}


_MORE = {
    "auc": ("weights", "num_thresholds", "metrics_collections", "updates_collections", "curve", "name",
            "summation_method", "thresholds"),
    "mean_iou": ("num_classes", "weights"), "mean_per_class_accuracy": ("num_classes", "weights"),
    "mean_relative_error": ("normalizer", "weights"), "mean_cosine_distance": ("dim", "weights"),
    "percentage_below": ("threshold", "weights"),
    "sensitivity_at_specificity": ("specificity", "weights", "num_thresholds"),
    "specificity_at_sensitivity": ("sensitivity", "weights", "num_thresholds"),
    **dict.fromkeys((f"{n}_at_thresholds" for n in (
        "precision", "recall", "true_positives", "true_negatives", "false_positives", "false_negatives")),
        ("thresholds", "weights")),
}  # fmt: skip
_OUTCOMES = {"true_positives": "tp", "false_positives": "fp", "true_negatives": "tn", "false_negatives": "fn"}
FUNCTIONS = {name: _metric(name, *row) for name, row in {
    "mean": (_scalars, _mean_of(lambda x, given: x), _mean, ("values",)),
    "accuracy": (_scalars, _mean_of(_accuracy), _mean),
    "mean_absolute_error": (_scalars, _mean_of(lambda y, p, given: np.abs(p.astype(np.float64) - y)), _mean),
    "mean_squared_error": (_scalars, _mean_of(_squares), _mean),
    "root_mean_squared_error": (_scalars, _mean_of(_squares), lambda s, given: np.sqrt(_mean(s, given))),
    "mean_relative_error": (_scalars, _mean_of(_relative), _mean),
    "mean_cosine_distance": (_scalars, _mean_of(_cosine), _mean),
    "percentage_below": (_scalars, _mean_of(lambda x, given: x < given["threshold"]), _mean, ("values",)),
    "precision": (_four, _at_once, _precision), "recall": (_four, _at_once, _recall),
    **{name: (_four, _at_once, lambda s, given, k=k: s[k]) for name, k in _OUTCOMES.items()},
    **{f"{name}_at_thresholds": (_four_each, _at_thresholds, lambda s, given, k=k: s[k])
       for name, k in _OUTCOMES.items()},
    "precision_at_thresholds": (_four_each, _at_thresholds, _precision),
    "recall_at_thresholds": (_four_each, _at_thresholds, _recall),
    "auc": (_four_each, _at_thresholds, _area),
    "sensitivity_at_specificity": (_four_each, _at_thresholds, _best("sensitivity", "specificity", "specificity")),
    "specificity_at_sensitivity": (_four_each, _at_thresholds, _best("specificity", "sensitivity", "sensitivity")),
    "mean_iou": (_table, _confusions, _iou), "mean_per_class_accuracy": (_table, _confusions, _per_class),
}.items()}  # fmt: skip
globals().update(FUNCTIONS)


def local_variables(scope=None):
    """The variables that metrics count in.

    Args:
        scope: what names begin with, or None.
    """
    return [v for v in graph().collections.get("local_variables", ()) if v.name.startswith(scope or "")]


def local_variables_initializer():
    """An operation that sets them to zero."""
    return Update(lambda: [v.assign(np.zeros(v.shape, np.float32)) for v in local_variables()] and None, name="init")
