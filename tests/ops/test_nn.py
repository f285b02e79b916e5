"""Softmax, cross-entropies, normalisation and pooling beyond their records: public arguments, hard numbers, errors."""

from __future__ import annotations

import evaluate
import numpy as np
import pytest

from fastnn import KerasTensor, ops
from fastnn.core import config
from fastnn.core.errors import ArgumentError, KernelError, ShapeError
from fastnn.kernels.reference import pool as pool_reference
from fastnn.ops.functions import normalization
from fastnn.ops.records.normalization import _batch_norm_grad, batch_norm

RNG = np.random.default_rng(0)


def softmax(x, axis):
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


# ---------------------------------------------------------------- softmax
@pytest.mark.parametrize("axis", [-1, 0, 1, (0, 2), None])
def test_softmax_over_any_axis(axis):
    x = RNG.normal(size=(3, 4, 5)).astype(np.float32)
    np.testing.assert_allclose(ops.softmax(x, axis=axis), softmax(x, axis), rtol=1e-5)
    np.testing.assert_allclose(ops.log_softmax(x, axis=axis), np.log(softmax(x, axis)), rtol=1e-4, atol=1e-5)


def test_softmax_of_extreme_and_bad_numbers():
    x = np.array([[1e4, -1e4, 0], [np.nan, 0, 0], [-np.inf, 0, 0], [-np.inf] * 3], np.float32)
    y = ops.softmax(x)
    np.testing.assert_array_equal(y[0], [1, 0, 0])
    np.testing.assert_array_equal(y[2], [0, 0.5, 0.5])
    assert np.isnan(y[1]).all() and np.isnan(y[3]).all()
    with pytest.raises(ShapeError):
        ops.softmax(np.ones((2, 2)), axis=2)


# ---------------------------------------------------------------- cross-entropies
def test_categorical_crossentropy_as_keras_defines_it():
    p, t = RNG.uniform(0, 1, (5, 4)), softmax(RNG.normal(size=(5, 4)), -1)
    p[0] = [0, 0, 0, 3]  # clipped on both sides
    q = np.clip(p / p.sum(-1, keepdims=True), 1e-7, 1 - 1e-7)
    np.testing.assert_allclose(ops.categorical_crossentropy(t, p), -(t * np.log(q)).sum(-1), rtol=1e-6)
    x = RNG.normal(size=(5, 4))
    expected = -(t * np.log(softmax(x, -1))).sum(-1)
    np.testing.assert_allclose(ops.categorical_crossentropy(t, x, from_logits=True), expected, rtol=1e-12)
    np.testing.assert_allclose(ops.categorical_crossentropy(t.T, x.T, from_logits=True, axis=0), expected, rtol=1e-12)
    with pytest.raises(ShapeError, match="same shape"):
        ops.categorical_crossentropy(t[:, :3], x)


@pytest.mark.parametrize("dtype", ["int64", "int32", "uint8", "int8", "float32"])
def test_sparse_labels_of_any_type(dtype):
    x, labels = RNG.normal(size=(6, 3)), np.array([0, 1, 2, 2, 1, 0])
    expected = -np.log(softmax(x, -1))[np.arange(6), labels]
    given = labels.astype(dtype)
    np.testing.assert_allclose(ops.sparse_categorical_crossentropy(given, x, from_logits=True), expected, rtol=1e-12)
    np.testing.assert_allclose(ops.sparse_categorical_crossentropy(given[:, None], softmax(x, -1)), expected, rtol=1e-6)
    np.testing.assert_allclose(
        ops.sparse_categorical_crossentropy(given, x.T, from_logits=True, axis=0), expected, rtol=1e-12
    )


@pytest.mark.parametrize("from_logits", [False, True])
@pytest.mark.parametrize("bad", [-1, 3])
def test_a_label_outside_is_a_named_error(bad, from_logits):
    with pytest.raises(KernelError, match="label"):
        ops.sparse_categorical_crossentropy(
            np.array([0, bad]), np.full((2, 3), 0.3, np.float32), from_logits=from_logits
        )


def test_binary_crossentropy_from_probabilities_and_logits():
    x, t = RNG.normal(size=(4, 3)) * 3, RNG.integers(0, 2, (4, 3))
    p = 1 / (1 + np.exp(-x))
    expected = -(t * np.log(p) + (1 - t) * np.log(1 - p))
    np.testing.assert_allclose(ops.binary_crossentropy(t, p), expected, rtol=1e-9)
    np.testing.assert_allclose(ops.binary_crossentropy(t, x, from_logits=True), expected, rtol=1e-9)
    y = ops.binary_crossentropy(
        np.array([0.0, 1.0], np.float32), np.array([200.0, -200.0], np.float32), from_logits=True
    )
    np.testing.assert_array_equal(y, [200, 200])


