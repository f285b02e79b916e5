"""What the passes make of usual models: which nodes are left."""

import evaluate
import numpy as np
import pytest

import fastnn
from fastnn import layers
from fastnn.compiler.target import Options


def graph_of(model, options=None):
    model._trainer().options = options
    return evaluate.graphs_of(lambda: model.plan(4))[-1]


def names(graph):
    return [n.op.name for n in graph.nodes]


def conv_net(**compile_args):
    # fmt: off
    model = fastnn.Sequential([fastnn.Input((8, 8, 3)), layers.Conv2D(4, 3, activation="relu"),
                               layers.Conv2D(4, 3, activation="relu"), layers.BatchNormalization(),
                               layers.Activation("sigmoid"), layers.Flatten(), layers.Dense(3, activation="softmax")])
    # fmt: on
    model.compile("sgd", **compile_args)
    return model


def test_biases_and_activations_are_in_the_products_however_deep():
    graph = graph_of(conv_net(loss="categorical_crossentropy"))
    products = [
        n for n in graph.nodes if n.op.name in ("conv2d", "matmul") and len(n.inputs) > 2 and n.inputs[2] is not None
    ]
    assert [n.attrs["activation"] for n in products] == ["relu", "relu", None]


def test_the_activation_is_in_the_normalisation_both_ways():
    graph = graph_of(conv_net(loss="categorical_crossentropy"))
    assert [n.attrs["activation"] for n in graph.nodes if n.op.name == "batch_norm"] == ["sigmoid"]
    assert [n.attrs["activation"] for n in graph.nodes if n.op.name == "batch_norm_grad"] == ["sigmoid"]
    assert "sigmoid_grad" not in names(graph)


@pytest.mark.parametrize(
    "loss, stable",
    [
        ("categorical_crossentropy", "softmax_cross_entropy"),
        ("sparse_categorical_crossentropy", "sparse_softmax_cross_entropy"),
    ],
)
def test_losses_start_from_the_logits(loss, stable):
    found = names(graph_of(conv_net(loss=loss)))
    assert stable in found and f"{stable}_grad" in found
    assert loss not in found and "softmax_grad" not in found


def test_passes_can_be_switched_off():
    found = names(graph_of(conv_net(loss="categorical_crossentropy"), Options(off=("all",))))
    assert "add" in found and "relu" in found and "softmax_grad" in found


def test_an_activation_that_somebody_else_reads_stays_outside():
    x = fastnn.Input((4,))
    before = layers.Dense(3)(x)
    model = fastnn.Model(x, [layers.ReLU()(before), before])
    found = [n for n in graph_of(model).nodes if n.op.name == "matmul"]
    assert [n.attrs["activation"] for n in found] == [None]


def test_stable_losses_give_the_same_training_within_rounding():
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((32, 8, 8, 3)), rng.integers(0, 3, 32)
    out = []
    for off in ((), ("stable_loss",)):
        fastnn.utils.set_random_seed(5)
        model = conv_net(loss="sparse_categorical_crossentropy")
        model._trainer().options = Options(off=off)
        model.fit(x, y, epochs=2, batch_size=8, verbose=0)
        out.append(model.get_weights())
    for a, b in zip(*out):  # float32 rounding of a probability, grown over 8 steps
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=2e-5)


