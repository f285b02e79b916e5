"""Layers: masks that go in and come out, statistics and states inside TimeDistributed, attention to nothing, dtypes."""

import numpy as np

RNG = np.random.RandomState(5)
X = np.round(RNG.randn(3, 4, 5) * 2, 2).astype("float32")
SHORT = np.array([[1, 2, 0, 0], [3, 1, 2, 4], [0, 0, 0, 0]])  # ids with padding; the last is all padding
IMAGE = RNG.randint(0, 256, (2, 6, 5, 3)).astype("uint8")
# layers that a mask passes, is used by, or is lost in: (layer, how its input (n, 4, 6) is made of two embeddings)
ONE = ("Activation('tanh')", "Dropout(.5)", "Dense(3)", "Flatten()", "Permute((2, 1))", "Reshape((2, 12))",
       "RepeatVector(2)", "LayerNormalization()", "BatchNormalization()", "Conv1D(3, 2)",
       "Conv1D(3, 2, padding='causal')",
       "GlobalAveragePooling1D()", "GlobalMaxPooling1D()", "GlobalAveragePooling1D(keepdims=True)", "MaxPooling1D()",
       "LSTM(3)", "LSTM(3, return_sequences=True)", "GRU(3, return_sequences=True, zero_output_for_mask=True)",
       "SimpleRNN(3, return_sequences=True, go_backwards=True)", "Bidirectional(LSTM(3, return_sequences=True))",
       "Bidirectional(GRU(3), merge_mode='ave')", "TimeDistributed(Dense(2))", "TimeDistributed(BatchNormalization())",
       "Masking(0.)", "Identity()", "Rescaling(2.)", "PReLU()", "Softmax(axis=1)", "UnitNormalization()",
       "GroupNormalization(2)", "ZeroPadding1D(1)", "Cropping1D(1)", "UpSampling1D(2)",
       "SpatialDropout1D(.2)", "GaussianNoise(.1)", "EinsumDense('abc,cd->abd', (None, 3))", "LeakyReLU()", "ReLU()",
       "Lambda(lambda x: x * 2)", "ActivityRegularization(l2=.1)")  # fmt: skip
TWO = ("Concatenate()", "Concatenate(axis=1)", "Concatenate(axis=-2)", "Add()", "Multiply()", "Subtract()", "Average()",
       "Maximum()", "Minimum()", "Dot(axes=2)", "Attention()", "AdditiveAttention()")  # fmt: skip
