"""tf.data.experimental: functions for apply, and files of fields."""

import numpy as np
import pytest

from fastnn.compat.tf import data as tf_data
from fastnn.core.errors import ArgumentError, DataError
from fastnn.data import Dataset

FIVE = Dataset.range(5)
APPLIED = {
    "unbatch": (FIVE.batch(2), (), [0, 1, 2, 3, 4]),
    "map_and_batch": (FIVE, (lambda x: x * 2, 2), [[0, 2], [4, 6], [8]]),
    "shuffle_and_repeat": (Dataset.range(1), (3, 2), [0, 0]), "take_while": (FIVE, (lambda x: x < 2,), [0, 1]),
    "scan": (FIVE, (0, lambda s, x: (s + x, s + x)), [0, 1, 3, 6, 10]), "snapshot": (FIVE, ("x",), [0, 1, 2, 3, 4]),
    "unique": (Dataset.from_tensor_slices([1, 1, 2]), (), [1, 2]), "ignore_errors": (FIVE, (), [0, 1, 2, 3, 4]),
    "copy_to_device": (FIVE, ("/gpu:0",), [0, 1, 2, 3, 4]), "prefetch_to_device": (FIVE, ("x",), [0, 1, 2, 3, 4]),
    "parallel_interleave": (Dataset.range(2), (lambda x: Dataset.range(2), 2), [0, 0, 1, 1]),
    "assert_cardinality": (FIVE, (5,), [0, 1, 2, 3, 4]),
}  # fmt: skip


@pytest.mark.parametrize("name", APPLIED)
def test_functions_for_apply(name):
    data, args, expected = APPLIED[name]
    assert [np.asarray(x).tolist() for x in data.apply(getattr(tf_data, name)(*args))] == expected


@pytest.mark.parametrize("count", [4, 6])
def test_another_number_of_elements(count):
    data = FIVE.filter(lambda x: True).apply(tf_data.assert_cardinality(count))
    assert len(data) == count
    with pytest.raises(DataError, match=f"{count} elements expected|expected {count}"):
        list(data)


def test_sources():
    assert [int(n) for n in tf_data.Counter(3, 2).take(3)] == [3, 5, 7]
    assert int(tf_data.get_single_element(Dataset.range(1))) == 0
    both = [Dataset.range(2), Dataset.range(10, 12)]
    assert [int(n) for n in tf_data.choose_from_datasets(both, Dataset.from_tensor_slices([1, 0]))] == [10, 0]
    assert len(list(tf_data.sample_from_datasets(both, [0.5, 0.5], seed=1))) == 4


def test_files_of_fields(tmp_path):
    (tmp_path / "a.csv").write_text("age,name,score\n3,x,0.5\n4,,1e2\n")
    data = tf_data.make_csv_dataset(str(tmp_path / "*.csv"), 2, label_name="score", num_epochs=1, shuffle=False)
    ((columns, label),) = list(data)
    assert columns["age"].dtype == "int32" and columns["age"].tolist() == [3, 4]
    assert columns["name"].tolist() == ["x", ""] and label.tolist() == [0.5, 100.0]
    rows = tf_data.CsvDataset(str(tmp_path / "a.csv"), [[0], [1.5]], header=True, select_cols=[0, 2])
    assert [(int(a), float(b)) for a, b in rows] == [(3, 0.5), (4, 100.0)]
    with pytest.raises(ArgumentError, match="label_name"):
        tf_data.make_csv_dataset(str(tmp_path / "a.csv"), 2, label_name="no")
