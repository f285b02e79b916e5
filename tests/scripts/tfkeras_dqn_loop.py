"""Deep Q-learning on a corridor: masks, a target network, a replay of plain lists, after Keras's Atari example."""

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

rng = np.random.RandomState(73)
states_n, num_actions, gamma, batch_size = 6, 2, 0.9, 8


def create_q_model():
    return keras.Sequential(
        [keras.Input((states_n,)), layers.Dense(8, activation="relu"), layers.Dense(num_actions, activation="linear")]
    )


model, model_target = create_q_model(), create_q_model()
model.set_weights([rng.normal(size=w.shape, scale=0.4) for w in model.get_weights()])
model_target.set_weights(model.get_weights())
optimizer = keras.optimizers.Adam(learning_rate=0.01, clipnorm=1.0)
loss_function = keras.losses.Huber()
replay, place, frame, updates = [], 2, 0, 0
while updates < 6:
    frame += 1
    state = np.eye(states_n, dtype="float32")[place]
    if rng.rand() < 0.5:
        action = int(rng.randint(num_actions))
    else:
        state_tensor = keras.ops.expand_dims(keras.ops.convert_to_tensor(state), 0)
        action_probs = model(state_tensor, training=False)
        action = int(keras.ops.argmax(action_probs[0]))
    place = min(max(place + (1 if action else -1), 0), states_n - 1)
    done = place in (0, states_n - 1)
    replay.append((state, action, float(place == states_n - 1), np.eye(states_n, dtype="float32")[place], done))
    if done:
        place = 2
    if frame % 4 == 0 and len(replay) > batch_size:
        indices = rng.choice(len(replay), size=batch_size)
        sample, actions, rewards, after, dones = (np.array([replay[i][k] for i in indices]) for k in range(5))
        future_rewards = model_target.predict(after, verbose=0)
        updated_q_values = rewards + gamma * tf.reduce_max(future_rewards, axis=1)
        updated_q_values = updated_q_values * (1 - dones) + rewards * dones
        masks = tf.one_hot(actions, num_actions)
        with tf.GradientTape() as tape:
            q_values = model(sample)
            q_action = tf.reduce_sum(tf.multiply(q_values, masks), axis=1)
            loss = loss_function(updated_q_values, q_action)
        grads = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(grads, model.trainable_variables))
        updates += 1
        print("update", updates, "loss", float(loss), "q", float(q_values[0, 0]))
        if updates % 3 == 0:
            model_target.set_weights(model.get_weights())
print("frames", frame, "values", *model(np.eye(states_n, dtype="float32")).numpy().max(axis=1))
