"""Gradients of public operations that are written with others, and the errors of their arguments."""

from __future__ import annotations

import evaluate
import numpy as np
import pytest

from fastnn import GradientTape, KerasTensor, Variable, ops
from fastnn.core.errors import ArgumentError, DTypeError, KernelError, NotSupportedError, ShapeError

RNG = np.random.default_rng(2)


def draw(*shape, low=-1.0, high=1.0):
    return RNG.uniform(low, high, shape)


Q, K, V = draw(2, 3, 4, 5), draw(2, 6, 2, 5), draw(2, 6, 2, 3)
IMAGES, PLACES = draw(2, 5, 6, 3), draw(2, 7, low=0.3, high=2.7)
POINTS = np.array([[0.0, 0], [5, 0], [0, 4], [5, 4]]) + draw(2, 4, 2, low=0.1, high=0.4)
LABELS, LENGTHS, STEPS = np.array([[1, 1, 2], [2, 3, 0]]), np.array([3, 2]), np.array([7, 6])
TURN = draw(2, 8, low=0.05, high=0.15) + [1, 0, 0.1, 0, 1, 0.1, 0, 0]

# name -> (function of the differentiated arrays, arrays)
CASES = {
    "fft": (lambda a, b: ops.fft((a, b)), [draw(2, 5), draw(2, 5)]),
    "fft2": (lambda a, b: ops.ifft2(ops.fft2((a * b, b))), [draw(3, 4), draw(3, 4)]),
    "rfft": (lambda a: ops.rfft(a, fft_length=7), [draw(2, 5)]),
    "irfft": (lambda a, b: ops.irfft((a, b), fft_length=7), [draw(2, 4), draw(2, 4)]),
    "stft": (lambda a: ops.stft(a, 4, 3, 6), [draw(2, 15)]),
    "istft": (lambda a, b: ops.istft((a, b), 4, 3, 6), [draw(2, 5, 4), draw(2, 5, 4)]),
    "extract_sequences": (lambda a: ops.extract_sequences(a, 3, 2), [draw(2, 9)]),
    "attention": (lambda q, k, v: ops.dot_product_attention(q, k, v, is_causal=True), [Q, K, V]),
    "attention with all": (
        lambda q, k, v, b: ops.dot_product_attention(
            q, k, v, b, mask=np.arange(18).reshape(1, 1, 3, 6) % 5 > 0, scale=0.3, attn_logits_soft_cap=2.0
        ),
        [Q, K, V, draw(2, 4, 3, 6)],
    ),
    "ctc_loss": (lambda x: ops.ctc_loss(LABELS, x, LENGTHS, STEPS), [draw(2, 7, 5)]),
    "unfold": (lambda x: ops.unfold(x, 2, padding=1, stride=2), [draw(1, 2, 5, 5)]),
    "fold": (lambda x: ops.fold(x, (4, 5), 2), [draw(1, 8, 12)]),
    "adaptive_average_pool": (lambda x: ops.adaptive_average_pool(x, (2, 4)), [IMAGES]),
    "adaptive_max_pool": (lambda x: ops.adaptive_max_pool(x, (2, 4)), [IMAGES]),
    "rearrange": (lambda x: ops.rearrange(x, "b (h k) w c -> (b k) c (w h)", k=1), [IMAGES]),
    "psnr": (lambda x, y: ops.psnr(x, y, 2.0), [draw(3, 4), draw(3, 4)]),
    "i0": (ops.i0, [draw(3, 4)]),
    "extract_patches": (lambda x: ops.image.extract_patches(x, 2, strides=1, padding="same"), [IMAGES]),
    "patches side by side": (lambda x: ops.image.extract_patches(x, (2, 3)), [IMAGES]),
    "resize": (lambda x: ops.image.resize(x, (3, 8), interpolation="lanczos3", antialias=True), [IMAGES]),
    "scale_and_translate": (
        lambda x, s, t: ops.image.scale_and_translate(x, (3, 6, 3), s, t, (0, 1), "cubic"),
        [draw(5, 6, 3), np.array([0.63, 0.91]), np.array([0.17, 0.23])],
    ),
    "affine_transform": (lambda x, t: ops.image.affine_transform(x, t, fill_mode="reflect"), [IMAGES, TURN]),
    "map_coordinates": (lambda x, at: ops.image.map_coordinates(x, at, 1), [draw(4, 5), PLACES]),
    "perspective_transform": (lambda x, p: ops.image.perspective_transform(x, p, POINTS), [IMAGES, POINTS + 0.05]),
    "gaussian_blur": (lambda x: ops.image.gaussian_blur(x, (3, 5), (0.7, 1.2)), [IMAGES]),
    "sobel_edges": (ops.image.sobel_edges, [IMAGES]),
    "ssim": (lambda x, y: ops.image.ssim(x, y, filter_size=3), [IMAGES, draw(2, 5, 6, 3)]),
    "rgb_to_hsv": (ops.image.rgb_to_hsv, [draw(3, 4, 3, low=0.1, high=0.9)]),
    "hsv_to_rgb": (ops.image.hsv_to_rgb, [draw(3, 4, 3, low=0.1, high=0.9)]),
}


