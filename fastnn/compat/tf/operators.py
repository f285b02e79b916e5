"""`tf.linalg.LinearOperator*`: matrices by what they are made of, with products, solutions and determinants."""

import functools

import numpy as np

from fastnn import ops
from fastnn.compat.shapes import TensorShape
from fastnn.compat.tf.values import host, operand
from fastnn.core import config
from fastnn.core.errors import ArgumentError, ShapeError


def tensor(x):
    """An operand as a tensor.

    Args:
        x: an array, a list or a symbol.
    """
    found = operand(x)
    return host(found) if type(found) is np.ndarray else found


def swapped(x):
    """A matrix with its last two axes exchanged.

    Args:
        x: (..., rows, columns).
    """
    return ops.swapaxes(x, -1, -2)


MADE = {}
"""Operators that are made of others, by the end of their names; combined_operators fills it."""


class LinearOperator:
    """A matrix, or a batch of them.

    Subclasses give `_matrix`, the dense one.

    Args:
        is_non_singular, is_self_adjoint, is_positive_definite, is_square: what is known; kept as attributes.
        parameters, name: kept.

    >>> LinearOperatorDiag([1.0, 2.0]).matvec([1.0, 1.0]).tolist()
    [1.0, 2.0]
    """

    def __init__(self, dtype=None, is_non_singular=None, is_self_adjoint=None, is_positive_definite=None,
                 is_square=None, name=None, parameters=None, **kwargs):  # fmt: skip
        self.is_non_singular, self.is_self_adjoint = is_non_singular, is_self_adjoint
        self.is_positive_definite, self.is_square = is_positive_definite, is_square
        self.name, self.parameters = name or type(self).__name__, parameters or {}

    # ---- what it is ----------------------------------------------------------------------------------------
    @functools.cached_property
    def _dense(self):
        return self._matrix()

    def to_dense(self, name="to_dense"):
        """The matrix."""
        return self._dense

    shape = property(lambda self: TensorShape(tuple(self._dense.shape)), doc="(..., rows, columns).")
    dtype = property(lambda self: self._dense.dtype, doc="The dtype.")
    batch_shape = property(lambda self: TensorShape(tuple(self._dense.shape)[:-2]), doc="(...,).")
    range_dimension = property(lambda self: self._dense.shape[-2], doc="Rows.")
    domain_dimension = property(lambda self: self._dense.shape[-1], doc="Columns.")
    tensor_rank = property(lambda self: len(self._dense.shape), doc="How many axes.")
    H = property(lambda self: self.adjoint(), doc="The adjoint.")

    def shape_tensor(self, name="shape_tensor"):
        """The shape as a tensor of int32."""
        return operand(np.array(self.shape, np.int32))

    def diag_part(self, name="diag_part"):
        """The diagonal."""
        return ops.diagonal(self._dense, 0, -2, -1)

    def trace(self, name="trace"):
        """The sum of the diagonal."""
        return ops.sum(self.diag_part(), axis=-1)

    def determinant(self, name="det"):
        """The determinant."""
        self._square("determinant")
        return ops.det(self._dense)

    def log_abs_determinant(self, name="log_abs_det"):
        """log |determinant|."""
        self._square("log_abs_determinant")
        return ops.slogdet(self._dense)[1]

    def eigvals(self, name="eigvals"):
        """The eigenvalues of a matrix that is its own adjoint."""
        return ops.eigh(self._dense)[0]

    def cond(self, name="cond"):
        """The largest singular value over the smallest."""
        values = ops.svd(self._dense, compute_uv=False)
        return ops.max(values, axis=-1) / ops.min(values, axis=-1)

    def _square(self, what):
        if self.shape[-1] != self.shape[-2]:
            raise ShapeError(f"{what}: expected a square matrix. Received shape {tuple(self.shape)}.")

    # ---- products and solutions --------------------------------------------------------------------------
    def matmul(self, x, adjoint=False, adjoint_arg=False, name="matmul"):
        """The product with a matrix, or with another operator.

        Args:
            x: (..., columns, n), or an operator.
            adjoint, adjoint_arg: whether the adjoint of this, of x.
            name: of no effect.
        """
        if isinstance(x, LinearOperator):
            return MADE["Composition"]([self.adjoint() if adjoint else self, x.adjoint() if adjoint_arg else x])
        given = swapped(operand(x)) if adjoint_arg else operand(x)
        return ops.matmul(swapped(self._dense) if adjoint else self._dense, given)

    def matvec(self, x, adjoint=False, name="matvec"):
        """The product with a vector.

        Args:
            x: (..., columns).
            adjoint: whether of the adjoint.
            name: of no effect.
        """
        return ops.squeeze(self.matmul(ops.expand_dims(operand(x), -1), adjoint), -1)

    def solve(self, rhs, adjoint=False, adjoint_arg=False, name="solve"):
        """x of matrix · x = rhs.

        Args:
            rhs: (..., rows, n).
            adjoint, adjoint_arg: whether the adjoint of this, of rhs.
            name: of no effect.
        """
        self._square("solve")
        given = swapped(operand(rhs)) if adjoint_arg else operand(rhs)
        return ops.solve(swapped(self._dense) if adjoint else self._dense, given)

    def solvevec(self, rhs, adjoint=False, name="solve"):
        """x of matrix · x = rhs, of vectors.

        Args:
            rhs: (..., rows).
            adjoint: whether of the adjoint.
            name: of no effect.
        """
        return ops.squeeze(self.solve(ops.expand_dims(operand(rhs), -1), adjoint), -1)

    def inverse(self, name="inverse"):
        """The operator of the inverse."""
        return MADE["Inversion"](self)

    def adjoint(self, name="adjoint"):
        """The operator of the adjoint."""
        return MADE["Adjoint"](self)

    def cholesky(self, name="cholesky"):
        """The lower triangular operator whose product with its adjoint this is."""
        return LinearOperatorLowerTriangular(ops.cholesky(self._dense))

    def add_to_tensor(self, x, name="add_to_tensor"):
        """The matrix and x.

        Args:
            x: (..., rows, columns).
            name: of no effect.
        """
        return self._dense + operand(x)

    def assert_non_singular(self, name=None):
        """Raise ArgumentError for a matrix that has no inverse."""
        if not np.all(np.isfinite(np.asarray(self.log_abs_determinant()))):
            raise ArgumentError("Singular matrix: its determinant is 0.")

    def __matmul__(self, other):
        return self.matmul(other)

    def __add__(self, other):
        return LinearOperatorFullMatrix(self._dense + (other.to_dense() if isinstance(other, LinearOperator) else
                                                       operand(other)))  # fmt: skip

    def __mul__(self, number):
        return LinearOperatorFullMatrix(self._dense * number)

    __rmul__ = __mul__

    def __neg__(self):
        return LinearOperatorFullMatrix(-self._dense)


