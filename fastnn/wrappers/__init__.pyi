"""Generated from NAMES by tests/typing/stubs.py."""
from fastnn.wrappers.estimators import SKLearnClassifier as SKLearnClassifier
from fastnn.wrappers.estimators import SKLearnRegressor as SKLearnRegressor
from fastnn.wrappers.estimators import SKLearnTransformer as SKLearnTransformer

__all__ = [
    'SKLearnClassifier',
    'SKLearnRegressor',
    'SKLearnTransformer',
]
