"""What a layer owns, and what it is told not to own."""

from fastnn import layers
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
