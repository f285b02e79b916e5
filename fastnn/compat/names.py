"""Old and foreign spellings, as data: module names, class names and argument names that mean something of ours."""

# Roots that stand for the package itself, and the one root that only holds `keras` and a few functions.
KERAS_ROOTS = ("keras", "tf_keras", "tensorflow.keras", "tensorflow.python.keras", "keras.api", "keras.src",
               "keras.api._v2.keras")
TENSORFLOW = "tensorflow"

# Modules below a root that moved or were merged since they were named.  "a.*" covers what is below a.
MODULES = {
    "layers.core": "layers", "layers.convolutional": "layers", "layers.pooling": "layers", "layers.merge": "layers",
    "layers.normalization": "layers", "layers.advanced_activations": "layers", "layers.embeddings": "layers",
    "layers.recurrent": "layers", "layers.wrappers": "layers", "layers.noise": "layers", "layers.local": "layers",
    "layers.normalization.batch_normalization": "layers", "layers.experimental.preprocessing": "layers",
    "layers.experimental": "layers", "layers.preprocessing": "layers", "layers.activation": "layers",
    "engine": "models", "engine.topology": "layers", "engine.training": "models", "engine.base_layer": "layers",
    "engine.input_layer": "layers", "engine.sequential": "models", "engine.functional": "models",
    "optimizers.legacy": "optimizers", "optimizers.experimental": "optimizers",
    "optimizers.schedules": "optimizers.schedules", "optimizers.learning_rate_schedule": "optimizers.schedules",
    "utils.np_utils": "utils", "utils.generic_utils": "utils", "utils.vis_utils": "utils", "utils.data_utils": "utils",
    "utils.layer_utils": "utils", "utils.io_utils": "utils", "utils.training_utils": "utils",
    "preprocessing": "utils", "preprocessing.sequence": "utils",
    "objectives": "losses", "datasets.mnist": "datasets.mnist", "datasets.cifar10": "datasets.cifar10",
    "datasets.cifar100": "datasets.cifar100", "datasets.fashion_mnist": "datasets.fashion_mnist",
    "backend": "compat.backend", "random": "random", "config": "config", "dtype_policies": "dtype_policies",
}

# Packages whose public names are looked up here when the package itself has none of that name.
CLASSES = {
    "layers": {
        "Convolution2D": "Conv2D", "Convolution1D": "Conv1D", "Convolution2DTranspose": "Conv2DTranspose",
        "Deconvolution2D": "Conv2DTranspose", "SeparableConvolution2D": "SeparableConv2D",
        "MaxPool2D": "MaxPooling2D", "AvgPool2D": "AveragePooling2D", "MaxPool1D": "MaxPooling1D",
        "AvgPool1D": "AveragePooling1D", "GlobalAvgPool2D": "GlobalAveragePooling2D",
        "GlobalMaxPool2D": "GlobalMaxPooling2D", "GlobalAvgPool1D": "GlobalAveragePooling1D",
        "GlobalMaxPool1D": "GlobalMaxPooling1D", "CuDNNLSTM": "LSTM", "CuDNNGRU": "GRU",
        "BatchNormalizationV1": "BatchNormalization", "BatchNormalizationV2": "BatchNormalization",
        "SyncBatchNormalization": "BatchNormalization",
    },
    "optimizers": {"Adamax": "Adamax", "sgd": "SGD", "adam": "Adam", "rmsprop": "RMSprop", "adagrad": "Adagrad"},
    "losses": {"logcosh": "log_cosh", "mse": "mean_squared_error", "mae": "mean_absolute_error",
               "MSE": "mean_squared_error", "MAE": "mean_absolute_error", "kld": "kl_divergence",
               "kullback_leibler_divergence": "kl_divergence", "cosine": "cosine_similarity"},
    "models": {"Input": "Input"}, "constraints": {"maxnorm": "max_norm", "nonneg": "non_neg", "unitnorm": "unit_norm"},
    "utils": {"plot_model": "plot_model"},
}

# Functions of the TensorFlow root that scripts call around their Keras code, as "module:name" of ours.
TENSORFLOW_FUNCTIONS = {
    "random.set_seed": "utils:set_random_seed", "set_random_seed": "utils:set_random_seed",
    "random.set_random_seed": "utils:set_random_seed",
}
