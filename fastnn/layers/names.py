"""Names made from class names, as Keras makes them."""
import re


def snake_case(name):
    """The automatic name of an object of a class.

    >>> [snake_case(n) for n in ("Dense", "Conv2D", "MaxPooling2D", "PReLU", "LSTM")]
    ['dense', 'conv2d', 'max_pooling2d', 'p_re_lu', 'lstm']
    """
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
