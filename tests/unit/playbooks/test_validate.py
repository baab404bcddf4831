# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A validation refuses parts that are none, names what was left out, and tells of a part that failed as of the others."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
import yaml
from support.helpers.checkout import ROOT

HOSTS = {
    "machines": {"hosts": {"db01": None}},
    "pgbouncers": {"hosts": {"db01": None}},
    "all": {
        "vars": {"ansible_connection": "local", "ansible_become": False, "ansible_python_interpreter": sys.executable}
    },
}


@pytest.fixture
def validate(tmp_path):
    """A function that runs the playbook on this machine, and gives the exit code, the output in one line, and the report, if any."""
    inventory, report = tmp_path / "shop" / "hosts.json", tmp_path / "made" / "report.json"
    inventory.parent.mkdir()

    def run(parts, *options, hosts=None, **variables):
        inventory.write_text(json.dumps(hosts or HOSTS))
        given = json.dumps({"validate": parts, "validate_directory": str(report.parent), **variables})
        command = [
            "ansible-playbook",
            f"--inventory={inventory}",
            "playbooks/validate.yml",
            f"--extra-vars={given}",
            *options,
        ]
        # No PgBouncer of this machine is asked.
        env = {**os.environ, "ANSIBLE_NOCOLOR": "1", "PGHOST": str(tmp_path)}
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)
        said = " ".join((done.stdout + done.stderr).split())
        return done.returncode, said, json.loads(report.read_text()) if report.exists() else None

    return run


def test_parts_that_are_none_are_refused_before_anything_is_asked(validate):
    code, said, report = validate("pool,fire")
    assert code and report is None and "Ask" not in said
    assert (
        "validate=pool,fire has fire, expected some of replication, pool, backup, security, stress, recovery, failover"
        in said
    )


def test_a_part_that_fails_is_told_and_what_has_no_hosts_is_left_out(validate, tmp_path):
    code, said, report = validate("backup,pool", pgbouncer_port=1)
    assert code == 2 and "Left out, since the inventory has no hosts for it: backup." in said
    assert [(row["part"], row["subject"], row["verdict"]) for row in report["rows"]] == [
        ("pool", "db01", "not measured")
    ]
    assert report["rows"][0]["note"] and report["left_out"] == ["backup"] and report["kept"] is False
    assert "0 of 1 kept: see the table above" in said
    assert "changed=0" in said and {path.name for path in (tmp_path / "made").iterdir()} == {
        f"report.{kind}" for kind in ("html", "json", "xml")
    }


def test_a_limit_that_is_none_is_refused(validate):
    code, said, report = validate("backup", validate_limits={"lag": 1})
    assert code and report is None and "validate_limits has lag, expected some of backup_age_hours" in said


WITH_MEMBERS = {
    **HOSTS,
    "postgres": {"hosts": {"pg-main": {"postgres_machine": "db01"}}},
}
WORDS = {"validate_disruptive": True, "validate_confirm": "shop"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], {}),
        ([], {"validate_disruptive": True}),
        ([], {"validate_confirm": "shop"}),
        ([], {**WORDS, "validate_confirm": "staging"}),
        # Every installation has one of that name.
        ([], {**WORDS, "validate_confirm": "hosts.json"}),
        (["--check"], WORDS),
    ],
)
def test_without_the_words_nothing_that_disturbs_is_begun_and_what_it_would_do_is_told(validate, options, words):
    parts = ("stress", "recovery", "failover")
    code, said, report = validate(",".join(parts), *options, hosts=WITH_MEMBERS, validate_stress_seconds=7, **words)
    assert code == 2 and "2, then 4, then 8, then 16 clients at a time for 7 s each" in said
    assert "a standby becomes the primary as by switchover.yml" in said
    assert "every process of the primary is killed (SIGKILL" in said
    assert "-e validate_disruptive=true -e validate_confirm=shop, without --check" in said
    assert "Ask every member" not in said and "Begin" not in said and "Remove what" not in said
    assert [(row["part"], row["verdict"]) for row in report["rows"]] == [(part, "not measured") for part in parts]
    assert all("needs -e validate_disruptive=true" in row["note"] for row in report["rows"])


