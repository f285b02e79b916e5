"""What data sets have besides under the aliases: iterators, folders of elements, samples, ragged batches."""

import numpy as np
import pytest
from compat.running import run

from fastnn.compat.tf import datasets as tf_datasets
from fastnn.core.errors import FileFormatError
from fastnn.data import Dataset

SCRIPT = """
import numpy as np
import tensorflow as tf
steps = iter(tf.data.Dataset.range(3))
print(steps.get_next().numpy(), next(steps).numpy(), steps.element_spec.dtype)
last = steps.get_next_as_optional()
print(bool(last.has_value()), last.get_value().numpy(), bool(steps.get_next_as_optional().has_value()))
try:
    steps.get_next()
except tf.errors.OutOfRangeError as error:
    print(error)
data = tf.data.Dataset.from_tensor_slices(({"a": [1, 2, 3], "s": ["x", "yy", "z"]}, [1.0, 2.0, 3.0]))
data.save("folder")
for features, label in tf.data.Dataset.load("folder").take(2):
    print(features["a"].numpy(), features["s"].numpy().decode(), label.numpy(), label.dtype.name)
for batch in tf.data.Dataset.range(4).map(lambda n: tf.range(n)).ragged_batch(3, drop_remainder=True):
    print(batch.to_list())
kept = tf.data.Dataset.from_tensor_slices([0] * 90 + [1] * 10).repeat(5)
kept = [int(k) for k, _ in kept.rejection_resample(lambda x: x, [0.5, 0.5], [0.9, 0.1], seed=1)]
print(0.35 < np.mean(kept) < 0.65, kept.count(1))
print(isinstance(steps, tf.data.Iterator), tf.compat.v1.data.make_one_shot_iterator(data).get_next()[1].numpy())
"""
LINES = [
    "0 1 int64", "True 2 False", "End of sequence", "1 x 1.0 float32", "2 yy 2.0 float32", "[[], [0], [0, 1]]",
    "True 50", "True 1.0",
]  # fmt: skip


def test_data_sets_of_a_script(tmp_path):
    status, out, errors = run(SCRIPT, tmp_path)
    assert status == 0, errors
    assert out.splitlines() == LINES


def test_a_folder_that_nobody_wrote(tmp_path):
    with pytest.raises(FileFormatError, match="no folder that"):
        tf_datasets._load(str(tmp_path))


def test_records_of_one_length(tmp_path):
    path = str(tmp_path / "records")
    (tmp_path / "records").write_bytes(bytes(range(10)))
    found = tf_datasets.FixedLengthRecordDataset([path], 3, header_bytes=2, footer_bytes=2)
    assert [np.frombuffer(r.item(), "uint8").tolist() for r in found] == [[2, 3, 4], [5, 6, 7]]
    with pytest.raises(FileFormatError, match="multiple of 3"):
        list(tf_datasets.FixedLengthRecordDataset(path, 3))


def test_without_the_aliases_data_sets_are_plain():
    assert not hasattr(Dataset, "rejection_resample") and not hasattr(iter(Dataset.range(2)), "get_next")
