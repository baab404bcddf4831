# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster made by hand was adopted while two clients were connected.

The first tests look at what the adoption left; the last ones go on as the cluster's owners would, each from where it needs to be.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import psycopg2
import pytest
from support.helpers.checkout import ROOT
from support.helpers.lab import Cluster, changed, over_ssh, playbook, wait_for

ADDRESS = "198.18.0.31"
INVENTORY = ROOT / "molecule" / "adoption" / "inventory" / "production"
LEDGER = ROOT / ".cache" / "lab" / "adoption-client.json"
CLUSTERS = {5432: "main", 5433: "replica1", 5434: "replica2"}
PASSWORDS = {
    "plannerate_prod": "old-prod",
    "plannerate_staging": "old-staging",
    "reader": "old-reader",
    "replicator": "old-replicator",
}
DATABASE = {"name": "plannerate_production", "owner": "plannerate_prod"}


@pytest.fixture(scope="module")
def machine():
    return over_ssh(ADDRESS)


@pytest.fixture(scope="module")
def sql():
    return Cluster("old15", ADDRESS, INVENTORY).sql


@pytest.fixture(scope="module")
def before():
    """What each member was before, by its port; see prepare.yml."""
    text = (ROOT / ".cache" / "lab" / "adoption-before.json").read_text(encoding="utf-8")
    return {int(port): member for port, member in json.loads(text).items()}


def run(name, *arguments, **variables):
    done = playbook(name, *arguments, inventory=INVENTORY, variables=variables)
    return done.returncode, " ".join(done.stdout.split()), changed(done.stdout)


def client():
    return json.loads(LEDGER.read_text(encoding="utf-8"))


def comes_in(sslmode, role="plannerate_prod", password=None):
    """Whether a new connection from the controller to production's database comes in, as an application's would."""
    try:
        connection = psycopg2.connect(
            host=ADDRESS,
            dbname="plannerate_production",
            user=role,
            password=password or PASSWORDS[role],
            sslmode=sslmode,
            connect_timeout=5,
        )
    except psycopg2.OperationalError:
        return False
    connection.close()
    return True


def orders(sql, port, item):
    return int(sql(f"SELECT count(*) FROM orders WHERE item LIKE '{item}'", port, "plannerate_production"))


def test_a_client_that_was_connected_goes_on(before):
    seen = client()
    print("longest commit", seen["longest_commit"], "of", seen["commits"])
    assert (seen["error"], seen["pid"]) == (None, before[5432]["clients"]["plannerate_prod"])
    assert seen["refused"] == []
    assert (seen["longest_commit"] < 5, seen["without_standby"] < 5) == (True, True), seen
    wait_for(lambda: client()["commits"] > seen["commits"], what="another commit of the old client")


def test_a_client_of_the_machine_itself_goes_on(machine, sql, before):
    assert machine.run("systemctl is-active old-client").stdout.strip() == "active"
    assert sql("SELECT pid FROM pg_stat_activity WHERE usename = 'reader'") == str(before[5432]["clients"]["reader"])


@pytest.mark.parametrize("port", CLUSTERS)
def test_no_member_was_initialised_cloned_or_restarted(machine, sql, before, port):
    assert sql("SELECT system_identifier FROM pg_control_system()", port) == before[port]["identifier"]
    assert sql(f"SELECT pg_postmaster_start_time() = '{before[port]['started']}'", port) == "t"
    if port != 5432:
        assert machine.file(f"/var/lib/postgresql/15/{CLUSTERS[port]}/made-by-hand").exists
        assert sql(f"SELECT pg_last_wal_receive_lsn() > '{before[port]['received']}'", port) == "t"


def test_no_row_is_missing(sql):
    commits = client()["commits"]
    assert orders(sql, 5432, "item %") == 5000
    assert orders(sql, 5432, "while adopted") >= commits
    for port in (5433, 5434):
        wait_for(lambda port=port: orders(sql, port, "while adopted") >= commits, what=f"the commits on {port}")
        assert orders(sql, port, "item %") == 5000


def test_standbys_follow_through_their_own_slots_and_confirm(machine, sql):
    """Over TLS, with a role of their own: the old one and its password are no longer theirs."""
    question = "SELECT application_name, usename, ssl, sync_state FROM pg_stat_replication JOIN pg_stat_ssl USING (pid) ORDER BY 1"
    assert sql(question).split() == ["pg-replica1|replication|t|quorum", "pg-replica2|replication|t|quorum"]
    assert sql("SELECT slot_name FROM pg_replication_slots WHERE active ORDER BY 1").split() == [
        "pg_replica1",
        "pg_replica2",
    ]
    assert sql("SHOW synchronous_standby_names") == 'ANY 1 ("pg-replica1", "pg-replica2")'
    assert "password" not in machine.check_output("cat /var/lib/postgresql/15/replica1/postgresql.auto.conf")


def test_clients_connect_as_before(machine, sql, before):
    for sslmode in ("disable", "require"):
        assert comes_in(sslmode)
        assert comes_in(sslmode, role="plannerate_staging")
    assert not comes_in("prefer", password="wrong")
    assert machine.run("psql -XAtc 'SELECT 1' 'host=127.0.0.1 dbname=postgres user=reader'").rc == 0
    assert machine.run("PGPASSWORD=old-reader psql -XAtc 'SELECT 1' 'dbname=postgres user=reader'").rc == 0
    now = json.loads(
        sql("SELECT json_object_agg(rolname, rolpassword) FROM pg_authid WHERE rolname !~ '^pg_'").replace("\n", "")
    )
    assert {name: now[name] for name in before[5432]["verifiers"]} == before[5432]["verifiers"]


