"""What a model tells of its steps: their plan, their gradients beside numeric ones, measured times."""

from __future__ import annotations

from collections.abc import Callable

from fastnn.core.types import Structure
from fastnn.models.gradient_check import GradientReport, check_gradients
from fastnn.models.profile import Profile
from fastnn.models.report import PlanReport


class Looks:
    """The part of a model that shows what a step is and does."""

    _need_compiled: Callable[[str], None]

    def plan(self, batch_size: int | None = 32, training: bool | None = None) -> PlanReport:
        """The plan of a step before it runs: instructions, buffers, peak bytes, predicted time (see its str()).

        Args:
            batch_size: rows of the step, an int.
            training: whether of a step of training; of inference if False; None: of training if compiled.
        """
        return PlanReport(self, batch_size, training)

    def check_gradients(
        self,
        x: Structure,
        y: Structure = None,
        sample_weight: Structure = None,
        directions: int = 3,
        tolerance: float = 1e-6,
        seed: int = 0,
    ) -> GradientReport:
        """Compare the gradients of the loss with numeric ones, in float64, for each trainable variable.

        Layers, losses and penalties of your own are checked like all others, whatever the model's float type is.
        Training mode; random layers draw the numbers of the next step, the same at every look.  `stop_gradient` holds
        what it was given.  Kinks (relu at 0, ties of a max) are told from faults.  Weights and state stay as they are.

        Args:
            x, y, sample_weight: one batch, a few rows; a look takes a step without gradients, some 30 per variable.
            directions: how many random ones per variable, besides the gradient's own and each element of small
                variables.
            tolerance: the relative error from which a gradient is wrong.
            seed: of the directions.

        Returns a GradientReport: `.ok`, `.rows`, `.raise_for_errors()`, str().  A step of your own (`train_step`) is
        not run: what is checked is `compute_loss`.  Raises DataError, ShapeError, NotBuiltError as `fit`, and DataError
        where the loss is not finite.
        """
        self._need_compiled("check_gradients")
        return check_gradients(self, x, y, sample_weight, directions, tolerance, seed)

    def profile(self, batch_size: int | None = 32, batches: int = 20, training: bool | None = None) -> Profile:
        """Measured time per instruction of a step; weights and state are put back afterwards (see Profile).

        Args:
            batch_size: rows of the step, an int.
            batches: steps to measure, an int.
            training: whether steps of training; of inference if False; None: of training if compiled.
        """
        return Profile(self, batch_size, batches, training)
