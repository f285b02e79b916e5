"""The eight exercises of the page: a question, what to watch, and things to try, with what is to be expected of each.

What is expected is said twice: as text for the page, and as claims that hold for the numbers of the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from fastnn.core.errors import UnknownNameError
from fastnn.playground.session import Session


@dataclass(frozen=True)
class Try:
    """One thing to try.

    title, expected: texts.  settings: what differs from the page's start.  steps: after which the claims hold.
    claims: (measure, "<" or ">", bound), the measures of `measured`.
    """

    title: str
    expected: str
    settings: dict[str, Any]
    steps: int
    claims: tuple[tuple[str, str, float], ...]


@dataclass(frozen=True)
class Exercise:
    """A title, a question, what to watch, and what to try."""

    title: str
    question: str
    watch: str
    tries: tuple[Try, ...]

    def to_plain(self) -> dict[str, Any]:
        """What the page shows."""
        shown = [{"title": t.title, "expected": t.expected, "settings": t.settings} for t in self.tries]
        return {"title": self.title, "question": self.question, "watch": self.watch, "tries": shown}


MEASURES: dict[str, Callable[[Session, dict[str, Any]], float]] = {
    "training loss": lambda session, m: m["train"]["loss"],
    "test loss": lambda session, m: m["test"]["loss"],
    "test accuracy": lambda session, m: m["test"]["accuracy"],
    "gap": lambda session, m: m["test"]["loss"] - m["train"]["loss"],
    "share of weights near 0": lambda session, m: float(np.mean(np.abs(_kernels(session)) < 0.01)),
    "first layer's gradient": lambda session, m: m["gradients"][0],
}


def _kernels(session: Session) -> Any:
    return np.concatenate([np.ravel(layer.get_weights()[0]) for layer in session.dense])


def measured(session: Session, names: Iterable[str]) -> dict[str, float]:
    """Measures of a session by their names."""
    numbers, out = session.measure(), {}
    for name in names:
        if name not in MEASURES:
            raise UnknownNameError(f"measure: received {name!r}, expected one of {', '.join(MEASURES)}.")
        out[name] = MEASURES[name](session, numbers)
    return out


def layers(*units: int) -> list[dict[str, Any]]:
    """Hidden layers of so many neurons, as plain settings.

    >>> layers(4)
    [{'units': 4, 'norm': False, 'dropout': 0.0}]
    """
    return [{"units": n, "norm": False, "dropout": 0.0} for n in units]


_ALL = ["x1", "x2", "x1_squared", "x2_squared", "x1_x2", "sin_x1", "sin_x2"]
_NOISY: dict[str, Any] = {"noise": 50, "train": 20, "layers": layers(8, 8)}

EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        "Start it",
        "What does training do? Press Play, then Pause, then Step a few times.",
        "The losses, the colours behind the points, and how the weights grow.",
        (
            Try("Circle, two hidden layers", "Within 1,000 steps the loss falls from about 1 to below 0.1, and the map "
                "encloses the blue points.",
                {"data": "circle"}, 1000, (("test loss", "<", 0.1), ("test accuracy", ">", 0.95))),
            Try("Two groups, no hidden layer", "One straight border is enough here, so the output alone learns it.",
                {"data": "two_groups", "layers": []}, 1000, (("test accuracy", ">", 0.98),)),
        ),
    ),
    Exercise(
        "Layers",
        "How many hidden layers does the spiral need?",
        "The loss where it no longer falls, and how the pictures of deeper layers are made of those before.",
        (
            Try("One layer of 4", "It does not follow the arms: about two thirds of the test points are right.",
                {"data": "spiral", "layers": layers(4)}, 20_000,
                (("test accuracy", "<", 0.75), ("training loss", ">", 0.5))),
            Try("One layer of 8", "Better, and far from done: a single layer only adds up straight borders.",
                {"data": "spiral", "layers": layers(8)}, 20_000,
                (("test accuracy", "<", 0.88), ("training loss", "<", 0.65))),
            Try("Two layers of 8", "The second layer bends what the first one gives: most points are right.",
                {"data": "spiral", "layers": layers(8, 8)}, 20_000, (("test accuracy", ">", 0.86),)),
        ),
    ),
    Exercise(
        "Neurons",
        "How few neurons enclose the circle? Each neuron of the first layer draws one straight border.",
        "The borders of the neurons, and the corners of the blue region.",
        (
            Try("One neuron", "One border cuts the plane in two: a third of the points stays wrong.",
                {"layers": layers(1)}, 5000, (("test accuracy", "<", 0.75),)),
            Try("Two neurons", "A band between two borders is open at its ends.",
                {"layers": layers(2)}, 5000, (("test accuracy", "<", 0.93), ("test loss", ">", 0.3))),
            Try("Three neurons", "Three borders make a triangle, the first figure that encloses something.",
                {"layers": layers(3)}, 5000, (("test accuracy", ">", 0.97), ("test loss", "<", 0.1))),
        ),
    ),
    Exercise(
        "Features",
        "Can the right input do without hidden layers?",
        "Which weight grows, and how many steps it takes.",
        (
            Try("Exclusive or of x₁ and x₂", "No straight border parts these points; the output cannot learn it.",
                {"data": "exclusive_or", "layers": []}, 2000, (("test loss", ">", 0.9),)),
            Try("Exclusive or of x₁x₂", "The product has the sign that is asked for: done after a few hundred steps.",
                {"data": "exclusive_or", "layers": [], "features": ["x1_x2"]}, 500, (("test accuracy", ">", 0.97),)),
            Try("Spiral with sines", "With sin x₁ and sin x₂ two layers follow the arms to the end.",
                {"data": "spiral", "layers": layers(8, 8), "features": ["x1", "x2", "sin_x1", "sin_x2"]}, 20_000,
                (("test accuracy", ">", 0.95),)),
        ),
    ),
    Exercise(
        "Noise, and points for training",
        "When does the network learn the points by heart, and not the rule?",
        "The gap between the two losses, and islands in the map.",
        (
            Try("Much noise, few points", "The training loss goes towards 0 while the test loss rises above 1.",
                {"noise": 50, "train": 10, "layers": layers(8, 8)}, 20_000,
                (("training loss", "<", 0.35), ("gap", ">", 0.5))),
            Try("Much noise, many points", "450 points cannot be learnt by heart: the gap is small.",
                {"noise": 50, "train": 90, "layers": layers(8, 8)}, 20_000, (("gap", "<", 0.45),)),
            Try("No noise", "Where the rule has no exceptions half of the points are enough.",
                {"noise": 0, "layers": layers(8, 8)}, 5000, (("gap", "<", 0.1), ("test accuracy", ">", 0.97))),
        ),
    ),
    Exercise(
        "Learning rate",
        "What is too small, and what is too large?",
        "The curve of the loss: flat, falling, or jumping.",
        (
            Try("0.00001", "Nothing seems to happen: after 2,000 steps the loss is where it was.",
                {"rate": 0.00001, "layers": layers(4, 4)}, 2000, (("test loss", ">", 0.9),)),
            Try("0.03", "The loss falls fast and smoothly.",
                {"rate": 0.03, "layers": layers(4, 4)}, 2000, (("test loss", "<", 0.1),)),
            Try("10", "Each step goes too far; the loss jumps and ends above where it began.",
                {"rate": 10.0, "layers": layers(4, 4)}, 2000, (("test loss", ">", 0.9),)),
        ),
    ),
    Exercise(
        "Activation",
        "Why are there activations, and why is the choice of one important?",
        "The pictures of the neurons, and the gradients of the first layers.",
        (
            Try("Linear", "Layers without an activation are one linear function: no more than a straight border.",
                {"activation": "linear", "layers": layers(6, 6)}, 1000, (("test loss", ">", 0.9),)),
            Try("ReLU", "Borders with sharp corners, and fast training.",
                {"activation": "relu", "layers": layers(6, 6)}, 1000, (("test accuracy", ">", 0.97),)),
            Try("tanh", "Round borders, about as fast.",
                {"activation": "tanh", "layers": layers(6, 6)}, 1000, (("test accuracy", ">", 0.97),)),
            Try("Sigmoid, four layers", "Each layer lets through a quarter of the gradient at most: the first one "
                "hardly gets any, and nothing is learnt.",
                {"activation": "sigmoid", "layers": layers(6, 6, 6, 6)}, 2000,
                (("test loss", ">", 0.9), ("first layer's gradient", "<", 0.01))),
        ),
    ),
    Exercise(
        "Regularization",
        "What keeps a network from learning noise by heart?",
        "The gap between the losses, and the width of the lines.",
        (
            Try("None", "100 noisy points are learnt by heart: a wide gap, thick lines.",
                _NOISY, 20_000, (("gap", ">", 0.5),)),
            Try("L2, 0.01", "Large weights cost: the lines grow thin and the test loss falls.",
                {**_NOISY, "penalty": "l2", "penalty_rate": 0.01}, 20_000,
                (("gap", "<", 0.45), ("test loss", "<", 0.9))),
            Try("L1, 0.01", "Weights that are not needed go to 0: most lines are dotted.",
                {**_NOISY, "penalty": "l1", "penalty_rate": 0.01}, 20_000,
                (("gap", "<", 0.5), ("share of weights near 0", ">", 0.5))),
            Try("L1 chooses among all inputs", "Of seven inputs the exclusive or keeps x₁x₂.",
                {"data": "exclusive_or", "layers": layers(6), "features": _ALL, "penalty": "l1",
                 "penalty_rate": 0.003}, 10_000, (("test accuracy", ">", 0.97), ("share of weights near 0", ">", 0.5))),
        ),
    ),
)  # fmt: skip
