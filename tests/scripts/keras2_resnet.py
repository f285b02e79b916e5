"""Residual blocks, a rate by epoch, checkpoints and augmentation, after the Keras 2 example cifar10_resnet."""

import os

import keras
import numpy as np
from keras.callbacks import LearningRateScheduler, ModelCheckpoint, ReduceLROnPlateau
from keras.layers import Activation, AveragePooling2D, BatchNormalization, Conv2D, Dense, Flatten, Input
from keras.models import Model
from keras.optimizers import Adam
from keras.preprocessing.image import ImageDataGenerator
from keras.regularizers import l2

num_classes, batch_size, epochs = 2, 8, 2
x_train = np.random.RandomState(0).rand(16, 8, 8, 3).astype("float32")
y_train = keras.utils.to_categorical(np.arange(16) % 2, num_classes)


def lr_schedule(epoch):
    lr = 1e-3
    if epoch > 0:
        lr *= 1e-1
    print("Learning rate: ", lr)
    return lr


def resnet_layer(inputs, num_filters=4, kernel_size=3, strides=1, activation="relu", batch_normalization=True):
    conv = Conv2D(
        num_filters,
        kernel_size=kernel_size,
        strides=strides,
        padding="same",
        kernel_initializer="he_normal",
        kernel_regularizer=l2(1e-4),
    )
    x = conv(inputs)
    if batch_normalization:
        x = BatchNormalization()(x)
    if activation is not None:
        x = Activation(activation)(x)
    return x


inputs = Input(shape=x_train.shape[1:])
x = resnet_layer(inputs=inputs)
for stack in range(2):
    strides = 2 if stack else 1
    y = resnet_layer(inputs=x, num_filters=4 * (stack + 1), strides=strides)
    y = resnet_layer(inputs=y, num_filters=4 * (stack + 1), activation=None)
    if stack:
        x = resnet_layer(x, 8, kernel_size=1, strides=strides, activation=None, batch_normalization=False)
    x = keras.layers.add([x, y])
    x = Activation("relu")(x)
x = AveragePooling2D(pool_size=4)(x)
y = Flatten()(x)
outputs = Dense(num_classes, activation="softmax", kernel_initializer="he_normal")(y)
model = Model(inputs=inputs, outputs=outputs)
model.compile(loss="categorical_crossentropy", optimizer=Adam(lr=lr_schedule(0)), metrics=["accuracy"])
save_dir = os.path.join(os.getcwd(), "saved_models")
if not os.path.isdir(save_dir):
    os.makedirs(save_dir)
filepath = os.path.join(save_dir, "resnet_model.{epoch:03d}.{val_acc:.2f}.h5")
checkpoint = ModelCheckpoint(filepath=filepath, monitor="val_acc", verbose=1, save_best_only=True)
lr_reducer = ReduceLROnPlateau(factor=np.sqrt(0.1), cooldown=0, patience=5, min_lr=0.5e-6)
callbacks = [checkpoint, lr_reducer, LearningRateScheduler(lr_schedule)]
datagen = ImageDataGenerator(
    featurewise_center=False, rotation_range=0, width_shift_range=0.1, height_shift_range=0.1, horizontal_flip=True
)
datagen.fit(x_train)
history = model.fit_generator(
    datagen.flow(x_train, y_train, batch_size=batch_size),
    validation_data=(x_train, y_train),
    epochs=epochs,
    verbose=0,
    workers=4,
    callbacks=callbacks,
)
assert np.allclose(history.history["lr"], [1e-3, 1e-4]) and os.listdir(save_dir)
scores = model.evaluate(x_train, y_train, verbose=0)
assert keras.models.load_model(os.path.join(save_dir, sorted(os.listdir(save_dir))[0])).output_shape == (None, 2)
