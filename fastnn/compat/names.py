"""Old and foreign spellings, as data: module names, class names and argument names that mean something of ours."""

from fastnn.compat import year_parts
from fastnn.compat.keras2 import blocks as keras2_blocks
from fastnn.compat.keras2 import images as keras2_images
from fastnn.compat.keras2 import io as keras2_io
from fastnn.compat.keras2 import privates as keras2_privates
from fastnn.compat.keras2 import utils as keras2_utils
from fastnn.compat.tf import averages as tf_averages
from fastnn.compat.tf import datasets as tf_datasets
from fastnn.compat.tf import devices as tf_devices
from fastnn.compat.tf import errors as tf_errors
from fastnn.compat.tf import examples as tf_examples
from fastnn.compat.tf import forward as tf_forward
from fastnn.compat.tf import gfile as tf_gfile
from fastnn.compat.tf import logging as tf_logging
from fastnn.compat.tf import nests as tf_nests
from fastnn.compat.tf import places as tf_places
from fastnn.compat.tf import records as tf_records
from fastnn.compat.tf import seeds as tf_seeds
from fastnn.compat.tf import sequences as tf_sequences
from fastnn.compat.tf import starts as tf_starts
from fastnn.compat.tf import strategies as tf_strategies
from fastnn.compat.tf import summary as tf_summary
from fastnn.compat.tf import testing as tf_testing
from fastnn.compat.tf.graphs import layers as tf_graph_layers
from fastnn.compat.tf.graphs import names as tf_graph_names
from fastnn.core.gone import GONE as GONE

# Roots that stand for the package itself, and the one root that only holds `keras` and a few functions.
KERAS_ROOTS = ("keras", "tf_keras", "tensorflow.keras", "tensorflow.python.keras", "keras.api", "keras.src",
               "keras._tf_keras", "keras._tf_keras.keras", "keras_core", "keras.api._v1", "keras.api._v1.keras",
               "keras.api._v2", "keras.api._v2.keras", "keras.api.keras", "tensorflow.compat.v1.keras",
               "tensorflow.compat.v2.keras", "tensorflow.contrib.keras",
               *(f"tensorflow.contrib.keras.{n}" for n in ("api", "api.keras", "python", "python.keras")))  # fmt: skip
TENSORFLOW = "tensorflow"
ADDONS = "tensorflow_addons"
# Packages of which there is here the little that scripts use, where they are not installed: {name: module}.
STAND_INS = {ADDONS: "fastnn.compat.addons", "absl": "fastnn.compat.absl", "tensorboard": "fastnn.compat.tensorboard"}
# Packages that Keras 2 was made of, and the part of Keras that each is.
PARTS = {"keras_preprocessing": "keras.preprocessing", "keras_applications": "keras.applications"}

