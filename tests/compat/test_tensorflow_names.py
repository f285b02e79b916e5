"""What `import tensorflow as tf` gives under the aliases: TensorFlow's arguments, defaults, dtypes and numbers."""

import json
import re

import numpy as np
import pytest
from compat import tensorflow_calls as calls

import fastnn
from fastnn.compat import names
from fastnn.compat.aliases import _TensorFlow
from fastnn.compat.tensorflow import Tensor
from fastnn.compat.tf import names as tf_names
from fastnn.core.errors import ArgumentError, NotSupportedError
from fastnn.core.results import give_as as give_results_as
from fastnn.graph import Trace
from fastnn.graph.array import Array

VALUES = json.loads((calls.HERE / "tensorflow_values.json").read_text(encoding="utf-8"))
SIGNATURES = json.loads((calls.HERE / "tensorflow_signatures.json").read_text(encoding="utf-8"))
TABLE = tf_names.table()


@pytest.fixture(autouse=True)
def tensors():
    """Results are tensors, as the aliases make them."""
    give_results_as(Tensor)
    yield
    give_results_as(Array)


class _Root(_TensorFlow):
    """`tensorflow` without an entry in sys.modules."""

    def __getattr__(self, name):
        full = f"{self.__name__}.{name}".removeprefix("tensorflow.")
        return _Root(f"tensorflow.{full}") if full in names.TENSORFLOW_MODULES else super().__getattr__(name)


tf = _Root("tensorflow")


def test_every_name_takes_tensorflows_arguments():
    assert {name: calls.arguments(f) for name, f in TABLE.items()} == SIGNATURES


def test_every_name_is_called():
    """A name has a stored answer, under itself or an alias, or is one of those that draw random numbers."""
    called = {TABLE[n] for call in VALUES for n in re.findall(r"[\w.]+(?=\()", call) if n in TABLE}
    random = {n for n in TABLE if n.startswith("random.") or ".random_" in n or ".stateless_random_" in n}
    elsewhere = ["compat.v1.nn.ctc_beam_search_decoder", "compat.v1.nn.ctc_loss",
                 "io.matching_files", "io.read_file", "io.write_file", "is_tensor", "nn.ctc_beam_search_decoder",
                 "nn.ctc_greedy_decoder", "nn.embedding_lookup_sparse",
                 "nn.safe_embedding_lookup_sparse"]  # see tf/test_files, tf/test_ctc, tf/test_sparse  # fmt: skip
    assert sorted(n for n, f in TABLE.items() if f not in called and n not in random) == elsewhere


@pytest.mark.parametrize("call", VALUES)
def test_values_and_dtypes(call):
    found, expected = calls.value(tf, call, calls.inputs()), VALUES[call]
    assert [part[:2] for part in found] == [part[:2] for part in expected]
    for (kind, _, mine), (*_, theirs) in zip(found, expected):
        if not ("float" in kind or "complex" in kind):
            assert mine == theirs
        else:
            np.testing.assert_allclose(mine, theirs, rtol=2e-5, atol=2e-6)


def test_results_are_tensors():
    for call in (
        "where(b)",
        "reduce_sum(x)",
        "constant([1, 2])",
        "shape(m)",
        "unique(t)[0]",
        "range(3)",
        "strings.lower('A')",
        "zeros(2)",
        "random.normal([2])",
        "split(t, [2, 3])[1]",
    ):
        found = eval(f"tf.{call}", {"tf": tf, **calls.inputs()})
        assert isinstance(found, Tensor) or not np.ndim(found), call
        assert isinstance(found.numpy(), (np.ndarray, np.generic, str)), call


# ---- the same functions in models ------------------------------------------------------------------------------
IN_MODELS = {
    "reduce_sum": lambda v: tf.reduce_sum(v, axis=-1, keepdims=True), "gather": lambda v: tf.gather(v, [2, 0], axis=1),
    "cumsum": lambda v: tf.cumsum(v, axis=1, exclusive=True, reverse=True), "gelu": tf.nn.gelu,
    "concat": lambda v: tf.concat([v, v * 2.0], -1), "where": lambda v: tf.where(v > 0.0, v, 0.0),
    "clip": lambda v: tf.clip_by_value(v, -0.5, 0.5), "argmax": lambda v: tf.argmax(v, axis=-1),
    "matmul": lambda v: tf.matmul(v, np.ones((3, 2), "float32")), "softmax": lambda v: tf.nn.softmax(v),
    "pad": lambda v: tf.pad(v, [[0, 0], [1, 2]]), "l2": lambda v: tf.math.l2_normalize(v, axis=1),
    "moments": lambda v: tf.nn.moments(v, [1], keepdims=True)[1], "divide": lambda v: tf.divide(v, 2),
    "one_hot": lambda v: tf.one_hot(tf.cast(v > 0.0, tf.int32), 2), "split": lambda v: tf.split(v, [1, 2], axis=1)[1],
    "norm": lambda v: tf.norm(v, axis=-1), "slice": lambda v: v[:, 1:],
}  # fmt: skip