def test_epsilon_is_the_configured_one():
    config.set_epsilon(0.1)
    np.testing.assert_allclose(ops.binary_crossentropy([1.0], [0.0]), -np.log(0.1), rtol=1e-6)


# ---------------------------------------------------------------- normalisation
def test_batch_statistics_survive_a_large_mean():
    x = (1e4 + np.random.default_rng(1).normal(size=(5000, 3)) * 0.01).astype(np.float32)  # ten float32 steps wide
    y, mean, var = batch_norm(x, None, None, epsilon=0.0)
    np.testing.assert_allclose(mean, x.astype(np.float64).mean(0), rtol=2e-7)
    np.testing.assert_allclose(var, x.astype(np.float64).var(0), rtol=1e-2)
    assert np.isfinite(y).all()


def test_batch_norm_of_one_row_and_of_a_constant_channel():
    y, _, var = batch_norm(np.full((1, 2), 7.0, np.float32), None, None)
    np.testing.assert_array_equal(y, [[0, 0]])
    np.testing.assert_array_equal(var, [0, 0])
    with pytest.raises(ShapeError, match="no rows"):
        batch_norm(np.zeros((0, 2), np.float32), None, None)


@pytest.mark.parametrize("channels", [1, 3, 64, 300])
def test_activation_in_the_same_pass(channels):
    x, g, b = RNG.normal(size=(50, channels)), RNG.normal(size=channels), RNG.normal(size=channels)
    plain = batch_norm(x, g, b)[0]
    np.testing.assert_allclose(batch_norm(x, g, b, activation="relu")[0], np.maximum(plain, 0), rtol=1e-12)
    np.testing.assert_allclose(batch_norm(x, g, b, activation="sigmoid")[0], 1 / (1 + np.exp(-plain)), rtol=1e-12)


def test_relu_gradient_through_batch_norm():
    x, gy = RNG.normal(size=(40, 5)), RNG.normal(size=(40, 5))
    y, mean, var = batch_norm(x, None, None, activation="relu")
    fused = _batch_norm_grad(gy, x, mean, var, None, y, None, None, activation="relu")
    split = _batch_norm_grad(gy * (y > 0), x, mean, var, None, None, None, None)
    for a, b in zip(fused, split):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(("scale", "axis"), [
    ((4,), -1), ((3, 4), -1), ((2, 3, 4), -1), ((1, 1, 4), -1), ((1,), -1), ((2, 1, 1), -1), ((2, 1, 4), -1),
    ((3, 4), (1, 2)), ((2, 3, 4), (1, 2)), ((3, 1), 1), ((1, 3, 1), 1), ((2, 3, 1), 1),
])  # fmt: skip
def test_weights_of_normalisation_broadcast(scale, axis):
    x, w, b = RNG.normal(size=(2, 3, 4)), RNG.normal(size=scale), RNG.normal(size=scale)
    size = np.sqrt((x * x).mean(axis, keepdims=True) + 1e-3)
    np.testing.assert_allclose(ops.rms_normalization(x, w, axis=axis, epsilon=1e-3), x / size * w, rtol=1e-10)
    y = (x - x.mean(axis, keepdims=True)) / np.sqrt(x.var(axis, keepdims=True) + 1e-3)
    np.testing.assert_allclose(ops.layer_normalization(x, w, b, axis=axis, epsilon=1e-3), y * w + b, rtol=1e-10)


@pytest.mark.parametrize("weight", [(None,), (4,), (None, 4), None])
@pytest.mark.parametrize("shape", [(None, 4), (None, None), (2, None, None), (None, 3, 4)])
def test_normalisation_of_symbols_of_unknown_sizes(shape, weight):
    if weight == (None, 4) and len(shape) < 3:
        return
    for f in (ops.layer_normalization, ops.rms_normalization):
        w = None if weight is None else KerasTensor(weight)
        assert f(KerasTensor(shape), w).shape in (shape, (*shape[:-1], 4))
        if weight == (4,):
            assert f(KerasTensor(shape), np.ones(4, "float32")).shape == shape


def test_normalisation_along_other_axes():
    x = RNG.normal(size=(2, 3, 4, 5))
    mean, var = x.mean((0, 2, 3)), x.var((0, 2, 3))
    y = ops.batch_normalization(x, mean, var, axis=1, offset=np.arange(3.0), scale=np.ones(3), epsilon=1e-3)
    shape = (1, 3, 1, 1)
    expected = (x - mean.reshape(shape)) / np.sqrt(var.reshape(shape) + 1e-3) + np.arange(3.0).reshape(shape)
    np.testing.assert_allclose(y, expected, rtol=1e-10)
    y = ops.layer_normalization(x, axis=(1, 3), epsilon=1e-3)
    m, v = x.mean((1, 3), keepdims=True), x.var((1, 3), keepdims=True)
    np.testing.assert_allclose(y, (x - m) / np.sqrt(v + 1e-3), rtol=1e-10)
    np.testing.assert_allclose(
        ops.rms_normalization(x, epsilon=1e-3), x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-3), rtol=1e-10
    )
    grouped = x.reshape(2, 3, 4, 5).transpose(0, 2, 3, 1)
    y = ops.group_normalization(grouped, groups=3)
    m, v = grouped.mean((1, 2), keepdims=True), grouped.var((1, 2), keepdims=True)
    np.testing.assert_allclose(y, (grouped - m) / np.sqrt(v + 1e-3), rtol=1e-10)


