"""How kernel sources are written: arguments have names, sizes that lowering knows too stand in one place."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from fastnn.core import blocks
from fastnn.kernels import cpu

SOURCES = sorted(Path(cpu.__file__).parent.glob("[!_]*.py"))


def kernels(tree: ast.AST) -> list[ast.FunctionDef]:
    """The functions of a module that get argument words: f(a, lo, hi, ...)."""
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and [a.arg for a in node.args.args[:3]] == ["a", "lo", "hi"]
    ]


def numbered(node: ast.AST) -> list[str]:
    """The argument words that are read by a constant number somewhere in a node."""
    return [ast.unparse(n) for n in ast.walk(node) if isinstance(n, ast.Subscript) and isinstance(n.value, ast.Name)
            and n.value.id == "a" and isinstance(n.slice, ast.Constant)]  # fmt: skip


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_loops_read_no_argument_by_its_number(path):
    """A kernel names its words at its top: by `words`, or as the pointers and numbers that they are."""
    for function in kernels(ast.parse(path.read_text(encoding="utf-8"))):
        for loop in ast.walk(function):
            if isinstance(loop, (ast.For, ast.While)):
                assert not numbered(loop), f"{path.name}, {function.name}: give {', '.join(numbered(loop))} a name"


def test_a_number_in_a_loop_is_found():
    (function,) = kernels(ast.parse("def f(a, lo, hi):\n    x = a[0]\n    for i in range(a[1]):\n        a[2 + i]"))
    assert numbered(function) == ["a[0]", "a[1]"]


@pytest.mark.parametrize(
    "path", [*SOURCES, *sorted(Path(blocks.__file__).parents[1].glob("ops/**/*.py"))], ids=lambda path: path.stem
)
def test_shared_sizes_are_defined_once(path):
    shared = {name for name in vars(blocks) if name.isupper()}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign):
            names = {n.id for target in node.targets for n in ast.walk(target) if isinstance(n, ast.Name)}
            literal = not any(isinstance(n, (ast.Name, ast.Call)) for n in ast.walk(node.value))
            assert not (literal and names & shared), f"{path.name}: {names & shared} stands in core/blocks.py"


def test_the_sizes_fit_every_level():
    """Panels, channels of a block and products of planes are no wider than the workspaces that are made for them."""
    from fastnn.core import simd_vec

    for level, (nbytes, tiles) in simd_vec.LEVELS.items():
        lanes = nbytes // 4
        assert max(vectors for _, vectors in tiles[:3]) * nbytes <= blocks.PANEL_BYTES, level
        assert 4 * lanes <= blocks.LANE_BLOCK, level
        for rows in simd_vec.PRODUCTS[level]:
            assert len(rows) * lanes <= blocks.PLANE_CHANNELS, level
            assert all(blocks.TILE_GROUP % r == 0 for r in rows), level
