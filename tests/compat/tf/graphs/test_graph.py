"""Graphs of TensorFlow 1: what TensorFlow 2.21's compat.v1 prints for the same scripts, and what is refused."""

import numpy as np
import pytest
from compat.running import run

from fastnn.compat.tf.graphs import graph as tf_graph
from fastnn.compat.tf.graphs.graph import Node
from fastnn.core.errors import ArgumentError, GraphError, UnknownNameError

LINEAR = """
import numpy as np
import tensorflow.compat.v1 as tf
tf.disable_v2_behavior()
xs, ys = np.array([3.3, 4.4, 5.5, 6.71, 6.93]), np.array([1.7, 2.76, 2.09, 3.19, 1.694])
X, Y = tf.placeholder("float"), tf.placeholder("float")
W, b = tf.Variable(0.5, name="weight"), tf.Variable(0.1, name="bias")
cost = tf.reduce_sum(tf.pow(tf.add(tf.multiply(X, W), b) - Y, 2)) / (2 * 5)
step = tf.train.GradientDescentOptimizer(0.01).minimize(cost)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for _ in range(50):
        for x, y in zip(xs, ys):
            sess.run(step, feed_dict={X: x, Y: y})
    print("%.5f %.5f %.5f" % tuple(sess.run([cost, W, b], feed_dict={X: xs, Y: ys})), W.name)
"""
STATE = """
import numpy as np
import tensorflow.compat.v1 as tf
tf.disable_v2_behavior()
a, b = tf.placeholder(tf.int16), tf.placeholder(tf.int16)
counter = tf.Variable(0, name="counter")
update = tf.assign(counter, tf.add(counter, 1))
x = tf.placeholder(tf.float32, shape=(2, 3), name="x")
y = tf.reduce_sum(x * x, 1)
slopes = tf.gradients(y, x)
noise = tf.random_normal([2])
larger = tf.cond(tf.reduce_sum(x) > 0.0, lambda: x * 2.0, lambda: x)
with tf.Session() as sess:
    print(sess.run(tf.add(a, b), feed_dict={a: 2, b: 3}), sess.run({"twice": a * 2}, {a: 4})["twice"])
    sess.run(tf.global_variables_initializer())
    print([int(sess.run(update)) for _ in range(3)], sess.run(counter), counter.eval())
    print(sess.run(slopes, {x: np.ones((2, 3))})[0].tolist(), larger.eval({x: np.ones((2, 3))}).tolist())
    print((sess.run(noise) == sess.run(noise)).all(), y.get_shape().as_list(), y.dtype.name, x.name)
    with tf.control_dependencies([update]):
        after = tf.no_op()
    sess.run(after)
    print(sess.run(counter))
    try:
        sess.run(y, {x: np.ones((3, 2))})
    except ValueError as error:
        print(str(error)[:50])
"""
SCOPES = """
import numpy as np
import tensorflow.compat.v1 as tf
tf.disable_v2_behavior()
def net(x, reuse=None):
    with tf.variable_scope("net", reuse=reuse):
        w = tf.get_variable("w", [3, 2], initializer=tf.constant_initializer(0.5))
        b = tf.get_variable("b", shape=[2], initializer=tf.zeros_initializer())
        return tf.matmul(x, w) + b
x = tf.placeholder(tf.float32, [None, 3])
one, two = net(x), net(2.0 * x, reuse=True)
for reuse in (None, True):
    try:
        with tf.variable_scope("net", reuse=reuse):
            tf.get_variable("w" if reuse is None else "other", [3, 2])
    except ValueError as error:
        print(str(error)[:40])
print([v.name for v in tf.trainable_variables()], len(tf.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES, scope="net")))
saver = tf.train.Saver()
step = tf.Variable(0, trainable=False, name="global_step")
rate = tf.train.exponential_decay(0.1, step, 2, 0.5, staircase=True)
train = tf.train.MomentumOptimizer(rate, 0.9).minimize(tf.reduce_mean(tf.square(one - 1.0)), global_step=step)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    print(sess.run([one, two], {x: np.ones((1, 3))})[1].tolist())
    path = saver.save(sess, "./model.ckpt", global_step=0)
    for _ in range(3):
        sess.run(train, {x: np.ones((4, 3))})
    print(sess.run(step), ["%.4f" % v for v in sess.run(one, {x: np.ones((1, 3))})[0]])
    saver.restore(sess, path)
    print(path, sess.run(one, {x: np.ones((1, 3))}).tolist(), sess.run(rate))
"""
OPTIMIZERS = """
import numpy as np
import tensorflow.compat.v1 as tf
tf.disable_v2_behavior()
x = tf.placeholder(tf.float32, [None, 3])
first = np.array([[0.1, 0.2], [0.3, -0.1], [0.2, 0.4]], "float32")
rows = np.random.RandomState(0).rand(5, 3)
for name, args in [("Adam", (0.1,)), ("RMSProp", (0.1,)), ("Momentum", (0.1, 0.9)), ("Adagrad", (0.1,)),
                   ("Adadelta", (0.1,)), ("GradientDescent", (0.1,)), ("Ftrl", (0.1,)), ("RMSProp", (0.01, 0.8, 0.9))]:
    w = tf.Variable(first)
    loss = tf.reduce_mean(tf.square(tf.matmul(x, w) - 1.0))
    step = getattr(tf.train, name + "Optimizer")(*args).minimize(loss, var_list=[w])
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for _ in range(4):
            sess.run(step, {x: rows})
        print(name, *["%.4f" % v for v in sess.run(w).ravel()])
"""
NAMED = """
import numpy as np
import tensorflow.compat.v1 as tf
tf.disable_v2_behavior()
x = tf.placeholder(tf.float32, [None, 3], name="x")
y = tf.multiply(x, 2.0, name="y")
v = tf.Variable([3.0, 4.0], name="v")
same = tf.get_default_graph().get_tensor_by_name("y:0") is y
print(x.op.name, v.op.name, same, x.get_shape()[1].value, [d.value for d in v.get_shape()], (y + np.ones((5, 3))).shape)
cube = tf.gradients(tf.gradients(tf.reduce_sum(x**3), x)[0], x)[0]
i, total = tf.while_loop(lambda i, a: i < tf.shape(x)[0], lambda i, a: (i + 1, a * 2), [0, 1])
opt = tf.train.GradientDescentOptimizer(0.1)
grads, variables = zip(*opt.compute_gradients(tf.reduce_sum(v * v)))
grads, norm = tf.clip_by_global_norm(grads, 1.0)
step = opt.apply_gradients(zip(grads, variables))
best = tf.nn.top_k(x, 2)
average = tf.train.ExponentialMovingAverage(0.5)
with tf.control_dependencies([step]):
    follow = average.apply([v])
print(tf.gradients(tf.constant(1.0) * 2, x))
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    rows = {"x:0": np.array([[1.0, 3.0, 2.0]])}
    print(sess.run("y:0", rows).tolist(), sess.run(cube, rows).tolist(), [int(n) for n in sess.run([i, total], rows)])
    print(sess.run([best.values, best.indices], rows)[1].tolist(), float(sess.run(norm)))
    sess.run(follow)
    print([["%.2f" % n for n in a] for a in sess.run([v, average.average(v)])], average.average_name(v))
    v.load([7.0, 8.0], sess)
    print(sess.run("v:0").tolist(), tf.assign(v, v + 1.0).get_shape().as_list(), sess.run(v).tolist())
"""
STREAMS = """
import numpy as np
import tensorflow.compat.v1 as tf
tf.disable_v2_behavior()
rows = tf.data.Dataset.from_tensor_slices((np.arange(6, dtype="float32"), {"a": np.arange(6)})).batch(4)
x, y = tf.data.make_one_shot_iterator(rows).get_next()
v = tf.Variable(1.0)
step = tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_mean(tf.square(v * x - 2 * x)))
numbers = tf.data.make_initializable_iterator(tf.data.Dataset.range(3))
number = numbers.get_next()
print(x.shape.as_list(), x.dtype.name)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    try:
        while True:
            one, two = sess.run([x * 2, y["a"], step])[:2]
            print(one.tolist(), two.tolist())
    except tf.errors.OutOfRangeError:
        print("end %.4f" % sess.run(v))
    for _ in range(2):
        sess.run(numbers.initializer)
        print([int(sess.run(number)) for _ in range(3)])
"""
PRINTED = {
    LINEAR: ["0.24509 0.37386 0.13011 weight:0"],
    STATE: [
        "5 8", "[1, 2, 3] 3 3", "[[2.0, 2.0, 2.0], [2.0, 2.0, 2.0]] [[2.0, 2.0, 2.0], [2.0, 2.0, 2.0]]",
        "False [2] float32 x:0", "4", "Cannot feed value of shape (3, 2) for Tensor x:0, ",
    ],
    OPTIMIZERS: [
        "Adam 0.4724 0.5819 0.6694 0.2814 0.5643 0.7748",
        "RMSProp 0.2154 0.3404 0.4663 0.1086 0.3222 0.5414",
        "Momentum 0.3341 0.4859 0.6418 0.3337 0.4488 0.6888",
        "Adagrad 0.2824 0.4020 0.5053 0.1232 0.3830 0.5978",
        "Adadelta 0.1002 0.2002 0.3002 -0.0998 0.2002 0.4002",
        "GradientDescent 0.2042 0.3273 0.4523 0.0931 0.3109 0.5288",
        "Ftrl 0.2446 0.2934 0.3686 0.1907 0.2841 0.3740",
        "RMSProp 0.1334 0.2403 0.3477 -0.0415 0.2360 0.4417",
    ],
    SCOPES: [
        "Variable net/w already exists, disallowe", "Variable net/other does not exist, or wa",
        "['net/w:0', 'net/b:0'] 2", "[[3.0, 3.0]]", "3 ['0.8650', '0.8650']", "./model.ckpt-0 [[1.5, 1.5]] 0.05",
    ],
    NAMED: [
        "x v True 3 [2] (5, 3)", "[None]", "[[2.0, 6.0, 4.0]] [[6.0, 18.0, 12.0]] [1, 2]", "[[1, 2]] 10.0",
        "[['2.94', '3.92'], ['2.97', '3.96']] v/ExponentialMovingAverage", "[7.0, 8.0] [2] [7.0, 8.0]",
    ],
    STREAMS: [
        "[None] float32", "[0.0, 2.0, 4.0, 6.0] [0, 1, 2, 3]", "[8.0, 10.0] [4, 5]", "end 2.9300", "[0, 1, 2]",
        "[0, 1, 2]",
    ],
}  # fmt: skip


