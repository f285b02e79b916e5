"""Networks with scikit-learn's own arguments, trained by fastnn; the extra `sklearn` installs what they need."""

from fastnn.core.registry import lazy

NAMES = dict.fromkeys(("MLPClassifier", "MLPRegressor"), "mlp")
__getattr__, __dir__, __all__ = lazy(__name__, NAMES)
