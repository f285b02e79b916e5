"""A convolutional net as Keras 3's first example has it."""

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(0)
x_train = np.random.rand(24, 10, 10)
y_train = np.arange(24) % 3
x_train = np.expand_dims(x_train.astype("float32"), -1)
y_train = keras.utils.to_categorical(y_train, 3)
model = keras.Sequential(
    [
        keras.Input(shape=(10, 10, 1)),
        layers.Conv2D(4, kernel_size=(3, 3), activation="relu"),
        layers.MaxPooling2D(pool_size=(2, 2)),
        layers.Flatten(),
        layers.Dropout(0.5),
        layers.Dense(3, activation="softmax"),
    ]
)
model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
callbacks = [
    keras.callbacks.ModelCheckpoint(filepath="model_at_epoch_{epoch}.keras"),
    keras.callbacks.EarlyStopping(monitor="val_loss", patience=2),
]
model.fit(x_train, y_train, batch_size=8, epochs=2, validation_split=0.15, callbacks=callbacks, verbose=0)
score = model.evaluate(x_train, y_train, verbose=0)
assert len(score) == 2
again = keras.saving.load_model("model_at_epoch_2.keras")
assert np.array_equal(again.predict(x_train, verbose=0), model.predict(x_train, verbose=0))
