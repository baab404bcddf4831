# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every part of the installation may be left out; a playbook by itself says what it needs first, and --limit what it leaves out."""

from __future__ import annotations

import json
import sys

import pytest
import yaml
from support.helpers.checkout import ROOT
from support.helpers.plays import run_plays

HERE = {"ansible_connection": "local", "ansible_become": False, "ansible_python_interpreter": sys.executable}
ON_DB01 = {"hosts": {"db01": None}}
PARTS = {
    "pgbouncers": ON_DB01,
    "docker_hosts": ON_DB01,
    "s3_backups": ON_DB01,
    "monitoring": ON_DB01,
    "log_servers": ON_DB01,
    "status": ON_DB01,
    "postgres": {"children": {"postgres_primary": {"hosts": {"pg-main": {"postgres_machine": "db01"}}}}},
}
VARIABLES = {
    "postgres_primary_databases": [{"name": "shop", "owner": "shop"}],
    "pgbouncer_environments": {"production": {"database": "shop"}},
    "docker_host_environments": {"production": {"domain": "example.com", "wildcard": False}},
    "docker_host_app_image": "registry.example.com/shop:1",
    "docker_host_pgadmin_email": "team@example.com",
    "docker_host_acme_email": "team@example.com",
    "s3_backup_bucket": "backups",
    "s3_backup_recipients": ["age1ehfhav9qzrzv4qt8x4t6x8mtnw2ayhu23d459f4pl6vn4m0gwy6q7cpa67"],
    **{
        f"s3_backup_{job}_{half}_key": f"{job} {half}" for job in ("writer", "rotator") for half in ("access", "secret")
    },
    "monitoring_without_receiver": True,
    "status_page_domain": "status.example.com",
}


@pytest.fixture
def inventory(tmp_path):
    """A function that writes an inventory of one machine without some of the parts, and without what these have to be told."""

    def write(*left_out, **variables):
        prefixes = tuple(
            {"pgbouncers": "pgbouncer_", "s3_backups": "s3_backup_", "docker_hosts": "docker_host_"}.get(p, p)
            for p in left_out
        )
        kept = {name: value for name, value in VARIABLES.items() if not name.startswith(prefixes or ("-",))}
        parts = {name: part for name, part in PARTS.items() if name not in left_out}
        file = tmp_path / "hosts.json"
        machines = {"hosts": {"db01": {"ansible_host": "192.0.2.10"}}}
        file.write_text(json.dumps({"machines": machines, **parts, "all": {"vars": {**kept, **variables}}}))
        return file

    return write


@pytest.mark.parametrize(
    "left_out",
    [
        ["monitoring"],
        ["s3_backups"],
        ["log_servers"],
        ["status"],
        ["docker_hosts", "log_servers", "status"],
        ["docker_hosts", "log_servers", "status", "pgbouncers"],
        ["docker_hosts", "log_servers", "status", "pgbouncers", "s3_backups", "monitoring"],
        ["docker_hosts", "log_servers", "status", "pgbouncers", "s3_backups", "monitoring", "postgres"],
    ],
    ids=" ".join,
)
def test_an_inventory_without_a_part_has_what_its_roles_need(offline, inventory, left_out):
    done = offline.check_inventory(inventory(*left_out))
    assert done.returncode == 0, done.stdout


def test_a_status_page_that_goes_with_what_it_watches_is_a_warning_and_one_without_a_name_is_refused(
    offline, inventory
):
    said = " ".join(offline.check_inventory(inventory()).stdout.split())
    assert "warning: the group status has db01, which the status page also watches" in said
    done = offline.check_inventory(inventory(status_page_domain=""))
    assert done.returncode != 0 and "status_page_domain is ''" in done.stdout


def test_no_backup_is_expected_where_none_is_made(offline, inventory):
    asked = ["ansible", "db01", "--connection=local", "-m", "debug", "-a", "msg={{ monitoring_backups }}", "-e"]
    defaults = f"@{ROOT}/roles/monitoring/defaults/main.yml"
    assert "msg: []" in offline.run(*asked, defaults, "-i", inventory("s3_backups")).stdout
    assert "- shop" in offline.run(*asked, defaults, "-i", inventory()).stdout


def site(name):
    """A play of site.yml."""
    (play,) = [play for play in yaml.safe_load((ROOT / "playbooks/site.yml").read_text()) if play["name"] == name]
    return play


