"""What a record says of an operation to those that rewrite graphs: passes, loops and their gradients.

They ask these fields instead of names, so an operation that says the same is treated the same.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from fastnn.core.types import Attrs


class Algebra(Enum):
    """What an operation is to arithmetic, with the attributes and inputs that go with it."""

    ADDITION = "x + y, broadcast"
    MULTIPLICATION = "x y, broadcast"
    SCALING = "scale x + shift, two attributes"
    TOTAL = "the sum of x over the attribute axis"
    PRODUCT = "x w of matrices; the attributes transpose_a and transpose_b read them transposed"


@dataclass(frozen=True)
class Fusion:
    """What may be joined with calls of an operation, or done to them.

    algebra: what it is to arithmetic.
    bias: number of the optional input that is added to each row of the result, before the activation.
    activation: name of the attribute whose value, a `function`, is applied to the first result.
    function: the value by which such an attribute means this operation, an activation.
    gradient_of: name of the activation of which this is the gradient, with the inputs (gy, y).
    gate: that gradient is gy or 0, decided by y alone.
    activation_grad: (name of an attribute, number of gy, number of y): gy counts as the gradient after the activation
        that the attribute names, whose result is y.
    routes: name of an operation; each item of the first input goes to that item of the operation's first input which is
        its first result.  The second input is a result of that operation.
    logits: (name of an activation, name of a loss): this loss of probabilities, after the activation, is that loss of
        the activation's input.
    logits_grad: (name of an activation, name of a gradient): this gradient of such a loss, with the inputs (p, t, gy),
        followed by the activation's gradient, is that gradient.
    probabilities: its first input is what the loss from logits returned beside the loss, not the logits.
    reduces: name of the attribute with the axes that it reduces; reducing axes of size 1 changes no number.
    repeats: its result has the numbers of its only input, each at least once, and no others.
    reshapes: name of the attribute with the shape of the result, which has the numbers of the input in their order.
    places: (name of an attribute, name of another): zeros of the shape that the second one is, with the input at the
        slice that the first one is.
    undoes: (attributes, those of a call before) -> whether the call gives back what that call of the operation got.
    """

    algebra: Algebra | None = None
    bias: int | None = None
    activation: str = ""
    function: str = ""
    gradient_of: str = ""
    gate: bool = False
    activation_grad: tuple[str, int, int] | None = None
    routes: str = ""
    logits: tuple[str, str] | None = None
    logits_grad: tuple[str, str] | None = None
    probabilities: bool = False
    reduces: str = ""
    repeats: bool = False
    reshapes: str = ""
    places: tuple[str, str] | None = None
    undoes: Callable[[Attrs, Attrs], bool] | None = None


NOTHING = Fusion()  # of an operation that says nothing