@pytest.mark.parametrize("name", IN_MODELS)
def test_symbols_give_what_arrays_give(name):
    function, x = IN_MODELS[name], np.random.default_rng(3).normal(size=(4, 3)).astype("float32")
    for make in (lambda v: function(v), lambda v: fastnn.layers.Lambda(function)(v)):
        inputs = fastnn.Input((3,))
        found, expected = fastnn.Model(inputs, make(inputs)).predict(x, verbose=0), np.asarray(function(x))
        assert found.dtype == expected.dtype
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)


def test_a_step_of_ones_own_trains():
    class Custom(fastnn.Model):
        def __init__(self):
            super().__init__()
            self.dense = fastnn.layers.Dense(3)

        def call(self, x):
            return self.dense(x)

        def train_step(self, data):
            x, y = data
            with tf.GradientTape() as tape:
                each = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=self(x, training=True))
                loss = tf.reduce_mean(each)
            weights = self.trainable_variables
            grads, norm = tf.clip_by_global_norm(tape.gradient(loss, weights), 1.0)
            self.optimizer.apply_gradients(zip(grads, weights))
            return {"loss": loss, "norm": norm}

    model, x, y = Custom(), np.eye(3, dtype="float32"), np.arange(3)
    model.compile("sgd")
    losses = model.fit(x, y, epochs=30, verbose=0).history
    assert losses["loss"][-1] < losses["loss"][0] and losses["norm"][0] > 0


# ---- random numbers --------------------------------------------------------------------------------------------
def test_random_numbers_have_tensorflows_arguments():
    u = tf.random.uniform([500], minval=2, maxval=4, seed=1)
    assert u.dtype == "float32" and 2 <= u.min() < 2.1 and 3.9 < u.max() < 4
    k = tf.random.uniform(shape=(500,), maxval=3, dtype=tf.int32)
    assert k.dtype == "int32" and set(k.tolist()) == {0, 1, 2}
    assert tf.random.uniform([2], dtype=tf.float64).dtype == "float64"
    n = tf.random.normal([2000], mean=5.0, stddev=2.0)
    assert n.dtype == "float32" and abs(n.mean() - 5) < 0.3 and abs(n.std() - 2) < 0.2
    assert np.abs(tf.random.truncated_normal([500])).max() <= 2.0
    assert sorted(tf.random.shuffle(np.arange(5)).tolist()) == list(range(5))
    drawn = tf.random.categorical(np.log([[0.5, 0.5, 1e-9]]), 200)
    assert drawn.shape == (1, 200) and drawn.dtype == "int64" and set(drawn.ravel().tolist()) == {0, 1}
    a, b, c = (tf.random.stateless_uniform([3], seed=s) for s in ([1, 2], [1, 2], [2, 1]))
    assert a.tolist() == b.tolist() != c.tolist() and tf.random.stateless_normal([2], [0, 1]).shape == (2,)
    with pytest.raises(ArgumentError, match="maxval"):
        tf.random.uniform([2], dtype="int32")


def test_random_images():
    x = calls.inputs()["u"]
    flips = [tf.image.random_flip_left_right(x[0], seed=s) for s in range(8)]
    assert {np.array_equal(f, x[0]) for f in flips} == {True, False}
    assert all(np.array_equal(f, x[0]) or np.array_equal(f, x[0, :, ::-1]) for f in flips)
    both = tf.image.random_flip_up_down(x, seed=3)
    assert both.dtype == x.dtype and all(np.array_equal(a, b) or np.array_equal(a, b[::-1]) for a, b in zip(both, x))
    crop = tf.image.random_crop(x, [1, 2, 2, 3])
    assert crop.shape == (1, 2, 2, 3) and crop.tobytes()
    f = calls.inputs()["f"]
    shift = np.asarray(tf.image.random_brightness(f, 0.3)) - f
    assert np.ptp(shift) < 1e-6 and abs(shift.mean()) <= 0.3
    spread = np.std(tf.image.random_contrast(f, 0.5, 0.6)[0, ..., 0]) / np.std(f[0, ..., 0])
    assert 0.5 <= spread <= 0.6001
    with pytest.raises(ArgumentError, match="at most"):
        tf.image.random_crop(x, [1, 9, 2, 3])


