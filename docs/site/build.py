"""Builds the site: `python docs/site/build.py OUT`; warnings and links to what is not there are errors.

Needs the extra `docs`. Pages are the Markdown files of docs/, those of the reference and of the gallery are made.
`--links` also asks whether addresses outside the site answer.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

import links

HERE = Path(__file__).resolve().parent
DOCS, EXAMPLES = HERE.parent, HERE.parents[1] / "examples"
ROOT_PAGES = {"CHANGELOG.md": "changelog.md", "SECURITY.md": "security.md"}  # pages of the site that lie above docs/


def assemble(source: Path) -> None:
    """Put all pages into a folder for Sphinx."""
    import gallery
    import reference

    shutil.copytree(DOCS, source, dirs_exist_ok=True, ignore=shutil.ignore_patterns("site", "*.py", "__pycache__"))
    for name in ("conf.py", "reference.py"):
        shutil.copy2(HERE / name, source)
    for name, page in ROOT_PAGES.items():
        shutil.copy2(DOCS.parent / name, source / page)
    moved = {
        f"](../{name})": f"]({page})"
        for name, page in (ROOT_PAGES | {"examples/README.md": "gallery/index.md"}).items()
    }
    for path in source.glob("*.md"):
        text = path.read_text(encoding="utf-8").replace("](docs/", "](")
        for here, there in moved.items():
            text = text.replace(here, there)
        reference.put(path, text)
    gallery.write(EXAMPLES, source / "gallery")
    reference.write(source / "reference")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("out", type=Path, help="folder for the site; pages to be built lie in its folder source")
    parser.add_argument("--links", action="store_true", help="also check links to other sites")
    asked = parser.parse_args()
    source = asked.out / "source"
    assemble(source)
    for builder in ("html", "linkcheck") if asked.links else ("html",):
        command = [sys.executable, "-m", "sphinx", "-b", builder, "-W", "--keep-going", "-q"]
        status = subprocess.call([*command, "-d", str(asked.out / "doctrees"), str(source), str(asked.out / builder)])
        if status:
            return status
    lost = links.broken(asked.out / "html")
    print("\n".join(["links that lead nowhere:", *lost]) if lost else f"{asked.out / 'html' / 'index.html'}")
    return int(bool(lost))


if __name__ == "__main__":
    sys.exit(main())
