"""Pictures, augmented, after the Keras 1 example cifar10_cnn: every layer in the spelling of its year."""

import numpy as np
from keras.models import Sequential
from keras.layers import Dense, Dropout, Activation, Flatten
from keras.layers import Convolution2D, MaxPooling2D, ZeroPadding2D, AveragePooling2D
from keras.layers.normalization import BatchNormalization
from keras.layers.advanced_activations import LeakyReLU, PReLU, ELU, ThresholdedReLU
from keras.preprocessing.image import ImageDataGenerator
from keras.utils import np_utils
from keras.optimizers import SGD

nb_classes = 3
X = np.random.randint(0, 255, (24, 12, 12, 3)).astype("float32") / 255
Y = np_utils.to_categorical(np.random.randint(0, nb_classes, 24), nb_classes)
m = Sequential()
m.add(ZeroPadding2D((1, 1), input_shape=(12, 12, 3), dim_ordering="tf"))
m.add(Convolution2D(4, 3, 3, border_mode="valid", dim_ordering="tf", subsample=(1, 1), init="glorot_normal", bias=True))
m.add(LeakyReLU(alpha=0.1))
m.add(BatchNormalization(mode=0, axis=-1))
m.add(MaxPooling2D(pool_size=(2, 2), dim_ordering="tf"))
m.add(Convolution2D(nb_filter=4, nb_row=3, nb_col=3, border_mode="same", activation="relu", dim_ordering="tf"))
m.add(PReLU())
m.add(ELU(alpha=1.0))
m.add(ThresholdedReLU(theta=0.1))
m.add(AveragePooling2D(pool_size=(2, 2), strides=(2, 2), border_mode="same", dim_ordering="tf"))
m.add(Flatten())
m.add(Dense(output_dim=8))
m.add(Activation("relu"))
m.add(Dropout(p=0.5))
m.add(Dense(nb_classes))
m.add(Activation("softmax"))
m.compile(
    loss="categorical_crossentropy",
    optimizer=SGD(lr=0.01, decay=1e-6, momentum=0.9, nesterov=True),
    metrics=["accuracy"],
)
gen = ImageDataGenerator(
    featurewise_center=True,
    featurewise_std_normalization=True,
    rotation_range=10,
    width_shift_range=0.1,
    height_shift_range=0.1,
    horizontal_flip=True,
    dim_ordering="tf",
)
gen.fit(X)
h = m.fit_generator(
    gen.flow(X, Y, batch_size=8), samples_per_epoch=24, nb_epoch=2, validation_data=(X, Y), nb_worker=1, verbose=0
)
print(sorted(h.history), len(h.epoch))
score = m.evaluate(X, Y, verbose=0, batch_size=8)
print("Test score:", len(score))
print(m.predict_classes(X[:3], verbose=0).shape, m.predict_proba(X[:3], verbose=0).shape)
json = m.to_json()
m.save_weights("w.h5", overwrite=True)
from keras.models import model_from_json

n = model_from_json(json)
n.load_weights("w.h5")
print(np.allclose(n.predict(X), m.predict(X), atol=1e-6))