def test_constants_are_computed_at_plan_time_and_scales_merge():
    model = fastnn.Sequential([fastnn.Input((3,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    graph = graph_of(model)
    found = names(graph)
    assert "broadcast_to" not in found and found.count("mean") == 1
    (scale,) = [n for n in graph.nodes if n.op.name == "affine" and n.output.dtype == "float32"]
    assert scale.attrs["scale"] == pytest.approx(2 / 4)


def test_the_gradient_of_a_relu_before_a_pooling_is_taken_at_the_pooled_size():
    model = fastnn.Sequential([fastnn.Input((8, 8, 1)), layers.Conv2D(4, 3, activation="relu"), layers.MaxPooling2D(),
                               layers.Flatten(), layers.Dense(1)])  # fmt: skip
    model.compile("sgd", "mse")
    (node,) = [n for n in graph_of(model).nodes if n.op.name == "relu_grad"]
    assert node.output.shape == (4, 3, 3, 4)


def trained(off, pool, strides, padding):
    fastnn.utils.set_random_seed(2)
    rng = np.random.default_rng(4)
    # fmt: off
    model = fastnn.Sequential([fastnn.Input((9, 9, 2)), layers.Conv2D(3, 3, activation="relu"),
                               layers.MaxPooling2D(pool, strides, padding), layers.Flatten(), layers.Dense(1)])
    # fmt: on
    model.compile("sgd", "mse")
    model._trainer().options = Options(off=off)
    model.fit(rng.standard_normal((12, 9, 9, 2)), rng.standard_normal((12, 1)), epochs=2, batch_size=5, verbose=0)
    return model.get_weights()


@pytest.mark.parametrize("pool, strides, padding", [(2, 2, "valid"), (3, 2, "same"), (3, 1, "valid")])
def test_pooled_relus_keep_every_bit(pool, strides, padding):
    for a, b in zip(trained((), pool, strides, padding), trained(("pool_relu", "epilogue"), pool, strides, padding)):
        assert np.array_equal(a, b)


def residual_net(size=32):
    """Two blocks of convolution, normalisation and relu, the second added to the first."""
    x = fastnn.Input((size, size, 3))
    first = y = layers.ReLU()(layers.BatchNormalization()(layers.Conv2D(16, 3, padding="same")(x)))
    for _ in range(2):
        y = layers.ReLU()(layers.BatchNormalization()(layers.Conv2D(16, 3, padding="same")(y)))
    y = layers.ReLU()(layers.Add()([layers.BatchNormalization()(layers.Conv2D(16, 3, padding="same")(y)), first]))
    model = fastnn.Model(x, layers.Dense(4)(layers.GlobalAveragePooling2D()(layers.Conv2D(16, 3)(y))))
    model.compile("adam", "mse")
    return model


@pytest.mark.compiled
def test_cheap_activations_are_rematerialized_for_backward_and_keep_every_bit():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((16, 32, 32, 3)).astype(np.float32), rng.standard_normal((16, 4)).astype(np.float32)
    results, arena = [], []
    for off in ((), ("rematerialize",)):
        fastnn.utils.set_random_seed(3)
        model = residual_net()
        model._trainer().options = Options(off=off)
        losses = model.fit(x, y, batch_size=16, epochs=3, verbose=0).history["loss"]
        plan = model.plan(16)
        model._forget_plans()
        graph = evaluate.graphs_of(lambda: model.plan(16))[-1]  # noqa: B023
        again = [n for n in graph.nodes if n.op.name == "batch_norm_inference"]
        assert bool(again) == (not off) and all(n.scope for n in again)
        results.append((losses, model.get_weights()))
        arena.append(plan.arena_bytes)
    assert results[0][0] == results[1][0]
    assert all((a == b).all() for a, b in zip(results[0][1], results[1][1]))
    assert arena[0] < 0.85 * arena[1]


def test_nothing_is_rematerialized_that_is_small_dear_or_wanted():
    found = graph_of(conv_net(loss="categorical_crossentropy"))
    assert "batch_norm_inference" not in names(found)  # small
    x = fastnn.Input((64, 64, 8))
    y = layers.Activation("sigmoid")(layers.BatchNormalization()(layers.Conv2D(16, 3)(x)))
    model = fastnn.Model(x, layers.Conv2D(16, 3)(y))
    model.compile("sgd", "mse")
    assert "batch_norm_inference" not in names(graph_of(model))  # a sigmoid costs more than reading it
    predicts = evaluate.graphs_of(lambda: residual_net().plan(16, training=False))[-1]
    assert predicts.marks.backward is None
