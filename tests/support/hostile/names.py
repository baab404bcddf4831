# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which functions and types our own code names without their schema, read from its text. Pure, but for the files."""

from __future__ import annotations

import functools
import importlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from support.helpers.checkout import ROOT

HOLD_SQL = {".py", ".j2", ".sql", ".yml"}
# "pg_catalog.f(" is led nowhere, nor is a method's name.
CALLED = re.compile(r"(?<![\w.])([a-z_][a-z0-9_]*)\s?\(")
CAST = re.compile(r"::\s?([a-z_][a-z0-9_]*)")


@dataclass(frozen=True)
class Names:
    """What may be a function or a type of PostgreSQL's; which of them are, only a server knows."""

    functions: frozenset[str]
    types: frozenset[str]


def named_in(texts: Iterable[str]) -> Names:
    functions: set[str] = set()
    types: set[str] = set()
    for text in texts:
        functions |= set(CALLED.findall(text))
        types |= set(CAST.findall(text))
    return Names(frozenset(functions), frozenset(types))


@functools.cache
def ours() -> Names:
    """Of the collection's code, and of the modules of community.postgresql that its tasks use."""
    return named_in(path.read_text(errors="replace") for path in (*_own_files(), *_modules()))


def _own_files() -> Iterator[Path]:
    for directory in ("plugins", "roles", "playbooks"):
        for path in sorted((ROOT / directory).rglob("*")):
            if path.suffix in HOLD_SQL and path.is_file():
                yield path


def _modules() -> list[Path]:
    collection = importlib.import_module("ansible_collections.community.postgresql")
    return sorted(Path(next(iter(collection.__path__)), "plugins").rglob("*.py"))
