"""A training function of one's own: optimizer.get_updates and K.function, as policy gradients were once written."""

import numpy as np
from keras import backend as K
from keras.layers import Dense, Input
from keras.models import Model
from keras.optimizers import Adam

rng = np.random.RandomState(4)
state_size, action_size = 4, 2


class Agent(object):
    def __init__(self):
        X = Input(shape=(state_size,))
        net = Dense(8, activation="relu")(X)
        net = Dense(action_size, activation="softmax")(net)
        self.model = Model(inputs=X, outputs=net)
        self.model.set_weights([rng.normal(size=w.shape, scale=0.4) for w in self.model.get_weights()])
        self.__build_train_fn()

    def __build_train_fn(self):
        action_prob_placeholder = self.model.output
        action_onehot_placeholder = K.placeholder(shape=(None, action_size), name="action_onehot")
        discount_reward_placeholder = K.placeholder(shape=(None,), name="discount_reward")
        action_prob = K.sum(action_prob_placeholder * action_onehot_placeholder, axis=1)
        log_action_prob = K.log(action_prob)
        loss = -log_action_prob * discount_reward_placeholder
        loss = K.mean(loss)
        adam = Adam(learning_rate=0.02)
        updates = adam.get_updates(params=self.model.trainable_weights, loss=loss)
        self.train_fn = K.function(
            inputs=[self.model.input, action_onehot_placeholder, discount_reward_placeholder],
            outputs=[loss],
            updates=updates,
        )

    def get_action(self, state):
        action_prob = np.squeeze(self.model.predict(state[None], verbose=0))
        return rng.choice(np.arange(action_size), p=action_prob / action_prob.sum())

    def fit(self, S, A, R):
        onehot = np.eye(action_size)[A]
        discounted = np.zeros_like(R)
        running_add = 0
        for t in reversed(range(len(R))):
            running_add = running_add * 0.9 + R[t]
            discounted[t] = running_add
        discounted = (discounted - discounted.mean()) / discounted.std()
        return self.train_fn([S, onehot, discounted])


agent = Agent()
for episode in range(3):
    S, A, R = [], [], []
    for _ in range(8):
        s = rng.normal(size=state_size)
        a = agent.get_action(s)
        S.append(s)
        A.append(a)
        R.append(1.0 if a == int(s[0] > 0) else -1.0)
    loss = agent.fit(np.array(S), np.array(A), np.array(R, dtype="float64"))
    print("episode", episode, "loss", loss[0], "reward", sum(R))
print("policy", *agent.model.predict(np.eye(4), verbose=0)[:, 0])
