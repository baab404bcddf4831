# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both real inventories hold what the roles need, rightly spelt, and whoever reads them connects nowhere."""

from __future__ import annotations

import json
import re
from ipaddress import ip_address

import pytest
import yaml
from support.helpers.checkout import ROOT
from support.helpers.offline import Offline

ENVIRONMENTS = ["production", "staging"]
MACHINES, PRODUCTION = "shared/group_vars/machines.yml", "production/group_vars/all/environment.yml"
DATABASE = "{name: plannerate_production, owner: plannerate_prod}"


def listed(offline, inventory):
    done = offline.run("ansible-inventory", "--inventory", inventory, "--list")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def hosts(listing, group):
    children = listing.get(group, {}).get("children", [])
    return sorted(
        {*listing.get(group, {}).get("hosts", []), *(host for name in children for host in hosts(listing, name))}
    )


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_host_has_what_its_roles_need(offline, inventories, environment):
    done = offline.run("make", "check-inventory", f"INVENTORY={inventories / environment}")
    *warnings, last = done.stdout.splitlines()
    assert (done.returncode, last) == (0, f"{inventories / environment}: 5 hosts have what their roles need")
    # A branch's image; its owner names the first release by its version. And the Docker host as a client, for as long as an adoption lasts.
    image, client = warnings
    assert image.startswith(
        f"{inventories / environment}: warning: docker_host_app_image is ghcr.io/callcocam/plannerate:"
    )
    assert "a tag that moves" in image and image.endswith(" (app01)")
    assert (
        ", which is the Docker host app01 " in client and "access rules from before an adoption are in force" in client
    )
    assert client.endswith(" (pg-main, pg-replica1, pg-replica2)")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_playbook_parses(offline, inventories, environment):
    playbooks = sorted(ROOT.glob("playbooks/*.yml"))
    done = offline.run("ansible-playbook", "--inventory", inventories / environment, "--syntax-check", *playbooks)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("playbook: ") == len(playbooks)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_it_is_the_installation_of_the_status_document(offline, inventories, environment):
    listing = listed(offline, inventories / environment)
    variables = listing["_meta"]["hostvars"]
    addresses = {host: ip_address(variables[host]["ansible_host"]) for host in hosts(listing, "machines")}
    assert list(addresses) == ["app01", "db01"]
    assert len(set(addresses.values())) == 2 and all(address.is_global for address in addresses.values())
    members = {
        host: (variables[host]["postgres_machine"], variables[host]["postgres_port"])
        for host in hosts(listing, "postgres")
    }
    assert members == {"pg-main": ("db01", 5432), "pg-replica1": ("db01", 5433), "pg-replica2": ("db01", 5434)}
    assert (hosts(listing, "docker_hosts"), hosts(listing, "pgbouncers")) == (["app01"], ["db01"])

    # Their direct connections end with the last step of the adoption, not before.
    assert "groups['docker_hosts']" in variables["db01"]["postgres_clients"]

    app = variables["app01"]
    tag, owner, queue = {
        "production": ("main", "plannerate_prod", None),
        "staging": ("dev", "plannerate_staging", ["php", "artisan", "queue:work"]),
    }[environment]
    assert app["docker_host_app_image"] == f"ghcr.io/callcocam/plannerate:{tag}"
    assert app["postgres_primary_databases"] == [{"name": f"plannerate_{environment}", "owner": owner}]
    assert app.get("docker_host_services", {}).get("queue", {}).get("command") == queue, "Horizon is the role's own"
    assert app["docker_host_environments"] == {
        "production": {"domain": "plannerate.com.br", "suffix": "prod"},
        "staging": {"domain": "plannerate.dev.br"},
    }
    assert (app["docker_host_base_directory"], app["docker_host_name_prefix"]) == ("/opt/plannerate", "plannerate")
    assert all(20 <= pool["pool_size"] <= 30 for pool in app["pgbouncer_environments"].values())
    assert app["s3_backup_keep_daily"] == 30


def test_the_environments_differ_in_what_is_their_own_alone(offline, inventories):
    production, staging = (listed(offline, inventories / name)["_meta"]["hostvars"]["db01"] for name in ENVIRONMENTS)
    all_of_production = (inventories / PRODUCTION).parent.glob("*.yml")
    own = {"docker_host_services"}.union(
        *(yaml.safe_load(file.read_text()) for file in all_of_production if not file.is_symlink())
    )
    assert {name for name in {*production, *staging} if production.get(name) != staging.get(name)} <= own
    vaults = [name for name in production if name.startswith("vault_") and name in staging]
    assert "vault_app_key" in vaults and "vault_dns_token" not in vaults
    assert [owner["machine_owned"] for owner in (production, staging)] == [True, False]


def test_the_lab_is_the_same_installation_elsewhere(offline, inventories):
    for environment in ENVIRONMENTS:
        real = listed(offline, inventories / environment)
        lab = listed(offline, ROOT / "molecule/default/inventory" / environment)
        assert real["machines"] == lab["machines"]
        for group in ("docker_hosts", "pgbouncers", "s3_backups", "monitoring", "postgres_primary", "postgres_replica"):
            assert hosts(real, group) == hosts(lab, group)
        own = [
            yaml.safe_load((directory / environment / "group_vars/all/environment.yml").read_text())
            for directory in (inventories, ROOT / "molecule/default/inventory")
        ]
        elsewhere = {
            "docker_host_app_image",
            "docker_host_pgadmin_sources",
            "docker_host_secrets",
            "s3_backup_bucket",
            "s3_backup_schedule",
            "s3_backup_drill_schedule",
        }
        real_own, lab_own = ({key: value for key, value in names.items() if key not in elsewhere} for names in own)
        assert real_own == lab_own


