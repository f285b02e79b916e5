"""What scripts that import TensorFlow print: TensorFlow 2.21's own lines, and that other scripts print arrays."""

import numpy as np
import pytest
from compat.running import run

from fastnn.compat.tf.printing import line

SHOWN = {
    "print(tf.constant(3.0))": "tf.Tensor(3.0, shape=(), dtype=float32)",
    "print(tf.constant([[1, 2], [3, 4]]))": "tf.Tensor(\n[[1 2]\n [3 4]], shape=(2, 2), dtype=int32)",
    "print(repr(tf.constant([1.5, 2])))":
        "<tf.Tensor: shape=(2,), dtype=float32, numpy=array([1.5, 2. ], dtype=float32)>",
    "print([tf.constant(True)])": "[<tf.Tensor: shape=(), dtype=bool, numpy=True>]",
    "print(repr(tf.zeros((2, 1))))":
        "<tf.Tensor: shape=(2, 1), dtype=float32, numpy=\narray([[0.],\n       [0.]], dtype=float32)>",
    "print(f'{tf.constant(2.5)} {tf.constant([1, 2])} {tf.constant(2.5):.2f}')": "2.5 [1 2] 2.50",
    "print('%s %.1f' % (tf.constant(2), tf.constant(2)))": "tf.Tensor(2, shape=(), dtype=int32) 2.0",
    "print(tf.constant(['a', 'b']), tf.constant('é').numpy())": (
        "tf.Tensor([b'a' b'b'], shape=(2,), dtype=string) b'\\xc3\\xa9'"),
    "print(tf.strings.upper('abc').numpy(), tf.strings.split('a b').numpy().tolist())": "b'ABC' [b'a', b'b']",
    "print(tf.Variable([1.0]), tf.Variable(3, name='n'))": (
        "<tf.Variable 'Variable:0' shape=(1,) dtype=float32, numpy=array([1.], dtype=float32)> "
        "<tf.Variable 'n:0' shape=() dtype=int32, numpy=3>"),
    "print(tf.Variable(1.0, name='w').name)": "w:0",
    "print(np.exp(tf.zeros(2)), np.mean(tf.ones((2, 2)), axis=0), np.squeeze(tf.ones((1, 2))))":
        "[1. 1.] [1. 1.] [1. 1.]",
    "print(np.ones(2, 'float32') * tf.ones(2))": "tf.Tensor([1. 1.], shape=(2,), dtype=float32)",
    "print(next(iter(tf.data.Dataset.range(2))))": "tf.Tensor(0, shape=(), dtype=int64)",
    "print(next(tf.data.Dataset.from_tensors(['x']).as_numpy_iterator()).tolist())": "[b'x']",
    "print(tf.TensorSpec([None, 3]), [tf.int32])":
        "TensorSpec(shape=(None, 3), dtype=tf.float32, name=None) [tf.int32]",
    "print(tf.ragged.constant([['a'], ['b', 'c']]))": "<tf.RaggedTensor [[b'a'], [b'b', b'c']]>",
    "print(tf.strings.reduce_join(tf.strings.split(['a b', 'c']), axis=-1, separator='-'))":
        "tf.Tensor([b'a-b' b'c'], shape=(2,), dtype=string)",
    "open('a.txt', 'w').write('x')\nnames = tf.data.Dataset.from_tensor_slices(['a.txt'])\n"
    "print(list(tf.data.TextLineDataset(names).as_numpy_iterator()))": "[b'x']",
    "print(tf.SparseTensor([[0, 0]], [1.0], [1, 2]).values)": "tf.Tensor([1.], shape=(1,), dtype=float32)",
    "v = tf.Variable(3.0)\nwith tf.GradientTape() as t:\n    y = v * v\nprint(t.gradient(y, v))": (
        "tf.Tensor(6.0, shape=(), dtype=float32)"),
    "print(tf.keras.layers.Dense(1, use_bias=False, kernel_initializer='ones')(tf.ones((1, 2))))": (
        "tf.Tensor([[2.]], shape=(1, 1), dtype=float32)"),
}  # fmt: skip


def test_tensors_print_as_tensorflow_prints_them(tmp_path):
    """One process: each line beside what TensorFlow 2.21 prints."""
    script = "import numpy as np\nimport tensorflow as tf\n" + "\nprint('---')\n".join(SHOWN)
    status, out, err = run(script, tmp_path)
    assert status == 0, err
    assert out.rstrip("\n").split("\n---\n") == list(SHOWN.values())


def test_scripts_of_keras_alone_print_arrays(tmp_path):
    """As with Keras 3 on NumPy's arrays."""
    status, out, err = run("import keras\nprint(keras.ops.ones(2), repr(keras.ops.ones(1)))", tmp_path)
    assert (status, out) == (0, "[1. 1.] array([1.], dtype=float32)\n"), err


@pytest.mark.parametrize(("value", "written"), [
    ("loss", "loss"), (np.float32(0.123456789), "0.123456791"), (np.float32(1), "1"), (0.1, "0.1"),
    (np.arange(10), "[0 1 2 ... 7 8 9]"), (np.ones((2, 2)), "[[1 1]\n [1 1]]"), (np.array("a", object), '"a"'),
    (np.arange(8).reshape(2, 2, 2), "[[[0 1]\n  [2 3]]\n\n [[4 5]\n  [6 7]]]"),
    ([1, np.ones(1)], "[1, [1]]"), ({"a": np.array(2.5)}, "{'a': 2.5}"), (np.bool_(True), "1"),
])  # fmt: skip
def test_tf_print(value, written):
    """Lines that TensorFlow 2.21's tf.print writes."""
    assert line(value) == written
