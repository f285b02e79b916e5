"""Layers, metrics, cells and optimizers as people wrote them for tf.keras, by names of its private parts too."""

from compat.running import run

PARTS = """
import numpy as np
import tensorflow as tf
from tensorflow import keras
from keras.src.engine import keras_tensor
from tensorflow.python.keras.engine.keras_tensor import KerasTensor
assert isinstance(keras.Input((2,)), keras_tensor.KerasTensor) and keras_tensor.KerasTensor is KerasTensor

class Hits(keras.metrics.Metric):
    def __init__(self, name="hits"):
        super().__init__(name=name)
        self.each = self.add_weight("each", shape=[2], initializer="zeros", dtype=self.dtype)
        self.all = self.add_weight("all", shape=None, initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        assert y_pred.dtype.is_floating and y_pred.dtype.base_dtype == "float32" and y_true.dtype.name
        self.each.assign_add(tf.reduce_sum(tf.cast(y_pred > 0, self.each.dtype), axis=0), use_locking=True)
        self.all.assign_add(tf.cast(tf.size(y_pred), self.all.dtype), read_value=False)

    def result(self):
        return tf.reduce_sum(self.each) / self.all

class Decay(keras.layers.AbstractRNNCell):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    state_size = property(lambda self: self.units)
    output_size = property(lambda self: self.units)

    def build(self, input_shape):
        shape = tf.TensorShape(input_shape)
        self.kernel = self.add_weight("kernel", shape[1:] + [self.units])
        self.built = True

    def call(self, inputs, states):
        assert inputs.dtype == self._compute_dtype and inputs.dtype.as_numpy_dtype is np.float32
        state = 0.5 * states[0] + tf.matmul(inputs, self.kernel)
        return state, [state]

class Plain(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.1, name="Plain", **kwargs):
        super().__init__(name, **kwargs)
        self._set_hyper("learning_rate", learning_rate)
        self._track_trackable(self, "itself")

    def _create_slots(self, var_list):
        for var in var_list:
            self.add_slot(var, "m")

    def _resource_apply_dense(self, grad, var, apply_state=None):
        state = (apply_state or {}).get(("", var.dtype)) or self._fallback_apply_state("", var.dtype.base_dtype)
        assert self._fallback_apply_state("", var.dtype).keys() == state.keys()
        m = self.get_slot(var, "m").assign(0.9 * self.get_slot(var, "m") + grad, use_locking=self._use_locking)
        return var.assign_sub(state["lr_t"] * m, use_locking=self._use_locking)

class Decoupled(keras.optimizers.Adam):
    def __init__(self, decay, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._set_hyper("weight_decay_", decay)

    def _resource_apply_dense(self, grad, var, apply_state=None):
        var.assign_sub(self._get_hyper("weight_decay_", var.dtype) * var)
        return super()._resource_apply_dense(grad, var, apply_state=apply_state)

class Slow(keras.optimizers.Optimizer):
    "Another optimizer inside, and weights that follow its own, half the way at each step."

    def __init__(self, inner, name="Slow", **kwargs):
        super().__init__(name, **kwargs)
        self._optimizer = inner
        self._set_hyper("half", 0.5)

    def _create_slots(self, var_list):
        self._optimizer._create_slots(var_list=var_list)
        for var in var_list:
            self.add_slot(var, "slow", initializer=var)
            self.add_slot(var, "steps", initializer=tf.zeros([]))

    def apply_gradients(self, grads_and_vars, name=None, **kwargs):
        self._optimizer._iterations = self.iterations
        return super().apply_gradients(grads_and_vars, name, **kwargs)

    def _resource_apply_dense(self, grad, var):
        assert "apply_state" not in self._optimizer._dense_apply_args
        self._optimizer._resource_apply_dense(grad, var)
        slow = self.get_slot(var, "slow")
        self.get_slot(var, "steps").assign_add(1.0)
        slow.assign(slow + self._get_hyper("half", var.dtype) * (var - slow))
        return var.assign(slow)

rng = np.random.RandomState(0)
x, y = rng.rand(16, 5, 3).astype("float32"), rng.rand(16, 2).astype("float32")

def trained(optimizer):
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.layers.RNN(Decay(4), input_shape=(5, 3)), keras.layers.Dense(2)])
    model.compile(optimizer, "mse", metrics=[Hits()])
    return model.fit(x, y, epochs=3, batch_size=8, shuffle=False, verbose=0).history

own, known = trained(Plain()), trained(keras.optimizers.SGD(0.1, momentum=0.9))
np.testing.assert_allclose(own["loss"], known["loss"], rtol=1e-5)
assert 0 < own["hits"][-1] <= 1

adam = trained(keras.optimizers.Adam(0.01))["loss"]
np.testing.assert_allclose(trained(Decoupled(0.0, 0.01))["loss"], adam, rtol=1e-5)
assert trained(Decoupled(0.1, 0.01))["loss"] != adam
half = trained(Slow(keras.optimizers.SGD(0.1)))["loss"]
np.testing.assert_allclose(half, trained(keras.optimizers.SGD(0.05))["loss"], rtol=1e-5)
var = tf.Variable([1.0, 2.0])
slow = Slow(keras.optimizers.SGD(0.1))
slow.apply_gradients([(tf.constant([1.0, 1.0]), var)])
assert slow.get_slot(var, "steps").shape == () and np.allclose(slow.get_slot(var, "slow"), [0.95, 1.95])

from tensorflow.python.keras.optimizer_v2.optimizer_v2 import OptimizerV2
assert OptimizerV2 is keras.optimizers.Optimizer
with keras.Input((2,)).graph.as_default():
    assert [None] + tf.TensorShape([2, 3]) == (None, 2, 3)

assert [None] + tf.TensorShape([2, 3]) == (None, 2, 3) and tf.TensorShape(4) == (4,)
assert tf.TensorShape([2]).concatenate(3).as_list() == [2, 3] and (tf.TensorShape([2]) + [3]).rank == 2
assert tf.function(lambda image: image.get_shape().ndims)(np.zeros((2, 3))) == 2
assert tf.compat.dimension_value(tf.TensorShape([2, 3])[0]) == 2 and tf.VariableAggregation.MEAN
try:
    tf.load_op_library("x.so")
except NotImplementedError as error:
    print(error)
"""


