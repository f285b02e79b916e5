"""Operators of operators: what they give back, and sizes that are not square (test_operators has the values)."""

import numpy as np

from fastnn.compat.tf import combined_operators as made
from fastnn.compat.tf.operators import LinearOperatorFullMatrix

A, B = (np.arange(n * m, dtype="float32").reshape(n, m) for n, m in ((2, 3), (3, 2)))


def test_blocks_and_products_that_are_not_square():
    """Each beside NumPy's."""
    a, b = LinearOperatorFullMatrix(A), LinearOperatorFullMatrix(B)
    blocks = np.block([[A, np.zeros((2, 2))], [np.zeros((3, 3)), B]])
    np.testing.assert_array_equal(made.LinearOperatorBlockDiag([a, b]).to_dense(), blocks)
    np.testing.assert_array_equal(made.LinearOperatorKronecker([a, b]).to_dense(), np.kron(A, B))
    np.testing.assert_array_equal(made.LinearOperatorComposition([a, b, a]).to_dense(), A @ B @ A)


def test_the_inverse_of_an_inverse_is_the_operator():
    """And the adjoint of the adjoint; solving with an inverse is a product."""
    full = LinearOperatorFullMatrix([[2.0, 1.0], [1.0, 3.0]])
    assert full.inverse().inverse() is full
    assert full.adjoint().adjoint() is full
    np.testing.assert_array_equal(full.inverse().solve(B[:2]), full.matmul(B[:2]))
