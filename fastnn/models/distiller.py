"""Distiller: a model that trains a student on the labels and on what a teacher says."""

from typing import Any, Self

from fastnn import losses, metrics, ops, tree
from fastnn.core.errors import ArgumentError
from fastnn.core.types import Config, Structure, Tensor
from fastnn.models.functional import Functional
from fastnn.models.model import Model
from fastnn.saving import identifiers as serial

FINAL = "final_output"


class Distiller(Model):
    """Trains `student` on w * (loss of the labels) + (1 - w) * (loss against the outputs of `teacher`).

    It predicts what the student does; the teacher is frozen. The logs have student_loss, distillation_loss and
    total_loss.

    Args:
        teacher, student: models of the same inputs and outputs.
        distillation_losses: a DistillationLoss, or a list of them.
        distillation_loss_weights: a number for each of a list; ones by default.
        student_loss_weight: w, between 0 and 1.
        name: str.
        kwargs: go to Model: trainable, dtype.

    Raises:
        ArgumentError: for models that do not fit each other or the losses, and for weights that are none.

    >>> import numpy as np
    >>> from fastnn import Input, Sequential, distillation, layers
    >>> teacher, student = (Sequential([Input((4,)), layers.Dense(3)]) for _ in range(2))
    >>> distiller = Distiller(teacher, student, distillation.LogitsDistillation(temperature=3.0))
    >>> distiller.compile("sgd", "mse")
    >>> history = distiller.fit(np.ones((8, 4)), np.ones((8, 3)), verbose=0)
    >>> sorted(history.history)
    ['distillation_loss', 'loss', 'student_loss', 'total_loss']
    """

    def __init__(
        self,
        teacher: Model,
        student: Model,
        distillation_losses: Any,
        distillation_loss_weights: Any = None,
        student_loss_weight: float = 0.5,
        name: str | None = "distiller",
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        _check_models(teacher, student)
        if isinstance(student_loss_weight, bool) or not isinstance(student_loss_weight, (int, float)):
            raise ArgumentError(f"student_loss_weight must be a number, got {type(student_loss_weight)}")
        if not 0 <= student_loss_weight <= 1:
            raise ArgumentError(f"student_loss_weight must be between 0.0 and 1.0, got {student_loss_weight}")
        if distillation_losses is None:
            raise ArgumentError(
                "'distillation_losses' cannot be `None`. Provide a distillation loss (e.g., LogitsDistillation or "
                "FeatureDistillation) or a list of distillation losses."
            )
        if not isinstance(distillation_losses, (list, tuple)):
            distillation_losses, distillation_loss_weights = [distillation_losses], None
        weights = [1.0] * len(distillation_losses) if distillation_loss_weights is None else distillation_loss_weights
        if len(weights) != len(distillation_losses):
            raise ArgumentError(
                f"Number of distillation_loss_weights ({len(weights)}) must match number of distillation_losses "
                f"({len(distillation_losses)})"
            )
        for loss in distillation_losses:
            loss.validate_model_compatibility(teacher, student)
        self.teacher, self.student = teacher, student
        self.student_loss_weight = student_loss_weight
        self.distillation_losses, self.distillation_loss_weights = list(distillation_losses), list(weights)
        self._teacher_feature_extractor = self._extractor(teacher, "teacher_layer_name")
        self._student_feature_extractor = self._extractor(student, "student_layer_name")
        teacher.trainable = False
        self.student_loss_tracker = metrics.Mean(name="student_loss")
        self.distillation_loss_tracker = metrics.Mean(name="distillation_loss")
        self.total_loss_tracker = metrics.Mean(name="total_loss")

    def _extractor(self, model: Any, attribute: str) -> Model | None:
        """The model whose outputs are those of the layers that the losses name, and its own; None without names."""
        names = list(dict.fromkeys(filter(None, (getattr(loss, attribute, None) for loss in self.distillation_losses))))
        if not names:
            return None
        outputs = {FINAL: model.outputs[0] if len(model.outputs) == 1 else model.output}
        outputs |= {name: model.get_layer(name=name).output for name in names}
        return Functional(model.inputs, outputs, name=f"{model.name}_multi_feature_extractor")

    def compile(self, optimizer: Any = "adam", loss: Any = None, metrics: Any = None, **kwargs: Any) -> None:
        """Say how the student is trained.

        Args:
            optimizer: as of Model.compile.
            loss: of the student and the labels: a name, a function or Loss, or a structure of them.
            metrics: a list, of the student's outputs.
            kwargs: as of Model.compile.

        Raises:
            ArgumentError: without a loss, and for metrics that are no list.
        """
        if loss is None:
            raise ArgumentError("'loss' cannot be `None`.")
        if metrics is not None and not isinstance(metrics, (list, tuple)):
            raise ArgumentError(f"metrics must be a list or tuple, got {type(metrics)}")
        student_loss = tree.map_structure(lambda one: losses.get(one) if isinstance(one, str) else one, loss)
        super().compile(optimizer=optimizer, loss=None, metrics=metrics, **kwargs)
        self._student_loss = student_loss
        self._trainer().compile_config["loss"] = loss  # what a file says

    def call(self, inputs: Structure, training: Any = None, **kwargs: Any) -> Structure:
        """What the student says.

        Args:
            inputs: values in the structure of the models' inputs.
            training: whether layers such as Dropout do what they do while training; None leaves it to the caller.
            kwargs: go to the student.
        """
        return self.student(inputs, training=training, **kwargs)

    def compute_loss(
        self,
        x: Structure = None,
        y: Structure = None,
        y_pred: Structure = None,
        sample_weight: Structure = None,
        training: bool = True,
    ) -> Tensor:
        """The weighted sum of the student's loss and the distillation losses.

        Args:
            x: the inputs of the batch.
            y: the labels.
            y_pred: the student's outputs; computed if None.
            sample_weight: not used.
            training: whether this is a step of training.

        Returns a float scalar. Raises ArgumentError for a distillation loss that is no scalar.
        """
        if y_pred is None:
            y_pred = self(x, training=training)
        own, distilled, w = ops.cast(0.0, "float32"), ops.cast(0.0, "float32"), self.student_loss_weight
        if w > 0 and y is not None:
            terms = tree.flatten(tree.map_structure(lambda f, true, out: f(true, out), self._student_loss, y, y_pred))
            terms = [ops.mean(term) if len(term.shape) else term for term in terms]
            own = ops.sum(ops.stack(terms))
        if w < 1:
            distilled = self._distilled(x, y_pred)
        total = w * own + (1.0 - w) * distilled
        self.student_loss_tracker.update_state(own)
        self.distillation_loss_tracker.update_state(distilled)
        self.total_loss_tracker.update_state(total)
        return total

    def _distilled(self, x: Structure, y_pred: Structure) -> Tensor:
        extractor = self._teacher_feature_extractor
        said = {FINAL: self.teacher(x, training=False)} if extractor is None else extractor(x, training=False)
        extractor = self._student_feature_extractor
        answered = {} if extractor is None else extractor(x, training=True)
        answered = {**answered, FINAL: y_pred}
        total = ops.cast(0.0, "float32")
        for loss, weight in zip(self.distillation_losses, self.distillation_loss_weights):
            pair = (
                said[getattr(loss, "teacher_layer_name", None) or FINAL],
                answered[getattr(loss, "student_layer_name", None) or FINAL],
            )
            loss.validate_outputs(*pair)
            value = loss.compute_loss(*pair)
            if len(getattr(value, "shape", ())):
                raise ArgumentError(
                    f"Distillation loss {type(loss).__name__} returned a non-scalar loss with shape "
                    f"{tuple(value.shape)}. The compute_loss method must return a scalar tensor."
                )
            total = total + weight * value
        return total

    def get_config(self) -> Config:
        """The constructor's arguments."""
        return {
            **super().get_config(),
            "teacher": serial.serialize(self.teacher),
            "student": serial.serialize(self.student),
            "distillation_losses": [serial.serialize(loss) for loss in self.distillation_losses],
            "distillation_loss_weights": self.distillation_loss_weights,
            "student_loss_weight": self.student_loss_weight,
        }

    @classmethod
    def from_config(cls, config: Config, custom_objects: Any = None) -> Self:
        """The inverse of get_config.

        Args:
            config: that dict.
            custom_objects: {name: class or function} for names that are neither fastnn's nor registered.
        """
        parts = {"teacher": "models", "student": "models", "distillation_losses": None}
        found = {name: serial.deserialize(config[name], category, custom_objects) for name, category in parts.items()}
        return cls(**{**config, **found})


def _check_models(teacher: Any, student: Any) -> None:
    """ArgumentError unless both are models whose symbolic inputs and outputs, if known, could be the same."""
    for role, model in (("Teacher", teacher), ("Student", student)):
        if not isinstance(model, Model):
            raise ArgumentError(f"{role} must be a keras.Model, got {type(model)}")
    for place in ("inputs", "outputs"):
        theirs, own = getattr(teacher, place, None), getattr(student, place, None)
        if theirs is None or own is None:
            continue
        word = place[:-1]
        if len(theirs) != len(own):
            raise ArgumentError(f"Teacher and student have different numbers of {place}: {len(theirs)} and {len(own)}.")
        for t, s in zip(theirs, own):
            shapes = f"Teacher: {tuple(t.shape)}, Student: {tuple(s.shape)}."
            if len(t.shape) != len(s.shape):
                raise ArgumentError(f"Teacher and student {word} shapes have different dimensions. {shapes}")
            if any(None not in (a, b) and a != b for a, b in zip(t.shape, s.shape)):
                raise ArgumentError(
                    f"Teacher and student {word} shapes are incompatible. {shapes} All dimensions must match."
                )
            if t.dtype != s.dtype:
                raise ArgumentError(
                    f"Teacher and student {word} dtypes must match. Teacher: {t.dtype}, Student: {s.dtype}."
                )
