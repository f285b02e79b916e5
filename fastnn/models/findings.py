"""What `model.check` looks for: one function per kind of finding, each a generator of them, in one table.

A check reads data and model and changes nothing. Rows beyond LOOKED_AT are left out where a look at some is enough.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from fastnn import losses
from fastnn.core import hooks
from fastnn.core.errors import FastnnError
from fastnn.core.types import Array
from fastnn.layers.events import live_events
from fastnn.losses.compile_loss import by_shape
from fastnn.losses.targets import label_kind
from fastnn.models.data import flatten

LOOKED_AT = 10_000  # rows that samples are taken of
SAMPLE = 256  # rows that the model predicts


class Finding(NamedTuple):
    """One thing that `model.check` found.

    id: a short name of its kind; level: "error" (training fails, or learns nothing), "warning" (most likely a mistake)
    or "note"; reason: what was seen; advice: what to do.
    """

    id: str
    level: str
    reason: str
    advice: str

    def __str__(self) -> str:
        return f"{self.level:7} {self.id}: {self.reason}. {self.advice}."


@dataclass
class Case:
    """A model and the data that it is to be trained on, as arrays; lists have an entry per input or output.

    split: whether the validation rows stood behind those of x, for validation_split.
    """

    model: Any
    x: list[Array]
    y: list[Array]
    x_val: list[Array] = field(default_factory=list)
    y_val: list[Array] = field(default_factory=list)
    batch_size: int = 32
    split: bool = False

    def outputs(self, y: list[Array] | None = None) -> list[Output]:
        """Each output with its loss and its targets in y, by default the training data's; none where there are none."""
        model = self.model
        if not getattr(model, "outputs", None) or not model.compiled:
            return []
        given = model._compile_loss.given(model.output)
        y = self.y if y is None else y
        targets = y if len(y) == len(given) else [None] * len(given)
        return [
            Output(symbol, losses.get(loss), target, *_activation(symbol))
            for symbol, several, target in zip(model.outputs, given, targets)
            for loss in several
            if loss is not None and not by_shape(loss)
        ]


class Output(NamedTuple):
    """One output of a model: its symbol, loss, targets (None without), activation and the layer that has it."""

    symbol: Any
    loss: Any
    target: Array | None
    activation: str
    layer: str

    @property
    def kind(self) -> str:
        """The name of the loss as a function: "binary_crossentropy"."""
        own = getattr(self.loss, "fn", self.loss)
        return str(getattr(own, "__name__", type(own).__name__))

    @property
    def logits(self) -> bool:
        """Whether the loss was told that it gets logits."""
        return bool(getattr(self.loss, "_fn_kwargs", {}).get("from_logits", False))


def _activation(symbol: Any) -> tuple[str, str]:
    """(name of the activation that made a symbol, name of its layer); "" for another kind of layer."""
    layer = symbol.origin.operation
    if type(layer).__name__ in ("Softmax", "ReLU", "Sigmoid"):
        return type(layer).__name__.lower(), layer.name
    return getattr(getattr(layer, "activation", None), "__name__", ""), layer.name


def _named(what: str, arrays: list[Array]) -> Iterator[tuple[str, Array]]:
    for i, a in enumerate(arrays):
        yield (what if len(arrays) == 1 else f"{what}[{i}]"), a


def _list(values: Any, most: int = 5) -> str:
    values = list(values)
    more = f" and {len(values) - most} more" if len(values) > most else ""
    return ", ".join(map(str, values[:most])) + more


# ------------------------------------------------------------------ the data alone
def finite(case: Case) -> Iterator[Finding]:
    """NaN and infinity."""
    for name, a in (*_named("x", case.x), *_named("y", case.y)):
        if a.dtype.kind == "f" and not np.isfinite(a).all():
            rows = np.flatnonzero(~np.isfinite(a.reshape(len(a), -1)).all(axis=1))
            yield Finding(
                "not-finite", "error", f"{name} has NaN or infinity in {len(rows):,} of {len(a):,} rows (rows "
                f"{_list(rows)})", "Leave these rows out or fill them in; one of them makes all weights NaN",
            )  # fmt: skip