@pytest.mark.parametrize("script", PRINTED, ids=["linear", "state", "optimizers", "scopes", "named", "streams"])
def test_scripts_print_what_tensorflow_prints(script, tmp_path):
    status, out, errors = run(script, tmp_path)
    assert status == 0, errors
    assert out.splitlines() == PRINTED[script]


@pytest.fixture
def graph():
    tf_graph.on()
    yield tf_graph.graph()
    tf_graph.off()


def test_nodes_know_their_shape_by_two_runs(graph):
    x = tf_graph.placeholder("float32", [None, 3])
    assert (x @ np.ones((3, 5), "float32")).shape == (None, 5) and (x * 2 > 1).dtype == "bool"
    assert (x[0] + 1).shape == (3,) and len(list(x[:2] * np.ones((2, 3)))) == 2
    with pytest.raises(GraphError, match="first size is not known"):
        iter(x)
    with pytest.raises(GraphError, match="not known before a run"):
        bool(x)


def test_a_node_is_computed_once_in_a_run(graph):
    calls = []
    x = tf_graph.placeholder("float32", [2])
    y = tf_graph.defer(lambda v: calls.append(v.shape) or v * 2.0, (x,), {})
    assert tf_graph.run([y + y, y], {x: [1.0, 2.0]})[0].tolist() == [4.0, 8.0] and calls == [(2,)]


