"""Writes keras_3_15.txt.gz, the public names of Keras 3.15.1 and their signatures: run it with a Python that has Keras.

    KERAS_BACKEND=jax python make.py

A module is `[keras.layers]`; below it stand its names. `Dense(units, activation=None)` is a function or a class with
the arguments of its constructor, `*` before those that are given by keyword only, defaults as Python writes them and
`?` for one that it cannot. `ReLU = layers.ReLU` is an object that stands elsewhere in the list. At the end stand the
public methods of the classes that users call or derive from, `{Model}`, without `self` and what backends add.
"""

import gzip
import inspect
import re
import types
from operator import attrgetter
from pathlib import Path

METHODS = """Model Layer Metric Loss Optimizer Variable KerasTensor Initializer Regularizer Operation callbacks.Callback
    constraints.Constraint optimizers.schedules.LearningRateSchedule random.SeedGenerator utils.Progbar utils.PyDataset
    """.split()
HERE = Path(__file__).resolve().parent
PLAIN = (int, float, str, bool, type(None))


def is_plain(value):
    return all(map(is_plain, value)) if isinstance(value, (tuple, list)) else isinstance(value, PLAIN)


def text_of(parameter):
    """One parameter, without its annotation."""
    star = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
    if parameter.default is parameter.empty:
        return star + parameter.name
    default = re.sub("^<class '(.*)'>$", r"\1", repr(parameter.default))
    return f"{parameter.name}={default if is_plain(parameter.default) else '?'}"


def signature_of(value):
    """The arguments of a function or of a class's constructor as text; None where it has none or hides them."""
    made = inspect.isclass(value) and value.__init__ is not object.__init__  # `__new__` often takes anything
    try:
        parameters = list(inspect.signature(value.__init__ if made else value).parameters.values())[made:]
    except (TypeError, ValueError):
        return None
    texts, starred = [], False
    for parameter in parameters:
        if parameter.kind == parameter.KEYWORD_ONLY and not starred:
            texts.append("*")
        starred = starred or parameter.kind in (parameter.KEYWORD_ONLY, parameter.VAR_POSITIONAL)
        texts.append(text_of(parameter))
    return ", ".join(texts)


def modules_of(module, path, seen):
    """(path, module) of the public modules, outermost first."""
    yield path, module
    for name, value in sorted(vars(module).items()):
        if isinstance(value, types.ModuleType) and value.__name__.startswith("keras.") and name[0] != "_":
            if value.__name__ not in seen and name != "src":
                seen.add(value.__name__)
                yield from modules_of(value, f"{path}.{name}", seen)


def methods_of(cls):
    """{name: arguments without self} of the public methods that Keras itself, and no backend, gives a class."""
    found = {}
    for base in reversed(cls.__mro__):
        if base.__module__.startswith("keras.") and ".backend." not in base.__module__.replace(".backend.common.", "."):
            found.update({n: v for n, v in vars(base).items() if n[0] != "_" and inspect.isfunction(inspect.unwrap(v))})
    return {n: signature_of(v).partition(", ")[2] for n, v in sorted(found.items()) if inspect.isfunction(v)}


def main():
    import keras

    lines, homes = [], {}
    found = list(modules_of(keras, "keras", set()))
    found.sort(key=lambda item: (item[0] == "keras", item[0]))  # what `keras` itself has are others' names
    for path, module in found:
        public = {n: v for n, v in sorted(vars(module).items()) if n[0] != "_" and not isinstance(v, types.ModuleType)}
        lines.append(f"\n[{path}]")
        for name, value in public.items():
            home = homes.setdefault(id(value), f"{path}.{name}")
            if home != f"{path}.{name}":
                lines.append(f"{name} = {home.removeprefix('keras.')}")
                continue
            signature = signature_of(value) if callable(value) else None
            lines.append(name if signature is None else f"{name}({signature})")
    for name in METHODS:
        lines.append(f"\n{{{name}}}")
        lines += [f"{n}({arguments})" for n, arguments in methods_of(attrgetter(name)(keras)).items()]
    text = "\n".join(lines).lstrip() + "\n"
    (HERE / "keras_3_15.txt.gz").write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    main()
