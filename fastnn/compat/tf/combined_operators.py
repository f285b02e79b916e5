"""Linear operators that are made of others: products, blocks, inverses; see operators."""

import functools

from fastnn import ops
from fastnn.compat.tf.operators import (
    MADE,
    LinearOperator,
    LinearOperatorDiag,
    LinearOperatorFullMatrix,
    LinearOperatorIdentity,
    LinearOperatorLowerTriangular,
    LinearOperatorScaledIdentity,
    LinearOperatorZeros,
    swapped,
    tensor,
)
from fastnn.core.errors import ArgumentError

__all__ = ["LinearOperator", "LinearOperatorAdjoint", "LinearOperatorBlockDiag", "LinearOperatorComposition",
           "LinearOperatorDiag", "LinearOperatorFullMatrix", "LinearOperatorIdentity", "LinearOperatorInversion",
           "LinearOperatorKronecker", "LinearOperatorLowRankUpdate", "LinearOperatorLowerTriangular",
           "LinearOperatorScaledIdentity", "LinearOperatorZeros"]  # fmt: skip


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
        return swapped(self.operator.to_dense())

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
        self.base_operator, self.u = base_operator, tensor(u)
        self.v = self.u if v is None else tensor(v)
        self.diag_update = None if diag_update is None else tensor(diag_update)

    def _matrix(self):
        left = self.u if self.diag_update is None else self.u * ops.expand_dims(self.diag_update, -2)
        return self.base_operator.to_dense() + ops.matmul(left, swapped(self.v))


MADE.update(Composition=LinearOperatorComposition, Inversion=LinearOperatorInversion, Adjoint=LinearOperatorAdjoint)
