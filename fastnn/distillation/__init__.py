"""Knowledge distillation (Hinton, Vinyals and Dean, 2015): a small model learns from what a large one says."""

from fastnn.core.registry import lazy

NAMES = {
    "Distiller": "fastnn.models.distiller",
    **dict.fromkeys(("DistillationLoss", "FeatureDistillation", "LogitsDistillation"), "distillation_loss"),
}
__getattr__, __dir__, __all__ = lazy(__name__, NAMES)
