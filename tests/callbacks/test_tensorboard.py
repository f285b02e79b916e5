"""TensorBoard: which entries are written where; tags and steps as Keras 3.15 writes them."""

import sys
import types

import numpy as np
import pytest

import fastnn as keras
from fastnn import layers
from fastnn.callbacks import TensorBoard
from fastnn.callbacks.tensorboard import TABLE, picture
from fastnn.core.errors import ArgumentError, NotSupportedError

X, Y = np.ones((8, 4), "float32"), np.ones((8, 2), "float32")


@pytest.fixture
def written(monkeypatch):
    """{(folder, tag): [step, ...]} of all entries, in place of files; open writers under None."""
    entries = {None: set()}

    class SummaryWriter:
        def __init__(self, folder):
            self.folder = folder.replace("\\", "/").rpartition("/")[2]
            entries[None].add(self)

        def _add(self, tag, value, step, **kwargs):
            entries.setdefault((self.folder, tag), []).append(step)

        add_scalar = add_histogram = add_images = _add

        def close(self):
            entries[None].remove(self)

    monkeypatch.setitem(sys.modules, "tensorboardX", types.SimpleNamespace(SummaryWriter=SummaryWriter))
    return entries


def net():
    model = keras.Sequential([keras.Input((4,), name="x"), layers.Dense(2, name="d")], name="net")
    model.compile("sgd", "mse")
    return model


def fit(*arguments, model=None, **kwargs):
    board = TensorBoard(*arguments, **kwargs)
    (model or net()).fit(X, Y, batch_size=4, epochs=2, validation_data=(X, Y), callbacks=[board], verbose=0)
    return board


BASIC = {("train", "epoch_loss"): [0, 1], ("train", "epoch_learning_rate"): [0, 1],
         ("validation", "epoch_loss"): [0, 1], ("validation", "evaluation_loss_vs_iterations"): [2, 4]}  # fmt: skip


@pytest.mark.parametrize(("arguments", "more"), [
    ({}, {}), ({"update_freq": "batch"}, {("train", "batch_loss"): [1, 2, 3, 4]}),
    ({"update_freq": 2, "write_steps_per_second": True},
     {("train", "batch_loss"): [2, 4], ("train", "batch_steps_per_second"): [2, 4],
      ("train", "epoch_steps_per_second"): [0, 1]}),
    ({"histogram_freq": 2}, {("train", "d/kernel/histogram"): [0], ("train", "d/bias/histogram"): [0]}),
    ({"histogram_freq": 1, "write_images": True},
     {("train", f"d/{w}/{kind}"): [0, 1] for w in ("kernel", "bias") for kind in ("histogram", "image")})])  # fmt: skip
def test_entries(tmp_path, written, arguments, more):
    fit(tmp_path, **arguments)
    assert not written.pop(None)
    assert {(f, t.removeprefix("net/")): s for (f, t), s in written.items()} == {**BASIC, **more}


def test_an_evaluation_alone(tmp_path, written):
    model, board = net(), TensorBoard(tmp_path)
    model.evaluate(X, Y, callbacks=[board], verbose=0)
    assert written == {None: set(), ("validation", "evaluation_loss_vs_iterations"): [0]}


def test_the_projector(tmp_path, written):
    model = keras.Sequential([keras.Input((4,)), layers.Embedding(5, 2, name="words"), layers.Flatten(),
                              layers.Dense(2)])  # fmt: skip
    model.compile("sgd", "mse")
    fit(tmp_path, embeddings_freq=1, embeddings_metadata={"words": "words.tsv"}, model=model)
    text = (tmp_path / "projector_config.pbtxt").read_text()
    assert text == f'embeddings {{\n  tensor_name: "{TABLE}"\n  metadata_path: "words.tsv"\n}}\n'
    assert sorted(p.name for p in (tmp_path / "train").iterdir()) == [
        f"keras_embedding.ckpt-{epoch}.weights.h5" for epoch in range(2)
    ]
    with pytest.raises(ArgumentError, match="Unrecognized `Embedding` layer names"):
        fit(tmp_path, embeddings_freq=1, embeddings_metadata={"other": "words.tsv"}, model=model)


def test_a_missing_package_is_named(tmp_path, written, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(NotSupportedError, match="pip install pillow"):
        fit(tmp_path, write_images=True)


def test_batch_hooks_of_a_subclass_are_called(tmp_path, written):
    seen = []

    class Own(TensorBoard):
        def on_train_batch_end(self, batch, logs=None):
            seen.append(batch)

    net().fit(X, Y, batch_size=4, callbacks=[Own(tmp_path)], verbose=0)
    assert seen == [0, 1]


@pytest.mark.parametrize(
    ("shape", "shown"),
    [((3,), (1, 3, 1, 1)), ((2, 3), (1, 2, 3, 1)), ((3, 2), (1, 2, 3, 1)), ((3, 3, 2, 4), (3, 3, 2, 4)),
     ((3, 3, 1, 8), (8, 3, 3, 1)), ((3, 3, 2, 8), None), ((2, 2, 2, 2, 2), None)])  # fmt: skip
def test_pictures(shape, shown):
    found = picture(np.random.default_rng(0).normal(size=shape))
    assert (None if found is None else found.shape) == shown
    assert found is None or (found.min() >= 0 and found.max() <= 1)
