"""What lay inside modules of Keras 1 and 2 and was imported by code that people wrote beside it.

Layers of their own took `_generate_dropout_mask` and `_collect_previous_mask`, losses `_EPSILON`, loaders of weights
the addresses of files.  `NAMES` says which module of ours each is asked of; `CONSTANTS` and `FILES` the rest.
"""

import importlib

from fastnn import initializers, ops, random
from fastnn.compat import backend
from fastnn.core.errors import ArgumentError
from fastnn.layers.conv_lstm import ConvLSTMCell


# ---- layers.recurrent ------------------------------------------------------------------------------------------
def generate_dropout_ones(inputs, dims):
    """Ones to drop some of.

    Args:
        inputs: (batch, ...).
        dims: int, features.

    >>> import numpy as np
    >>> generate_dropout_ones(np.zeros((2, 5, 3), "float32"), 4).shape
    (2, 4)
    """
    return ops.ones((ops.shape(inputs)[0], dims), getattr(inputs, "dtype", "float32"))


def generate_dropout_mask(ones, rate, training=None, count=1):
    """What the values of a cell are multiplied by: masks of dropout in training, ones elsewhere.

    Args:
        ones: (batch, features) ones.
        rate: the share that is dropped.
        training: whether to drop; None: as the call says.
        count: for more than one a list of as many masks.

    >>> import numpy as np
    >>> [m.shape for m in generate_dropout_mask(np.ones((2, 3), "float32"), 0.5, training=True, count=2)]
    [(2, 3), (2, 3)]
    """
    masks = [backend.in_train_phase(lambda: random.dropout(ones, rate), ones, training=training) for _ in range(count)]
    return masks if count > 1 else masks[0]


def standardize_args(inputs, initial_state, constants, num_constants):
    """(inputs, states, constants) of the arguments of a recurrent layer's call, where inputs may hold all of them.

    Args:
        inputs: a sequence, or a list of it, its first states and its constants.
        initial_state, constants: a list, one array, or None.
        num_constants: how many constants a list of inputs ends with, or None.

    >>> standardize_args(["x", "h", "c"], None, None, 1)
    ('x', ['h'], ['c'])
    """
    if isinstance(inputs, (list, tuple)):
        if initial_state is not None or constants is not None:
            raise ArgumentError(
                "Received a list of inputs, and initial_state or constants besides; expected them at one place."
            )
        inputs = list(inputs)
        if num_constants:
            constants, inputs = inputs[-num_constants:], inputs[:-num_constants]
        initial_state = inputs[1:] or None
        inputs = inputs[0]
    return inputs, *(None if x is None else list(x) if isinstance(x, (list, tuple)) else [x]
                     for x in (initial_state, constants))  # fmt: skip


def conv_lstm_cell(filters, kernel_size, *args, **kwargs):
    """The cell of a ConvLSTM2D.

    Args:
        filters, kernel_size, args, kwargs: those of ConvLSTM2D that are the cell's.

    >>> conv_lstm_cell(4, (3, 3), padding="same").filters
    4
    """
    kwargs.setdefault("recurrent_activation", "hard_sigmoid")
    return ConvLSTMCell(2, filters, kernel_size, *args, **kwargs)


# ---- engine ----------------------------------------------------------------------------------------------------
def _listed(x):
    return list(x) if isinstance(x, (list, tuple)) else [x]


def _alone(found):
    return found[0] if len(found) == 1 else found


def collect_previous_mask(input_tensors):
    """The masks that symbols or arrays carry, None for those without; a list for several.

    Args:
        input_tensors: one, or a list.

    >>> collect_previous_mask([ops.ones((1, 2)), ops.ones((1, 2))])
    [None, None]
    """
    return _alone([getattr(x, "_keras_mask", None) for x in _listed(input_tensors)])


def collect_input_shape(input_tensors):
    """The shapes of symbols or arrays, sizes None where unknown; a list for several.

    Args:
        input_tensors: one, or a list.

    >>> collect_input_shape(ops.ones((1, 2)))
    (1, 2)
    """
    return _alone([backend.int_shape(x) for x in _listed(input_tensors)])


def ask_to_proceed_with_overwrite(filepath):
    """Whether a file may be replaced: yes, without asking.

    Args:
        filepath: the path.
    """
    return True


def remove_long_seq(maxlen, seq, label):
    """The sequences that are shorter, with their labels.

    Args:
        maxlen: int.
        seq: list of lists.
        label: list, one for each.

    >>> remove_long_seq(2, [[1], [1, 2]], ["a", "b"])
    ([[1]], ['a'])
    """
    kept = [(x, y) for x, y in zip(seq, label) if len(x) < maxlen]
    return [x for x, _ in kept], [y for _, y in kept]


def _text(x):
    return x.decode() if isinstance(x, bytes) else x