def constant(case: Case) -> Iterator[Finding]:
    """Columns that say nothing."""
    for name, a in _named("x", case.x):
        if a.ndim == 2 and len(a) > 1 and a.dtype.kind in "fiub":
            columns = np.flatnonzero((a == a[:1]).all(axis=0))
            if len(columns):
                yield Finding(
                    "constant-column", "warning", f"{name} has {len(columns)} of {a.shape[1]} columns with one value "
                    f"in all rows (columns {_list(columns)})", "Leave them out: they say nothing",
                )  # fmt: skip


SCALING = ("Rescaling", "Normalization", "BatchNormalization", "LayerNormalization", "Embedding", "Discretization",
           "CategoryEncoding", "Hashing", "IntegerLookup", "Lambda")  # fmt: skip


def scale(case: Case) -> Iterator[Finding]:
    """Pixels from 0 to 255, and columns of very different sizes, that no layer brings to one size."""
    for layer in _layers(case.model):
        if type(layer).__name__ in SCALING:
            return
        if layer.weights:
            break
    for name, a in _named("x", case.x):
        a = a[:LOOKED_AT]
        if a.ndim >= 3 and a.dtype.kind in "fiu" and a.max(initial=0) > 50 and a.min(initial=0) >= 0:
            yield Finding(
                "unscaled-images", "warning", f"{name} has values from {a.min():g} to {a.max():g}",
                "Divide it by 255, or make layers.Rescaling(1 / 255) the first layer",
            )  # fmt: skip
        elif a.ndim == 2 and a.dtype.kind in "fiu" and len(a) > 1 and np.isfinite(a).all():
            size = np.abs(a).max(axis=0)
            size = size[size > 0]
            if len(size) and (size.max() > 100 or size.max() / size.min() > 1000):
                yield Finding(
                    "unscaled-columns", "warning", f"the largest values of the columns of {name} are from "
                    f"{size.min():.3g} to {size.max():.3g}",
                    "Bring them to one size: subtract the mean and divide by the standard deviation, as "
                    "layers.Normalization with adapt(x) does",
                )  # fmt: skip


def duplicates(case: Case) -> Iterator[Finding]:
    """Rows that are in the training and in the validation data."""
    if not case.x_val or not case.x:
        return
    known = {row.tobytes() for row in np.ascontiguousarray(case.x[0][:LOOKED_AT])}
    rows = np.ascontiguousarray(case.x_val[0][:LOOKED_AT].astype(case.x[0].dtype, copy=False))
    both = sum(row.tobytes() in known for row in rows)
    if both:
        yield Finding(
            "shared-rows", "warning", f"{both:,} of {len(rows):,} validation rows are training rows as well",
            "Take them out of one of the two: validation is to show what the model does with rows that it has not seen",
        )  # fmt: skip


# ------------------------------------------------------------------ labels
def classes_of(out: Output) -> Array | None:
    """The labels of a classification as one column of ints, or None."""
    y = out.target
    if y is None or "crossentropy" not in out.kind or y.dtype.kind not in "fiub":
        return None
    if y.ndim > 1 and y.shape[-1] > 1 and "sparse" not in out.kind:
        return y.argmax(axis=-1).reshape(-1) if out.kind == "categorical_crossentropy" else None
    flat = y.reshape(-1)
    return flat if np.array_equal(flat, np.floor(flat)) else None


def balance(case: Case) -> Iterator[Finding]:
    """Classes of which there are few."""
    for out in case.outputs():
        labels = classes_of(out)
        if labels is None or not len(labels):
            continue
        values, counts = np.unique(labels, return_counts=True)
        if len(values) == 1:
            yield Finding(
                "one-class", "error", f"all {len(labels):,} labels are {values[0]:g}",
                "Nothing can be learned from one class; look at how y is made",
            )  # fmt: skip
        elif counts.max() >= 10 * counts.min():
            yield Finding(
                "class-balance", "warning", f"class {values[counts.argmax()]:g} has {counts.max():,} rows, class "
                f"{values[counts.argmin()]:g} has {counts.min():,}: always saying the first is right in "
                f"{counts.max() / counts.sum():.0%}",
                "Give fit class_weight, and look at the metrics of each class",
            )  # fmt: skip


