# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be said of a PostgreSQL data directory by looking at its files alone. Never writes."""

from __future__ import annotations

import os
from typing import Literal, TypedDict

from ansible_collections.plannerate.infra.plugins.module_utils._discovery import place
from ansible_collections.plannerate.infra.plugins.module_utils._discovery.text_file import read_file
from ansible_collections.plannerate.infra.plugins.module_utils._postgres.text import (
    Postmaster,
    postmaster_pid,
    setting_names,
)

# initdb and pg_basebackup write beside the data directory, which then appears by one rename, complete or not at all.
INCOMING_SUFFIX = ".incoming"
ESSENTIAL = ("PG_VERSION", os.path.join("global", "pg_control"))


DirectoryState = Literal["no_data", "incomplete", "complete"]


class DataDirectory(TypedDict):
    """State of a data directory.

    ``standby``: whether it would start as one. ``auto_conf``: names of settings. ``postmaster``: of a running server, else
    None.
    """

    state: DirectoryState
    data_present: bool
    detail: str | None
    version: int | None
    standby: bool | None
    auto_conf: list[str] | None
    postmaster: Postmaster | None


def inspect_data_directory(path: str, proc: str = "/proc", fstab: str = "/etc/fstab") -> DataDirectory:
    """
    :arg path: the data directory.
    :arg proc: where the process file system is mounted.
    """
    names, detail = _entries(path)
    missing = [name for name in ESSENTIAL if not os.path.exists(os.path.join(path, name))]
    if missing:
        unusable = place.problem(
            path,
            place.mount_points(read_file(os.path.join(proc, "self", "mountinfo")) or "", 4),
            place.mount_points(read_file(fstab) or "", 1),
            os.path.exists,
        )
        if unusable:
            return _not_complete("no_data", bool(names), unusable)
    if names or detail:
        if detail or missing:
            return _not_complete("incomplete", True, detail or _not_a_data_directory(names, missing))
        return _complete(path, proc)
    incoming = path.rstrip("/") + INCOMING_SUFFIX
    if os.path.lexists(incoming):
        return _not_complete(
            "incomplete", False, f"{incoming} is left over from an interrupted initialisation or base backup"
        )
    return _not_complete("no_data", False, None)


def _entries(path: str) -> tuple[list[str], str | None]:
    """(names in the directory, why it cannot be one); both empty when there is nothing at all."""
    if os.path.islink(path) and not os.path.exists(path):
        return [], f"is a symbolic link to {os.readlink(path)}, which does not exist"
    try:
        return sorted(os.listdir(path)), None
    except FileNotFoundError:
        return [], None
    except NotADirectoryError:
        return [], "is not a directory"


def _complete(path: str, proc: str) -> DataDirectory:
    restoring = os.path.exists(os.path.join(path, "recovery.signal"))
    return {
        "state": "complete",
        "data_present": True,
        "detail": "recovery.signal: a restore has not ended" if restoring else None,
        "version": int((read_file(os.path.join(path, "PG_VERSION")) or "0").strip() or 0) or None,
        "standby": os.path.exists(os.path.join(path, "standby.signal")),
        "auto_conf": setting_names(read_file(os.path.join(path, "postgresql.auto.conf")) or ""),
        "postmaster": _running_postmaster(path, proc),
    }


def _running_postmaster(path: str, proc: str) -> Postmaster | None:
    postmaster = postmaster_pid(read_file(os.path.join(path, "postmaster.pid")) or "")
    if postmaster is None:
        return None
    process = os.path.join(proc, str(postmaster["pid"]))
    try:
        # A server's working directory is its data directory: another program, or member, may have got the number since.
        return postmaster if os.readlink(os.path.join(process, "cwd")) == os.path.realpath(path) else None
    except PermissionError:
        return (
            postmaster
            if (read_file(os.path.join(process, "comm")) or "").strip() in ("postgres", "postmaster")
            else None
        )
    except OSError:
        return None


def _not_a_data_directory(names: list[str], missing: list[str]) -> str:
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    return f"holds {shown}, but no {' and no '.join(missing)}"


def _not_complete(state: DirectoryState, data_present: bool, detail: str | None) -> DataDirectory:
    return {
        "state": state,
        "data_present": data_present,
        "detail": detail,
        "version": None,
        "standby": None,
        "auto_conf": None,
        "postmaster": None,
    }
