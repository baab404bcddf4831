# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load, a change of primary and its death are measured in the lab; what is broken on purpose has its row red, and ends the load."""

from __future__ import annotations

import pytest
from support.helpers.lab import PORTS, wait_for
from support.helpers.roles_of_members import healthy, primary_of

DATABASE, SITE = "PgBouncer and PostgreSQL", "Traefik and the application"


def bad(rows):
    return {name: row["verdict"] for name, row in rows.items() if row["verdict"] != "pass"}


def test_without_curl_the_site_is_left_out_by_name(validate, pooler):
    assert pooler.machine.run("command -v curl").rc, "the tests after this one install it, and remove it again"
    _code, _said, rows = validate("stress", validate_stress_clients=[1], validate_stress_seconds=2)
    assert rows[SITE, "was measured"]["note"] == "not installed: curl" and (DATABASE, "p95") in rows


@pytest.mark.usefixtures("curl")
def test_the_load_rises_to_its_end_and_the_report_has_it(validate):
    # The lab's machines share two processors with all else.
    limits = {"validate_limits": {"stress_p95_ms": 2000, "replication_lag_seconds": 10}}
    code, said, rows = validate("stress", validate_stress_clients=[2, 4], validate_stress_seconds=6, **limits)
    assert code == 0, said
    assert "step 1 of 2, 2 clients at a time" in said and "step 2 of 2, 4 clients at a time" in said
    for subject in (DATABASE, SITE):
        assert rows[subject, "clients at a time"]["measured"] == 4
        figures = [rows[subject, name]["measured"] for name in ("p50", "p95", "p99")]
        assert 0 < figures[0] <= figures[1] <= figures[2]
        print(subject, figures, rows[subject, "answers that were good"]["measured"])
    assert {name for name, check in rows if check == "lag in time"} == {"pg-replica1", "pg-replica2"}
    assert rows["all", "what gave way first"]["measured"] == "nothing"


@pytest.mark.usefixtures("curl")
def test_a_standby_that_does_not_replay_ends_the_load(validate, admin_sql):
    admin_sql("SELECT pg_wal_replay_pause()", port=PORTS["pg-replica1"])
    try:
        code, said, rows = validate(
            "stress",
            validate_stress_clients=[2, 4],
            validate_stress_seconds=8,
            validate_limits={"stress_p95_ms": 2000},
        )
    finally:
        admin_sql("SELECT pg_wal_replay_resume()", port=PORTS["pg-replica1"])
    assert code == 2 and "step 2 of 2" not in said
    assert bad(rows) == {("pg-replica1", "lag in time"): "fail"}
    assert rows[DATABASE, "clients at a time"]["measured"] == 2
    assert rows["all", "what gave way first"]["measured"] == "pg-replica1: lag in time"


def test_a_replica_is_promoted_and_the_primary_comes_back(validate, admin_sql):
    code, said, rows = validate("recovery")
    assert code == 0, said
    assert primary_of(admin_sql) == "pg-main"
    for subject in ("pg-main to pg-replica1", "pg-replica1 to pg-main"):
        assert rows[subject, "commits that were acknowledged"]["measured"] > 100
        assert rows[subject, "acknowledged commits that are lost"]["measured"] == 0
        assert 0.05 < rows[subject, "until the next write"]["measured"] < 5
        print(subject, rows[subject, "until the next write"]["measured"], "s")
    assert rows["cluster", "primary now"]["measured"] == "pg-main"
    assert rows["cluster", "standbys that do not follow"]["measured"] == 0
    # Before the fixture would bring back what was left behind.
    wait_for(lambda: healthy(admin_sql), timeout=30, what="two synchronous standbys")


def test_the_primary_dies_is_replaced_and_comes_back(validate, admin_sql, db01, started):
    before = started()
    code, said, rows = validate("failover")
    assert code == 0, said
    assert primary_of(admin_sql) == "pg-main"
    assert started()["pg-main"] != before["pg-main"]
    killed = db01.check_output("journalctl --unit=postgresql@15-pg_main --since=-10min --output=cat --no-pager")
    assert "Sent signal SIGKILL to main process" in killed, killed
    dead = {check: row["measured"] for (subject, check), row in rows.items() if subject == "pg-main dies"}
    assert dead["commits that were acknowledged"] > 100 and dead["acknowledged commits that are lost"] == 0
    (back,) = {subject for subject, _check in rows if subject.endswith(" to pg-main")}
    assert 0.5 < dead["until the next write, from the command on"] <= dead["until the next write"] < 60
    print(
        {check: dead[check] for check in dead if check.startswith("until")}, dead["transactions that failed"], "failed"
    )
    assert rows[back, "acknowledged commits that are lost"]["measured"] == 0
    assert rows["cluster", "primary now"]["measured"] == "pg-main"
    assert rows["cluster", "standbys that stream"]["measured"] == 2
    # Before the fixture would bring back what was left behind.
    wait_for(lambda: healthy(admin_sql), timeout=30, what="two synchronous standbys")


def test_the_primary_is_not_killed_where_a_standby_is_missing(validate, admin_sql, db01):
    before = admin_sql("SELECT pg_postmaster_start_time()")
    db01.check_output("systemctl stop postgresql@15-pg_replica2")
    try:
        code, said, rows = validate("failover")
    finally:
        db01.check_output("systemctl start postgresql@15-pg_replica2")
    assert code == 2 and "TASK [Kill every process" not in said
    (row,) = rows.values()
    assert row["verdict"] == "not measured" and "pg-replica2" in row["note"], row
    assert admin_sql("SELECT pg_postmaster_start_time()") == before and primary_of(admin_sql) == "pg-main"


def test_one_that_is_refused_changes_nothing_and_says_why(validate, admin_sql, pooler):
    """A transaction that does not end: the pool cannot be paused."""
    with pooler.session() as say:
        assert say("BEGIN") == "" and say("SELECT 1") == "1"
        code, _said, rows = validate("recovery", switchover_pause_timeout=2)
        assert say("ROLLBACK") == ""
    assert code == 2 and primary_of(admin_sql) == "pg-main"
    reason = rows["cluster", "promoted, and back after"]["note"]
    assert "was not done after 2 s" in reason, reason
    assert bad(rows) == {
        ("pg-main to pg-replica1", "was measured"): "not measured",
        ("cluster", "promoted, and back after"): "not measured",
    }
