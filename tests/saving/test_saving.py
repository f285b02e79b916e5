"""Models through files: the same predictions, the same optimizer, all or nothing."""

import contextlib
import json
import zipfile

import h5py
import numpy as np
import pytest

import fastnn as keras
from fastnn import layers
from fastnn.core.errors import ArgumentError, FastnnError, FileFormatError, NotBuiltError, UnknownNameError
from fastnn.saving import container, hdf5


def sequential():
    """A small image model."""
    # fmt: off
    return keras.Sequential([keras.Input((6, 6, 1)), layers.Conv2D(3, 3), layers.BatchNormalization(),
                             layers.Activation("relu"), layers.MaxPooling2D(), layers.Flatten(), layers.Dropout(0.2),
                             layers.Dense(4, kernel_regularizer="l2"), layers.Dense(2, activation="softmax")])
    # fmt: on


def functional():
    """Two inputs, a shared layer, a nested model, two outputs, an operation."""
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    shared = layers.Dense(3, activation="tanh", name="shared")
    tower = keras.Sequential([keras.Input((3,)), layers.Dense(3), layers.Dense(2)], name="tower")
    x = layers.Concatenate()([shared(a), shared(b)])
    y = tower(shared(a) * 2.0 + shared(b))
    return keras.Model({"a": a, "b": b}, [layers.Dense(1, name="first")(x), y], name="both")


