"""The pages of the site: each is in the contents, and the reference has every public name, as proper text."""

from __future__ import annotations

import doctest
import importlib.util
import inspect
import re
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
pytestmark = pytest.mark.skipif(not DOCS.is_dir(), reason="the documentation is in the source tree only")


def module(name: str) -> ModuleType:
    """A module of docs/site."""
    spec = importlib.util.spec_from_file_location(f"site_{name}", DOCS / "site" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    return module("reference")


@pytest.fixture(scope="module")
def pages(reference: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """{module: the text of its page}."""
    folder = tmp_path_factory.mktemp("reference")
    reference.write(folder)
    return {path.stem: path.read_text(encoding="utf-8") for path in folder.glob("*.rst")}


def test_every_page_is_in_the_contents():
    listed = re.findall(r"```\{toctree\}.*?```", (DOCS / "index.md").read_text(encoding="utf-8"), re.S)
    names = [line for tree in listed for line in tree.splitlines() if line and not line.startswith((":", "`"))]
    assert len(names) == len(set(names))
    assert {path.stem for path in DOCS.glob("*.md")} - {"index"} <= set(names)


def test_examples_of_the_reference(reference):
    assert doctest.testmod(reference).failed == 0


def test_every_public_name_is_on_a_page(reference, pages):
    assert set(pages) == {"index", *reference.public_modules()}
    for path, name, value in reference.walk():
        entry = f":: {path}.{name}\n" in pages[path]
        assert entry or f"`{name} <" in pages[path], f"{path}.{name}"
        if entry:
            assert inspect.isclass(value) == (f"autoclass:: {path}.{name}\n" in pages[path])


def test_a_thing_has_one_entry(pages):
    entries = re.findall(r"\.\. auto\w+:: (\S+)", "".join(pages.values()))
    assert len(entries) == len(set(entries)) > 1000
    assert {"fastnn.layers.Dense", "fastnn.ops.conv", "fastnn.Layer.add_weight"} <= set(entries)
    assert "fastnn.layers.Dense.add_weight" not in entries


@pytest.mark.parametrize(("text", "lines"), [
    ("A `b_c` of x_1.\nSource: us.", ["A ``b_c`` of x\\_1.", "", "Source: us."]),
    ("Args:\n    **kwargs: see\n        `x`.", [":Parameters:", "    * **\\*\\*kwargs** – see ``x``."]),
    ("Raises:\n    ShapeError (a ValueError): for x.", [":Raises:", "    * **ShapeError (a ValueError)** – for x."]),
    ("Returns:\n    two\n    numbers.", [":Returns:", "    two numbers."]),
    ("- one\n- two,\n  long", ["- one", "", "- two, long"]),
    (">>> x_1\n'a*b'", [">>> x_1", "'a*b'"])], ids=str)  # fmt: skip
def test_a_docstring_as_text(reference, text, lines):
    found = reference.as_rst(text)
    assert [line for line in found if line] == [line for line in lines if line]


def test_links_that_lead_nowhere_are_named(tmp_path):
    (tmp_path / "a.html").write_text('<p id="x"><a href="b.html#y">b</a><a href="#x">x</a><a href="https://c.d">c</a>')
    (tmp_path / "b.html").write_text('<p id="z"><a href="a.html#x">a</a><img src="c.svg">')
    assert module("links").broken(tmp_path) == ["a.html: b.html#y", "b.html: c.svg"]
    (tmp_path / "b.html").write_text('<p id="y">')
    assert module("links").broken(tmp_path) == []
