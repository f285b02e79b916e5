"""`tf.autodiff.ForwardAccumulator`: how results change along one direction of what they are computed from.

The product of the Jacobian with a direction is the gradient, along the weights w of the results, of the products of
the transposed Jacobian with w (Townsend, 2017): two tapes, one around the other.
"""

from fastnn import ops
from fastnn.compat.tf.values import operand
from fastnn.gradients import GradientTape


class ForwardAccumulator:
    """A block whose results know how they change along a direction.

    Args:
        primals: a tensor or variable, or a list of them.
        tangents: the direction, of the same shapes.

    >>> from fastnn.graph import Variable
    >>> x = Variable([1.0, 2.0])
    >>> with ForwardAccumulator(x, [1.0, 0.5]) as accumulator:
    ...     y = x * x
    >>> accumulator.jvp(y).tolist(), y.tolist()
    ([2.0, 2.0], [1.0, 4.0])
    """

    def __init__(self, primals, tangents):
        several = isinstance(primals, (list, tuple))
        self._primals = list(primals) if several else [primals]
        self._tangents = [operand(t) for t in (tangents if several else [tangents])]
        self._outer, self._inner = GradientTape(persistent=True), GradientTape(persistent=True)

    def __enter__(self):
        self._outer.__enter__()
        self._inner.__enter__()
        for primal in self._primals:
            self._inner.watch(primal)
        return self

    def __exit__(self, *error):
        self._inner.__exit__(*error)
        return self._outer.__exit__(*error)

    def jvp(self, primals, unconnected_gradients="none"):
        """How a result changes along the direction; None where it does not depend on the primals.

        Args:
            primals: the result.
            unconnected_gradients: "none" or "zero": what to give in place of None.
        """
        with self._outer:
            weights = ops.ones_like(operand(primals))
            self._outer.watch(weights)
            products = self._inner.gradient(primals, self._primals, output_gradients=weights)
        pairs = [(p, t) for p, t in zip(products, self._tangents) if p is not None]
        if not pairs:
            zero = getattr(unconnected_gradients, "value", unconnected_gradients) == "zero"
            return ops.zeros_like(operand(primals)) if zero else None
        return self._outer.gradient([p for p, _ in pairs], weights, output_gradients=[t for _, t in pairs])


NAMES = {"autodiff.ForwardAccumulator": "compat.tf.forward:ForwardAccumulator",
         "autodiff.GradientTape": "compat.tensorflow:GradientTape"}  # fmt: skip
