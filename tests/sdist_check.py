"""Builds the source distribution, installs it in a new environment and tests it from a folder that has no source tree.

python tests/sdist_check.py SOURCE WORK [pytest arguments]
"""

import os
import shutil
import subprocess
import sys
import tarfile
import venv
from pathlib import Path

TESTS = ["tests/test_imports.py", "tests/models", "tests/playground", "tests/saving"]
NEEDED = ["setup.py", "pyproject.toml", "README.md", "LICENSE", "tox.ini", "src_cython", "fastnn", "tests"]


def run(*command, **options):
    """Run a command; leave with its status where it fails."""
    sys.stdout.write(" ".join(map(str, command)) + "\n")
    sys.stdout.flush()
    done = subprocess.run([str(c) for c in command], **options)
    if done.returncode:
        sys.exit(done.returncode)


def main():
    """Build, unpack, check what is in it, install, test."""
    source, work, *arguments = sys.argv[1:]
    work = Path(work).resolve() / "sdist"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    run(sys.executable, "-m", "build", "--sdist", "--outdir", work, source)
    (archive,) = work.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        tar.extractall(work / "unpacked", filter="data")
    (tree,) = (work / "unpacked").iterdir()
    missing = [name for name in NEEDED if not (tree / name).exists()]
    built = [p for p in tree.rglob("*") if p.suffix in (".so", ".o", ".c", ".pyd")]
    built = [p for p in built if not {"src_cython", "tests"} & set(p.parts)]  # sources in C are theirs
    if missing or built:
        sys.exit(f"the source distribution lacks {missing}" if missing else f"it holds built files: {built}")

    # the tests move away from the sources, so that only the installed package can be imported
    elsewhere = work / "elsewhere"
    elsewhere.mkdir()
    for name in ("tests", "pyproject.toml"):
        shutil.move(tree / name, elsewhere / name)
    venv.create(work / "venv", with_pip=True)
    python = work / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", f"{archive}[test]")
    tests = [t for t in TESTS if (elsewhere / t).exists()]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    run(python, "-m", "pytest", "-q", "-m", "not slow", *tests, *arguments, cwd=elsewhere, env=environment)


if __name__ == "__main__":
    main()
