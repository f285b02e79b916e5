"""What modules of Keras 1 and 2 held besides what they were for: functions of their own, and what they had imported.

People imported both: `from keras.engine.training import _make_batches`, `from keras.layers.recurrent import K`.
"""

import importlib
import threading

import numpy as np

from fastnn import layers as _layers
from fastnn import ops
from fastnn.compat.keras2 import privates
from fastnn.core.config import next_stream, seed
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.core.random import permutation
from fastnn.models import Model
from fastnn.models.functional import Functional


# ---- engine.training -------------------------------------------------------------------------------------------
def make_batches(size, batch_size):
    """(first, behind the last) row of each batch.

    Args:
        size: rows.
        batch_size: rows in a batch.

    >>> make_batches(5, 2)
    [(0, 2), (2, 4), (4, 5)]
    """
    return [(k, min(size, k + batch_size)) for k in range(0, size, batch_size)]


def batch_shuffle(index_array, batch_size):
    """Numbers of rows with whole batches in another order; those of a last smaller one stay last.

    Args:
        index_array: (n,) ints.
        batch_size: rows in a batch.

    >>> sorted(batch_shuffle(np.arange(5), 2).tolist())
    [0, 1, 2, 3, 4]
    """
    whole = len(index_array) // batch_size
    head = index_array[: whole * batch_size].reshape(whole, batch_size)
    return np.concatenate([head[permutation((seed(), next_stream()), whole)].ravel(), index_array[head.size :]])


def standardize_input_data(data, names, shapes=None, check_batch_axis=True, exception_prefix=""):
    """Data as a list of arrays, one for each name.

    Args:
        data: an array, a list of arrays or a dict of them by name; None for no data.
        names: of the inputs.
        shapes: those that are expected, with the batch, None for what does not matter; or None.
        check_batch_axis: whether the first size has to agree, too.
        exception_prefix: str, begins errors.

    Raises ArgumentError for another number of arrays, ShapeError for other shapes.
    """
    if not names:
        return []
    if data is None:
        return [None] * len(names)
    if isinstance(data, dict):
        missing = [n for n in names if n not in data]
        if missing:
            raise ArgumentError(f'No data provided for "{missing[0]}". Need data for each key in: {list(names)}')
        data = [data[n] for n in names]
    arrays = [np.asarray(x) for x in (data if isinstance(data, (list, tuple)) else [data])]
    if len(arrays) != len(names):
        raise ArgumentError(
            f"Error when checking model {exception_prefix}: received {len(arrays)} array(s), expected {len(names)}: "
            f"{list(names)}."
        )
    arrays = [x[:, None] if x.ndim == 1 else x for x in arrays]
    for name, x, shape in zip(names, arrays, shapes or [None] * len(names)):
        first = 0 if check_batch_axis else 1
        if shape is not None and (
            x.ndim != len(shape) or any(b not in (None, a) for a, b in zip(x.shape[first:], shape[first:]))
        ):
            raise ShapeError(
                f"Error when checking {exception_prefix}: expected {name} to have shape {tuple(shape)} but got array "
                f"with shape {x.shape}"
            )
    return arrays


# ---- utils -----------------------------------------------------------------------------------------------------
def multi_gpu_model(model, gpus=None, cpu_merge=True, cpu_relocation=False):
    """A model that computes what another one does, with its weights: batches are not spread over devices.

    Args:
        model: the model.
        gpus: how many there are said to be, or a list of them; None for those that there are: none.
        cpu_merge, cpu_relocation: of no effect.

    Raises ArgumentError, as Keras 2, for fewer than two.

    >>> one = Model(x := _layers.Input((2,)), _layers.Dense(3)(x))
    >>> multi_gpu_model(one, gpus=2).weights[0] is one.weights[0]
    True
    """
    count = len(gpus) if isinstance(gpus, (list, tuple)) else gpus or 0
    if count <= 1:
        raise ArgumentError(
            f"For multi-gpu usage to be effective, call `multi_gpu_model` with `gpus >= 2`. Received: `gpus={gpus}`"
        )
    if not model.inputs:
        raise ArgumentError("multi_gpu_model: the model has no inputs yet; give its first layer an input_shape.")
    inputs = [_layers.Input(batch_shape=x.shape, dtype=x.dtype) for x in model.inputs]
    return Functional(inputs, model(inputs if len(inputs) > 1 else inputs[0]))


