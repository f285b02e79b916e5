"""In which order the backend's cross-entropies take predictions and targets, in scripts of Keras 1 and of Keras 2."""

import pytest
from compat.running import run

SCRIPT = """
import numpy as np
from keras import backend as K
from keras.layers import Dense
from keras.models import Sequential

x, y = np.random.RandomState(0).rand(8, 4), np.eye(3)[np.arange(8) % 3]
model = Sequential([Dense(3, activation="softmax", input_shape=(4,)MORE)])
for loss in (lambda t, p: K.categorical_crossentropy(p, t), lambda t, p: K.categorical_crossentropy(t, p)):
    model.compile("sgd", loss)
    first = model.evaluate(x, y, verbose=0)
    p = np.clip(model.predict(x), 1e-7, 1 - 1e-7)
    print(np.allclose(first, -np.mean(np.sum(y * np.log(p), axis=1)), rtol=1e-4))
a, b = K.constant([[0.2, 0.8]]), K.constant([[0.5, 0.5]])
print(np.round(K.eval(K.categorical_crossentropy(a, b)), 4)[0])
"""


@pytest.mark.parametrize(("more", "first"), [(', init="uniform"', "True"), ("", "False")])
def test_scripts_of_keras_1_give_predictions_first(more, first, tmp_path):
    status, printed, errors = run(SCRIPT.replace("MORE", more), tmp_path)
    assert (status, printed.split()) == (0, [first, "True", "0.6931"]), errors
