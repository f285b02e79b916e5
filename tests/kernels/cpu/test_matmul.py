"""Matrix products: every way the lowering may take, edges of tiles and blocks, splits, and equal bits."""

import numpy as np
import pytest

from fastnn import ops
from fastnn.compiler.program import Program
from fastnn.compiler.target import Options
from fastnn.core.errors import DTypeError, ShapeError
from fastnn.core.jit import MODE
from fastnn.graph.trace import Trace
from fastnn.kernels.reference.matmul import matmul as reference
from fastnn.ops.op import REGISTRY
from fastnn.runtime import pack

compiled = pytest.mark.compiled
RNG = np.random.default_rng(0)


def draw(*shape, dtype=np.float32):
    return RNG.standard_normal(shape).astype(dtype)


def check(x, w, b=None, tolerance=2e-6, **attrs):
    """The result, after comparing it with the float64 reference."""
    y = REGISTRY["matmul"](x, w, b, **attrs)
    want = reference(*(None if v is None else v.astype(np.float64) for v in (x, w, b)), **attrs)
    assert y.shape == want.shape
    assert y.dtype == x.dtype
    K = x.shape[-2 if attrs.get("transpose_a") else -1]
    np.testing.assert_allclose(y, want, rtol=0, atol=tolerance * max(1.0, np.abs(want).max()) * K**0.5)
    return y


def operands(M, N, K, form):
    x, w = draw(M, K), draw(K, N)
    return x.T.copy() if form[0] == "t" else x, w.T.copy() if form[1] == "t" else w


def flags(form):
    return {"transpose_a": form[0] == "t", "transpose_b": form[1] == "t"}


@pytest.mark.parametrize("form", ["nn", "tn", "nt", "tt"])
@pytest.mark.parametrize("M, N, K", [(1, 1, 1), (10, 8, 2), (10, 1, 8), (3, 5, 1), (1, 17, 9), (2, 33, 4), (7, 16, 5)])
def test_small(M, N, K, form):
    check(*operands(M, N, K, form), draw(N), **flags(form), activation="relu")


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
@pytest.mark.parametrize("N", [1, 3, 8, 17])
def test_activations_have_the_bits_of_each_row_alone(N, activation):
    """Rows of a few elements are activated as one: an element's bits depend on nothing but its sum."""
    x, w, b = draw(10, 5), draw(5, N), draw(N)
    y = check(x, w, b, activation=activation)
    for i in range(10):
        np.testing.assert_array_equal(REGISTRY["matmul"](x[i : i + 1], w, b, activation=activation)[0], y[i])


@compiled
@pytest.mark.parametrize("form", ["nn", "tn", "nt", "tt"])
@pytest.mark.parametrize("M, N, K", [
    (65, 63, 70), (48, 129, 64), (97, 50, 1100), (300, 20, 40), (200, 200, 30), (1, 700, 300), (700, 1, 300),
    (2, 300, 200), (20, 24, 5000), (2100, 130, 33)])  # fmt: skip
def test_blocks(M, N, K, form):
    check(*operands(M, N, K, form), draw(N), **flags(form), activation="sigmoid")


@pytest.mark.parametrize("N, K", [(3, 4099), (2, 4100)])
def test_a_long_row_is_summed_in_parts(N, K):
    check(*operands(1, N, K, "nn"), draw(N), activation="relu")


@compiled
def test_a_row_times_a_matrix_that_is_read_once():
    check(*operands(1, 512, 28801, "nn"), draw(512))
    x, w, sums = draw(1, 10), draw(10, 4099), np.full((4, 4099), np.nan, np.float32)  # more columns than fit in L1
    assert pack.call("matmul_row_f32", [x, w, sums, 10, 4099, 3], 0, 4) == 0
    want = [x[:, k : k + 3].astype(np.float64) @ w[k : k + 3] for k in range(0, 10, 3)]
    np.testing.assert_allclose(sums, np.concatenate(want), rtol=0, atol=2e-6)


@compiled
def test_far_strides_are_copied_together():
    """A stored transposed with rows of a page or more takes the compact copy."""
    check(*operands(1500, 90, 130, "tn"), transpose_a=True)


@compiled
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("M, N, K, form", [
    (9, 130, 600, "tn"), (97, 143, 1030, "tn"), (300, 300, 1000, "tt"), (1030, 33, 70, "tn"),  # A is copied
    (2, 1100, 700, "nn"), (7, 1025, 600, "nn"), (40, 1047, 300, "nn"), (64, 2048, 30, "nn"),
    (33, 1030, 600, "tn")])  # fmt: skip
