"""A step that fails at a guard has written nothing, whatever of its graph makes new values of variables."""

import numpy as np
import pytest

from fastnn import ops
from fastnn.compiler.program import Program
from fastnn.compiler.target import Options
from fastnn.core.errors import KernelError
from fastnn.graph import Trace, Variable
from fastnn.ops.records.state import guard
from fastnn.runtime.abi import NOT_FINITE


def before_the_guard(v, x):
    v[0].assign(v[0].value + x)
    return x * 2.0


def value_that_the_guard_needs(v, x):
    new = v[0].value * 0.5 + x
    v[0].assign(new)
    return new * 3.0


def two_from_one(v, x):
    new = ops.exp(x * 0.1)
    v[0].assign(new)
    v[1].assign(new)
    return new + x


def exchanged(v, x):
    v[0].assign(v[1].value)
    v[1].assign(v[0].value + x)
    return v[0].value + x


def read_again(v, x):
    v[0].assign(v[0].value + x)
    v[1].assign(v[0].value * v[1].value)
    return x - 1.0


def the_input_itself(v, x):
    v[0].assign(x)
    return x


def reshaped(v, x):
    new = ops.reshape(x + v[0].value, (2, 2))
    v[1].assign(ops.reshape(new, (4,)))
    return ops.reshape(new, (4,))


STEPS = [before_the_guard, value_that_the_guard_needs, two_from_one, exchanged, read_again, the_input_itself, reshaped]


def variables():
    return [Variable(np.arange(4, dtype="f4") + k, name=f"v{k}") for k in range(2)]


def program(step, twice, options):
    """A plan of the step, its variables, the word that switches the guard on, and the data."""
    held, armed, data = variables(), Variable(np.int64(1), name="armed"), np.ones(4, "f4")
    with Trace(training=True) as trace:
        x = trace.input((4,), "float32", "x")
        trace.assign(armed, guard(trace.read(armed), step(held, x)))
        if twice:
            trace.assign(armed, guard(trace.read(armed), step(held, x * 2.0), ops.sum(x)))
        held[1].assign(held[1].value + 1.0)
    return Program(trace, [], {x: data}, options=options), held, armed, data


@pytest.mark.parametrize("executor", ["cython", "python"])
@pytest.mark.parametrize("reuse", [True, False])
@pytest.mark.parametrize("twice", [False, True])
@pytest.mark.parametrize("step", STEPS)
def test_all_or_nothing(step, twice, reuse, executor):
    options = Options(reuse=reuse, executor=executor, verify=True)
    run, held, armed, data = program(step, twice, options)
    start = [v.numpy() for v in held]
    data[2] = np.inf
    with pytest.raises(KernelError) as raised:
        run.run()
    assert raised.value.status == NOT_FINITE and int(armed) == 1
    assert all(np.array_equal(v.numpy(), a) for v, a in zip(held, start))
    data[2] = 1.0
    run.run()
    other, expected, _, _ = program(step, twice, Options(off={"all"}, fuse=False))
    other.run()
    assert all(np.array_equal(v.numpy(), w.numpy()) for v, w in zip(held, expected))
    armed.assign(0)
    data[2] = np.nan
    run.run()  # nobody looks
    assert not all(np.isfinite(v.numpy()).all() for v in held)
