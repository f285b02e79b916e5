"""Copy as Python: the training of a page as a script for fastnn, or for Keras itself."""

from __future__ import annotations

import base64
import inspect
import textwrap
from typing import Any

import numpy as np

from fastnn.playground.network import LOSS, PENALTY, stream
from fastnn.playground.own import STEPS
from fastnn.playground.points import COUNT, FEATURES, SETS, shuffled
from fastnn.playground.session import Edit, Session, finite, spans
from fastnn.playground.settings import OPTIMIZERS, Settings


def script_of(session: Session) -> str:
    """A script that trains what the page has trained, edits included, and prints the page's numbers.

    It begins with the page's weights, so Keras comes to the same numbers but for the last digits, and but for Dropout,
    whose random numbers are each engine's own.

    Args:
        session: a Session.

    >>> compile(script_of(Session(Settings())), "script", "exec").co_name
    '<module>'
    """
    settings, numbers = session.settings, session.measure()
    said = ", ".join(f"{part} loss {_number(numbers[key]['loss'])}"
                     for part, key in (("training", "train"), ("test", "test")))  # fmt: skip
    parts = [
        f'"""A network of `fastnn playground`: {session.step} steps of training; {said}.\n\n'
        "Run it with `python`; with Keras itself it gives the same numbers but for rounding (and Dropout): change the\n"
        'import below to `import keras`.\n"""\n',
        ("import base64\n\n" if settings.own else "") + "import numpy as np\n\nimport fastnn as keras\n",
        _data(session),
        _model(session),
        _training(session),
        _report(settings),
    ]
    return "\n".join(part for part in parts if part)


def _number(value: float) -> str:
    return "NaN" if finite(value) is None else f"{value:.6g}"


def _data(session: Session) -> str:
    """The points, and what the network is given of them."""
    settings, points = session.settings, session.points
    lines = []
    if settings.own is None:
        maker = SETS[settings.data][2]
        lines += ["", inspect.getsource(maker)]
        made = f"x, y = {maker.__name__}(random, {COUNT}, {settings.noise / 100})"
    else:
        own = settings.own
        wide = len(own.names) + 1
        table = np.concatenate([own.values, own.targets[:, None]], 1).astype("<i2").tobytes()
        text = textwrap.wrap(base64.b64encode(table).decode(), 110)
        lines += [f"# columns: {', '.join(ascii(name) for name in own.names)}; the last one of the table is the label"]
        lines += ["TABLE = (", *(f'    "{part}"' for part in text), ")"]
        lines += [f'table = np.frombuffer(base64.b64decode(TABLE), "<i2").reshape(-1, {wide})']
        scale = "" if own.classes else f" / {STEPS}"
        made = f"x, y = table[:, :-1] / {STEPS / 5:g}, table[:, -1]{scale}"
    lines += ["", inspect.getsource(shuffled), "", f"random = np.random.RandomState({settings.points_seed})", made,
              "x, y = shuffled(random, x, y)", "x1, x2 = x[:, 0], x[:, 1]"]  # fmt: skip
    inputs = [FEATURES[n][1] if n in FEATURES else f"x[:, {int(n.removeprefix('column_')) - 1}]"
              for n in settings.features]  # fmt: skip
    lines.append(f"inputs = np.stack([{', '.join(inputs)}], 1)")
    if settings.classes > 2:
        lines.append("targets = y")
    else:
        lines.append(f"targets = {'2 * y[:, None] - 1' if settings.signed else 'y[:, None]'}")
    lines.append(f"x_train, y_train = inputs[:{points.cut}], targets[:{points.cut}]")
    lines.append(f"x_test, y_test = inputs[{points.cut}:], targets[{points.cut}:]\n")
    return "\n".join(lines)


def _model(session: Session) -> str:
    settings = session.settings
    penalty = PENALTY[settings.penalty]
    tail = f", kernel_regularizer=keras.regularizers.{penalty}({settings.penalty_rate!r})" if penalty else ""

    def dense(units: int, activation: str) -> str:
        return f'        keras.layers.Dense({units}, activation="{activation}"{tail}),'

    lines = ["model = keras.Sequential(", "    [", f"        keras.Input(({len(settings.features)},)),"]
    for k, block in enumerate(settings.layers):
        lines.append(dense(block.units, settings.activation))
        if block.norm:
            lines.append("        keras.layers.BatchNormalization(),")
        if block.dropout:
            lines.append(f"        keras.layers.Dropout({block.dropout!r}, seed={stream(settings, k)}),")
    units, activation, loss = settings.output
    name, arguments = OPTIMIZERS[settings.optimizer]
    given = ", ".join(f"{k}={v!r}" for k, v in {"learning_rate": settings.rate, **arguments}.items())
    lines += [dense(units, activation), "    ]", ")",
              f'model.compile(optimizer=keras.optimizers.{name}({given}), loss="{loss}")',
              "model.set_weights(  # where the page began", "    ["]  # fmt: skip
    for weight in session.begin:
        text = f"np.array({_nested(weight)}, {str(weight.dtype)!r}),"
        lines += textwrap.wrap(text, 110, initial_indent=" " * 8, subsequent_indent=" " * 12, break_on_hyphens=False)
    return "\n".join([*lines, "    ]", ")\n"])


def _nested(values: Any) -> str:
    """Floats with as many digits as their dtype needs."""
    if values.ndim:
        return "[" + ", ".join(_nested(row) for row in values) + "]"
    return str(values)


def _training(session: Session) -> str:
    lines, at = [], 0
    batch, cut = session.settings.batch, session.points.cut
    for edit in [*session.edits, None]:
        until = session.step if edit is None else edit.step
        for rows, epochs in spans(at, until, batch, cut):
            part = "" if rows == slice(0, cut) else f"[{rows.start}:{rows.stop}]"
            many = f", epochs={epochs}" if epochs > 1 else ""
            lines.append(f"model.fit(x_train{part}, y_train{part}, batch_size={batch}{many}, shuffle=False, verbose=0)")
        at = until
        if edit is not None:
            lines += _edited(session, edit)
    if not lines:
        return ""
    return "\n".join([f"# {session.step} steps: whole epochs, and parts of one", *lines, ""])


def _edited(session: Session, edit: Edit) -> list[str]:
    if edit.kind == "rate":
        return [f"model.optimizer.learning_rate = {edit.value!r}"]
    layer = session.model.layers.index(session.dense[edit.layer])
    place = f"[0][{edit.row}, {edit.column}]" if edit.kind == "weight" else f"[1][{edit.column}]"
    return [
        f"weights = model.layers[{layer}].get_weights()",
        f"weights{place} = {edit.value!r}",
        f"model.layers[{layer}].set_weights(weights)",
    ]


def _report(settings: Settings) -> str:
    """Lines that print the page's numbers; the losses are without penalties."""
    lines = [f"loss = keras.losses.{LOSS[settings.output[2]]}()",
             "predicted = model.predict(inputs, batch_size=len(inputs), verbose=0)",
             'for name, a, b in (("training", 0, len(x_train)), ("test", len(x_train), len(inputs))):',
             '    print(f"{name} loss: {float(loss(targets[a:b], predicted[a:b])):.6g}")']  # fmt: skip
    if settings.classes:
        border = 0 if settings.signed else 0.5
        right = "predicted[a:b].argmax(1) == targets[a:b]"
        if settings.classes == 2:
            right = f"(predicted[a:b] > {border}) == (targets[a:b] > {border})"
        lines.append(f'    print(f"{{name}} accuracy: {{np.mean({right}):.6g}}")')
    return "\n".join(lines) + "\n"