class Block(layers.Layer):
    """A layer with layers in lists and dicts."""

    def __init__(self, units=3, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.steps = [layers.Dense(units), layers.Dense(units)]
        self.named = {"last": layers.Dense(units)}

    def build(self, input_shape):
        shape = tuple(input_shape)
        for layer in (*self.steps, self.named["last"]):
            layer.build(shape)
            shape = (*shape[:-1], self.units)
        self.scale = self.add_weight(shape=(self.units,), initializer="ones", name="scale")

    def call(self, x):
        for layer in self.steps:
            x = layer(x)
        return self.named["last"](x) * self.scale

    def get_config(self):
        return {**super().get_config(), "units": self.units}


def data_for(model, rows=5, seed=0):
    """Random inputs for a model."""
    random = np.random.default_rng(seed)
    shapes = model.input_shape
    if isinstance(shapes, dict):
        return {k: random.normal(size=(rows, *s[1:])).astype("float32") for k, s in shapes.items()}
    return random.normal(size=(rows, *shapes[1:])).astype("float32")


def predictions(model, x):
    """Predictions as a list of bytes."""
    out = model.predict(x, verbose=0)
    return [np.asarray(o).tobytes() for o in (out if isinstance(out, list) else [out])]


@pytest.mark.parametrize("make", [sequential, functional])
@pytest.mark.parametrize("compiled", [True, False])
def test_round_trip(tmp_path, make, compiled):
    model = make()
    if compiled:
        model.compile("adam", "mse" if make is functional else "sparse_categorical_crossentropy")
    x = data_for(model)
    expected = predictions(model, x)
    path = tmp_path / "model.keras"
    model.save(path)
    again = keras.models.load_model(path)
    assert predictions(again, x) == expected
    assert [(w.name, w.shape) for w in again.weights] == [(w.name, w.shape) for w in model.weights]
    assert [layer.name for layer in again.layers] == [layer.name for layer in model.layers]
    assert bool(getattr(again, "compiled", False)) == compiled


def test_a_renamed_attribute_whose_old_name_is_a_property(tmp_path):
    class Before(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(3)

        def call(self, x):
            return self.dense(x)

    class After(keras.Model):
        def __init__(self):
            super().__init__()
            self.a_dense, self.other = layers.Dense(3), layers.Dense(3)

        @property
        def dense(self):
            return self.a_dense

        def call(self, x):
            return self.dense(x)

    x = np.ones((2, 2), "float32")
    before, after = Before(), After()
    expected = before(x)
    after(x)
    before.save_weights(tmp_path / "m.weights.h5")
    after.load_weights(tmp_path / "m.weights.h5")
    assert np.array_equal(after(x), expected)
    after.save_weights(tmp_path / "n.weights.h5")  # under the new name
    with pytest.raises(FileFormatError, match="a_dense"):
        before.load_weights(tmp_path / "n.weights.h5")


def test_training_goes_on_where_it_stopped(tmp_path):
    """Two epochs, saved and loaded in between, give the bits of two epochs in one go (no random order or dropout)."""

    def make():
        keras.utils.set_random_seed(3)
        model = keras.Sequential([keras.Input((4,)), layers.Dense(5, activation="tanh"), layers.Dense(1)])
        model.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"])
        return model

    x = np.random.default_rng(0).normal(size=(12, 4)).astype("float32")
    y = x[:, :1] * 2
    whole = make()
    whole.fit(x, y, epochs=2, batch_size=4, shuffle=False, verbose=0)
    first = make()
    first.fit(x, y, epochs=1, batch_size=4, shuffle=False, verbose=0)
    first.save(tmp_path / "m.keras")
    second = keras.models.load_model(tmp_path / "m.keras")
    assert int(second.optimizer.iterations) == 3
    second.fit(x, y, epochs=1, batch_size=4, shuffle=False, verbose=0)
    assert [w.tobytes() for w in second.get_weights()] == [w.tobytes() for w in whole.get_weights()]


def test_compile_arguments(tmp_path):
    model = functional()
    model.compile(
        keras.optimizers.SGD(0.25, momentum=0.5, nesterov=True),
        loss=["mse", keras.losses.Huber(0.5)],
        loss_weights=[1.0, 0.5],
        metrics=[["mae"], [keras.metrics.MeanSquaredError(name="m")]],
    )
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    assert again.optimizer.get_config() == model.optimizer.get_config()
    x, y = data_for(model), [np.ones((5, 1)), np.ones((5, 2))]
    assert again.evaluate(x, y, verbose=0, return_dict=True) == model.evaluate(x, y, verbose=0, return_dict=True)
    assert not getattr(keras.models.load_model(tmp_path / "m.keras", compile=False), "compiled", False)


def test_layout_is_that_of_keras(tmp_path):
    model = sequential()
    model.compile("adam", "mse")
    model.save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        assert sorted(archive.namelist()) == ["config.json", "metadata.json", "model.weights.h5"]
        config = json.loads(archive.read("config.json"))
        with hdf5.reading(archive.read("model.weights.h5")) as reader:
            arrays = reader.arrays()
    assert config["module"] == "keras" and config["class_name"] == "Sequential"
    assert [layer["class_name"] for layer in config["config"]["layers"]][:2] == ["InputLayer", "Conv2D"]
    assert config["compile_config"]["loss"] == "mse"
    for path in (
        "layers/conv2d/vars/0",
        "layers/conv2d/vars/1",
        "layers/batch_normalization/vars/3",
        "layers/dense/vars/0",
        "layers/dense_1/vars/1",
    ):
        assert path in arrays


def test_layers_in_containers(tmp_path):
    make = lambda: keras.Sequential([keras.Input((4,)), Block(3), layers.Dense(1)])
    model, other = make(), make()
    model.save_weights(tmp_path / "m.weights.h5")
    with h5py.File(tmp_path / "m.weights.h5") as file:
        for path in (
            "layers/block/steps/dense/vars/0",
            "layers/block/steps/dense_1/vars/0",
            "layers/block/named/dense/vars/0",
            "layers/block/vars/0",
            "layers/dense/vars/0",
        ):
            assert path in file
    other.load_weights(tmp_path / "m.weights.h5")
    assert all(map(np.array_equal, model.get_weights(), other.get_weights()))
    model.save(tmp_path / "m.keras")
    with pytest.raises(UnknownNameError, match="Block"):
        keras.models.load_model(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras", custom_objects={"Block": Block})
    assert predictions(again, data_for(model)) == predictions(model, data_for(model))


def test_own_way_to_save(tmp_path):
    class Own(layers.Dense):
        def save_own_variables(self, store):
            store["w"], store["b"] = self.kernel.numpy() * 2, self.bias.numpy()

        def load_own_variables(self, store):
            self.kernel.assign(store["w"] / 2)
            self.bias.assign(store["b"])

    model, other = (keras.Sequential([keras.Input((4,)), Own(3)]) for _ in range(2))
    model.save_weights(tmp_path / "m.weights.h5")
    other.load_weights(tmp_path / "m.weights.h5")
    assert np.allclose(model.get_weights()[0], other.get_weights()[0])


def test_json():
    model = functional()
    again = keras.models.model_from_json(model.to_json())
    again.set_weights(model.get_weights())
    assert predictions(again, data_for(model)) == predictions(model, data_for(model))
    layer = keras.models.model_from_json('{"class_name": "Dense", "module": "keras.layers", "config": {"units": 2}}')
    assert type(layer) is layers.Dense and layer.units == 2  # as Keras
    with pytest.raises(FileFormatError):
        keras.models.model_from_json("[1]")
    with pytest.raises(ArgumentError):
        keras.models.model_from_json(5)


def test_names_of_files(tmp_path):
    model = sequential()
    for name in ("m", "m.hdf", "m.txt"):
        with pytest.raises(ArgumentError, match="keras"):
            model.save(tmp_path / name)
    with pytest.raises(ArgumentError, match=r"weights\.h5"):
        model.save_weights(tmp_path / "m.h5")
    model.save(tmp_path / "m.keras")
    with pytest.raises(ArgumentError, match="exists"):
        model.save(tmp_path / "m.keras", overwrite=False)
    with pytest.raises(NotBuiltError):
        keras.Sequential([layers.Dense(2)]).save_weights(tmp_path / "m.weights.h5")
    with pytest.raises(FileNotFoundError):
        keras.models.load_model(tmp_path / "no.keras")


def test_weights_that_do_not_fit_change_nothing(tmp_path):
    model = sequential()
    model.save_weights(tmp_path / "m.weights.h5")
    others = [
        keras.Sequential([keras.Input((6, 6, 1)), layers.Conv2D(3, 3), layers.Flatten(), layers.Dense(2)]),
        keras.Sequential(
            [
                keras.Input((6, 6, 1)),
                layers.Conv2D(3, 3),
                layers.BatchNormalization(),
                layers.MaxPooling2D(),
                layers.Flatten(),
                layers.Dense(4),
                layers.Dense(3),
            ]
        ),
    ]
    for other in others:
        before = other.get_weights()
        with pytest.raises(FileFormatError, match="Nothing has been changed"):
            other.load_weights(tmp_path / "m.weights.h5")
        assert all(map(np.array_equal, before, other.get_weights()))
    with pytest.warns(UserWarning, match="skipped"):
        others[1].load_weights(tmp_path / "m.weights.h5", skip_mismatch=True)
    assert np.array_equal(others[1].layers[0].get_weights()[0], model.layers[0].get_weights()[0])


def rewrite(path, config=None, weights=None):
    """Change the parts of an archive by functions and write it back."""
    data = path.read_bytes()
    archive, infos = container.read_members(data)
    parts = {name: container.read_member(archive, info) for name, info in infos.items()}
    if config:
        parts["config.json"] = json.dumps(config(json.loads(parts["config.json"]))).encode()
    if weights:
        parts["model.weights.h5"] = weights(parts["model.weights.h5"])
    path.write_bytes(container.write_members(parts))


def set_units(units):
    """A change of the last layer's units."""

    def change(config):
        config["config"]["layers"][-1]["config"]["units"] = units
        return config

    return change


@pytest.mark.parametrize("units", [3, 0, -1, True, 2**63, 10**30, 1.5, "4", None, [2]])
def test_shapes_that_do_not_fit_the_weights(tmp_path, units):
    path = tmp_path / "m.keras"
    sequential().save(path)
    rewrite(path, set_units(units))
    with pytest.raises(FastnnError):
        keras.models.load_model(path)


def test_a_config_cannot_take_all_memory(tmp_path):
    path = tmp_path / "m.keras"
    sequential().save(path)
    rewrite(path, set_units(2**33))  # 128 GiB, had it been allowed
    with pytest.raises(FileFormatError, match="bytes"):
        keras.models.load_model(path)


def test_graphs_that_cannot_be(tmp_path):
    def edit(function):
        path = tmp_path / "m.keras"
        functional().save(path)
        rewrite(path, function)
        with pytest.raises(FastnnError):
            keras.models.load_model(path)

    def dangling(config):
        text = json.dumps(config).replace('["shared", 0, 0]', '["nowhere", 0, 0]')
        return json.loads(text)

    def missing(config):
        del config["config"]["output_layers"]
        return config

    def cycle(config):
        shared = next(layer for layer in config["config"]["layers"] if layer["name"] == "shared")
        shared["inbound_nodes"][0]["args"][0]["config"]["keras_history"] = ["first", 0, 0]
        return config

    def twice(config):
        config["config"]["layers"].append(config["config"]["layers"][-1])
        return config

    def no_layers(config):
        config["config"]["layers"] = "all"
        return config

    for function in (
        dangling,
        missing,
        cycle,
        twice,
        no_layers,
        lambda c: [],
        lambda c: {"a": 1},
        lambda c: {**c, "class_name": "Dense"},
        lambda c: {**c, "config": None},
    ):
        edit(function)


def test_weights_damaged_in_the_archive(tmp_path):
    path = tmp_path / "m.keras"

    def changed(change):
        def apply(data):
            import io

            file = io.BytesIO(data)
            with h5py.File(file, "r+") as h5:
                change(h5)
            return file.getvalue()

        return apply

    def drop(file):
        del file["layers/dense/vars/0"]

    def add(file):
        file["layers/extra/vars/0"] = np.ones(3)

    def reshape(file):
        del file["layers/dense/vars/0"]
        file["layers/dense/vars/0"] = np.ones((2, 2), "f4")

    def text(file):
        del file["layers/dense/vars/1"]
        file["layers/dense/vars/1"] = "hello"

    def other_value(file):
        file["layers/dense/vars/1"][0] = 7

    for change in (drop, add, reshape, text, other_value):
        sequential().save(path)
        rewrite(path, weights=changed(change))
        with pytest.raises(FileFormatError):
            keras.models.load_model(path)


def test_half_precision_and_big_endian_weights_are_read(tmp_path):
    model = sequential()
    path = tmp_path / "m.weights.h5"
    model.save_weights(path)
    kernel = model.layers[-1].get_weights()[0]
    for dtype in (">f4", "<f8", "<f2"):
        with h5py.File(path, "r+") as file:
            file.attrs.pop(hdf5.DIGEST, None)
            del file["layers/dense_1/vars/0"]
            file["layers/dense_1/vars/0"] = kernel.astype(dtype)
        other = sequential()
        other.load_weights(path)
        assert np.array_equal(other.layers[-1].get_weights()[0], kernel.astype(dtype).astype("f4"))


def test_truncated_archives(tmp_path):
    path = tmp_path / "m.keras"
    sequential().save(path)
    data = path.read_bytes()
    for percent in range(0, 100, 4):
        path.write_bytes(data[: len(data) * percent // 100])
        with pytest.raises(FileFormatError):
            keras.models.load_model(path)


def test_newer_formats_name_the_version(tmp_path):
    path = tmp_path / "m.keras"
    sequential().save(path)
    archive, infos = container.read_members(path.read_bytes())
    parts = {name: container.read_member(archive, info) for name, info in infos.items()}
    parts["metadata.json"] = json.dumps({"fastnn_format": 99, "fastnn_needed": "9.8.7"}).encode()
    path.write_bytes(container.write_members(parts))
    with pytest.raises(FileFormatError, match=r"9\.8\.7"):
        keras.models.load_model(path)


def test_inspect(tmp_path):
    model = functional()
    model.compile("adam", "mse")
    model.save(tmp_path / "m.keras")
    found = keras.saving.inspect_file(tmp_path / "m.keras")
    assert found["model"] == {"class": "Functional", "name": "both"} and found["parameters"] == model.count_params()
    assert {"Dense", "Functional", "Concatenate"} <= set(found["names"])
    model.save_weights(tmp_path / "m.weights.h5")
    assert keras.saving.inspect_file(tmp_path / "m.weights.h5")["parameters"] == model.count_params()
    (tmp_path / "x.keras").write_bytes(b"nothing")
    with pytest.raises(FileFormatError):
        keras.saving.inspect_file(tmp_path / "x.keras")


@pytest.mark.parametrize(("member", "text"), [
    (container.METADATA, "[]"), (container.METADATA, "7"), (container.CONFIG, "[]"),
    (container.CONFIG, '{"class_name": "Sequential", "config": {}, "compile_config": "x"}')])  # fmt: skip
def test_inspect_of_damaged_parts(member, text, tmp_path, capsys):
    from fastnn.cli import main

    sequential().save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    (tmp_path / "m.keras").write_bytes(container.write_members({**parts, member: text.encode()}))
    with pytest.raises(FileFormatError, match="expected an object"):
        keras.saving.inspect_file(tmp_path / "m.keras")
    assert main(["inspect", str(tmp_path / "m.keras")]) == 1 and "expected an object" in capsys.readouterr().err


@pytest.mark.parametrize(("key", "value"), [
    ("filters", -1), ("strides", ["Zeros", 2]), ("kernel_size", {}), ("dtype", "float1"), ("padding", [1]),
    ("filters", 10**30), ("name", 7), ("use_bias", [[]]), ("kernel_regularizer", "x")])  # fmt: skip
def test_arguments_that_no_constructor_takes(key, value):
    """They are damage of the file, whatever the constructor says; of a config by itself, its own error."""
    config = json.loads(sequential().to_json())
    layer = next(x for x in config["config"]["layers"] if x["class_name"] == "Conv2D")
    layer["config"][key] = value
    try:
        keras.models.model_from_json(json.dumps(config))
    except (FileFormatError, UnknownNameError) as error:
        assert "model_from_json" in str(error) or isinstance(error, UnknownNameError)
    with contextlib.suppress(FastnnError):
        keras.layers.deserialize(layer)


@pytest.mark.parametrize(("name", "arguments"), [
    ("MeanIoU", {"num_classes": 10**6}), ("MeanIoU", {"num_classes": {}}), ("AUC", {"num_thresholds": 10**9}),
    ("AUC", {"thresholds": [[1, 2], 3]}), ("AUC", {"strange": 1})])  # fmt: skip
def test_configs_by_themselves(name, arguments):
    with pytest.raises(FastnnError):
        keras.metrics.deserialize({"class_name": name, "config": arguments})


def test_failed_save_keeps_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "m.keras"
    model = sequential()
    model.save(path)
    old = path.read_bytes()

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("fastnn.saving.files.Disk.write", full)
    with pytest.raises(OSError, match="space"):
        model.save(path)
    assert path.read_bytes() == old and [p.name for p in tmp_path.iterdir()] == ["m.keras"]
