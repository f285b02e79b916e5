"""A stateless step with Dropout's seed, BatchNormalization's averages and compute_loss, after the guides for JAX."""

import keras
import numpy as np
from fastnn import grad, value_and_grad

rng = np.random.RandomState(10)
inputs = keras.Input((6,))
h = keras.layers.Dense(5, activation="tanh", kernel_regularizer=keras.regularizers.L2(0.01))(inputs)
h = keras.layers.BatchNormalization(momentum=0.9)(h)
h = keras.layers.Dropout(0.0)(h)
model = keras.Model(inputs, keras.layers.Dense(1)(h))
for w in model.trainable_variables:
    w.assign(rng.normal(size=w.shape, scale=0.4))
model.compile(optimizer=keras.optimizers.SGD(0.1, momentum=0.9), loss="mse")
model.optimizer.build(model.trainable_variables)
x = rng.normal(size=(10, 6)).astype("float32")
y = rng.normal(size=(10, 1)).astype("float32")


def compute_loss_and_updates(trainable_variables, non_trainable_variables, x, y, training=True):
    y_pred, non_trainable_variables, losses = model.stateless_call(
        trainable_variables, non_trainable_variables, x, training=training, return_losses=True
    )
    loss = keras.ops.mean(keras.ops.square(y - y_pred)) + sum(losses)
    return loss, (y_pred, non_trainable_variables)


grad_fn = value_and_grad(compute_loss_and_updates, has_aux=True)
tv = [v.value for v in model.trainable_variables]
ntv = [v.value for v in model.non_trainable_variables]
ov = [v.value for v in model.optimizer.variables]
for step in range(3):
    (loss, (y_pred, ntv)), grads = grad_fn(tv, ntv, x, y)
    tv, ov = model.optimizer.stateless_apply(ov, grads, tv)
    print("step", step, "loss", float(loss), "bias", float(grads[-1][0]), "steps", int(ov[0]))
print("moving mean", *np.asarray(ntv[0]), "variance", float(np.sum(ntv[1])))

metric = keras.metrics.MeanAbsoluteError()
mv = [v.value for v in metric.variables]
for rows in (slice(0, 5), slice(5, 10)):
    pred, _ = model.stateless_call(tv, ntv, x[rows], training=False)
    mv = metric.stateless_update_state(mv, y[rows], pred)
print("metric", float(metric.stateless_result(mv)), "untouched", float(metric.result()))

layer = keras.layers.Dense(3)
layer.build((None, 6))
weights = [np.ones((6, 3), "float32") * 0.1, np.arange(3, dtype="float32")]
out, _ = layer.stateless_call(weights, [], x)
assert not np.allclose(out, layer(x))
print("layer", float(np.sum(out)))
only = grad(lambda ws: keras.ops.sum(keras.ops.square(layer.stateless_call(ws, [], x)[0])))(weights)
print("gradients", only[0].shape, float(np.sum(only[0])), *np.asarray(only[1]))

with keras.StatelessScope(state_mapping=[(layer.bias, np.array([5.0, 5.0, 5.0], "float32"))]) as scope:
    inside = layer(np.zeros((1, 6), "float32"))
    layer.bias.assign(np.array([1.0, 2.0, 3.0]))
print("scope", *np.asarray(inside)[0], "then", *np.asarray(scope.get_current_value(layer.bias)))
print("outside", *layer.bias.numpy())
for variable, value in zip(model.trainable_variables + model.non_trainable_variables, [*tv, *ntv]):
    variable.assign(value)
print("model", *np.asarray(model(x[:3]))[:, 0])
