"""Helpers about models that scripts of Keras 1 and 2 import: classes of predictions, and YAML."""

import json

import numpy as np

from fastnn.core.errors import NotSupportedError
from fastnn.models import model_from_json


def names_of_results(self):
    """The names of what evaluate() and train_on_batch() return, in that order; [] before compile().

    >>> from fastnn import Sequential, layers
    >>> model = Sequential([layers.Input((2,)), layers.Dense(1)])
    >>> model.compile("sgd", "mse", metrics=["mae"])
    >>> len(model.train_on_batch(np.ones((4, 2)), np.ones((4, 1)))), names_of_results(model)
    (2, ['loss', 'mae'])
    """
    if not self.metrics:
        return []
    names = list(self.get_metrics_result())
    found = self._in_order({name: name for name in names})
    return found if isinstance(found, list) else [found]


# ---- keras.utils.np_utils --------------------------------------------------------------------------------------
def probas_to_classes(y_pred):
    """The classes of probabilities: the largest of a row, or whether the only one is above a half.

    Args:
        y_pred: (n, classes) or (n, 1).
    """
    y = np.asarray(y_pred)
    return np.argmax(y, axis=1) if y.ndim > 1 and y.shape[1] > 1 else np.ravel(y > 0.5).astype(int)


# ---- models in YAML --------------------------------------------------------------------------------------------
def to_yaml(self, **kwargs):
    """The model without its weights, as YAML: its JSON, which is YAML, too.

    Args:
        kwargs: of no effect.
    """
    return self.to_json(indent=2)


def model_from_yaml(yaml_string, custom_objects=None):
    """The model that `to_yaml` described.

    Args:
        yaml_string: text.
        custom_objects: {name: class or function} of what is not fastnn's.

    Raises NotSupportedError for YAML that is not JSON.
    """
    try:
        config = json.loads(yaml_string)
    except ValueError:
        raise NotSupportedError(
            "model_from_yaml: received YAML that is not JSON, as Keras 2 wrote it; read it with PyYAML and pass "
            "model_from_json(json.dumps(yaml.safe_load(text)))."
        ) from None
    return model_from_json(json.dumps(config), custom_objects)
