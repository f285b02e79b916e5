"""Generated from NAMES by tests/typing/stubs.py."""
from fastnn.ops.elementwise import abs as abs
from fastnn.ops.elementwise import absolute as absolute
from fastnn.ops.binary import add as add
from fastnn.ops.elementwise import affine as affine
from fastnn.ops.reduce import all as all
from fastnn.ops.control import allclose as allclose
from fastnn.ops.reduce import amax as amax
from fastnn.ops.reduce import amin as amin
from fastnn.ops.control import angle as angle
from fastnn.ops.reduce import any as any
from fastnn.ops.layout import append as append
from fastnn.ops.create import arange as arange
from fastnn.ops.host import arccos as arccos
from fastnn.ops.host import arccosh as arccosh
from fastnn.ops.host import arcsin as arcsin
from fastnn.ops.host import arcsinh as arcsinh
from fastnn.ops.host import arctan as arctan
from fastnn.ops.host import arctan2 as arctan2
from fastnn.ops.host import arctanh as arctanh
from fastnn.ops.reduce import argmax as argmax
from fastnn.ops.reduce import argmin as argmin
from fastnn.ops.order import argpartition as argpartition
from fastnn.ops.order import argsort as argsort
from fastnn.ops.order import argwhere as argwhere
from fastnn.ops.constants import array as array
from fastnn.ops.control import array_equal as array_equal
from fastnn.ops.layout import array_split as array_split
from fastnn.ops.loops import associative_scan as associative_scan
from fastnn.ops.reduce import average as average
from fastnn.ops.pool import average_pool as average_pool
from fastnn.ops.create import bartlett as bartlett
from fastnn.ops.normalization import batch_normalization as batch_normalization
from fastnn.ops.crossentropy import binary_crossentropy as binary_crossentropy
from fastnn.ops.order import bincount as bincount
from fastnn.ops.host import bitwise_and as bitwise_and
from fastnn.ops.host import bitwise_invert as bitwise_invert
from fastnn.ops.host import bitwise_left_shift as bitwise_left_shift
from fastnn.ops.host import bitwise_not as bitwise_not
from fastnn.ops.host import bitwise_or as bitwise_or
from fastnn.ops.host import bitwise_right_shift as bitwise_right_shift
from fastnn.ops.host import bitwise_xor as bitwise_xor
from fastnn.ops.create import blackman as blackman
from fastnn.ops.layout import broadcast_shapes as broadcast_shapes
from fastnn.ops.layout import broadcast_to as broadcast_to
from fastnn.ops.cast import cast as cast
from fastnn.ops.crossentropy import categorical_crossentropy as categorical_crossentropy
from fastnn.ops.derived import cbrt as cbrt
from fastnn.ops.more import cdist as cdist
from fastnn.ops.elementwise import ceil as ceil
from fastnn.ops.activation import celu as celu
from fastnn.ops.linalg import cholesky as cholesky
from fastnn.ops.linalg import cholesky_inverse as cholesky_inverse
from fastnn.ops.elementwise import clip as clip
from fastnn.ops.layout import concatenate as concatenate
from fastnn.ops.choices import cond as cond
from fastnn.ops.control import conj as conj
from fastnn.ops.control import conjugate as conjugate
from fastnn.ops.convolution import conv as conv
from fastnn.ops.convolution import conv_transpose as conv_transpose
from fastnn.ops.constants import convert_to_numpy as convert_to_numpy
from fastnn.ops.constants import convert_to_tensor as convert_to_tensor
from fastnn.ops.constants import copy as copy
from fastnn.ops.control import copysign as copysign
from fastnn.ops.products import corrcoef as corrcoef
from fastnn.ops.more import correlate as correlate
from fastnn.ops.elementwise import cos as cos
from fastnn.ops.host import cosh as cosh
from fastnn.ops.reduce import count_nonzero as count_nonzero
from fastnn.ops.products import cov as cov
from fastnn.ops.products import cross as cross
from fastnn.ops.host import cumprod as cumprod
from fastnn.ops.reduce import cumsum as cumsum
from fastnn.ops.derived import deg2rad as deg2rad
from fastnn.ops.more import depth_to_space as depth_to_space
from fastnn.ops.convolution import depthwise_conv as depthwise_conv
from fastnn.ops.linalg import det as det
from fastnn.ops.create import diag as diag
from fastnn.ops.create import diagflat as diagflat
from fastnn.ops.create import diagonal as diagonal
from fastnn.ops.products import diff as diff
from fastnn.ops.order import digitize as digitize
from fastnn.ops.binary import divide as divide
from fastnn.ops.binary import divide_no_nan as divide_no_nan
from fastnn.ops.products import dot as dot
from fastnn.ops.more import dsplit as dsplit
from fastnn.ops.more import dstack as dstack
from fastnn.ops.more import dtype as dtype
from fastnn.ops.linalg import eig as eig
from fastnn.ops.linalg import eigh as eigh
from fastnn.ops.products import einsum as einsum
from fastnn.ops.activation import elu as elu
from fastnn.ops.constants import empty as empty
from fastnn.ops.constants import empty_like as empty_like
from fastnn.ops.compare import equal as equal
from fastnn.ops.elementwise import erf as erf
from fastnn.ops.more import erfc as erfc
from fastnn.ops.host import erfinv as erfinv
from fastnn.ops.elementwise import exp as exp
from fastnn.ops.derived import exp2 as exp2
from fastnn.ops.layout import expand_dims as expand_dims
from fastnn.ops.elementwise import expm1 as expm1
from fastnn.ops.activation import exponential as exponential
from fastnn.ops.create import eye as eye
from fastnn.ops.more import fabs as fabs
from fastnn.ops.parts import flip as flip
from fastnn.ops.more import fliplr as fliplr
from fastnn.ops.more import flipud as flipud
from fastnn.ops.control import float_power as float_power
from fastnn.ops.elementwise import floor as floor
from fastnn.ops.binary import floor_divide as floor_divide
from fastnn.ops.binary import fmax as fmax
from fastnn.ops.binary import fmin as fmin
from fastnn.ops.host import fmod as fmod
from fastnn.ops.loops import fori_loop as fori_loop
from fastnn.ops.constants import full as full
from fastnn.ops.constants import full_like as full_like
from fastnn.ops.host import gcd as gcd
from fastnn.ops.activation import gelu as gelu
from fastnn.ops.create import geomspace as geomspace
from fastnn.ops.more import get_item as get_item
from fastnn.ops.parts import getitem as getitem
from fastnn.ops.activation import glu as glu
from fastnn.ops.compare import greater as greater
from fastnn.ops.compare import greater_equal as greater_equal
from fastnn.ops.normalization import group_normalization as group_normalization
from fastnn.ops.create import hamming as hamming
from fastnn.ops.create import hanning as hanning
from fastnn.ops.activation import hard_shrink as hard_shrink
from fastnn.ops.activation import hard_sigmoid as hard_sigmoid
from fastnn.ops.activation import hard_silu as hard_silu
from fastnn.ops.activation import hard_swish as hard_swish
from fastnn.ops.activation import hard_tanh as hard_tanh
from fastnn.ops.control import heaviside as heaviside
from fastnn.ops.order import histogram as histogram
from fastnn.ops.more import hsplit as hsplit
from fastnn.ops.layout import hstack as hstack
from fastnn.ops.host import hypot as hypot
from fastnn.ops.elementwise import identity as identity
from fastnn.ops.more import imag as imag
from fastnn.ops.index import in_top_k as in_top_k
from fastnn.ops.create import indices as indices
from fastnn.ops.products import inner as inner
from fastnn.ops.control import interp as interp
from fastnn.ops.linalg import inv as inv
from fastnn.ops.constants import is_tensor as is_tensor
from fastnn.ops.control import isclose as isclose
from fastnn.ops.elementwise import isfinite as isfinite
from fastnn.ops.more import isin as isin
from fastnn.ops.elementwise import isinf as isinf
from fastnn.ops.elementwise import isnan as isnan
from fastnn.ops.derived import isneginf as isneginf
from fastnn.ops.derived import isposinf as isposinf
from fastnn.ops.more import isreal as isreal
from fastnn.ops.create import kaiser as kaiser
from fastnn.ops.products import kron as kron
from fastnn.ops.normalization import l2_normalize as l2_normalize
from fastnn.ops.normalization import layer_normalization as layer_normalization
from fastnn.ops.host import lcm as lcm
from fastnn.ops.more import ldexp as ldexp
from fastnn.ops.activation import leaky_relu as leaky_relu
from fastnn.ops.host import left_shift as left_shift
from fastnn.ops.compare import less as less
from fastnn.ops.compare import less_equal as less_equal
from fastnn.ops.activation import linear as linear
from fastnn.ops.create import linspace as linspace
from fastnn.ops.elementwise import log as log
from fastnn.ops.derived import log10 as log10
from fastnn.ops.elementwise import log1p as log1p
from fastnn.ops.derived import log2 as log2
from fastnn.ops.activation import log_sigmoid as log_sigmoid
from fastnn.ops.nn import log_softmax as log_softmax
from fastnn.ops.host import logaddexp as logaddexp
from fastnn.ops.more import logaddexp2 as logaddexp2
from fastnn.ops.linalg import logdet as logdet
from fastnn.ops.compare import logical_and as logical_and
from fastnn.ops.elementwise import logical_not as logical_not
from fastnn.ops.compare import logical_or as logical_or
from fastnn.ops.compare import logical_xor as logical_xor
from fastnn.ops.create import logspace as logspace
from fastnn.ops.reduce import logsumexp as logsumexp
from fastnn.ops.linalg import lstsq as lstsq
from fastnn.ops.linalg import lu_factor as lu_factor
from fastnn.ops.loops import map as map
from fastnn.ops.matmul import matmul as matmul
from fastnn.ops.linalg import matrix_rank as matrix_rank
from fastnn.ops.reduce import max as max
from fastnn.ops.pool import max_pool as max_pool
from fastnn.ops.binary import maximum as maximum
from fastnn.ops.reduce import mean as mean
from fastnn.ops.control import median as median
from fastnn.ops.create import meshgrid as meshgrid
from fastnn.ops.reduce import min as min
from fastnn.ops.binary import minimum as minimum
from fastnn.ops.activation import mish as mish
from fastnn.ops.binary import mod as mod
from fastnn.ops.reduce import moments as moments
from fastnn.ops.layout import moveaxis as moveaxis
from fastnn.ops.index import multi_hot as multi_hot
from fastnn.ops.binary import multiply as multiply
from fastnn.ops.derived import nan_to_num as nan_to_num
from fastnn.ops.nan import nanargmax as nanargmax
from fastnn.ops.nan import nanargmin as nanargmin
from fastnn.ops.nan import nancumprod as nancumprod
from fastnn.ops.nan import nancumsum as nancumsum
from fastnn.ops.nan import nanmax as nanmax
from fastnn.ops.nan import nanmean as nanmean
from fastnn.ops.nan import nanmedian as nanmedian
from fastnn.ops.nan import nanmin as nanmin
from fastnn.ops.nan import nanpercentile as nanpercentile
from fastnn.ops.nan import nanprod as nanprod
from fastnn.ops.nan import nanquantile as nanquantile
from fastnn.ops.nan import nanstd as nanstd
from fastnn.ops.nan import nansum as nansum
from fastnn.ops.nan import nanvar as nanvar
from fastnn.ops.constants import ndim as ndim
from fastnn.ops.elementwise import negative as negative
from fastnn.ops.order import nonzero as nonzero
from fastnn.ops.reduce import norm as norm
from fastnn.ops.normalization import normalize as normalize
from fastnn.ops.compare import not_equal as not_equal
from fastnn.ops.index import one_hot as one_hot
from fastnn.ops.constants import ones as ones
from fastnn.ops.constants import ones_like as ones_like
from fastnn.ops.products import outer as outer
from fastnn.ops.parts import pad as pad
from fastnn.ops.control import percentile as percentile
from fastnn.ops.linalg import pinv as pinv
from fastnn.ops.binary import power as power
from fastnn.ops.reduce import prod as prod
from fastnn.ops.reduce import ptp as ptp
from fastnn.ops.linalg import qr as qr
from fastnn.ops.control import quantile as quantile
from fastnn.ops.derived import rad2deg as rad2deg
from fastnn.ops.layout import ravel as ravel
from fastnn.ops.control import real as real
from fastnn.ops.elementwise import reciprocal as reciprocal
from fastnn.ops.activation import relu as relu
from fastnn.ops.activation import relu6 as relu6
from fastnn.ops.parts import repeat as repeat
from fastnn.ops.layout import reshape as reshape
from fastnn.ops.host import right_shift as right_shift
from fastnn.ops.normalization import rms_normalization as rms_normalization
from fastnn.ops.parts import roll as roll
from fastnn.ops.parts import rot90 as rot90
from fastnn.ops.elementwise import round as round
from fastnn.ops.elementwise import rsqrt as rsqrt
from fastnn.ops.more import saturate_cast as saturate_cast
from fastnn.ops.loops import scan as scan
from fastnn.ops.control import scatter as scatter
from fastnn.ops.order import scatter_update as scatter_update
from fastnn.ops.order import searchsorted as searchsorted
from fastnn.ops.control import segment_max as segment_max
from fastnn.ops.more import segment_min as segment_min
from fastnn.ops.more import segment_prod as segment_prod
from fastnn.ops.control import segment_sum as segment_sum
from fastnn.ops.compare import select as select
from fastnn.ops.activation import selu as selu
from fastnn.ops.convolution import separable_conv as separable_conv
from fastnn.ops.constants import shape as shape
from fastnn.ops.activation import sigmoid as sigmoid
from fastnn.ops.elementwise import sign as sign
from fastnn.ops.control import signbit as signbit
from fastnn.ops.activation import silu as silu
from fastnn.ops.elementwise import sin as sin
from fastnn.ops.more import sinc as sinc
from fastnn.ops.host import sinh as sinh
from fastnn.ops.constants import size as size
from fastnn.ops.parts import slice as slice
from fastnn.ops.parts import slice_update as slice_update
from fastnn.ops.linalg import slogdet as slogdet
from fastnn.ops.activation import soft_shrink as soft_shrink
from fastnn.ops.activation import soft_sign as soft_sign
from fastnn.ops.nn import softmax as softmax
from fastnn.ops.activation import softplus as softplus
from fastnn.ops.activation import softsign as softsign
from fastnn.ops.linalg import solve as solve
from fastnn.ops.linalg import solve_triangular as solve_triangular
from fastnn.ops.order import sort as sort
from fastnn.ops.more import space_to_depth as space_to_depth
from fastnn.ops.crossentropy import sparse_categorical_crossentropy as sparse_categorical_crossentropy
from fastnn.ops.activation import sparse_plus as sparse_plus
from fastnn.ops.more import sparse_sigmoid as sparse_sigmoid
from fastnn.ops.more import sparsemax as sparsemax
from fastnn.ops.layout import split as split
from fastnn.ops.elementwise import sqrt as sqrt
from fastnn.ops.elementwise import square as square
from fastnn.ops.binary import squared_difference as squared_difference
from fastnn.ops.activation import squareplus as squareplus
from fastnn.ops.layout import squeeze as squeeze
from fastnn.ops.layout import stack as stack
from fastnn.ops.reduce import std as std
from fastnn.ops.elementwise import stop_gradient as stop_gradient
from fastnn.ops.binary import subtract as subtract
from fastnn.ops.reduce import sum as sum
from fastnn.ops.linalg import svd as svd
from fastnn.ops.layout import swapaxes as swapaxes
from fastnn.ops.activation import swish as swish
from fastnn.ops.choices import switch as switch
from fastnn.ops.index import take as take
from fastnn.ops.index import take_along_axis as take_along_axis
from fastnn.ops.derived import tan as tan
from fastnn.ops.activation import tanh as tanh
from fastnn.ops.activation import tanh_shrink as tanh_shrink
from fastnn.ops.products import tensordot as tensordot
from fastnn.ops.activation import threshold as threshold
from fastnn.ops.parts import tile as tile
from fastnn.ops.order import top_k as top_k
from fastnn.ops.create import trace as trace
from fastnn.ops.layout import transpose as transpose
from fastnn.ops.more import trapezoid as trapezoid
from fastnn.ops.create import tri as tri
from fastnn.ops.create import tril as tril
from fastnn.ops.create import triu as triu
from fastnn.ops.binary import true_divide as true_divide
from fastnn.ops.elementwise import trunc as trunc
from fastnn.ops.order import unique as unique
from fastnn.ops.control import unravel_index as unravel_index
from fastnn.ops.layout import unstack as unstack
from fastnn.ops.create import vander as vander
from fastnn.ops.reduce import var as var
from fastnn.ops.products import vdot as vdot
from fastnn.ops.more import vectorize as vectorize
from fastnn.ops.loops import vectorized_map as vectorized_map
from fastnn.ops.more import view as view
from fastnn.ops.more import vsplit as vsplit
from fastnn.ops.layout import vstack as vstack
from fastnn.ops.compare import where as where
from fastnn.ops.loops import while_loop as while_loop
from fastnn.ops.constants import zeros as zeros
from fastnn.ops.constants import zeros_like as zeros_like

