"""Optimizers written by users: one of plain classes, as TensorFlow's core guides have them, one of Keras 3's hooks."""

import numpy as np
import tensorflow as tf
from tensorflow import keras

rng = np.random.RandomState(29)
x = rng.rand(16, 3).astype("float32")
y = (x @ np.array([[1.0], [-2.0], [0.5]]) + 0.3).astype("float32")


class Adam:
    """Adam with lists of variables of its own."""

    def __init__(self, learning_rate=1e-3, beta_1=0.9, beta_2=0.999, ep=1e-7):
        self.beta_1, self.beta_2, self.learning_rate, self.ep = beta_1, beta_2, learning_rate, ep
        self.t = 1.0
        self.v_dvar, self.s_dvar = [], []
        self.built = False

    def apply_gradients(self, grads, variables):
        if not self.built:
            for var in variables:
                self.v_dvar.append(tf.Variable(tf.zeros(shape=var.shape)))
                self.s_dvar.append(tf.Variable(tf.zeros(shape=var.shape)))
            self.built = True
        for i, (d_var, var) in enumerate(zip(grads, variables)):
            self.v_dvar[i].assign(self.beta_1 * self.v_dvar[i] + (1 - self.beta_1) * d_var)
            self.s_dvar[i].assign(self.beta_2 * self.s_dvar[i] + (1 - self.beta_2) * tf.square(d_var))
            v_dvar_bc = self.v_dvar[i] / (1 - self.beta_1**self.t)
            s_dvar_bc = self.s_dvar[i] / (1 - self.beta_2**self.t)
            var.assign_sub(self.learning_rate * (v_dvar_bc / (tf.sqrt(s_dvar_bc) + self.ep)))
        self.t += 1.0


class SignSGD(keras.optimizers.Optimizer):
    """Momentum, and the sign of it, through Keras 3's build and update_step."""

    def __init__(self, learning_rate=0.01, momentum=0.9, name="sign_sgd", **kwargs):
        super().__init__(learning_rate=learning_rate, name=name, **kwargs)
        self.momentum = momentum

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.momentums = [self.add_variable_from_reference(v, name="momentum") for v in variables]

    def update_step(self, gradient, variable, learning_rate):
        m = self.momentums[self._get_variable_index(variable)]
        self.assign(m, keras.ops.add(keras.ops.multiply(m, self.momentum), gradient))
        self.assign_sub(variable, keras.ops.multiply(keras.ops.sign(m), keras.ops.cast(learning_rate, variable.dtype)))


def train(step_with):
    w, b = tf.Variable(tf.zeros((3, 1))), tf.Variable(0.0)
    for step in range(6):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(x @ w + b - y))
        grads = tape.gradient(loss, [w, b])
        step_with(grads, [w, b])
    return loss, w, b


ours, theirs = Adam(0.05), keras.optimizers.Adam(0.05)
loss, w, b = train(ours.apply_gradients)
print("own Adam", loss.numpy(), *w.numpy().ravel(), b.numpy())
loss2, w2, b2 = train(lambda g, v: theirs.apply_gradients(zip(g, v)))
np.testing.assert_allclose(w2, w, rtol=1e-4)
print("slots", *ours.v_dvar[0].numpy().ravel())
signs = SignSGD(0.05)
loss, w, b = train(lambda g, v: signs.apply(g, v))
print("SignSGD", loss.numpy(), *w.numpy().ravel(), b.numpy(), int(signs.iterations))
