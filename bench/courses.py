"""Networks of courses: the same lines of Keras under fastnn and under real Keras, steps of `fit` timed side by side.

Each engine has a process of its own, which builds, compiles and trains an epoch before anything is timed. Then they are
timed in turn, round after round, on one core. Printed is the processor time of a step, the least of the rounds, how far
the slowest round lies above it, and how many times as long each peer takes. `--tensorflow-python` and `--jax-python`
name interpreters with Keras and TensorFlow or JAX; without them only fastnn is timed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from bench import harness

ENGINES = {"keras-tensorflow": "tensorflow", "keras-jax": "jax"}  # peers: whose interpreter
# Behind all others, so that a fastnn that is installed is the one that is timed.
CHILD = "import sys; sys.path.append(sys.argv[1]); from bench.courses import child; child(*sys.argv[2:])"
BINARY, CLASSES = "binary_crossentropy", "sparse_categorical_crossentropy"
Work = tuple[Any, Any, Any, int]  # model, inputs, targets, rows of a step


def rows(*shape: int) -> Any:
    """Numbers like standardized columns or images."""
    return np.random.default_rng(0).standard_normal(shape, dtype=np.float32)


def words(*shape: int, most: int) -> Any:
    """Indices of words, of classes or of users."""
    return np.random.default_rng(1).integers(0, most, shape).astype("int32")


def stack(k: Any, shape: tuple[int, ...], *layers: Any) -> Any:
    """A Sequential model of an input and layers."""
    return k.Sequential([k.Input(shape), *layers])


def compiled(model: Any, loss: Any = CLASSES, optimizer: str = "adam", **options: Any) -> Any:
    """The model, ready to be trained."""
    model.compile(optimizer, loss, **options)
    return model


def digits(k: Any) -> Work:
    """A convolutional network on digits."""
    a = k.layers
    parts = [a.Conv2D(32, 3, activation="relu"), a.MaxPooling2D(), a.Conv2D(64, 3, activation="relu"), a.MaxPooling2D()]
    model = stack(k, (28, 28, 1), *parts, a.Flatten(), a.Dropout(0.5), a.Dense(10, activation="softmax"))
    return compiled(model, metrics=["accuracy"]), rows(512, 28, 28, 1), words(512, most=10), 128


def reviews(k: Any) -> Work:
    """An LSTM on reviews of films."""
    a = k.layers
    model = stack(k, (80,), a.Embedding(10_000, 64), a.LSTM(64), a.Dense(1, activation="sigmoid"))
    return compiled(model, BINARY), words(128, 80, most=10_000), rows(128, 1) > 0, 32


def columns(k: Any) -> Work:
    """A table with BatchNormalization and Dropout, and the area under a curve."""
    a = k.layers
    parts = [p for n in (64, 64) for p in (a.Dense(n, activation="relu"), a.BatchNormalization(), a.Dropout(0.3))]
    model = stack(k, (30,), *parts, a.Dense(1, activation="sigmoid"))
    return compiled(model, BINARY, metrics=["accuracy", k.metrics.AUC()]), rows(4096, 30), rows(4096, 1) > 0, 256


def housing(k: Any) -> Work:
    """Regression on thirteen columns, batches of one row."""
    a = k.layers
    model = stack(k, (13,), a.Dense(64, activation="relu"), a.Dense(64, activation="relu"), a.Dense(1))
    return compiled(model, "mse", "rmsprop", metrics=["mae"]), rows(100, 13), rows(100, 1), 1


def weather(k: Any) -> Work:
    """Two recurrent layers on a series."""
    a = k.layers
    parts = [a.GRU(32, return_sequences=True), a.Dropout(0.2), a.GRU(32), a.Dense(1)]
    return compiled(stack(k, (120, 7), *parts), "mse", "rmsprop"), rows(128, 120, 7), rows(128, 1), 32


def characters(k: Any) -> Work:
    """A language model of characters."""
    a = k.layers
    model = stack(k, (60,), a.Embedding(65, 32), a.GRU(128, return_sequences=True), a.Dense(65))
    loss = k.losses.SparseCategoricalCrossentropy(from_logits=True)
    return compiled(model, loss), words(64, 60, most=65), words(64, 60, most=65), 32


def attention(k: Any) -> Work:
    """A Transformer's encoder on texts."""
    a = k.layers
    i = k.Input((60,), dtype="int32")
    x = a.Embedding(5000, 32)(i)
    x = a.LayerNormalization()(x + a.MultiHeadAttention(2, 32)(x, x))
    x = a.LayerNormalization()(x + a.Dense(32)(a.Dense(64, activation="gelu")(x)))
    x = a.Dense(20, activation="relu")(a.GlobalAveragePooling1D()(x))
    return compiled(k.Model(i, a.Dense(2, activation="softmax")(x))), words(96, 60, most=5000), words(96, most=2), 32


