# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every playbook that changes a machine has its locks from the beginning to the end."""

from __future__ import annotations

import pytest
import yaml
from support.helpers.checkout import ROOT

# They read, or ask a service of the machine that sees to it itself that it runs once.
WITHOUT = {
    "backup",
    "discover",
    "leftovers",
    "lock",
    "pools",
    "releases",
    "restart_list",
    "restore_drill",
    "rotate_backups",
    "slo",
    "status",
    "unlock",
    "validate",
}
PLAYBOOKS = {path.stem: yaml.safe_load(path.read_text()) for path in (ROOT / "playbooks").glob("*.yml")}
IMPORT = "ansible.builtin.import_playbook"


def locked(play):
    return play.get(IMPORT) == "lock.yml"


def imported(name):
    reading = ("discover.yml", "restart_list.yml")
    return [play for play in PLAYBOOKS[name] if IMPORT in play and not locked(play) and play[IMPORT] not in reading]


def discovers(play):
    if play.get("vars", {}).get("site_discovered"):
        return False
    name = play.get(IMPORT, "").removesuffix(".yml")
    return name == "discover" or any(map(discovers, PLAYBOOKS.get(name, ())))


@pytest.mark.parametrize("name", sorted(PLAYBOOKS.keys() - WITHOUT))
def test_it_takes_the_locks_first_and_gives_them_back_last(name):
    plays = PLAYBOOKS[name]
    first = plays[1 if name == "failover" else 0]
    assert locked(first) and "lock_state" not in first.get("vars", {})
    assert locked(plays[-1]) and plays[-1]["vars"]["lock_state"] == "released"
    assert sum(map(locked, plays)) == 2
    assert all(play.get("vars", {}).get("run_locked") is True for play in imported(name)), (
        "these would give them back early"
    )


def test_a_failover_only_reads_before():
    ask = PLAYBOOKS["failover"][0]
    assert [task["ansible.builtin.include_role"]["tasks_from"] for task in ask["tasks"]] == ["survey"]


@pytest.mark.parametrize("name", sorted(WITHOUT))
def test_the_others_import_nothing_that_changes(name):
    assert not any(map(locked, PLAYBOOKS[name])) and not imported(name)


@pytest.mark.parametrize(
    "name",
    [
        "site",
        "machines",
        "postgres",
        "pgbouncer",
        "docker_host",
        "s3_backup",
        "monitoring",
        "logs",
        "status_page",
        "remove_member",
        "renew_authority",
    ],
)
def test_what_converges_ends_with_the_list_of_what_restarts(name):
    assert PLAYBOOKS[name][-2] == {"name": "Restarts", IMPORT: "restart_list.yml"}


def test_a_run_of_everything_discovers_twice():
    """First of all, and once PostgreSQL may be another one."""
    assert [play["name"] for play in PLAYBOOKS["site"] if discovers(play)] == [
        "Discover first, so that nothing is changed when the primary is not certain",
        "PgBouncer",
    ]


@pytest.mark.parametrize("file", ["backup.yml", "tasks/last_backup.yml"])
def test_a_backup_waits_for_one_that_runs_already(file):
    """The timer's own would else end the run."""
    text = (ROOT / "playbooks" / file).read_text()
    assert text.count('"--wait={{ backup_wait | default(3600) }}"') == 1


@pytest.mark.parametrize(
    "name", ["site", "docker_host", "renew_authority", "patch", "remove_environment", "deploy", "rollback"]
)
def test_what_changes_a_stack_takes_its_lock_wherever_it_takes_one_and_gives_it_back(name):
    lines = (ROOT / f"playbooks/{name}.yml").read_text().splitlines()
    uses = [line for line in lines if line.strip().endswith("lock.yml")]
    stacks = [line.partition("lock_stacks: ")[2].strip("} ") for line in lines if "lock_stacks: " in line]
    assert len(uses) == len(stacks) >= 2 and len(set(stacks)) == 1
    # A deployment waits for nobody who changes something else.
    alone = [line for line in lines if line.strip() == "lock_names: []"]
    assert len(alone) == (len(uses) if name in ("deploy", "rollback") else 0)
