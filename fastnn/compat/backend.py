"""`keras.backend`: the functions that scripts of the Keras 1 and 2 years call, on fastnn.ops.

Every name of `fastnn.ops` is found here too, under the old ones as `keras_backend.names` says; the functions below, and
those of `keras_backend.values` and `keras_backend.arrays`, are the ones that took other arguments.
"""

import os
import sys
from collections.abc import ValuesView
from importlib import import_module

import numpy as np

from fastnn import ops
from fastnn.compat.keras1.crossentropies import in_order
from fastnn.compat.keras_backend.names import ARGUMENTS, RENAMED, adapted
from fastnn.compat.keras_backend.values import get_value
from fastnn.compat.shapes import Sizes
from fastnn.core import dtypes, hooks
from fastnn.core.config import image_data_format, set_image_data_format
from fastnn.core.errors import ArgumentError
from fastnn.core.types import is_function
from fastnn.graph import Symbol, Variable, current
from fastnn.graph.variable import auto_name
from fastnn.layers import InputLayer
from fastnn.layers.gradients import Gradients, symbolic_gradients
from fastnn.models import Model
from fastnn.optimizers.minimizing import Updates

_phase = {"learning": 0}


class _Scope:
    """A `with` block that changes nothing."""

    def __init__(self, *_):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False


# ---- what kind of thing --------------------------------------------------------------------------------
def shape(x):
    """The sizes of x; as with a tensor, `shape(x)[1:3] * 2` calculates with each of them.

    >>> shape(np.ones((2, 3))) * 2
    (4, 6)
    """
    return Sizes(ops.shape(x))


def int_shape(x):
    """The shape of a symbol or array as a tuple of ints and None.

    Args:
        x: a symbol, a variable or an array.

    >>> int_shape(np.ones((2, 3)))
    (2, 3)
    """
    return tuple(x.shape)


def ndim(x):
    """The number of dimensions of x.

    Args:
        x: a symbol, a variable or an array.
    """
    return len(x.shape)


def dtype(x):
    """The name of a dtype: `dtype(np.ones(2, "float32"))` is "float32"; of a Python number the default float type.

    Args:
        x: a symbol, a variable, an array or a number.
    """
    return dtypes.standardize(getattr(x, "dtype", None))


def is_sparse(x):
    """False: there are no sparse tensors.

    Args:
        x: anything.
    """
    return False


def is_variable(x):
    """Whether x is a variable.

    Args:
        x: anything.
    """
    return isinstance(x, Variable)


def is_placeholder(x):
    """Whether x is an input of a functional graph.

    Args:
        x: anything.

    >>> from fastnn import layers
    >>> is_placeholder(layers.Input((2,))), is_placeholder(np.ones(2))
    (True, False)
    """
    return isinstance(x, Symbol) and isinstance(getattr(x.origin, "operation", None), InputLayer)


def to_dense(tensor):
    """The tensor as it is: there are no sparse ones.

    Args:
        tensor: an array, a symbol or a variable.
    """
    return tensor


def print_tensor(x, message=""):
    """x as it is; values are printed when they are there, behind a message.

    Args:
        x: an array, a symbol or a variable.
        message: str.

    >>> print_tensor(np.array([1.0, 2.0]), "x =").shape
    x = [1. 2.]
    (2,)
    """
    if not isinstance(x, Symbol):
        sys.stdout.write(f"{message} {np.asarray(get_value(x))}\n")
    return x


def control_dependencies(control_inputs):
    """A `with` block that changes nothing: results are computed where they are used.

    Args:
        control_inputs: of no effect.
    """
    return _Scope()


def backend():
    """The word that scripts compare with: what KERAS_BACKEND says, else "tensorflow"; `config.backend()` is "fastnn".

    Scripts of the Keras 1 and 2 years refuse to run, or choose other axes, where it is no word that they know.
    """
    said = os.environ.get("KERAS_BACKEND", "")
    return said if said in ("tensorflow", "jax", "torch", "theano") else "tensorflow"


