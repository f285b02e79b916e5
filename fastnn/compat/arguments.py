"""Arguments of Keras 1 and 2 in the classes of today: with the aliases, constructors and methods take both.

`OLD` says per class what an old keyword means: a new name, or a function from its value to {new name: value}.  A class
is adapted when a script first asks for it, and put back by `uninstall`.
"""

import functools
import math
import os
import types
import warnings

import numpy as np

from fastnn.callbacks.callback_list import give_logs_as
from fastnn.compat import year_names
from fastnn.compat.keras1 import crossentropies
from fastnn.compat.keras1.layers import BatchNormalizationOfMode, DroppingEmbedding
from fastnn.compat.keras2 import attributes as keras2
from fastnn.compat.keras2 import builds, h5_groups
from fastnn.compat.keras2.training import with_accuracy
from fastnn.compat.shapes import TensorShape
from fastnn.compat.tf import printing
from fastnn.compat.tf.graphs import graph as tf_graph
from fastnn.compat.tf.ragged.layers import RaggedTextVectorization
from fastnn.core.errors import ArgumentError, NotSupportedError
from fastnn.data.tensor import give_text_as
from fastnn.graph.calls import own_function
from fastnn.graph.tensor import Tensor as Lazy
from fastnn.layers import BatchNormalization, Embedding, Layer, TextVectorization
from fastnn.layers.method_wrappers import give_builds_around
from fastnn.layers.signature import give_shapes_as
from fastnn.saving import living
from fastnn.saving.files import write_file
from fastnn.saving.legacy import dump_weights
from fastnn.saving.weights import ANY_NAME
from fastnn.saving.weights import save_weights as save


def _same(**choices):
    """A function from an old value to the new argument, by table."""
    ((name, table),) = choices.items()
    return lambda value: {name: table.get(value, value)}


def _ignored(*harmless):
    """An argument that says nothing new where its value is one of `harmless`."""

    def take(value):
        return {} if value in harmless else refuse(value)

    def refuse(value):
        raise NotSupportedError(
            f"received the Keras 1 argument value {value!r}, which has no meaning since Keras 2; "
            "leave the argument out."
        )

    return take


def _weights_of_classes(value):
    if not isinstance(value, str):
        return {"class_weight": value}
    warnings.warn(
        f"class_weight={value!r} has no effect, as in Keras 1 and 2: pass a dict, class to weight.", stacklevel=4
    )
    return {}


def whole(value):
    """A number of steps as `len(x) / batch_size` gives it in Python 3: rounded up, as loops up to Keras 2 did.

    >>> whole(2.5), whole(np.float64(3.0)), whole(None)
    (3, 3, None)
    """
    return math.ceil(value) if isinstance(value, (float, np.floating)) and math.isfinite(value) else value


def _count_of(name, value):
    return {name: whole(value)}


def _cut(value):
    """A size that `filters / 2` made a float in Python 3, as an int: layers of Keras 2 cut it.

    >>> _cut(4.5), _cut("relu")
    (4, 'relu')
    """
    return int(value) if isinstance(value, (float, np.floating)) and math.isfinite(value) else value


def _size(name, value):
    return {name: _cut(value)}


def _sizes(**names):
    return {old: functools.partial(_size, new) for old, new in names.items()}


def _zeros_round(value):
    """Keras 1's padding: a dict of `top_pad` and its kin, or one number per edge, as pairs.

    >>> _zeros_round({"left_pad": 1, "bottom_pad": 2}), _zeros_round((1, 2, 3, 4)), _zeros_round(3)
    ({'padding': ((0, 2), (1, 0))}, {'padding': ((1, 2), (3, 4))}, {'padding': 3})
    """
    if isinstance(value, dict):
        unknown = value.keys() - set(_EDGES)
        if unknown:
            raise ArgumentError(
                f"Unexpected key found in `padding` dictionary. Keys have to be in {set(_EDGES)}. "
                f"Found: {sorted(map(str, unknown))}"
            )
        value = [value.get(edge, 0) for edge in _EDGES]
    if isinstance(value, (list, tuple)) and len(value) == len(_EDGES):
        value = tuple(value[:2]), tuple(value[2:])
    return {"padding": value}


_EDGES = "top_pad", "bottom_pad", "left_pad", "right_pad"
_FORMAT = _same(data_format={"tf": "channels_last", "th": "channels_first", "default": None})
_WEIGHTS = {"init": "kernel_initializer", "W_regularizer": "kernel_regularizer", "b_regularizer": "bias_regularizer",
            "W_constraint": "kernel_constraint", "b_constraint": "bias_constraint", "bias": "use_bias"}  # fmt: skip
