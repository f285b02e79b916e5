"""What a matrix product is made of, for every kind of machine: sizes, strides, and what its epilogue does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fastnn.core.blocks import BIAS, CODES, RELU
from fastnn.core.shapes import broadcast, product
from fastnn.core.types import Attrs
from fastnn.graph.spec import Spec
from fastnn.ops.op import Specs

if TYPE_CHECKING:
    from fastnn.compiler.emit import Emitter


def sizes(specs: Specs, attrs: Attrs) -> Any:
    """(leading dims, M, N, K of x, K of w)"""
    x, w = specs[0].shape, specs[1].shape
    M, K = x[-2:][::-1] if attrs["transpose_a"] else x[-2:]
    Kw, N = w[-2:][::-1] if attrs["transpose_b"] else w[-2:]
    return broadcast(x[:-2], w[:-2]), M, N, K, Kw


class Product:
    """C (batch, M, N) = op(A) op(B): sizes, element strides, and the (A, B) offsets of each matrix."""

    ars: int
    aks: int
    bks: int
    bns: int

    def __init__(self, e: Emitter) -> None:
        x, w = e.ins[:2]
        ta, tb = e.attrs["transpose_a"], e.attrs["transpose_b"]
        specs = [Spec(v.shape, v.dtype) for v in (x, w)]
        lead, self.M, self.N, self.K, _ = sizes(specs, e.attrs)
        if len(w.shape) == 2 and not ta:  # every row of x meets the same w
            self.M, lead = product(x.shape[:-1]), ()
        self.batch = product(lead)
        self.ars, self.aks = (1, self.M) if ta else (self.K, 1)
        self.bks, self.bns = (1, self.K) if tb else (self.N, 1)
        if self.N == 1:
            self.bns, self.bks = 1, 1  # one column: contiguous either way
        self.starts = np.zeros((self.batch, 3), np.int64)
        self.starts[:, 2] = self.K
        if lead:
            for k, v in enumerate((x, w)):
                at = np.arange(product(v.shape[:-2]), dtype=np.int64).reshape(v.shape[:-2] or (1,))
                self.starts[:, k] = np.broadcast_to(at, lead).reshape(-1) * product(v.shape[-2:])

    @property
    def flops(self) -> Any:
        """Operations of all matrices."""
        return 2 * self.batch * self.M * self.N * self.K


def epilogue(e: Emitter, bias: Any) -> Any:
    """(flags, bias address, activation code) of a product; without a bias its address is never used."""
    code = CODES[e.attrs["activation"]]
    return (BIAS if bias is not None else 0) | (RELU if code == 1 else 0), 0 if bias is None else bias.rd_all, code
