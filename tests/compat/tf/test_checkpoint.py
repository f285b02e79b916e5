"""tf.train.Checkpoint and CheckpointManager: values come back, files come and go, what does not fit is refused."""

import os

import numpy as np
import pytest

import fastnn
from fastnn import layers, losses, optimizers
from fastnn.compat.tf.checkpoint import Checkpoint, CheckpointManager, latest_checkpoint
from fastnn.compat.tf.module import Module
from fastnn.core.errors import ArgumentError, FileFormatError, MissingFileError
from fastnn.gradients import GradientTape

X, Y = np.arange(12, dtype="float32").reshape(4, 3) / 10, np.ones((4, 1), "float32")


def parts(units=2):
    model = fastnn.Sequential([fastnn.Input((3,)), layers.Dense(units), layers.BatchNormalization(), layers.Dense(1)])
    return model, optimizers.Adam(0.1), fastnn.Variable(0, dtype="int64")


def train(model, optimizer, step):
    with GradientTape() as tape:
        loss = losses.MeanSquaredError()(Y, model(X, training=True))
    optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
    step.assign(np.asarray(step) + 1)
    return float(loss)


def test_training_goes_on_from_the_file(tmp_path):
    """In new objects, whose optimizer has no slots yet, and in the old ones."""
    old = parts()
    checkpoint = Checkpoint(model=old[0], optimizer=old[1], step=old[2])
    for _ in range(3):
        train(*old)
    path = checkpoint.save(tmp_path / "ckpt")
    assert path == str(tmp_path / "ckpt-1") and latest_checkpoint(tmp_path) == path
    expected = [train(*old) for _ in range(3)]
    new = parts()
    status = Checkpoint(model=new[0], optimizer=new[1], step=new[2]).restore(path)
    assert int(new[2]) == 3 and int(new[1].iterations) == 3
    with pytest.raises(AssertionError, match="Unresolved object"):
        status.assert_consumed()
    assert [train(*new) for _ in range(3)] == expected
    status.assert_consumed()
    checkpoint.restore(path).assert_consumed()
    assert [train(*old) for _ in range(3)] == expected


def test_fit_goes_on_from_the_file(tmp_path):
    def compiled():
        model, optimizer, _ = parts()
        model.compile(optimizer, "mse")
        return model, Checkpoint(model=model, optimizer=optimizer)

    def losses_of(model):
        return model.fit(X, Y, epochs=2, batch_size=4, shuffle=False, verbose=0).history["loss"]

    old, checkpoint = compiled()
    losses_of(old)
    path = checkpoint.save(tmp_path / "ckpt")
    new, other = compiled()
    status = other.restore(path)
    assert losses_of(new) == losses_of(old)
    status.assert_consumed()


def test_an_optimizer_restored_before_compile_goes_on_in_fit(tmp_path):
    """Its slots are made, and get their values, while fit traces the step."""
    (old, optimizer, _), (new, other, _) = parts(), parts()
    old.compile(optimizer, "mse")
    old.fit(X, Y, epochs=3, batch_size=4, shuffle=False, verbose=0)
    path = Checkpoint(optimizer=optimizer).save(tmp_path / "ckpt")
    new.set_weights(old.get_weights())
    Checkpoint(optimizer=other).restore(path)
    new.compile(other, "mse")
    for model in (old, new):
        model.fit(X, Y, epochs=2, batch_size=4, shuffle=False, verbose=0)
    for a, b in zip(old.get_weights(), new.get_weights()):
        np.testing.assert_array_equal(a, b)


def test_objects_inside_objects(tmp_path):
    module = Module()
    module.w, module.layer = fastnn.Variable([1.0, 2.0]), layers.Dense(2)
    module.layer.build((None, 3))
    inner = Checkpoint(v=fastnn.Variable(3.0))
    checkpoint = Checkpoint(module=module, many=[fastnn.Variable(4.0), {"k": inner}])
    path = checkpoint.write(tmp_path / "folder" / "values")
    module.w.assign([0.0, 0.0])
    inner.v.assign(0.0)
    checkpoint.read(path).assert_consumed()
    assert np.asarray(module.w).tolist() == [1, 2] and float(inner.v) == 3.0
    assert latest_checkpoint(tmp_path / "folder") is None and int(checkpoint.save_counter) == 0


def test_parts_of_a_file(tmp_path):
    a, b = fastnn.Variable(1.0), fastnn.Variable(2.0)
    path = Checkpoint(a=a, b=b).save(tmp_path / "x")
    twin, other = fastnn.Variable(0.0), fastnn.Variable(7.0)
    status = Checkpoint(a=twin, c=other).restore(path).expect_partial()
    assert (float(twin), float(other)) == (1.0, 7.0)
    with pytest.raises(AssertionError, match="'b'"):
        status.assert_consumed()
    with pytest.raises(AssertionError, match=r"not in the checkpoint: .'c'"):
        status.assert_existing_objects_matched()
    nothing = Checkpoint(a=twin).restore(None)
    assert nothing.expect_partial() is nothing
    with pytest.raises(AssertionError, match="save_path=None"):
        nothing.assert_consumed()