class LinearOperatorFullMatrix(LinearOperator):
    """A matrix as it is.

    Args:
        matrix: (..., rows, columns).
        kwargs: of LinearOperator.
    """

    def __init__(self, matrix, **kwargs):
        super().__init__(**kwargs)
        self.matrix = tensor(matrix)

    def _matrix(self):
        return self.matrix


class _Factors(LinearOperator):
    """A square matrix whose determinant is the product of its diagonal."""

    def determinant(self, name="det"):
        """The determinant."""
        return ops.prod(self.diag_part(), axis=-1)

    def log_abs_determinant(self, name="log_abs_det"):
        """log |determinant|."""
        return ops.sum(ops.log(ops.abs(self.diag_part())), axis=-1)


class LinearOperatorDiag(_Factors):
    """A diagonal matrix.

    Args:
        diag: (..., n).
        kwargs: of LinearOperator.
    """

    def __init__(self, diag, **kwargs):
        super().__init__(**{"is_square": True, **kwargs})
        self.diag = tensor(diag)

    def _matrix(self):
        return ops.expand_dims(self.diag, -1) * np.eye(self.diag.shape[-1], dtype=np.asarray(self.diag).dtype)

    def diag_part(self, name="diag_part"):
        """The diagonal."""
        return self.diag

    def inverse(self, name="inverse"):
        """The operator of the inverse."""
        return LinearOperatorDiag(1.0 / self.diag)

    def adjoint(self, name="adjoint"):
        """Itself."""
        return self

    def solve(self, rhs, adjoint=False, adjoint_arg=False, name="solve"):
        """x of matrix · x = rhs: a quotient."""
        return (swapped(operand(rhs)) if adjoint_arg else operand(rhs)) / ops.expand_dims(self.diag, -1)


class LinearOperatorLowerTriangular(_Factors):
    """The lower triangle of a matrix.

    Args:
        tril: (..., n, n); what is above the diagonal does not count.
        kwargs: of LinearOperator.
    """

    def __init__(self, tril, **kwargs):
        super().__init__(**{"is_square": True, **kwargs})
        self.tril = tensor(tril)

    def _matrix(self):
        return ops.tril(self.tril)

    def solve(self, rhs, adjoint=False, adjoint_arg=False, name="solve"):
        """x of matrix · x = rhs, by substitution."""
        given = swapped(operand(rhs)) if adjoint_arg else operand(rhs)
        if adjoint:
            return ops.solve(swapped(self._dense), given)
        return ops.solve_triangular(self._dense, given, lower=True)


class LinearOperatorIdentity(LinearOperatorDiag):
    """The identity.

    Args:
        num_rows: int.
        batch_shape: ints, or None.
        dtype: float32 if None.
        kwargs: of LinearOperator.
    """

    multiplier = 1.0

    def __init__(self, num_rows, batch_shape=None, dtype=None, **kwargs):
        n, kind = int(np.asarray(num_rows)), getattr(dtype, "name", dtype) or config.floatx()
        shape = (*(int(b) for b in ([] if batch_shape is None else np.asarray(batch_shape).tolist())), n)
        super().__init__(np.full(shape, 1, kind), **kwargs)


class LinearOperatorScaledIdentity(LinearOperatorDiag):
    """The identity times a number.

    Args:
        num_rows: int.
        multiplier: (...,): a number for each matrix.
        kwargs: of LinearOperator.
    """

    def __init__(self, num_rows, multiplier, **kwargs):
        self.multiplier = tensor(multiplier)
        ones = np.ones(int(np.asarray(num_rows)), np.asarray(self.multiplier).dtype)
        super().__init__(ops.expand_dims(self.multiplier, -1) * ones, **kwargs)


class LinearOperatorZeros(LinearOperatorFullMatrix):
    """Zeros.

    Args:
        num_rows: int.
        num_columns: int; None: as many.
        batch_shape: ints, or None.
        dtype: float32 if None.
        kwargs: of LinearOperator.
    """

    def __init__(self, num_rows, num_columns=None, batch_shape=None, dtype=None, **kwargs):
        kwargs.pop("is_non_singular", None)
        shape = (*(batch_shape or ()), num_rows, num_rows if num_columns is None else num_columns)
        super().__init__(np.zeros(shape, getattr(dtype, "name", dtype) or config.floatx()), is_non_singular=False,
                         **kwargs)  # fmt: skip
