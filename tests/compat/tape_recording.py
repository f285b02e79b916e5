"""What a tape records, of what and along what it gives gradients, and when it refuses."""

import tensorflow as tf


def _of(run, *sources, **options):
    """The gradient of run(*sources) along the sources, which are watched."""
    with tf.GradientTape() as tape:
        tape.watch(sources)
        target = run(*sources)
    return tape.gradient(target, sources[0] if len(sources) == 1 else list(sources), **options)


# ---- what is recorded ------------------------------------------------------------------------------------------------
def watched_constant():
    return _of(lambda x: x * x, tf.constant(3.0))


def constant_that_nobody_watches():
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        y = x * x
    return tape.gradient(y, x)


def watch_a_list_and_a_dict():
    a, b, c = tf.constant(1.0), tf.constant(2.0), tf.constant(4.0)
    with tf.GradientTape() as tape:
        tape.watch([a, b])
        tape.watch({"c": c})
        y = a * b * c
    return tape.gradient(y, [a, b, c])


def only_what_follows_watch_is_recorded():
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        before = x * 5.0
        tape.watch(x)
        y = before + x * x
    return tape.gradient(y, x)


def only_what_is_inside_is_recorded():
    v = tf.Variable(2.0)
    before = v * 3.0
    with tf.GradientTape(persistent=True) as tape:
        inside = v * v
        mixed = before * v
    after = inside * 2.0
    return [tape.gradient(t, v) for t in (before, inside, mixed, after)]


def trainable_variables_are_watched():
    a, b = tf.Variable(1.0), tf.Variable(2.0, trainable=False)
    with tf.GradientTape() as tape:
        y = a * 3.0 + b * 4.0
    return tape.gradient(y, [a, b])


def a_variable_that_is_not_trainable_can_be_watched():
    v = tf.Variable(2.0, trainable=False)
    with tf.GradientTape() as tape:
        tape.watch(v)
        y = v**3
    return tape.gradient(y, v)


def variables_of_choice():
    a, b = tf.Variable(1.0), tf.Variable(2.0)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(a)
        y = a * b
    return tape.gradient(y, [a, b])


def integers_have_no_gradient():
    i, v, x = tf.constant(3), tf.Variable(2), tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.cast(i, tf.float32) * x * tf.cast(v, tf.float32)
    return tape.gradient(y, [i, v, x])


def recording_stops_and_goes_on():
    x = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = x * x
        with tape.stop_recording():
            hidden = x**3
        y = y * 2.0 + hidden
    return tape.gradient(y, x)


def reset_forgets():
    x = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = x * x
        tape.reset()
        z = y + x * 7.0
    return tape.gradient(z, x)


def entered_again():
    x = tf.Variable(2.0)
    tape = tf.GradientTape(persistent=True)
    with tape:
        y = x * x
    with tape:
        z = y * x
    return [tape.gradient(z, x), tape.gradient(y, x)]


def watched_variables():
    a, b, c = tf.Variable(1.0), tf.Variable([2.0, 3.0]), tf.Variable(4.0, trainable=False)
    with tf.GradientTape() as tape:
        tf.reduce_sum(b * a * c)
        a + 1.0
    return [tuple(v.shape) for v in tape.watched_variables()]


def asked_while_it_records():
    x = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = x * x
        g = tape.gradient(y, x)
    return [y, g]


def what_the_tape_does_later_is_not_recorded_by_itself():
    x = tf.Variable(3.0)
    with tf.GradientTape(persistent=True) as tape:
        y = x**3
    first = tape.gradient(y, x)
    return [first, tape.gradient(first, x)]


# ---- targets, sources, options ---------------------------------------------------------------------------------------
def a_target_that_is_not_a_scalar_is_summed():
    return _of(lambda x: x**3, tf.constant([1.0, 2.0, 3.0]))


def several_targets_are_summed():
    x = tf.Variable([1.0, 2.0])
    with tf.GradientTape(persistent=True) as tape:
        a, b = x**2, {"p": x * 3.0, "q": (tf.reduce_sum(x),)}
    return [tape.gradient([a, b], x), tape.gradient({"a": a}, x)]


def the_structure_of_sources_is_kept():
    a, b, c = tf.Variable(1.0), tf.Variable(2.0), tf.constant(3.0)
    with tf.GradientTape(persistent=True) as tape:
        y = a * b * c
    sources = {"one": [a, (b, c)], "two": b}
    found = tape.gradient(y, sources)
    return [found, type(found["one"][1]).__name__, tape.gradient(y, (a, b)), tape.gradient(y, [])]


