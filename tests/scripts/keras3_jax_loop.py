"""Writing a training loop from scratch, after Keras's guide for JAX; fastnn.value_and_grad stands in place of jax's."""

import keras
import numpy as np
from fastnn import value_and_grad

rng = np.random.RandomState(9)


def get_model():
    inputs = keras.Input(shape=(12,), name="digits")
    x1 = keras.layers.Dense(8, activation="relu")(inputs)
    x2 = keras.layers.Dense(8, activation="relu")(x1)
    outputs = keras.layers.Dense(3, name="predictions")(x2)
    return keras.Model(inputs=inputs, outputs=outputs)


model = get_model()
model.set_weights([rng.normal(size=w.shape, scale=0.4) for w in model.get_weights()])
loss_fn = keras.losses.CategoricalCrossentropy(from_logits=True)
optimizer = keras.optimizers.Adam(learning_rate=1e-2)
train_acc_metric = keras.metrics.CategoricalAccuracy()
val_acc_metric = keras.metrics.CategoricalAccuracy()
x_all = rng.rand(32, 12).astype("float32")
y_all = keras.utils.to_categorical(np.argmax(x_all[:, :3], axis=1), 3)
batches = [(x_all[k : k + 8], y_all[k : k + 8]) for k in range(0, 24, 8)]
val_batches = [(x_all[24:], y_all[24:])]


def compute_loss_and_updates(trainable_variables, non_trainable_variables, metric_variables, x, y):
    y_pred, non_trainable_variables = model.stateless_call(
        trainable_variables, non_trainable_variables, x, training=True
    )
    loss = loss_fn(y, y_pred)
    metric_variables = train_acc_metric.stateless_update_state(metric_variables, y, y_pred)
    return loss, (non_trainable_variables, metric_variables)


grad_fn = value_and_grad(compute_loss_and_updates, has_aux=True)


def train_step(state, data):
    trainable_variables, non_trainable_variables, optimizer_variables, metric_variables = state
    x, y = data
    (loss, (non_trainable_variables, metric_variables)), grads = grad_fn(
        trainable_variables, non_trainable_variables, metric_variables, x, y
    )
    trainable_variables, optimizer_variables = optimizer.stateless_apply(
        optimizer_variables, grads, trainable_variables
    )
    return loss, (trainable_variables, non_trainable_variables, optimizer_variables, metric_variables)


def eval_step(state, data):
    trainable_variables, non_trainable_variables, metric_variables = state
    x, y = data
    y_pred, non_trainable_variables = model.stateless_call(
        trainable_variables, non_trainable_variables, x, training=False
    )
    loss = loss_fn(y, y_pred)
    metric_variables = val_acc_metric.stateless_update_state(metric_variables, y, y_pred)
    return loss, (trainable_variables, non_trainable_variables, metric_variables)


optimizer.build(model.trainable_variables)
trainable_variables = [v.value for v in model.trainable_variables]
non_trainable_variables = [v.value for v in model.non_trainable_variables]
optimizer_variables = [v.value for v in optimizer.variables]
metric_variables = [v.value for v in train_acc_metric.variables]
state = trainable_variables, non_trainable_variables, optimizer_variables, metric_variables
for epoch in range(2):
    for step, data in enumerate(batches):
        loss, state = train_step(state, data)
        print(f"Training loss (for 1 batch) at step {epoch}.{step}: {float(loss):.4f}")
_, _, _, metric_variables = state
for variable, value in zip(train_acc_metric.variables, metric_variables):
    variable.assign(value)
print(f"Training accuracy: {float(train_acc_metric.result())}")
train_acc_metric.reset_state()

trainable_variables, non_trainable_variables, optimizer_variables, metric_variables = state
metric_variables = [v.value for v in val_acc_metric.variables]
state = trainable_variables, non_trainable_variables, metric_variables
for data in val_batches:
    loss, state = eval_step(state, data)
print("Validation loss", float(loss), "accuracy", float(val_acc_metric.stateless_result(state[2])))
print("the model has its first weights", float(np.sum(model.get_weights()[0])))
for variable, value in zip(model.trainable_variables, trainable_variables):
    variable.assign(value)
print("and now the trained ones", float(np.sum(model.get_weights()[0])), *model(x_all[:1])[0])
