"""What one asks of a tape, and TensorFlow 2.21's answers: a program that runs on TensorFlow and under `fastnn run`.

It prints {case: answer} as JSON: the cases are the functions of the files `tape_*.py` beside it, and the formulas.  An
answer is a number, text, None, [dtype, shape, numbers] of a tensor, a list or dict of answers, or {"raises": name} of a
class of Python where the case ends in an exception.  `tape_values.json` holds what TensorFlow answers; the tests read
it and need no TensorFlow.  To write it again, with tensorflow 2.21 and tf_keras 2.21 (for cases that only Keras 2 has):

    TF_ENABLE_ONEDNN_OPTS=0 python tests/compat/tape_cases.py tests/compat/tape_values.json
"""

import inspect
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import tape_formulas
import tape_orders
import tape_recording
import tape_steps
import tensorflow as tf


def plain(answer):
    """An answer as JSON has it."""
    if answer is None or isinstance(answer, (bool, int, float, str)):
        return answer
    if isinstance(answer, dict):
        return {str(key): plain(part) for key, part in answer.items()}
    if isinstance(answer, (list, tuple)):
        return [plain(part) for part in answer]
    array = np.asarray(tf.convert_to_tensor(answer) if hasattr(answer, "dense_shape") else answer)  # rows of a gather
    numbers = [float(f"{v:.7g}") if isinstance(v, float) else v for v in array.reshape(-1).tolist()]
    return [array.dtype.name, list(array.shape), numbers]


def gradients_of(formula):
    """The value of a formula, its gradients along all names in it, and those of the sum of their squares."""
    given = tape_formulas.names(tf)
    used = [n for n in given if n in compile(formula, formula, "eval").co_names]
    with tf.GradientTape() as outer:
        outer.watch(given)
        with tf.GradientTape() as tape:
            tape.watch(given)
            value = eval(formula, {"tf": tf, "sum": sum, **given})
        first = tape.gradient(value, [given[n] for n in used])
        size = sum(tf.reduce_sum(tf.convert_to_tensor(g) ** 2) for g in first if g is not None)
    return [value, first, outer.gradient(size, [given[n] for n in used], unconnected_gradients="zero")]


def cases():
    """{name: function without arguments}."""
    out = {}
    for module in (tape_recording, tape_orders, tape_steps):
        for name, found in vars(module).items():
            if inspect.isfunction(found) and found.__module__ == module.__name__ and name[0] != "_":
                out[name] = found
    return {**out, **{f: lambda f=f: gradients_of(f) for f in tape_formulas.FORMULAS}}


def answered(run):
    """The answer of a case; of an exception the class of Python's own that it is."""
    try:
        return plain(run())
    except Exception as error:
        return {
            "raises": next(c.__name__ for c in type(error).__mro__ if c.__module__ == "builtins"),
            "says": str(error),
        }


def main():
    """Print the answers, or write them to the file that is named."""
    year = os.environ.get("TF_USE_LEGACY_KERAS", "")
    answers = {n: answered(run) for n, run in cases().items() if year != "1" or n.startswith("keras2_")}
    if len(sys.argv) == 1:
        sys.stdout.write(json.dumps(answers) + "\n")
        return
    old = subprocess.run([sys.executable, __file__], env={**os.environ, "TF_USE_LEGACY_KERAS": "1"}, check=True,
                         stdout=subprocess.PIPE)  # fmt: skip
    answers.update(json.loads(old.stdout.splitlines()[-1]))
    answers = {n: {"raises": a["raises"]} if isinstance(a, dict) and "raises" in a else a for n, a in answers.items()}
    rows = ",\n".join(f"{json.dumps(n)}: {json.dumps(a, separators=(',', ':'))}" for n, a in answers.items())
    Path(sys.argv[1]).write_text(f"{{\n{rows}\n}}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
