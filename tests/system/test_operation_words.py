"""What operations refuse, with the words that Keras has for it: scripts and tests match them."""

import re

import numpy as np
import pytest

from fastnn import KerasTensor, activations, config, layers, ops


def ones(*shape):
    return np.ones(shape, "float32")


IMAGE, IDS = ones(10, 10, 3), np.array([0, 0, 1, 1])
MARGINS = dict(target_height=20, target_width=20)
FRAMES = (ones(3, 5), ones(3, 5))

# what is called, its arguments, the words
REFUSED = [
    *((ops.view_as_complex, (x,), {}, "must be size 2 .real and imaginary.. Received shape: .5, 3.")
      for x in (ones(5, 3), KerasTensor((5, 3)))),
    *((ops.image.resize, (IMAGE, size), {}, "`size` must have positive height and width")
      for size in ((0, 4), (4, -1), [0, 0])),
    (ops.image.pad_images, (IMAGE, -1, 0), MARGINS, "top_padding must be >= 0"),
    (ops.image.pad_images, (IMAGE, 0, -1), MARGINS, "left_padding must be >= 0"),
    (ops.image.pad_images, (IMAGE, None, 0, 1, 0), {"target_height": 3}, "top_padding must be >= 0"),
    (ops.image.pad_images, (IMAGE, 0, 0), {**MARGINS, "target_height": -1}, "target_height must be >= 0"),
    (ops.image.crop_images, (IMAGE, 0, 0), {**MARGINS, "target_height": -1}, "target_height must be >= 0"),
    (ops.cholesky_inverse, (ones(3, 2),), {}, "expected square matrices"),
    (ops.image.crop_images, (IMAGE, -1, 0, 1, 1), {}, "top_cropping must be >= 0"),
    (ops.image.crop_images, (IMAGE, 0, 0, 1), {"target_width": 12}, "right_cropping must be >= 0"),
    (ops.image.rgb_to_hsv, (ones(2, 2, 4),), {}, "must have 3 channels, but received images with 4 channels\\."),
    (ops.image.hsv_to_rgb, (ones(2, 2, 2),), {}, "must have 3 channels, but received images with 2 channels\\."),
    (ops.image.rgb_to_grayscale, (ones(2, 2, 4),), {}, "expected 3 \\(RGB\\) or 1 \\(Grayscale\\)\\."),
    (ops.image.extract_patches, (IMAGE, "5"), {}, "Expected an int or a tuple"),
    (ops.image.extract_patches, (IMAGE, (3,) * 4), {}, "Expected a tuple of length 2 or 3"),
    *((f, (ones(1, 4, 4, 4), size), {}, "`block_size` must be at least 2")
      for f in (ops.depth_to_space, ops.space_to_depth) for size in (-1, 0, 1)),
    *((ops.stft, (ones(16), 4, step, 4), {}, "`sequence_stride` must be a positive integer") for step in (0, -1)),
    *((ops.istft, (FRAMES, 8, step, 8), {}, "`sequence_stride` must be a positive integer") for step in (0, -1)),
    (ops.extract_sequences, (ones(8), 2, 0), {}, "`sequence_stride` must be a positive integer"),
    *((f, (ones(4), IDS.reshape(2, 2), 2), {}, "`segment_ids` should be an 1-D vector")
      for f in (ops.segment_sum, ops.segment_max)),
    *((f, (ones(3), IDS, 2), {}, "`segment_ids` and `data` should have same leading dimension")
      for f in (ops.segment_sum, ops.segment_max)),
    (ops.conv, (ones(1, 8, 3), ones(2, 5, 4)), {}, "input channels must match the kernel"),
    (ops.conv_transpose, (ones(1, 8, 3), ones(2, 4, 5), 2), {}, "input channels must match the kernel"),
    (ops.depthwise_conv, (ones(1, 8, 3), ones(2, 5, 1)), {}, "input channels must match the kernel"),
    (ops.conv, (ones(1, 4, 4, 4, 3), ones(2, 2, 2, 5, 4)), {}, "input channels must match the kernel"),
    *((ops.batch_normalization, (ones(2, 5),), {**{k: ones(5) for k in ("mean", "variance", "offset", "scale")},
                                                 "axis": -1, wrong: ones(3)}, f"`{wrong}` must be a vector of length")
      for wrong in ("mean", "variance", "offset", "scale")),
    (ops.softmax, (ones(2, 3), 10), {}, "axis 10 is out of bounds"),
    (ops.cholesky, (-np.eye(2, dtype="float32"),), {}, "Cholesky decomposition failed"),
    (ops.fold, (ones(1, 2, 3, 4), (4, 4), 2), {}, "3D"),
    *((f, (ones(2, 3, 4), 2), {}, f"`{f.__name__}` requires a 4D input tensor")
      for f in (ops.depth_to_space, ops.space_to_depth)),
    (ops.depth_to_space, (ones(1, 4, 4, 3), 2), {}, "number of channels .3. must be divisible by block_size..2 .4."),
    (ops.space_to_depth, (ones(1, 3, 4, 1), 2), {}, "Height .3. must be divisible by block_size .2."),
    (ops.space_to_depth, (ones(1, 4, 3, 1), 2), {}, "Width .3. must be divisible by block_size .2."),
    (ops.glu, (ones(3, 5),), {}, "axis size must be divisible by 2"),
    (ops.inv, (ones(3, 2),), {}, "Expected a square matrix. Received non-square input with shape .3, 2."),
    (ops.det, (ones(3),), {}, "Expected input to have rank >= 2. Received input with shape .3,."),
    (ops.qr, (ones(3),), {}, "Input should have rank >= 2. Received"),
    (ops.extract_sequences, (ones(), 2, 1), {}, "Input should have rank >= 1. Received"),
    (ops.reshape, (ones(6), (4,)), {}, "The total size of the tensor must be unchanged"),
    (ops.squeeze, (ones(3), 0), {}, "Cannot squeeze axis=0, because the dimension is not 1"),
    (ops.pad, (ones(3), ((1, 1), (1, 1))), {}, "`pad_width` must have the same length as `x.shape`"),
    (ops.split, (ones(5), 2), {}, "must be divisible by `indices_or_sections`.* But received 5 and 2"),
    (ops.repeat, (ones(3), [1, 2]), {}, "Size of `repeats` and dimensions"),
    (ops.repeat, (ones(3, 2), [1, 2]), {"axis": 0}, "dimensions of `axis 0 of x` should be compatible"),
    (ops.average, (ones(2, 3),), {"weights": ones(2, 2)}, "`weights` must have the same shape as `x` when `axis=None`"),
    (ops.average, (ones(2, 3),), {"axis": 1, "weights": ones(2)}, "must have the same size as `x` at `axis=1`"),
    (ops.diagonal, (ones(3, 3),), {"axis1": 0, "axis2": -2}, "`axis1` and `axis2` cannot be the same"),
    (ops.diagonal, (ones(3),), {}, "requires an array of at least two dimensions"),
    (ops.digitize, (ones(3), ones(2, 2)), {}, "`bins` must be a 1D array"),
    (ops.searchsorted, (ones(2, 2), ones(3)), {}, "only supports 1-D sorted sequences"),
    (ops.cdist, (ones(3), ones(3)), {}, "must have rank >= 2"),
    (ops.cdist, (ones(2, 3), ones(2, 4)), {}, "The last dimension of inputs to `cdist` must match"),
    (ops.matmul, (ones(2, 3), ones(2, 3)), {}, "Inner dimensions must be equal"),
]  # fmt: skip


