# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run of all parts reads the secrets that are there once; each part gets what it asks for, and changes what is its own."""

from __future__ import annotations

import json
import re
import sys

import pytest
import yaml
from support.helpers.checkout import ROOT
from support.helpers.plays import run_plays

LAB = ROOT / "molecule" / "default" / "inventory"
SITE = yaml.safe_load((ROOT / "playbooks" / "site.yml").read_text())
HOSTS = {"machines": {"hosts": dict.fromkeys(("db01", "app01"))}, "others": {"hosts": {"pg-main": None}}}
# Of production in the lab, but those of its stack.
NAMES = {
    "POSTGRES_REPLICATOR_PASSWORD",
    "POSTGRES_PLANNERATE_PROD_PASSWORD",
    "PGBOUNCER_AUTH_PASSWORD",
    "PGBOUNCER_ADMIN_PASSWORD",
    "PGBOUNCER_STATS_PASSWORD",
    "BACKUP_PRODUCTION_PASSWORD",
    "BACKUP_PRODUCTION_SEAL",
    "MONITORING_PASSWORD",
}


def machine_role(entry, secrets, host, **keywords):
    role = {"name": "plannerate.infra.machine", "tasks_from": entry, "rolespec_validate": False}
    task = {"name": entry, "ansible.builtin.include_role": role, "vars": {"machine_secrets": secrets}, **keywords}
    return {"hosts": host, "connection": "local", "gather_facts": False, "tasks": [task]}


def ahead(**secrets):
    return machine_role("credentials_ahead", secrets, "machines")


def part(host, number, **secrets):
    play = machine_role("credentials", secrets, host)
    play["tasks"].append(
        {"name": "Keep", "ansible.builtin.set_fact": {f"answer_{number}": "{{ machine_credentials.secrets }}"}}
    )
    return play


class Run:
    """Plays on hosts that are this machine, with a credentials file of their own."""

    def __init__(self, directory, monkeypatch):
        self.directory, self.file, self.calls = directory, directory / "credentials", directory / "calls"
        monkeypatch.setenv("ANSIBLE_CALLBACK_PLUGINS", str(ROOT / "tests" / "support" / "callbacks"))
        monkeypatch.setenv("ANSIBLE_CALLBACKS_ENABLED", "module_calls,plannerate.infra.filters_once")
        monkeypatch.setenv("MODULE_CALLS", str(self.calls))
        (directory / "hosts.json").write_text(json.dumps({"all": {"children": HOSTS}}))

    def write(self, **secrets):
        self.file.write_text("".join(f"{name}={value}\n" for name, value in secrets.items()))
        self.file.chmod(0o600)

    def read(self):
        return dict(line.split("=", 1) for line in self.file.read_text().splitlines())

    def __call__(self, *plays, inventory=None, show="answer_"):
        """What each host knows in the end, of the facts whose names begin so."""
        facts = "{{ dict(names | zip(names | map('extract', vars))) | to_json }}"
        said = {
            "name": "Show",
            "ansible.builtin.debug": {"msg": f"{{{{ inventory_hostname }}}} knows: {facts}"},
            "vars": {"names": f"{{{{ query('ansible.builtin.varnames', '^{show}') }}}}"},
        }
        shown = {"hosts": "all", "connection": "local", "gather_facts": False, "tasks": [said]}
        given = {
            "machine_credentials_file": str(self.file),
            "ansible_python_interpreter": sys.executable,
            "ansible_connection": "local",
            "lab_directory": "/nonexistent",
        }
        options = (f"--inventory={inventory or self.directory / 'hosts.json'}", f"--extra-vars={json.dumps(given)}")
        code, output = run_plays(self.directory, [*plays, shown], *options)
        assert code == 0, output
        answers = re.findall(r"msg: '?([\w-]+) knows: (.*?\})'?\n", re.sub(r"\n {8,}", " ", output))
        assert answers, output
        return {host: json.loads(text) for host, text in answers}

    def asked(self):
        return [line for line in self.calls.read_text().splitlines() if "credentials_file" in line]


@pytest.fixture
def run(tmp_path, monkeypatch):
    return Run(tmp_path, monkeypatch)


