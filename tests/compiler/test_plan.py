"""Plans are data: pickled, compared, shared by models of one structure, bound again without compiling."""

import os
import pickle
import subprocess
import sys

import evaluate
import numpy as np
import pytest

import fastnn
from fastnn import config, layers, ops
from fastnn.compiler.compile import PLANS, Plans, compile_graph
from fastnn.compiler.plan import Plan
from fastnn.compiler.target import Options
from fastnn.graph import Trace, Variable
from fastnn.runtime.bind import Storage, bind

RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((24, 6)).astype("float32"), RNG.integers(0, 3, 24)


def net(names=True, rate=0.5):
    def name(text):
        return {"name": text} if names else {}

    return fastnn.Sequential([fastnn.Input((6,)), layers.Dense(8, activation="relu", **name("first")),
                              layers.BatchNormalization(**name("norm")), layers.Dropout(rate, **name("drop")),
                              layers.Dense(3, activation="softmax", **name("last"))])  # fmt: skip


def compiled(model):
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def made_by(function):
    """How many plans a call compiles."""
    before = PLANS.made
    function()
    return PLANS.made - before


def plan_of(fn, arrays):
    with Trace() as trace:
        symbols = [trace.input(a.shape, a.dtype.name) for a in arrays]
        outputs = evaluate.as_list(fn(*symbols))
    return compile_graph(trace, outputs, dict(zip(symbols, arrays)))


def test_a_plan_has_no_address_and_no_array():
    plan = compiled(net()).plan(8).program.plan

    def check(value, where):
        assert not isinstance(value, (np.ndarray, fastnn.Model, Variable)), where
        for k, v in enumerate(value if isinstance(value, tuple) else ()):
            check(v, f"{where}[{k}]")

    for field in plan.__dataclass_fields__:
        check(getattr(plan, field), field)
    words = plan.table("words")
    assert not words[plan.table("relocations")[:, 0]].any()


def test_a_plan_is_a_value():
    model = compiled(net())
    plan = model.plan(8).program.plan
    again = pickle.loads(pickle.dumps(plan))
    assert again == plan and hash(again) == hash(plan) and again is not plan and str(again) == str(plan)
    assert model.plan(9).program.plan != plan
    with pytest.raises(AttributeError):
        plan.code = b""


CHILD = """
import pickle, sys
import numpy as np
from fastnn.runtime.bind import Storage, bind
with open(sys.argv[1], "rb") as file:
    plan, arrays, values = pickle.load(file)
class Value:
    def __init__(self, array):
        self._host = array
variables = [Value(v) for v in values]
tape = bind(plan, Storage(variables=variables, arrays=arrays))
tape.executor.run(3)
with open(sys.argv[2], "wb") as file:
    pickle.dump(([o.copy() for o in tape.outputs], [v._host for v in variables]), file)
"""


def test_a_plan_that_was_pickled_gives_the_same_bits_in_another_process(tmp_path):
    weight = Variable(RNG.standard_normal((6, 4)).astype("float32"))
    x = RNG.standard_normal((5, 6)).astype("float32")
    with Trace() as trace:
        s = trace.input(x.shape)
        y = ops.softmax(ops.matmul(s, weight))
        z = ops.cumprod(y, axis=1)  # a step in Python
        weight.assign(weight.value * 0.5)
    plan, structure = compile_graph(trace, [y, z], {s: x})
    assert plan.hosts
    values = [v._array.copy() for v in structure.variables]
    tape = bind(plan, Storage(variables=structure.variables, arrays=structure.arrays))
    tape.executor.run(3)
    file, result = tmp_path / "plan", tmp_path / "result"
    file.write_bytes(pickle.dumps((plan, structure.arrays, values)))
    subprocess.run([sys.executable, "-c", CHILD, file, result], check=True, timeout=120)
    outputs, variables = pickle.loads(result.read_bytes())
    evaluate.assert_same_bits(outputs, tape.outputs, "outputs")
    evaluate.assert_same_bits(variables, [weight._array], "variables")


def test_clones_and_models_of_one_structure_share_a_plan():
    model, other = compiled(net(names=False)), compiled(net(names=False))
    clone = compiled(fastnn.models.clone_model(model))
    first = model.plan(8).program.plan
    assert other.plan(8).program.plan is first and clone.plan(8).program.plan is first
    assert compiled(net(rate=0.25)).plan(8).program.plan != first


