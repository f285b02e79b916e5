"""What public operations return for symbols whose sizes are not known: the shapes that Keras 3.15.1 gives.

Where sizes are known the rule and the operation itself must agree.
"""

from __future__ import annotations

import numpy as np
import pytest

from fastnn import Input, KerasTensor, Model, ops
from fastnn.core.errors import DTypeError, ShapeError

N = None

# call on symbols of the shapes -> shapes of the results
SHAPES = [
    (lambda x, y: ops.einsum("ij,jk->ikj", x, y), [(N, 3), (3, 4)], (N, 4, 3)),
    (lambda x: ops.einsum("ii", x), [(N, 3)], ()),
    (lambda x: ops.einsum(",ij", 5, x), [(N, 3)], (N, 3)),
    (lambda x, y: ops.einsum("ijk,jkl->li", x, y), [(N, 3, 4), (N, 4, 5)], (5, N)),
    (lambda x, y: ops.einsum("i...,...j", x, y), [(N, 3, 4), (N, 4, 5)], (3, 4, N, 5)),
    (lambda x, y: ops.einsum("bhqd,bhkd->bhqk", x, y), [(N, 2, N, 8), (N, 2, N, 8)], (N, 2, N, N)),
    (lambda x, y: ops.dot(x, y), [(N, 3), (N, N, 2)], (N, N, 2)),
    (lambda x, y: ops.dot(x, y), [(N,), (5,)], ()),
    (lambda x: ops.dot(x, 2), [(N, 3)], (N, 3)),
    (lambda x, y: ops.inner(x, y), [(N,), (3,)], ()),
    (lambda x, y: ops.inner(x, y), [(5, N), (4, 3)], (5, 4)),
    (lambda x, y: ops.tensordot(x, y, axes=1), [(N, 3, 4), (4, N)], (N, 3, N)),
    (lambda x, y: ops.tensordot(x, y, axes=[[0, 1], [1, 0]]), [(N, 3, 4), (3, 4)], (4,)),
    (lambda x: ops.hsplit(x, [1, 3]), [(3, N, 3)], [(3, 1, 3), (3, 2, 3), (3, N, 3)]),
    (lambda x: ops.hsplit(x, [2, 5]), [(N,)], [(2,), (3,), (N,)]),
    (lambda x: ops.vsplit(x, 2), [(N, 3, 3)], [(N, 3, 3)] * 2),
    (lambda x: ops.dsplit(x, [1, 3]), [(3, 3, N)], [(3, 3, 1), (3, 3, 2), (3, 3, N)]),
    (lambda x: ops.split(x, [1, 3]), [(N, 3)], [(1, 3), (2, 3), (N, 3)]),
    (lambda x: ops.repeat(x, [1, 2], axis=0), [(N, 3)], (N, 3)),
    (lambda x, i: ops.take_along_axis(x, i, axis=1), [(N, 3), (1, 3)], (N, 3)),
    (lambda x, i: ops.take_along_axis(x, i, axis=1), [(N, 3, 3), (1, 3, N)], (N, 3, 3)),
    (lambda x, y: ops.bitwise_and(x, y), [(N, 3), (2, N)], (2, 3)),
    (lambda x, y: ops.gcd(x, y), [(N, 3), (2, N)], (2, 3)),
    (lambda x: [ops.triu(x), ops.tril(x, 1)], [(N, 4, N)], [(N, 4, N)] * 2),
    (lambda x: ops.histogram(x), [(N,)], [(10,), (11,)]),
    (lambda x, y: ops.geomspace(x, y, 10, axis=1), [(N, 3, 4), (2, 3, 4)], (2, 10, 3, 4)),
]


@pytest.mark.parametrize(("call", "shapes", "want"), SHAPES)
def test_results_of_unknown_sizes(call, shapes, want):
    got = call(*map(KerasTensor, shapes))
    assert ([y.shape for y in got] if isinstance(want, list) else got.shape) == want


def test_a_model_has_the_values_of_the_operation():
    x, y = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")
    a, b = Input((3,)), Input((3,))
    outs = [
        ops.einsum("bi,bj->bij", a, b),
        ops.inner(a, b),
        ops.hsplit(a, [1])[1],
        ops.geomspace(ops.exp(a), 9.0, 4, axis=1),
    ]
    got = Model([a, b], outs).predict([x, y], verbose=0, batch_size=4)
    want = [np.einsum("bi,bj->bij", x, y), np.inner(x, y), x[:, 1:], np.geomspace(np.exp(x), 9.0, 4, axis=1)]
    for g, w in zip(got, want):
        np.testing.assert_allclose(g, w, rtol=2e-5, atol=1e-6)


def test_sizes_that_must_be_equal_and_differ_are_refused():
    with pytest.raises(ShapeError, match="paired dimensions have the sizes 3 and 4"):
        ops.dot(KerasTensor((N, 3)), KerasTensor((4, 2)))
    with pytest.raises(ShapeError, match="last dimension"):
        ops.inner(KerasTensor((2, 3)), KerasTensor((2, 4)))


@pytest.mark.parametrize("call", [ops.cholesky, ops.cholesky_inverse, ops.det, ops.inv])
def test_matrices_that_may_not_be_square_are_refused(call):
    assert call(KerasTensor((N, 4, 4))).shape[:1] == (N,)
    for shape in ((N, N, 4), (N, 4, 3)):
        with pytest.raises(ShapeError, match=r"[Ee]xpected (a )?square matri"):
            call(KerasTensor(shape))


@pytest.mark.parametrize("call", [ops.solve, ops.solve_triangular])
def test_equations_that_may_not_fit_are_refused(call):
    assert call(KerasTensor((N, 4, 4)), KerasTensor((N, 4, 5))).shape == (N, 4, 5)
    assert call(KerasTensor((N, 4, 4)), KerasTensor((N, 4))).shape == (N, 4)
    with pytest.raises(ShapeError, match="Incompatible shapes"):
        call(KerasTensor((N, 4, 4)), KerasTensor((N, N, 5)))


def test_that_bits_are_of_integers_is_asked_when_the_graph_runs():
    i = Input((3,))
    model = Model(i, ops.bitwise_and(i, i))
    with pytest.raises(DTypeError, match="float32"):
        model.predict(np.ones((1, 3), "float32"), verbose=0)


S, D = KerasTensor((3, 3), sparse=True), KerasTensor((3, 3))


@pytest.mark.parametrize(("results", "sparse"), [
    (lambda: [ops.abs(S), ops.sum(S), ops.reshape(S, (9,)), ops.transpose(S), ops.convert_to_tensor(S)], True),
    (lambda: [ops.exp(S), ops.cos(S), ops.abs(D), ops.convert_to_tensor(S, sparse=False)], False),
    (lambda: [ops.add(S, S), ops.matmul(S, S), ops.concatenate([S, S]), ops.multiply(S, D), ops.divide(S, D)], True),
    (lambda: [ops.add(S, D), ops.matmul(D, S), ops.concatenate([D, S]), ops.multiply(D, D), ops.divide(S, S)], False),
    (lambda: [ops.divide(D, S), ops.subtract(S, 1.0), ops.convert_to_tensor(D, sparse=True)], False),
])  # fmt: skip
def test_which_results_are_called_sparse(results, sparse):
    assert [y.sparse for y in results()] == [sparse] * len(results())
