"""Statistics of BatchNormalization counted anew over data: `model.recalibrate_batchnorm`."""

from typing import Any

import numpy as np

from fastnn.core.errors import ArgumentError, DataError
from fastnn.layers.batch_normalization import BatchNormalization
from fastnn.layers.batch_statistics import Recount
from fastnn.layers.tracking import structure_changed


def recalibrate_batchnorm(
    model: Any, x: Any, batch_size: int | None = None, steps: int | None = None, layers: Any = None
) -> Any:
    """See Model.recalibrate_batchnorm."""
    own = [one for one in model._flatten_layers() if isinstance(one, BatchNormalization)]
    chosen = own if layers is None else [model.get_layer(v) if isinstance(v, str) else v for v in layers]
    strange = [getattr(v, "name", v) for v in chosen if not any(v is one for one in own)]
    if strange or not chosen:
        raise ArgumentError(
            f"recalibrate_batchnorm: model '{model.name}' has BatchNormalization layers {[v.name for v in own]}"
            + (f"; received {strange}." if strange else ", expected at least one.")
        )
    if not model.built:
        model.predict(x, batch_size=batch_size, steps=1, verbose=0)  # makes the weights
    counts = [Recount(one) for one in chosen]
    try:
        _count_by(model, chosen, counts)
        model.predict(x, batch_size=batch_size, steps=steps, verbose=0)
    finally:
        _count_by(model, chosen, [None] * len(chosen))
    found = [count.found() for count in counts]
    for one, (mean, variance, _) in zip(chosen, found):
        if not (np.isfinite(mean).all() and np.isfinite(variance).all()):
            raise DataError(
                f"recalibrate_batchnorm: the inputs of layer '{one.name}' are not finite. No statistics were changed."
            )
    for one, (mean, variance, places) in zip(chosen, found):
        deviation = np.sqrt(variance + one.epsilon)
        for name, value in (
            ("moving_mean", mean),
            ("moving_variance", variance),
            *(
                (("moving_stddev", deviation), ("renorm_mean", mean), ("renorm_stddev", deviation))
                if one.renorm
                else ()
            ),
        ):
            variable = getattr(one, name)
            variable.assign(np.where(places > 0, value, variable.numpy()))
    return model


def _count_by(model, layers, counts):
    """Let the layers add their statistics to these, or to None; plans that are there know nothing of it."""
    for layer, count in zip(layers, counts):
        object.__setattr__(layer, "_recount", count)
    structure_changed()
    model._trainer().shared.revision += 1
