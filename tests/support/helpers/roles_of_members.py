# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is primary in the lab, and the way back to where every test expects it."""

from __future__ import annotations

from collections.abc import Callable

from support.helpers.lab import PORTS, playbook, wait_for
from support.helpers.pooler import Pooler

# Runs SQL as the administrator of a member: the fixture admin_sql.
Sql = Callable[..., str]


def primary_of(sql: Sql) -> str:
    """The one member that takes writes; there may be no second one."""
    found = [name for name, port in PORTS.items() if sql("SELECT pg_is_in_recovery()", port) == "f"]
    assert len(found) == 1, f"{len(found)} members take writes: {found}"
    return found[0]


def healthy(sql: Sql) -> bool:
    """Whether the primary has two synchronous standbys."""
    rows = sql("SELECT state || sync_state FROM pg_stat_replication", PORTS[primary_of(sql)])
    return rows.split() == ["streamingquorum"] * 2


def state_of(pooler: Pooler, sql: Sql) -> tuple[dict[str, str], list[dict[str, str]], str]:
    """What a refused change of primary must leave as it is: roles, slots, start times, the pools and their files."""
    servers = {}
    for name, port in PORTS.items():
        servers[name] = sql(
            "SELECT pg_is_in_recovery(), pg_postmaster_start_time(), "
            "(SELECT string_agg(slot_name, ',' ORDER BY 1) FROM pg_replication_slots)",
            port,
        )
    pools = [
        {key: row[key] for key in ("name", "host", "port", "paused", "disabled")} for row in pooler.console("DATABASES")
    ]
    assert {row["paused"] for row in pools} == {"0"}
    return servers, pools, pooler.machine.check_output("sha256sum /etc/pgbouncer/environments/*.ini")


def at_home(sql: Sql) -> None:
    """Ends with pg-main as the primary of two synchronous standbys."""
    done = playbook("rejoin")
    assert done.returncode == 0, done.stdout
    wait_for(lambda: healthy(sql), timeout=60, what="two synchronous standbys")
    if primary_of(sql) != "pg-main":
        done = playbook("switchover", variables={"switchover_target": "pg-main"})
        assert done.returncode == 0, done.stdout
        wait_for(lambda: healthy(sql), timeout=60, what="two synchronous standbys")
