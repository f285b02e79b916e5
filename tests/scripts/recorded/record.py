"""What the programs print under the libraries they were written for: how `printed.json` beside this file was made.

`printed.json` holds {program: the lines that it printed}.  `tfkeras_*` run on TensorFlow with its Keras 3, `keras1_*`
and `keras2_*` on tf_keras under the name of keras, with TensorFlow's graphs, `keras3_*` on Keras 3 with JAX (TensorFlow
where they import it), JAX's transformations standing in for fastnn's of the same names.  The tests need none of these.

    python tests/scripts/recorded/record.py --tensorflow PYTHON --jax PYTHON [PROGRAM ...]

PYTHON is an interpreter that has the libraries: tensorflow 2.21, keras 3.15.1, tf_keras 2.21 and matplotlib; jax 0.10
and keras 3.15.1.  Without programs, all that are in the file are run again.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
# A program of Keras 1 or 2 imports keras: it gets tf_keras, whole, under that name, the optimizers of its time and
# TensorFlow's graphs.
OLD_KERAS = """
import sys, runpy, tensorflow as tf, tf_keras
sys.modules.update({n.replace("tf_keras", "keras", 1): m for n, m in list(sys.modules.items())
                    if n.split(".")[0] == "tf_keras"})
vars(tf_keras.optimizers).update({n: v for n, v in vars(tf_keras.optimizers.legacy).items() if n[0].isupper()})
tf.compat.v1.disable_eager_execution()
runpy.run_path(sys.argv[1], run_name="__main__")
"""
# fastnn's transformations are named like JAX's; a program of Keras 3 that uses them runs on those.
JAX_KERAS = """
import sys, runpy, types, jax
names = ("grad", "value_and_grad", "vjp", "jvp", "jacobian", "hessian")
found = {n: getattr(jax, n) for n in names}
sys.modules["fastnn"] = types.SimpleNamespace(**found, stop_gradient=jax.lax.stop_gradient)
runpy.run_path(sys.argv[1], run_name="__main__")
"""


def printed(program, a):
    """The lines that a program prints under the library it was written for."""
    path = HERE.parent / f"{program}.py"
    tensorflow = "tensorflow" in path.read_text(encoding="utf-8")
    year = program.split("_")[0]
    old = year in ("keras1", "keras2")
    python = a.tensorflow if tensorflow or old else a.jax
    start = ["-c", OLD_KERAS] if old else [] if tensorflow else ["-c", JAX_KERAS]
    names = {"TF_USE_LEGACY_KERAS": "1"} if old else {"KERAS_BACKEND": "tensorflow" if tensorflow else "jax"}
    env = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0", **names}
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([python, *start, str(path)], env=env, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{program}: {done.stderr[-3000:]}")
    return done.stdout.splitlines()


def main():
    """Run programs and write what they printed."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--tensorflow", required=True, metavar="PYTHON")
    p.add_argument("--jax", required=True, metavar="PYTHON")
    p.add_argument("programs", nargs="*")
    a = p.parse_args()
    file = HERE / "printed.json"
    found = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    for program in a.programs or sorted(found):
        found[program] = printed(program, a)
        sys.stdout.write(f"{program}\n" + "".join(f"    {line}\n" for line in found[program]))
    file.write_text(json.dumps(dict(sorted(found.items())), indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
