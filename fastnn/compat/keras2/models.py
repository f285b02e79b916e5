"""What models of Keras 1 and 2 could do: layers that are popped, classes of predictions, YAML."""

import copy
import functools
import json

import numpy as np

from fastnn.core.errors import ArgumentError, NotSupportedError
from fastnn.layers.context import as_before_keras_3
from fastnn.layers.events import is_functional
from fastnn.models import Sequential, model_from_json


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
    loss = self._compile_loss
    if (loss is None or not loss.built) and getattr(self, "outputs", None):
        return _names_before_data(self)
    names = list(self.get_metrics_result())
    found = self._in_order({name: name for name in names})
    return found if isinstance(found, list) else [found]


def _names_before_data(model):
    """The names as they will be for targets of the shapes of the outputs: copies are built, not what will be used."""
    said = model.output
    parts = []
    for compiled in (model._compile_loss, model._compile_metrics):
        twin = copy.copy(compiled)
        if twin is not None and not twin.built:
            twin.build(said, said)
        parts.append(twin)
    loss, compiled = parts
    losses = [m.name for m in loss.metrics] if loss is not None and loss.metrics else []
    return ["loss", *losses, *(compiled.result() if compiled is not None else ())]


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


# ---- models that are cut off ------------------------------------------------------------------------------------
class Layers(list):
    """The layers of a model in programs of Keras 2's years: what is popped from the list leaves the model."""

    def __init__(self, layers, owner):
        super().__init__(layers)
        self.owner = owner

    def pop(self, index=-1):
        """Take a layer off the model; what it gives stays what it was until `outputs` says otherwise.

        Args:
            index: of the layer; of a Sequential the last one.
        """
        layer = super().pop(index)
        if isinstance(self.owner, Sequential) and layer is self.owner.layers[-1]:
            self.owner.pop()
        else:
            self.owner.__dict__.setdefault("_taken_off", set()).add(id(layer))
        return layer


def layers_to_pop(today):
    """The property `layers`, whose list can be popped from."""

    def get(self):
        found = today.fget(self)
        if not as_before_keras_3():
            return found
        gone = self.__dict__.get("_taken_off", ())
        return Layers([layer for layer in found if id(layer) not in gone], self)

    return property(get, today.fset, doc=today.__doc__)


def with_other_outputs(set_today):
    """`__setattr__` of functional models: outputs that are set are what the model gives."""

    @functools.wraps(set_today)
    def __setattr__(self, name, value):
        symbols = value if isinstance(value, (list, tuple)) else [value]
        if name == "outputs" and "_map" in self.__dict__ and symbols and all(map(is_functional, symbols)):
            self.__dict__.pop("_taken_off", None)
            self._set_graph(self._inputs_struct, list(symbols) if len(symbols) > 1 else symbols[0])
        else:
            set_today(self, name, value)

    return __setattr__


def outputs_of_a_stack(today):
    """The property `outputs` of Sequential: set to what an inner layer gives, it takes off those behind."""

    def put(self, value):
        (symbol,) = value if isinstance(value, (list, tuple)) else [value]
        last = symbol.origin.operation
        if last not in self.layers:
            raise ArgumentError(f"outputs: received {symbol!r}, expected what one of the model's layers gives.")
        while self.layers[-1] is not last:
            self.pop()

    return property(today.fget, put, doc=today.__doc__)


def named_by_position(init_today):
    """`Model.__init__` for a name that is given by position, as subclasses did.

    Args:
        init_today: that method.
    """

    @functools.wraps(init_today)
    def __init__(self, *args, **kwargs):
        if len(args) == 1 and (args[0] is None or isinstance(args[0], str)):
            args, kwargs = (), {"name": args[0], **kwargs}
        init_today(self, *args, **kwargs)

    return __init__
