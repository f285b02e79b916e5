"""C files of whole models: they compile without a warning and test themselves; what they cannot do is named."""

from __future__ import annotations

import re
import subprocess

import numpy as np
import pytest
from c_compiler import STRICT, compiled, ran
from exported import MODELS, randomised

import fastnn
from fastnn import layers, ops
from fastnn.core.errors import ArgumentError, NotSupportedError

SERIES, IMAGE, ROW = (10, 4), (9, 8, 4), (6,)


def one(shape, *made, dtype="float32"):
    return randomised(fastnn.Sequential([fastnn.Input(shape, dtype=dtype), *made]))


def words(*made):
    return one((7,), layers.Embedding(9, 4, mask_zero=True), *made, dtype="int32")


def quantized():
    model = one((64,), layers.Dense(32, "relu"), layers.Dense(4))
    model.quantize("int8")
    return model


def attention():
    x = fastnn.Input(SERIES)
    y = layers.MultiHeadAttention(2, 3)(x, x, use_causal_mask=True)
    return randomised(fastnn.Model(x, layers.LayerNormalization()(layers.Add()([x, y]))))


def arithmetic():
    a, b = fastnn.Input(ROW), fastnn.Input(ROW)
    found = ops.where(a > b, (a + b * 2 - 1) / (ops.abs(a) + 3), ops.exp(-a))
    return fastnn.Model([a, b], [found, ops.argmax(a, axis=-1), ops.concatenate([a, b], axis=-1)[:, ::-2]])


def while_loop():
    x = fastnn.Input(ROW)
    return fastnn.Model(x, ops.while_loop(lambda v: ops.sum(ops.abs(v)) > 1.0, lambda v: (v * 0.5,), (x,))[0])


NETS = {
    "lstm": lambda: one(SERIES, layers.LSTM(5, return_sequences=True), layers.LSTM(3, go_backwards=True)),
    "gru": lambda: one(SERIES, layers.GRU(5, return_sequences=True), layers.GRU(3, reset_after=False)),
    "both ways": lambda: one(SERIES, layers.Bidirectional(layers.SimpleRNN(3, return_sequences=True))),
    "own cells": lambda: one(SERIES, layers.RNN([layers.LSTMCell(3), layers.GRUCell(2)])),
    "images in time": lambda: one((3, 6, 6, 2), layers.ConvLSTM2D(2, 3)),
    "masked": lambda: words(layers.LSTM(3), layers.Dense(2)),
    "masked mean": lambda: words(layers.GlobalAveragePooling1D()),
    "convnet": lambda: one(IMAGE, layers.Conv2D(4, 3, padding="same"), layers.BatchNormalization(), layers.ReLU(),
                           layers.MaxPooling2D(2, padding="same"), layers.DepthwiseConv2D(3, activation="relu"),
                           layers.Flatten(), layers.Dense(3, "softmax")),
    "transposed": lambda: one(IMAGE, layers.Conv2DTranspose(3, 3, 2, "same"), layers.Conv2DTranspose(2, 2)),
    "channels first": lambda: one(IMAGE, layers.Conv2D(4, 3, data_format="channels_first", activation="sigmoid")),
    "volumes": lambda: one((5, 6, 4, 2), layers.Conv3D(3, 2), layers.MaxPooling3D(2, padding="same")),
    "norms": lambda: one(IMAGE, layers.GroupNormalization(2), layers.LayerNormalization([1, 2]),
                         layers.UnitNormalization()),
    "resized": lambda: one(IMAGE, layers.UpSampling2D(2, interpolation="bilinear"), layers.Resizing(5, 5)),
    "sparsemax": lambda: one(ROW, layers.Dense(5, activation="sparsemax")),
    "quantized": quantized, "attention": attention, "arithmetic": arithmetic, "while": while_loop,
}  # fmt: skip
SOME = {name: MODELS[name] for name in list(MODELS)[::9]}


@pytest.mark.parametrize("name", [*NETS, *SOME])
def test_a_file_compiles_without_a_warning_and_tests_itself(tmp_path, name):
    model = {**NETS, **SOME}[name]()
    signature = [(2, *(7 if d is None else d for d in x.shape[1:])) for x in model.inputs]
    model.export(tmp_path / "net.c", verbose=False, batch_size=2, input_signature=signature)
    found = ran(compiled(tmp_path / "net.c"))
    assert float(re.search(r"relative: (\S+) ", found)[1]) < 2e-6, found


