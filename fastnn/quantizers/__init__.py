"""Quantizers: from floats to small integers and back, and what quantize() of a layer takes, under Keras's names."""

from fastnn.core.registry import lazy

NAMES = {
    **dict.fromkeys(("Quantizer", "AbsMaxQuantizer", "abs_max_quantize", "abs_max_quantize_grouped_with_zero_point",
                     "get", "serialize", "deserialize"), "quantizer"),
    **dict.fromkeys(("pack_int4", "unpack_int4"), "int4"),
    **dict.fromkeys(("compute_float8_scale", "compute_float8_amax_history", "quantize_and_dequantize"), "float8"),
    "fake_quant_with_min_max_vars": "fake",
    **dict.fromkeys(("QuantizationConfig", "Int8QuantizationConfig", "Int4QuantizationConfig",
                     "Float8QuantizationConfig"), "configs"),
    **dict.fromkeys(("GPTQConfig", "AWQConfig"), "calibrated"),
}  # fmt: skip
__getattr__, __dir__, __all__ = lazy(__name__, NAMES)
