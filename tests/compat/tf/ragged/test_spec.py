"""Specs of ragged tensors, and what tf.map_fn gives of rows of different lengths; the values are TensorFlow 2.21's."""

import pytest
from compat.running import run

from fastnn.compat.tf.ragged.spec import RaggedTensorSpec
from fastnn.core.errors import ArgumentError

SCRIPT = """
import tensorflow as tf

rows, deep = tf.ragged.constant([[1, 2], [3], []]), tf.ragged.constant([[[1], [2, 3]], [[4]]])
spec = tf.RaggedTensorSpec
for fn, elems, given in (
    (lambda x: x * 2, rows, spec([None], tf.int32)),
    (tf.reduce_sum, rows, tf.int32),
    (tf.range, tf.constant([1, 2]), spec([None], tf.int32)),
    (lambda p: tf.reduce_sum(p[0]) + p[1], (rows, tf.constant([1, 2, 3])), tf.int32),
    (lambda x: x.row_lengths(), deep, spec([None], tf.int64)),
    (lambda x: x + 1, deep, spec([None, None], tf.int32)),
    (lambda x: (x + 1, tf.size(x)), rows, (spec([None], tf.int32), tf.int32)),
    (tf.strings.split, tf.constant(["a b", "c"]), spec([None], tf.string)),
):
    found = tf.map_fn(fn, elems, fn_output_signature=given)
    print([x.to_list() if hasattr(x, "to_list") else x.numpy().tolist()
           for x in (found if isinstance(found, tuple) else [found])])
"""
FOUND = """\
[[[2, 4], [6], []]]
[[3, 3, 0]]
[[[0], [0, 1]]]
[[4, 5, 3]]
[[[1, 2], [1]]]
[[[[2], [3, 4]], [[5]]]]
[[[2, 3], [4], []], [2, 1, 0]]
[[[b'a', b'b'], [b'c']]]
"""


def test_functions_of_ragged_rows(tmp_path):
    status, output, errors = run(SCRIPT, tmp_path)
    assert status == 0, errors
    assert output == FOUND


def test_a_spec_knows_its_axes():
    spec = RaggedTensorSpec([None, None, 3], "string")
    assert (spec.shape, spec.dtype, spec.ragged_rank, spec.row_splits_dtype) == ((None, None, 3), "string", 2, "int64")
    assert spec == RaggedTensorSpec((None, None, 3), "string", 2) and len({spec, RaggedTensorSpec([None])}) == 2
    with pytest.raises(ArgumentError, match="Must specify ragged_rank or a shape"):
        RaggedTensorSpec()
