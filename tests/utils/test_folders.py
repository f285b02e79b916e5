"""Folders of images, texts and sounds as data sets: order, splits, shapes, errors."""

import wave

import numpy as np
import pytest

from fastnn import utils
from fastnn.core.errors import DataError, NotSupportedError
from fastnn.utils.folders import read_wav

LENGTHS = {"a": (30, 40, 50, 20), "b": (10, 30, 30)}


def sound(samples, channels=2):
    return (np.arange(samples * channels) * 37 % 2000 - 1000).astype("<i2").reshape(samples, channels)


@pytest.fixture
def sounds(tmp_path):
    for name, lengths in LENGTHS.items():
        (tmp_path / name).mkdir()
        for i, n in enumerate(lengths):
            write_wav(tmp_path / name / f"{i}.wav", sound(n))
    return tmp_path


def write_wav(path, samples, rate=8000):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(samples.dtype.itemsize)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())


@pytest.fixture
def texts(tmp_path):
    for name in ("x", "y", "z"):
        (tmp_path / name / "deep").mkdir(parents=True)
        for i in range(4):
            (tmp_path / name / "deep" / f"{i}.txt").write_text(f"{name}{i} text", encoding="utf-8")
    (tmp_path / ".hidden").mkdir()
    return tmp_path


@pytest.mark.parametrize("dtype", ["u1", "<i2", "<i4"])
def test_wav(tmp_path, dtype):
    kind = np.dtype(dtype)
    values = np.linspace(-0.9, 0.9, 12).reshape(6, 2)
    whole = (values * 2.0 ** (8 * kind.itemsize - 1) + (128 if dtype == "u1" else 0)).astype(kind)
    write_wav(tmp_path / "a.wav", whole, 44100)
    rate, read = read_wav(str(tmp_path / "a.wav"))
    assert rate == 44100 and read.dtype == np.float32
    np.testing.assert_allclose(read, values, atol=2.0 / 2 ** (8 * kind.itemsize - 1) + 1e-7)


def test_sounds(sounds):
    data = utils.audio_dataset_from_directory(sounds, batch_size=3, shuffle=False, verbose=False)
    batches = list(data)
    assert data.class_names == ["a", "b"] and [b[0].shape for b in batches] == [(3, 50, 2), (3, 30, 2), (1, 30, 2)]
    assert np.concatenate([b[1] for b in batches]).tolist() == [0] * 4 + [1] * 3
    np.testing.assert_array_equal(batches[0][0][0, :30] * 32768, sound(30))
    assert not batches[0][0][0, 30:].any()
    cut = utils.audio_dataset_from_directory(
        sounds, label_mode=None, output_sequence_length=25, batch_size=None, shuffle=False, sampling_rate=8000
    )
    assert {x.shape for x in cut} == {(25, 2)} and len(cut) == 7
    with pytest.raises(NotSupportedError, match="8000 samples"):
        list(utils.audio_dataset_from_directory(sounds, sampling_rate=16000, verbose=False))
    (sounds / "a" / "0.wav").write_bytes(b"RIFF")
    with pytest.raises(DataError, match="no WAV"):
        list(utils.audio_dataset_from_directory(sounds, shuffle=False, verbose=False))


def test_parts_hold_what_they_hold_in_keras(texts, capsys):
    """Files are shuffled as Keras does it, by NumPy's old generator: written down from Keras 3.15.1."""
    train, held = utils.text_dataset_from_directory(
        texts, validation_split=0.25, subset="both", seed=3, batch_size=None, format="tf"
    )
    said = ["Found 12 files belonging to 3 classes.", "Using 9 files for training.", "Using 3 files for validation."]
    assert capsys.readouterr().out.splitlines() == said
    found = [str(text.item())[:2] for text, _ in held]
    assert found == ["z1", "z0", "z2"]
    seen = {str(text.item()): int(label) for text, label in train}
    assert len(seen) == 9 and all("xyz"[label] == text[0] for text, label in seen.items())
    assert held.file_paths[0].endswith("1.txt")


@pytest.mark.parametrize(
    ("options", "shapes"),
    [
        ({"label_mode": "int"}, [(2,), (2,)]),
        ({"label_mode": "categorical"}, [(2,), (2, 3)]),
        ({"label_mode": "binary", "class_names": ["z", "x"]}, [(2,), (2, 1)]),
        ({"labels": list(range(12))}, [(2,), (2,)]),
        ({"labels": list(range(12)), "label_mode": "categorical"}, [(2,), (2, 12)]),
    ],
)
def test_labels(texts, options, shapes):
    data = utils.text_dataset_from_directory(texts, batch_size=2, shuffle=False, **options)
    assert [p.shape for p in next(iter(data))] == shapes
    alone = utils.text_dataset_from_directory(texts, labels=None, batch_size=2, shuffle=False)
    assert next(iter(alone)).tolist() == ["x0 text", "x1 text"]


WRONG = [
    ({"labels": "none"}, "`labels` argument should be"),
    ({"labels": [1, 2]}, "match the number of files"),
    ({"labels": [1] * 12, "class_names": ["x"]}, "You can only pass `class_names`"),
    ({"labels": None, "class_names": ["x"]}, "`class_names`"),
    ({"class_names": ["q"]}, "did not match"),
    ({"label_mode": "other"}, "`label_mode` argument must be one of"),
    ({"label_mode": "binary"}, "exactly 2"),
    ({"validation_split": 2, "subset": "training"}, "between 0 and 1"),
    ({"validation_split": 0.2}, "`subset`"),
    ({"validation_split": 0.2, "subset": "some"}, "must be either"),
    ({"validation_split": 0.2, "subset": "training"}, "must provide a `seed`"),
    ({"validation_split": 0.01, "subset": "validation", "seed": 1}, "No text files found"),
]


@pytest.mark.parametrize(("options", "words"), WRONG)
def test_errors(texts, options, words):
    with pytest.raises(ValueError, match=words):
        utils.text_dataset_from_directory(texts, verbose=False, **options)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"sampling_rate": 1.2}, "integer value"),
        ({"sampling_rate": -1}, "higher than 0"),
        ({"ragged": True, "output_sequence_length": 3}, "Cannot set both"),
        ({"ragged": True}, "not supported"),
        ({"labels": None, "directory": "none"}, "No folder"),
    ],
)
def test_errors_of_sounds(sounds, options, words):
    with pytest.raises((ValueError, NotSupportedError), match=words):
        utils.audio_dataset_from_directory(**{"directory": sounds, **options}, verbose=False)


@pytest.mark.parametrize(
    ("options", "box"), [({}, None), ({"pad_to_aspect_ratio": True}, (4, 8)), ({"crop_to_aspect_ratio": True}, None)]
)
def test_sizes_of_images(tmp_path, options, box):
    utils.save_img(tmp_path / "a.png", np.full((20, 40, 3), 7.0), scale=False)
    data = utils.image_dataset_from_directory(tmp_path, labels=None, image_size=(8, 8), verbose=False, **options)
    (images,) = data
    expected = np.zeros((1, 8, 8, 3))
    expected[:, 2:6] = 7
    np.testing.assert_array_equal(images, expected if box else np.full_like(images, 7))
    for wrong in ({"image_size": (1, 2, 3)}, {"interpolation": "x"}, {"format": "x"}, {"color_mode": "x"}):
        with pytest.raises(ValueError):
            utils.image_dataset_from_directory(tmp_path, labels=None, verbose=False, **wrong)
