"""What a page has set: checked whole before anything is built, as plain data for links and scripts."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from fastnn.core.arguments import count, number
from fastnn.core.errors import ArgumentError
from fastnn.playground.own import Own
from fastnn.playground.points import FEATURES, SETS

MAX_LAYERS, MAX_UNITS = 6, 8
ACTIVATIONS = (
    "relu", "tanh", "sigmoid", "linear", "leaky_relu", "relu6", "elu", "selu", "celu", "gelu", "silu", "mish",
    "softplus", "softsign", "squareplus", "exponential", "hard_sigmoid", "hard_silu", "hard_tanh", "hard_shrink",
    "soft_shrink", "tanh_shrink", "sparse_plus", "sparse_sigmoid", "sparsemax", "log_sigmoid", "softmax",
    "log_softmax",
)  # fmt: skip
# what the page calls it -> the class and its arguments besides the learning rate
OPTIMIZERS: dict[str, tuple[str, dict[str, Any]]] = {
    "SGD": ("SGD", {}),
    "SGD with momentum": ("SGD", {"momentum": 0.9}),
    "SGD with Nesterov momentum": ("SGD", {"momentum": 0.9, "nesterov": True}),
    **{name: (name, {}) for name in ("RMSprop", "Adam", "AdamW", "Nadam", "Adamax", "Adagrad", "Adadelta", "Ftrl",
                                     "Lion", "Lamb", "Adafactor")},
}  # fmt: skip
RATES = (0.00001, 0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
PENALTIES = ("none", "l1", "l2")
PENALTY_RATES = (0.0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
LOSSES = ("mse", "crossentropy")


@dataclass(frozen=True)
class Block:
    """A hidden layer: Dense, and what follows it.

    units: 1 to 8.  norm: whether a BatchNormalization follows.  dropout: the rate of a Dropout behind that, 0 for none.
    """

    units: int
    norm: bool = False
    dropout: float = 0.0

    def __post_init__(self) -> None:
        count("layers: units", self.units, 1, most=MAX_UNITS)
        if not isinstance(self.norm, bool):
            raise ArgumentError(f"layers: received norm={self.norm!r:.200}, expected true or false.")
        number("dropout", self.dropout, 0, 0.9)


@dataclass(frozen=True)
class Settings:
    """A network, its data and its training, as the page has them.

    data: a name of SETS, or "own" with `own` set.  noise: 0 to 50 %.  train: 10 to 90 % of the points.  batch: 1 to 30.
    points_seed, seed: of the points; of the network's weights and dropped units.  features: names of FEATURES, or
    "column_3" and so on of own data.  layers: up to 6 Blocks.  activation, optimizer, penalty: names.  rate: 0.00001 to
    10, penalty_rate: 0 to 10.  loss: "mse" or "crossentropy", for classification.  own: points of the user's own.

    Raises ArgumentError that says what was received and what is expected.

    >>> Settings(layers=(Block(3),)).task
    'classification'
    """

    data: str = "circle"
    noise: int = 0
    train: int = 50
    batch: int = 10
    points_seed: int = 1
    seed: int = 1
    features: tuple[str, ...] = ("x1", "x2")
    layers: tuple[Block, ...] = field(default_factory=lambda: (Block(4), Block(2)))
    activation: str = "tanh"
    rate: float = 0.03
    optimizer: str = "SGD"
    penalty: str = "none"
    penalty_rate: float = 0.0
    loss: str = "mse"
    own: Own | None = None

    def __post_init__(self) -> None:
        _one_of("data", self.data, (*SETS, "own"))
        if (self.data == "own") != (self.own is not None):
            raise ArgumentError(
                f"data: received {self.data!r} {'with' if self.own else 'without'} own points; expected own points "
                "with 'own' and only there: load a CSV file first."
            )
        for name, low, high in (("noise", 0, 50), ("train", 10, 90), ("batch", 1, 30), ("points_seed", 0, 2**31 - 1),
                                ("seed", 0, 2**31 - 1)):  # fmt: skip
            count(name, getattr(self, name), low, most=high)
        columns = 2 if self.own is None else len(self.own.names)
        known = (*FEATURES, *(f"column_{k}" for k in range(3, columns + 1)))
        _items("features", self.features, 1, len(known))
        for name in self.features:
            _one_of("features", name, known)
        if len(set(self.features)) < len(self.features):
            raise ArgumentError(f"features: received {list(self.features)}, expected each name once.")
        _items("layers", self.layers, 0, MAX_LAYERS)
        _one_of("activation", self.activation, ACTIVATIONS)
        _one_of("optimizer", self.optimizer, tuple(OPTIMIZERS))
        _one_of("penalty", self.penalty, PENALTIES)
        _one_of("loss", self.loss, LOSSES)
        check_rate(self.rate)
        number("penalty_rate", self.penalty_rate, 0, PENALTY_RATES[-1])

    @property
    def task(self) -> str:
        """ "classification" or "regression"."""
        return SETS[self.data][1] if self.own is None else self.own.task

    @property
    def classes(self) -> int:
        """How many classes there are; 0 in regression."""
        return 0 if self.task == "regression" else 2 if self.own is None else len(self.own.classes)

    @property
    def output(self) -> tuple[int, str, str]:
        """(units, activation, loss) of the network's output."""
        if self.task == "regression":
            return 1, "linear", "mse"
        if self.classes > 2:
            return self.classes, "softmax", "sparse_categorical_crossentropy"
        return (1, "tanh", "mse") if self.loss == "mse" else (1, "sigmoid", "binary_crossentropy")

    @property
    def signed(self) -> bool:
        """Whether the targets of two classes are -1 and 1, for a tanh, and not 0 and 1."""
        return self.classes == 2 and self.loss == "mse"

    def to_plain(self) -> dict[str, Any]:
        """As JSON's kinds of values; `from_plain` makes it again."""
        plain = asdict(self)
        plain["own"] = None if self.own is None else self.own.to_plain()
        plain["features"], plain["layers"] = list(self.features), list(plain["layers"])
        return plain

    @classmethod
    def from_plain(cls, plain: Any) -> Settings:
        """Settings of what a page or a link says; what is left out is as at the start.

        Args:
            plain: a dict as `to_plain` gives it.

        >>> Settings.from_plain({"layers": [{"units": 9}]})
        Traceback (most recent call last):
        fastnn.core.errors.ArgumentError: layers: units: received 9, expected an int from 1 to 8.
        """
        known = dict(_known("settings", plain, cls))
        for name in ("features", "layers"):
            if name in known:
                _items(name, known[name], 0, 64)
                known[name] = tuple(known[name])
        if "layers" in known:
            known["layers"] = tuple(Block(**_block(layer)) for layer in known["layers"])
        if known.get("own") is not None:
            known["own"] = Own.from_plain(known["own"])
        return cls(**known)


