"""The training of one page: steps, edits between them, and the numbers that it shows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from fastnn import losses
from fastnn.core.arguments import count, number
from fastnn.core.errors import ArgumentError, NotFiniteError
from fastnn.playground.network import LOSS, Points, accuracy, build, dense_layers, gradients_of
from fastnn.playground.settings import Settings, check_rate

MOST_STEPS = 1_000_000_000  # of a page; a link says how many to run again
MOST_EDITS = 1000


@dataclass(frozen=True)
class Edit:
    """A change that does not begin training anew.

    step: so many steps were done before it.  kind: "rate", "weight" or "bias".  layer, row, column: of a weight,
    counted from 0, the output's layer last; a bias has no row, a rate nothing.
    """

    step: int
    kind: str
    value: float
    layer: int = 0
    row: int = 0
    column: int = 0

    def to_plain(self) -> list[Any]:
        """As a short list."""
        place = {"rate": (), "bias": (self.layer, self.column), "weight": (self.layer, self.row, self.column)}
        return [self.step, self.kind, self.value, *place[self.kind]]


class Session:
    """A network of a page with its data, trained as far as the page wants.

    The rows of an epoch come in the order of the data, so where training stops and goes on changes no bit.

    Args:
        settings: Settings.
        edits: Edits that are made when their step has come, in order of steps.

    >>> from fastnn.playground.settings import Settings
    >>> session = Session(Settings())
    >>> session.advance(1000)
    >>> session.step, session.measure()["test"]["accuracy"] > 0.9
    (1000, True)
    """

    def __init__(self, settings: Settings, edits: Any = ()) -> None:
        self.settings, self.step, self.edits, self.broken = settings, 0, [], ""
        self.points, self.model = Points(settings), build(settings)
        self.begin = [np.array(w) for w in self.model.get_weights()]
        self.dense = dense_layers(self.model)
        self._gradients, self._loss = gradients_of(self.model), getattr(losses, LOSS[settings.output[2]])()
        self.later = [self._checked(edit) for edit in edits]
        if [e.step for e in self.later] != sorted(e.step for e in self.later):
            raise ArgumentError("edits: received steps that go back; expected them in the order of training.")
        self._apply_due()

    @property
    def epoch_steps(self) -> int:
        """Steps of an epoch."""
        return -(-self.points.cut // self.settings.batch)

    # ------------------------------------------------------------------ training
    def advance(self, steps: int) -> None:
        """Train some steps more, making the edits that fall due; a step that gives no finite number ends it. `broken`
        then says why, and the weights are those before that step.

        Args:
            steps: how many, an int.
        """
        target = min(self.step + count("steps", steps, 0), MOST_STEPS)
        while self.step < target and not self.broken:
            until = min([target, *(e.step for e in self.later[:1])])
            self._train(until)
            self._apply_due()

    def _train(self, until: int) -> None:
        x, y = self.points.train
        for rows, epochs in spans(self.step, until, self.settings.batch, self.points.cut):
            try:
                self.model.fit(x[rows], y[rows], batch_size=self.settings.batch, epochs=epochs, shuffle=False,
                               verbose=0, nan="raise")  # fmt: skip
            except NotFiniteError as error:
                self.broken = str(error)
                self.step = int(self.model.optimizer.iterations)
                return
        self.step = until

    # ------------------------------------------------------------------ edits
    def edit(self, kind: str, value: float, *place: int) -> Edit:
        """Change a weight, a bias or the learning rate now; the edit is kept for links and scripts.

        Args:
            kind: "rate", "weight" or "bias".
            value: the new number.
            place: of a weight layer, row and column; of a bias layer and column; counted from 0.
        """
        edit = self._checked(edit_of([self.step, kind, value, *place]))
        self.later.clear()  # what a link had planned after this is another history
        self._apply(edit)
        return edit

    def _checked(self, edit: Edit) -> Edit:
        if edit.kind == "rate":
            check_rate(edit.value)
        else:
            number("value", edit.value, -1e6, 1e6)
            count("layer", edit.layer, 0, most=len(self.dense) - 1)
            rows, columns = self.dense[edit.layer].kernel.shape
            count("row", edit.row, 0, most=rows - 1)
            count("column", edit.column, 0, most=columns - 1)
        if len(self.edits) >= MOST_EDITS:
            raise ArgumentError(f"edits: a page keeps {MOST_EDITS} of them; reset it to make others.")
        return edit

    def _apply_due(self) -> None:
        while self.later and self.later[0].step <= self.step and not self.broken:
            self._apply(self.later.pop(0))

    def _apply(self, edit: Edit) -> None:
        if edit.kind == "rate":
            self.model.optimizer.learning_rate = edit.value
        else:
            layer = self.dense[edit.layer]
            weights = layer.get_weights()
            if edit.kind == "weight":
                weights[0][edit.row, edit.column] = edit.value
            else:
                weights[1][edit.column] = edit.value
            layer.set_weights(weights)
        self.broken = ""
        last = self.edits[-1] if self.edits else None
        if last is not None and last.to_plain()[:2] + last.to_plain()[3:] == edit.to_plain()[:2] + edit.to_plain()[3:]:
            self.edits.pop()  # a slider that is dragged: the last word counts
        self.edits.append(edit)

    # ------------------------------------------------------------------ numbers
    def measure(self) -> dict[str, Any]:
        """{"train", "test": {"loss", "accuracy"}, "gradients": [norm of each Dense kernel's], "rate": number}.

        The loss is without penalties; the gradients, over all training points, are of the loss with them.
        """
        predicted = self.model.predict(self.points.inputs, batch_size=len(self.points.inputs), verbose=0)
        out: dict[str, Any] = {}
        for name, rows in (("train", slice(None, self.points.cut)), ("test", slice(self.points.cut, None))):
            y, p = self.points.targets[rows], predicted[rows]
            out[name] = {"loss": float(self._loss(y, p)), "accuracy": accuracy(self.settings, y, p)}
        x, y = self.points.train
        norms = self._gradients.evaluate(x, y, batch_size=len(x), verbose=0, return_dict=True)
        out["gradients"] = [norms[str(k)] for k in range(len(self.dense))]
        out["rate"] = float(self.model.optimizer.learning_rate)
        return out

    def weights(self) -> np.ndarray:
        """Kernel and bias of each Dense layer, one after another, float32."""
        return np.concatenate([w.ravel() for layer in self.dense for w in layer.get_weights()])

    def state(self) -> dict[str, Any]:
        """All that a link holds: settings, edits, steps."""
        return {"settings": self.settings.to_plain(), "edits": [e.to_plain() for e in (*self.edits, *self.later)],
                "step": self.step}  # fmt: skip


def spans(first: int, until: int, batch: int, rows: int) -> list[tuple[slice, int]]:
    """Steps first to until as calls of fit: [(rows of the data, epochs)].

    Args:
        batch, rows: of an epoch, whose last batch may be shorter.

    >>> spans(1, 6, 10, 25)
    [(slice(10, 25, None), 1), (slice(0, 25, None), 1)]
    """
    steps = -(-rows // batch)
    out = []
    while first < until:
        at = first % steps
        if not at and until - first >= steps:
            epochs = (until - first) // steps
            out.append((slice(0, rows), epochs))
            first += epochs * steps
        else:
            end = min(steps, at + until - first)
            out.append((slice(at * batch, min(end * batch, rows)), 1))
            first += end - at
    return out


def edit_of(plain: Any) -> Edit:
    """An Edit of [step, kind, value, ...place]; ArgumentError where it is none."""
    lengths = {"rate": 3, "bias": 5, "weight": 6}
    if not isinstance(plain, list) or len(plain) < 3 or lengths.get(str(plain[1])) != len(plain):
        raise ArgumentError(
            f"edit: received {plain!r:.200}, expected [step, 'rate', value], [step, 'bias', value, layer, column] or "
            "[step, 'weight', value, layer, row, column]."
        )
    step, kind, value, *place = plain
    count("step", step, 0, most=MOST_STEPS)
    value = float(number("value", value))
    for part in place:
        count("layer, row and column", part, 0)
    if kind == "bias":
        place = [place[0], 0, place[1]]
    return Edit(step, kind, value, *place)


def session_of(state: Any) -> tuple[Session, int]:
    """(a new Session, the step up to which it is to be trained) of what `Session.state` gave."""
    if not isinstance(state, dict) or not set(state) <= {"settings", "edits", "step"} or "settings" not in state:
        raise ArgumentError(f"state: received {state!r:.200}, expected an object with settings, edits and step.")
    edits = state.get("edits", [])
    if not isinstance(edits, list) or len(edits) > MOST_EDITS:
        raise ArgumentError(f"edits: expected a list of up to {MOST_EDITS} of them.")
    until = count("step", state.get("step", 0), 0, most=MOST_STEPS)
    return Session(Settings.from_plain(state["settings"]), [edit_of(e) for e in edits]), until


def finite(value: float | None) -> float | None:
    """A number for JSON, which has no NaN."""
    return value if value is not None and math.isfinite(value) else None
