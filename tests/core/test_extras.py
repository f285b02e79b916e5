"""Optional packages: every extra that an error names is one of the package's, and brings what the error asks for."""

import ast
import pathlib
import re
import tomllib

import pytest

from fastnn.core import errors, extras

ROOT = pathlib.Path(__file__).resolve().parents[2]
DECLARED = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]


@pytest.mark.parametrize("subject", extras.PACKAGES)
def test_the_extra_brings_the_package(subject):
    package, extra = extras.PACKAGES[subject]
    assert extra is None or package in {re.match(r"[\w-]+", need)[0] for need in DECLARED[extra]}
    error = extras.missing("x", subject, "Or y.")
    assert isinstance(error, ImportError) and isinstance(error, errors.NotSupportedError)
    assert f"`pip install {package}`" in str(error) and str(error).endswith("Or y.")


def test_texts_name_extras_that_exist_quoted_for_a_shell():
    wrong = []
    for path in (ROOT / "fastnn").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                for quote, extra in re.findall(r"(.)fastnn(?:-engine)?\[([\w-]+)\]", node.value):
                    if quote != '"' or extra not in DECLARED:
                        wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}: {node.value[:60]!r}")
    assert not wrong, wrong


def test_subjects_that_are_asked_for_are_in_the_table():
    asked = set()
    for path in (ROOT / "fastnn").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if "extras import missing" in text else ():
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "missing":
                asked.add(node.args[1].value)
    assert asked == set(extras.PACKAGES)
