"""Names and arguments that TensorFlow 1 had for functions of today, and its optimizers and losses.

`names` looks here for a name that it does not know, with or without `compat.v1` in front.
"""

import numpy as np

from fastnn import optimizers
from fastnn.compat.tf.checks import tf_print
from fastnn.compat.tf.ragged.tensor import RaggedTensor
from fastnn.compat.tf.values import host
from fastnn.core.tree import flatten

_SAME_IN_MATH = """log log1p ceil floordiv floormod mod rsqrt reciprocal erf erfc is_nan is_inf is_finite segment_sum
segment_mean unsorted_segment_sum unsorted_segment_mean count_nonzero confusion_matrix cumprod squared_difference
bincount logical_xor polygamma lgamma digamma betainc igamma xlogy accumulate_n invert_permutation real imag conj
angle segment_max segment_min segment_prod unsorted_segment_max unsorted_segment_min unsorted_segment_prod
unsorted_segment_sqrt_n log_sigmoid""".split()
_IN_LINALG = {
    "matrix_band_part": "band_part", "matrix_diag": "diag", "matrix_diag_part": "diag_part", "matrix_inverse": "inv",
    "matrix_transpose": "matrix_transpose", "matrix_determinant": "det", "matrix_solve": "solve", "trace": "trace",
    "matrix_triangular_solve": "triangular_solve", "matrix_set_diag": "set_diag", "self_adjoint_eig": "eigh",
    "svd": "svd", "cholesky": "cholesky", "qr": "qr", "cross": "cross", "diag": "tensor_diag",
    "diag_part": "tensor_diag_part", "global_norm": "global_norm",
}  # fmt: skip
OLD = {
    **{name: f"math.{name}" for name in _SAME_IN_MATH}, **{a: f"linalg.{b}" for a, b in _IN_LINALG.items()},
    "random_normal": "random.normal", "random_uniform": "random.uniform", "truncated_normal": "random.truncated_normal",
    "random_shuffle": "random.shuffle", "multinomial": "random.categorical", "random.multinomial": "random.categorical",
    **{f"{root}{inverse}{n}": f"signal.{inverse}{n}" for root in ("", "spectral.") for inverse in ("", "i") for n in (
        "fft", "fft2d", "fft3d", "rfft", "rfft2d", "rfft3d", "dct")},
    "contrib.signal.stft": "signal.stft", "contrib.signal.inverse_stft": "signal.inverse_stft",
    **{f"sets.set_{n}": f"sets.{n}" for n in ("difference", "intersection", "size", "union")},
    "arg_max": "argmax", "arg_min": "argmin", "lin_space": "linspace", "reverse_v2": "reverse", "unpack": "unstack",
    "pack": "stack", "mul": "multiply", "sub": "subtract", "neg": "negative", "space_to_depth": "nn.space_to_depth",
    "depth_to_space": "nn.depth_to_space", "extract_image_patches": "image.extract_patches",
    "image.extract_image_patches": "image.extract_patches", "regex_replace": "strings.regex_replace",
    "string_join": "strings.join", "string_to_number": "strings.to_number", "substr": "strings.substr",
    "reduce_join": "strings.reduce_join", "as_string": "strings.as_string",
    "nn.softmax_cross_entropy_with_logits_v2": "nn.softmax_cross_entropy_with_logits",
    "image.resize_images": "image.resize", "image.resize_image_with_crop_or_pad": "image.resize_with_crop_or_pad",
    "nn.lrn": "nn.local_response_normalization", "Print": "years.Print",
    "sparse_tensor_to_dense": "sparse.to_dense", "sparse_tensor_dense_matmul": "sparse.sparse_dense_matmul",
    "sparse_add": "sparse.add", "sparse_reduce_sum": "sparse.reduce_sum", "sparse_reshape": "sparse.reshape",
    "sparse_concat": "sparse.concat", "sparse_transpose": "sparse.transpose", "sparse_softmax": "sparse.softmax",
}  # fmt: skip
# Functions with another meaning than one of today has: written with those, in `functions`.
ARGUMENTS = {"keep_dims": "keepdims", "reduction_indices": "axis", "dim": "axis", "dimension": "axis",
             "squeeze_dims": "axis", "concat_dim": "axis"}  # fmt: skip