@pytest.mark.parametrize("call, args, kwargs, words", REFUSED)
def test_of_arrays(call, args, kwargs, words):
    with pytest.raises((ValueError, TypeError), match=words):
        call(*args, **kwargs)


@pytest.mark.parametrize("call, args, kwargs, words", [row for row in REFUSED if row[0] is not ops.cholesky])
def test_of_symbols(call, args, kwargs, words):
    first = args[0]
    symbols = tuple(KerasTensor(v.shape) for v in first) if isinstance(first, tuple) else KerasTensor(first.shape)
    with pytest.raises((ValueError, TypeError), match=words):
        call(symbols, *args[1:], **kwargs)


def test_of_lists_and_of_what_stands_first():
    for call, words in (
        (lambda: ops.concatenate([ones(2, 3), ones(3, 2)]), "Every value in `xs` must have the same shape"),
        (lambda: ops.einsum("ij->i->j", ones(2, 3)), "At most one '->' is supported"),
        (lambda: ops.scan(1, 0.0, ones(3)), "`f` should be a callable"),
    ):
        with pytest.raises((ValueError, TypeError), match=words):
            call()


def test_sizes_and_deviations_in_arrays():
    x = np.random.default_rng(0).random((4, 5, 2), "float32")
    want = ops.image.gaussian_blur(x, (3, 5), (1.0, 2.0))
    np.testing.assert_array_equal(ops.image.gaussian_blur(x, np.array([3, 5]), np.array([1.0, 2.0])), want)