def test_what_is_left_is_told_and_a_check_changes_nothing():
    code, said, changes = run("postgres", "--check")
    assert (code, changes) == (0, 0), said
    for left in (
        "pending restart (cluster_name, max_connections, shared_buffers, wal_log_hints: pg-main, pg-replica1, pg-replica2)",
        "5 access rules from before the adoption stay in force, 1 of them without a password (trust)",
        "passwords kept as MD5: plannerate_prod, plannerate_staging, reader, replicator",
        "settings stay in postgresql.auto.conf: log_statement",
        "slot slot_a is from before the adoption, is not used by anybody",
        "slot slot_forgotten is from before the adoption, is not used by anybody",
        "no data checksums: pg-main, pg-replica1, pg-replica2",
        "encoding and collation other than UTF8 C.UTF-8: plannerate_production (UTF8 C)",
    ):
        assert left in said, said


def test_settings_of_before_stay_and_the_role_has_the_last_word(sql):
    assert sql("SHOW log_statement") == "ddl"
    assert sql("SHOW log_min_messages") == "notice"
    assert sql("SHOW log_autovacuum_min_duration") == "10s"
    assert sql("SELECT setting <> '7168' FROM pg_settings WHERE name = 'work_mem'") == "t"


def test_a_switchover_can_be_planned():
    code, said, _changes = run("switchover", "--check", switchover_target="pg-replica1")
    assert code == 0, said
    assert "pg-replica1" in said and "15/" not in said


def test_rules_are_not_dropped_while_that_would_lock_somebody_out():
    code, said, changes = run("postgres", postgres_adopted_rules="drop")
    assert (code != 0, changes) == (True, 0)
    assert "the passwords of plannerate_prod, plannerate_staging, reader, replicator are kept as MD5" in said
    assert comes_in("disable")


def test_a_member_that_is_made_anew_lets_the_same_clients_in(machine, sql):
    """And a password that the inventory has wrong overwrites none that works, whatever its kind."""
    sql("ALTER ROLE plannerate_prod PASSWORD 'old-prod'")
    assert sql("SELECT left(rolpassword, 5) FROM pg_authid WHERE rolname = 'plannerate_prod'") == "SCRAM"
    machine.check_output(
        "systemctl stop postgresql@15-replica2 && rm -r /etc/postgresql/15/replica2 /var/lib/postgresql/15/replica2"
    )
    mistyped = [{**DATABASE, "password": "mistyped"}]
    code, said, _changes = run("postgres", postgres_rebuild=["pg-replica2"], postgres_primary_databases=mistyped)
    assert code == 0, said
    assert comes_in("disable")
    wait_for(lambda: orders(sql, 5434, "item %") == 5000, what="the new member's rows")
    assert machine.run("psql -XAtc 'SELECT 1' 'host=127.0.0.1 port=5434 dbname=postgres user=reader'").rc == 0
    rules = "sed -n '/^# From before/,/^# Until here/p' /etc/postgresql/15/{}/pg_hba.conf"
    assert machine.check_output(rules.format("replica2")) == machine.check_output(rules.format("main"))
    assert "md5" in machine.check_output(rules.format("replica2"))


@pytest.fixture(scope="module")
def finished(sql):
    """The adoption is ended, as its owners do one day: the rules are dropped and the servers restarted. What that run said."""
    Path(f"{LEDGER}.stop").touch()
    time.sleep(0.5)
    for role, password in PASSWORDS.items():
        sql(f"ALTER ROLE {role} PASSWORD '{password}'")
    # From now on the password that the inventory gives is the owner's.
    given = [{**DATABASE, "password": PASSWORDS["plannerate_prod"]}]
    code, said, _changes = run(
        "postgres", postgres_adopted_rules="drop", postgres_adopt_restart=True, postgres_primary_databases=given
    )
    assert code == 0, said
    return said


def test_dropping_the_rules_and_restarting_leaves_an_ordinary_installation(finished, machine, sql):
    assert "access rules from before the adoption stay in force" not in finished and "pending restart (" not in finished

    assert comes_in("require")
    assert not comes_in("disable")
    assert machine.run("psql -XAtc 'SELECT 1' 'host=127.0.0.1 dbname=postgres user=reader'").rc != 0
    assert sql("SELECT has_database_privilege('reader', 'plannerate_production', 'CONNECT')") == "f"
    commits = client()["commits"]
    for port, name in zip(CLUSTERS, ("pg-main", "pg-replica1", "pg-replica2"), strict=True):
        assert sql("SHOW cluster_name", port) == name
        assert sql("SHOW wal_log_hints", port) == "on"
        assert orders(sql, port, "item %") == 5000
        wait_for(lambda port=port: orders(sql, port, "while adopted") >= commits, what=f"the commits on {port}")


@pytest.mark.usefixtures("finished")
def test_what_was_dropped_does_not_come_back():
    code, said, changes = run("postgres")
    assert (code, changes) == (0, 0), said
    assert not comes_in("disable")


@pytest.mark.usefixtures("finished")
def test_another_member_can_become_primary(sql):
    code, said, _changes = run("switchover", switchover_target="pg-replica1")
    assert code == 0, said
    assert sql("SELECT pg_is_in_recovery()", 5433) == "f"
    for port in (5432, 5434):
        wait_for(
            lambda port=port: sql("SELECT status FROM pg_stat_wal_receiver", port) == "streaming",
            what=f"{port} to stream",
        )
    assert orders(sql, 5433, "item %") == 5000