# Modules below a root that moved or were merged since they were named.  "a.*" covers what is below a.
MODULES = {
    "layers.core": "layers", "layers.convolutional": "layers", "layers.pooling": "layers", "layers.merge": "layers",
    "layers.normalization": "layers", "layers.advanced_activations": "layers", "layers.embeddings": "layers",
    "layers.recurrent": "layers", "layers.wrappers": "layers", "layers.noise": "layers", "layers.local": "layers",
    "layers.normalization.batch_normalization": "layers", "layers.experimental.preprocessing": "layers",
    "layers.experimental": "layers", "layers.preprocessing": "layers", "layers.activation": "layers",
    "engine": "models", "engine.topology": "layers", "engine.training": "models", "engine.base_layer": "layers",
    "engine.input_layer": "layers", "engine.sequential": "models", "engine.functional": "models",
    "optimizers.legacy": "optimizers", "optimizers.experimental": "optimizers",
    "optimizers.schedules": "optimizers.schedules", "optimizers.learning_rate_schedule": "optimizers.schedules",
    "utils.np_utils": "utils", "utils.generic_utils": "utils", "utils.vis_utils": "utils", "utils.data_utils": "utils",
    "utils.layer_utils": "utils", "utils.io_utils": "utils", "utils.training_utils": "utils",
    "utils.multi_gpu_utils": "utils", "utils.metrics_utils": "metrics",
    "engine.training_utils": "models", "engine.training_arrays": "models", "engine.training_generator": "models",
    "legacy.models": "models", **{f"preprocessing.image.{n}": "preprocessing.image" for n in (
        "affine_transformations", "dataframe_iterator", "directory_iterator", "image_data_generator", "iterator",
        "numpy_array_iterator", "utils")},
    "preprocessing": "preprocessing", "preprocessing.sequence": "preprocessing.sequence",
    "preprocessing.image": "preprocessing.image", "preprocessing.text": "preprocessing.text",
    "utils.conv_utils": "utils", "utils.image_utils": "utils", "utils.losses_utils": "losses",
    "utils.visualize_util": "utils", "legacy.layers": "layers", "utils.tf_utils": "utils",
    "engine.saving": "saving", "legacy.interfaces": "compat.keras2.interfaces", "experimental": "optimizers.schedules",
    "engine.keras_tensor": "graph.tensor", "engine.input_spec": "layers",
    "engine.network": "models", "engine.base_layer_v1": "layers", "engine.data_adapter": "utils",
    "backend.tensorflow_backend": "compat.backend", "backend.common": "compat.backend", "backend_config": "config",
    "applications.mobilenetv2": "applications.mobilenet_v2",
    "api.layers": "layers", "api.models": "models", "layers.rnn": "layers", "layers.cudnn_recurrent": "layers",
    "layers.convolutional_recurrent": "layers", "layers.dense_attention": "layers", "layers.attention": "layers",
    "objectives": "losses", "initializations": "compat.keras1.initializations",
    "wrappers.scikit_learn": "compat.scikit_learn",
    "datasets.mnist": "datasets.mnist", "datasets.cifar10": "datasets.cifar10",
    "datasets.cifar100": "datasets.cifar100", "datasets.fashion_mnist": "datasets.fashion_mnist",
    **{f"datasets.{n}": f"datasets.{n}" for n in ("imdb", "reuters", "boston_housing", "california_housing")},
    "backend": "compat.backend", "random": "random", "config": "config", "dtype_policies": "dtype_policies",
    "mixed_precision": "mixed_precision", "quantizers": "quantizers",
    "mixed_precision.experimental": "mixed_precision", "callbacks.experimental": "callbacks",
    **{f"callbacks.{name}": "callbacks" for name in ("callbacks", "tensorboard_v1", "tensorboard_v2")},
    "layers.normalization.batch_normalization_v1": "layers", "layers.normalization.layer_normalization": "layers",
    **{form.format(name): "optimizers" for form in ("optimizers.{}_v2", "optimizer_v2.{}") for name in (
        "adam", "adamax", "nadam", "rmsprop", "adagrad", "adadelta", "ftrl", "gradient_descent", "optimizer")},
    **{f"utils.{n}_dataset": "utils" for n in ("audio", "image", "text", "timeseries")}, "utils.all_utils": "utils",
    "preprocessing.timeseries": "preprocessing", "callbacks_v1": "callbacks", "layers.recurrent_v2": "layers",
    "layers.normalization_v2": "layers", "layers.rnn.abstract_rnn_cell": "layers",
    **{f"layers.locally_connected.locally_connected{n}d": "layers" for n in (1, 2)},
    "premade": "optimizers.schedules", "premade_models": "optimizers.schedules",
    "optimizer_v1": "optimizers", "optimizer_v2": "optimizers", "optimizer_v2.optimizer_v2": "optimizers",
    "optimizer_v2.learning_rate_schedule": "optimizers.schedules",
}  # fmt: skip

