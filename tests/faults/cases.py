"""Trainings that are broken off: small, and each with another kind of state.

Each case is a function of a folder, for files of callbacks, that gives (model, the arguments of fit).
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

import fastnn as keras
from fastnn import callbacks, layers, ops

ROWS, BATCH, EPOCHS = 96, 8, 5
X = np.random.default_rng(0).random((ROWS, 6), dtype="f4")
Y = X[:, :1] - 0.5 * X[:, 1:2] + 0.1 * np.random.default_rng(1).random((ROWS, 1), dtype="f4")
IMAGES = np.random.default_rng(2).random((ROWS, 6, 6, 1), dtype="f4")


def _net(*middle: Any, optimizer: Any = "adam") -> Any:
    keras.utils.set_random_seed(7)
    model = keras.Sequential([keras.Input((6,)), layers.Dense(8, "tanh"), *middle, layers.Dense(1)])
    model.compile(optimizer, "mse", metrics=["mae"])
    return model


def _arrays(**more: Any) -> dict[str, Any]:
    return {"x": X, "y": Y, "batch_size": BATCH, "validation_split": 0.25, "epochs": EPOCHS, **more}


def dropout(folder: Path) -> Any:
    """Random streams, moving statistics, columns of a file."""
    log = callbacks.CSVLogger(str(folder / "log.csv"))
    return _net(layers.Dropout(0.4), layers.BatchNormalization()), _arrays(callbacks=[log])


def augmentation(folder: Path) -> Any:
    """Images that are turned at random; the best model in a file."""
    keras.utils.set_random_seed(7)
    turned = [layers.RandomFlip(), layers.RandomTranslation(0.2, 0.2), layers.Conv2D(4, 3, padding="same")]
    rest = [layers.BatchNormalization(), layers.GlobalAveragePooling2D(), layers.Dense(1)]
    model = keras.Sequential([keras.Input((6, 6, 1)), *turned, *rest])
    model.compile(keras.optimizers.SGD(0.05, momentum=0.9), "mse")
    best = callbacks.ModelCheckpoint(str(folder / "best.keras"), save_best_only=True)
    return model, _arrays(x=IMAGES, callbacks=[best])


def plateau(folder: Path) -> Any:
    """A rate that falls when the loss stays, and a stop that puts the best weights back."""
    listeners = [
        callbacks.ReduceLROnPlateau(patience=1, min_delta=0.01, cooldown=1),
        callbacks.EarlyStopping(patience=2, min_delta=0.002, restore_best_weights=True),
    ]
    return _net(layers.GaussianNoise(0.1), optimizer=keras.optimizers.Adam(0.02)), _arrays(
        epochs=8, callbacks=listeners
    )


def schedule(folder: Path) -> Any:
    """A schedule by step, and one by epoch in the same file as weights at certain batches."""
    rate = keras.optimizers.schedules.CosineDecay(0.05, 40, warmup_steps=10, warmup_target=0.1)
    saved = callbacks.ModelCheckpoint(str(folder / "{epoch}-{batch}.weights.h5"), save_weights_only=True, save_freq=7)
    return _net(layers.Dropout(0.2), optimizer=keras.optimizers.RMSprop(rate)), _arrays(callbacks=[saved])


def scheduler(folder: Path) -> Any:
    """A rate that a function sets for each epoch from the one before."""
    listeners = [
        callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.7),
        callbacks.CSVLogger(str(folder / "log.csv")),
    ]
    return _net(optimizer=keras.optimizers.Nadam(0.02)), _arrays(callbacks=listeners, class_weight=None)


def accumulation(folder: Path) -> Any:
    """Gradients of several batches for one update."""
    optimizer = keras.optimizers.AdamW(0.02, gradient_accumulation_steps=3)
    return _net(layers.Dropout(0.3), optimizer=optimizer), _arrays()


def averages(folder: Path) -> Any:
    """Moving averages of the weights, in the model while it is validated."""
    optimizer = keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.7, ema_overwrite_frequency=5)
    return _net(layers.LayerNormalization(), optimizer=optimizer), _arrays(callbacks=[callbacks.SwapEMAWeights(True)])


class Rows(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches by number in an order that it mixes itself, to which NumPy's own stream and one of its own add noise."""

    def __init__(self) -> None:
        super().__init__()
        self.order, self.rng = np.arange(ROWS), np.random.default_rng(4)

    def on_epoch_end(self) -> None:
        np.random.shuffle(self.order)  # noqa: NPY002  as users' scripts do

    def __len__(self) -> int:
        return ROWS // BATCH

    def __getitem__(self, i: int) -> Any:
        noise = np.random.standard_normal((BATCH, 6)).astype("f4")  # noqa: NPY002  as users' scripts do
        rows = self.order[i * BATCH : (i + 1) * BATCH]
        return X[rows] + 0.01 * noise + 0.01 * self.rng.random((BATCH, 6), "f4"), Y[rows]


