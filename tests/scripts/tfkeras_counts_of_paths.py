"""Lines of text folded into sums by Dataset.scan, with `if` on strings, and a table that grows while it is read."""

import os

import tensorflow as tf

LINES = ["cd /", "10 a.txt", "cd sub", "5 b.txt", "7 c.txt", "cd /", "1 d.txt"]
with open("lines.txt", "w") as file:
    file.write("\n".join(LINES) + "\n")


def step(state, line):
    parts = tf.strings.split([line], " ")[0]
    if tf.equal(parts[0], "cd"):
        folder = parts[1]
        state = folder if tf.equal(folder, "/") else tf.strings.join(["/", folder])
        return state, tf.constant(["", "0"])
    return state, tf.stack([state, parts[0]])


sizes = tf.data.TextLineDataset("lines.txt").scan(tf.constant("/"), step)
sizes = sizes.filter(lambda pair: tf.greater(tf.strings.length(pair[0]), 0))
table = tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, default_value=0)
for folder, size in sizes:
    amount = tf.strings.to_number(size, tf.int64)
    places = tf.unique(tf.stack([tf.constant("/"), folder])).y
    table.insert(places, table.lookup(places) + amount)
    assert isinstance(folder.numpy(), bytes)
keys, totals = table.export()
found = {k.numpy().decode(): int(v) for k, v in zip(keys, totals)}
assert found == {"/": 23, "/sub": 12}, found
assert int(table.size()) == 2 and int(table.lookup("elsewhere")) == 0
table.remove(tf.constant(["/sub"]))
assert [k.numpy() for k in table.export()[0]] == [b"/"]

fields = tf.compat.v1.string_split(["a,,b", "c"], ",")
assert fields.values.numpy().tolist() == [b"a", b"b", b"c"] and fields.dense_shape.numpy().tolist() == [2, 2]
with tf.io.gfile.GFile("lines.txt") as file:
    assert file.size() == os.path.getsize("lines.txt") and next(file) == "cd /\n"
names = tf.data.Dataset.from_tensor_slices(LINES).as_numpy_iterator()
assert names.next() == b"cd /" and next(names) == b"10 a.txt"
lengths = tf.numpy_function(lambda texts: [len(t.decode()) for t in texts], [tf.constant(["é", "ab"])], tf.int64)
assert lengths.numpy().tolist() == [1, 2]
