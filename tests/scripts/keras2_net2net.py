"""A student that starts from a teacher's weights, given as weights=[...], after the Keras 2 example mnist_net2net."""

import keras
import numpy as np
from keras.layers import Conv2D, Dense, Flatten, MaxPooling2D
from keras.models import Sequential
from keras.optimizers import SGD

x = np.random.RandomState(0).rand(16, 8, 8, 1).astype("float32")
y = keras.utils.to_categorical(np.arange(16) % 3, 3)


def make_teacher_model():
    model = Sequential()
    model.add(Conv2D(4, 3, input_shape=(8, 8, 1), padding="same", name="conv1"))
    model.add(MaxPooling2D(2, name="pool1"))
    model.add(Flatten(name="flatten"))
    model.add(Dense(6, activation="relu", name="fc1"))
    model.add(Dense(3, activation="softmax", name="fc2"))
    model.compile(loss="categorical_crossentropy", optimizer=SGD(lr=0.01, momentum=0.9), metrics=["accuracy"])
    return model


def wider2net_fc(teacher_w1, teacher_b1, teacher_w2, new_width):
    n = new_width - teacher_w1.shape[1]
    index = np.random.RandomState(1).randint(teacher_w1.shape[1], size=n)
    factors = np.bincount(index)[index] + 1.0
    new_w2 = teacher_w2[index, :] / factors[:, np.newaxis]
    student_w2 = np.concatenate((teacher_w2, new_w2), axis=0)
    student_w2[index, :] = new_w2
    return (
        np.concatenate((teacher_w1, teacher_w1[:, index]), axis=1),
        np.concatenate((teacher_b1, teacher_b1[index])),
        student_w2,
    )


teacher = make_teacher_model()
teacher.fit(x, y, epochs=1, verbose=0)
w_fc1, b_fc1 = teacher.get_layer("fc1").get_weights()
w_fc2, b_fc2 = teacher.get_layer("fc2").get_weights()
new_w_fc1, new_b_fc1, new_w_fc2 = wider2net_fc(w_fc1, b_fc1, w_fc2, 9)
student = Sequential()
student.add(Conv2D(4, 3, input_shape=(8, 8, 1), padding="same", name="conv1", weights=teacher.layers[0].get_weights()))
student.add(MaxPooling2D(2, name="pool1"))
student.add(Flatten(name="flatten"))
student.add(Dense(9, activation="relu", name="fc1", weights=[new_w_fc1, new_b_fc1]))
student.add(Dense(3, activation="softmax", name="fc2", weights=[new_w_fc2, b_fc2]))
np.testing.assert_allclose(student.predict(x), teacher.predict(x), rtol=1e-4)
student.compile(loss="categorical_crossentropy", optimizer=SGD(lr=0.001, momentum=0.9), metrics=["accuracy"])
assert "accuracy" in student.fit(x, y, epochs=1, validation_split=0.25, verbose=0).history
