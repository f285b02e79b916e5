"""Initializers under the names of TensorFlow 1, which took a dtype: here variables have their own."""

from fastnn import initializers

_CLASSES = {
    "zeros": "Zeros", "ones": "Ones", "constant": "Constant", "random_normal": "RandomNormal",
    "random_uniform": "RandomUniform", "truncated_normal": "TruncatedNormal", "orthogonal": "Orthogonal",
    "glorot_uniform": "GlorotUniform", "glorot_normal": "GlorotNormal", "variance_scaling": "VarianceScaling",
    "uniform_unit_scaling": "VarianceScaling",
}  # fmt: skip
_OF_NO_EFFECT = ("dtype", "verify_shape", "partition_info")


def _of_those_years(name, made):
    """A class whose instances are those of today's: scripts give the class itself, too."""

    def __new__(cls, *args, **kwargs):
        return made(*args, **{k: v for k, v in kwargs.items() if k not in _OF_NO_EFFECT})

    text = f"{made.__name__} of fastnn.initializers, with its arguments; those that spoke of dtypes have no effect."
    return type(name, (), {"__new__": __new__, "__doc__": text, "__module__": __name__})


NAMES = {f"{name}_initializer": f"compat.tf.starts:{name}_initializer" for name in _CLASSES}
for _name, _class in _CLASSES.items():
    globals()[f"{_name}_initializer"] = _of_those_years(f"{_name}_initializer", getattr(initializers, _class))
