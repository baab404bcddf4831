# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be said of a PostgreSQL data directory by looking at its files alone. Never writes."""

from __future__ import annotations

import os

from ansible_collections.plannerate.infra.plugins.module_utils._postgres.text import postmaster_pid, setting_names

# initdb and pg_basebackup write beside the data directory, which then appears by one rename, complete or not at all.
INCOMING_SUFFIX = ".incoming"
ESSENTIAL = ("PG_VERSION", os.path.join("global", "pg_control"))


def look(path, proc="/proc"):
    """State of a data directory.

    :arg path: the data directory.
    :arg proc: where the process file system is mounted.
    :returns: dict with ``state`` (no_data, incomplete or complete), ``data_present``, ``detail``, ``version``,
        ``standby`` (whether it would start as one), ``auto_conf`` (names), ``postmaster`` (a living one's pid, port and
        socket directory, or None).
    """
    names, detail = _entries(path)
    if names or detail:
        missing = [name for name in ESSENTIAL if not os.path.exists(os.path.join(path, name))]
        if detail or missing:
            return _seen("incomplete", True, detail or _not_a_data_directory(names, missing))
        return _complete(path, proc)
    incoming = path.rstrip("/") + INCOMING_SUFFIX
    if os.path.lexists(incoming):
        return _seen("incomplete", False, f"{incoming} is left over from an interrupted initialisation or base backup")
    return _seen("no_data", False, None)


def read(path):
    """A small text file's content; None when there is none."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None


def _entries(path):
    """(names in the directory, why it cannot be one); both empty when there is nothing at all."""
    if os.path.islink(path) and not os.path.exists(path):
        return [], f"is a symbolic link to {os.readlink(path)}, which does not exist"
    try:
        return sorted(os.listdir(path)), None
    except FileNotFoundError:
        return [], None
    except NotADirectoryError:
        return [], "is not a directory"


def _complete(path, proc):
    signals = {name: os.path.exists(os.path.join(path, name)) for name in ("standby.signal", "recovery.signal")}
    seen = _seen("complete", True, "recovery.signal: a restore has not ended" if signals["recovery.signal"] else None)
    seen.update(
        version=int((read(os.path.join(path, "PG_VERSION")) or "0").strip() or 0) or None,
        standby=signals["standby.signal"],
        auto_conf=setting_names(read(os.path.join(path, "postgresql.auto.conf")) or ""),
        postmaster=_living_postmaster(path, proc),
    )
    return seen


def _living_postmaster(path, proc):
    postmaster = postmaster_pid(read(os.path.join(path, "postmaster.pid")) or "")
    if postmaster is None:
        return None
    process = os.path.join(proc, str(postmaster["pid"]))
    try:
        # A server's working directory is its data directory: another program, or member, may have got the number since.
        return postmaster if os.readlink(os.path.join(process, "cwd")) == os.path.realpath(path) else None
    except PermissionError:
        return postmaster if (read(os.path.join(process, "comm")) or "").strip() in ("postgres", "postmaster") else None
    except OSError:
        return None


def _not_a_data_directory(names, missing):
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    return f"holds {shown}, but no {' and no '.join(missing)}"


def _seen(state, data_present, detail):
    return {
        "state": state,
        "data_present": data_present,
        "detail": detail,
        "version": None,
        "standby": None,
        "auto_conf": None,
        "postmaster": None,
    }
