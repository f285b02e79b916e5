"""Statistics of batches: of unmasked places, of each domain of the rows for itself, and added up over many batches."""

from typing import Any

import numpy as np

from fastnn import ops
from fastnn.core import dtypes
from fastnn.core.arguments import whole
from fastnn.core.errors import ArgumentError, DataError, ShapeError
from fastnn.graph import Variable
from fastnn.ops.functions.indexing import rows_of
from fastnn.ops.records.shards import over_shards, shard


def synchronized_moments(inputs: Any, axis: int) -> tuple[Any, Any]:
    """(mean, variance) of each element of `axis` over all shards of the batch."""
    part, axes = shard(), tuple(i for i in range(len(inputs.shape)) if i != axis)
    places = np.prod([inputs.shape[i] for i in axes]) * (part.whole / part.rows if part is not None else 1)
    factor = np.asarray(1 / places, dtypes.numpy_type(inputs.dtype))
    mean = over_shards(ops.sum(inputs, axis=axes)) * factor
    beside = tuple(inputs.shape[axis] if i == axis else 1 for i in range(len(inputs.shape)))
    squares = ops.square(inputs - ops.reshape(mean, beside))
    return mean, over_shards(ops.sum(squares, axis=axes)) * factor


def masked_moments(inputs: Any, mask: Any, axis: int, dtype: str, together: bool = False) -> tuple[Any, Any, Any]:
    """(mean, variance, number of places) of each element of `axis`, over the unmasked places only.

    together: whether those of all shards of the batch.
    """
    total = over_shards if together else _as_it_is
    weight = ops.cast(mask, dtype)
    while len(weight.shape) < len(inputs.shape):
        weight = ops.expand_dims(weight, -1)
    axes = tuple(i for i in range(len(inputs.shape)) if i != axis)
    count = total(ops.sum(weight * ops.ones_like(inputs), axis=axes, keepdims=True)) + 1e-7
    mean = total(ops.sum(inputs * weight, axis=axes, keepdims=True)) / count
    variance = total(ops.sum(ops.square(inputs - mean) * weight, axis=axes, keepdims=True)) / count
    size = (inputs.shape[axis],)
    return tuple(ops.reshape(v, size) for v in (mean, variance, count))


def _as_it_is(x: Any) -> Any:
    return x


def domain_of(layer: Any, domain: Any) -> Any:
    """The argument `domain` of a call: an int, or whole numbers (n,) for the rows."""
    name, many = f"BatchNormalization '{layer.name}'", layer.domains
    if many is None:
        raise ArgumentError(f"{name}: received a domain, but it has no `domains`; make it with domains=k.")
    if domain is None:
        raise ArgumentError(
            f"{name}: received no domain, expected layer(x, domain=d) with the domain of each row, 0 to {many - 1}."
        )
    one = whole(domain) if not getattr(domain, "shape", ()) else None
    if one is not None:
        if not 0 <= one < many:
            raise DataError(f"{name}: received domain={one}, expected 0 to {many - 1}.")
        return one
    rows = ops.convert_to_tensor(domain)
    if len(rows.shape) == 2 and rows.shape[1] == 1:
        rows = ops.squeeze(rows, axis=1)
    if len(rows.shape) != 1:
        raise ShapeError(
            f"{name}: received domain of shape {tuple(rows.shape)}, expected one for each row, (n,) or (n, 1)."
        )
    return ops.cast(rows, "int32")


