"""keras.Operation: computations of users without weights, in graphs, configs and files."""

import numpy as np
import pytest

import fastnn as keras


@keras.saving.register_keras_serializable("test_operation")
class Scaled(keras.Operation):
    def __init__(self, by, *, plus=1.0, name=None):
        super().__init__(name=name)
        self.by, self.plus = by, plus

    def call(self, x):
        return x * self.by + self.plus


class Twice(keras.Operation):
    def call(self, x, y):
        return x + y, x - y

    def compute_output_spec(self, x, y):
        return keras.KerasTensor(x.shape, x.dtype), keras.KerasTensor(x.shape, x.dtype)


class Named(keras.Operation):
    def __init__(self, alpha, **kwargs):
        super().__init__(**kwargs)
        self.alpha = alpha

    def get_config(self):
        return {**super().get_config(), "alpha": self.alpha}


class Plain(keras.Operation):
    def __init__(self, alpha, beta=1.0):
        super().__init__()


def test_calls_are_recorded_or_computed():
    x, y = keras.KerasTensor((2, 3)), keras.KerasTensor((2, 3))
    operation = Twice(name="twice")
    out = operation(x, y=y)
    assert operation.input == [x, y] and operation.output == list(out) and operation.name == "twice"
    operation(y, x)
    assert operation.output == list(out)
    np.testing.assert_array_equal(operation(np.ones(2), np.ones(2))[0], [2, 2])
    assert Scaled(2.0)(x).shape == (2, 3)
    assert isinstance(keras.layers.Dense(2), keras.Operation)


@pytest.mark.parametrize(
    "operation, config",
    [
        (Twice(name="a"), {"name": "a"}),
        (Scaled(0.2, name="a"), {"by": 0.2, "plus": 1.0, "name": "a"}),
        (Named(0.2, name="a"), {"alpha": 0.2, "name": "a"}),
        (Plain(0.2), {"alpha": 0.2, "beta": 1.0}),
    ],
)
def test_configs_are_found_in_the_constructor(operation, config):
    assert operation.get_config() == config
    assert type(operation).from_config(config).get_config() == config


def test_what_cannot_be_kept_is_an_error():
    class Rest(keras.Operation):
        def __init__(self, *rest):
            super().__init__()

    for operation in (Scaled(object()), Rest(1, 2)):
        with pytest.raises(NotImplementedError, match="must override `get_config"):
            operation.get_config()
    with pytest.raises(ValueError, match="cannot contain character `/`"):
        Twice(name="a/b")
    with pytest.raises(NotImplementedError, match="does not have a `call` method"):
        keras.Operation()(1)


def test_files_hold_registered_ones(tmp_path):
    x = keras.Input((3,))
    model = keras.Model(x, keras.layers.Dense(2)(Scaled(3.0)(x)))
    model.save(tmp_path / "m.keras")
    rows = np.ones((2, 3), "float32")
    np.testing.assert_array_equal(keras.models.load_model(tmp_path / "m.keras").predict(rows), model.predict(rows))
