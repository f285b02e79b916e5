"""What modules of Keras 1 and 2 held besides what they were for."""

import importlib

import h5py
import numpy as np
import pytest

import fastnn
from fastnn import Input, Model, compat, layers
from fastnn.compat import year_parts as old
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.utils import PyDataset

X = np.arange(12.0).reshape(4, 3)


@pytest.fixture
def aliases():
    compat.install()
    yield
    compat.uninstall()


NAMES = ["engine.training:_make_batches", "engine.training:_slice_arrays", "engine.topology:Node",
         "engine.topology:_object_list_uid", "engine.saving:load_weights_from_hdf5_group_by_name",
         "utils:multi_gpu_model", "utils.training_utils:multi_gpu_model", "utils.multi_gpu_utils:multi_gpu_model",
         "utils.io_utils:HDF5Matrix", "utils.layer_utils:convert_all_kernels_in_model",
         "utils.data_utils:OrderedEnqueuer", "initializers:_compute_fans", "initializations:get_fans",
         "applications.resnet50:identity_block", "applications.resnet50:WEIGHTS" , "applications.densenet:conv_block",
         "applications.vgg16:_obtain_input_shape", "applications.vgg16:Convolution2D", "applications.vgg16:get_file",
         "layers.recurrent:K", "layers.recurrent:_time_distributed_dense", "optimizers:K", "regularizers:K",
         "engine.topology:np", "legacy:interfaces", "preprocessing.image:DirectoryIterator",
         "preprocessing.image:random_rotation", "metrics:fmeasure", "models:Graph", "layers:TimeDistributedDense",
         "layers.advanced_activations:SReLU", "engine.topology:_to_list", "losses:K",
         "utils.np_utils:to_categorical"]  # fmt: skip


@pytest.mark.parametrize("name", [n for n in NAMES if not n.endswith("WEIGHTS")])
def test_names_are_found(aliases, name):
    module, _, name = name.partition(":")
    assert getattr(importlib.import_module(f"keras.{module}"), name) is not None


def test_names_that_nobody_had_are_none(aliases):
    for module, name in (
        ("keras.layers.recurrent", "unheard_of"),
        ("keras.utils", "K"),
        ("keras.applications.vgg16", "x"),
    ):
        with pytest.raises(AttributeError):
            getattr(importlib.import_module(module), name)


def test_batches():
    assert old.make_batches(5, 2) == [(0, 2), (2, 4), (4, 5)]
    found = old.batch_shuffle(np.arange(11), 2)
    assert found[-1] == 10 and sorted(found) == list(range(11)) and (found[:10:2] % 2 == 0).all()
    assert old.standardize_input_data(None, ["a"]) == [None] and old.standardize_input_data(X, []) == []
    (one,) = old.standardize_input_data({"a": X[:, 0]}, ["a"])
    assert one.shape == (4, 1)
    assert old.standardize_input_data(X, ["a"], [(None, 3)])[0] is X
    for data, error in (({"b": X}, ArgumentError), ([X, X], ArgumentError)):
        with pytest.raises(error):
            old.standardize_input_data(data, ["a"])
    with pytest.raises(ShapeError, match="expected a to have shape"):
        old.standardize_input_data(X, ["a"], [(None, 4)], exception_prefix="input")


def test_models_of_many_gpus():
    i = Input((3,))
    one = Model(i, layers.Dense(2)(i))
    many = old.multi_gpu_model(one, gpus=[0, 1])
    np.testing.assert_array_equal(many.predict(X, verbose=0), one.predict(X, verbose=0))
    assert many.weights[0] is one.weights[0]
    for gpus in (None, 0, 1, [0]):
        with pytest.raises(ValueError, match="gpus >= 2"):
            old.multi_gpu_model(one, gpus)


def test_kernels_turned_round():
    i = Input((4, 4, 1))
    inner = Model(i, layers.Conv2D(1, 2)(i))
    model = Model(j := Input((4, 4, 1)), inner(j))
    before = inner.layers[1].kernel.numpy()
    old.convert_all_kernels_in_model(model)
    np.testing.assert_array_equal(inner.layers[1].kernel.numpy(), before[::-1, ::-1])


class Numbers(PyDataset):
    ended = 0

    def __len__(self):
        return 3

    def __getitem__(self, k):
        return k

    def on_epoch_end(self):
        self.ended += 1


def test_queues():
    queue = old.OrderedEnqueuer(Numbers(), use_multiprocessing=False)
    assert not queue.is_running()
    queue.start(workers=2, max_queue_size=4)
    batches = queue.get()
    assert [next(batches) for _ in range(4)] == [0, 1, 2, 0] and queue.sequence.ended == 1
    queue.stop()
    assert sorted(batches) == [1, 2]
    mixed = old.OrderedEnqueuer(Numbers(), shuffle=True)
    mixed.start()
    batches = mixed.get()
    assert sorted(next(batches) for _ in range(3)) == [0, 1, 2]
    endless = old.OrderedEnqueuer(iter([5]))
    endless.start()
    assert list(endless.get()) == [5]


def test_weights_of_an_open_file(tmp_path, aliases):
    keras = importlib.import_module("keras")
    i = Input((3,))
    model = Model(i, layers.Dense(2, name="b")(layers.Dense(3, name="a")(i)))
    keras.models.Model.save_weights(model, str(tmp_path / "w.h5"))
    other = fastnn.models.clone_model(model)
    with h5py.File(tmp_path / "w.h5") as file:
        old.load_weights_from_hdf5_group(file, other.layers)
        np.testing.assert_array_equal(other.predict(X, verbose=0), model.predict(X, verbose=0))
        alone = layers.Dense(2, name="b")
        alone.build((None, 3))
        wider = layers.Dense(2, name="a")
        wider.build((None, 4))
        old.load_weights_from_hdf5_group_by_name(file, [alone, wider], skip_mismatch=True)
        np.testing.assert_array_equal(alone.get_weights()[0], model.get_layer("b").get_weights()[0])
        with pytest.raises(ArgumentError, match="2 layers into a model with 1"):
            old.load_weights_from_hdf5_group(file, [alone])


def test_optimizers_of_those_years():
    assert float(old.clip_norm(np.float32(4), 2.0, np.float32(4))) == 2 and old.clip_norm(3.0, 0, 1.0) == 3.0
    made = old.optimizer_from_config({"class_name": "SGD", "config": {}})
    assert type(made) is fastnn.optimizers.SGD and old.make_tuple(1) == (1,)
    assert old.TFOptimizer("it") == "it"
