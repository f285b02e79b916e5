"""Generated from NAMES by tests/typing/stubs.py."""
from fastnn.losses.probabilistic import binary_crossentropy as BCE
from fastnn.losses.probability_classes import BinaryCrossentropy as BinaryCrossentropy
from fastnn.losses.probability_classes import BinaryFocalCrossentropy as BinaryFocalCrossentropy
from fastnn.losses.sequences import CTC as CTC
from fastnn.losses.probability_classes import CategoricalCrossentropy as CategoricalCrossentropy
from fastnn.losses.probability_classes import CategoricalFocalCrossentropy as CategoricalFocalCrossentropy
from fastnn.losses.probability_classes import CategoricalGeneralizedCrossEntropy as CategoricalGeneralizedCrossEntropy
from fastnn.losses.classes import CategoricalHinge as CategoricalHinge
from fastnn.losses.metric_learning import Circle as Circle
from fastnn.losses.classes import CosineSimilarity as CosineSimilarity
from fastnn.losses.probability_classes import Dice as Dice
from fastnn.losses.classes import Hinge as Hinge
from fastnn.losses.classes import Huber as Huber
from fastnn.losses.regression import kl_divergence as KLD
from fastnn.losses.classes import KLDivergence as KLDivergence
from fastnn.losses.classes import LogCosh as LogCosh
from fastnn.losses.loss import Loss as Loss
from fastnn.losses.wrapper import LossFunctionWrapper as LossFunctionWrapper
from fastnn.losses.regression import mean_absolute_error as MAE
from fastnn.losses.regression import mean_absolute_percentage_error as MAPE
from fastnn.losses.regression import mean_squared_error as MSE
from fastnn.losses.regression import mean_squared_logarithmic_error as MSLE
from fastnn.losses.classes import MeanAbsoluteError as MeanAbsoluteError
from fastnn.losses.classes import MeanAbsolutePercentageError as MeanAbsolutePercentageError
from fastnn.losses.classes import MeanSquaredError as MeanSquaredError
from fastnn.losses.classes import MeanSquaredLogarithmicError as MeanSquaredLogarithmicError
from fastnn.losses.classes import Poisson as Poisson
from fastnn.losses.loss import Reduction as Reduction
from fastnn.losses.probability_classes import SparseCategoricalCrossentropy as SparseCategoricalCrossentropy
from fastnn.losses.classes import SquaredHinge as SquaredHinge
from fastnn.losses.probability_classes import Tversky as Tversky
from fastnn.losses.probabilistic import binary_crossentropy as bce
from fastnn.losses.probabilistic import binary_crossentropy as binary_crossentropy
from fastnn.losses.probabilistic import binary_focal_crossentropy as binary_focal_crossentropy
from fastnn.losses.probabilistic import categorical_crossentropy as categorical_crossentropy
from fastnn.losses.probabilistic import categorical_focal_crossentropy as categorical_focal_crossentropy
from fastnn.losses.probabilistic import categorical_generalized_cross_entropy as categorical_generalized_cross_entropy
from fastnn.losses.regression import categorical_hinge as categorical_hinge
from fastnn.losses.metric_learning import circle as circle
from fastnn.losses.regression import cosine_similarity as cosine_proximity
from fastnn.losses.regression import cosine_similarity as cosine_similarity
from fastnn.losses.sequences import ctc as ctc
from fastnn.losses.identifiers import deserialize as deserialize
from fastnn.losses.probabilistic import dice as dice
from fastnn.losses.identifiers import get as get
from fastnn.losses.regression import hinge as hinge
from fastnn.losses.regression import huber as huber
from fastnn.losses.regression import huber as huber_loss
from fastnn.losses.regression import kl_divergence as kl_divergence
from fastnn.losses.regression import kl_divergence as kld
from fastnn.losses.regression import kl_divergence as kullback_leibler_divergence
from fastnn.losses.regression import log_cosh as log_cosh
from fastnn.losses.regression import log_cosh as logcosh
from fastnn.losses.regression import mean_absolute_error as mae
from fastnn.losses.regression import mean_absolute_percentage_error as mape
from fastnn.losses.regression import mean_absolute_error as mean_absolute_error
from fastnn.losses.regression import mean_absolute_percentage_error as mean_absolute_percentage_error
from fastnn.losses.regression import mean_squared_error as mean_squared_error
from fastnn.losses.regression import mean_squared_logarithmic_error as mean_squared_logarithmic_error
from fastnn.losses.regression import mean_squared_error as mse
from fastnn.losses.regression import mean_squared_logarithmic_error as msle
from fastnn.losses.regression import poisson as poisson
from fastnn.losses.identifiers import serialize as serialize
from fastnn.losses.probabilistic import sparse_categorical_crossentropy as sparse_categorical_crossentropy
from fastnn.losses.regression import squared_hinge as squared_hinge
from fastnn.losses.loss import squeeze_or_expand_to_same_rank as squeeze_or_expand_to_same_rank
from fastnn.losses.probabilistic import tversky as tversky

__all__ = [
    'BCE',
    'BinaryCrossentropy',
    'BinaryFocalCrossentropy',
    'CTC',
    'CategoricalCrossentropy',
    'CategoricalFocalCrossentropy',
    'CategoricalGeneralizedCrossEntropy',
    'CategoricalHinge',
    'Circle',
    'CosineSimilarity',
    'Dice',
    'Hinge',
    'Huber',
    'KLD',
    'KLDivergence',
    'LogCosh',
    'Loss',
    'LossFunctionWrapper',
    'MAE',
    'MAPE',
    'MSE',
    'MSLE',
    'MeanAbsoluteError',
    'MeanAbsolutePercentageError',
    'MeanSquaredError',
    'MeanSquaredLogarithmicError',
    'Poisson',
    'Reduction',
    'SparseCategoricalCrossentropy',
    'SquaredHinge',
    'Tversky',
    'bce',
    'binary_crossentropy',
    'binary_focal_crossentropy',
    'categorical_crossentropy',
    'categorical_focal_crossentropy',
    'categorical_generalized_cross_entropy',
    'categorical_hinge',
    'circle',
    'cosine_proximity',
    'cosine_similarity',
    'ctc',
    'deserialize',
    'dice',
    'get',
    'hinge',
    'huber',
    'huber_loss',
    'kl_divergence',
    'kld',
    'kullback_leibler_divergence',
    'log_cosh',
    'logcosh',
    'mae',
    'mape',
    'mean_absolute_error',
    'mean_absolute_percentage_error',
    'mean_squared_error',
    'mean_squared_logarithmic_error',
    'mse',
    'msle',
    'poisson',
    'serialize',
    'sparse_categorical_crossentropy',
    'squared_hinge',
    'squeeze_or_expand_to_same_rank',
    'tversky',
]
