"""What Keras's constructors take of the configs that layers write."""

import pytest

import fastnn
from fastnn import layers

# layers whose constructors take neither `trainable` nor **kwargs in Keras -> what they take
NO_MORE = {
    "Discretization": (
        {"bin_boundaries": [0.0, 1.0]},
        {"bin_boundaries", "num_bins", "epsilon", "output_mode", "sparse", "dtype", "name"},
    ),
    "SpatialDropout1D": ({"rate": 0.5}, {"rate", "seed", "name", "dtype"}),
    "SpatialDropout2D": ({"rate": 0.5}, {"rate", "data_format", "seed", "name", "dtype"}),
    "SpatialDropout3D": ({"rate": 0.5}, {"rate", "data_format", "seed", "name", "dtype"}),
}


@pytest.mark.parametrize("name", NO_MORE)
def test_config_holds_what_keras_takes(name):
    arguments, keys = NO_MORE[name]
    layer = getattr(layers, name)(**arguments)
    config = layer.get_config()
    assert set(config) == keys
    assert type(layer).from_config(config).get_config() == config


def test_given_backward_layer_keeps_its_name():
    x = fastnn.Input((5, 3))
    back = layers.GRU(2, go_backwards=True, name="back")
    both = layers.Bidirectional(layers.LSTM(2, name="there"), backward_layer=back, name="both")
    both(x)
    assert [both.forward_layer.name, both.backward_layer.name] == ["forward_there", "back"]
    assert [w.path.split("/")[1] for w in both.weights] == ["forward_there"] * 3 + ["back"] * 3
    again = layers.Bidirectional.from_config(both.get_config())
    assert [again.forward_layer.name, again.backward_layer.name] == ["forward_there", "back"]


class Penalized(layers.Dense):
    def __init__(self, units, penalty=None, **kwargs):
        super().__init__(units, kernel_regularizer=penalty, **kwargs)


class Bare(layers.Layer):
    def __init__(self, penalty=None, **kwargs):
        super().__init__(**kwargs)


def test_classes_of_layers_that_say_their_own_config_may_take_any_object():
    penalty = fastnn.regularizers.L2(0.5)
    config = Penalized(3, penalty).get_config()  # as Keras: that of Dense
    assert config["units"] == 3 and config["kernel_regularizer"]["config"] == {"l2": 0.5}
    assert "penalty" not in config and Penalized(3).get_config()["penalty"] is None
    with pytest.raises(NotImplementedError, match="must override"):
        Bare(penalty).get_config()
