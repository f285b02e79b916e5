"""Tests an installed wheel from a folder without sources: no compiler, no Numba, every level that runs here.

python tests/wheel_check.py SOURCE
"""

import importlib.util
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

TESTS = [
    "tests/runtime/test_pack.py",
    "tests/models/test_trainer.py",
    "tests/saving/test_files.py",
    "tests/cli/test_cli.py",
]
TRAIN = """
import numpy as np, fastnn
model = fastnn.Sequential([fastnn.Input((8,)), fastnn.layers.Dense(16, "relu"), fastnn.layers.Dense(3, "softmax")])
model.compile("adam", "sparse_categorical_crossentropy")
x = np.random.default_rng(0).random((64, 8), "float32")
print(model.fit(x, np.arange(64) % 3, epochs=3, verbose=0).history["loss"][-1] < 1.2)
"""


def main():
    """Leave with a message, or with the status of the tests."""
    source = pathlib.Path(sys.argv[1]).resolve()
    if importlib.util.find_spec("numba") is not None:
        sys.exit("numba is installed here: the test would not show that a wheel works without it")
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(source / "tests", pathlib.Path(folder) / "tests")
        shutil.copy(source / "pyproject.toml", folder)
        clean = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "FASTNN_LEVEL")}
        clean["CC"] = "no-compiler-here"

        def run(*arguments, **environment):
            return subprocess.run(
                [sys.executable, *arguments], cwd=folder, env={**clean, **environment}, text=True, capture_output=True
            )

        code = "import json; from fastnn.runtime import pack, levels\nd = pack.describe()\n"
        code += "print(json.dumps([[v for v in d['levels'] if levels.runs(v)], d['levels']]))"
        found = run("-c", code)
        if found.returncode:
            sys.exit(found.stderr)
        usable, there = json.loads(found.stdout)
        sys.stdout.write(f"levels of the pack: {there}; tried here: {usable}\n")
        for level in usable:
            done = run("-c", TRAIN, FASTNN_LEVEL=level)
            if done.stdout != "True\n":
                sys.exit(f"{level}: {done.stdout}{done.stderr}")
        tests = subprocess.run([sys.executable, "-m", "pytest", "-q", "-m", "not slow", *TESTS], cwd=folder, env=clean)
        sys.exit(tests.returncode)


if __name__ == "__main__":
    main()
