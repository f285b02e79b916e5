"""Keras's older names for dtype policies and the scale of losses."""

from fastnn.core.registry import lazy

NAMES = {
    **dict.fromkeys(("DTypePolicy", "Policy", "dtype_policy", "set_dtype_policy", "global_policy", "set_global_policy"),
                    "fastnn.dtype_policies"),
    "LossScaleOptimizer": "fastnn.optimizers",
}  # fmt: skip
__getattr__, __dir__, __all__ = lazy(__name__, NAMES)
