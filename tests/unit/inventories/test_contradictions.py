# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""check-inventory names everything that would end a run midway, or be ignored, at once and with the line to write."""

from __future__ import annotations

import re
import shutil

import pytest
import yaml
from support.helpers.checkout import ROOT
from support.helpers.offline import Offline

MACHINES, HOSTS = "shared/group_vars/machines.yml", "shared/hosts.yml"
PRODUCTION, STAGING = "production/group_vars/all/environment.yml", "staging/group_vars/all/environment.yml"
OWNER = "production/group_vars/all/owner.yml"
ADDRESS = re.search(r"db01:\s*\{?\s*ansible_host: ([0-9.]+)", (ROOT / "inventories" / HOSTS).read_text()).group(1)
MISTAKES = (
    (MACHINES, "machine_authority: db01", "machine_authority: db1"),
    (
        MACHINES,
        "ansible_user: root",
        "ansible_user: root\nansible_port: 2222\npostgres_primary_slots_purge: {losst: true}",
    ),
    (MACHINES, "postgres_version: 15", 'postgres_version: "15"\ndocker_host_public_ports: 443'),
    (MACHINES, "{email_configs:", "{email_config:"),
    (HOSTS, f"ansible_host: {ADDRESS}", "ansible_host: db01.plannerate.test"),
    (MACHINES, "postgres_clients:", 'pgbouncer_clients: ["app01.plannerate.test"]\npostgres_clients:'),
    (PRODUCTION, '"*-*-* 02:30:00 UTC"', "every day at two"),
    (OWNER, "  smtp_smarthost:", "  smtp_smarhost:"),
    (STAGING, "machine_owned: false", "machine_owned: true"),
    (STAGING, "{name: plannerate_staging, owner: plannerate_staging}", "{name: plannerate_stage, owner: postgres}"),
)
FOUND = [
    "machine_authority is db1, expected one of the group machines (app01, db01). Write: machine_authority: db01",
    "ansible_port is 2222, but the firewall leaves 22 open for SSH. Write: machine_ssh_port: 2222",
    'postgres_version is the text "15", expected an integer. Write: postgres_version: 15; with -e: -e \'{"postgres_version": 15}\'',
    "docker_host_public_ports is 443, expected a list. Write: docker_host_public_ports: [443]",
    "postgres_primary_slots_purge.losst",
    "monitoring_receiver: email_config is not known, is email_configs meant?",
    "monitoring_smtp: smtp_smarhost is not known, is smtp_smarthost meant?",
    "ansible_host of db01 is db01.plannerate.test, expected an IP address",
    "pgbouncer_clients has app01.plannerate.test, expected an IP address, or a network",
    "s3_backup_schedule is 'every day at two', expected a calendar expression of systemd",
    "pgbouncer_environments: staging: database is plannerate_staging, expected one of this inventory's "
    "postgres_primary_databases (plannerate_stage). Write: staging: {database: plannerate_stage}",
    "postgres_primary_databases: plannerate_stage: owner is postgres, expected a role of its own",
    "expected exactly one owner. Write in all but one of them: machine_owned: false",
]


@pytest.fixture(scope="module")
def told(copy_inventories, tmp_path_factory):
    offline = Offline(tmp_path_factory.mktemp("offline"))
    wrong = copy_inventories(*MISTAKES)
    done = offline.check_inventory(wrong / "production", wrong / "staging")
    assert done.returncode == 1, done.stdout
    assert offline.attempts() == ""
    return done.stdout


@pytest.mark.parametrize("sentence", FOUND)
def test_a_contradiction_is_found(told, sentence):
    assert sentence in told


def test_what_is_wrong_in_dictionaries_of_the_docker_host_is_found(copy_inventories, offline):
    wrong = copy_inventories(
        (MACHINES, "  QUEUE_CONNECTION: redis", '  QUEUE_CONNECTION: redis\n  SAML_KEY: "one\\ntwo"'),
        (OWNER, "username: callcocam", "usernames: callcocam"),
        (STAGING, "    command: [php", "    commands: [php"),
    )
    told = offline.check_inventory(wrong / "production", wrong / "staging").stdout
    assert "docker_host_env: SAML_KEY has several lines" in told
    assert "docker_host_registries: ghcr.io: usernames is not known, expected username" in told
    assert "docker_host_services: queue: commands is not known, expected command" in told


def test_a_vault_whose_example_was_not_filled_in_is_found(offline, copy_inventories):
    inventory = copy_inventories() / "staging"
    example = inventory / "group_vars/all/vault.yml.example"
    shutil.copy(example, example.with_suffix(""))
    lines = offline.check_inventory(inventory).stdout.splitlines()
    # One that may be left empty is so in the example.
    names = [name for name, value in yaml.safe_load(example.read_text()).items() if value]
    assert len(lines) == len(names) == 6
    for name in names:
        assert any(f" {name} is " in line and "as in the example. Write the real value" in line for line in lines)


def test_nobody_owns_what_both_use(offline, copy_inventories):
    wrong = copy_inventories((PRODUCTION, "machine_owned: true", "machine_owned: false"))
    told = offline.check_inventory(wrong / "production", wrong / "staging").stdout
    assert "in no inventory, expected exactly one owner. Write in one of them: machine_owned: true" in told


def test_a_password_that_is_not_there_is_one_sentence(offline):
    offline.environment["ANSIBLE_VAULT_IDENTITY_LIST"] = "production@/nowhere/production.vault-password"
    done = offline.check_inventory(ROOT / "inventories/production")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert done.stdout.startswith(
        "the vaults cannot be opened: The vault password file /nowhere/production.vault-password"
    )
    assert len(done.stdout.splitlines()) == 1