def convert_all_kernels_in_model(model):
    """Turn the kernels of convolutions round, as between Theano's files and TensorFlow's.

    Args:
        model: the model.
    """
    from_utils = importlib.import_module("fastnn.compat.keras2.utils")
    for layer in model.layers:
        if isinstance(layer, Model):
            convert_all_kernels_in_model(layer)
        elif type(layer).__name__ in ("Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose"):
            layer.kernel.assign(from_utils.convert_kernel(layer.kernel.numpy()))


def convert_dense_weights_data_format(dense, previous_feature_map_shape, target_data_format="channels_first"):
    """Order the rows of a Dense layer behind a Flatten for the other data format.

    Args:
        dense: the layer.
        previous_feature_map_shape: of what is flattened, without the batch, in the target's format.
        target_data_format: "channels_first" or "channels_last".

    >>> dense = _layers.Dense(1)
    >>> dense.build((None, 4))
    >>> dense.set_weights([np.arange(4.0)[:, None], np.zeros(1)])  # two channels of two places, place by place
    >>> convert_dense_weights_data_format(dense, (2, 2, 1), "channels_first")
    >>> dense.get_weights()[0].ravel().tolist()
    [0.0, 2.0, 1.0, 3.0]
    """
    kernel, *bias = dense.get_weights()
    shape = tuple(previous_feature_map_shape)
    if target_data_format == "channels_first":
        rows = np.moveaxis(kernel.reshape(*shape[1:], shape[0], -1), -2, 0)
    else:
        rows = np.moveaxis(kernel.reshape(shape[-1], *shape[:-1], -1), 0, -2)
    dense.set_weights([rows.reshape(kernel.shape), *bias])


def make_tuple(*args):
    """The arguments as a tuple.

    >>> make_tuple(1, 2)
    (1, 2)
    """
    return args


class OrderedEnqueuer:
    """The batches of a sequence, or of a generator, in their order, endlessly, through `get()`.

    Args:
        sequence: a PyDataset, or a generator.
        use_multiprocessing, shuffle, kwargs: shuffle: whether the batches come in another order in each pass; the
            others of no effect.

    >>> from fastnn.utils import PyDataset
    >>> queue = OrderedEnqueuer(iter([1, 2]))
    >>> queue.start(workers=1)
    >>> next(queue.get())
    1
    """

    def __init__(self, sequence, use_multiprocessing=False, shuffle=False, **kwargs):
        self.sequence, self.shuffle, self._runs = sequence, shuffle, False
        self.lock = threading.Lock()

    def is_running(self):
        """Whether it was started and not stopped."""
        return self._runs

    def start(self, workers=1, max_queue_size=10, **kwargs):
        """Begin.

        Args:
            workers, max_queue_size, kwargs: of no effect.
        """
        self._runs = True

    def stop(self, timeout=None):
        """End.

        Args:
            timeout: of no effect.
        """
        self._runs = False

    def get(self):
        """The batches, a generator."""
        while self.is_running():
            if hasattr(self.sequence, "__next__") and not hasattr(self.sequence, "__getitem__"):
                yield from self.sequence
                return
            n = len(self.sequence)
            order = permutation((seed(), next_stream()), n) if self.shuffle else range(n)
            for k in order:
                yield self.sequence[int(k)]
            self.sequence.on_epoch_end()


# ---- engine.saving ---------------------------------------------------------------------------------------------
def _text(x):
    return x.decode() if isinstance(x, bytes) else x


def _stored(group, name):
    own = group[name]
    return [np.asarray(own[_text(n)]) for n in own.attrs["weight_names"]]