def renamed(kwargs):
    """Keyword arguments under the names of today; what is given as None says nothing.

    >>> renamed({"keep_dims": True, "axis": 1})
    {'keepdims': True, 'axis': 1}
    """
    if "keep_prob" in kwargs:
        kwargs = {**{k: v for k, v in kwargs.items() if k != "keep_prob"}, "rate": 1 - kwargs["keep_prob"]}
    if not kwargs.keys() & ARGUMENTS.keys():
        return kwargs
    return {ARGUMENTS.get(name, name): v for name, v in kwargs.items() if name not in ARGUMENTS or v is not None}


def functions(find):
    """{name: function} of what TensorFlow 1 had besides, from the functions of today that `find(name)` gives."""
    cast, resize, floordiv, divide = map(find, ("cast", "image.resize", "math.floordiv", "divide"))

    def to(dtype):
        return lambda x, name=None: cast(x, dtype)

    def resized(method):
        return lambda images, size, align_corners=False, name=None, half_pixel_centers=False: resize(
            images, size, method
        )

    def div(x, y, name=None):
        """The quotient, of integers as Python 2 had it."""
        whole = all(str(getattr(v, "dtype", "int" if isinstance(v, int) else "")).find("int") >= 0 for v in (x, y))
        return floordiv(x, y) if whole else divide(x, y)

    def string_split(source, sep=None, skip_empty=True, delimiter=" ", result_type="SparseTensor", name=None):
        """The parts of texts, as a sparse matrix of a row for each; or ragged."""
        found = find("strings.split")(source, delimiter if sep is None else sep)
        if skip_empty:
            full = [[part for part in row if part] for row in found.to_list()]
            found = RaggedTensor.from_row_lengths(
                host(np.array([part for row in full for part in row], object)), [len(row) for row in full]
            )
        return found if result_type == "RaggedTensor" else found.to_sparse()

    def assign(ref, value, *args, **kwargs):
        return ref.assign(value)

    def said(input_, data=(), message=None, first_n=None, summarize=None, name=None):
        """Print the data; the input."""
        tf_print(*([message] if message else []), *flatten(list(data)))
        return input_

    return {
        **{f"to_{name}": to(dtype) for name, dtype in (
            ("float", "float32"), ("double", "float64"), ("int32", "int32"), ("int64", "int64"))},
        **{f"image.resize_{name}": resized(method) for name, method in (
            ("bilinear", "bilinear"), ("nearest_neighbor", "nearest"), ("bicubic", "bicubic"))},
        "div": div, "string_split": string_split, "assign": assign,
        "assign_add": lambda ref, value, *a, **k: ref.assign_add(value),
        "assign_sub": lambda ref, value, *a, **k: ref.assign_sub(value), "years.Print": said,
        "nn.xw_plus_b": lambda x, weights, biases, name=None: find("nn.bias_add")(find("matmul")(x, weights), biases),
        "nn.relu_layer": lambda x, weights, biases, name=None: find("nn.relu")(
            find("nn.bias_add")(find("matmul")(x, weights), biases)),
    }  # fmt: skip


# ---- optimizers ------------------------------------------------------------------------------------------------
def _optimizer(name, cls, **defaults):
    order = tuple(defaults)

    def make(*args, **kwargs):
        given = {**dict(zip(order, args)), **kwargs}
        for unused in ("use_locking", "name"):
            given.pop(unused, None)
        given = {**{k: v for k, v in defaults.items() if v is not None}, **given}
        return getattr(optimizers, cls)(**{NEW.get(k, k): v for k, v in given.items()})

    make.__name__, make.__doc__ = name, f"{cls} with the arguments and defaults of tf.train.{name}."
    return make


NEW = {"beta1": "beta_1", "beta2": "beta_2", "decay": "rho", "use_nesterov": "nesterov"}
AdamOptimizer = _optimizer("AdamOptimizer", "Adam", learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8)
GradientDescentOptimizer = _optimizer("GradientDescentOptimizer", "SGD", learning_rate=None)
MomentumOptimizer = _optimizer("MomentumOptimizer", "SGD", learning_rate=None, momentum=None)
RMSPropOptimizer = _optimizer("RMSPropOptimizer", "RMSprop", learning_rate=None, decay=0.9, momentum=0.0, epsilon=1e-10)
AdagradOptimizer = _optimizer("AdagradOptimizer", "Adagrad", learning_rate=None, initial_accumulator_value=0.1)
AdadeltaOptimizer = _optimizer("AdadeltaOptimizer", "Adadelta", learning_rate=0.001, decay=0.95, epsilon=1e-8)
FtrlOptimizer = _optimizer("FtrlOptimizer", "Ftrl", learning_rate=None)
OPTIMIZERS = [name for name in list(globals()) if name.endswith("Optimizer")]
