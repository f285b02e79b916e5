"""`tf.linalg.LinearOperator*`: matrices by what they are made of, with products, solutions and determinants."""

import functools

import numpy as np

from fastnn import ops
from fastnn.compat.shapes import TensorShape
from fastnn.compat.tf.values import host, operand
from fastnn.core import config
from fastnn.core.errors import ArgumentError, ShapeError


def _tensor(x):
    found = operand(x)
    return host(found) if type(found) is np.ndarray else found


def _swapped(x):
    return ops.swapaxes(x, -1, -2)


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
            return LinearOperatorComposition([self.adjoint() if adjoint else self, x.adjoint() if adjoint_arg else x])
        given = _swapped(operand(x)) if adjoint_arg else operand(x)
        return ops.matmul(_swapped(self._dense) if adjoint else self._dense, given)

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
        given = _swapped(operand(rhs)) if adjoint_arg else operand(rhs)
        return ops.solve(_swapped(self._dense) if adjoint else self._dense, given)

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
        return LinearOperatorInversion(self)

    def adjoint(self, name="adjoint"):
        """The operator of the adjoint."""
        return LinearOperatorAdjoint(self)

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
        self.matrix = _tensor(matrix)

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
        self.diag = _tensor(diag)

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
        return (_swapped(operand(rhs)) if adjoint_arg else operand(rhs)) / ops.expand_dims(self.diag, -1)


class LinearOperatorLowerTriangular(_Factors):
    """The lower triangle of a matrix.

    Args:
        tril: (..., n, n); what is above the diagonal does not count.
        kwargs: of LinearOperator.
    """

    def __init__(self, tril, **kwargs):
        super().__init__(**{"is_square": True, **kwargs})
        self.tril = _tensor(tril)

    def _matrix(self):
        return ops.tril(self.tril)

    def solve(self, rhs, adjoint=False, adjoint_arg=False, name="solve"):
        """x of matrix · x = rhs, by substitution."""
        given = _swapped(operand(rhs)) if adjoint_arg else operand(rhs)
        if adjoint:
            return ops.solve(_swapped(self._dense), given)
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
        self.multiplier = _tensor(multiplier)
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


# ---- made of others ------------------------------------------------------------------------------------------------
class LinearOperatorComposition(LinearOperator):
    """The product of operators.

    Args:
        operators: a list of them.
        kwargs: of LinearOperator.
    """

    def __init__(self, operators, **kwargs):
        super().__init__(**kwargs)
        if not operators:
            raise ArgumentError("Expected a non-empty list of operators. Found: []")
        self.operators = list(operators)

    def _matrix(self):
        return functools.reduce(ops.matmul, [o.to_dense() for o in self.operators])


class LinearOperatorKronecker(LinearOperatorComposition):
    """The Kronecker product of operators.

    Args:
        operators: a list of them.
        kwargs: of LinearOperator.
    """

    def _matrix(self):
        def product(a, b):
            found = ops.einsum("...ij,...kl->...ikjl", a, b)
            return ops.reshape(found, (*found.shape[:-4], a.shape[-2] * b.shape[-2], a.shape[-1] * b.shape[-1]))

        return functools.reduce(product, [o.to_dense() for o in self.operators])


class LinearOperatorBlockDiag(LinearOperatorComposition):
    """Operators along the diagonal.

    Args:
        operators: a list of them.
        kwargs: of LinearOperator.
    """

    def _matrix(self):
        parts, width, before, rows = [o.to_dense() for o in self.operators], 0, 0, []
        width = sum(p.shape[-1] for p in parts)
        for part in parts:
            after = width - before - part.shape[-1]
            rows.append(ops.pad(part, [(0, 0)] * (len(part.shape) - 1) + [(before, after)]))
            before += part.shape[-1]
        return ops.concatenate(rows, axis=-2)


class _Of(LinearOperator):
    def __init__(self, operator, **kwargs):
        super().__init__(**kwargs)
        self.operator = operator


class LinearOperatorInversion(_Of):
    """The inverse of an operator.

    Args:
        operator: it.
        kwargs: of LinearOperator.
    """

    def _matrix(self):
        return ops.inv(self.operator.to_dense())

    def solve(self, rhs, adjoint=False, adjoint_arg=False, name="solve"):
        """The product with the operator."""
        return self.operator.matmul(rhs, adjoint, adjoint_arg)

    def inverse(self, name="inverse"):
        """The operator."""
        return self.operator


class LinearOperatorAdjoint(_Of):
    """The adjoint of an operator.

    Args:
        operator: it.
        kwargs: of LinearOperator.
    """

    def _matrix(self):
        return _swapped(self.operator.to_dense())

    def adjoint(self, name="adjoint"):
        """The operator."""
        return self.operator


class LinearOperatorLowRankUpdate(LinearOperator):
    """base + u · diag · vᵀ.

    Args:
        base_operator: the base.
        u: (..., rows, k).
        diag_update: (..., k); None: ones.
        v: (..., columns, k); None: u.
        kwargs: of LinearOperator.
    """

    def __init__(self, base_operator, u, diag_update=None, v=None, **kwargs):
        for name in ("is_diag_update_positive",):
            kwargs.pop(name, None)
        super().__init__(**kwargs)
        self.base_operator, self.u = base_operator, _tensor(u)
        self.v = self.u if v is None else operand(v)
        self.diag_update = None if diag_update is None else operand(diag_update)

    def _matrix(self):
        left = self.u if self.diag_update is None else self.u * ops.expand_dims(self.diag_update, -2)
        return self.base_operator.to_dense() + ops.matmul(left, _swapped(self.v))


NAMES = {f"linalg.{n}": f"compat.tf.operators:{n}" for n in (
    "LinearOperator", "LinearOperatorFullMatrix", "LinearOperatorDiag", "LinearOperatorLowerTriangular",
    "LinearOperatorIdentity", "LinearOperatorScaledIdentity", "LinearOperatorZeros", "LinearOperatorComposition",
    "LinearOperatorKronecker", "LinearOperatorBlockDiag", "LinearOperatorInversion", "LinearOperatorAdjoint",
    "LinearOperatorLowRankUpdate")}  # fmt: skip
