"""Data sets in folders: one subfolder per class; images, texts and sounds, read when they are asked for."""

from __future__ import annotations

import os
import wave
from collections.abc import Callable
from typing import Any

import numpy as np

from fastnn.core import config
from fastnn.core.errors import ArgumentError, DataError, MissingFileError, NotSupportedError
from fastnn.core.resampling import weights
from fastnn.data.dataset import Dataset
from fastnn.data.elements import padded
from fastnn.utils.images import MODES, img_to_array, load_img, smart_resize
from fastnn.utils.interactive import say
from fastnn.utils.resampling import resize

IMAGES = (".bmp", ".gif", ".jpeg", ".jpg", ".png")
_INTERPOLATIONS = ("bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic")
_LABELS = {
    "int": lambda numbers, _: numbers.astype("int32"),
    "binary": lambda numbers, _: numbers.astype("float32")[:, None],
    "categorical": lambda numbers, n: np.eye(n, dtype="float32")[numbers],
}


def check_format(format: Any) -> None:
    """ArgumentError for a format that is none of Keras's; both give a Dataset."""
    if format not in ("tf", "grain", None):
        raise ArgumentError(f'`format` should be either "tf" or "grain". Received: format={format}')


def _check(what: str, labels: Any, label_mode: Any, class_names: Any) -> None:
    if labels not in ("inferred", None):
        if not isinstance(labels, (list, tuple)):
            raise ArgumentError(
                "The `labels` argument should be a list/tuple of integer labels, of the same size as the number of "
                f"{what} files in the target directory. If you wish to infer the labels from the subdirectory names "
                'in the target directory, pass `labels="inferred"`. If you wish to get a dataset that only contains '
                f"{what} samples (no labels), pass `labels=None`. Received: labels={labels}"
            )
        if class_names:
            raise ArgumentError(
                f'You can only pass `class_names` if `labels="inferred"`. Received: labels={labels}, and '
                f"class_names={class_names}"
            )
    if label_mode not in (*_LABELS, None):
        raise ArgumentError(
            '`label_mode` argument must be one of "int", "categorical", "binary", or None. Received: '
            f"label_mode={label_mode}"
        )


def _check_split(validation_split: Any, subset: Any, shuffle: bool, seed: Any) -> None:
    if validation_split and not 0 < validation_split < 1:
        raise ArgumentError(f"`validation_split` must be between 0 and 1, received: {validation_split}")
    if bool(validation_split) != bool(subset):
        raise ArgumentError("If `subset` is set, `validation_split` must be set, and inversely.")
    if subset not in (None, "training", "validation", "both"):
        raise ArgumentError(f'`subset` must be either "training", "validation" or "both", received: {subset}')
    if validation_split and shuffle and seed is None:
        raise ArgumentError(
            "If using `validation_split` and shuffling the data, you must provide a `seed` argument, to make sure "
            "that there is no overlap between the training and validation subset."
        )


def _files(folder: str, endings: tuple[str, ...], follow_links: bool) -> list[str]:
    """The files below a folder that have one of these endings, in order."""
    found = sorted(os.walk(folder, followlinks=follow_links), key=lambda part: part[0])
    return [os.path.join(root, f) for root, _, files in found for f in sorted(files) if f.lower().endswith(endings)]


def _listed(
    directory: str, endings: tuple[str, ...], labels: Any, class_names: Any, follow_links: bool
) -> tuple[list[str], Any, Any]:
    """(paths, integer labels or None, class names or None)."""
    if not os.path.isdir(directory):
        raise MissingFileError(f"No folder {directory!r}: expected one that holds the files.")
    if labels != "inferred":
        if class_names is not None:
            raise ArgumentError("When `labels=None` (no labels), argument `class_names` cannot be specified.")
        paths = _files(directory, endings, follow_links)
        if labels is None:
            return paths, None, None
        if len(labels) != len(paths):
            raise ArgumentError(
                "Expected the lengths of `labels` to match the number of files in the target directory. len(labels) "
                f"is {len(labels)} while we found {len(paths)} files in directory {directory}."
            )
        return paths, np.array(labels), [str(label) for label in sorted(set(labels))]
    folders = sorted(
        f for f in os.listdir(directory) if os.path.isdir(os.path.join(directory, f)) and not f.startswith(".")
    )
    if class_names is not None and not set(class_names) <= set(folders):
        raise ArgumentError(
            "The `class_names` passed did not match the names of the subdirectories of the target directory. "
            f"Expected: {folders} (or a subset of it), but received: class_names={class_names}"
        )
    names = folders if class_names is None else list(class_names)
    parts = [_files(os.path.join(directory, n), endings, follow_links) for n in names]
    numbers = np.repeat(np.arange(len(names)), [len(p) for p in parts])
    return [path for part in parts for path in part], numbers, names


