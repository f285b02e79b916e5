"""Quantizers against plain NumPy in float64, their configs, and what they refuse."""

import ml_dtypes
import numpy as np
import pytest
from evaluate import plan
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fastnn import ops, quantizers
from fastnn.core.errors import ArgumentError, ArgumentTypeError
from fastnn.graph import gradients

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("axis", [0, -1, (0, 1)])
def test_the_largest_magnitude_is_the_end_of_the_range(axis):
    x = RNG.normal(size=(4, 6)).astype("float32")
    quantized, scale = quantizers.abs_max_quantize(x, axis)
    expected = 127 / (np.abs(x.astype("float64")).max(axis, keepdims=True) + 1e-7)
    np.testing.assert_allclose(scale, expected, rtol=1e-6)
    assert quantized.dtype == np.int8 and np.abs(quantized.astype("int32")).max() == 127
    np.testing.assert_allclose(quantized / scale, x, atol=float((0.501 / expected).max()))


@pytest.mark.parametrize("rows, block", [(8, 4), (7, 4), (3, 8)])
def test_blocks_have_a_scale_and_a_zero_of_their_own(rows, block):
    x = (RNG.uniform(0.1, 3, size=(rows, 5)) * np.where(np.arange(rows) % 2, -1, 1)[:, None]).astype("float32")
    quantized, scale, zero = quantizers.abs_max_quantize_grouped_with_zero_point(x, block)
    blocks = -(-rows // block)
    assert quantized.shape == x.shape and scale.shape == zero.shape == (blocks, 5)
    assert quantized.dtype == zero.dtype == np.int8 and quantized.min() >= -8 and quantized.max() <= 7
    back = (quantized - np.repeat(zero, block, 0)[:rows].astype("float32")) * np.repeat(scale, block, 0)[:rows]
    assert (np.abs(back - x) <= 1.51 * np.repeat(scale, block, 0)[:rows]).all()


@settings(max_examples=40, deadline=None)
@given(arrays("int8", st.tuples(*[st.integers(1, 5)] * 3), elements=st.integers(-8, 7)), st.integers(-3, 2))
def test_packing_goes_round(x, axis):
    packed, shape, length = quantizers.pack_int4(x, axis)
    assert packed.shape == shape and shape[axis] == -(-x.shape[axis] // 2) and length == x.shape[axis]
    np.testing.assert_array_equal(quantizers.unpack_int4(packed, length, axis), x)
    whole, _, length = quantizers.pack_int4((x + 8).astype("uint8"), axis, "uint8")
    np.testing.assert_array_equal(quantizers.unpack_int4(whole, length, axis, "uint8"), x + 8)


@pytest.mark.parametrize("make, error", [
    (lambda: quantizers.pack_int4(np.zeros(2, "int8"), dtype="int16"), ArgumentError),
    (lambda: quantizers.pack_int4(np.zeros(2, "uint8")), ArgumentTypeError),
    (lambda: quantizers.unpack_int4(np.zeros(2, "float32"), 2), ArgumentTypeError),
    (lambda: quantizers.unpack_int4(np.zeros(2, "int8"), 2, dtype="int4"), ArgumentError),
    (lambda: quantizers.AbsMaxQuantizer(value_range=(-129, 127)), ArgumentError),
    (lambda: quantizers.get(3), ArgumentError),
    (lambda: quantizers.quantize_and_dequantize([1.0], 1.0, "float8", "float32"), ArgumentError),
    (lambda: quantizers.Int4QuantizationConfig(block_size=0), ArgumentError),
    (lambda: quantizers.Int4QuantizationConfig(quantizers.AbsMaxQuantizer()), ArgumentError),
    (lambda: quantizers.Int4QuantizationConfig(quantizers.AbsMaxQuantizer(), block_size=None), ArgumentError),
    (lambda: quantizers.Int8QuantizationConfig(quantizers.Quantizer("int4")), ArgumentError),
    (lambda: quantizers.QuantizationConfig().mode, NotImplementedError),
    (lambda: quantizers.Quantizer().get_config(), NotImplementedError),
])  # fmt: skip
def test_what_is_refused(make, error):
    with pytest.raises(error):
        make()


@pytest.mark.parametrize("made", [
    quantizers.AbsMaxQuantizer(), quantizers.AbsMaxQuantizer(axis=1, value_range=(-8, 7)),
    quantizers.Int8QuantizationConfig(), quantizers.Int8QuantizationConfig(activation_quantizer=None),
    quantizers.Int4QuantizationConfig(block_size=64), quantizers.Float8QuantizationConfig(),
], ids=lambda made: type(made).__name__)  # fmt: skip
def test_configs_go_round(made):
    config = quantizers.serialize(made)
    assert config["module"] == "keras.quantizers"
    again = quantizers.deserialize(config)
    assert type(again) is type(made) and again.get_config() == made.get_config()


@pytest.mark.parametrize("name", ["float8_e4m3fn", "float8_e5m2"])
def test_rounding_to_float8_is_that_of_the_dtype(name):
    kind, largest = getattr(ml_dtypes, name), 448.0 if "e4m3" in name else 57344.0
    x = np.concatenate([RNG.normal(size=300), np.exp(RNG.uniform(-14, 5, 300)), [0.0, -1e-9]]).astype("float32")
    x = np.concatenate([x, np.arange(256, dtype="uint8").view(kind).astype("float32")])
    x = x[np.isfinite(x)]
    got = quantizers.quantize_and_dequantize(x, 0.5, name, "float32")
    expected = np.clip(x / 0.5, -largest, largest).astype(kind).astype("float32") * 0.5
    np.testing.assert_allclose(got, expected, rtol=1e-6)


def test_scales_of_float8():
    assert float(quantizers.compute_float8_scale(2.0, 5.0, 448.0, margin=1)) == pytest.approx(2.0 * 2 / 448.0)
    for amax in (0.0, np.inf, np.nan):
        assert float(quantizers.compute_float8_scale(np.float32(amax), np.float32(5.0), 448.0)) == pytest.approx(5.0)
    history = quantizers.compute_float8_amax_history(np.float32([[-3.0, 1.0]]), np.float32([1.0, 2.0, 4.0]))
    assert history.tolist() == [3.0, 4.0, 1.0]


@pytest.mark.parametrize("bits, narrow", [(8, False), (4, True), (2, False)])
@pytest.mark.parametrize("axis", [None, 0, 1])
def test_fake_quantization_and_its_gradients(bits, narrow, axis):
    """Values lie on the grid and within half a step; each gradient goes to the input or to the end that clips it."""
    x = RNG.normal(size=(3, 3)).astype("float32") * 2
    least, most = (np.float32(-1.0), np.float32(1.5)) if axis is None else (
        np.float32([-1.0, -0.5, -2.0]), np.float32([1.5, 0.5, 1.0]))  # fmt: skip
    shape = [1, 1] if axis is None else [-1, 1] if axis == 0 else [1, -1]
    got = quantizers.fake_quant_with_min_max_vars(x, least, most, bits, narrow, axis)
    low, high = np.reshape(least, shape).astype("float64"), np.reshape(most, shape).astype("float64")
    step = (high - low) / (2**bits - 1 - narrow)
    assert (np.abs(got - np.clip(x, low, high)) <= step * 1.001).all()
    np.testing.assert_allclose(got / step, np.round(got / step), atol=1e-3)  # zero lies on the grid

    def slopes(*symbols):
        y = quantizers.fake_quant_with_min_max_vars(*symbols, bits, narrow, axis)
        return tuple(gradients([ops.sum(y)], symbols))

    inside = (x >= low - step / 2) & (x <= high + step / 2)
    others = None if axis is None else 1 - axis
    found = plan(slopes, [x, least, most])(x, least, most)
    near = (np.abs(x - low) < step / 2) | (np.abs(x - high) < step / 2)  # the grid's ends are beside those asked for
    assert ((found[0] == inside) | near).all()
    for slope, outside, ends in ((found[1], x < low, least), (found[2], x > high, most)):
        assert slope.shape == ends.shape
        if not near.any():
            np.testing.assert_array_equal(slope, outside.sum(others))
