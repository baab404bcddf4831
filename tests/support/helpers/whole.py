# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the lab's cluster is whole, as its members and its pooler say, not as the collection does."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any

from support.helpers.lab import DATABASE, PORTS, Host
from support.helpers.pooler import Pooler

# What one member says, the answer to ASK; empty where it does not answer.
Said = dict[str, Any]

ASK = """
SELECT jsonb_build_object(
  'standby', pg_is_in_recovery(),
  'timeline', CASE WHEN pg_is_in_recovery() THEN (SELECT received_tli FROM pg_stat_wal_receiver)
    ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int END,
  'slots', (SELECT coalesce(jsonb_agg(slot_name ORDER BY slot_name), '[]') FROM pg_replication_slots),
  'standbys', (SELECT coalesce(jsonb_object_agg(application_name, state || ' ' || sync_state), '{}') FROM pg_stat_replication))
"""


def ask(machine: Host) -> dict[str, Said]:
    """Every member of the machine by its name, whether it runs or not."""
    psql = f"runuser -u postgres -- psql -XAtq --dbname=postgres --command={shlex.quote(' '.join(ASK.split()))}"
    lines = machine.run("; ".join(f"{psql} --port={port} 2>/dev/null || echo '{{}}'" for port in PORTS.values())).stdout
    return dict(zip(PORTS, map(json.loads, lines.splitlines()), strict=True))


def disorder(machine: Host, pooler: Pooler) -> list[str]:
    """What keeps it from being whole now: its members, its pooler, and a commit that comes through both."""
    members = ask(machine)
    found = disorder_of_members(members)
    if not found:
        (primary,) = writable(members)
        found = disorder_of_pools(pooler.console("DATABASES"), PORTS[primary])
    if not found and (done := pooler.psql("SELECT pg_logical_emit_message(true, 'tests', 'a write')")).rc:
        found = [f"no commit through PgBouncer: {done.stderr}"]
    return found


def writable(members: Mapping[str, Said]) -> list[str]:
    """Members that take writes."""
    return [name for name, said in members.items() if said and not said["standby"]]


def disorder_of_members(members: Mapping[str, Said]) -> list[str]:
    """What keeps a cluster from being whole: one primary, all others its synchronous standbys on its timeline, a slot for each of them on
    the primary, and no other slot anywhere.
    """
    primaries = writable(members)
    if len(primaries) != 1:
        return [f"{len(primaries)} members take writes: {primaries}"]
    (primary,) = primaries
    others = [name for name in members if name != primary]
    told = members[primary]
    found = [
        f"{name} is {told['standbys'].get(name, 'not there')}, expected streaming quorum"
        for name in others
        if told["standbys"].get(name) != "streaming quorum"
    ]
    timelines = {name: said.get("timeline") for name, said in members.items()}
    if len({*timelines.values()}) != 1:
        found.append(f"timelines differ: {timelines}")
    for name, said in members.items():
        expected = sorted(other.replace("-", "_") for other in others) if name == primary else []
        if said.get("slots") != expected:
            found.append(f"{name} has the slots {said.get('slots')}, expected {expected}")
    return found


def disorder_of_pools(rows: list[dict[str, str]], port: int) -> list[str]:
    """PgBouncer's databases that are paused, or that lead somewhere else than to the primary's port, but for those of reads.

    :arg rows: of SHOW DATABASES.
    """
    pools = [row for row in rows if row["name"].startswith("plannerate_")]
    if DATABASE not in [row["name"] for row in pools]:
        return [f"PgBouncer has no {DATABASE}"]
    return [
        f"PgBouncer's {row['name']} leads to {row['port']}, expected {port}; paused: {row['paused']}"
        for row in pools
        if row["paused"] != "0" or (row["port"] != str(port) and not row["name"].endswith("_ro"))
    ]