@pytest.mark.parametrize("name", CASES)
def test_gradient(name):
    function, arrays = CASES[name]

    def leaves(*xs):
        found = function(*xs)
        return list(found) if isinstance(found, tuple) else found

    evaluate.check_gradient(leaves, arrays, np.random.default_rng(0))


def test_hidden_scores_have_no_gradient():
    mask = np.zeros((2, 1, 3, 6), bool)
    fn = evaluate.with_gradients(lambda q: ops.dot_product_attention(q, K, V, mask=mask), 1, [0])
    (gq,) = evaluate.run(fn, [Q, np.ones((2, 3, 4, 3))])
    assert not gq.any()


def test_the_cap_of_scores_is_the_documented_one():
    q, k, v = Q, np.repeat(K, 2, axis=2), np.repeat(V, 2, axis=2)
    s = np.einsum("btnh,bsnh->bnts", q, k)
    s = s / (1 + np.abs(s) / 0.5)
    p = np.exp(s) / np.exp(s).sum(-1, keepdims=True)
    got = ops.dot_product_attention(q, k, v, scale=1.0, attn_logits_soft_cap=0.5)
    np.testing.assert_allclose(got, np.einsum("bnts,bsnh->btnh", p, v), rtol=1e-10)


def test_istft_without_a_window_is_the_inverse():
    x = draw(2, 20)
    np.testing.assert_allclose(ops.istft(ops.stft(x, 6, 3, 8, window=None), 6, 3, 8, window=None, length=20), x)


def test_labels_that_do_not_fit_have_a_large_loss_and_a_finite_gradient():
    x = draw(2, 7, 5)
    fn = evaluate.with_gradients(lambda v: ops.ctc_loss(LABELS, v, LENGTHS, np.array([2, 0])), 1, [0])
    (g,) = evaluate.run(fn, [x, np.ones(2)])
    assert np.isfinite(g).all() and (ops.ctc_loss(LABELS, x, LENGTHS, np.array([2, 0])) > 9e4).all()


