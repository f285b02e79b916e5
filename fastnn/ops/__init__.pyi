"""Generated from NAMES by tests/typing/stubs.py."""
from fastnn.ops.functions.elementwise import abs as abs
from fastnn.ops.functions.elementwise import absolute as absolute
from fastnn.ops.functions.windows import adaptive_average_pool as adaptive_average_pool
from fastnn.ops.functions.windows import adaptive_max_pool as adaptive_max_pool
from fastnn.ops.functions.arithmetic import add as add
from fastnn.ops.functions.elementwise import affine as affine
from fastnn.ops.functions.reduction import all as all
from fastnn.ops.functions.equality import allclose as allclose
from fastnn.ops.functions.reduction import amax as amax
from fastnn.ops.functions.reduction import amin as amin
from fastnn.ops.functions.complex import angle as angle
from fastnn.ops.functions.reduction import any as any
from fastnn.ops.functions.layout import append as append
from fastnn.ops.functions.create import arange as arange
from fastnn.ops.functions.trigonometry import arccos as arccos
from fastnn.ops.functions.trigonometry import arccosh as arccosh
from fastnn.ops.functions.trigonometry import arcsin as arcsin
from fastnn.ops.functions.trigonometry import arcsinh as arcsinh
from fastnn.ops.functions.trigonometry import arctan as arctan
from fastnn.ops.functions.trigonometry import arctan2 as arctan2
from fastnn.ops.functions.trigonometry import arctanh as arctanh
from fastnn.ops.functions.reduction import argmax as argmax
from fastnn.ops.functions.reduction import argmin as argmin
from fastnn.ops.functions.order import argpartition as argpartition
from fastnn.ops.functions.order import argsort as argsort
from fastnn.ops.functions.comparison import argwhere as argwhere
from fastnn.ops.functions.constants import array as array
from fastnn.ops.functions.equality import array_equal as array_equal
from fastnn.ops.functions.layout import array_split as array_split
from fastnn.ops.functions.associative_scan import associative_scan as associative_scan
from fastnn.ops.functions.reduction import average as average
from fastnn.ops.functions.pooling import average_pool as average_pool
from fastnn.ops.functions.tapers import bartlett as bartlett
from fastnn.ops.functions.normalization import batch_normalization as batch_normalization
from fastnn.ops.functions.crossentropy import binary_crossentropy as binary_crossentropy
from fastnn.ops.functions.order import bincount as bincount
from fastnn.ops.functions.bits import bitwise_and as bitwise_and
from fastnn.ops.functions.bits import bitwise_invert as bitwise_invert
from fastnn.ops.functions.bits import bitwise_left_shift as bitwise_left_shift
from fastnn.ops.functions.bits import bitwise_not as bitwise_not
from fastnn.ops.functions.bits import bitwise_or as bitwise_or
from fastnn.ops.functions.bits import bitwise_right_shift as bitwise_right_shift
from fastnn.ops.functions.bits import bitwise_xor as bitwise_xor
from fastnn.ops.functions.tapers import blackman as blackman
from fastnn.ops.functions.constants import broadcast_shapes as broadcast_shapes
from fastnn.ops.functions.layout import broadcast_to as broadcast_to
from fastnn.ops.functions.cast import cast as cast
from fastnn.ops.functions.crossentropy import categorical_crossentropy as categorical_crossentropy
from fastnn.ops.functions.powers import cbrt as cbrt
from fastnn.ops.functions.products import cdist as cdist
from fastnn.ops.functions.elementwise import ceil as ceil
from fastnn.ops.functions.activation import celu as celu
from fastnn.ops.functions.linalg import cholesky as cholesky
from fastnn.ops.functions.linalg import cholesky_inverse as cholesky_inverse
from fastnn.ops.functions.arithmetic import clip as clip
from fastnn.ops.functions.layout import concatenate as concatenate
from fastnn.ops.functions.choices import cond as cond
from fastnn.ops.functions.complex import conj as conj
from fastnn.ops.functions.complex import conjugate as conjugate
from fastnn.ops.functions.convolution import conv as conv
from fastnn.ops.functions.convolution import conv_transpose as conv_transpose
from fastnn.ops.functions.constants import convert_to_numpy as convert_to_numpy
from fastnn.ops.functions.constants import convert_to_tensor as convert_to_tensor
from fastnn.ops.functions.constants import copy as copy
from fastnn.ops.functions.rounding import copysign as copysign
from fastnn.ops.functions.products import corrcoef as corrcoef
from fastnn.ops.functions.products import correlate as correlate
from fastnn.ops.functions.elementwise import cos as cos
from fastnn.ops.functions.trigonometry import cosh as cosh
from fastnn.ops.functions.reduction import count_nonzero as count_nonzero
from fastnn.ops.functions.products import cov as cov
from fastnn.ops.functions.products import cross as cross
from fastnn.ops.functions.ctc import ctc_decode as ctc_decode
from fastnn.ops.functions.ctc import ctc_loss as ctc_loss
from fastnn.ops.functions.reduction import cumprod as cumprod
from fastnn.ops.functions.reduction import cumsum as cumsum
from fastnn.ops.functions.derivatives import custom_gradient as custom_gradient
from fastnn.ops.functions.trigonometry import deg2rad as deg2rad
from fastnn.ops.functions.image import depth_to_space as depth_to_space
from fastnn.ops.functions.convolution import depthwise_conv as depthwise_conv
from fastnn.ops.functions.linalg import det as det
from fastnn.ops.functions.create import diag as diag
from fastnn.ops.functions.create import diagflat as diagflat
from fastnn.ops.functions.create import diagonal as diagonal
from fastnn.ops.functions.products import diff as diff
from fastnn.ops.functions.order import digitize as digitize
from fastnn.ops.functions.arithmetic import divide as divide
from fastnn.ops.functions.arithmetic import divide_no_nan as divide_no_nan
from fastnn.ops.functions.products import dot as dot
from fastnn.ops.functions.attention import dot_product_attention as dot_product_attention
from fastnn.ops.functions.layout import dsplit as dsplit
from fastnn.ops.functions.layout import dstack as dstack
from fastnn.ops.functions.cast import dtype as dtype
from fastnn.ops.functions.linalg import eig as eig
from fastnn.ops.functions.linalg import eigh as eigh
from fastnn.ops.functions.products import einsum as einsum
from fastnn.ops.functions.activation import elu as elu
from fastnn.ops.functions.constants import empty as empty
from fastnn.ops.functions.constants import empty_like as empty_like
from fastnn.ops.functions.comparison import equal as equal
from fastnn.ops.functions.elementwise import erf as erf
from fastnn.ops.functions.elementwise import erfc as erfc
from fastnn.ops.functions.trigonometry import erfinv as erfinv
from fastnn.ops.functions.elementwise import exp as exp
from fastnn.ops.functions.powers import exp2 as exp2
from fastnn.ops.functions.layout import expand_dims as expand_dims
from fastnn.ops.functions.elementwise import expm1 as expm1
from fastnn.ops.functions.activation import exponential as exponential
from fastnn.ops.functions.fourier import extract_sequences as extract_sequences
from fastnn.ops.functions.create import eye as eye
from fastnn.ops.functions.elementwise import fabs as fabs
from fastnn.ops.functions.fourier import fft as fft
from fastnn.ops.functions.fourier import fft2 as fft2
from fastnn.ops.functions.slicing import flip as flip
from fastnn.ops.functions.slicing import fliplr as fliplr
from fastnn.ops.functions.slicing import flipud as flipud
from fastnn.ops.functions.powers import float_power as float_power
from fastnn.ops.functions.elementwise import floor as floor
from fastnn.ops.functions.arithmetic import floor_divide as floor_divide
from fastnn.ops.functions.arithmetic import fmax as fmax
from fastnn.ops.functions.arithmetic import fmin as fmin
from fastnn.ops.functions.arithmetic import fmod as fmod
from fastnn.ops.functions.windows import fold as fold
from fastnn.ops.functions.loops import fori_loop as fori_loop
from fastnn.ops.functions.constants import full as full
from fastnn.ops.functions.constants import full_like as full_like
from fastnn.ops.functions.bits import gcd as gcd
from fastnn.ops.functions.activation import gelu as gelu
from fastnn.ops.functions.create import geomspace as geomspace
from fastnn.ops.functions.slicing import get_item as get_item
from fastnn.ops.functions.slicing import getitem as getitem
from fastnn.ops.functions.activation_sparse import glu as glu
from fastnn.ops.functions.comparison import greater as greater
from fastnn.ops.functions.comparison import greater_equal as greater_equal
from fastnn.ops.functions.normalization import group_normalization as group_normalization
from fastnn.ops.functions.tapers import hamming as hamming
from fastnn.ops.functions.tapers import hanning as hanning
from fastnn.ops.functions.activation_sparse import hard_shrink as hard_shrink
from fastnn.ops.functions.activation import hard_sigmoid as hard_sigmoid
from fastnn.ops.functions.activation import hard_silu as hard_silu
from fastnn.ops.functions.activation import hard_swish as hard_swish
from fastnn.ops.functions.activation import hard_tanh as hard_tanh
from fastnn.ops.functions.rounding import heaviside as heaviside
from fastnn.ops.functions.order import histogram as histogram
from fastnn.ops.functions.layout import hsplit as hsplit
from fastnn.ops.functions.layout import hstack as hstack
from fastnn.ops.functions.trigonometry import hypot as hypot
from fastnn.ops.functions.trigonometry import i0 as i0
from fastnn.ops.functions.create import identity as identity
from fastnn.ops.functions.fourier import ifft2 as ifft2
from fastnn.ops.functions.complex import imag as imag
from fastnn.ops.functions.indexing import in_top_k as in_top_k
from fastnn.ops.functions.create import indices as indices
from fastnn.ops.functions.products import inner as inner
from fastnn.ops.functions.order import interp as interp
from fastnn.ops.functions.linalg import inv as inv
from fastnn.ops.functions.fourier import irfft as irfft
from fastnn.ops.functions.constants import is_tensor as is_tensor
from fastnn.ops.functions.equality import isclose as isclose
from fastnn.ops.functions.elementwise import isfinite as isfinite
from fastnn.ops.functions.equality import isin as isin
from fastnn.ops.functions.elementwise import isinf as isinf
from fastnn.ops.functions.elementwise import isnan as isnan
from fastnn.ops.functions.rounding import isneginf as isneginf
from fastnn.ops.functions.rounding import isposinf as isposinf
from fastnn.ops.functions.complex import isreal as isreal
from fastnn.ops.functions.fourier import istft as istft
from fastnn.ops.functions.derivatives import jvp as jvp
from fastnn.ops.functions.tapers import kaiser as kaiser
from fastnn.ops.functions.products import kron as kron
from fastnn.ops.functions.normalization import l2_normalize as l2_normalize
from fastnn.ops.functions.normalization import layer_normalization as layer_normalization
from fastnn.ops.functions.bits import lcm as lcm
from fastnn.ops.functions.powers import ldexp as ldexp
from fastnn.ops.functions.activation import leaky_relu as leaky_relu
from fastnn.ops.functions.bits import left_shift as left_shift
from fastnn.ops.functions.comparison import less as less
from fastnn.ops.functions.comparison import less_equal as less_equal
from fastnn.ops.functions.activation import linear as linear
from fastnn.ops.functions.create import linspace as linspace
from fastnn.ops.functions.elementwise import log as log
from fastnn.ops.functions.powers import log10 as log10
from fastnn.ops.functions.elementwise import log1p as log1p
from fastnn.ops.functions.powers import log2 as log2
from fastnn.ops.functions.activation import log_sigmoid as log_sigmoid
from fastnn.ops.functions.softmax import log_softmax as log_softmax
from fastnn.ops.functions.powers import logaddexp as logaddexp
from fastnn.ops.functions.powers import logaddexp2 as logaddexp2
from fastnn.ops.functions.linalg import logdet as logdet
from fastnn.ops.functions.comparison import logical_and as logical_and
from fastnn.ops.functions.elementwise import logical_not as logical_not
from fastnn.ops.functions.comparison import logical_or as logical_or
from fastnn.ops.functions.comparison import logical_xor as logical_xor
from fastnn.ops.functions.create import logspace as logspace
from fastnn.ops.functions.reduction import logsumexp as logsumexp
from fastnn.ops.functions.linalg import lstsq as lstsq
from fastnn.ops.functions.linalg import lu_factor as lu_factor
from fastnn.ops.functions.loops import map as map
from fastnn.ops.functions.matmul import matmul as matmul
from fastnn.ops.functions.linalg import matrix_rank as matrix_rank
from fastnn.ops.functions.reduction import max as max
from fastnn.ops.functions.pooling import max_pool as max_pool
from fastnn.ops.functions.arithmetic import maximum as maximum
from fastnn.ops.functions.reduction import mean as mean
from fastnn.ops.functions.quantiles import median as median
from fastnn.ops.functions.create import meshgrid as meshgrid
from fastnn.ops.functions.reduction import min as min
from fastnn.ops.functions.arithmetic import minimum as minimum
from fastnn.ops.functions.activation import mish as mish
from fastnn.ops.functions.arithmetic import mod as mod
from fastnn.ops.functions.reduction import moments as moments
from fastnn.ops.functions.layout import moveaxis as moveaxis
from fastnn.ops.functions.indexing import multi_hot as multi_hot
from fastnn.ops.functions.arithmetic import multiply as multiply
from fastnn.ops.functions.rounding import nan_to_num as nan_to_num
from fastnn.ops.functions.nan import nanargmax as nanargmax
from fastnn.ops.functions.nan import nanargmin as nanargmin
from fastnn.ops.functions.nan import nancumprod as nancumprod
from fastnn.ops.functions.nan import nancumsum as nancumsum
from fastnn.ops.functions.nan import nanmax as nanmax
from fastnn.ops.functions.nan import nanmean as nanmean
from fastnn.ops.functions.quantiles import nanmedian as nanmedian
from fastnn.ops.functions.nan import nanmin as nanmin
from fastnn.ops.functions.quantiles import nanpercentile as nanpercentile
from fastnn.ops.functions.nan import nanprod as nanprod
from fastnn.ops.functions.quantiles import nanquantile as nanquantile
from fastnn.ops.functions.nan import nanstd as nanstd
from fastnn.ops.functions.nan import nansum as nansum
from fastnn.ops.functions.nan import nanvar as nanvar
from fastnn.ops.functions.constants import ndim as ndim
from fastnn.ops.functions.elementwise import negative as negative
from fastnn.ops.functions.rounding import nextafter as nextafter
from fastnn.ops.functions.comparison import nonzero as nonzero
from fastnn.ops.functions.linalg import norm as norm
from fastnn.ops.functions.normalization import normalize as normalize
from fastnn.ops.functions.comparison import not_equal as not_equal
from fastnn.ops.functions.indexing import one_hot as one_hot
from fastnn.ops.functions.constants import ones as ones
from fastnn.ops.functions.constants import ones_like as ones_like
from fastnn.ops.functions.products import outer as outer
from fastnn.ops.functions.slicing import pad as pad
from fastnn.ops.functions.quantiles import percentile as percentile
from fastnn.ops.functions.linalg import pinv as pinv
from fastnn.ops.functions.complex import polar as polar
from fastnn.ops.functions.powers import power as power
from fastnn.ops.functions.reduction import prod as prod
from fastnn.ops.functions.image_filters import psnr as psnr
from fastnn.ops.functions.reduction import ptp as ptp
from fastnn.ops.functions.linalg import qr as qr
from fastnn.ops.functions.quantiles import quantile as quantile
from fastnn.ops.functions.trigonometry import rad2deg as rad2deg
from fastnn.ops.functions.layout import ravel as ravel
from fastnn.ops.functions.complex import real as real
from fastnn.ops.functions.rearrange import rearrange as rearrange
from fastnn.ops.functions.elementwise import reciprocal as reciprocal
from fastnn.ops.functions.activation import relu as relu
from fastnn.ops.functions.activation import relu6 as relu6
from fastnn.ops.functions.slicing import repeat as repeat
from fastnn.ops.functions.layout import reshape as reshape
from fastnn.ops.functions.fourier import rfft as rfft
from fastnn.ops.functions.bits import right_shift as right_shift
from fastnn.ops.functions.normalization import rms_normalization as rms_normalization
from fastnn.ops.functions.slicing import roll as roll
from fastnn.ops.functions.slicing import rot90 as rot90
from fastnn.ops.functions.rounding import round as round
from fastnn.ops.functions.elementwise import rsqrt as rsqrt
from fastnn.ops.functions.cast import saturate_cast as saturate_cast
from fastnn.ops.functions.loops import scan as scan
from fastnn.ops.functions.segments import scatter as scatter
from fastnn.ops.functions.order import scatter_update as scatter_update
from fastnn.ops.functions.order import searchsorted as searchsorted
from fastnn.ops.functions.segments import segment_max as segment_max
from fastnn.ops.functions.segments import segment_min as segment_min
from fastnn.ops.functions.segments import segment_prod as segment_prod
from fastnn.ops.functions.segments import segment_sum as segment_sum
from fastnn.ops.functions.comparison import select as select
from fastnn.ops.functions.activation import selu as selu
from fastnn.ops.functions.convolution import separable_conv as separable_conv
from fastnn.ops.functions.constants import shape as shape
from fastnn.ops.functions.activation import sigmoid as sigmoid
from fastnn.ops.functions.elementwise import sign as sign
from fastnn.ops.functions.rounding import signbit as signbit
from fastnn.ops.functions.activation import silu as silu
from fastnn.ops.functions.elementwise import sin as sin
from fastnn.ops.functions.trigonometry import sinc as sinc
from fastnn.ops.functions.trigonometry import sinh as sinh
from fastnn.ops.functions.constants import size as size
from fastnn.ops.functions.blocks import slice as slice
from fastnn.ops.functions.blocks import slice_update as slice_update
from fastnn.ops.functions.linalg import slogdet as slogdet
from fastnn.ops.functions.activation_sparse import soft_shrink as soft_shrink
from fastnn.ops.functions.activation import soft_sign as soft_sign
from fastnn.ops.functions.softmax import softmax as softmax
from fastnn.ops.functions.activation import softplus as softplus
from fastnn.ops.functions.activation import softsign as softsign
from fastnn.ops.functions.linalg import solve as solve
from fastnn.ops.functions.linalg import solve_triangular as solve_triangular
from fastnn.ops.functions.order import sort as sort
from fastnn.ops.functions.image import space_to_depth as space_to_depth
from fastnn.ops.functions.crossentropy import sparse_categorical_crossentropy as sparse_categorical_crossentropy
from fastnn.ops.functions.activation_sparse import sparse_plus as sparse_plus
from fastnn.ops.functions.activation_sparse import sparse_sigmoid as sparse_sigmoid
from fastnn.ops.functions.activation_sparse import sparsemax as sparsemax
from fastnn.ops.functions.layout import split as split
from fastnn.ops.functions.elementwise import sqrt as sqrt
from fastnn.ops.functions.elementwise import square as square
from fastnn.ops.functions.arithmetic import squared_difference as squared_difference
from fastnn.ops.functions.activation_sparse import squareplus as squareplus
from fastnn.ops.functions.layout import squeeze as squeeze
from fastnn.ops.functions.layout import stack as stack
from fastnn.ops.functions.reduction import std as std
from fastnn.ops.functions.fourier import stft as stft
from fastnn.ops.functions.elementwise import stop_gradient as stop_gradient
from fastnn.ops.functions.arithmetic import subtract as subtract
from fastnn.ops.functions.reduction import sum as sum
from fastnn.ops.functions.linalg import svd as svd
from fastnn.ops.functions.layout import swapaxes as swapaxes
from fastnn.ops.functions.activation import swish as swish
from fastnn.ops.functions.choices import switch as switch
from fastnn.ops.functions.indexing import take as take
from fastnn.ops.functions.indexing import take_along_axis as take_along_axis
from fastnn.ops.functions.trigonometry import tan as tan
from fastnn.ops.functions.activation import tanh as tanh
from fastnn.ops.functions.activation_sparse import tanh_shrink as tanh_shrink
from fastnn.ops.functions.products import tensordot as tensordot
from fastnn.ops.functions.activation_sparse import threshold as threshold
from fastnn.ops.functions.slicing import tile as tile
from fastnn.ops.functions.order import top_k as top_k
from fastnn.ops.functions.create import trace as trace
from fastnn.ops.functions.layout import transpose as transpose
from fastnn.ops.functions.products import trapezoid as trapezoid
from fastnn.ops.functions.create import tri as tri
from fastnn.ops.functions.create import tril as tril
from fastnn.ops.functions.create import triu as triu
from fastnn.ops.functions.arithmetic import true_divide as true_divide
from fastnn.ops.functions.elementwise import trunc as trunc
from fastnn.ops.functions.windows import unfold as unfold
from fastnn.ops.functions.order import unique as unique
from fastnn.ops.functions.order import unravel_index as unravel_index
from fastnn.ops.functions.layout import unstack as unstack
from fastnn.ops.functions.create import vander as vander
from fastnn.ops.functions.reduction import var as var
from fastnn.ops.functions.products import vdot as vdot
from fastnn.ops.functions.vectorize import vectorize as vectorize
from fastnn.ops.functions.loops import vectorized_map as vectorized_map
from fastnn.ops.functions.cast import view as view
from fastnn.ops.functions.complex import view_as_complex as view_as_complex
from fastnn.ops.functions.complex import view_as_real as view_as_real
from fastnn.ops.functions.layout import vsplit as vsplit
from fastnn.ops.functions.layout import vstack as vstack
from fastnn.ops.functions.comparison import where as where
from fastnn.ops.functions.loops import while_loop as while_loop
from fastnn.ops.functions.constants import zeros as zeros
from fastnn.ops.functions.constants import zeros_like as zeros_like

