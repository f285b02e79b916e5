"""KerasFileEditor: weights that are moved between architectures by hand."""

import numpy as np
import pytest

import fastnn
from fastnn import layers, saving
from fastnn.core.errors import ArgumentError, FileFormatError, UnknownNameError


def made(widths, compiled=False):
    model = fastnn.Sequential([fastnn.Input((2,)), *(layers.Dense(w) for w in widths), layers.BatchNormalization()])
    if compiled:
        model.compile("adam", "mse")
        model.fit(np.ones((2, 2)), np.ones((2, widths[-1])), verbose=0)
    return model


@pytest.fixture(params=[".keras", ".weights.h5"])
def editor(request, tmp_path):
    model = made([3, 3])
    path = tmp_path / f"m{request.param}"
    (model.save if request.param == ".keras" else model.save_weights)(path)
    return saving.KerasFileEditor(path)


def test_an_edited_file_fits_another_model(editor, tmp_path, capsys):
    old, new = made([3, 3]), made([3, 3, 3])
    assert editor.compare(old) == {"status": "success", "error_count": 0, "match_count": 8}
    assert editor.compare(new) == {"status": "error", "error_count": 1, "match_count": 8}
    assert "Object /layers/dense_2 present in the reference model" in capsys.readouterr().out
    kernel = np.arange(9.0).reshape(3, 3)
    editor.add_object("layers/fresh", {"0": kernel})
    editor.rename_object("fresh", "dense_2")
    assert editor.compare(new)["error_count"] == 1  # its bias
    editor.add_weights("layers/dense_2", {"1": np.ones(7)})
    assert editor.compare(new)["error_count"] == 1 and "shape mismatch" in capsys.readouterr().out
    editor.delete_weight("dense_2", "1")
    editor.add_weights("dense_2", {"1": np.ones(3)})
    assert editor.compare(new) == {"status": "success", "error_count": 0, "match_count": 10}
    editor.save(tmp_path / "n.weights.h5")
    new.load_weights(tmp_path / "n.weights.h5")
    np.testing.assert_array_equal(new.layers[2].get_weights()[0], kernel)
    again = saving.KerasFileEditor(tmp_path / "n.weights.h5")
    assert again.compare(new)["status"] == "success" and again.object_metadata == editor.object_metadata
    again.delete_object("layers/dense_2")
    assert again.compare(old)["status"] == "success"


def test_summary_shows_objects_names_and_shapes(editor, capsys):
    editor.summary()
    out = capsys.readouterr().out
    assert "batch_normalization" in out and "0: (2, 3) float32" in out


def test_a_trained_model_with_its_optimizer(tmp_path):
    model = made([1], compiled=True)
    model.save(tmp_path / "m.keras")
    editor = saving.KerasFileEditor(tmp_path / "m.keras")
    assert len(editor.weights_dict["optimizer"]) == 2 + 2 * 4 and editor.config["class_name"] == "Sequential"
    assert editor.metadata["keras_version"] and editor.compare(model)["status"] == "success"


@pytest.mark.parametrize(
    "call, error, words",
    [
        (lambda e: e.delete_object("nothing"), UnknownNameError, "Name 'nothing' not found"),
        (
            lambda e: e.delete_object("layers/dense_9"),
            UnknownNameError,
            "Path 'layers/dense_9' not found.*layers/dense",
        ),
        (lambda e: e.rename_object("dense", "a/b"), ArgumentError, "not a path"),
        (lambda e: e.delete_weight("dense", "9"), UnknownNameError, "Weight 9 not found in object dense"),
        (lambda e: e.add_object("no/dense", {}), UnknownNameError, "Path 'no' not found"),
        (lambda e: e.add_weights("dense", [1]), ArgumentError, "should be a dict"),
        (lambda e: e.save("x.h5"), ArgumentError, r"expected a `\.weights\.h5` extension"),
        (lambda e: (e.add_object("layers/dense/dense", {}), e.delete_object("dense")), ArgumentError, "more than once"),
    ],
)
def test_what_is_refused(editor, call, error, words):
    with pytest.raises(error, match=words):
        call(editor)


def test_files_that_are_refused(tmp_path):
    with pytest.raises(ArgumentError, match="Invalid filename"):
        saving.KerasFileEditor(tmp_path / "m.h5")
    (tmp_path / "m.weights.h5").write_bytes(b"nothing")
    with pytest.raises(FileFormatError, match="not an HDF5 file"):
        saving.KerasFileEditor(tmp_path / "m.weights.h5")
