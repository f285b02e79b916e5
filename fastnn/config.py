"""`keras.config`: the settings of the process, under the names that Keras gives them."""

from fastnn.core.registry import lazy

NAMES = {
    **dict.fromkeys(("floatx", "set_floatx", "epsilon", "set_epsilon", "image_data_format", "set_image_data_format",
                     "num_threads", "set_num_threads", "strict", "set_strict", "matmul_precision",
                     "set_matmul_precision", "device", "executor", "set_executor", "seed", "set_seed",
                     "next_stream", "version"),
                    "fastnn.core.config"),
    "set_device": "fastnn.runtime.device_choice",
    **dict.fromkeys(("dtype_policy", "set_dtype_policy"), "fastnn.dtype_policies"),
    **dict.fromkeys(("enable_interactive_logging", "disable_interactive_logging", "is_interactive_logging_enabled"),
                    "fastnn.utils"),
    **dict.fromkeys(("max_epochs", "set_max_epochs", "max_steps_per_epoch", "set_max_steps_per_epoch",
                     "enable_flash_attention", "disable_flash_attention", "is_flash_attention_enabled",
                     "enable_traceback_filtering", "disable_traceback_filtering", "is_traceback_filtering_enabled",
                     "is_nnx_enabled", "enable_unsafe_deserialization", "backend", "set_backend"),
                    "fastnn.core.switches"),
}  # fmt: skip
__getattr__, __dir__, __all__ = lazy(__name__, NAMES)
