"""Where names of TensorFlow lie whose modules are imported when a script first asks for one: "module:name" of ours."""

# `tf.losses` and `tf.metrics` of TensorFlow 1, while a graph is built.
LOSSES = ("mean_squared_error", "absolute_difference", "softmax_cross_entropy", "sigmoid_cross_entropy",
          "sparse_softmax_cross_entropy", "log_loss", "huber_loss", "hinge_loss", "cosine_distance")  # fmt: skip
OF_LOSSES = ("compute_weighted_loss", "mean_pairwise_squared_error", "add_loss", "get_losses",
             "get_regularization_losses", "get_regularization_loss", "get_total_loss")  # fmt: skip
_OUTCOMES = ("true_positives", "false_positives", "true_negatives", "false_negatives")
METRICS = ("mean", "accuracy", "mean_absolute_error", "mean_squared_error", "root_mean_squared_error",
           "mean_relative_error", "mean_cosine_distance", "percentage_below", "precision", "recall", *_OUTCOMES,
           *(f"{n}_at_thresholds" for n in (*_OUTCOMES, "precision", "recall")), "auc", "mean_iou",
           "mean_per_class_accuracy", "sensitivity_at_specificity", "specificity_at_sensitivity")  # fmt: skip
OF_GRAPHS = {
    f"{root}.{module}": (words, f"fastnn.compat.tf.graphs.{module}")
    for root in ("tensorflow", "tensorflow.compat.v1")
    for module, words in (("losses", {*LOSSES, "Reduction"}), ("metrics", {*METRICS}))
}

# Recurrent networks, layers of contrib and decoders of TensorFlow 1.
_CELLS = {
    **dict.fromkeys(("RNNCell", "BasicRNNCell", "BasicLSTMCell", "LSTMCell", "GRUCell", "LSTMStateTuple"), "cells"),
    **dict.fromkeys(("MultiRNNCell", "DropoutWrapper", "ResidualWrapper", "DeviceWrapper"), "cell_wrappers"),
}
_RUNS = ("dynamic_rnn", "static_rnn", "bidirectional_dynamic_rnn", "static_bidirectional_rnn")
_LAYERS = ("fully_connected", "conv2d", "max_pool2d", "avg_pool2d", "dropout", "batch_norm", "flatten", "linear",
           "one_hot_encoding", "l2_regularizer", "l1_regularizer", "xavier_initializer",
           "variance_scaling_initializer", "embed_sequence", "repeat")  # fmt: skip
_HOME = "compat.tf.graphs"
GRAPHS = {
    **{f"{root}.{n}": f"{_HOME}.{home}:{n}" for root in ("nn.rnn_cell", "contrib.rnn") for n, home in _CELLS.items()},
    **{f"{root}.{n}": f"{_HOME}.recurrent:{n}" for root in ("nn", "contrib.rnn") for n in _RUNS},
    "contrib.rnn.stack_bidirectional_dynamic_rnn": f"{_HOME}.recurrent:stack_bidirectional_dynamic_rnn",
    **dict.fromkeys(("contrib.rnn.LSTMBlockCell", "contrib.cudnn_rnn.CudnnCompatibleLSTMCell"),
                    f"{_HOME}.cells:BasicLSTMCell"),
    **dict.fromkeys(("contrib.rnn.GRUBlockCell", "contrib.rnn.GRUBlockCellV2"), f"{_HOME}.cells:GRUCell"),
    "nn.rnn": f"{_HOME}.recurrent:static_rnn",
    **{n: f"{_HOME}.sparse_inputs:{n}" for n in ("sparse_placeholder", "SparseTensorValue")},
    **{f"{root}.{n}": f"{_HOME}.contrib:{n}" for root in ("contrib.layers", "contrib.slim") for n in _LAYERS},
    "contrib.layers.relu": f"{_HOME}.contrib:fully_connected",
    "contrib.layers.convolution2d": f"{_HOME}.contrib:conv2d",
    "contrib.layers.xavier_initializer_conv2d": f"{_HOME}.contrib:xavier_initializer",
    **{f"{root}.{n}": f"{_HOME}.contrib:{n}" for root in ("contrib.framework", "contrib.slim") for n in (
        "arg_scope", "add_arg_scope")},
    "contrib.seq2seq.sequence_loss": f"{_HOME}.decoders:sequence_loss",
    **{f"contrib.legacy_seq2seq.{n}": f"{_HOME}.decoders:{n}" for n in ("sequence_loss_by_example", "rnn_decoder")},
    **{f"contrib.crf.{n}": f"compat.tf.crf:{n}" for n in (
        "crf_unary_score", "crf_binary_score", "crf_sequence_score", "crf_log_norm", "crf_log_likelihood",
        "viterbi_decode", "crf_decode")},
}  # fmt: skip