WITH_SITE = {
    **WITH_MEMBERS,
    "docker_hosts": {
        "hosts": {"app01": None},
        "vars": {"docker_host_environments": {"production": {"domain": "example.org"}}},
    },
}


def test_clients_can_be_given_as_words_and_the_site_is_that_of_the_docker_hosts(validate):
    code, said, _report = validate("stress", "--extra-vars=validate_stress_clients=[3,5]", hosts=WITH_SITE)
    assert code == 2 and "3, then 5 clients at a time for 10 s each" in said
    assert "in a second, of example.org and of the database" in said


@pytest.mark.parametrize("clients", ["4", "[2,x]", "[0,2]", "[]"])
def test_clients_that_are_no_numbers_are_refused(validate, clients):
    code, said, report = validate("stress", f"--extra-vars=validate_stress_clients={clients}", hosts=WITH_MEMBERS)
    assert code == 2 and report is None and "expected whole numbers above 0, such as [2,4]" in said


def test_a_part_that_cannot_be_begun_says_why_and_the_next_one_is_begun(validate):
    parts = ("stress", "recovery", "failover")
    code, said, report = validate(",".join(parts), hosts=WITH_MEMBERS, run_locked=True, **WORDS)
    assert code == 2 and "TASK [Kill" not in said
    reasons = {row["part"]: row["note"] for row in report["rows"]}
    assert set(reasons) == set(parts) and all(reasons.values())
    assert not any("needs -e" in reason for reason in reasons.values()), reasons


def test_what_disturbs_is_left_out_where_there_is_no_pool(validate):
    hosts = {name: group for name, group in WITH_MEMBERS.items() if name != "pgbouncers"}
    code, said, _report = validate("stress,recovery", hosts=hosts, **WORDS)
    assert code == 2 and "Left out, since the inventory has no hosts for it: stress, recovery." in said


def test_beside_another_run_nothing_is_asked_ended_or_silenced(validate):
    """The locks come before all else: what removes the rest of an interrupted run would end the other run's clients."""
    answers = {"results": [{"item": "db01", "refused": True, "msg": "db01 is locked by ana@laptop"}]}
    parts = ("stress", "recovery", "failover")
    code, said, report = validate(
        ",".join(parts),
        hosts=WITH_MEMBERS,
        run_locked=True,
        lock_answers=answers,
        validate_candidates=["pg-replica1"],
        **WORDS,
    )
    assert code == 2
    assert {row["part"]: row["note"] for row in report["rows"]} == dict.fromkeys(parts, "db01 is locked by ana@laptop")
    assert said.count("TASK [Give the locks back]") == 3 and "TASK [Learn with which password" not in said
    assert "TASK [Kill" not in said and "1 of 4" in said and "postgres_replica" not in said
    for name in ("validate_ahead", "validate_stress", "validate_end"):
        assert unlocked(name) == []


def test_a_limit_of_hosts_is_refused_with_parts_that_disturb(validate):
    code, said, report = validate("pool,failover", "--limit=db01", hosts=WITH_MEMBERS, **WORDS)
    assert code and report is None and "Take the locks" not in said
    assert "--limit=db01 with failover, expected none" in said
    # With no host of the first play nothing asks there.
    _code, said, _report = validate("failover", "--limit=pg-main", hosts=TWO_MEMBERS, run_locked=True, **WORDS)
    assert "pg-replica1 left out by --limit" in said and "Take the locks" not in said and "TASK [Learn" not in said


TWO_MEMBERS = {
    **HOSTS,
    "postgres": {"hosts": {name: {"postgres_machine": "db01"} for name in ("pg-main", "pg-replica1")}},
}
# A cluster that this machine does not have: no member has data.
SURVEYED = {
    **WITH_MEMBERS,
    "postgres_primary": {"hosts": {"pg-main": None}},
    "postgres": {"hosts": {"pg-main": {"postgres_machine": "db01", "postgres_cluster": "none"}}},
}


