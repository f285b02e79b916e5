"""Generated from NAMES by tests/typing/stubs.py."""
from fastnn.callbacks.callback import Callback as Callback
from fastnn.constraints import Constraint as Constraint
from fastnn.dtype_policies import DTypePolicy as DTypePolicy
from fastnn.dtype_policies import FloatDTypePolicy as FloatDTypePolicy
from fastnn.models.function import Function as Function
from fastnn.models.functional import Functional as Functional
from fastnn.gradients import GradientTape as GradientTape
from fastnn.initializers import Initializer as Initializer
from fastnn.layers.input_layer import Input as Input
from fastnn.layers.input_spec import InputSpec as InputSpec
from fastnn.graph.tensor import KerasTensor as KerasTensor
from fastnn.layers.layer import Layer as Layer
from fastnn.losses.loss import Loss as Loss
from fastnn.metrics.metric import Metric as Metric
from fastnn.models.model import Model as Model
from fastnn.layers.operation import Operation as Operation
from fastnn.optimizers.optimizer import Optimizer as Optimizer
from fastnn.quantizers.quantizer import Quantizer as Quantizer
from fastnn.regularizers import Regularizer as Regularizer
from fastnn.layers.remat import RematScope as RematScope
from fastnn.models.sequential import Sequential as Sequential
from fastnn.graph.stateless import StatelessScope as StatelessScope
from fastnn.graph.stateless import SymbolicScope as SymbolicScope
from fastnn.graph.variable import Variable as Variable
from fastnn import activations as activations
from fastnn import applications as applications
from fastnn import callbacks as callbacks
from fastnn import compat as compat
from fastnn import config as config
from fastnn import constraints as constraints
from fastnn.ops import custom_gradient as custom_gradient
from fastnn import data as data
from fastnn import datasets as datasets
from fastnn.utils.scopes import device as device
from fastnn import distillation as distillation
from fastnn import distribution as distribution
from fastnn import dtype_policies as dtype_policies
from fastnn import export as export
from fastnn.derivatives import grad as grad
from fastnn.derivatives import hessian as hessian
from fastnn import initializers as initializers
from fastnn.derivatives import jacobian as jacobian
from fastnn.derivatives import jvp as jvp
from fastnn import layers as layers
from fastnn import legacy as legacy
from fastnn import losses as losses
from fastnn import metrics as metrics
from fastnn import mixed_precision as mixed_precision
from fastnn import models as models
from fastnn.core.scopes import name_scope as name_scope
from fastnn import ops as ops
from fastnn import optimizers as optimizers
from fastnn import playground as playground
from fastnn import preprocessing as preprocessing
from fastnn import quantizers as quantizers
from fastnn import random as random
from fastnn import regularizers as regularizers
from fastnn.layers.remat import remat as remat
from fastnn import saving as saving
from fastnn import sklearn as sklearn
from fastnn.ops import stop_gradient as stop_gradient
from fastnn import tree as tree
from fastnn import tuner as tuner
from fastnn import utils as utils
from fastnn.derivatives import value_and_grad as value_and_grad
from fastnn.utils.scopes import version as version
from fastnn import vision as vision
from fastnn import visualization as visualization
from fastnn.derivatives import vjp as vjp
from fastnn import wrappers as wrappers
__version__: str

__all__ = [
    'Callback',
    'Constraint',
    'DTypePolicy',
    'FloatDTypePolicy',
    'Function',
    'Functional',
    'GradientTape',
    'Initializer',
    'Input',
    'InputSpec',
    'KerasTensor',
    'Layer',
    'Loss',
    'Metric',
    'Model',
    'Operation',
    'Optimizer',
    'Quantizer',
    'Regularizer',
    'RematScope',
    'Sequential',
    'StatelessScope',
    'SymbolicScope',
    'Variable',
    '__version__',
    'activations',
    'applications',
    'callbacks',
    'compat',
    'config',
    'constraints',
    'custom_gradient',
    'data',
    'datasets',
    'device',
    'distillation',
    'distribution',
    'dtype_policies',
    'export',
    'grad',
    'hessian',
    'initializers',
    'jacobian',
    'jvp',
    'layers',
    'legacy',
    'losses',
    'metrics',
    'mixed_precision',
    'models',
    'name_scope',
    'ops',
    'optimizers',
    'playground',
    'preprocessing',
    'quantizers',
    'random',
    'regularizers',
    'remat',
    'saving',
    'sklearn',
    'stop_gradient',
    'tree',
    'tuner',
    'utils',
    'value_and_grad',
    'version',
    'vision',
    'visualization',
    'vjp',
    'wrappers',
]