def test_a_manager_keeps_the_last(tmp_path):
    step = fastnn.Variable(0)
    manager = CheckpointManager(Checkpoint(step=step), tmp_path, max_to_keep=2)
    assert manager.latest_checkpoint is None and manager.restore_or_initialize() is None
    for k in range(4):
        step.assign(k)
        assert manager.save() == str(tmp_path / f"ckpt-{k + 1}")
    assert sorted(os.listdir(tmp_path)) == ["checkpoint", "ckpt-3.index", "ckpt-4.index"]
    assert manager.checkpoints == [str(tmp_path / "ckpt-3"), str(tmp_path / "ckpt-4")]
    step.assign(9)
    again = CheckpointManager(Checkpoint(step=step), str(tmp_path), 2)
    assert again.restore_or_initialize() == latest_checkpoint(tmp_path) and int(step) == 3
    assert again.save() == str(tmp_path / "ckpt-5") and again.save(checkpoint_number=70).endswith("ckpt-70")


def test_a_manager_waits_for_steps(tmp_path):
    step = fastnn.Variable(0)
    manager = CheckpointManager(Checkpoint(step=step), tmp_path, None, step_counter=step, checkpoint_interval=3)
    saved = []
    for k in range(7):
        step.assign(k)
        saved.append(manager.save() is not None)
    assert saved == [True, False, False, True, False, False, True]


class Inner(layers.Layer):
    """Makes layers when it is built."""

    def build(self, input_shape):
        self.scale = self.add_weight(shape=(input_shape[-1],), name="scale")
        self.inner = [layers.Dense(2), layers.Dense(3)]

    def call(self, x):
        x = x * self.scale
        for layer in self.inner:
            x = layer(x)
        return x


class Net(fastnn.Model):
    """Knows no shape until it is called."""

    def __init__(self):
        super().__init__()
        self.first, self.norm, self.block = layers.Dense(4), layers.BatchNormalization(), Inner()
        self.stack = fastnn.Sequential([layers.Dense(2), layers.Dense(1)])

    def call(self, x, training=False):
        return self.stack(self.block(self.norm(self.first(x), training=training)))


def test_a_model_without_weights_takes_them_when_they_are_made(tmp_path):
    model, optimizer, step = Net(), optimizers.Adam(0.1), fastnn.Variable(0, dtype="int64")
    train(model, optimizer, step)
    path = Checkpoint(model=model, optimizer=optimizer, step=step).save(tmp_path / "x")
    other, slots, count = Net(), optimizers.Adam(0.1), fastnn.Variable(0, dtype="int64")
    status = Checkpoint(model=other, optimizer=slots, step=count).restore(path)
    assert int(count) == 1 and not other.weights
    with pytest.raises(AssertionError, match="Unresolved"):
        status.assert_consumed()
    assert np.array_equal(other(X), model(X))
    train(model, optimizer, step)
    train(other, slots, count)
    status.assert_consumed()
    for a, b in zip(model.weights + optimizer.variables, other.weights + slots.variables):
        assert np.array_equal(np.asarray(a), np.asarray(b))


def test_weights_come_back_when_fit_makes_them(tmp_path):
    model, other = Net(), Net()
    model(X)
    path = Checkpoint(model=model).save(tmp_path / "x")
    Checkpoint(model=other).restore(path)
    other.compile(optimizers.SGD(0.0), "mse")
    other.fit(X, Y, verbose=0)
    trained = zip(model.trainable_weights, other.trainable_weights)
    assert all(np.array_equal(a.numpy(), b.numpy()) for a, b in trained)


def test_what_does_not_fit_changes_nothing(tmp_path):
    model, _, step = parts()
    path = Checkpoint(model=model, step=step).save(tmp_path / "x")
    other, _, count = parts(units=5)
    count.assign(8)
    with pytest.raises(FileFormatError, match="shape"):
        Checkpoint(model=other, step=count).restore(path)
    assert int(count) == 8
    later = fastnn.Sequential([layers.Dense(5), layers.BatchNormalization(), layers.Dense(1)])
    Checkpoint(model=later).restore(path)
    with pytest.raises(FileFormatError, match="shape"):
        later(X)
    with pytest.raises(MissingFileError, match="no file"):
        Checkpoint(step=step).restore(tmp_path / "none")
    for content in (b"", b"\x00\x01 TensorFlow's table"):
        (tmp_path / "bad.index").write_bytes(content)
        with pytest.raises(FileFormatError, match=r"no checkpoint of fastnn"):
            Checkpoint(step=step).restore(tmp_path / "bad")
    with pytest.raises(ArgumentError, match="expecting name to be a trackable object"):
        Checkpoint(name="x")
    with pytest.raises(ArgumentError, match="max_to_keep"):
        CheckpointManager(Checkpoint(step=step), tmp_path, 0)
