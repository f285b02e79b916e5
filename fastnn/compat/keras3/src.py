"""Private modules of Keras (`keras.src...`): which of ours each stands for, and where names that only they have are.

Packages that build on Keras import from them.  What a module there defines is found in the public package; a name
that no module of ours has is an AttributeError, as a module is one only where Keras 2.13 to 3.15 has one of its name.
"""

# Packages below keras.src that are not public, or are found elsewhere: the longest one that fits counts.
HOMES = {
    "backend": "compat.backend", "backend.config": "config", "trainers": "models", "trainers.data_adapters": "utils",
    "trainers.compile_utils": "losses", "version": "", "api_export": "compat.keras2.utils",
    **{f"backend.{part}": "ops" for part in ("tensorflow", "core", "nn", "math", "linalg", "numpy")},
    **{f"backend.{part}random": "random" for part in ("", "tensorflow.", "jax.", "torch.")},
    **{f"backend.{part}image": "ops.image" for part in ("", "tensorflow.")}, "ops.image": "ops.image",
    **{f"applications.{model}": f"applications.{model}" for model in (
        "convnext", "densenet", "efficientnet", "efficientnet_v2", "imagenet_utils", "inception_resnet_v2",
        "inception_v3", "mobilenet", "mobilenet_v2", "mobilenet_v3", "nasnet", "resnet", "resnet_v2", "vgg16",
        "vgg19", "xception")},
    **dict.fromkeys(("engine.base_layer", "engine.input_spec", "engine.input_layer", "engine.base_preprocessing_layer"),
                    "layers"), "engine": "models", "engine.keras_tensor": "graph.tensor",
    "legacy.backend": "compat.backend", "legacy.layers": "layers", "legacy.losses": "losses",
    "legacy.saving": "saving",
    **{f"legacy.preprocessing.{kind}": f"preprocessing.{kind}" for kind in ("image", "sequence", "text")},
    "legacy.preprocessing": "preprocessing", "optimizers.schedules": "optimizers.schedules",
    "layers.preprocessing.feature_space": "utils",
    "layers.preprocessing.image_preprocessing.bounding_boxes": "utils.bounding_boxes",
    "layers.attention.grouped_query_attention": "layers",
}  # fmt: skip

_PRIVATE, _SHAPES = "compat.keras3.private", "compat.keras3.shapes"
# What only private modules have, by the package below keras.src: "module:name" of ours.
NAMES = {
    "backend": {
        "Variable": "graph.variable:Variable", "KerasVariable": "graph.variable:Variable",
        "KerasTensor": "graph.tensor:KerasTensor",
        "StatelessScope": "graph.stateless:StatelessScope", "SymbolicScope": "graph.stateless:SymbolicScope",
        "RematScope": "layers.remat:RematScope", "remat": "layers.remat:remat", "device": "utils.scopes:device",
        "device_scope": "utils.scopes:device", "name_scope": "core.scopes:name_scope",
        "standardize_data_format": "layers.data_format:standardize_data_format",
        **{name: f"{_PRIVATE}:{name}" for name in (
            "set_keras_mask", "get_keras_mask", "standardize_shape", "shape_equal", "compute_output_spec",
            "any_symbolic_tensors", "in_stateless_scope", "get_stateless_scope", "in_symbolic_scope",
            "set_global_attribute", "get_global_attribute", "to_tuple_or_list", "canonicalize_axis", "current_path",
            "get_current_remat_mode")},
        **{name: f"{_SHAPES}:{name}" for name in ("compute_conv_transpose_output_shape", "canonicalize_axes")},
    },
    "utils": {
        "smart_resize": "utils.images:smart_resize",
        "in_tf_graph": f"{_PRIVATE}:never", "in_grain_data_pipeline": f"{_PRIVATE}:never",
        "is_in_jax_tracing_scope": f"{_PRIVATE}:never", "to_snake_case": "core.naming:snake_case",
        "auto_name": "graph.variable:auto_name", "filter_traceback": "compat.keras2.utils:as_it_is",
        "inject_argument_info_in_traceback": "compat.keras2.utils:as_it_is",
        **{f"{verb}_traceback_filtering": f"core.switches:{verb}_traceback_filtering"
           for verb in ("enable", "disable")},
        "is_traceback_filtering_enabled": "core.switches:is_traceback_filtering_enabled",
        "standardize_padding": "layers.data_format:standardize_padding", "print_msg": "utils.interactive:say",
        **{name: f"layers.tracking:{name}" for name in (
            "DotNotTrackScope", "no_automatic_dependency_tracking", "Tracker", "TrackedList", "TrackedDict")},
        **{name: f"{_PRIVATE}:{name}" for name in (
            "standardize_tuple", "validate_string_arg", "default", "is_default", "remove_by_id", "pythonify_logs",
            "cast_to_common_dtype")},
    },
    "trainers": {
        "Trainer": "models:Model", "CompileLoss": "losses.compile_loss:CompileLoss",
        **{name: f"{_PRIVATE}:{name}" for name in (
            "list_to_tuple", "class_weight_to_sample_weights", "check_data_cardinality")},
    },
    "layers": {
        "BaseConv": "layers.conv:BaseConv", "BaseConvTranspose": "layers.conv_transpose:BaseConvTranspose",
        "BaseDepthwiseConv": "layers.depthwise:BaseDepthwiseConv",
        "BaseSeparableConv": "layers.depthwise:BaseSeparableConv", "BasePooling": "layers.pooling:BasePooling",
        "BaseGlobalPooling": "layers.global_pooling:BaseGlobalPooling",
        "BaseImagePreprocessingLayer": "layers.images.base:ImageLayer", "DataLayer": "layers:Layer",
        "TFDataLayer": "layers:Layer", "IndexLookup": "layers.vocabulary:Lookup",
        "ConvLSTM": "layers.conv_lstm:BaseConvLSTM", "ConvLSTMCell": "layers.conv_lstm:ConvLSTMCell",
        "batch_dot": "compat.keras_backend.arrays:batch_dot", "GroupedQueryAttention": "layers:GroupQueryAttention",
    },
    "losses": {"standardize_reduction": "losses.loss:standardize_reduction"},
    "ops": {
        "Operation": "layers.operation:Operation", "Function": "models.function:Function",
        "Node": "graph.node:Node", "is_keras_tensor": "utils.symbols:is_keras_tensor",
        "shape_equal": f"{_PRIVATE}:shape_equal", "any_symbolic_tensors": f"{_PRIVATE}:any_symbolic_tensors",
        "get_source_inputs": "utils.symbols:get_source_inputs",
        "KerasTensor": "graph.tensor:KerasTensor",
        **{name: f"{_SHAPES}:{name}" for name in (
            "compute_conv_output_shape", "compute_conv_transpose_output_shape", "compute_expand_dims_output_shape",
            "compute_matmul_output_shape", "compute_pooling_output_shape", "compute_reshape_output_shape",
            "compute_take_along_axis_output_shape", "compute_transpose_output_shape", "reduce_shape",
            "validate_reshape_shape")},
    },
    "api_export": {"keras_export": "compat.keras2.utils:as_it_is"},
    "optimizers": {"BaseOptimizer": "optimizers:Optimizer"}, "saving": {"H5IOStore": "compat.h5_store:H5IOStore"},
}  # fmt: skip

