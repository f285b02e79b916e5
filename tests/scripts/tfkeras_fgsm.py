"""An adversarial picture by the sign of the gradient, and training on such pictures, after TensorFlow's tutorial."""

import numpy as np
import tensorflow as tf

rng = np.random.RandomState(67)
pretrained_model = tf.keras.Sequential(
    [
        tf.keras.layers.Input((6, 6, 3)),
        tf.keras.layers.Conv2D(4, 3, activation="relu"),
        tf.keras.layers.GlobalMaxPooling2D(),
        tf.keras.layers.Dense(4, activation="softmax"),
    ]
)
pretrained_model.set_weights([rng.normal(size=w.shape, scale=0.4) for w in pretrained_model.get_weights()])
loss_object = tf.keras.losses.CategoricalCrossentropy()
image = tf.cast(rng.rand(1, 6, 6, 3), tf.float32)
image_probs = pretrained_model.predict(image, verbose=0)
label = tf.one_hot(np.argmax(image_probs), image_probs.shape[-1])
label = tf.reshape(label, (1, image_probs.shape[-1]))


def create_adversarial_pattern(input_image, input_label):
    with tf.GradientTape() as tape:
        tape.watch(input_image)
        prediction = pretrained_model(input_image)
        loss = loss_object(input_label, prediction)
    gradient = tape.gradient(loss, input_image)
    return tf.sign(gradient)


perturbations = create_adversarial_pattern(image, label)
print("signs", *np.unique(perturbations, return_counts=True)[1])
for eps in (0, 0.01, 0.1, 0.15):
    adv_x = tf.clip_by_value(image + eps * perturbations, 0, 1)
    probs = pretrained_model(adv_x)
    print("Epsilon = {:0.3f}".format(eps), "class", int(tf.argmax(probs[0])), "confidence", float(tf.reduce_max(probs)))

# adversarial training: a gradient along the input inside of the step that takes one along the weights
images = tf.constant(rng.rand(8, 6, 6, 3), tf.float32)
labels = tf.one_hot(rng.randint(0, 4, 8), 4)
optimizer = tf.keras.optimizers.SGD(0.1)
for step in range(3):
    with tf.GradientTape() as tape:
        clean = loss_object(labels, pretrained_model(images, training=True))
        with tape.stop_recording():
            pattern = create_adversarial_pattern(images, labels)
        hard = loss_object(labels, pretrained_model(images + 0.05 * pattern, training=True))
        total = 0.5 * (clean + hard)
    grads = tape.gradient(total, pretrained_model.trainable_variables)
    optimizer.apply_gradients(zip(grads, pretrained_model.trainable_variables))
    print("step", step, "clean", clean.numpy(), "hard", hard.numpy())
