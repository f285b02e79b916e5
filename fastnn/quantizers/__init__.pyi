"""Generated from NAMES by tests/typing/stubs.py."""
from fastnn.quantizers.calibrated import AWQConfig as AWQConfig
from fastnn.quantizers.quantizer import AbsMaxQuantizer as AbsMaxQuantizer
from fastnn.quantizers.configs import Float8QuantizationConfig as Float8QuantizationConfig
from fastnn.quantizers.calibrated import GPTQConfig as GPTQConfig
from fastnn.quantizers.configs import Int4QuantizationConfig as Int4QuantizationConfig
from fastnn.quantizers.configs import Int8QuantizationConfig as Int8QuantizationConfig
from fastnn.quantizers.configs import QuantizationConfig as QuantizationConfig
from fastnn.quantizers.quantizer import Quantizer as Quantizer
from fastnn.quantizers.quantizer import abs_max_quantize as abs_max_quantize
from fastnn.quantizers.quantizer import abs_max_quantize_grouped_with_zero_point as abs_max_quantize_grouped_with_zero_point
from fastnn.quantizers.float8 import compute_float8_amax_history as compute_float8_amax_history
from fastnn.quantizers.float8 import compute_float8_scale as compute_float8_scale
from fastnn.quantizers.quantizer import deserialize as deserialize
from fastnn.quantizers.fake import fake_quant_with_min_max_vars as fake_quant_with_min_max_vars
from fastnn.quantizers.quantizer import get as get
from fastnn.quantizers.int4 import pack_int4 as pack_int4
from fastnn.quantizers.float8 import quantize_and_dequantize as quantize_and_dequantize
from fastnn.quantizers.quantizer import serialize as serialize
from fastnn.quantizers.int4 import unpack_int4 as unpack_int4

__all__ = [
    'AWQConfig',
    'AbsMaxQuantizer',
    'Float8QuantizationConfig',
    'GPTQConfig',
    'Int4QuantizationConfig',
    'Int8QuantizationConfig',
    'QuantizationConfig',
    'Quantizer',
    'abs_max_quantize',
    'abs_max_quantize_grouped_with_zero_point',
    'compute_float8_amax_history',
    'compute_float8_scale',
    'deserialize',
    'fake_quant_with_min_max_vars',
    'get',
    'pack_int4',
    'quantize_and_dequantize',
    'serialize',
    'unpack_int4',
]
