# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No transaction is cut off, and PgBouncer is never left paused."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._promotion.machine import LocalMachine, StepFailed
from ansible_collections.plannerate.infra.plugins.modules import pgbouncer_restart

DATABASES = """name,host,port,pool_mode,paused
pgbouncer,,6432,statement,0
shop,198.18.0.12,5432,transaction,{paused}
shop_ro,127.0.0.1,6433,transaction,0
shop_session,198.18.0.12,5432,session,0"""
SURVEY = """== databases
{databases}
== pools
database,cl_active,cl_waiting
shop_session,{clients},0
== servers
remote_pid
"""


class Machine:
    def __init__(self, fails=(), paused="0", clients=0):
        self.fails, self.paused, self.clients, self.asked, self.scripts = fails, paused, clients, [], []

    def check(self, _machine, what, script, seconds=10):
        self.asked.append(what)
        if what.startswith(self.fails or "-"):
            raise StepFailed(f"{what} on db01 failed")
        self.scripts.append(script)
        databases = DATABASES.format(paused=self.paused)
        return SURVEY.format(databases=databases, clients=self.clients) if "SHOW pools" in script else databases

    def run(self, _machine, script, seconds=10):
        self.asked.append("disarming")


@pytest.fixture
def run(run_module, monkeypatch):
    def run(machine, check=False, **options):
        def method(function):
            # A function gets the object that it is called on, which the bound method does not.
            def call(*given):
                return function(*given)

            return call

        monkeypatch.setattr(LocalMachine, "check", method(machine.check))
        monkeypatch.setattr(LocalMachine, "run", method(machine.run))
        return run_module(pgbouncer_restart, {"machine": "db01", **options}, check=check)

    return run


def test_all_pools_wait_for_their_transactions_before_the_restart(run):
    machine = Machine()
    result = run(machine)
    assert (result["changed"], result["pools"]) == (True, ["shop", "shop_ro", "shop_session"])
    assert [what for what in machine.asked if what != "asking PgBouncer"] == [
        "preparing the watchdog of the pause",
        "pausing PgBouncer",
        "restarting PgBouncer",
        "disarming",
    ]


def test_clients_of_session_pools_keep_it_from_restarting_unless_that_is_meant(run):
    machine = Machine(clients=2)
    for check in (True, False):
        result = run(machine, check=check)
        assert result["failed"] and "lose their sessions: shop_session (2 clients). Expected none" in result["msg"]
    assert {*machine.asked} == {"asking PgBouncer"}
    result = run(machine, break_sessions=True)
    assert result["changed"] and result["pools"] == ["shop", "shop_ro"]
    assert not any('PAUSE "shop_session"' in script for script in machine.scripts)


def test_before_a_reboot_it_is_paused_and_a_timer_resumes_it_where_there_is_none(run):
    machine = Machine()
    assert run(machine, state="paused")["pools"] == ["shop", "shop_ro", "shop_session"]
    assert [what for what in machine.asked if what != "asking PgBouncer"] == [
        "preparing the watchdog of the pause",
        "pausing PgBouncer",
    ]
    assert "--on-active=70 " in machine.scripts[1]
    assert run(Machine(clients=1), state="paused")["failed"]


def test_check_mode_only_asks(run):
    machine = Machine()
    assert run(machine, check=True)["changed"] is True and machine.asked == ["asking PgBouncer"]


def test_a_transaction_that_does_not_end_keeps_it_from_restarting(run):
    machine = Machine(fails=("pausing",))
    result = run(machine)
    assert result["failed"] and "PgBouncer was not restarted, and is not paused" in result["msg"]
    assert "restarting PgBouncer" not in machine.asked
    assert machine.asked[-2:] == ["resuming PgBouncer", "disarming"]


def test_a_pool_that_stays_paused_is_named_and_the_watchdog_stays(run):
    machine = Machine(fails=("pausing",), paused="1")
    result = run(machine)
    assert 'still paused for shop. Say on its console: RESUME "shop";' in result["msg"]
    assert "disarming" not in machine.asked


@pytest.mark.parametrize("step", ["restarting", "preparing"])
def test_the_watchdog_stays_where_the_restart_fails(run, step):
    machine = Machine(fails=(step,))
    assert run(machine)["failed"] and "disarming" not in machine.asked
