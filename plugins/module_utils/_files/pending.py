# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths that were written and that nobody has loaded yet, remembered on the machine: a run that dies in between leaves them to the next."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence

from ansible_collections.plannerate.infra.plugins.module_utils._files.directory import FileRefused

DIRECTORY = "/var/lib/plannerate/pending"


def remembered(name: str) -> list[str]:
    """The paths that are not acknowledged, in the order in which they were written.

    :raises FileRefused: for a name that is none.
    """
    try:
        with open(_file(name), encoding="utf-8") as file:
            return list(map(str, json.load(file)))
    except FileNotFoundError:
        return []


def remember(name: str, paths: Sequence[str]) -> None:
    """In place of what is remembered by this name. It is on the disk when this returns."""
    path = _file(name)
    os.makedirs(DIRECTORY, mode=0o700, exist_ok=True)
    temporary = f"{path}.new"
    with open(temporary, "w", encoding="utf-8") as file:
        json.dump(list(paths), file)
        file.flush()
        os.fsync(file.fileno())
    os.rename(temporary, path)


def forget(name: str) -> None:
    os.unlink(_file(name))


def _file(name: str) -> str:
    if not re.fullmatch(r"\w[\w@-]*", name, re.ASCII):
        raise FileRefused(f"{name!r} is no name for what is pending, expected letters, digits, _, - and @")
    return os.path.join(DIRECTORY, name)
