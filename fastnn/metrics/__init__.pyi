"""Generated from NAMES by tests/typing/stubs.py."""
from fastnn.metrics.auc import AUC as AUC
from fastnn.metrics.accuracy import Accuracy as Accuracy
from fastnn.metrics.accuracy import BinaryAccuracy as BinaryAccuracy
from fastnn.metrics.regression import BinaryCrossentropy as BinaryCrossentropy
from fastnn.metrics.fscore_iou import BinaryIoU as BinaryIoU
from fastnn.metrics.accuracy import CategoricalAccuracy as CategoricalAccuracy
from fastnn.metrics.regression import CategoricalCrossentropy as CategoricalCrossentropy
from fastnn.metrics.regression import CategoricalHinge as CategoricalHinge
from fastnn.metrics.compile_metrics import CompileMetrics as CompileMetrics
from fastnn.metrics.regression import ConcordanceCorrelation as ConcordanceCorrelation
from fastnn.metrics.regression import CosineSimilarity as CosineSimilarity
from fastnn.metrics.fscore_iou import F1Score as F1Score
from fastnn.metrics.fscore_iou import FBetaScore as FBetaScore
from fastnn.metrics.confusion import FalseNegatives as FalseNegatives
from fastnn.metrics.confusion import FalsePositives as FalsePositives
from fastnn.metrics.regression import Hinge as Hinge
from fastnn.metrics.fscore_iou import IoU as IoU
from fastnn.losses.regression import kl_divergence as KLD
from fastnn.metrics.regression import KLDivergence as KLDivergence
from fastnn.metrics.regression import LogCoshError as LogCoshError
from fastnn.losses.regression import mean_absolute_error as MAE
from fastnn.losses.regression import mean_absolute_percentage_error as MAPE
from fastnn.losses.regression import mean_squared_error as MSE
from fastnn.losses.regression import mean_squared_logarithmic_error as MSLE
from fastnn.metrics.reduction import Mean as Mean
from fastnn.metrics.regression import MeanAbsoluteError as MeanAbsoluteError
from fastnn.metrics.regression import MeanAbsolutePercentageError as MeanAbsolutePercentageError
from fastnn.metrics.detection import MeanAveragePrecision as MeanAveragePrecision
from fastnn.metrics.fscore_iou import MeanIoU as MeanIoU
from fastnn.metrics.reduction import MeanMetricWrapper as MeanMetricWrapper
from fastnn.metrics.regression import MeanSquaredError as MeanSquaredError
from fastnn.metrics.regression import MeanSquaredLogarithmicError as MeanSquaredLogarithmicError
from fastnn.metrics.metric import Metric as Metric
from fastnn.metrics.fscore_iou import OneHotIoU as OneHotIoU
from fastnn.metrics.fscore_iou import OneHotMeanIoU as OneHotMeanIoU
from fastnn.metrics.regression import PearsonCorrelation as PearsonCorrelation
from fastnn.metrics.regression import Poisson as Poisson
from fastnn.metrics.confusion import Precision as Precision
from fastnn.metrics.confusion import PrecisionAtRecall as PrecisionAtRecall
from fastnn.metrics.regression import R2Score as R2Score
from fastnn.metrics.confusion import Recall as Recall
from fastnn.metrics.confusion import RecallAtPrecision as RecallAtPrecision
from fastnn.metrics.regression import RootMeanSquaredError as RootMeanSquaredError
from fastnn.metrics.confusion import SensitivityAtSpecificity as SensitivityAtSpecificity
from fastnn.metrics.accuracy import SparseCategoricalAccuracy as SparseCategoricalAccuracy
from fastnn.metrics.regression import SparseCategoricalCrossentropy as SparseCategoricalCrossentropy
from fastnn.metrics.accuracy import SparseTopKCategoricalAccuracy as SparseTopKCategoricalAccuracy
from fastnn.metrics.confusion import SpecificityAtSensitivity as SpecificityAtSensitivity
from fastnn.metrics.regression import SquaredHinge as SquaredHinge
from fastnn.metrics.reduction import Sum as Sum
from fastnn.metrics.accuracy import TopKCategoricalAccuracy as TopKCategoricalAccuracy
from fastnn.metrics.confusion import TrueNegatives as TrueNegatives
from fastnn.metrics.confusion import TruePositives as TruePositives
from fastnn.metrics.accuracy import binary_accuracy as binary_accuracy
from fastnn.losses.probabilistic import binary_crossentropy as binary_crossentropy
from fastnn.losses.probabilistic import binary_focal_crossentropy as binary_focal_crossentropy
from fastnn.metrics.accuracy import categorical_accuracy as categorical_accuracy
from fastnn.losses.probabilistic import categorical_crossentropy as categorical_crossentropy
from fastnn.losses.probabilistic import categorical_focal_crossentropy as categorical_focal_crossentropy
from fastnn.losses.regression import categorical_hinge as categorical_hinge
from fastnn.metrics.regression import concordance_correlation as concordance_correlation
from fastnn.metrics.identifiers import deserialize as deserialize
from fastnn.metrics.identifiers import get as get
from fastnn.losses.regression import hinge as hinge
from fastnn.losses.regression import huber as huber
from fastnn.losses.regression import kl_divergence as kl_divergence
from fastnn.losses.regression import kl_divergence as kld
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
from fastnn.metrics.regression import pearson_correlation as pearson_correlation
from fastnn.losses.regression import poisson as poisson
from fastnn.metrics.identifiers import resolve as resolve
from fastnn.metrics.identifiers import serialize as serialize
from fastnn.metrics.accuracy import sparse_categorical_accuracy as sparse_categorical_accuracy
from fastnn.losses.probabilistic import sparse_categorical_crossentropy as sparse_categorical_crossentropy
from fastnn.metrics.accuracy import sparse_top_k_categorical_accuracy as sparse_top_k_categorical_accuracy
from fastnn.losses.regression import squared_hinge as squared_hinge
from fastnn.metrics.accuracy import top_k_categorical_accuracy as top_k_categorical_accuracy

