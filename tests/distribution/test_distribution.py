"""Meshes, layouts and distributions: what they say, and that training is the same with them."""

import numpy as np
import pytest

import fastnn as keras
from fastnn import distribution as d

EIGHT = [f"cpu:{i}" for i in range(8)]


def mesh():
    return d.DeviceMesh((4, 2), ["data", "model"], EIGHT)


def test_there_is_one_device():
    assert d.list_devices() == d.list_devices("CPU") == ["cpu:0"] and d.get_device_count("gpu") == 0


def test_layouts_by_path():
    layouts = d.LayoutMap(mesh())
    layouts[".*dense.*kernel"] = d.TensorLayout((None, "model"))
    layouts[".*dense.*bias"] = ("model",)
    assert layouts["dense_1/kernel"].axes == (None, "model") and layouts["dense_1/kernel"].device_mesh is not None
    assert (
        layouts["conv/kernel"] is None and list(layouts) == [".*dense.*kernel", ".*dense.*bias"] and len(layouts) == 2
    )
    layouts[".*kernel"] = ("data", None)
    with pytest.raises(ValueError, match="matches multiple"):
        layouts["dense_1/kernel"]
    del layouts[".*kernel"]
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, name="dense_9")])
    parallel = d.ModelParallel(layout_map=layouts)
    axes = [parallel.get_variable_layout(v).axes for v in model.weights]
    assert axes == [(None, "model"), ("model",)] and parallel.num_model_replicas == 4
    assert parallel.get_data_layout((8, 3, 3)).axes == ("data", None, None)
    assert parallel.get_tensor_layout("dense_1/kernel").axes == (None, "model")


def test_data_parallel():
    assert d.DataParallel().device_mesh.devices.tolist() == ["cpu:0"]
    parallel = d.DataParallel(devices=EIGHT)
    assert parallel.num_model_replicas == 8 and parallel.batch_dim_name == "batch" and parallel.data_shard_id == 0
    variable = keras.Variable(np.ones((2, 3), "float32"))
    assert parallel.get_variable_layout(variable).axes == (None, None) and parallel.get_tensor_layout("x") is None
    with pytest.warns(UserWarning, match="Expect the input mesh to be 1D"):
        assert d.DataParallel(mesh()).batch_dim_name == "data"


def trained():
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    model.compile("adam", "mse")
    x = np.arange(32, dtype="float32").reshape(8, 4)
    model.fit(x, x[:, :2], epochs=2, verbose=0)
    return model.get_weights()


def test_training_is_the_same_and_the_scope_ends():
    assert d.distribution() is None
    with d.DataParallel().scope():
        assert isinstance(d.distribution(), d.DataParallel)
        inside = trained()
        with d.ModelParallel(layout_map=d.LayoutMap(mesh())).scope():
            assert isinstance(d.distribution(), d.ModelParallel)
        assert isinstance(d.distribution(), d.DataParallel)
    assert d.distribution() is None
    assert all(map(np.array_equal, inside, trained()))
    x = np.ones((2, 3))
    assert d.distribute_tensor(x, d.TensorLayout((None, None))) is x


def twice():
    layouts = d.LayoutMap(mesh())
    layouts["a"] = ("data",)
    layouts["a"] = ("data",)


def other_mesh():
    d.TensorLayout(("data",), mesh()).device_mesh = mesh()


def no_layout():
    d.LayoutMap(mesh())["a"] = "data"


@pytest.mark.parametrize(("make", "words"), [
    (lambda: d.DeviceMesh((4,), ""), "cannot be empty"), (lambda: d.DeviceMesh((4, 2), ["a"]), "same size"),
    (lambda: d.DeviceMesh((4,), ["a"]), "does not match the number of devices"),
    (lambda: d.TensorLayout(("data", "unknown"), mesh()), "Invalid axis names"), (other_mesh, "Cannot override"),
    (twice, "already exist"), (no_layout, "should be a TensorLayout"),
    (lambda: d.DataParallel("mesh"), "instance of `DeviceMesh`"), (lambda: d.ModelParallel(), "must specify"),
    (lambda: d.ModelParallel(layout_map={}), "must be a `LayoutMap`"), (lambda: d.list_devices("npu"), "npu"),
    (lambda: d.ModelParallel(layout_map=d.LayoutMap(mesh()), meshes=1), "meshes"),
    (lambda: d.distribute_tensor(np.ones(2), d.TensorLayout((None, None))), "2 axes")])  # fmt: skip
def test_what_cannot_be(make, words):
    with pytest.raises(ValueError, match=words):
        make()
    with pytest.raises(TypeError, match="expected a Distribution"):
        d.set_distribution("data")


def test_what_is_printed():
    mesh = keras.distribution.DeviceMesh((1, 1), ["data", "model"], ["cpu:0"])
    spread = keras.distribution.ModelParallel(layout_map=keras.distribution.LayoutMap(mesh))
    assert repr(keras.distribution.DataParallel()) == (
        "<DataParallel device_mesh=<DeviceMesh shape=(1,), axis_names=['batch']>>"
    )
    assert repr(spread) == "<ModelParallel device_mesh=<DeviceMesh shape=(1, 1), axis_names=['data', 'model']>>"