def order(case: Case) -> Iterator[Finding]:
    """Labels in order, of which validation_split takes the last."""
    if not case.split:
        return
    for out, held in zip(case.outputs(), case.outputs(case.y_val)):
        first, last = classes_of(out), classes_of(held)
        if first is None or last is None:
            continue
        labels = np.concatenate([first, last])
        missing = sorted(set(np.unique(last)) - set(np.unique(first)))
        if missing or (len(labels) > 2 and (np.diff(labels) >= 0).all() and labels[0] != labels[-1]):
            yield Finding(
                "sorted-labels", "error" if missing else "warning",
                f"validation_split takes the last {len(last):,} rows"
                + (f", and class {_list(f'{m:g}' for m in missing)} is in none of the others" if missing
                   else ", and the labels are sorted"),
                "Shuffle x and y together first: order = np.random.permutation(len(x)); x, y = x[order], y[order]",
            )  # fmt: skip


def labels(case: Case) -> Iterator[Finding]:
    """Labels that do not go with the loss or with the number of units."""
    for out in case.outputs():
        y, units = out.target, out.symbol.shape[-1]
        if y is None or y.dtype.kind not in "fiub" or not y.size:
            continue
        low, high = y.min(), y.max()
        if "sparse_categorical" in out.kind:
            if y.ndim == len(out.symbol.shape) and y.shape[-1] == units > 1:
                yield Finding(
                    "labels-one-hot", "error", f"y has a column per class (shape {y.shape}), and the loss wants "
                    "numbers of classes", "Use loss='categorical_crossentropy', or y.argmax(axis=-1)",
                )  # fmt: skip
            elif units is not None and (low < 0 or high >= units):
                yield Finding(
                    "labels-range", "error", f"the labels are from {low:g} to {high:g}, and {out.layer!r} has {units} "
                    f"units: classes are numbered from 0 to {units - 1}",
                    f"Give the layer {int(high) + 1} units" if low >= 0 else "Number the classes from 0",
                )  # fmt: skip
        elif "categorical_crossentropy" in out.kind and "binary" not in out.kind:
            if label_kind(y.shape, out.symbol.shape) == "sparse" or (y.ndim < len(out.symbol.shape)):
                yield Finding(
                    "labels-numbers", "error", f"y has numbers of classes (shape {y.shape}), and the loss wants a "
                    "column per class", "Use loss='sparse_categorical_crossentropy'",
                )  # fmt: skip
            elif low < 0 or not np.allclose(y.sum(axis=-1), 1, atol=1e-3):
                yield Finding(
                    "labels-sum", "warning", "the rows of y do not sum to 1",
                    "Use 'binary_crossentropy' and a sigmoid where several labels hold at once",
                )  # fmt: skip
        elif "binary" in out.kind and (low < 0 or high > 1):
            yield Finding(
                "labels-binary", "error", f"the labels are from {low:g} to {high:g}, and the loss wants 0 and 1",
                "Use (y + 1) / 2 for -1 and 1; for more than two classes 'sparse_categorical_crossentropy' and a "
                "softmax with a unit per class",
            )  # fmt: skip


# ------------------------------------------------------------------ the model
BOUNDS = {"sigmoid": (0, 1), "softmax": (0, 1), "tanh": (-1, 1), "relu": (0, np.inf), "hard_sigmoid": (0, 1)}


