"""Image files, folders of them and random variants."""

import sys

import numpy as np
import pytest

import fastnn as keras
from fastnn import ops, utils
from fastnn.core.errors import (
    ArgumentError,
    ArgumentTypeError,
    DataError,
    MissingFileError,
    NotBuiltError,
    NotSupportedError,
)
from fastnn.preprocessing.image import ImageDataGenerator, smart_resize

RNG = np.random.default_rng(0)
X, Y = RNG.random((10, 6, 8, 3)), np.arange(10)


@pytest.fixture
def folder(tmp_path):
    for name, n in (("cats", 4), ("dogs", 6)):
        (tmp_path / name).mkdir()
        for i in range(n):
            utils.save_img(tmp_path / name / f"{i}.png", np.full((5, 7, 3), 20.0 * i + (name == "dogs")), scale=False)
    (tmp_path / "dogs" / "notes.md").write_text("no image")
    return tmp_path


def test_files(tmp_path):
    for channels in (1, 3, 4):
        image = RNG.integers(0, 256, (5, 7, channels)).astype("float32")
        path = tmp_path / f"{channels}.png"
        utils.save_img(path, image, scale=False)
        mode = {1: "grayscale", 3: "rgb", 4: "rgba"}[channels]
        np.testing.assert_array_equal(utils.img_to_array(utils.load_img(path, mode)), image)
    assert utils.img_to_array(utils.load_img(path, target_size=(3, 4))).shape == (3, 4, 3)
    assert utils.load_img(path, target_size=(4, 4), keep_aspect_ratio=True).size == (4, 4)
    assert utils.img_to_array(utils.load_img(path), data_format="channels_first").shape == (3, 5, 7)
    (tmp_path / "bad.png").write_bytes(b"nothing")
    for wrong, error in (
        (lambda: utils.load_img(tmp_path / "bad.png"), DataError),
        (lambda: utils.load_img(tmp_path / "none.png"), MissingFileError),
        (lambda: utils.load_img(path, "blue"), ArgumentError),
        (lambda: utils.load_img(path, target_size=(2, 2), interpolation="x"), ArgumentError),
        (lambda: utils.array_to_img(np.ones((2, 2, 5))), DataError),
        (lambda: utils.array_to_img(np.ones(2)), DataError),
    ):
        with pytest.raises(error):
            wrong()


@pytest.mark.parametrize(("mode", "shape"), [("int", (3,)), ("categorical", (3, 2)), ("binary", (3, 1))])
def test_folder(folder, mode, shape):
    data = utils.image_dataset_from_directory(folder, label_mode=mode, image_size=(4, 6), batch_size=3, shuffle=False)
    batches = list(data)
    assert data.class_names == ["cats", "dogs"] and len(data) == 4 and batches[0][0].shape == (3, 4, 6, 3)
    assert batches[0][1].shape == shape
    values = np.concatenate([x[:, 0, 0, 0] for x, _ in batches])
    assert values.tolist() == [0, 20, 40, 60, 1, 21, 41, 61, 81, 101]


def test_folders_say_what_they_hold(folder, capsys):
    how = {"target_size": (4, 4), "subset": "training"}
    ImageDataGenerator(validation_split=0.5).flow_from_directory(str(folder), **how)
    assert capsys.readouterr().out == "Found 5 images belonging to 2 classes.\n"


