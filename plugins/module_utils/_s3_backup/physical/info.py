# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What pgBackRest says about a repository: C(pgbackrest info --output=json). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any, NamedTuple

from ..errors import BackupError, Refused

_MISSING = (1, 2, 3)


class Backup(NamedTuple):
    """C(first) and C(last) are the segments that it needs to be consistent, C(size) the bytes of what it restores."""

    label: str
    kind: str
    begin: datetime
    end: datetime
    first: str
    last: str
    last_lsn: str
    size: int
    stored: int
    damaged: bool


class Repository(NamedTuple):
    """C(system) is the identifier of the cluster that is in it now, None while there is none. C(archive) names the directory of its WAL."""

    system: str | None
    version: str | None
    archive: str | None
    backups: list[Backup]


def read(answer: Sequence[Mapping[str, Any]], stanza: str) -> Repository:
    """:raises BackupError: where pgBackRest could not read the repository, with what it says."""
    found = next((one for one in answer if one["name"] == stanza), None)
    if not found:
        return Repository(None, None, None, [])
    for one in [*found.get("repo", ()), found]:
        status = one.get("status", {})
        if status.get("code", 0) not in (0, *_MISSING):
            said = readable(status.get("message", "nothing"))[:200]
            raise BackupError(
                f"the repository of the stanza {stanza} cannot be read, as with another passphrase than it was made with. "
                f"pgBackRest says: {said}"
            )
    databases = found.get("db") or []
    if not databases:
        return Repository(None, None, None, [])
    now = max(databases, key=lambda one: one["id"])
    archive = next(
        (one["id"] for one in found.get("archive", ()) if one["database"]["id"] == now["id"]),
        f"{now['version']}-{now['id']}",
    )
    # What was there before an upgrade or an initdb belongs to another cluster.
    backups = [_backup(one) for one in found.get("backup", ()) if one["database"]["id"] == now["id"]]
    return Repository(str(now["system-id"]), str(now["version"]), archive, backups)


def require_same(repository: Repository, stanza: str, system: str, prefix: str) -> None:
    """:raises Refused: where the repository is another cluster's: nothing is written into it."""
    if repository.system in (None, system):
        return
    raise Refused(
        f"below {prefix} the stanza {stanza} belongs to another cluster: its system identifier is {repository.system} (PostgreSQL "
        f"{repository.version}), this one's is {system}. Nothing was written. Give this cluster another s3_backup_physical_prefix or "
        "s3_backup_physical_stanza; if it is the same database after pg_upgrade, see the runbook restore.md"
    )


def _backup(one: Mapping[str, Any]) -> Backup:
    return Backup(
        label=one["label"],
        kind=one["type"],
        begin=_moment(one["timestamp"]["start"]),
        end=_moment(one["timestamp"]["stop"]),
        first=one["archive"]["start"],
        last=one["archive"]["stop"],
        last_lsn=(one.get("lsn") or {}).get("stop") or "0/0",
        size=one["info"]["size"],
        stored=(one["info"].get("repository") or {}).get("delta", 0),
        damaged=bool(one.get("error")),
    )


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)


def readable(text: str) -> str:
    """On one line, without what is no text: with a wrong key it repeats what it read."""
    printable = "".join(letter if " " <= letter <= "~" else " " for letter in text)
    return " ".join(printable.split())[:600]