# What only scripts of Keras 1 and 2 import: roots, and modules below `keras` (these, and what is below them).
OLD_ROOTS = ("tf_keras", "keras.api._v", "keras.api.keras", "tensorflow.contrib.keras")
OLD_MODULES = ("layers.", "engine", "utils.", "legacy.layers", "backend.", "backend_config", "objectives",
               "initializations", "wrappers.scikit_learn", "preprocessing.text", "mixed_precision.experimental",
               "optimizers.experimental", "optimizers.learning_rate_schedule", "callbacks.", "optimizer_v")  # fmt: skip

_CLASSES, _YAML = "compat.keras2.models:probas_to_classes", "compat.keras2.models:model_from_yaml"


def _kept(names):
    return {name: f"compat.keras2.kept:{name}" for name in names.split()}


# Old names of what a package has under another name today: "name", or "module:name" of ours.
CLASSES = {
    "layers": {
        "Convolution1D": "compat.keras1.calls:Convolution1D", "Convolution2D": "compat.keras1.calls:Convolution2D",
        "MaxoutDense": "compat.keras1.layers:MaxoutDense", "Highway": "compat.keras1.layers:Highway",
        **{n: f"compat.keras1.layers:{n}" for n in ("SReLU", "ParametricSoftplus")},
        "merge": "compat.keras1.calls:merge", "Merge": "compat.keras1.calls:Merge",
        "SeparableConvolution2D": "compat.keras1.calls:SeparableConvolution2D",
        **{f"AtrousConvolution{k}D": f"compat.keras1.calls:AtrousConvolution{k}D" for k in (1, 2)},
        "Deconvolution2D": "compat.keras1.calls:Deconvolution2D", "Convolution3D": "compat.keras1.calls:Convolution3D",
        "LocallyConnected1D": "compat.keras2.layers:LocallyConnected1D",
        "LocallyConnected2D": "compat.keras2.layers:LocallyConnected2D", "CuDNNLSTM": "LSTM", "CuDNNGRU": "GRU",
        "PreprocessingLayer": "Layer",
        **_kept("RandomFourierFeatures"), "BatchNormalizationV1": "BatchNormalization",
        "BatchNormalizationV2": "BatchNormalization", "DenseFeatures": "compat.tf.dense_features:DenseFeatures",
        "SyncBatchNormalization": "BatchNormalization", "AtrousConv2D": "compat.keras1.calls:Convolution2D",
        "AbstractRNNCell": "compat.keras2.own_layers:AbstractRNNCell",
        "RandomHeight": "compat.keras3.layers:RandomHeight", "RandomWidth": "compat.keras3.layers:RandomWidth",
        "Recurrent": "compat.keras1.recurrent:Recurrent",
        **dict.fromkeys(("time_distributed_dense", "_time_distributed_dense"),
                        "compat.keras1.recurrent:time_distributed_dense"),
        "TimeDistributedDense": "compat.keras1.calls:TimeDistributedDense",
        "get_source_inputs": "utils:get_source_inputs", "Network": "models:Model",
        "Container": "models:Model", "_Conv": "layers.conv:BaseConv", "_Merge": "layers.merging:Merge",
        "_GlobalPooling2D": "layers.global_pooling:BaseGlobalPooling", "_Pooling2D": "layers.pooling:BasePooling",
    },
    "optimizers": {"OptimizerV2": "Optimizer", "get": "compat.keras2.optimizers:get",
                   "sgd": "SGD", "adam": "Adam", "rmsprop": "RMSprop", "adagrad": "Adagrad", "adadelta": "Adadelta",
                   "adamax": "Adamax", "nadam": "Nadam"},
    "losses": {"logcosh": "log_cosh", "mse": "mean_squared_error", "mae": "mean_absolute_error",
               "MSE": "mean_squared_error", "MAE": "mean_absolute_error", "kld": "kl_divergence",
               "kullback_leibler_divergence": "kl_divergence", "cosine": "cosine_similarity",
               "cosine_proximity": "cosine_similarity",
               **{n: f"compat.tf.graphs.losses:{n}" for n in (*tf_places.LOSSES[1:], *tf_places.OF_LOSSES)}},
    "constraints": {**dict.fromkeys(("RadialConstraint", "radial_constraint"), "compat.keras2.kept:RadialConstraint"),
                    "maxnorm": "max_norm", "nonneg": "non_neg", "unitnorm": "unit_norm"},
    "regularizers": {"WeightRegularizer": "L1L2", "l1l2": "compat.keras1.calls:l1l2", "activity_l1": "L1",
                     "activity_l2": "L2", "ActivityRegularizer": "L1L2", "activity_l1l2": "compat.keras1.calls:l1l2"},
    "metrics": {**dict.fromkeys(("cosine_proximity", "cosine"), "losses:cosine_similarity"),
                "kullback_leibler_divergence": "losses:kl_divergence",
                **_kept("MeanTensor MeanRelativeError SumOverBatchSize")},
    "applications.mobilenet": {"relu6": "activations:relu6", "DepthwiseConv2D": "layers:DepthwiseConv2D"},
    "utils": {"probas_to_classes": _CLASSES, "categorical_probas_to_classes": _CLASSES,
              "plot": "plot_model", **keras2_utils.NAMES, **keras2_io.NAMES},
    "preprocessing.image": keras2_images.NAMES,
    "callbacks": {"BaseLogger": "Callback"},
    "optimizers.schedules": _kept("LinearCosineDecay LinearModel WideDeepModel"),
    "mixed_precision": {"set_policy": "set_dtype_policy"},
    "models": {"model_from_yaml": _YAML, **{n: f"compat.keras2.files:{n}" for n in ("save_model", "load_model")},
               "Graph": "compat.keras1.graph:Graph", "Input": "layers:Input",
               "Layer": "layers:Layer",
               "InputSpec": "layers:InputSpec",
               "InputLayer": "layers:InputLayer", "Container": "Model", "Network": "Model",
               "get_source_inputs": "utils:get_source_inputs",
               "model_from_config": "compat.keras2.utils:model_from_config"},
    "applications": {name: f"compat.keras2.utils:{name}" for name in (
        "get_submodules_from_kwargs", "_KERAS_BACKEND", "_KERAS_LAYERS", "_KERAS_MODELS", "_KERAS_UTILS")},
    "applications.imagenet_utils": {"_obtain_input_shape": "compat.keras2.blocks:_obtain_input_shape"},
}  # fmt: skip

