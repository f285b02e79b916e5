"""Class weights of models with several outputs, which Keras 1 and 2 took: a list or dict of dicts, one per output."""

import functools

import numpy as np

from fastnn.core.errors import ArgumentError
from fastnn.models import data


def of_outputs(class_weight, names):
    """[{class: weight} or None, ...] for the outputs in their order; None where `class_weight` is that of one output.

    >>> of_outputs([{0: 2.0}, None], ["a", "b"]), of_outputs({"b": {1: 3.0}}, ["a", "b"]), of_outputs({0: 2.0}, ["a"])
    ([{0: 2.0}, None], [None, {1: 3.0}], None)
    """
    if isinstance(class_weight, (list, tuple)):
        if len(class_weight) != len(names):
            raise ArgumentError(
                f"class_weight: received a list of {len(class_weight)} dicts, expected one (or None) for each of the "
                f"{len(names)} outputs."
            )
        return list(class_weight)
    if not isinstance(class_weight, dict) or not class_weight.keys() & set(names):
        return None
    unknown = sorted(str(name) for name in class_weight.keys() - set(names))
    if unknown:
        raise ArgumentError(f"class_weight: received {', '.join(unknown)}, expected names of outputs: {names}.")
    return [class_weight.get(name) for name in names]


def class_weights_of_outputs(arrays_today):
    """`_arrays` of models, which turns such class weights into sample weights, times those that are given."""

    @functools.wraps(arrays_today)
    def _arrays(self, x, y, sample_weight, class_weight=None, what="fit", **how):
        names = getattr(self, "output_names", None) or []
        each = of_outputs(class_weight, list(names)) if len(names) > 1 else None
        if each is None:
            return arrays_today(self, x, y, sample_weight, class_weight, what, **how)
        targets = [y[name] for name in names] if isinstance(y, dict) else list(y)
        given = sample_weight if isinstance(sample_weight, (list, tuple)) else [sample_weight] * len(names)
        weights = [_of_one(np.asarray(t), c, w) for t, c, w in zip(targets, each, given)]
        whole = dict(zip(names, weights)) if isinstance(y, dict) else weights
        return arrays_today(self, x, y, whole, None, what, **how)

    return _arrays


def _of_one(target, class_weight, sample_weight):
    ones = np.ones(len(target), "float32") if sample_weight is None else np.asarray(sample_weight)
    return ones if class_weight is None else ones * data.class_weights(target, class_weight)
