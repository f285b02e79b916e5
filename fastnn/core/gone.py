"""What Keras has or had and fastnn has not, with what to write instead: one table for every way to a name.

`fastnn.layers.X` and, under `fastnn run`, `keras.layers.X` answer from it.
"""

GONE = {"estimator": "Keras 3 has removed it; use fit()"}

# Old names that `fastnn run` finds, and nothing else does: what to write instead.
OLD = {
    "utils.multi_gpu_model": "fastnn uses all cores of the CPU by itself",
    "layers.TimeDistributedDense": "use TimeDistributed(Dense(...)), or Dense alone: it acts on the last axis",
    "models.Graph": "use the functional API: Model(inputs, outputs)",
    "layers.AtrousConvolution1D": "use Conv1D(..., dilation_rate=...)",
    "layers.AtrousConvolution2D": "use Conv2D(..., dilation_rate=...)",
    "wrappers.scikit_learn": "use wrappers.SKLearnClassifier and SKLearnRegressor, or scikeras",
    "layers.LocallyConnected1D": "Keras 3 has removed it; use Conv1D",
    "layers.LocallyConnected2D": "Keras 3 has removed it; use Conv2D",
    "layers.Merge": "call layers.add, layers.multiply, layers.concatenate(..., axis=) or layers.dot(..., axes=) on the "
    "outputs of functional models",
    "layers.CuDNNLSTM": "use LSTM",
    "layers.CuDNNGRU": "use GRU",
    "layers.SyncBatchNormalization": "use BatchNormalization(synchronized=True)",
    "layers.experimental": "what was below it is in layers",
    "optimizers.experimental": "its optimizers are those of fastnn.optimizers",
    "estimators": "use wrappers.SKLearnClassifier and SKLearnRegressor",
}