def load_weights_from_hdf5_group(f, layers, reshape=False):
    """Give layers the weights of an open HDF5 file, in the order of both.

    Args:
        f: an h5py.File or group that Keras's save_weights made.
        layers: a list of layers.
        reshape: whether weights of another shape, and as many numbers, are taken.

    Raises ArgumentError for another number of layers with weights.
    """
    layers = [x for x in layers if x.weights]
    names = [n for n in map(_text, f.attrs["layer_names"]) if len(f[n].attrs["weight_names"])]
    if len(layers) != len(names):
        raise ArgumentError(
            f"You are trying to load a weight file containing {len(names)} layers into a model with {len(layers)} "
            "layers."
        )
    for layer, name in zip(layers, names):
        _give(layer, _stored(f, name), reshape)


def load_weights_from_hdf5_group_by_name(f, layers, skip_mismatch=False, reshape=False):
    """Give layers the weights that an open HDF5 file has under their names.

    Args:
        f: an h5py.File or group that Keras's save_weights made.
        layers: layers.
        skip_mismatch: whether weights of other shapes are left out.
        reshape: whether weights of another shape, and as many numbers, are taken.
    """
    names = set(map(_text, f.attrs["layer_names"]))
    for layer in layers:
        if layer.name in names and layer.weights:
            found = _stored(f, layer.name)
            fits = [tuple(w.shape) for w in layer.weights] == [x.shape for x in found]
            if fits or not skip_mismatch:
                _give(layer, found, reshape)


def _give(layer, found, reshape):
    if reshape and len(found) == len(layer.weights):
        found = [x.reshape(w.shape) if x.size == np.prod(w.shape) else x for x, w in zip(found, layer.weights)]
    layer.set_weights(found)


# ---- optimizers ------------------------------------------------------------------------------------------------
def clip_norm(g, c, n):
    """A gradient scaled to a norm.

    Args:
        g: the gradient.
        c: the largest norm; 0 for any.
        n: the norm that it counts for.

    >>> float(clip_norm(np.float32(4.0), 1.0, np.float32(2.0)))
    2.0
    """
    return ops.where(ops.greater_equal(n, c), g * c / n, g) if c > 0 else g


def optimizer_from_config(config, custom_objects=None):
    """The optimizer of a config.

    Args:
        config: {"class_name": ..., "config": ...}.
        custom_objects: {name: class}.
    """
    return importlib.import_module("fastnn.optimizers").deserialize(config, custom_objects)


def TFOptimizer(optimizer, iterations=None):
    """An optimizer of TensorFlow 1 as one of Keras's: it is one.

    Args:
        optimizer: the optimizer.
        iterations: of no effect.
    """
    return optimizer


_HERE = "compat.year_parts:"
NAMES = {
    "models": {
        **{f"{u}{n}": _HERE + n for u in ("", "_") for n in ("make_batches", "batch_shuffle",
                                                            "standardize_input_data")},
        **dict.fromkeys(("slice_X", "slice_arrays", "_slice_arrays"), "compat.keras2.utils:slice_arrays"),
        "Node": "layers.events:CallEvent", "GeneratorEnqueuer": f"{_HERE}OrderedEnqueuer",
        "OrderedEnqueuer": f"{_HERE}OrderedEnqueuer",
    },
    "layers": {"Node": "layers.events:CallEvent", "object_list_uid": "compat.keras2.utils:object_list_uid",
               "_object_list_uid": "compat.keras2.utils:object_list_uid", "to_list": "compat.keras2.utils:to_list",
               "_to_list": "compat.keras2.utils:to_list",
               **{n: _HERE + n for n in ("load_weights_from_hdf5_group", "load_weights_from_hdf5_group_by_name")}},
    "saving": {n: _HERE + n for n in ("load_weights_from_hdf5_group", "load_weights_from_hdf5_group_by_name")},
    "utils": {**{n: _HERE + n for n in ("multi_gpu_model", "convert_all_kernels_in_model",
                                        "convert_dense_weights_data_format", "make_tuple",
                                        "OrderedEnqueuer")},
              "GeneratorEnqueuer": f"{_HERE}OrderedEnqueuer", "SequenceEnqueuer": f"{_HERE}OrderedEnqueuer",
              "layer_from_config": "compat.keras2.utils:model_from_config"},
    "metrics": {n: f"compat.keras1.metrics:{n}"
                for n in ("precision", "recall", "fbeta_score", "fmeasure", "matthews_correlation")},
    "optimizers": {n: _HERE + n for n in ("clip_norm", "optimizer_from_config", "TFOptimizer")},
    "regularizers": {"L1L2Regularizer": "L1L2"},
}  # fmt: skip

