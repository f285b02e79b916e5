"""`fastnn run`: scripts, modules and notebooks as the main program, with `keras` standing for fastnn."""

import importlib.util
import json
import linecache
import os
import re
import runpy
import sys
import types

from fastnn import compat
from fastnn.core.errors import ArgumentError, FastnnError, FileFormatError, NotSupportedError
from fastnn.core.registry import suggest
from fastnn.core.switches import run_script_of_any_year

_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep
# Magics of IPython that change what a notebook shows, not what it computes; and those that run what stands behind them.
SHOWN_ONLY = ("load_ext", "reload_ext", "matplotlib", "autoreload", "config", "pylab", "precision")
RUNS_REST = ("time", "timeit", "capture", "prun")


def run_script(script, arguments=(), module=False):
    """Run a Python file, a module or a notebook as the main program, with `keras` and `tensorflow.keras` as fastnn.

    script: path of a .py or .ipynb file, or with `module` the name of a module, found as `python -m` finds it;
    arguments: its sys.argv[1:].  Returns 0; errors of the script are its own.
    """
    if module:
        return _as_main(script, arguments, os.getcwd(), lambda: _run_module(script), module)
    if not os.path.isfile(script):
        raise ArgumentError(f"run: no file {script!r}; expected a Python script or a notebook.")
    folder = os.path.dirname(os.path.abspath(script))
    if script.endswith(".ipynb"):
        cells = read_notebook(script)
        return _as_main(script, arguments, folder, lambda: _run_cells(script, cells))
    if not script.endswith((".py", ".pyw")) and os.access(script, os.X_OK):
        with open(script, "rb") as file:
            if file.read(2) != b"#!":
                raise FileFormatError(f"run: {script!r} is not a Python script.")
    return _as_main(script, arguments, folder, lambda: runpy.run_path(script, run_name="__main__"))


def _as_main(name, arguments, folder, run, module=False):
    """Call `run` with the aliases installed and the sys.argv and sys.path of a main program in `folder`.

    module: whether it is a module, as a runner of tests is: what Keras 3 refuses stays an error then.
    """
    compat.install()
    run_script_of_any_year(not module)
    before = sys.argv, sys.path[0]
    sys.argv, sys.path[0] = [name, *arguments], folder
    try:
        run()
    except ImportError as error:
        _add_near_names(error)
        raise
    except (FastnnError, OSError) as error:
        error.of_script = _from_script(error.__traceback__)
        raise
    finally:
        sys.argv, sys.path[0] = before
        run_script_of_any_year(False)
    return 0


def _add_near_names(error):
    """Note near names beside the error of `from module import name`, as Python does from 3.12 on."""
    found = re.fullmatch(r"cannot import name '(\w+)' from '([\w.]+)' .*", str(error))
    if found and sys.version_info < (3, 12) and found[2] in sys.modules:
        near = suggest(found[1], dir(sys.modules[found[2]]), "Did you mean: {}?")
        if near:
            error.add_note(near)


def _from_script(traceback):
    """A traceback from the first line of the script on; None if the script is not in it."""
    while traceback is not None:
        file = traceback.tb_frame.f_code.co_filename
        if "runpy" not in os.path.basename(file) and not os.path.abspath(file).startswith(_HERE):
            return traceback
        traceback = traceback.tb_next
    return None


def _run_module(name):
    try:
        found = importlib.util.find_spec(name)
    except ModuleNotFoundError as error:
        if not f"{name}.".startswith(f"{error.name}."):  # what one of its packages imports is missing
            raise
        found = None
    if found is None:
        raise ArgumentError(f"run: no module {name!r}; expected one that `python -m {name}` finds.")
    runpy.run_module(name, run_name="__main__", alter_sys=True)


def read_notebook(path):
    """Return the code cells of a notebook, a list of str with magics taken out.

    Raises FileFormatError for a file that is no notebook of Python, NotSupportedError for a magic that needs IPython;
    both before any cell has run.
    """
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
        language = found.get("metadata", {}).get("language_info", {}).get("name", "python")
        cells = [(cell["cell_type"], "".join(cell["source"])) for cell in found["cells"]]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise FileFormatError(
            f"run: {path!r} is no notebook: expected JSON with a list `cells` as Jupyter writes it (nbformat 4); "
            f"{type(error).__name__}: {error}"
        ) from None
    if language != "python":
        raise FileFormatError(f"run: {path!r} is a notebook of {language}; expected one of Python.")
    texts = [text for kind, text in cells if kind == "code"]
    return [_without_magics(text, f"{path}, cell {k}") for k, text in enumerate(texts, 1)]


def _without_magics(text, where):
    """The cell as plain Python, line by line: what only changes the view becomes `pass`."""
    lines = text.splitlines()
    if lines and lines[0].startswith("%%"):
        name = lines[0][2:].split(" ")[0]
        if name not in RUNS_REST:
            raise _foreign(lines[0], where)
        lines[0] = ""
    while True:  # only a line that Python does not understand is a magic: others may be part of a text
        try:
            compile("\n".join(lines), where, "exec")
            return "\n".join(lines)
        except SyntaxError as error:
            k = (error.lineno or 0) - 1
            if not (0 <= k < len(lines) and lines[k].lstrip().startswith(("%", "!"))):
                return "\n".join(lines)  # the error comes when the cell is run
            lines[k] = _without_magic(lines[k], where)


def _without_magic(line, where):
    bare = line.lstrip()
    indent, name = line[: len(line) - len(bare)], bare[1:].split(" ")[0]
    if bare.startswith("%") and name in RUNS_REST:
        return indent + bare[1 + len(name) :].strip()
    if bare.startswith("%") and name in SHOWN_ONLY:
        return indent + "pass"
    raise _foreign(bare, where)


def _foreign(line, where):
    return NotSupportedError(
        f"run: {where} has {line!r}, which needs IPython. Take the line out, or run the notebook in Jupyter: its first "
        "cell `%load_ext fastnn` makes `import keras` find fastnn there."
    )


def _run_cells(path, cells):
    """Execute cells in order in one new module __main__; tracebacks show their lines."""
    main, before = types.ModuleType("__main__"), sys.modules["__main__"]
    main.__file__ = path
    sys.modules["__main__"] = main  # pickle finds its classes there
    try:
        for k, text in enumerate(cells, 1):
            name = f"{path}, cell {k}"
            linecache.cache[name] = len(text), None, text.splitlines(keepends=True), name
            exec(compile(text, name, "exec"), main.__dict__)
    finally:
        sys.modules["__main__"] = before
