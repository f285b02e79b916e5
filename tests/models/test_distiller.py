"""Distiller: a step by hand, what it leaves alone, files, words."""

import numpy as np
import pytest

import fastnn as keras
from fastnn.core.errors import ArgumentError
from fastnn.distillation import DistillationLoss, Distiller, FeatureDistillation, LogitsDistillation

RNG = np.random.default_rng(1)
X, Y = RNG.normal(size=(8, 4)).astype("float32"), RNG.normal(size=(8, 3)).astype("float32")


def network(hidden, outputs=3):
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(hidden, name=f"hidden_{hidden}"),
                             keras.layers.Dense(outputs, name=f"out_{hidden}")])  # fmt: skip


def made(losses=None, **kwargs):
    distiller = Distiller(network(6), network(5), losses or LogitsDistillation(2.0, "mse"), **kwargs)
    distiller.compile(keras.optimizers.SGD(0.1), "mse", metrics=["mae"])
    return distiller


@pytest.mark.parametrize("w", [0.0, 0.3, 1.0])
def test_losses_and_one_step_by_hand(w):
    distiller = made(student_loss_weight=w)
    teacher, student = (m(X) for m in (distiller.teacher, distiller.student))
    own = np.mean((student - Y) ** 2) if w else 0.0
    distilled = np.mean((teacher - student) ** 2) / 4 if w < 1 else 0.0
    kernel = distiller.student.layers[-1].kernel.numpy()
    hidden = np.asarray(distiller.student.layers[0](X))
    slope = w * 2 * (student - Y) / Y.size + (1 - w) * 2 * (student - teacher) / 4 / Y.size
    history = distiller.fit(X, Y, batch_size=8, verbose=0).history
    total = w * own + (1 - w) * distilled
    for name, value in {
        "student_loss": own,
        "distillation_loss": distilled,
        "total_loss": total,
        "loss": total,
    }.items():
        np.testing.assert_allclose(history[name], [value], rtol=1e-5)
    np.testing.assert_allclose(
        distiller.student.layers[-1].kernel, kernel - 0.1 * hidden.T @ slope, rtol=1e-4, atol=1e-6
    )


def test_the_teacher_stays_and_the_student_answers():
    distiller = made([LogitsDistillation(), FeatureDistillation("mse", "out_6", "out_5")],
                     distillation_loss_weights=[0.5, 2])  # fmt: skip
    before = [w.copy() for w in distiller.teacher.get_weights()]
    distiller.fit(X, Y, epochs=2, verbose=0)
    assert all(map(np.array_equal, before, distiller.teacher.get_weights()))
    assert not distiller.teacher.trainable and len(distiller.trainable_weights) == 4
    np.testing.assert_array_equal(distiller.predict(X, verbose=0), distiller.student.predict(X, verbose=0))
    results = distiller.evaluate(X, Y, verbose=0, return_dict=True)
    assert set(results) == {"loss", "student_loss", "distillation_loss", "total_loss", "mae"}


def test_features_of_inner_layers():
    teacher, student = network(6), keras.Sequential([keras.Input((4,)), keras.layers.Dense(6, name="inner"),
                                                     keras.layers.Dense(3)])  # fmt: skip
    distiller = Distiller(teacher, student, FeatureDistillation("mse", "hidden_6", "inner"), student_loss_weight=0.0)
    distiller.compile("sgd", "mse")
    expected = np.mean((teacher.layers[0](X) - student.layers[0](X)) ** 2)
    np.testing.assert_allclose(distiller.evaluate(X, Y, verbose=0, return_dict=True)["loss"], expected, rtol=1e-5)


def test_files(tmp_path):
    distiller = made([LogitsDistillation(3.0), LogitsDistillation(2.0, "mse")], student_loss_weight=0.7)
    distiller.fit(X, Y, verbose=0)
    distiller.save(tmp_path / "d.keras")
    again = keras.saving.load_model(tmp_path / "d.keras")
    assert type(again) is Distiller and again.student_loss_weight == 0.7
    assert [loss.temperature for loss in again.distillation_losses] == [3.0, 2.0]
    np.testing.assert_array_equal(again(X), distiller(X))
    assert again.evaluate(X, Y, verbose=0) == distiller.evaluate(X, Y, verbose=0)
    kept = [d.fit(X, Y, verbose=0).history for d in (again, distiller)]
    assert kept[0] == kept[1]


class Rows(DistillationLoss):
    def compute_loss(self, teacher_outputs, student_outputs, **kwargs):
        return keras.ops.mean(teacher_outputs - student_outputs, axis=1)


ONE = LogitsDistillation()


@pytest.mark.parametrize(("make", "words"), [
    (lambda: Distiller("teacher", network(5), ONE), "Teacher must be a keras.Model"),
    (lambda: Distiller(network(5), None, ONE), "Student must be a keras.Model"),
    (lambda: Distiller(network(5), network(6, 2), ONE), "output shapes are incompatible"),
    (lambda: Distiller(network(5), network(6), None), "cannot be `None`"),
    (lambda: Distiller(network(5), network(6), [ONE, ONE], [1.0]), "must match number of distillation_losses"),
    (lambda: Distiller(network(5), network(6), ONE, student_loss_weight=1.5), "between 0.0 and 1.0"),
    (lambda: Distiller(network(5), network(6), ONE, student_loss_weight="all"), "must be a number"),
    (lambda: made().compile("sgd"), "'loss' cannot be `None`"),
    (lambda: made().compile("sgd", "mse", metrics="mae"), "metrics must be a list or tuple"),
    (lambda: made(Rows()).fit(X, Y, verbose=0), "non-scalar loss")])  # fmt: skip
def test_what_cannot_be(make, words):
    with pytest.raises(ArgumentError, match=words):
        make()
