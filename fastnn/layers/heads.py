"""How the axes of projected queries, keys and values are laid out while heads attend."""

import math

from fastnn import ops


class HeadLayout:
    """From (batch, ..., heads, size) to (axes that stay, heads, positions, size) and back.

    rank: of the inputs before they were projected.  axes: those of them that are attended over.
    """

    def __init__(self, rank, axes):
        self.axes = list(axes)
        self.free = [i for i in range(rank - 1) if i not in self.axes]
        self.order = (*self.free, rank - 1, *self.axes, rank)

    def _sizes(self, shape):
        return tuple(shape[a] for a in self.axes)

    def split(self, x):
        """The positions of all attended axes as one, after the heads."""
        x = ops.transpose(x, self.order)
        if len(self.axes) == 1:
            return x
        lead = len(x.shape) - len(self.axes) - 1
        return ops.reshape(x, (*x.shape[:lead], math.prod(x.shape[lead:-1]), x.shape[-1]))

    def join(self, x, shape):
        """Back to the order of a query of this shape."""
        if len(self.axes) > 1:
            x = ops.reshape(x, (*x.shape[:-2], *self._sizes(shape), x.shape[-1]))
        return ops.transpose(x, tuple(self.order.index(i) for i in range(len(self.order))))

    def mask(self, mask, query_shape, value_shape):
        """A mask over (batch, positions of the query, positions of the value) as one over the scores.

        Axes that it leaves out come before the positions.
        """
        count = 2 * len(self.axes)
        for _ in range(len(self.order) - 1 + len(self.axes) - len(mask.shape)):
            mask = ops.expand_dims(mask, len(mask.shape) - count)
        if len(self.axes) == 1:
            return mask
        sizes = self._sizes(query_shape), self._sizes(value_shape)
        mask = ops.broadcast_to(mask, (*mask.shape[:-count], *sizes[0], *sizes[1]))
        return ops.reshape(mask, (*mask.shape[:-count], *map(math.prod, sizes)))

    def scores_shape(self, heads, query_shape, value_shape):
        """The shape of scores that `scores` gives."""
        free = (query_shape[i] for i in self.free)
        return (*free, heads, *self._sizes(query_shape), *self._sizes(value_shape))

    def scores(self, scores, query_shape, value_shape):
        """Scores with an axis for each attended one of query and value."""
        if len(self.axes) == 1:
            return scores
        return ops.reshape(scores, (*scores.shape[:-2], *self._sizes(query_shape), *self._sizes(value_shape)))