def check_rate(value: Any) -> float:
    """A learning rate as a float, from 0.00001 to 10."""
    return float(number("rate", value, RATES[0], RATES[-1]))


def _block(plain: Any) -> dict[str, Any]:
    known = _known("layers", plain, Block)
    if "units" not in known:
        raise ArgumentError(f"layers: received {plain!r:.200}, expected an object with 'units'.")
    return known


def _known(what: str, plain: Any, kind: type) -> dict[str, Any]:
    """`plain` if it is a dict of names that `kind` has."""
    names = [f.name for f in fields(kind)]
    if not isinstance(plain, dict):
        raise ArgumentError(f"{what}: received {plain!r:.200}, expected an object with some of {', '.join(names)}.")
    for name in plain:
        _one_of(what, name, tuple(names))
    return plain


def _one_of(what: str, value: Any, known: tuple[str, ...]) -> None:
    if not isinstance(value, str) or value not in known:
        raise ArgumentError(f"{what}: received {value!r:.200}, expected one of {', '.join(known)}.")


def _items(what: str, value: Any, least: int, most: int) -> None:
    if not isinstance(value, (list, tuple)) or not least <= len(value) <= most:
        got = f"{len(value)} of them" if isinstance(value, (list, tuple)) else f"{value!r:.200}"
        raise ArgumentError(f"{what}: received {got}, expected a list of {least} to {most}.")
