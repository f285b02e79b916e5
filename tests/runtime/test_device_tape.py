"""Plans on a device: loops, branches and steps in Python beside the CPU, workspaces, errors, random keys, profiles."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from strategies import kernels_mode

from fastnn import layers, ops
from fastnn.compiler.compile import compile_graph
from fastnn.compiler.eager import EagerPlan
from fastnn.compiler.program import Program
from fastnn.compiler.target import CUDA, PLAIN, Options, placed
from fastnn.core.errors import ArgumentError, KernelError, NotSupportedError
from fastnn.graph import Trace, Variable, gradients
from fastnn.runtime import abi, device, device_walk, device_words
from fastnn.runtime.bind import Arena, Storage, bind
from fastnn.runtime.simulated import Simulated

RNG = np.random.default_rng(0)
X = RNG.standard_normal((5, 4)).astype("float32")


def simulated(**settings):
    return Simulated(**{"own": False, "cut": True, "threads": 3, "blocks": 2, **settings})


def on(found, function, *arrays):
    """(results, the EagerPlan) on a device, of the second run."""
    with device.using(found):
        plan = EagerPlan(function, [(a.shape, a.dtype.name) for a in arrays], options=placed(None))
        plan(*arrays)
        out = plan(*arrays)
    found.check()
    return out if isinstance(out, (list, tuple)) else [out], plan


def beside_the_cpu(function, *arrays, **settings):
    """The EagerPlan on a device, whose results are those of the CPU."""
    wanted = EagerPlan(function, [(a.shape, a.dtype.name) for a in arrays])(*arrays)
    received, plan = on(simulated(**settings), function, *arrays)
    for a, b in zip(received, wanted if isinstance(wanted, (list, tuple)) else [wanted], strict=True):
        np.testing.assert_array_equal(a, b)
    return plan


# ---------------------------------------------------------------- control
def scan(x):
    def step(carry, row):
        carry = ops.tanh(carry * 0.5 + row)
        return carry, carry * 2

    carry, rows = ops.scan(step, x[0], x)
    return [carry, rows, *gradients([ops.sum(rows)], [x])]


def backward_and_nested(x):
    def outer(carry, row):
        final, rows = ops.scan(lambda d, b: (d + b * carry[0], d), row[0] * 0, row)
        return carry * 0.9 + final * 0.1, rows

    return list(ops.scan(outer, x[0], x, reverse=True))


def until(x):
    return list(ops.while_loop(lambda a, n: ops.sum(a) < 50.0, lambda a, n: (a * 1.5 + 1.0, n + 1), (x[0], 0)))


def until_inside_a_loop(x):
    def step(carry, row):
        found, n = ops.while_loop(lambda a, n: ops.sum(a) < 9.0, lambda a, n: (a * 1.5 + 1.0, n + 1), (row + carry, 0))
        return found * 0.1, n

    return list(ops.scan(step, x[0], x))


def either(x):
    return ops.cond(ops.sum(x) > 0, lambda: x * 2, lambda: x - 1)


def in_python(x):
    return ops.cumprod(ops.tanh(x), axis=1) * 2


def in_python_inside_a_loop(x):
    return list(ops.scan(lambda c, row: (c + ops.cumprod(row * c), c), x[0], x))


CONTROL = [scan, backward_and_nested, until, until_inside_a_loop, either, in_python, in_python_inside_a_loop]


@pytest.mark.parametrize("unroll", [4096, 0])
@pytest.mark.parametrize("function", CONTROL)
def test_control_rows(function, unroll, monkeypatch):
    monkeypatch.setattr(device_walk, "UNROLL", unroll)
    for x in (X, -X):
        plan = beside_the_cpu(function, x)
    kinds = {type(step).__name__ for step in plan.program.tape.executor.steps}
    if function in (scan, backward_and_nested):
        assert ("Repeat" in kinds) == (unroll == 0), "a short loop is a part of its piece"


def test_a_status_ends_a_loop_that_memory_ends():
    def endless(x, index):
        found = ops.take(x, index)  # out of range: nothing after it happens
        return ops.while_loop(lambda a: ops.sum(a) < 1e9, lambda a: (a + found,), (x,))[0]

    with pytest.raises(KernelError, match=r"take: an index or label is outside its range"):
        on(simulated(), endless, np.abs(X[0]), np.int32(99))


def test_steps_are_ended_between_batches_by_who_waits():
    with device.using(simulated()):
        plan = EagerPlan(ops.tanh, [(X.shape, "float32")], options=placed(None))
        plan(X)
        executor, state = plan.program.tape.executor, plan.program.state
        replay, seen = executor.device.replay, []

        def noting(graph):
            seen.append(1)
            state[abi.STOP] = len(seen) == 3
            replay(graph)

        executor.device.replay = noting
        assert executor.run(10) == 3 and len(seen) == 3


# ---------------------------------------------------------------- words and workspaces
def test_kernels_with_a_workspace_have_one_for_each_thread(monkeypatch):
    def function(x, y):
        return ops.softmax(x), ops.categorical_crossentropy(y, ops.softmax(x), axis=-1)

    x, y = RNG.standard_normal((40, 7)).astype("float32"), RNG.random((40, 7)).astype("float32")
    plan = beside_the_cpu(lambda x, y: list(function(x, y)), x, y, threads=4, blocks=100)
    tables = plan.program.tape.executor.tables
    assert max(tables.lanes.values()) == 40 and tables.local_bytes
    monkeypatch.setattr(device_words, "MOST_LANES", 3)
    monkeypatch.setattr(device_words, "_tables", {})
    plan = beside_the_cpu(lambda x, y: list(function(x, y)), x, y, threads=4, blocks=100)
    assert max(plan.program.tape.executor.tables.lanes.values()) == 3


@pytest.mark.parametrize(("threads", "blocks"), [(1, 1), (10, 1), (33, 3)])
def test_any_size_of_blocks_gives_the_same_bits(threads, blocks):
    def function(x):
        y = ops.layer_normalization(ops.matmul(x, ops.transpose(x)))
        return [ops.gelu(y), ops.sum(y, 0), ops.max(y), ops.cumsum(y, 1), *gradients([ops.sum(y * y)], [x])]

    beside_the_cpu(function, RNG.standard_normal((37, 6)).astype("float32"), threads=threads, blocks=blocks)


def test_random_numbers_are_the_cpus_and_follow_new_keys():
    drops = [layers.Dropout(0.4), layers.GaussianNoise(0.7)]

    def function(x):
        return [layer(x, training=True) for layer in drops]

    plan = beside_the_cpu(function, X)
    assert len(plan.program.storage.keys) == 2
    first = [np.array(o) for o in plan.program.outputs]
    plan.program.rekey([k + 1 for k in plan.program.storage.keys])
    other = plan(X)
    assert all((a != b).any() for a, b in zip(first, other))


def test_a_plan_is_bound_again_where_the_arena_has_grown():
    arena, made = Arena(), []
    with device.using(simulated()):
        for rows in (2, 50):
            with Trace() as trace:
                s = trace.input((rows, 4))
                y = ops.tanh(ops.exp(s) + 1)
            x = RNG.standard_normal((rows, 4)).astype("float32")
            made.append((Program(trace, [y], {s: x}, arena=arena, options=Options(target=PLAIN)), x))
        for program, x in (*made, *made):
            program.run()
            np.testing.assert_allclose(program.outputs[0], np.tanh(np.exp(x) + 1), rtol=1e-5)
    assert arena.block is None, "the host's arena is not used"


# ---------------------------------------------------------------- errors and tools
def test_the_failing_instruction_is_named_and_the_next_run_is_clean():
    with device.using(simulated()):
        plan = EagerPlan(lambda x, i: ops.take(ops.exp(x), i, axis=0) * 2, [(X.shape, "float32"), ((2,), "int32")],
                         options=placed(None))  # fmt: skip
        with pytest.raises(
            KernelError, match=r"take: an index or label is outside its range. Inputs: \(5, 4\), \(2,\)"
        ):
            plan(X, np.array([0, 7], "int32"))
        np.testing.assert_allclose(plan(X, np.array([0, 4], "int32")), 2 * np.exp(X[[0, 4]]), rtol=1e-6)


def test_a_kernel_that_the_device_has_not_is_named():
    found = simulated()
    found.has = lambda name: not name.startswith("exp")
    with pytest.raises(NotSupportedError, match=r"exp has no kernel on simulated \(exp_f32"):
        on(found, ops.exp, X)


def test_a_plan_for_a_device_needs_one():
    with pytest.raises(ArgumentError, match="target 'cuda' was asked for, but no device is set"):
        EagerPlan(ops.exp, [(X.shape, "float32")], options=Options(target=CUDA))


def test_a_profile_has_times_of_the_kernels():
    with device.using(simulated()):
        plan = EagerPlan(lambda x: ops.cumprod(ops.exp(x), 1), [(X.shape, "float32")], options=placed(None))
        times = np.zeros(plan.program.plan.instructions, np.int64)
        plan.program.run(1, profile=times)
        assert times[0] > 0


def test_an_interrupt_in_the_middle_of_a_loop_leaves_a_tape_that_runs(monkeypatch):
    monkeypatch.setattr(device_walk, "UNROLL", 0)
    found = simulated()
    wanted = EagerPlan(scan, [(X.shape, "float32")])(X)
    with device.using(found):
        plan = EagerPlan(scan, [(X.shape, "float32")], options=placed(None))
        count, launch = iter(range(10**6)), found.launch

        def interrupted(work):
            if next(count) == 2:
                raise KeyboardInterrupt
            launch(work)

        found.launch = interrupted
        with contextlib.suppress(KeyboardInterrupt):
            plan(X)
        for a, b in zip(plan(X), wanted, strict=True):
            np.testing.assert_array_equal(a, b)


def test_plans_for_a_device_have_no_tiles_and_a_call_an_item():
    with Trace() as trace:
        s = trace.input((300, 40))
        y = ops.sum(ops.sigmoid(ops.exp(s) * 2 + 1), 1)
    plan, _ = compile_graph(trace, [y], {s: np.zeros((300, 40), "float32")}, Options(target=PLAIN))
    code = plan.table("code")
    assert plan.target.name == "cuda" and not code[:, [abi.TILE, abi.SPAN]].any() and (code[:, abi.CHUNK] == 1).all()
    assert str(plan).startswith("plan for cuda: ")


@pytest.mark.skipif(kernels_mode() == "jit", reason="sources are Numba's")
def test_forms_of_the_cpus_kernels_agree():
    forms = ("python",) if kernels_mode() == "python" else ("python", "compiled")
    results = []
    for form in forms:
        for cut in (False, True):
            results.append(on(simulated(form=form, cut=cut), scan, X)[0])
    for other in results[1:]:
        for a, b in zip(other, results[0], strict=True):
            np.testing.assert_array_equal(a, b)


def test_a_bare_plan_is_bound_to_a_device():
    weight = Variable(RNG.standard_normal((4, 3)).astype("float32"))
    with Trace() as trace:
        s = trace.input(X.shape)
        y = ops.relu(ops.matmul(s, weight))
        weight.assign(weight.value * 0.5)
    plan, structure = compile_graph(trace, [y], {s: X}, Options(target=PLAIN))
    tapes = [
        bind(plan, Storage(variables=structure.variables, arrays=structure.arrays), device=found)
        for found in (simulated(), simulated())
    ]
    before = weight.numpy()
    for k, tape in enumerate(tapes):  # from one device to the other
        assert tape.executor.run(1) == 1
        np.testing.assert_allclose(tape.outputs[0], np.maximum(X @ (before * 0.5**k), 0), rtol=1e-5)
        np.testing.assert_array_equal(weight.numpy(), before * np.float32(0.5 ** (k + 1)))
