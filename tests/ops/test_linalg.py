"""Linear algebra on the tape: factorisations against what they say, their gradients against differences."""

from __future__ import annotations

import evaluate
import numpy as np
import pytest

from fastnn import ops
from fastnn.core.errors import ArgumentError, ShapeError

RNG = np.random.default_rng(5)
A = RNG.standard_normal((2, 4, 4)) + 3 * np.eye(4)
S = A @ np.swapaxes(A, -1, -2)
TALL, WIDE = RNG.standard_normal((2, 5, 3)), RNG.standard_normal((3, 5))


def symmetric(x):
    return (x + ops.swapaxes(x, -1, -2)) * 0.5


# what is differentiated: functions of what a factorisation decides, so not of the signs of vectors
SMOOTH = {
    "cholesky": (lambda x: ops.cholesky(symmetric(x)), S),
    "cholesky upper": (lambda x: ops.cholesky(symmetric(x), upper=True), S),
    "cholesky_inverse": (ops.cholesky_inverse, np.tril(A)),
    "cholesky_inverse upper": (lambda x: ops.cholesky_inverse(x, upper=True), np.triu(A)),
    "eigenvalues": (lambda x: ops.eigh(symmetric(x))[0], S),
    "eigenvectors": (lambda x: ops.square(ops.eigh(symmetric(x))[1]), S),
    "singular values": (lambda x: ops.svd(x, full_matrices=False)[1], TALL),
    "singular values alone": (lambda x: ops.svd(x, compute_uv=False), WIDE),
    "left vectors": (lambda x: ops.square(ops.svd(x, full_matrices=False)[0]), TALL),
    "right vectors": (lambda x: ops.square(ops.svd(x, full_matrices=False)[2]), WIDE),
    "both vectors": (lambda x: ops.matmul(*ops.svd(x)[::2]), A),
    "q": (lambda x: ops.qr(x)[0], TALL),
    "r": (lambda x: ops.qr(x)[1], TALL),
    "qr of squares": (lambda x: ops.qr(x), A),
    "pinv tall": (ops.pinv, TALL),
    "pinv wide": (ops.pinv, WIDE),
    "det": (ops.det, A),
    "inv": (ops.inv, A),
    "solve_triangular": (lambda x: ops.solve_triangular(x, x[..., :2], lower=True), A),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_gradient(name):
    function, x = SMOOTH[name]
    evaluate.check_gradient(function, [x], np.random.default_rng(0))


@pytest.mark.parametrize("name", ["q", "singular values", "cholesky", "eigenvalues"])
def test_a_wrong_gradient_would_be_found(name):
    function, x = SMOOTH[name]
    with pytest.raises(AssertionError, match="directional derivative"):
        evaluate.check_gradient(function, [x], np.random.default_rng(0), plant=1e-3)


def test_lstsq_has_gradients_of_both():
    evaluate.check_gradient(ops.lstsq, [TALL[0], RNG.standard_normal(5)], np.random.default_rng(0))
    evaluate.check_gradient(ops.lstsq, [WIDE, RNG.standard_normal((3, 2))], np.random.default_rng(0))


@pytest.mark.parametrize("x", [A, TALL, WIDE], ids=["square", "tall", "wide"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
def test_factors_multiply_to_the_matrix(x, dtype):
    x = x.astype(dtype)
    close = {"float16": 2e-2, "float32": 2e-5, "float64": 1e-12}[dtype]
    q, r = ops.qr(x)
    u, s, vt = ops.svd(x, full_matrices=False)
    full = ops.svd(x)
    assert {v.dtype.name for v in (q, r, u, s, vt, *full, ops.pinv(x))} == {dtype}
    np.testing.assert_allclose(q @ r, x, atol=8 * close)
    np.testing.assert_allclose((u * s[..., None, :]) @ vt, x, atol=8 * close)
    assert full[0].shape[-1] == x.shape[-2] and full[2].shape[-2] == x.shape[-1]
    np.testing.assert_allclose(x @ ops.pinv(x) @ x, x, atol=40 * close)
    complete = ops.qr(x, mode="complete")
    np.testing.assert_allclose(complete[0] @ complete[1], x, atol=8 * close)


def test_a_matrix_without_a_root():
    with pytest.raises(ValueError, match="Cholesky decomposition failed"):
        ops.cholesky(np.array([[1.0, 2.0], [2.0, 1.0]]))


def test_errors_say_what_is_expected():
    with pytest.raises(ArgumentError, match="`mode` argument value not supported"):
        ops.qr(A, mode="raw")
    with pytest.raises(ShapeError, match="expected square matrices"):
        ops.cholesky(TALL)
    with pytest.raises(ShapeError, match="lstsq"):
        ops.lstsq(A, A)
    with pytest.raises(ShapeError, match="gradient needs mode 'reduced'"):
        evaluate.run(evaluate.with_gradients(lambda x: ops.qr(x)[1], 1, [0]), [WIDE, np.ones((3, 5))])
