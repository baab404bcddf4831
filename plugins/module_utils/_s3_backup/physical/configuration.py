# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration of the physical backups of a machine: one file that the role writes."""

from __future__ import annotations

import json

from ..errors import UsageError
from .program import Program

PATH = "/etc/plannerate-physical.json"

_KEYS = (
    "stanza",
    "place",
    "members",
    "user",
    "binaries",
    "socket_directory",
    "state_directory",
    "textfile",
    "restore_directory",
    "free_percent",
    "schedules",
    "drill",
)


def load(path):
    """:raises UsageError: naming the file and everything that is wrong in it."""
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}; converge with s3_backup_physical: true") from error
    except ValueError as error:
        raise UsageError(f"{path} is not JSON: {error}") from error
    wrong = [f"{name} is missing" for name in _KEYS if name not in found]
    wrong += [f"{name} is unknown" for name in found if name not in _KEYS]
    if wrong:
        raise UsageError(f"{path}: {'; '.join(wrong)}, expected {', '.join(_KEYS)}")
    return found


def program_of(found, member):
    return Program(member["config"], found["stanza"], found["binaries"])
