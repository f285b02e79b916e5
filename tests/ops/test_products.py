"""Products by index letters: the order in which operands meet."""

from __future__ import annotations

import evaluate
import numpy as np
import pytest

from fastnn import KerasTensor, ops
from fastnn.graph import Trace

RNG = np.random.default_rng(8)
CASES = [
    ("ij,jk,kl->il", [(2, 30), (30, 40), (40, 3)]),
    ("ij,kl,jk->il", [(2, 3), (4, 5), (3, 4)]),
    ("i,j,k,l->lkji", [(2,), (3,), (4,), (2,)]),
    ("...ij,...jk,kl->...il", [(5, 2, 3), (5, 3, 4), (4, 2)]),
    ("ii,ij,jk->k", [(3, 3), (3, 2), (2, 4)]),
    ("ab,bc,cd,de->", [(2, 3), (3, 4), (4, 5), (5, 6)]),
    ("abc,bd,cd,e->ade", [(2, 3, 4), (3, 5), (4, 5), (2,)]),
]


@pytest.mark.parametrize(("subscripts", "shapes"), CASES, ids=[s for s, _ in CASES])
def test_einsum_of_many(subscripts, shapes):
    xs = [RNG.standard_normal(s) for s in shapes]
    np.testing.assert_allclose(ops.einsum(subscripts, *xs), np.einsum(subscripts, *xs), rtol=1e-10, atol=1e-10)


def test_the_cheap_product_comes_first():
    """A row times a chain of matrices never multiplies two of the matrices."""
    shapes = [(40, 40), (40, 40), (40, 40), (1, 40)]
    with Trace() as trace:
        ops.einsum("bc,cd,de,ab->ae", *(trace.input(s, "float32") for s in shapes))
    products = [n.output.shape for n in trace.nodes if n.op.name == "matmul"]
    assert [np.prod(shape) for shape in products] == [40, 40, 40]


def test_einsum_of_many_has_a_gradient():
    xs = [RNG.standard_normal(s) for s in CASES[0][1]]
    evaluate.check_gradient(lambda *v: ops.einsum(CASES[0][0], *v), xs, np.random.default_rng(0))


@pytest.mark.parametrize(("first", "second", "want"), [
    ("int8", "int8", "int32"), ("int8", "bool", "int8"), ("bool", "bool", "bool"), ("uint8", "int8", "int16"),
    ("float16", "int32", "float16"), ("float16", "bfloat16", "float32"),
])  # fmt: skip
def test_the_dtype_of_a_product_by_letters(first, second, want):
    x, y = ops.ones((2, 3), first), ops.ones((3, 2), second)
    given = ops.einsum("ij,jk->ik", x, y)
    known = ops.einsum("ij,jk->ik", KerasTensor((2, 3), first), KerasTensor((3, 2), second))
    unknown = ops.einsum("ij,jk->ik", KerasTensor((None, 3), first), KerasTensor((3, None), second))
    assert {str(given.dtype), known.dtype, unknown.dtype} == {want}


@pytest.mark.parametrize("dtype", ["int32", "int64"])
@pytest.mark.parametrize(
    "shapes", [((3, 4), (4, 5)), ((2, 3, 4), (4, 5)), ((2, 1, 3, 4), (6, 4, 5)), ((0, 4), (4, 5)), ((3, 0), (0, 5))]
)
def test_products_of_integers_wrap_as_numpys(dtype, shapes):
    rng = np.random.default_rng(0)
    x, w = (rng.integers(-(2**30), 2**30, shape).astype(dtype) for shape in shapes)
    np.testing.assert_array_equal(ops.matmul(x, w), np.matmul(x, w))
