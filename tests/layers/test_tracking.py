"""What a layer owns, and what it is told not to own."""

from unittest import mock

import numpy as np
import pytest

from fastnn import Variable, layers, losses, metrics, models, optimizers
from fastnn.layers import tracking


def test_what_is_set_in_a_scope_without_tracking_is_not_the_layers():
    class Holder(layers.Layer):
        @tracking.no_automatic_dependency_tracking
        def hide(self, value):
            self.hidden = value
            self.made = self.add_weight(shape=(1,))

    layer, inner, values = Holder(), layers.Dense(2), [layers.Dense(3)]
    layer.hide(values)
    with tracking.DotNotTrackScope():
        layer.inner = inner
    assert layer.hidden is values and layer.inner is inner and layer._tracker.layers == []
    assert len(layer.weights) == 1
    layer.other = inner
    assert layer._tracker.layers == [inner]


@pytest.mark.parametrize("kind", [layers.Dense, metrics.Mean, models.Model, Variable, optimizers.SGD, losses.Loss])
def test_classes_to_make_parts_of_later_are_no_parts(kind):
    layer = layers.Dense(2)
    layer.kind, layer.kinds, layer.by_name = kind, [kind], {"one": (kind,)}
    assert layer.kind is kind and layer.kinds[0] is kind
    layer(np.ones((1, 2), "float32"))
    layer.kind = None
    assert (len(layer.weights), layer._layers, layer.metrics if hasattr(layer, "metrics") else []) == (2, [], [])


def test_a_mock_that_answers_to_every_name_is_no_part():
    model = models.Sequential([layers.Input((2,)), layers.Dense(1)])
    model.predict = model.spare = mock.MagicMock(return_value=3)
    assert model.predict(None) == 3 and len(model.layers) == 1 and model.metrics == []
    model.compile("sgd", "mse")
    assert len(model.fit(np.ones((2, 2)), np.ones((2, 1)), verbose=0).history["loss"]) == 1


class _Late(layers.Layer):
    def build(self, shape):
        self.scale = self.add_weight(shape=(2,), name="scale")

    def call(self, x):
        return x * self.scale


def test_state_of_a_layer_can_be_opened_and_closed_by_hand():
    layer = _Late(name="late")
    layer(np.ones((1, 2), "float32"))
    for open_, close in (
        (lambda t: t.unlock(), lambda t: t.lock()),
        (lambda t: setattr(t, "locked", False), lambda t: setattr(t, "locked", True)),
    ):
        open_(layer._tracker)
        layer.add_weight(shape=(2,), name="shift")
        close(layer._tracker)
        with pytest.raises(ValueError, match="cannot add new elements of state"):
            layer.more = layers.Dense(2)
    layer._tracker.lock("Closed.")
    with pytest.raises(ValueError, match="Closed"):
        layer.add_weight(shape=(2,))
    assert [v.path for v in layer.weights] == ["late/scale", "late/shift", "late/shift"]
