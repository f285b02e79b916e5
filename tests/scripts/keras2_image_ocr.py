"""Convolutions, two directions of GRU, and a generator class, after the Keras 2 example image_ocr (without CTC)."""

import keras
import numpy as np
from keras.layers import GRU, Activation, Conv2D, Dense, Input, Reshape, TimeDistributed
from keras.layers.merge import add, concatenate
from keras.models import Model
from keras.optimizers import SGD


class TextImageGenerator(keras.callbacks.Callback):
    def __init__(self, minibatch_size, img_w, img_h, n):
        self.minibatch_size, self.img_w, self.img_h, self.n = minibatch_size, img_w, img_h, n
        self.cur_train_index, self.epochs_seen = 0, []

    def get_batch(self, index, size):
        rng = np.random.RandomState(index)
        x = rng.rand(size, self.img_w, self.img_h, 1)
        return {"the_input": x}, {"softmax": keras.utils.to_categorical(rng.randint(0, 5, (size, 4)), 5)}

    def next_train(self):
        while 1:
            ret = self.get_batch(self.cur_train_index, self.minibatch_size)
            self.cur_train_index += self.minibatch_size
            if self.cur_train_index >= self.n:
                self.cur_train_index = self.cur_train_index % 32
            yield ret

    def on_train_begin(self, logs={}):
        self.epochs_seen.append("begin")

    def on_epoch_begin(self, epoch, logs={}):
        self.epochs_seen.append(epoch)


img_gen = TextImageGenerator(minibatch_size=4, img_w=16, img_h=8, n=16)
input_data = Input(name="the_input", shape=(16, 8, 1), dtype="float32")
inner = Conv2D(
    4, (3, 3), strides=(4, 2), padding="same", activation="relu", kernel_initializer="he_normal", name="conv1"
)(input_data)
inner = Reshape(target_shape=(4, 16), name="reshape")(inner)
inner = TimeDistributed(Dense(8, activation="relu", name="dense1"))(inner)
gru_1 = GRU(4, return_sequences=True, kernel_initializer="he_normal", name="gru1")(inner)
gru_1b = GRU(4, return_sequences=True, go_backwards=True, kernel_initializer="he_normal", name="gru1_b")(inner)
gru1_merged = add([gru_1, gru_1b])
gru_2 = GRU(4, return_sequences=True, name="gru2")(gru1_merged)
gru_2b = GRU(4, return_sequences=True, go_backwards=True, name="gru2_b")(gru1_merged)
inner = Dense(5, kernel_initializer="he_normal", name="dense2")(concatenate([gru_2, gru_2b]))
y_pred = Activation("softmax", name="softmax")(inner)
model = Model(inputs=input_data, outputs=y_pred)
sgd = SGD(lr=0.02, decay=1e-6, momentum=0.9, nesterov=True, clipnorm=5)
model.compile(
    loss={"softmax": lambda y_true, y_pred: keras.losses.categorical_crossentropy(y_true, y_pred)}, optimizer=sgd
)
model.fit_generator(
    generator=img_gen.next_train(), steps_per_epoch=4, epochs=2, callbacks=[img_gen], initial_epoch=0, verbose=0
)
assert img_gen.epochs_seen == ["begin", 0, 1]