def test_what_is_there_is_read_once_and_each_gets_its_own(run):
    run.write(A="first", B="second", C="third")
    known = run(ahead(A={}, B={}), part("pg-main", 1, A={}), part("app01", 2, B={"value": "second"}))
    assert known == {"db01": {}, "app01": {"answer_2": {"B": "second"}}, "pg-main": {"answer_1": {"A": "first"}}}
    assert len(run.asked()) == 1


def test_no_other_host_than_the_authority_gets_what_was_read_ahead(run):
    run.write(A="first")
    known = run(ahead(A={}), show="__machine_credentials_ahead")
    assert "first" in str(known.pop("db01"))
    assert "first" not in str(known)


def test_what_is_missing_is_generated_by_the_part_that_needs_it(run):
    run.write(A="first")
    known = run(ahead(A={}, C={}), part("app01", 1, A={}), part("pg-main", 2, C={}), part("app01", 3, A={}, C={}))
    assert sorted(run.read()) == ["A", "C"]
    assert known["app01"]["answer_3"] == run.read() == {"A": "first", **known["pg-main"]["answer_2"]}
    assert len(run.asked()) == 3


@pytest.mark.parametrize("before", [{"value": "new"}, {}], ids=["known before", "known to its part alone"])
def test_a_value_that_the_inventory_gives_is_written_and_nobody_gets_the_old_one(run, before):
    run.write(A="old", B="second")
    known = run(ahead(A=before, B={}), part("pg-main", 1, A={"value": "new"}), part("pg-main", 2, B={}))
    assert known["pg-main"] == {"answer_1": {"A": "new"}, "answer_2": {"B": "second"}}
    assert run.read() == {"A": "new", "B": "second"}


def test_a_part_that_gives_no_value_gets_the_new_one(run):
    run.write(A="old")
    known = run(ahead(A={"value": "new"}), part("pg-main", 1, A={"value": "new"}), part("app01", 2, A={}))
    assert known["app01"] == {"answer_2": run.read()} == {"answer_2": {"A": "new"}}


def test_permissions_are_put_right_by_a_part(run):
    run.write(A="first")
    run.file.chmod(0o644)
    run(ahead(A={}))
    assert run.file.stat().st_mode & 0o777 == 0o644, "it changes nothing by itself"
    run(ahead(A={}), part("pg-main", 1, A={}))
    assert run.file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("environment", "names"),
    [
        ("production", NAMES),
        ("staging", {re.sub("PROD(UCTION)?_", "STAGING_", name) for name in NAMES}),
    ],
)
def test_all_parts_are_read_ahead_and_nothing_of_another_environment(run, environment, names):
    """The play of site.yml itself, with the lab's inventory."""
    everything = re.findall(r"(?m)^([A-Z_]+)=", (ROOT / ".credentials.example").read_text())
    run.write(**{name: name.lower() for name in everything})
    (play,) = (each for each in SITE if each["name"] == "Secrets")
    discovered = {
        "postgres_topology": {"primary": "pg-main"},
        "postgres_answers": {"pg-main": {"roles": None}},
    }
    facts = {"name": "Discover", "ansible.builtin.set_fact": discovered}
    before = {"hosts": "machines:postgres", "gather_facts": False, "tasks": [facts]}
    known = run(before, {**play, "become": False}, inventory=LAB / environment, show="__machine_credentials_ahead")
    assert known["db01"]["__machine_credentials_ahead"]["secrets"] == {name: name.lower() for name in names}
    assert len(run.asked()) == 1


def test_no_part_is_forgotten():
    asked = set()
    for path in (ROOT / "roles").glob("*/tasks/*.yml"):
        if "docker_host" not in path.parts:
            asked |= set(
                re.findall(r'tasks_from: credentials\n.*\n.*\n +machine_secrets: "\{\{ (.*) \}\}"', path.read_text())
            )
    (play,) = (each for each in SITE if each["name"] == "Secrets")
    assert len(asked) == 5
    assert set(re.findall(r"\w+_wanted_secrets", play["tasks"][-1]["vars"]["machine_secrets"])) == asked
