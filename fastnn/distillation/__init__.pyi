"""Generated from NAMES by tests/typing/stubs.py."""
from fastnn.distillation.distillation_loss import DistillationLoss as DistillationLoss
from fastnn.models.distiller import Distiller as Distiller
from fastnn.distillation.distillation_loss import FeatureDistillation as FeatureDistillation
from fastnn.distillation.distillation_loss import LogitsDistillation as LogitsDistillation

__all__ = [
    'DistillationLoss',
    'Distiller',
    'FeatureDistillation',
    'LogitsDistillation',
]