def _from_directory(
    what: str, directory: Any, endings: tuple[str, ...], read: Callable[[str], Any], join: Any, labels: Any,
    label_mode: Any, class_names: Any, batch_size: Any, shuffle: bool, seed: Any, validation_split: Any, subset: Any,
    follow_links: bool, verbose: bool,
) -> Any:  # fmt: skip
    """The data set, or two of them; `read` makes an array of a file, `join` a batch of elements (None: stacked)."""
    directory = os.fspath(directory)
    _check(what, labels, label_mode, class_names)
    labels = None if label_mode is None else labels
    _check_split(validation_split, subset, shuffle, seed)
    paths, numbers, names = _listed(directory, endings, labels, class_names, follow_links)
    if verbose:
        say(f"Found {len(paths)} files{'' if names is None else f' belonging to {len(names)} classes'}.\n")
    seed = config.seed() + config.next_stream() & 2**32 - 1 if seed is None else seed
    if label_mode == "binary" and names is not None and len(names) != 2:
        raise ArgumentError(
            f'When passing `label_mode="binary"`, there must be exactly 2 class_names. Received: class_names={names}'
        )
    order = np.arange(len(paths))
    if shuffle:  # Keras's order, so that both parts of a split hold the files that they hold there
        np.random.RandomState(seed).shuffle(order)
    cut = len(paths) - int(validation_split * len(paths)) if validation_split else len(paths)
    for kind, count in (("training", cut), ("validation", len(paths) - cut)):
        if subset in (kind, "both"):
            say(f"Using {count} files for {kind}.\n")
    targets = None if numbers is None or not len(paths) else _LABELS[label_mode](numbers, len(names))

    def part(kind: str, chosen: Any, mixed: bool) -> Dataset:
        if not len(chosen):
            raise DataError(
                f"No {kind}{what if what == 'images' else f'{what} files'} found in directory {directory}. "
                f"Allowed format{'' if len(endings) == 1 else 's'}: {endings[0] if len(endings) == 1 else endings}"
            )
        files = [paths[i] for i in chosen]
        columns = np.array(files, object) if targets is None else (np.array(files, object), targets[chosen])
        data = Dataset.from_tensor_slices(columns)
        if mixed:
            data = data.shuffle(8 * batch_size if batch_size else 1024, seed)
        load = (lambda f: read(f.item())) if targets is None else (lambda f, y: (read(f.item()), y))
        data = data.map(load)
        if batch_size is not None:
            data = data._batches(batch_size, False, join)
        data.class_names, data.file_paths = names, files  # type: ignore[attr-defined]
        return data

    if subset == "both":
        return [part("training ", order[:cut], shuffle), part("validation ", order[cut:], False)]
    return part("", order[{None: slice(None), "training": slice(cut), "validation": slice(cut, None)}[subset]], shuffle)


