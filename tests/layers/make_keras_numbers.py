"""How keras_numbers.npz was made: Keras 3.15.1 on PyTorch 2.13.0, CPU, float32.

    KERAS_BACKEND=torch python make_keras_numbers.py keras_numbers.npz

For every case: the inputs, weights set from a seed, and what the layer returns, in inference and (where the layer
has such a flag and draws nothing) in training, with the weights afterwards.  Average pooling with padding="same" is
left out: Keras's PyTorch backend counts padded zeros there, its other backends do not.
"""

import sys

import numpy as np

# (layer as Python, shapes of its inputs)
CASES = [
    ("Dense(4,activation='relu')", [(3, 5)]), ("Dense(4,use_bias=False)", [(3, 2, 5)]),
    ("Conv2D(4,3,padding='same',activation='relu')", [(2, 7, 6, 3)]),
    ("Conv2D(4,(2,3),strides=(2,1))", [(2, 7, 6, 3)]), ("Conv2D(4,3,dilation_rate=2)", [(2, 7, 8, 3)]),
    ("Conv2D(6,3,groups=3,padding='same',strides=2)", [(2, 7, 6, 3)]),
    ("Conv2D(4,3,data_format='channels_first')", [(2, 3, 7, 6)]),
    ("Conv1D(4,3,padding='causal',dilation_rate=2)", [(2, 9, 3)]),
    ("Conv1D(4,3,strides=2,padding='same')", [(2, 9, 3)]),
    ("DepthwiseConv2D(3,depth_multiplier=2,padding='same',strides=2)", [(2, 7, 6, 3)]),
    ("DepthwiseConv1D(3,depth_multiplier=2)", [(2, 7, 3)]),
    ("SeparableConv2D(5,3,depth_multiplier=2)", [(2, 7, 6, 3)]), ("SeparableConv1D(5,3,padding='same')", [(2, 7, 3)]),
    ("Conv2DTranspose(4,3,strides=2,padding='same')", [(2, 4, 5, 3)]),
    ("Conv2DTranspose(4,3,strides=2)", [(2, 4, 5, 3)]), ("Conv2DTranspose(2,2,dilation_rate=2)", [(2, 4, 5, 3)]),
    ("Conv2DTranspose(4,(2,3),strides=(3,2),padding='same',output_padding=1)", [(2, 4, 5, 3)]),
    ("Conv1DTranspose(4,3,strides=2,padding='same')", [(2, 4, 3)]), ("MaxPooling2D()", [(2, 7, 6, 3)]),
    ("MaxPooling2D(3,strides=2,padding='same')", [(2, 7, 6, 3)]), ("AveragePooling2D(2)", [(2, 7, 6, 3)]),
    ("MaxPooling1D(3,2,'same')", [(2, 7, 3)]), ("AveragePooling1D(2)", [(2, 7, 3)]),
    ("MaxPooling2D(data_format='channels_first')", [(2, 3, 7, 6)]), ("GlobalAveragePooling2D()", [(2, 7, 6, 3)]),
    ("GlobalMaxPooling2D(keepdims=True)", [(2, 7, 6, 3)]), ("GlobalMaxPooling1D()", [(2, 7, 3)]),
    ("GlobalAveragePooling1D(data_format='channels_first')", [(2, 7, 3)]),
    ("ZeroPadding2D(((1,2),(0,3)))", [(2, 3, 4, 2)]), ("ZeroPadding1D((1,2))", [(2, 3, 4)]),
    ("Cropping2D(((1,0),(1,1)))", [(2, 3, 4, 2)]), ("Cropping1D((1,0))", [(2, 3, 4)]),
    ("UpSampling2D((2,3))", [(2, 3, 4, 2)]), ("UpSampling2D(2,interpolation='bilinear')", [(2, 3, 4, 2)]),
    ("UpSampling1D(2)", [(2, 3, 4)]), ("BatchNormalization()", [(4, 5)]),
    ("BatchNormalization(axis=1)", [(4, 5, 3, 2)]),
    ("BatchNormalization(scale=False,epsilon=1e-2,momentum=0.9)", [(4, 5, 3, 2)]), ("LayerNormalization()", [(4, 5)]),
    ("LayerNormalization(axis=[1,2])", [(4, 5, 3)]), ("GroupNormalization(2)", [(2, 3, 3, 4)]),
    ("GroupNormalization(3,axis=1)", [(2, 3, 3, 4)]), ("UnitNormalization()", [(2, 3, 4)]),
    ("RMSNormalization()", [(2, 3, 4)]), ("SimpleRNN(4)", [(2, 3, 5)]), ("LSTM(4)", [(2, 3, 5)]),
    ("GRU(4)", [(2, 3, 5)]), ("LSTM(4,return_sequences=True,return_state=True,go_backwards=True)", [(2, 3, 5)]),
    ("GRU(4,reset_after=False,return_sequences=True)", [(2, 3, 5)]),
    ("LSTM(4,activation='relu',recurrent_activation='hard_sigmoid',use_bias=False)", [(2, 3, 5)]),
    ("Bidirectional(LSTM(4,return_sequences=True))", [(2, 3, 5)]),
    ("Bidirectional(GRU(4,return_state=True),merge_mode='sum')", [(2, 3, 5)]),
    ("TimeDistributed(Dense(4))", [(2, 3, 5)]), ("TimeDistributed(Conv2D(2,3))", [(2, 3, 5, 5, 2)]),
    ("RNN([LSTMCell(3),LSTMCell(4)],return_sequences=True)", [(2, 3, 5)]),
    ("Concatenate(axis=1)", [(2, 3, 4), (2, 1, 4)]), ("Add()", [(2, 3), (2, 3), (2, 3)]),
    ("Add()", [(2, 3), (2, 4, 3)]), ("Subtract()", [(2, 3), (2, 3)]), ("Multiply()", [(2, 3), (2, 1)]),
    ("Average()", [(2, 3), (2, 3)]), ("Maximum()", [(2, 3), (2, 3)]), ("Minimum()", [(2, 3), (2, 3)]),
    ("Dot(axes=1)", [(2, 3), (2, 3)]), ("Dot(axes=(2,1))", [(2, 3, 4), (2, 4, 5)]),
    ("Dot(axes=1,normalize=True)", [(2, 3), (2, 3)]), ("Dot(axes=(1,2))", [(2, 3, 4), (2, 5, 3)]),
    ("Dot(axes=-1)", [(2, 3, 4), (2, 4)]), ("ReLU(max_value=.5,negative_slope=.1,threshold=.2)", [(2, 3)]),
    ("LeakyReLU()", [(2, 3)]), ("ELU(.5)", [(2, 3)]), ("PReLU(shared_axes=[1])", [(2, 3, 4)]), ("Softmax()", [(2, 3)]),
    ("Softmax(axis=1)", [(2, 3, 4)]), ("Rescaling(2.0,offset=1)", [(2, 3)]), ("Rescaling([1.,2.,3.])", [(2, 3)]),
    ("Normalization(mean=2.0,variance=4.0)", [(2, 3)]), ("Flatten()", [(2, 3, 4)]),
    ("Flatten(data_format='channels_first')", [(2, 3, 4, 5)]), ("Reshape((-1,2))", [(2, 3, 4)]),
    ("Permute((2,1))", [(2, 3, 4)]), ("RepeatVector(3)", [(2, 3)]), ("Masking()", [(2, 3, 4)]),
    ("ActivityRegularization(l1=.1,l2=.2)", [(2, 3)]), ("Embedding(7,3)", [(2, 3)]),
    ("MultiHeadAttention(2,3)", [(2, 4, 5), (2, 4, 5)]),
    ("MultiHeadAttention(2,3,value_dim=4,use_bias=False)", [(2, 4, 5), (2, 3, 5)]),
    ("Conv3D(4,3,padding='same',activation='relu')", [(2, 5, 6, 4, 3)]),
    ("Conv3D(4,(1,2,3),strides=(2,1,2))", [(2, 5, 6, 4, 3)]), ("Conv3D(6,2,groups=3)", [(2, 4, 5, 3, 6)]),
    ("Conv3D(2,2,dilation_rate=(2,1,2))", [(2, 5, 4, 5, 2)]),
    ("Conv3D(4,3,strides=2,padding='same',data_format='channels_first')", [(2, 3, 6, 5, 4)]),
    ("Conv3DTranspose(4,3,strides=2,padding='same')", [(2, 3, 2, 4, 3)]),
    ("Conv3DTranspose(3,(2,3,1),strides=(3,2,1))", [(2, 2, 3, 2, 2)]),
    ("Conv3DTranspose(2,2,dilation_rate=2)", [(2, 3, 2, 2, 2)]),
    ("MaxPooling3D()", [(2, 5, 4, 6, 3)]), ("MaxPooling3D(3,strides=2,padding='same')", [(2, 5, 4, 6, 3)]),
    ("AveragePooling3D(2,strides=1)", [(2, 5, 4, 3, 3)]), ("GlobalAveragePooling3D()", [(2, 3, 4, 3, 2)]),
    ("GlobalMaxPooling3D(keepdims=True)", [(2, 3, 4, 3, 2)]), ("ZeroPadding3D((1,2,0))", [(2, 2, 3, 2, 2)]),
    ("Cropping3D(((1,0),(0,1),(1,1)))", [(2, 3, 3, 4, 2)]), ("UpSampling3D((1,2,3))", [(2, 2, 3, 2, 2)]),
    ("SpatialDropout3D(0.0)", [(2, 2, 3, 2, 2)]),
    ("Attention()", [(2, 4, 5), (2, 3, 5)]), ("Attention(use_scale=True)", [(2, 4, 5), (2, 3, 6), (2, 3, 5)]),
    ("Attention(score_mode='concat',use_scale=True)", [(2, 4, 5), (2, 3, 5)]),
    ("AdditiveAttention()", [(2, 4, 5), (2, 3, 5)]), ("AdditiveAttention(use_scale=False)", [(2, 4, 5), (2, 3, 5)]),
    ("EinsumDense('abc,cd->abd',output_shape=(None,4),bias_axes='d')", [(2, 3, 5)]),
    ("EinsumDense('...x,xyz->...yz',output_shape=(2,4),bias_axes='yz',activation='tanh')", [(2, 3, 5)]),
    ("EinsumDense('ab,bc->ac',4)", [(2, 5)]),
    ("EinsumDense('abc,cde->abde',output_shape=(None,4,3),bias_axes='d')", [(2, 3, 5)]),
    ("Resizing(4,6)", [(2, 8, 9, 3)]), ("Resizing(9,7)", [(2, 5, 4, 3)]),
    ("Resizing(4,6,interpolation='nearest')", [(2, 8, 9, 3)]),
    ("Resizing(3,3,crop_to_aspect_ratio=True)", [(2, 8, 5, 2)]), ("CenterCrop(3,4)", [(2, 8, 9, 3)]),
    ("CenterCrop(4,4)", [(2, 3, 6, 3)]), ("ConvLSTM2D(3,3)", [(2, 3, 6, 5, 2)]),
    ("ConvLSTM2D(2,(2,3),padding='same',return_sequences=True,return_state=True)", [(2, 3, 4, 5, 2)]),
    ("ConvLSTM2D(2,2,strides=2,go_backwards=True,data_format='channels_first')", [(2, 3, 2, 5, 4)]),
    ("ConvLSTM1D(3,3,padding='same',use_bias=False,activation='relu')", [(2, 3, 6, 2)]),
    ("ConvLSTM3D(2,2)", [(2, 2, 3, 3, 4, 2)]),
]  # fmt: skip


