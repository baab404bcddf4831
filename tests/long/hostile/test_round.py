# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Staging is hostile: traps in its database, links where others than root may write, and all the connections that it can open.

One round of what people run: no trap springs, nobody's rights grow, and production answers throughout.
"""

from __future__ import annotations

import contextlib

import pytest
from support.helpers.edge import visits
from support.helpers.lab import PORTS, playbook
from support.helpers.ledger import load
from support.helpers.roles_of_members import at_home, primary_of
from support.hostile import database, links, names
from support.hostile.flood import STAGING, flooded
from support.hostile.look import look
from support.hostile.rights import grown

# Fewer than the pool has room for: where PgBouncer cannot limit the clients of one user, more of them would keep production's out.
CLIENTS = 1000
TRAPPED = "the trap "
BACKED_UP = f"connection authorized: user=backup_staging database={STAGING} "


@pytest.fixture(scope="module")
def machines(machine):
    return {name: machine(name) for name in ("app01", "db01")}


@pytest.fixture(scope="module")
def as_staging(admin_sql):
    """A function that says SQL as the owner of staging's database."""

    def say(*statements):
        return admin_sql("; ".join([f"SET SESSION AUTHORIZATION {STAGING}", *statements]), database=STAGING)

    return say


@pytest.fixture(scope="module")
def planted(admin_sql, as_staging, machines):
    """All traps at once. They are gone afterwards, whatever became of the tests."""
    app01, db01 = machines.values()
    at_home(admin_sql)
    with contextlib.ExitStack() as undo:
        for host in machines.values():
            undo.enter_context(links.victims(host))
        # What is registered later is undone before; each one whatever became of the others.
        undo.callback(uproot, admin_sql)
        as_staging(*database.traps(names.ours()))
        as_staging("SET search_path = pg_catalog", *database.defaults(STAGING, STAGING))
        undo.callback(links.pull, db01, links.CONFIGURATION, "/var/run/postgresql", links.METRICS)
        links.plant(db01, links.of_postgres(), "postgres")
        written = db01.check_output(f"ls {links.METRICS} | grep '^machine_.*prom$'").split()
        beside = {
            f"{links.METRICS}/{name}.new" for name in [*written, *(name.removesuffix(".prom") for name in written)]
        }
        links.plant(db01, dict.fromkeys(beside, links.PRECIOUS), "backup-dump")
        for container, directory in links.VOLUMES:
            # Whoever may write there: root has no rights of its own in a container.
            user = app01.check_output(f"docker exec {container} stat --format=%u:%g {directory}")
            inside = f"docker exec --user {user} {container}"
            undo.callback(app01.run, f"{inside} rm -f {directory}/hostile")
            app01.check_output(f"{inside} ln -sfn {links.VICTIMS} {directory}/hostile")
        undo.callback(at_home, admin_sql)
        yield


def uproot(admin_sql):
    """From a database that is not staging's: what its owner set counts there until it is taken back."""
    port = PORTS[primary_of(admin_sql)]
    for setting in ("search_path", "role"):
        admin_sql(f"ALTER DATABASE {STAGING} RESET {setting}", port)
    for place in ("", f" IN DATABASE {STAGING}"):
        admin_sql(f"ALTER ROLE {STAGING}{place} RESET search_path", port)
    admin_sql("DROP SCHEMA IF EXISTS trap CASCADE", port, STAGING)


@pytest.fixture
def unharmed(planted, admin_sql, machines, pooler, visitor):
    """Around what is tried: production is asked all the time, and afterwards nobody has more than before."""
    port = PORTS[primary_of(admin_sql)]
    before = look(machines, admin_sql, port)
    told, victims = logged(machines, TRAPPED), {name: links.state(host) for name, host in machines.items()}
    with visits(visitor, "https://app.test/up") as failures, load(pooler, clients=4, pause=0.05) as ledger:
        yield
    print(f"{ledger.transactions} transactions, longest wait {ledger.longest_wait} s; {len(failures)} visits failed")
    assert database.sprung("\n".join(logged(machines, TRAPPED) - told), owner=STAGING) == []
    assert {name: links.state(host) for name, host in machines.items()} == victims
    assert links.shown(machines["db01"]) == ""
    assert grown(before, look(machines, admin_sql, PORTS[primary_of(admin_sql)])) == []
    assert (ledger.failed, ledger.lost, failures) == (0, [], []), ledger.errors
    assert ledger.transactions > 100


