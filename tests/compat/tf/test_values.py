"""Losses whose sizes depend on values, of TensorFlow's functions; the numbers are TensorFlow 2.21's with Keras 3.15.1.

They are what SCRIPT prints there.  Each loss is one of a model on 32 rows, compiled with SGD(0.1): the losses of two
epochs and that of the validation.
"""

import numpy as np
from compat.running import run

SCRIPT = """
import numpy as np
import tensorflow as tf
from tensorflow import keras

rng = np.random.RandomState(0)
X, Y = rng.rand(32, 6).astype("float32"), rng.rand(32, 6).astype("float32")
Y[rng.rand(32, 6) < 0.4] = 0
square, mean, some, start = tf.square, tf.reduce_mean, lambda y: y > 0, keras.layers.Dense

def rows(y):
    return tf.reduce_sum(tf.cast(y[:, 0] > 0, "int32"))

def per_row(y):
    return tf.reduce_sum(tf.cast(y > 0, "int32"), -1)

def kinds(y):
    return tf.reshape(tf.cast(y * 4, "int32"), [-1])

def body(p, y):
    return lambda b, a: (b + 1, a.write(b, tf.reduce_sum(tf.boolean_mask(p[b], y[b] > 0))))

def written(y, p, n, array):
    return tf.while_loop(lambda b, a: b < n, body(p, y), [0, array])[1].stack()

def shapes():
    return [tf.TensorShape([]), tf.TensorShape([None, 6])]

def grown(p, going):
    return tf.while_loop(going, lambda i, o: [i + 1, tf.concat([o, o[:1] * 2], 0)], [0, p], shapes())[1]

def boxes(p):
    return tf.stack([p[:, 0] * 0.1, p[:, 1] * 0.1, p[:, 0] * 0.1 + 1.0, p[:, 1] * 0.1 + 1.0], 1)

LOSSES = {
    "boolean_mask": lambda y, p: mean(square(tf.boolean_mask(y, y > 0) - tf.boolean_mask(p, y > 0))),
    "where": lambda y, p: mean(abs(tf.gather_nd(y, tf.where(y > 0)) - tf.gather_nd(p, tf.where(y > 0)))),
    "repeat": lambda y, p: mean(square(tf.repeat(p[:, 0], per_row(y)) - 1.0)),
    "unique": lambda y, p: mean(square(tf.math.unsorted_segment_sum(
        tf.reshape(p, [-1]), tf.unique(kinds(y))[1], tf.size(tf.unique(kinds(y))[0])))) / 1000,
    "array": lambda y, p: mean(written(y, p, 16, tf.TensorArray("float32", size=1, dynamic_size=True))),
    "array of some": lambda y, p: mean(written(y, p, rows(y), tf.TensorArray("float32", 0, dynamic_size=True))),
    "suppression": lambda y, p: mean(tf.gather(p, tf.image.non_max_suppression(boxes(p), y[:, 0], 5, 0.95)) ** 2),
    "top_k": lambda y, p: mean(tf.nn.top_k(tf.reshape(square(y - p), [-1]), k=rows(y))[0]),
    "range": lambda y, p: mean(tf.cast(tf.range(rows(y)), "float32")) * 0.01 + mean(square(p)),
    "fill": lambda y, p: tf.reduce_sum(tf.fill([rows(y)], mean(square(p)))),
    "split": lambda y, p: mean(square(tf.split(p, [rows(y), tf.shape(p)[0] - rows(y)], 0)[0])),
    "pad": lambda y, p: mean(square(tf.pad(p, [[0, rows(y)], [0, 0]]))),
    "tile": lambda y, p: mean(tf.tile(p, [rows(y), 1]) ** 2),
    "slice": lambda y, p: mean(tf.slice(p, [0, 0], [rows(y), 3]) ** 2) + mean(p[rows(y) - 1]),
    "numpy": lambda y, p: mean(tf.numpy_function(lambda a: (a > 0).astype("float32"), [y], tf.float32) * square(y - p)),
    "map": lambda y, p: mean(tf.map_fn(lambda a: tf.reduce_sum(tf.boolean_mask(a[1], a[0] > 0)), (y, p),
                                       fn_output_signature=tf.float32)),
    "cond": lambda y, p: tf.cond(tf.reduce_any(y > 0), lambda: mean(tf.boolean_mask(p, y > 0) ** 2), lambda: 0.0),
    "switch": lambda y, p: tf.switch_case(rows(y) % 2, [lambda: mean(tf.boolean_mask(p, y > 0)), lambda: mean(p**2)]),
    "grown": lambda y, p: mean(square(grown(p, lambda i, o: i < 3))),
    "grown by values": lambda y, p: mean(square(grown(p, lambda i, o: tf.reduce_sum(o) < 200.0))),
    "loop without end": lambda y, p: mean(square(tf.while_loop(
        lambda o: tf.reduce_sum(o) < 200.0, lambda o: [o * 1.5], [p])[0])),
    "ragged": lambda y, p: mean(tf.reduce_sum(tf.RaggedTensor.from_tensor(p, lengths=per_row(y)), 1) ** 2),
    "one_hot": lambda y, p: mean(tf.matmul(tf.one_hot(tf.argmax(y, 1), rows(y)), p, transpose_a=True) ** 2),
    "sequence_mask": lambda y, p: mean(tf.cast(tf.sequence_mask(per_row(y) + 1), "float32")) * mean(square(p)),
    "bincount": lambda y, p: mean(square(p)) * tf.cast(tf.size(tf.math.bincount(kinds(y))), "float32"),
    "assert": lambda y, p: (tf.debugging.assert_greater(tf.reduce_max(y), -1.0), mean(square(p)))[1],
}
for name, loss in LOSSES.items():
    model = keras.Sequential([keras.Input((6,)), start(6, kernel_initializer="ones", activation="sigmoid")])
    model.compile(keras.optimizers.SGD(0.1), loss)
    logs = model.fit(X, Y, batch_size=16, epochs=2, verbose=0, shuffle=False, validation_data=(X, Y)).history
    print(name, *(f"{v:.7g}" for v in (*logs["loss"], logs["val_loss"][-1])), sep=";")
"""
PRINTED = """
boolean_mask;0.2892647;0.2891008;0.2889757
where;0.4592411;0.459097;0.4589862
repeat;0.005032482;0.005003026;0.004980679
unique;0.808444;0.8078338;0.8073665
array;3.266514;3.26403;3.262117
array of some;3.057557;3.056153;3.055039
suppression;0.882293;0.8816336;0.8811041
top_k;0.968959;0.9688133;0.9686978
range;0.918787;0.9181044;0.9175853
fill;6.198304;6.162402;6.133059
split;0.9138017;0.9133117;0.9129367
pad;0.6199855;0.6196575;0.6194093
tile;0.888787;0.8881044;0.8875852
slice;1.828259;1.825951;1.824154
numpy;0.1672267;0.1671724;0.1671311
map;3.266514;3.26403;3.262117
cond;0.8878121;0.887109;0.8865722
switch;0.9414216;0.9412155;0.9410585
grown;1.310352;1.308775;1.307557
grown by values;1.915576;1.912001;1.909142
loop without end;4.496012;4.478002;4.463773
ragged;11.97721;11.79296;11.62623
one_hot;6.694774;6.653291;6.619478
sequence_mask;0.5677967;0.5675212;0.5673128
bincount;3.553126;3.541968;3.53324
assert;0.888787;0.8881044;0.8875853
"""


def test_losses_with_sizes_that_depend_on_values(tmp_path):
    status, out, errors = run(SCRIPT, tmp_path)
    assert status == 0, errors
    found, expected = ([line.split(";") for line in text.strip().splitlines()] for text in (out, PRINTED))
    assert [line[0] for line in found] == [line[0] for line in expected]
    for a, b in zip(found, expected):
        np.testing.assert_allclose(np.array(a[1:], float), np.array(b[1:], float), rtol=2e-5, err_msg=a[0])


SHAPES = """
import numpy as np
import tensorflow as tf
from tensorflow import keras

x = keras.Input((None, 4))
sizes = tf.shape(x)
for shape in (tf.stack([sizes[0], sizes[1] * 4]), tf.concat([sizes[:1], tf.stack([sizes[1] * 4])], 0)):
    model = keras.Model(x, tf.reshape(x, shape))
    print(model.predict(np.zeros((2, 3, 4)), verbose=0).shape)
"""


def test_shapes_may_be_tensors_of_sizes(tmp_path):
    status, out, errors = run(SHAPES, tmp_path)
    assert (status, out.split("\n")[:2]) == (0, ["(2, 12)"] * 2), errors
