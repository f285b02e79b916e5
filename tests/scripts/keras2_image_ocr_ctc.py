"""The end of the Keras 2 example image_ocr: CTC in a Lambda layer, a loss that hands it on, decoding."""

import itertools

import numpy as np
from keras import backend as K
from keras.layers import GRU, Activation, Dense, Input, Lambda, Reshape
from keras.layers.convolutional import Conv2D, MaxPooling2D
from keras.layers.merge import add, concatenate
from keras.models import Model
from keras.optimizers import SGD

ALPHABET, LONGEST, WIDTH, HEIGHT = "abc", 3, 24, 8


def labels_to_text(labels):
    return "".join(ALPHABET[c] for c in labels if 0 <= c < len(ALPHABET))


def ctc_lambda_func(args):
    y_pred, labels, input_length, label_length = args
    # the 2 is critical here since the first couple outputs of the RNN tend to be garbage:
    y_pred = y_pred[:, 2:, :]
    return K.ctc_batch_cost(labels, y_pred, input_length, label_length)


input_data = Input(name="the_input", shape=(WIDTH, HEIGHT, 1), dtype="float32")
inner = Conv2D(4, (3, 3), padding="same", activation="relu", kernel_initializer="he_normal")(input_data)
inner = MaxPooling2D(pool_size=(2, 2), name="max1")(inner)
inner = Reshape(target_shape=(WIDTH // 2, HEIGHT // 2 * 4), name="reshape")(inner)
inner = Dense(8, activation="relu", name="dense1")(inner)
gru_1 = GRU(8, return_sequences=True, kernel_initializer="he_normal", name="gru1")(inner)
gru_1b = GRU(8, return_sequences=True, go_backwards=True, kernel_initializer="he_normal", name="gru1_b")(inner)
inner = Dense(len(ALPHABET) + 1, name="dense2")(concatenate([add([gru_1, gru_1b]), inner]))
y_pred = Activation("softmax", name="softmax")(inner)
labels = Input(name="the_labels", shape=[LONGEST], dtype="float32")
input_length = Input(name="input_length", shape=[1], dtype="int64")
label_length = Input(name="label_length", shape=[1], dtype="int64")
loss_out = Lambda(ctc_lambda_func, output_shape=(1,), name="ctc")([y_pred, labels, input_length, label_length])
assert K.int_shape(loss_out) == (None, 1)

model = Model(inputs=[input_data, labels, input_length, label_length], outputs=loss_out)
sgd = SGD(lr=0.02, decay=1e-6, momentum=0.9, nesterov=True, clipnorm=5)
model.compile(loss={"ctc": lambda y_true, y_pred: y_pred}, optimizer=sgd)
test_func = K.function([input_data], [y_pred])


def batch(seed, size=8):
    rng = np.random.RandomState(seed)
    text = -np.ones((size, LONGEST))
    lengths = rng.randint(1, LONGEST + 1, (size, 1))
    x = np.zeros((size, WIDTH, HEIGHT, 1))
    for i, n in enumerate(lengths[:, 0]):
        for j in range(n):
            text[i, j] = rng.randint(len(ALPHABET))
            x[i, 8 * j + 2 : 8 * j + 6, 2 * int(text[i, j]) : 2 * int(text[i, j]) + 2] = 1
    inputs = {
        "the_input": x,
        "the_labels": text,
        "input_length": np.full((size, 1), WIDTH // 2 - 2),
        "label_length": lengths,
    }
    return inputs, {"ctc": np.zeros(size)}


def generator():
    for seed in itertools.count():
        yield batch(seed % 4)


history = model.fit_generator(generator(), steps_per_epoch=8, epochs=12, verbose=0)
losses = history.history["loss"]
assert losses[-1] < losses[0] / 2, losses

out = test_func([batch(0)[0]["the_input"]])[0][:, 2:]
by_hand = []
for row in out:
    best = [k for k, _ in itertools.groupby(np.argmax(row, 1))]
    by_hand.append(labels_to_text(best))
decoded, scores = K.ctc_decode(out, np.full(len(out), out.shape[1]))
assert [labels_to_text(row) for row in K.get_value(decoded[0])] == by_hand and K.int_shape(scores) == (8, 1)
best, log_probabilities = K.ctc_decode(out, np.full(len(out), out.shape[1]), greedy=False, beam_width=10, top_paths=2)
assert len(best) == 2 and (K.get_value(log_probabilities)[:, 0] >= K.get_value(log_probabilities)[:, 1]).all()
# A model that reads by itself, as those who deploy it write it:
length = Lambda(lambda y: K.ctc_decode(y, K.ones_like(y[:, 0, 0]) * out.shape[1])[0][0])(y_pred[:, 2:])
reader = Model(input_data, length)
assert [labels_to_text(row) for row in reader.predict(batch(0)[0]["the_input"])] == by_hand
