"""Clipping of gradients by their norms and values."""

from typing import Any

import numpy as np

from fastnn import ops
from fastnn.core import dtypes
from fastnn.ops.records import update
from fastnn.optimizers.operands import number


class Clipping:
    """The part of an optimizer that clips; at most one of the three limits is set."""

    clipnorm: Any
    clipvalue: Any
    global_clipnorm: Any

    def _clip_by_norm(self, g):
        """g * clipnorm / max(|g|, clipnorm)."""
        limit = number(self.clipnorm, g)
        norm = ops.sqrt(update.sum_squares(g))
        return ops.multiply(g, ops.divide(limit, ops.maximum(norm, limit)))

    def _global_scale(self, grads):
        """The factor that brings all gradients together to global_clipnorm; NaN where their norm is not finite."""
        total = None
        for g in grads:
            part = ops.cast(update.sum_squares(g), "float64")
            total = part if total is None else ops.add(total, part)
        norm, limit = ops.sqrt(total), np.float64(self.global_clipnorm)
        least = ops.minimum(ops.divide(np.float64(1.0), norm), np.float64(1.0) / limit)
        return ops.add(ops.multiply(limit, least), ops.subtract(norm, norm))

    def _clip_gradients(self, grads):
        """Gradients of single variables after whichever clipping is set."""
        if self.clipnorm:
            return [self._clip_by_norm(g) for g in grads]
        if self.clipvalue:
            return [ops.clip(g, -float(self.clipvalue), float(self.clipvalue)) for g in grads]
        if self.global_clipnorm:
            scale = self._global_scale(grads)
            return [ops.multiply(g, ops.cast(scale, dtypes.standardize(g.dtype))) for g in grads]
        return grads
