# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A database full of its owner's traps is backed up, drilled and restored, and none of them springs."""

from __future__ import annotations

import contextlib

import pytest
from support.hostile import database, names

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.dump import counts
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.machine.session import SessionError, connect


def test_no_job_steps_into_a_trap(site):
    owner = "SET SESSION AUTHORIZATION shop"
    site.say(owner, "CREATE TABLE public.orders AS SELECT generate_series(1, 100) AS number")
    site.say(owner, *database.traps(names.ours()))
    site.say(owner, *database.defaults("shop", "shop"))
    assert site.back_up()["tables"] == {"public.orders": 100}
    site.good("drill")
    site.good("restore", "--into=copy")
    assert database.sprung(site.servers.log("pg-main", lines=100_000), owner="shop") == []


def test_a_table_that_becomes_a_view_while_rows_are_counted_runs_nothing(site, monkeypatch):
    """Its owner may be in the database that was restored, too."""
    marker = site.directory / "marker"
    site.make("CREATE TABLE orders (id int)")

    def swapped(connection, listed=counts.tables):
        found = listed(connection)
        connection.rollback()
        site.make(
            "DROP TABLE orders",
            "CREATE FUNCTION attack() RETURNS bool LANGUAGE plpgsql AS "
            f"$$ BEGIN COPY (SELECT 1) TO PROGRAM 'touch {marker}'; RETURN true; END $$",
            "CREATE VIEW orders AS SELECT 1 WHERE attack()",
        )
        return found

    monkeypatch.setattr(counts, "tables", swapped)
    with (
        contextlib.closing(connect(site.settings["restore"]["conninfo"], dbname="shop")) as connection,
        pytest.raises(SessionError, match='access to non-system view "orders" is restricted'),
    ):
        counts.count(connection)
    assert not marker.exists()
