"""The loss that `compile` was given, for all outputs of a model: one total, and a running mean per output."""

from typing import NamedTuple

from fastnn import ops
from fastnn.core.errors import ArgumentError
from fastnn.core.tree import flatten as leaves
from fastnn.core.tree import is_nested, map_structure, pack, same_structure
from fastnn.core.types import is_function
from fastnn.graph import Variable
from fastnn.losses import identifiers
from fastnn.losses.classes import wrap
from fastnn.losses.loss import Loss
from fastnn.losses.regression import number
from fastnn.losses.targets import label_kind, outputs_of, per_output, resolve
from fastnn.losses.terms import target_at, terms_of
from fastnn.metrics.reduction import Mean


class Part(NamedTuple):
    """One term of the total loss: which output (None for several), which loss, its weight, its name, its place."""

    index: int | None
    loss: Loss
    weight: float | Variable | None
    name: str
    path: tuple


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

    def __init__(self, loss, loss_weights=None, output_names=None):
        single = isinstance(loss_weights, (int, float, Variable)) and not isinstance(loss_weights, bool)
        if loss_weights is not None and not single and not is_nested(loss_weights):
            raise ArgumentError(
                "Expected `loss_weights` argument to be a float (single output case) or a list, tuple, "
                f"or dict (multiple output case). Received instead: loss_weights={loss_weights!r} of "
                f"type {type(loss_weights).__name__}."
            )
        weights = (w for w in leaves(loss_weights) if w is not None)
        wrong = next((w for w in weights if isinstance(w, str) or is_function(w)), None)
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
        self.outputs, self._structure = outputs_of(y_pred, self.output_names), map_structure(id, y_pred)
        terms = terms_of(self.loss, self.loss_weights, y_pred, self.outputs)
        self._without = self._uncovered(terms)
        targets = self._targets(y_true, y_pred)
        places = {o.path: i for i, o in enumerate(self.outputs)}
        self.parts = []
        for term in terms:
            index = places.get(term.path)
            name = self._name(term.path) if index is None else self.outputs[index].name
            target = target_at(targets, term.path)
            if target is None:
                raise ArgumentError(
                    f"Output {name or index!r} has a loss but no target: pass y for it, or set its loss to None."
                )
            loss = resolve_loss(term.identifier, target, resolve(y_pred, term.path))
            self.parts.append(Part(index, loss, term.weight, self._unique(name or loss.name), term.path))
        self.metrics = [Mean(name=f"{p.name}_loss") for p in self.parts] if len(self.parts) > 1 else []
        self.built = True

    def given(self, y_pred):
        """For each output of a prediction structure, in order, its losses as the user wrote them."""
        outputs = outputs_of(y_pred, self.output_names)
        terms = terms_of(self.loss, None, y_pred, outputs)
        return [[t.identifier for t in terms if t.path == o.path] for o in outputs]

    def _name(self, path):
        """The name of a loss that looks at several outputs."""
        return "/".join(map(str, path)) or "_".join(str(o.name) for o in self.outputs if o.name is not None)

    def _uncovered(self, terms):
        """The positions of outputs that no loss looks at."""
        return [i for i, o in enumerate(self.outputs) if all(o.path[: len(t.path)] != t.path for t in terms)]

    def _unique(self, name):
        taken = {p.name for p in self.parts}
        i = 0
        while (f"{name}_{i}" if i else name) in taken:
            i += 1
        return f"{name}_{i}" if i else name

    def _targets(self, y_true, y_pred):
        """The targets in the structure of the outputs, None where there is none."""
        return pack(y_pred, per_output(y_true, self.outputs, "y", optional=self._without))

    def __call__(self, y_true, y_pred, sample_weight=None):
        """The weighted sum of all parts (a symbol in a trace, an array outside); None without any loss."""
        if not self.built:
            self.build(y_true, y_pred)
        if not same_structure(y_pred, self._structure):
            y_pred = pack(self._structure, per_output(y_pred, self.outputs, "y_pred"))
        targets, n = self._targets(y_true, y_pred), len(self.outputs)
        weights = sample_weight
        if is_nested(sample_weight):
            weights = pack(y_pred, per_output(sample_weight, self.outputs, "sample_weight", optional=range(n)))
        total = None
        for k, part in enumerate(self.parts):
            prediction = resolve(y_pred, part.path)
            weight = resolve(weights, part.path) if weights is not sample_weight else weights
            value = part.loss(resolve(targets, part.path), prediction, weight)
            if tuple(value.shape) != ():
                value = ops.mean(value)  # reduction "none" in compile means the plain mean
            if self.metrics:
                self.metrics[k].update_state(value, sample_weight=leaves(prediction)[0].shape[0])
            if part.weight is not None:
                value = ops.multiply(value, number(part.weight, value))
            total = value if total is None else ops.add(total, value)
        return total
