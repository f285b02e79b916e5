"""What objects could do in other years: there under the aliases, gone without them."""

import numpy as np
import pytest

import fastnn
from fastnn.compat import backend
from fastnn.compat.arguments import adapt, restore
from fastnn.compat.keras2 import attributes as keras2
from fastnn.compat.keras_backend import values as backend_values
from fastnn.compat.shapes import TensorShape
from fastnn.compat.year_names import SAME, Logs
from fastnn.core.errors import ArgumentError

X = np.random.default_rng(0).random((12, 3)).astype("float32")
Y = X.sum(1, keepdims=True)


@pytest.fixture(autouse=True)
def those_years():
    adapt(fastnn.Model)
    yield
    restore()


def two_heads():
    i = fastnn.Input((3,))
    return fastnn.Model(i, [fastnn.layers.Dense(1, name=name)(i) for name in "ab"])


def test_everything_is_put_back():
    there = [(cls, name) for t in (keras2.PROPERTIES, keras2.METHODS, keras2.WRAPPED) for cls in t for name in t[cls]]
    during = {(cls, name): cls.__dict__[name] for cls, name in there}
    restore()
    assert all(cls.__dict__.get(name) is not value for (cls, name), value in during.items())
    assert not hasattr(fastnn.Input((3,)).shape, "as_list") and not hasattr(fastnn.Model, "add_metric")
    assert type(two_heads().compile).__name__ == "method"


@pytest.mark.parametrize("metrics", [["mae"], "mae", ["mae", "mse", "mape"]])
def test_flat_metrics_are_those_of_every_output(metrics):
    model = two_heads()
    model.compile("sgd", "mse", metrics=metrics)
    logs = model.fit(X, [Y, Y], verbose=0).history
    names = [metrics] if isinstance(metrics, str) else metrics
    assert {f"{head}_{name}" for head in "ab" for name in names} <= set(logs)
    restore()
    with pytest.raises(ArgumentError, match="metrics"):
        model.compile("sgd", "mse", metrics=metrics)
        model.fit(X, [Y, Y], verbose=0)


def test_one_entry_per_output_is_keras_threes():
    model = two_heads()
    model.compile("sgd", "mse", metrics=["mae", "mse"])
    assert {"a_mae", "b_mse"} < set(model.fit(X, [Y, Y], verbose=0).history)


@pytest.mark.parametrize("group", SAME)
def test_logs_under_the_names_of_all_years(group):
    for there in group:
        for asked in group:
            logs = Logs({f"val_{there}": 1.0, "loss": 2.0})
            assert logs[f"val_{asked}"] == logs.get(f"val_{asked}") == 1.0 and f"val_{asked}" in logs
            assert asked not in logs and logs.get(asked, 3.0) == 3.0
            with pytest.raises(KeyError):
                logs[asked]
    both = Logs(acc=1.0, accuracy=2.0)
    assert both["acc"] == 1.0 and both["accuracy"] == 2.0  # what is there under its name is meant


@pytest.mark.parametrize("cls", ["EarlyStopping", "ModelCheckpoint", "ReduceLROnPlateau"])
def test_callbacks_watch_an_old_name(cls, tmp_path):
    model = fastnn.Sequential([fastnn.Input((3,)), fastnn.layers.Dense(1, activation="sigmoid")])
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    more = {"filepath": str(tmp_path / "best-{val_acc:.1f}.h5"), "save_best_only": True} if "Check" in cls else {}
    callback = getattr(fastnn.callbacks, cls)(monitor="val_acc", **more)
    model.fit(X, np.round(Y / 3), epochs=2, validation_split=0.25, callbacks=[callback], verbose=0)
    assert callback.sign == 1 and callback.monitor == "val_acc"
    if more:
        assert list(tmp_path.glob("best-?.?.h5"))