def _padded_resize(image: Any, size: Any, interpolation: str) -> Any:
    """An image of another size with its own proportions, in the middle, zeros around it."""
    ratio = max(n / wanted for n, wanted in zip(image.shape, size))
    inner = [max(1, min(int(n / ratio), wanted)) for n, wanted in zip(image.shape, size)]
    top, left = ((wanted - n) // 2 for n, wanted in zip(inner, size))
    out = np.zeros((*size, image.shape[-1]), "float32")
    out[top : top + inner[0], left : left + inner[1]] = resize(image, inner, interpolation)
    return out


def image_dataset_from_directory(
    directory: Any,
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: Any = None,
    color_mode: str = "rgb",
    batch_size: int | None = 32,
    image_size: Any = (256, 256),
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    interpolation: str = "bilinear",
    follow_links: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    data_format: str | None = None,
    format: str | None = "tf",
    verbose: bool = True,
) -> Any:
    """The images in a folder, for fit(): batches of (images, labels), or of images alone.

    Args:
        directory: folder with one subfolder per class (with labels=None: with images).
        labels: "inferred" from the subfolders, None, or a list of ints in the order of the sorted files.
        label_mode: "int", "categorical" (one-hot rows), "binary" ((n, 1) floats) or None.
        class_names: the subfolders in the order of their numbers, or some of them.
        color_mode: "rgb", "rgba" or "grayscale".
        image_size: (rows, columns), or one int for both.
        batch_size: images in a batch; None: one by one.
        shuffle, seed: another order in each epoch.
        validation_split, subset: the share of files kept for validation, and "training", "validation" or "both".
        crop_to_aspect_ratio, pad_to_aspect_ratio: cut or fill up what would be distorted.
        interpolation: between pixels, as of `load_img`.
        follow_links: whether links to folders are followed.
        data_format: "channels_last" or "channels_first"; the configured one by default.
        format: "tf" or "grain", Keras's words; both give a Dataset.
        verbose: whether to print how many files there are.

    Returns:
        A Dataset with `class_names` and `file_paths`; a list of two for subset="both".

    Raises:
        DataError: if there are no files.  ArgumentError: for arguments that do not fit.  Needs Pillow.

    >>> import pathlib, tempfile
    >>> from fastnn.utils import save_img
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("cats", "dogs"):
    ...         (pathlib.Path(folder) / name).mkdir()
    ...         save_img(pathlib.Path(folder) / name / "1.png", np.zeros((4, 4, 3)))
    ...     data = image_dataset_from_directory(folder, image_size=(2, 2), verbose=False)
    ...     images, labels = next(iter(data))
    >>> data.class_names, images.shape
    (['cats', 'dogs'], (2, 2, 2, 3))
    """
    _check("images", labels, label_mode, class_names)
    if color_mode not in MODES:
        raise ArgumentError(
            f'`color_mode` must be one of {{"rgb", "rgba", "grayscale"}}. Received: color_mode={color_mode}'
        )
    size = (image_size, image_size) if isinstance(image_size, int) else image_size
    if not isinstance(size, (list, tuple)) or len(size) != 2:
        raise ArgumentError(
            f"Invalid `image_size` value. Expected a tuple of 2 integers. Received: image_size={image_size}"
        )
    if interpolation.lower() not in _INTERPOLATIONS:
        raise ArgumentError(
            f"Argument `interpolation` should be one of {_INTERPOLATIONS}. Received: interpolation={interpolation}"
        )
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        raise ArgumentError("Only one of `pad_to_aspect_ratio`, `crop_to_aspect_ratio` can be set to `True`.")
    check_format(format)
    weights(2, 2, interpolation.lower())  # one that cannot be calculated is told before a file is read
    chosen = smart_resize if crop_to_aspect_ratio else _padded_resize if pad_to_aspect_ratio else resize

    def read(path: str) -> Any:
        image = chosen(img_to_array(load_img(path, color_mode), "channels_last"), size, interpolation.lower())
        return image if config.standard_data_format(data_format) == "channels_last" else image.transpose(2, 0, 1)

    return _from_directory(
        "images", directory, IMAGES, read, None, labels, label_mode, class_names, batch_size, shuffle, seed,
        validation_split, subset, follow_links, verbose,
    )  # fmt: skip


def text_dataset_from_directory(
    directory: Any,
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: Any = None,
    batch_size: int | None = 32,
    max_length: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    follow_links: bool = False,
    format: str | None = "tf",
    verbose: bool = True,
) -> Any:
    """The text files in a folder: batches of (object array of str, labels), or of texts alone.

    Args:
        directory: folder with one subfolder per class (with labels=None: with files).
        labels: "inferred" from the subfolders, None, or a list of ints in the order of the sorted files.
        label_mode: "int", "categorical" (one-hot rows), "binary" ((n, 1) floats) or None.
        class_names: the subfolders in the order of their numbers, or some of them.
        batch_size: elements in a batch; None: one by one.
        max_length: characters after which a text is cut; None for none.
        shuffle, seed: another order in each epoch.
        validation_split: the share of files kept for validation, or None.
        subset: "training", "validation" or "both", with validation_split.
        follow_links: whether links to folders are followed.
        format: "tf" or "grain", Keras's words; both give a Dataset.
        verbose: whether to print how many files there are.

    Returns and raises as image_dataset_from_directory.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("bad", "good"):
    ...         (pathlib.Path(folder) / name).mkdir()
    ...         _ = (pathlib.Path(folder) / name / "1.txt").write_text(f"a {name} one")
    ...     data = text_dataset_from_directory(folder, shuffle=False, verbose=False)
    ...     texts, labels = next(iter(data))
    >>> data.class_names, labels.tolist()
    (['bad', 'good'], [0, 1])
    """
    check_format(format)

    def read(path: str) -> Any:
        with open(path, encoding="utf-8", errors="replace", newline="") as file:
            return np.array(file.read() if max_length is None else file.read(max_length), object)

    return _from_directory(
        "text", directory, (".txt",), read, None, labels, label_mode, class_names, batch_size, shuffle, seed,
        validation_split, subset, follow_links, verbose,
    )  # fmt: skip


def audio_dataset_from_directory(
    directory: Any,
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: Any = None,
    batch_size: int | None = 32,
    sampling_rate: int | None = None,
    output_sequence_length: int | None = None,
    ragged: bool = False,
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    follow_links: bool = False,
    verbose: bool = True,
) -> Any:
    """The WAV files in a folder: batches of (sounds, labels), sounds float32 (batch, samples, channels) in [-1, 1).

    Args:
        directory: folder with one subfolder per class (with labels=None: with files).
        labels: "inferred" from the subfolders, None, or a list of ints in the order of the sorted files.
        label_mode: "int", "categorical" (one-hot rows), "binary" ((n, 1) floats) or None.
        class_names: the subfolders in the order of their numbers, or some of them.
        batch_size: elements in a batch; None: one by one.
        sampling_rate: the rate that the files must have, samples in a second (None: any); nothing is resampled.
        output_sequence_length: samples after which a sound is cut, and to which it is filled up with zeros; None: those
            of the longest of a batch.
        ragged: False.
        shuffle, seed: another order in each epoch.
        validation_split: the share of files kept for validation, or None.
        subset: "training", "validation" or "both", with validation_split.
        follow_links: whether links to folders are followed.
        verbose: whether to print how many files there are.

    Returns as image_dataset_from_directory. Raises NotSupportedError for ragged batches and for files of another rate.

    >>> import pathlib, tempfile, wave
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     (pathlib.Path(folder) / "beep").mkdir()
    ...     with wave.open(str(pathlib.Path(folder) / "beep" / "1.wav"), "wb") as file:
    ...         file.setparams((1, 2, 8000, 0, "NONE", ""))
    ...         file.writeframes(bytes(16))
    ...     data = audio_dataset_from_directory(folder, verbose=False)
    ...     sounds, labels = next(iter(data))
    >>> sounds.shape
    (1, 8, 1)
    """
    _check("audio", labels, label_mode, class_names)
    if ragged and output_sequence_length is not None:
        raise ArgumentError("Cannot set both `ragged` and `output_sequence_length`")
    if sampling_rate is not None and (not isinstance(sampling_rate, int) or isinstance(sampling_rate, bool)):
        raise ArgumentError(f"`sampling_rate` should have an integer value. Received: sampling_rate={sampling_rate}")
    if sampling_rate is not None and sampling_rate <= 0:
        raise ArgumentError(f"`sampling_rate` should be higher than 0. Received: sampling_rate={sampling_rate}")
    if ragged:
        raise NotSupportedError("audio_dataset_from_directory: ragged=True is not supported; batches are filled up.")

    def read(path: str) -> Any:
        rate, sound = read_wav(path)
        if sampling_rate not in (None, rate):
            raise NotSupportedError(f"{path!r} has {rate} samples in a second, expected sampling_rate={sampling_rate}.")
        if output_sequence_length is None:
            return sound
        out = np.zeros((output_sequence_length, sound.shape[1]), "float32")
        out[: len(sound)] = sound[:output_sequence_length]
        return out

    return _from_directory(
        "audio", directory, (".wav",), read, padded, labels, label_mode, class_names, batch_size, shuffle, seed,
        validation_split, subset, follow_links, verbose,
    )  # fmt: skip


def read_wav(path: str) -> tuple[int, Any]:
    """(samples in a second, float32 array (samples, channels) in [-1, 1)) of a WAV file of 8, 16 or 32 bits.

    Raises DataError for anything else.
    """
    try:
        with wave.open(path, "rb") as file:
            width, channels, rate = file.getsampwidth(), file.getnchannels(), file.getframerate()
            data = file.readframes(file.getnframes())
    except (OSError, EOFError, wave.Error) as error:
        raise DataError(f"{path!r} is no WAV file that can be read: {error}.") from error
    if width not in (1, 2, 4):
        raise DataError(f"{path!r} has samples of {8 * width} bits, expected 8, 16 or 32.")
    whole = np.frombuffer(
        data[: len(data) // (width * channels) * width * channels], f"<{'u' if width == 1 else 'i'}{width}"
    )
    scaled = (whole.astype("float64") - (128 if width == 1 else 0)) / 2.0 ** (8 * width - 1)
    return rate, scaled.astype("float32").reshape(-1, channels)
