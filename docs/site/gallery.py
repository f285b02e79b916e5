"""The pages of the notebooks, which `fastnn run` runs: below a cell, what it prints and the pictures that it writes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

MARK = "\x01"  # begins the output of a cell
PICTURE = re.compile(r'"(\w+\.svg)"')


def cells_of(notebook: Path) -> list[tuple[str, str]]:
    """[(kind, text)] of the cells of a notebook; kind: "markdown" or "code"."""
    found = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [(cell["cell_type"], "".join(cell["source"])) for cell in found]


def title_of(notebook: Path) -> str:
    """The heading of a notebook."""
    return cells_of(notebook)[0][1].splitlines()[0].removeprefix("# ")


def outputs(notebook: Path, folder: Path) -> list[str]:
    """What each code cell prints; files are written into the folder."""
    document = json.loads(notebook.read_text(encoding="utf-8"))
    for cell in document["cells"]:
        if cell["cell_type"] == "code":
            cell["source"] = [f"print({MARK!r}, end='')\n", *cell["source"]]
    marked = folder / "marked.ipynb"
    marked.write_text(json.dumps(document), encoding="utf-8")
    path = os.pathsep.join(p for p in sys.path if p)
    run = [sys.executable, "-m", "fastnn", "run", marked.name]
    done = subprocess.run(run, cwd=folder, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True)
    marked.unlink()
    if done.returncode:
        raise RuntimeError(f"{notebook.name} ended with {done.returncode}:\n{done.stderr}")
    return done.stdout.split(MARK)[1:]


def page(notebook: Path, folder: Path) -> str:
    """A notebook as a page of Markdown; it is run in the folder, in which its pictures stay."""
    folder.mkdir(parents=True, exist_ok=True)
    printed = iter(outputs(notebook, folder))
    out = []
    for kind, text in cells_of(notebook):
        if kind == "markdown":
            out.append(text)
            continue
        out.append(f"```python\n{text}\n```")
        said = next(printed).rstrip()
        if said:
            out.append(f"```text\n{said}\n```")
        out += [f"![{name}]({folder.name}/{name})" for name in PICTURE.findall(text) if (folder / name).exists()]
    return "\n\n".join(out) + "\n"


def write(examples: Path, folder: Path) -> None:
    """Write a page for each notebook, and their list with pictures, into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = (examples / "README.md").read_text(encoding="utf-8")
    text = [listed.replace("](notebooks/", "](").replace(".ipynb)", ".md)"), "## Pictures from the notebooks"]
    notebooks = sorted((examples / "notebooks").glob("*.ipynb"), key=lambda path: listed.index(f"/{path.name})"))
    for notebook in notebooks:
        name = notebook.stem
        (folder / f"{name}.md").write_text(page(notebook, folder / name), encoding="utf-8")
        shown = sorted((folder / name).glob("*.svg"))
        if shown:
            text += [f"### [{title_of(notebook)}]({name}.md)", *(f"![{p.stem}]({name}/{p.name})" for p in shown)]
    text += ["```{toctree}\n:hidden:\n\n" + "\n".join(n.stem for n in notebooks) + "\n```"]
    (folder / "index.md").write_text("\n\n".join(text) + "\n", encoding="utf-8")