def by_domain(layer: Any, inputs: Any, domain: Any, mask: Any, axis: int, training: Any) -> Any:
    """What a BatchNormalization with domains makes of inputs; training: with the statistics of the batch."""
    rank, n = len(inputs.shape), inputs.shape[0]
    order = (*(k for k in range(rank) if k != axis), axis)
    x = inputs if axis == rank - 1 else ops.transpose(inputs, order)
    if isinstance(domain, int):
        domain = ops.zeros((n,), "int32") + domain
    elif n is not None and domain.shape[0] not in (None, n):
        raise ShapeError(
            f"BatchNormalization '{layer.name}': received {domain.shape[0]} domains for {n} rows, expected as many."
        )

    def rows(values):
        """The values of each row's domain, to stand beside x."""
        found = rows_of(values, domain)
        return ops.reshape(found, (-1, *(1,) * (rank - 2), found.shape[-1]))

    if training or layer._recount is not None:
        mean, variance, places = _moments(layer, x, domain, mask, rows)
        if layer._recount is None:
            for variable, value in ((layer.moving_mean, mean), (layer.moving_variance, variance)):
                moved = variable * layer.momentum + value * (1.0 - layer.momentum)
                variable.assign(ops.where(places > 0, moved, variable))  # what has no rows keeps what it had
        else:
            layer._recount.add(mean, variance, places)
    else:
        mean, variance = layer.moving_mean, layer.moving_variance
    scale = ops.rsqrt(variance + layer.epsilon)
    scale = scale if layer.gamma is None else scale * layer.gamma
    y = (x - rows(mean)) * rows(scale)
    y = y if layer.beta is None else y + rows(layer.beta)
    back = tuple(order.index(k) for k in range(rank))
    return ops.cast(y if axis == rank - 1 else ops.transpose(y, back), layer.compute_dtype)


def _moments(layer: Any, x: Any, domain: Any, mask: Any, rows: Any) -> tuple[Any, Any, Any]:
    """(mean, variance, number of places) of each domain, (domains, channels) and (domains, 1)."""
    axes = tuple(range(1, len(x.shape) - 1))
    hot = ops.transpose(ops.one_hot(domain, layer.domains, dtype=layer.compute_dtype))  # (domains, n)
    weight = ops.ones_like(x[..., :1])
    if mask is not None:
        kept = ops.cast(mask, layer.compute_dtype)
        while len(kept.shape) < len(x.shape):
            kept = ops.expand_dims(kept, -1)
        weight = weight * kept

    def added(values):
        values = values * weight
        return ops.matmul(hot, ops.sum(values, axis=axes) if axes else values)

    places = added(ops.ones_like(weight))
    least = ops.maximum(places, 1.0)
    mean = added(x) / least
    return mean, added(ops.square(x - rows(mean))) / least, places


def recounted(layer: Any, inputs: Any, mask: Any, axis: int) -> Any:
    """Inputs by the statistics of their batch, which are added to those of the batches before."""
    if mask is not None:
        mean, variance, places = masked_moments(inputs, mask, axis, layer.compute_dtype)
        places = places[:1]
    else:
        axes = tuple(k for k in range(len(inputs.shape)) if k != axis)
        mean, variance = ops.moments(inputs, axes)
        places = np.full(1, float(np.prod([inputs.shape[k] for k in axes])))
    layer._recount.add(mean, variance, places)
    return ops.batch_normalization(inputs, mean, variance, axis, layer.beta, layer.gamma, layer.epsilon)


class Recount:
    """Mean and variance over all batches of a layer's inputs, of each of its domains; in float64.

    Added up pairwise (Chan, Golub, LeVeque, 1979), so that no large sums cancel.
    """

    def __init__(self, layer: Any) -> None:
        shape = tuple(layer.moving_mean.shape)
        make = lambda size: Variable(np.zeros(size), dtype="float64", trainable=False, autocast=False, name="recount")
        self.mean, self.squares, self.places = make(shape), make(shape), make((*shape[:-1], 1))

    def add(self, mean: Any, variance: Any, places: Any) -> None:
        """Take the statistics of a batch into account."""
        mean, variance, places = (ops.cast(v, "float64") for v in (mean, variance, places))
        before = self.places.value
        together = before + places
        share = places / ops.maximum(together, 1.0)
        step = mean - self.mean
        self.squares.assign(self.squares + variance * places + ops.square(step) * before * share)
        self.mean.assign(self.mean + step * share)
        self.places.assign(together)

    def found(self) -> tuple[Any, Any, Any]:
        """(mean, variance, number of places) as arrays."""
        places = self.places.numpy()
        return self.mean.numpy(), self.squares.numpy() / np.maximum(places, 1.0), places
