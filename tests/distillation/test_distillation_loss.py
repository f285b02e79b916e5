"""Distillation losses: their numbers from plain NumPy, their configs, their words."""

import numpy as np
import pytest

import fastnn as keras
from fastnn.core.errors import ArgumentError, NotSupportedError
from fastnn.distillation import DistillationLoss, FeatureDistillation, LogitsDistillation

RNG = np.random.default_rng(0)
TEACHER, STUDENT = (RNG.normal(size=(5, 4)).astype("float32") for _ in range(2))


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def divergence(t, s, temperature):
    p, q = softmax(t.astype(float) / temperature), softmax(s.astype(float) / temperature)
    return temperature**2 * np.mean(np.sum(p * np.log(p / q), -1))


@pytest.mark.parametrize("temperature", [1, 2.0, 7.5])
@pytest.mark.parametrize("loss", ["kl_divergence", keras.losses.KLDivergence()])
def test_divergence_of_softened_probabilities(temperature, loss):
    value = LogitsDistillation(temperature, loss).compute_loss(TEACHER, STUDENT)
    np.testing.assert_allclose(value, divergence(TEACHER, STUDENT, temperature), rtol=1e-5)


@pytest.mark.parametrize(("loss", "expected"), [
    (LogitsDistillation(2.0, "mse"), np.mean((TEACHER - STUDENT) ** 2) / 4),
    (LogitsDistillation(2.0, keras.losses.MeanAbsoluteError()), np.mean(np.abs(TEACHER - STUDENT)) / 2),
    (FeatureDistillation(), np.mean((TEACHER - STUDENT) ** 2)),
    (FeatureDistillation("mae", "a", "b"), np.mean(np.abs(TEACHER - STUDENT)))])  # fmt: skip
def test_other_losses(loss, expected):
    np.testing.assert_allclose(loss.compute_loss(TEACHER, STUDENT), expected, rtol=1e-5)


def test_a_loss_per_output_and_none_of_some():
    loss = FeatureDistillation({"a": "mse", "b": None, "c": "mae"})
    outputs = [{"a": x, "b": x, "c": 2 * x} for x in (TEACHER, STUDENT)]
    loss.validate_outputs(*outputs)
    expected = np.mean((TEACHER - STUDENT) ** 2) + 2 * np.mean(np.abs(TEACHER - STUDENT))
    np.testing.assert_allclose(loss.compute_loss(*outputs), expected, rtol=1e-5)


@pytest.mark.parametrize("loss", [
    LogitsDistillation(4.0, "mse"), LogitsDistillation(loss=["kl_divergence", None]),
    FeatureDistillation(keras.losses.Huber(0.5), "first"),
    FeatureDistillation({"a": "mae"}, None, "last")])  # fmt: skip
def test_config_there_and_back(loss):
    config = keras.saving.serialize_keras_object(loss)
    assert config["module"] == "keras.distillation"
    again = keras.saving.deserialize_keras_object(config)
    assert type(again) is type(loss) and again.get_config() == loss.get_config()


@pytest.mark.parametrize(("make", "words"), [
    (lambda: LogitsDistillation(0.0), "temperature must be positive"),
    (lambda: LogitsDistillation("hot"), "temperature must be a number"),
    (lambda: LogitsDistillation(loss=[None, None]), "At least one loss must be non-`None`"),
    (lambda: FeatureDistillation(None), "at least one non-`None` value"),
    (lambda: LogitsDistillation(loss="no_such"), "no_such"),
    (lambda: LogitsDistillation().validate_outputs(TEACHER, [STUDENT]), "structure"),
    (lambda: FeatureDistillation(["mse"]).validate_outputs(TEACHER, STUDENT), "Loss structure mismatch")])  # fmt: skip
def test_what_cannot_be(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_layers_that_are_not_there():
    functional = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="last")])

    class Own(keras.Model):
        pass

    FeatureDistillation(student_layer_name="last").validate_model_compatibility(functional, functional)
    with pytest.raises(ArgumentError, match="In teacher model"):
        FeatureDistillation("mse", "frist", "last").validate_model_compatibility(functional, functional)
    with pytest.raises(ArgumentError, match="The teacher model"):
        FeatureDistillation("mse", "last", "last").validate_model_compatibility(Own(), functional)
    with pytest.raises(NotSupportedError, match="compute_loss"):
        DistillationLoss().compute_loss(TEACHER, STUDENT)
