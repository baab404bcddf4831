# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When each standby has replayed what was just written."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.plannerate.infra.plugins.module_utils._postgres.session import Session, SessionError

# A standby answers at once to what it has replayed of such a commit, and else every ten seconds alone. The commit waits for what has to
# confirm it, and no longer than the statement's time.
_SETTINGS = (
    "SELECT set_config('synchronous_commit', 'remote_apply', false), set_config('statement_timeout', '10s', false)"
)
_WRITE = "SELECT pg_logical_emit_message(true, 'validation', 'one write') IS NOT NULL AS written"
_WRITTEN = "SELECT pg_current_wal_lsn()::text AS lsn"
_REPLAYED = "SELECT coalesce(pg_last_wal_replay_lsn() >= %(lsn)s::pg_lsn, false) AS replayed"
_TOLD = """SELECT coalesce(bool_or(replay_lsn >= %(lsn)s::pg_lsn), false) AS replayed FROM pg_stat_replication
    WHERE application_name = %(name)s"""
_PAUSE = 0.01


def read_after_write(
    primary: Session, params: Mapping[str, Any], expected: Sequence[Mapping[str, Any]], timeout: float
) -> dict[str, dict[str, Any]]:
    """By standby, C(seconds) from the beginning of the write until it can be read there, or C(error)."""
    found: dict[str, dict[str, Any]] = {}
    asking: dict[str, Callable[[str], bool]] = {}
    for standby in expected:
        try:
            asking[standby["name"]] = _asks(primary, params, standby)
        except SessionError as error:
            found[standby["name"]] = {"error": f"cannot be asked: {error}"}
    began = time.monotonic()
    primary.row(_SETTINGS)
    primary.row(_WRITE)
    lsn = str(primary.row(_WRITTEN)["lsn"])
    while asking and time.monotonic() - began < timeout:
        for name in list(asking):
            try:
                if asking[name](lsn):
                    found[name] = {"seconds": round(time.monotonic() - began, 3)}
            except SessionError as error:
                found[name] = {"error": f"stopped answering: {error}"}
            if name in found:
                del asking[name]
        time.sleep(_PAUSE)
    return {**found, **{name: {"error": f"not replayed after {timeout:g} s"} for name in asking}}


def _asks(primary: Session, params: Mapping[str, Any], standby: Mapping[str, Any]) -> Callable[[str], bool]:
    """A function that tells whether a standby has replayed up to an LSN: the standby itself, or the primary for one elsewhere."""
    if not standby.get("unix_socket"):
        return lambda lsn: bool(primary.row(_TOLD, {"lsn": lsn, "name": standby["name"]})["replayed"])
    port = standby.get("port") or params["login_port"]
    session = Session({**params, "login_host": "", "login_unix_socket": standby["unix_socket"], "login_port": port})
    return lambda lsn: bool(session.row(_REPLAYED, {"lsn": lsn})["replayed"])
