"""Metrics: classes and functions under Keras's names, and `get` / `serialize` / `deserialize`."""

from fastnn.core.registry import lazy

NAMES = {
    "Metric": "metric", "Mean": "reduction", "Sum": "reduction", "MeanMetricWrapper": "reduction",
    **dict.fromkeys(("Accuracy", "BinaryAccuracy", "CategoricalAccuracy", "SparseCategoricalAccuracy",
                     "TopKCategoricalAccuracy", "SparseTopKCategoricalAccuracy", "binary_accuracy",
                     "categorical_accuracy", "sparse_categorical_accuracy", "top_k_categorical_accuracy",
                     "sparse_top_k_categorical_accuracy"), "accuracy"),
    **dict.fromkeys(("MeanSquaredError", "MeanAbsoluteError", "MeanAbsolutePercentageError",
                     "MeanSquaredLogarithmicError", "RootMeanSquaredError", "CosineSimilarity", "LogCoshError",
                     "R2Score", "Hinge", "SquaredHinge", "CategoricalHinge", "KLDivergence", "Poisson",
                     "BinaryCrossentropy", "CategoricalCrossentropy", "SparseCategoricalCrossentropy",
                     "PearsonCorrelation", "ConcordanceCorrelation", "pearson_correlation",
                     "concordance_correlation"), "regression"),
    **dict.fromkeys(("TruePositives", "FalsePositives", "TrueNegatives", "FalseNegatives", "Precision", "Recall",
                     "SensitivityAtSpecificity", "SpecificityAtSensitivity", "PrecisionAtRecall",
                     "RecallAtPrecision"), "confusion"),
    "AUC": "auc", "MeanAveragePrecision": "detection",
    **dict.fromkeys(("F1Score", "FBetaScore", "IoU", "BinaryIoU", "MeanIoU", "OneHotIoU", "OneHotMeanIoU"),
                    "fscore_iou"),
    **dict.fromkeys(("mean_squared_error", "mean_absolute_error", "mean_absolute_percentage_error",
                     "mean_squared_logarithmic_error", "huber", "log_cosh", "kl_divergence", "poisson", "hinge",
                     "squared_hinge", "categorical_hinge"), "fastnn.losses.regression"),
    **dict.fromkeys(("binary_crossentropy", "binary_focal_crossentropy", "categorical_crossentropy",
                     "categorical_focal_crossentropy", "sparse_categorical_crossentropy"),
                    "fastnn.losses.probabilistic"),
    **{alias: f"fastnn.losses.regression:{name}" for short, name in (
        ("mse", "mean_squared_error"), ("mae", "mean_absolute_error"), ("mape", "mean_absolute_percentage_error"),
        ("msle", "mean_squared_logarithmic_error"), ("kld", "kl_divergence"))
       for alias in (short, short.upper())},
    "logcosh": "fastnn.losses.regression:log_cosh",
    "get": "identifiers", "serialize": "identifiers", "deserialize": "identifiers", "resolve": "identifiers",
    "CompileMetrics": "compile_metrics",
}  # fmt: skip
__getattr__, __dir__, __all__ = lazy(__name__, NAMES)