def translation(k: Any) -> Work:
    """An encoder and a decoder with attention."""
    a = k.layers
    one, two = k.Input((16,), dtype="int32"), k.Input((16,), dtype="int32")
    seen, h, c = a.LSTM(64, return_sequences=True, return_state=True)(a.Embedding(1000, 48)(one))
    said = a.LSTM(64, return_sequences=True)(a.Embedding(1000, 48)(two), initial_state=[h, c])
    x = a.Concatenate()([said, a.Attention()([said, seen])])
    model = k.Model([one, two], a.Dense(1000, activation="softmax")(x))
    texts = [words(96, 16, most=1000), words(96, 16, most=1000)]
    return compiled(model), texts, words(96, 16, most=1000), 32


def segments(k: Any) -> Work:
    """A small U-Net."""
    a = k.layers

    def twice(x: Any, n: int) -> Any:
        for _ in range(2):
            x = a.Conv2D(n, 3, padding="same", activation="relu")(x)
        return x

    i = k.Input((48, 48, 3))
    high = twice(i, 16)
    low = twice(a.MaxPooling2D()(high), 32)
    x = twice(a.Concatenate()([a.Conv2DTranspose(16, 2, strides=2)(low), high]), 16)
    return (
        compiled(k.Model(i, a.Conv2D(3, 1, activation="softmax")(x))),
        rows(24, 48, 48, 3),
        words(24, 48, 48, most=3),
        8,
    )


def mobile(k: Any) -> Work:
    """Blocks of depthwise convolutions."""
    a = k.layers
    parts = [a.Conv2D(24, 3, strides=2, padding="same"), a.BatchNormalization(), a.ReLU(6.0)]
    for n, s in ((32, 1), (64, 2), (64, 1)):
        parts += [a.DepthwiseConv2D(3, strides=s, padding="same"), a.BatchNormalization(), a.ReLU(6.0)]
        parts += [a.Conv2D(n, 1), a.BatchNormalization(), a.ReLU(6.0)]
    model = stack(k, (48, 48, 3), *parts, a.GlobalAveragePooling2D(), a.Dense(10, activation="softmax"))
    return compiled(model), rows(48, 48, 48, 3), words(48, most=10), 16


def generator(k: Any) -> Work:
    """Transposed convolutions, as a generator has them."""
    a = k.layers
    parts = [a.Dense(7 * 7 * 64, use_bias=False), a.BatchNormalization(), a.LeakyReLU(), a.Reshape((7, 7, 64))]
    parts += [a.Conv2DTranspose(32, 5, strides=2, padding="same", use_bias=False), a.BatchNormalization()]
    parts += [a.LeakyReLU(), a.Conv2DTranspose(1, 5, strides=2, padding="same", activation="tanh")]
    return compiled(stack(k, (100,), *parts), "mse"), rows(96, 100), rows(96, 28, 28, 1), 32


def films(k: Any) -> Work:
    """Users and films as vectors."""
    a = k.layers
    user, film = k.Input((1,), dtype="int32"), k.Input((1,), dtype="int32")
    x = a.Concatenate()([a.Flatten()(a.Embedding(n, 32)(i)) for n, i in ((6000, user), (4000, film))])
    model = k.Model([user, film], a.Dense(1)(a.Dense(64, activation="relu")(x)))
    return compiled(model, "mse"), [words(2048, 1, most=6000), words(2048, 1, most=4000)], rows(2048, 1), 128


WORKLOADS: dict[str, Callable[[Any], Work]] = {
    work.__name__: work
    for work in (digits, reviews, columns, housing, weather, characters, attention, translation, segments, mobile,
                 generator, films)
}  # fmt: skip