def outputs(case: Case) -> Iterator[Finding]:
    """Activations of outputs that do not go with the loss."""
    for out in case.outputs():
        units = out.symbol.shape[-1]
        entropy, made = "crossentropy" in out.kind, f"{out.activation} of {out.layer!r}"
        if out.activation == "softmax" and units == 1:
            yield Finding(
                "softmax-one-unit", "error", f"the {made} has one unit, and is always 1", "Use activation='sigmoid'",
            )  # fmt: skip
        elif entropy and out.logits and out.activation in ("softmax", "sigmoid"):
            yield Finding(
                "from-logits", "warning", f"the loss is told from_logits=True, and gets the {made}",
                "Take the activation out of the layer, or from_logits out of the loss",
            )  # fmt: skip
        elif entropy and not out.logits and out.activation in ("linear", "relu", "tanh"):
            fit = "sigmoid" if "binary" in out.kind else "softmax"
            yield Finding(
                "no-probabilities", "error", f"the loss wants probabilities, and gets the {made}",
                f"Use activation={fit!r}, or a loss with from_logits=True",
            )  # fmt: skip
        elif out.activation == "sigmoid" and "categorical" in out.kind and units != 1:
            yield Finding(
                "sigmoid-classes", "warning", f"the loss is for one class of several, and gets the {made}",
                "Use activation='softmax'",
            )  # fmt: skip
        elif not entropy and out.target is not None and out.activation in BOUNDS and out.target.dtype.kind in "fiub":
            low, high = BOUNDS[out.activation]
            if out.target.size and (out.target.min() < low or out.target.max() > high):
                yield Finding(
                    "targets-out-of-reach", "error", f"the targets are from {out.target.min():g} to "
                    f"{out.target.max():g}, and the {made} gives numbers from {low:g} to {high:g}",
                    "Take the activation out of the last layer",
                )  # fmt: skip


def last_batch(case: Case) -> Iterator[Finding]:
    """A last batch of one row, whose variance is 0."""
    names = [layer.name for layer in _layers(case.model) if type(layer).__name__ == "BatchNormalization"]
    if names and case.x and len(case.x[0]) > 1 and len(case.x[0]) % case.batch_size == 1:
        yield Finding(
            "batch-of-one", "warning", f"{len(case.x[0]):,} rows in batches of {case.batch_size} end with a batch of "
            f"one, and {_list(map(repr, names))} normalises over a batch: its output is constant there",
            "Leave one row out, or take another batch_size",
        )  # fmt: skip


def dead(case: Case) -> Iterator[Finding]:
    """Layers whose units are 0 for all of the data before the first step: no gradient reaches them."""
    model = case.model
    numbers = all(a.dtype.kind in "iub" or (a.dtype.kind == "f" and np.isfinite(a[:SAMPLE]).all()) for a in case.x)
    if not case.x or not numbers or len(getattr(model, "inputs", None) or ()) != len(case.x):
        return
    found = [layer for layer in _layers(model) if _activation_of(layer) == "relu" and len(live_events(layer)) == 1]
    if not found:
        return
    inner = hooks.call("functional")(model.inputs, [live_events(layer)[0].output for layer in found], name="check")
    x = [a[:SAMPLE] for a in case.x]
    try:
        seen = flatten(inner.predict(x[0] if len(x) == 1 else x, verbose=0))
    except FastnnError as error:
        yield Finding("input-shape", "error", str(error).rstrip("."), "Training refuses the data for that reason")
        return
    for layer, values in zip(found, seen):
        share = (values.reshape(-1, values.shape[-1]) == 0).all(axis=0).mean()
        if share > 0.9:
            yield Finding(
                "dead-layer", "error" if share == 1 else "warning", f"{share:.0%} of the units of {layer.name!r} are 0 "
                f"for all of {len(values)} rows", "Scale the inputs, look at its initializers, or use 'leaky_relu'",
            )  # fmt: skip


def _activation_of(layer: Any) -> str:
    if type(layer).__name__ == "ReLU":
        return "relu"
    return getattr(getattr(layer, "activation", None), "__name__", "")


def _layers(model: Any) -> list[Any]:
    return [layer for layer in getattr(model, "layers", ()) if type(layer).__name__ != "InputLayer"]


CHECKS: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    finite, constant, scale, duplicates, balance, order, labels, outputs, last_batch, dead,
)  # fmt: skip
