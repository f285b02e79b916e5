"""keras.backend over windows: convolutions, pooling, resizing, padding; and products of samples."""

import importlib

import numpy as np
import pytest

from fastnn import compat, ops

RNG = np.random.default_rng(0)


def _a(*shape):
    return RNG.normal(size=shape).astype("float32")


@pytest.fixture
def K():
    compat.install()
    yield importlib.import_module("keras.backend")
    compat.uninstall()


X, W, D, P = _a(2, 6, 6, 3), _a(2, 2, 3, 4), _a(2, 2, 3, 2), _a(1, 1, 6, 4)
S, SW, SD, SP = _a(2, 6, 3), _a(2, 3, 4), _a(2, 3, 2), _a(1, 6, 4)
V, T = _a(1, 4, 4, 4, 2), _a(2, 2, 2, 3, 2)
CASES = [
    ("conv2d", (X, W), {"strides": (2, 2), "padding": "same"}, lambda: ops.conv(X, W, 2, "same")),
    ("conv2d", (X, W, (2, 2), "same"), {}, lambda: ops.conv(X, W, 2, "same")),
    ("conv2d", (X, W), {"border_mode": "same", "dim_ordering": "tf", "filter_shape": None}, lambda: ops.conv(X, W,
                                                            1, "same")),
    ("atrous_conv2d", (X, W, 2), {}, lambda: ops.conv(X, W, dilation_rate=2)),
    ("conv1d", (S, SW), {"padding": "causal", "dilation_rate": 2}, lambda: ops.conv(np.pad(S, ((0, 0), (2, 0), (0,
                                                            0))), SW, dilation_rate=2)),
    ("conv2d_transpose", (X, _a(2, 2, 4, 3), (2, 12, 12, 4)), {"strides": (2, 2)}, None),
    ("conv3d_transpose", (V, T, (1, 8, 8, 8, 3)), {"strides": (2, 2, 2)}, lambda: ops.conv_transpose(V, T, 2)),
    ("depthwise_conv2d", (X, D), {"strides": (2, 2)}, lambda: ops.depthwise_conv(X, D, 2)),
    ("separable_conv2d", (X, D, P), {"padding": "same"}, lambda: ops.separable_conv(X, D, P, padding="same")),
    ("separable_conv1d", (S, SD), {"pointwise_kernel": SP, "strides": 2}, lambda: ops.separable_conv(S, SD, SP, 2)),
    ("pool2d", (X, (2, 2)), {"strides": (2, 2), "pool_mode": "avg"}, lambda: X.reshape(2, 3, 2, 3, 2, 3).mean((2, 4))),
    ("pool3d", (V, (2, 2, 2), (2, 2, 2)), {}, lambda: V.reshape(1, 2, 2, 2, 2, 2, 2, 2).max((2, 4, 6))),
    ("resize_images", (X, 2, 3, "channels_last"), {}, lambda: X.repeat(2, 1).repeat(3, 2)),
    ("resize_images", (), {"X": X, "height_factor": 2, "width_factor": 3, "dim_ordering": "tf"}, lambda: X.repeat(2,
                                                            1).repeat(3, 2)),
    ("resize_volumes", (V, 2, 1, 3, "channels_last"), {}, lambda: V.repeat(2, 1).repeat(3, 3)),
    ("temporal_padding", (S, 2), {}, lambda: np.pad(S, ((0, 0), (2, 2), (0, 0)))),
    ("asymmetric_temporal_padding", (S, 2, 0), {}, lambda: np.pad(S, ((0, 0), (2, 0), (0, 0)))),
    ("spatial_2d_padding", (X, ((1, 2), (0, 3))), {}, lambda: np.pad(X, ((0, 0), (1, 2), (0, 3), (0, 0)))),
    ("spatial_2d_padding", (X, (1, 2), "channels_first"), {}, lambda: np.pad(X, ((0, 0), (0, 0), (1, 1), (2, 2)))),
    ("asymmetric_spatial_2d_padding", (X, 1, 2, 0, 3), {"dim_ordering": "th"}, lambda: np.pad(X, ((0, 0), (0, 0),
                                                            (1, 2), (0, 3)))),
    ("spatial_3d_padding", (V,), {}, lambda: np.pad(V, ((0, 0), (1, 1), (1, 1), (1, 1), (0, 0)))),
]  # fmt: skip