# What modules had imported: packages, and names that are found elsewhere.
_MODULES = {"K": "backend", "backend": "backend", **{n: n for n in (
    "activations", "callbacks", "constraints", "initializers", "layers", "losses", "metrics", "models", "optimizers",
    "regularizers", "utils")}, **{n: f"utils.{n}" for n in ("conv_utils", "generic_utils", "np_utils")},
    "interfaces": "legacy.interfaces", "imagenet_utils": "applications.imagenet_utils",
    "keras_utils": "utils", "cbks": "callbacks", "metrics_module": "metrics", "objectives": "losses",
    "layer_module": "layers", "initializations": "initializations",
    **{n: f"engine.{n}" for n in ("network", "saving", "topology", "training", "training_utils")},
    **{n: f"layers.{n}" for n in ("convolutional", "recurrent")},
    **{f"legacy_{n}": f"legacy.{n}" for n in ("layers", "models")}}  # fmt: skip
# Of Python's library: modules, and names in them.
_LIBRARY = ("abc", "collections", "copy", "csv", "functools", "hashlib", "inspect", "io", "json", "marshal",
            "multiprocessing", "os", "re", "shutil", "string", "sys", "tarfile", "tempfile", "threading", "time",
            "types", "warnings", "zipfile")  # fmt: skip
_OF_LIBRARY = {**dict.fromkeys(("OrderedDict", "defaultdict", "deque", "namedtuple"), "collections"),
               "Iterable": "collections.abc", "partial": "functools", "wraps": "functools",
               "md5": "hashlib"}  # fmt: skip
_HELD = {
    **{n: f"layers:{n}" for n in ("Layer", "InputSpec", "Input", "InputLayer", "Wrapper")},
    **{n: f"models:{n}" for n in ("Model", "Sequential")},
    **{n: f"saving:{n}" for n in ("deserialize_keras_object", "serialize_keras_object")},
    **{n: f"utils:{n}" for n in ("get_file", "get_source_inputs", "convert_all_kernels_in_model", "has_arg",
                                 "to_list", "get_from_module", "conv_output_length", "conv_input_length", "Progbar",
                                 "Sequence")},
    **dict.fromkeys(("_obtain_input_shape", "obtain_input_shape"), "applications.imagenet_utils:_obtain_input_shape"),
    "get_submodules_from_kwargs": "applications:get_submodules_from_kwargs",
}  # fmt: skip


def held(module, below, name):
    """What a module of Keras 1 or 2 had imported under a name; None if nothing is known.

    Args:
        module: the name under which it was imported, as "keras.layers.recurrent".
        below: the name of ours below fastnn that it stands for, as "layers".
        name: str.
    """
    root = module.partition(".")[0]
    root = "keras" if root.startswith("keras_") else root
    if name == "np":
        return np
    if name in _LIBRARY or name == "python_types":
        return importlib.import_module(name.removeprefix("python_"))
    if name in _OF_LIBRARY:
        return getattr(importlib.import_module(_OF_LIBRARY[name]), name)
    if below in privates.FILES and name in privates.FILES[below]:
        return privates.FILES[below][name]
    if name in _MODULES and below != _MODULES[name]:
        return importlib.import_module(f"{root}.{_MODULES[name]}")
    home, _, original = _HELD.get(name, "").partition(":")
    if not home and below.startswith("applications.") and hasattr(_layers, name):
        home, original = "layers", name
    if not home or home == below:
        return None
    return getattr(importlib.import_module(f"{root}.{home}"), original)
