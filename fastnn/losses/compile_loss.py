"""The loss that `compile` was given, for all outputs of a model: one total, and a running mean per output."""

import warnings
from typing import NamedTuple

from fastnn import ops
from fastnn.core.errors import ArgumentError, UnknownNameError
from fastnn.graph import Variable
from fastnn.losses import identifiers
from fastnn.losses.classes import wrap
from fastnn.losses.loss import Loss
from fastnn.losses.regression import number
from fastnn.losses.targets import (
    as_list,
    check_keys,
    is_nested,
    key_in,
    label_kind,
    leaves,
    outputs_of,
    per_output,
    resolve,
)
from fastnn.metrics.reduction import Mean


class Part(NamedTuple):
    """One term of the total loss: which output, which loss, its weight, its name."""

    index: int
    loss: Loss
    weight: float | Variable | None
    name: str


def by_shape(identifier):
    """Whether a name stands for the cross-entropy that fits the shapes."""
    return isinstance(identifier, str) and identifier.lower() in ("crossentropy", "ce")


def resolve_loss(identifier, y_true, y_pred):
    """The Loss for what a user wrote; "crossentropy" is chosen by the shapes of y_true and y_pred."""
    found = identifier
    if by_shape(identifier):
        kind = label_kind(tuple(y_true.shape), tuple(y_pred.shape))
        prefix = {"binary": "binary_", "sparse": "sparse_categorical_", "categorical": "categorical_"}[kind]
        found = prefix + "crossentropy"
    obj = identifiers.get(found)
    if isinstance(obj, Loss):
        return obj
    name = identifier if isinstance(identifier, str) else getattr(obj, "__name__", type(obj).__name__)
    return wrap(obj, name)


