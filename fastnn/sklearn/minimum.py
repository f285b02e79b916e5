"""L-BFGS on all rows at once: SciPy's minimizer on the model's loss and its gradient."""

import numpy as np
from scipy.optimize import minimize as scipy_minimize

from fastnn import losses, ops
from fastnn.core.types import Array
from fastnn.gradients import GradientTape


def minimize(model, x: Array, y: Array, alpha: float, max_iter: int, max_fun: int, tol: float) -> tuple[int, float]:
    """Set the weights of a compiled model to those of the least loss; return (iterations, loss).

    The loss is scikit-learn's: the mean over rows, half of the squared error, and alpha / 2 |W|^2 / rows.
    """
    variables = model.trainable_variables
    shapes = [v.shape for v in variables]
    cuts = np.cumsum([int(np.prod(s)) for s in shapes])[:-1]
    loss = losses.get(model.loss)
    scale = {"mean_squared_error": 0.5, "binary_crossentropy": y.shape[1]}.get(loss.__name__, 1.0)

    def value(flat):
        for v, part, shape in zip(variables, np.split(flat, cuts), shapes):
            v.assign(part.reshape(shape))
        with GradientTape() as tape:
            total = ops.mean(loss(y, model(x, training=True))) * scale
            for v in variables:
                if len(v.shape) == 2:
                    total = total + ops.sum(ops.square(v)) * (alpha / 2 / len(x))
        gradients = tape.gradient(total, variables)
        return float(total), np.concatenate([np.asarray(g, np.float64).ravel() for g in gradients])

    start = np.concatenate([v.numpy().ravel() for v in variables]).astype(np.float64)
    found = scipy_minimize(
        value, start, method="L-BFGS-B", jac=True, options={"maxfun": max_fun, "maxiter": max_iter, "gtol": tol}
    )
    value(found.x)
    return int(found.nit), float(found.fun)