@pytest.mark.parametrize(
    ("left_out", "said"),
    [
        ([], None),
        (["s3_backups"], "no hosts in s3_backups: these"),
        (["docker_hosts", "monitoring"], "no hosts in docker_hosts, monitoring: these"),
    ],
)
def test_what_is_left_out_is_said(tmp_path, inventory, left_out, said):
    code, output = run_plays(tmp_path, [site("What is left out")], f"--inventory={inventory(*left_out, **HERE)}")
    assert code == 0, output
    assert said in " ".join(output.split()) if said else "are left out" not in output


def looked(tmp_path, inventory, name, **variables):
    """What a playbook looks at before it takes the locks, which here it does not: this machine is all of its hosts."""
    (play,) = yaml.safe_load((ROOT / "playbooks/lock.yml").read_text())
    tasks = [task for task in play["tasks"] if task["name"].endswith(("was prepared", "not prepared"))]
    locks = [
        each for each in yaml.safe_load((ROOT / "playbooks" / f"{name}.yml").read_text()) if each.get("name") == "Lock"
    ]
    variables = {
        **play["vars"],
        **locks[0].get("vars", {}),
        "machine_tls_directory": str(tmp_path / "tls"),
        **variables,
    }
    play = {**play, "tasks": tasks, "vars": variables}
    code, said = run_plays(tmp_path, [play], f"--inventory={inventory(**HERE)}")
    return code, " ".join(said.split())


@pytest.mark.parametrize("name", ["postgres", "pgbouncer", "docker_host", "s3_backup", "monitoring"])
def test_a_part_by_itself_says_that_the_machine_is_not_prepared(tmp_path, inventory, name):
    code, said = looked(tmp_path, inventory, name)
    assert code != 0
    assert "db01: no firewall or no certificates yet, expected both. Run playbooks/machines.yml first; site.yml" in said


@pytest.mark.parametrize(("name", "variables"), [("machines", {}), ("site", {}), ("postgres", {"run_locked": True})])
def test_what_prepares_machines_does_not_ask_for_it(tmp_path, inventory, name, variables):
    assert looked(tmp_path, inventory, name, **variables)[0] == 0


DISCOVERED = {
    "postgres_topology": {"primary": "pg-main", "warnings": []},
    "postgres_answers": {"pg-main": {"state": "no_data"}},
}


def discovered(tmp_path, inventory, *options, **variables):
    """discover.yml, with what was found in place of asking."""
    (play,) = yaml.safe_load((ROOT / "playbooks/discover.yml").read_text())
    play["tasks"][0] = {"ansible.builtin.set_fact": DISCOVERED}
    play["vars"] |= variables
    code, said = run_plays(tmp_path, [play], f"--inventory={inventory(**HERE)}", *options)
    return code, " ".join(said.replace("''", "'").split())


@pytest.mark.parametrize("limit", ["db01", "machines", "pgbouncers"])
def test_a_limit_without_every_member_is_one_clear_message(tmp_path, inventory, limit):
    code, said = discovered(tmp_path, inventory, f"--limit={limit}")
    assert code != 0 and "undefined" not in said
    assert f"--limit={limit} leaves out pg-main, expected none, or one with every member" in said


@pytest.mark.parametrize("options", [[], ["--limit=db01,postgres"], ["--limit=pg-*"]])
def test_a_limit_with_every_member_is_taken(tmp_path, inventory, options):
    assert discovered(tmp_path, inventory, *options)[0] == 0


def test_a_patch_may_be_limited_to_a_machine(tmp_path, inventory):
    (plays,) = [yaml.safe_load((ROOT / "playbooks/patch.yml").read_text())]
    assert discovered(tmp_path, inventory, "--limit=db01", **plays[1]["vars"])[0] == 0


@pytest.mark.parametrize("name", ["pgbouncer", "s3_backup", "monitoring"])
def test_a_part_that_needs_databases_says_what_comes_first(tmp_path, inventory, name):
    (variables,) = [
        play["vars"]
        for play in yaml.safe_load((ROOT / "playbooks" / f"{name}.yml").read_text())
        if play.get("ansible.builtin.import_playbook") == "discover.yml"
    ]
    code, said = discovered(tmp_path, inventory, **variables)
    assert code != 0
    assert "pg-main has no data yet, expected a primary that runs. Run playbooks/postgres.yml first" in said
    assert discovered(tmp_path, inventory, **variables, run_locked=True)[0] == 0