for _module, _more in (*keras2_blocks.NAMES.items(), *year_parts.NAMES.items(), *keras2_privates.NAMES.items()):
    CLASSES[_module] = {**_more, **CLASSES.get(_module, {})}
# Modules that `from keras.ops import *` gives besides names, as Keras's does: {module: names}.
STARRED = {"ops": ("image", "linalg", "nn", "numpy")}

# What the TensorFlow root holds besides the functions of fastnn.compat.tf.names, as "module:name" of ours.
TENSORFLOW_FUNCTIONS = {
    **{n: f"compat.tensorflow:{n}" for n in (
        "Tensor", "constant", "Variable", "GradientTape", "newaxis", "executing_eagerly")},
    **{f"{prefix}{n}": f"compat.tensorflow:{n}" for prefix in ("", "dtypes.") for n in (
        "DType", "as_dtype", "float16", "bfloat16", "float32", "float64", "double", "int8", "int16", "int32", "int64",
        "uint8", "uint16", "uint32", "uint64", "bool", "string", "complex64", "complex128")},
    **{n: f"compat.tf.function:{n}" for n in (
        "function", "custom_gradient", "gradients", "hessians", "cond", "map_fn", "py_function", "numpy_function",
        "UnconnectedGradients")},
    "py_func": "compat.tf.function:py_function",
    **{f"train.{n}": f"compat.tf.checkpoint:{n}" for n in ("Checkpoint", "CheckpointManager", "latest_checkpoint")},
    "data.TextLineDataset": "compat.tf.text:TextLineDataset",
    **{f"lookup.{n}": f"compat.tf.lookup:{n}" for n in (
        "StaticHashTable", "KeyValueTensorInitializer", "StaticVocabularyTable", "TextFileIndex",
        "TextFileInitializer")},
    **{f"lookup.experimental.{n}": f"compat.tf.lookup:{n}" for n in ("DenseHashTable", "MutableHashTable")},
    "RaggedTensor": "compat.tf.ragged.tensor:RaggedTensor",
    "RaggedTensorSpec": "compat.tf.ragged.spec:RaggedTensorSpec",
    **{f"ragged.{n}": f"compat.tf.ragged.calls:{n}" for n in (
        "boolean_mask", "constant", "map_flat_values", "range", "stack",
        "row_splits_to_segment_ids", "segment_ids_to_row_splits", "stack_dynamic_partitions")},
    "IndexedSlices": "compat.tf.variables:IndexedSlices",
    "TensorArray": "compat.tf.tensor_array:TensorArray",
    **dict.fromkeys(("SparseTensor", "sparse.SparseTensor"), "compat.tf.sparse:SparseTensor"),
    **{f"{root}.{n}": f"compat.tf.gfile:{n}" for root in ("io.gfile", "gfile", "compat.v1.gfile") for n in (
        "GFile", "copy", "exists", "glob", "isdir", "join", "listdir", "makedirs", "mkdir", "remove", "rename",
        "rmtree", "stat", "walk")},
    **{f"data.experimental.{n}": f"compat.tf.data:{n}" for n in (
        "Counter", "CsvDataset", "assert_cardinality", "bucket_by_sequence_length", "choose_from_datasets",
        "copy_to_device", "enumerate_dataset", "get_single_element", "group_by_window", "ignore_errors",
        "make_csv_dataset", "map_and_batch", "parallel_interleave", "prefetch_to_device", "sample_from_datasets",
        "RandomDataset",
        "dense_to_ragged_batch", "dense_to_sparse_batch", "from_list", "rejection_resample",
        "scan", "shuffle_and_repeat", "snapshot", "take_while", "unbatch", "unique")},
    "print": "compat.tf.checks:tf_print",
    **dict.fromkeys(("flags", "app.flags"), "compat.absl:flags"),
    "app.run": "compat.absl.app:run",
    "compiler.tf2xla.python.xla.dynamic_update_slice": "compat.tf.arrays:dynamic_update_slice",
    **{f"errors.{n}": f"core.errors:{e}" for n, e in (
        ("OpError", "FastnnError"), ("InvalidArgumentError", "ArgumentError"), ("NotFoundError", "MissingFileError"),
        ("ResourceExhaustedError", "OutOfMemoryError"), ("UnimplementedError", "NotSupportedError"),
        ("DataLossError", "FileFormatError"), ("FailedPreconditionError", "CallOrderError"))},
    "Module": "compat.tf.module:Module",
    **{f"random.{part}{n}": f"compat.tf.generator:{n}" for part in ("", "experimental.") for n in (
        "Generator", "get_global_generator", "set_global_generator")},
    "__internal__.tracking.no_automatic_dependency_tracking": "layers.tracking:no_automatic_dependency_tracking",
    **{f"version.{n}": f"compat.tensorflow:{n}" for n in ("VERSION", "GIT_VERSION", "COMPILER_VERSION")},
    **{f"Variable{n}": f"compat.tensorflow:Variable{n}" for n in ("Aggregation", "Synchronization")},
    "compat.dimension_value": "compat.tensorflow:dimension_value",
    **dict.fromkeys(("no_gradient", "NotDifferentiable"), "compat.tensorflow:accept"),
    "RegisterGradient": "compat.keras2.utils:as_it_is", "load_op_library": "compat.tensorflow:load_op_library",
    "keras_export": "compat.keras2.utils:as_it_is", "tf_export": "compat.keras2.utils:as_it_is",
    "image.ResizeMethod": "compat.tf.images:ResizeMethod",
    **{f"raw_ops.ImageProjectiveTransformV{n}": f"compat.tf.transforms:projective_v{n}" for n in (2, 3)},
    "compat.v1.gradients": "compat.tf.function:gradients",
    **{f"data.{n}": f"data:{n}" for n in (
        "Dataset", "AUTOTUNE", "INFINITE_CARDINALITY", "UNKNOWN_CARDINALITY", "Options")},
    **{f"data.experimental.{n}": f"data:{n}" for n in ("AUTOTUNE", "INFINITE_CARDINALITY", "UNKNOWN_CARDINALITY")},
    "data.experimental.cardinality": "data.passes:cardinality", "TensorSpec": "data:TensorSpec",
    **tf_devices.NAMES, **tf_examples.NAMES, **tf_gfile.OLD, **tf_records.NAMES, **tf_averages.NAMES,
    **tf_datasets.NAMES, **tf_errors.NAMES, **tf_logging.NAMES, **tf_nests.NAMES, **tf_strategies.NAMES,
    **tf_summary.NAMES, **tf_testing.NAMES, **tf_seeds.NAMES, **tf_sequences.NAMES, **tf_forward.NAMES,
    **tf_graph_names.NAMES, **tf_places.NAMES,
    **{f"layers.{n}": f"compat.tf.graphs.layers:{n}" for n in tf_graph_layers.FUNCTIONS},
    "config.list_physical_devices": "compat.tensorflow:list_physical_devices",
    "config.experimental.list_physical_devices": "compat.tensorflow:list_physical_devices",
    "test.is_gpu_available": "compat.tensorflow:is_gpu_available",
    "config.threading.set_intra_op_parallelism_threads": "compat.tensorflow:accept",
    "config.threading.set_inter_op_parallelism_threads": "compat.tensorflow:accept",
    "config.experimental.enable_op_determinism": "compat.tensorflow:accept",
    "name_scope": "compat.backend:_Scope",
    "TensorShape": "compat.shapes:TensorShape",
    **tf_starts.NAMES,
}  # fmt: skip
# Modules of TensorFlow that are nobody's but its own; their functions are looked for among the public ones.
PRIVATE = ("python.ops", "python.framework", "python.util", "python.eager", "python.training", "python.platform",
           "python.ops.linalg", "python.ops.signal", "python.layers")  # fmt: skip
