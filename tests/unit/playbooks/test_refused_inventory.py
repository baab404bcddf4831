# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What would end a run midway, or be taken for something else, ends it before it connects anywhere."""

from __future__ import annotations

import json
import re

import pytest
import yaml
from support.helpers.checkout import ROOT
from support.helpers.offline import Offline

from ansible_collections.plannerate.infra.plugins.module_utils._inventory.values import FOR_ONE_RUN

INVENTORY = {
    "machines": {"hosts": {"db01": {"ansible_host": "192.0.2.10"}, "app01": {"ansible_host": "192.0.2.11"}}},
    "docker_hosts": {"hosts": {"app01": None}},
    "pgbouncers": {"hosts": {"db01": None}},
    "monitoring": {"hosts": {"db01": None}},
    "postgres": {
        "children": {
            "postgres_primary": {"hosts": {"pg-main": {"postgres_machine": "db01"}}},
            "postgres_replica": {"hosts": {"pg-replica1": {"postgres_machine": "db01", "postgres_port": 5433}}},
        }
    },
}
PING = """
- hosts: postgres
  gather_facts: false
  tasks:
    - ansible.builtin.include_role: {name: plannerate.infra.postgres, tasks_from: survey, rolespec_validate: false}
    - ansible.builtin.ping:
"""


@pytest.fixture
def hosts(tmp_path):
    """A function that writes an inventory with some variables of all hosts."""

    def write(**variables):
        file = tmp_path / "hosts.json"
        file.write_text(json.dumps({**INVENTORY, "all": {"vars": variables}}))
        return file

    return write


def lock(offline, inventory, *options, playbook="lock.yml"):
    return offline.run("ansible-playbook", "--inventory", inventory, ROOT / "playbooks" / playbook, *options)


def test_a_good_one_is_not_refused(offline, hosts):
    good = hosts(postgres_version=15, docker_host_public_ports=[443], postgres_clients=["192.0.2.0/24"])
    done = lock(offline, good, "--check")
    assert done.returncode == 0, done.stdout


def test_an_environment_that_nobody_knows_takes_no_lock(offline, hosts):
    known = {"docker_host_environments": {"shop": {"domain": "a.test"}, 2024: {"domain": "b.test"}}}
    stack = '{"lock_stacks": ["%s"]}'
    done = lock(offline, hosts(**known, docker_host_environment="shap"), "--check", "-e", stack % "shap")
    assert done.returncode != 0
    said = " ".join(done.stdout.split())
    assert "docker_host_environment is 'shap', expected one of docker_host_environments (shop, 2024)" in said
    for own, taken in (("2024", "2024"), ("shap", "gone")):
        done = lock(offline, hosts(**known, docker_host_environment=own), "--check", "-e", stack % taken)
        assert done.returncode == 0, done.stdout
    # A run that takes no stack's lock has nothing to do with it.
    assert lock(offline, hosts(**known), "--check").returncode == 0


def test_what_is_made_of_other_hosts_and_of_defaults_is_left_to_the_roles(offline, hosts):
    good = hosts(
        postgres_clients="{{ groups['docker_hosts'] | plannerate.infra.machine_addresses(hostvars) }}",
        docker_host_env={"APP_ENV": "{{ docker_host_environment }}"},
        machine_packages=["{{ answers.nobody }}"],
    )
    done = lock(offline, good, "--check")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("playbook", ["site.yml", "postgres.yml", "patch.yml", "switchover.yml"])
def test_false_as_a_text_does_not_make_an_owner(offline, hosts, playbook):
    done = lock(offline, hosts(), "-e", "machine_owned=false", "-e", "switchover_target=pg-replica1", playbook=playbook)
    assert done.returncode != 0
    assert (
        'machine_owned is the text "false", expected true or false. Write: machine_owned: false; with -e: -e \'{"machine_owned"'
        in (" ".join(done.stdout.replace("''", "'").split()))
    )


def test_a_rejoin_is_warned_and_goes_on(tmp_path, hosts):
    """Until it is done, a commit may wait, and another loss may lose one."""
    offline = Offline(tmp_path)
    done = lock(offline, hosts(postgres_version="15"), "--check", playbook="rejoin.yml")
    assert 'postgres_version is the text "15", expected an integer' in " ".join(done.stdout.split())
    assert "ssh " in offline.attempts(), "it asks the members"


