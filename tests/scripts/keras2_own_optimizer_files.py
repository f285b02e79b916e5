"""An optimizer with get_updates whose moments are made by K.zeros: saved with the model, and training goes on."""

import numpy as np
from keras import backend as K
from keras.layers import Dense
from keras.legacy import interfaces
from keras.models import Sequential, load_model
from keras.optimizers import Optimizer


class Bounded(Optimizer):
    def __init__(self, lr=0.01, last=0.1, beta_1=0.9, beta_2=0.99, gamma=1e-2, decay=0.0, **kwargs):
        super(Bounded, self).__init__(**kwargs)
        with K.name_scope(self.__class__.__name__):
            self.iterations = K.variable(0, dtype="int64", name="iterations")
            self.lr = K.variable(lr, name="lr")
            self.decay = K.variable(decay, name="decay")
        self.initial_decay, self.start = decay, float(lr)
        self.last, self.beta_1, self.beta_2, self.gamma = last, beta_1, beta_2, gamma

    @interfaces.legacy_get_updates_support
    def get_updates(self, loss, params):
        grads = self.get_gradients(loss, params)
        self.updates = [K.update_add(self.iterations, 1)]
        lr = self.lr
        if self.initial_decay > 0:
            lr = lr * (1.0 / (1.0 + self.decay * K.cast(self.iterations, K.dtype(self.decay))))
        t = K.cast(self.iterations, K.floatx()) + 1
        step = lr * K.sqrt(1.0 - K.pow(self.beta_2, t)) / (1.0 - K.pow(self.beta_1, t))
        last = self.last * lr / self.start
        low, high = last * (1.0 - 1.0 / (self.gamma * t + 1.0)), last * (1.0 + 1.0 / (self.gamma * t))
        ms = [K.zeros(K.int_shape(p), dtype=K.dtype(p)) for p in params]
        vs = [K.zeros(K.int_shape(p), dtype=K.dtype(p)) for p in params]
        self.weights = [self.iterations] + ms + vs
        for p, g, m, v in zip(params, grads, ms, vs):
            m_t = self.beta_1 * m + (1.0 - self.beta_1) * g
            v_t = self.beta_2 * v + (1.0 - self.beta_2) * K.square(g)
            rate = K.minimum(K.maximum(step / (K.sqrt(v_t) + 1e-7), low), high)
            self.updates += [K.update(m, m_t), K.update(v, v_t), K.update(p, p - m_t * rate)]
        return self.updates

    def get_config(self):
        own = {"lr": float(K.get_value(self.lr)), "decay": float(K.get_value(self.decay)), "last": self.last}
        return dict(list(super(Bounded, self).get_config().items()) + list(own.items()))


rng = np.random.RandomState(0)
x = rng.rand(16, 3)
y = x.sum(1, keepdims=True)
model = Sequential([Dense(4, input_dim=3, activation="relu"), Dense(1)])
model.compile(Bounded(decay=1e-3), "mse")
history = model.fit(x, y, epochs=5, verbose=0, shuffle=False)
assert history.history["loss"][-1] < history.history["loss"][0]
assert int(K.get_value(model.optimizer.iterations)) == 5 and len(model.optimizer.get_weights()) >= 9
for name in ("bounded.h5", "bounded.keras"):
    model.save(name)
    again = load_model(name, custom_objects={"Bounded": Bounded})
    twin = load_model(name, custom_objects={"Bounded": Bounded})
    for _ in range(3):
        assert np.isclose(again.train_on_batch(x, y), twin.train_on_batch(x, y))
    if name.endswith("keras"):
        for _ in range(3):
            model.train_on_batch(x, y)
        assert all(np.allclose(a, b, atol=1e-6) for a, b in zip(model.get_weights(), again.get_weights()))
