"""Losses of sequences beside NumPy's, and a language model of TensorFlow 1 whose states are fed."""

import numpy as np
import pytest
from compat.running import run

from fastnn.compat.tf.graphs import decoders

DRAW = np.random.RandomState(0)
LOGITS, TARGETS = DRAW.randn(2, 3, 4).astype("float32"), DRAW.randint(0, 4, (2, 3))
WEIGHTS = np.array([[1, 1, 0], [1, 0, 0]], "float32")
LOGS = LOGITS - np.log(np.exp(LOGITS).sum(-1, keepdims=True))
EACH = -np.take_along_axis(LOGS, TARGETS[..., None], -1)[..., 0] * WEIGHTS


@pytest.mark.parametrize(("options", "expected"), [
    ({}, EACH.sum() / 3), ({"average_across_batch": False}, EACH.sum(1) / [2, 1]),
    ({"average_across_timesteps": False, "average_across_batch": False}, EACH),
    ({"average_across_timesteps": False, "average_across_batch": False, "sum_over_timesteps": True}, EACH.sum(1)),
])  # fmt: skip
def test_sequence_loss(options, expected):
    """Means and sums over steps and batches of what counts."""
    found = decoders.sequence_loss(LOGITS, TARGETS, WEIGHTS, **options)
    np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-5)


def test_losses_by_example():
    """Of lists of steps: the mean or the sum."""
    lists = [[a[:, t] for t in range(3)] for a in (LOGITS, TARGETS, WEIGHTS)]
    np.testing.assert_allclose(decoders.sequence_loss_by_example(*lists), EACH.sum(1) / WEIGHTS.sum(1), rtol=1e-5)
    found = decoders.sequence_loss_by_example(*lists, average_across_timesteps=False)
    np.testing.assert_allclose(found, EACH.sum(1), rtol=1e-5)


MODEL = """
import numpy as np, tensorflow as tf
B, T, V, H = 4, 5, 9, 6
given, wanted = tf.placeholder(tf.int32, [B, T]), tf.placeholder(tf.int32, [B, T])
rnn, legacy = tf.contrib.rnn, tf.contrib.legacy_seq2seq
cell = rnn.MultiRNNCell([rnn.DropoutWrapper(rnn.BasicLSTMCell(H), output_keep_prob=1.0) for _ in range(2)])
begin = cell.zero_state(B, tf.float32)
with tf.variable_scope("model", initializer=tf.random_uniform_initializer(-0.1, 0.1)):
    table = tf.get_variable("embedding", [V, H])
    steps = [tf.squeeze(x, [1]) for x in tf.split(tf.nn.embedding_lookup(table, given), T, 1)]
    outputs, end = legacy.rnn_decoder(steps, begin, cell, scope="rnnlm")
    logits = tf.layers.dense(tf.reshape(tf.concat(outputs, 1), [-1, H]), V)
loss = tf.reduce_mean(legacy.sequence_loss_by_example([logits], [tf.reshape(wanted, [-1])], [tf.ones([B * T])]))
other = tf.contrib.seq2seq.sequence_loss(tf.reshape(logits, [B, T, V]), wanted, tf.ones([B, T]))
rate, new_rate = tf.Variable(0.0, trainable=False), tf.placeholder(tf.float32, [])
update, variables = tf.assign(rate, new_rate), tf.trainable_variables()
grads, _ = tf.clip_by_global_norm(tf.gradients(loss, variables), 5.0)
train = tf.train.GradientDescentOptimizer(rate).apply_gradients(zip(grads, variables))
text = np.random.RandomState(0).randint(0, V, (B, T + 1))
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    sess.run(update, {new_rate: 1.0})
    state, first = sess.run(begin), None
    for _ in range(30):
        feed = {given: text[:, :-1], wanted: text[:, 1:]}
        for (c, h), value in zip(begin, state):
            feed[c], feed[h] = value.c, value.h
        now, same, state, _ = sess.run([loss, other, end, train], feed)
        first = now if first is None else first
    assert now < first and abs(now - same) < 1e-5 and abs(state[0].c).max() > 0
print([v.name for v in variables][:3])
"""


def test_a_language_model_whose_states_are_fed(tmp_path):
    """States go from batch to batch; variables have TensorFlow 1's names."""
    status, out, err = run(MODEL, tmp_path)
    assert (status, out) == (0, "['model/embedding:0', 'model/rnnlm/multi_rnn_cell/cell_0/basic_lstm_cell/kernel:0', "
                                "'model/rnnlm/multi_rnn_cell/cell_0/basic_lstm_cell/bias:0']\n"), err  # fmt: skip
