"""Optimizers: classes under Keras's names, and `get` / `serialize` / `deserialize`."""

from fastnn.core.registry import lazy

NAMES = {
    "Optimizer": "optimizer", "SGD": "sgd", "RMSprop": "rmsprop", "Adagrad": "adagrad", "Adadelta": "adagrad",
    "Adam": "adam", "AdamW": "adam", "Adamax": "adam", "Nadam": "adam", "Lion": "lion", "Ftrl": "ftrl",
    "Lamb": "lamb", "Adafactor": "adafactor", "Muon": "muon", "ScheduleFreeAdamW": "schedule_free_adamw",
    "LossScaleOptimizer": "loss_scale_optimizer", "MultiOptimizer": "multi_optimizer",
    "OptimizerMap": "multi_optimizer", "get": "identifiers", "serialize": "identifiers", "deserialize": "identifiers",
    "schedules": "", "legacy": "",
}  # fmt: skip
__getattr__, __dir__, __all__ = lazy(__name__, NAMES)