def test_elastic_transform_repeats_with_its_seed():
    x = draw(2, 8, 9, 3).astype("float32")
    a, b, c = (ops.image.elastic_transform(x, seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(a, b)
    assert np.any(a != c) and np.any(a != x)
    np.testing.assert_allclose(ops.image.elastic_transform(x, alpha=0.0), x, atol=1e-6)
    assert ops.image.elastic_transform((x * 99).astype("uint8")).dtype == "uint8"


ERRORS = {
    "fft of one part": (lambda: ops.fft(draw(3)), ArgumentError, "tuple of two tensors"),
    "fft of two shapes": (lambda: ops.fft((draw(3), draw(4))), ShapeError, "same shape"),
    "fft of integers": (lambda: ops.fft(([1, 2], [3, 4])), DTypeError, "not of type float"),
    "fft of numbers": (lambda: ops.fft((1, 2)), ShapeError, "rank >= 1"),
    "fft2 of rows": (lambda: ops.fft2((draw(3), draw(3))), ShapeError, "rank >= 2"),
    "rfft of a number": (lambda: ops.rfft(1.0), ShapeError, "rank >= 1"),
    "irfft of numbers": (lambda: ops.irfft((KerasTensor(()),) * 2), ShapeError, "rank >= 1"),
    "istft of rows": (lambda: ops.istft((draw(3), draw(3)), 4, 2, 4), ShapeError, "rank >= 2"),
    "sequences of a number": (lambda: ops.extract_sequences(1.0, 1, 1), ShapeError, "rank >= 1"),
    "rfft of nothing": (lambda: ops.rfft(draw(3), fft_length=0), ArgumentError, "positive integer"),
    "stft of integers": (lambda: ops.stft(np.arange(9), 4, 2, 4), DTypeError, "Invalid input type"),
    "a short fft_length": (lambda: ops.stft(draw(9), 4, 2, 3), ArgumentError, "larger than `sequence_length`"),
    "an unknown window": (lambda: ops.stft(draw(9), 4, 2, 4, window="no"), ArgumentError, "must be one of"),
    "a short window": (lambda: ops.stft(draw(9), 4, 2, 4, window=[1.0]), ShapeError, "shape of `window`"),
    "a short signal": (lambda: ops.extract_sequences(draw(3), 4, 1), ShapeError, "do not fit"),
    "attention of matrices": (lambda: ops.dot_product_attention(Q[0], K, V), ShapeError, "only supports 4D"),
    "heads that do not divide": (lambda: ops.dot_product_attention(Q[:, :, :3], K, V), ShapeError, "multiple of key"),
    "flash": (lambda: ops.dot_product_attention(Q, K, V, flash_attention=True), NotSupportedError, "needs a GPU"),
    "a label outside": (
        lambda: ops.ctc_loss(LABELS + 9, draw(2, 7, 5), LENGTHS, STEPS),
        KernelError,
        "outside its range",
    ),
    "labels of rank 1": (lambda: ops.ctc_loss(LENGTHS, draw(2, 7, 5), LENGTHS, STEPS), ShapeError, "rank 2"),
    "a strategy": (lambda: ops.ctc_decode(draw(2, 7, 5), STEPS, "best"), ArgumentError, "Invalid strategy"),
    "fold": (lambda: ops.fold(draw(1, 8, 11), (4, 5), 2), ShapeError, "expected"),
    "unfold": (lambda: ops.unfold(draw(1, 2, 3, 3), 4), ShapeError, "do not fit"),
    "adaptive": (lambda: ops.adaptive_max_pool(IMAGES, (0, 1)), ArgumentError, "positive numbers"),
    "patches": (lambda: ops.image.extract_patches(IMAGES, (1, 2, 3, 4)), ArgumentError, "Invalid `size`"),
    "rearrange to other axes": (lambda: ops.rearrange(draw(2, 3), "a b -> a c"), ArgumentError, "same axes"),
    "rearrange in parts": (lambda: ops.rearrange(draw(2, 3), "a (b c) -> a b c", b=2), ShapeError, "not the product"),
    "rearrange without an arrow": (lambda: ops.rearrange(draw(2, 3), "a b"), ArgumentError, "'->'"),
    "psnr": (lambda: ops.psnr(draw(2), draw(3), 1.0), ShapeError, "must match"),
    "an interpolation": (lambda: ops.image.resize(IMAGES, (2, 2), "best"), ArgumentError, "Expected of one"),
    "crop and pad": (
        lambda: ops.image.resize(IMAGES, (2, 2), crop_to_aspect_ratio=True, pad_to_aspect_ratio=True),
        ArgumentError,
        "Only one of",
    ),
    "a fill mode": (lambda: ops.image.affine_transform(IMAGES, TURN, fill_mode="no"), ArgumentError, "fill_mode"),
    "a transform": (lambda: ops.image.affine_transform(IMAGES, TURN[0, :6]), ShapeError, "Invalid transform"),
    "coordinates": (lambda: ops.image.map_coordinates(IMAGES, PLACES, 1), ShapeError, "First dim of"),
    "an order": (lambda: ops.image.map_coordinates(draw(4, 5), PLACES, 2), ArgumentError, "`order`"),
    "points": (lambda: ops.image.perspective_transform(IMAGES, POINTS[:, :3], POINTS), ShapeError, "start_points"),
    "hsv of integers": (lambda: ops.image.rgb_to_hsv(np.ones((2, 2, 3), "uint8")), DTypeError, "float dtype"),
    "a method": (
        lambda: ops.image.scale_and_translate(draw(4), (2,), [0.5], [0.0], (0,), "nearest"),
        ArgumentError,
        "`method`",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_error(name):
    call, kind, text = ERRORS[name]
    with pytest.raises(kind, match=text):
        call()


@pytest.mark.parametrize(
    "key",
    [
        lambda w: w > 2.0,
        lambda w: np.array([True, False]),
        lambda w: (slice(None), np.array([False, True, True])),
        lambda w: (1, np.array([True, False, True])),
        lambda w: (np.array([True, False]), None),
    ],
)
def test_gradients_pass_indexing_by_truth_values(key):
    array = np.arange(1.0, 7.0, dtype=np.float32).reshape(2, 3)
    chosen = key(array)
    expected = np.zeros_like(array)
    expected[chosen] = 2 * array[chosen]
    variable = Variable(array)
    for w, of in ((variable, lambda: variable), (variable, lambda: variable * 1.0), (array, lambda: array)):
        with GradientTape() as tape:
            tape.watch(w)
            total = ops.sum(ops.square(ops.getitem(of(), key(of()))))
        assert float(total) == np.sum(array[chosen] ** 2)
        np.testing.assert_array_equal(tape.gradient(total, w), expected)


@pytest.mark.parametrize(
    ("make", "slope"),
    [
        (lambda v: [v[0], 1.0], [1, 0, 0]),
        (lambda v: [[v[0], v[1]], [v[1], -v[2]]], [1, 2, -1]),
        (lambda v: [[1.0, v[2]], [0.0, 2.0]], [0, 0, 1]),
        (lambda v: ([v[0] * v[1]], [v[2]]), [2, 1, 1]),
        (lambda v: [[[v[0]]], [[v[0] * 3]]], [4, 0, 0]),
        (lambda v: [v, v], [2, 2, 2]),
    ],
)
@pytest.mark.parametrize("watched", [False, True])
def test_lists_of_what_a_tape_records_are_one_value(make, slope, watched):
    """However the list is nested: a matrix of a rotation, say, whose entries are computed."""
    v = ops.array([1.0, 2.0, 3.0]) if watched else Variable(np.array([1.0, 2.0, 3.0], "float32"))
    with GradientTape() as tape:
        if watched:
            tape.watch(v)
        found = ops.convert_to_tensor(make(v))
        loss = ops.sum(make(v))
    np.testing.assert_allclose(found, np.array(make(np.array([1.0, 2.0, 3.0], "float32"))))
    np.testing.assert_allclose(tape.gradient(loss, v), slope)