_CONV = {**_WEIGHTS, **_sizes(nb_filter="filters", filters="filters"), "border_mode": "padding", "subsample": "strides",
         "subsample_length": "strides", "filter_length": "kernel_size", "dim_ordering": _FORMAT,
         **dict.fromkeys(("kernel_dim1", "kernel_dim2", "kernel_dim3", "nb_row", "nb_col"),
                         lambda n: {"kernel_size": (n,)}),
         "atrous_rate": "dilation_rate"}  # fmt: skip
_SEPARABLE = {k: v for k, v in _CONV.items() if k[:2] != "W_"}
_IMAGES, _RATE = {"dim_ordering": _FORMAT}, {"p": "rate", "dim_ordering": lambda value: {}}
_POOL = {"pool_length": "pool_size", "stride": "strides", "border_mode": "padding", "dim_ordering": _FORMAT}
_UNITS = _sizes(output_dim="units", units="units")
_RNN = {**_UNITS, "init": "kernel_initializer", "inner_init": "recurrent_initializer",
        "inner_activation": "recurrent_activation", "W_regularizer": "kernel_regularizer",
        "U_regularizer": "recurrent_regularizer", "b_regularizer": "bias_regularizer", "dropout_W": "dropout",
        "dropout_U": "recurrent_dropout", "consume_less": lambda value: {},
        "forget_bias_init": lambda value: {"unit_forget_bias": value in ("one", "ones")}}  # fmt: skip
_COUNTS = {name: functools.partial(_count_of, name) for name in (
    "steps_per_epoch", "validation_steps", "steps", "epochs", "batch_size")}  # fmt: skip
_FIT = {**_COUNTS, "nb_epoch": "epochs", "class_weight": _weights_of_classes,
        "nb_worker": "workers", "max_q_size": "max_queue_size",
        "pickle_safe": "use_multiprocessing"}  # fmt: skip
_DECAY = {"lr": "learning_rate", "decay": "time_decay"}
OPTIMIZERS = "SGD", "RMSprop", "Adagrad", "Adadelta", "Adam", "AdamW", "Adamax", "Nadam", "Ftrl"