# Those that are Keras's under an older name.
PRIVATE_OF_KERAS = {
    "python.layers.utils": "keras.utils.conv_utils",
    "python.layers.base": "keras.engine.base_layer",
    "python.layers.layers": "keras.layers",
}
# What a star takes of them: names of a public family.
PRIVATE_STARS = {f"python.ops.{n}.": "nn.rnn_cell." for n in ("rnn_cell", "rnn_cell_impl")}
# Where those functions are looked for.
PUBLIC_FAMILIES = ("", "math", "nn", "linalg", "random", "image", "nest", "initializers", "lookup", "sparse", "strings",
                   "ragged", "io", "data", "train", "nn.rnn_cell", "signal")  # fmt: skip
# Modules of the TensorFlow root: those that hold functions, and those that are Keras's under a shorter name.
# fmt: off
TENSORFLOW_MODULES = {"contrib", "compat", "compat.v1", "compat.v2", "math", "nn", "linalg", "random", "image",
                      "strings",
                      "audio", "debugging", "signal", "sparse", "experimental", "bitwise", "math.special",
                      "quantization", "sets",
                      "compiler", "compiler.tf2xla", "compiler.tf2xla.python",
                      "compiler.tf2xla.python.xla", "tpu", "tpu.experimental", "tpu.experimental.embedding",
                      *(".".join(n.split(".")[:k]) for n in TENSORFLOW_FUNCTIONS for k in range(1, n.count(".") + 1))}
# fmt: on
TENSORFLOW_KERAS = ("initializers", "losses", "metrics", "optimizers")
