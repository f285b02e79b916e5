"""Neural style transfer with SciPy's L-BFGS: an Evaluator asks one K.function for loss and gradients, after Chollet."""

import numpy as np
from keras import backend as K
from keras.layers import AveragePooling2D, Conv2D, Input
from keras.models import Model
from scipy.optimize import fmin_l_bfgs_b

rng = np.random.RandomState(2)
img_nrows = img_ncols = 8
base_image = K.variable(rng.rand(1, img_nrows, img_ncols, 3))
style_reference_image = K.variable(rng.rand(1, img_nrows, img_ncols, 3) ** 2)
combination_image = K.placeholder((1, img_nrows, img_ncols, 3))
input_tensor = K.concatenate([base_image, style_reference_image, combination_image], axis=0)
a = Conv2D(4, 3, padding="same", activation="relu", name="block1_conv1")
b = Conv2D(4, 3, padding="same", activation="relu", name="block2_conv1")
inputs = Input(tensor=input_tensor)
first = a(inputs)
model = Model(inputs, b(AveragePooling2D(2)(first)))
model.set_weights([rng.normal(size=w.shape, scale=0.3) for w in model.get_weights()])
outputs_dict = dict([(layer.name, layer.output) for layer in model.layers])


def gram_matrix(x):
    assert K.ndim(x) == 3
    features = K.batch_flatten(K.permute_dimensions(x, (2, 0, 1)))
    return K.dot(features, K.transpose(features))


def style_loss(style, combination):
    size = img_nrows * img_ncols
    return K.sum(K.square(gram_matrix(style) - gram_matrix(combination))) / (4.0 * (3**2) * (size**2))


def content_loss(base, combination):
    return K.sum(K.square(combination - base))


def total_variation_loss(x):
    a = K.square(x[:, : img_nrows - 1, : img_ncols - 1, :] - x[:, 1:, : img_ncols - 1, :])
    b = K.square(x[:, : img_nrows - 1, : img_ncols - 1, :] - x[:, : img_nrows - 1, 1:, :])
    return K.sum(K.pow(a + b, 1.25))


loss = K.variable(0.0)
layer_features = outputs_dict["block2_conv1"]
loss = loss + 0.025 * content_loss(layer_features[0, :, :, :], layer_features[2, :, :, :])
for layer_name in ["block1_conv1", "block2_conv1"]:
    layer_features = outputs_dict[layer_name]
    sl = style_loss(layer_features[1, :, :, :], layer_features[2, :, :, :])
    loss = loss + (1.0 / 2) * sl
loss = loss + 0.1 * total_variation_loss(combination_image)
grads = K.gradients(loss, combination_image)
outputs = [loss]
if isinstance(grads, (list, tuple)):
    outputs += grads
else:
    outputs.append(grads)
f_outputs = K.function([combination_image], outputs)


def eval_loss_and_grads(x):
    outs = f_outputs([x.reshape((1, img_nrows, img_ncols, 3))])
    loss_value = outs[0]
    return loss_value, outs[1].flatten().astype("float64")


class Evaluator(object):
    def __init__(self):
        self.loss_value = None
        self.grads_values = None

    def loss(self, x):
        assert self.loss_value is None
        self.loss_value, self.grad_values = eval_loss_and_grads(x)
        return self.loss_value

    def grads(self, x):
        assert self.loss_value is not None
        grad_values = np.copy(self.grad_values)
        self.loss_value = None
        self.grad_values = None
        return grad_values


evaluator = Evaluator()
x = K.get_value(base_image)
print("start", *(np.asarray(v).sum() for v in f_outputs([x])))
for i in range(2):
    x, min_val, info = fmin_l_bfgs_b(evaluator.loss, x.flatten(), fprime=evaluator.grads, maxfun=4)
    print("Current loss value: %.3f" % min_val)