OLD = {
    "Dense": {**_WEIGHTS, **_UNITS}, "RepeatVector": _sizes(n="n"),
    **dict.fromkeys(("Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose", "LocallyConnected1D", "LocallyConnected2D"),
                    _CONV),
    "SeparableConv2D": {**_SEPARABLE, "init": "depthwise_initializer"},
    **dict.fromkeys(("MaxPooling1D", "MaxPooling2D", "MaxPooling3D", "AveragePooling1D", "AveragePooling2D",
                     "AveragePooling3D"), _POOL),
    **dict.fromkeys(("GlobalMaxPooling2D", "GlobalAveragePooling2D", "UpSampling2D", "ZeroPadding2D", "Cropping2D",
                     "GlobalMaxPooling3D", "GlobalAveragePooling3D", "UpSampling3D", "ZeroPadding3D", "Cropping3D",
                     "Flatten"), _IMAGES),
    "ZeroPadding2D": {**_IMAGES, "padding": _zeros_round},
    "UpSampling1D": {"length": "size"}, "L1": {"l": "l1"}, "L2": {"l": "l2"}, "MaxNorm": {"m": "max_value"},
    "MinMaxNorm": {"low": "min_value", "high": "max_value"},
    **dict.fromkeys(("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "GaussianDropout"),
                    _RATE),
    "GaussianNoise": {"sigma": "stddev"},
    "Embedding": {**_sizes(input_dim="input_dim", output_dim="output_dim"),
                  "init": "embeddings_initializer", "W_regularizer": "embeddings_regularizer",
                  "W_constraint": "embeddings_constraint",
                  "dropout": _ignored(0, None)},  # see REPLACED
    **dict.fromkeys(("LSTM", "GRU"), _RNN), "SimpleRNN": {k: v for k, v in _RNN.items() if k != "inner_activation"},
    "BaseConvLSTM": {**{k: v for k, v in _RNN.items() if k not in _UNITS}, **_CONV},
    "BatchNormalization": {"mode": _ignored(0, None),  # see REPLACED
                            "beta_init": "beta_initializer",
                           "gamma_init": "gamma_initializer"},
    "PReLU": {"init": "alpha_initializer"}, "LeakyReLU": {"alpha": "negative_slope"},
    "TensorBoard": dict.fromkeys(("batch_size", "write_grads", "embeddings_layer_names", "embeddings_data"),
                                 lambda value: {}),
    "ReduceLROnPlateau": {"epsilon": "min_delta"}, "ImageDataGenerator": _IMAGES,
    "ProgbarLogger": dict.fromkeys(("count_mode", "stateful_metrics"), lambda value: {}),
    **dict.fromkeys(OPTIMIZERS, _DECAY),
}  # fmt: skip
# Arguments of functions.
FUNCTIONS = {
    "to_categorical": {"y": "x", "nb_classes": "num_classes"}, "normalize": {"a": "x"},
    "random_channel_shift": {"intensity": "intensity_range", "channel_index": "channel_axis"},
    "img_to_array": _IMAGES, "array_to_img": _IMAGES,
    **{name: {"text": "input_text"} for name in ("one_hot", "text_to_word_sequence", "hashing_trick")},
}  # fmt: skip
_READ = {**_FIT, **dict.fromkeys(("nb_worker", "workers", "max_q_size", "max_queue_size", "pickle_safe",
                                  "use_multiprocessing"), lambda value: {})}  # fmt: skip
METHODS = {"fit": _READ, "evaluate": _READ, "predict": _READ, "fit_generator": _FIT, "evaluate_generator": _FIT,
           "predict_generator": _FIT, "train_on_batch": _READ, "test_on_batch": _READ}  # fmt: skip


def save_weights(self, filepath, overwrite=True, save_format=None, options=None, **kwargs):
    """Save the weights to a file of any name; under one that ends in .h5, .hdf5 or .keras, in Keras 2's layout.

    kwargs: Keras 3's, with its names of files.
    """
    if h5_groups.is_group(filepath):
        h5_groups.put(filepath, dump_weights(self))
        return
    path = os.fspath(filepath)
    if kwargs:
        save(self, path, overwrite, **kwargs)
        return
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    if path.endswith((".h5", ".hdf5", ".keras")) and not path.endswith(".weights.h5"):
        if not overwrite and os.path.exists(path):
            raise ArgumentError(f"save_weights: {path!r} exists and overwrite is False; choose another name.")
        write_file(path, dump_weights(self))
    else:
        save(self, path, overwrite, endings=ANY_NAME)


def _with(argument, base, other):
    """The `__new__` of a class that makes another one, derived from it, where an argument is given."""

    def make(cls, *args, **kwargs):
        return Layer.__new__(other if kwargs.get(argument) and cls is base else cls, *args, **kwargs)

    return staticmethod(make)


# Scripts compute the rate of a step themselves: optimizer.lr / (1 + optimizer.decay * optimizer.iterations).
DECAY = property(
    lambda self: self.__dict__.get("decay", self.time_decay),
    lambda self, value: self.__dict__.__setitem__("decay", value),
    doc="Keras 1 and 2's decay.",
)
REPLACED = {
    "Model": {"save_weights": save_weights},
    "Optimizer": {"decay": DECAY},
    "Embedding": {"__new__": _with("dropout", Embedding, DroppingEmbedding)},
    "BatchNormalization": {"__new__": _with("mode", BatchNormalization, BatchNormalizationOfMode)},
    "TextVectorization": {"__new__": _with("ragged", TextVectorization, RaggedTextVectorization)},
}
# Arguments by which a call shows that it is one of Keras 1, whose windows were (filters, rows, columns).
_OF_KERAS_1 = {"border_mode", "dim_ordering", "subsample", "nb_filter", "init", "inner_init", "W_regularizer",
               "nb_epoch", "p", "consume_less", "dropout_W", "nb_row", "filter_length"}  # fmt: skip
_adapted = {}  # (class, method name): the function as it was
_translated = set()  # (class, method name) of runs that take old arguments


def translate(table, kwargs):
    """kwargs with the old names of `table` replaced; a new name that is also given wins.

    >>> translate(OLD["Conv2D"], {"nb_row": 3, "nb_col": 5, "border_mode": "same"})
    {'kernel_size': (3, 5), 'padding': 'same'}
    """
    out = {}
    for name, value in kwargs.items():
        meaning = table.get(name)
        for new, v in (
            {name: value} if meaning is None else meaning(value) if callable(meaning) else {meaning: value}
        ).items():
            joined = isinstance(out.get(new), tuple) and isinstance(v, tuple) and meaning is not None
            out[new] = out[new] + v if joined else v
    return out


def _wrapped(function, table):
    generates = function.__name__.endswith("_generator")
    windows = any(k in table for k in ("nb_row", "nb_col"))
    sized = any(isinstance(v, functools.partial) and v.func is _size for v in table.values())

    @functools.wraps(function)
    def taking_both(self, *args, **kwargs):
        if generates and len(args) > 1:  # the data, steps, and epochs
            args = args[0], *map(whole, args[1:3]), *args[3:]
        elif sized:
            args = *map(_cut, args[:2]), *args[2:]
            if windows and len(args) > 2 and _OF_KERAS_1 & kwargs.keys() and all(isinstance(k, int) for k in args[1:3]):
                args = args[0], args[1:3], *args[3:]
        old = table.keys() & kwargs
        if old & _OF_KERAS_1:
            crossentropies.note(old & _OF_KERAS_1)
        return function(self, *args, **(translate(table, kwargs) if old else kwargs))

    taking_both.also_takes = tuple(table)
    return taking_both


@functools.cache
def _taking_both(function):
    table = FUNCTIONS[function.__name__]

    @functools.wraps(function)
    def taking_both(*args, **kwargs):
        return function(*args, **(translate(table, kwargs) if table.keys() & kwargs else kwargs))

    return taking_both


def adapt(value):
    """Let a class or function of fastnn take old arguments too; anything else is returned as it is."""
    begin()
    if isinstance(value, types.FunctionType) and value.__name__ in FUNCTIONS and own_function(value):
        return _taking_both(value)
    if isinstance(value, type):
        for cls in value.__mro__:
            if not cls.__module__.startswith("fastnn."):
                continue
            if cls.__name__ in OLD and "__init__" not in _methods_of(cls):
                _replace(cls, "__init__", OLD[cls.__name__])
            for name, function in REPLACED.get(cls.__name__, {}).items():
                if name not in _methods_of(cls):
                    _put(cls, name, function)
            if cls.__name__ in ("Trainer", "LegacyMethods", "OnBatch"):
                for name, table in METHODS.items():
                    if name in cls.__dict__ and (cls, name) not in _translated:
                        _translated.add((cls, name))
                        _replace(cls, name, table)
                        setattr(cls, name, with_accuracy(getattr(cls, name)))
    return value


def begin():
    """Give the classes of today what those of other years had, once."""
    if not _adapted:
        _begin()


def print_as_tensorflow():
    """Let tensors print, and give text, as TensorFlow's: from the first import of `tensorflow` on."""
    begin()
    if (Lazy, "__str__") in _adapted:
        return
    _put_all((printing.METHODS,), (printing.WRAPPED,))
    give_text_as(str.encode)


def _begin():
    """What objects could do in other years, on the classes of today: when a script first asks for something."""
    _put_all((keras2.PROPERTIES, keras2.METHODS), (keras2.WRAPPED,))
    give_logs_as(year_names.Logs)
    give_shapes_as(TensorShape)
    give_builds_around(builds.while_built)
    living.find_always(True)


def _put_all(tables, wrapping):
    for cls, entries in (pair for table in tables for pair in table.items()):
        for name, entry in entries.items():
            _put(cls, name, _giving_way(name, entry) if isinstance(entry, property) else entry)
    for cls, entries in (pair for table in wrapping for pair in table.items()):
        for name, wrapped in entries.items():
            _put(cls, name, wrapped(getattr(cls, name)))


def _giving_way(name, entry):
    """A property of other years, in whose place an object may have an attribute of its own: today's classes may."""
    if entry.fset is not None or name[0] == "_":
        return entry

    def get(self):
        own = vars(self) if hasattr(self, "__dict__") else {}
        return own[name] if name in own else entry.fget(self)

    return property(get, lambda self, value: vars(self).__setitem__(name, value), doc=entry.__doc__)


def _methods_of(cls):
    return {name for c, name in _adapted if c is cls}


def _replace(cls, name, table):
    _put(cls, name, _wrapped(getattr(cls, name), table))


def _put(cls, name, function):
    _adapted.setdefault((cls, name), cls.__dict__.get(name))
    setattr(cls, name, function)


def restore():
    """Undo every `adapt`."""
    tf_graph.off()
    for (cls, name), function in _adapted.items():
        if function is None:
            delattr(cls, name)
        else:
            setattr(cls, name, function)
    _adapted.clear()
    _translated.clear()
    give_logs_as(dict)
    give_text_as(None)
    give_shapes_as(tuple)
    give_builds_around()
    crossentropies.forget()
    living.find_always(False)
