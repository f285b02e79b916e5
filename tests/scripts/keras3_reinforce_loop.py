"""train_on_batch in a loop of one's own, with predictions in between: a two-armed bandit by policy gradients."""

import keras
import numpy as np
from keras import ops

keras.utils.set_random_seed(3)
rng = np.random.default_rng(3)


def policy_loss(y_true, y_pred):
    taken, advantage = y_true[:, :2], y_true[:, 2]
    return -ops.mean(advantage * ops.log(ops.sum(taken * y_pred, axis=1) + 1e-7))


model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2, activation="softmax", kernel_initializer="zeros")])
model.compile(keras.optimizers.Adam(0.1), policy_loss)
state = np.ones((16, 1), "float32")
for step in range(20):
    probabilities = np.asarray(model(state))
    actions = (rng.random(16) < probabilities[:, 1]).astype(int)
    rewards = np.where(actions == 1, 1.0, 0.2)
    advantage = rewards - rewards.mean()
    loss = model.train_on_batch(state, np.column_stack([np.eye(2)[actions], advantage]).astype("float32"))
assert np.isfinite(loss) and model.predict(state[:1], verbose=0)[0, 1] > 0.7
