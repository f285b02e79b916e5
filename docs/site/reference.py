"""The pages of the reference: one for each public module, with every public name, made from docstrings by import.

What only a base says of an argument is put into a docstring when it is read, so the sources alone do not have it.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import fastnn

SECTION = re.compile(r"^(Args|Raises|Returns):$")
ENTRY = re.compile(r"^ {4}(?P<name>[\w*.][^:]*?): (?P<text>.*)$")
CODE = re.compile(r"``(.+?)``|`([^`]+)`")
MARKUP = re.compile(r"([\\*_|`])")
# a line that begins with one of these words begins a paragraph
WORDS = re.compile(r"^(Input|Inputs|Output|Outputs|Weights|Source|State|States|Raises|Returns)\b")


def public_modules(module: ModuleType = fastnn, found: dict[str, ModuleType] | None = None) -> dict[str, ModuleType]:
    """{name: module} of the package and of every module that a public one names, in alphabetical order below each."""
    found = {} if found is None else found
    found[module.__name__] = module
    for name in sorted(names_of(module)):
        value = getattr(module, name)
        if inspect.ismodule(value) and value.__name__.startswith("fastnn.") and value.__name__ not in found:
            public_modules(value, found)
    return found


def names_of(module: ModuleType) -> list[str]:
    """The public names of a module: its `__all__`, or what is defined in it."""
    if hasattr(module, "__all__"):
        return list(module.__all__)
    return [
        n for n, v in vars(module).items() if not n.startswith("_") and getattr(v, "__module__", "") == module.__name__
    ]


@functools.cache
def walk() -> list[tuple[str, str, Any]]:
    """[(module, name, object)] of every public name but modules; held, as some are made when they are asked for."""
    named = [
        (path, name, getattr(module, name)) for path, module in public_modules().items() for name in names_of(module)
    ]
    return [(path, name, value) for path, name, value in named if not inspect.ismodule(value)]


def is_code(value: Any) -> bool:
    """Whether it is a class or a function."""
    return inspect.isclass(value) or inspect.isroutine(value)


def contents() -> dict[str, dict[str, Any]]:
    """{module: {name: object}}: classes and functions each once, under the first of their names."""
    found: dict[str, dict[str, Any]] = {path: {} for path in public_modules()}
    seen: set[int] = set()
    for path, name, value in walk():
        if id(value) not in seen:
            found[path][name] = value
        if is_code(value):
            seen.add(id(value))
    return found


def second_names(found: dict[str, dict[str, Any]]) -> dict[str, list[str]]:
    """{path of an object: its other public paths}."""
    first = {id(v): f"{path}.{name}" for path, things in found.items() for name, v in things.items()}
    others: dict[str, list[str]] = {}
    for path, name, value in walk():
        if is_code(value) and first[id(value)] != f"{path}.{name}":
            others.setdefault(first[id(value)], []).append(f"{path}.{name}")
    return others


def methods_of(cls: type, known: set[type]) -> list[str]:
    """Names of public methods and properties with a docstring; not those that a base with an entry has, too."""
    bases = [base for base in cls.__mro__[1:] if base in known]
    found = []
    for name in dir(cls):
        static = inspect.getattr_static(cls, name)
        value = getattr(static, "__func__", static)
        code = inspect.isroutine(value) or isinstance(value, property)
        ours = any(name in vars(c) and c.__module__.startswith("fastnn") for c in cls.__mro__)
        made = (getattr(value, "__module__", None) or "fastnn").startswith("fastnn")  # not by scikit-learn
        shown = any(inspect.getattr_static(base, name, None) is static for base in bases)
        if code and ours and made and not shown and not name.startswith("_") and value.__doc__:
            found.append(name)
    return found


def plain(text: str) -> str:
    """Text in which nothing is markup.

    >>> print(plain("**kwargs"))
    \\*\\*kwargs
    """
    return MARKUP.sub(r"\\\1", text)


def inline(text: str) -> str:
    """A line of a docstring as reStructuredText: what stands in backticks is code, all else is text.

    >>> print(inline("`x` and y_true*2, of **kwargs"))
    ``x`` and y\\_true\\*2, of \\*\\*kwargs
    >>> print(inline("a`b`s"))
    a\\ ``b``\\ s
    """
    parts, at = [], 0
    for code in CODE.finditer(text):
        before = plain(text[at : code.start()])
        glue = "\\ " if before and before[-1] not in " ([{<-/:\"'" else ""
        at = code.end()
        after = "\\ " if at < len(text) and text[at] not in " )]}>-/:.,;!?\"'" else ""
        parts.append(f"{before}{glue}``{(code[1] or code[2]).strip()}``{after}")
    return "".join([*parts, plain(text[at:])])


def paragraph(lines: list[str]) -> list[str]:
    """One paragraph of a docstring as reStructuredText: text, a list, or an example."""
    if lines[0].startswith(">>>"):
        return [*lines, ""]
    out: list[str] = []
    for line in lines:
        item = re.match(r"(\s*[-*] )(.*)", line)
        if item:
            out += ["", item[1] + item[2]]
        elif out and not WORDS.match(line):
            out[-1] += " " + line.strip()
        else:
            out += ["", line.strip()]
    marks = [re.match(r"(\s*[-*] )?(.*)", line) for line in out]
    return [(m[1] or "") + inline(m[2]) for m in marks if m] + [""]


def section(name: str, lines: list[str]) -> list[str]:
    """A section Args, Raises or Returns as a field whose body is a list of its entries."""
    entries: list[str] = []
    for line in lines:
        entry = ENTRY.match(line)
        if entry and not line.startswith(" " * 5):
            entries.append(f"* **{plain(entry['name'].strip('`'))}** – \0{entry['text']}")
        elif entries:
            entries[-1] += " " + line.strip()
        else:
            entries.append("\0" + line.strip())
    title = {"Args": "Parameters"}.get(name, name)
    shown = [head + inline(text) for head, _, text in (e.partition("\0") for e in entries)]
    return [f":{title}:", *(f"    {line}" for line in shown), ""]


def as_rst(text: str) -> list[str]:
    """A docstring, as `inspect.getdoc` gives it, as lines of reStructuredText.

    >>> as_rst("Sum.\\n\\nArgs:\\n    a, b: two\\n        numbers.\\n\\n>>> 1 + 1\\n2")
    ['', 'Sum.', '', ':Parameters:', '    * **a, b** – two numbers.', '', '>>> 1 + 1', '2', '']
    """
    out: list[str] = []
    for block in re.split(r"\n\s*\n", text.strip("\n")):
        lines = block.split("\n")
        while lines:
            head = SECTION.match(lines[0])
            end = next((k for k, line in enumerate(lines[1:], 1) if SECTION.match(line)), len(lines))
            if head:
                end = next((k for k, line in enumerate(lines[1:], 1) if not line.startswith(" ")), len(lines))
                out += section(head[1], lines[1:end])
            else:
                out += paragraph(lines[:end])
            lines = lines[end:]
    return out


def summary(thing: Any) -> str:
    """The first sentence of a docstring."""
    first = (inspect.getdoc(thing) or "").split("\n\n")[0].replace("\n", " ")
    return re.sub(r"^(?=\W)", r"\\ ", inline(re.split(r"(?<=[.]) (?=[A-Z])", first)[0]))


def table(rows: Iterable[tuple[str, str]]) -> list[str]:
    """Two columns: what is linked, and what it is."""
    out = [".. list-table::", "    :widths: 35 65", "    :width: 100%", ""]
    for link, text in rows:
        out += [f"    * - {link}", f"      - {text or '–'}"]
    return [*out, ""]


def page(path: str, module: ModuleType, things: dict[str, Any], known: set[type], others: dict[str, list[str]]) -> str:
    """The page of a module."""
    named = {k: v for k, v in things.items() if is_code(v)}
    out = [path, "=" * len(path), "", f".. py:module:: {path}", "", *as_rst(inspect.getdoc(module) or "")]
    if named:
        role = {k: "class" if inspect.isclass(v) else "func" for k, v in named.items()}
        out += table((f":py:{role[k]}:`{k} <{path}.{k}>`", summary(named[k])) for k in sorted(named, key=str.lower))
    here = [o for o in names_of(module) if o not in things and not inspect.ismodule(getattr(module, o))]
    if here:
        first = {o: k for k, v in others.items() for o in v}
        links = (f":py:obj:`{o} <{first[f'{path}.{o}']}>`" for o in sorted(here, key=str.lower))
        out += ["Names that are described elsewhere: " + ", ".join(links) + ".", ""]
    for name, value in sorted(things.items(), key=lambda item: item[0].lower()):
        full = f"{path}.{name}"
        if name not in named:
            said = f"    :value: {value!r}" if isinstance(value, str | int) else f"    :type: {type(value).__name__}"
            out += [f".. py:data:: {full}", said, ""]
            continue
        out += [f".. auto{'class' if inspect.isclass(value) else 'function'}:: {full}", ""]
        if full in others:
            out += ["    Also: " + ", ".join(f"``{o}``" for o in others[full]) + ".", ""]
        for method in methods_of(value, known) if inspect.isclass(value) else ():
            kind = "property" if isinstance(inspect.getattr_static(value, method), property) else "method"
            out += [f"    .. auto{kind}:: {full}.{method}", ""]
    return "\n".join(out) + "\n"


def put(path: Path, text: str) -> None:
    """Write a page unless it is there already: Sphinx makes anew what is younger than its last build."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def write(folder: Path) -> None:
    """Write all pages and the list of them into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    found = contents()
    others = second_names(found)
    known = {v for things in found.values() for v in things.values() if inspect.isclass(v)}
    modules = public_modules()
    for path, module in modules.items():
        put(folder / f"{path}.rst", page(path, module, found[path], known, others))
    text = [
        "Reference",
        "=========",
        "",
        "Every public name, a page for each module. The text is that of ``help()``.",
        "",
    ]
    text += table((f":doc:`{path} <{path}>`", summary(module)) for path, module in modules.items())
    text += [".. toctree::", "    :hidden:", "", *(f"    {path}" for path in modules)]
    put(folder / "index.rst", "\n".join(text) + "\n")
