# Arguments of Keras 1 in functions, penalties, constraints and layers, and the modes of its BatchNormalization.
import numpy as np
from keras import backend as K
from keras.callbacks import EarlyStopping
from keras.constraints import MinMaxNorm, maxnorm
from keras.layers import Input, Merge, SeparableConvolution2D, UpSampling3D, merge
from keras.layers.core import Dense, SpatialDropout3D
from keras.layers.normalization import BatchNormalization
from keras.models import Model, Sequential
from keras.preprocessing.image import array_to_img, img_to_array, load_img, random_channel_shift
from keras.regularizers import l1, l2
from keras.utils.np_utils import to_categorical

assert to_categorical(y=[0, 2], nb_classes=3).tolist() == [[1, 0, 0], [0, 0, 1]]
array_to_img(np.arange(48.0).reshape(3, 4, 4), dim_ordering="th", scale=False).save("a.png")
assert img_to_array(load_img("a.png", grayscale=True, target_size=(2, 2)), dim_ordering="th").shape == (1, 2, 2)
assert load_img("a.png", True).mode == "L" and load_img("a.png", False).mode == "RGB"
assert random_channel_shift(np.ones((4, 4, 3)), intensity=0.1, channel_index=2).shape == (4, 4, 3)
assert float(l2(l=0.5)(K.variable(np.ones(2)))) == 1 and float(l1(l=0.5)(K.variable(np.ones(4)))) == 2
assert maxnorm(m=3).get_config()["max_value"] == 3 and MinMaxNorm(low=0.5, high=2).get_config()["min_value"] == 0.5
assert SeparableConvolution2D(2, 3, 3, border_mode="same", b_regularizer="l2").kernel_size == (3, 3)
assert SpatialDropout3D(p=0.5, dim_ordering="tf").rate == 0.5
assert UpSampling3D(size=(2, 2, 2), dim_ordering="th").data_format == "channels_first"
a = Input((3,))
assert merge([a, a], mode="concat", output_mask=None, node_indices=None).shape == (None, 6)

x = np.random.RandomState(0).normal(3, 2, (8, 4)).astype("float32")
for mode, axis in ((2, 0), (1, 1)):
    model = Sequential([BatchNormalization(mode=mode, epsilon=1e-3, input_shape=(4,))])
    size = np.sqrt(x.var(0) + 1e-3) if mode == 2 else x.std(1, keepdims=True) + 1e-3
    expected = (x - x.mean(axis, keepdims=True)) / size
    np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-4, atol=1e-5)

left, right = Sequential([Dense(3, input_dim=4)]), Sequential([Dense(3, input_dim=4)])
model = Sequential([Merge([left, right], mode="concat"), Dense(2, activation="softmax", W_regularizer=l2(l=1e-4))])
model.compile("sgd", "categorical_crossentropy", metrics=["accuracy", "fbeta_score", "fmeasure"])
y = to_categorical(np.arange(8) % 2, nb_classes=2)
stop = EarlyStopping(monitor="val_fmeasure", patience=3)
logs = model.fit([x, x], y, nb_epoch=2, validation_data=([x, x], y), callbacks=[stop], verbose=0).history
assert {"acc", "fbeta_score", "val_fmeasure"} <= {name for name in [*logs, "acc"] if name in logs}
np.testing.assert_allclose(logs["fbeta_score"], logs["fmeasure"], rtol=1e-6)
EarlyStopping(monitor="val_my_number", patience=3).set_model(Model(a, a))


def batches():
    while True:
        yield x, y


counted = Sequential([Dense(2, input_shape=(4,))])
counted.compile("sgd", "mse")
steps = [len(x) / 5.0, np.ceil(len(x) / 5)]  # as Python 3 divides
counted.fit_generator(batches(), steps[0], 2.0, verbose=0, validation_data=batches(), validation_steps=steps[1])
assert counted.predict_generator(batches(), steps[0]).shape == (16, 2)
assert counted.evaluate_generator(batches(), steps=steps[0]) > 0
