"""Utilities: seeds, one-hot labels, padded sequences, batches from Python, names in configs."""

from fastnn.core.registry import lazy

NAMES = {
    "bounding_boxes": "",
    "set_random_seed": "seeds", "to_categorical": "arrays", "normalize": "arrays", "pad_sequences": "arrays",
    "PyDataset": "batches", "Sequence": "batches", "clear_session": "fastnn.layers.session",
    **dict.fromkeys(("get_custom_objects", "custom_object_scope", "CustomObjectScope", "register_keras_serializable",
                     "get_registered_name", "get_registered_object", "serialize_keras_object",
                     "deserialize_keras_object"), "fastnn.saving"),
    "Progbar": "fastnn.callbacks", "standardize_dtype": "fastnn.core.dtypes:standardize",
    **dict.fromkeys(("array_to_img", "img_to_array", "load_img", "save_img"), "images"),
    **dict.fromkeys(("image_dataset_from_directory", "text_dataset_from_directory", "audio_dataset_from_directory"),
                    "folders"),
    "timeseries_dataset_from_array": "timeseries",
    **dict.fromkeys(("is_keras_tensor", "get_source_inputs", "model_to_dot"), "symbols"),
    **dict.fromkeys(("pack_x_y_sample_weight", "unpack_x_y_sample_weight"), "triples"),
    "split_dataset": "splitting", "get_file": "data_files", "Config": "config_dict",
    **dict.fromkeys(("enable_interactive_logging", "disable_interactive_logging", "is_interactive_logging_enabled"),
                    "interactive"),
    "load_onnx": "fastnn.importing.onnx_model", "load_torch": "fastnn.importing.torch_weights",
    "plot_model": "fastnn.visualization", "legacy": "", "FeatureSpace": "fastnn.layers.feature_space",
}  # fmt: skip
__getattr__, __dir__, __all__ = lazy(__name__, NAMES)
