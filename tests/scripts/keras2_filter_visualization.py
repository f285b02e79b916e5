"""What a filter looks for: gradient ascent by K.gradients and K.function, after conv_filter_visualization."""

import numpy as np
from keras import backend as K
from keras.layers import Conv2D, Input, MaxPooling2D
from keras.models import Model

rng = np.random.RandomState(0)
input_img = Input(shape=(10, 10, 3))
x = Conv2D(4, (3, 3), activation="relu", padding="same", name="block1_conv1")(input_img)
x = MaxPooling2D((2, 2))(x)
x = Conv2D(4, (3, 3), activation="relu", padding="same", name="block2_conv1")(x)
model = Model(input_img, x)
model.set_weights([rng.normal(size=w.shape, scale=0.3) for w in model.get_weights()])
layer_dict = dict([(layer.name, layer) for layer in model.layers[1:]])


def normalize(x):
    # utility function to normalize a tensor by its L2 norm
    return x / (K.sqrt(K.mean(K.square(x))) + K.epsilon())


def deprocess_image(x):
    x -= x.mean()
    x /= x.std() + K.epsilon()
    x *= 0.1
    x += 0.5
    x = np.clip(x, 0, 1)
    return x


kept_filters = []
for filter_index in range(4):
    layer_output = layer_dict["block2_conv1"].output
    loss = K.mean(layer_output[:, :, :, filter_index])
    grads = K.gradients(loss, input_img)[0]
    grads = normalize(grads)
    iterate = K.function([input_img], [loss, grads])
    step = 1.0
    input_img_data = rng.random_sample((1, 10, 10, 3)) * 0.4 + 0.3
    for i in range(4):
        loss_value, grads_value = iterate([input_img_data])
        input_img_data += grads_value * step
        if loss_value <= 0.0:
            break
    if loss_value > 0:
        img = deprocess_image(input_img_data[0])
        kept_filters.append((img, loss_value))
    print("Filter %d: loss %.4f" % (filter_index, loss_value), "image", input_img_data.std())
kept_filters.sort(key=lambda x: x[1], reverse=True)
print("kept", len(kept_filters), "best", kept_filters[0][1], kept_filters[0][0].mean())
