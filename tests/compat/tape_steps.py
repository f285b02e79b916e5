"""Tapes around what scripts do: variables that change, tf.function, loops and branches, layers, optimizers."""

import numpy as np
import tensorflow as tf


# ---- variables -------------------------------------------------------------------------------------------------------
def a_variable_changes_between_two_reads():
    v = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = v * 3.0
        v.assign(5.0)
        z = y * v
    return [z, tape.gradient(z, v)]


def a_variable_changes_after_the_tape():
    v = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = v**3
    v.assign(100.0)
    return [y, tape.gradient(y, v)]


def what_is_assigned_has_no_gradient():
    v, w = tf.Variable(2.0), tf.Variable(3.0)
    with tf.GradientTape() as tape:
        w.assign(v * v)
        y = w * 5.0
    return [y, tape.gradient(y, [v, w])]


def assignments_in_order():
    v, seen = tf.Variable([1.0, 2.0]), []
    before = v + 0.0
    v.assign_add([1.0, 1.0])
    seen.append(v.numpy())
    v.assign_sub(v * 0.5)
    seen.append(v.numpy())
    v.assign(v * v)
    return [before, *seen, v, v.read_value()]


def what_an_assignment_returns():
    v = tf.Variable(1.0)
    with tf.GradientTape() as tape:
        y = v.assign_add(2.0) * v
    return [y, tape.gradient(y, v), v.assign(4.0), v.assign_sub(1.0) + 0.0]


def operators_of_variables():
    v, m = tf.Variable([1.0, -2.0, 3.0]), tf.Variable([[1.0, 2.0], [3.0, 4.0]])
    n = np.array([1.0, 2.0, 3.0], "float32")
    return [v + 1, 1 + v, v - n, n - v, 2.0 * v, v / 2, 6.0 / v, v**2, 2.0**v, -v, abs(v), v > 0, v[1], v[1:],
            v[::-1], m @ m, m[:, 0], m @ [[1.0], [1.0]], v % 2, v // 2, v >= [1.0, 0.0, 4.0],
            np.sum(v), np.array(m)]  # fmt: skip


def operators_of_tensors():
    t, i = tf.constant([1.0, -2.0, 3.0]), tf.constant([7, -7, 3])
    n = np.array([1.0, 2.0, 3.0], "float32")
    return [t + 1, 1 - t, n * t, t * n, t / n, t**2, -t, abs(t), t > n, t == t, t != n, i // 2, i % 3, i / 2, i + 1,
            -i, i * i, t[0:2], t[-1], t[tf.newaxis, :],
            float(t[0]), int(i[0]), len(t), [float(part) for part in t],
            bool(t[0] > 0), f"{t[0]:.2f}", 3.0 in t.numpy()]  # fmt: skip


def dtypes_of_what_python_gives():
    return [tf.constant(1), tf.constant(1.5), tf.constant(True), tf.constant([1, 2.5]), tf.constant(np.arange(2)),
            tf.Variable(1), tf.Variable([1.0]), tf.Variable(np.ones(2)), tf.Variable(1, dtype=tf.float32),
            tf.constant(2, tf.float64), tf.convert_to_tensor([1, 2]), tf.range(3), tf.range(0.0, 1.0, 0.5),
            tf.ones(2), tf.zeros((2,), tf.int32), tf.cast(tf.constant([1.7]), tf.int32),
            tf.constant(0.5, shape=(2, 2))]  # fmt: skip


def what_a_variable_says():
    v = tf.Variable([[1.0, 2.0]], name="kernel", trainable=False)
    return [v.trainable, tuple(v.shape), v.dtype == tf.float32, v.name.split(":")[0], isinstance(v, tf.Variable),
            isinstance(v, tf.Tensor), isinstance(v + 0.0, tf.Tensor), v.shape[1], v.shape.rank, v.numpy()]  # fmt: skip


# ---- functions -------------------------------------------------------------------------------------------------------
def python_runs_when_a_function_is_traced():
    seen = []

    @tf.function
    def f(x, scale=2.0):
        seen.append(tuple(x.shape))
        return x * scale

    for n in (2, 3, 2, 3):
        f(tf.ones(n))
    f(tf.ones(2), scale=3.0)
    f(tf.zeros(2), scale=3.0)
    f(tf.ones(2, tf.float64))
    return [seen, f(tf.ones(2))]


def a_signature_refuses_another_rank():
    f = tf.function(lambda x: x * 2.0, input_signature=[tf.TensorSpec([None], tf.float32)])
    return f(tf.ones((2, 2)))