def call(layer, text, inputs, **kwargs):
    """The outputs as a list."""
    if text.startswith("MultiHead"):
        out = layer(*inputs, **kwargs)
    else:
        out = layer(list(inputs) if len(inputs) > 1 else inputs[0], **kwargs)
    return list(out) if isinstance(out, (list, tuple)) else [out]


def main(path):
    import keras

    names = {n: getattr(keras.layers, n) for n in dir(keras.layers)}
    arrays = {}
    for k, (text, shapes) in enumerate(CASES):
        rng = np.random.RandomState(k)
        xs = [rng.randint(0, 7, s) if text.startswith("Embedding") else rng.randn(*s).astype("float32") for s in shapes]
        layer = eval(text, dict(names))
        call(layer, text, xs)
        weights = [
            np.abs(rng.randn(*w.shape)) * 0.5 + 0.1 if "variance" in w.name else rng.randn(*w.shape) * 0.5
            for w in layer.weights
        ]
        weights = list(map(np.asarray, weights))
        layer.set_weights(weights)
        parts = {"x": xs, "w": weights, "y": call(layer, text, xs)}
        if "training" in layer.call_signature_parameters:
            parts["t"] = call(layer, text, xs, training=True)
        parts["a"] = layer.get_weights()
        for letter, values in parts.items():
            for i, value in enumerate(values):
                value = np.asarray(keras.ops.convert_to_numpy(value))
                arrays[f"{k}{letter}{i}"] = value.astype("float32" if value.dtype.kind == "f" else "int32")
        arrays[f"{k}p"] = np.array([w.path.split("/", 1)[1] for w in layer.weights])
    np.savez_compressed(path, **arrays)


if __name__ == "__main__":
    main(sys.argv[1])