def test_folder_splits_and_trains(folder):
    parts = [
        utils.image_dataset_from_directory(folder, validation_split=0.3, subset=s, seed=1, image_size=(4, 4))
        for s in ("training", "validation")
    ]
    both = utils.image_dataset_from_directory(folder, validation_split=0.3, subset="both", seed=1, image_size=(4, 4))
    for one, other in zip(parts, both):
        assert one.file_paths == other.file_paths
    assert [len(p.file_paths) for p in parts] == [7, 3]
    assert len({*parts[0].file_paths, *parts[1].file_paths}) == 10
    first, again = (next(iter(parts[0]))[1] for _ in range(2))
    assert sorted(first) == sorted(again)
    model = keras.Sequential(
        [keras.Input((4, 4, 3)), keras.layers.Rescaling(1 / 255), keras.layers.Flatten(), keras.layers.Dense(2)]
    )
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(parts[0], validation_data=parts[1], epochs=2, verbose=0)
    alone = utils.image_dataset_from_directory(folder, labels=None, image_size=(4, 4), batch_size=4)
    assert model.predict(alone, verbose=0).shape == (10, 2)
    for wrong in (
        {"validation_split": 2},
        {"validation_split": 0.2},
        {"label_mode": "x"},
        {"color_mode": "x"},
        {"labels": [1, 2]},
        {"class_names": ["a"]},
        {"validation_split": 0.5, "subset": "training"},
    ):
        with pytest.raises(ArgumentError):
            utils.image_dataset_from_directory(folder, **wrong)
    with pytest.raises(MissingFileError):
        utils.image_dataset_from_directory(folder / "none")