SWEEP = (
    ("Dense(3, use_bias=False, kernel_regularizer='l2', activation='gelu')", (2, 5)), ("Dense(2)", (2, 3, 4, 5)),
    ("LayerNormalization(rms_scaling=True)", (2, 5)), ("LayerNormalization(axis=(1, 2), center=False)", (2, 3, 4)),
    ("LayerNormalization(rms_scaling=True, scale=False, axis=[2, 1])", (2, 3, 4)),
    ("LayerNormalization(axis=1)", (2, 3, 4)),
    ("RMSNormalization(axis=(1, 2))", (2, 3, 4)), ("UnitNormalization(axis=(1, 2))", (2, 3, 4)),
    ("UnitNormalization(axis=1)", (2, 3, 4)), ("GroupNormalization(groups=-1)", (2, 4, 4, 6)),
    ("GroupNormalization(groups=1, axis=1, scale=False)", (2, 4, 3)),
    ("BatchNormalization(axis=1, center=False)", (3, 4, 2)),
    ("EinsumDense('abc,cd->abd', (None, 4), bias_axes='d')", (2, 3, 5)), ("EinsumDense('ab,bc->ac', 4)", (2, 5)),
    ("EinsumDense('abc,bde->ade', (3, 2), bias_axes='de')", (2, 4, 5)), ("EinsumDense('...x,xy->...y', 4)", (2, 3, 5)),
    ("EinsumDense('abc,acd->abd', (None, 4))", (2, 3, 5)), ("EinsumDense('ab...,bc->ac...', (4,))", (2, 3, 5)),
    ("EinsumDense('ab...,bc->ac...', (4,), bias_axes='c')", (2, 3, 5, 2)),
    ("Softmax(axis=(1, 2))", (2, 3, 4)), ("Softmax(axis=[1])", (2, 3, 4)), ("Softmax()", (4,)),
    ("ReLU(max_value=1., negative_slope=.2, threshold=.3)", (2, 5)), ("ReLU(threshold=1.)", (2, 5)),
    ("ELU(alpha=.3)", (2, 5)),
    ("LeakyReLU(negative_slope=.1)", (2, 5)), ("PReLU(shared_axes=(1,))", (2, 3, 4)),
    ("Activation('softsign')", (2, 5)),
    ("Rescaling(1. / 255, offset=-.5)", (2, 4, 4, 3)), ("Rescaling([1., 2., 3.], offset=[0., 1., 2.])", (2, 4, 3)),
    ("Normalization(mean=1., variance=4.)", (2, 5)), ("Normalization(mean=[1., 2.], variance=[4., 0.])", (3, 2)),
    ("Normalization(axis=None, mean=1., variance=2., invert=True)", (2, 5)),
    ("Normalization(axis=1, mean=[1., 2., 3.], variance=[1., 2., 3.])", (2, 3, 4)),
    ("Resizing(3, 4)", (2, 6, 5, 3)),
    ("Resizing(4, 4, crop_to_aspect_ratio=True)", (2, 6, 5, 3)),
    ("Resizing(3, 4, interpolation='nearest')", (6, 5, 3)), ("CenterCrop(4, 3)", (2, 6, 5, 3)),
    ("CenterCrop(9, 3)", (2, 6, 5, 3)),
    ("CenterCrop(3, 2)", (6, 5, 3)), ("Reshape((-1,))", (2, 3, 4)), ("Reshape((2, -1, 3))", (2, 3, 4)),
    ("Flatten()", (3,)),
    ("Reshape(())", (2, 1)), ("Permute((3, 1, 2))", (2, 3, 4, 5)), ("RepeatVector(2)", (2, 3)),
    ("Flatten(data_format='channels_first')", (2, 3, 2, 2)),
    ("ZeroPadding2D(((1, 0), (2, 1)), data_format='channels_first')", (2, 3, 4, 5)),
    ("ZeroPadding3D(1)", (1, 2, 2, 2, 1)),
    ("Cropping2D(1, data_format='channels_first')", (2, 2, 4, 5)),
    ("UpSampling2D((1, 3), data_format='channels_first')", (1, 3, 2, 2)),
    ("MaxPooling2D(2, strides=1, padding='same')", (1, 5, 4, 2)),
    ("AveragePooling1D(3, strides=2, data_format='channels_first')", (2, 3, 7)),
    ("MaxPooling1D(2, data_format='channels_first')", (2, 3, 7)),
    ("GlobalMaxPooling2D(data_format='channels_first', keepdims=True)", (2, 3, 4, 5)),
    ("AveragePooling3D(2)", (1, 4, 4, 5, 2)),
    ("Conv2D(4, 3, strides=2, padding='same')", (1, 7, 6, 2)), ("Conv1D(4, 3, groups=2, dilation_rate=2)", (2, 9, 4)),
    ("DepthwiseConv2D((3, 2), depth_multiplier=2, dilation_rate=2)", (1, 7, 6, 2)),
    ("DepthwiseConv1D(3, strides=2)", (2, 7, 2)),
    ("SeparableConv2D(4, 3, strides=2, padding='same', use_bias=False)", (1, 7, 6, 2)),
    ("Conv3D(2, 2)", (1, 3, 3, 4, 2)),
    ("SeparableConv1D(4, 3, depth_multiplier=2, padding='same')", (1, 7, 2)),
    ("Conv1DTranspose(3, 4, strides=3)", (1, 5, 2)),
    ("Conv2DTranspose(3, 3, strides=2, padding='same', output_padding=0)", (1, 4, 3, 2)),
    ("Conv2DTranspose(3, 2, data_format='channels_first')", (1, 2, 4, 3)),
    ("Conv3DTranspose(2, 2, strides=2)", (1, 2, 2, 2, 2)),
    ("LSTM(3, unit_forget_bias=False, use_bias=False)", (2, 4, 3)), ("LSTM(3, return_state=True)", (2, 4, 3)),
    ("GRU(3, reset_after=False, go_backwards=True)", (2, 4, 3)),
    ("SimpleRNN(3, activation='relu', return_state=True)", (2, 4, 3)),
    ("RNN([LSTMCell(3), LSTMCell(2)], return_state=True)", (2, 4, 3)),
    ("RNN(LSTMCell(3), go_backwards=True)", (2, 4, 3)),
    ("Bidirectional(LSTM(2, return_state=True), merge_mode='concat')", (2, 4, 3)),
    ("Bidirectional(GRU(2), merge_mode=None)", (2, 4, 3)),
    ("Bidirectional(SimpleRNN(2, return_sequences=True), merge_mode='mul')", (2, 4, 3)),
    ("ConvLSTM1D(2, 2)", (1, 3, 5, 2)),
    ("ConvLSTM2D(2, 2, padding='same', return_sequences=True)", (1, 2, 4, 3, 2)),
    ("TimeDistributed(Conv2D(2, 2))", (1, 2, 4, 4, 1)),
    ("TimeDistributed(LSTM(2))", (2, 3, 4, 2)), ("TimeDistributed(TimeDistributed(Dense(2)))", (2, 3, 4, 2)),
    ("Embedding(9, 3, embeddings_constraint='non_neg')", (2, 4)), ("Embedding(9, 3, mask_zero=True)", (2,)),
    ("CategoryEncoding(9)", (2, 4)), ("Discretization([0., 1.])", (2, 4)),
    ("Dropout(.3, noise_shape=(None, 1))", (2, 4)),
    ("GaussianDropout(.3)", (2, 4)), ("AlphaDropout(.3)", (2, 4)), ("SpatialDropout2D(.3)", (1, 2, 2, 2)),
    ("Masking(1.)", (2, 3, 4)),
    ("Identity()", (2,)), ("ActivityRegularization(.1, .2)", (2, 3)), ("Lambda(lambda x: x + 1)", (2, 3)),
    ("RandomFlip()", (1, 4, 4, 3)), ("RandomRotation(.2)", (1, 4, 4, 3)), ("RandomZoom(.2)", (1, 4, 4, 3)),
    ("RandomTranslation(.1, .2)", (1, 4, 4, 3)), ("RandomContrast(.2)", (1, 4, 4, 3)),
    ("RandomBrightness(.2)", (1, 4, 4, 3)),
    ("RandomCrop(2, 3)", (1, 4, 4, 3)), ("RandomCrop(6, 6)", (1, 4, 4, 3)),
)  # fmt: skip
# what only Keras has, quantization and batch renormalization, and what only some of its layers name
FORGOTTEN = {"quantization_config", "renorm", "renorm_clipping", "renorm_momentum", "trainable", "data_format"}
# of integers Keras makes integers, also where these cut the result, or errors
FLOATS = ("Resizing", "Norm", "Conv", "RandomC", "RandomB", "Softmax", "LU", "Activ", "MaxPooling")
JOINS = ("Add()", "Subtract()", "Multiply()", "Average()", "Maximum()", "Minimum()", "Concatenate(axis=-1)",
         "Dot(axes=-1)")  # fmt: skip