def test_parts_of_ones_own(tmp_path):
    status, output, errors = run(PARTS, tmp_path)
    assert status == 0 and "compiled for TensorFlow" in output, errors


KEPT = """
import numpy as np
from tensorflow import keras
from tensorflow.keras import backend as K

x = np.ones((2, 3), "float32")
UPDATES = {
    "update": lambda self, new: K.update(self.kept, new),
    "add_update": lambda self, new: self.add_update([K.update(self.kept, new)], x),
    "pair": lambda self, new: self.add_update((self.kept, new)),
}
for stateful in (False, True):
    for name, update in UPDATES.items():

        class Counts(keras.layers.Layer):
            def __init__(self):
                super().__init__()
                self.stateful = stateful

            def build(self, shape):
                self.kept = self.add_weight(name="kept", shape=(2, 3), initializer="zeros", trainable=False)

            def call(self, inputs):
                new = self.kept + inputs
                update(self, new)
                return new * 1.0

        i = keras.Input((3,))
        model = keras.Model(i, Counts()(i))
        seen = [float(model.predict(x, verbose=0)[0, 0]) for _ in range(2)]
        model.compile("sgd", "mse")
        model.fit(x, x, verbose=0)
        print(stateful, seen, float(model.get_weights()[0][0, 0]), model.stateful, model.layers[0].stateful)
"""


def test_stateful_layers_are_updated_in_inference_too(tmp_path):
    """As Keras 2 ran `state_updates` in predict(), and TensorFlow all assignments."""
    status, output, errors = run(KEPT, tmp_path)
    assert status == 0, errors
    assert output.splitlines() == ["False [1.0, 1.0] 1.0 False False"] * 3 + ["True [1.0, 2.0] 3.0 True False"] * 3


LISTING = """
import numpy as np, tensorflow as tf
from tensorflow import keras

class Heads(keras.layers.Wrapper):
    # copies of a layer, which itself is a pattern only
    def build(self, shape):
        self.layer.build(shape)
        config = self.layer.get_config()
        self.heads = [type(self.layer).from_config({**config, "name": f"head_{i}"}) for i in range(2)]
        for head in self.heads:
            head.build(shape)
        super().build(shape)

    def call(self, x):
        return sum(head(x) for head in self.heads) + 0 * self.layer(x)

    @property
    def trainable_weights(self):
        return self._trainable_weights[:] + [w for head in self.heads for w in head.trainable_weights]

    @property
    def non_trainable_weights(self):
        return self._non_trainable_weights[:]

class Half(keras.layers.Dense):
    @property
    def trainable_weights(self):
        return super().trainable_weights[:1]

x = np.random.RandomState(0).rand(8, 3).astype("float32")
model = keras.Sequential([keras.Input((3,)), Heads(keras.layers.Dense(2)), Half(1)])
model.compile("sgd", "mse")
before = [w.numpy() for w in model.layers[-1].weights] + [model.layers[0].layer.kernel.numpy()]
assert len(model.trainable_weights) == len(model.trainable_variables) == 5 and len(model.non_trainable_weights) == 3
model.fit(x, np.ones((8, 1)), verbose=0)
after = [w.numpy() for w in model.layers[-1].weights] + [model.layers[0].layer.kernel.numpy()]
print([bool((a != b).any()) for a, b in zip(before, after)])
model.save("m.h5")
again = keras.models.load_model("m.h5", custom_objects={"Heads": Heads, "Half": Half})
print(len(again.layers[0].weights))
for one, other in zip(model.layers[0].heads, again.layers[0].heads):
    assert all((a == b).all() for a, b in zip(one.get_weights(), other.get_weights()))
"""


def test_layers_that_list_their_trainable_weights_themselves(tmp_path):
    status, output, errors = run(LISTING, tmp_path)
    assert status == 0, errors
    assert output == "[True, False, False]\n6\n"
