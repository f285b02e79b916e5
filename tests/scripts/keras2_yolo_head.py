"""The head and the loss of YOLOv3 in backend functions, after a public Keras 2 program."""

import numpy as np
from keras import backend as K
from keras.layers import (
    Input,
    Conv2D,
    Lambda,
    BatchNormalization,
    LeakyReLU,
    Concatenate,
    UpSampling2D,
    ZeroPadding2D,
    Add,
)
from keras.models import Model
from keras.regularizers import l2
from functools import wraps, reduce


def compose(*funcs):
    return reduce(lambda f, g: lambda *a, **kw: g(f(*a, **kw)), funcs)


@wraps(Conv2D)
def DarknetConv2D(*args, **kwargs):
    kw = {"kernel_regularizer": l2(5e-4)}
    kw["padding"] = "valid" if kwargs.get("strides") == (2, 2) else "same"
    kw.update(kwargs)
    return Conv2D(*args, **kw)


def DarknetConv2D_BN_Leaky(*args, **kwargs):
    n = {"use_bias": False}
    n.update(kwargs)
    return compose(DarknetConv2D(*args, **n), BatchNormalization(), LeakyReLU(alpha=0.1))


def resblock(x, f, n):
    x = ZeroPadding2D(((1, 0), (1, 0)))(x)
    x = DarknetConv2D_BN_Leaky(f, (3, 3), strides=(2, 2))(x)
    for i in range(n):
        y = compose(DarknetConv2D_BN_Leaky(f // 2, (1, 1)), DarknetConv2D_BN_Leaky(f, (3, 3)))(x)
        x = Add()([x, y])
    return x


nc, anchors = 2, np.array([[10, 13], [16, 30], [33, 23]])
inp = Input((None, None, 3))
x = DarknetConv2D_BN_Leaky(4, (3, 3))(inp)
x = resblock(x, 4, 1)
a = resblock(x, 8, 1)
u = UpSampling2D(2)(DarknetConv2D_BN_Leaky(4, (1, 1))(a))
c = Concatenate()([u, x])
y = DarknetConv2D(3 * (nc + 5), (1, 1))(c)
body = Model(inp, y)


def head(feats, anchors, num_classes, input_shape, calc_loss=False):
    n = len(anchors)
    at = K.reshape(K.constant(anchors), [1, 1, 1, n, 2])
    gs = K.shape(feats)[1:3]
    gy = K.tile(K.reshape(K.arange(0, stop=gs[0]), [-1, 1, 1, 1]), [1, gs[1], 1, 1])
    gx = K.tile(K.reshape(K.arange(0, stop=gs[1]), [1, -1, 1, 1]), [gs[0], 1, 1, 1])
    grid = K.cast(K.concatenate([gx, gy]), K.dtype(feats))
    feats = K.reshape(feats, [-1, gs[0], gs[1], n, num_classes + 5])
    xy = (K.sigmoid(feats[..., :2]) + grid) / K.cast(gs[::-1], K.dtype(feats))
    wh = K.exp(feats[..., 2:4]) * at / K.cast(input_shape[::-1], K.dtype(feats))
    conf = K.sigmoid(feats[..., 4:5])
    prob = K.sigmoid(feats[..., 5:])
    if calc_loss:
        return grid, feats, xy, wh
    return xy, wh, conf, prob


def yolo_loss(args):
    out, true = args
    shp = K.cast(K.shape(out)[1:3] * 4, K.dtype(true))
    mask = true[..., 4:5]
    grid, raw, xy, wh = head(out, anchors, nc, shp, True)
    m = K.shape(out)[0]
    mf = K.cast(m, K.dtype(out))
    rxy = true[..., :2] * K.cast(K.shape(out)[1:3][::-1], K.dtype(true)) - grid
    l = (
        K.sum(mask * K.binary_crossentropy(rxy, raw[..., 0:2], from_logits=True)) / mf
        + K.sum(mask * 0.5 * K.square(K.log(true[..., 2:4] + 1.0) - raw[..., 2:4])) / mf
        + K.sum(mask * K.binary_crossentropy(mask, raw[..., 4:5], from_logits=True)) / mf
        + K.sum(mask * K.binary_crossentropy(true[..., 5:], raw[..., 5:], from_logits=True)) / mf
    )
    return K.reshape(l, (1,)) if K.ndim(l) == 0 else l


yt = Input((8, 8, 3, nc + 5))
loss = Lambda(yolo_loss, output_shape=(1,), name="yolo_loss")([body.output, yt])
m = Model([body.input, yt], loss)
m.compile(optimizer="adam", loss={"yolo_loss": lambda y_true, y_pred: y_pred})
h = m.fit(
    [np.random.rand(4, 16, 16, 3), np.random.randint(0, 2, (4, 8, 8, 3, 7)).astype("float32")],
    np.zeros(4),
    batch_size=2,
    epochs=1,
    verbose=0,
)
print(np.isfinite(h.history["loss"]).all())
o = body.predict(np.random.rand(1, 16, 24, 3))
print(o.shape)
