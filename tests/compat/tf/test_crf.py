"""Conditional random fields beside sums over all sequences of tags, in float64."""

import itertools

import numpy as np
import pytest
from compat.running import run

import fastnn
from fastnn.compat.addons import text
from fastnn.compat.tf import crf

DRAW = np.random.RandomState(0)
X, TRANS = DRAW.randn(3, 4, 3), DRAW.randn(3, 3)
TAGS, LENGTHS = DRAW.randint(0, 3, (3, 4)), [4, 2, 1]


def score(x, tags):
    """Of one sequence of tags."""
    return sum(x[t, k] for t, k in enumerate(tags)) + sum(TRANS[a, b] for a, b in itertools.pairwise(tags))


def all_scores(row):
    """{tags: score} of every sequence of a row's length."""
    n = LENGTHS[row]
    return {tags: score(X[row], tags) for tags in itertools.product(range(3), repeat=n)}


@pytest.mark.parametrize("row", range(3))
def test_likelihood_and_best_tags(row):
    """Scores, their sum over all sequences, the largest of them; what is behind a sequence does not count."""
    scores = all_scores(row)
    tags = tuple(TAGS[row, : LENGTHS[row]].tolist())
    norm = np.log(sum(map(np.exp, scores.values())))
    found, params = crf.crf_log_likelihood(X, TAGS, LENGTHS, TRANS)
    np.testing.assert_allclose(found[row], scores[tags] - norm, rtol=1e-12)
    assert params is TRANS
    np.testing.assert_allclose(crf.crf_log_norm(X, LENGTHS, TRANS)[row], norm, rtol=1e-12)
    np.testing.assert_allclose(crf.crf_sequence_score(X, TAGS, LENGTHS, TRANS)[row], scores[tags], rtol=1e-12)
    best = max(scores, key=scores.get)
    decoded, values = crf.crf_decode(X, TRANS, LENGTHS)
    assert tuple(decoded[row, : LENGTHS[row]].tolist()) == best
    assert not np.asarray(decoded)[row, LENGTHS[row] :].any()
    np.testing.assert_allclose(values[row], scores[best], rtol=1e-12)
    assert crf.viterbi_decode(X[row, : LENGTHS[row]], TRANS) == (list(best), pytest.approx(scores[best]))


def test_gradients_and_a_variable_of_its_own():
    """Along scores and transitions: expected minus seen counts sum to 0."""
    x = fastnn.Variable(X)
    with fastnn.GradientTape() as tape:
        found, params = text.crf_log_likelihood(x.value, TAGS, LENGTHS)
        loss = -fastnn.ops.mean(found)
    along, of_params = tape.gradient(loss, [x, params])
    np.testing.assert_allclose(np.asarray(along).sum(-1), 0, atol=1e-6)
    assert not np.asarray(along)[2, 1:].any()
    assert np.abs(np.asarray(of_params)).max() > 0


GRAPH = """
import numpy as np, tensorflow as tf
x, y = tf.placeholder(tf.float32, [None, 5, 3]), tf.placeholder(tf.int32, [None, 5])
n = tf.placeholder(tf.int32, [None])
found, params = tf.contrib.crf.crf_log_likelihood(tf.layers.dense(x, 3), y, n)
loss = tf.reduce_mean(-found)
tags, _ = tf.contrib.crf.crf_decode(tf.layers.dense(x, 3, name="dense", reuse=True), params, n)
train = tf.train.AdamOptimizer(0.1).minimize(loss)
r = np.random.RandomState(0)
feed = {x: r.randn(4, 5, 3), n: [5, 4, 3, 5]}
feed[y] = np.abs(feed[x]).argmax(-1)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    before = sess.run(loss, feed)
    for _ in range(20):
        sess.run(train, feed)
    print(sess.run(loss, feed) < before, sess.run(tags, feed).shape, params.name)
"""


def test_a_tagger_in_a_graph(tmp_path):
    """It learns."""
    status, out, err = run(GRAPH, tmp_path)
    assert (status, out) == (0, "True (4, 5) transitions:0\n"), err
