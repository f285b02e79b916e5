"""Layers: every public class under its Keras name; one concept, one file."""
from fastnn.core.registry import lazy

NAMES = {
    "Layer": "layer", "InputLayer": "input_layer", "Input": "input_layer", "InputSpec": "input_spec",
    "get": "identify", "serialize": "identify", "deserialize": "identify",
    "Dense": "dense", "Embedding": "embedding",
    **dict.fromkeys(("Activation", "ReLU", "LeakyReLU", "ELU", "PReLU", "Softmax", "ThresholdedReLU"), "activation"),
    **dict.fromkeys(("Flatten", "Reshape", "Permute", "RepeatVector"), "reshaping"),
    **dict.fromkeys(("Identity", "Lambda", "Masking", "ActivityRegularization"), "simple"),
    **dict.fromkeys(("Dropout", "SpatialDropout1D", "SpatialDropout2D", "GaussianNoise", "GaussianDropout",
                     "AlphaDropout"), "dropout"),
    **dict.fromkeys(("Conv1D", "Conv2D", "Convolution1D", "Convolution2D"), "conv"),
    **dict.fromkeys(("DepthwiseConv1D", "DepthwiseConv2D", "SeparableConv1D", "SeparableConv2D", "SeparableConvolution1D",
                     "SeparableConvolution2D"), "depthwise"),
    **dict.fromkeys(("Conv1DTranspose", "Conv2DTranspose", "Convolution1DTranspose", "Convolution2DTranspose",
                     "Deconvolution2D"), "conv_transpose"),
    **dict.fromkeys(("MaxPooling1D", "MaxPooling2D", "AveragePooling1D", "AveragePooling2D", "MaxPool1D", "MaxPool2D",
                     "AvgPool1D", "AvgPool2D"), "pooling"),
    **dict.fromkeys(("GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalMaxPooling1D", "GlobalMaxPooling2D",
                     "GlobalAvgPool1D", "GlobalAvgPool2D", "GlobalMaxPool1D", "GlobalMaxPool2D"), "global_pooling"),
    **dict.fromkeys(("ZeroPadding1D", "ZeroPadding2D", "Cropping1D", "Cropping2D", "UpSampling1D", "UpSampling2D"), "padding"),
    "BatchNormalization": "batch_normalization",
    **dict.fromkeys(("LayerNormalization", "GroupNormalization", "UnitNormalization", "RMSNormalization"), "normalization"),
    **dict.fromkeys(("Rescaling", "Normalization"), "rescaling"),
    **dict.fromkeys(("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Dot", "add", "subtract",
                     "multiply", "average", "maximum", "minimum", "concatenate", "dot"), "merging"),
    "MultiHeadAttention": "attention", "RNN": "rnn",
    **dict.fromkeys(("SimpleRNNCell", "LSTMCell", "GRUCell", "StackedRNNCells"), "rnn_cells"),
    **dict.fromkeys(("SimpleRNN", "LSTM", "GRU"), "recurrent"),
    **dict.fromkeys(("Wrapper", "Bidirectional", "TimeDistributed"), "wrappers"),
}
__getattr__, __dir__, __all__ = lazy(__name__, NAMES)