def test_what_is_fed_fits(graph):
    x = tf_graph.placeholder("int32", [None, 2])
    assert tf_graph.run(x, {x: [[1, 2]]}).dtype == "int32"
    with pytest.raises(ArgumentError, match="You must feed a value for placeholder tensor"):
        tf_graph.run(x)
    with pytest.raises(ArgumentError, match="Cannot feed value of shape"):
        tf_graph.run(x, {x: [1, 2, 3]})


def test_what_has_no_place_in_the_graph_is_refused(graph):
    x = tf_graph.placeholder("float32", [2], name="x")
    assert graph.get_operation_by_name("x").outputs[0] is x and graph.get_operations()[0].name == "x"
    assert tf_graph.placeholder("float32", [2], name="x").name == "x_1:0"
    with pytest.raises(ArgumentError, match="Cannot feed a value for"):
        tf_graph.run(x, {3.0: [1.0, 2.0]})
    with pytest.raises(UnknownNameError, match="does not exist in the graph"):
        tf_graph.run("z:0")
    with pytest.raises(ArgumentError, match="expected a name such as"):
        graph.get_tensor_by_name("x")


def test_afterwards_calls_are_computed_at_once():
    tf_graph.on()
    tf_graph.off()
    import fastnn

    assert not isinstance(fastnn.Variable(1.0) + 1.0, Node) and not tf_graph.graph().active


