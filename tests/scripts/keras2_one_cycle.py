# A one-cycle policy as of 2018: the rate and the momentum of an optimizer set by K.set_value before each batch.
import numpy as np
from keras import backend as K
from keras.callbacks import Callback
from keras.layers.core import Dense
from keras.models import Sequential
from keras.optimizers import SGD, Adam


class OneCycle(Callback):
    def __init__(self, rates, momenta):
        super(OneCycle, self).__init__()
        self.rates, self.momenta, self.seen = rates, momenta, []

    def on_batch_begin(self, batch, logs=None):
        K.set_value(self.model.optimizer.lr, self.rates[batch])
        K.set_value(self.model.optimizer.momentum, self.momenta[batch])
        self.seen.append((float(K.get_value(self.model.optimizer.lr)), K.get_value(self.model.optimizer.momentum)))


x, y = np.ones((4, 1)), np.zeros((4, 1))
rates, momenta = [0.1, 0.2, 0.1, 0.05], [0.9, 0.5, 0.7, 0.9]
model = Sequential([Dense(1, use_bias=False, weights=[np.ones((1, 1))], input_shape=(1,))])
model.compile(SGD(lr=0.1, momentum=0.9), "mse")
cycle = OneCycle(rates, momenta)
model.fit(x, y, batch_size=1, verbose=0, callbacks=[cycle])

w, v = 1.0, 0.0
for rate, momentum in zip(rates, momenta):
    v = momentum * v - rate * 2 * w
    w += v
np.testing.assert_allclose(model.get_weights()[0], [[w]], rtol=1e-5)
np.testing.assert_allclose(cycle.seen, list(zip(rates, momenta)), rtol=1e-6)
assert model.optimizer.get_config()["momentum"] == 0.9

adam = Adam(0.1)
model.compile(adam, "mse")
K.set_value(adam.beta_1, 0.5)
assert adam.beta_1 == 0.5 and isinstance(K.get_value(adam.beta_1), np.ndarray)