# Parts of the names of Keras's modules.
WORDS = frozenset(
    """
accuracy_metrics activation activations activity_regularization adadelta adafactor adagrad adam adamax adamw
adaptive_average_pooling1d adaptive_average_pooling2d adaptive_average_pooling3d adaptive_max_pooling1d
adaptive_max_pooling2d adaptive_max_pooling3d add additive_attention alpha_dropout api_export applications
argument_validation array_data_adapter array_slicing attention audio_dataset_utils aug_mix auto_contrast
autocast_variable average average_pooling1d average_pooling2d average_pooling3d awq awq_config awq_core backend
backend_config backend_utils backup_and_restore base_adaptive_pooling base_conv base_conv_lstm
base_conv_transpose base_depthwise_conv base_global_pooling base_image_preprocessing_layer base_layer
base_layer_utils base_layer_v1 base_merge base_metric base_optimizer base_pooling base_preprocessing_layer
base_rnn base_separable_conv base_wrapper batch_normalization bidirectional boston_housing bounding_box
bounding_boxes california_housing callback callback_list callbacks category_encoding cell_wrappers center_crop
cifar cifar10 cifar100 clahe cloning code_stats common compile_utils concatenate config confusion_metrics
constant_initializers constraints control_flow_util conv1d conv1d_transpose conv2d conv2d_transpose conv3d
conv3d_transpose conv_lstm conv_lstm1d conv_lstm2d conv_lstm3d conv_utils converters convnext convolutional core
correlation_metrics cropping1d cropping2d cropping3d csv_logger cut_mix data_adapter data_adapter_utils
data_adapters data_layer data_utils dataset_utils datasets dense dense_features densenet depthwise_conv1d
depthwise_conv2d discretization distillation distillation_loss distiller distribute distribution
distribution_lib dmtree_impl dot draw_bounding_boxes draw_segmentation_masks dropout dropout_rnn_cell dtensor
dtype_policies dtype_policy dtype_policy_map dtype_utils dtypes early_stopping efficientnet efficientnet_v2
einops einsum_dense elu embedding engine epoch_iterator equalization experimental export export_utils
f_score_metrics fashion_mnist feature_column feature_space file_editor file_utils fixes flatten formats
framework ftrl function functional gaussian_dropout gaussian_noise generator_data_adapter generic_utils
global_average_pooling1d global_average_pooling2d global_average_pooling3d global_max_pooling1d
global_max_pooling2d global_max_pooling3d global_state gptq gptq_config gptq_core gradient_descent
grain_dataset_adapter grain_utils group_normalization grouped_query_attention gru gru_lstm_utils hashed_crossing
hashing hdf5_format hinge_metrics history identity image image_dataset_utils image_preprocessing image_utils
imagenet_utils imdb inception_resnet_v2 inception_v3 index_lookup initializer initializers initializers_v1
initializers_v2 input_layer input_spec integer_lookup integration_test io_utils iou iou_metrics jax jax_layer
jax_utils json_utils keras_saveable keras_tensor kpl_test_utils lamb lambda_callback lambda_layer layer
layer_normalization layer_utils layers leaky_relu learning_rate_schedule learning_rate_scheduler legacy
legacy_cells legacy_h5_format linalg linear lion litert locally_connected loss loss_scale_optimizer losses
losses_utils lstm masking math max_num_bounding_box max_pooling1d max_pooling2d max_pooling3d maximum
mel_spectrogram merging metric metrics metrics_utils minimum mix_up mixed_precision mnist mobilenet mobilenet_v2
mobilenet_v3 mode_keys model model_checkpoint model_config model_visualization models module_utils
monitor_callback multi_head_attention multi_optimizer multiply muon nadam name_scope naming nasnet
neptune_model_export_archive nn node noise normalization np_utils npz_utils numerical_utils numpy
object_identity object_registration onnx openvino operation operation_utils ops optimizer optimizer_experimental
optimizer_v1 optimizer_v2 optimizers optree_impl orbax_checkpoint orbax_util permute pipeline
plot_bounding_box_gallery plot_image_gallery plot_segmentation_mask_gallery policy pooling prelu premade_models
preprocessing probabilistic_metrics progbar progbar_logger py_dataset_adapter py_metric python_utils
quantization_config quantizers rand_augment random random_brightness random_color_degeneration
random_color_jitter random_contrast random_crop random_elastic_transform random_erasing random_flip
random_gaussian_blur random_grayscale random_hue random_initializers random_invert random_perspective
random_posterization random_rotation random_saturation random_sharpness random_shear random_translation
random_zoom reduce_lr_on_plateau reduction_metrics regression_metrics regularization regularizers relu remat
remote_monitor repeat_vector rescaling reshape reshaping resizing resnet resnet_v2 reuters reversible_embedding
rms_normalization rmsprop rng_utils rnn rnn_utils save saved_model saved_model_export_archive saving saving_api
saving_lib saving_options saving_utils schedule_free_adamw schedules seed_generator separable_conv1d
separable_conv2d sequence sequence_feature_column sequence_utils sequential serialization serialization_lib sgd
sidecar_evaluator simple_rnn sklearn_wrapper softmax solarization sparse spatial_dropout spectral_normalization
stacked_rnn_cells stateless_scope stft_spectrogram string_lookup subtract summary_utils swap_ema_weights
symbolic_arguments symbolic_scope tensor_attributes tensorboard tensorflow terminate_on_nan test_case
test_combinations test_utils testing testing_infra tests text text_dataset_utils text_vectorization tf2onnx_lib
tf_contextlib tf_dataset_adapter tf_inspect tf_keras tf_utils tfsm_layer time_distributed
timeseries_dataset_utils tokenizer torch torch_adadelta torch_adagrad torch_adam torch_adamax torch_adamw
torch_data_loader_adapter torch_lion torch_nadam torch_optimizer torch_parallel_optimizer torch_rmsprop
torch_sgd torch_utils torchtree_impl traceback_utils trackable tracking trainer trainers training training_utils
training_v1 tree tree_api types_utils unit_norm unit_normalization up_sampling1d up_sampling2d up_sampling3d
utils validation variable_mapping variables version version_utils vgg16 vgg19 vis_utils visualization wide_deep
wrapper wrappers xception zero_padding1d zero_padding2d zero_padding3d
""".split()
)


def private(module, name):
    """Where a name that only private modules have is: "module:name" of ours, or None.

    Args:
        module: name of the module that is asked, as "keras.src.utils.tracking".
        name: that of the function or class.

    >>> private("keras.src.utils.tracking", "TrackedList"), private("keras.utils", "TrackedList")
    ('layers.tracking:TrackedList', None)
    """
    return privates(module).get(name)


def privates(module):
    """What only a private module has: {name: "module:name" of ours}.

    >>> len(privates("keras.src.api_export")), privates("keras.layers")
    (1, {})
    """
    package, _, below = module.partition("keras.src.")
    return {} if package or not below else NAMES.get(below.partition(".")[0], {})


def home(below):
    """The module of ours, below fastnn, that a module below keras.src stands for; None if there is none of its name.

    >>> home("layers.core.dense"), home("backend.common.masking"), home("layers.core.Dense")
    ('layers', 'compat.backend', None)
    """
    parts = below.split(".")
    if not WORDS.issuperset(parts):
        return None
    prefixes = (".".join(parts[:k]) for k in range(len(parts), 0, -1))
    return next((HOMES[p] for p in prefixes if p in HOMES), parts[0])
