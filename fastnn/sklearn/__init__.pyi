"""Generated from NAMES by tests/typing/stubs.py."""
from fastnn.sklearn.mlp import MLPClassifier as MLPClassifier
from fastnn.sklearn.mlp import MLPRegressor as MLPRegressor

__all__ = [
    'MLPClassifier',
    'MLPRegressor',
]
