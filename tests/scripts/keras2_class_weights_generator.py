"""Sequence data sets, class weights and workers, as competition kernels of 2018 had them."""

import keras
import numpy as np
from keras.layers import Dense
from keras.models import Sequential


class DataGenerator(keras.utils.Sequence):
    "Generates data for Keras"

    def __init__(self, list_IDs, labels, batch_size=4, dim=(5,), n_classes=2, shuffle=True):
        self.dim, self.batch_size, self.labels, self.list_IDs = dim, batch_size, labels, list_IDs
        self.n_classes, self.shuffle = n_classes, shuffle
        self.on_epoch_end()

    def __len__(self):
        return int(np.floor(len(self.list_IDs) / self.batch_size))

    def __getitem__(self, index):
        indexes = self.indexes[index * self.batch_size : (index + 1) * self.batch_size]
        return self.__data_generation([self.list_IDs[k] for k in indexes])

    def on_epoch_end(self):
        self.indexes = np.arange(len(self.list_IDs))
        if self.shuffle == True:  # noqa: E712
            np.random.shuffle(self.indexes)

    def __data_generation(self, list_IDs_temp):
        X = np.stack([np.full(self.dim, i) for i in list_IDs_temp])
        y = np.array([self.labels[i] for i in list_IDs_temp])
        return X, keras.utils.to_categorical(y, num_classes=self.n_classes)


labels = {i: i % 2 for i in range(16)}
training, validation = DataGenerator(range(16), labels), DataGenerator(range(8), labels, shuffle=False)
model = Sequential([Dense(4, activation="relu", input_shape=(5,)), Dense(2, activation="softmax")])
model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
history = model.fit_generator(
    generator=training,
    validation_data=validation,
    epochs=2,
    class_weight={0: 1.0, 1: 3.0},
    use_multiprocessing=False,
    workers=2,
    max_queue_size=4,
    verbose=0,
)
assert len(history.history["val_acc"]) == 2
assert model.predict_generator(validation).shape == (8, 2)
assert len(model.evaluate_generator(validation, steps=2)) == 2
model.fit(training, epochs=1, workers=2, use_multiprocessing=False, verbose=0)