def test_what_is_read_from_end_to_end(M, N, K, form, dtype):
    """Copies of A and panels of B in rows of pages: the values, and in float32 the bits of each column block alone."""
    x, w = (v.astype(dtype) for v in operands(M, N, K, form))
    b = draw(N, dtype=dtype)
    y = check(x, w, b, **flags(form), activation="relu")
    for cols in (slice(0, 24), slice(N - 17, N)):
        part = (w[cols] if form[1] == "t" else w[:, cols]).copy()
        if K < 1024:  # beyond, sums may be cut into parts by the sizes of the whole
            assert np.array_equal(y[:, cols], check(x, part, b[cols].copy(), **flags(form), activation="relu"))


@pytest.mark.parametrize("activation", [None, "relu", "sigmoid", "tanh"])
@pytest.mark.parametrize("shape", [(6, 5, 4), (70, 40, 33)])
def test_epilogue(activation, shape):
    if MODE == "python" and shape[0] > 10:
        pytest.skip("plain Python: small shapes only")
    M, N, K = shape
    check(*operands(M, N, K, "nn"), draw(N), activation=activation)


def test_nan_passes_the_relu():
    x = np.float32([[np.nan, 1], [1, -5]])
    y = REGISTRY["matmul"](x, np.eye(2, dtype=np.float32), None, activation="relu")
    assert np.isnan(y[0]).all()
    assert y[1].tolist() == [1.0, 0.0]


@pytest.mark.parametrize(
    "x, w", [((2, 3, 4), (4, 5)), ((3, 4), (2, 4, 5)), ((2, 1, 3, 4), (3, 4, 5)), ((2, 3, 4), (2, 4, 5))]
)
def test_leading_dimensions_broadcast(x, w):
    check(draw(*x), draw(*w))


def test_vectors_and_types():
    x = np.arange(6).reshape(2, 3)
    assert ops.matmul(x, np.float32([1, 2, 3])).tolist() == [8.0, 26.0]
    assert ops.matmul(np.float32([1, 2]), x).tolist() == [6.0, 9.0, 12.0]
    assert float(ops.matmul(np.float32([1, 2]), np.float32([3, 4]))) == 11.0
    assert ops.matmul(draw(2, 3, dtype=np.float64), draw(3, 2)).dtype == np.float64


@pytest.mark.parametrize(
    "x, w, error, says",
    [
        ((2, 3), (4, 5), ShapeError, "3 against 4"),
        ((2, 2, 3), (3, 3, 5), ShapeError, "broadcast"),
        ((2, 3), (), ShapeError, "number"),
    ],
)
def test_errors(x, w, error, says):
    with pytest.raises(error, match=says):
        ops.matmul(draw(*x), draw(*w))
    with pytest.raises(DTypeError, match="one dtype"):
        REGISTRY["matmul"](draw(2, 3), draw(3, 2, dtype=np.float64), None)


def run(threads, x, w, executor=None, **attrs):
    with Trace() as trace:
        a, b = (trace.input(v.shape, str(v.dtype)) for v in (x, w))
        y = REGISTRY["matmul"](a, b, None, **attrs)
    program = Program(trace, [y], {a: x, b: w}, options=Options(threads=threads, executor=executor, fill=True))
    program.run()
    return program.outputs[0].copy()


@compiled
@pytest.mark.parametrize("M, N, K, form", [
    (200, 300, 80, "nn"), (40, 30, 4000, "tn"), (3000, 70, 20, "nt"),
    (300, 130, 700, "tn"), (50, 1100, 90, "nn")])  # fmt: skip
def test_threads_do_not_change_bits(M, N, K, form):
    x, w = operands(M, N, K, form)
    one = run(1, x, w, **flags(form))
    assert all(np.array_equal(one, run(n, x, w, **flags(form))) for n in (2, 3))
    assert np.array_equal(one, run(2, x, w, "python", **flags(form)))


@compiled
def test_one_chain_per_element():
    """A row's result does not depend on its neighbours: not on the tile, the block or the way of the lowering."""
    x, w = draw(300, 90), draw(90, 130)
    whole = check(x, w)
    for rows in (slice(0, 1), slice(3, 5), slice(100, 170)):
        assert np.array_equal(whole[rows], check(x[rows].copy(), w))
    assert np.array_equal(whole[:, :20], check(x, w[:, :20].copy()))
    assert np.array_equal(whole, check(x.T.copy(), w, transpose_a=True))
    assert np.array_equal(whole, check(x, w.T.copy(), transpose_b=True))