_BACKEND = backend()  # what Keras 1's scripts ask


def image_dim_ordering():
    """Keras 1's word for the image data format: "tf" or "th"."""
    return "tf" if image_data_format() == "channels_last" else "th"


def set_image_dim_ordering(dim_ordering):
    """Keras 1's way to set the image data format.

    Args:
        dim_ordering: "tf" for channels last, "th" for channels first.

    Raises ArgumentError for another word.
    """
    formats = {"tf": "channels_last", "th": "channels_first"}
    if dim_ordering not in formats:
        raise ArgumentError(f"dim_ordering: received {dim_ordering!r}, expected 'tf' or 'th'.")
    set_image_data_format(formats[dim_ordering])


# ---- functions -----------------------------------------------------------------------------------------
def gradients(loss, variables):
    """The gradients of a loss along symbols or weights, as a list.

    Args:
        loss: a symbol of a functional graph, or of a step, or a list of them; what it holds is added up.
        variables: a symbol or a weight, or a list of them.

    >>> from fastnn import layers
    >>> x = layers.Input((2,))
    >>> function([x], gradients(ops.sum(x * x), [x]))([np.ones((1, 2), "float32")])
    [array([[2., 2.]], dtype=float32)]
    """
    losses, sources = (list(x) if isinstance(x, (list, tuple)) else [x] for x in (loss, variables))
    return symbolic_gradients(losses, sources)


def function(inputs, outputs, updates=None, name=None, **kwargs):
    """A callable from a list of arrays to a list of arrays, from symbols of the functional API.

    Args:
        inputs: list of symbols; `learning_phase()` among them stands for `training`.
        outputs: a symbol, a variable or a list of them, also the values of a dict; a step that
            `optimizer.apply_gradients` made of symbols is made, and gives None.
        updates: (variable, symbol) pairs, what `update`, `update_add` and `update_sub` give, and lists of
            `optimizer.get_updates`: what a call assigns, after the outputs were computed.
        name, kwargs: of no effect.

    Raises ArgumentError for an update that was made at once.

    >>> from fastnn import layers
    >>> x = layers.Input((2,))
    >>> function([x], [layers.Rescaling(2.0)(x)])([np.ones((1, 2), "float32")])
    [array([[2., 2.]], dtype=float32)]
    """
    several = isinstance(outputs, (list, tuple, ValuesView))
    listed = list(outputs) if several else [outputs]
    phases = [x for x in inputs if not isinstance(x, Symbol)]
    for u in updates or ():
        if isinstance(u, Variable):
            raise ArgumentError(
                f"K.function: received the update {u!r}, which was made at once, since its value is no symbol. Give "
                "(variable, new value) pairs whose values are computed of inputs, or assign in Python after each call."
            )
    updates = [*(updates or ()), *(x for x in listed if isinstance(x, Updates))]
    steps = [u for u in updates if callable(getattr(u, "apply", None))]
    pairs = [tuple(u) for u in updates if u not in steps]
    wanted = [x for x in listed if isinstance(x, Symbol)] + [value for _, value in pairs if isinstance(value, Symbol)]
    wanted += [g for step in steps for g in step.gradients]
    model = Model([x for x in inputs if isinstance(x, Symbol)], wanted) if wanted else None
    derives = model is not None and any(isinstance(op, Gradients) for op in model._map.operations)

    def run(values=()):
        """The outputs for a list of arrays, or for one; a learning phase among the inputs is `training`."""
        values = values if isinstance(values, (list, tuple)) else [values]
        if all(isinstance(part, list) and all(isinstance(v, np.ndarray) for v in part) for part in values):
            values = [v for part in values for v in part]  # as model._standardize_user_data() gives them
        data = [v for v, x in zip(values, inputs) if isinstance(x, Symbol)]
        training = bool(next(v for v, x in zip(values, inputs) if not isinstance(x, Symbol))) if phases else False
        data = [np.asarray(v) for v in data]
        if derives and training:  # gradients are taken of a graph
            found = hooks.call("traced", lambda *xs: model(list(xs), training=True), data)
        else:
            found = model(data, training=training) if model is not None else []
        rest = iter(found if isinstance(found, (list, tuple)) else [found])
        # copies, which the caller may change; of a scalar the number
        results = [
            np.array(next(rest))[()] if isinstance(x, Symbol) else None if x in steps else get_value(x) for x in listed
        ]
        new = [(target, next(rest) if isinstance(value, Symbol) else value) for target, value in pairs]
        grads = [[next(rest) for _ in step.gradients] for step in steps]
        for target, value in new:
            target.assign(np.asarray(value))
        for step, given in zip(steps, grads):
            step.apply(given)
        return results if several else results[0]

    return run