def test_a_size_that_nothing_knows_yet():
    x = KerasTensor((None, 20, 3))
    y = ops.image.scale_and_translate(x, (None, 25, 3), np.ones(1), np.zeros(1), (1,), "linear")
    assert y.shape == (None, 25, 3)


@pytest.mark.parametrize("ids", [[-1, 0, 1, 1], [3, 0, 1, 1], [-1, 0, 5, 1]])
def test_ids_outside_of_the_segments_are_left_out(ids):
    x, inside = np.array([1.0, 2.0, 4.0, 8.0], "float32"), [0 <= i < 3 for i in ids]
    want = [sum(v for v, i in zip(x, ids) if i == k) for k in range(3)]
    assert ops.segment_sum(x, np.array(ids), 3).tolist() == want and sum(inside) < 4


def test_rescaling_by_channel_with_channels_first():
    x, scale, offset = ones(2, 3, 4, 5), [1.0, 2.0, 3.0], [0.0, 1.0, 2.0]
    before = config.image_data_format()
    config.set_image_data_format("channels_first")
    try:
        y = layers.Rescaling(scale, offset)(x)
    finally:
        config.set_image_data_format(before)
    np.testing.assert_array_equal(y[:, :, 1, 2], [[1.0, 3.0, 5.0]] * 2)


@pytest.mark.parametrize("antialias", [False, True])
@pytest.mark.parametrize("method", ["bilinear", "nearest", "bicubic", "lanczos3", "lanczos5"])
def test_methods_of_tf_image_resize(method, antialias):
    from fastnn.compat.tf.images import TABLE

    x = np.random.default_rng(0).random((1, 7, 9, 2), "float32")
    got = TABLE["image.resize"](x, (4, 5), method=method, antialias=antialias)
    np.testing.assert_array_equal(got, ops.image.resize(x, (4, 5), method, antialias))


@pytest.mark.parametrize("call, words", [
    (lambda x: ops.softmax(x), "softmax over axis -1 of a tensor of shape (3, 1)"),
    (lambda x: ops.softmax(x, axis=1), "softmax over axis 1 of a tensor of shape (3, 1)"),
    (lambda x: activations.softmax(x), "This axis has size 1"),
    (lambda x: layers.Softmax()(x), "Did you mean to use a sigmoid instead?"),
    (lambda x: ops.softmax(KerasTensor((None, 1))), "of a tensor of shape (None, 1)"),
    (lambda x: layers.Dense(1, activation="softmax")(x), "of a tensor of shape (3, 1)"),
    (lambda x: ops.layer_normalization(x, rms_scaling=True), "please use `keras.ops.rms_normalization`"),
    (lambda x: layers.LayerNormalization(rms_scaling=True), "please use `keras.layers.RMSNormalization`"),
])  # fmt: skip
def test_what_is_probably_not_meant_warns(call, words):
    with pytest.warns(UserWarning, match=re.escape(words)):
        call(np.ones((3, 1), "float32"))
