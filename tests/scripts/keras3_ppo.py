"""A policy that draws its actions in a traced function, after Keras 3's ppo_cartpole example."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers

keras.utils.set_random_seed(4)


def mlp(x, sizes):
    for size in sizes[:-1]:
        x = layers.Dense(units=size, activation=keras.activations.tanh)(x)
    return layers.Dense(units=sizes[-1])(x)


observation_input = keras.Input(shape=(3,), dtype="float32")
actor = keras.Model(inputs=observation_input, outputs=mlp(observation_input, (8, 2)))
critic = keras.Model(inputs=observation_input, outputs=keras.ops.squeeze(mlp(observation_input, (8, 1)), axis=1))
policy_optimizer, value_optimizer = keras.optimizers.Adam(0.02), keras.optimizers.Adam(0.01)
seed_generator = keras.random.SeedGenerator(1337)


def logprobabilities(logits, a):
    return keras.ops.sum(keras.ops.one_hot(a, 2) * keras.ops.log_softmax(logits), axis=1)


@tf.function
def sample_action(observation):
    logits = actor(observation)
    return logits, keras.ops.squeeze(keras.random.categorical(logits, 1, seed=seed_generator), axis=1)


@tf.function
def train_policy(observations, actions, old, advantages):
    with tf.GradientTape() as tape:
        ratio = keras.ops.exp(logprobabilities(actor(observations), actions) - old)
        bound = keras.ops.where(advantages > 0, 1.2 * advantages, 0.8 * advantages)
        loss = -keras.ops.mean(keras.ops.minimum(ratio * advantages, bound))
    grads = tape.gradient(loss, actor.trainable_variables)
    policy_optimizer.apply_gradients(zip(grads, actor.trainable_variables))
    return keras.ops.mean(old - logprobabilities(actor(observations), actions))


@tf.function
def train_value_function(observations, returns):
    with tf.GradientTape() as tape:
        value_loss = keras.ops.mean((returns - critic(observations)) ** 2)
    grads = tape.gradient(value_loss, critic.trainable_variables)
    value_optimizer.apply_gradients(zip(grads, critic.trainable_variables))
    return value_loss


rng, losses, rewards = np.random.RandomState(2), [], []
for _ in range(12):
    seen = rng.normal(size=(64, 3)).astype("float32")
    logits, drawn = sample_action(seen)
    drawn = drawn.numpy()
    reward = np.where(drawn == (seen[:, 0] > 0), 1.0, -1.0).astype("float32")  # the better action is known
    old = logprobabilities(logits, drawn)
    for _ in range(6):
        kl = train_policy(seen, drawn, old, reward - critic(seen).numpy())
        if float(kl) > 1.5 * 0.05:
            break
    losses.append(float(train_value_function(seen, reward)))
    rewards.append(reward.mean())
assert set(drawn.tolist()) <= {0, 1} and np.mean(rewards[-4:]) > np.mean(rewards[:4]) and np.isfinite(losses).all()