# ---- phase, session, names -----------------------------------------------------------------------------
def learning_phase():
    """1 inside a training step, else what set_learning_phase() said (0).

    >>> learning_phase()
    0
    """
    trace = current()
    return int(bool(trace.training)) if trace is not None and trace.training is not None else _phase["learning"]


def set_learning_phase(value):
    """What learning_phase() says outside a step; layers are told by their `training` argument.

    Args:
        value: 0 for inference, 1 for training.

    Raises ArgumentError for another value.
    """
    if value not in (0, 1):
        raise ArgumentError(f"set_learning_phase: received {value!r}, expected 0 or 1.")
    _phase["learning"] = int(value)


def _phase_of(training):
    return learning_phase() if training is None else training


def in_train_phase(x, alt, training=None):
    """x while training, else alt; functions without arguments are called.

    Args:
        x, alt: values, or functions without arguments.
        training: whether it is training; as `learning_phase` says if None.

    >>> in_train_phase(1, lambda: 2, training=False)
    2
    """
    chosen = x if _phase_of(training) else alt
    return chosen() if is_function(chosen) else chosen


def in_test_phase(x, alt, training=None):
    """alt while training, else x; functions without arguments are called.

    Args:
        x, alt: values, or functions without arguments.
        training: whether it is training; as `learning_phase` says if None.

    >>> in_test_phase(1, lambda: 2, training=False)
    1
    """
    return in_train_phase(alt, x, training)


def get_uid(prefix=""):
    """The next number for names that begin with a prefix, from 1.

    Args:
        prefix: str.

    >>> get_uid("docs") < get_uid("docs")
    True
    """
    key = f"uid of {prefix}"
    return int(auto_name(key)[len(key) + 1 :] or 0) + 1


# Functions of keras.backend that fastnn.ops has under the same name.
_OF_OPS = """
abs all any arange argmax argmin binary_crossentropy cast clip concatenate cos cumprod cumsum equal exp expand_dims eye
greater greater_equal l2_normalize less less_equal log max maximum mean min minimum not_equal one_hot ones_like prod
reshape round shape sigmoid sign sin softmax sqrt square squeeze stack std stop_gradient sum tile transpose var
zeros_like
""".split()
__all__ = sorted({*RENAMED, *_OF_OPS, "image_data_format", "set_image_data_format", *(
    n for n, v in list(vars().items()) if n[0] != "_" and getattr(v, "__module__", None) == __name__)})  # fmt: skip


def __dir__():
    return sorted(n for n in {*__all__, *ops.__all__} if n[0] != "_")


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    if name in ("tf", "control_flow_ops", "array_ops", "math_ops"):  # what keras.backend had imported
        return import_module("tensorflow")
    if name == "tensorflow_backend":  # `K.tensorflow_backend._get_available_gpus()`
        return import_module(__name__)
    module, original = RENAMED.get(name, f"ops:{name}").split(":")
    try:
        found = getattr(import_module(f"fastnn.{module}"), original)
        found = adapted(found, original) if module == "ops" or original in ARGUMENTS else found
        return in_order(found) if name.endswith("crossentropy") else found
    except AttributeError:
        raise AttributeError(
            f"keras.backend.{name} is not supported by fastnn; use the function of that purpose in fastnn.ops."
        ) from None