# Columns of tables, queues, linear operators, specs.
_OPERATORS = ("", "FullMatrix", "Diag", "LowerTriangular", "Identity", "ScaledIdentity", "Zeros", "Composition",
              "Kronecker", "BlockDiag", "Inversion", "Adjoint", "LowRankUpdate")  # fmt: skip
FAMILIES = {
    **{f"feature_column.{n}": f"compat.tf.feature_functions:{n}" for n in (
        "numeric_column", "bucketized_column", "categorical_column_with_vocabulary_list",
        "categorical_column_with_vocabulary_file", "categorical_column_with_hash_bucket",
        "categorical_column_with_identity", "crossed_column", "weighted_categorical_column", "indicator_column",
        "embedding_column", "shared_embeddings", "make_parse_example_spec", "input_layer")},
    **{f"{root}{n}": f"compat.tf.queues:{n}" for root in ("queue.", "") for n in (
        "QueueBase", "FIFOQueue", "PaddingFIFOQueue", "RandomShuffleQueue", "PriorityQueue")},
    **{f"linalg.LinearOperator{n}": f"compat.tf.combined_operators:LinearOperator{n}" for n in _OPERATORS},
    **{n: f"compat.tf.specs:{n}" for n in (
        "TypeSpec", "SparseTensorSpec", "IndexedSlicesSpec", "type_spec_from_value")},
    "data.experimental.get_structure": "compat.tf.specs:get_structure",
}  # fmt: skip

# Answers of one machine.
_ENUMS = ("distribute.experimental.CollectiveCommunication", "distribute.experimental.CommunicationImplementation",
         "distribute.InputReplicationMode", "data.experimental.AutotuneAlgorithm", "autograph.experimental.Feature",
         "random.Algorithm", "random.experimental.Algorithm", "AggregationMethod")  # fmt: skip
_QUIET = (
    "autograph.experimental.set_loop_options", "debugging.disable_check_numerics",
    "debugging.enable_traceback_filtering", "debugging.disable_traceback_filtering",
    "debugging.experimental.enable_dump_debug_info", "debugging.experimental.disable_dump_debug_info",
    "config.experimental.reset_memory_stats", "config.experimental.set_device_policy",
    "config.experimental.enable_mlir_bridge", "config.experimental.disable_mlir_bridge",
    "config.experimental_connect_to_host", "config.get_logical_device_configuration",
    "config.experimental.get_virtual_device_configuration", "config.experimental.get_device_policy",
    "data.experimental.enable_debug_mode", "test.experimental.sync_devices", "register_tensor_conversion_function",
    "distribute.experimental_set_strategy",
)  # fmt: skip
_FALSE = ("debugging.get_log_device_placement", "debugging.is_traceback_filtering_enabled",
          "config.get_soft_device_placement", "config.experimental.get_memory_growth",
          "config.experimental.get_synchronous_execution", "config.experimental.tensor_float_32_execution_enabled",
          "test.is_built_with_xla", "config.optimizer.get_jit")  # fmt: skip
REST = {
    **dict.fromkeys(_ENUMS, "compat.tf.devices:SETTINGS"), **dict.fromkeys(_QUIET, "compat.tf.devices:nothing"),
    **dict.fromkeys(_FALSE, "compat.tf.devices:no"),
    **{n: f"compat.tf.rest:{n}" for n in (
        "recompute_grad", "grad_pass_through", "is_symbolic_tensor", "inside_function", "timestamp", "half",
        "resource", "variant", "qint8", "quint8", "qint16", "quint16", "qint32")},
    **{f"dtypes.{n}": f"compat.tf.rest:{n}" for n in ("half", "resource", "variant", "qint8", "quint8")},
    **{f"autograph.{n}": f"compat.tf.rest:{n}" for n in ("to_graph", "to_code", "trace")},
    **{f"debugging.{n}": f"compat.tf.rest:{n}" for n in ("assert_proper_iterable", "assert_same_float_dtype")},
    **{f"config.experimental.{n}": f"compat.tf.rest:{n}" for n in ("get_memory_info", "get_device_details")},
    **{f"config.threading.get_{n}_parallelism_threads": "compat.tf.rest:zero" for n in ("inter_op", "intra_op")},
    "linalg.experimental.conjugate_gradient": "compat.tf.rest:conjugate_gradient",
    "test.Benchmark": "compat.tf.rest:Benchmark", "config.optimizer.get_experimental_options":
        "compat.tf.rest:get_device_details",
    **dict.fromkeys(("DeviceSpec", "train.ClusterSpec", "distribute.Server", "train.CheckpointOptions",
                     "distribute.cluster_resolver.TFConfigClusterResolver", "data.experimental.AutotuneOptions",
                     "distribute.cluster_resolver.SimpleClusterResolver", "profiler.experimental.ProfilerOptions",
                     "distribute.cluster_resolver.SlurmClusterResolver"), "compat.tf.devices:Inert"),
}  # fmt: skip
NAMES = {**GRAPHS, **FAMILIES, **REST}
