"""`keras.initializations`: functions of Keras 1 that make a variable of a shape.

`get("glorot_uniform")(shape, name="W")` is what layers of these years call; Dense(init=normal) and a function of one's
own (shape, name) that calls one of them are taken, too.
"""

from fastnn import initializers
from fastnn.compat.keras_backend.values import variable
from fastnn.core.errors import ArgumentError
from fastnn.core.shapes import compute_fans

# By name: today's class, and what Keras 1 called its arguments, with the default it had.
_FUNCTIONS = {
    "uniform": ("RandomUniform", {"scale": 0.05}, lambda scale: {"minval": -scale, "maxval": scale}),
    "normal": ("RandomNormal", {"scale": 0.05}, lambda scale: {"stddev": scale}),
    "orthogonal": ("Orthogonal", {"scale": 1.1}, lambda scale: {"gain": scale}),
    "identity": ("Identity", {"scale": 1.0}, lambda scale: {"gain": scale}),
    **{n: (c, {}, dict) for n, c in (
        ("lecun_uniform", "LecunUniform"), ("glorot_normal", "GlorotNormal"), ("glorot_uniform", "GlorotUniform"),
        ("he_normal", "HeNormal"), ("he_uniform", "HeUniform"), ("zero", "Zeros"), ("zeros", "Zeros"),
        ("one", "Ones"), ("ones", "Ones"))},
}  # fmt: skip


def _function(name):
    kind, own, meaning = _FUNCTIONS[name]

    def make(shape, *args, **kwargs):
        """A variable of a shape.

        Args:
            shape: a tuple of ints.
            args, kwargs: scale, a number, where the first values have one; name, a str; dim_ordering, of no effect.
        """
        given = {**own, **dict(zip((*own, "name", "dim_ordering"), args)), **kwargs}
        start = getattr(initializers, kind)(**meaning(**{k: given[k] for k in own}))
        return variable(start(tuple(shape), dtype=given.get("dtype")), given.get("dtype"), given.get("name"))

    make.__name__ = make.__qualname__ = name
    return make


globals().update({name: _function(name) for name in _FUNCTIONS})


def get_fans(shape, dim_ordering="th"):
    """(inputs, outputs) that a value of a weight's shape has.

    Args:
        shape: a tuple of ints.
        dim_ordering: "th" where the filters of a convolution are the first dimension, "tf" where they are the last.

    >>> get_fans((8, 3, 5, 5)), get_fans((5, 5, 3, 8), "tf")
    ((75, 200), (75, 200))
    """
    if dim_ordering == "th" and len(shape) > 2:
        shape = (*shape[2:], shape[1], shape[0])
    return compute_fans(tuple(shape))


def get(identifier, **kwargs):
    """The function of a name; what is a function, or no text, comes back as it is.

    Args:
        identifier: a name ("glorot_uniform"), or a function.
        kwargs: of no effect.

    Raises ArgumentError for an unknown name.

    >>> get("normal")((2, 3), scale=0.1, name="W").shape
    (2, 3)
    """
    if not isinstance(identifier, str):
        return identifier
    if identifier not in _FUNCTIONS:
        raise ArgumentError(f"Invalid initialization: {identifier}. Expected one of {', '.join(_FUNCTIONS)}.")
    return globals()[identifier]


__all__ = sorted([*_FUNCTIONS, "get", "get_fans"])