@pytest.fixture(scope="module")
def complaints(copy_inventories, tmp_path_factory):
    """What is said about an inventory with many mistakes, and about one whose values fit their types but not each other."""
    offline = Offline(tmp_path_factory.mktemp("offline"))
    wrong = copy_inventories(
        (
            MACHINES,
            "postgres_max_connections: 150",
            "postgres_max_connections: many\npgbouncer_pool_sise: 30\npgbuoncer_port: 1",
        ),
        (MACHINES, "s3_backup_keep_daily: 30", "s3_backup_keep_daily: 30\ns3_backup_source: tape\nansible_hots: db01"),
        (PRODUCTION, DATABASE, "{name: plannerate_production, onwer: plannerate_prod}"),
        (PRODUCTION, "{{ vault_app_key }}", "{{ vault_app_kye }}"),
    )
    contradictory = copy_inventories(
        (MACHINES, "database: plannerate_staging, pool_size: 20", "database: plannerate_staging, pool_size: 200"),
        (MACHINES, "docker_host_acme_email: infra@plannerate.com.br\n", ""),
        (MACHINES, "{domain: plannerate.dev.br}", "{domian: plannerate.dev.br}"),
        (MACHINES, "{{ vault_s3_rotator_access_key }}", "{{ vault_s3_writer_access_key }}"),
        (MACHINES, "postgres_sync_mode: quorum", "postgres_sync_mode: quorom"),
        (MACHINES, "monitoring_receiver: {email_configs: [{to: infra@plannerate.com.br}]}\n", ""),
    )
    done = offline.check_inventory(wrong / "production", contradictory / "production")
    assert done.returncode == 1
    return done.stdout


@pytest.mark.parametrize(
    "complaint",
    [
        "pgbouncer_pool_sise is not known, is pgbouncer_pool_size meant? (app01, db01, pg-main, pg-replica1, pg-replica2)",
        "pgbuoncer_port is not known, is pgbouncer_port meant?",
        "ansible_hots is not known, is ansible_host meant?",
        'postgres_max_connections is the text "many", expected an integer. Write, for instance: postgres_max_connections: 150 (',
        "value of s3_backup_source must be one of: primary, standby, got: tape (db01)",
        "missing required arguments: owner found in postgres_primary_databases",
        "postgres_primary_databases.onwer. Supported parameters include: connections, name, owner, password.",
        "docker_host_secrets: 'vault_app_kye' is undefined (app01)",
        "the pools take 470 server connections",
        "docker_host_acme_email is '', expected an e-mail address (app01)",
        "docker_host_environments: staging: domain is missing",
        "the writer and the rotator have the same access key",
        "postgres_sync_mode is quorom, expected one of quorum, all, async",
        "monitoring_receiver is empty",
    ],
)
def test_a_mistake_is_found(complaints, complaint):
    assert complaint in complaints


def test_what_is_ansibles_or_ones_own_is_no_mistake(offline, copy_inventories):
    own = "ansible_user: ops\nansible_port: 2222\nmachine_ssh_port: 2222\n"
    own += "ansible_ssh_common_args: -o X=y\nansible_become_password: x\nour_racks: [a, b]"
    inventory = copy_inventories((MACHINES, "ansible_user: root", own)) / "production"
    done = offline.check_inventory(inventory)
    assert done.returncode == 0, done.stdout


def test_an_inventory_that_is_not_there_is_not_taken_for_a_good_one(offline, tmp_path):
    done = offline.check_inventory(tmp_path / "nothing")
    assert done.returncode == 1
    assert "no hosts were found" in done.stdout


def test_roles_are_checked_for_the_hosts_that_the_playbooks_apply_them_to(offline):
    # In a process of its own: once Ansible's own code is loaded, modules hand their warnings to it.
    show = "import sys, json; sys.path.insert(0, 'scripts'); import check_inventory as c; print(json.dumps(c.GROUPS))"
    groups = json.loads(offline.run("python", "-c", show).stdout)
    applied = {"postgres": "postgres", "patch": "machines"}  # have no tasks of their own
    for file in ROOT.glob("playbooks/*.yml"):
        for play in yaml.safe_load(file.read_text()):
            for role in play.get("roles", []):
                group = re.split("[:,]", play["hosts"])[0]
                applied[role["role"].removeprefix("plannerate.infra.")] = re.sub(
                    "^~?postgres_now_.*", "postgres", group
                )
    assert applied == groups
    assert set(groups) == {role.name for role in (ROOT / "roles").iterdir()}


def test_whoever_tried_would_not_get_through(tmp_path):
    offline = Offline(tmp_path)
    done = offline.run("ansible", "--inventory=nowhere.invalid,", "all", "--module-name=ansible.builtin.ping")
    assert done.returncode != 0
    assert "ssh " in offline.attempts()
    done = offline.run("python", "-c", "import socket; socket.create_connection(('127.0.0.1', 9))")
    assert "must not connect" in done.stderr
    assert "connect ('127.0.0.1', 9)" in offline.attempts()
