"""Names made from class names, as Keras makes them."""
import re


def snake_case(name):
    """The automatic name of an object of a class.

    >>> snake_case("MeanSquaredError"), snake_case("AUC"), snake_case("F1Score")
    ('mean_squared_error', 'auc', 'f1_score')
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
