"""Names made from class names, as Keras makes them."""

import re


def snake_case(name):
    """The automatic name of an object of a class, also what stands for the class in the paths of a file.

    >>> [snake_case(n) for n in ("MeanSquaredError", "AUC", "F1Score", "Conv2D", "PReLU")]
    ['mean_squared_error', 'auc', 'f1_score', 'conv2d', 'p_re_lu']
    """
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def camel_case(name):
    """The name of the class of a function, as Keras calls those of its operations.

    >>> camel_case("expand_dims")
    'ExpandDims'
    """
    return "".join(word.capitalize() for word in name.split("_"))