def values_in_the_middle_are_sources():
    x = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = x * x
        z = tf.sin(y) * x
    return tape.gradient(z, [y, x])


def a_source_twice_and_the_target_itself():
    x = tf.Variable(2.0)
    with tf.GradientTape(persistent=True) as tape:
        y = x * x
    return [tape.gradient(y, [x, x]), tape.gradient(y, y), tape.gradient(y, tf.constant(1.0))]


def a_part_of_a_variable_is_another_tensor():
    v = tf.Variable([1.0, 2.0])
    with tf.GradientTape(persistent=True) as tape:
        part = v[1]
        y = part * part
    return [tape.gradient(y, v), tape.gradient(y, part), tape.gradient(y, v[1])]


def gradients_of_the_output():
    x = tf.Variable([1.0, 2.0, 3.0])
    with tf.GradientTape(persistent=True) as tape:
        y = x**2
        z = x * 2.0
    weights = tf.constant([1.0, 0.0, -1.0])
    return [
        tape.gradient(y, x, output_gradients=weights),
        tape.gradient([y, z], x, output_gradients=[weights, tf.ones(3)]),
    ]


def unconnected_sources():
    x, y = tf.Variable([1.0, 2.0]), tf.Variable(3.0)
    with tf.GradientTape(persistent=True) as tape:
        z = y * y
    zero = tf.UnconnectedGradients.ZERO
    return [
        tape.gradient(z, [x, y]),
        tape.gradient(z, [x, y], unconnected_gradients=zero),
        tape.gradient(z, x, unconnected_gradients="zero"),
        tape.gradient(z, x, unconnected_gradients=tf.UnconnectedGradients.NONE),
        tape.jacobian(z, x, unconnected_gradients=zero),
    ]


def what_has_no_derivative_is_not_connected():
    x = tf.Variable([1.5, -2.5])
    with tf.GradientTape(persistent=True) as tape:
        targets = [
            tf.cast(tf.argmax(x), tf.float32),
            tf.cast(x > 0, tf.float32),
            tf.cast(tf.cast(x, tf.int32), tf.float32),
            tf.stop_gradient(x) * 2.0,
            tf.sign(x),
            tf.floor(x),
            tf.ones_like(x),
            tf.zeros_like(x) + 1.0,
            tf.constant(x.numpy()) * 2.0,
        ]
    return [tape.gradient(t, x) for t in targets]


def dtypes_of_gradients():
    out = {}
    for dtype in (tf.float16, tf.float32, tf.float64):
        x = tf.Variable([1.0, 2.0], dtype=dtype)
        with tf.GradientTape() as tape:
            y = tf.reduce_sum(tf.cast(x, tf.float32) ** 2)
        out[dtype.name] = tape.gradient(y, x)
    return out


# ---- used again ------------------------------------------------------------------------------------------------------
def twice_without_persistent():
    x = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = x * x
    tape.gradient(y, x)
    return tape.gradient(y, x)


def jacobian_after_gradient_without_persistent():
    x = tf.Variable([2.0])
    with tf.GradientTape() as tape:
        y = x * x
    tape.gradient(y, x)
    return tape.jacobian(y, x)


def often_with_persistent():
    x = tf.constant(2.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
        z = y * y
    answer = [tape.gradient(z, x), tape.gradient(y, x), tape.gradient(z, y), tape.gradient(z, x)]
    del tape
    return answer


def no_such_word_for_unconnected():
    x = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = x * x
    return tape.gradient(y, x, unconnected_gradients="nothing")


def entered_while_it_records():
    with tf.GradientTape() as tape, tape:
        return 1


def stopped_without_recording():
    tape = tf.GradientTape()
    with tape.stop_recording():
        return 1


def the_truth_of_several_values():
    return bool(tf.constant([1.0, 2.0]) > 0)


def tensors_do_not_change():
    t = tf.constant([1.0, 2.0])
    t[0] = 3.0


def another_shape_is_not_assigned():
    tf.Variable([1.0, 2.0]).assign([1.0, 2.0, 3.0])


def shapes_that_do_not_fit_are_refused_at_once():
    with tf.GradientTape():
        return tf.ones((2, 3)) @ tf.ones((2, 3))
