"""Neural style transfer, small: an image is the variable, an optimizer changes it, after TensorFlow's tutorial."""

import numpy as np
import tensorflow as tf

rng = np.random.RandomState(5)
vgg = tf.keras.Sequential(
    [
        tf.keras.Input((16, 16, 3)),
        tf.keras.layers.Conv2D(4, 3, padding="same", activation="relu", name="block1_conv1"),
        tf.keras.layers.AveragePooling2D(2),
        tf.keras.layers.Conv2D(6, 3, padding="same", activation="relu", name="block2_conv1"),
    ]
)
vgg.set_weights([rng.normal(size=w.shape, scale=0.3) for w in vgg.get_weights()])
content_layers, style_layers = ["block2_conv1"], ["block1_conv1", "block2_conv1"]


def gram_matrix(input_tensor):
    result = tf.linalg.einsum("bijc,bijd->bcd", input_tensor, input_tensor)
    input_shape = tf.shape(input_tensor)
    num_locations = tf.cast(input_shape[1] * input_shape[2], tf.float32)
    return result / (num_locations)


class StyleContentModel(tf.keras.models.Model):
    def __init__(self, style_layers, content_layers):
        super().__init__()
        outputs = [vgg.get_layer(name).output for name in style_layers + content_layers]
        self.vgg = tf.keras.Model(vgg.inputs, outputs)
        self.style_layers, self.content_layers = style_layers, content_layers
        self.num_style_layers = len(style_layers)
        self.vgg.trainable = False

    def call(self, inputs):
        outputs = self.vgg(inputs * 2.0 - 1.0)
        style_outputs, content_outputs = outputs[: self.num_style_layers], outputs[self.num_style_layers :]
        style_outputs = [gram_matrix(style_output) for style_output in style_outputs]
        return {
            "content": dict(zip(self.content_layers, content_outputs)),
            "style": dict(zip(self.style_layers, style_outputs)),
        }


content_image = tf.constant(rng.rand(1, 16, 16, 3), dtype=tf.float32)
style_image = tf.constant(rng.rand(1, 16, 16, 3) ** 2, dtype=tf.float32)
extractor = StyleContentModel(style_layers, content_layers)
style_targets = extractor(style_image)["style"]
content_targets = extractor(content_image)["content"]
image = tf.Variable(content_image)
opt = tf.keras.optimizers.Adam(learning_rate=0.02, beta_1=0.99, epsilon=1e-1)


def clip_0_1(image):
    return tf.clip_by_value(image, clip_value_min=0.0, clip_value_max=1.0)


def style_content_loss(outputs):
    style, content = outputs["style"], outputs["content"]
    style_loss = tf.add_n([tf.reduce_mean((style[name] - style_targets[name]) ** 2) for name in style.keys()])
    style_loss *= 1e2 / len(style_layers)
    content_loss = tf.add_n([tf.reduce_mean((content[name] - content_targets[name]) ** 2) for name in content.keys()])
    return style_loss + content_loss * 10.0 / len(content_layers)


def high_pass_x_y(image):
    return image[:, :, 1:, :] - image[:, :, :-1, :], image[:, 1:, :, :] - image[:, :-1, :, :]


def total_variation_loss(image):
    x_deltas, y_deltas = high_pass_x_y(image)
    return tf.reduce_sum(tf.abs(x_deltas)) + tf.reduce_sum(tf.abs(y_deltas))


@tf.function()
def train_step(image):
    with tf.GradientTape() as tape:
        outputs = extractor(image)
        loss = style_content_loss(outputs)
        loss += 1e-3 * total_variation_loss(image)
    grad = tape.gradient(loss, image)
    opt.apply_gradients([(grad, image)])
    image.assign(clip_0_1(image))
    return loss


for n in range(4):
    print("style", n, train_step(image).numpy(), image.numpy().mean())
