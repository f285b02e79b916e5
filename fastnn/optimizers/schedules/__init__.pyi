"""Generated from NAMES by tests/typing/stubs.py."""
from fastnn.optimizers.schedules.schedule import CosineDecay as CosineDecay
from fastnn.optimizers.schedules.schedule import CosineDecayRestarts as CosineDecayRestarts
from fastnn.optimizers.schedules.schedule import ExponentialDecay as ExponentialDecay
from fastnn.optimizers.schedules.schedule import InverseTimeDecay as InverseTimeDecay
from fastnn.optimizers.schedules.schedule import LearningRateSchedule as LearningRateSchedule
from fastnn.optimizers.schedules.schedule import PiecewiseConstantDecay as PiecewiseConstantDecay
from fastnn.optimizers.schedules.schedule import PolynomialDecay as PolynomialDecay
from fastnn.optimizers.schedules.schedule import deserialize as deserialize
from fastnn.optimizers.schedules.schedule import serialize as serialize

__all__ = [
    'CosineDecay',
    'CosineDecayRestarts',
    'ExponentialDecay',
    'InverseTimeDecay',
    'LearningRateSchedule',
    'PiecewiseConstantDecay',
    'PolynomialDecay',
    'deserialize',
    'serialize',
]