__all__ = [
    'AUC',
    'Accuracy',
    'BinaryAccuracy',
    'BinaryCrossentropy',
    'BinaryIoU',
    'CategoricalAccuracy',
    'CategoricalCrossentropy',
    'CategoricalHinge',
    'CompileMetrics',
    'ConcordanceCorrelation',
    'CosineSimilarity',
    'F1Score',
    'FBetaScore',
    'FalseNegatives',
    'FalsePositives',
    'Hinge',
    'IoU',
    'KLD',
    'KLDivergence',
    'LogCoshError',
    'MAE',
    'MAPE',
    'MSE',
    'MSLE',
    'Mean',
    'MeanAbsoluteError',
    'MeanAbsolutePercentageError',
    'MeanAveragePrecision',
    'MeanIoU',
    'MeanMetricWrapper',
    'MeanSquaredError',
    'MeanSquaredLogarithmicError',
    'Metric',
    'OneHotIoU',
    'OneHotMeanIoU',
    'PearsonCorrelation',
    'Poisson',
    'Precision',
    'PrecisionAtRecall',
    'R2Score',
    'Recall',
    'RecallAtPrecision',
    'RootMeanSquaredError',
    'SensitivityAtSpecificity',
    'SparseCategoricalAccuracy',
    'SparseCategoricalCrossentropy',
    'SparseTopKCategoricalAccuracy',
    'SpecificityAtSensitivity',
    'SquaredHinge',
    'Sum',
    'TopKCategoricalAccuracy',
    'TrueNegatives',
    'TruePositives',
    'binary_accuracy',
    'binary_crossentropy',
    'binary_focal_crossentropy',
    'categorical_accuracy',
    'categorical_crossentropy',
    'categorical_focal_crossentropy',
    'categorical_hinge',
    'concordance_correlation',
    'deserialize',
    'get',
    'hinge',
    'huber',
    'kl_divergence',
    'kld',
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
    'pearson_correlation',
    'poisson',
    'resolve',
    'serialize',
    'sparse_categorical_accuracy',
    'sparse_categorical_crossentropy',
    'sparse_top_k_categorical_accuracy',
    'squared_hinge',
    'top_k_categorical_accuracy',
]
