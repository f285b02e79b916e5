"""Where the maxima were, with a Lambda of K.gradients left out, after the Keras 2 example mnist_swwae."""

import numpy as np
from keras import backend as K
from keras.layers import Conv2D, Input, Lambda, LeakyReLU, MaxPooling2D, UpSampling2D, add
from keras.layers.normalization import BatchNormalization
from keras.models import Model


def convresblock(x, nfeats=4, ksize=3, nskipped=2, elu=True):
    y0 = Conv2D(nfeats, ksize, padding="same")(x)
    y = y0
    for i in range(nskipped):
        y = BatchNormalization(axis=-1)(y)
        y = LeakyReLU(alpha=0.1)(y)
        y = Conv2D(nfeats, 1, padding="same")(y)
    return add([y0, y])


def getwhere(x):
    y_prepool, y_postpool = x
    up = K.repeat_elements(K.repeat_elements(y_postpool, 2, axis=1), 2, axis=2)
    return K.cast(K.equal(y_prepool, up), K.floatx())


img_input = Input(shape=(8, 8, 1))
y_prepool = convresblock(img_input)
y = MaxPooling2D(pool_size=(2, 2))(y_prepool)
where = Lambda(getwhere, output_shape=lambda x: x[0])([y_prepool, y])
y = UpSampling2D(size=(2, 2))(y)
y = Lambda(lambda pair: pair[0] * pair[1])([y, where])
y = Conv2D(1, 3, padding="same")(y)
model = Model(img_input, y)
model.compile("adam", "mse")
x = np.random.RandomState(0).rand(6, 8, 8, 1).astype("float32")
model.fit(x, x, validation_data=(x, x), batch_size=3, epochs=1, verbose=0)
mask = Model(img_input, where).predict(x)
assert set(np.unique(mask)) <= {0.0, 1.0} and mask.reshape(6, -1).sum(1).min() >= 16 * 4
