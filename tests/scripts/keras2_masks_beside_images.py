"""Segmentation: images and masks out of two folders changed alike, written to a folder; rows out of an HDF5 file."""

import os

import h5py
import numpy as np
from keras import backend as K
from keras.callbacks import ModelCheckpoint
from keras.layers import Conv2D, Dense, Dropout, Input, MaxPooling2D, UpSampling2D, concatenate
from keras.models import Model, Sequential
from keras.preprocessing import image
from keras.preprocessing.image import ImageDataGenerator, random_shift
from keras.utils.io_utils import HDF5Matrix

rng = np.random.RandomState(0)
for name in ("train/image", "train/label", "seen"):
    os.makedirs(name)
for k in range(4):
    image.array_to_img(rng.rand(20, 20, 1)).save("train/image/%d.png" % k)
    image.array_to_img((rng.rand(20, 20, 1) > 0.5) * 255.0, scale=False).save("train/label/%d.png" % k)


def pairs(batch_size, changes, seed=1):
    flows = [ImageDataGenerator(**changes).flow_from_directory(
        "train", classes=[kind], class_mode=None, color_mode="grayscale", target_size=(16, 16), batch_size=batch_size,
        save_to_dir="seen", save_prefix=kind, seed=seed) for kind in ("image", "label")]  # fmt: skip
    for img, mask in zip(*flows):
        yield img / 255, (mask > 127).astype("float32")


def dice(y_true, y_pred, smooth=1.0):
    a, b = K.flatten(y_true), K.flatten(y_pred)
    return (2.0 * K.sum(a * b) + smooth) / (K.sum(a) + K.sum(b) + smooth)


i = Input((16, 16, 1))
down = Conv2D(4, 3, activation="relu", padding="same", kernel_initializer="he_normal")(i)
deep = Dropout(0.5)(Conv2D(8, 3, activation="relu", padding="same")(MaxPooling2D(pool_size=(2, 2))(down)))
up = concatenate([down, Conv2D(4, 2, activation="relu", padding="same")(UpSampling2D(size=(2, 2))(deep))], axis=3)
model = Model(input=i, output=Conv2D(1, 1, activation="sigmoid")(up))
model.compile("adam", loss=lambda t, p: 1 - dice(t, p), metrics=[dice])
saved = ModelCheckpoint("unet.hdf5", monitor="loss", save_best_only=True, save_weights_only=True)
changes = dict(rotation_range=0.2, width_shift_range=0.05, zoom_range=0.05, horizontal_flip=True, fill_mode="nearest")
model.fit_generator(pairs(2, changes), steps_per_epoch=3, epochs=2, callbacks=[saved], verbose=0)
assert {name.split("_")[0] for name in os.listdir("seen")} == {"image", "label"}
model.load_weights("unet.hdf5")
assert model.predict_generator((rng.rand(1, 16, 16, 1) for _ in range(3)), 3, verbose=0).shape == (3, 16, 16, 1)


class Halves(image.Iterator):
    def __init__(self, x, batch_size):
        self.x = x
        super(Halves, self).__init__(len(x), batch_size, False, None)

    def _get_batches_of_transformed_samples(self, index_array):
        return self.x[index_array] / 2

    def next(self):
        with self.lock:
            index_array = next(self.index_generator)
        return self._get_batches_of_transformed_samples(index_array)


halves = Halves(np.arange(5.0), 2)
assert [next(halves).tolist() for _ in range(4)] == [[0, 0.5], [1, 1.5], [2], [0, 0.5]] and len(halves) == 3
np.random.seed(3)
moved = random_shift(rng.rand(8, 8, 3), 0.2, 0.2, row_axis=0, col_axis=1, channel_axis=2)
assert moved.shape == (8, 8, 3) and sorted(map(os.path.basename, image.list_pictures("train")))[0] == "0.png"

with h5py.File("rows.h5", "w") as file:
    file.create_dataset("x", data=rng.rand(40, 6))
    file.create_dataset("y", data=rng.randint(0, 2, (40, 1)))
x, y = (HDF5Matrix("rows.h5", name, 0, 30) for name in "xy")
rest = [HDF5Matrix("rows.h5", name, start=30, end=40) for name in "xy"]
net = Sequential([Dense(4, activation="relu", input_shape=(6,)), Dense(1, activation="sigmoid")])
net.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
net.fit(x, y, batch_size=8, shuffle="batch", validation_data=tuple(rest), verbose=0)
assert net.predict(rest[0]).shape == (10, 1) and x.shape == (30, 6)
