"""What the outputs of a student are held against those of its teacher with."""

from collections.abc import Callable
from typing import Any, Self

from fastnn import losses, ops, tree
from fastnn.core.errors import ArgumentError, NotSupportedError
from fastnn.core.types import Config, Structure, Tensor
from fastnn.saving import identifiers as serial


def loss_of(identifier: Any) -> Any:
    """The function or object for one leaf of a structure of losses; None stays None."""
    return losses.get(identifier) if isinstance(identifier, str) else identifier


class DistillationLoss:
    """Base of the losses between the outputs of a teacher and those of a student; override `compute_loss`.

    >>> class Distance(DistillationLoss):
    ...     def compute_loss(self, teacher_outputs, student_outputs, **kwargs):
    ...         return ops.mean(ops.abs(teacher_outputs - student_outputs))
    >>> float(Distance().compute_loss(ops.ones((2, 3)), ops.zeros((2, 3))))
    1.0
    """

    def compute_loss(self, teacher_outputs: Structure, student_outputs: Structure, **kwargs: Any) -> Tensor:
        """The loss, a scalar.

        Args:
            teacher_outputs: the teacher's outputs, in the structure of a model's outputs.
            student_outputs: the student's outputs, of the same structure.
            kwargs: for losses that need more.

        Raises NotSupportedError where it is not overridden.
        """
        raise NotSupportedError("Subclasses must implement compute_loss")

    def validate_outputs(self, teacher_outputs: Structure, student_outputs: Structure) -> None:
        """Check that outputs can be compared.

        Args:
            teacher_outputs: the teacher's outputs, in the structure of a model's outputs.
            student_outputs: the student's outputs, of the same structure.

        Raises ArgumentError for outputs of different structures.
        """
        tree.assert_same_structure(teacher_outputs, student_outputs)

    def validate_model_compatibility(self, teacher: Any, student: Any) -> None:
        """Check that models can be compared; these are taken as they are.

        Args:
            teacher, student: Models.

        Raises ArgumentError, in a subclass that says so.
        """


class _Leafwise(DistillationLoss):
    """Base: one loss for each leaf of the outputs, and their sum."""

    loss: Any

    def _set_loss(self, loss: Any, empty: str) -> None:
        self.loss = tree.map_structure(loss_of, loss)
        if all(leaf is None for leaf in tree.flatten(self.loss)):
            raise ArgumentError(f"{empty} Received: loss={loss!r}")

    def _sum(self, one: Callable[[Any, Tensor, Tensor], Tensor], teacher: Structure, student: Structure) -> Tensor:
        terms = tree.map_structure(
            lambda loss, t, s: 0.0 if loss is None else one(loss, t, s), self.loss, teacher, student
        )
        return ops.sum(ops.stack([ops.cast(term, "float32") for term in tree.flatten(terms)]))

    def get_config(self) -> Config:
        """The constructor's arguments."""
        return {"loss": tree.map_structure(lambda loss: loss if loss is None else losses.serialize(loss), self.loss)}

    @classmethod
    def from_config(cls, config: Config) -> Self:
        """The inverse of get_config.

        Args:
            config: that dict.
        """
        return cls(**{**config, "loss": serial.deserialize(config["loss"], "losses")})