def a_tape_around_a_function():
    v = tf.Variable([1.0, 2.0])
    f = tf.function(lambda x: tf.reduce_sum(tf.sin(x * v) * v))
    x = tf.constant([0.3, 0.6])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = f(x) * 2.0
    return [y, tape.gradient(y, x), tape.gradient(y, v)]


def a_tape_in_a_function():
    v = tf.Variable(3.0)

    @tf.function
    def step(x):
        with tf.GradientTape() as tape:
            loss = (v * x - 1.0) ** 2
        v.assign_sub(0.1 * tape.gradient(loss, v))
        return loss

    return [[step(tf.constant(0.5)) for _ in range(3)], v]


def second_order_through_functions():
    f = tf.function(lambda x: tf.reduce_sum(x**3))

    @tf.function
    def gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = f(x)
        return tape.gradient(y, x)

    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        g = gradient(x)
    return [g, tape.gradient(g, x)]


def gradients_in_a_function():
    @tf.function
    def f(x, y):
        z, u = x * x * y, tf.sin(x)
        return [tf.gradients(z, [x, y]), tf.gradients([z, u], x), tf.gradients(z, x, grad_ys=[2.0 * z]),
                tf.gradients(tf.gradients(z, x)[0], x), tf.gradients(z * u, [x], stop_gradients=[u]),
                tf.gradients(z, tf.constant(1.0), unconnected_gradients="zero")]  # fmt: skip

    return f(tf.constant(2.0), tf.constant(3.0))


def gradients_outside_of_a_function_are_refused():
    x = tf.constant(2.0)
    return tf.gradients(x * x, x)


# ---- loops and branches ----------------------------------------------------------------------------------------------
def a_branch_in_a_tape():
    def f(x):
        return tf.cond(x > 0.0, lambda: x * x, lambda: -3.0 * x)

    return [_gradient(f, tf.constant(v)) for v in (2.0, -2.0)]


def a_branch_in_a_function():
    f = tf.function(lambda x: tf.cond(tf.reduce_sum(x) > 0.0, lambda: tf.exp(x), lambda: x * 0.0))
    return [_gradient(f, tf.constant(v)) for v in ([1.0, 2.0], [-1.0, -2.0])]


def an_if_of_python():
    def f(x):
        if x > 1.0:
            return x * 10.0
        return x * x

    return [_gradient(f, tf.constant(v)) for v in (2.0, 0.5)]


def a_case_in_a_tape():
    def f(x):
        return tf.switch_case(tf.cast(x, tf.int32), [lambda: x, lambda: x * x, lambda: x**3])

    return [_gradient(f, tf.constant(v)) for v in (0.5, 1.5, 2.5)]


def a_while_loop_in_a_tape():
    def f(x):
        return tf.while_loop(lambda i, y: i < 5, lambda i, y: (i + 1, y * x + 1.0), [tf.constant(0), x])[1]

    return [f(tf.constant(0.9)), _gradient(f, tf.constant(0.9))]


def a_while_loop_on_values():
    def f(x):
        return tf.while_loop(lambda y: tf.reduce_sum(y) < 100.0, lambda y: [y * y + 1.0], [x])[0]

    return [f(tf.constant([1.0, 2.0])), _gradient(f, tf.constant([1.0, 2.0]))]


def rows_one_by_one():
    x = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    return [
        _gradient(lambda x: tf.map_fn(lambda row: tf.reduce_sum(row) ** 2, x), x),
        _gradient(lambda x: tf.scan(lambda a, row: a * 0.5 + row, x), x),
        _gradient(lambda x: tf.vectorized_map(lambda row: row[0] * row[1], x), x),
        tf.map_fn(lambda pair: pair[0] * pair[1], (x, x), fn_output_signature=tf.float32),
    ]


def _gradient(f, x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    return tape.gradient(y, x)


# ---- layers and losses -----------------------------------------------------------------------------------------------
def _dense(units, inputs, **options):
    layer = tf.keras.layers.Dense(units, **options)
    layer.build((None, inputs))
    rng = np.random.RandomState(units)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.get_weights()])
    return layer


def layers_in_a_tape():
    hidden, head = _dense(4, 3, activation="tanh"), _dense(1, 4)
    x = tf.constant(np.random.RandomState(0).normal(size=(5, 3)), tf.float32)
    with tf.GradientTape(persistent=True) as tape:
        h = hidden(x)
        loss = tf.keras.losses.MeanSquaredError()(tf.ones((5, 1)), head(h))
    return [loss, tape.gradient(loss, hidden.trainable_variables + head.trainable_variables), tape.gradient(loss, h)]


