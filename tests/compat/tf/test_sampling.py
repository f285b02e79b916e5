"""Candidate samplers: classes in range, expected counts against what is drawn; losses over samples are trained."""

import numpy as np
import pytest

from fastnn.compat.tf import names as tf_names
from fastnn.core.errors import ArgumentError
from fastnn.gradients import GradientTape
from fastnn.graph import Variable

log_uniform = tf_names.find("random.log_uniform_candidate_sampler")
uniform = tf_names.find("random.uniform_candidate_sampler")


@pytest.mark.parametrize("sampler", [log_uniform, uniform])
def test_unique_classes_are_drawn(sampler):
    sampled, true, expected = sampler(np.array([[3]]), 1, 5, True, 9, seed=4)
    assert sampled.dtype == np.int64 and len(set(sampled.tolist())) == 5 and 0 <= sampled.min() <= sampled.max() < 9
    assert true.shape == (1, 1) and expected.shape == (5,) and true.dtype == expected.dtype == np.float32
    assert sampler(np.array([[3]]), 1, 5, True, 9, seed=4)[0].tolist() == sampled.tolist()
    with pytest.raises(ArgumentError, match="10 unique classes of 9"):
        sampler(np.array([[3]]), 1, 10, True, 9)


@pytest.mark.parametrize("sampler", [log_uniform, uniform])
def test_counts_are_those_expected(sampler):
    many, classes = 20000, np.arange(4)[:, None]
    sampled, expected, _ = sampler(classes, 1, many, False, 4, seed=1)
    found = np.bincount(sampled, minlength=4)
    np.testing.assert_allclose(found, expected[:, 0], atol=5 * np.sqrt(many / 4))
    assert abs(float(expected.sum()) - many) < 1


@pytest.mark.parametrize("name", ["nn.nce_loss", "nn.sampled_softmax_loss"])
def test_words_are_embedded(name):
    rng = np.random.default_rng(0)
    weights, biases = Variable(rng.normal(size=(20, 4)) * 0.1), Variable(np.zeros(20))
    words = Variable(rng.normal(size=(20, 4)) * 0.1)
    rows = np.arange(8)
    losses = []
    for _ in range(60):
        with GradientTape() as tape:
            found = tf_names.find("nn.embedding_lookup")(words, rows)
            loss = tf_names.find("reduce_mean")(
                tf_names.find(name)(weights, biases, rows[:, None] + 8, found, num_sampled=6, num_classes=20)
            )
        for variable, gradient in zip((weights, biases, words), tape.gradient(loss, [weights, biases, words])):
            variable.assign_sub(0.5 * gradient)
        losses.append(float(loss))
    assert np.mean(losses[-10:]) < 0.7 * np.mean(losses[:10])
