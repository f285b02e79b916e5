# Optimizers as Keras 1 had them: `get_updates(params, constraints, loss)`, attributes by `locals()`, one round another.
import keras.backend as K
import numpy as np
from keras.constraints import nonneg
from keras.layers import Dense
from keras.models import Sequential
from keras.optimizers import SGD, Optimizer


class Momentum(Optimizer):
    def __init__(self, lr=0.1, momentum=0.5, **kwargs):
        super(Momentum, self).__init__(**kwargs)
        self.__dict__.update(locals())
        self.iterations = K.variable(0.0)
        self.lr = K.variable(lr)
        self.momentum = K.variable(momentum)

    def get_updates(self, params, constraints, loss):
        grads = self.get_gradients(loss, params)
        self.updates = [(self.iterations, self.iterations + 1.0)]
        self.weights = [K.variable(np.zeros(K.get_value(p).shape)) for p in params]
        for p, g, m in zip(params, grads, self.weights):
            v = self.momentum * m - self.lr * g
            self.updates.append((m, v))
            new = p + v
            if p in constraints:
                new = constraints[p](new)
            self.updates.append((p, new))
        return self.updates


class WithUpdates(Optimizer):
    def __init__(self, optimizer, more):
        super(WithUpdates, self).__init__()
        self.optimizer, self.more = optimizer, more

    def get_updates(self, params, constraints, loss):
        return self.optimizer.get_updates(params, constraints, loss) + self.more


x = np.random.RandomState(0).rand(30, 2)
y = x.dot([[1.0], [-1.0]])


def trained(optimizer, constraint=None):
    model = Sequential()
    model.add(Dense(1, input_dim=2, W_constraint=constraint, bias=False))
    model.set_weights([np.full((2, 1), 0.5)])
    model.compile(optimizer=optimizer, loss="mse")
    model.fit(x, y, nb_epoch=2, batch_size=10, shuffle=False, verbose=0)
    return model.get_weights()[0]


def by_numpy(momentum, smallest):
    w, v = np.full((2, 1), 0.5), np.zeros((2, 1))
    for k in range(6):
        a, b = x[10 * (k % 3) :][:10], y[10 * (k % 3) :][:10]
        v = momentum * v - 0.1 * 2 * a.T.dot(a.dot(w) - b) / 10
        w = np.maximum(w + v, smallest)
    return w


count = K.variable(0.0)
np.testing.assert_allclose(trained(Momentum()), by_numpy(0.5, -np.inf), rtol=1e-5)
np.testing.assert_allclose(trained(Momentum(), nonneg()), by_numpy(0.5, 0.0), rtol=1e-5)
np.testing.assert_allclose(trained(WithUpdates(SGD(lr=0.1), [(count, count + 1.0)])), by_numpy(0, -np.inf), rtol=1e-5)
assert K.get_value(count) == 6
