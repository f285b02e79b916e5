"""Spellings of Keras 2 beside each other: multi-output metrics, modes, sizes at nodes, arrays of weights."""

import keras
import numpy as np
from keras import backend as K
from keras import layers
from keras.utils import np_utils

i = keras.Input((3,))
shared = layers.Dense(4, name="shared")
two = keras.Model(i, [layers.Dense(1, name="a")(shared(i)), layers.Dense(1, name="b")(shared(i))])
x, y = np.ones((4, 3)), np.ones((4, 1))
two.compile("sgd", "mse", metrics=["mae"], sample_weight_mode=None)
logs = two.fit(x, [y, y], verbose=0, validation_data=(x, [y, y])).history
assert {"a_mae", "b_mae", "val_a_mean_absolute_error"} & set(logs) and logs["a_mean_absolute_error"] == logs["a_mae"]
assert shared.get_input_shape_at(0) == (None, 3) and shared.get_output_shape_at(1) == (None, 4)
assert shared.get_input_at(0) is i and i.shape.as_list() == [None, 3] and K.int_shape(i) == (None, 3)
discarded = layers.Dense(2)
discarded(i)
assert discarded.output.shape == (None, 2) and discarded.input is i
assert np_utils.to_categorical([0, 2]).shape == (2, 3) and np_utils.normalize(np.ones((1, 4)))[0, 0] == 0.5
model = keras.Sequential()
model.add(layers.Dense(2, input_dim=3, weights=[np.ones((3, 2)), np.zeros(2)]))
assert np.array_equal(model.predict(x), np.full((4, 2), 3.0))
model.compile(loss="mse", optimizer=keras.optimizers.SGD(lr=0.5, decay=1e-6, momentum=0.9, nesterov=True))
assert K.get_value(model.optimizer.lr) == 0.5
K.set_value(model.optimizer.lr, 0.25)
assert float(K.get_value(model.optimizer.lr)) == 0.25
t = keras.Sequential(
    [layers.LSTM(3, return_sequences=True, input_shape=(5, 2)), layers.TimeDistributed(layers.Dense(1))]
)
t.compile("rmsprop", "mse", sample_weight_mode="temporal")
weights = np.zeros((4, 5))
weights[:, -1] = 1
t.fit(np.ones((4, 5, 2)), np.ones((4, 5, 1)), sample_weight=weights, verbose=0)
model._make_predict_function()
assert model.predict_on_batch(x).shape == (4, 2) and model.train_function([x, np.ones((4, 2))])[0] > 0
keras.utils.plot_model(model, to_file="model.png", show_shapes=True)
with open("model.png", "rb") as file:
    assert file.read(4) == b"\x89PNG"
json_string = model.to_json()
again = keras.models.model_from_json(json_string)
again.set_weights(model.get_weights())
assert np.array_equal(again.predict(x), model.predict(x))
K.clear_session()