@pytest.mark.parametrize(("name", "args", "kwargs", "expected"), CASES, ids=lambda x: x if isinstance(x, str) else "")
def test_windows(K, name, args, kwargs, expected):
    found = getattr(K, name)(*args, **kwargs)
    if expected is None:
        assert found.shape == args[2]
    else:
        np.testing.assert_allclose(found, expected(), rtol=1e-5, atol=1e-5)


def test_a_mode_of_pooling_that_is_none(K):
    with pytest.raises(ValueError, match="pool_mode"):
        K.pool3d(V, (2, 2, 2), pool_mode="min")


# Shapes, axes, and what einsum makes of them: sizes before the last two are those of the batch where they agree.
PRODUCTS = [
    ((2, 3, 4), (2, 4, 5), (2, 1), "bij,bjk->bik"), ((2, 3, 4), (2, 5, 4), (2, 2), "bij,bkj->bik"),
    ((2, 3), (2, 3), 1, "bi,bi->b"), ((2, 3, 4), (2, 4), (2, 1), "bij,bj->bi"),
    ((2, 5, 3, 4), (2, 5, 6, 4), (3, 3), "bnij,bnkj->bnik"), ((2, 5, 3, 4), (2, 5, 4, 6), (3, 2), "bnij,bnjk->bnik"),
    ((2, 5, 3), (2, 5, 3, 4), (2, 2), "bni,bnij->bnj"), ((2, 5, 4), (2, 5, 3, 4), (2, 3), "bnj,bnij->bni"),
    ((2, 5, 3, 4), (2, 5, 4), (3, 2), "bnij,bnj->bni"),
    ((2, 6, 3, 4), (2, 5, 4, 6), (3, 2), "bnij,bmjk->bnimk"),
]  # fmt: skip


@pytest.mark.parametrize(("first", "second", "axes", "formula"), PRODUCTS)
def test_products_of_samples(K, first, second, axes, formula):
    x, y = _a(*first), _a(*second)
    found = np.asarray(K.batch_dot(x, y, axes))
    wanted = np.einsum(formula, x, y)
    np.testing.assert_allclose(found, wanted[:, None] if wanted.ndim == 1 else wanted, rtol=1e-4, atol=1e-5)


def test_folds_maps_and_others(K):
    x = np.arange(1.0, 4.0, dtype="float32")
    assert float(K.foldl(lambda a, v: a * 10 + v, x)) == 123 and float(K.foldr(lambda a, v: a * 10 + v, x)) == 321
    assert float(K.foldl(lambda a, v: a + v, x, initializer=np.float32(5))) == 11
    np.testing.assert_array_equal(K.map_fn(lambda v: v * 2, elems=x, dtype="int32"), [2, 4, 6])
    y, mean, var = K.normalize_batch_in_training(X, np.full(3, 2.0, "float32"), np.ones(3, "float32"), [0, 1, 2])
    np.testing.assert_allclose(mean, X.mean((0, 1, 2)), atol=1e-5)
    np.testing.assert_allclose(y, 2 * (X - mean) / np.sqrt(X.var((0, 1, 2)) + 1e-3) + 1, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(var, X.var((0, 1, 2)), rtol=1e-4)
    assert (
        K.is_variable(K.variable(1.0))
        and not K.is_placeholder(K.variable(1.0))
        and K.is_placeholder(K.placeholder((2,)))
    )
    assert K.to_dense(X) is X and K.get_variable_shape(K.zeros((2, 3))) == (2, 3)
    assert K.symbolic(len) is len and K.eager(len) is len
    with K.control_dependencies([X]):
        np.testing.assert_allclose(K.l2_normalize(X), X / np.sqrt((X**2).sum()), rtol=1e-5)


def test_tensors_are_printed(K, capsys):
    assert K.print_tensor(X[0, 0, 0], "first:") is not None
    assert capsys.readouterr().out.startswith("first: [")
    symbol = K.placeholder((2,))
    assert K.print_tensor(symbol) is symbol