class Average(callbacks.Callback):  # type: ignore[misc]
    """A user's callback with a state of its own, which counts in what it does."""

    def __init__(self) -> None:
        super().__init__()
        self.mean = 0.0

    def state_dict(self) -> dict[str, Any]:
        return {"mean": self.mean}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.mean = state["mean"]

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.mean = 0.9 * self.mean + 0.1 * logs["loss"]

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logs["slow"] = self.mean
        self.model.optimizer.learning_rate = 0.01 / (1 + self.mean)


def numbered(folder: Path) -> Any:
    """A data set by number with random numbers of its own, and a callback of the user's."""
    return _net(layers.Dropout(0.2)), {
        "x": Rows(),
        "epochs": EPOCHS,
        "callbacks": [Average()],
        "validation_data": (X[:9], Y[:9]),
    }


def stream(folder: Path) -> Any:
    """A generator that never ends and is asked again for what it has given; epochs of part of it."""

    def batches() -> Any:
        lot = np.random.default_rng(5)
        while True:
            rows = lot.integers(0, ROWS, BATCH)
            yield X[rows], Y[rows]

    return _net(layers.Dropout(0.2)), {"x": batches(), "epochs": EPOCHS, "steps_per_epoch": 9}


class Counts:
    """A source that says where it is, and goes there."""

    def __init__(self) -> None:
        self.at = 0

    def __iter__(self) -> Any:
        return self

    def __next__(self) -> Any:
        self.at += 1
        rows = np.random.default_rng(self.at).integers(0, ROWS, BATCH)
        return X[rows], Y[rows]

    def state(self) -> dict[str, int]:
        return {"at": self.at}

    def restore(self, state: dict[str, int]) -> None:
        self.at = state["at"]


def positioned(folder: Path) -> Any:
    """A source with state() and restore(), for training and for validation."""
    data = {"x": Counts(), "steps_per_epoch": 9, "validation_data": Counts(), "validation_steps": 2}
    return _net(layers.Dropout(0.2)), {**data, "epochs": EPOCHS}


def recurrent(folder: Path) -> Any:
    """States that a layer keeps from batch to batch, and a loss of the user's."""
    keras.utils.set_random_seed(7)
    model = keras.Sequential(
        [
            keras.Input(batch_shape=(BATCH, 6)),
            layers.Reshape((3, 2)),
            layers.GRU(4, stateful=True, dropout=0.1),
            layers.Dense(1),
        ]
    )
    model.compile("adam", lambda y, p: ops.mean(ops.abs(y - p) ** 1.5, axis=-1))
    return model, {"x": X, "y": Y, "batch_size": BATCH, "shuffle": "batch", "epochs": EPOCHS}


CASES = {f.__name__: f for f in (dropout, augmentation, plateau, schedule, scheduler, accumulation, averages, numbered,
                                 stream, positioned, recurrent)}  # fmt: skip


def train(case: str, folder: Path, **how: Any) -> dict[str, Any]:
    """Run a case to its end; how: more arguments of fit.  Returns all that it leaves behind."""
    folder.mkdir(parents=True, exist_ok=True)
    model, data = CASES[case](folder)
    listeners = [*data.pop("callbacks", []), *how.pop("callbacks", [])]
    history = model.fit(**{**data, **how}, callbacks=listeners, verbose=0)
    weights = hashlib.sha256(b"".join(v.numpy().tobytes() for v in (*model.variables, *model.optimizer.variables)))
    drawn = float(np.random.random_sample()) if case == "numbered" else 0.0  # noqa: NPY002
    return json.loads(json.dumps({
        "history": history.history, "epochs": history.epoch, "weights": weights.hexdigest(), "drawn": drawn,
        "files": {f.name: _content(f) for f in sorted(folder.iterdir()) if not f.name.startswith(".")},
    }))  # fmt: skip


def _content(path: Path) -> str:
    """A digest of a file; of a model's archive without the time at which it was written."""
    data = path.read_bytes()
    if path.suffix == ".keras":
        with zipfile.ZipFile(path) as archive:
            data = b"".join(archive.read(name) for name in ("config.json", "model.weights.h5"))
    return hashlib.sha256(data).hexdigest()
