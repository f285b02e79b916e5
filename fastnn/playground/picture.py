"""What a page draws: the answers of all neurons over the plane, as bytes."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from fastnn.models import Model
from fastnn.playground.network import dense_layers
from fastnn.playground.points import FEATURES, columns
from fastnn.playground.session import Session, finite

HALF, SMALL, LARGE = 6.0, 32, 100  # the plane goes from -6 to 6; pixels of a neuron's picture and of the large one
ONE, NO_NUMBER = 127, 255  # the byte of an answer v is round(127 v) + 127; of NaN it is 255
SHADES = 40  # of a class in the map of more than two classes: byte = 40 class + 39 certainty


class Picture:
    """The pictures of one session.

    shown: the two columns of own data that span the plane, from 0; the others are at the middle of their range.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        model, dense = session.model, dense_layers(session.model)
        ends = []  # of a hidden layer what the next one is given: behind its normalization
        for layer in model.layers:
            if layer in dense:
                ends.append(layer.output)
            elif layer.name.startswith("norm_"):
                ends[-1] = layer.output
        self._answers = Model(model.inputs, ends)
        self._planes: dict[tuple[int, tuple[int, int]], Any] = {}

    def plane(self, size: int, shown: tuple[int, int]) -> Any:
        """The network's inputs for a square of pixels, from the upper left corner, row by row."""
        key = size, shown
        if key not in self._planes:
            if len(self._planes) > 8:
                self._planes.clear()
            self._planes[key] = columns(positions(size, self.session.points.x.shape[1], shown),
                                        list(self.session.settings.features))  # fmt: skip
        return self._planes[key]

    def features(self, shown: tuple[int, int] = (0, 1)) -> dict[str, bytes]:
        """What each input that can be chosen looks like on the plane: {name: bytes}, SMALL x SMALL of them."""
        count = self.session.points.x.shape[1]
        names = [*FEATURES, *(f"column_{k}" for k in range(3, count + 1))]
        made = columns(positions(SMALL, count, shown), names)
        return {name: shades(made[:, k]).tobytes() for k, name in enumerate(names)}

    def frame(self, view: tuple[int, int] | None = None, shown: tuple[int, int] = (0, 1)) -> bytes:
        """One picture: a header as JSON, its length in front (uint32), then the bytes of the sections that it names.

        view: (layer, neuron) whose answer the large picture has; the network's own if None.
        Sections: "weights" float32, "neurons" (layers' neurons, SMALL, SMALL) and "map" (LARGE, LARGE) uint8.
        """
        session = self.session
        answers = self._answers(self.plane(SMALL, shown))
        answers = answers if isinstance(answers, (list, tuple)) else [answers]
        small = np.concatenate([self._signed(a, k) for k, a in enumerate(answers)], 1)
        numbers = session.measure()
        for part in ("train", "test"):
            numbers[part]["loss"] = finite(numbers[part]["loss"])
        numbers["gradients"] = [finite(g) for g in numbers["gradients"]]
        sections = {"weights": session.weights(), "neurons": shades(small.T), "map": self._large(view, shown)}
        header = {"step": session.step, "epoch": session.step / session.epoch_steps, **numbers,
                  "broken": session.broken, "sections": [[name, a.nbytes] for name, a in sections.items()]}  # fmt: skip
        text = json.dumps(header, allow_nan=False).encode()
        text += b" " * (-len(text) % 4)
        return b"".join([len(text).to_bytes(4, "little"), text, *(a.tobytes() for a in sections.values())])

    def _large(self, view: tuple[int, int] | None, shown: tuple[int, int]) -> Any:
        inputs, session = self.plane(LARGE, shown), self.session
        if view is not None:
            layer, neuron = view
            answers = self._answers(inputs)
            answers = answers[layer] if isinstance(answers, (list, tuple)) else answers
            return shades(self._signed(answers, layer)[:, neuron])
        answer = np.asarray(session.model(inputs))
        if session.settings.classes > 2:
            return classes(answer)
        return shades(self._signed(answer, len(session.dense) - 1)[:, 0])

    def _signed(self, answer: Any, layer: int) -> Any:
        """Answers of a layer from -1 to 1: those of the output that are probabilities are spread to that."""
        if layer == len(self.session.dense) - 1 and self.session.settings.output[1] in ("sigmoid", "softmax"):
            return 2 * answer - 1
        return answer


def positions(size: int, count: int, shown: tuple[int, int]) -> Any:
    """The middles of the pixels of a square, float32 (size * size, count), from the upper left corner, row by row.

    >>> positions(2, 2, (0, 1)).tolist()
    [[-3.0, 3.0], [3.0, 3.0], [-3.0, -3.0], [3.0, -3.0]]
    """
    middle = ((np.arange(size) + 0.5) / size * 2 - 1) * HALF
    x = np.zeros((size * size, count), "float32")
    x[:, shown[0]], x[:, shown[1]] = np.tile(middle, size), np.repeat(-middle, size)
    return x


def shades(values: Any) -> Any:
    """Answers as bytes: 0 is -1 and below, 127 is 0, 254 is 1 and above, 255 is NaN.

    >>> shades(np.array([-2.0, 0.0, 0.5, np.nan])).tolist()
    [0, 127, 191, 255]
    """
    lost = np.isnan(values)
    out = np.rint(np.clip(np.where(lost, 0, values), -1, 1) * ONE) + ONE
    return np.where(lost, NO_NUMBER, out).astype("uint8")


def classes(probabilities: Any) -> Any:
    """Probabilities (n, k) as bytes: 40 times the likeliest class, and up to 39 for how sure it is.

    >>> classes(np.array([[0.0, 1.0, 0.0], [0.4, 0.3, 0.3]])).tolist()
    [79, 4]
    """
    lost = np.isnan(probabilities).any(1)
    p = np.where(lost[:, None], 1, probabilities)
    k = p.shape[1]
    sure = np.clip((p.max(1) - 1 / k) / (1 - 1 / k), 0, 1)
    out = p.argmax(1) * SHADES + np.rint(sure * (SHADES - 1))
    return np.where(lost, NO_NUMBER, out).astype("uint8")


def view_of(session: Session, plain: Any) -> tuple[int, int] | None:
    """A view that a page asks for, None where there is no such neuron: it may have gone since."""
    if not (isinstance(plain, list) and len(plain) == 2 and all(type(v) is int for v in plain)):
        return None
    layer, neuron = plain
    if not 0 <= layer < len(session.dense) or not 0 <= neuron < session.dense[layer].units:
        return None
    return layer, neuron


def shown_of(session: Session, plain: Any) -> tuple[int, int]:
    """The two columns that a page wants on the plane; the first two where it says nothing else."""
    count = session.points.x.shape[1]
    good = isinstance(plain, list) and len(plain) == 2 and all(type(v) is int and 0 <= v < count for v in plain)
    return (plain[0], plain[1]) if good and plain[0] != plain[1] else (0, 1)
