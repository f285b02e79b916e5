"""Linear operators: each beside the dense matrix that it stands for."""

import numpy as np
import pytest

import fastnn
from fastnn.compat.tf import combined_operators as made
from fastnn.compat.tf import operators as lo
from fastnn.core.errors import ArgumentError, ShapeError

D, F = lo.LinearOperatorDiag([1.0, 2.0]), lo.LinearOperatorFullMatrix([[2.0, 1.0], [1.0, 3.0]])
d, f = np.diag([1.0, 2.0]), np.array([[2.0, 1.0], [1.0, 3.0]])
U = np.array([[1.0], [2.0]], "float32")
CASES = {
    "diag": (D, d), "full": (F, f), "identity": (lo.LinearOperatorIdentity(2), np.eye(2)),
    "triangle": (lo.LinearOperatorLowerTriangular([[2.0, 9.0], [1.0, 3.0]]), np.tril(f)),
    "scaled": (lo.LinearOperatorScaledIdentity(2, 3.0), 3 * np.eye(2)), "matmul": (D @ F, d @ f),
    "product": (made.LinearOperatorComposition([D, F]), d @ f), "inverse": (F.inverse(), np.linalg.inv(f)),
    "adjoint": (made.LinearOperatorComposition([D, F]).H, f.T @ d), "sum": (D + F, d + f),
    "kronecker": (made.LinearOperatorKronecker([D, F]), np.kron(d, f)), "times": (2.0 * F, 2 * f),
    "blocks": (made.LinearOperatorBlockDiag([D, F]), np.block([[d, np.zeros((2, 2))], [np.zeros((2, 2)), f]])),
    "update": (made.LinearOperatorLowRankUpdate(F, U, [2.0]), f + 2 * U @ U.T), "minus": (-F, -f),
    "inverse of diag": (D.inverse(), np.linalg.inv(d)), "cholesky": (F.cholesky(), np.linalg.cholesky(f)),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_beside_the_dense_matrix(name):
    """Products, solutions, determinants, diagonals."""
    operator, dense = CASES[name]
    x = np.arange(1.0, 2 * len(dense) + 1, dtype="float32").reshape(len(dense), 2)
    near = lambda found, expected: np.testing.assert_allclose(np.asarray(found), expected, rtol=2e-5, atol=1e-6)
    near(operator.to_dense(), dense)
    near(operator.matmul(x), dense @ x)
    near(operator.matmul(x, adjoint=True), dense.T @ x)
    near(operator.matmul(x.T, adjoint_arg=True), dense @ x)
    near(operator.matvec(x[:, 0]), dense @ x[:, 0])
    near(operator.solve(x), np.linalg.solve(dense, x))
    near(operator.solve(x, adjoint=True), np.linalg.solve(dense.T, x))
    near(operator.solvevec(x[:, 0]), np.linalg.solve(dense, x[:, 0]))
    near(operator.determinant(), np.linalg.det(dense))
    near(operator.log_abs_determinant(), np.log(abs(np.linalg.det(dense))))
    near(operator.diag_part(), np.diag(dense))
    near(operator.trace(), np.trace(dense))
    near(operator.add_to_tensor(np.ones_like(dense, "float32")), dense + 1)
    assert tuple(operator.shape) == dense.shape == (operator.range_dimension, operator.domain_dimension)
    operator.assert_non_singular()


def test_zeros_and_what_is_refused():
    """Sizes; no inverse; no determinant where rows and columns differ."""
    zeros = lo.LinearOperatorZeros(2, 3)
    assert tuple(zeros.shape) == (2, 3)
    with pytest.raises(ShapeError, match="square"):
        zeros.determinant()
    with pytest.raises(ArgumentError, match="Singular"):
        lo.LinearOperatorZeros(2).assert_non_singular()
    with pytest.raises(ArgumentError, match="non-empty list"):
        made.LinearOperatorComposition([])


def test_gradients_and_batches():
    """A tape sees what an operator is made of; a batch of diagonals."""
    v = fastnn.Variable([2.0, 3.0])
    with fastnn.GradientTape() as tape:
        value = lo.LinearOperatorDiag(v.value).log_abs_determinant()
    np.testing.assert_allclose(np.asarray(tape.gradient(value, v)), [1 / 2, 1 / 3], rtol=1e-6)
    batch = lo.LinearOperatorDiag(np.ones((4, 3), "float32"))
    assert (tuple(batch.batch_shape), tuple(batch.shape), batch.tensor_rank) == ((4,), (4, 3, 3), 3)
