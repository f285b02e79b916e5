"""The nets that the registry tests rely on do catch what they are for: kernels that write too much or too little."""

from __future__ import annotations

import evaluate
import numpy as np
import pytest

from fastnn.core.errors import KernelError
from fastnn.graph import Spec
from fastnn.ops.op import Op

X = np.arange(1, 8, dtype=np.float32)


def copy_of(count):
    """An operation that should copy its input, whose kernel is told to copy `count` elements."""

    def lower(e):
        x, y = e.ins[0], e.outs[0]
        e.emit("copy_f32", x.rd_all, y.wr_all, n=count)

    return Op(name="copy_badly", inputs=("x",), infer=lambda specs, attrs: Spec(*specs[0]), lower=lower)


def run(op, **options):
    """2 * copy(x), so that the copy is a value inside the arena."""
    from fastnn import ops

    return evaluate.run(lambda x: ops.multiply(op(x), 2.0), [X], fuse=False, **options)[0]


def test_a_right_kernel_passes():
    np.testing.assert_array_equal(run(copy_of(7), fill=True, guard=64, reuse=False), 2 * X)


def test_an_element_that_is_not_written_shows():
    assert np.isnan(run(copy_of(6), fill=True)[-1])


def test_an_access_past_the_end_is_an_error():
    """Compiled, by the guard after the result; as plain Python, by the checked pointer to the input."""
    with pytest.raises((KernelError, IndexError), match=r"outside the buffer|item 7 of a pointer to 7 items"):
        run(copy_of(8), guard=64, reuse=False)
