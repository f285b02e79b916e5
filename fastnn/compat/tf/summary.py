"""tf.summary: numbers, pictures, texts and histograms in files for TensorBoard."""

import contextlib
import importlib
import io
import os
import threading
from typing import Any

import numpy as np

from fastnn.callbacks.event_files import summary_writer
from fastnn.compat.tf.devices import nothing
from fastnn.core.errors import ArgumentError
from fastnn.core.extras import missing


class _Here(threading.local):
    """What holds in this thread: the writer, the step, whether something is written."""

    def __init__(self) -> None:
        self.writer: Any = None
        self.step: Any = None
        self.record: Any = True


_here = _Here()


class Writer:
    """Files for TensorBoard in a folder; `with writer.as_default():` is where `tf.summary`'s functions write.

    Args:
        folder: the folder, or None: nothing is written.
        max_queue: entries that wait.
        flush_millis: milliseconds between two times they are written.
        filename_suffix: the end of the files' names.
    """

    def __init__(self, folder, max_queue=None, flush_millis=None, filename_suffix=None):
        self._files = None
        if folder is not None:
            self._files = summary_writer(
                os.fspath(folder), max_queue=10 if max_queue is None else int(max_queue),
                flush_secs=120 if flush_millis is None else int(flush_millis) / 1000,
                filename_suffix="" if filename_suffix is None else filename_suffix)  # fmt: skip

    @contextlib.contextmanager
    def as_default(self, step=None):
        """A block in which this is the writer.

        Args:
            step: of the entries that name none; None: as it was.
        """
        before = _here.writer, _here.step
        self.set_as_default(step)
        try:
            yield self
        finally:
            _here.writer, _here.step = before
            self.flush()

    def set_as_default(self, step=None):
        """Be the writer from now on.

        Args:
            step: of the entries that name none; None: as it was.
        """
        _here.writer = self
        _here.step = _here.step if step is None else step

    def flush(self):
        """Write what waits."""
        if self._files is not None:
            self._files.flush()

    def close(self):
        """Write what waits, and close the files."""
        if self._files is not None:
            self._files.close()

    def init(self):
        """Nothing: the files are there."""

    def add(self, kind, *args, **kwargs):
        """Write an entry: the method add_<kind> of tensorboardX; whether it was written.

        Args:
            kind: str.
            args, kwargs: of that method.
        """
        if self._files is None:
            return False
        getattr(self._files, f"add_{kind}")(*args, **kwargs)
        return True


def create_file_writer(logdir, max_queue=None, flush_millis=None, filename_suffix=None, name=None,
                       experimental_trackable=False, experimental_mesh=None):  # fmt: skip
    """A Writer for a folder.

    Args:
        logdir: the folder.
        max_queue, flush_millis, filename_suffix: as of Writer.
        name, experimental_trackable, experimental_mesh: of no effect.
    """
    return Writer(str(logdir), max_queue, flush_millis, filename_suffix)


def create_noop_writer():
    """A Writer that writes nothing."""
    return Writer(None)


# ---- entries -----------------------------------------------------------------------------------------------------
def should_record_summaries():
    """Whether there is a writer, and what record_if was given holds."""
    condition = _here.record() if callable(_here.record) else _here.record
    return _here.writer is not None and bool(condition)


@contextlib.contextmanager
def record_if(condition):
    """A block in which entries are written only if the condition holds.

    Args:
        condition: a boolean, or a function without arguments that returns one.
    """
    before, _here.record = _here.record, condition
    try:
        yield
    finally:
        _here.record = before


def set_step(step):
    """The step of entries that name none.

    Args:
        step: an int, or an integer variable, which is read at each entry.
    """
    _here.step = step


def get_step():
    """What set_step was given."""
    return _here.step


def _write(kind, tag, value, step, *args, **kwargs):
    if not should_record_summaries():
        return False
    step = _here.step if step is None else step
    if step is None:
        raise ArgumentError("No step set. Please specify one either through the `step` argument or through set_step().")
    return _here.writer.add(kind, tag, value, int(np.asarray(step)), *args, **kwargs)


def _tag(name, k, count):
    return name if count == 1 else f"{name}/{k}"


def scalar(name, data, step=None, description=None):
    """Write a number; whether it was written.

    Args:
        name: its name.
        data: the number.
        step: an int; None: the writer's.
        description: of no effect.
    """
    return _write("scalar", name, float(np.asarray(data)), step)


def histogram(name, data, step=None, buckets=None, description=None):
    """Write how values are distributed; whether it was written.

    Args:
        name: its name.
        data: numbers of any shape.
        step: an int; None: the writer's.
        buckets: of no effect.
        description: of no effect.
    """
    return _write("histogram", name, np.asarray(data).reshape(-1), step)


def image(name, data, step=None, max_outputs=3, description=None):
    """Write pictures; whether they were written.

    Args:
        name: their name.
        data: (n, height, width, channels) with 1 to 4 channels: floats in [0, 1], or uint8.
        step: an int; None: the writer's.
        max_outputs: how many of them.
        description: of no effect.
    """
    pictures = np.asarray(data)
    if pictures.ndim != 4:
        raise ArgumentError(
            f"tf.summary.image: received shape {pictures.shape}, expected (n, height, width, channels)."
        )
    pictures = pictures[: int(max_outputs)]
    if pictures.dtype.kind == "f":
        pictures = (np.clip(pictures, 0, 1) * 255 + 0.5).astype(np.uint8)
    found = [_write("image", _tag(name, k, len(pictures)), p, step, dataformats="HWC") for k, p in enumerate(pictures)]
    return any(found)