def test_every_inventory_is_in_the_command_that_is_told(validate, tmp_path):
    other = tmp_path / "more hosts.json"
    other.write_text("{}")
    _code, _said, report = validate(
        "recovery", f"--inventory={other}", hosts=SURVEYED, run_locked=True, lock_answers={"results": []},
        **{**WORDS, "validate_confirm": "shop," + tmp_path.name},
    )  # fmt: skip
    (row,) = report["rows"]
    assert f"ansible-playbook -i {tmp_path}/shop/hosts.json -i '{other}' playbooks/failover.yml" in row["note"]


GONE = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}


@pytest.fixture
def included(tmp_path):
    """A function that runs one file of tasks as the part does, on this machine, and gives its output in one line."""

    def run(tasks, hosts, **variables):
        inventory, playbook = tmp_path / "hosts.json", tmp_path / "playbook.yml"
        inventory.write_text(json.dumps(hosts))
        block = [{"ansible.builtin.include_tasks": str(ROOT / f"playbooks/tasks/{tasks}.yml")}]
        failed = [{"ansible.builtin.debug": {"msg": "FAILED WITH {{ ansible_failed_result.msg }}"}}]
        told = [{"ansible.builtin.debug": {"msg": "TOLD {{ validate_change | default({}) | to_json }}"}}]
        play = {
            "hosts": "postgres",
            "gather_facts": False,
            "ignore_unreachable": True,
            "vars_files": [str(ROOT / f"playbooks/vars/{name}.yml") for name in ("validate", "promotion")],
            "pre_tasks": [{"ansible.builtin.set_fact": variables}],
            "tasks": [{"block": block, "rescue": failed, "always": told}],
        }
        playbook.write_text(json.dumps([play]))
        command = ["ansible-playbook", f"--inventory={inventory}", str(playbook)]
        env = {**os.environ, "ANSIBLE_NOCOLOR": "1", "PGHOST": str(tmp_path)}
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)
        return " ".join((done.stdout + done.stderr).split())

    return run


def dying(home):
    return {
        "validate_change_mode": "failover",
        "validate_change_target": "pg-replica1",
        "validate_found": {"home": home, "changes": []},
        "validate_candidates": ["pg-replica1"],
        "validate_connection": {"host": "localhost", "port": 1, "dbname": "a", "user": "a", "password": "a"},
        "validate_dying": {"machine": "db01", "version": 17, "cluster": "none"},
    }


def test_a_primary_that_another_one_replaced_is_not_killed(included):
    said = included("validate_change", SURVEYED, **dying("pg-other"))
    assert "FAILED WITH the primary is pg-main by now, expected pg-other: nothing was killed" in said
    assert "TASK [Begin to commit" not in said and "TASK [Kill every" not in said


def test_without_clients_that_commit_nobody_is_killed(included):
    hosts = {
        **SURVEYED,
        "machines": {"hosts": {"db01": None, "gone": GONE}},
        "pgbouncers": {"hosts": {"gone": None}},
    }
    said = included("validate_change", hosts, **dying("pg-main"))
    assert "FAILED WITH gone cannot be reached, expected clients that commit there" in said
    assert "TASK [Kill every" not in said and "TASK [Silence" not in said


@pytest.mark.parametrize(("killed", "started"), [("pg-main", True), ("pg-other", False)])
def test_who_was_killed_is_started_where_nobody_was_promoted(included, killed, started):
    """Where somebody else is the primary, the failover goes on instead; neither can succeed here."""
    said = included(
        "validate_succession", SURVEYED, validate_change={"source": killed, "died": 1.0}, **dying(killed)
    )  # fmt: skip
    assert ("TASK [Start the member again that was killed]" in said) is started
    assert ("TASK [plannerate.infra.postgres : Plan the change of primary]" in said) is not started
    assert ('"promoted": "pg-main"' in said) is not started and '"done"' not in said


def unlocked(name):
    """Tasks that end clients or silence, whoever has the locks."""
    (first, *others) = yaml.safe_load((ROOT / f"playbooks/tasks/{name}.yml").read_text())
    locked, found = False, []
    for task in first.get("always") or [first, *others]:
        locked = locked or task.get("ansible.builtin.include_tasks") == "validate_locks.yml"
        touches = (
            task.get("ansible.builtin.include_tasks") == "silence.yml" or "plannerate.infra.validation_ledger" in task
        )
        if touches and not locked and "validate_locked" not in str(task.get("when")):
            found.append(task["name"])
    return found