SECOND = """
import numpy as np
import tensorflow.compat.v1 as tf
tf.disable_v2_behavior()
flags = tf.app.flags
flags.DEFINE_integer("steps", 2, "how many")
logits = tf.get_variable("logits", [3], initializer=tf.constant_initializer([1.0, 2.0, 0.5]))
x = tf.placeholder(tf.float32, [3])
p = tf.nn.softmax(logits)
hessian = tf.hessians(-tf.log(p[1]), logits)[0]
fed = tf.hessians(tf.reduce_sum(x ** 3), x)
table = tf.get_variable("table", [4, 2], initializer=tf.zeros_initializer())
rows = tf.placeholder(tf.int32, [None])
changes = [tf.scatter_update(table, rows, [[1.0, 2.0]]), tf.scatter_add(table, rows, 0.5),
           tf.compat.v1.scatter_nd_sub(table, [[0, 1]], [4.0])]
writer = tf.compat.v1.summary
with tf.Session() as sess, tf.get_default_graph().device("/cpu:0"):
    sess.run(tf.global_variables_initializer())
    q = sess.run(p)
    np.testing.assert_allclose(sess.run(hessian), np.diag(q) - np.outer(q, q), atol=1e-6)
    print(sess.run(fed, {x: [1.0, 2.0, 3.0]})[0].diagonal(), flags.FLAGS.steps)
    for change in changes:
        print(np.asarray(sess.run(change, {rows: [2]})).tolist())
"""


def test_second_derivatives_and_changes_of_rows(tmp_path):
    status, output, errors = run(SECOND, tmp_path)
    assert status == 0, errors
    assert output.splitlines() == [
        "[ 6. 12. 18.] 2",
        "[[0.0, 0.0], [0.0, 0.0], [1.0, 2.0], [0.0, 0.0]]",
        "[[0.0, 0.0], [0.0, 0.0], [1.5, 2.5], [0.0, 0.0]]",
        "[[0.0, -4.0], [0.0, 0.0], [1.5, 2.5], [0.0, 0.0]]",
    ]


ARRAYS = """
import numpy as np
import tensorflow.compat.v1 as tf
tf.disable_v2_behavior()
xs = tf.placeholder(tf.float32, [None, 2])
count = tf.shape(xs)[0]
w = tf.get_variable("w", [2], initializer=tf.constant_initializer(2.0, dtype=tf.float32))
rows = tf.TensorArray(tf.float32, size=count, dynamic_size=True, clear_after_read=False).unstack(xs)
sums = tf.TensorArray(dtype=tf.float32, size=0, dynamic_size=True, infer_shape=False)
_, total, sums = tf.while_loop(
    lambda i, *_: i < count,
    lambda i, total, sums: (i + 1, total + rows.read(i) * w, sums.write(i, tf.reduce_sum(rows.read(i)))),
    (tf.constant(0), tf.zeros([2]), sums),
)
stacked = sums.stack()
slope = tf.gradients(tf.reduce_sum(total), w)[0]
first = tf.TensorArray(tf.float32, size=2).write(0, w).write(1, w * 2.0)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for data in ([[1.0, 2.0], [3.0, 4.0]], [[1.0, 1.0]]):
        print(*[np.asarray(v).tolist() for v in sess.run([total, stacked, slope, sums.size()], {xs: data})])
    print(sess.run(first.concat()).tolist(), sess.run(first.gather([1, 0])).tolist())
"""


def test_arrays_of_tensors(tmp_path):
    status, output, errors = run(ARRAYS, tmp_path)
    assert status == 0, errors
    assert output.splitlines() == [
        "[8.0, 12.0] [3.0, 7.0] [4.0, 6.0] 2",
        "[2.0, 2.0] [2.0] [1.0, 1.0] 1",
        "[2.0, 2.0, 4.0, 4.0] [[4.0, 4.0], [2.0, 2.0]]",
    ]
