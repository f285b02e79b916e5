"""Loops with tapes and metrics that are set back under both names."""

import tensorflow as tf
import numpy as np

model = tf.keras.Sequential([tf.keras.layers.Dense(8, activation="relu", input_shape=(4,)), tf.keras.layers.Dense(3)])
opt = tf.keras.optimizers.Adam()
loss_object = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
train_acc_metric = tf.keras.metrics.SparseCategoricalAccuracy()
val_acc_metric = tf.keras.metrics.SparseCategoricalAccuracy()
mean = tf.keras.metrics.Mean(name="loss")
train = (
    tf.data.Dataset.from_tensor_slices((np.random.rand(20, 4).astype("float32"), np.random.randint(3, size=20)))
    .shuffle(buffer_size=1024)
    .batch(8)
)
val = train.take(1)


def apply_gradient(optimizer, model, x, y):
    with tf.GradientTape() as tape:
        logits = model(x)
        loss_value = loss_object(y_true=y, y_pred=logits)
    gradients = tape.gradient(loss_value, model.trainable_weights)
    optimizer.apply_gradients(zip(gradients, model.trainable_weights))
    return logits, loss_value


def train_data_for_one_epoch():
    losses = []
    for step, (x, y) in enumerate(train):
        logits, loss_value = apply_gradient(opt, model, x, y)
        losses.append(loss_value)
        train_acc_metric(y, logits)
        mean.update_state(loss_value)
    return losses


def perform_validation():
    losses = []
    for x, y in val:
        v = model(x)
        losses.append(loss_object(y, v))
        val_acc_metric(y, v)
    return losses


for epoch in range(2):
    l = train_data_for_one_epoch()
    a = train_acc_metric.result()
    v = perform_validation()
    va = val_acc_metric.result()
    print(
        "Epoch %s: loss>0 %s acc in [0,1] %s" % (epoch, float(np.mean(l)) > 0, 0 <= float(a) <= 1),
        float(va) >= 0,
        float(mean.result().numpy()) > 0,
    )
    train_acc_metric.reset_states()
    val_acc_metric.reset_state()
x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
v = tf.Variable(3.0)
with tf.GradientTape(persistent=True) as t:
    t.watch(x)
    y = tf.reduce_sum(x)
    z = tf.multiply(y, y) * v
print(t.gradient(z, x).numpy().tolist(), t.gradient(z, v).numpy())
del t
with tf.GradientTape() as t2:
    with tf.GradientTape() as t1:
        y = v**3
    d = t1.gradient(y, v)
print(d.numpy(), t2.gradient(d, v).numpy())


def fit_data(w, b, lr=0.1):
    X, Y = tf.constant([1.0, 2.0, 3.0]), tf.constant([2.0, 4.0, 6.0])
    for i in range(30):
        with tf.GradientTape() as t:
            loss = tf.reduce_mean(tf.abs(w * X + b - Y))
        dw, db = t.gradient(loss, [w, b])
        w.assign_sub(lr * dw)
        b.assign_sub(lr * db)
    return w.numpy(), b.numpy()


print(np.round(fit_data(tf.Variable(0.3), tf.Variable(0.2)), 0).shape)


@tf.function
def train_step(x, y):
    with tf.GradientTape() as tape:
        p = model(x, training=True)
        l = loss_object(y, p) + tf.add_n([tf.nn.l2_loss(w) for w in model.trainable_variables]) * 1e-4
    g = tape.gradient(l, model.trainable_variables)
    g, _ = tf.clip_by_global_norm(g, 1.0)
    opt.apply_gradients(zip(g, model.trainable_variables))
    return l


for x, y in train:
    l = train_step(x, y)
print(l.shape, opt.iterations.numpy())