def logged(machines, beginning):
    """Lines of the servers' logs."""
    lines = machines["db01"].check_output(f"grep -ahs 'LOG:  {beginning}' /var/log/postgresql/*.log | sort -u; true")
    return set(lines.splitlines())


def said(done):
    return " ".join(done.stdout.split())


@pytest.mark.usefixtures("planted")
def test_the_traps_are_set(admin_sql, machines):
    """An administrator without our options steps into one, as somebody at psql would."""
    before = logged(machines, TRAPPED)
    admin_sql("SET role = none; SELECT count(*) FROM pg_roles", database=STAGING)
    found = database.sprung("\n".join(logged(machines, TRAPPED) - before), owner=STAGING)
    assert {(each.session, each.current) for each in found} == {("postgres", "none")}
    for path, target in links.of_postgres().items():
        assert machines["db01"].file(path).linked_to == target


# Staging's own part is what the flood is for production's: it has no connection left for itself.
@pytest.mark.usefixtures("unharmed")
@pytest.mark.parametrize("arguments", [["--check"], []], ids=["check", "converge"])
def test_staging_converges(arguments):
    done = playbook("site", *arguments, inventory="staging", timeout=1200)
    assert done.returncode == 0, done.stdout


@pytest.mark.usefixtures("unharmed")
@pytest.mark.parametrize("arguments", [["--check"], []], ids=["check", "converge"])
def test_production_converges_beside_the_flood(pooler, arguments):
    with flooded(pooler, CLIENTS):
        done = playbook("site", *arguments, timeout=1200)
    assert done.returncode == 0, done.stdout


@pytest.mark.usefixtures("unharmed")
def test_the_monitoring_looks_and_a_backup_is_made(machines, monitoring):
    for host in machines.values():
        host.check_output("systemctl start machine-metrics.service")
    before = logged(machines, BACKED_UP)
    # Whether the backup of a database full of traps is good is its owner's concern; one that never got there would meet none.
    print("backup", machines["db01"].run("systemctl start plannerate-backup@staging.service").rc)
    assert logged(machines, BACKED_UP) - before, "the backup did not connect to staging's database"
    monitoring.wait_until_scraped()
    assert {sample["value"][1] for sample in monitoring.query("pg_up")} == {"1"}
    assert {sample["value"][1] for sample in monitoring.query("node_textfile_scrape_error")} == {"0"}


@pytest.mark.usefixtures("unharmed")
def test_staging_changes_no_primary(admin_sql):
    was = primary_of(admin_sql)
    done = playbook("switchover", inventory="staging", variables={"switchover_target": "pg-replica1"})
    assert done.returncode != 0 and "the machines belong to another inventory" in said(done), done.stdout
    assert primary_of(admin_sql) == was


# Staging's sessions keep a switchover from beginning until it is told to end them (SECURITY.md).
@pytest.mark.usefixtures("unharmed")
@pytest.mark.parametrize("target", ["pg-replica1", "pg-main"])
def test_the_primary_changes_beside_the_flood(pooler, admin_sql, machines, target):
    was = primary_of(admin_sql)
    assert was != target
    signal = f"/var/lib/postgresql/15/{was.replace('-', '_')}/standby.signal"
    assert machines["db01"].file(signal.rsplit("/", 1)[0]).is_directory
    try:
        with flooded(pooler, CLIENTS):
            links.plant(machines["db01"], {signal: links.PRECIOUS}, "postgres")
            variables = {"switchover_target": target, "switchover_break_sessions": True}
            done = playbook("switchover", variables=variables)
        assert done.returncode == 0, done.stdout
        assert primary_of(admin_sql) == target
    finally:
        if primary_of(admin_sql) == was:
            machines["db01"].run(f"rm -f {signal}")