# ---- what is not there -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(("call", "error", "words"), [
    ("gather(x, [3])", ArgumentError, "0 to 2"), ("gather(x, [-1])", ArgumentError, "0 to 2"),
    ("where(b, x=1.0)", ArgumentError, "both"), ("split(t, [2, 2])", ArgumentError, "sum of 5"),
    ("pad(x, [[1, 1], [1, 1]], 'WRAP')", NotSupportedError, "REFLECT"), ("add(i, 1.5)", ArgumentError, "cast"),
    ("image.resize(f, [2, 2], 'gaussian')", NotSupportedError, "bilinear"),
    ("gather_nd(x, [[9, 0]])", ArgumentError, "0 to 2"), ("norm(x, ord='max')", NotSupportedError, "ord"),
    ("image.crop_to_bounding_box(f, 3, 0, 2, 2)", ArgumentError, "inside"),
    ("nn.conv2d(f, w2, 1, 'SAME', data_format='NCHW')", NotSupportedError, "data_format"),
    ("nn.max_pool2d(f, [2, 2, 2, 1], 1, 'SAME')", NotSupportedError, "batch"),
    ("nn.conv2d_transpose(f, wt, [2, 9, 10, 4], 2)", NotSupportedError, "output_shape"),
    ("boolean_mask(x, [True, False])", ArgumentError, "mask of shape"),
    ("reduce_sum(x, 0, True, dim=3)", TypeError, "tensorflow.reduce_sum"),
    ("math.sobol_sample(2, 3)", AttributeError, "math.sobol_sample is not part of fastnn"),
    ("reduce_summ(x)", AttributeError, "Nearest: reduce_sum"),
    ("io.gfiles", AttributeError, "not part of fastnn"),
])  # fmt: skip
def test_errors(call, error, words):
    with pytest.raises(error, match=words):
        eval(f"tf.{call}", {"tf": tf, **calls.inputs()})


def test_what_depends_on_values_refuses_symbols_of_a_trace():
    with Trace() as trace:
        x = trace.input((3,), "float32")
        for call in (lambda: tf.where(x > 0.0), lambda: tf.boolean_mask(x, x > 0.0), lambda: tf.unique(x)):
            with pytest.raises(NotSupportedError, match="arrays"):
                call()


def test_shorter_names_of_keras_modules(tmp_path):
    import subprocess
    import sys
    from pathlib import Path

    script = """
import tensorflow as tf
import tensorflow.optimizers.schedules
from tensorflow.losses import MeanSquaredError
import fastnn
assert tf.optimizers.Adam is fastnn.optimizers.Adam and MeanSquaredError is fastnn.losses.MeanSquaredError
assert tf.metrics.Accuracy is fastnn.metrics.Accuracy and tf.initializers.Zeros is fastnn.initializers.Zeros
assert tf.losses.mse is fastnn.losses.mean_squared_error
assert tf.optimizers.SGD(lr=0.1, decay=1.0).decay == 1.0
assert tf.math.cumsum([1, 2]).numpy().tolist() == [1, 3] and tf.strings.lower("A").numpy() == b"a"
with tf.device("/CPU:0"), tf.name_scope("x"):
    assert tf.zeros_initializer()((2,)).sum() == 0 and tf.nest.flatten([1, (2,)]) == [1, 2]
"""
    root = Path(fastnn.__file__).parent.parent
    code = f"import sys; sys.path.insert(0, {str(root)!r}); from fastnn.compat import install; install()\n{script}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr


def test_more_distributions():
    gamma = tf.random.gamma([2000], alpha=[2.0, 6.0], beta=2.0, seed=3)
    assert gamma.shape == (2000, 2) and gamma.dtype == "float32"
    np.testing.assert_allclose(np.mean(gamma, axis=0), [1.0, 3.0], atol=0.15)
    counts = tf.random.poisson([2000], [0.5, 4.0], seed=3)
    assert counts.shape == (2000, 2) and counts.dtype == "float32"
    np.testing.assert_allclose(np.mean(counts, axis=0), [0.5, 4.0], atol=0.2)
    wins = tf.random.stateless_binomial([2000], seed=[1, 2], counts=10, probs=0.3)
    assert wins.dtype == "int32" and abs(np.mean(wins) - 3) < 0.2


@pytest.mark.parametrize("call", [
    "stateless_gamma([4], [1, 2], 2.0)", "stateless_poisson([4], [1, 2], 30.0)",
    "stateless_categorical([[0.0, 0.0, 0.0]], 9, [1, 2])", "stateless_truncated_normal([4], [1, 2])",
    "split([1, 2], 3)", "fold_in([1, 2], 5)",
])  # fmt: skip
def test_stateless_numbers_are_those_of_their_seed(call):
    first, again, other = (
        np.asarray(eval(f"tf.random.{text}", {"tf": tf})) for text in (call, call, call.replace("[1, 2]", "[1, 3]"))
    )
    assert (first == again).all() and (first != other).any()
