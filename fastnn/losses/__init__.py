"""Losses: classes and functions under Keras's names, and `get` / `serialize` / `deserialize`."""

from fastnn.core.registry import lazy

NAMES = {
    "Loss": "loss", "Reduction": "loss", "squeeze_or_expand_to_same_rank": "loss",
    "LossFunctionWrapper": "wrapper",
    **dict.fromkeys(("MeanSquaredError", "MeanAbsoluteError", "MeanAbsolutePercentageError",
                     "MeanSquaredLogarithmicError", "CosineSimilarity", "Huber", "LogCosh", "Hinge", "SquaredHinge",
                     "CategoricalHinge", "KLDivergence", "Poisson"), "classes"),
    **dict.fromkeys(("BinaryCrossentropy", "BinaryFocalCrossentropy", "CategoricalCrossentropy",
                     "CategoricalFocalCrossentropy", "SparseCategoricalCrossentropy",
                     "CategoricalGeneralizedCrossEntropy", "Dice", "Tversky"), "probability_classes"),
    **dict.fromkeys(("mean_squared_error", "mean_absolute_error", "mean_absolute_percentage_error",
                     "mean_squared_logarithmic_error", "cosine_similarity", "huber", "log_cosh", "kl_divergence",
                     "poisson", "hinge", "squared_hinge", "categorical_hinge"), "regression"),
    **dict.fromkeys(("binary_crossentropy", "binary_focal_crossentropy", "categorical_crossentropy",
                     "categorical_focal_crossentropy", "sparse_categorical_crossentropy",
                     "categorical_generalized_cross_entropy", "dice", "tversky"), "probabilistic"),
    "circle": "metric_learning", "Circle": "metric_learning", "ctc": "sequences", "CTC": "sequences",
    "mse": "regression:mean_squared_error", "MSE": "regression:mean_squared_error",
    "mae": "regression:mean_absolute_error", "MAE": "regression:mean_absolute_error",
    "mape": "regression:mean_absolute_percentage_error", "MAPE": "regression:mean_absolute_percentage_error",
    "msle": "regression:mean_squared_logarithmic_error", "MSLE": "regression:mean_squared_logarithmic_error",
    "kld": "regression:kl_divergence", "KLD": "regression:kl_divergence",
    "kullback_leibler_divergence": "regression:kl_divergence", "logcosh": "regression:log_cosh",
    "cosine_proximity": "regression:cosine_similarity", "huber_loss": "regression:huber",
    "bce": "probabilistic:binary_crossentropy", "BCE": "probabilistic:binary_crossentropy",
    "get": "identifiers", "serialize": "identifiers", "deserialize": "identifiers",
}  # fmt: skip
__getattr__, __dir__, __all__ = lazy(__name__, NAMES)
