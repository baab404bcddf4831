# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The servers of this machine: which one is the primary, and how far its archiving is."""

from __future__ import annotations

import shutil
import time
from typing import NamedTuple

from ..errors import Refused
from ..machine import session
from ..machine.session import SessionError

_WHO = """
SELECT pg_is_in_recovery(), (SELECT system_identifier::text FROM pg_control_system()),
  pg_size_bytes(current_setting('wal_segment_size'))
"""
# What waits is older the longer the store is away. The history of a timeline is small, and waits as well.
_ARCHIVING = """
SELECT extract(epoch FROM a.last_archived_time)::float8, extract(epoch FROM a.last_failed_time)::float8, a.failed_count,
  (SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'),
  (SELECT extract(epoch FROM now() - min(modification))::float8 FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'),
  (pg_current_wal_lsn() - '0/0')::bigint,
  extract(epoch FROM current_setting('archive_timeout')::interval)::float8
FROM pg_stat_archiver a
"""


class Server(NamedTuple):
    """A member that runs on this machine. C(member) is its entry in the configuration."""

    member: dict
    standby: bool
    system: str
    segment_bytes: int


class Archiving(NamedTuple):
    """Moments in seconds, None where there was none; C(waiting) segments, the oldest for C(behind) seconds.

    C(written) counts bytes of WAL, C(timeout) is that after which a segment is closed, 0 if it waits until it is full.
    """

    archived: float | None
    failed: float | None
    failures: int
    waiting: int
    behind: float
    written: int
    free: int
    at: float
    timeout: float = 60.0


def servers(found):
    """The members of this machine that run."""
    running = []
    for member in found["members"]:
        try:
            connection = connect(found, member)
        except SessionError:
            continue
        with connection:
            ((standby, system, segment_bytes),) = session.execute(connection, _WHO)
        connection.close()
        running.append(Server(member, standby, system, segment_bytes))
    return running


def primary_of(running):
    """The primary, None where it is on another machine.

    :raises Refused: where two members take writes.
    """
    primaries = [one for one in running if not one.standby]
    if len(primaries) > 1:
        names = ", ".join(one.member["name"] for one in primaries)
        raise Refused(f"{names} all take writes, expected one primary. Nothing was written; see playbooks/status.yml")
    return primaries[0] if primaries else None


def archiving(found, server):
    connection = connect(found, server.member)
    with connection:
        ((archived, failed, failures, waiting, behind, written, timeout),) = session.execute(connection, _ARCHIVING)
    connection.close()
    free = shutil.disk_usage(f"{server.member['data_directory']}/pg_wal").free
    return Archiving(archived, failed, failures, waiting, behind or 0.0, written, free, time.time(), timeout)


def connect(found, member):
    return session.connect(f"host={found['socket_directory']} port={member['port']} user=postgres dbname=postgres")
