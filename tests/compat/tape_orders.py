"""Tapes in tapes, jacobians, gradients that users define."""

import tensorflow as tf


# ---- a tape in a tape ------------------------------------------------------------------------------------------------
def two_tapes_side_by_side():
    a, b = tf.Variable(2.0), tf.Variable(3.0)
    with tf.GradientTape() as one, tf.GradientTape() as two:
        p, q = a * a * b, a * b * b
    return [one.gradient(p, a), two.gradient(q, [a, b])]


def second_and_third_order():
    x = tf.Variable(2.0)
    with tf.GradientTape() as t3:
        with tf.GradientTape() as t2:
            with tf.GradientTape() as t1:
                y = x**4
            first = t1.gradient(y, x)
        second = t2.gradient(first, x)
    return [first, second, t3.gradient(second, x)]


def the_inner_gradient_outside_of_the_outer_tape_is_a_constant():
    x = tf.Variable(2.0)
    with tf.GradientTape() as outer, tf.GradientTape() as inner:
        y = x**3
    first = inner.gradient(y, x)
    return [first, outer.gradient(first, x)]


def a_gradient_penalty():
    w, x = tf.Variable([[0.5, -0.3], [0.2, 0.8]]), tf.constant([[1.0, 2.0], [-1.0, 0.5]])
    with tf.GradientTape() as tape:
        with tf.GradientTape() as inner:
            inner.watch(x)
            score = tf.reduce_sum(tf.tanh(x @ w), axis=1)
        g = inner.gradient(score, x)
        penalty = tf.reduce_mean((tf.norm(g, axis=1) - 1.0) ** 2)
    return [penalty, tape.gradient(penalty, w)]


def hessian_vector_products_both_ways():
    x, v = tf.Variable([0.3, -0.7, 1.1]), tf.constant([1.0, 2.0, -1.0])

    def f(x):
        return tf.reduce_sum(tf.sin(x) * x[::-1] ** 2)

    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = f(x)
        product = tf.reduce_sum(inner.gradient(y, x) * v)
    back_over_back = outer.gradient(product, x)
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = f(x)
        g = inner.gradient(y, x)
    return [back_over_back, outer.gradient(g, x, output_gradients=v)]


# ---- jacobians -------------------------------------------------------------------------------------------------------
def jacobians():
    x, w = tf.Variable([1.0, 2.0]), tf.Variable([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    with tf.GradientTape(persistent=True) as tape:
        y = tf.linalg.matvec(tf.transpose(w), x) ** 2
        s = tf.reduce_sum(x)
    return [
        tape.jacobian(y, x),
        tape.jacobian(y, {"w": w, "x": [x]}),
        tape.jacobian(s, x),
        tape.jacobian(y, x, experimental_use_pfor=False),
        tape.jacobian(s, w),
    ]


def batch_jacobians():
    x, w = tf.constant([[1.0, 2.0], [3.0, 4.0], [0.5, -1.0]]), tf.constant([[1.0, -1.0, 2.0], [0.5, 1.0, 0.0]])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = tf.tanh(x @ w) * x[:, :1]
        images = tf.reshape(x, (3, 2, 1)) ** 2
    return [tape.batch_jacobian(y, x), tape.batch_jacobian(images, x)]


def a_batch_jacobian_needs_batches():
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
    return tape.batch_jacobian(tf.ones((3, 2)) * y, tf.reshape(x, (2, 1)))


def a_hessian():
    x = tf.Variable([[0.1, 0.4], [-0.3, 0.2]])
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = tf.reduce_sum(tf.exp(x @ x))
        g = inner.gradient(y, x)
    return outer.jacobian(g, x)


# ---- gradients of one's own ------------------------------------------------------------------------------------------
def _log1pexp(x):
    e = tf.exp(x)

    def grad(upstream):
        return upstream * (1 - 1 / (1 + e))

    return tf.math.log(1 + e), grad


def a_custom_gradient():
    x, f = tf.constant([0.5, 100.0]), tf.custom_gradient(_log1pexp)
    return [_of(f, x), f(x)]


def a_custom_gradient_is_differentiated_again():
    x = tf.Variable(0.7)
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = tf.custom_gradient(_log1pexp)(x)
        g = inner.gradient(y, x)
    return [g, outer.gradient(g, x)]


def a_custom_gradient_of_two():
    @tf.custom_gradient
    def product(x, y):
        def grad(upstream):
            return upstream * 10.0, upstream * y * 100.0

        return x * y, grad

    x, y = tf.Variable(2.0), tf.Variable(3.0)
    with tf.GradientTape() as tape:
        z = product(x, y * 1.0) * 2.0
    return [z, *tape.gradient(z, [x, y])]


def a_gradient_that_is_reversed():
    reverse = tf.custom_gradient(lambda x: (tf.identity(x), lambda dy: -0.5 * dy))
    w, x = tf.Variable([1.0, -2.0]), tf.constant([3.0, 4.0])
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(reverse(w * x) ** 2)
    return tape.gradient(y, w)


def a_custom_gradient_with_variables_inside():
    v = tf.Variable(3.0)

    @tf.custom_gradient
    def scaled(x):
        def grad(upstream, variables=None):
            return upstream * v, [upstream * 7.0 for _ in variables]

        return x * v, grad

    x = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = scaled(x * 1.0)
    return tape.gradient(y, [x, v])


def stopped_in_the_middle():
    x = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = x * tf.stop_gradient(x * x) + tf.stop_gradient(5.0) * x
    return tape.gradient(y, x)


def straight_through():
    x = tf.Variable([0.2, 0.7, 1.6])
    with tf.GradientTape() as tape:
        rounded = x + tf.stop_gradient(tf.round(x) - x)
        y = tf.reduce_sum(rounded**2)
    return [rounded, tape.gradient(y, x)]


def _of(run, x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = run(x)
    return tape.gradient(y, x)
