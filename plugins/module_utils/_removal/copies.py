# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Databases that restores left, which no inventory and no backup job names. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.restore import mark

# What a restore puts aside, and what it makes beside the old one.
_COPY = re.compile(r"_(before|restored)_\d{8}t\d{6}z")
# What was loaded, and did not get its name.
_LOADED = re.compile(r"restore_[0-9a-f]{16}")


def copies(databases: Iterable[str], present: Iterable[str]) -> list[str]:
    """Those that are there of one of these databases, told by their names."""
    own = tuple(databases)
    return [name for name in present if any(_is_copy(name, database) for database in own)]


def loaded(present: Iterable[str]) -> list[str]:
    """Those that a restore loaded for whatever database, and did not name."""
    return [name for name in present if _LOADED.fullmatch(name)]


def loaded_for(databases: Iterable[str], comments: Mapping[str, str | None]) -> list[str]:
    """Those that a restore loaded for one of these databases, or for a copy of it: its mark, the comment, says so."""
    own = tuple(databases)
    targets = {name: (mark.read(name, text) or {}).get("target") or "" for name, text in comments.items()}
    return [name for name, target in targets.items() if target in own or copies(own, [target])]


def drop(database: str) -> str:
    """What the administrator says to drop it."""
    return f'DROP DATABASE "{database}"'


def _is_copy(name: str, database: str) -> bool:
    return name.startswith(database) and _COPY.fullmatch(name[len(database) :]) is not None