class FeatureDistillation(_Leafwise):
    """The distance between what layers of the teacher and of the student give (Romero et al., 2015).

    Args:
        loss: name, function or Loss; or a structure of them as the layers' outputs have, None for those that do not
            count.
        teacher_layer_name, student_layer_name: names of layers; None for the output of the model.

    Raises:
        ArgumentError: without any loss, and for a loss of another structure than the outputs.

    >>> float(FeatureDistillation("mse").compute_loss(ops.ones((2, 3)), ops.zeros((2, 3))))
    1.0
    """

    def __init__(
        self, loss: Any = "mse", teacher_layer_name: str | None = None, student_layer_name: str | None = None
    ) -> None:
        self._set_loss(loss, "The `loss` argument in `FeatureDistillation` must contain at least one non-`None` value.")
        self.teacher_layer_name, self.student_layer_name = teacher_layer_name, student_layer_name

    def validate_model_compatibility(self, teacher: Any, student: Any) -> None:
        """Check that the layers are there.

        Args:
            teacher, student: Models.

        Raises ArgumentError for a subclassed model where a layer is named, and for a name that no layer has.
        """
        models = {"teacher": (teacher, self.teacher_layer_name), "student": (student, self.student_layer_name)}
        if all(name is None for _, name in models.values()):
            return
        subclassed = [role for role, (model, _) in models.items() if getattr(model, "inputs", None) is None]
        if subclassed:
            raise ArgumentError(
                "FeatureDistillation with specific layer names requires Functional or Sequential models. The "
                f"{' and '.join(subclassed)} model(s) appear to be subclassed (no symbolic inputs/outputs). Either use "
                "Functional/Sequential models, or use FeatureDistillation without layer names (to distill final "
                "outputs only), or use LogitsDistillation instead."
            )
        for role, (model, name) in models.items():
            if name is not None:
                try:
                    model.get_layer(name=name)
                except ValueError as error:
                    raise ArgumentError(f"In {role} model: {error}") from error

    def validate_outputs(self, teacher_outputs: Structure, student_outputs: Structure) -> None:
        """Check that outputs can be compared.

        Args:
            teacher_outputs: the teacher's outputs, in the structure of a model's outputs.
            student_outputs: the student's outputs, of the same structure.

        Raises ArgumentError for outputs of different structures, or of another than the losses'.
        """
        super().validate_outputs(teacher_outputs, student_outputs)
        try:
            tree.assert_same_structure(self.loss, teacher_outputs)
        except ValueError as error:
            raise ArgumentError(f"Loss structure mismatch: {error}") from error

    def compute_loss(self, teacher_outputs: Structure, student_outputs: Structure, **kwargs: Any) -> Tensor:
        """The sum of the mean losses of all leaves.

        Args:
            teacher_outputs: what the teacher's layer gives.
            student_outputs: what the student's gives, of the same structure.
            kwargs: of no effect.
        """
        return self._sum(lambda loss, t, s: ops.mean(loss(t, s)), teacher_outputs, student_outputs)

    def get_config(self) -> Config:
        """The constructor's arguments."""
        return {
            **super().get_config(),
            "teacher_layer_name": self.teacher_layer_name,
            "student_layer_name": self.student_layer_name,
        }


class LogitsDistillation(_Leafwise):
    """The distance between logits, both divided by a temperature T (Hinton, Vinyals and Dean, 2015).

    For the Kullback-Leibler divergence it is that of softmax(teacher / T) and softmax(student / T), times T^2; any
    other loss gets the divided logits.

    Args:
        temperature: float > 0, often 3 to 5.
        loss: name, function or Loss; or a structure of them as the outputs have, None for those that do not count.

    Raises:
        ArgumentError: without any loss, and for a temperature that is no number above 0.

    >>> float(LogitsDistillation().compute_loss(ops.ones((2, 3)), ops.ones((2, 3))))
    0.0
    """

    def __init__(self, temperature: float = 3.0, loss: Any = "kl_divergence") -> None:
        self._set_loss(loss, "At least one loss must be non-`None`.")
        if isinstance(temperature, bool) or not isinstance(temperature, (int, float)):
            raise ArgumentError(f"temperature must be a number, got {type(temperature)}")
        if not temperature > 0:
            raise ArgumentError(f"temperature must be positive. Received: temperature={temperature}")
        self.temperature = temperature

    def compute_loss(self, teacher_outputs: Structure, student_outputs: Structure, **kwargs: Any) -> Tensor:
        """The sum of the mean losses of all leaves.

        Args:
            teacher_outputs: the teacher's outputs, in the structure of a model's outputs.
            student_outputs: the student's outputs, of the same structure.
            kwargs: of no effect.
        """
        return self._sum(self._of_leaf, teacher_outputs, student_outputs)

    def _of_leaf(self, loss: Any, teacher: Tensor, student: Tensor) -> Tensor:
        teacher, student = teacher / self.temperature, student / self.temperature
        if loss is losses.kl_divergence or isinstance(loss, losses.KLDivergence):
            return ops.mean(loss(ops.softmax(teacher), ops.softmax(student))) * self.temperature**2
        return ops.mean(loss(teacher, student))

    def get_config(self) -> Config:
        """The constructor's arguments."""
        return {"temperature": self.temperature, **super().get_config()}