def test_callbacks_know_the_data():
    seen = {}

    class Look(fastnn.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.update(self.params, validation=self.validation_data)

    model = two_heads()
    model.compile("sgd", "mse")
    model.fit(X, [Y, 2 * Y], batch_size=5, validation_split=0.25, callbacks=[Look()], verbose=0)
    x, a, b, weight_a, weight_b = seen["validation"]
    assert np.array_equal(x, X[9:]) and np.array_equal(b, 2 * a) and weight_a.tolist() == weight_b.tolist() == [1] * 3
    assert seen["samples"] == 9 and seen["batch_size"] == 5 and seen["do_validation"] and "val_loss" in seen["metrics"]
    own = Look()
    own.validation_data = [1]
    assert own.validation_data == [1]


def test_metrics_added_in_call_and_to_a_graph():
    class Scaled(fastnn.layers.Layer):
        def call(self, x):
            self.add_metric(fastnn.ops.mean(x), name="mean_of_x", aggregation="mean")
            return 2 * x

    i = fastnn.Input((3,))
    h = Scaled()(i)
    model = fastnn.Model(i, fastnn.layers.Dense(1)(h))
    model.add_metric(fastnn.ops.max(h), name="largest", aggregation="mean")
    model.compile(fastnn.optimizers.SGD(0.0), "mse")
    plain = fastnn.Model(i, model.output)
    plain.compile(fastnn.optimizers.SGD(0.0), "mse")
    logs, without = (m.evaluate(X, Y, verbose=0, return_dict=True) for m in (model, plain))
    assert logs["largest"] == pytest.approx(2 * X.max()) and logs["mean_of_x"] == pytest.approx(X.mean(), rel=1e-5)
    assert logs["loss"] == without["loss"] and "largest" not in without
    with pytest.raises(ArgumentError, match="name"):
        model.add_metric(h, name=3)


def test_a_stack_takes_another_rank():
    stack = fastnn.Sequential([fastnn.Input((4,)), fastnn.layers.Dense(6), fastnn.layers.Reshape((3, 2))])
    i = fastnn.Input((1, 4))
    model = fastnn.Model(i, stack(i))
    x = np.random.default_rng(1).random((5, 1, 4)).astype("float32")
    assert model.output_shape == (None, 3, 2)
    np.testing.assert_allclose(model.predict(x), stack.predict(x[:, 0]), rtol=1e-6)
    restore()
    with pytest.raises(ValueError, match=r"shape|ndim"):
        stack(i)


def test_functions_of_a_step():
    model = fastnn.Sequential([fastnn.Input((3,)), fastnn.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    loss = model.test_function([X, Y])
    assert loss == model.test_on_batch(X, Y) and len(model.train_function(iter([(X, Y)]))) == 2
    assert np.array_equal(model.predict_function([X])[0], model.predict_on_batch(X))
    assert model._make_predict_function() is None and model.layers[0].get_output_shape_at(0) == (None, 1)
    with pytest.raises(ArgumentError, match="called 1 time"):
        model.layers[0].get_input_shape_at(1)


def test_a_step_of_ones_own_and_minimize():
    class Own(fastnn.Model):
        def train_step(self, data):
            x, y = data
            loss = self.compiled_loss(y, self(x), regularization_losses=self.losses)
            self.optimizer.minimize(loss, self.trainable_variables)
            self.compiled_metrics.update_state(y, self(x))
            return {m.name: m.result() for m in self.metrics}

    i = fastnn.Input((3,))
    results = []
    for cls in (Own, fastnn.Model):
        dense = fastnn.layers.Dense(1, kernel_initializer="ones", kernel_regularizer="l2")
        model = cls(i, dense(i))
        model.compile(fastnn.optimizers.SGD(0.1), "mse", metrics=["mae"])
        history = model.fit(X, Y, batch_size=12, epochs=2, shuffle=False, verbose=0).history
        results.append((dense.get_weights()[0], history["loss"]))
    np.testing.assert_allclose(*[r[0] for r in results], rtol=1e-5)
    np.testing.assert_allclose(*[r[1] for r in results], rtol=1e-5)
    with pytest.raises(ArgumentError, match="`tape` is required"):
        fastnn.optimizers.SGD().minimize(1.0, [])


def test_every_layer_takes_first_weights():
    taken = 0
    for name in fastnn.layers.__all__:
        cls = getattr(fastnn.layers, name)
        if not (isinstance(cls, type) and issubclass(cls, fastnn.layers.Layer)) or name == "InputLayer":
            continue
        for arguments in ((), (2,), (2, 3), (2, 3, 4)):
            try:
                cls(*arguments)
            except Exception:
                continue
            table = issubclass(cls, fastnn.layers.Embedding)  # which has its weights from the start
            assert cls(*arguments, weights=[np.ones(arguments if table else 1)]) is not None, name
            taken += 1
            break
    assert taken > 60


def test_weights_are_kept_as_keras_2_did(tmp_path):
    import h5py

    i = fastnn.Input((3,))
    model = fastnn.Model(i, fastnn.layers.Dense(2, name="last")(fastnn.layers.BatchNormalization(name="bn")(i)))
    model.save_weights(tmp_path / "folder" / "w.h5")
    with h5py.File(tmp_path / "folder" / "w.h5") as file:
        names = [n if isinstance(n, str) else n.decode() for n in file.attrs["layer_names"]]
        assert names[1:] == ["bn", "last"] and len(file["bn"].attrs["weight_names"]) == 4
    other = fastnn.models.clone_model(model)
    other.load_weights(tmp_path / "folder" / "w.h5", by_name=True)
    assert np.array_equal(other.predict(X), model.predict(X))
    with pytest.raises(ArgumentError, match="exists"):
        model.save_weights(tmp_path / "folder" / "w.h5", overwrite=False)


def test_shapes():
    shape = fastnn.Input((4, None)).shape
    assert isinstance(shape, TensorShape) and shape == (None, 4, None) and shape[1:].as_list() == [4, None]
    assert shape.rank == shape.ndims == 3 and not shape.is_fully_defined() and shape.concatenate((2,))[-1] == 2
    with pytest.raises(ArgumentError, match="incompatible"):
        fastnn.Input((4,)).set_shape((None, 5))


@pytest.mark.parametrize("method", ["add_weight", "add_variable"])
def test_weights_of_those_years_say_their_name_first(method):
    layer = fastnn.layers.Layer(name="l")
    w = getattr(layer, method)("w", (2, 3), "float64", "ones", trainable=False)
    assert (w.name, w.shape, w.dtype, w.trainable, float(w[0, 0])) == ("w", (2, 3), "float64", False, 1.0)
    restore()
    with pytest.raises(ArgumentError, match="`name` must be passed as a keyword argument"):
        getattr(layer, method)("w", (2, 3))


def test_metrics_come_third_in_compile():
    model = fastnn.Sequential([fastnn.layers.Dense(1, input_shape=(3,))])
    for third in (["mae"], "mae", [lambda y, p: y - p]):
        model.compile("sgd", "mse", third)
        assert len(model.evaluate(X, Y, verbose=0)) == 2
    model.compile("sgd", "mse", [0.5], ["mae"])  # today's order: weights of losses are numbers
    assert len(model.evaluate(X, Y, verbose=0)) == 2


def test_metrics_are_set_back():
    metric = fastnn.metrics.Mean()
    metric.update_state([2.0])
    metric.reset_states()
    assert metric.result() == 0


def test_weights_that_a_layer_sets():
    from fastnn.compat import backend

    class Old(fastnn.layers.Layer):
        def build(self, input_shape):
            self.kernel = backend.variable(np.ones((input_shape[1], 2)), name="kernel")
            self.kept = backend.variable(np.zeros(2), name="kept")
            self.trainable_weights = [self.kernel]
            super().build(input_shape)

        def call(self, x, mask=None):
            return x @ self.kernel + self.kept

        def get_output_shape_for(self, shape):
            return shape[0], 2

    layer = Old(input_shape=(3,))
    model = fastnn.Sequential([layer])
    assert [w.name for w in layer.trainable_weights] == ["kernel"] == [w.name for w in layer._trainable_weights[:1]]
    model.compile("sgd", "mse")
    before = [layer.kernel.numpy().copy(), layer.kept.numpy().copy()]
    model.fit(X, np.tile(Y + 1, (1, 2)), epochs=1, verbose=0)
    assert not np.array_equal(layer.kernel.numpy(), before[0]) and np.array_equal(layer.kept.numpy(), before[1])


def test_an_update_that_was_made_at_once_is_no_update_of_a_function():
    total, x = fastnn.Variable(1.0), fastnn.Input((2,))
    with pytest.raises(ArgumentError, match="made at once"):
        backend.function([x], [x], updates=[backend_values.update_add(total, 2.0)])
