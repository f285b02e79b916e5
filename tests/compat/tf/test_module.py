"""tf.Module: variables among attributes, as TensorFlow finds them; names; modules that hold each other."""

import numpy as np
import pytest

from fastnn.compat.tf.module import Module
from fastnn.core.errors import ArgumentError
from fastnn.graph import Variable
from fastnn.layers import Dense


class Inner(Module):
    def __init__(self, n):
        super().__init__()
        self.n, self.a = Variable(n, trainable=False), Variable([1.0])


class MyNet(Module):
    def __init__(self, name=None):
        super().__init__(name=name)
        self.z = self.same = Variable(1.0)
        self.b = [Variable(2.0), {"k": Variable(3.0)}]
        self.inner, self.subs = Inner(4.0), (Inner(5.0),)

    @Module.with_name_scope
    def __call__(self, x):
        return x * self.z


def values(variables):
    return [np.asarray(v).tolist() for v in variables]


def test_variables_are_found_in_tensorflows_order():
    """Values: what TensorFlow 2.21 gives for these classes."""
    net = MyNet()
    assert type(net.variables) is tuple
    assert values(net.variables) == [2.0, 3.0, 1.0, [1.0], 4.0, [1.0], 5.0]
    assert values(net.trainable_variables) == [2.0, 3.0, 1.0, [1.0], [1.0]]
    assert values(net.non_trainable_variables) == [4.0, 5.0]
    assert [m.name for m in net.submodules] == ["inner", "inner"]
    assert float(net(2.0)) == 2.0


def test_names():
    assert (MyNet().name, MyNet("other").name, type("HTTPServer2Net", (Module,), {})().name) == (
        "my_net", "other", "http_server2_net")  # fmt: skip
    for name in ("a b", ""):
        with pytest.raises(ArgumentError, match="is not a valid module name"):
            Module(name)


def test_layers_and_circles():
    net = Module()
    net.layer, net.other = Dense(2), Module()
    net.layer.build((None, 3))
    net.other.back, net.other.v = net, Variable(1.0)
    assert [v.shape for v in net.variables] == [(3, 2), (2,), ()]
    assert net.submodules == (net.layer, net.other) and len(net.other.submodules) == 2
    with net.name_scope:
        assert len(net.trainable_variables) == 3