def test_a_failover_is_not_held_up(tmp_path, hosts):
    """It plans, which here ends with the machine that nobody reaches."""
    done = lock(Offline(tmp_path), hosts(machine_authority="db1"), "--check", playbook="failover.yml")
    assert "machine_authority is db1" not in done.stdout
    assert "Plan the change of primary]" in done.stdout and "Failed to connect to the host" in done.stdout


def test_everything_is_named_at_once(offline, hosts):
    wrong = hosts(
        machine_authority="db1", postgres_version="15", docker_host_public_ports="443", pgbouncer_clients=["app01"]
    )
    done = lock(offline, wrong, "--check", "-e", "postgres_max_connections=150")
    assert done.returncode != 0
    for words in (
        "machine_authority is db1, expected one of the group machines",
        'postgres_version is the text "15", expected an integer',
        'docker_host_public_ports is the text "443", expected a list',
        "pgbouncer_clients has app01, expected an IP address",
        'postgres_max_connections is the text "150", expected an integer',
    ):
        assert words in " ".join(done.stdout.split())


def test_an_inventory_in_ini_is_read_as_it_is_meant(offline, tmp_path):
    file = tmp_path / "hosts.ini"
    text = "[machines]\ndb01 ansible_host=192.0.2.10\n[all:vars]\nmachine_owned={}\npostgres_version=15\n"
    file.write_text(text.format("false"))
    refused = lock(offline, file, "--check")
    assert refused.returncode != 0 and "in INI: machine_owned=False" in " ".join(refused.stdout.split())
    file.write_text(text.format("False"))
    assert lock(offline, file, "--check").returncode == 0


@pytest.mark.parametrize(
    "options", [["postgres_adopt=true"], ["patch_outage=db01", "patch_reboot=false"], ["postgres_adopt_restart=true"]]
)
def test_what_the_pages_write_as_a_text_is_taken(offline, hosts, options):
    done = lock(offline, hosts(), "--check", *(word for option in options for word in ("-e", option)))
    assert done.returncode == 0, done.stdout


def test_options_of_one_run_are_those_that_the_pages_write_as_texts():
    pages = [
        ROOT / "README.md",
        *ROOT.glob("docs/*.md"),
        *ROOT.glob("docs/runbooks/*.md"),
        *ROOT.glob("playbooks/*.yml"),
    ]
    written = {name for page in pages for name in re.findall(r"-e ([a-z0-9_]+)=", page.read_text())}
    specifications = [yaml.safe_load(path.read_text()) for path in ROOT.glob("roles/*/meta/argument_specs.yml")]
    options = {
        name: option for found in specifications for name, option in found["argument_specs"]["main"]["options"].items()
    }
    assert {name for name in written & set(options) if options[name]["type"] not in ("str", "path")} == FOR_ONE_RUN


def test_a_name_is_no_address_for_the_others(offline, hosts):
    file = hosts()
    inventory = json.loads(file.read_text())
    inventory["machines"]["hosts"]["db01"] = {"ansible_host": "db01.example.com"}
    file.write_text(json.dumps(inventory))
    done = lock(offline, file, "--check")
    assert done.returncode != 0
    assert "ansible_host of db01 is db01.example.com, expected an IP address" in " ".join(done.stdout.split())
    inventory["machines"]["hosts"]["db01"]["machine_address"] = "10.0.0.2"
    file.write_text(json.dumps(inventory))
    assert lock(offline, file, "--check").returncode == 0


@pytest.mark.parametrize("port", ["ansible_port", "ansible_ssh_port"])
def test_a_member_is_reached_as_its_machine(tmp_path, hosts, port):
    """It needs postgres_machine and nothing else, also where all hosts have another user than its machine."""
    offline = Offline(tmp_path)
    # The controller has no password.
    password = "{{ passwords[postgres_machine | default(inventory_hostname)] }}"
    file = hosts(ansible_user="everybody", ansible_become_password=password, passwords={"db01": "secret"})
    inventory = json.loads(file.read_text())
    inventory["machines"]["hosts"]["db01"] |= {port: 2222, "ansible_user": "ops"}
    file.write_text(json.dumps(inventory))
    (tmp_path / "ping.yml").write_text(PING)
    offline.run("ansible-playbook", "--inventory", file, tmp_path / "ping.yml")
    tried = [line for line in offline.attempts().splitlines() if line.startswith("ssh ")]
    assert len(tried) >= 3 and all(
        "192.0.2.10" in line and "Port=2222" in line and 'User="ops"' in line for line in tried
    ), tried
