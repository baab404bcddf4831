# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tests that a file defines, found without importing it."""

from __future__ import annotations

import ast
from pathlib import Path


def defined_in(path: Path) -> dict[str, ast.FunctionDef]:
    """Each test's function by its name after the file's in pytest's words: ``test_name`` or ``TestClass::test_name``."""
    found = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            found[node.name] = node
        elif isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            methods = [each for each in node.body if isinstance(each, ast.FunctionDef)]
            found |= {f"{node.name}::{each.name}": each for each in methods if each.name.startswith("test_")}
    return found


def is_given(test: ast.FunctionDef) -> bool:
    """Whether Hypothesis makes its input."""
    names = {node.id for decorator in test.decorator_list for node in ast.walk(decorator) if isinstance(node, ast.Name)}
    return "given" in names
