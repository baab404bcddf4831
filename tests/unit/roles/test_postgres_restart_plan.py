# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the list of restarts says of a member, before anything is changed."""

from __future__ import annotations

import pytest
from support.helpers.checkout import ROOT
from support.helpers.plays import run_play, values_of_role

RUNNING = {"max_connections": {"shown": "100", "unit": None}, "shared_buffers": {"shown": "128MB", "unit": "8kB"}}
TOPOLOGY = {
    "primary": "pg-main",
    "standbys": ["pg-replica1"],
    "absent": [],
    "roles": {"pg-main": "primary", "pg-replica1": "standby"},
}


def member(name, wanted, control=100, primary=None, standbys=("pg-replica1",), pending=()):
    answer = {
        "state": "running",
        "restart_settings": RUNNING,
        "pending_restart": list(pending),
        "restarted_since_adoption": None,
        "control_settings": {"max_connections": control},
    }
    return {
        "inventory_hostname": name,
        "postgres_members": [{"name": each, "machine": "db01"} for each in TOPOLOGY["roles"]],
        "postgres_answers": {name: answer},
        "postgres_topology": {**TOPOLOGY, "standbys": list(standbys)},
        "postgres_adoption": {"members": []},
        "_postgres_desired_settings": wanted,
        "postgres_current_primary_answer": {"settings": primary and {"max_connections": primary}},
    }


def test_how_and_why_a_member_restarts(tmp_path):
    less, more = {"max_connections": 90}, {"max_connections": 130}
    cases = [
        (member("pg-main", {"max_connections": 100}), "primary", ""),
        (member("pg-main", more), "primary", "max_connections is 100, wanted 130"),
        (member("pg-replica1", more), "standby", "max_connections is 100, wanted 130"),
        # Without standbys, and where it has to have less before they do.
        (member("pg-main", more, standbys=()), "primary_in_place", "max_connections is 100, wanted 130"),
        (member("pg-main", less), "primary_in_place", "max_connections is 100, wanted 90"),
        # A standby may not have less yet: it gets it after the primary, in the same run.
        (member("pg-replica1", less, primary=100), "standby", "max_connections is 100, wanted 90"),
        # The same while its primary has not answered: its own control file says what it has replayed.
        (member("pg-replica1", less), "standby", "max_connections is 100, wanted 90"),
        # What its primary has already.
        (member("pg-replica1", {}, primary=130), "standby", "max_connections is 100, wanted 130"),
        (member("pg-main", {}, pending=["wal_buffers"]), "primary", "wal_buffers waits for a restart"),
    ]
    rows = values_of_role(tmp_path, "postgres", *(("_postgres_restart_row", variables) for variables, *_rest in cases))
    assert [(row["kind"], row["why"]) for row in rows] == [(kind, why) for _variables, kind, why in cases]
    assert {row["machine"] for row in rows} == {"db01"}


@pytest.mark.parametrize(("role", "count"), [("standby", 1), ("aside", 0), ("absent", 0)])
def test_a_member_that_is_left_as_it_is_has_no_row(tmp_path, role, count):
    row = {"machine": "db01", "name": "pg-old", "kind": role, "why": "x is 1, wanted 2"}
    variables = {
        "postgres_answer": {"state": "running"}, "postgres_role": role, "_postgres_restart_due": True,
        "_postgres_restart_reasons": ["x"], "_postgres_restart_row": row,
    }  # fmt: skip
    tasks = [{"name": "Plan", "ansible.builtin.include_tasks": str(ROOT / "roles/postgres/tasks/restart_plan.yml")}]
    code, said = run_play(tmp_path, {"hosts": "all", "vars": variables, "tasks": tasks}, "--inventory=pg-old,")
    assert code == 0, said
    assert said.count("before it is done: db01: pg-old") == count
