"""`fastnn run` for modules and notebooks, and the extension for notebooks."""

import json
import sys
import traceback

import pytest

import fastnn
from fastnn.cli import main
from fastnn.cli.scripts import read_notebook

FIRST = "import sys\nimport keras\nclass Kept(keras.layers.Layer):\n    pass\nargs = sys.argv[1:]"
SECOND = (
    "import pickle\n%matplotlib inline\nvalue = %time 3\n"
    "text = '''\n%not a magic\n'''\nassert pickle.loads(pickle.dumps(Kept)) is Kept\n"
    "with open('out.txt', 'w') as f:\n    f.write(f'{keras.__version__} {args} {__name__}')"
)


def notebook(path, *cells, **metadata):
    code = [{"cell_type": "code", "source": c.splitlines(keepends=True), "outputs": []} for c in cells]
    text = {"cell_type": "markdown", "source": ["# A title"]}
    path.write_text(json.dumps({"cells": [text, *code], "metadata": metadata, "nbformat": 4}), encoding="utf-8")
    return str(path)


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    yield tmp_path
    fastnn.compat.uninstall()


def test_a_notebook_runs_in_order_in_one_main_module(here):
    second = SECOND.replace("value = %time 3\n", "%time value = 3\n")
    assert main(["run", notebook(here / "n.ipynb", FIRST, second), "a", "-b"]) == 0
    assert (here / "out.txt").read_text() == "3.15.1 ['a', '-b'] __main__"


def test_an_error_in_a_cell_shows_its_line(here):
    path = notebook(here / "n.ipynb", "x = 1", "y = 2\nx / 0")
    with pytest.raises(ZeroDivisionError) as error:
        main(["run", path])
    last = error.traceback[-1]
    assert "cell 2" in str(last.path) and last.lineno == 1


@pytest.mark.parametrize("text, words", [
    ("", "is no notebook"),
    ("[1]", "is no notebook"),
    ('{"cells": 3}', "is no notebook"),
    ('{"cells": [{"cell_type": "code"}]}', "is no notebook"),
    ('{"cells": [], "metadata": {"language_info": {"name": "R"}}}', "a notebook of R"),
])  # fmt: skip
def test_a_file_that_is_no_notebook(here, capsys, text, words):
    (here / "n.ipynb").write_text(text)
    assert main(["run", "n.ipynb"]) == 1
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("cell", ["!pip install x", "%%bash\nls", "x = 1\n%who"])
def test_a_magic_that_needs_ipython_is_named_before_anything_runs(here, capsys, cell):
    path = notebook(here / "n.ipynb", "open('ran', 'w')", cell)
    assert main(["run", path]) == 1
    assert "cell 2" in capsys.readouterr().err and not (here / "ran").exists()


def test_cells_keep_their_line_numbers(here):
    (cell,) = read_notebook(notebook(here / "n.ipynb", "%matplotlib inline\nif 1:\n    %time x = 3\ny"))
    assert cell.splitlines() == ["pass", "if 1:", "    x = 3", "y"]


def test_a_module_with_arguments(here):
    (here / "pack").mkdir()
    (here / "pack" / "__init__.py").write_text("")
    (here / "pack" / "job.py").write_text(
        "import sys, keras\nfrom . import __name__ as above\n"
        "with open('out.txt', 'w') as f:\n    f.write(f'{above} {__name__} {sys.argv[1:]} {keras.__version__}')"
    )
    assert main(["run", "-m", "pack.job", "--epochs", "3"]) == 0
    assert (here / "out.txt").read_text() == "pack __main__ ['--epochs', '3'] 3.15.1"


def test_a_module_that_is_not_there(here, capsys):
    assert main(["run", "-m", "no_such_module_here"]) == 1
    assert "no module 'no_such_module_here'" in capsys.readouterr().err


def test_the_extension_of_notebooks(here):
    fastnn.load_ipython_extension(None)
    assert fastnn.compat.installed()
    fastnn.unload_ipython_extension(None)
    assert not fastnn.compat.installed()


def test_an_import_of_a_name_that_is_not_there_says_which_is_near(here):
    (here / "s.py").write_text("from keras.layers import Conv2d\n", encoding="utf-8")
    with pytest.raises(ImportError) as caught:
        main(["run", str(here / "s.py")])
    printed = "".join(traceback.format_exception(caught.value))
    assert printed.count("Did you mean") == 1 and "Conv2D" in printed