def test_a_file_that_was_damaged_says_so(tmp_path):
    one(ROW, layers.Dense(3)).export(tmp_path / "net.c", verbose=False)
    text = (tmp_path / "net.c").read_text()
    (tmp_path / "net.c").write_text(
        text.replace("static const float v0[18] = {\n    ", "static const float v0[18] = {\n    1 + ")
    )
    done = subprocess.run([compiled(tmp_path / "net.c")], capture_output=True, text=True)
    assert done.returncode == 1 and "largest difference" in done.stdout


def test_a_program_calls_the_function(tmp_path):
    model = one(ROW, layers.Dense(3, "tanh"))
    model.export(tmp_path / "my-net.c", verbose=False, batch_size=2)
    (tmp_path / "main.c").write_text(
        '#include <stdio.h>\n#define MY_NET_NO_MAIN\n#include "my-net.c"\n'
        "int main(void)\n{\n    float x[12], y[6];\n    for (int i = 0; i < 12; ++i) x[i] = (float)i / 8;\n"
        '    my_net_predict(x, y);\n    for (int i = 0; i < 6; ++i) printf("%.9g\\n", y[i]);\n    return 0;\n}\n'
    )
    found = np.array(ran(compiled(tmp_path / "main.c")).split(), np.float32).reshape(2, 3)
    x = np.arange(12, dtype="float32").reshape(2, 6) / 8
    np.testing.assert_allclose(found, model.predict(x, verbose=0), rtol=2e-6)


def test_memory_is_what_values_need_at_one_time(tmp_path):
    """A chain of equal layers takes turns in two places."""
    sizes = []
    for depth in (3, 12):
        model = one((64,), *(layers.Dense(64, "tanh") for _ in range(depth)))
        model.export(tmp_path / "net.c", verbose=False)
        sizes.append(int(re.search(r"(\d+) bytes of working memory", (tmp_path / "net.c").read_text())[1]))
    assert sizes[0] == sizes[1] <= 2 * 64 * 4 + 128


def test_values_of_each_type_have_a_part_of_the_arena(tmp_path):
    words(layers.LSTM(3)).export(tmp_path / "net.c", verbose=False)
    text = (tmp_path / "net.c").read_text()
    kinds = dict(re.findall(r"^static (\w+) arena_(\w+)\[", text, re.M))
    assert kinds["float"] == "f32" and kinds["uint8_t"] == "u8"


class Own(layers.Layer):
    def call(self, x):
        return ops.sort(ops.fft((x, x))[0], axis=-1)


@pytest.mark.parametrize("make, options, error, words_", [
    (lambda: one((8,), Own(name="mine")), {}, NotSupportedError,
     "operation 'dft' in layer 'sequential.*mine' has no rule"),
    (lambda: one(ROW, layers.Dense(3, dtype="float16")), {}, NotSupportedError, "dtype 'float16'|'cast_host'"),
    (lambda: fastnn.Sequential([fastnn.Input(batch_shape=(2, 5, 3)), layers.LSTM(2, stateful=True)]),
     {"batch_size": 2}, NotSupportedError, "keeps nothing between calls"),
    (lambda: one(ROW, layers.IntegerLookup(vocabulary=[1, 2]), dtype="int32"), {}, NotSupportedError, "before a step"),
    (lambda: one((None, 4), layers.GlobalMaxPooling1D()), {}, ArgumentError, "pass input_signature"),
    (lambda: one(ROW, layers.Dense(2)), {"batch_size": 0}, ArgumentError, "batch_size=0"),
    (lambda: one(ROW, layers.Dense(2)), {"batch_size": 2.5}, ArgumentError, "batch_size=2.5"),
    (lambda: one(ROW, layers.Dense(2)), {"input_signature": [(1, 6), (1, 6)]}, ArgumentError, "2 shapes"),
    (lambda: one(ROW, layers.Dense(2)), {"rows": 3}, ArgumentError, "unknown arguments"),
])  # fmt: skip
def test_what_c_cannot_do_is_named_before_anything_is_written(tmp_path, make, options, error, words_):
    with pytest.raises(error, match=words_):
        make().export(tmp_path / "net.c", verbose=False, **options)
    assert not list(tmp_path.iterdir())


def test_strict_means_every_warning():
    assert {"-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror"} <= set(STRICT)
