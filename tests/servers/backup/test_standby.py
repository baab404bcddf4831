# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A backup comes from a standby where that is chosen and there is one; from the primary otherwise."""

from __future__ import annotations

from support.helpers.zoo import MEMBERSHIPS, WHOLE, ZOO


def test_a_standby_is_dumped_and_the_primary_where_it_is_gone(make_site):
    site = make_site(layout={"pg-main": "db01", "pg-replica1": "db02"})
    servers = site.servers
    site.say(*ZOO)
    servers.await_replayed("pg-main", "pg-replica1")
    ports = [str(servers.members[name]["port"]) for name in ("pg-main", "pg-replica1")]
    either = {
        "conninfo": f"host={servers.sockets},{servers.sockets} port={','.join(ports)} user=dump target_session_attrs=prefer-standby"
    }
    made = site.back_up(source=either)
    # The rows of an unlogged table are on the primary alone.
    assert made["omissions"] == [*MEMBERSHIPS, "the rows of public.sessions"]
    assert (made["tables"]["public.orders"], made["tables"]["public.sessions"]) == (100, 0)
    assert site.good("drill")["drills"][0]["rows"] == sum(made["tables"].values())
    site.good("restore", "--into=copy", *WHOLE)
    assert site.say("SELECT count(*) FROM public.orders", database="copy") == [(100,)]
    servers.kill("pg-replica1")
    made = site.back_up(source=either)
    assert made["omissions"] == MEMBERSHIPS
    assert made["tables"]["public.sessions"] == 10
