"""Actor and critic on a walk of five places: Python's `if` and NumPy's draws on values inside of one long tape."""

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

rng = np.random.RandomState(23)
gamma, places, num_actions = 0.95, 5, 2
eps = np.finfo(np.float32).eps.item()
inputs = layers.Input(shape=(places,))
common = layers.Dense(8, activation="relu")(inputs)
action = layers.Dense(num_actions, activation="softmax")(common)
critic = layers.Dense(1)(common)
model = keras.Model(inputs=inputs, outputs=[action, critic])
model.set_weights([rng.normal(size=w.shape, scale=0.4) for w in model.get_weights()])
optimizer = keras.optimizers.Adam(learning_rate=0.02)
huber_loss = keras.losses.Huber()
action_probs_history, critic_value_history, rewards_history = [], [], []
running_reward = 0

for episode_count in range(4):
    place, episode_reward = 2, 0
    with tf.GradientTape() as tape:
        for timestep in range(6):
            state = tf.convert_to_tensor(np.eye(places, dtype="float32")[place])
            state = tf.expand_dims(state, 0)
            action_probs, critic_value = model(state)
            critic_value_history.append(critic_value[0, 0])
            p = np.squeeze(action_probs)
            action = rng.choice(num_actions, p=p / p.sum())
            action_probs_history.append(tf.math.log(action_probs[0, action]))
            place += 1 if action else -1
            reward = 1.0 if place == places - 1 else -0.1
            rewards_history.append(reward)
            episode_reward += reward
            if place in (0, places - 1):
                break
        running_reward = 0.05 * episode_reward + (1 - 0.05) * running_reward
        returns, discounted_sum = [], 0
        for r in rewards_history[::-1]:
            discounted_sum = r + gamma * discounted_sum
            returns.insert(0, discounted_sum)
        returns = np.array(returns)
        returns = (returns - np.mean(returns)) / (np.std(returns) + eps)
        returns = returns.tolist()
        history = zip(action_probs_history, critic_value_history, returns)
        actor_losses, critic_losses = [], []
        for log_prob, value, ret in history:
            diff = ret - value
            actor_losses.append(-log_prob * diff)
            critic_losses.append(huber_loss(tf.expand_dims(value, 0), tf.expand_dims(ret, 0)))
        loss_value = sum(actor_losses) + sum(critic_losses)
    grads = tape.gradient(loss_value, model.trainable_variables)
    optimizer.apply_gradients(zip(grads, model.trainable_variables))
    print("episode", episode_count, "steps", len(rewards_history), "loss", float(loss_value))
    action_probs_history.clear()
    critic_value_history.clear()
    rewards_history.clear()
print("running reward: {:.2f}".format(running_reward))
print("policy", *model(np.eye(places, dtype="float32"))[0].numpy()[:, 1])
