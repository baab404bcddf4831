# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A database full of its owner's traps is backed up, drilled and restored, and none of them springs."""

from __future__ import annotations

from support.hostile import database, names


def test_no_job_steps_into_a_trap(site):
    owner = "SET SESSION AUTHORIZATION shop"
    site.say(owner, "CREATE TABLE public.orders AS SELECT generate_series(1, 100) AS number")
    site.say(owner, *database.traps(names.ours()))
    site.say(owner, *database.defaults("shop", "shop"))
    assert site.back_up()["tables"] == {"public.orders": 100}
    site.good("drill")
    site.good("restore", "--into=copy")
    assert database.sprung(site.servers.log("pg-main", lines=100_000), owner="shop") == []
