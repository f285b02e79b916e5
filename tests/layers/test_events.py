"""What a layer says of its calls, as those who draw models ask it."""

import gc

import pytest

from fastnn import Input, layers, models


def test_calls_and_what_came_before():
    x = Input((4,))
    first, second, both = layers.Dense(3), layers.Dense(3), layers.Add()
    a, b = first(x), second(x)
    model = models.Model(x, both([a, b, a]))
    (node,) = both._inbound_nodes
    assert node.operation is both and [n.operation for n in node.parent_nodes] == [first, second]
    assert node.inbound_layers == [first, second, first] and node.input_tensors == [a, b, a]
    assert first._inbound_nodes[0].inbound_layers is model.layers[0]
    assert node.output_tensors[0] is model.outputs[0]
    assert first._inbound_nodes[0].parent_nodes[0].is_input and not x.origin.parent_nodes


def test_a_call_that_nobody_holds():
    layer = layers.Dense(3)
    layer(Input((4,)))
    gc.collect()
    with pytest.raises(AttributeError, match="nobody holds"):
        _ = layer._inbound_nodes[0].parent_nodes
