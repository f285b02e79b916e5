"""Calls on inputs with unknown sizes: what Keras and fastnn infer is compared, and what they are when the model runs.

A case is (expression, shape without the batch, ...): `x` is the first input, `y` the second; a dict at the end sets
options of the Inputs.  `L` stands for layers, `ops` for operations.
"""

import numpy as np

ID = {"dtype": "int32"}
N = None

CASES = [
    ("L.Dense(4)(x)", (N, 3)), ("L.Dense(4)(x)", (N, N, 3)), ("L.EinsumDense('abc,cd->abd', (None, 4))(x)", (N, 3)),
    ("L.Embedding(10, 4)(x)", (N,), ID), ("L.Embedding(10, 4, mask_zero=True)(x)", (N, N), ID),
    ("L.Activation('relu')(x)", (N, 3)), ("L.Softmax()(x)", (N, 3)), ("L.Softmax(axis=1)(x)", (N, 3)),
    ("L.ReLU()(x)", (N, N)), ("L.LeakyReLU()(x)", (N, 3)), ("L.ELU()(x)", (N,)),
    ("L.PReLU(shared_axes=[1])(x)", (N, 3)), ("L.PReLU(shared_axes=[1, 2])(x)", (N, N, 3)),
    ("L.Dropout(0.5)(x)", (N, 3)), ("L.SpatialDropout1D(0.5)(x)", (N, 3)), ("L.SpatialDropout2D(0.5)(x)", (N, N, 3)),
    ("L.SpatialDropout3D(0.5)(x)", (N, N, N, 3)),
    ("L.GaussianNoise(0.1)(x)", (N, 3)), ("L.GaussianDropout(0.1)(x)", (N, 3)), ("L.AlphaDropout(0.1)(x)", (N, 3)),
    ("L.ActivityRegularization(0.1)(x)", (N, 3)), ("L.Identity()(x)", (N, N)),
    ("L.Lambda(lambda t: t * 2)(x)", (N, 3)), ("L.Lambda(lambda t: t[:, ::2])(x)", (N, 3)),
    ("L.Masking()(x)", (N, 3)),
    # shapes
    ("L.Flatten()(x)", (N, 3)), ("L.Flatten()(x)", (N, N)), ("L.Flatten()(x)", (N,)), ("L.Flatten()(x)", (4, 3)),
    ("L.Reshape((-1,))(x)", (N, 3)), ("L.Reshape((-1, 6))(x)", (N, 3)), ("L.Reshape((-1, 2, 3))(x)", (N, 6)),
    ("L.Reshape((2, -1))(x)", (N, 4)), ("L.Reshape((4, 3))(x)", (N, 6)), ("L.Reshape((-1, 3))(x)", (N, N, 3)),
    ("L.Permute((2, 1))(x)", (N, 3)), ("L.Permute((3, 1, 2))(x)", (N, N, 3)), ("L.RepeatVector(3)(x)", (N,)),
    ("L.ZeroPadding1D(2)(x)", (N, 3)), ("L.ZeroPadding2D((1, 2))(x)", (N, N, 3)), ("L.ZeroPadding2D(1)(x)", (N, 5, 3)),
    ("L.ZeroPadding3D(1)(x)", (N, N, N, 3)), ("L.Cropping1D(1)(x)", (N, 3)), ("L.Cropping2D((1, 2))(x)", (N, N, 3)),
    ("L.Cropping3D(1)(x)", (N, N, N, 3)), ("L.UpSampling1D(2)(x)", (N, 3)), ("L.UpSampling2D((2, 3))(x)", (N, N, 3)),
    ("L.UpSampling2D(2, interpolation='bilinear')(x)", (N, N, 3)), ("L.UpSampling3D(2)(x)", (N, N, N, 3)),
    # convolutions
    ("L.Conv1D(4, 3)(x)", (N, 3)), ("L.Conv1D(4, 3, padding='causal', dilation_rate=2)(x)", (N, 3)),
    ("L.Conv1D(4, 3, 2, padding='same')(x)", (N, 3)), ("L.Conv2D(4, 3)(x)", (N, N, 3)),
    ("L.Conv2D(4, 3, 2, padding='same')(x)", (N, N, 3)), ("L.Conv2D(4, 3)(x)", (N, 8, 3)),
    ("L.Conv2D(4, 3, data_format='channels_first')(x)", (3, N, N)), ("L.Conv2D(4, 3, groups=2)(x)", (N, N, 4)),
    ("L.Conv3D(2, 2)(x)", (N, N, N, 2)), ("L.Conv1DTranspose(4, 3, 2)(x)", (N, 3)),
    ("L.Conv1DTranspose(4, 3, 2, padding='same')(x)", (N, 3)), ("L.Conv2DTranspose(4, 3)(x)", (N, N, 3)),
    ("L.Conv2DTranspose(4, 3, 2, padding='same')(x)", (N, N, 3)),
    ("L.Conv2DTranspose(4, 3, 2, padding='same', output_padding=1)(x)", (N, N, 3)),
    ("L.Conv3DTranspose(2, 2, 2)(x)", (N, N, N, 2)), ("L.DepthwiseConv1D(3)(x)", (N, 3)),
    ("L.DepthwiseConv2D(3, 2, padding='same')(x)", (N, N, 3)), ("L.SeparableConv1D(4, 3)(x)", (N, 3)),
    ("L.SeparableConv2D(4, 3, padding='same')(x)", (N, N, 3)),
    ("L.MaxPooling1D(2)(x)", (N, 3)), ("L.MaxPooling1D(2, padding='same')(x)", (N, 3)),
    ("L.MaxPooling2D(2)(x)", (N, N, 3)), ("L.MaxPooling2D(3, 2, padding='same')(x)", (N, 9, 3)),
    ("L.MaxPooling3D(2)(x)", (N, N, N, 3)), ("L.AveragePooling1D(2)(x)", (N, 3)),
    ("L.AveragePooling2D(2)(x)", (N, N, 3)), ("L.AveragePooling3D(2)(x)", (N, N, N, 3)),
    ("L.GlobalMaxPooling1D()(x)", (N, 3)), ("L.GlobalAveragePooling1D()(x)", (N, 3)),
    ("L.GlobalMaxPooling1D(keepdims=True)(x)", (N, 3)), ("L.GlobalMaxPooling2D()(x)", (N, N, 3)),
    ("L.GlobalAveragePooling2D(keepdims=True)(x)", (N, N, 3)), ("L.GlobalAveragePooling3D()(x)", (N, N, N, 3)),
    ("L.GlobalMaxPooling3D()(x)", (N, N, N, 3)),
    # normalization
    ("L.LayerNormalization()(x)", (N, 3)), ("L.RMSNormalization()(x)", (N, 3)),
    ("L.BatchNormalization()(x)", (N, N, 3)), ("L.GroupNormalization(2)(x)", (N, N, 4)),
    ("L.UnitNormalization()(x)", (N, 3)), ("L.UnitNormalization(axis=1)(x)", (N, 3)),
    ("L.Normalization(mean=0.5, variance=2.0)(x)", (N, 3)), ("L.Rescaling(0.5)(x)", (N, N, 3)),
    # images
    ("L.Resizing(4, 5)(x)", (N, N, 3)), ("L.Resizing(4, 5, crop_to_aspect_ratio=True)(x)", (N, N, 3)),
    ("L.CenterCrop(4, 5)(x)", (N, N, 3)), ("L.RandomCrop(4, 5)(x)", (N, N, 3)), ("L.RandomFlip()(x)", (N, N, 3)),
    ("L.RandomRotation(0.1)(x)", (N, N, 3)), ("L.RandomZoom(0.1)(x)", (N, N, 3)),
    ("L.RandomTranslation(0.1, 0.1)(x)", (N, N, 3)), ("L.RandomContrast(0.1)(x)", (N, N, 3)),
    ("L.RandomBrightness(0.1)(x)", (N, N, 3)),
    # attention
    ("L.MultiHeadAttention(2, 4)(x, x)", (N, 3)), ("L.MultiHeadAttention(2, 4)(x, y)", (N, 3), (N, 5)),
    ("L.MultiHeadAttention(2, 4)(x, x, use_causal_mask=True)", (N, 3)),
    ("L.MultiHeadAttention(2, 4)(x, y, return_attention_scores=True)", (N, 3), (N, 5)),
    ("L.Attention()([x, y])", (N, 3), (N, 3)),
    ("L.Attention()([x, y], return_attention_scores=True)", (N, 3), (N, 3)),
    ("L.Attention()([x, x], use_causal_mask=True)", (N, 3)), ("L.AdditiveAttention()([x, y])", (N, 3), (N, 3)),
    # recurrence
    ("L.SimpleRNN(4)(x)", (N, 3)), ("L.LSTM(4)(x)", (N, 3)), ("L.GRU(4)(x)", (N, 3)),
    ("L.LSTM(4, return_sequences=True)(x)", (N, 3)), ("L.GRU(4, return_sequences=True, return_state=True)(x)", (N, 3)),
    ("L.LSTM(4, return_state=True)(x)", (N, 3)), ("L.LSTM(4, go_backwards=True)(x)", (N, 3)),
    ("L.LSTM(4)(L.Masking()(x))", (N, 3)), ("L.RNN([L.LSTMCell(4), L.GRUCell(2)], return_sequences=True)(x)", (N, 3)),
    ("L.RNN(L.SimpleRNNCell(4), return_state=True)(x)", (N, 3)),
    ("L.Bidirectional(L.LSTM(4))(x)", (N, 3)), ("L.Bidirectional(L.LSTM(4, return_sequences=True))(x)", (N, 3)),
    ("L.Bidirectional(L.GRU(4, return_sequences=True, return_state=True), merge_mode='sum')(x)", (N, 3)),
    ("L.Bidirectional(L.GRU(4), merge_mode=None)(x)", (N, 3)),
    ("L.ConvLSTM1D(2, 2)(x)", (N, 5, 3)), ("L.ConvLSTM2D(2, 2, return_sequences=True)(x)", (N, 5, 6, 3)),
    ("L.TimeDistributed(L.Dense(4))(x)", (N, 3)), ("L.TimeDistributed(L.Conv2D(4, 3))(x)", (N, 5, 6, 3)),
    ("L.TimeDistributed(L.Conv2D(4, 3))(x)", (N, N, N, 3)), ("L.TimeDistributed(L.Flatten())(x)", (N, 5, 3)),
    ("L.TimeDistributed(L.LSTM(4))(x)", (N, N, 3)), ("L.TimeDistributed(L.BatchNormalization())(x)", (N, 3)),
    # merging
    ("L.Add()([x, y])", (N, 3), (N, 3)), ("L.Subtract()([x, y])", (N, 3), (N, 3)),
    ("L.Multiply()([x, y])", (N, 3), (N, 1)), ("L.Average()([x, y])", (N, 3), (1, 3)),
    ("L.Maximum()([x, y])", (N, 3), (4, 3)), ("L.Minimum()([x, y])", (N, N, 3), (N, 1, 3)),
    ("L.Concatenate()([x, y])", (N, 3), (N, 4)), ("L.Concatenate(axis=1)([x, y])", (N, 3), (N, 3)),
    ("L.Concatenate(axis=1)([x, y])", (N, 3), (4, 3)), ("L.Concatenate()([x, y])", (N, N, 3), (N, 6, 4)),
    ("L.Dot(axes=2)([x, y])", (N, 3), (N, 3)), ("L.Dot(axes=(2, 1))([x, y])", (N, N), (N, 4)),
    # discrete features
    ("L.Discretization([0.0, 0.5])(x)", (N, 3)), ("L.CategoryEncoding(5, 'multi_hot')(x)", (N,), ID),
    # operations
    ("x[:, 1:]", (N, 3)), ("x[:, -1]", (N, 3)), ("x[:, :, 0]", (N, 3)), ("x[:, ::2]", (N, 3)), ("x[:, :2]", (N, 3)),
    ("x[..., None]", (N, 3)), ("x[:, None]", (N, 3)), ("x[:, ::-1]", (N, 3)), ("x[:, 1:-1]", (N, 3)),
    ("x + y", (N, 3), (N, 3)), ("x * y", (N, 3), (3,)), ("x / (1.0 + y ** 2)", (N, N), (1, N)),
    ("ops.add(x, y)", (N, 3), (1, 3)), ("ops.matmul(x, ops.swapaxes(y, 1, 2))", (N, 3), (N, 3)),
    ("ops.matmul(ops.swapaxes(x, 1, 2), x)", (N, 3)), ("ops.einsum('bij,bkj->bik', x, y)", (N, 3), (N, 3)),
    ("ops.dot(x, ops.ones((3, 4)))", (N, 3)), ("ops.tensordot(x, ops.ones((3, 4)), 1)", (N, 3)),
    ("ops.sum(x, axis=1)", (N, 3)), ("ops.mean(x, axis=-1, keepdims=True)", (N, 3)),
    ("ops.max(x, axis=(1, 2))", (N, N)),
    ("ops.sum(x)", (N, 3)), ("ops.argmax(x, axis=1)", (N, 3)), ("ops.argsort(x, axis=1)", (N, 3)),
    ("ops.sort(x, axis=1)", (N, 3)), ("ops.cumsum(x, axis=1)", (N, 3)), ("ops.std(x, axis=1)", (N, 3)),
    ("ops.logsumexp(x, axis=1)", (N, 3)), ("ops.softmax(x, axis=1)", (N, 3)), ("ops.norm(x, axis=-1)", (N, 3)),
    ("ops.median(x, axis=1)", (N, 3)), ("ops.any(x > 0, axis=1)", (N, 3)), ("ops.count_nonzero(x, axis=1)", (N, 3)),
    ("ops.reshape(x, (-1, 3))", (N, 3)), ("ops.reshape(x, (-1, 6))", (N, 3)), ("ops.expand_dims(x, 1)", (N, 3)),
    ("ops.squeeze(x, -1)", (N, 1)), ("ops.squeeze(x)", (N, 1)), ("ops.transpose(x, (0, 2, 1))", (N, 3)),
    ("ops.moveaxis(x, 1, -1)", (N, N, 3)), ("ops.swapaxes(x, 1, 2)", (N, N)), ("ops.ravel(x)", (N, 3)),
    ("ops.concatenate([x, y], 1)", (N, 3), (N, 3)), ("ops.concatenate([x, y], 1)", (N, 3), (2, 3)),
    ("ops.stack([x, x], 1)", (N, 3)), ("ops.tile(x, (1, 2, 1))", (N, 3)), ("ops.repeat(x, 2, axis=1)", (N, 3)),
    ("ops.pad(x, ((0, 0), (1, 2), (0, 0)))", (N, 3)), ("ops.roll(x, 1, axis=1)", (N, 3)), ("ops.flip(x, 1)", (N, 3)),
    ("ops.split(x, 3, axis=2)", (N, 3)), ("ops.unstack(x, 3, axis=2)", (N, 3)), ("ops.split(x, [1], axis=2)", (N, 3)),
    ("ops.broadcast_to(x, (2, 4, 3))", (1, 3)), ("ops.take(x, [0, 1], axis=1)", (N, 3)),
    ("ops.take(ops.ones((9, 4)), x, axis=0)", (N,), ID), ("ops.take_along_axis(x, ops.argsort(x, 1), 1)", (N, 3)),
    ("ops.where(x > 0, x, y)", (N, 3), (N, 3)), ("ops.one_hot(x, 5)", (N,), ID), ("ops.cast(x, 'int32')", (N, 3)),
    ("ops.zeros_like(x)", (N, 3)), ("ops.ones_like(x[..., 0])", (N, 3)), ("ops.full_like(x, 2)", (N, 3)),
    ("ops.tril(x)", (N, N)), ("ops.triu(x, 1)", (N, 3)), ("ops.diagonal(x, axis1=1, axis2=2)", (N, 3)),
    ("ops.top_k(x, 2)", (N, 3)), ("ops.top_k(x, 1)[1]", (N, 3)), ("ops.outer(x, x)", (N,)),
    ("ops.diff(x, axis=1)", (N, 3)),
    ("ops.cross(x, x)", (N, 3)), ("ops.meshgrid(x, y)", (N, 3), (N,)),
    ("ops.conv(x, ops.ones((3, 3, 2)))", (N, 3)), ("ops.conv(x, ops.ones((3, 3, 3, 2)), 2, 'same')", (N, N, 3)),
    ("ops.depthwise_conv(x, ops.ones((3, 3, 3, 2)))", (N, N, 3)), ("ops.max_pool(x, 2)", (N, N, 3)),
    ("ops.average_pool(x, 2, padding='same')", (N, N, 3)), ("ops.conv_transpose(x, ops.ones((2, 2, 3)), 2)", (N, 3)),
    ("ops.image.resize(x, (4, 5))", (N, N, 3)), ("ops.image.rgb_to_grayscale(x)", (N, N, 3)),
    ("ops.image.pad_images(x, 1, 1, 1, 1)", (N, N, 3)), ("ops.nn.moments(x, axes=[1])", (N, 3)),
    ("ops.normalize(x, axis=1)", (N, 3)),
    ("ops.vdot(x, x)", (N,)), ("ops.inner(x, x)", (N, 3)), ("ops.trace(x, axis1=1, axis2=2)", (N, 3)),
    ("ops.slice(x, [0, 0, 0], [1, 2, 3])", (4, 3)), ("ops.quantile(x, 0.5, axis=1)", (N, 3)),
    ("ops.average(x, axis=1)", (N, 3)), ("ops.linalg.det(ops.matmul(ops.swapaxes(x, 1, 2), x))", (N, 3)),
    ("ops.array_split(x, 2, axis=2)", (N, 3)), ("ops.hstack([x, y])", (N, 3), (N, 3)),
    ("ops.vstack([x, y])", (N,), (N,)),
    ("ops.glu(x)", (N, 4)), ("ops.nan_to_num(x)", (N, N)),
    ("ops.clip(x, 0, 1)", (N, N)), ("ops.linspace(x, y, 3, axis=1)", (N,), (N,)), ("ops.kron(x, x)", (N,)),
    ("ops.rot90(x, axes=(1, 2))", (N, N)), ("ops.select([x > 0], [x], 0.0)", (N,)),
    ("ops.log_softmax(x)", (N, 3)),
]  # fmt: skip


def name_of(case):
    """The expression with the shapes."""
    return f"{case[0]} {[list(s) for s in case[1:] if not isinstance(s, dict)]}".replace("None", "?")


def call(K, case):
    """(the Inputs, what the expression gives) with K = keras or fastnn."""
    expression, *inputs = case
    options = inputs.pop() if isinstance(inputs[-1], dict) else {}
    inputs = [K.Input(shape, **options) for shape in inputs]
    return inputs, eval(expression, {"L": K.layers, "ops": K.ops, "x": inputs[0], "y": inputs[-1]})


def shapes(results):
    """The shapes of what a call gives, nested as it is."""
    return [shapes(r) for r in results] if isinstance(results, (list, tuple)) else list(results.shape)


def data(case, rows, size, seed=0):
    """Arrays for the inputs of a case, every unknown size being `size`."""
    rng = np.random.default_rng(seed)
    arrays = [
        rng.uniform(0, 5, (rows, *(size if d is None else d for d in s))) for s in case[1:] if not isinstance(s, dict)
    ]
    return [a.astype("int32" if isinstance(case[-1], dict) else "float32") for a in arrays]