__all__ = [
    'abs',
    'absolute',
    'add',
    'affine',
    'all',
    'allclose',
    'amax',
    'amin',
    'angle',
    'any',
    'append',
    'arange',
    'arccos',
    'arccosh',
    'arcsin',
    'arcsinh',
    'arctan',
    'arctan2',
    'arctanh',
    'argmax',
    'argmin',
    'argpartition',
    'argsort',
    'argwhere',
    'array',
    'array_equal',
    'array_split',
    'associative_scan',
    'average',
    'average_pool',
    'bartlett',
    'batch_normalization',
    'binary_crossentropy',
    'bincount',
    'bitwise_and',
    'bitwise_invert',
    'bitwise_left_shift',
    'bitwise_not',
    'bitwise_or',
    'bitwise_right_shift',
    'bitwise_xor',
    'blackman',
    'broadcast_shapes',
    'broadcast_to',
    'cast',
    'categorical_crossentropy',
    'cbrt',
    'cdist',
    'ceil',
    'celu',
    'cholesky',
    'cholesky_inverse',
    'clip',
    'concatenate',
    'cond',
    'conj',
    'conjugate',
    'conv',
    'conv_transpose',
    'convert_to_numpy',
    'convert_to_tensor',
    'copy',
    'copysign',
    'corrcoef',
    'correlate',
    'cos',
    'cosh',
    'count_nonzero',
    'cov',
    'cross',
    'cumprod',
    'cumsum',
    'deg2rad',
    'depth_to_space',
    'depthwise_conv',
    'det',
    'diag',
    'diagflat',
    'diagonal',
    'diff',
    'digitize',
    'divide',
    'divide_no_nan',
    'dot',
    'dsplit',
    'dstack',
    'dtype',
    'eig',
    'eigh',
    'einsum',
    'elu',
    'empty',
    'empty_like',
    'equal',
    'erf',
    'erfc',
    'erfinv',
    'exp',
    'exp2',
    'expand_dims',
    'expm1',
    'exponential',
    'eye',
    'fabs',
    'flip',
    'fliplr',
    'flipud',
    'float_power',
    'floor',
    'floor_divide',
    'fmax',
    'fmin',
    'fmod',
    'fori_loop',
    'full',
    'full_like',
    'gcd',
    'gelu',
    'geomspace',
    'get_item',
    'getitem',
    'glu',
    'greater',
    'greater_equal',
    'group_normalization',
    'hamming',
    'hanning',
    'hard_shrink',
    'hard_sigmoid',
    'hard_silu',
    'hard_swish',
    'hard_tanh',
    'heaviside',
    'histogram',
    'hsplit',
    'hstack',
    'hypot',
    'identity',
    'imag',
    'in_top_k',
    'indices',
    'inner',
    'interp',
    'inv',
    'is_tensor',
    'isclose',
    'isfinite',
    'isin',
    'isinf',
    'isnan',
    'isneginf',
    'isposinf',
    'isreal',
    'kaiser',
    'kron',
    'l2_normalize',
    'layer_normalization',
    'lcm',
    'ldexp',
    'leaky_relu',
    'left_shift',
    'less',
    'less_equal',
    'linear',
    'linspace',
    'log',
    'log10',
    'log1p',
    'log2',
    'log_sigmoid',
    'log_softmax',
    'logaddexp',
    'logaddexp2',
    'logdet',
    'logical_and',
    'logical_not',
    'logical_or',
    'logical_xor',
    'logspace',
    'logsumexp',
    'lstsq',
    'lu_factor',
    'map',
    'matmul',
    'matrix_rank',
    'max',
    'max_pool',
    'maximum',
    'mean',
    'median',
    'meshgrid',
    'min',
    'minimum',
    'mish',
    'mod',
    'moments',
    'moveaxis',
    'multi_hot',
    'multiply',
    'nan_to_num',
    'nanargmax',
    'nanargmin',
    'nancumprod',
    'nancumsum',
    'nanmax',
    'nanmean',
    'nanmedian',
    'nanmin',
    'nanpercentile',
    'nanprod',
    'nanquantile',
    'nanstd',
    'nansum',
    'nanvar',
    'ndim',
    'negative',
    'nonzero',
    'norm',
    'normalize',
    'not_equal',
    'one_hot',
    'ones',
    'ones_like',
    'outer',
    'pad',
    'percentile',
    'pinv',
    'power',
    'prod',
    'ptp',
    'qr',
    'quantile',
    'rad2deg',
    'ravel',
    'real',
    'reciprocal',
    'relu',
    'relu6',
    'repeat',
    'reshape',
    'right_shift',
    'rms_normalization',
    'roll',
    'rot90',
    'round',
    'rsqrt',
    'saturate_cast',
    'scan',
    'scatter',
    'scatter_update',
    'searchsorted',
    'segment_max',
    'segment_min',
    'segment_prod',
    'segment_sum',
    'select',
    'selu',
    'separable_conv',
    'shape',
    'sigmoid',
    'sign',
    'signbit',
    'silu',
    'sin',
    'sinc',
    'sinh',
    'size',
    'slice',
    'slice_update',
    'slogdet',
    'soft_shrink',
    'soft_sign',
    'softmax',
    'softplus',
    'softsign',
    'solve',
    'solve_triangular',
    'sort',
    'space_to_depth',
    'sparse_categorical_crossentropy',
    'sparse_plus',
    'sparse_sigmoid',
    'sparsemax',
    'split',
    'sqrt',
    'square',
    'squared_difference',
    'squareplus',
    'squeeze',
    'stack',
    'std',
    'stop_gradient',
    'subtract',
    'sum',
    'svd',
    'swapaxes',
    'swish',
    'switch',
    'take',
    'take_along_axis',
    'tan',
    'tanh',
    'tanh_shrink',
    'tensordot',
    'threshold',
    'tile',
    'top_k',
    'trace',
    'transpose',
    'trapezoid',
    'tri',
    'tril',
    'triu',
    'true_divide',
    'trunc',
    'unique',
    'unravel_index',
    'unstack',
    'vander',
    'var',
    'vdot',
    'vectorize',
    'vectorized_map',
    'view',
    'vsplit',
    'vstack',
    'where',
    'while_loop',
    'zeros',
    'zeros_like',
]