def text(name, data, step=None, description=None):
    """Write text; whether it was written.

    Args:
        name: its name.
        data: text, or an array of it.
        step: an int; None: the writer's.
        description: of no effect.
    """
    words = [t.decode("utf-8") if isinstance(t, bytes) else str(t) for t in np.ravel(np.asarray(data, object))]
    return _write("text", name, "\n\n".join(words), step)


def audio(name, data, sample_rate, step=None, max_outputs=3, encoding=None, description=None):
    """Write sounds; whether they were written.

    Args:
        name: their name.
        data: (n, samples, channels), floats in [-1, 1].
        sample_rate: samples in a second.
        step: an int; None: the writer's.
        max_outputs: how many of them.
        encoding, description: of no effect.
    """
    sounds = np.asarray(data)[: int(max_outputs)]
    rate = int(np.asarray(sample_rate))
    found = [_write("audio", _tag(name, k, len(sounds)), s, step, rate) for k, s in enumerate(sounds)]
    return any(found)


def write(tag, tensor, step=None, metadata=None, name=None):
    """Write an array as text; whether it was written.

    Args:
        tag: its name.
        tensor: the array.
        step: an int; None: the writer's.
        metadata, name: of no effect.
    """
    return text(tag, str(np.asarray(tensor)), step)


def flush(writer=None, name=None):
    """Write what waits.

    Args:
        writer: a Writer; None: the one that is set.
        name: of no effect.
    """
    writer = _here.writer if writer is None else writer
    if writer is not None:
        writer.flush()


# ---- TensorFlow 1 ------------------------------------------------------------------------------------------------
class _Values(list):
    """The values of a Summary."""

    def add(self, **fields):
        """One more value, with these fields.

        Args:
            fields: tag, simple_value, image.
        """
        self.append(Summary.Value(**fields))
        return self[-1]


class Summary:
    """Entries of TensorFlow 1, for `FileWriter.add_summary`.

    Args:
        value: a list of Summary.Value.

    >>> entries = Summary(value=[Summary.Value(tag="loss", simple_value=0.5)])
    >>> entries.value.add(tag="rate", simple_value=0.1).tag, len(entries.value)
    ('rate', 2)
    """

    class Value:
        """An entry.

        Args:
            tag: its name.
            simple_value: a number, or None.
            image: a Summary.Image, or None.
        """

        def __init__(self, tag="", simple_value=None, image=None):
            self.tag, self.simple_value, self.image = tag, simple_value, image

    class Image:
        """A picture.

        Args:
            encoded_image_string: the bytes of a PNG or JPEG file.
            height, width, colorspace: of no effect.
        """

        def __init__(self, encoded_image_string=b"", height=0, width=0, colorspace=0):
            self.encoded_image_string = encoded_image_string

    def __init__(self, value=()):
        self.value = _Values(value)


class FileWriter:
    """TensorFlow 1's writer of files for TensorBoard.

    Args:
        logdir: the folder.
        graph, max_queue, flush_secs, graph_def: of no effect.
        filename_suffix: the end of the files' names.
        session: of no effect.
    """

    def __init__(self, logdir, graph=None, max_queue=10, flush_secs=120, graph_def=None, filename_suffix=None,
                 session=None):  # fmt: skip
        self.logdir, self._writer = logdir, Writer(logdir, max_queue, 1000 * flush_secs, filename_suffix)

    def add_summary(self, summary, global_step=None):
        """Write entries.

        Args:
            summary: a Summary.
            global_step: an int.
        """
        if not isinstance(summary, Summary):
            raise ArgumentError(f"FileWriter.add_summary: received {type(summary).__name__}, expected a tf.Summary.")
        step = 0 if global_step is None else int(np.asarray(global_step))
        for value in summary.value:
            if value.simple_value is not None:
                self._writer.add("scalar", value.tag, float(np.asarray(value.simple_value)), step)
            if value.image is not None:
                self._writer.add(
                    "image", value.tag, _decoded(value.image.encoded_image_string), step, dataformats="HWC"
                )

    add_graph = add_run_metadata = add_event = add_meta_graph = staticmethod(nothing)

    def flush(self):
        """Write what waits."""
        self._writer.flush()

    def close(self):
        """Write what waits, and close the files."""
        self._writer.close()

    def reopen(self):
        """Nothing: files are made when something is written."""

    def get_logdir(self):
        """The folder."""
        return self.logdir


def _decoded(data):
    try:
        pillow = importlib.import_module("PIL.Image")
    except ImportError:
        raise missing("FileWriter.add_summary of a picture", "images") from None
    return np.asarray(pillow.open(io.BytesIO(data)).convert("RGB"))


NAMES = {
    **{f"summary.{n}": f"compat.tf.summary:{n}" for n in (
        "create_file_writer", "create_noop_writer", "should_record_summaries", "record_if", "scalar", "histogram",
        "image", "text", "audio", "write", "flush", "FileWriter", "Summary")},
    "summary.SummaryWriter": "compat.tf.summary:Writer", "Summary": "compat.tf.summary:Summary",
    "summary.experimental.set_step": "compat.tf.summary:set_step",
    "summary.experimental.get_step": "compat.tf.summary:get_step",
    **dict.fromkeys(("summary.trace_on", "summary.trace_off", "summary.trace_export", "summary.graph",
                     "profiler.experimental.start", "profiler.experimental.stop",
                     "profiler.experimental.server.start"), "compat.tf.devices:nothing"),
    **{f"profiler.experimental.{n}": "compat.tf.devices:Scope" for n in ("Profile", "Trace")},
}  # fmt: skip
