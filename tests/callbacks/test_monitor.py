"""MonitorCallback under its names in Keras, for callbacks of users that derive from it."""

import numpy as np
import pytest

import fastnn
from fastnn import callbacks, layers, ops
from fastnn.core.errors import ArgumentError


def compiled():
    model = fastnn.Sequential([fastnn.Input((2,)), layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae", "accuracy"])
    return model


@pytest.mark.parametrize(
    "mode, monitor, op",
    [
        ("min", "anything", ops.less),
        ("max", "val_loss", ops.greater),
        ("auto", "val_loss", ops.less),
        ("auto", "mae", ops.less),
        ("auto", "val_accuracy", ops.greater),
    ],
)
def test_monitor_op_and_the_sign_of_min_delta(mode, monitor, op):
    model, callback = compiled(), callbacks.EarlyStopping(monitor, 0.5, mode=mode)
    assert callback.monitor_op is None and callback.min_delta == 0.5
    model.fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0)
    callback.set_model(model)
    for _ in range(2):
        callback._set_monitor_op()
        assert callback.monitor_op is op and callback.min_delta == (0.5 if op is ops.greater else -0.5)
    better = 2.0 if op is ops.greater else 0.0
    assert callback._is_improvement(better, 1.0) and not callback._is_improvement(1.0, better)
    assert bool(callback.monitor_op(better - callback.min_delta, 1.0))
    assert not callback._is_improvement((1.0 + better) / 2, 1.0)  # exactly min_delta is too little


def test_a_comparison_of_a_users_own():
    class Closest(callbacks.EarlyStopping):
        """Better is what is nearer to 3."""

        def on_train_begin(self, logs=None):
            super().on_train_begin(logs)
            self.monitor_op = lambda value, reference: abs(value - 3) < abs(reference - 3)

    callback = Closest("unknown", patience=9)
    callback.set_model(compiled())
    callback.on_train_begin()
    for epoch, value in enumerate([9.0, 4.0, 1.0, 2.5, 8.0]):
        callback.on_epoch_end(epoch, {"unknown": value})
    assert callback.best == 2.5 and callback.wait == 1


def test_a_value_for_each_class():
    callback = callbacks.EarlyStopping("f1", mode="max")
    assert callback._is_improvement(np.array([0.5], "float32"), 0.25)
    with pytest.raises(ArgumentError, match="'f1' has 3 values"):
        callback._is_improvement(np.ones(3), None)


@pytest.mark.parametrize("make", [callbacks.EarlyStopping, callbacks.ReduceLROnPlateau])
def test_a_name_that_nothing_is_known_of_is_an_error(make):
    model = compiled()
    with pytest.raises(ArgumentError, match=r"monitor='strange'.*Pass `mode='max'`"):
        model.fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0, callbacks=[make("strange")])
    with pytest.warns(UserWarning, match="`strange` which is not available"):
        model.fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0, callbacks=[make("strange", mode="max")])
