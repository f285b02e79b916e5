"""tf.function: side effects of Python at tracing, input signatures, one trace per shape, tf.cond and tf.while_loop."""

import numpy as np
import tensorflow as tf

traces = []


@tf.function
def f(x):
    traces.append(tuple(x.shape))
    print("tracing", x.shape)
    return x * x + 2.0


for n in (2, 2, 3, 3, 2):
    print("sum", tf.reduce_sum(f(tf.ones((n,)))).numpy())
assert traces == [(2,), (3,)]


@tf.function(input_signature=[tf.TensorSpec(shape=[None], dtype=tf.float32)])
def g(x):
    return tf.reduce_sum(x**2)


print("one signature", *(float(g(tf.range(float(n)))) for n in (2, 3, 4)))


class Counter(tf.Module):
    def __init__(self):
        self.total = tf.Variable(0.0)
        self.calls = tf.Variable(0, dtype=tf.int32)

    @tf.function
    def __call__(self, x):
        self.calls.assign_add(1)
        self.total.assign_add(tf.reduce_sum(x))
        return self.total / tf.cast(self.calls, tf.float32)


counter = Counter()
print("module", *(counter(tf.constant(v)).numpy() for v in ([1.0, 2.0], [3.0, 6.0], [0.0, 0.0])), counter.calls.numpy())
print("variables", len(counter.trainable_variables))


@tf.function
def either(x):
    return tf.cond(tf.reduce_sum(x) > 0, lambda: x * 2.0, lambda: x - 1.0)


print("cond", either(tf.constant([1.0, 2.0])).numpy(), either(tf.constant([-1.0, -2.0])).numpy())


@tf.function
def collatz(n):
    _, steps = tf.while_loop(
        lambda n, steps: n > 1,
        lambda n, steps: (tf.where(n % 2 == 0, n // 2, 3 * n + 1), steps + 1),
        [n, tf.constant(0)],
    )
    return steps


print("while", *(int(collatz(tf.constant(n))) for n in (6, 7, 27)))
squares = tf.map_fn(lambda row: tf.reduce_sum(row**2), tf.constant(np.arange(6.0).reshape(3, 2), tf.float32))
print("map_fn", squares.numpy())
running = tf.scan(lambda a, x: a + x, tf.constant([1.0, 2.0, 3.0, 4.0]))
print("scan", running.numpy())


@tf.function
def loss_and_gradients(x, w):
    loss = tf.reduce_sum(tf.tanh(x @ w))
    return loss, tf.gradients(loss, [x, w])


x = tf.constant([[0.1, 0.2]])
w = tf.constant([[0.5], [-0.5]])
loss, (dx, dw) = loss_and_gradients(x, w)
print("tf.gradients", loss.numpy(), *dx.numpy().ravel(), *dw.numpy().ravel())

v = tf.Variable(0.5)


@tf.function
def iterate(n):
    y = v
    for _ in tf.range(n):
        y = y * y + 0.1
    return y


with tf.GradientTape() as tape:
    y = iterate(tf.constant(4))
print("through a loop", y.numpy(), tape.gradient(y, v).numpy())
concrete = g.get_concrete_function()
print("concrete", float(concrete(tf.constant([3.0, 4.0]))))