def load_attributes_from_hdf5_group(group, name):
    """An attribute of names, also where it is cut in several as HDF5's attributes are small.

    Args:
        group: an open file or group of h5py's.
        name: str.
    """
    if name in group.attrs:
        return [_text(n) for n in group.attrs[name]]
    found, k = [], 0
    while f"{name}{k}" in group.attrs:
        found += [_text(n) for n in group.attrs[f"{name}{k}"]]
        k += 1
    return found


def save_attributes_to_hdf5_group(group, name, data):
    """Write an attribute of names, in several where it is too large for one.

    Args:
        group: an open file or group of h5py's.
        name: str.
        data: list of str or bytes.
    """
    data = [n.encode() if isinstance(n, str) else n for n in data]
    parts = -(-sum(map(len, data)) // 60000) or 1
    if parts == 1:
        group.attrs[name] = data
        return
    size = -(-len(data) // parts)
    for k in range(parts):
        group.attrs[f"{name}{k}"] = data[k * size : (k + 1) * size]


# ---- backend.tensorflow_backend --------------------------------------------------------------------------------
def _to_last(name, letters):
    def to_last(x, data_format, *args):
        if data_format in ("channels_first", "th"):
            axes = (0, *range(2, len(letters)), 1)
            x = ops.transpose(x, axes)
        return x, letters

    to_last.__name__ = to_last.__qualname__ = name
    to_last.__doc__ = f"(x with its channels last, {letters!r}), as TensorFlow computes on a CPU."
    return to_last


_preprocess_conv1d_input = _to_last("_preprocess_conv1d_input", "NWC")
_preprocess_conv2d_input = _to_last("_preprocess_conv2d_input", "NHWC")
_preprocess_conv3d_input = _to_last("_preprocess_conv3d_input", "NDHWC")


def preprocess_padding(padding):
    """TensorFlow's word for a padding.

    Args:
        padding: "same" or "valid".

    >>> preprocess_padding("same")
    'SAME'
    """
    if padding not in ("same", "valid"):
        raise ArgumentError(f"Invalid padding: {padding!r}; expected 'same' or 'valid'.")
    return padding.upper()


def has_nchw_support():
    """Whether convolutions take channels first as they are: no."""
    return False


# ---- initializers ----------------------------------------------------------------------------------------------
def compute_fans(shape, data_format="channels_last"):
    """(fan in, fan out) of weights.

    Args:
        shape: of the weights.
        data_format: "channels_first" where the channels of a kernel come first, as Theano's did.

    >>> compute_fans((4, 3, 5, 5), data_format="channels_first")
    (75, 100)
    """
    shape = tuple(shape)
    if data_format == "channels_first" and len(shape) in (3, 4, 5):
        shape = (*shape[2:], shape[1], shape[0])
    return initializers.compute_fans(shape)


# ---- utils -----------------------------------------------------------------------------------------------------
def get_from_module(identifier, module_params, module_name, instantiate=False, kwargs=None):
    """What a module has under a name, as Keras 1's `get` of losses, layers and initializers found it.

    Args:
        identifier: a name, a dict with "name" and arguments, or the thing itself.
        module_params: {name: what it is}, mostly globals().
        module_name: what is looked for, in errors.
        instantiate: whether what is found is called.
        kwargs: arguments of the call, or None.

    Raises ArgumentError for an unknown name.

    >>> get_from_module("twice", {"twice": 2}, "number")
    2
    """
    if isinstance(identifier, dict):
        identifier = dict(identifier)
        name = identifier.pop("name")
        kwargs, instantiate = {**identifier, **(kwargs or {})}, True
    elif isinstance(identifier, str):
        name = identifier
    else:
        return identifier
    custom = importlib.import_module("fastnn.saving").get_custom_objects()
    found = custom.get(name, module_params.get(name))
    if not found:
        raise ArgumentError(f"Invalid {module_name}: {name}")
    return found(**(kwargs or {})) if instantiate else found


_RELEASES = "https://github.com/fchollet/deep-learning-models/releases/download"
_TF, _TH = "weights_tf_dim_ordering_tf_kernels", "weights_th_dim_ordering_th_kernels"
# {module of keras.applications: (version, file of the weights before the words on their order)}
_OF_FILES = {"vgg16": ("v0.1", "vgg16"), "vgg19": ("v0.1", "vgg19"), "resnet50": ("v0.2", "resnet50"),
             "inception_v3": ("v0.5", "inception_v3"), "xception": ("v0.4", "xception")}  # fmt: skip
FILES = {
    f"applications.{module}": {
        f"{order}WEIGHTS_PATH{top.upper()}": f"{_RELEASES}/{version}/{stem}_{kind}{top[3:] and '_notop'}.h5"
        for order, kind in (("", _TF), ("TF_", _TF), ("TH_", _TH))
        for top in ("", "_no_top")
    }
    for module, (version, stem) in _OF_FILES.items()
}
FILES["applications.mobilenet"] = {"BASE_WEIGHT_PATH": f"{_RELEASES}/v0.6/"}
FILES["applications.inception_resnet_v2"] = {"BASE_WEIGHT_URL": f"{_RELEASES}/v0.7/"}

# {name: what it is when it is asked for}
CONSTANTS = {
    "_EPSILON": backend.epsilon, "_FLOATX": backend.floatx, "_IMAGE_DATA_FORMAT": backend.image_data_format,
    "_IMAGE_DIM_ORDERING": lambda: "th" if backend.image_data_format() == "channels_first" else "tf",
    "_GLOBAL_CUSTOM_OBJECTS": lambda: importlib.import_module("fastnn.saving").get_custom_objects(),
    "py_all": lambda: all, "py_any": lambda: any, "py_sum": lambda: sum, "py_slice": lambda: slice,
    "_preprocess_border_mode": lambda: preprocess_padding, "_preprocess_padding": lambda: preprocess_padding,
    "_has_nchw_support": lambda: has_nchw_support,
}  # fmt: skip


def __getattr__(name):
    if name in CONSTANTS:
        return CONSTANTS[name]()
    raise AttributeError(name)


_HERE = "compat.keras2.privates:"
_MASKS = {n: f"{_HERE}{n[1:]}" for n in ("_collect_previous_mask", "_collect_input_shape")}
_ASKED = {"ask_to_proceed_with_overwrite": f"{_HERE}ask_to_proceed_with_overwrite"}
_ATTRIBUTES = {f"{u}{n}": f"{_HERE}{n}" for u in ("", "_")
               for n in ("load_attributes_from_hdf5_group", "save_attributes_to_hdf5_group")}  # fmt: skip
_SHORT = {"_remove_long_seq": f"{_HERE}remove_long_seq"}
NAMES = {
    "layers": {
        **{n: f"{_HERE}{n[1:]}" for n in ("_generate_dropout_mask", "_generate_dropout_ones", "_standardize_args")},
        **_MASKS, **_ASKED, **_ATTRIBUTES, "ConvLSTM2DCell": f"{_HERE}conv_lstm_cell",
        **{n: f"compat.keras2.conv_rnn:{n}" for n in ("ConvRNN2D", "ConvRecurrent2D")},
        **dict.fromkeys(("is_all_none", "_is_all_none"), "compat.keras2.utils:is_all_none"),
        **{n: f"compat.keras2.utils:{n}" for n in ("unpack_singleton", "count_params", "transpose_shape")},
        "disable_tracking": "compat.keras2.utils:as_it_is", "_to_snake_case": "core.naming:snake_case",
        **dict.fromkeys(("Deconv2D", "Deconvolution2D"), "compat.keras1.calls:Deconvolution2D"),
        **dict.fromkeys(("Deconv3D", "Deconvolution3D"), "Conv3DTranspose"),
        "AtrousConv1D": "compat.keras1.calls:AtrousConvolution1D",
        **{f"_Pooling{k}D": "layers.pooling:BasePooling" for k in (1, 3)},
        **{f"_GlobalPooling{k}D": "layers.global_pooling:BaseGlobalPooling" for k in (1, 3)},
    },
    "models": {
        **_ASKED, "merge": "compat.keras1.calls:merge", "Merge": "compat.keras1.calls:Merge",
        "optimizer_from_config": "compat.year_parts:optimizer_from_config",
        **dict.fromkeys(("_clone_functional_model", "_clone_sequential_model"), "clone_model"),
    },
    "saving": {"model_from_config": "compat.keras2.utils:model_from_config", **_ASKED, **_ATTRIBUTES,
               "model_from_yaml": "compat.keras2.models:model_from_yaml"},
    "compat.backend": {n: f"{_HERE}{n}" for n in (
        "_EPSILON", "_FLOATX", "_IMAGE_DATA_FORMAT", "_IMAGE_DIM_ORDERING", "py_all", "py_any", "py_sum", "py_slice",
        "_preprocess_border_mode", "_preprocess_padding", "_has_nchw_support",
        *(f"_preprocess_conv{k}d_input" for k in (1, 2, 3)))},
    "utils": {n: f"{_HERE}{n}" for n in ("get_from_module", "_GLOBAL_CUSTOM_OBJECTS")},
    "initializers": {"zero": "Zeros", "one": "Ones", "_compute_fans": f"{_HERE}compute_fans"},
    "metrics": {**dict.fromkeys(("f1score", "fscore"), "compat.keras1.metrics:fmeasure"),
                "cosine_similarity": "losses:cosine_similarity"},
    "datasets.imdb": _SHORT, "datasets.reuters": _SHORT, "preprocessing.sequence": _SHORT,
}  # fmt: skip
