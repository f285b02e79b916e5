"""Tapes inside of steps and traces: what they recorded, what was computed elsewhere, and what variables were."""

import numpy as np
import pytest

import fastnn as keras
from fastnn import GradientTape, ops, optimizers
from fastnn.core import hooks


def test_a_tape_in_a_trace_watches_arrays_from_outside():
    x = ops.convert_to_tensor(np.array([1.0, 2.0], "float32"))

    def loss(a):
        with GradientTape() as outer:
            outer.watch(x)
            with GradientTape() as tape:
                tape.watch(x)
                y = ops.sum(a * x[:1] * x**3) + ops.sum(2.0 * x)
            slope = tape.gradient(y, x)
        return slope, outer.gradient(ops.sum(slope), x), ops.sum(x * 2.0)

    slope, bend, after = hooks.call("traced", loss, [np.array([1.0, 2.0], "float32")])
    np.testing.assert_allclose(slope, [22.0, 26.0])  # of x0 * (x0 ** 3 + 2 * x1 ** 3) + 2 * (x0 + x1)
    np.testing.assert_allclose(bend, [36.0, 48.0])
    assert float(after) == 6.0 and type(x * 2.0) is type(x)


@pytest.mark.parametrize("how", ["tape", "jacobian", "value_and_grad"])
def test_what_a_step_computed_before_a_tapes_block_is_constant_to_it(how):
    """As in eager code, and in TensorFlow: targets of the same model, computed before the block, have no gradient."""

    class Net(keras.Model):
        def __init__(self):
            super().__init__()
            self.w = self.add_weight(shape=(2,), initializer=lambda shape, dtype: np.array([1.0, 3.0], dtype))
            self.found = self.add_weight(shape=(2,), initializer="zeros", trainable=False)

        def call(self, x):
            return x * self.w

        def train_step(self, data):
            x, _ = data
            before = self(x) * 2
            if how == "value_and_grad":
                _, found = keras.value_and_grad(lambda w: ops.sum(w * before))(self.w)
            else:
                with GradientTape() as tape:
                    y = ops.sum(self.w * before)
                found = tape.gradient(y, self.w) if how == "tape" else tape.jacobian(y, self.w)
            self.found.assign(found)
            return {"loss": ops.sum(found)}

    for eager in (False, True):
        net = Net()
        net.compile("sgd", run_eagerly=eager)
        net.fit(np.ones((1, 2), "float32"), np.ones((1, 1), "float32"), verbose=0)
        assert net.found.numpy().tolist() == [2.0, 6.0], eager


def _assigned_in_the_block(net, x):
    with GradientTape() as tape:
        net.w.assign(net.w * 2.0)
        y = ops.sum(ops.square(net(x)))
    return tape.gradient(y, net.w)


def _assigned_after_the_block(net, x):
    with GradientTape() as tape:
        y = ops.sum(ops.square(net(x)))
    net.w.assign(net.w * 2.0)
    return tape.gradient(y, net.w)


def _two_blocks_with_an_update_between(net, x):
    for _ in range(2):
        with GradientTape() as tape:
            y = ops.sum(ops.square(net(x)))
        slope = tape.gradient(y, net.w)
        optimizers.SGD(0.25).apply_gradients([(slope, net.w)])
    return slope


def _a_tape_entered_again(net, x):
    with GradientTape(persistent=True) as tape:
        y = ops.sum(ops.square(net(x)))
    net.w.assign(net.w * 2.0)
    with tape:
        y = y + ops.sum(ops.square(net(x)))
    net.w.assign(net.w * 2.0)
    return tape.gradient(y, net.w)


def _not_recorded(net, x):
    with GradientTape() as tape:
        y = net(x)
        with tape.stop_recording():
            z = net(x) * 3.0
        y = ops.sum(y * z)
    return tape.gradient(y, net.w)


def _forgotten(net, x):
    with GradientTape() as tape:
        z = net(x) * 3.0
        tape.reset()
        y = ops.sum(net(x) * z)
    return tape.gradient(y, net.w)


# fmt: off
BLOCKS = {  # w is (1, 3) at first
    _assigned_in_the_block: [4.0, 12.0], _assigned_after_the_block: [2.0, 6.0],
    _two_blocks_with_an_update_between: [1.0, 3.0], _a_tape_entered_again: [6.0, 18.0],
    _not_recorded: [3.0, 9.0], _forgotten: [3.0, 9.0],
}
# fmt: on


@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.parametrize("block", BLOCKS)
def test_tapes_in_steps_see_what_they_recorded_and_what_variables_were(block, eager):
    """The numbers are TensorFlow's: an assignment has no gradient, and each value of a variable counts."""

    class Net(keras.Model):
        def __init__(self):
            super().__init__()
            self.w = self.add_weight(shape=(2,), initializer=lambda shape, dtype: np.array([1.0, 3.0], dtype))
            self.found = self.add_weight(shape=(2,), initializer="zeros", trainable=False)

        def call(self, x):
            return x * self.w

        def train_step(self, data):
            self.found.assign(block(self, data[0]))
            return {"loss": ops.sum(self.found)}

    net = Net()
    net.compile("sgd", run_eagerly=eager)
    net.fit(np.ones((1, 2), "float32"), np.ones((1, 1), "float32"), verbose=0)
    assert net.found.numpy().tolist() == BLOCKS[block]