def test_models_that_share_a_plan_keep_their_own_numbers():
    """Weights, seeds of Dropout and results are each model's own, though the plan is one."""

    def histories(clear):
        out = []
        for seed in (1, 2):
            if clear:
                PLANS.clear()
            fastnn.utils.set_random_seed(seed)
            model = compiled(net(names=False))
            history = model.fit(X, Y, batch_size=8, epochs=2, verbose=0).history
            out.append((history["loss"], model.get_weights()))
        return out

    apart, shared = histories(True), histories(False)
    for (a, weights), (b, others) in zip(apart, shared):
        assert a == b
        evaluate.assert_same_bits(others, weights, "weights")
    assert apart[0][0] != apart[1][0]


def test_errors_name_the_layer_of_the_model_that_runs():
    for name in ("one", "two"):
        model = fastnn.Sequential([fastnn.Input((3,), dtype="int32"), layers.Embedding(4, 2, name=name)])
        plan = model.plan(2).program
        assert {r["layer"].split("/")[-1] for r in plan.rows()} >= {name}


def test_what_moves_is_bound_again_and_not_compiled():
    model = compiled(net())
    before = model.predict(X, verbose=0)
    model.fit(X, Y, batch_size=8, verbose=0)  # the weights move into a flat buffer
    after = model.predict(X[:24], verbose=0)
    assert before.shape == after.shape
    other = compiled(fastnn.models.clone_model(model))
    other.set_weights(model.get_weights())
    other.fit(X, Y, batch_size=8, verbose=0)
    other.set_weights(model.get_weights())
    assert made_by(lambda: evaluate.assert_same_bits([other.predict(X, verbose=0)], [after], "predict")) == 0


def test_another_number_of_threads_compiles_nothing():
    model = compiled(net())
    model.fit(X, Y, batch_size=8, verbose=0)
    config.set_num_threads(3)
    assert made_by(lambda: model.fit(X, Y, batch_size=8, verbose=0)) == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.compiled
def test_a_forked_child_compiles_nothing():
    model = compiled(net())
    model.fit(X, Y, batch_size=8, verbose=0)
    child = os.fork()
    if child == 0:
        os._exit(made_by(lambda: model.fit(X, Y, batch_size=8, verbose=0)))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_an_arena_that_grows_is_followed():
    """Plans of one arena move to its new block, and the old one goes."""
    model = compiled(net())
    small = model.predict(X[:3], batch_size=3, verbose=0)
    model.predict(np.concatenate([X] * 40), batch_size=960, verbose=0)
    evaluate.assert_same_bits([model.predict(X[:3], batch_size=3, verbose=0)], [small], "after the arena grew")


@pytest.mark.parametrize("one, two", [(1.0, 1), (0.0, -0.0), (True, 1)], ids=str)
def test_attributes_that_compare_equal_but_are_not_make_two_plans(one, two):
    x = np.zeros((2, 3), "float32")

    def make(value):
        with Trace() as trace:
            s = trace.input(x.shape)
            y = ops.pad(s, ((1, 1), (0, 0)), **({} if value is True else {"constant_values": value}))
        return compile_graph(trace, [y], {s: x}, Options())

    a, b = make(one).plan, make(two).plan
    for plan in (a, b):
        assert isinstance(plan, Plan)
    if one == 0.0:
        assert a != b


def test_plans_are_kept_within_bytes():
    kept = Plans(most=20_000)
    for n in range(1, 60):
        with Trace() as trace:
            s = trace.input((n, 3))
            y = ops.relu(s)
        compile_graph(trace, [y], {s: np.zeros((n, 3), "float32")}, plans=kept)
    assert kept.made == 59 and kept.bytes <= 20_000


GOLDEN = os.path.join(os.path.dirname(__file__), "golden_plan.txt")


def readme_model():
    """The model of README's example."""
    model = fastnn.Sequential([
        fastnn.Input((8, 8)), layers.Rescaling(1 / 16), layers.Flatten(), layers.Dense(64, activation="relu"),
        layers.Dense(10, activation="softmax")])  # fmt: skip
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def test_the_listing_of_the_readme_model_is_the_one_that_is_stored():
    """A change of the compiler shows here as a difference that can be read; FASTNN_GOLDEN=1 stores the new one."""
    listing = str(readme_model().plan(32).program.plan) + "\n"
    if os.environ.get("FASTNN_GOLDEN"):
        with open(GOLDEN, "w", encoding="utf-8") as file:
            file.write(listing)
    with open(GOLDEN, encoding="utf-8") as file:
        assert listing == file.read()
