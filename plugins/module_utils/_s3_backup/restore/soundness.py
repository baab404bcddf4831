# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether tables and indexes contradict themselves, told from whether they could not be checked."""

from __future__ import annotations

from contextlib import closing

from ..errors import BackupError, Damaged
from ..machine.pipeline import ProgramFailed, run
from ..machine.session import SessionError, connect, execute, program

# pg_amcheck's exit code when it found something, and when a statement of it failed, whatever for: a function of an index, say.
_FOUND_OR_FAILED = 2
# Data and index corrupted.
_CORRUPTED = ("XX001", "XX002")
_CHECKS = """
SELECT 'index ' || i.indexrelid::regclass, format('SELECT bt_index_check(%s, true)', i.indexrelid) FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam
WHERE a.amname = 'btree' AND c.relkind = 'i' AND c.relpersistence <> 't' AND i.indisready AND i.indisvalid
UNION ALL
SELECT 'table ' || c.oid::regclass, format('SELECT msg FROM verify_heapam(%s) LIMIT 1', c.oid) FROM pg_class c
JOIN pg_am a ON a.oid = c.relam WHERE a.amname = 'heap' AND c.relkind IN ('r', 'm', 't') AND c.relpersistence <> 't'
ORDER BY 1
"""
_NAMED = 3


def check(binaries, conninfo, database):
    """:raises Damaged: when a heap or an index contradicts itself; :raises BackupError: when that cannot be known."""
    try:
        # Not the bare name, of which it would take one with an equals sign for more than that.
        run(program(binaries, "pg_amcheck", "--no-password", "--install-missing", "--heapallindexed", conninfo))
    except ProgramFailed as error:
        if error.status != _FOUND_OR_FAILED:
            raise
        found, failed = _again(conninfo)
        if found:
            raise Damaged(f"{database} was restored, but is not sound: {'; '.join(found[:_NAMED])}") from error
        what = "; ".join(failed[:_NAMED]) or str(error)
        raise BackupError(
            f"{database} was restored, but not all of it could be checked, which says nothing against the backup: {what}. Look at the "
            "functions that its indexes call"
        ) from error


def _again(conninfo):
    """(what is corrupted, what could not be checked), one check after the other, by the words of the server."""
    found: list[str] = []
    failed: list[str] = []
    with closing(connect(conninfo)) as connection:
        for name, statement in execute(connection, _CHECKS):
            try:
                found += [f"{name}: {row[0]}" for row in execute(connection, statement) if row[0]]
            except SessionError as error:
                is_corrupted = getattr(error.__cause__, "pgcode", None) in _CORRUPTED
                (found if is_corrupted else failed).append(f"{name}: {error}")
            connection.rollback()
    return found, failed
