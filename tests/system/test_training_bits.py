"""A training run gives the same bits whatever the plan, the threads and the executor are."""

from __future__ import annotations

import evaluate
import numpy as np
import pytest
from strategies import kernels_mode

import fastnn as keras
from fastnn.compiler import program
from fastnn.core import config

ROWS = 22  # batches of 8, 8 and a ragged 6


def images(kind):
    """A convolutional network with a branch, batch normalisation used twice, dropout, and an auxiliary output."""
    L = keras.layers
    left, right = L.Input((8, 8, 2), name="left"), L.Input((8, 8, 2), name="right")
    conv, norm = L.Conv2D(5, 3, padding="same"), L.BatchNormalization()
    a, b = (L.Activation("relu")(norm(conv(x))) for x in (left, right))
    merged = L.Add()([a, b])
    x = L.Flatten()(L.MaxPooling2D(2)(merged))
    x = L.Dropout(0.3)(L.Dense(9, activation="tanh", kernel_regularizer="l2")(x))
    return keras.Model(
        [left, right],
        [
            L.Dense(3, activation="softmax", name="label")(x),
            L.Dense(1, activation="sigmoid", name="same")(L.Flatten()(a)),
        ],
    )


def train():
    """Two epochs; every weight and every loss."""
    keras.utils.set_random_seed(7)
    model = images(None)
    model.compile(
        optimizer=keras.optimizers.Adam(0.01, clipnorm=1.0),
        loss_weights=[1.0, 0.3],
        loss=["sparse_categorical_crossentropy", "binary_crossentropy"],
        metrics=[["accuracy"], ["mse"]],
    )
    rng = np.random.default_rng(1)
    x = [rng.standard_normal((ROWS, 8, 8, 2)).astype("float32") for _ in range(2)]
    y = [rng.integers(0, 3, ROWS), rng.integers(0, 2, (ROWS, 1)).astype("float32")]
    history = model.fit(x, y, batch_size=8, epochs=2, verbose=0)
    return [*model.get_weights(), *[np.asarray(v) for _, v in sorted(history.history.items())]]


@pytest.fixture
def planned(monkeypatch):
    """A function that makes every plan from now on with the options given."""
    return lambda **options: monkeypatch.setattr(program, "DEFAULT", evaluate.options(**options))


@pytest.fixture(scope="module")
def expected():
    """The run as users get it, with work cut finely."""
    config.set_seed(0)
    with evaluate.small_chunks():
        return train()


WAYS = {"no sharing of memory": dict(reuse=False), "no tiles": dict(fuse=False), "arena full of NaN": dict(fill=True),
        "guards": dict(reuse=False, guard=64), "no common subexpressions": dict(off=["cse"]),
        "no epilogues": dict(off=["epilogue"]), "images span by span": dict(target=dict(span_worth=1)),
        "images span by span, NaN and guards": dict(target=dict(span_worth=1), fill=True, reuse=False, guard=64),
        "images span by span, three threads": dict(target=dict(span_worth=1), threads=3)}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_plans(way, planned, expected):
    planned(**WAYS[way])
    with evaluate.small_chunks():
        evaluate.assert_same_bits(train(), expected, way)


@pytest.mark.parametrize("threads", [1, 2, 3, 4])
def test_threads(threads, expected):
    config.set_num_threads(threads)
    with evaluate.small_chunks():
        evaluate.assert_same_bits(train(), expected, f"{threads} threads")


@pytest.mark.compiled
def test_python_executor(expected):
    config.set_executor("python")
    with evaluate.small_chunks():
        evaluate.assert_same_bits(train(), expected, "the Python executor")


def test_same_seed_same_bits(expected):
    with evaluate.small_chunks():
        evaluate.assert_same_bits(train(), expected, "a second run")


def test_rewritten_losses_are_close(planned, expected):
    """Without the passes that rewrite formulas the run differs by rounding only: float32, six steps of Adam."""
    if kernels_mode() == "python":
        pytest.skip("two whole trainings: too slow where kernels are plain Python")
    planned(off=["all"])
    with evaluate.small_chunks():
        for a, b in zip(train(), expected):
            evaluate.assert_close(a, b, 2e-3, "all passes off")


@pytest.fixture(scope="module")
def wide():
    """A model whose products, convolutions, reductions and updates are long enough to be cut into chunks."""
    rng = np.random.default_rng(2)
    x, y = rng.standard_normal((64, 20, 20, 8)).astype("float32"), rng.integers(0, 10, 64)

    def run():
        L = keras.layers
        keras.utils.set_random_seed(3)
        model = keras.Sequential([L.Input((20, 20, 8)), L.Conv2D(32, 3, padding="same"), L.BatchNormalization(),
                                  L.Activation("relu"), L.Conv2D(33, 3, strides=2), L.MaxPooling2D(2), L.Flatten(),
                                  L.Dense(130, activation="relu"), L.Dropout(0.4), L.Dense(10)])  # fmt: skip
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(optimizer=keras.optimizers.Adam(0.01, global_clipnorm=1.0), loss=loss)
        model.fit(x, y, batch_size=32, epochs=2, verbose=0)
        run.model = model
        return [*model.get_weights(), model.predict(x[:50], batch_size=32, verbose=0)]

    config.set_num_threads(1)
    return run, run()


@pytest.mark.compiled
@pytest.mark.parametrize("threads", [2, 3, 4])
def test_threads_where_work_is_really_cut(threads, wide):
    run, single = wide
    config.set_num_threads(threads)
    evaluate.assert_same_bits(run(), single, f"{threads} threads")


@pytest.mark.compiled
def test_plan_of_a_wide_model(wide, planned):
    run, single = wide
    config.set_num_threads(2)
    planned(reuse=False, fuse=False, fill=True, guard=128)
    evaluate.assert_same_bits(run(), single, "no sharing, no tiles, NaN and guards")


@pytest.mark.compiled
@pytest.mark.parametrize("options", [
    dict(target=dict(span_worth=None)), dict(target=dict(span_worth=1), threads=3),
    dict(target=dict(span_worth=1), fill=True, guard=128),
    dict(target=dict(span_worth=1), executor="python", threads=2, reuse=False)], ids=str)  # fmt: skip
def test_spans_of_a_wide_model(options, wide, planned):
    run, single = wide
    planned(**options)
    evaluate.assert_same_bits(run(), single, f"{options}")


@pytest.mark.compiled
def test_a_wide_model_has_span_groups(wide):
    """Normalisation, activation, convolution and the next statistics are one unit; so are their gradients."""
    run, _ = wide
    run()
    groups = {}
    for row in run.model.plan(32).instructions:
        groups.setdefault(row["group"], []).append(row["kernel"].rpartition("_")[0])
    groups = list(groups.values())
    assert ["batch_norm_apply", "conv", "max_pool_f32"] in groups
    backward = next(group for group in groups if "batch_norm_grad_sums" in group)
    assert "max_pool_grad_f32" in backward and "conv_grad_w" in backward
