"""What compile() made of a model up to Keras 2: symbols of targets and weights of rows, and the loss that follows.

`K.function([model.inputs[0], model.sample_weights[0], model.targets[0]], K.gradients(model.total_loss, weights))`
shows gradients of a model's own loss.
"""

import copy

import numpy as np

from fastnn import ops
from fastnn.core.errors import CallOrderError
from fastnn.layers import Input, Layer
from fastnn.layers.leaf import symbol_like


class TotalLoss(Layer):
    """The loss of a compiled model, of what it gives, targets, weights of rows, and losses added to its graph."""

    def __init__(self, model, **kwargs):
        super().__init__(**kwargs)
        object.__setattr__(self, "model", model)  # not a layer inside: the model's layers are in the graph already

    def call(self, given, targets, weights, added):
        """A scalar.

        Args:
            given, targets, weights, added: lists of symbols.
        """
        compiled = copy.copy(self.model._compile_loss)
        one = len(given) == 1
        total = compiled(*(x[0] if one else list(x) for x in (targets, given, weights)))
        for loss in added:
            total = ops.add(total, ops.sum(loss))
        for v in self.model.trainable_weights:
            if getattr(v, "regularizer", None) is not None:
                total = ops.add(total, ops.sum(v.regularizer(v)))
        return total

    def compute_output_spec(self, given, *rest):
        return symbol_like((), given[0].dtype)


def _made(model):
    """(targets, weights, total) of a model, made once for what it was compiled with."""
    compiled = model._compile_loss
    if compiled is None:
        raise CallOrderError("total_loss: the model has no loss yet; call compile().")
    kept = model.__dict__.get("_of_years")
    if kept is not None and kept[0] is compiled:
        return kept[1]
    sparse = "sparse" in str(model.loss)
    targets, weights = [], []
    for name, x in zip(model.output_names, model.outputs):
        shape = (*x.shape[1:-1], 1) if sparse else x.shape[1:]
        targets.append(Input(tuple(shape), name=f"{name}_target"))
        weights.append(Input((), name=f"{name}_sample_weights"))
    added = list(getattr(model, "_symbolic_losses", ()) or ())
    total = TotalLoss(model, name=f"{model.name}_total_loss")(list(model.outputs), targets, weights, added)
    object.__setattr__(model, "_of_years", (compiled, (targets, weights, total)))
    return targets, weights, total


def _standardize_user_data(self, x, y=None, sample_weight=None, *args, **kwargs):
    """(inputs, targets, weights of rows) as lists of arrays.

    Args:
        x, y, sample_weight: as of train_on_batch; without targets there are no weights.
        args, kwargs: of no effect.
    """
    y = [] if y is None else y
    x, y = ([np.asarray(p) for p in (part if isinstance(part, (list, tuple)) else [part])] for part in (x, y))
    if sample_weight is None:
        weights = [np.ones(len(p), "float32") for p in y]
    else:
        weights = [np.asarray(w) for w in (sample_weight if isinstance(sample_weight, list) else [sample_weight])]
    return x, y, weights


def _part(index, doc):
    """The property of a part; lists are empty as long as there is no loss."""
    return property(lambda self: [] if index < 2 and self._compile_loss is None else _made(self)[index], doc=doc)


PROPERTIES = {
    "targets": _part(0, "Symbols of the targets, an Input for each output."),
    "_feed_targets": _part(0, "Symbols of the targets, an Input for each output."),
    "sample_weights": _part(1, "Symbols of the weights of rows, an Input for each output."),
    "_feed_sample_weights": _part(1, "Symbols of the weights of rows, an Input for each output."),
    "total_loss": _part(2, "The loss of compile() as a symbol."),
    "_standardize_user_data": _standardize_user_data,
}