def test_moments_and_norms():
    x = RNG.normal(size=(3, 4, 5))
    mean, var = ops.moments(x, axes=(0, 2))
    np.testing.assert_allclose(mean, x.mean((0, 2)))
    np.testing.assert_allclose(var, x.var((0, 2)))
    assert ops.moments(x, axes=(0, 2), keepdims=True)[0].shape == (1, 4, 1)
    np.testing.assert_allclose(normalization.normalize(x, axis=1), x / np.sqrt((x * x).sum(1, keepdims=True)))
    np.testing.assert_allclose(normalization.normalize(x, order=3), x / (abs(x) ** 3).sum(-1, keepdims=True) ** (1 / 3))
    np.testing.assert_array_equal(normalization.l2_normalize(np.zeros((1, 2))), [[0, 0]])
    with pytest.raises(ArgumentError, match="order"):
        normalization.normalize(x, order=0)


# ---------------------------------------------------------------- pooling
def test_pooling_in_one_and_three_dimensions():
    x = RNG.permutation(2 * 6 * 7 * 5 * 3).reshape(2, 6, 7, 5, 3).astype(np.float64)
    for padding in ("valid", "same"):
        line = x[:, :, 0, 0]
        y = ops.max_pool(line, 3, 2, padding)
        expected, _ = pool_reference.max_pool(line[:, None], (1, 3), (1, 2), padding)
        np.testing.assert_array_equal(y, expected[:, 0])
        y, a = ops.max_pool(x, (2, 3, 2), (2, 1, 2), padding), ops.average_pool(x, (2, 3, 2), (2, 1, 2), padding)
        # separable: pool the planes, then the depth
        planes = x.reshape(12, 7, 5, 3)
        for got, one in ((y, lambda *args: pool_reference.max_pool(*args)[0]), (a, pool_reference.avg_pool)):
            mid = one(planes, (3, 2), (1, 2), padding)
            deep = one(mid.reshape(2, 6, -1, 3), (2, 1), (2, 1), padding)
            np.testing.assert_allclose(got, deep.reshape(got.shape))


def test_pooling_channels_first():
    x = RNG.normal(size=(2, 3, 6, 8)).astype(np.float32)
    last = x.transpose(0, 2, 3, 1)
    np.testing.assert_array_equal(
        ops.max_pool(x, 2, data_format="channels_first"), ops.max_pool(last, 2).transpose(0, 3, 1, 2)
    )
    np.testing.assert_array_equal(
        ops.average_pool(x, 2, data_format="channels_first"), ops.average_pool(last, 2).transpose(0, 3, 1, 2)
    )


def test_max_pool_takes_the_first_of_equal_values_and_nan():
    x = np.array([[[1, 1], [1, 1]], [[np.nan, 5], [7, np.nan]]], np.float32).reshape(2, 2, 2, 1)
    from fastnn.ops.records.pooling import max_pool2d

    y, index = max_pool2d(x, pool_size=(2, 2), strides=(2, 2))
    assert index.ravel().tolist() == [0, 0] and y[0, 0, 0, 0] == 1 and np.isnan(y[1, 0, 0, 0])


def test_large_windows_keep_wide_indices():
    x = RNG.permutation(20 * 20).reshape(1, 20, 20, 1).astype(np.float32)
    from fastnn.ops.records.pooling import max_pool2d

    _, index = max_pool2d(x, pool_size=(20, 20), strides=(1, 1))
    assert index.dtype == np.int32 and index.ravel()[0] == x.argmax()


def test_pooling_says_what_is_wrong():
    with pytest.raises(ShapeError, match="rank 3, 4 or 5"):
        ops.max_pool(np.zeros((2, 3)), 2)
    with pytest.raises(ShapeError, match="does not fit"):
        ops.max_pool(np.zeros((1, 2, 2, 1)), 3)
    with pytest.raises(ArgumentError, match="padding"):
        ops.average_pool(np.zeros((1, 4, 4, 1)), 2, padding="full")
    with pytest.raises(ArgumentError, match="strides"):
        ops.average_pool(np.zeros((1, 4, 4, 1)), 2, strides=0)


