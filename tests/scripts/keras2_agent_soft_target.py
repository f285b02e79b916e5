"""A Q-learning agent: an optimizer around another one that also moves a target, clones of configs, masked losses."""

import warnings

import numpy as np
from keras import backend as K
from keras import optimizers
from keras.layers import Activation, Dense, Flatten, Input, Lambda
from keras.models import Model, Sequential, model_from_config
from keras.optimizers import Adam, Optimizer, RMSprop


class WithMore(Optimizer):
    def __init__(self, inner, more):
        super(WithMore, self).__init__()
        self.inner, self.more = inner, more

    def get_updates(self, params, loss):
        self.updates = self.inner.get_updates(params=params, loss=loss) + self.more
        return self.updates

    def get_config(self):
        return self.inner.get_config()


model = Sequential([Flatten(input_shape=(1, 4)), Dense(16), Activation("relu"), Dense(2)])
both = Dense(3)(model.layers[-2].output)
duel = Lambda(lambda a: K.expand_dims(a[:, 0], -1) + a[:, 1:] - K.mean(a[:, 1:], axis=1, keepdims=True),
              output_shape=(2,))  # fmt: skip
model = Model(inputs=model.input, outputs=duel(both))
warnings.simplefilter("ignore")  # a lambda cannot be written to a file, and is not
target = model_from_config({"class_name": model.__class__.__name__, "config": model.get_config()})
target.set_weights(model.get_weights())
tau = 0.1
updates = [(t, tau * w + (1.0 - tau) * t) for t, w in zip(target.trainable_weights, model.trainable_weights)]
adam = optimizers.deserialize({"class_name": "Adam", "config": Adam(lr=0.01).get_config()})


def masked(args):
    y_true, y_pred, mask = args
    error = y_true - y_pred
    huber = K.switch(K.abs(error) < 1.0, 0.5 * K.square(error), K.abs(error) - 0.5)
    return K.sum(huber * mask, axis=-1)


y_true, mask = Input((2,), name="y_true"), Input((2,), name="mask")
lost = Lambda(masked, output_shape=(1,), name="loss")([y_true, model.output, mask])
trainer = Model([model.input, y_true, mask], [lost, model.output])
trainer.compile(WithMore(adam, updates), [lambda t, p: p, lambda t, p: K.zeros_like(p)])
rng = np.random.RandomState(0)
states, goal, chosen = rng.rand(8, 1, 4), rng.rand(8, 2), np.eye(2)[rng.randint(0, 2, 8)]
expected = [w.copy() for w in target.get_weights()]
for _ in range(3):
    before = [w.copy() for w in model.get_weights()]
    trainer.train_on_batch([states, goal, chosen], [np.zeros(8), goal])
    after = model.get_weights()
    expected = [(tau * w + (1 - tau) * t, tau * v + (1 - tau) * t) for t, w, v in zip(expected, after, before)]
    found = target.get_weights()  # of the weights as they were before the step, or as they are
    which = int(np.allclose(found[0], expected[0][1], atol=1e-6))
    expected = [pair[which] for pair in expected]
    assert all(np.allclose(f, e, atol=1e-6) for f, e in zip(found, expected))

# An actor's own function: updates for a loss of placeholders, with a list of constraints in the middle.
action, worth = K.placeholder(shape=(None,), dtype="int32"), K.placeholder(shape=(None,))
said = K.sum(model.output * K.one_hot(action, 2), axis=1)
error = K.abs(worth - said)
clipped = K.clip(error, 0.0, 1.0)
loss = K.mean(0.5 * K.square(clipped) + error - clipped)
updates = RMSprop(lr=0.01, epsilon=0.01).get_updates(model.trainable_weights, [], loss)
train = K.function([model.input, action, worth, K.learning_phase()], [loss], updates=updates)
losses = [train([states, np.arange(8) % 2, np.ones(8), 1])[0] for _ in range(10)]
assert losses[-1] < losses[0]
