"""Constants that are calculated while a plan is made."""

import evaluate
import numpy as np
import pytest
from strategies import SeededDraw, arrays

import fastnn
from fastnn import layers, ops
from fastnn.compiler import eager
from fastnn.compiler.eager import EagerPlan
from fastnn.compiler.passes.simplify import plain
from fastnn.core import dtypes
from fastnn.graph import Trace

OPS = evaluate.load_registry()
DTYPES = ("bool", "int32", "float32", "float64")


def case_of(op, dtype, seed):
    """(a trace with one call on constants, its node), or None where the record does not take such arrays."""
    case = op.cases(SeededDraw(seed))
    inputs = [None if a is None else a > 0 if dtype == "bool" else a.astype(dtype)
              for a in arrays(case, np.random.default_rng(seed), "float64")]  # fmt: skip
    try:
        with Trace() as trace:
            out = op(*[None if a is None else trace.constant(a) for a in inputs], **case.attrs)
    except (TypeError, ValueError):
        return None
    return None if isinstance(out, tuple) else (inputs, out)


@pytest.mark.parametrize(
    "name", [n for n, op in OPS.items() if op.elementwise or op.fusion.repeats or op.fusion.reshapes]
)
def test_numpy_gives_the_bits_of_the_kernel(name):
    op = OPS[name]
    for dtype in DTYPES:
        for seed in range(3) if op.cases is not None else ():
            made = case_of(op, dtype, seed)
            if made is None or not plain(op, made[1], made[1].node.inputs):
                continue
            inputs, out = made
            given = [a for a in inputs if a is not None]
            with np.errstate(all="ignore"):
                found = np.asarray(op.reference(*given, **out.node.attrs), dtypes.numpy_type(out.dtype))
            wanted = np.asarray(eager.evaluate(op, inputs, out.node.attrs))
            assert found.dtype == wanted.dtype and found.tobytes() == wanted.tobytes()


def test_truth_values_and_moved_numbers_are_plain():
    with Trace() as trace:
        x, t = trace.constant(np.ones((2, 3), "float32")), trace.constant(np.ones((2, 3), bool))
        made = {
            "and": ops.logical_and(t, t),
            "shape": ops.reshape(x, (6,)),
            "repeated": ops.broadcast_to(x, (4, 2, 3)),
            "sum": ops.sum(x),
            "scaled": x * 0.1,
            "sum of two": x + x,
            "shifted": x * 0.1 + 0.3,
            "exp": ops.exp(x),
            "less": ops.less(x, x),
        }
    found = {k for k, s in made.items() if plain(s.node.op, s, s.node.inputs)}
    assert found == {"and", "shape", "repeated", "scaled", "sum of two"}


class Positions(layers.Layer):
    """Attention with positions and a mask of the future."""

    def __init__(self):
        super().__init__()
        self.table, self.attend = layers.Embedding(40, 8), layers.MultiHeadAttention(2, 4)

    def call(self, x):
        x = x + self.table(ops.arange(ops.shape(x)[1]))
        return self.attend(x, x, use_causal_mask=True)


def test_a_new_length_compiles_one_program(monkeypatch):
    net = fastnn.Sequential([fastnn.Input((None,), dtype="int32"), layers.Embedding(9, 8, mask_zero=True), Positions()])
    net.compile("sgd", "mse")
    made, before = [], EagerPlan.__init__

    def counted(self, *args, **kwargs):
        made.append(args)
        before(self, *args, **kwargs)

    for steps in (5, 6, 7):
        net.train_on_batch(np.ones((2, steps), "int32"), np.zeros((2, steps, 8), "float32"))
        monkeypatch.setattr(EagerPlan, "__init__", counted)
    assert not made