# ---------------------------------------------------------------- optimizer steps
def test_adam_for_twenty_steps_as_keras_writes_it():
    from fastnn.ops.records import update, update_hyper

    p = RNG.normal(size=37)
    mine = [p.copy(), np.zeros(37), np.zeros(37)]
    m, v = np.zeros(37), np.zeros(37)
    for step in range(20):
        g = RNG.normal(size=37)
        hyper = update_hyper.adam_hyper(
            np.int64(step), np.float64(0.01), None, weight_decay=0.004, constants=(0.9, 0.999, 1e-7)
        )
        mine = update.adam_update(mine[0], g, mine[1], mine[2], hyper)
        p = p - p * 0.004 * 0.01
        alpha = 0.01 * np.sqrt(1 - 0.999 ** (step + 1)) / (1 - 0.9 ** (step + 1))
        m = m + (g - m) * (1 - 0.9)
        v = v + (g * g - v) * (1 - 0.999)
        p = p - alpha * m / (np.sqrt(v) + 1e-7)
    np.testing.assert_allclose(mine[0], p, rtol=1e-12)


def test_an_update_in_place_and_beside():
    """Variables are updated where they lie, arrays are copied first: the same bits."""
    from fastnn.compiler.program import Program
    from fastnn.graph import Trace, Variable
    from fastnn.ops.records import update

    p, g, m = (RNG.normal(size=1000).astype(np.float32) for _ in range(3))
    hyper = np.array([0.1, 0.01, 1.0, 0.9, 0, 0, 0, 0])
    expected = evaluate.run(lambda *a: update.sgd_momentum_update(*a, nesterov=True), [p, g, m, hyper])
    vp, vm = Variable(p), Variable(m)
    with Trace() as trace:
        np_, nm = update.sgd_momentum_update(vp, trace.constant(g), vm, trace.constant(hyper), nesterov=True)
        vp.assign(np_)
        vm.assign(nm)
    program = Program(trace, [], {})
    program.run()
    assert not any(name.startswith("copy") for name in program.kernels())
    np.testing.assert_array_equal(vp.numpy(), expected[0])
    np.testing.assert_array_equal(vm.numpy(), expected[1])


def test_the_step_number_reaches_the_state_block():
    from fastnn.compiler.program import Program
    from fastnn.graph import Trace, Variable
    from fastnn.ops.records import update

    iterations = Variable(np.int64(4), dtype="int64")
    with Trace() as trace:
        iterations.assign(update.advance_step(iterations))
    program = Program(trace, [], {})
    program.run(batches=3)
    assert int(iterations) == 7 and program.state[0] == 7


@pytest.mark.parametrize("pool", [ops.max_pool, ops.average_pool])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_windows_of_all_axes_are_those_of_the_spatial_axes(pool, rank):
    """As TensorFlow writes them: 1 for the batch and the channels."""
    x = np.random.default_rng(0).normal(size=(2, *[5, 4, 6][:rank], 3)).astype("float32")
    sizes, strides = (2, 3, 2)[:rank], (1, 2, 1)[:rank]
    expected = pool(x, sizes, strides)
    np.testing.assert_array_equal(pool(x, [1, *sizes, 1], [1, *strides, 1]), expected)
    first = np.moveaxis(x, -1, 1)
    found = pool(first, (1, 1, *sizes), (1, 1, *strides), data_format="channels_first")
    np.testing.assert_array_equal(np.moveaxis(found, 1, -1), expected)
    for wrong in ([2, *sizes, 1], [1, *sizes, 2], [1, *sizes]):
        with pytest.raises(ValueError, match="pool_size"):
            pool(x, wrong)


PADDED = {
    "max_pool": lambda x, w, p: ops.max_pool(x, 2, 1, p),
    "average_pool": lambda x, w, p: ops.average_pool(x, 2, 1, p),
    "conv": lambda x, w, p: ops.conv(x, w, 1, p),
    "depthwise_conv": lambda x, w, p: ops.depthwise_conv(x, w[..., :1], 1, p),
    "separable_conv": lambda x, w, p: ops.separable_conv(x, w[..., :1], np.ones((*(1,) * (w.ndim - 2), 2, 3)), 1, p),
    "conv_transpose": lambda x, w, p: ops.conv_transpose(x, w, 2, p),
    "extract_patches": lambda x, w, p: ops.image.extract_patches(x, 2, padding=p),
}


@pytest.mark.parametrize("name", PADDED)
@pytest.mark.parametrize("padding", ["same", "valid"])
def test_paddings_are_words_in_any_case(name, padding):
    for rank in {"depthwise_conv": (1, 2), "separable_conv": (1, 2), "extract_patches": (2,)}.get(name, (1, 2, 3)):
        x, w = np.ones((1, *(5,) * rank, 2), "float32"), np.ones((*(3,) * rank, 2, 2), "float32")
        np.testing.assert_array_equal(PADDED[name](x, w, padding.upper()), PADDED[name](x, w, padding))
