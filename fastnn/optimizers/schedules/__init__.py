"""Learning-rate schedules: the learning rate as a function of the optimizer's iteration."""

from fastnn.core.registry import lazy

NAMES = dict.fromkeys(("LearningRateSchedule", "ExponentialDecay", "PiecewiseConstantDecay", "PolynomialDecay",
                       "InverseTimeDecay", "CosineDecay", "CosineDecayRestarts", "serialize", "deserialize"),
                      "schedule")  # fmt: skip
__getattr__, __dir__, __all__ = lazy(__name__, NAMES)
