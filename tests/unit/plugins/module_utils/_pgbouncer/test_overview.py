# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of pools that people read."""

from __future__ import annotations

from ansible_collections.plannerate.infra.plugins.module_utils._pgbouncer.overview import overview, table

SHOWN = """\
== pools
database,user,cl_active,cl_waiting,sv_active,sv_idle,sv_used,sv_tested,sv_login,maxwait,maxwait_us,pool_mode
pgbouncer,pgbouncer,1,0,0,0,0,0,0,0,0,statement
shop,owner,900,100,24,0,0,0,0,1,250000,transaction
== stats
database,total_xact_count,avg_xact_time
shop,3000,20500
== databases
name,host,port,pool_mode,max_connections
shop,10.0.0.1,5432,transaction,25
shop_ro,127.0.0.1,6433,session,20
pgbouncer,,6432,statement,0
"""


def test_the_overview():
    row, unused = overview(SHOWN)
    assert (row["pool"], row["clients_waiting"], row["longest_wait_seconds"]) == ("shop", 100, 1.2)
    assert (row["servers_active"], row["servers_allowed"], row["average_transaction_ms"]) == (24, 25, 20.5)
    assert (unused["pool"], unused["user"], unused["mode"], unused["transactions"]) == ("shop_ro", "-", "session", 0)
    heading, line = table([row]).splitlines()
    assert heading.split()[:3] == ["POOL", "USER", "TARGET"]
    assert line.split()[:3] == ["shop", "owner", "10.0.0.1:5432"]


def test_how_many_clients_a_user_may_have():
    """In PgBouncer 1.24 and newer, which also names those without a limit."""
    users = (
        "== users\nname,pool_mode,max_user_connections,current_connections,max_user_client_connections\nowner,,0,0,{}\n"
    )
    assert [row["clients_allowed"] for row in overview(SHOWN + users.format(800))] == [800, None]
    assert [row["clients_allowed"] for row in overview(SHOWN + users.format(0))] == [None, None]
    before = "== users\nname,pool_mode\nowner,\n"
    rows = overview(SHOWN + before)
    assert [row["clients_allowed"] for row in rows] == [None, None]
    assert table(rows).splitlines()[1].split()[3:6] == ["transaction", "-", "900"]
