"""Writes the table of docs/devices.md: `python docs/devices.py`.  A test compares the two."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections import defaultdict
from pathlib import Path

from fastnn.ops import records
from fastnn.ops.op import REGISTRY

PAGE = Path(__file__).with_name("devices.md")
BLOCK = re.compile(r"(<!-- operations:start -->\n).*?(<!-- operations:end -->)", re.S)


def table() -> str:
    """The table: for each way of running on a device the operations that run in it."""
    for module in pkgutil.iter_modules(records.__path__, f"{records.__name__}."):
        importlib.import_module(module.name)
    names = defaultdict(list)
    for op in REGISTRY.values():
        names[op.on_cuda()].append(op.name)
    order = sorted(names, key=lambda way: (way.startswith("on the host"), way == "nothing runs: a view", way))
    rows = [f"| {way} | {', '.join(f'`{name}`' for name in sorted(names[way]))} |" for way in order]
    return "\n".join(["| how it runs | operations |", "|---|---|", *rows, ""])


def page(text: str) -> str:
    """The page's text with the table as it is now."""
    return BLOCK.sub(lambda found: found.group(1) + table() + found.group(2), text)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