def frozen_layers():
    hidden, head = _dense(4, 3), _dense(1, 4)
    hidden.trainable = False
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(head(hidden(tf.ones((2, 3)))))
    return [len(hidden.trainable_variables), tape.gradient(loss, [hidden.kernel, head.kernel])]


def moving_averages():
    layer = tf.keras.layers.BatchNormalization(momentum=0.5)
    x = tf.constant([[1.0, 5.0], [3.0, -1.0], [2.0, 2.0]])
    layer.build((None, 2))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reduce_sum(layer(x, training=True) * [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    return [tape.gradient(y, [x, *layer.trainable_variables]), layer.moving_mean, layer.moving_variance,
            layer(x, training=False)]  # fmt: skip


def losses_of_regularizers():
    layer = _dense(2, 3, kernel_regularizer=tf.keras.regularizers.L2(0.1))
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(layer(tf.ones((1, 3)))) + sum(layer.losses)
    return [y, tape.gradient(y, layer.kernel)]


def rows_of_an_embedding():
    layer = tf.keras.layers.Embedding(4, 2)
    layer.build((None,))
    layer.set_weights([np.arange(8.0).reshape(4, 2)])
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(layer(tf.constant([[0, 2], [2, 3]])) ** 2)
    return tf.convert_to_tensor(tape.gradient(y, layer.embeddings))


def the_loss_of_one_step_is_that_of_train_on_batch():
    model = tf.keras.Sequential([tf.keras.Input((3,)), _dense(4, 3, activation="relu"), _dense(1, 4)])
    x, y = np.random.RandomState(1).normal(size=(6, 3)).astype("float32"), np.ones((6, 1), "float32")
    start = model.get_weights()
    model.compile(tf.keras.optimizers.Adam(0.1), "mse")
    losses = [float(model.train_on_batch(x, y)) for _ in range(3)]
    fitted = model.get_weights()
    model.set_weights(start)
    optimizer, own = tf.keras.optimizers.Adam(0.1), []
    for _ in range(3):
        with tf.GradientTape() as tape:
            loss = tf.keras.losses.MeanSquaredError()(y, model(x, training=True))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        own.append(float(loss))
    return [losses, own, fitted[0], model.get_weights()[0]]


# ---- optimizers ------------------------------------------------------------------------------------------------------
def _optimized(optimizer, steps=3):
    a, b = tf.Variable([1.0, -2.0]), tf.Variable(3.0)
    for _ in range(steps):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(a * a) * b + b * b
        gradients = tape.gradient(loss, [a, b])
        optimizer.apply_gradients(zip(gradients, [a, b]))
    return [a, b, int(optimizer.iterations)]


def optimizers_in_a_loop():
    o = tf.keras.optimizers
    return [_optimized(x) for x in (o.SGD(0.1), o.SGD(0.1, momentum=0.9, nesterov=True), o.Adam(0.1), o.RMSprop(0.05),
                                    o.Adagrad(0.1), o.AdamW(0.1), o.Nadam(0.05), o.Adam(0.1, clipnorm=0.5),
                                    o.SGD(o.schedules.ExponentialDecay(0.1, 1, 0.5)))]  # fmt: skip


def apply_without_variables_the_second_time():
    v = tf.Variable([1.0, 2.0])
    optimizer = tf.keras.optimizers.SGD(0.5)
    optimizer.apply([tf.ones(2)], [v])
    optimizer.apply([tf.ones(2)])
    return v


def nothing_to_apply():
    tf.keras.optimizers.SGD(0.5).apply_gradients([])


def keras2_minimize():
    a, b = tf.Variable([1.0, -2.0]), tf.Variable(3.0)
    optimizer, out = tf.keras.optimizers.SGD(0.1), []
    optimizer.minimize(lambda: tf.reduce_sum(a * a) * b, [a, b])
    out.append([a.numpy(), b.numpy()])
    optimizer.minimize(lambda: b * b, var_list=[b])
    out.append([a.numpy(), b.numpy()])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(a**2) + b
    optimizer.minimize(loss, [a, b], tape=tape)
    out.append([a.numpy(), b.numpy(), int(optimizer.iterations)])
    return out


def keras2_minimize_a_value_without_a_tape():
    a = tf.Variable([1.0, -2.0])
    tf.keras.optimizers.SGD(0.1).minimize(tf.reduce_sum(a), [a])