def test_folder_of_texts(tmp_path):
    for name in ("bad", "good"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_text(f"very {name}", encoding="utf-8")
    data = utils.text_dataset_from_directory(tmp_path, shuffle=False, max_length=6)
    ((texts, labels),) = data
    assert texts.tolist() == ["very b", "very g"] and labels.tolist() == [0, 1]


def test_generator_of_variants(folder):
    made = ImageDataGenerator(
        rotation_range=20,
        width_shift_range=0.2,
        height_shift_range=2,
        shear_range=5.0,
        zoom_range=0.2,
        channel_shift_range=0.1,
        horizontal_flip=True,
        vertical_flip=True,
        brightness_range=(0.5, 1.5),
        fill_mode="reflect",
        validation_split=0.3,
    )
    how = {"batch_size": 4, "seed": 2, "ignore_class_split": True}
    train, held = (made.flow(X, Y, subset=s, **how) for s in ("training", "validation"))
    assert (train.n, held.n, len(train)) == (7, 3, 2)
    x, y = next(train)
    assert x.shape == (4, 6, 8, 3) and x.dtype == np.float32 and set(y) <= set(Y[3:])
    again = made.flow(X, Y, subset="training", **how)
    np.testing.assert_array_equal(next(again)[0], x)
    epochs = [np.concatenate([next(again)[1] for _ in range(2)]) for _ in range(3)]
    assert all(len(e) == 7 for e in epochs)
    plain = ImageDataGenerator(rescale=2.0, preprocessing_function=lambda v: v + 1).flow(X, shuffle=False)
    np.testing.assert_allclose(plain[0], (X + 1) * 2, rtol=1e-6)
    files = ImageDataGenerator().flow_from_directory(
        folder, target_size=(4, 4), class_mode="binary", batch_size=5, shuffle=False
    )
    assert files.class_indices == {"cats": 0, "dogs": 1} and files[0][1].tolist() == [0, 0, 0, 0, 1]
    model = keras.Sequential([keras.Input((6, 8, 3)), keras.layers.Flatten(), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(train, steps_per_epoch=2, epochs=2, validation_data=held, verbose=0)
    for wrong, error in (((X[0],), DataError), ((X, Y[:3]), DataError)):
        with pytest.raises(error):
            made.flow(*wrong)
    with pytest.raises(ArgumentError):
        ImageDataGenerator(zoom_range=(1, 2, 3))


def test_unknown_arguments_of_flow(folder):
    data = ImageDataGenerator()
    calls = (lambda **words: data.flow(X, **words)), (lambda **words: data.flow_from_directory(folder, **words))
    for call in calls:
        call(save_prefix="a", save_format="png", save_to_dir=None)
        with pytest.raises(ArgumentTypeError, match="Did you mean 'batch_size'"):
            call(batchsize=2)


def test_variants_are_written(folder, tmp_path):
    out = tmp_path / "variants"
    out.mkdir()
    data = ImageDataGenerator().flow(X, batch_size=4, shuffle=False, save_to_dir=out, save_prefix="v")
    assert next(data).shape == (4, 6, 8, 3) and len(list(out.glob("v_*.png"))) == 4
    files = ImageDataGenerator().flow_from_directory(folder, (4, 4), batch_size=3, save_to_dir=out, save_format="jpeg")
    next(files)
    assert len(list(out.glob("*.jpeg"))) == 3


def test_arrays_that_go_along_with_images():
    data = ImageDataGenerator().flow((X, [Y, 2 * Y]), Y, batch_size=4, shuffle=False)
    (x, first, second), y = data[1]
    assert (
        x.shape == (4, 6, 8, 3) and first.tolist() == y.tolist() == [4, 5, 6, 7] and second.tolist() == [8, 10, 12, 14]
    )


class Table(dict):
    """What the iterator asks a pandas.DataFrame for: columns, which have `values` and `tolist`."""

    def __init__(self, **columns):
        super().__init__({n: Column(c) for n, c in columns.items()})

    def __getitem__(self, name):
        return (
            Column(list(zip(*(dict.__getitem__(self, n) for n in name))))
            if isinstance(name, list)
            else super().__getitem__(name)
        )


class Column(list):
    values = property(np.array)
    tolist = list.copy


TABLE = Table(filename=["cats/0.png", "dogs/1.png", "none.png", "dogs/2.png"], label=["cat", "dog", "dog", "wolf"],
              several=[["cat"], ["dog", "tame"], ["dog"], ["wolf"]], a=[1.0, 2.0, 3.0, 4.0], b=[5, 6, 7, 8],
              weight=[0.1, 0.2, 0.3, 0.4])  # fmt: skip
MODES = [("categorical", "label", {}, [[1, 0, 0], [0, 1, 0], [0, 0, 1]]),
         ("categorical", "several", {}, [[1, 0, 0, 0], [0, 1, 1, 0], [0, 0, 0, 1]]),
         ("sparse", "label", {}, [0, 1, 2]), ("binary", "label", {"classes": ["cat", "dog"]}, [0, 1]),
         ("raw", "a", {}, [1.0, 2.0, 4.0]), ("raw", ["a", "b"], {}, [[1, 5], [2, 6], [4, 8]]),
         ("multi_output", ["a", "b"], {}, [[1, 2, 4], [5, 6, 8]])]  # fmt: skip


@pytest.mark.parametrize(("mode", "column", "more", "expected"), MODES)
def test_images_that_a_table_names(folder, mode, column, more, expected, capsys):
    with pytest.warns(UserWarning, match="1 invalid image"):
        data = ImageDataGenerator().flow_from_dataframe(
            TABLE, str(folder), y_col=column, class_mode=mode, target_size=(4, 4), shuffle=False, **more
        )
    x, y = data[0]
    assert x.shape == (data.samples, 4, 4, 3) and np.array_equal(y, expected)
    assert data.filenames[:2] == ["cats/0.png", "dogs/1.png"]
    count, classes = (len(v) for v in (data.filenames, data.class_indices))
    of = f" belonging to {classes} classes." if classes else "."
    assert capsys.readouterr().out == f"Found {count} validated image filenames{of}\n"


def test_tables_without_labels_with_weights_and_wrong_ones(folder):
    made = ImageDataGenerator(validation_split=0.34)
    how = {"directory": str(folder), "target_size": (4, 4), "shuffle": False}
    with pytest.warns(UserWarning):
        x = made.flow_from_dataframe(TABLE, class_mode=None, **how)[0]
        image, same = made.flow_from_dataframe(TABLE, class_mode="input", subset="validation", **how)[0]
        *_, weights = made.flow_from_dataframe(TABLE, y_col="label", weight_col="weight", **how)[0]
    assert (
        x.shape == (3, 4, 4, 3)
        and (image == same).all()
        and image is not same
        and len(image) == 1
        and weights.tolist() == [0.1, 0.2, 0.4]
    )
    for words, error in (({"class_mode": "x"}, ArgumentError), ({"class_mode": "multi_output"}, ArgumentTypeError),
                         ({"class_mode": "binary", "y_col": "label"}, ArgumentError), ({"y_col": "a"},
                                                            ArgumentTypeError),
                         ({"x_col": "a"}, ArgumentTypeError), ({"colour_mode": "rgb"}, ArgumentTypeError)):  # fmt: skip
        with pytest.raises(error):
            made.flow_from_dataframe(TABLE, validate_filenames=False, **{**how, **words})


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"flip_horizontal": True}, lambda x: x[:, ::-1]),
        ({"theta": 180}, lambda x: x[::-1, ::-1]),
        ({"ty": 1}, lambda x: np.concatenate([x[1:], x[-1:]])),
        ({"tx": -2}, lambda x: np.concatenate([x[:, :1], x[:, :1], x[:, :-2]], 1)),
        ({"brightness": 0.5}, lambda x: x / 2),
    ],
)
def test_known_transforms(parameters, expected):
    image = X[0].astype("float32")
    np.testing.assert_allclose(ImageDataGenerator().apply_transform(image, parameters), expected(image), atol=1e-5)


