"""Every public name of Keras 3 that fastnn has is found under `keras` and `tensorflow.keras` too."""

from pathlib import Path

from compat.running import run

SYSTEM = Path(__file__).resolve().parent.parent / "system"
PROGRAM = """
import functools, importlib, sys
sys.path.insert(0, sys.argv[1])
from names.table import has, rows
mine = list(filter(has, rows()))
modules = sorted({path.rpartition(".")[0] for path in mine} - {""})
for root in ("keras", "tensorflow.keras"):
    top = importlib.import_module(root)
    for path in mine:
        functools.reduce(getattr, path.split("."), top)
    for module in modules:
        importlib.import_module(f"{root}.{module}")
print(len(mine) > 1200, len(modules) > 30)
"""


def test_all_of_keras_is_found_under_its_own_name(tmp_path):
    assert run(PROGRAM, tmp_path, str(SYSTEM))[:2] == (0, "True True\n")