def child(engine: str, name: str) -> None:
    """Answer each line, a number of seconds, with the milliseconds of processor time that a step has taken."""
    if engine == "fastnn":
        import fastnn as k
    else:
        if engine == "keras-tensorflow":
            import tensorflow

            tensorflow.config.threading.set_intra_op_parallelism_threads(1)
            tensorflow.config.threading.set_inter_op_parallelism_threads(1)
        import keras as k  # type: ignore[no-redef]
    k.utils.set_random_seed(1)
    model, x, y, batch = WORKLOADS[name](k)
    y = y.astype("float32") if y.dtype == bool else y
    steps, epochs = len(y) // batch, 1
    model.fit(x, y, batch_size=batch, verbose=0)
    for line in sys.stdin:
        while True:
            start, spent = time.perf_counter(), time.process_time()
            model.fit(x, y, batch_size=batch, epochs=epochs, verbose=0)
            passed, spent = time.perf_counter() - start, time.process_time() - spent
            if passed >= 0.5 * float(line):
                break
            epochs = max(epochs + 1, int(epochs * float(line) / max(passed, 1e-6)))
        sys.__stdout__.write(f"{spent / (epochs * steps) * 1e3}\n")  # type: ignore[union-attr]
        sys.__stdout__.flush()  # type: ignore[union-attr]


def measure(name: str, pythons: dict[str, str], rounds: int, seconds: float) -> dict[str, list[float]]:
    """{engine: milliseconds of a step, for each round}; an engine that fails is left out.

    Args:
        name: of WORKLOADS.  pythons: peer of ENGINES -> interpreter.
        rounds: blocks of each engine, in turn.  seconds: of a block.
    """
    processes = {
        engine: subprocess.Popen(
            [python, "-c", CHILD, str(harness.ROOT), engine, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**harness.environment(engine, 1), "PYTHONPATH": os.environ.get("PYTHONPATH", "")},
            preexec_fn=harness.pin(1),
        )
        for engine, python in {"fastnn": sys.executable, **pythons}.items()
    }
    found: dict[str, list[float]] = {engine: [] for engine in processes}
    for _ in range(rounds):
        for engine, process in processes.items():
            if process.poll() is None and process.stdin is not None and process.stdout is not None:
                process.stdin.write(f"{seconds}\n")
                process.stdin.flush()
                answer = process.stdout.readline()
                if answer:
                    found[engine].append(float(answer))
    for process in processes.values():
        process.communicate()
    return {engine: times for engine, times in found.items() if len(times) == rounds}


def line(name: str, found: dict[str, list[float]]) -> str:
    """A workload's row of the table.

    >>> line("digits", {"fastnn": [2.0, 2.1], "keras-jax": [6.0, 6.0]})
    'digits            2 ms (+5 %); Keras on JAX        6 ms (+0 %), 3.00 times as long'
    """
    parts = []
    for engine, times in found.items():
        least = min(times)
        text = f"{least:8.4g} ms (+{(max(times) / least - 1) * 100:.0f} %)"
        if engine != "fastnn":
            text = f"{harness.NAMES[engine]} {text}, {least / min(found['fastnn']):.2f} times as long"
        parts.append(text)
    return f"{name:12s}" + "; ".join(parts)


def arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("--workloads", default="all", help=f"comma list or all, of: {', '.join(WORKLOADS)}")
    parser.add_argument("--rounds", type=int, default=4, help="of each engine (default 4)")
    parser.add_argument("--seconds", type=float, default=0.3, help="of a round (default 0.3)")
    for family in ENGINES.values():
        parser.add_argument(f"--{family}-python", default="", help=f"an interpreter with Keras and {family}")


def main(a: argparse.Namespace, say: Callable[[str], None]) -> int:
    """Measure, and print; exit status 1 where fastnn fails or a peer is faster."""
    pythons = {engine: vars(a)[f"{family}_python"] for engine, family in ENGINES.items()}
    pythons = {engine: python for engine, python in pythons.items() if python}
    slower = []
    for name in WORKLOADS if a.workloads == "all" else a.workloads.split(","):
        found = measure(name, pythons, a.rounds, a.seconds)
        if "fastnn" not in found or min(map(min, found.values())) < min(found["fastnn"]):
            slower.append(name)
        say(line(name, found) if "fastnn" in found else f"{name:12s}fails")
    if slower:
        say(f"slower than a peer: {', '.join(slower)}")
    return int(bool(slower))
