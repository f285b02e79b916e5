"""A callback that stops at an accuracy, images from folders with augmentation, after a course of 2019."""

import os

import numpy as np
import tensorflow as tf
from tensorflow.keras.optimizers import RMSprop
from tensorflow.keras.preprocessing import image
from tensorflow.keras.preprocessing.image import ImageDataGenerator


class myCallback(tf.keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs={}):
        if logs.get("acc") > 0.0 or logs.get("accuracy") >= 0.0:
            print("\nReached the accuracy so cancelling training!")
            self.model.stop_training = True


rng = np.random.RandomState(0)
for kind in ("horses", "humans"):
    os.makedirs(f"data/{kind}")
    for i in range(6):
        image.save_img(f"data/{kind}/{i}.png", rng.rand(10, 10, 3) * 255)
train_datagen = ImageDataGenerator(rescale=1.0 / 255, horizontal_flip=True, zoom_range=0.1, validation_split=0.5)
train_generator = train_datagen.flow_from_directory("data", target_size=(10, 10), batch_size=4, class_mode="binary")
model = tf.keras.models.Sequential(
    [
        tf.keras.layers.Conv2D(4, (3, 3), activation="relu", input_shape=(10, 10, 3)),
        tf.keras.layers.MaxPooling2D(2, 2),
        tf.keras.layers.Flatten(),
        tf.keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(loss="binary_crossentropy", optimizer=RMSprop(lr=0.001), metrics=["acc"])
history = model.fit(train_generator, steps_per_epoch=3, epochs=5, verbose=0, callbacks=[myCallback()])
assert len(history.epoch) == 1 and train_generator.class_indices == {"horses": 0, "humans": 1}
img = image.load_img("data/horses/0.png", target_size=(10, 10))
x = np.expand_dims(image.img_to_array(img), axis=0)
classes = model.predict(np.vstack([x]), batch_size=10)
assert classes.shape == (1, 1)
successive_outputs = [layer.output for layer in model.layers[1:]]
visualization_model = tf.keras.models.Model(inputs=model.inputs, outputs=successive_outputs)
feature_maps = visualization_model.predict(x / 255)
assert [f.ndim for f in feature_maps] == [4, 2, 2]
