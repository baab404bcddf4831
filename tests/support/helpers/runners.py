# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a test runs, read from its source without running it: its own words, and those of the helpers and fixtures that it uses."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
FIXTURES = sorted((ROOT / "tests" / "support" / "fixtures").glob("*.py"))
# What stands for a value that only a run knows.
ANY = "…"

Definition = tuple[Path, ast.stmt]


@cache
def definitions(file: Path) -> dict[str, ast.stmt]:
    """Functions, classes and variables at the top of a file by their names."""
    found: dict[str, ast.stmt] = {}
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found[node.name] = node
        elif isinstance(node, ast.Assign):
            names = [name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)]
            found |= dict.fromkeys(names, node)
    return found


@cache
def imported(file: Path) -> dict[str, Definition]:
    """Names that come from tests/support, each with where it is defined."""
    found: dict[str, Definition] = {}
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
        if isinstance(node, ast.ImportFrom) and module.startswith("support."):
            source = ROOT / "tests" / f"{module.replace('.', '/')}.py"
            known = definitions(source)
            found |= {name.asname or name.name: (source, known[name.name]) for name in node.names if name.name in known}
    return found


def words_of(file: Path, name: str) -> list[str]:
    """The words of each command, call and text in a function and in everything of the project's own that it uses."""
    assert name in definitions(file), f"{file.relative_to(ROOT)} has no {name}"
    seen: set[int] = set()
    open_ones: list[Definition] = [(file, definitions(file)[name])]
    found: list[str] = []
    while open_ones:
        source, node = open_ones.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        found += _said(node)
        open_ones += [definition for used in _names(node) for definition in _resolve(source, used)]
    return found


def _resolve(file: Path, name: str) -> Iterator[Definition]:
    if name in definitions(file):
        yield file, definitions(file)[name]
    elif name in imported(file):
        yield imported(file)[name]
    else:
        yield from ((source, definitions(source)[name]) for source in FIXTURES if name in definitions(source))


def _names(node: ast.stmt) -> set[str]:
    """Names that are read, and those of fixtures."""
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)} | {
        each.arg for each in ast.walk(node) if isinstance(each, ast.arg)
    }


def _said(node: ast.stmt) -> Iterator[str]:
    for each in ast.walk(node):
        if isinstance(each, (ast.List, ast.Tuple)):
            yield " ".join(_text(element) for element in each.elts)
        elif isinstance(each, ast.Call):
            yield " ".join(_text(part) for part in (each.func, *each.args))
        elif isinstance(each, (ast.Assign, ast.Subscript)):
            yield _text(each.value if isinstance(each, ast.Assign) else each.slice)


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(value) for value in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        return f"{_text(node.left)}/{_text(node.right)}"
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_text(node.value)} {node.attr}"
    return ANY