PAIRS = (((2, 3), (2, 3)), ((2, 3), (2, 1)), ((2, 4, 3), (2, 3)), ((2, 4, 3), (2, 1, 3)), ((2, 4, 3), (2, 4, 3)),
         ((2, 3), (2, 4)), ((1, 3), (2, 3)))  # fmt: skip
DTYPES = "float32", "float64", "int32", "uint8"


def weights_for(model):
    """Weights that depend on shapes and order only; a variance is positive."""
    rng = np.random.RandomState(7)
    return [
        w if "int" in str(w.dtype) else np.round(np.abs(rng.randn(*w.shape)) * 0.4 + 0.1, 3)
        for w in model.get_weights()
    ]


def cases(K):
    L, P = K.layers, K.ops
    names = {n: getattr(L, n) for n in dir(L)}

    class Shown(L.Layer):
        """The mask of its input as numbers, -1 for none."""

        def call(self, x, mask=None):
            return x[..., :1] * 0 - 1 if mask is None else P.cast(mask, "float32")

        def compute_output_shape(self, shape):
            return shape[:2]

    class Counts(L.Layer):
        """A state that every call changes."""

        def build(self, shape):
            self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False, name="calls")
            self.factor = self.add_weight(shape=(), initializer="ones", name="factor")

        def call(self, x):
            self.calls.assign(self.calls + 1.0)
            return x * self.calls * self.factor

        def compute_output_shape(self, shape):
            return shape

    def centred():
        i = K.Input((5,))
        h = L.Dense(4)(i)
        return K.Model(i, h - P.mean(h, axis=0, keepdims=True))

    names.update(Counts=Counts, Sequential=K.Sequential, centred=centred, ops=P)

    def made(text):
        return eval(text, dict(names))

    def embedded(text, second):
        """Ids to the layer's result and the mask after it."""
        i = K.Input((4,), dtype="int32")
        h = L.Embedding(5, 6, mask_zero=True)(i)
        layer = made(text)
        h = layer(h) if second is None else layer([h, L.Embedding(5, 6, mask_zero=second)(i)])
        model = K.Model(i, [h, Shown()(h)])
        model.set_weights(weights_for(model))
        return [np.asarray(v) for v in model.predict(SHORT, verbose=0)]

    def trained(inputs, outputs, x, rounds=2):
        """Predictions, losses and weights round steps of training."""
        model = K.Model(inputs, outputs)
        model.set_weights(weights_for(model))
        before = model.predict(x, verbose=0)
        model.compile(K.optimizers.SGD(0.05), "mse")
        target = np.cos(np.arange(before.size)).reshape(before.shape).astype("float32")
        losses = [np.float32(model.train_on_batch(x, target)) for _ in range(rounds)]
        return [before, losses, model.get_weights(), model.predict(x, verbose=0)]

    def by_step(text, masked):
        i = K.Input((4, 5))
        h = L.Masking(9.0)(i) if masked else i
        x = X.copy()
        if masked:
            x[0, 2:] = x[1, :1] = 9.0
        return trained(i, L.TimeDistributed(made(text))(h), x)

    def result(text, shape, dtype):
        """Output, symbolic shape and dtype, weights, names of its config."""
        rng = np.random.RandomState(sum(shape))
        ids = text.startswith(("Embedding", "CategoryEncoding"))
        x = (
            rng.randint(0, 9, shape)
            if ids or dtype in ("uint8", "int32", "int64", "bool")
            else rng.randn(*shape).round(2)
        )
        x = x.astype("int32" if ids else dtype)
        layer = made(text)
        spec_shape = not text.startswith("Einsum")  # which knows more than Keras's
        symbol = K.Input(batch_shape=(None, *shape[1:]) if len(shape) > 1 else shape, dtype=str(x.dtype))
        spec = layer(symbol)
        specs = spec if isinstance(spec, (list, tuple)) else [spec]
        layer.set_weights(weights_for(layer))
        out = layer(x)
        outs = out if isinstance(out, (list, tuple)) else [out]
        shapes = None
        if spec_shape:
            shapes = layer.compute_output_shape((None, *shape[1:]) if len(shape) > 1 else shape)
        return {"spec": [[str(tuple(s.shape)) if spec_shape else "", str(s.dtype) if "float" in dtype else ""]
                         for s in specs],
                "out": [[str(np.asarray(o).shape), str(np.asarray(o).dtype)] for o in outs] if text.startswith("Random")
                else [np.asarray(o) for o in outs],
                "shape": str(shapes).replace("[", "(").replace("]", ")"),
                "weights": [[w.name, str(tuple(w.shape)), str(w.dtype), str(w.trainable)] for w in layer.weights
                            if "seed" not in w.name]}  # fmt: skip

    def joined(text, shapes):
        rng = np.random.RandomState(1)
        return np.asarray(made(text)([rng.randn(*s).astype("float32").round(2) for s in shapes]))

    for text in ONE:
        yield f"mask through {text}", lambda text=text: embedded(text, None)
    for text in TWO:
        for second in (True, False):
            yield f"mask through {text} {second}", lambda text=text, second=second: embedded(text, second)
    for text in (
        "BatchNormalization(momentum=.9)",
        "BatchNormalization(momentum=.9, trainable=False)",
        "Dense(3)",
        "Sequential([Dense(4), BatchNormalization(momentum=.8), Dense(2, activation='tanh')])",
        "Counts()",
        "Sequential([Dense(4), ActivityRegularization(l2=.1)])",
        "Lambda(lambda x: x - ops.mean(x, axis=0))",
        "centred()",
        "Softmax(axis=0)",
        "LayerNormalization()",
    ):
        for masked in (False, True) if "Batch" in text or text == "Dense(3)" else (False,):
            yield f"steps of {text} {masked}", lambda text=text, masked=masked: by_step(text, masked)
    for text, shape in SWEEP:
        for dtype in DTYPES[:2] if any(word in text for word in FLOATS) else DTYPES:
            yield f"{text} {shape} {dtype}", lambda a=text, b=shape, c=dtype: result(a, b, c)
    for text in sorted({text.split("(")[0] + "(" + text.split("(", 1)[1] for text, _ in SWEEP} | set(TWO)):
        yield f"{text} config", lambda text=text: sorted(set(made(text).get_config()) - FORGOTTEN)
    for text in JOINS:
        for shapes in PAIRS:
            yield f"{text} {shapes}", lambda text=text, shapes=shapes: joined(text, shapes)