class CompileLoss:
    """`loss` and `loss_weights` of `compile`, resolved against the outputs of a model.

    loss: a name, function or Loss (for every output); a list, one entry per output (None = no loss there);
    a dict by output name; for a model of one output also a list of losses that are added.
    loss_weights: None, a number, a list or a dict of numbers; a Variable is read at each step.
    output_names: the model's, in output order.

    Call it inside a trace: `total = compile_loss(y_true, y_pred, sample_weight)`.  With more than one part each
    part's unweighted mean is kept in `metrics` under "<output>_loss".
    Raises UnknownNameError (names, keys), ArgumentError (types, lengths), DataError (targets that do not match).

    >>> from fastnn.graph import Trace
    >>> with Trace() as t:
    ...     total = CompileLoss("mse")(t.input((4, 1), "float32"), t.input((4, 1), "float32"))
    >>> total.shape
    ()
    """

    def __init__(self, loss, loss_weights=None, output_names=None, structure=None):
        single = isinstance(loss_weights, (int, float, Variable)) and not isinstance(loss_weights, bool)
        if loss_weights is not None and not single and not is_nested(loss_weights):
            raise ArgumentError(
                "Expected `loss_weights` argument to be a float (single output case) or a list, tuple, "
                f"or dict (multiple output case). Received instead: loss_weights={loss_weights!r} of "
                f"type {type(loss_weights).__name__}."
            )
        wrong = next((w for w in leaves(loss_weights) if w is not None and (isinstance(w, str) or callable(w))), None)
        if wrong is not None:
            raise ArgumentError(
                f"`loss_weights` must be numbers. Received: {wrong!r}. The third argument of compile() "
                "is loss_weights; write metrics=[...] by name."
            )
        self.loss, self.loss_weights = loss, loss_weights
        self.output_names = list(output_names) if output_names else None
        self.name, self.built = "compile_loss", False
        self.parts, self.metrics = [], []
        for identifier in leaves(loss):
            if not by_shape(identifier):
                identifiers.get(identifier)  # so that compile() reports a wrong name, not fit()
        if structure is not None:
            self.outputs = outputs_of(structure, self.output_names)
            self._specification()

    @property
    def variables(self):
        """The variables of the running means."""
        return [v for m in self.metrics for v in m.variables]

    def reset_state(self):
        """Set the running means back."""
        for m in self.metrics:
            m.reset_state()

    def result(self):
        """{"<output>_loss": mean} for models with more than one loss, else {}."""
        return {m.name: m.result() for m in self.metrics}

    def build(self, y_true, y_pred):
        """Resolve losses against outputs; y_true and y_pred are structures of anything with a shape."""
        self.outputs = outputs_of(y_pred, self.output_names)
        spec = self._specification()
        weights = self._weights(spec)
        targets = self._targets(y_true, spec)
        self.parts = []
        for i, (output, losses, ws) in enumerate(zip(self.outputs, spec, weights)):
            for identifier, w in zip(losses, ws):
                if targets[i] is None:
                    raise ArgumentError(
                        f"Output {output.name or i!r} has a loss but no target: pass y for it, or set its loss to None."
                    )
                loss = resolve_loss(identifier, targets[i], resolve(y_pred, output.path))
                self.parts.append(Part(i, loss, w, self._unique(output.name or loss.name)))
        if isinstance(self.loss, dict) and isinstance(y_pred, dict):  # Keras goes by the order they were written in
            place = {key: i for i, key in enumerate(self.loss)}
            self.parts.sort(key=lambda part: place[key_in(self.loss, self.outputs[part.index])])
        if len(self.parts) > 1:
            self.metrics = [Mean(name=f"{p.name}_loss") for p in self.parts]
        self.built = True

    def given(self, y_pred):
        """For each output of a prediction structure, in order, its losses as the user wrote them."""
        if not self.built:
            self.outputs = outputs_of(y_pred, self.output_names)
        return self._specification()

    def _unique(self, name):
        taken = {p.name for p in self.parts}
        i = 0
        while (f"{name}_{i}" if i else name) in taken:
            i += 1
        return f"{name}_{i}" if i else name

    def _specification(self):
        """For each output the list of its losses (what the user wrote)."""
        loss, outputs = self.loss, self.outputs
        n = len(outputs)
        if not is_nested(loss):
            return [as_list(loss)] * n
        if isinstance(loss, dict):
            return self._by_key(loss, "loss", as_list)
        flat = list(loss)
        if len(flat) == n:
            return [as_list(entry) for entry in flat]
        if n == 1:
            return [[entry for entry in leaves(loss) if entry is not None]]
        raise ArgumentError(
            f"`loss` has {len(flat)} entries, but the model has {n} outputs "
            f"({', '.join(str(o.name) for o in outputs)}): pass one loss for all, a list of {n} (None "
            "for outputs without a loss), or a dict by output name."
        )

    def _by_key(self, table, what, convert):
        check_keys(table, self.outputs, what)
        out = []
        for o in self.outputs:
            key = key_in(table, o)
            value = table.get(key)
            if is_nested(value) and len(o.path) > 1:
                value = resolve(value, o.path[1:])
            if key is None and len(self.outputs) == 1:
                raise UnknownNameError(f"`{what}` has no entry for the only output: received keys {list(table)}.")
            if key is None and what == "loss":
                warnings.warn(
                    f"Output {o.name!r} is missing from the loss dictionary: it is trained without a loss. "
                    f"Write {o.name!r}: None to say so.",
                    stacklevel=5,
                )
            out.append(convert(value))
        return out

    def _weights(self, spec):
        """For each output the weights of its losses (None = 1)."""
        weights = self.loss_weights
        total = sum(map(len, spec))
        if weights is None:
            return [[None] * len(s) for s in spec]
        if isinstance(weights, dict):
            given = self._by_key(weights, "loss_weights", lambda w: w)
            out = [list(w) if is_nested(w) else [w] * len(s) for w, s in zip(given, spec)]
            if any(len(w) != len(s) for w, s in zip(out, spec)):
                raise ArgumentError(
                    f"`loss_weights` must match the number of losses. Received: loss_weights={weights!r}."
                )
            return out
        flat = leaves(weights)
        if len(flat) == len(spec) and all(len(s) <= 1 for s in spec):
            return [[w] * len(s) for w, s in zip(flat, spec)]
        if len(flat) != total:
            raise ArgumentError(
                f"`loss_weights` must match the number of losses, got {total} losses and {len(flat)} "
                f"weights. Received: loss_weights={weights!r}."
            )
        it = iter(flat)
        return [[next(it) for _ in s] for s in spec]

    def _targets(self, y_true, spec):
        empty = [i for i, s in enumerate(spec) if not s]
        return per_output(y_true, self.outputs, "y", optional=empty)

    def __call__(self, y_true, y_pred, sample_weight=None):
        """The weighted sum of all parts (a symbol in a trace, an array outside); None without any loss."""
        if not self.built:
            self.build(y_true, y_pred)
        without = [i for i in range(len(self.outputs)) if all(p.index != i for p in self.parts)]
        targets = per_output(y_true, self.outputs, "y", optional=without)
        n = len(self.outputs)
        weights = (
            per_output(sample_weight, self.outputs, "sample_weight", optional=range(n))
            if is_nested(sample_weight)
            else [sample_weight] * n
        )
        total = None
        for k, part in enumerate(self.parts):
            prediction = resolve(y_pred, self.outputs[part.index].path)
            value = part.loss(targets[part.index], prediction, weights[part.index])
            if tuple(value.shape) != ():
                value = ops.mean(value)  # reduction "none" in compile means the plain mean
            if self.metrics:
                self.metrics[k].update_state(value, sample_weight=prediction.shape[0])
            if part.weight is not None:
                value = ops.multiply(value, number(part.weight, value))
            total = value if total is None else ops.add(total, value)
        return total
