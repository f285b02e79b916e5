"""Grad-CAM of the Keras 2 years: K.gradients, a mean over the maps, one K.function for both, NumPy for the heat map."""

import keras.backend as K
import numpy as np
from keras.layers import Conv2D, Dense, Flatten, Input, MaxPooling2D
from keras.models import Model

rng = np.random.RandomState(5)
img = Input((10, 10, 3))
h = Conv2D(4, (3, 3), activation="relu", name="block5_conv3")(img)
h = MaxPooling2D((2, 2))(h)
h = Flatten()(h)
model = Model(img, Dense(5, activation="softmax", name="predictions")(h))
model.set_weights([rng.normal(size=w.shape, scale=0.2) for w in model.get_weights()])
x = rng.rand(1, 10, 10, 3)
preds = model.predict(x, verbose=0)
best = int(np.argmax(preds[0]))

african_elephant_output = model.output[:, best]
last_conv_layer = model.get_layer("block5_conv3")
grads = K.gradients(african_elephant_output, last_conv_layer.output)[0]
pooled_grads = K.mean(grads, axis=(0, 1, 2))
iterate = K.function([model.input], [pooled_grads, last_conv_layer.output[0]])
pooled_grads_value, conv_layer_output_value = iterate([x])
for i in range(4):
    conv_layer_output_value[:, :, i] *= pooled_grads_value[i]
heatmap = np.mean(conv_layer_output_value, axis=-1)
heatmap = np.maximum(heatmap, 0)
heatmap /= np.max(heatmap)
print("class", best, "pooled", *pooled_grads_value)
print("heat map", heatmap.shape, heatmap.sum(), int(heatmap.argmax()))


# the spelling with a check of the target layer, of keras-grad-cam and its copies
def compile_fn(class_index, layer_name):
    y_c = model.layers[-1].output[0, class_index]
    conv_output = model.get_layer(layer_name).output
    grads = K.gradients(y_c, conv_output)[0]
    return K.function([model.layers[0].input, K.learning_phase()], [conv_output, grads])


output, grads_val = compile_fn(1, "block5_conv3")([x, 0])
output, grads_val = output[0, :], grads_val[0, :, :, :]
weights = np.mean(grads_val, axis=(0, 1))
cam = np.dot(output, weights)
print("cam of class 1", cam.sum(), np.maximum(cam, 0).max())
