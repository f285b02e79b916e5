"""`keras.wrappers`: models as estimators of scikit-learn, which must be installed (the extra `sklearn`)."""

from fastnn.core.registry import lazy

NAMES = dict.fromkeys(("SKLearnClassifier", "SKLearnRegressor", "SKLearnTransformer"), "estimators")
__getattr__, __dir__, __all__ = lazy(__name__, NAMES)
