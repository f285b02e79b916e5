"""Generated from NAMES by tests/typing/stubs.py."""
from fastnn.optimizers.adagrad import Adadelta as Adadelta
from fastnn.optimizers.adafactor import Adafactor as Adafactor
from fastnn.optimizers.adagrad import Adagrad as Adagrad
from fastnn.optimizers.adam import Adam as Adam
from fastnn.optimizers.adam import AdamW as AdamW
from fastnn.optimizers.adam import Adamax as Adamax
from fastnn.optimizers.ftrl import Ftrl as Ftrl
from fastnn.optimizers.lamb import Lamb as Lamb
from fastnn.optimizers.lion import Lion as Lion
from fastnn.optimizers.loss_scale_optimizer import LossScaleOptimizer as LossScaleOptimizer
from fastnn.optimizers.multi_optimizer import MultiOptimizer as MultiOptimizer
from fastnn.optimizers.muon import Muon as Muon
from fastnn.optimizers.adam import Nadam as Nadam
from fastnn.optimizers.optimizer import Optimizer as Optimizer
from fastnn.optimizers.multi_optimizer import OptimizerMap as OptimizerMap
from fastnn.optimizers.rmsprop import RMSprop as RMSprop
from fastnn.optimizers.sgd import SGD as SGD
from fastnn.optimizers.schedule_free_adamw import ScheduleFreeAdamW as ScheduleFreeAdamW
from fastnn.optimizers.identifiers import deserialize as deserialize
from fastnn.optimizers.identifiers import get as get
from fastnn.optimizers import legacy as legacy
from fastnn.optimizers import schedules as schedules
from fastnn.optimizers.identifiers import serialize as serialize

__all__ = [
    'Adadelta',
    'Adafactor',
    'Adagrad',
    'Adam',
    'AdamW',
    'Adamax',
    'Ftrl',
    'Lamb',
    'Lion',
    'LossScaleOptimizer',
    'MultiOptimizer',
    'Muon',
    'Nadam',
    'Optimizer',
    'OptimizerMap',
    'RMSprop',
    'SGD',
    'ScheduleFreeAdamW',
    'deserialize',
    'get',
    'legacy',
    'schedules',
    'serialize',
]