def test_statistics():
    made = ImageDataGenerator(featurewise_center=True, featurewise_std_normalization=True)
    with pytest.warns(UserWarning, match="hasn't been fit"):
        np.testing.assert_array_equal(made.standardize(X[0]), X[0].astype("float32"))
    made.fit(X)
    out = made.standardize(X)
    np.testing.assert_allclose(out.mean((0, 1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(out.std((0, 1, 2)), 1, atol=1e-4)
    with pytest.warns(UserWarning, match="overrides setting of `featurewise_center`"):
        white = ImageDataGenerator(zca_whitening=True)
    white.fit(X[:, :2, :1, :2])
    flat = white.standardize(X[:, :2, :1, :2]).reshape(10, -1)
    np.testing.assert_allclose(flat.T @ flat / 10, np.eye(4), atol=1e-2)
    single = ImageDataGenerator(samplewise_center=True, samplewise_std_normalization=True).standardize(X[0])
    np.testing.assert_allclose([single.mean(), single.std()], [0, 1], atol=1e-4)


@pytest.mark.parametrize("word", ["featurewise_std_normalization", "samplewise_std_normalization"])
def test_deviations_are_those_from_the_mean(word):
    with pytest.warns(UserWarning, match=f"{word}.*overrides"):
        made = ImageDataGenerator(rescale=1 / 255, dtype="float64", **{word: True})
    made.fit(X)  # of images as they are rescaled
    out = made.standardize(X) if word[0] == "f" else made.standardize(X[0])
    np.testing.assert_allclose([out.mean(), out.std()], [0, 1], atol=1e-3)


def test_arguments_of_the_generator_that_do_not_fit():
    with pytest.raises(ValueError, match="two floats"):
        ImageDataGenerator(brightness_range=0.1)
    labels = np.repeat([0, 1], 5)
    made = ImageDataGenerator(validation_split=0.5)
    with pytest.raises(ValueError, match="different number of classes"):
        made.flow(X, labels, subset="validation")
    assert made.flow(X, labels, subset="validation", ignore_class_split=True).n == 5


def test_operations_on_images():
    x = X.astype("float32")
    assert ops.image.resize(X[0], (3, 3)).shape == (3, 3, 3)
    np.testing.assert_allclose(ops.image.resize(x, (3, 4)), x.reshape(10, 3, 2, 4, 2, 3).mean((2, 4)), rtol=1e-5)
    np.testing.assert_allclose(ops.image.rgb_to_grayscale(x)[..., 0], x @ [0.2989, 0.587, 0.114], rtol=1e-5)
    np.testing.assert_array_equal(
        ops.image.pad_images(x, 1, 2, 3, target_width=12), np.pad(x, ((0, 0), (1, 3), (2, 2), (0, 0)))
    )
    np.testing.assert_array_equal(ops.image.crop_images(x, 1, 2, target_height=3, right_cropping=1), x[:, 1:4, 2:-1])
    first = np.moveaxis(x, -1, 1)
    np.testing.assert_allclose(
        np.moveaxis(ops.image.resize(first, (5, 9), data_format="channels_first"), 1, -1),
        ops.image.resize(x, (5, 9)),
        rtol=1e-6,
    )
    assert smart_resize(x, (4, 4)).shape == (10, 4, 4, 3)
    for wrong in (
        lambda: ops.image.resize(x, (3, 3), "cubic"),
        lambda: ops.image.pad_images(x, 1, 2, 3),
        lambda: ops.image.crop_images(x, 4, 0, target_height=3, target_width=2),
        lambda: ops.image.resize(x[0, 0], (2, 2)),
    ):
        with pytest.raises(ValueError):
            wrong()


def test_drawing(tmp_path, monkeypatch):
    a = keras.Input((4,), name="first")
    model = keras.Model(a, keras.layers.add([keras.layers.Dense(2, name="x<y")(a), keras.layers.Dense(2)(a)]))
    path = utils.plot_model(model, tmp_path / "m.png", show_shapes=True, dpi=48)
    assert path._repr_svg_().startswith("<svg") and path == str(tmp_path / "m.png")  # a notebook shows it
    picture = utils.img_to_array(utils.load_img(path))
    assert path == str(tmp_path / "m.png") and picture.min() < 128 and picture[0, 0].tolist() == [255] * 3
    assert picture.shape[1] > picture.shape[0] > 50
    monkeypatch.setitem(sys.modules, "PIL", None)
    path = utils.plot_model(model, tmp_path / "m.svg", show_shapes=True, show_layer_names=True, show_trainable=True)
    drawing = (tmp_path / "m.svg").read_text(encoding="utf-8")
    assert path.endswith("m.svg") and "x&lt;y" in drawing and "(None, 2)" in drawing and drawing.count("<line") == 4
    with pytest.raises(NotBuiltError):
        utils.plot_model(keras.Sequential([keras.layers.Dense(1)]))
    with pytest.raises(NotSupportedError):
        utils.model_to_dot(model)


def test_small_helpers(tmp_path):
    left, right = utils.split_dataset((X, Y), left_size=0.7, shuffle=True, seed=1)
    assert len(left) == 7 and sorted(int(y) for part in (left, right) for _, y in part) == list(Y)
    for sizes in ((None, None), (11, None), (8, 8)):
        with pytest.raises(ArgumentError):
            utils.split_dataset(X, *sizes)
    a = keras.Input((2,))
    assert utils.get_source_inputs(keras.layers.Dense(1)(a * 2)) == [a] and utils.is_keras_tensor(a)
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "f.txt").write_text("x")
    assert utils.get_file("f.txt", "http://x/f.txt", cache_dir=tmp_path).endswith("f.txt")
    with pytest.raises(DataError, match="downloads nothing"):
        utils.get_file("g.txt", "http://x/g.txt", cache_dir=tmp_path)
    assert utils.unpack_x_y_sample_weight((X, Y))[2] is None and utils.pack_x_y_sample_weight(1) == 1
    utils.disable_interactive_logging()
    try:
        keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).predict(np.ones((70, 2)), verbose=1)
    finally:
        utils.enable_interactive_logging()
    with keras.device("cpu"), keras.name_scope("x"):
        assert keras.version() == keras.__version__
    with pytest.raises(NotSupportedError), keras.device("gpu"):
        pass
    assert keras.config.backend() == "fastnn" and keras.config.dtype_policy().name == "float32"
    keras.mixed_precision.set_global_policy("mixed_float16")
    assert keras.mixed_precision.global_policy().compute_dtype == "float16"
    keras.mixed_precision.set_global_policy("float32")