__all__ = [
    'abs',
    'absolute',
    'adaptive_average_pool',
    'adaptive_max_pool',
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
    'ctc_decode',
    'ctc_loss',
    'cumprod',
    'cumsum',
    'custom_gradient',
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
    'dot_product_attention',
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
    'extract_sequences',
    'eye',
    'fabs',
    'fft',
    'fft2',
    'flip',
    'fliplr',
    'flipud',
    'float_power',
    'floor',
    'floor_divide',
    'fmax',
    'fmin',
    'fmod',
    'fold',
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
    'i0',
    'identity',
    'ifft2',
    'imag',
    'in_top_k',
    'indices',
    'inner',
    'interp',
    'inv',
    'irfft',
    'is_tensor',
    'isclose',
    'isfinite',
    'isin',
    'isinf',
    'isnan',
    'isneginf',
    'isposinf',
    'isreal',
    'istft',
    'jvp',
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
    'nextafter',
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
    'polar',
    'power',
    'prod',
    'psnr',
    'ptp',
    'qr',
    'quantile',
    'rad2deg',
    'ravel',
    'real',
    'rearrange',
    'reciprocal',
    'relu',
    'relu6',
    'repeat',
    'reshape',
    'rfft',
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
    'stft',
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
    'unfold',
    'unique',
    'unravel_index',
    'unstack',
    'vander',
    'var',
    'vdot',
    'vectorize',
    'vectorized_map',
    'view',
    'view_as_complex',
    'view_as_real',
    'vsplit',
    'vstack',
    'where',
    'while_loop',
    'zeros',
    'zeros_like',
]
