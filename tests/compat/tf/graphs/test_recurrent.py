"""Cells along sequences in graphs of TensorFlow 1: a tutorial's training, lengths, directions, own cells, names."""

import pytest
from compat.running import run

BEGIN = """
import numpy as np
import tensorflow.compat.v1 as tf
tf.disable_v2_behavior()
X = np.random.RandomState(0).randn(6, 5, 3).astype("float32")
x = tf.placeholder(tf.float32, [None, 5, 3])
rnn = tf.nn.rnn_cell
def values(*fetches, **feeds):
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        return sess.run(list(fetches), {x: X})
def names():
    return [v.name.removesuffix(":0") for v in tf.trainable_variables()]
"""
PROGRAMS = {
    "training": """
keep = tf.placeholder(tf.float32)
cell = rnn.DropoutWrapper(rnn.BasicLSTMCell(4, forget_bias=1.0), output_keep_prob=keep)
out, state = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
assert out.shape.as_list() == [None, 5, 4] and state.h.shape.as_list() == [None, 4]
y = (X.sum((1, 2)) > 0).astype("int32")
loss = tf.losses.sparse_softmax_cross_entropy(y, tf.layers.dense(out[:, -1], 2))
train = tf.train.AdamOptimizer(0.05).minimize(loss)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    before = sess.run(loss, {x: X, keep: 1.0})
    for _ in range(30):
        sess.run(train, {x: X, keep: 0.9})
    assert sess.run(loss, {x: X, keep: 1.0}) < before / 4
    last, (c, h) = sess.run([out, state], {x: X, keep: 1.0})
    assert np.allclose(last[:, -1], h)
print(names())
""",
    "lengths": """
cell = rnn.MultiRNNCell([rnn.GRUCell(2) for _ in range(2)])
lengths = [5, 3, 1, 5, 5, 2]
out, state = tf.nn.dynamic_rnn(cell, x, sequence_length=lengths, initial_state=cell.zero_state(6, tf.float32))
o, s = values(out, state)
assert (o[1, 3:] == 0).all() and (o[5, 2:] == 0).all()
assert np.allclose(s[1][1], o[1, 2]) and np.allclose(s[1][2], o[2, 0])
print(cell.state_size, [n for n in names() if n.endswith("gates/kernel")])
""",
    "directions": """
one, other = rnn.BasicRNNCell(2), rnn.BasicRNNCell(2)
pair = tf.nn.bidirectional_dynamic_rnn(one, other, x, [5, 3, 5, 5, 5, 5], dtype=tf.float32)
(f, b), (sf, sb) = values(*pair)
assert np.allclose(f[1, 2], sf[1]) and np.allclose(b[:, 0], sb) and (b[1, 3:] == 0).all()
print(names())
""",
    "lists": """
with tf.variable_scope("one"):
    outs, state = tf.nn.static_rnn(rnn.BasicLSTMCell(2), tf.unstack(x, 5, 1), dtype=tf.float32)
both, sf, sb = tf.nn.static_bidirectional_rnn(rnn.LSTMCell(2), rnn.LSTMCell(2), tf.unstack(x, 5, 1), dtype=tf.float32)
last, s, pair = values(outs[-1], state, both[0])
assert len(outs) == 5 and np.allclose(last, s.h) and pair.shape == (6, 4)
print(names())
""",
    "own cell": """
class Mine(rnn.RNNCell):
    state_size = output_size = property(lambda self: 2)
    def __call__(self, inputs, state, scope=None):
        with tf.variable_scope(scope or type(self).__name__):
            w = tf.get_variable("w", [inputs.shape[1], 2])
            found = tf.tanh(tf.matmul(inputs, w) + tf.layers.dense(state, 2, name="d"))
        return found, found
out, state = tf.nn.dynamic_rnn(rnn.MultiRNNCell([Mine(), Mine()]), x, dtype=tf.float32)
o, s = values(out, state)
assert np.allclose(o[:, -1], s[1])
print(names())
""",
    "by hand": """
cell, state, outs = rnn.BasicRNNCell(4), None, []
state = cell.zero_state(tf.shape(x)[0], tf.float32)
with tf.variable_scope("RNN"):
    for t in range(5):
        if t > 0:
            tf.get_variable_scope().reuse_variables()
        out, state = cell(x[:, t, :], state)
        outs.append(out)
grads = tf.gradients(tf.reduce_sum(outs[-1]), [x])
assert values(tf.reshape(tf.concat(outs, 1), [-1, 4]), grads[0])[1].shape == X.shape
print(names())
""",
}  # fmt: skip
PRINTED = {
    "training": "['rnn/basic_lstm_cell/kernel', 'rnn/basic_lstm_cell/bias', 'dense/kernel', 'dense/bias']",
    "lengths": "(2, 2) ['rnn/multi_rnn_cell/cell_0/gru_cell/gates/kernel', "
               "'rnn/multi_rnn_cell/cell_1/gru_cell/gates/kernel']",
    "directions": "['bidirectional_rnn/fw/basic_rnn_cell/kernel', 'bidirectional_rnn/fw/basic_rnn_cell/bias', "
                  "'bidirectional_rnn/bw/basic_rnn_cell/kernel', 'bidirectional_rnn/bw/basic_rnn_cell/bias']",
    "lists": "['one/rnn/basic_lstm_cell/kernel', 'one/rnn/basic_lstm_cell/bias', "
             "'bidirectional_rnn/fw/lstm_cell/kernel', 'bidirectional_rnn/fw/lstm_cell/bias', "
             "'bidirectional_rnn/bw/lstm_cell/kernel', 'bidirectional_rnn/bw/lstm_cell/bias']",
    "own cell": "['rnn/multi_rnn_cell/cell_0/Mine/w', 'rnn/multi_rnn_cell/cell_0/Mine/d/kernel', "
                "'rnn/multi_rnn_cell/cell_0/Mine/d/bias', 'rnn/multi_rnn_cell/cell_1/Mine/w', "
                "'rnn/multi_rnn_cell/cell_1/Mine/d/kernel', 'rnn/multi_rnn_cell/cell_1/Mine/d/bias']",
    "by hand": "['RNN/basic_rnn_cell/kernel', 'RNN/basic_rnn_cell/bias']",
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program(name, tmp_path):
    """It asserts what is right, and prints the names that TensorFlow 1 gave variables."""
    status, out, err = run(BEGIN + PROGRAMS[name], tmp_path)
    assert (status, out.strip()) == (0, PRINTED[name]), err
